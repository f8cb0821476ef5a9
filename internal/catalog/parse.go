package catalog

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// Parsed is a .schedule as it was read.
type Parsed struct {
	Type     cronsole.Type
	Args     map[string]any    // trigger keys as written, units as int64, and "args" as []any
	Timezone string            // as written; empty when the file names none
	Rules    map[string]string // job keys as written
	Enabled  bool              // false: a job made from it starts paused

	// Code keys are filled as far as they can be read even when another line
	// is at fault, so that a slip in the hour does not change how a job that
	// is already scheduled runs.
	Isolation cronsole.Isolation
	PassEnv   []string

	// Definition has every default filled in but the code's name. Its zone is
	// UTC when the file names none.
	Definition cronsole.Definition

	lines map[string]int // of the keys
}

// Parse reads the text of a .schedule. The error names the first faulty line;
// what concerns the file as a whole (a date without run_date, an interval of
// zero) comes last. With an error only the code keys are meaningful.
func Parse(data []byte) (Parsed, *cronsole.FileError) { return parse(data, "UTC") }

// parse is Parse with the zone of files that name none.
func parse(data []byte, zone string) (Parsed, *cronsole.FileError) {
	s := readSource(data)
	p := Parsed{
		Type:      s.typ,
		Args:      map[string]any{},
		Rules:     map[string]string{},
		Enabled:   true,
		Isolation: cronsole.IsolationProcess,
		lines:     map[string]int{},
	}
	for _, e := range s.entries {
		p.lines[e.key.name] = e.line
		if msg := p.take(e); msg != "" {
			s.fault(e.line, e.key.name, msg)
		}
	}
	if s.typ == "" {
		return p, s.first()
	}
	whole := p.define(s, zone)
	if fault := s.first(); fault != nil {
		return p, fault
	}
	return p, whole
}

// take puts one line where it belongs and returns what is wrong with it, as
// far as that is not for the domain to say.
func (p *Parsed) take(e entry) string {
	switch e.key.scope {
	case scopeTrigger:
		return p.takeTrigger(e)
	case scopeZone:
		p.Timezone = e.value
	case scopeRule:
		p.Rules[e.key.name] = e.value
	case scopeArgs:
		return p.takeArgs(e.value)
	case scopeCode:
		return p.takeCode(e)
	case scopeCreate:
		return p.takeEnabled(e.value)
	}
	return ""
}

func (p *Parsed) takeTrigger(e entry) string {
	if !e.key.unit() {
		p.Args[e.key.name] = e.value
		return ""
	}
	n, err := strconv.ParseInt(e.value, 10, 64)
	switch {
	case strings.Trim(e.value, "0123456789") != "":
		return "must be a whole number such as 15, without a sign or comment, not " + quote(e.value)
	case err != nil:
		return "is too large; an interval is at most 36525 days"
	}
	p.Args[e.key.name] = n
	return ""
}

func (p *Parsed) takeArgs(value string) string {
	list, err := cronsole.ParseArgs(value)
	if err != nil {
		return messageOf(err)
	}
	p.Args["args"] = list
	return ""
}

func (p *Parsed) takeCode(e entry) string {
	if e.key.name == "pass_env" {
		names, msg := readNames(e.value)
		p.PassEnv = names
		return msg
	}
	switch i := cronsole.Isolation(e.value); i {
	case cronsole.IsolationProcess, cronsole.IsolationInline:
		p.Isolation = i
		return ""
	default:
		return "must be process or inline, not " + quote(e.value)
	}
}

func (p *Parsed) takeEnabled(value string) string {
	on, ok := map[string]bool{"true": true, "false": false}[value]
	if !ok {
		return "must be true or false, not " + quote(value)
	}
	p.Enabled = on
	return ""
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// readNames reads the comma-separated names of pass_env.
func readNames(value string) (names []string, msg string) {
	for part := range strings.SplitSeq(value, ",") {
		name := strings.Trim(part, " \t")
		switch {
		case !envName.MatchString(name):
			return nil, "must be names of environment variables with commas between them, such as HTTP_PROXY,API_TOKEN; " + quote(name) + " is none"
		case strings.HasPrefix(name, "CRONSOLE_"):
			return nil, "cannot pass " + quote(name) + " on: names with CRONSOLE_ belong to the console"
		case !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	return names, ""
}

// define builds the definition. What is wrong with a line goes to the source's
// faults; what is wrong with the whole is returned.
func (p *Parsed) define(s *source, zone string) *cronsole.FileError {
	if p.Timezone != "" {
		zone = p.Timezone
	}
	args := maps.Clone(p.Args)
	delete(args, "args")
	schedule, err := cronsole.ParseSchedule(p.Type, cronsole.FillDefaults(p.Type, args), zone)
	whole := p.sort(s, err)

	values := make(map[string]any, len(p.Rules))
	for k, v := range p.Rules {
		values[k] = v
	}
	rules, err := cronsole.ParseRules(values, cronsole.DefaultRules())
	if w := p.sort(s, err); whole == nil {
		whole = w
	}
	if whole != nil || len(s.faults) > 0 {
		return whole
	}
	// An anchor in the far past: whether anything is left to fire today is not
	// a fault of the file.
	if _, err := cronsole.NewTrigger(schedule, time.Unix(0, 0).UTC()); err != nil {
		whole = p.sort(s, err)
	}
	list, _ := p.Args["args"].([]any)
	if list == nil {
		list = []any{}
	}
	p.Definition = cronsole.Definition{Schedule: schedule, Args: list, Rules: rules, Source: cronsole.SourceFile}
	return whole
}

// sort adds the field errors of err that belong to a line to the faults, and
// returns the first of those that do not.
func (p *Parsed) sort(s *source, err error) *cronsole.FileError {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*cronsole.Error](err)
	if !ok || len(e.Fields) == 0 {
		return p.wholeFault(s, cronsole.FieldError{Message: messageOf(err)})
	}
	var whole *cronsole.FileError
	for _, f := range e.Fields {
		line, ok := p.lines[f.Field]
		switch {
		case ok:
			s.fault(line, f.Field, f.Message)
		case whole == nil:
			whole = p.wholeFault(s, f)
		}
	}
	return whole
}

// wholeFault places a fault that no single line can be blamed for: on the type
// line when a key is missing, else on the first line that says when.
func (p *Parsed) wholeFault(s *source, f cronsole.FieldError) *cronsole.FileError {
	if f.Field == "" {
		for _, e := range s.entries {
			if e.key.scope == scopeTrigger {
				return &cronsole.FileError{Line: e.line, Key: e.key.name, Message: f.Message}
			}
		}
	}
	return &cronsole.FileError{Line: s.typeLine, Key: f.Field, Message: f.Message}
}

// messageOf is the sentence of an error without the name of the field, which
// the caller knows.
func messageOf(err error) string {
	if e, ok := errors.AsType[*cronsole.Error](err); ok {
		if len(e.Fields) > 0 {
			return e.Fields[0].Message
		}
		return e.Message
	}
	return err.Error()
}
