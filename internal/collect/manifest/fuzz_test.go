package manifest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/internal/collect/golden"
	"github.com/unloop-dev/unloop/internal/facts"
)

func orEmpty(s *facts.Snapshot) *facts.Snapshot {
	if s == nil {
		s = &facts.Snapshot{}
	}
	return s
}

func FuzzManifest(f *testing.F) {
	for _, data := range inputs(f) {
		f.Add(data)
	}
	f.Add([]byte("text\nkind:Pod\n"))
	f.Add([]byte("kind: Pod\nmetadata:\n  managedFields:\n  "))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		s, err := Parse(data, "in", 1)
		if (s == nil) == (err == nil) {
			t.Fatalf("snapshot %v, error %v", s, err)
		}
		Looks(data)
		Piece(data)
		text := golden.Text(orEmpty(s))
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "skipped") && strings.Count(line, "\n") != 1 {
				t.Errorf("not one line: %q", line)
			}
		}
		// Whatever stands in the text, lines never go beyond it.
		lines := bytes.Count(data, newline) + 1
		for _, p := range orEmpty(s).Pods {
			if p.Source.Line < 1 || p.Source.Line > lines {
				t.Errorf("pod at line %d of %d", p.Source.Line, lines)
			}
		}
	})
}

// FuzzSecret: no value of a Secret comes out of any text.
func FuzzSecret(f *testing.F) {
	for _, data := range inputs(f) {
		f.Add(string(data), "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  k: ")
	}
	f.Fuzz(func(t *testing.T, before, head string) {
		const value = "c2VjcmV0LXZhbHVl"
		if len(before)+len(head) > 1<<15 || strings.Contains(before+head, value) {
			return
		}
		// The value stands where a Secret has it, in a document of its own.
		in := before + "\n---\n" + `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":{"k":"` + value + `"}}`
		if s, err := Parse([]byte(in), "in", 1); err == nil && strings.Contains(golden.Text(s), value) {
			t.Errorf("a value came out of %q:\n%s", in, golden.Text(s))
		}
	})
}

// FuzzSqueeze: the copy of sound JSON is sound, and says the same but for what
// is dropped.
func FuzzSqueeze(f *testing.F) {
	f.Add([]byte(`{"a":[1,2,{"b":"c\"]"}],"metadata":{"managedFields":[{}],"name":"x"}}`))
	f.Add([]byte(`{ "data" : { "k" : "v" , "n" : [ "w" ] } , "kind" : "Secret" }`))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, _, err := squeeze(nil, data, nil)
		var want, got map[string]any
		if json.Unmarshal(data, &want) != nil || want == nil {
			return
		}
		if err == errDeep {
			return
		}
		for _, h := range hidden {
			delete(want, h)
		}
		if err != nil || json.Unmarshal(out, &got) != nil {
			t.Fatalf("%q became %q: %v", data, out, err)
		}
		for _, h := range hidden {
			delete(got, h)
		}
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if !bytes.Equal(a, b) {
			t.Errorf("%q became %q", data, out)
		}
		if n := valueEnd(data, skipSpace(data, 0)); n < 0 {
			t.Errorf("%q does not end", data)
		}
	})
}

// FuzzRead: a stream gives the same in one piece and byte by byte.
func FuzzRead(f *testing.F) {
	for _, data := range inputs(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<13 {
			return
		}
		read := func(size int) string {
			res := (*Pool)(nil).Open(Input{Name: "in"})
			if err := res.Read(context.Background(), &pieces{data, size}); err != nil {
				t.Fatal(err)
			}
			return golden.Text(res.Snapshot())
		}
		if a, b := read(1<<20), read(7); a != b {
			t.Errorf("whole:\n%s\nin pieces:\n%s", a, b)
		}
	})
}

// pieces reads data size bytes at a time.
type pieces struct {
	data []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	n := copy(b[:min(len(b), p.size)], p.data)
	p.data = p.data[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
