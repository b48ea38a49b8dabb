package captext_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

func source(b []byte) captext.Source {
	return func(s scap.Sink) (*scap.Reader, error) {
		return scap.NewReader(bytes.NewReader(b), scap.ReadOptions{Meta: s, Workers: 1})
	}
}

func compiled(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := captext.Compile(&b, text, scap.WriteOptions{}); err != nil {
		t.Fatalf("%v of\n%s", err, text)
	}
	return b.Bytes()
}

func printed(t testing.TB, capture []byte) (string, map[string]uint64) {
	t.Helper()
	var b bytes.Buffer
	left, err := captext.Print(&b, source(capture))
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), left
}

// samples are all texts of captures in the repository.
func samples(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{"story": story}
	for _, glob := range []string{"../rules/*/testdata/*.txtar", "../../cmd/unloop/testdata/script/*.txtar"} {
		files, _ := filepath.Glob(glob)
		for _, f := range files {
			a, err := txtar.ParseFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range a.Files {
				if strings.HasSuffix(x.Name, ".scaptext") {
					out[filepath.Base(filepath.Dir(filepath.Dir(f)))+"/"+filepath.Base(f)+"/"+x.Name] = string(x.Data)
				}
			}
		}
	}
	if len(out) < 50 {
		t.Fatalf("only %d texts of captures found", len(out))
	}
	return out
}

// TestPrint_textsAreHeldWhole: the printed text gives the same capture, to the byte, and
// prints as itself.
func TestPrint_textsAreHeldWhole(t *testing.T) {
	for name, text := range samples(t) {
		want := compiled(t, text)
		again, left := printed(t, want)
		if len(left) > 0 {
			t.Errorf("%s: left out %v", name, left)
		}
		got := compiled(t, again)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: the printed text\n%s\ngives another capture than\n%s", name, again, text)
			continue
		}
		if once, _ := printed(t, got); once != again {
			t.Errorf("%s: prints as\n%s\nand then as\n%s", name, again, once)
		}
	}
}

// what lists what each thread did, as far as the form holds it; like, where not nil, has the
// parameters to list: calls of other layouts have fewer.
func what(t testing.TB, capture []byte) map[int64][]map[string]string {
	t.Helper()
	out := map[int64][]map[string]string{}
	tr := state.New()
	r, err := source(capture)(tr)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var ev event.Event
	for r.Next(&ev) == nil {
		tr.Apply(&ev)
		name := ev.Name()
		res, _ := ev.Result()
		if ev.Hidden() || ev.Kind == nil {
			continue
		}
		did := map[string]string{"name": name}
		switch {
		case name == "procexit":
			n, ok := ev.Int(0)
			if !ok {
				continue
			}
			did["status"] = fmt.Sprint(n & 0xffff)
		case name == "signaldeliver":
			n, _ := ev.Uint(2)
			did["signal"] = fmt.Sprint(n)
		case ev.IsEnter() || ev.Kind.Flags&event.HasExit == 0 || !captext.Has(name):
			continue
		case !ev.Failed() && slices.Contains([]string{"clone", "fork", "vfork", "clone3"}, name):
			continue // see below
		case name == "execve":
			did["res"] = fmt.Sprint(res)
			if !ev.Failed() {
				did["exe"], did["args"] = ev.Thread.ExePath, ev.Thread.Args
			}
		default:
			for i := range min(ev.NParams, len(ev.Kind.Params)) {
				b, _ := ev.Param(i)
				if event.KindOf(ev.Type).Params[i].Type != event.SockTuple && len(b) > 0 {
					did[ev.Kind.Params[i].Name] = string(bytes.TrimRight(b, "\x00"))
				}
			}
		}
		out[ev.Tid] = append(out[ev.Tid], did)
	}
	return out
}

// TestPrint_realCaptures: what the form holds of captures of other programs is the same
// afterwards, and the text prints as itself.
func TestPrint_realCaptures(t *testing.T) {
	files := captures.Files(t)
	events, total := 0, map[string]uint64{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text, left := printed(t, b)
		for k, n := range left {
			total[k] += n
		}
		if !strings.Contains(text, "\n+") {
			continue
		}
		again := compiled(t, text)
		if once, _ := printed(t, again); body(once) != body(text) {
			a, z := apart(body(text), body(once))
			t.Errorf("%s prints as\n%s\nand then as\n%s", filepath.Base(f), a, z)
		}
		want, got := what(t, b), what(t, again)
		for tid, list := range want {
			for i, did := range list {
				if i >= len(got[tid]) {
					t.Errorf("%s: thread %d did %d of %d things, not %q", filepath.Base(f), tid, len(got[tid]), len(list), did)
					break
				}
				now := got[tid][i]
				for name, v := range did {
					if name == "exe" && v == "" {
						continue // old captures do not tell
					}
					if now[name] != v && !(now[name] == "" && strings.Trim(v, "\x00") == "") {
						t.Errorf("%s: thread %d, thing %d: %s is %q, was %q\n%q\n%q", filepath.Base(f), tid, i, name, now[name], v, did, now)
						break
					}
				}
				events++
			}
		}
	}
	t.Logf("%d events of %d files are the same; left out: %v", events, len(files), total)
	if events < 50_000 {
		t.Errorf("only %d events were compared", events)
	}
}

// body is a text without the comment on what is left out.
func body(text string) string {
	text, _, _ = strings.Cut(text, "# left out")
	return text
}

// apart is where two texts part.
func apart(a, b string) (string, string) {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprint(i+1, ": ", x[i]), fmt.Sprint(i+1, ": ", y[i])
		}
	}
	return fmt.Sprint(len(x), " lines"), fmt.Sprint(len(y), " lines")
}
