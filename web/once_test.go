package web

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAKeyThatWasSeenGetsTheFirstAnswer(t *testing.T) {
	o := newOnceKeys(func() time.Time { return noon })
	calls := 0
	count := func() (any, error) {
		calls++
		return calls, nil
	}
	for _, tt := range []struct {
		key  string
		want int
	}{{"a", 1}, {"a", 1}, {"b", 2}, {"a", 1}, {"", 3}, {"", 4}} {
		if got, err := o.do(tt.key, count); got != tt.want || err != nil {
			t.Errorf("%q: %v, %v, want %d", tt.key, got, err, tt.want)
		}
	}
}

// TestAnErrorIsNotRemembered: the form comes back with the same key and is sent
// again, mended.
func TestAnErrorIsNotRemembered(t *testing.T) {
	o := newOnceKeys(func() time.Time { return noon })
	answers := []error{errors.New("hour is wrong"), errors.New("minute is wrong"), nil}
	calls := 0
	for _, want := range append(answers, nil, nil) {
		_, err := o.do("key", func() (any, error) {
			err := answers[calls]
			calls++
			return nil, err
		})
		if !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	if calls != len(answers) {
		t.Errorf("%d calls, want %d", calls, len(answers))
	}
}

// TestParallelSubmitsWaitForTheFirst and get its answer.
func TestParallelSubmitsWaitForTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOnceKeys(time.Now)
		calls, release := 0, make(chan struct{})
		answers := make(chan any, 5)
		for range cap(answers) {
			go func() {
				v, err := o.do("key", func() (any, error) {
					calls++
					<-release
					return "made", nil
				})
				answers <- fmt.Sprintln(v, err)
			}()
		}
		synctest.Wait()
		if calls != 1 || len(answers) != 0 {
			t.Errorf("%d calls, %d answers before the first was ready", calls, len(answers))
		}
		close(release)
		synctest.Wait()
		for range cap(answers) {
			if diff := cmp.Diff("made <nil>\n", <-answers); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
	})
}

// TestAPanicLetsTheOthersGo, with an error, and the next one try again.
func TestAPanicLetsTheOthersGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOnceKeys(time.Now)
		release, waiting := make(chan struct{}), make(chan error, 1)
		go func() {
			defer func() { _ = recover() }()
			_, _ = o.do("key", func() (any, error) {
				<-release
				panic("boom")
			})
		}()
		synctest.Wait()
		go func() {
			_, err := o.do("key", func() (any, error) { return nil, nil })
			waiting <- err
		}()
		synctest.Wait()
		close(release)
		if err := <-waiting; !errors.Is(err, errInterrupted) {
			t.Errorf("error %v", err)
		}
		if v, err := o.do("key", func() (any, error) { return "made", nil }); v != "made" || err != nil {
			t.Errorf("%v, %v", v, err)
		}
	})
}

func TestKeysAreForgottenInTimeAndKeptInBounds(t *testing.T) {
	now := noon
	o := newOnceKeys(func() time.Time { return now })
	calls := 0
	do := func(key string) {
		_, _ = o.do(key, func() (any, error) {
			calls++
			return nil, nil
		})
	}
	do("old")
	now = now.Add(onceKeep - time.Second)
	do("old")
	if calls != 1 {
		t.Errorf("%d calls within the time", calls)
	}
	now = now.Add(time.Second)
	do("old")
	if calls != 2 {
		t.Errorf("%d calls after it", calls)
	}
	for i := range onceMax + 50 {
		do(fmt.Sprint(i))
	}
	if n := len(o.done); n > onceMax {
		t.Errorf("%d keys are kept", n)
	}
	do(string(make([]byte, 301))) // a key that nobody could have been given
	if n := len(o.done); n > onceMax {
		t.Errorf("%d keys are kept", n)
	}
}
