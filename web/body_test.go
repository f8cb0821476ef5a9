package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// malformedBodies are no JSON objects, or could be read as two different ones.
var malformedBodies = map[string]struct{ body, detail string }{
	"nothing but space":    {" \n\t ", "The JSON ends too early."},
	"cut off":              {`{"job_id": "log_so`, "The JSON ends too early."},
	"no end":               {`{"job_id": "x"`, "The JSON ends too early."},
	"a list":               {`[{"job_id": "x"}]`, `The body must be a JSON object, such as {"job_id": "nightly_backup"}.`},
	"a string":             {`"job_id"`, `The body must be a JSON object, such as {"job_id": "nightly_backup"}.`},
	"a number":             {`1`, `The body must be a JSON object, such as {"job_id": "nightly_backup"}.`},
	"null":                 {`null`, `The body must be a JSON object, such as {"job_id": "nightly_backup"}.`},
	"two objects":          {`{"job_id": "x"}{"job_id": "y"}`, "Something follows the JSON object."},
	"something behind it":  {`{"job_id": "x"} x`, "Something follows the JSON object."},
	"a NUL behind it":      {"{\"job_id\": \"x\"}\x00", "Something follows the JSON object."},
	"a key twice":          {`{"job_id": "x", "job_id": "y"}`, `The key "job_id" appears twice.`},
	"a key twice, escaped": {`{"job_id": "x", "job\u005fid": "y"}`, `The key "job_id" appears twice.`},
	"a key twice, inside":  {`{"args": {"hour": 1, "hour": 2}}`, `The key "hour" appears twice.`},
	"a key twice, far in":  {`{"args": {"args": [{"a": 1, "a": 2}]}}`, `The key "a" appears twice.`},
	"nested lists":         {`{"args": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, "The JSON is nested more than 32 levels deep."},
	"nested objects":       {strings.Repeat(`{"args":`, 5000) + "1" + strings.Repeat("}", 5000), "The JSON is nested more than 32 levels deep."},
	"opened and not shut":  {strings.Repeat("[", 100_000), "The JSON is nested more than 32 levels deep."},
	"bad UTF-8":            {"{\"job_id\": \"\xff\"}", "The body is not UTF-8."},
	"UTF-8 too long":       {"{\"job_id\": \"\xc0\xaf\"}", "The body is not UTF-8."},
	"a surrogate as bytes": {"{\"job_id\": \"\xed\xa0\x80\"}", "The body is not UTF-8."},
	"UTF-16":               {"\xff\xfe{\x00}\x00", "The body is not UTF-8."},
	"a byte order mark":    {"\ufeff{}", ""},
	"NaN":                  {`{"keep_runs": NaN}`, ""},
	"infinity":             {`{"keep_runs": -Infinity}`, ""},
	"a leading zero":       {`{"keep_runs": 01}`, ""},
	"a hex number":         {`{"keep_runs": 0x10}`, ""},
	"a plus sign":          {`{"keep_runs": +1}`, ""},
	"half a number":        {`{"keep_runs": 1.}`, ""},
	"single quotes":        {`{'job_id': 'x'}`, ""},
	"a bare key":           {`{job_id: "x"}`, ""},
	"a number as key":      {`{1: "x"}`, ""},
	"a comma too many":     {`{"job_id": "x",}`, ""},
	"a comma in a list":    {`{"tags": ["a",]}`, ""},
	"no comma":             {`{"job_id": "x" "type": "cron"}`, ""},
	"no colon":             {`{"job_id" "x"}`, ""},
	"a comment":            {`{"job_id": "x"} // mine`, "Something follows the JSON object."},
	"a line end in a text": {"{\"job_id\": \"a\nb\"}", ""},
	"an unknown escape":    {`{"job_id": "\x41"}`, ""},
	"the wrong bracket":    {`{"tags": ["a"}}`, ""},
	"True":                 {`{"from_file": True}`, ""},
	"a form":               {`job_id=x&type=cron`, ""},
	"XML":                  {`<job id="x"/>`, ""},
}

func TestBodiesThatCannotBeReadAreRefused(t *testing.T) {
	requests := map[string]request{
		"create":  postJSON("/api/v1/jobs", ""),
		"edit":    postJSON("/api/v1/jobs/sync_orders", "").by(http.MethodPut),
		"preview": postJSON("/api/v1/jobs/preview", ""),
		"run":     postJSON("/api/v1/jobs/sync_orders/run", ""),
		"pause":   postJSON("/api/v1/jobs/sync_orders/pause", ""),
	}
	for name, tt := range malformedBodies {
		for what, r := range requests {
			w := newBusyWorld()
			r.body = tt.body
			p := mustAsk(t, w.app(), r, http.StatusBadRequest).problem(t)
			if tt.detail == "" && !strings.HasPrefix(p.Detail, "The JSON cannot be read: ") || tt.detail != "" && p.Detail != tt.detail {
				t.Errorf("%s, %s: %s", what, name, p.Detail)
			}
			if w.writes != 0 {
				t.Errorf("%s, %s: %d writes", what, name, w.writes)
			}
		}
	}
}

// TestAnEmptyBodyIsAnEmptyRequest: for some writes that is enough.
func TestAnEmptyBodyIsAnEmptyRequest(t *testing.T) {
	app := newBusyWorld().app()
	for _, body := range []string{"", "{}"} {
		p := mustAsk(t, app, postJSON("/api/v1/jobs", body), http.StatusUnprocessableEntity).problem(t)
		want := map[string]string{"job_id": cronsole.CheckJobID("")}
		if diff := cmp.Diff(want, p.Errors); diff != "" {
			t.Errorf("%q (-want +got):\n%s", body, diff)
		}
		mustAsk(t, app, postJSON("/api/v1/jobs/weekly_mail/run", body), http.StatusAccepted)
		mustAsk(t, app, postJSON("/api/v1/jobs/weekly_mail/pause", body), http.StatusOK)
	}
}

func TestWhatJSONAllowsIsRead(t *testing.T) {
	for name, body := range map[string]string{
		"escapes":         `{"job_id": "log\u005fsomething", "from_file": false, "type": "interval", "args": {"hours": 1}}`,
		"space around":    " \r\n{\t\"job_id\" : \"log_something\" , \"from_file\":false, \"type\":\"interval\" } \n",
		"null as absent":  `{"job_id": "log_something", "code": null, "from_file": false, "type": "interval", "args": null, "timezone": null, "tags": null}`,
		"numbers as text": `{"job_id": "log_something", "from_file": false, "type": "interval", "args": {"hours": "1", "minutes": 0}}`,
		"just deep enough": `{"job_id": "log_something", "from_file": false, "type": "interval", "args": {"args": [` +
			strings.Repeat("[", 29) + strings.Repeat("]", 29) + `]}}`,
	} {
		if a := ask(t, newWorld().app(), postJSON("/api/v1/jobs", body)); a.status != http.StatusOK {
			t.Errorf("%s: status %d: %s", name, a.status, a.body)
		}
	}
}

// TestValuesThatCannotBeAcceptedAreNamed, by their place in the request.
func TestValuesThatCannotBeAcceptedAreNamed(t *testing.T) {
	known := "is not known here; known are job_id, code, from_file, type, args, timezone, dst, version, jitter, timeout, expires, retries, retry_backoff, retry_max_backoff, on_interrupt, overlap, max_instances, misfire, " +
		"misfire_grace, catchup_window, catchup_limit, max_runs, keep_runs, keep_days, keep_bytes, tags, description"
	tests := map[string]struct {
		body string
		want map[string]string
	}{
		"an unknown key":       {`{"jobid": "x"}`, map[string]string{"jobid": known}},
		"several":              {`{"b": 1, "a": 1}`, map[string]string{"a": known, "b": known}},
		"a key of the form":    {`{"idempotency_key": "x"}`, map[string]string{"idempotency_key": known}},
		"a key of the code":    {`{"run_as": "root", "pass_env": ["HOME"]}`, map[string]string{"run_as": known, "pass_env": known}},
		"a key not built yet":  {`{"run_at_start": true}`, map[string]string{"run_at_start": known}},
		"a key of args":        {`{"hour": 1, "expression": "@daily"}`, map[string]string{"hour": "belongs into args", "expression": "belongs into args"}},
		"an empty key":         {`{"": 1}`, map[string]string{"": known}},
		"a long key":           {`{"` + strings.Repeat("k", 100) + `": 1}`, map[string]string{strings.Repeat("k", 60) + "…": known}},
		"a number as id":       {`{"job_id": 7}`, map[string]string{"job_id": "must be a string"}},
		"a list as code":       {`{"job_id": "x", "code": []}`, map[string]string{"code": "must be a string"}},
		"a NUL":                {`{"job_id": "a\u0000b"}`, map[string]string{"job_id": "may not hold a NUL character"}},
		"a text as flag":       {`{"job_id": "x", "from_file": "no"}`, map[string]string{"from_file": "must be true or false"}},
		"a list as args":       {`{"job_id": "x", "args": ["--full"]}`, map[string]string{"args": "must be an object"}},
		"a text as version":    {`{"job_id": "x", "version": "1"}`, map[string]string{"version": "must be a whole number from 1 to 9007199254740992"}},
		"half a version":       {`{"job_id": "x", "version": 1.5}`, map[string]string{"version": "must be a whole number from 1 to 9007199254740992"}},
		"version nought":       {`{"job_id": "x", "version": 0}`, map[string]string{"version": "must be a whole number from 1 to 9007199254740992"}},
		"all at once":          {`{"job_id": 1, "type": 2, "x": 3}`, map[string]string{"job_id": "must be a string", "type": "must be a string", "x": known}},
		"an id that cannot be": {`{"job_id": "a b"}`, map[string]string{"job_id": cronsole.CheckJobID("a b")}},
		"a word of ours":       {`{"job_id": "preview"}`, map[string]string{"job_id": cronsole.CheckJobID("preview")}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			p := mustAsk(t, w.app(), postJSON("/api/v1/jobs", tt.body), http.StatusUnprocessableEntity).problem(t)
			if diff := cmp.Diff(tt.want, p.Errors); diff != "" || w.writes != 0 {
				t.Errorf("%d writes (-want +got):\n%s", w.writes, diff)
			}
		})
	}
}

// TestMistakesOfTheScheduleLieInArgs: the domain says "hour", a request
// "args.hour".
func TestMistakesOfTheScheduleLieInArgs(t *testing.T) {
	tests := map[string]struct {
		request string
		want    []string
	}{
		"cron":               {`"type": "cron", "args": {"hour": "25", "minute": "x"}`, []string{"args.hour", "args.minute"}},
		"one line":           {`"args": {"expression": "61 * * * *"}`, []string{"args.expression"}},
		"a key of no type":   {`"args": {"hours": 1}`, []string{"args.hours"}},
		"interval":           {`"type": "interval", "args": {"hours": -1}`, []string{"args.hours"}},
		"date":               {`"type": "date", "args": {"run_date": "soon"}`, []string{"args.run_date"}},
		"dates":              {`"args": {"start_date": "x", "end_date": "y"}`, []string{"args.end_date", "args.start_date"}},
		"arguments":          {`"args": {"args": "x"}`, []string{"args.args"}},
		"zone":               {`"timezone": "Mars/Olympus"`, []string{"timezone"}},
		"zone in args":       {`"args": {"timezone": "Mars/Olympus"}`, []string{"args.timezone"}},
		"the zone that wins": {`"timezone": "Mars/Olympus", "args": {"timezone": "UTC"}`, []string{"timezone"}},
		"rules":              {`"timeout": "soon", "keep_runs": -1, "overlap": "queue"`, []string{"keep_runs", "overlap", "timeout"}},
		"both":               {`"args": {"hour": "25"}, "timeout": "soon"`, []string{"args.hour", "timeout"}},
		"a file of the disk": {`"timezone": "../../etc/passwd"`, []string{"timezone"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			body := fmt.Sprintf(`{"job_id": "log_something", "from_file": false, %s}`, tt.request)
			for _, r := range []request{
				postJSON("/api/v1/jobs", body), postJSON("/api/v1/jobs/log_something", body).by(http.MethodPut), postJSON("/api/v1/jobs/preview", body),
			} {
				w := newWorld()
				w.schedule("log_something", cronsole.Request{Type: "interval"})
				if r.method == http.MethodPost {
					delete(w.jobs, "log_something")
				}
				p := mustAsk(t, w.app(), r, http.StatusUnprocessableEntity).problem(t)
				if diff := cmp.Diff(tt.want, sortedKeys(p.Errors)); diff != "" {
					t.Errorf("%s %s (-want +got):\n%s", r.method, r.target, diff)
				}
			}
		})
	}
}

func TestSmallWritesNameWhatTheyDoNotKnow(t *testing.T) {
	tests := map[string]struct {
		r    request
		want []string
	}{
		"run":            {postJSON("/api/v1/jobs/sync_orders/run", `{"arguments": []}`), []string{"arguments"}},
		"run, no list":   {postJSON("/api/v1/jobs/sync_orders/run", `{"args": 7}`), []string{"args"}},
		"run, NUL":       {postJSON("/api/v1/jobs/sync_orders/run", `{"args": ["a\u0000"]}`), []string{"args"}},
		"pause":          {postJSON("/api/v1/jobs/sync_orders/pause", `{"why": "x"}`), []string{"why"}},
		"pause, long":    {postJSON("/api/v1/jobs/sync_orders/pause", `{"reason": "`+strings.Repeat("x", 201)+`"}`), []string{"reason"}},
		"pause, number":  {postJSON("/api/v1/jobs/sync_orders/pause", `{"reason": 1}`), []string{"reason"}},
		"preview":        {postJSON("/api/v1/jobs/preview", `{"count": 0, "after": "x", "foo": 1, "hour": 2}`), []string{"after", "count", "foo", "hour"}},
		"preview, types": {postJSON("/api/v1/jobs/preview", `{"count": "5", "after": 7, "args": []}`), []string{"after", "args", "count"}},
	}
	for name, tt := range tests {
		w := newBusyWorld()
		p := mustAsk(t, w.app(), tt.r, http.StatusUnprocessableEntity).problem(t)
		if diff := cmp.Diff(tt.want, sortedKeys(p.Errors)); diff != "" || w.writes != 0 {
			t.Errorf("%s: %d writes (-want +got):\n%s", name, w.writes, diff)
		}
	}
}

func TestAFormThatHoldsNoTextIsRefused(t *testing.T) {
	for name, body := range map[string]string{
		"bad UTF-8": "code=log_something&args.hour=%ff", "NUL": "code=log_something&description=a%00b",
		"a version that is none": "code=log_something&version=first",
	} {
		w := newBusyWorld()
		r := postForm("/jobs")
		r.body = body
		a := mustAsk(t, w.app(), r, http.StatusBadRequest)
		if w.writes != 0 || text(a.page(t).Find("h1")) != "Bad Request" {
			t.Errorf("%s: %d writes: %.200s", name, w.writes, a.body)
		}
	}
}
