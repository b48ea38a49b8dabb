package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

const (
	// maxMendBytes is the largest document that is tried again after a fault, and
	// maxMends how often: a paste is small, and each try reads it whole.
	maxMendBytes = 1 << 20
	maxMends     = 12
	// maxGrowth bounds what aliases may make of a document: JSON with escapes is
	// below six times its text.
	maxGrowth = 6
)

var (
	errAliases = errors.New("its aliases expand to too much")
	// errNothing: a document of comments, or of one word.
	errNothing = errors.New("no Kubernetes object found")
)

// fromYAML appends the JSON of a YAML document to dst. mended are the numbers
// of lines, from 1, that had to be left out because they are no YAML.
func fromYAML(dst, text []byte) (out []byte, mended []int, err error) {
	text = dropManaged(text)
	var doc yaml.Node
	err = parse(text, &doc)
	if err != nil && len(text) <= maxMendBytes && !isTemplate(text) {
		text, mended, err = mend(text, &doc, err)
	}
	if err != nil {
		return dst, nil, err
	}
	e := &encoder{out: dst, limit: len(dst) + maxGrowth*len(text) + 64<<10}
	if doc.Kind == 0 || doc.Content[0].Kind == yaml.ScalarNode {
		return dst, mended, errNothing
	}
	err = e.node(&doc, 0)
	return e.out, mended, err
}

// parse is yaml.Unmarshal that survives a fault in the parser.
func parse(text []byte, doc *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("is not YAML: %v", r)
		}
	}()
	*doc = yaml.Node{}
	return yaml.Unmarshal(text, doc)
}

// dropManaged blanks the managedFields of an object, which are half of its
// lines, and leaves the numbers of the other lines as they are. Deeper than the
// metadata of a list's item, the word is somebody's text. Those of a ConfigMap
// or Secret are few, and say when it changed.
func dropManaged(text []byte) []byte {
	if !bytes.Contains(text, []byte(managedFields)) || bytes.Contains(text, []byte("kind: ConfigMap")) || bytes.Contains(text, []byte("kind: Secret")) {
		return text
	}
	out := make([]byte, 0, len(text))
	under := -1
	for len(text) > 0 {
		n := bytes.IndexByte(text, '\n') + 1
		if n == 0 {
			n = len(text)
		}
		line := text[:n]
		text = text[n:]
		indent := indentOf(line)
		if under >= 0 && (len(bytes.TrimSpace(line)) == 0 || indent > under || indent == under && line[indent] == '-') {
			out = append(out, '\n')
			continue
		}
		under = -1
		if indent >= 2 && indent <= 4 && string(bytes.TrimSpace(line)) == managedFields+":" {
			under = indent
			out = append(out, '\n')
			continue
		}
		out = append(out, line...)
	}
	return out
}

var (
	yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`line (\d+): (.*)`) })
	// elided are lines by which people say that they left something out.
	elided = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^\s*(?:[-#]\s*)?(?:\.{2,}|…|\[\s*(?:\.{2,}|…)\s*\]|<[^<>:]*(?:snip|omitted|truncated|redacted)[^<>:]*>|\[[^\[\]:]*(?:snip|omitted|truncated)[^\[\]:]*\]|-+\s*(?:snip|8<)\s*-+)\s*$`)
	})
)

// mend tries a document again without what stands in the way of its parser:
// first without tabs in the indentation and without marks of omission, then
// without the line that each error names.
func mend(text []byte, doc *yaml.Node, err error) ([]byte, []int, error) {
	lines := bytes.SplitAfter(text, newline)
	changed := false
	for i, line := range lines {
		switch {
		case elided().Match(line):
			lines[i] = newline
		case bytes.IndexByte(line[:len(line)-len(bytes.TrimLeft(line, " \t"))], '\t') >= 0:
			lines[i] = untab(line)
		default:
			continue
		}
		changed = true
	}
	if changed {
		text = bytes.Join(lines, nil)
		err = parse(text, doc)
	}
	var mended []int
	for range maxMends {
		if err == nil {
			slices.Sort(mended)
			return text, mended, nil
		}
		n := faulty(err, lines)
		if n == 0 {
			return text, nil, err
		}
		lines[n-1] = newline
		mended = append(mended, n)
		text = bytes.Join(lines, nil)
		err = parse(text, doc)
	}
	return text, nil, err
}

// faulty returns the number of the line to leave out for an error: the one that
// it names, or the nearest one before that still has text. 0 is none.
func faulty(err error, lines [][]byte) int {
	m := yamlLine().FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	n = min(n, len(lines))
	// The scanner names the line behind a key that never got its colon.
	if strings.Contains(m[2], "could not find expected ':'") && n > 1 && len(bytes.TrimSpace(lines[n-2])) > 0 && !bytes.Contains(lines[n-2], []byte(":")) {
		n--
	}
	for n > 0 && len(bytes.TrimSpace(lines[n-1])) == 0 {
		n--
	}
	return n
}

// untab replaces tabs of the indentation by two spaces each.
func untab(line []byte) []byte {
	body := bytes.TrimLeft(line, " \t")
	lead := bytes.ReplaceAll(line[:len(line)-len(body)], []byte("\t"), []byte("  "))
	return append(lead, body...)
}

// isTemplate reports whether a text that is no YAML is one that makes some:
// mending it would give an object that nobody applied.
func isTemplate(text []byte) bool { return bytes.Contains(text, []byte("{{")) }

// place takes the error for a document apart: the line in it, from 1, and what
// is wrong there.
func place(err error, text []byte) (line int, why string) {
	if isTemplate(text) {
		return 1, "is a template and no manifest yet: render it first"
	}
	if m := yamlLine().FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
		return max(line, 1), "is not YAML: " + m[2]
	}
	if why, ok := strings.CutPrefix(err.Error(), "yaml: "); ok {
		return 1, "is not YAML: " + why
	}
	return 1, err.Error()
}
