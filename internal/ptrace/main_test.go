//go:build linux && (amd64 || arm64)

package ptrace

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// TestMain lets this executable be the stub, and the small programs that tests run.
func TestMain(m *testing.M) {
	if os.Getenv("UNLOOP_PTRACE_ELSEWHERE") != "" && os.Args[0] == StubName {
		elsewhere(Stub)
	}
	Stub()
	if name := os.Getenv("UNLOOP_PTRACE_PROGRAM"); name != "" {
		programs[name]()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// seen is one event, decoded.
type seen struct {
	tid    int64
	typ    event.Type
	name   string
	ts     uint64
	values map[string]string
}

func (s seen) String() string {
	var v []string
	for n, x := range s.values {
		v = append(v, n+"="+strconv.Quote(x))
	}
	slices.Sort(v)
	return fmt.Sprintf("%d %s/%d %s", s.tid, s.name, s.typ, strings.Join(v, " "))
}

// notes is a handler that keeps everything, and checks what a Handler may rely on.
type notes struct {
	t       testing.TB
	opening flight.Opening
	capture bytes.Buffer
	w       *scap.Writer
	events  []seen
	lost    map[flight.LossCause]uint64
	deaths  []flight.Death
	gone    int
	// on, if set, is called for each event.
	on func(seen)
}

func (n *notes) Open(s flight.Slot, o flight.Opening) {
	if n.w != nil || s != Slot || o.Before == nil {
		n.t.Errorf("open of slot %d: again %v, state %v", s, n.w != nil, o.Before)
	}
	n.opening = o
	var err error
	if n.w, err = scap.NewWriter(&n.capture, scap.WriteOptions{}); err != nil {
		n.t.Fatal(err)
	}
	o.Before.Replay(n.w)
}

func (n *notes) Event(_ flight.Slot, ev *event.Event) {
	if err := scap.Portable(ev); err != nil {
		n.t.Error(err)
	}
	if err := n.w.WriteEvent(ev); err != nil {
		n.t.Error(err)
	}
	s := seen{tid: ev.Tid, typ: ev.Type, name: ev.Kind.Name, ts: ev.TsNanos, values: map[string]string{}}
	for i := range ev.NParams {
		b, _ := ev.Param(i)
		p := &ev.Kind.Params[i]
		if len(b) == 0 {
			continue
		}
		switch w := scap.Width(p.Type); {
		case p.Type == event.CharBuf || p.Type == event.FSPath || p.Type == event.FSRelPath:
			s.values[p.Name] = string(event.CString(b))
		case w == 8:
			s.values[p.Name] = strconv.FormatInt(int64(binary.LittleEndian.Uint64(b)), 10)
		case w == 4:
			s.values[p.Name] = strconv.FormatInt(int64(binary.LittleEndian.Uint32(b)), 10)
		case w == 1:
			s.values[p.Name] = strconv.Itoa(int(b[0]))
		default:
			s.values[p.Name] = string(b)
		}
	}
	n.events = append(n.events, s)
	if n.on != nil {
		n.on(s)
	}
}

func (n *notes) Lost(_ flight.Slot, cause flight.LossCause, k uint64) {
	if n.lost == nil {
		n.lost = map[flight.LossCause]uint64{}
	}
	n.lost[cause] += k
}

func (n *notes) Died(_ flight.Slot, d flight.Death) { n.deaths = append(n.deaths, d) }

func (n *notes) Gone(flight.Slot) { n.gone++ }

// find gives the events of a name whose values are as given, as "name=value".
func (n *notes) find(name string, values ...string) []seen {
	var out []seen
events:
	for _, e := range n.events {
		if e.name != name {
			continue
		}
		for _, v := range values {
			key, want, _ := strings.Cut(v, "=")
			if e.values[key] != want {
				continue events
			}
		}
		out = append(out, e)
	}
	return out
}

// want fails unless there is an event, and gives the first.
func (n *notes) want(name string, values ...string) seen {
	n.t.Helper()
	found := n.find(name, values...)
	if len(found) == 0 {
		var all []string
		for _, e := range n.events {
			if e.name == name {
				all = append(all, e.String())
			}
		}
		n.t.Fatalf("no %s with %v; there are %d events, of that name:\n%s", name, values, len(n.events), strings.Join(all, "\n"))
	}
	return found[0]
}

func need(t testing.TB) {
	t.Helper()
	if err := Supported(); err != nil {
		t.Skipf("skipped: %v", err)
	}
}

// limit is how long anything may take before a test calls it stuck.
const limit = time.Minute

// follow runs a command to its end.
func follow(t testing.TB, c Command) (*notes, Exit) {
	t.Helper()
	n := &notes{t: t}
	return n, followWith(t, c, n)
}

func followWith(t testing.TB, c Command, n *notes) Exit {
	t.Helper()
	s, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := s.Run(ctx, n); err != nil {
		t.Fatalf("%v: %v", c.Args, err)
	}
	if len(n.deaths) != 1 || n.gone != 1 {
		t.Errorf("%v: died %v, gone %d times", c.Args, n.deaths, n.gone)
	}
	return s.Wait()
}

// tracked reads what was seen as a reader of captures does.
func (n *notes) tracked(each func(*event.Event)) {
	n.t.Helper()
	if err := n.w.Close(); err != nil {
		n.t.Fatal(err)
	}
	tr := state.New()
	r, err := scap.NewReader(bytes.NewReader(n.capture.Bytes()), scap.ReadOptions{Meta: tr, Strict: true})
	if err != nil {
		n.t.Fatal(err)
	}
	var ev event.Event
	for {
		if err := r.Next(&ev); err == io.EOF {
			return
		} else if err != nil {
			n.t.Fatal(err)
		}
		tr.Apply(&ev)
		each(&ev)
	}
}

// self is a command that runs one of the small programs of this executable.
func self(t testing.TB, name string, env ...string) Command {
	t.Helper()
	if programs[name] == nil {
		t.Fatalf("no program %q", name)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Command{Args: []string{exe}, Env: append(append(os.Environ(), "UNLOOP_PTRACE_PROGRAM="+name), env...), Stderr: os.Stderr}
}

func errno(e unix.Errno) string { return strconv.Itoa(-int(e)) }
