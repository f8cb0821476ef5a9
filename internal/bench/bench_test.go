package bench

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
	"cronsole/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestDelaysAreSummedUp(t *testing.T) {
	upTo := func(n int) []time.Duration { // n to 1 milliseconds
		var all []time.Duration
		for ; n > 0; n-- {
			all = append(all, time.Duration(n)*time.Millisecond)
		}
		return all
	}
	tests := map[string]struct {
		all  []time.Duration
		want Delays
	}{
		"none":                 {nil, Delays{}},
		"one":                  {upTo(1), Delays{Count: 1, P50: 1, P99: 1, Max: 1}},
		"two":                  {upTo(2), Delays{Count: 2, P50: 1, P99: 2, Max: 2}},
		"a hundred":            {upTo(100), Delays{Count: 100, P50: 50, P99: 99, Max: 100}},
		"a thousand":           {upTo(1000), Delays{Count: 1000, P50: 500, P99: 990, Max: 1000}},
		"parts of millisecond": {[]time.Duration{1500 * time.Microsecond}, Delays{Count: 1, P50: 1.5, P99: 1.5, Max: 1.5}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, sumUp(tt.all)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	got := []string{count(0), count(999), count(1000), count(1234567), count(-1000), ms(0.057), ms(9.99), ms(12.34), ms(1710.5), mib(3 << 19)}
	want := []string{"0", "999", "1,000", "1,234,567", "-1,000", "0.06 ms", "9.99 ms", "12.3 ms", "1,711 ms", "1.5 MiB"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFiresKnowsWhatIsDue(t *testing.T) {
	sec := func(n int) cronsole.Duration { return cronsole.Duration(n) * cronsole.Duration(time.Second) }
	tests := map[string]struct {
		fires Fires
		want  int64
	}{
		"spread over a second":           {Fires{Jobs: 1000, Period: sec(1), For: sec(10)}, 10_000},
		"a herd each second":             {Fires{Jobs: 1000, Period: sec(1), For: sec(10), Herd: true}, 10_000},
		"a herd at one instant":          {Fires{Jobs: 1000, Period: sec(3600), For: sec(10), Herd: true}, 1000},
		"a part of a longer period":      {Fires{Jobs: 60, Period: sec(60), For: sec(10)}, 10},
		"a window of one and a half":     {Fires{Jobs: 10, Period: sec(10), For: sec(15)}, 15},
		"fewer jobs than there are ms":   {Fires{Jobs: 3, Period: sec(1), For: sec(1)}, 3},
		"more jobs than there are of ms": {Fires{Jobs: 5000, Period: sec(1), For: sec(2)}, 10_000},
	}
	for name, tt := range tests {
		from := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
		var due int64 // as the triggers of the jobs have it
		for i := range tt.fires.Jobs {
			trigger, err := tt.fires.job(i, from).Trigger()
			if err != nil {
				t.Fatal(err)
			}
			due += trigger.Count(from.Add(-time.Millisecond), from.Add(time.Duration(tt.fires.For)-time.Millisecond))
		}
		if got := tt.fires.expected(); got != tt.want || due != tt.want {
			t.Errorf("%s: %d expected, %d due, want %d", name, got, due, tt.want)
		}
	}
}

func TestFiresBeginsWhenTheConsoleIsReady(t *testing.T) {
	base := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		period, late, want time.Duration
		fails              string
	}{
		"early":                {period: time.Second, late: -time.Second},
		"just in time":         {period: time.Second},
		"a little late":        {period: time.Second, late: time.Millisecond, want: time.Second},
		"three periods late":   {period: time.Second, late: 3 * time.Second, want: 3 * time.Second},
		"early for an hour":    {period: time.Hour, late: -time.Millisecond},
		"too late for an hour": {period: time.Hour, late: 1500 * time.Millisecond, fails: "the console was ready 1.5s after the first instant; write a --period of 1m0s or less"},
	}
	for name, tt := range tests {
		f := Fires{Period: cronsole.Duration(tt.period)}
		got, err := f.begin(base, base.Add(tt.late))
		if message(err) != tt.fails || err == nil && !got.Equal(base.Add(tt.want)) {
			t.Errorf("%s: %s after, %q, want %s, %q", name, got.Sub(base), message(err), tt.want, tt.fails)
		}
	}
}

func TestQuietJobsAreNotDueMeanwhile(t *testing.T) {
	for _, measured := range []time.Duration{time.Second, 29 * time.Minute, 3 * time.Hour} {
		for _, i := range []int{0, 1, 50, 99} {
			job := quiet(i, 100, measured)
			trigger, err := job.Trigger()
			if err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			next, ok := trigger.Next(now)
			if !ok || next.Before(now.Add(measured)) || !next.Equal(job.Next.Truncate(time.Millisecond)) {
				t.Errorf("%s: job %d is due after %s", measured, i, next.Sub(now))
			}
			if n := trigger.Count(job.Cursor, now); n != 0 {
				t.Errorf("%s: job %d has missed %d instants", measured, i, n)
			}
		}
	}
}

func TestSettingsThatCannotBeMeasuredAreRefused(t *testing.T) {
	second := cronsole.Duration(time.Second)
	ok := Filled{Jobs: 10, Runs: 100}
	tests := map[string]struct {
		mode Mode
		want string
	}{
		"fires":              {&Fires{Jobs: 1, Period: second, For: second}, ""},
		"no jobs":            {&Fires{Period: second, For: second}, "--jobs 0 would fire nothing; write 1 or more"},
		"half a second":      {&Fires{Jobs: 1, Period: second / 2, For: second}, "--period 500ms is no interval; write whole seconds such as 1s"},
		"no time":            {&Fires{Jobs: 1, Period: second}, "--for 0s is too short to be measured; write 1s or more"},
		"negative slots":     {&Fires{Jobs: 1, Period: second, For: second, Slots: -1}, "--slots and --keep-runs cannot be negative; write 0 or more"},
		"runs of nobody":     {&Fires{Jobs: 1, Period: second, For: second, OldRuns: 1}, "retention keeps 1000 runs of a job, so that --old-runs 1 need more jobs; write --old-jobs 1"},
		"pages":              {&Pages{For: second, Connections: 1, Filled: ok}, ""},
		"no connection":      {&Pages{For: second, Filled: ok}, "--connections 0 asks for nothing; write 1 or more"},
		"pages without time": {&Pages{Connections: 1, Filled: ok}, "--for 0s is too short to be measured; write 1s or more"},
		"negative fires":     {&Pages{For: second, Connections: 1, Fires: -1, Filled: ok}, "--fires cannot be negative; write 0 or more"},
		"api":                {&API{Count: 1, AtOnce: 1, Filled: ok}, ""},
		"nothing to create":  {&API{AtOnce: 8, Filled: ok}, "--count 0 and --at-once 8 ask for nothing; write 1 or more"},
		"restart":            {&Restart{Times: 1, Filled: ok}, ""},
		"never":              {&Restart{Filled: ok}, "--times 0 starts nothing; write 1 or more"},
		"no ledger":          {&Restart{Times: 1}, "--jobs 0 is no ledger; write 1 or more"},
		"too many runs":      {&Restart{Times: 1, Filled: Filled{Jobs: 2, Runs: 3001}}, "retention keeps 1000 runs of a job, so that --runs 3001 need more jobs; write --jobs 4"},
		"negative runs":      {&Restart{Times: 1, Filled: Filled{Jobs: 2, Runs: -1}}, "--jobs and --runs cannot be negative; write 0 or more"},
		"idle":               {&Idle{For: second, Filled: ok}, ""},
		"idle for a moment":  {&Idle{For: second / 2, Filled: ok}, "--for 500ms is too short to be measured; write 1s or more"},
		"output":             {&Output{MiB: 1, Jobs: 1, For: second}, ""},
		"nothing is printed": {&Output{Jobs: 1, For: second}, "--mib 0 and --jobs 1 measure nothing; write 1 or more"},
		"output in no time":  {&Output{MiB: 1, Jobs: 1}, "--for 0s is too short to be measured; write 1s or more"},
	}
	for name, tt := range tests {
		if got := message(tt.mode.Validate()); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func aReport() *Report {
	return &Report{
		Mode:     "fires",
		Machine:  Machine{CPUs: 2, Kernel: "6.1", FileSystem: "ext4", Go: "go1.26", Version: "1.0"},
		Settings: &Fires{Jobs: 1000, Period: cronsole.Duration(time.Second), For: cronsole.Duration(10 * time.Second), Command: true, Slots: 32},
		Result: &FiresResult{
			Due: 10_000, Missed: 40, Unknown: 10, PerSecond: 996,
			Outcomes: map[string]int64{"succeeded": 9960, "skipped (overlap)": 30},
			Start:    Delays{Count: 9960, P50: 2, P99: 10.25, Max: 1234},
			Durable:  Delays{Count: 9960, P50: 30, P99: 60, Max: 2000},
			Load:     Load{CPU: 0.4, ChildrenCPU: 0.2, BenchCPU: 0.03, OtherCPU: 0.01, RSSStart: 10 << 20, RSSMax: 30 << 20, RSSEnd: 20 << 20, Files: []int64{1 << 20, 3 << 20, 2 << 20}},
			Bare:     &Bare{PerSecond: 2000, AtOnce: 32, CPUms: 0.5},
		},
	}
}

func TestReportIsATableForPeople(t *testing.T) {
	var out strings.Builder
	if err := aReport().WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	want := `cronsole 1.0 bench fires: 2 CPUs, Linux 6.1, go1.26, data on ext4

               p50      p99      max
start delay    2.00 ms  10.2 ms  1,234 ms
durable delay  30.0 ms  60.0 ms  2,000 ms

due                     10,000
ran                     9,960  996/s
missed                  40
  skipped (overlap)     30
  succeeded             9,960
  not recorded in time  10
CPU of the console      0.40 cores
CPU of the runs         0.20 cores
CPU of this command     0.03 cores
CPU of other programs   0.01 cores
memory (RSS)            20.0 MiB  at most 30.0 MiB  before 10.0 MiB
ledger and its log      2.0 MiB   at most 3.0 MiB   before 1.0 MiB
bare os/exec            2,000/s   32 at once        0.50 ms CPU a run
the console beside it   50 %                        0.60 ms CPU a run
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReportIsJSONForScripts(t *testing.T) {
	var out strings.Builder
	if err := aReport().WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	err := json.Unmarshal([]byte(`{
		"mode": "fires",
		"machine": {"cpus": 2, "kernel": "6.1", "file_system": "ext4", "go": "go1.26", "version": "1.0"},
		"settings": {"jobs": 1000, "period": "1s", "for": "10s", "herd": false, "command": true, "slots": 32, "keep_runs": 0, "old_jobs": 0, "old_runs": 0},
		"result": {
			"due": 10000, "missed": 40, "unrecorded": 10, "fires_per_second": 996,
			"outcomes": {"succeeded": 9960, "skipped (overlap)": 30},
			"start_delay": {"count": 9960, "p50_ms": 2, "p99_ms": 10.25, "max_ms": 1234},
			"durable_delay": {"count": 9960, "p50_ms": 30, "p99_ms": 60, "max_ms": 2000},
			"load": {"cpu": 0.4, "children_cpu": 0.2, "bench_cpu": 0.03, "other_cpu": 0.01,
				"rss_start_bytes": 10485760, "rss_max_bytes": 31457280, "rss_end_bytes": 20971520, "file_bytes": [1048576, 3145728, 2097152]},
			"bare": {"per_second": 2000, "at_once": 32, "cpu_ms_per_run": 0.5}
		}
	}`), &want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProgressIsALineForEachStageWhereNobodyLooks(t *testing.T) {
	var out strings.Builder
	p := newProgress(&out, "fires")
	p.stage("making %s jobs", count(1000))
	p.step("half of them")
	p.stage("starting the console")
	p.end()
	if want := "fires: making 1,000 jobs\nfires: starting the console\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestTheConsoleGetsNoSettingsOfAnother(t *testing.T) {
	got := withoutSettings([]string{"PATH=/bin", "CRONSOLE_JOBS=/srv/jobs", "HOME=/root", "CRONSOLE_APPLY=1"})
	if diff := cmp.Diff([]string{"PATH=/bin", "HOME=/root"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestALongWindowSaysHowBigTheLedgerWasOverTime(t *testing.T) {
	files := make([]int64, 61)
	for i := range files {
		files[i] = int64(i) << 20
	}
	want := [][]string{{"  over time", "0.0 MiB → 12.0 MiB → 24.0 MiB → 36.0 MiB → 48.0 MiB → 60.0 MiB"}}
	if diff := cmp.Diff(want, Load{Files: files}.overTime()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (Load{Files: files[:59]}).overTime(); got != nil {
		t.Errorf("a short window has %v", got)
	}
}

// TestARefusedCallIsNamed: what is refused is not measured.
func TestARefusedCallIsNamed(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	c := &console{host: server.Listener.Addr().String()}
	_, err := c.driveFor(t.Context(), 2, time.Millisecond, call{method: "GET", path: "/jobs"})
	if want := "GET /jobs was answered with 404: 404 page not found\n"; message(err) != want {
		t.Errorf("%q, want %q", message(err), want)
	}
}
