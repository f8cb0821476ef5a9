package views

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func out(text string) cronsole.Chunk {
	return cronsole.Chunk{Time: noon, Stream: cronsole.Stdout, Data: []byte(text)}
}

func errOut(text string) cronsole.Chunk {
	return cronsole.Chunk{Time: noon.Add(time.Second), Stream: cronsole.Stderr, Data: []byte(text)}
}

func texts(o Output) []string {
	list := []string{}
	for _, l := range o.Lines {
		list = append(list, l.Text)
	}
	return list
}

func TestALineIsSafeToShow(t *testing.T) {
	tests := map[string]struct{ raw, want string }{
		"plain":                  {"hello", "hello"},
		"umlauts and pictures":   {"Grüße 名前 🚀", "Grüße 名前 🚀"},
		"HTML is text":           {"<b>&amp;\"'", "<b>&amp;\"'"}, // templ escapes it
		"a tab stays":            {"a\tb", "a\tb"},
		"colour":                 {"\x1b[31mred\x1b[0m", "red"},
		"colour of 24 bits":      {"\x1b[38;2;255;0;0mred\x1b[m", "red"},
		"cursor moves":           {"\x1b[2J\x1b[1;1H\x1b[?25lx\x1b[K", "x"},
		"colons within":          {"\x1b[4:3mx", "x"},
		"a window title":         {"\x1b]0;rm -rf /\x07x", "x"},
		"a title ended by ST":    {"\x1b]0;title\x1b\\x", "x"},
		"a link":                 {"\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\", "text"},
		"the clipboard":          {"\x1b]52;c;ZXZpbA==\x07x", "x"},
		"a device string":        {"\x1bPq#0\x1b\\x", "x"},
		"application commands":   {"\x1b_G\x1b\\x\x1b^p\x1b\\y\x1bXs\x1b\\z", "xyz"},
		"charsets":               {"\x1b(0x\x1b)By\x1b#8z", "xyz"},
		"two bytes":              {"\x1b7x\x1b8\x1bcy\x1b=z", "xyz"},
		"broken off":             {"x\x1b[31", "x"},
		"broken off at once":     {"x\x1b", "x"},
		"a string without end":   {"x\x1b]0;never", "x"},
		"another within":         {"\x1b]0;a\x1b[31mred", "red"},
		"a sequence cut by text": {"\x1b[3\x01x", "x"},
		"twice":                  {"\x1b\x1b[31mx", "x"},
		"control bytes":          {"a\x00b\x01c\x07d\x08e\x0bf\x0cg\x7fh", "abcdefgh"},
		"C1 controls":            {"a\u0080b\u009b31mc\u009dd", "ab31mcd"},
		"not UTF-8":              {"a\xffb\xc3(c", "a\ufffdb\ufffd(c"},
		"too long a form":        {"\xc0\xaf", "\ufffd\ufffd"},
		"half a surrogate":       {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
		"written backwards":      {"\u202egnp.exe\u202c", "[U+202E]gnp.exe[U+202C]"},
		"isolates":               {"\u2066x\u2069", "[U+2066]x[U+2069]"},
		"line separators":        {"a\u2028b\u2029c", "a[U+2028]b[U+2029]c"},
		"marks":                  {"\u200ea\u200fb\u061cc\ufeff", "[U+200E]a[U+200F]b[U+61C]c[U+FEFF]"},
		"drawn over":             {"10 %\r50 %\r100 %", "100 %"},
		"Windows":                {"hello\r", "hello"},
		"drawn over, Windows":    {"1\r2\r\r", "2"},
		"nothing but returns":    {"\r\r\r", ""},
		"empty":                  {"", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]string{tt.want}, texts(NewOutput([]cronsole.Chunk{out(tt.raw + "\n")}, 0))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := CleanLine(tt.raw); got != tt.want {
				t.Errorf("CleanLine: %q, want %q", got, tt.want)
			}
		})
	}
}

// TestWhateverIsWrittenIsSafeToShow, for bytes that nobody thought of.
func TestWhateverIsWrittenIsSafeToShow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{
		"\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b\\", "\x07", "\r", "\t", "31m", ";", "a", "ü", "名", "\xff", "\xe2\x80", "\xae", "\u202e", "\u2028", "\x00", "<b>", "\u009b",
	}
	for range 20_000 {
		var b strings.Builder
		for range random.IntN(12) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		got := CleanLine(b.String())
		bad := strings.ContainsFunc(got, func(r rune) bool {
			return r < 0x20 && r != '\t' || r >= 0x7f && r < 0xa0 || invisible(r)
		})
		if bad || !utf8.ValidString(got) || CleanLine(got) != got {
			t.Fatalf("%q becomes %q", b.String(), got)
		}
	}
}

func TestLinesArePutTogetherPerStream(t *testing.T) {
	type line struct {
		Number int
		Stderr bool
		Text   string
	}
	tests := map[string]struct {
		chunks []cronsole.Chunk
		want   []line
	}{
		"none":        {nil, []line{}},
		"empty chunk": {[]cronsole.Chunk{out("")}, []line{}},
		"one":         {[]cronsole.Chunk{out("a\nb\n")}, []line{{1, false, "a"}, {2, false, "b"}}},
		"no end":      {[]cronsole.Chunk{out("a\nb")}, []line{{1, false, "a"}, {2, false, "b"}}},
		"empty lines": {[]cronsole.Chunk{out("\n\na\n")}, []line{{1, false, ""}, {2, false, ""}, {3, false, "a"}}},
		"in pieces":   {[]cronsole.Chunk{out("he"), out("ll"), out("o\nx\n")}, []line{{1, false, "hello"}, {2, false, "x"}}},
		"both streams": {
			[]cronsole.Chunk{out("one "), errOut("bad "), out("line\n"), errOut("news\n")},
			[]line{{1, false, "one line"}, {2, true, "bad news"}},
		},
		"it stands where it began": {
			[]cronsole.Chunk{out("a"), errOut("x\ny\n"), out("b\nc\n")},
			[]line{{1, false, "ab"}, {2, true, "x"}, {3, true, "y"}, {4, false, "c"}},
		},
		"a rune in two chunks":     {[]cronsole.Chunk{out("Gr\xc3"), out("\xbc\xc3\x9fe\n")}, []line{{1, false, "Grüße"}}},
		"a rune between streams":   {[]cronsole.Chunk{out("\xf0\x9f"), errOut("!\n"), out("\x9a\x80\n")}, []line{{1, false, "🚀"}, {2, true, "!"}}},
		"a sequence in two chunks": {[]cronsole.Chunk{out("a\x1b[3"), out("1mb\x1b"), out("[0mc\n")}, []line{{1, false, "abc"}}},
		"a line end of its own":    {[]cronsole.Chunk{out("a"), out("\n"), out("\r\n")}, []line{{1, false, "a"}, {2, false, ""}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := NewOutput(tt.chunks, 0)
			got := []line{}
			for _, l := range o.Lines {
				got = append(got, line{l.Number, l.Stderr, l.Text})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || o.Total != len(tt.want) {
				t.Errorf("%d in all (-want +got):\n%s", o.Total, diff)
			}
		})
	}
}

// TestChunksMayEndAnywhere: how the bytes arrived makes no difference.
func TestChunksMayEndAnywhere(t *testing.T) {
	text := "Grüße\r\n\x1b[1;31mred\x1b[0m 名\xff\n\n\x1b]0;t\x07last"
	want := texts(NewOutput([]cronsole.Chunk{out(text)}, 0))
	for size := 1; size <= len(text); size++ {
		var chunks []cronsole.Chunk
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			chunks = append(chunks, out(rest[:n]))
			rest = rest[n:]
		}
		if diff := cmp.Diff(want, texts(NewOutput(chunks, 0))); diff != "" {
			t.Errorf("chunks of %d (-want +got):\n%s", size, diff)
		}
	}
}

func TestALongLineIsCut(t *testing.T) {
	tests := map[string]struct {
		raw  string
		size int
		cut  bool
	}{
		"at the limit":        {strings.Repeat("x", MaxLineBytes), MaxLineBytes, false},
		"a byte more":         {strings.Repeat("x", MaxLineBytes+1), MaxLineBytes, true},
		"much more":           {strings.Repeat("x", 10*MaxLineBytes), MaxLineBytes, true},
		"a rune on the edge":  {strings.Repeat("x", MaxLineBytes-1) + "üx", MaxLineBytes + 1, true}, // whole runes only
		"sequences are free":  {strings.Repeat("\x1b[31mx\x1b[0m", 1000), 1000, false},
		"nothing but colours": {strings.Repeat("\x1b[31m", 10*MaxLineBytes), 0, true},
	}
	for name, tt := range tests {
		o := NewOutput([]cronsole.Chunk{out(tt.raw + "\nnext\n")}, 0)
		l := o.Lines[0]
		if len(l.Text) != tt.size || l.Cut != tt.cut || !utf8.ValidString(l.Text) {
			t.Errorf("%s: %d bytes, cut %v; want %d, %v", name, len(l.Text), l.Cut, tt.size, tt.cut)
		}
		if o.Lines[1].Text != "next" || o.Lines[1].Cut {
			t.Errorf("%s: then %+v", name, o.Lines[1])
		}
	}
}

// TestAPageOfOutputEndsWithTheLastLine, or before the one that is asked for.
func TestAPageOfOutputEndsWithTheLastLine(t *testing.T) {
	numbered := func(n int) cronsole.Chunk {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "line %d\n", i+1)
		}
		return out(b.String())
	}
	type window struct {
		First, Last    int
		Earlier, Later bool
	}
	tests := map[string]struct {
		lines, before int
		want          window
	}{
		"none":               {0, 0, window{}},
		"few":                {3, 0, window{1, 3, false, false}},
		"just a page":        {MaxLines, 0, window{1, MaxLines, false, false}},
		"one too many":       {MaxLines + 1, 0, window{2, MaxLines + 1, true, false}},
		"before a line":      {10, 4, window{1, 3, false, true}},
		"before the first":   {10, 1, window{}},
		"before the last":    {10, 10, window{1, 9, false, true}},
		"before the end":     {10, 11, window{1, 10, false, false}},
		"before more":        {10, 1 << 40, window{1, 10, false, false}},
		"before, many lines": {3 * MaxLines, 2*MaxLines + 1, window{MaxLines + 1, 2 * MaxLines, true, true}},
	}
	for name, tt := range tests {
		o := NewOutput([]cronsole.Chunk{numbered(tt.lines)}, tt.before)
		got := window{First: o.First(), Earlier: o.Earlier(), Later: o.Later()}
		if n := len(o.Lines); n > 0 {
			got.Last = o.Lines[n-1].Number
			for i, l := range o.Lines {
				if want := fmt.Sprintf("line %d", o.First()+i); l.Text != want || l.Anchor() != fmt.Sprintf("L%d", l.Number) {
					t.Fatalf("%s: %+v, want %s", name, l, want)
				}
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || o.Total != tt.lines {
			t.Errorf("%s: %d in all (-want +got):\n%s", name, o.Total, diff)
		}
	}
}

// TestAPageOfOutputIsBounded, in bytes as they are sent, whatever is written.
func TestAPageOfOutputIsBounded(t *testing.T) {
	for name, line := range map[string]string{
		"long lines": strings.Repeat("x", MaxLineBytes), "quotes": strings.Repeat(`"`, MaxLineBytes), "tags": strings.Repeat("<&>", 1000),
	} {
		o := NewOutput([]cronsole.Chunk{out(strings.Repeat(line+"\n", 2+(4<<20)/len(line)))}, 0)
		size := 0
		for _, l := range o.Lines {
			size += escapedLen(l.Text)
		}
		if size > maxPageBytes || len(o.Lines) == 0 || !o.Earlier() {
			t.Errorf("%s: %d lines of %d bytes", name, len(o.Lines), size)
		}
	}
}

func TestTheSizeOfEscapedText(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "ü": 2, "<": 5, `<>&"'`: 25, "a<b": 7} {
		if got := escapedLen(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestLinesKnowWhenTheyBegan(t *testing.T) {
	o := NewOutput([]cronsole.Chunk{out("a"), errOut("b\n"), {Time: noon.Add(time.Minute), Stream: cronsole.Stdout, Data: []byte("a\nc\n")}}, 0)
	var got []time.Time
	for _, l := range o.Lines {
		got = append(got, l.Time)
	}
	if diff := cmp.Diff([]time.Time{noon, noon.Add(time.Second), noon.Add(time.Minute)}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// BenchmarkOutput is the end of a run that wrote as much as is kept of one.
func BenchmarkOutput(b *testing.B) {
	line := "\x1b[32m2026-11-23T12:00:00Z INFO\x1b[0m request done <path=/orders> & took=12ms\n"
	chunks := []cronsole.Chunk{}
	for range 100 {
		chunks = append(chunks, out(strings.Repeat(line, 1000)))
	}
	b.SetBytes(int64(100 * 1000 * len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if o := NewOutput(chunks, 0); o.Total != 100_000 {
			b.Fatal(o.Total)
		}
	}
}
