// Package web answers for the console: pages for people, the same pages in
// parts for htmx, and the JSON API for scripts, from one set of handlers.
package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
)

// Scheduler is the use cases that the handlers call. Errors that a caller can
// act on are *cronsole.Error.
type Scheduler interface {
	Create(ctx context.Context, r cronsole.Request) (job *cronsole.Job, warnings []string, err error)
	Edit(ctx context.Context, id string, r cronsole.Request) (*cronsole.Job, error)
	Delete(ctx context.Context, id string) (*cronsole.Deleted, error)
	Undo(ctx context.Context, undo string) (*cronsole.Job, error)
	RunNow(ctx context.Context, id string, args []any, key string) (*cronsole.Run, error)
	Cancel(ctx context.Context, runID int64) error
	Pause(ctx context.Context, id, reason, until string) error
	Resume(ctx context.Context, id string) error
	SkipNext(ctx context.Context, id string) error
	RunNext(ctx context.Context, id string) error
	Freeze(ctx context.Context, reason string) error
	Unfreeze(ctx context.Context) error
	UseFile(ctx context.Context, id string) error
	Preview(ctx context.Context, r cronsole.Request, after time.Time, count int) (cronsole.Preview, error)
	Health() cronsole.Health
	// Waiting says why a queued run has not started; empty when nothing keeps it.
	Waiting(runID int64) string
	// Backlog counts queued runs by what they wait for.
	Backlog() []cronsole.Backlog
}

// Store is what the pages read. What is not there is an *cronsole.Error of
// kind NotFound.
type Store interface {
	Jobs(ctx context.Context, q cronsole.JobQuery) (cronsole.JobPage, error)
	JobRow(ctx context.Context, id string, recent int) (cronsole.JobRow, error)
	// JobsByCode lists the ids of living jobs, sorted, by the code they use.
	JobsByCode(ctx context.Context) (map[string][]string, error)
	Counts(ctx context.Context, now time.Time) (cronsole.JobCounts, error)
	Runs(ctx context.Context, q cronsole.RunQuery) (cronsole.RunPage, error)
	Run(ctx context.Context, id int64) (*cronsole.Run, error)
	// Attempts returns those before the latest one, oldest first.
	Attempts(ctx context.Context, runID int64) ([]cronsole.Attempt, error)
	// Output returns the kept chunks that end after the offset, in order.
	Output(ctx context.Context, runID, from int64) ([]cronsole.Chunk, error)
	JobStats(ctx context.Context, jobKey int64, since time.Time) (cronsole.JobStats, error)
	// Stats fails when the store cannot be read.
	Stats(ctx context.Context) (cronsole.StoreStats, error)
	// Deleted is the job that had the id last and was deleted.
	Deleted(ctx context.Context, id string) (*cronsole.Deleted, error)
	// Revisions are what a job was at its versions below before, newest first.
	Revisions(ctx context.Context, jobKey, before int64, limit int) ([]cronsole.JobRevision, error)
	NearestJobIDs(ctx context.Context, id string, n int) ([]string, error)
}

// Catalog is what is deployed.
type Catalog interface {
	Codes() []*cronsole.Code
	Code(name string) (*cronsole.Code, bool)
}

// Config is what the console needs to answer.
type Config struct {
	Scheduler Scheduler
	Store     Store
	Catalog   Catalog
	Revision  *cronsole.Revision
	Zone      string // in which pages show times, and the default of new jobs
	Now       func() time.Time
	Log       *slog.Logger
	Version   string
	JobsDir   string   // where folders are deployed, as the operator named it
	Hosts     []string // names that requests may carry beside those of loopback
}

// What a request may hold at most.
const (
	bodyLimit   = 1 << 20
	headerLimit = 16 << 10
)

type server struct {
	Config
	zone  *time.Location
	start string // tells this life of the process from others, for ETags
	once  *onceKeys
	kept  keptAnswers
}

// New builds the app. It serves when it is given a listener; nothing runs
// before that.
func New(cfg Config) *fiber.App {
	zone, err := cronsole.Location(cfg.Zone)
	if err != nil {
		cfg.Log.Warn("pages show times in UTC", "zone", cfg.Zone, "error", err)
		zone = time.UTC
	}
	s := &server{Config: cfg, zone: zone, start: randomKey(), once: newOnceKeys(cfg.Now)}
	app := fiber.New(fiber.Config{
		AppName:               "cronsole",
		Immutable:             true, // ids outlive their requests
		DisableStartupMessage: true,
		StrictRouting:         true,
		CaseSensitive:         true,
		BodyLimit:             bodyLimit,
		ReadBufferSize:        headerLimit,
		ReadTimeout:           20 * time.Second,
		IdleTimeout:           60 * time.Second,
		ErrorHandler:          s.fail,
		// No WriteTimeout: it is a limit for the whole answer and would cut streams.
		// UnescapePath stays off: an id never needs an escape, so "%2f" matches none.
	})
	app.Use(s.guard)
	s.routes(app)
	return app
}

func (s *server) routes(app *fiber.App) {
	app.Get("/", func(c *fiber.Ctx) error { return c.Redirect("/jobs", fiber.StatusSeeOther) })
	app.Get("/healthz", s.healthz)
	app.Get("/readyz", s.readyz)
	app.Get("/static/*", s.asset)
	s.resources(app)
	s.resources(app.Group("/api/v1"))
}

// resources are the addresses that people and scripts share.
func (s *server) resources(r fiber.Router) {
	r.Get("/jobs", s.listJobs)
	r.Post("/jobs", s.createJob)
	r.Get("/jobs/new", s.newJob)
	r.Get("/jobs/preview", s.preview)
	r.Post("/jobs/preview", s.preview)
	r.Get("/jobs/:id", s.showJob)
	r.Post("/jobs/:id", s.editJob)
	r.Put("/jobs/:id", s.editJob)
	r.Delete("/jobs/:id", s.deleteJob)
	r.Get("/jobs/:id/edit", s.editForm)
	r.Get("/jobs/:id/revisions", s.listRevisions)
	r.Get("/jobs/:id/delete", s.deleteForm)
	r.Post("/jobs/:id/delete", s.deleteJob)
	r.Get("/jobs/:id/run", s.runForm)
	r.Post("/jobs/:id/run", s.runNow)
	r.Get("/jobs/:id/pause", s.pauseForm)
	r.Post("/jobs/:id/pause", s.pause)
	r.Post("/jobs/:id/resume", s.resume)
	r.Post("/jobs/:id/skip", s.skipNext)
	r.Delete("/jobs/:id/skip", s.runNext)
	r.Post("/jobs/:id/unskip", s.runNext)
	r.Post("/jobs/:id/use-file", s.useFile)
	r.Post("/undo/:undo", s.undo)
	r.Get("/runs", s.listRuns)
	r.Get("/runs/:n", s.showRun)
	r.Post("/runs/:n/cancel", s.cancelRun)
	r.Get("/runs/:n/log", s.runLog)
	r.Get("/codes", s.listCodes)
	r.Get("/freeze", s.showFreeze)
	r.Post("/freeze", s.freeze)
	r.Delete("/freeze", s.unfreeze)
	r.Post("/unfreeze", s.unfreeze)
}

func randomKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime ends the program instead
	return hex.EncodeToString(b[:])
}
