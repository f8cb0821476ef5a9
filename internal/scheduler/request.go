package scheduler

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// draft is a request that was read: a definition without a job.
type draft struct {
	def      cronsole.Definition
	enabled  bool
	warnings []string
}

// draft reads a request. With base set it is an edit: what the request does not
// mention stays as base has it. The schedule is checked on its own, not against
// the time of day.
func (s *Scheduler) draft(req cronsole.Request, base *cronsole.Definition) (*draft, error) {
	if req.FromFile {
		return s.draftFromFile(req)
	}
	d := &draft{enabled: true, def: cronsole.Definition{
		Code: req.Code, Args: []any{}, Rules: cronsole.DefaultRules(), Source: cronsole.SourceConsole,
	}}
	keepSchedule := false
	if base != nil {
		d.def.Args, d.def.Rules = base.Args, base.Rules
		keepSchedule = req.Type == "" && req.Timezone == "" && len(triggerKeys(req.Args)) == 0 && req.Args["timezone"] == nil
	}
	var faults faults
	if keepSchedule {
		d.def.Schedule = base.Schedule
	} else {
		d.def.Schedule = s.readSchedule(req, base, &faults)
	}
	readDST(&d.def.Schedule, req, base, &faults)
	d.readRest(req, &faults)
	return d, faults.err()
}

// readSchedule reads the trigger of a request. An edit that names no type keeps
// the one it has, and so it keeps the zone.
func (s *Scheduler) readSchedule(req cronsole.Request, base *cronsole.Definition, f *faults) cronsole.Schedule {
	typ := cronsole.TypeCron
	if base != nil {
		typ = base.Schedule.Type
	}
	if req.Type != "" {
		typ = cronsole.Type(req.Type)
	}
	if typ != cronsole.TypeCron && typ != cronsole.TypeInterval && typ != cronsole.TypeDate {
		f.field("type", fmt.Sprintf("must be cron, interval or date, not %q", req.Type))
		return cronsole.Schedule{}
	}
	zone, ok := s.zoneOf(req, f)
	if !ok {
		return cronsole.Schedule{}
	}
	if zone == "" && base != nil {
		zone = base.Schedule.Timezone
	}
	if zone == "" {
		zone = s.Zone
	}
	keys := cronsole.FillDefaults(typ, triggerKeys(req.Args))
	schedule, err := cronsole.ParseSchedule(typ, keys, zone)
	f.add(err)
	return schedule
}

// readDST reads what clock changes do to a schedule. An edit that does not say
// keeps what the job has, as long as both are cron.
func readDST(schedule *cronsole.Schedule, req cronsole.Request, base *cronsole.Definition, f *faults) {
	switch {
	case schedule.Type == "": // refused already
	case req.DST != "":
		dst, err := cronsole.ParseDST(req.DST, schedule.Type)
		f.add(err)
		schedule.DST = dst
	case base != nil && req.Args["dst"] == nil && schedule.Type == base.Schedule.Type:
		schedule.DST = base.Schedule.DST
	}
}

// zoneOf is the zone that a request names; empty when it names none.
func (s *Scheduler) zoneOf(req cronsole.Request, f *faults) (string, bool) {
	if req.Timezone != "" {
		return req.Timezone, true
	}
	switch v := req.Args["timezone"].(type) {
	case nil:
		return "", true
	case string:
		return strings.TrimSpace(v), true
	default:
		f.field("timezone", "must be the IANA name of a zone, such as Europe/Berlin")
		return "", false
	}
}

// readRest reads arguments and job keys over what the draft has.
func (d *draft) readRest(req cronsole.Request, f *faults) {
	if v, ok := req.Args["args"]; ok && v != nil {
		args, err := cronsole.ParseArgs(v)
		f.add(err)
		d.def.Args = args
	}
	if d.def.Args == nil {
		d.def.Args = []any{}
	}
	values := maps.Clone(req.Rules)
	if v, ok := values["enabled"]; ok {
		delete(values, "enabled")
		switch v {
		case nil:
		case true, "true":
			d.enabled = true
		case false, "false":
			d.enabled = false
		default:
			f.field("enabled", "must be true or false")
		}
	}
	rules, err := cronsole.ParseRules(values, d.def.Rules)
	f.add(err)
	d.def.Rules = rules
}

// draftFromFile reads a request whose schedule is the deployed file. Arguments
// and job keys may be given over it; trigger keys are left aside, with a warning.
func (s *Scheduler) draftFromFile(req cronsole.Request) (*draft, error) {
	file, err := s.file(req.Code)
	if err != nil {
		return nil, err
	}
	d := &draft{enabled: file.Enabled, def: s.fileDefinition(req.Code, file)}
	var faults faults
	if req.Type != "" && cronsole.Type(req.Type) != d.def.Schedule.Type {
		faults.field("type", fmt.Sprintf("is %q, but the .schedule file says %s; leave it out, or send from_file false with a schedule of your own", req.Type, d.def.Schedule.Type))
	}
	ignored := slices.Sorted(maps.Keys(triggerKeys(req.Args)))
	if req.Timezone != "" || req.Args["timezone"] != nil {
		ignored = append(ignored, "timezone")
	}
	if req.DST != "" {
		ignored = append(ignored, "dst")
	}
	if len(ignored) > 0 {
		d.warnings = append(d.warnings, "The schedule comes from the .schedule file; ignored: "+strings.Join(ignored, ", ")+".")
	}
	d.readRest(req, &faults)
	return d, faults.err()
}

// file is the readable .schedule of a code.
func (s *Scheduler) file(code string) (*cronsole.ScheduleFile, error) {
	c, ok := s.Codes.Code(code)
	if !ok {
		return nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "Job folder not found."}
	}
	if c.File == nil {
		return nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "Schedule file not found"}
	}
	if e := c.File.Err; e != nil {
		return nil, &cronsole.Error{
			Kind:    cronsole.Invalid,
			Message: fmt.Sprintf("The .schedule file of %s has a mistake in line %d.", code, e.Line),
			Fields:  []cronsole.FieldError{{Field: e.Key, Message: fmt.Sprintf("%s (line %d of .schedule)", e.Message, e.Line)}},
		}
	}
	return c.File, nil
}

// fileDefinition is the definition of a .schedule as a job takes it over.
func (s *Scheduler) fileDefinition(code string, file *cronsole.ScheduleFile) cronsole.Definition {
	def := file.Definition
	def.Code, def.Source = code, cronsole.SourceFile
	if def.Schedule.Timezone == "" {
		def.Schedule.Timezone = s.Zone
	}
	if def.Args == nil {
		def.Args = []any{}
	}
	return def
}

// triggerKeys are the keys of args that make the trigger.
func triggerKeys(args map[string]any) map[string]any {
	keys := maps.Clone(args)
	delete(keys, "args")
	delete(keys, "timezone")
	if keys == nil {
		keys = map[string]any{}
	}
	return keys
}

// begun is a trigger with the instants from which a job starts to count.
type begun struct {
	trigger cronsole.Trigger
	anchor  time.Time
	cursor  time.Time
	next    time.Time // UTC
}

// count builds the trigger of a definition that counts from now. A date may be
// past by the grace of the job, but not before floor, the instant up to which
// the ledger accounts for the job already. What has no due instant left is
// Invalid.
func count(def cronsole.Definition, now, floor time.Time) (begun, error) {
	b := begun{anchor: now, cursor: now}
	var err error
	if b.trigger, err = cronsole.NewTrigger(def.Schedule, now); err != nil {
		return begun{}, err
	}
	if def.Schedule.Type == cronsole.TypeDate {
		if b.cursor, err = dateCursor(def, b.trigger, now, floor); err != nil {
			return begun{}, err
		}
	}
	b.cursor = later(b.cursor, floor) // ahead of now after the clock was set back
	if b.next, err = firstAfter(b.trigger, b.cursor); err != nil {
		return begun{}, err
	}
	switch {
	case !b.next.IsZero():
		return b, nil
	case def.Schedule.Type == cronsole.TypeDate:
		return begun{}, invalid("run_date", "lies before what this job has accounted for already; write a later one")
	default:
		return begun{}, invalid("end_date", "is past, so that nothing would be due any more; write a later one or leave it out")
	}
}

// dateCursor is the cursor of a new date job: just before its instant when that
// is past by no more than the grace.
func dateCursor(def cronsole.Definition, t cronsole.Trigger, now, floor time.Time) (time.Time, error) {
	at, ok := t.Last(now)
	if !ok {
		return now, nil
	}
	late, grace := now.Sub(at), time.Duration(def.Rules.MisfireGrace)
	cursor := at.Add(-time.Millisecond).UTC()
	if late <= grace && !cursor.Before(floor) {
		return cursor, nil
	}
	why := fmt.Sprintf("further than the grace of %s", def.Rules.MisfireGrace)
	if late <= grace {
		why = "before what this job has accounted for already"
	}
	return time.Time{}, invalid("run_date", fmt.Sprintf("is past: %s is %s ago, %s; write a date to come",
		at.Format("2006-01-02 15:04:05 MST"), cronsole.Duration(late.Round(time.Second)), why))
}

// faults gathers the mistakes of a request, so that a person sees all at once.
type faults struct {
	fields []cronsole.FieldError
	other  error
}

func (f *faults) field(name, message string) {
	f.fields = append(f.fields, cronsole.FieldError{Field: name, Message: message})
}

func (f *faults) add(err error) {
	if e, ok := errors.AsType[*cronsole.Error](err); ok && e.Kind == cronsole.Invalid && len(e.Fields) > 0 {
		f.fields = append(f.fields, e.Fields...)
	} else if err != nil && f.other == nil {
		f.other = err
	}
}

func (f *faults) err() error {
	if f.other != nil {
		return f.other
	}
	if len(f.fields) == 0 {
		return nil
	}
	e := &cronsole.Error{Kind: cronsole.Invalid, Fields: f.fields}
	e.Message = sentence(f.fields)
	return e
}

// sentence says on one line what is wrong.
func sentence(fields []cronsole.FieldError) string {
	if len(fields) == 1 {
		return strings.TrimSpace(fields[0].Field + " " + fields[0].Message)
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Field
	}
	return "Some values cannot be accepted: " + strings.Join(names, ", ")
}

func invalid(field, message string) error {
	fields := []cronsole.FieldError{{Field: field, Message: message}}
	return &cronsole.Error{Kind: cronsole.Invalid, Message: sentence(fields), Fields: fields}
}
