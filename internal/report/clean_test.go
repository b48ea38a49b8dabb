package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestLine_escapes(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "back-off 5m restarting", "back-off 5m restarting"},
		{"colour", "\x1b[1;31merror\x1b[0m: no", "error: no"},
		{"cursor", "a\x1b[2J\x1b[1;1Hb", "ab"},
		{"title", "a\x1b]0;title\x07b", "ab"},
		{"title ended by ST", "a\x1b]0;title\x1b\\b", "ab"},
		{"hyperlink", "\x1b]8;;http://x.example\x1b\\text\x1b]8;;\x1b\\", "text"},
		{"8-bit CSI", "a\u009b31mb", "ab"},
		{"8-bit OSC", "a\u009d0;title\u009cb", "ab"},
		{"raw C1 byte", "a\x9b31mb", "a\ufffd31mb"},
		{"DCS", "a\x1bPq#0\x1b\\b", "ab"},
		{"unfinished title hides nothing", "a\x1b]0;the rest of the line", "a0;the rest of the line"},
		{"unfinished CSI", "a\x1b[31", "a"},
		{"lone escape", "a\x1b", "a"},
		{"character set", "a\x1b(Bb", "ab"},
		{"reset", "a\x1bcb", "ab"},
		{"escape before a letter with an accent", "a\x1béb", "aéb"},
		{"line breaks", "a\r\nb\n\n  c\td", "a b c d"},
		{"around", "  a  ", "a"},
		{"separators", "a\u2028b\u00a0c\u3000d", "a b c d"},
		{"controls", "a\x00b\x08c\x7fd", "abcd"},
		{"bidi", "a\u202eb\u2066c\u200fd", "abcd"},
		{"zero width", "pass\u200bword=x1", "password=[redacted]"},
		{"secret split by an escape", "pass\x1b[0mword=x1", "password=[redacted]"},
		{"secret over lines", "password:\n  hunter2", "password: [redacted]"},
		{"pile of marks", "e" + strings.Repeat("\u0301", 50), "e\u0301\u0301\u0301"},
		{"invalid", "a\xff\xfeb", "a\ufffd\ufffdb"},
		{"wide", "起動に失敗", "起動に失敗"},
		{"empty", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Line(tc.in); got != tc.want {
				t.Errorf("Line(%q)\n got: %q\nwant: %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestLine_bounded(t *testing.T) {
	got := Line(strings.Repeat("é ", 1<<20))
	if len(got) > maxText+40 || !strings.HasSuffix(got, " bytes more]") || !utf8.ValidString(got) {
		t.Errorf("%d bytes, ending %q", len(got), got[len(got)-40:])
	}
}

func TestLine_linear(t *testing.T) {
	for _, part := range []string{"\x1b]", "\x1b[", "\x1b]\x07", "\u009d", "\x1bP", "\u0301", "\x1b", "\n"} {
		in := strings.Repeat(part, (64*maxText)/len(part))
		start := time.Now()
		Line(in)
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%q repeated took %v", part, d)
		}
	}
}

func TestCleanPatch_keepsNumbers(t *testing.T) {
	got := cleanPatch(json.RawMessage(`{"a":12345678901234567890,"b":[1.50,null,true],"c":"x\ny"}`))
	if want := `{"a":12345678901234567890,"b":[1.50,null,true],"c":"x\ny"}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{"a\x1b]0;x\x07b", "\u009b1m", "password=\"x", "Authorization: Bearer x", "\x1b[", "a: b -> c", "--token x", "\xff\u202e", "https://a:b@c", "name: X_TOKEN value: y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%U in %q", r, got)
			}
		}
		if !utf8.ValidString(got) {
			t.Fatalf("not valid UTF-8: %q", got)
		}
		if again := Line(got); again != got && !strings.HasSuffix(got, "more]") {
			t.Fatalf("not stable: %q became %q", got, again)
		}
	})
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"@all see #1", "<b>", "`a`", "a|b", "- x", "1. x", "[a](b)", "http://x.example", "```"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = Line(s)
		got := mdText(s)
		if strings.Contains(got, "\n") {
			t.Fatalf("line break in %q", got)
		}
		// Outside code spans no markup character stands without a backslash.
		for i, open := 0, 0; i < len(got); i++ {
			switch {
			case open == 0 && got[i] == '\\':
				i++
			case got[i] == '`':
				n := 1
				for i+n < len(got) && got[i+n] == '`' {
					n++
				}
				switch open {
				case 0:
					open = n
				case n:
					open = 0
				}
				i += n - 1
			case open == 0 && strings.IndexByte("*_[]<>|~&$@", got[i]) >= 0:
				t.Fatalf("%q is markup in %q (of %q)", got[i], got, s)
			}
		}
	})
}
