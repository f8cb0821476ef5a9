package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"cronsole/internal/cronsole"
)

// hold keeps the writer busy until release is called, so that what is queued
// meanwhile becomes one group.
func hold(t *testing.T, s *Store) (release func()) {
	t.Helper()
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once
	go func() {
		done <- s.write(context.Background(), func(tx) error {
			once.Do(func() { close(begun) })
			<-end
			return nil
		})
	}()
	<-begun
	return func() {
		close(end)
		must(t, <-done)
	}
}

// queued waits until so many operations stand in line.
func queued(s *Store, n int) {
	for {
		s.writer.mu.Lock()
		have := len(s.writer.queue)
		s.writer.mu.Unlock()
		if have >= n {
			return
		}
		<-time.After(time.Millisecond)
	}
}

func TestAFailingOperationLeavesItsNeighboursAlone(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	release := hold(t, s)

	const callers = 30
	errs := make([]error, callers)
	runs := make([]*cronsole.Run, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			if i%3 == 0 {
				errs[i] = brokenOp(context.Background(), s, j)
				return
			}
			runs[i] = newRun(j, noon.Add(time.Duration(i)*time.Minute))
			errs[i] = s.AddRun(context.Background(), runs[i])
		})
	}
	queued(s, callers)
	release()
	wg.Wait()

	for i := range callers {
		if i%3 == 0 {
			if errs[i] == nil {
				t.Errorf("caller %d: the broken operation succeeded", i)
			}
			continue
		}
		if errs[i] != nil {
			t.Errorf("caller %d: %v", i, errs[i])
			continue
		}
		if got := get(s.Run(t.Context(), runs[i].ID))(t); !got.Due.Equal(runs[i].Due) {
			t.Errorf("caller %d got the id of %v", i, got.Due)
		}
	}
	if got := get(s.Job(t.Context(), "x"))(t).Reason; got != "" {
		t.Errorf("the first statement of a broken operation stayed: %q", got)
	}
}

func TestOneOperationThatLosesTheTransactionIsSetAside(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	release := hold(t, s)

	// What SQLite does by itself on some disk errors: all that the group wrote
	// is undone under the operation.
	broken := errors.New("disk on fire")
	results := make(chan error, 1)
	runs := []*cronsole.Run{newRun(j, noon), newRun(j, noon.Add(time.Minute))}
	var wg sync.WaitGroup
	wg.Go(func() { must(t, s.AddRun(context.Background(), runs[0])) })
	queued(s, 1)
	wg.Go(func() {
		results <- s.write(context.Background(), func(tx tx) error {
			if _, err := tx.exec("ROLLBACK"); err != nil {
				t.Error(err)
			}
			return broken
		})
	})
	queued(s, 2)
	wg.Go(func() { must(t, s.AddRun(context.Background(), runs[1])) })
	queued(s, 3)
	release()
	wg.Wait()

	if err := <-results; !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	for _, r := range runs {
		if got := get(s.Run(t.Context(), r.ID))(t); !got.Due.Equal(r.Due) {
			t.Errorf("run %d is of %v, want %v", r.ID, got.Due, r.Due)
		}
	}
}

func TestACancelledCallerIsNotWritten(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	release := hold(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	errs := make(chan error, 1)
	go func() { errs <- s.AddRun(ctx, newRun(j, noon)) }()
	queued(s, 1)
	cancel()
	release()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := get(s.Runs(t.Context(), cronsole.RunQuery{Limit: 1}))(t); len(got.Runs) != 0 {
		t.Error("it was written all the same")
	}
}

func TestCloseWritesWhatIsQueuedAndRefusesTheRest(t *testing.T) {
	dir := t.TempDir()
	s := get(Open(t.Context(), dir, Options{}))(t)
	j := addJob(t, s, "x")
	release := hold(t, s)
	errs := make(chan error, 1)
	run := newRun(j, noon)
	go func() { errs <- s.AddRun(context.Background(), run) }()
	queued(s, 1)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	release()
	must(t, <-errs)
	must(t, <-closed)
	must(t, s.Close())
	if err := s.AddRun(t.Context(), newRun(j, noon.Add(time.Minute))); kindOf(err) != cronsole.Unavailable {
		t.Errorf("after close: %v", err)
	}
	if _, err := s.Run(t.Context(), run.ID); err == nil {
		t.Error("a read after close succeeded")
	}

	s = get(Open(t.Context(), dir, Options{}))(t)
	defer func() { must(t, s.Close()) }()
	if got := get(s.Run(t.Context(), run.ID))(t); !got.Due.Equal(noon) {
		t.Errorf("got %+v", got)
	}
}

func TestFullDiskIsUnavailableAndRecovers(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	var pages, limit int64
	setLimit := func(n int64) {
		t.Helper()
		must(t, s.conn(func(t tx) error {
			if err := t.queryRow("PRAGMA page_count").Scan(&pages); err != nil {
				return err
			}
			return t.queryRow(fmt.Sprintf("PRAGMA max_page_count = %d", n)).Scan(&limit)
		}))
	}
	setLimit(1) // SQLite takes what there is
	var err error
	wrote := 0
	for err == nil {
		r := newRun(j, noon.Add(time.Duration(wrote)*time.Minute))
		r.Args = []any{string(make([]byte, 2000))}
		if err = s.AddRun(t.Context(), r); err == nil {
			wrote++
		}
		if wrote > 1000 {
			t.Fatal("the disk does not fill")
		}
	}
	if kindOf(err) != cronsole.Unavailable || errors.Unwrap(err) == nil {
		t.Fatalf("got %v", err)
	}
	if got := get(s.Stats(t.Context()))(t).Problem; got != err.Error() {
		t.Errorf("readiness says %q, want %q", got, err)
	}
	page := get(s.Runs(t.Context(), cronsole.RunQuery{Limit: 1000}))(t)
	if len(page.Runs) != wrote {
		t.Errorf("%d rows are there, %d were confirmed", len(page.Runs), wrote)
	}

	setLimit(1 << 30)
	addRun(t, s, newRun(j, noon.Add(-time.Hour)))
	if got := get(s.Stats(t.Context()))(t).Problem; got != "" {
		t.Errorf("readiness still says %q", got)
	}
}

func TestAGroupOnAFullDiskTellsEachCaller(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	must(t, s.conn(func(t tx) error {
		var limit int64
		return t.queryRow("PRAGMA max_page_count = 1").Scan(&limit)
	}))
	release := hold(t, s)
	const callers = 40
	errs := make([]error, callers)
	runs := make([]*cronsole.Run, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			runs[i] = newRun(j, noon.Add(time.Duration(i)*time.Minute))
			if i%2 == 0 { // the others are small and may still fit
				runs[i].Args = []any{string(make([]byte, 20_000))}
			}
			errs[i] = s.AddRun(context.Background(), runs[i])
		})
	}
	queued(s, callers)
	release()
	wg.Wait()

	confirmed := 0
	for i, err := range errs {
		switch {
		case err == nil:
			confirmed++
			if got := get(s.Run(t.Context(), runs[i].ID))(t); !got.Due.Equal(runs[i].Due) {
				t.Errorf("run %d is not what was confirmed", runs[i].ID)
			}
		case kindOf(err) != cronsole.Unavailable || runs[i].ID != 0:
			t.Errorf("caller %d: %v, id %d", i, err, runs[i].ID)
		case i%2 == 0:
		}
	}
	page := get(s.Runs(t.Context(), cronsole.RunQuery{Limit: 1000}))(t)
	if len(page.Runs) != confirmed || confirmed == callers {
		t.Errorf("%d rows, %d confirmed of %d", len(page.Runs), confirmed, callers)
	}
}

func TestWALIsCutWhenNobodyReads(t *testing.T) {
	s := openStore(t, Options{})
	run := addRun(t, s, newRun(addJob(t, s, "x"), noon))
	must(t, s.AppendOutput(t.Context(), run.ID, []cronsole.Chunk{{Time: noon, Stream: cronsole.Stdout, Data: make([]byte, 1<<20)}}, 0))
	wal := s.path + "-wal"
	size := func() int64 {
		info, err := os.Stat(wal)
		must(t, err)
		return info.Size()
	}
	if size() < 1<<20 {
		t.Fatalf("the WAL has %d bytes", size())
	}

	read, err := s.readDB.BeginTx(t.Context(), nil)
	must(t, err)
	var n int
	must(t, read.QueryRow(`SELECT count(*) FROM output`).Scan(&n))
	must(t, s.SaveProcess(t.Context(), cronsole.Process{RunID: run.ID, Attempt: 1, PID: 1, BootID: "b"}))
	if s.truncate() {
		t.Error("cut under a reader")
	}
	must(t, read.Rollback())
	if !s.truncate() || size() != 0 {
		t.Errorf("not cut: %d bytes", size())
	}
}

// conn runs fn on the writing connection, outside any transaction.
func (s *Store) conn(fn func(tx) error) (err error) {
	s.between(func() { err = fn(tx{s.writer.conn}) })
	return err
}

func (s *Store) truncate() (cut bool) {
	s.between(func() { cut = s.writer.truncateWAL() })
	return cut
}

// between runs fn while the writer rests. The connection is a mutex of its own,
// and nothing is queued in these tests.
func (s *Store) between(fn func()) { fn() }
