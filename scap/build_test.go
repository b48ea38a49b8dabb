package scap_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// sampleValue is some legal value of a parameter.
func sampleValue(p *event.Param) any {
	switch p.Type {
	case event.CharBuf, event.FSPath, event.FSRelPath:
		return "/tmp/" + p.Name
	case event.ByteBuf, event.CharBufArray:
		return []byte("abc\x00")
	case event.SockAddr:
		return scap.Addr4([4]byte{10, 0, 0, 1}, 80)
	case event.SockTuple:
		return scap.Tuple4([4]byte{10, 0, 0, 1}, 1234, [4]byte{10, 0, 0, 2}, 80)
	case event.FdList:
		return scap.FDList([2]int64{3, 1})
	case event.Dyn:
		return append([]byte{2}, 1, 0, 0, 0)
	case event.CharBufPairArray:
		return scap.Missing{}
	}
	return 1
}

// small writes a capture with one process and n events of each kind that may be written.
func allKinds(t testing.TB, out *bytes.Buffer, opt scap.WriteOptions) map[event.Type]int {
	t.Helper()
	w, err := scap.NewWriter(out, opt)
	if err != nil {
		t.Fatal(err)
	}
	w.SetMachine(event.Machine{CPUs: 2, MemoryBytes: 4 << 30, Hostname: "node", BootNanos: 1})
	w.AddThread(event.Thread{Tid: 10, Pid: 10, Ptid: 1, Comm: "app", Exe: "/app", Cwd: "/", FDLimit: 1024, Vtid: 10, Vpid: 10})
	w.AddFD(10, 1, event.FD{Kind: event.FDFile, Name: "/tmp/out", OpenFlags: 2})
	counts := map[event.Type]int{}
	ts := uint64(1_700_000_000_000_000_000)
	var b scap.Builder
	for _, k := range event.Kinds() {
		// Snapshots of tasks are not written, 286 and the like make no sense to readers, and
		// the pairs of tracers hold pointers.
		if k.Flags&event.Unused != 0 || k.Type >= 430 && k.Type < 450 || k.Category == event.CatInternal ||
			k.Type == 268 || k.Type == 269 || k.Flags&event.LargePayload != 0 || k.Type == 272 {
			continue
		}
		values := make([]any, k.Portable)
		for i := range values {
			values[i] = sampleValue(&k.Params[i])
		}
		if len(values) > 0 && k.Params[0].Name == "res" && k.Type != 186 {
			values[0] = -1 // a call that failed changes nothing
		}
		ts += 1000
		if err := w.Write(&b, k.Type, ts, 10, 0, values...); err != nil {
			t.Fatalf("%s (%d): %v", k.Name, k.Type, err)
		}
		counts[k.Type]++
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return counts
}

func TestBuild_everyKindReadsBack(t *testing.T) {
	var out bytes.Buffer
	want := allKinds(t, &out, scap.WriteOptions{Gzip: true})
	r, err := scap.NewReader(&out, scap.ReadOptions{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[event.Type]int{}
	var ev event.Event
	for r.Next(&ev) == nil {
		got[ev.Type]++
		k := ev.Kind
		if ev.NParams != int(k.Portable) {
			t.Errorf("%s has %d parameters, want %d", k.Name, ev.NParams, k.Portable)
		}
		if k.Accepted != 0 && k.Accepted>>ev.NParams&1 == 0 {
			t.Errorf("%s (%d): current libs refuse %d parameters", k.Name, k.Type, ev.NParams)
		}
		for i := range ev.NParams {
			b, _ := ev.Param(i)
			if n := scap.Width(k.Params[i].Type); n > 0 && len(b) != n {
				t.Errorf("%s.%s takes %d bytes, want %d", k.Name, k.Params[i].Name, len(b), n)
			}
		}
	}
	if len(got) < 300 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d kinds came back, wrote %d", len(got), len(want))
	}
}

// sysdig must read a file with every kind to its end.
func TestBuild_sysdigReadsEveryKind(t *testing.T) {
	if _, err := exec.LookPath("sysdig"); err != nil {
		t.Skip("sysdig is not installed; it is the reader to agree with")
	}
	var out bytes.Buffer
	counts := allKinds(t, &out, scap.WriteOptions{})
	path := filepath.Join(t.TempDir(), "all.scap")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := exec.Command("sysdig", "-r", path, "-p", "*%evt.rawtime %evt.type").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, tail(string(got)))
	}
	want := 0
	for typ, n := range counts {
		if typ <= 335 {
			want += n
		}
	}
	if n := strings.Count(string(got), "\n"); n != want {
		t.Errorf("sysdig prints %d events, want %d: %s", n, want, tail(string(got)))
	}
}

func tail(s string) string { return s[max(0, len(s)-300):] }

func TestBuild_refusesWhatDoesNotFit(t *testing.T) {
	var b scap.Builder
	var ev event.Event
	for _, c := range []struct {
		name   string
		typ    event.Type
		values []any
	}{
		{"unknown code", 9999, nil},
		{"unused code", 17, nil},
		{"too many values", 5, []any{1, 2, 3}},
		{"number too large", 37, []any{0, 3, 300}},
		{"text for a number", 5, []any{"zero"}},
		{"number for text", 95, []any{0, 7}},
		{"wrong width", 5, []any{[]byte{1, 2, 3}}},
		{"strange type", 5, []any{3.5}},
	} {
		if err := b.Build(&ev, c.typ, 1, 1, 0, c.values...); !errors.Is(err, scap.ErrBadEvent) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := b.Build(&ev, 7, 1, 1, 0, 1, make([]byte, 70000)); !errors.Is(err, scap.ErrTooLong) {
		t.Errorf("long buffer: %v", err)
	}
}

func TestBuild_stringsEndInOneNUL(t *testing.T) {
	var b scap.Builder
	var ev event.Event
	if err := b.Build(&ev, 95, 1, 1, 0, 0, "/a\x00b"); err != nil {
		t.Fatal(err)
	}
	if p, _ := ev.Param(1); string(p) != "/a\x00" {
		t.Errorf("got %q", p)
	}
	if err := b.Build(&ev, 95, 1, 1, 0, -2, scap.Missing{}); err != nil {
		t.Fatal(err)
	}
	if p, ok := ev.Param(1); !ok || len(p) != 0 {
		t.Errorf("missing parameter is %q, %v", p, ok)
	}
}
