package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

// newJob answers GET /jobs/new: an empty form, prefilled with whatever fields
// the address names; from= copies another job.
func (s *server) newJob(c *fiber.Ctx) error {
	values := s.defaults()
	if from := c.Query("from"); from != "" {
		row, err := s.namedJob(c, from, 0)
		if err != nil {
			return err
		}
		values = jobValues(row.Job)
		delete(values, "job_id")
	}
	sent, err := formValues(c.Request().URI().QueryArgs())
	if err != nil {
		return err
	}
	was := c.Query(views.FieldWas)
	maps.Copy(values, sent)
	if _, cron := sent["args.expression"]; !cron {
		values["args.expression"], was = "", ""
		alignCron(values, "")
	}
	if err := s.prefillID(c, values); err != nil {
		return err
	}
	return s.form(c, "New job", values, was, func(m *views.JobForm) { m.Key = randomKey() })
}

// prefillID proposes the folder's name as job_id, or the next one that is free.
func (s *server) prefillID(c *fiber.Ctx, values map[string]string) error {
	code := values["code"]
	if values["job_id"] != "" || !cronsole.ValidCode(code) {
		return nil
	}
	id := code
	for n := 2; n < 100; n++ {
		row, err := s.Store.JobRow(c.UserContext(), id, 0)
		if e, ok := asError(err); ok && e.Kind == cronsole.NotFound {
			break
		}
		if err != nil {
			return err
		}
		if row.Job.State == cronsole.JobFinished {
			break
		}
		id = code + "-" + strconv.Itoa(n)
	}
	values["job_id"] = id
	return nil
}

// editForm answers GET /jobs/{id}/edit. Fields in the address win over those of
// the job: that is how a browser without script asks for a preview.
func (s *server) editForm(c *fiber.Ctx) error {
	row, err := s.jobRow(c, 0)
	if err != nil {
		return err
	}
	in := query{c: c}
	version := in.whole(views.FieldVersion, 1, 1<<53, row.Job.Version)
	if err := in.err(); err != nil {
		return err
	}
	sent, err := formValues(c.Request().URI().QueryArgs())
	if err != nil {
		return err
	}
	values := jobValues(row.Job)
	was := values["args.expression"]
	maps.Copy(values, sent)
	if _, line := sent["args.expression"]; line {
		was = c.Query(views.FieldWas)
	}
	return s.form(c, "Edit "+row.Job.ID, values, was, func(m *views.JobForm) {
		m.EditID, m.Version, m.Key = row.Job.ID, version, randomKey()
	})
}

// deleteForm answers GET /jobs/{id}/delete: the question for those without
// scripts.
func (s *server) deleteForm(c *fiber.Ctx) error {
	row, err := s.jobRow(c, 0)
	if err != nil {
		return err
	}
	sh, err := s.shell(c, "", "jobs")
	if err != nil {
		return err
	}
	code, _ := s.Catalog.Code(row.Job.Definition.Code)
	m := views.NewJobDelete(sh, row, code, randomKey())
	return s.respond(c, Response{Model: m, Page: views.DeletePage(m)})
}

// form answers with the job form, filled with values.
func (s *server) form(c *fiber.Ctx, title string, values map[string]string, was string, more func(*views.JobForm)) error {
	sh, err := s.shell(c, title, "jobs")
	if err != nil {
		return err
	}
	m := s.jobForm(c, sh, values, was)
	more(m)
	s.fillPreview(c, m)
	return s.respond(c, formResponse(m, 0))
}

func formResponse(m *views.JobForm, status int) Response {
	return Response{
		Status: status, Model: m, Page: views.JobFormPage(m),
		Parts: map[string]templ.Component{"form": views.JobFormBody(m)},
	}
}

func (s *server) jobForm(c *fiber.Ctx, sh views.Shell, values map[string]string, was string) *views.JobForm {
	m := &views.JobForm{
		Shell: sh, Values: values, Was: was, Codes: s.folders(nil), JobsDir: s.JobsDir, Zones: cronsole.Zones(),
	}
	if users, err := s.Store.JobsByCode(c.UserContext()); err == nil {
		m.Codes = s.folders(users)
	} else {
		s.Log.WarnContext(c.UserContext(), "jobs by code", "error", err) // the form works without
	}
	return m
}

// fillPreview brings the line and the eight fields into agreement and shows
// what the values would do, and the command that would send them.
func (s *server) fillPreview(c *fiber.Ctx, m *views.JobForm) {
	request := formRequest(m.Values, m.Was)
	if m.Editing() {
		request.JobID, request.Version = m.EditID, m.Version
	}
	m.Curl = curlCommand(request, m.EditID)
	m.Was = alignCron(m.Values, m.Was)
	m.Preview = s.previewOf(c, m.Shell, request, m.Now, nextOnPage)
	m.Preview.Form = m
}

// alignCron brings the one-line expression and the eight fields into
// agreement: whichever the person changed rewrites the other. It returns the
// line as it is then shown.
func alignCron(values map[string]string, was string) string {
	if lineWins(values, was) {
		fields, err := cronsole.ExpandExpression(values["args.expression"])
		if err == nil {
			for key, v := range cronTexts(fields) {
				values["args."+key] = v
			}
		}
		return values["args.expression"]
	}
	args := map[string]any{}
	for _, key := range cronKeys {
		if v := values["args."+key]; v != "" {
			args[key] = v
		}
	}
	schedule, err := cronsole.ParseSchedule(cronsole.TypeCron, cronsole.FillDefaults(cronsole.TypeCron, args), "UTC")
	if err == nil {
		values["args.expression"] = schedule.Expression()
	}
	return values["args.expression"]
}

func cronTexts(f cronsole.CronFields) map[string]string {
	texts := map[string]string{
		"second": f.Second, "minute": f.Minute, "hour": f.Hour, "day": f.Day,
		"week": f.Week, "month": f.Month, "day_of_week": f.DayOfWeek, "year": f.Year,
	}
	for key, v := range texts {
		if v == "" {
			texts[key] = "*"
		}
	}
	return texts
}

// defaults are the values of an empty form.
func (s *server) defaults() map[string]string {
	values := ruleValues(cronsole.DefaultRules())
	values["type"] = string(cronsole.TypeCron)
	values["timezone"] = s.zone.String()
	values["dst"] = cronsole.DSTDefault.String()
	for _, key := range cronKeys {
		values["args."+key] = "*"
	}
	values["args.second"], values["args.minute"], values["args.hour"] = "0", "30", "2"
	return values
}

func ruleValues(r cronsole.Rules) map[string]string {
	return map[string]string{
		"jitter": r.Jitter.String(), "timeout": r.Timeout.String(), "overlap": string(r.Overlap), "misfire": string(r.Misfire),
		"expires": r.Expires.String(), "retries": strconv.Itoa(r.Retries), "retry_backoff": r.RetryBackoff.String(),
		"retry_max_backoff": r.RetryMax.String(), "on_interrupt": string(r.OnInterrupt),
		"max_instances": strconv.Itoa(r.MaxInstances), "catchup_window": r.CatchupWindow.String(), "catchup_limit": strconv.Itoa(r.CatchupLimit),
		"misfire_grace": r.MisfireGrace.String(), "max_runs": strconv.Itoa(r.MaxRuns), "keep_runs": strconv.Itoa(r.KeepRuns), "keep_days": strconv.Itoa(r.KeepDays),
		"keep_bytes": strconv.FormatInt(r.KeepBytes, 10), "tags": strings.Join(r.Tags, ", "), "description": r.Description,
	}
}

// jobValues are the values of a job as the form shows them.
func jobValues(job *cronsole.Job) map[string]string {
	d := job.Definition
	values := ruleValues(d.Rules)
	values["job_id"], values["code"] = job.ID, d.Code
	values["type"], values["timezone"] = string(d.Schedule.Type), d.Schedule.Timezone
	values["dst"] = d.Schedule.DST.String()
	for key, v := range views.ScheduleArgs(d.Schedule, nil) {
		switch v := v.(type) {
		case string:
			values["args."+key] = v
		case int64:
			if v != 0 {
				values["args."+key] = strconv.FormatInt(v, 10)
			}
		}
	}
	if d.Schedule.Type == cronsole.TypeCron {
		for key, v := range cronTexts(d.Schedule.Cron) {
			values["args."+key] = v
		}
		values["args.expression"] = d.Schedule.Expression()
	}
	values["args.args"] = views.ArgsText(d.Args)
	return values
}

// refused answers for a job request that was not accepted: a form comes back
// with what was typed and what is wrong, a script gets the problem.
func (s *server) refused(c *fiber.Ctx, sub submission, editID string, err error) error {
	e, ok := asError(err)
	if ok && sub.form != nil {
		e = s.notDeployed(e, sub.request)
	}
	if !ok || sub.form == nil || wants(c) == formatJSON ||
		!slices.Contains([]cronsole.Kind{cronsole.Invalid, cronsole.Conflict, cronsole.Stale}, e.Kind) {
		return err
	}
	title := "New job"
	if editID != "" {
		title = "Edit " + editID
	}
	sh, shellErr := s.shell(c, title, "jobs")
	if shellErr != nil {
		return shellErr
	}
	m := s.jobForm(c, sh, sub.form, sub.was)
	m.EditID, m.Version, m.Key = editID, sub.request.Version, sub.key
	m.Detail, m.Errors = e.Message, e.Fields
	switch e.Kind {
	case cronsole.Conflict:
		if editID == "" {
			m.Existing = sub.request.JobID
		}
	case cronsole.Stale:
		if err := s.showCurrent(c, m); err != nil {
			return err
		}
	}
	s.fillPreview(c, m)
	r := formResponse(m, statusOf[e.Kind])
	if isHTMX(c) {
		r.Page = views.JobFormBody(m)
	}
	return s.respond(c, r)
}

// notDeployed turns "not found" into a mistake of the form when it is about the
// folder that the form names: an error page would throw away what was typed.
func (s *server) notDeployed(e *cronsole.Error, r cronsole.Request) *cronsole.Error {
	name := r.Code
	if name == "" {
		name = r.JobID
	}
	code, ok := s.Catalog.Code(name)
	field := "code"
	if ok {
		field = "type"
	}
	if e.Kind != cronsole.NotFound || ok && (!r.FromFile || code.File != nil) {
		return e
	}
	return &cronsole.Error{
		Kind: cronsole.Invalid, Message: e.Message, Fields: []cronsole.FieldError{{Field: field, Message: e.Message}}, Err: e.Err,
	}
}

// showCurrent puts the job as it is now beside the edit that came too late.
// Sending the form again then replaces that version, knowingly.
func (s *server) showCurrent(c *fiber.Ctx, m *views.JobForm) error {
	row, err := s.Store.JobRow(c.UserContext(), m.EditID, 0)
	if err != nil {
		return s.missingJob(c, m.EditID, err)
	}
	if m.Current, err = s.jobDetail(c, m.Shell, row, ""); err != nil {
		return err
	}
	m.Version = row.Job.Version
	return nil
}

// curlCommand is a request as a command for a shell, with the address left to
// a variable. EditID is the job that it changes; empty: it makes one.
func curlCommand(r cronsole.Request, editID string) string {
	body := map[string]any{"from_file": r.FromFile}
	if r.JobID != "" {
		body["job_id"] = r.JobID
	}
	if r.Code != "" && r.Code != r.JobID {
		body["code"] = r.Code
	}
	if r.Type != "" {
		body["type"] = r.Type
	}
	if len(r.Args) > 0 {
		body["args"] = r.Args
	}
	if r.Timezone != "" {
		body["timezone"] = r.Timezone
	}
	if r.DST != "" {
		body["dst"] = r.DST
	}
	for key, v := range r.Rules {
		body[key] = v
	}
	text, err := json.Marshal(body)
	if err != nil {
		return "" // strings in maps always become JSON
	}
	method, path := "POST", "/api/v1/jobs"
	if editID != "" {
		method, path = "PUT", path+"/"+editID
	}
	return fmt.Sprintf("curl -X %s \"$CRONSOLE_URL%s\" \\\n  -H 'Content-Type: application/json' \\\n  -d %s", method, path, shellQuote(string(text)))
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
