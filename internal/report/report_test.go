package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"sigs.k8s.io/yaml"

	"github.com/unloop-dev/unloop"
)

func one(d unloop.Diagnosis) unloop.DiagnosisList {
	return unloop.DiagnosisList{Items: []unloop.Diagnosis{d}}
}

func TestText_goldens(t *testing.T) {
	healthy := unloop.DiagnosisList{Items: []unloop.Diagnosis{healthyPod("api-1"), healthyPod("api-2")}}
	unexplained := many().Items[14]
	for _, tc := range []struct {
		name string
		list unloop.DiagnosisList
		o    Options
	}{
		{"text-80", one(rich()), Options{Width: 80, Now: sampleNow}},
		{"text-200", one(rich()), Options{Width: 200, Now: sampleNow}},
		{"text-80-ascii", one(rich()), Options{Width: 80, ASCII: true}},
		{"text-80-color", one(rich()), Options{Width: 80, Color: true, Now: sampleNow}},
		{"text-80-verbose", one(rich()), Options{Width: 80, Verbose: true, Now: sampleNow, Program: "kubectl unloop"}},
		{"text-many-80", many(), Options{Width: 80, Now: sampleNow}},
		{"text-many-200", many(), Options{Width: 200, Now: sampleNow}},
		{"text-healthy", healthy, Options{}},
		{"text-healthy-one", one(healthyPod("api-1")), Options{}},
		{"text-healthy-log", one(unloop.Diagnosis{Subject: unloop.Subject{Kind: "Log", Name: "app.log"}, Healthy: true}), Options{}},
		{"text-healthy-spec", one(unloop.Diagnosis{Subject: unloop.Subject{Kind: "Pod", Namespace: "shop", Name: "api-1"}, Healthy: true}), Options{}},
		{"text-nothing", unloop.DiagnosisList{}, Options{}},
		{"text-unexplained", one(unexplained), Options{}},
		{"text-hostile", hostile(), Options{Verbose: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Text(&b, tc.list, tc.o); err != nil {
				t.Fatal(err)
			}
			golden(t, tc.name, b.Bytes())
		})
	}
}

func TestDocument_goldens(t *testing.T) {
	for _, tc := range []struct {
		name  string
		list  unloop.DiagnosisList
		write func(io.Writer, unloop.DiagnosisList) error
	}{
		{"rich.json", unloop.DiagnosisList{Items: []unloop.Diagnosis{rich(), healthyPod("api-1")}, Skipped: []string{"a.txt: not readable"}}, JSON},
		{"rich.yaml", unloop.DiagnosisList{Items: []unloop.Diagnosis{rich(), healthyPod("api-1")}, Skipped: []string{"a.txt: not readable"}}, YAML},
		{"hostile.json", hostile(), JSON},
		{"empty.json", unloop.DiagnosisList{}, JSON},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := tc.write(&b, tc.list); err != nil {
				t.Fatal(err)
			}
			golden(t, tc.name, b.Bytes())
		})
	}
}

func TestMarkdown_goldens(t *testing.T) {
	for _, tc := range []struct {
		name string
		list unloop.DiagnosisList
	}{
		{"rich.md", one(rich())}, {"many.md", many()}, {"hostile.md", hostile()}, {"healthy.md", one(healthyPod("api-1"))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Markdown(&b, tc.list, Options{Now: sampleNow}); err != nil {
				t.Fatal(err)
			}
			golden(t, tc.name, b.Bytes())
		})
	}
}

// renderers are all ways out of this package.
var renderers = map[string]func(io.Writer, unloop.DiagnosisList) error{
	"text":     func(w io.Writer, l unloop.DiagnosisList) error { return Text(w, l, Options{Verbose: true}) },
	"narrow":   func(w io.Writer, l unloop.DiagnosisList) error { return Text(w, l, Options{Width: 1}) },
	"markdown": func(w io.Writer, l unloop.DiagnosisList) error { return Markdown(w, l, Options{Verbose: true}) },
	"json":     JSON,
	"yaml":     YAML,
}

func TestWall_nothingGetsThrough(t *testing.T) {
	table := hostile()
	table.Items = append(table.Items, rich())
	for name, write := range renderers {
		for _, list := range []unloop.DiagnosisList{hostile(), table} {
			var b bytes.Buffer
			if err := write(&b, list); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, r := range b.String() {
				if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
					t.Errorf("%s: %U got through", name, r)
				}
			}
			for _, secret := range []string{"hunter2", "abc.def", "abc123", "owned", "hunter3"} {
				if strings.Contains(b.String(), secret) {
					t.Errorf("%s: %q got through:\n%s", name, secret, b.String())
				}
			}
		}
	}
}

// A field that is added to the contract and forgotten in clean would be a hole.
func TestWall_everyField(t *testing.T) {
	const dirty = "x\x1b[31my PASSWORD=hunter2"
	var list unloop.DiagnosisList
	fill(reflect.ValueOf(&list).Elem(), dirty)
	list.Items[0].Findings[0].Fixes[0].Patch = json.RawMessage(`{"a":"x PASSWORD=hunter2"}`)
	got := clean(list)
	// Ids of the catalogue and words of the engine pass as they are.
	got.Items[0].Findings[0].Cause = ""
	got.Items[0].Findings[0].Fixes[0].Risk = ""
	got.Items[0].NotEvaluated[0].Needs = ""
	got.Items[0].NotEvaluated[0].Causes = nil
	b, err := json.Marshal(got.DiagnosisList)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(b); strings.Contains(s, "hunter2") || strings.Contains(s, `\u001b`) {
		t.Errorf("a field is not cleaned: %s", s)
	}
	if n := strings.Count(string(b), "PASSWORD=[redacted]"); n < 20 {
		t.Errorf("only %d fields were filled: the test tests nothing", n)
	}
}

// fill sets every string below v, making one element of every list.
func fill(v reflect.Value, s string) {
	switch v.Type() {
	case reflect.TypeFor[unloop.Message]():
		v.Set(reflect.ValueOf(unloop.Msg("%s", s)))
		return
	case reflect.TypeFor[json.RawMessage]():
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), s)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), s)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), s)
			}
		}
	}
}

func TestClean_leavesTheArgument(t *testing.T) {
	list := hostile()
	clean(list)
	if !reflect.DeepEqual(list, hostile()) {
		t.Error("clean changed its argument")
	}
}

func TestJSON_readsBack(t *testing.T) {
	var j, y bytes.Buffer
	if err := errors.Join(JSON(&j, one(rich())), YAML(&y, one(rich()))); err != nil {
		t.Fatal(err)
	}
	var fromJSON, fromYAML unloop.DiagnosisList
	if err := errors.Join(json.Unmarshal(j.Bytes(), &fromJSON), yaml.Unmarshal(y.Bytes(), &fromYAML)); err != nil {
		t.Fatal(err)
	}
	if got, want := fromJSON.Items[0].Findings[0].Summary.String(), rich().Findings[0].Summary.String(); got != want {
		t.Errorf("summary read back as %q, want %q", got, want)
	}
	if !reflect.DeepEqual(normal(t, fromJSON), normal(t, fromYAML)) {
		t.Error("JSON and YAML are not the same document")
	}
}

func normal(t *testing.T, l unloop.DiagnosisList) any {
	b, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestJSON_noNulls(t *testing.T) {
	var list unloop.DiagnosisList
	list.Items = []unloop.Diagnosis{{Findings: []unloop.Finding{{Confidence: unloop.Proven}}, NotEvaluated: []unloop.NotEvaluated{{}}}, {}}
	var b bytes.Buffer
	if err := JSON(&b, list); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "null") {
		t.Errorf("a list is null:\n%s", b.String())
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestRenderers_returnTheWriteError(t *testing.T) {
	for name, write := range renderers {
		if err := write(brokenWriter{}, many()); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestText_neverWiderThanAsked(t *testing.T) {
	for _, width := range []int{60, 80, 132, 200} {
		for name, list := range map[string]unloop.DiagnosisList{"rich": one(rich()), "many": many(), "hostile": hostile()} {
			var b bytes.Buffer
			if err := Text(&b, list, Options{Width: width, Now: sampleNow}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				line = strings.TrimRight(line, "\n")
				if strings.Contains(line, "kubectl ") || strings.Contains(line, "journalctl ") || strings.HasPrefix(line, "Pod ") {
					continue // commands and names are never broken
				}
				if Cells(line) > width {
					t.Errorf("%s at %d: %d columns: %s", name, width, Cells(line), line)
				}
			}
		}
	}
}

// The document's fields are a promise: docs/diagnosis-json.md names each of them.
func TestJSON_everyFieldIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/diagnosis-json.md")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	jsonNames(reflect.TypeFor[unloop.DiagnosisList](), names)
	if len(names) < 30 {
		t.Fatalf("only %d fields found", len(names))
	}
	for name := range names {
		if !regexp.MustCompile(`(?m)^\| .*[.` + "`" + `]` + name + "`").Match(doc) {
			t.Errorf("docs/diagnosis-json.md has no row for %q", name)
		}
	}
}

func jsonNames(typ reflect.Type, into map[string]bool) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice:
		jsonNames(typ.Elem(), into)
	case reflect.Struct:
		for i := range typ.NumField() {
			f := typ.Field(i)
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				into[name] = true
				jsonNames(f.Type, into)
			}
		}
	}
}
