package catalog

import (
	"fmt"
	"slices"
	"strings"

	"cronsole/internal/cronsole"
)

// scope says who a key of a .schedule speaks to.
type scope uint8

const (
	scopeTrigger scope = iota // when the job is due
	scopeZone                 // how dates and fields are read
	scopeRule                 // what may happen around a run; copied when the job is made
	scopeArgs                 // what the code is given
	scopeCode                 // read live from the folder, never accepted over HTTP
	scopeCreate               // counts when the job is made, not afterwards
)

// A key is one word that may stand before "=" in a .schedule.
type key struct {
	name  string
	scope scope
	types []cronsole.Type // nil: every type
}

// keys is every key that is read. What the program cannot do yet is not here,
// so that a file never promises what does not happen.
var keys = allKeys()

// allKeys takes the words of triggers and rules from the domain, so that a
// file and the API always know the same ones.
func allKeys() []key {
	var all []key
	for _, t := range []cronsole.Type{cronsole.TypeCron, cronsole.TypeInterval, cronsole.TypeDate} {
		for _, name := range cronsole.TriggerKeys(t) {
			i := slices.IndexFunc(all, func(k key) bool { return k.name == name })
			if i < 0 {
				i = len(all)
				all = append(all, key{name: name, scope: scopeTrigger})
			}
			all[i].types = append(all[i].types, t)
		}
	}
	all = append(all, key{name: "timezone", scope: scopeZone}, key{name: "args", scope: scopeArgs})
	for _, name := range cronsole.RuleKeys() {
		all = append(all, key{name: name, scope: scopeRule})
	}
	return append(all,
		key{name: "isolation", scope: scopeCode},
		key{name: "pass_env", scope: scopeCode},
		key{name: "enabled", scope: scopeCreate},
	)
}

// unit reports whether the key is a number of weeks, hours and so on: what
// intervals alone have.
func (k key) unit() bool {
	return k.scope == scopeTrigger && len(k.types) == 1 && k.types[0] == cronsole.TypeInterval
}

// aliases are words that people bring from other schedulers.
var aliases = map[string]string{
	"tz": "timezone", "zone": "timezone", "cron": "expression", "crontab": "expression", "dow": "day_of_week",
	"weekday": "day_of_week", "at": "run_date", "date": "run_date", "start": "start_date", "end": "end_date",
	"env": "pass_env", "environment": "pass_env", "concurrency": "overlap", "arguments": "args", "label": "tags",
	"labels": "tags", "disabled": "enabled", "grace": "misfire_grace",
}

func (k key) fits(t cronsole.Type) bool { return k.types == nil || slices.Contains(k.types, t) }

// findKey returns the key of that name, as far as files of type t take it.
func findKey(name string, t cronsole.Type) (key, bool) {
	for _, k := range keys {
		if k.name == name && k.fits(t) {
			return k, true
		}
	}
	return key{}, false
}

// keysOf lists the keys that files of type t take.
func keysOf(t cronsole.Type) []string {
	var names []string
	for _, k := range keys {
		if k.fits(t) {
			names = append(names, k.name)
		}
	}
	return names
}

// unknownKey says what is wrong with a key that files of type t do not take,
// and which one was probably meant.
func unknownKey(name string, t cronsole.Type) string {
	const unknown = "is not a key of %s"
	what := fmt.Sprintf(unknown, article(t))
	lower := strings.ToLower(name)
	if _, ok := findKey(lower, t); ok {
		return what + "; keys are written in lower case, " + lower
	}
	if _, ok := findKey(aliases[lower], t); ok {
		return what + "; did you mean " + aliases[lower] + "?"
	}
	if near := cronsole.DidYouMean(lower, keysOf(t)); near != "" {
		return what + "; did you mean " + near + "?"
	}
	for _, k := range keys {
		if k.name == lower {
			return what + "; it belongs to type " + join(k.types)
		}
	}
	return what + "; remove it or see the list of keys in docs/schedule.md"
}

func article(t cronsole.Type) string {
	if t == cronsole.TypeInterval {
		return "an interval schedule"
	}
	return "a " + string(t) + " schedule"
}

func join(types []cronsole.Type) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, " or ")
}
