package cronsole

import (
	"strings"
	"testing"
)

func TestJobIDsThatAreAccepted(t *testing.T) {
	for _, id := range []string{"a", "7", "Nightly-Backup_2.1", "a..b", "new2", "NEW", "previews", strings.Repeat("a", 128)} {
		if wrong := CheckJobID(id); wrong != "" {
			t.Errorf("%q %s", id, wrong)
		}
	}
}

func TestJobIDsThatAreRefused(t *testing.T) {
	const (
		missing  = "is missing; write letters, digits, dot, dash or underscore, such as nightly_backup"
		reserved = "is a word of the console's own addresses; choose another name"
		form     = "may hold 1 to 128 letters, digits, dots, dashes and underscores, and starts with a letter or digit"
	)
	tests := map[string]string{
		"": missing, "new": reserved, "preview": reserved, "bulk": reserved,
		".": form, "..": form, ".hidden": form, "-x": form, "_x": form, " a": form, "a ": form, "a b": form, "a/b": form, `a\b`: form,
		"a\n": form, "a\x00": form, "größe": form, "a%2e": form, "a?b": form, "a#b": form, "../etc/passwd": form, "<b>": form, "\u202ea": form,
		strings.Repeat("a", 129): form,
	}
	for id, want := range tests {
		t.Run(id, func(t *testing.T) {
			if got := CheckJobID(id); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestCodesAreLowerCaseFolderNames(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "7": true, "backup": true, "nightly-backup_2": true, strings.Repeat("a", 64): true,
		"": false, "-a": false, "_a": false, ".a": false, "..": false, "A": false, "a.b": false, "a/b": false, `a\b`: false, "a b": false,
		"a\n": false, "\na": false, "a\x00": false, "größe": false, strings.Repeat("a", 65): false,
	} {
		if got := ValidCode(name); got != want {
			t.Errorf("ValidCode(%q) = %t", name, got)
		}
	}
}

func TestErrorOfAFileNamesTheKey(t *testing.T) {
	for want, err := range map[string]FileError{
		"hour: is empty":     {Line: 3, Key: "hour", Message: "is empty"},
		"is not UTF-8 text":  {Line: 1, Message: "is not UTF-8 text"},
		"week: is not known": {Key: "week", Message: "is not known"},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
