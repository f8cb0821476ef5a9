package bench

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// sampleEvery is how often memory is looked at; files are kept once a second.
const sampleEvery = 100 * time.Millisecond

// Load is what the console needed during the measured window.
type Load struct {
	CPU         float64 `json:"cpu"`          // cores, of the console itself
	ChildrenCPU float64 `json:"children_cpu"` // cores, of the jobs' processes
	BenchCPU    float64 `json:"bench_cpu"`    // cores, of this command
	OtherCPU    float64 `json:"other_cpu"`    // cores, of whatever else the machine did
	RSSStart    int64   `json:"rss_start_bytes"`
	RSSMax      int64   `json:"rss_max_bytes"`
	RSSEnd      int64   `json:"rss_end_bytes"`
	Files       []int64 `json:"file_bytes"` // of the ledger with its log, once a second
}

// sampler looks at the console's process and files.
type sampler struct {
	pid   int
	path  string
	begun time.Time
	first usage
	ours  time.Duration // what this process and the machine had used then
	all   time.Duration
	next  time.Time // when to sample
	file  time.Time // when to keep the size of the files
	load  Load
}

// sampleConsole begins the measured window.
func (s *session) sampleConsole(c *console) (*sampler, error) {
	m := &sampler{pid: c.pid, path: s.ledger(), begun: time.Now()}
	var err error
	if m.first, m.ours, m.all, err = m.used(); err != nil {
		return nil, err
	}
	m.load.RSSStart = m.first.rss
	return m, nil
}

// look samples when it is time to.
func (m *sampler) look() error {
	if time.Now().Before(m.next) {
		return nil
	}
	m.next = time.Now().Add(sampleEvery)
	u, err := readUsage(m.pid)
	if err != nil {
		return err
	}
	m.load.RSSMax = max(m.load.RSSMax, u.rss)
	if time.Now().Before(m.file) {
		return nil
	}
	m.file = time.Now().Add(time.Second)
	size, err := ledgerSize(m.path)
	m.load.Files = append(m.load.Files, size)
	return err
}

// used is what the console, this process and the machine have used.
func (m *sampler) used() (console usage, ours, all time.Duration, err error) {
	if console, err = readUsage(m.pid); err != nil {
		return console, 0, 0, err
	}
	if ours, err = ownCPU(); err != nil {
		return console, 0, 0, err
	}
	all, err = machineCPU()
	return console, ours, all, err
}

// end ends the measured window.
func (m *sampler) end() (Load, error) {
	u, ours, all, err := m.used()
	if err != nil {
		return Load{}, err
	}
	cores := func(d time.Duration) float64 { return float64(d) / float64(time.Since(m.begun)) }
	m.load.CPU, m.load.ChildrenCPU = cores(u.cpu-m.first.cpu), cores(u.children-m.first.children)
	m.load.BenchCPU = cores(ours - m.ours)
	m.load.OtherCPU = max(0, cores(all-m.all)-m.load.CPU-m.load.ChildrenCPU-m.load.BenchCPU)
	m.load.RSSEnd, m.load.RSSMax = u.rss, max(m.load.RSSMax, u.rss)
	return m.load, nil
}

// ledgerSize is the size of the database and its write-ahead log.
func ledgerSize(path string) (int64, error) {
	var size int64
	for _, p := range []string{path, path + "-wal"} {
		info, err := os.Stat(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		size += info.Size()
	}
	return size, nil
}
