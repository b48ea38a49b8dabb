package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"
)

// The frames that `kubectl cluster-info dump` writes around each log
// (kubernetes v1.36 staging/src/k8s.io/kubectl/pkg/cmd/clusterinfo). The end
// follows the last byte of the log, which need not be a newline.
const (
	FrameStart = "==== START logs for container "
	FrameEnd   = "==== END logs for container "
)

// maxTextLine is the longest piece of a text line that is handed on.
const maxTextLine = 1 << 20

// The most objects that one input may hold; a cluster of 5,000 nodes has 150,000
// pods (kubernetes.io/docs/setup/best-practices/cluster-large). YAML costs ten
// times what JSON does.
const (
	maxObjects     = 2_000_000
	maxYAMLObjects = 300_000
)

// TooManyError says that an input was left behind so many objects.
type TooManyError struct{ Objects int }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("holds more than %d objects: the rest was not read", e.Objects)
}

var errCut = errors.New("the input ends inside it")

// splitter cuts a stream into objects and text.
type splitter struct {
	ctx   context.Context
	pool  *Pool
	local *worker
	res   *Result
	in    Input
	w     *window
	cur   *batch
	// objects and yamls count what was added.
	objects, yamls int
	open           *List // the list that is being read
}

func (s *splitter) run() error {
	fresh := true // at a place where a document is expected
	for s.w.blank() {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		head := s.w.head()
		before := s.w.taken
		var err error
		switch {
		case separator(head):
			n, _ := s.w.lineEnd(0, maxTextLine)
			s.w.take(n)
			fresh = true
			continue
		case startsJSON(head, fresh):
			s.w.take(skipSpace(head, 0))
			fresh, err = s.json()
		case startsYAML(head, fresh):
			fresh, err = s.yaml()
		default:
			fresh, err = false, s.text(0)
		}
		if err == nil && s.w.taken == before {
			// It began like a document and was none from its first line on.
			err = s.text(0)
		}
		if err != nil {
			return err
		}
	}
	if s.w.err != io.EOF {
		return s.w.err
	}
	return nil
}

// sniffBytes is how far a document's start is looked at.
const sniffBytes = 512

var (
	jsonObject = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:\[\s*)?\{\s*"(?:kind|apiVersion|metadata|items)"\s*:`)
	})
	yamlKey = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:- )?"?[a-z][A-Za-z0-9._/-]{0,100}"?:(?:[ \t\r\n]|$)`)
	})
	yamlObject = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:- )?(?:apiVersion: +["']?[a-z0-9./-]+["']?|kind: +["']?[A-Z][A-Za-z]+["']?) *\r?\n`)
	})
)

// startsJSON reports whether a JSON document starts here. Between lines of text
// only what looks like an object of Kubernetes counts.
func startsJSON(head []byte, fresh bool) bool {
	head = head[skipSpace(head, 0):]
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return false
	}
	if fresh {
		i := skipSpace(head, 1)
		return i == len(head) || bytes.IndexByte([]byte(`{["}]`), head[i]) >= 0
	}
	return jsonObject().Match(head)
}

// startsYAML is the same for YAML.
func startsYAML(head []byte, fresh bool) bool {
	if !fresh {
		return yamlObject().Match(head)
	}
	return head[0] == '#' || head[0] == '%' || yamlKey().Match(head)
}

// separator reports whether a line between documents starts here.
func separator(head []byte) bool {
	if !bytes.HasPrefix(head, []byte("---")) && !bytes.HasPrefix(head, []byte("...")) {
		return false
	}
	line, _, _ := bytes.Cut(head, newline)
	line = bytes.TrimRight(line[3:], " \t\r")
	return len(line) == 0 || line[0] == ' '
}

// text hands lines on until a document starts. The first line, and all within
// the next skip bytes, are text in any case: they were tried already.
func (s *splitter) text(skip int) error {
	framed := false
	for first := true; s.w.have(1); first = false {
		head := s.w.head()
		framed = framed || bytes.HasPrefix(head, []byte(FrameStart))
		if !framed && !first && skip <= 0 && (separator(head) || startsJSON(head, false) || startsYAML(head, false)) {
			return nil
		}
		n, _ := s.w.lineEnd(0, maxTextLine)
		skip -= n
		number := s.w.line
		line := s.w.take(n)
		if framed && bytes.Contains(line, []byte(FrameEnd)) {
			framed = false
		}
		if s.in.Text != nil {
			if err := s.in.Text(line, number); err != nil {
				return err
			}
		}
	}
	return nil
}

// batch returns the batch that is being filled.
func (s *splitter) batch() *batch {
	if s.cur == nil {
		s.cur = &batch{part: &part{}, work: &s.res.work, input: s.in.Name, buf: s.pool.buffer()}
		s.res.parts = append(s.res.parts, s.cur.part)
		if s.open != nil {
			s.cur.kind, s.cur.apiVersion, s.cur.listed = s.open.Kind, s.open.apiVersion, true
			s.open.parts = append(s.open.parts, s.cur.part)
		}
	}
	return s.cur
}

// add takes one object's text, which begins in line.
func (s *splitter) add(text []byte, line int, it item) error {
	s.objects++
	if it.yaml {
		s.yamls++
	}
	if s.objects > maxObjects || s.yamls > maxYAMLObjects {
		return &TooManyError{s.objects - 1}
	}
	b := s.batch()
	it.start, it.line = len(b.buf), line
	b.buf = append(b.buf, text...)
	it.end = len(b.buf)
	b.list = append(b.list, it)
	if len(b.buf) >= batchBytes {
		s.flush()
	}
	return s.ctx.Err()
}

// skip records a place that could not be read.
func (s *splitter) skip(line int, format string, args ...any) {
	s.batch().skip(s.in.Name, line, format, args...)
}

// flush hands the batch to a worker.
func (s *splitter) flush() {
	b := s.cur
	if b == nil {
		return
	}
	s.cur = nil
	if s.local != nil {
		s.local.decode(b)
		return
	}
	s.res.work.Add(1)
	s.pool.jobs <- b
}
