package catalog

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A watch hears of changes in the jobs folder and in every folder of it. It
// may fail (some file systems and containers tell nothing, and watches are
// limited); then the poll finds the change a little later.
type watch struct {
	dir     string
	log     *slog.Logger
	w       *fsnotify.Watcher // nil when there is none
	watched map[string]fs.FileInfo
	failed  bool // told once
}

func newWatch(dir string, log *slog.Logger) *watch {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("changes of the jobs folder are found by polling only", "error", err)
		w = nil
	}
	return &watch{dir: dir, log: log, w: w, watched: map[string]fs.FileInfo{}}
}

func (w *watch) close() error {
	if w.w == nil {
		return nil
	}
	return w.w.Close()
}

// root watches the jobs folder itself, before anything is known of it.
func (w *watch) root() {
	if info, err := os.Stat(w.dir); err == nil {
		w.add(w.dir, info)
	}
}

// follow makes the watched folders those of the snapshot, and reports whether
// one was added: then its files have to be read once more.
func (w *watch) follow(s *snapshot) (added bool) {
	want := make(map[string]fs.FileInfo, len(s.folders)+1)
	if s.info != nil {
		want[w.dir] = s.info
	}
	for name, info := range s.folders {
		want[filepath.Join(w.dir, name)] = info
	}
	for path, old := range w.watched {
		// A folder that was replaced keeps its path and not its watch.
		if info, ok := want[path]; !ok || !os.SameFile(info, old) {
			w.remove(path)
		}
	}
	for path, info := range want {
		if _, ok := w.watched[path]; !ok {
			w.add(path, info)
			added = true
		}
	}
	return added
}

func (w *watch) add(path string, info fs.FileInfo) {
	if w.w == nil {
		return
	}
	w.watched[path] = info
	if err := w.w.Add(path); err != nil && !w.failed && !errors.Is(err, fs.ErrNotExist) {
		w.failed = true
		w.log.Warn("some changes of the jobs folder are found by polling only", "error", err)
	}
}

func (w *watch) remove(path string) {
	delete(w.watched, path)
	// The system may have dropped the watch by itself; nothing is lost then.
	if err := w.w.Remove(path); err != nil && !errors.Is(err, fsnotify.ErrNonExistentWatch) {
		w.log.Debug("a watch cannot be removed", "error", err)
	}
}

// relevant reports whether an event may change what is deployed. A job that
// writes files into its own folder is none of the catalog's business.
func (w *watch) relevant(e fsnotify.Event) bool {
	rel, err := filepath.Rel(w.dir, e.Name)
	if err != nil {
		return true
	}
	parts := strings.Split(rel, string(filepath.Separator))
	if len(parts) < 2 {
		return !e.Has(fsnotify.Write)
	}
	name := parts[len(parts)-1]
	return name == scheduleName || isEntry(name)
}

// run follows the folder until ctx ends.
func (c *Catalog) run(ctx context.Context, w *watch) {
	defer func() {
		if err := w.close(); err != nil {
			c.log.Warn("the watch of the jobs folder cannot be closed", "error", err)
		}
	}()
	var events chan fsnotify.Event
	var faults chan error
	if w.w != nil {
		events, faults = w.w.Events, w.w.Errors
	}
	poll := time.NewTicker(c.poll)
	defer poll.Stop()
	var due <-chan time.Time // armed by the first of a burst of events
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			if due == nil && w.relevant(e) {
				due = time.After(c.debounce)
			}
		case err := <-faults:
			c.log.Warn("the watch of the jobs folder missed something", "error", err)
			if due == nil {
				due = time.After(c.debounce)
			}
		case <-due:
			due = nil
			c.refresh(w)
		case <-poll.C:
			c.refresh(w)
		}
	}
}

// refresh reads the folder and follows what is new in it. New folders are read
// again once they are watched. Errors are told by rescan.
func (c *Catalog) refresh(w *watch) {
	for range 3 {
		snap, err := c.rescan()
		if !w.follow(snap) || err != nil {
			return
		}
	}
}
