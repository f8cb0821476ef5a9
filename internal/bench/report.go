package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
)

// Report is what was measured, how, and where.
type Report struct {
	Mode     string  `json:"mode"`
	Machine  Machine `json:"machine"`
	Settings Mode    `json:"settings"`
	Result   Result  `json:"result"`
}

// Machine is where it was measured.
type Machine struct {
	CPUs       int    `json:"cpus"`
	Kernel     string `json:"kernel"`
	FileSystem string `json:"file_system"` // of the data folder
	Go         string `json:"go"`
	Version    string `json:"version"` // of cronsole
}

func thisMachine(version, dir string) Machine {
	m := Machine{CPUs: runtime.NumCPU(), Go: runtime.Version(), Version: version, Kernel: "unknown", FileSystem: "unknown"}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(b))
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err == nil {
		m.FileSystem = fileSystem(int64(st.Type)) //nolint:unconvert // the type is another on other machines
	}
	return m
}

// fileSystem names the file systems that matter: on tmpfs nothing reaches a disk.
func fileSystem(magic int64) string {
	names := map[int64]string{
		0xef53: "ext4", 0x58465342: "xfs", 0x9123683e: "btrfs", 0x01021994: "tmpfs", 0x794c7630: "overlay", 0x6969: "nfs", 0x2fc12fc1: "zfs",
	}
	if name, ok := names[magic]; ok {
		return name
	}
	return fmt.Sprintf("0x%x", magic)
}

// WriteJSON writes the report for scripts.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	m := r.Machine
	fmt.Fprintf(w, "cronsole %s bench %s: %d CPUs, Linux %s, %s, data on %s\n\n", m.Version, r.Mode, m.CPUs, m.Kernel, m.Go, m.FileSystem)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range r.Result.Rows() {
		fmt.Fprintln(tw, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	return tw.Flush()
}

// count writes a number with commas.
func count[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// ms writes milliseconds with as many digits as they are worth.
func ms(v float64) string {
	switch {
	case v >= 100:
		return count(int64(v+0.5)) + " ms"
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64) + " ms"
	default:
		return strconv.FormatFloat(v, 'f', 2, 64) + " ms"
	}
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

// each writes p50, p99 and max as three cells.
func (d Delays) each() []string { return []string{ms(d.P50), ms(d.P99), ms(d.Max)} }
