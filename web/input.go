package web

import (
	"encoding/json"
	"mime"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

// Names of the job request, in JSON and forms alike; see docs/api.md.
var (
	cronKeys     = []string{"second", "minute", "hour", "day", "week", "month", "day_of_week", "year"}
	intervalKeys = []string{"weeks", "days", "hours", "minutes", "seconds"}
	ruleKeys     = cronsole.RuleKeys()
	jobKeys      = append([]string{"job_id", "code", "from_file", "type", "args", "timezone", "dst", "version"}, ruleKeys...)
)

// bodyKind says how the body of a write is to be read.
type bodyKind int

const (
	bodyNone bodyKind = iota
	bodyJSON
	bodyForm
)

// readKind decides it by Content-Type, never by looking at the bytes. Forms
// are for the pages: the API takes JSON only, which a foreign page cannot send
// unasked.
func readKind(c *fiber.Ctx) (bodyKind, error) {
	if len(c.Body()) == 0 {
		return bodyNone, nil
	}
	kind, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	charset := params["charset"]
	switch {
	case err == nil && kind == fiber.MIMEApplicationJSON && (charset == "" || strings.EqualFold(charset, "utf-8")):
		return bodyJSON, nil
	case err == nil && kind == fiber.MIMEApplicationForm && !isAPI(c):
		return bodyForm, nil
	}
	want := "application/json"
	if !isAPI(c) {
		want += " or application/x-www-form-urlencoded"
	}
	return bodyNone, &cronsole.Error{Kind: cronsole.UnsupportedType, Message: "The body must be " + want + "."}
}

// readObject reads the body as a JSON object. An empty body is an empty object.
func readObject(c *fiber.Ctx) (map[string]any, error) {
	kind, err := readKind(c)
	switch {
	case err != nil:
		return nil, err
	case kind == bodyNone:
		return map[string]any{}, nil
	case kind == bodyForm:
		return nil, &cronsole.Error{Kind: cronsole.UnsupportedType, Message: "The body must be application/json."}
	}
	return decodeObject(c.Body())
}

// reader takes typed values out of a JSON object and gathers what is wrong.
type reader struct {
	object map[string]any
	errs   []cronsole.FieldError
}

func (r *reader) fail(field, message string) {
	r.errs = append(r.errs, cronsole.FieldError{Field: field, Message: message})
}

// only refuses keys that are not in the list: a misspelt key must not be
// silently without effect.
func (r *reader) only(keys []string) {
	unknown := make([]string, 0)
	for key := range r.object {
		if !slices.Contains(keys, key) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	for _, key := range unknown[:min(len(unknown), 20)] {
		message := "is not known here; known are " + strings.Join(keys, ", ")
		if slices.Contains(cronKeys, key) || slices.Contains(intervalKeys, key) || key == "run_date" || key == "expression" {
			message = "belongs into args"
		}
		r.fail(clip(key, 60), message)
	}
}

func (r *reader) text(key string) string {
	switch v := r.object[key].(type) {
	case nil:
		return ""
	case string:
		if strings.ContainsRune(v, 0) {
			r.fail(key, "may not hold a NUL character")
		}
		return v
	}
	r.fail(key, "must be a string")
	return ""
}

func (r *reader) flag(key string, absent bool) bool {
	switch v := r.object[key].(type) {
	case nil:
		return absent
	case bool:
		return v
	}
	r.fail(key, "must be true or false")
	return absent
}

func (r *reader) whole(key string, low, high, absent int64) int64 {
	switch v := r.object[key].(type) {
	case nil:
		return absent
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil && n >= low && n <= high {
			return n
		}
	}
	r.fail(key, "must be a whole number from "+strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10))
	return absent
}

func (r *reader) members(key string) map[string]any {
	switch v := r.object[key].(type) {
	case nil:
		return map[string]any{}
	case map[string]any:
		return v
	}
	r.fail(key, "must be an object")
	return map[string]any{}
}

func (r *reader) err() error {
	if len(r.errs) == 0 {
		return nil
	}
	return &cronsole.Error{Kind: cronsole.Invalid, Message: "The request has mistakes.", Fields: r.errs}
}

// jobRequest reads a job request from a JSON object. FromFile is what holds when
// it does not say whether the schedule comes from the file.
func jobRequest(object map[string]any, fromFile bool) (cronsole.Request, error) {
	r := reader{object: object}
	r.only(jobKeys)
	req := cronsole.Request{
		JobID: r.text("job_id"), Code: r.text("code"), FromFile: r.flag("from_file", fromFile), Type: r.text("type"),
		Args: r.members("args"), Timezone: r.text("timezone"), DST: r.text("dst"), Rules: map[string]any{},
		Version: r.whole("version", 1, 1<<53, 0),
	}
	for _, key := range ruleKeys {
		if v, ok := object[key]; ok {
			req.Rules[key] = v
		}
	}
	return req, r.err()
}

// formValues reads the fields of the job form that were sent; others are
// ignored, as the hidden ones of a later page would be.
func formValues(args *fasthttp.Args) (map[string]string, error) {
	values := map[string]string{}
	for _, name := range views.FormFields {
		if !args.Has(name) {
			continue
		}
		v := args.Peek(name)
		if !utf8.Valid(v) || strings.ContainsRune(string(v), 0) {
			return nil, malformed("The field %s holds bytes that are no text.", name)
		}
		values[name] = strings.TrimSpace(strings.ReplaceAll(string(v), "\r\n", "\n"))
	}
	return values, nil
}

// emptied is what a form field means that was shown and left empty. Fields not
// named here are as if they were absent.
var emptied = map[string]string{
	"jitter": "0s", "timeout": "0s", "expires": "0s", "retries": "0", "max_instances": "0", "max_runs": "0", "keep_runs": "0", "keep_days": "0", "keep_bytes": "0", "tags": "", "description": "",
}

// formRequest turns the fields of the job form into the request that a script
// would have sent. Was is the one-line expression as the form showed it: when
// the person changed it, it wins over the eight fields beside it.
func formRequest(values map[string]string, was string) cronsole.Request {
	req := cronsole.Request{
		JobID: values["job_id"], Code: values["code"], Timezone: values["timezone"],
		Args: map[string]any{}, Rules: map[string]any{},
	}
	if req.JobID == "" {
		req.JobID = req.Code
	}
	put := func(keys ...string) {
		for _, key := range keys {
			if v := values["args."+key]; v != "" {
				req.Args[key] = v
			}
		}
	}
	put("args")
	_, shown := values["args.args"]
	if values["type"] == views.TypeFromFile {
		req.FromFile, req.Timezone = true, ""
		return req
	}
	if shown && values["args.args"] == "" {
		req.Args["args"] = []any{} // the field was emptied: no arguments, whatever the job had
	}
	req.Type = values["type"]
	switch req.Type {
	case string(cronsole.TypeInterval):
		put(intervalKeys...)
		put("start_date", "end_date")
	case string(cronsole.TypeDate):
		put("run_date")
	default:
		if lineWins(values, was) {
			put("expression")
		} else {
			put(cronKeys...)
		}
		put("start_date", "end_date")
		req.DST = values["dst"]
	}
	for _, key := range ruleKeys {
		v, sent := values[key]
		if sent && v == "" {
			v, sent = emptied[key], hasKey(emptied, key)
		}
		if sent {
			req.Rules[key] = v
		}
	}
	return req
}

// lineWins reports whether the one-line expression was changed by the person.
func lineWins(values map[string]string, was string) bool {
	line := values["args.expression"]
	if line == "" {
		return false
	}
	for _, key := range cronKeys {
		if values["args."+key] != "" {
			return line != was
		}
	}
	return true
}

func hasKey(m map[string]string, key string) bool {
	_, ok := m[key]
	return ok
}

// underArgs are the names of request fields that lie in args.
func underArgs(field string) bool {
	return slices.Contains(cronKeys, field) || slices.Contains(intervalKeys, field) ||
		slices.Contains([]string{"expression", "run_date", "start_date", "end_date", "args"}, field)
}

// located names the fields of an error by their place in the request, so that
// a form finds its input and a script its key: "hour" becomes "args.hour".
func located(err error, req cronsole.Request) error {
	e, ok := asError(err)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	_, zoneInArgs := req.Args["timezone"]
	moved := *e
	moved.Fields = make([]cronsole.FieldError, 0, len(e.Fields))
	for _, f := range e.Fields {
		_, inArgs := req.Args[f.Field]
		switch {
		case f.Field == "timezone":
			if zoneInArgs && req.Timezone == "" {
				f.Field = "args.timezone"
			}
		case f.Field == "dst":
			if _, inArgs := req.Args["dst"]; inArgs && req.DST == "" {
				f.Field = "args.dst"
			}
		case underArgs(f.Field), inArgs && !slices.Contains(jobKeys, f.Field):
			f.Field = "args." + f.Field
		}
		moved.Fields = append(moved.Fields, f)
	}
	return &moved
}

func clip(s string, n int) string {
	s = views.CleanLine(s)
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
