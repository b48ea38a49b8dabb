package capture_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/internal/capture"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

func bytesSource(b []byte) capture.Source {
	return func(s scap.Sink) (*scap.Reader, error) {
		return scap.NewReader(bytes.NewReader(b), scap.ReadOptions{Meta: s, Workers: 1})
	}
}

func target(w io.Writer) capture.Target {
	return func(p *scap.Private) (*scap.Writer, error) { return scap.NewWriter(w, scap.WriteOptions{Private: p}) }
}

// lines renders the events of a capture that match, without their numbers.
func lines(t testing.TB, src capture.Source, expr string) []string {
	t.Helper()
	tr := state.New()
	r, err := src(tr)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sess := &filter.Session{State: tr}
	match, out := matcher(t, expr, sess), format(t, sess)
	var got []string
	var ev event.Event
	for r.Next(&ev) == nil {
		tr.Apply(&ev)
		sess.See(&ev)
		// The exit of setsockopt has no descriptor: what it shows is that of the call before.
		if filter.Visible(&ev) && ev.Name() != "setsockopt" && match(&ev) {
			line, _ := out.Append(nil, &ev)
			got = append(got, string(line))
		}
	}
	return got
}

func matcher(t testing.TB, expr string, sess *filter.Session) func(*event.Event) bool {
	t.Helper()
	if expr == "" {
		return func(*event.Event) bool { return true }
	}
	f, err := filter.Compile(expr, sess)
	if err != nil {
		t.Fatal(err)
	}
	return f.Match
}

func format(t testing.TB, sess *filter.Session) *filter.Format {
	t.Helper()
	f, err := filter.NewFormat("*%evt.rawtime %evt.cpu %proc.name %thread.tid %proc.pname %container.id %evt.dir %evt.type %fd.name %evt.args", sess, filter.FormatOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A part by filter shows the events that the whole shows, with the same names.
func TestCut_showsWhatTheWholeShows(t *testing.T) {
	compared := 0
	for _, file := range captures.Files(t) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, expr := range []string{"evt.type in (read,write,recvfrom,sendto)", "evt.failed=true", "proc.name!=sshd and fd.name exists"} {
			src := bytesSource(b)
			sess := &filter.Session{}
			match := matcher(t, expr, sess)
			var out bytes.Buffer
			_, err := capture.Cut(context.Background(), src, target(&out), capture.CutOptions{Match: func(ev *event.Event, tr *state.Tracker) bool {
				sess.State = tr
				return filter.Visible(ev) && match(ev)
			}})
			if errors.Is(err, scap.ErrEmpty) {
				continue
			}
			if err != nil {
				t.Fatalf("%s, %s: %v", file, expr, err)
			}
			want, got := lines(t, src, expr), lines(t, bytesSource(out.Bytes()), "")
			different(t, fmt.Sprintf("%s, %s", filepath.Base(file), expr), want, got)
			compared += len(want)
		}
	}
	if compared < 1000 {
		t.Errorf("%d events compared only", compared)
	}
}

// A part by time begins with the names that the whole has there.
func TestCut_byTime(t *testing.T) {
	for _, file := range captures.Files(t) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all := lines(t, bytesSource(b), "")
		if len(all) < 200 {
			continue
		}
		var from uint64
		if _, err := fmt.Sscan(all[len(all)/2], &from); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := capture.Cut(context.Background(), bytesSource(b), target(&out), capture.CutOptions{From: from}); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var want []string
		for _, l := range all {
			var at uint64
			if _, err := fmt.Sscan(l, &at); err == nil && at >= from {
				want = append(want, l)
			}
		}
		different(t, filepath.Base(file), want, lines(t, bytesSource(out.Bytes()), ""))
	}
}

func different(t testing.TB, what string, want, got []string) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		// A process whose directory is not known has none in the process list of a file but "/".
		if want[i] != got[i] && strings.ReplaceAll(want[i], "/", "") != strings.ReplaceAll(got[i], "/", "") {
			t.Errorf("%s: event %d of %d\n whole: %s\n  part: %s", what, i+1, len(want), want[i], got[i])
			return
		}
	}
	if len(want) != len(got) {
		t.Errorf("%s: %d events in the part, want %d", what, len(got), len(want))
	}
}

const twoFiles = `machine node-7
process 100 server exe=/app/server args="--token abc123xyzabc123xyz"
+0 100 openat 3 name=/home/lena/keys.yaml
+1ms 100 read fd=3 data="key: value"
+1ms 100 exit 1
`

func compile(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := captext.Compile(&b, text, scap.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMerge_shiftsOtherMachines(t *testing.T) {
	a, b := compile(t, twoFiles), compile(t, strings.ReplaceAll(twoFiles, "node-7", "node-8"))
	var out bytes.Buffer
	res, err := capture.Merge(context.Background(), []capture.Source{bytesSource(a), bytesSource(b)}, target(&out), capture.MergeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if res.Events != 10 || res.Shift[0] != 0 || res.Shift[1] != 1<<23 {
		t.Errorf("got %+v", res)
	}
	got := lines(t, bytesSource(out.Bytes()), "evt.type=procexit")
	if len(got) != 2 || !strings.Contains(got[0], " 100 ") || !strings.Contains(got[1], " 8388708 ") {
		t.Errorf("ends are\n%s", strings.Join(got, "\n"))
	}
}

func TestRedact_leavesNothingBehind(t *testing.T) {
	in := compile(t, twoFiles)
	var out bytes.Buffer
	res, err := capture.Redact(context.Background(), bytesSource(in), target(&out), capture.RedactOptions{Args: true, Paths: true, Salt: []byte("salt")})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"abc123", "lena", "keys", "key: value", "PATH="} {
		if bytes.Contains(out.Bytes(), []byte(secret)) {
			t.Errorf("%q is still there", secret)
		}
	}
	if got, want := len(lines(t, bytesSource(out.Bytes()), "")), len(lines(t, bytesSource(in), "")); got != want || res.Paths == 0 || res.Payloads == 0 {
		t.Errorf("%d of %d events, %+v", got, want, res)
	}
}

// Every real capture can be checked, dumped, converted and redacted.
func TestAll_onRealCaptures(t *testing.T) {
	for _, file := range captures.Files(t) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			ctx := context.Background()
			tr := state.New()
			r, err := bytesSource(b)(tr)
			if err != nil {
				t.Fatal(err)
			}
			rep, err := capture.Check(ctx, r, tr)
			if err != nil || rep.Damaged() && rep.Events > 0 {
				t.Errorf("check: %+v, %v", rep, err)
			}
			if len(lines(t, bytesSource(b), "")) == 0 {
				return
			}
			if err := capture.Dump(ctx, bytes.NewReader(b), io.Discard, capture.DumpOptions{To: 300}); err != nil {
				t.Errorf("dump: %v", err)
			}
			var out bytes.Buffer
			if _, err := capture.Redact(ctx, bytesSource(b), target(&out), capture.RedactOptions{Args: true, Paths: true}); err != nil {
				t.Errorf("redact: %v", err)
			}
			for _, form := range []capture.Form{capture.JSONLines, capture.Strace} {
				tr := state.New()
				r, err := bytesSource(out.Bytes())(tr)
				if err != nil {
					t.Fatal(err)
				}
				if n, err := capture.Convert(ctx, r, tr, io.Discard, capture.ConvertOptions{Form: form}); err != nil || n == 0 && form == capture.JSONLines {
					t.Errorf("%s: %d lines, %v", form, n, err)
				}
			}
		})
	}
}

// Whatever bytes come in, nothing panics, and what is written is read again.
func FuzzAll(f *testing.F) {
	f.Add(compile(f, twoFiles))
	f.Add([]byte("\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a\x01\x00\x02\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		ctx := context.Background()
		_ = capture.Dump(ctx, bytes.NewReader(b), io.Discard, capture.DumpOptions{})
		var out bytes.Buffer
		if _, err := capture.Redact(ctx, bytesSource(b), target(&out), capture.RedactOptions{Paths: true}); err != nil {
			return
		}
		var cut bytes.Buffer
		if _, err := capture.Cut(ctx, bytesSource(out.Bytes()), target(&cut), capture.CutOptions{From: 1}); err != nil && !errors.Is(err, scap.ErrEmpty) {
			t.Fatalf("what was written cannot be cut: %v", err)
		}
		tr := state.New()
		r, err := bytesSource(out.Bytes())(tr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := capture.Convert(ctx, r, tr, io.Discard, capture.ConvertOptions{Form: capture.Strace}); err != nil {
			t.Fatal(err)
		}
	})
}
