package cronsole

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// RuleKeys returns the keys that ParseRules reads, in the order of the form.
func RuleKeys() []string {
	return []string{
		"jitter", "timeout", "expires", "retries", "retry_backoff", "retry_max_backoff", "on_interrupt", "overlap", "max_instances", "misfire", "misfire_grace", "catchup_window", "catchup_limit", "max_runs",
		"keep_runs", "keep_days", "keep_bytes", "tags", "description",
	}
}

const (
	maxKept        = 1_000_000_000 // runs and days
	maxKeptBytes   = 1 << 50
	maxRetries     = 100
	maxCatchup     = 1000 // rows that one job may add at a restart
	maxTags        = 20
	maxTag         = 40
	maxDescription = 500
)

// ParseRules reads the job keys that RuleKeys lists over base; absent and null
// keys keep base's value, other keys are refused. Durations are strings as
// ParseDuration reads them (or the number 0), keep_bytes is a number or a size
// such as "100MiB", tags are a list or a text with commas. Errors are as in
// ParseSchedule.
func ParseRules(values map[string]any, base Rules) (Rules, error) {
	r := reader{args: values, read: map[string]bool{}}
	out := base
	r.duration("jitter", &out.Jitter)
	r.duration("timeout", &out.Timeout)
	r.duration("expires", &out.Expires)
	r.limit("retries", &out.Retries)
	if out.Retries > maxRetries {
		r.wrong.add("retries", "is larger than %d; write a smaller number", maxRetries)
	}
	r.duration("retry_backoff", &out.RetryBackoff)
	r.duration("retry_max_backoff", &out.RetryMax)
	choice(&r, "on_interrupt", &out.OnInterrupt, InterruptFail, InterruptRerun)
	choice(&r, "overlap", &out.Overlap, OverlapSkip, OverlapQueueOne, OverlapAllow, OverlapReplace)
	r.limit("max_instances", &out.MaxInstances)
	choice(&r, "misfire", &out.Misfire, MisfireSkip, MisfireRunOnce, MisfireRunAll)
	r.duration("misfire_grace", &out.MisfireGrace)
	r.duration("catchup_window", &out.CatchupWindow)
	r.limit("catchup_limit", &out.CatchupLimit)
	switch {
	case r.failed("catchup_limit"):
	case out.CatchupLimit < 1:
		r.wrong.add("catchup_limit", "must be 1 or more")
	case out.CatchupLimit > maxCatchup:
		r.wrong.add("catchup_limit", "is larger than %d; write a smaller number", maxCatchup)
	}
	r.limit("max_runs", &out.MaxRuns)
	r.limit("keep_runs", &out.KeepRuns)
	r.limit("keep_days", &out.KeepDays)
	r.bytes("keep_bytes", &out.KeepBytes)
	r.tags(&out.Tags)
	r.description(&out.Description)
	r.unknownRules()
	if err := r.wrong.err("The rules of the job cannot be used."); err != nil {
		return base, err
	}
	return out, nil
}

func (r *reader) duration(key string, to *Duration) {
	switch v := r.value(key).(type) {
	case nil:
	case string:
		d, err := ParseDuration(strings.TrimSpace(v))
		if err != nil {
			r.wrong.add(key, "%s", err)
			return
		}
		*to = d
	default:
		if n, ok := wholeNumber(v); !ok || n != 0 {
			r.wrong.add(key, "must be a text with a unit; write 90s, 15m, 2h or 1d")
			return
		}
		*to = 0
	}
}

// choice reads one of the words that are allowed.
func choice[T ~string](r *reader, key string, to *T, allowed ...T) {
	s := r.text(key)
	if s == "" {
		return
	}
	if !slices.Contains(allowed, T(s)) {
		words := make([]string, len(allowed))
		for i, a := range allowed {
			words[i] = string(a)
		}
		r.wrong.add(key, "%s is not known; write %s", quote(s), alternatives(words))
		return
	}
	*to = T(s)
}

// alternatives is a list of words to choose from: "a, b or c".
func alternatives(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func (r *reader) limit(key string, to *int) {
	v := r.value(key)
	if v == nil {
		return
	}
	before := len(r.wrong)
	n := r.count(key, v)
	switch {
	case len(r.wrong) > before:
	case n > maxKept:
		r.wrong.add(key, "is larger than %d; write a smaller number, or 0 for no limit", maxKept)
	default:
		*to = int(n)
	}
}

var byteUnits = []struct {
	name string
	size int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}}

func (r *reader) bytes(key string, to *int64) {
	v := r.value(key)
	if v == nil {
		return
	}
	size := int64(1)
	if s, ok := v.(string); ok {
		s = trimBlanks(s)
		for _, u := range byteUnits {
			if number, found := strings.CutSuffix(s, u.name); found {
				s, size = trimBlanks(number), u.size
				break
			}
		}
		if !isNumber(s) {
			r.wrong.add(key, "%s is not a size; write bytes, or 100MiB", quote(v.(string)))
			return
		}
		v = s
	}
	before := len(r.wrong)
	n := r.count(key, v)
	switch {
	case len(r.wrong) > before:
	case n > maxKeptBytes/size:
		r.wrong.add(key, "is larger than 1 PiB; write a smaller size, or 0 for no limit")
	default:
		*to = n * size
	}
}

// tags reads a list, or a text with commas. Tags are kept in the order in which
// they were written, each once.
func (r *reader) tags(to *[]string) {
	var items []string
	switch v := r.value("tags").(type) {
	case nil:
		return
	case []string:
		items = v
	case string:
		if strings.TrimSpace(v) != "" {
			items = strings.Split(v, ",")
		}
	case []any:
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				r.wrong.add("tags", "must be texts; write a list such as backup,night")
				return
			}
			items = append(items, s)
		}
	default:
		r.wrong.add("tags", "must be a list; write backup,night")
		return
	}
	var tags []string
	for _, item := range items {
		tag := strings.TrimSpace(item)
		switch {
		case tag == "":
			r.wrong.add("tags", "hold an empty one; write them with one comma between")
			return
		case utf8.RuneCountInString(tag) > maxTag:
			r.wrong.add("tags", "%s is longer than %d characters", quote(tag), maxTag)
			return
		case strings.ContainsFunc(tag, func(c rune) bool { return c == ',' || !unicode.IsPrint(c) }):
			r.wrong.add("tags", "%s holds a character that tags cannot have", quote(tag))
			return
		}
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	if len(tags) > maxTags {
		r.wrong.add("tags", "are more than %d", maxTags)
		return
	}
	*to = tags
}

func (r *reader) description(to *string) {
	switch v := r.value("description").(type) {
	case nil:
	case string:
		s := strings.TrimSpace(v)
		switch {
		case utf8.RuneCountInString(s) > maxDescription:
			r.wrong.add("description", "is longer than %s characters", strconv.Itoa(maxDescription))
		case strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' }):
			r.wrong.add("description", "holds control characters; write plain text")
		default:
			*to = s
		}
	default:
		r.wrong.add("description", "must be a text")
	}
}

func (r *reader) unknownRules() {
	var rest []string
	for key := range r.args {
		if !r.read[key] {
			rest = append(rest, key)
		}
	}
	slices.Sort(rest)
	for _, key := range rest {
		if near := DidYouMean(key, RuleKeys()); near != "" {
			r.wrong.add(key, "is not a key of a job; did you mean %s?", near)
			continue
		}
		r.wrong.add(key, "is not a key of a job; it takes %s", strings.Join(RuleKeys(), ", "))
	}
}
