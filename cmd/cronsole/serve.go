package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"

	"cronsole/internal/catalog"
	"cronsole/internal/cronsole"
	"cronsole/internal/executor"
	"cronsole/internal/scheduler"
	"cronsole/internal/sqlite"
	"cronsole/jobs"
	"cronsole/web"
)

type serveCmd struct {
	Addr      string        `help:"Address to listen on, HOST:PORT; loopback only while there are no accounts." default:"127.0.0.1:8000"`
	Data      string        `help:"Folder of the database and of the jobs' own files; made when it is not there." default:"./data" type:"path"`
	Jobs      string        `help:"Folder of the deployed job code." default:"./jobs" type:"path"`
	Timezone  string        `help:"Time zone of jobs that name none (IANA name)." default:"UTC"`
	Apply     bool          `help:"Make and keep a job for every folder that has a .schedule."`
	Slots     int           `help:"How many runs may go on at once." default:"32"`
	Limit     []string      `help:"How many runs of a job folder, or of jobs with a tag, may go on at once; once for each." placeholder:"code:NAME=N|tag:NAME=N"`
	MaxQueued int           `help:"How many runs may wait; what is due beyond that is skipped." default:"10000"`
	Grace     time.Duration `help:"How long a shutdown waits for running jobs." default:"30s"`
	LogFormat string        `help:"How log lines look: text or json." enum:"text,json" default:"text"`
	LogLevel  slog.Level    `help:"What is logged: debug (every run), info (runs that did not succeed, changes), warn or error." placeholder:"LEVEL" default:"info"`
}

// Help is what serve --help says above the flags.
func (serveCmd) Help() string {
	return `Examples:
  cronsole serve
  cronsole serve --jobs /srv/jobs --data /var/lib/cronsole --timezone Europe/Berlin
  cronsole serve --slots 8 --limit code:backup_database=1 --limit tag:db=2
  CRONSOLE_ADDR=127.0.0.1:9000 cronsole serve --apply --log-format json

The first SIGTERM or Ctrl-C stops firing and waits for running jobs up to --grace; a second one ends at once.`
}

// Run serves until SIGINT or SIGTERM, then lets running jobs end for the grace
// time; a second signal ends the wait.
func (c serveCmd) Run(out io.Writer) error { return c.serve(out, jobs.Funcs) }

// serve is Run with the functions that are compiled in.
func (c serveCmd) serve(out io.Writer, funcs map[string]cronsole.Func) error {
	log := newLogger(os.Stderr, c.LogFormat, c.LogLevel)
	if err := c.validate(); err != nil {
		return err
	}
	ln, err := listen(c.Addr)
	if err != nil {
		return err
	}
	defer ln.Close() //nolint:errcheck // the app has closed it already on the ordinary way out

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app, err := c.start(ctx, log, funcs)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "cronsole %s serves http://%s  (jobs: %s, data: %s)\n", version, ln.Addr(), c.Jobs, c.Data)

	served := make(chan error, 1)
	go func() { served <- app.web.Listener(ln) }()
	debug.FreeOSMemory() // what reading the jobs took, and nothing needs any more
	select {
	case err = <-served:
	case <-ctx.Done():
		stop() // from here on a second signal ends the process
		log.Info("shutting down", "grace", c.Grace)
	}
	return errors.Join(err, app.stop(c.Grace))
}

// validate refuses what cannot work before anything is opened.
func (c serveCmd) validate() error {
	if err := checkAddr(c.Addr); err != nil {
		return err
	}
	if _, err := cronsole.Location(c.Timezone); err != nil {
		return fmt.Errorf("--timezone %s is not a known time zone; write an IANA name such as Europe/Berlin", c.Timezone)
	}
	if c.Slots < 1 {
		return fmt.Errorf("--slots %d would run nothing; write 1 or more", c.Slots)
	}
	if c.MaxQueued < 1 {
		return fmt.Errorf("--max-queued %d would let nothing wait; write 1 or more", c.MaxQueued)
	}
	if _, err := readLimits(c.Limit); err != nil {
		return err
	}
	info, err := os.Stat(c.Jobs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--jobs %s is not there; make the folder, or name the one that holds your job folders", c.Jobs)
	case err != nil:
		return fmt.Errorf("--jobs %s cannot be read: %w", c.Jobs, err)
	case !info.IsDir():
		return fmt.Errorf("--jobs %s is a file; name the folder that holds your job folders", c.Jobs)
	}
	return nil
}

// checkAddr allows loopback only: until there are accounts, whoever can reach
// the port can start jobs.
func checkAddr(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--addr %s is not an address; write HOST:PORT such as 127.0.0.1:8000", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--addr %s is refused: there are no accounts yet, so the console listens on loopback only; write 127.0.0.1:8000", addr)
	}
	return nil
}

// listen opens the console's port.
func listen(addr string) (net.Listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("--addr %s is taken by another program; stop it or choose another port", addr)
	case err != nil:
		return nil, fmt.Errorf("--addr %s cannot be opened: %w", addr, err)
	}
	return ln, nil
}

func newLogger(w io.Writer, format string, level slog.Level) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// ledger is what scheduler and executor write to.
type ledger interface {
	scheduler.Store
	executor.Sink
}

// wrapLedger comes between them and the store, so that tests can end the
// program at each durable step.
var wrapLedger = func(l ledger) ledger { return l }

// console is the wired program, in the order of its start.
type console struct {
	store     *sqlite.Store
	catalog   *catalog.Catalog
	scheduler *scheduler.Scheduler
	web       *fiber.App
}

// start wires the program and returns when jobs are firing. What was started
// before an error is stopped again.
func (c serveCmd) start(ctx context.Context, log *slog.Logger, funcs map[string]cronsole.Func) (app *console, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's own file: %w", err)
	}
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return nil, fmt.Errorf("--data %s: %w", c.Data, err)
	}
	app = &console{}
	defer func() {
		if err != nil {
			err = errors.Join(err, app.stop(0))
		}
	}()

	if app.store, err = sqlite.Open(ctx, data, sqlite.Options{Log: log}); err != nil {
		return app, err
	}
	ledger := wrapLedger(app.store)
	revision := &cronsole.Revision{}
	app.catalog = catalog.New(c.Jobs, funcs, c.Timezone, log)
	if err = app.catalog.Start(ctx); err != nil {
		return app, err
	}
	exec := executor.New(executor.Config{
		Codes: app.catalog, Sink: ledger, Slots: c.Slots, DataDir: data, Self: self, Now: time.Now, Log: log,
	})
	limits, err := readLimits(c.Limit)
	if err != nil {
		return app, err
	}
	app.scheduler = scheduler.New(scheduler.Config{
		Store: ledger, Executor: exec, Codes: app.catalog, Revision: revision,
		Limits: limits, MaxQueued: c.MaxQueued, Zone: c.Timezone, Apply: c.Apply, Grace: c.Grace, Now: time.Now, Log: log,
	})
	app.catalog.OnChange(func() {
		revision.Bump()
		if err := app.scheduler.CodesChanged(context.WithoutCancel(ctx)); err != nil {
			log.Error("deployed code changed, jobs could not follow", "error", err)
		}
	})
	if err = app.scheduler.Start(context.WithoutCancel(ctx)); err != nil {
		return app, err
	}
	app.web = web.New(web.Config{
		Scheduler: app.scheduler, Store: app.store, Catalog: app.catalog, Revision: revision,
		Zone: c.Timezone, Now: time.Now, Log: log, Version: version, JobsDir: c.Jobs,
	})
	return app, nil
}

// stop ends the program in the reverse order of its start. Jobs get the grace
// time to end; the pages stay readable meanwhile.
func (app *console) stop(grace time.Duration) error {
	var errs []error
	if app.scheduler != nil {
		ctx, cancel := context.WithTimeout(context.Background(), grace+15*time.Second)
		defer cancel()
		errs = append(errs, app.scheduler.Stop(ctx))
	}
	if app.web != nil {
		// Browsers keep connections open; their deadline is no failure.
		if err := app.web.ShutdownWithTimeout(2 * time.Second); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			errs = append(errs, fmt.Errorf("stop serving: %w", err))
		}
	}
	if app.catalog != nil {
		app.catalog.Stop()
	}
	if app.store != nil {
		errs = append(errs, app.store.Close())
	}
	return errors.Join(errs...)
}
