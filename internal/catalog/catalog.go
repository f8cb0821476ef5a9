package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"cronsole/internal/cronsole"
)

// Catalog holds what is deployed and follows the folder as it changes. All
// methods are safe for concurrent use. The codes it gives out are shared and
// must not be changed; a change on disk makes new ones.
type Catalog struct {
	reader   *reader
	log      *slog.Logger
	now      atomic.Pointer[snapshot]
	poll     time.Duration // between full reads, whatever the watch says
	debounce time.Duration // from the first event to the read

	scanning sync.Mutex // one read at a time
	failing  string     // the last error of a read, to be told once; under scanning

	listeners struct {
		sync.Mutex
		all []func()
	}
	life struct {
		sync.Mutex
		cancel context.CancelFunc
		done   chan struct{}
	}
}

// New returns a catalog of the jobs folder dir. The functions are those that
// are compiled in, by the code's name; defaultZone is the zone of files that
// name none. Nothing is read before Start.
func New(dir string, funcs map[string]cronsole.Func, defaultZone string, log *slog.Logger) *Catalog {
	c := &Catalog{
		reader:   &reader{dir: dir, funcs: funcs, zone: defaultZone},
		log:      log,
		poll:     15 * time.Second,
		debounce: 100 * time.Millisecond,
	}
	c.now.Store(&snapshot{})
	return c
}

// Start reads the folder and follows it until ctx ends or Stop is called. When
// it returns, what is deployed is known. The error says that the folder cannot
// be read; a code that is broken is no error.
func (c *Catalog) Start(ctx context.Context) error {
	c.life.Lock()
	defer c.life.Unlock()
	if c.life.cancel != nil {
		return errors.New("the catalog was started already")
	}
	dir, err := filepath.Abs(c.reader.dir)
	if err != nil {
		return fmt.Errorf("find the jobs folder: %w", err)
	}
	c.reader.dir = dir
	w := newWatch(dir, c.log)
	// Watched first and read then: what changes in between is read twice and
	// never missed.
	w.root()
	snap, err := c.reader.scan()
	if err != nil {
		return errors.Join(startError(dir, err), w.close())
	}
	w.follow(snap)
	// Files that came between the read and the watch of their folder.
	if snap, err = c.reader.scan(); err != nil {
		return errors.Join(startError(dir, err), w.close())
	}
	if snap.info.Mode().Perm()&worldWritable != 0 {
		c.log.Warn("every account of this machine can deploy code: the jobs folder is world-writable; run chmod o-w on it", "folder", dir)
	}
	c.now.Store(snap)
	c.tell(&snapshot{}, snap)
	ctx, cancel := context.WithCancel(ctx)
	c.life.cancel, c.life.done = cancel, make(chan struct{})
	go func() {
		defer close(c.life.done)
		c.run(ctx, w)
	}()
	return nil
}

func startError(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the jobs folder %s does not exist; make it or name another with --jobs", dir)
	}
	return fmt.Errorf("read the jobs folder %s: %w", dir, err)
}

// Stop ends following the folder and returns when that has ended. What was
// read last stays known. It may be called at any time and repeatedly.
func (c *Catalog) Stop() {
	c.life.Lock()
	cancel, done := c.life.cancel, c.life.done
	c.life.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	<-done
}

// Codes returns every deployed code, sorted by name, the broken ones included.
func (c *Catalog) Codes() []*cronsole.Code {
	return append([]*cronsole.Code(nil), c.now.Load().codes...)
}

// Code returns the code of that name; false when no such folder is deployed.
// A code that cannot run has a Problem.
func (c *Catalog) Code(name string) (*cronsole.Code, bool) {
	code, ok := c.now.Load().byName[name]
	return code, ok
}

// OnChange adds a function that is called after what is deployed has changed.
// It is called from the catalog's goroutine, one call at a time, and must not
// wait for Stop.
func (c *Catalog) OnChange(f func()) {
	c.listeners.Lock()
	defer c.listeners.Unlock()
	c.listeners.all = append(c.listeners.all, f)
}

// Rescan reads the folder now, for callers that cannot wait for the watch, and
// tells the listeners when something changed.
func (c *Catalog) Rescan() error {
	_, err := c.rescan()
	return err
}

func (c *Catalog) rescan() (*snapshot, error) {
	c.scanning.Lock()
	defer c.scanning.Unlock()
	old := c.now.Load()
	snap, err := c.reader.scan()
	if err != nil {
		if msg := err.Error(); msg != c.failing {
			c.failing = msg
			c.log.Warn("jobs folder cannot be read", "error", err)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return old, err // a passing trouble is no reason to call every code missing
		}
		snap = &snapshot{}
	} else {
		c.failing = ""
	}
	if same := equal(old, snap); same {
		c.now.Store(&snapshot{codes: old.codes, byName: old.byName, folders: snap.folders, info: snap.info})
		return c.now.Load(), err
	}
	c.now.Store(snap)
	c.tell(old, snap)
	c.listeners.Lock()
	all := append([]func(){}, c.listeners.all...)
	c.listeners.Unlock()
	for _, f := range all {
		f()
	}
	return snap, err
}

// tell logs what has become wrong.
func (c *Catalog) tell(old, snap *snapshot) {
	for _, code := range snap.codes {
		before := old.byName[code.Name]
		if code.Problem != "" && (before == nil || before.Problem != code.Problem) {
			c.log.Warn("code cannot run", "code", code.Name, "problem", code.Problem)
		}
		if e := fileError(code); e != nil && (before == nil || fileError(before) == nil || *fileError(before) != *e) {
			c.log.Warn("schedule file is wrong", "code", code.Name, "line", e.Line, "key", e.Key, "message", e.Message)
		}
	}
}

func fileError(c *cronsole.Code) *cronsole.FileError {
	if c.File == nil {
		return nil
	}
	return c.File.Err
}

// equal compares what two reads found, but for the functions, which cannot
// change while the program runs.
func equal(a, b *snapshot) bool {
	if len(a.codes) != len(b.codes) {
		return false
	}
	for i := range a.codes {
		x, y := *a.codes[i], *b.codes[i]
		x.Func, y.Func = nil, nil
		if !reflect.DeepEqual(x, y) {
			return false
		}
	}
	return true
}
