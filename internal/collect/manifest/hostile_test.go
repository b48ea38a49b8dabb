package manifest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/internal/collect/golden"
)

// repeat is a reader of n times the same text, which needs no memory.
func repeat(text string, n int) io.Reader {
	readers := make([]io.Reader, 0, n)
	for range n {
		readers = append(readers, strings.NewReader(text))
	}
	return io.MultiReader(readers...)
}

// TestParse_hostile: texts that are made to cost time or memory end soon, with an
// error or one line that says what was left out. A loop that is not linear makes
// this test run for minutes.
func TestParse_hostile(t *testing.T) {
	const size = 4 << 20
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		p := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [*" + p + ",*" + p + ",*" + p + ",*" + p + ",*" + p + ",*" + p + ",*" + p + ",*" + p + "]\n"
	}
	for name, in := range map[string]string{
		"braces":             strings.Repeat("{", size),
		"brackets":           strings.Repeat("[", size),
		"open objects":       strings.Repeat("{\"kind\":[\n", size/10),
		"nested and wrong":   strings.Repeat("{\"kind\":[\n", size/20) + strings.Repeat("]}", size/20-1) + "x",
		"deep pod":           `{"kind":"Pod","spec":` + strings.Repeat(`{"a":`, size/5) + strings.Repeat("}", size/5) + "}",
		"deep yaml":          "kind: Pod\nspec: " + strings.Repeat("[", 200_000),
		"yaml bomb":          "kind: Pod\n" + bomb,
		"alias to itself":    "kind: Pod\nmetadata: &m\n  name: a\n  more: *m\n",
		"merge with itself":  "kind: Pod\nmetadata: &m\n  name: a\n  <<: *m\n",
		"question marks":     "kind: Pod\n" + strings.Repeat("? ", size/4),
		"dashes":             "kind: Pod\nspec:\n" + strings.Repeat("- ", size/8),
		"quotes":             strings.Repeat("\"", size),
		"backslashes":        `{"kind":"Pod","a":"` + strings.Repeat(`\`, size),
		"many documents":     strings.Repeat("---\n", size/4),
		"many empty objects": strings.Repeat("{}", size/10),
		"one long line":      "kind: " + strings.Repeat("x", size),
		"keys":               strings.Repeat("kind: Pod\n", size/400),
		"colons":             "kind: Pod\n" + strings.Repeat(": ", size/8),
		"comments":           "kind: Pod\n" + strings.Repeat("# x\n", size/4),
		"anchors":            "kind: Pod\nspec:\n" + strings.Repeat("  - &a x\n", size/40),
		"bad lines":          "kind: Pod\nmetadata: {name: a}\nspec:\n" + strings.Repeat("  a: b: c\n", 2000),
		"tags":               "kind: Pod\nspec: !!binary " + strings.Repeat("!", 10000),
		"zero bytes":         "kind: Pod\nspec: \x00\x00",
		"bad utf-8":          "kind: Pod\nmetadata: {name: \"\xff\xfe\"}\n",
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse([]byte(in), "in", 1)
			if not := new(NotManifestError); err != nil && !errors.As(err, &not) {
				t.Fatalf("error %v", err)
			}
			if s != nil && len(s.Skipped) > maxSkipped+1 {
				t.Errorf("%d lines of skipped", len(s.Skipped))
			}
			for _, line := range strings.Split(golden.Text(orEmpty(s)), "\n") {
				if len(line) > 4000 {
					t.Errorf("a line of %d bytes: %.200s", len(line), line)
				}
			}
		})
	}
}

func TestParse_tooLargeObjectIsLeftOut(t *testing.T) {
	big := `{"kind":"Pod","metadata":{"name":"big","annotations":{"a":"`
	in := io.MultiReader(strings.NewReader(`{"kind":"List","items":[{"kind":"Pod","metadata":{"name":"a"}},`+big),
		repeat(strings.Repeat("x", 1<<20), 20), strings.NewReader(`"}}},{"kind":"Pod","metadata":{"name":"b"}}]}`))
	got := readAll(t, nil, in)
	if !strings.Contains(got, "pod /a") || !strings.Contains(got, "pod /b") || strings.Contains(got, "pod /big") ||
		!strings.Contains(got, "skipped in:1: an object larger than 16 MiB was left out") {
		t.Errorf("got:\n%.2000s", got)
	}
}

func TestParse_tooLargeDocumentIsLeftOut(t *testing.T) {
	in := io.MultiReader(strings.NewReader("kind: Pod\nmetadata:\n  name: big\n  annotations:\n    a: |\n"),
		repeat("      "+strings.Repeat("x", 1<<20)+"\n", 20), strings.NewReader("---\nkind: Pod\nmetadata: {name: b}\n"))
	got := readAll(t, nil, in)
	if !strings.Contains(got, "pod /b") || strings.Contains(got, "pod /big") || !strings.Contains(got, "a document larger than 16 MiB was left out") {
		t.Errorf("got:\n%.2000s", got)
	}
}

func TestCloseCut_everyPlace(t *testing.T) {
	whole := []byte(`{"kind":"Pod","metadata":{"name":"a\"}","labels":{"x":"y"}},"n":[1,2,{"b":true}],"spec":{}}`)
	for i := 1; i < len(whole); i++ {
		closed := closeCut(whole[:i])
		if end := valueEnd(closed, 0); end != len(closed) {
			t.Errorf("cut at %d: %s does not end", i, closed)
		}
		if !bytes.HasPrefix(whole, closed[:len(bytes.TrimRight(closed, "]}"))]) {
			t.Errorf("cut at %d: %s is no part of the whole", i, closed)
		}
	}
}
