package collect

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/unloop-dev/unloop/internal/collect/golden"
)

func FuzzRead(f *testing.F) {
	cases, _ := filepath.Glob("testdata/*.txtar")
	if len(cases) < 5 {
		f.Fatalf("only %d cases in testdata", len(cases))
	}
	for _, c := range cases {
		a, err := txtar.ParseFile(c)
		if err != nil {
			f.Fatal(err)
		}
		all := []byte{}
		for _, file := range a.Files {
			f.Add(file.Data)
			all = append(all, file.Data...)
		}
		f.Add(all)
	}
	f.Add([]byte(zip(f, onePod)))
	f.Add([]byte(wide(onePod, "little")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<15 {
			return
		}
		s, err := Read(context.Background(), []string{"-"}, bytes.NewReader(data), Options{MaxBytes: 1 << 20, MaxTextBytes: 1 << 18})
		if (s == nil) == (err == nil) {
			t.Fatalf("snapshot %v, error %v", s, err)
		}
		if err != nil {
			var e *InputError
			if !errors.As(err, &e) || e.Input != "stdin" || strings.ContainsAny(e.Why, "\n") {
				t.Errorf("error %#v", err)
			}
			return
		}
		golden.Text(s)
		for _, line := range s.Skipped {
			if strings.Contains(line, "\n") || !strings.HasPrefix(line, "stdin") {
				t.Errorf("skipped %q", line)
			}
		}
	})
}
