package views

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cronsole/internal/cronsole"
)

// What a page of output holds at most; the rest is a click away.
const (
	MaxLines     = 2000
	MaxLineBytes = 4 << 10
	maxPageBytes = 640 << 10 // of text as it is escaped, so that a page stays under 1 MiB
)

// Line is one line of a run's output, safe to show: no control bytes, no ANSI
// sequences, valid UTF-8.
type Line struct {
	Number int // from 1, of the output that is kept
	Time   time.Time
	Stderr bool
	Text   string
	Cut    bool // the line went on beyond what is shown
}

// Anchor is the id of the line, "L5".
func (l *Line) Anchor() string { return "L" + strconv.Itoa(l.Number) }

// Output is a window of the lines of a run.
type Output struct {
	Lines []Line
	Total int // lines of output that are kept
}

// First is the number of the first line shown; 0 when there is none.
func (o *Output) First() int {
	if len(o.Lines) == 0 {
		return 0
	}
	return o.Lines[0].Number
}

// Earlier reports whether lines come before those shown.
func (o *Output) Earlier() bool { return o.First() > 1 }

// Later reports whether lines come after those shown.
func (o *Output) Later() bool {
	return len(o.Lines) > 0 && o.Lines[len(o.Lines)-1].Number < o.Total
}

// NewOutput cuts chunks into lines and keeps the last page of them that lies
// before the given line number; 0 means the end. A line that arrives in pieces
// is put together per stream and stands where it began.
func NewOutput(chunks []cronsole.Chunk, before int) Output {
	total := eachPiece(chunks, func(int, *cronsole.Chunk, []byte) {})
	end := total
	if before > 0 && before-1 < end {
		end = before - 1
	}
	first := max(0, end-MaxLines)
	lines := joinLines(chunks, first, end)
	start, size := end, 0
	shown := make([]Line, 0, len(lines))
	for start > first {
		l := lines[start-1-first]
		text, cut := cleanLine(l.data)
		size += escapedLen(text)
		if size > maxPageBytes && start < end {
			break
		}
		shown = append(shown, Line{Number: start, Time: l.time, Stderr: l.stream == cronsole.Stderr, Text: text, Cut: cut || l.cut})
		start--
	}
	for i, j := 0, len(shown)-1; i < j; i, j = i+1, j-1 {
		shown[i], shown[j] = shown[j], shown[i]
	}
	return Output{Lines: shown, Total: total}
}

type rawLine struct {
	time   time.Time
	stream cronsole.Stream
	data   []byte
	cut    bool
}

// rawLineBytes bounds what is kept of a line before it is cleaned: escape
// sequences may take more room than what stays of it.
const rawLineBytes = 4 * MaxLineBytes

// joinLines puts the lines in [first, end) together. The others are not kept: a
// mebibyte of line feeds would be a million of them.
func joinLines(chunks []cronsole.Chunk, first, end int) []rawLine {
	lines := make([]rawLine, end-first)
	eachPiece(chunks, func(i int, c *cronsole.Chunk, piece []byte) {
		if i < first || i >= end {
			return
		}
		l := &lines[i-first]
		if l.stream == 0 {
			l.time, l.stream = c.Time, c.Stream
		}
		if room := rawLineBytes - len(l.data); len(piece) > room {
			piece, l.cut = piece[:room], true
		}
		l.data = append(l.data, piece...)
	})
	return lines
}

// eachPiece calls fn with each piece of a line and the index of that line, and
// returns how many lines there are.
func eachPiece(chunks []cronsole.Chunk, fn func(line int, c *cronsole.Chunk, piece []byte)) (lines int) {
	open := map[cronsole.Stream]int{} // stream → index of its unfinished line, plus 1
	for k := range chunks {
		c := &chunks[k]
		for rest := c.Data; len(rest) > 0; {
			piece, after, ended := cutLine(rest)
			i := open[c.Stream]
			if i == 0 {
				lines++
				i = lines
			}
			fn(i-1, c, piece)
			open[c.Stream] = i
			if ended {
				open[c.Stream] = 0
			}
			rest = after
		}
	}
	return lines
}

func cutLine(b []byte) (line, rest []byte, ended bool) {
	for i, c := range b {
		if c == '\n' {
			return b[:i], b[i+1:], true
		}
	}
	return b, nil, false
}

// CleanLine makes text safe to show on one line; see [Line].
func CleanLine(s string) string {
	text, _ := cleanLine([]byte(s))
	return text
}

func cleanLine(b []byte) (text string, cut bool) {
	b = lastDrawn(b)
	var out strings.Builder
	for i := 0; i < len(b); {
		if out.Len() >= MaxLineBytes {
			return out.String(), true
		}
		if b[i] == 0x1b {
			i += escapeLen(b[i:])
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		i += n
		switch {
		case r == '\t':
			out.WriteByte('\t')
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			// control bytes, C1 ones among them, have no picture
		case invisible(r):
			out.WriteString("[U+" + strings.ToUpper(strconv.FormatInt(int64(r), 16)) + "]")
		default:
			out.WriteRune(r) // U+FFFD for what is not UTF-8
		}
	}
	return out.String(), false
}

// lastDrawn is what a terminal would show of a line that was drawn over with
// carriage returns, as progress bars do.
func lastDrawn(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == '\r' {
		b = b[:len(b)-1]
	}
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] == '\r' {
			return b[i+1:]
		}
	}
	return b
}

// escapeLen is the length of the escape sequence that b begins with.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	switch b[1] {
	case '[': // CSI: parameters, then one final byte
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
			if b[i] < 0x20 || b[i] > 0x7e {
				return i // broken off: what follows is text again
			}
		}
		return len(b)
	case ']', 'P', '_', '^', 'X': // OSC and other strings, up to BEL or ST
		for i := 2; i < len(b); i++ {
			if b[i] == 0x07 {
				return i + 1
			}
			if b[i] == 0x1b {
				if i+1 < len(b) && b[i+1] == '\\' {
					return i + 2
				}
				return i
			}
		}
		return len(b)
	case '(', ')', '*', '+', '#', '%', ' ':
		return min(3, len(b))
	}
	if b[1] >= 0x30 && b[1] <= 0x7e {
		return 2
	}
	return 1
}

// invisible reports whether r could make text read other than it is: marks
// that change the direction, or separate lines.
func invisible(r rune) bool {
	switch {
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	case r == 0x200e, r == 0x200f, r == 0x061c, r == 0x2028, r == 0x2029, r == 0xfeff:
		return true
	}
	return false
}

func escapedLen(s string) int {
	n := len(s)
	for i := range len(s) {
		switch s[i] {
		case '<', '>', '&', '"', '\'':
			n += 4
		}
	}
	return n
}
