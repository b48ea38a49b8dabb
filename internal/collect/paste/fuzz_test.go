package paste

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/unloop-dev/unloop/internal/facts"
)

// FuzzParse feeds any bytes: the reader must not panic, and every fact must say
// where it stands in the input.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 25 {
		f.Fatalf("%d seeds in testdata (%v), want at least 25", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("\xff\xfeN\x00a\x00m\x00e\x00:\x00 \x00x\x00\n\x00"))
	f.Add([]byte("message: 'not closed\n- {\n\x1b]0;x"))
	f.Add([]byte("    Last State: Terminated\n      Message: |\n\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		Looks(text)
		s := Parse(text, "fuzz")
		last := bytes.Count(text, []byte("\n")) + 1
		if len(text) > 1 && (text[0] == 0xff || text[0] == 0xfe) {
			last = len(text)
		}
		check := func(what string, src facts.Source) {
			if src.Input != "fuzz" || src.Line < 1 || src.Line > last {
				t.Errorf("%s has source %+v, the text has %d lines", what, src, last)
			}
		}
		for _, p := range s.Pods {
			check("pod", p.Source)
			if p.Row != nil {
				check("row", p.Row.Source)
			}
		}
		for _, e := range s.Events {
			check("event", e.Source)
			if e.Count < 1 || e.Reason == "" {
				t.Errorf("event %+v", e)
			}
		}
		for _, w := range s.Workloads {
			check("workload", w.Source)
		}
		for _, l := range s.Logs {
			check("log", l.Source)
			if l.FirstLine < 1 || !l.HasText() && l.Err == "" {
				t.Errorf("log without text and reason: %+v", l)
			}
			if strings.ContainsAny(l.Text, "\x1b\x00") || !utf8.ValidString(l.Text) {
				t.Errorf("log text is not clean: %q", l.Text)
			}
		}
		facts.Join(s)
	})
}
