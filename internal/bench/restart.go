package bench

import (
	"context"
	"fmt"
	"time"
)

// Restart measures how long nothing answers when the console starts again.
type Restart struct {
	Times  int  `json:"times" help:"How often it is started." default:"3" env:"-"`
	Kill   bool `json:"kill" help:"End it with kill -9 in between, not in order." env:"-"`
	Filled `embed:""`
}

// Name is the name of the mode.
func (Restart) Name() string { return "restart" }

// Validate returns what is wrong with the settings.
func (r *Restart) Validate() error {
	if r.Times < 1 {
		return fmt.Errorf("--times %d starts nothing; write 1 or more", r.Times)
	}
	return r.Filled.Validate()
}

// Started is one start of the console.
type Started struct {
	Serves float64 `json:"serves_ms"`     // from the start of the process until it says that it serves
	Page   float64 `json:"first_page_ms"` // until the Jobs page has been read
	RSS    int64   `json:"rss_bytes"`     // then
	Stop   float64 `json:"stop_ms"`       // from SIGTERM to the end of the process; 0 with --kill
}

// RestartResult is what Restart has measured.
type RestartResult struct {
	Starts []Started `json:"starts"`
}

func (r *Restart) measure(ctx context.Context, s *session) (Result, error) {
	if err := s.seedHistory(ctx, r.Jobs, r.Runs, time.Minute); err != nil {
		return nil, err
	}
	res := &RestartResult{}
	for range r.Times {
		one, err := r.once(ctx, s)
		if err != nil {
			return nil, err
		}
		res.Starts = append(res.Starts, one)
	}
	return res, nil
}

func (r *Restart) once(ctx context.Context, s *session) (one Started, err error) {
	c, err := s.start(ctx)
	if err != nil {
		return one, err
	}
	defer c.kill()
	one.Serves = milliseconds(time.Since(c.started))
	if _, err := c.once(ctx, call{method: "GET", path: "/jobs", browser: true}); err != nil {
		return one, err
	}
	one.Page = milliseconds(time.Since(c.started))
	u, err := readUsage(c.pid)
	one.RSS = u.rss
	if err != nil || r.Kill {
		return one, err
	}
	begun := time.Now()
	err = c.stop(ctx)
	one.Stop = milliseconds(time.Since(begun))
	return one, err
}

// Rows is the result for people.
func (r *RestartResult) Rows() [][]string {
	rows := [][]string{{"start", "serves after", "first page after", "memory (RSS)", "stop took"}}
	for i, s := range r.Starts {
		rows = append(rows, []string{fmt.Sprint(i + 1), ms(s.Serves), ms(s.Page), mib(s.RSS), ms(s.Stop)})
	}
	return rows
}
