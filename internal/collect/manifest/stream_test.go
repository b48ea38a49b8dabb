package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/tools/txtar"

	"github.com/unloop-dev/unloop/internal/collect/golden"
)

// inputs are the inputs of all cases, by name.
func inputs(t testing.TB) map[string][]byte {
	t.Helper()
	cases, _ := filepath.Glob("testdata/*.txtar")
	out := map[string][]byte{}
	for _, c := range cases {
		a, err := txtar.ParseFile(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files {
			if f.Name != "want" {
				out[filepath.Base(c)+"/"+f.Name] = f.Data
			}
		}
	}
	if len(out) < 20 {
		t.Fatalf("only %d inputs in testdata", len(out))
	}
	return out
}

// readAll reads r and prints what it gave, the text between documents included.
func readAll(t testing.TB, p *Pool, r io.Reader) string {
	t.Helper()
	var text strings.Builder
	res := p.Open(Input{Name: "in", Text: func(line []byte, number int) error {
		fmt.Fprintf(&text, "text %d %q\n", number, line)
		return nil
	}})
	if err := res.Read(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	for _, l := range res.Lists() {
		fmt.Fprintf(&text, "list %s in %q partial=%t items=%d\n", l.Kind, l.Namespace, l.Partial, l.Items)
	}
	return text.String() + golden.Text(res.Snapshot())
}

func TestRead_sameForAnyReaderAndPool(t *testing.T) {
	pool := NewPool()
	defer pool.Close()
	for name, data := range inputs(t) {
		want := readAll(t, nil, bytes.NewReader(data))
		if got := readAll(t, nil, iotest.OneByteReader(bytes.NewReader(data))); got != want {
			t.Errorf("%s: byte by byte:\n%s\nwant:\n%s", name, got, want)
		}
		if got := readAll(t, pool, iotest.DataErrReader(bytes.NewReader(data))); got != want {
			t.Errorf("%s: with a pool:\n%s\nwant:\n%s", name, got, want)
		}
	}
}

func TestRead_manyBatchesKeepOrder(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"x"},"items":[`)
	const n = 3000
	pad := strings.Repeat("x", 500)
	for i := range n {
		fmt.Fprintf(&b, "{\"metadata\":{\"name\":\"p%d\",\"namespace\":\"a\",\"labels\":{\"pad\":%q}}},\n", i, pad)
	}
	b.WriteString("]}")
	pool := NewPool()
	defer pool.Close()
	res := pool.Open(Input{Name: "in"})
	if err := res.Read(context.Background(), strings.NewReader(b.String())); err != nil {
		t.Fatal(err)
	}
	if res.Pod("a", "p2999") == nil || res.Pod("a", "p3000") != nil {
		t.Error("Pod finds the wrong pods")
	}
	if l := res.Lists()[0]; l.Items != n || l.Namespace != "a" || !l.Partial || l.Kind != "Pod" {
		t.Errorf("list: %+v", l)
	}
	s := res.Snapshot()
	if len(s.Pods) != n {
		t.Fatalf("%d pods, want %d", len(s.Pods), n)
	}
	for i, p := range s.Pods {
		if p.Name != fmt.Sprintf("p%d", i) || p.Source.Line != i+1 {
			t.Fatalf("pod %d is %s of line %d", i, p.Name, p.Source.Line)
		}
	}
}

func TestRead_framedLogIsText(t *testing.T) {
	in := "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}\n" +
		FrameStart + "app of pod x/a ====\napiVersion: v1\n{\"kind\": \"Pod\"}\n---\nlast" + FrameEnd + "app of pod x/a ====\n" +
		"{\"kind\":\"Pod\",\"metadata\":{\"name\":\"b\"}}\n"
	got := readAll(t, nil, strings.NewReader(in))
	if strings.Count(got, "pod /") != 2 || strings.Count(got, "text ") != 5 {
		t.Errorf("got:\n%s", got)
	}
}

func TestRead_readerFails(t *testing.T) {
	boom := errors.New("boom")
	r := io.MultiReader(strings.NewReader(`{"kind":"Pod","metadata":{"name":"a"}} {"kind":"Pod"`), iotest.ErrReader(boom))
	res := (*Pool)(nil).Open(Input{Name: "in"})
	if err := res.Read(context.Background(), r); !errors.Is(err, boom) {
		t.Errorf("error %v, want boom", err)
	}
	if s := res.Snapshot(); len(s.Pods) != 2 || len(s.Skipped) != 1 {
		t.Errorf("%d pods, want the one before the error and the one it cut; skipped %q", len(s.Pods), s.Skipped)
	}
}

func TestRead_contextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := (*Pool)(nil).Open(Input{}).Read(ctx, strings.NewReader(`{"kind":"Pod"}`))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
}

func TestSnapshot_manySkipped(t *testing.T) {
	s, err := Parse([]byte(strings.Repeat("kind: Namespace\n---\n", 40)+"kind: Namespace\nmetadata: {name: a}\n"), "in", 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Skipped) != maxSkipped+1 || s.Skipped[maxSkipped] != "in: 30 more places could not be read" {
		t.Errorf("skipped: %q", s.Skipped)
	}
}

func TestParse_linesBeginWhereTold(t *testing.T) {
	s, err := Parse([]byte("\nkind: Pod\nmetadata: {name: a}\n"), "in", 100)
	if err != nil || len(s.Pods) != 1 || s.Pods[0].Source.Line != 101 {
		t.Errorf("%v %+v", err, s)
	}
}
