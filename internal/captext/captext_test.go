package captext_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

const story = `machine node-7
container web pod=shop/web-1 uid=6a6f name=app image=registry.example/web:2
process 50 containerd-shim
process 100 server in=web vpid=1 parent=50 exe=/app/server args="--port 80" uid=1000 fdlimit=64 rss=2048
fd 100 2 pipe pipe:[72]
fd 100 7 tcp 10.0.0.1:40000->10.0.0.2:80
fd 100 8 listen 0.0.0.0:80
+0 100 openat 3 name=/etc/hosts flags=O_RDWR|O_CREAT   # a comment
+1ms 100 read fd=3 data="a \"quoted\" text\n"
+1ms 100 fork 101 in=web vpid=7
+1ms 101 exec /bin/ls args="-l /"
+1ms 101 socket 4 domain=AF_INET type=2
+1ms 101 connect 0 fd=4 to=10.96.0.10:53
+1ms 101 sendto fd=4 data="dns? A db.shop"
+1ms 101 recvfrom fd=4 data="dns! A db.shop NXDOMAIN"
+1ms 101 thread 102
+1ms 101 signal SIGSEGV
+0 101 exit SIGSEGV core
+1ms 100 connect ECONNREFUSED fd=7 to=/run/x.sock
+1ms 100 exit 3
`

func read(t testing.TB, b []byte, do func(*event.Event)) *state.Tracker {
	t.Helper()
	tr := state.New()
	r, err := scap.NewReader(bytes.NewReader(b), scap.ReadOptions{Meta: tr, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var ev event.Event
	for err = r.Next(&ev); err == nil; err = r.Next(&ev) {
		tr.Apply(&ev)
		do(&ev)
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	return tr
}

func TestCompile_isReadBack(t *testing.T) {
	var b bytes.Buffer
	if err := captext.Compile(&b, story, scap.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	var last uint64
	tr := read(t, b.Bytes(), func(ev *event.Event) {
		got[ev.Name()]++
		if ev.TsNanos < last {
			t.Errorf("event %d goes back in time", ev.Num)
		}
		last = ev.TsNanos
		if ev.Num == 9 && ev.Thread.Container.PodName != "web-1" {
			t.Errorf("event 9 is in %+v", ev.Thread.Container)
		}
	})
	for name, n := range map[string]int{"openat": 2, "read": 2, "clone": 4, "execve": 2, "connect": 4, "procexit": 2, "signaldeliver": 1} {
		if got[name] != n {
			t.Errorf("%s: %d events, want %d", name, got[name], n)
		}
	}
	if st := tr.Stats(); st.BadParams+st.Orphans > 0 {
		t.Errorf("the state had to put up with %+v", st)
	}
}

func TestCompile_errors(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"word":      {"frobnicate", `line 1: unknown word "frobnicate"`},
		"process":   {"+0 7 openat 3", `line 1: there is no process "7"`},
		"call":      {"process 7 a\n+0 7 frob", `line 2: unknown call "frob"`},
		"parameter": {"process 7 a\n+0 7 close 0 fs=3", `line 2: close has no "fs"`},
		"error":     {"process 7 a\n+0 7 close EFROB fd=3", `line 2: "EFROB" is neither a number nor an error`},
		"delay":     {"process 7 a\n+x 7 close 0", `line 2: +x is no delay`},
		"quote":     {`process 7 "a`, `line 1: a quote is not closed`},
		"flag":      {"process 7 a\n+0 7 openat 3 flags=O_FROB", `line 2: flags has no value "O_FROB"`},
		"address":   {"process 7 a\n+0 7 connect 0 fd=1 to=here", `line 2: "here" is no address with a port`},
		"exit":      {"process 7 a\n+0 7 exit 300", `line 2: exit needs a status or a signal, not "300"`},
	} {
		t.Run(name, func(t *testing.T) {
			err := captext.Compile(io.Discard, c.text, scap.WriteOptions{})
			var at *captext.Error
			if !errors.As(err, &at) || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	if err := captext.Compile(io.Discard, "process 7 a\n", scap.WriteOptions{}); !errors.Is(err, scap.ErrEmpty) {
		t.Errorf("no event: got %v", err)
	}
}

// Any text is refused or gives a capture that is read without complaint.
func FuzzCompile(f *testing.F) {
	f.Add(story)
	for line := range strings.Lines(story) {
		f.Add("process 100 a\nprocess 101 b\n" + line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var b bytes.Buffer
		if len(text) > 1<<16 || captext.Compile(&b, text, scap.WriteOptions{}) != nil {
			return
		}
		read(t, b.Bytes(), func(*event.Event) {})
		again(t, b.Bytes())
	})
}

// again prints what was read, and compiles that.
func again(t *testing.T, capture []byte) {
	t.Helper()
	var text bytes.Buffer
	if _, err := captext.Print(&text, source(capture)); err != nil {
		t.Fatal(err)
	}
	if err := captext.Compile(io.Discard, text.String(), scap.WriteOptions{}); err != nil && !errors.Is(err, scap.ErrEmpty) {
		t.Fatalf("%v in\n%s", err, text.String())
	}
}

// Any capture that can be read has a text that compiles.
func FuzzPrint(f *testing.F) {
	f.Add(compiled(f, story))
	f.Add(compiled(f, "process 7 a\n+0 7 fork 8\n+0 8 dup2 5 fd=4 newfd=5\n+0 7 exit 0\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		tr := state.New()
		r, err := source(b)(tr)
		if err != nil {
			return
		}
		defer r.Close()
		var ev event.Event
		for err = r.Next(&ev); err == nil; err = r.Next(&ev) {
			tr.Apply(&ev)
		}
		if err == io.EOF {
			again(t, b)
		}
	})
}
