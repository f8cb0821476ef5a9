package catalog

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"cronsole/internal/cronsole"
)

// MaxScheduleBytes is how long a .schedule may be.
const MaxScheduleBytes = 64 << 10

// An entry is one key=value line.
type entry struct {
	key   key
	value string
	line  int
}

// A source is a .schedule split into its lines' meaning. Faults are in no
// particular order.
type source struct {
	typ      cronsole.Type
	typeLine int
	entries  []entry // each key once, in the order of the file
	faults   []cronsole.FileError
}

// readSource reads as much as can be read; typ stays empty when the first line
// does not say it.
func readSource(data []byte) *source {
	s := &source{typeLine: 1}
	if len(data) > MaxScheduleBytes {
		s.fault(1, "", fmt.Sprintf("the file is longer than %d KiB", MaxScheduleBytes>>10))
		return s
	}
	seen := map[string]int{}
	for i, raw := range splitLines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		n := i + 1
		if msg := checkBytes(raw); msg != "" {
			s.fault(n, "", msg)
			if s.typ == "" && !comment(raw) {
				return s // whatever it says, it is where the type should be
			}
			continue
		}
		text := strings.Trim(string(raw), " \t")
		switch {
		case text == "" || comment(raw):
		case s.typ == "":
			s.typeLine = n
			t, msg := readType(text)
			if msg != "" {
				s.fault(n, "", msg)
				return s
			}
			s.typ = t
		default:
			s.readEntry(n, text, seen)
		}
	}
	if s.typ == "" && len(s.faults) == 0 {
		s.fault(1, "", "the type is missing; the first line says cron, interval or date")
	}
	return s
}

func (s *source) fault(line int, key, message string) {
	s.faults = append(s.faults, cronsole.FileError{Line: line, Key: key, Message: message})
}

func (s *source) readEntry(n int, text string, seen map[string]int) {
	name, value, found := strings.Cut(text, "=")
	name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
	switch {
	case !found && isType(text):
		s.fault(n, "", "the type is given twice; one file makes one schedule")
		return
	case !found:
		s.fault(n, "", quote(text)+" is not key=value; comments begin with #")
		return
	case name == "":
		s.fault(n, "", "the key is missing; write key=value")
		return
	}
	if first, ok := seen[name]; ok {
		s.fault(n, name, fmt.Sprintf("is given twice, first in line %d; keep one of them", first))
		return
	}
	seen[name] = n
	k, ok := findKey(name, s.typ)
	switch {
	case !ok:
		s.fault(n, name, unknownKey(name, s.typ))
	case value == "":
		s.fault(n, name, "has no value; write one or remove the line")
	default:
		s.entries = append(s.entries, entry{key: k, value: value, line: n})
	}
}

// first returns the fault to report: the one of the lowest line.
func (s *source) first() *cronsole.FileError {
	if len(s.faults) == 0 {
		return nil
	}
	low := s.faults[0]
	for _, f := range s.faults[1:] {
		if f.Line < low.Line {
			low = f
		}
	}
	return &low
}

// splitLines ends lines with LF, CRLF or CR. A file has one line at least.
func splitLines(data []byte) [][]byte {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	return bytes.Split(data, []byte("\n"))
}

func comment(line []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("#"))
}

// checkBytes returns what is wrong with the bytes of a line.
func checkBytes(line []byte) string {
	if !utf8.Valid(line) {
		return "is not UTF-8; save the file as UTF-8"
	}
	for _, r := range string(line) {
		switch {
		case r == '\t':
		case unicode.IsControl(r):
			return fmt.Sprintf("holds the control character %U; remove it", r)
		case r == '\ufeff':
			return "holds a byte order mark where none belongs; remove it"
		}
	}
	return ""
}

func isType(s string) bool {
	switch cronsole.Type(s) {
	case cronsole.TypeCron, cronsole.TypeInterval, cronsole.TypeDate:
		return true
	}
	return false
}

// readType reads the line that says the type, or what is wrong with it.
func readType(text string) (cronsole.Type, string) {
	const want = "the first line says cron, interval or date"
	lower := strings.ToLower(text)
	switch n := len(strings.Fields(text)); {
	case isType(text):
		return cronsole.Type(text), ""
	case isType(lower):
		return "", "the type is written in lower case: " + lower
	case strings.Contains(text, "="):
		return "", "the type is missing; " + want + ", alone, and keys follow below it"
	case n >= 5 && n <= 7 || strings.HasPrefix(text, "@"):
		return "", "a crontab line alone is not read; write cron, and below it expression=" + clip(text)
	default:
		return "", quote(text) + " is not a type; " + want
	}
}

// quote shows what was written, as far as it helps.
func quote(s string) string { return fmt.Sprintf("%q", clip(s)) }

func clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
