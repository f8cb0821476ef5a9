package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

// filled are the values of a form as a browser would send them.
func filled(form *goquery.Selection) map[string]string {
	values := map[string]string{}
	form.Find("input[name], select[name], textarea[name]").Each(func(_ int, s *goquery.Selection) {
		name := s.AttrOr("name", "")
		switch {
		case goquery.NodeName(s) == "select":
			values[name] = s.Find("option[selected]").AttrOr("value", s.Find("option").First().AttrOr("value", ""))
		case s.AttrOr("type", "") == "radio":
			if _, on := s.Attr("checked"); on {
				values[name] = s.AttrOr("value", "")
			}
		default:
			values[name] = s.AttrOr("value", "")
		}
	})
	return values
}

func pairs(values map[string]string) (list []string) {
	for _, name := range sortedKeys(values) {
		list = append(list, name, values[name])
	}
	return list
}

// like is what all has under the keys of want.
func like(want, all map[string]string) map[string]string {
	got := map[string]string{}
	for key := range want {
		got[key] = all[key]
	}
	return got
}

func jobForm(t *testing.T, a answer) *goquery.Selection {
	t.Helper()
	form := a.page(t).Find("#job-form")
	if form.Length() != 1 {
		t.Fatalf("no form in an answer of status %d: %.300s", a.status, a.body)
	}
	return form
}

// TestTheFormHoldsEveryField that the request has, once.
func TestTheFormHoldsEveryField(t *testing.T) {
	app := newBusyWorld().app()
	for _, target := range []string{"/jobs/new", "/jobs/sync_orders/edit"} {
		form := jobForm(t, mustAsk(t, app, get(target).browser(), http.StatusOK))
		for _, name := range views.FormFields {
			n := form.Find(`[name="` + name + `"]`).Length()
			if want := map[bool]int{true: 4, false: 1}[name == "type"]; n != want {
				t.Errorf("%s: %d fields named %s, want %d", target, n, name, want)
			}
		}
	}
}

func TestANewFormIsFilledWithDefaultsAndTheAddress(t *testing.T) {
	app := newBusyWorld().app()
	tests := map[string]struct {
		query string
		want  map[string]string
	}{
		"nothing": {"", map[string]string{
			"code": "", "job_id": "", "type": "cron", "args.expression": "0 30 2 * * *", "args.second": "0", "args.minute": "30", "args.hour": "2",
			"args.day": "*", "args.minutes": "", "timezone": "UTC", "timeout": "1h", "overlap": "skip", "misfire": "run_once",
			"misfire_grace": "1m", "jitter": "0s", "keep_runs": "1000", "keep_days": "90", "keep_bytes": "104857600", "tags": "", "description": "",
		}},
		"a folder":       {"code=log_with_args", map[string]string{"code": "log_with_args", "job_id": "log_with_args"}},
		"a folder taken": {"code=backup_database", map[string]string{"code": "backup_database", "job_id": "backup_database-2"}},
		"an id":          {"code=backup_database&job_id=mine", map[string]string{"job_id": "mine"}},
		"no such folder": {"code=nowhere", map[string]string{"code": "nowhere", "job_id": "nowhere"}},
		"fields":         {"type=interval&args.hours=6&timeout=5m&tags=a,b", map[string]string{"type": "interval", "args.hours": "6", "timeout": "5m", "tags": "a,b"}},
		"cron fields":    {"args.hour=7&args.day_of_week=mon", map[string]string{"args.hour": "7", "args.expression": "0 30 7 * * mon"}},
		"one line":       {"args.expression=@daily", map[string]string{"args.expression": "@daily", "args.hour": "0", "args.minute": "0", "expression_was": "@daily"}},
		"a bad line":     {"args.expression=99 * * * *", map[string]string{"args.expression": "99 * * * *", "args.minute": "30"}},
		"a copy": {"from=backup_database", map[string]string{
			"code": "backup_database", "job_id": "backup_database-2", "type": "cron", "args.hour": "2", "args.args": `["--full",3]`,
			"timezone": "Europe/Berlin", "tags": "nightly, db", "description": "Dump of <every> table",
		}},
		"a copy of an interval": {"from=late_report", map[string]string{"type": "interval", "args.minutes": "15", "args.hours": ""}},
		"a copy of a date":      {"from=one_off", map[string]string{"type": "date", "args.run_date": "2026-11-23 18:30:00"}},
		"a copy, changed":       {"from=backup_database&args.hour=4&description=", map[string]string{"args.hour": "4", "args.expression": "0 30 4 * * *", "description": ""}},
		"unknown fields":        {"run_as=root&args.x=1&x", map[string]string{"run_as": "", "args.x": "", "x": ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			query := strings.ReplaceAll(tt.query, " ", "+")
			form := jobForm(t, mustAsk(t, app, get("/jobs/new?"+query).browser(), http.StatusOK))
			if diff := cmp.Diff(tt.want, like(tt.want, filled(form))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAFinishedJobGivesItsNameBack: it does not occupy its id.
func TestAFinishedJobGivesItsNameBack(t *testing.T) {
	w := newWorld()
	w.schedule("log_something", cronsole.Request{Type: "interval"}).State = cronsole.JobFinished
	form := jobForm(t, mustAsk(t, w.app(), get("/jobs/new?code=log_something").browser(), http.StatusOK))
	if got := filled(form)["job_id"]; got != "log_something" {
		t.Errorf("job_id %q", got)
	}
}

// TestAnUntouchedEditChangesNothing: the form shows the job as it is.
func TestAnUntouchedEditChangesNothing(t *testing.T) {
	for _, id := range sortedJobs(newBusyWorld()) {
		w := newBusyWorld()
		before := w.jobs[id].Definition
		if before.Code == "gone" {
			continue // a code that is not deployed cannot be chosen
		}
		app := w.app()
		values := filled(jobForm(t, mustAsk(t, app, get("/jobs/"+id+"/edit").browser(), http.StatusOK)))
		mustAsk(t, app, postForm("/jobs/"+id, pairs(values)...), http.StatusSeeOther)
		after := w.jobs[id].Definition
		before.Source, after.Source = "", ""
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s (-before +after):\n%s", id, diff)
		}
	}
}

func sortedJobs(w *world) []string {
	return slices.Sorted(maps.Keys(w.jobs))
}

// TestARefusedFormComesBackAsItWasTyped, with each mistake at its field.
func TestARefusedFormComesBackAsItWasTyped(t *testing.T) {
	typed := map[string]string{
		"code": "log_something", "job_id": "mine", "type": "cron", "args.second": "0", "args.minute": "61", "args.hour": "<b>", "args.day": "*",
		"args.week": "*", "args.month": "*", "args.day_of_week": "*", "args.year": "*", "args.args": `["a"`, "args.weeks": "w",
		"args.days": "d", "args.hours": "h", "args.minutes": "m", "args.seconds": "s", "args.run_date": "2027-01-01T00:00", "args.start_date": "",
		"args.end_date": "never", "timezone": "Mars/Olympus", "jitter": "x", "timeout": "soon", "overlap": "skip", "misfire": "run_once",
		"misfire_grace": "-1s", "keep_runs": "many", "keep_days": "", "keep_bytes": "1 PB", "tags": `a,"b"`, "description": "it's & <i>",
	}
	wrong := []string{
		"args.minute", "args.hour", "args.args", "args.end_date", "timezone", "jitter", "timeout", "misfire_grace", "keep_runs", "keep_bytes",
	}
	for target, r := range map[string]request{
		"/jobs": postForm("/jobs", pairs(typed)...), "/jobs/sync_orders": postForm("/jobs/sync_orders", append(pairs(typed), "version", "1")...),
	} {
		w := newBusyWorld()
		form := jobForm(t, mustAsk(t, w.app(), r, http.StatusUnprocessableEntity))
		want := map[string]string{}
		for name, v := range typed {
			if name != "job_id" {
				want[name] = v
			}
		}
		if diff := cmp.Diff(want, like(want, filled(form))); diff != "" {
			t.Errorf("%s (-typed +shown):\n%s", target, diff)
		}
		var marked []string
		form.Find(`[aria-invalid="true"]`).Each(func(_ int, s *goquery.Selection) {
			marked = append(marked, s.AttrOr("name", ""))
			message := form.Find("#" + s.AttrOr("id", "") + "-error")
			if text(message) == "" {
				t.Errorf("%s: %s says nothing", target, s.AttrOr("name", ""))
			}
		})
		if diff := cmp.Diff(sorted(wrong), sorted(marked)); diff != "" {
			t.Errorf("%s: marked (-want +got):\n%s", target, diff)
		}
		summary := form.Find("#error-summary")
		if n := summary.Find("li").Length(); n != len(wrong) || summary.AttrOr("role", "") != "alert" || summary.AttrOr("tabindex", "") != "-1" {
			t.Errorf("%s: the summary has %d lines", target, n)
		}
		if w.writes != 0 {
			t.Errorf("%s: %d writes", target, w.writes)
		}
	}
}

// TestAFormWithMistakesUnfoldsThem: a mistake is not hidden under "More".
func TestAFormWithMistakesUnfoldsThem(t *testing.T) {
	for fields, open := range map[string]bool{"keep_runs": true, "timeout": false} {
		form := jobForm(t, ask(t, newWorld().app(), postForm("/jobs", "code", "log_something", "type", "interval", fields, "many")))
		if _, got := form.Find("details.more").Attr("open"); got != open {
			t.Errorf("a mistake in %s: open %v", fields, got)
		}
	}
}

// TestAFolderThatIsGoneIsAMistakeOfTheForm, not a page that throws away what
// was typed.
func TestAFolderThatIsGoneIsAMistakeOfTheForm(t *testing.T) {
	tests := map[string]struct {
		r    request
		want string
	}{
		"a folder that is not there": {postForm("/jobs", "code", "nowhere", "type", "interval", "tags", "a"), "#f-code-error"},
		"no folder chosen":           {postForm("/jobs", "code", "", "job_id", "mine", "type", "interval", "tags", "a"), "#f-code-error"},
		"no file in it":              {postForm("/jobs", "code", "log_something", "type", "from_file", "tags", "a"), "#f-type-error"},
		"an edit to such a folder":   {postForm("/jobs/sync_orders", "code", "nowhere", "type", "interval", "tags", "a"), "#f-code-error"},
		"an edit to no file":         {postForm("/jobs/sync_orders", "code", "log_something", "type", "from_file", "tags", "a"), "#f-type-error"},
	}
	for name, tt := range tests {
		form := jobForm(t, mustAsk(t, newBusyWorld().app(), tt.r, http.StatusUnprocessableEntity))
		if text(form.Find(tt.want)) == "" || filled(form)["tags"] != "a" {
			t.Errorf("%s: %s", name, text(form.Find("#error-summary")))
		}
		mustAsk(t, newBusyWorld().app(), tt.r.with("Accept", "*/*"), http.StatusNotFound) // as a script has always been told
	}
	mustAsk(t, newBusyWorld().app(), postForm("/jobs/nope", "code", "log_something", "type", "interval"), http.StatusNotFound)
}

// TestTheLineAndTheEightFieldsRewriteEachOther: whichever the person changed.
func TestTheLineAndTheEightFieldsRewriteEachOther(t *testing.T) {
	type values = map[string]string
	eight := values{
		"args.second": "0", "args.minute": "30", "args.hour": "2", "args.day": "*", "args.week": "*", "args.month": "*", "args.day_of_week": "*", "args.year": "*",
	}
	tests := map[string]struct {
		line, was string
		fields    values // over those above
		want      values
	}{
		"untouched":           {"0 30 2 * * *", "0 30 2 * * *", nil, values{"args.expression": "0 30 2 * * *", "args.hour": "2"}},
		"a field changed":     {"0 30 2 * * *", "0 30 2 * * *", values{"args.hour": "7"}, values{"args.expression": "0 30 7 * * *", "args.hour": "7"}},
		"the line changed":    {"0 30 9 * * *", "0 30 2 * * *", nil, values{"args.expression": "0 30 9 * * *", "args.hour": "9"}},
		"both: the line wins": {"0 30 9 * * *", "0 30 2 * * *", values{"args.hour": "7"}, values{"args.hour": "9"}},
		"five fields":         {"15 4 * * *", "0 30 2 * * *", nil, values{"args.second": "0", "args.minute": "15", "args.hour": "4"}},
		"cron's own Sunday":   {"0 4 * * 0", "0 30 2 * * *", nil, values{"args.day_of_week": "sun"}},
		"seven fields":        {"0 0 0 1 jan * 2027", "0 30 2 * * *", nil, values{"args.month": "jan", "args.year": "2027", "args.day": "1"}},
		"a nickname":          {"@hourly", "0 30 2 * * *", nil, values{"args.expression": "@hourly", "args.hour": "*", "args.minute": "0"}},
		"a line with mistake": {"0 30 99 * * *", "0 30 2 * * *", nil, values{"args.expression": "0 30 99 * * *", "args.hour": "2"}},
		"a field, mistaken":   {"0 30 2 * * *", "0 30 2 * * *", values{"args.hour": "99"}, values{"args.expression": "0 30 2 * * *", "args.hour": "99"}},
		"the line emptied":    {"", "0 30 2 * * *", values{"args.hour": "7"}, values{"args.expression": "0 30 7 * * *"}},
		"a week":              {"0 30 2 * * *", "0 30 2 * * *", values{"args.week": "1-10/2"}, values{"args.week": "1-10/2"}},
	}
	app := newWorld().app()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			form := values{"code": "log_something", "job_id": "mine", "type": "cron", "timezone": "UTC", "args.expression": tt.line, "expression_was": tt.was}
			for key, v := range eight {
				form[key] = v
			}
			for key, v := range tt.fields {
				form[key] = v
			}
			query := url.Values{}
			for key, v := range form {
				query.Set(key, v)
			}
			card := mustAsk(t, app, get("/jobs/preview?"+query.Encode()).htmx(), http.StatusOK)
			got := filled(card.page(t).Find("body"))
			if diff := cmp.Diff(tt.want, like(tt.want, got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got["expression_was"] != got["args.expression"] {
				t.Errorf("the line is %q, remembered as %q", got["args.expression"], got["expression_was"])
			}
			// Without script the whole page says the same.
			page := mustAsk(t, app, get("/jobs/new?"+query.Encode()).browser(), http.StatusOK)
			if diff := cmp.Diff(tt.want, like(tt.want, filled(jobForm(t, page)))); diff != "" {
				t.Errorf("the page (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAWeekMakesTheLineReadOnly: the line has no place for it.
func TestAWeekMakesTheLineReadOnly(t *testing.T) {
	for week, want := range map[string]bool{"*": false, "": false, "5": true} {
		a := mustAsk(t, newWorld().app(), get("/jobs/preview?type=cron&args.hour=2&args.week="+week).htmx(), http.StatusOK)
		if _, got := a.page(t).Find(`[name="args.expression"]`).Attr("readonly"); got != want {
			t.Errorf("week %q: read-only %v", week, got)
		}
	}
}

// TestAPreviewWithoutScriptKeepsWhatWasTyped: its button sends the form by GET.
func TestAPreviewWithoutScriptKeepsWhatWasTyped(t *testing.T) {
	for target, version := range map[string]string{"/jobs/new": "", "/jobs/backup_database/edit": "1"} {
		w := newBusyWorld()
		app := w.app()
		form := jobForm(t, mustAsk(t, app, get(target).browser(), http.StatusOK))
		button := form.Find("noscript button")
		if got := button.AttrOr("formaction", "") + " " + button.AttrOr("formmethod", ""); got != target+" get" {
			t.Fatalf("%s: the button asks for %s", target, got)
		}
		values := filled(form)
		values["type"], values["args.hours"], values["description"] = "interval", "7", "typed"
		query := url.Values{}
		for name, v := range values {
			query.Set(name, v)
		}
		if version != "" {
			w.jobs["backup_database"].Version = 2 // somebody was faster
		}
		shown := jobForm(t, mustAsk(t, app, get(target+"?"+query.Encode()).browser(), http.StatusOK))
		want := map[string]string{"type": "interval", "args.hours": "7", "description": "typed", "version": version}
		if diff := cmp.Diff(want, like(want, filled(shown))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", target, diff)
		}
		if got := text(shown.Find("#preview")); !strings.Contains(got, "Every 7 hours") {
			t.Errorf("%s: the preview says %q", target, got)
		}
	}
}

// TestTheCurlCommandDoesWhatTheFormDoes: for a new job and for an edit, on the
// page, in the preview and in a form that came back.
func TestTheCurlCommandDoesWhatTheFormDoes(t *testing.T) {
	app := newBusyWorld().app()
	values := "code=log_something&type=interval&args.hours=6"
	tests := map[string]struct {
		r    request
		want string
	}{
		"new":          {get("/jobs/new").browser(), `curl -X POST "$CRONSOLE_URL/api/v1/jobs" \`},
		"edit":         {get("/jobs/sync_orders/edit").browser(), `curl -X PUT "$CRONSOLE_URL/api/v1/jobs/sync_orders" \`},
		"preview":      {get("/jobs/preview?" + values).htmx(), `curl -X POST "$CRONSOLE_URL/api/v1/jobs" \`},
		"edit preview": {get("/jobs/preview?version=1&job_id=sync_orders&" + values).htmx(), `curl -X PUT "$CRONSOLE_URL/api/v1/jobs/sync_orders" \`},
		"odd id":       {get("/jobs/preview?version=1&job_id=%24(id)&" + values).htmx(), `curl -X POST "$CRONSOLE_URL/api/v1/jobs" \`},
		"refused":      {postForm("/jobs", "code", "log_something", "type", "cron", "args.hour", "99"), `curl -X POST "$CRONSOLE_URL/api/v1/jobs" \`},
		"edit refused": {postForm("/jobs/sync_orders", "type", "cron", "args.hour", "99"), `curl -X PUT "$CRONSOLE_URL/api/v1/jobs/sync_orders" \`},
	}
	for name, tt := range tests {
		page := ask(t, app, tt.r).page(t)
		command := page.Find(`#curl-text, hx-partial[hx-target="#curl-text"]`).Text()
		if first, _, _ := strings.Cut(command, "\n"); first != tt.want {
			t.Errorf("%s: %q, want %q", name, first, tt.want)
		}
	}
}

// TestTheCurlCommandIsSafeInAShell: whatever was typed reaches the console as
// it was typed, and nothing of it is run.
func TestTheCurlCommandIsSafeInAShell(t *testing.T) {
	for _, typed := range []string{
		"plain", "it's", `"double"`, "$HOME $(touch /tmp/x) `id`", `back\slash`, "a; rm -rf /", "'; id; '", "line\nend", "!history", "ünï & <b>", "-d @/etc/passwd",
	} {
		r := cronsole.Request{
			JobID: "mine", Code: "log_something", Type: "cron", Args: map[string]any{"expression": typed}, Timezone: typed, Rules: map[string]any{"description": typed},
		}
		command := curlCommand(r, "")
		// A shell function in place of curl prints its arguments, one a line.
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c",
			`curl() { for a in "$@"; do printf '%s\0' "$a"; done; }; CRONSOLE_URL=http://127.0.0.1:8000; `+command).Output()
		if err != nil {
			t.Fatalf("%q: %v in %s", typed, err, command)
		}
		args := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		if len(args) != 7 {
			t.Fatalf("%q: arguments %q", typed, args)
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(args[6]), &body); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"job_id": "mine", "code": "log_something", "from_file": false, "type": "cron", "args": map[string]any{"expression": typed},
			"timezone": typed, "description": typed,
		}
		if diff := cmp.Diff(want, body); diff != "" {
			t.Errorf("%q (-want +sent):\n%s", typed, diff)
		}
		if diff := cmp.Diff([]string{"-X", "POST", "http://127.0.0.1:8000/api/v1/jobs", "-H", "Content-Type: application/json", "-d"}, args[:6]); diff != "" {
			t.Errorf("%q (-want +got):\n%s", typed, diff)
		}
	}
}

// TestTheCurlCommandMakesTheSameJob as the form that shows it.
func TestTheCurlCommandMakesTheSameJob(t *testing.T) {
	fields := []string{
		"code", "log_with_args", "job_id", "mine", "type", "cron", "args.expression", "30 2 * * mon-fri", "args.args", `["it's", 1, null]`,
		"timezone", "Europe/Berlin", "timeout", "5m", "tags", "a, b", "description", "d", "keep_runs", "10", "jitter", "", "misfire_grace", "",
	}
	byForm, byCurl := newWorld(), newWorld()
	mustAsk(t, byForm.app(), postForm("/jobs", fields...), http.StatusSeeOther)
	app := byCurl.app()
	query := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		query.Set(fields[i], fields[i+1])
	}
	command := mustAsk(t, app, get("/jobs/preview?"+query.Encode()).htmx(), http.StatusOK).page(t).Find(`[hx-target="#curl-text"]`).Text()
	body := regexp.MustCompile(`(?s)-d '(.*)'$`).FindStringSubmatch(command)[1]
	mustAsk(t, app, postJSON("/api/v1/jobs", strings.ReplaceAll(body, `'\''`, "'")), http.StatusOK)
	if diff := cmp.Diff(byForm.jobs["mine"], byCurl.jobs["mine"]); diff != "" {
		t.Errorf("(-by the form +by curl):\n%s", diff)
	}
}

// TestAFormSaysWhatAScriptWouldSay: the same request comes out.
func TestAFormSaysWhatAScriptWouldSay(t *testing.T) {
	tests := map[string]struct {
		values map[string]string
		was    string
		want   cronsole.Request
	}{
		"from file": {
			map[string]string{"code": "x", "type": "from_file", "timezone": "UTC", "timeout": "5m", "args.hour": "2", "args.args": "[1]"},
			"",
			cronsole.Request{JobID: "x", Code: "x", FromFile: true, Args: map[string]any{"args": "[1]"}, Rules: map[string]any{}},
		},
		"interval, cron fields left": {
			map[string]string{"code": "x", "job_id": "y", "type": "interval", "args.hours": "6", "args.days": "", "args.hour": "2", "args.end_date": "2030-01-01"},
			"",
			cronsole.Request{JobID: "y", Code: "x", Type: "interval", Args: map[string]any{"hours": "6", "end_date": "2030-01-01"}, Rules: map[string]any{}},
		},
		"date": {
			map[string]string{"code": "x", "type": "date", "args.run_date": "2030-01-01T00:00", "args.start_date": "2029-01-01"},
			"",
			cronsole.Request{JobID: "x", Code: "x", Type: "date", Args: map[string]any{"run_date": "2030-01-01T00:00"}, Rules: map[string]any{}},
		},
		"fields shown and emptied": {
			map[string]string{"code": "x", "type": "interval", "args.args": "", "timeout": "", "keep_runs": "", "keep_days": "", "keep_bytes": "", "tags": "", "jitter": "", "description": "", "overlap": "", "misfire": "", "misfire_grace": ""},
			"",
			cronsole.Request{JobID: "x", Code: "x", Type: "interval", Args: map[string]any{"args": []any{}}, Rules: map[string]any{
				"timeout": "0s", "jitter": "0s", "keep_runs": "0", "keep_days": "0", "keep_bytes": "0", "tags": "", "description": "",
			}},
		},
		"the line wins": {
			map[string]string{"code": "x", "type": "cron", "args.expression": "@daily", "args.hour": "2"},
			"0 0 2 * * *",
			cronsole.Request{JobID: "x", Code: "x", Type: "cron", Args: map[string]any{"expression": "@daily"}, Rules: map[string]any{}},
		},
		"the fields win": {
			map[string]string{"code": "x", "type": "cron", "args.expression": "@daily", "args.hour": "2"},
			"@daily",
			cronsole.Request{JobID: "x", Code: "x", Type: "cron", Args: map[string]any{"hour": "2"}, Rules: map[string]any{}},
		},
		"a type of nobody": {
			map[string]string{"code": "x", "type": "weekly", "args.hour": "2"},
			"",
			cronsole.Request{JobID: "x", Code: "x", Type: "weekly", Args: map[string]any{"hour": "2"}, Rules: map[string]any{}},
		},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, formRequest(tt.values, tt.was)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
