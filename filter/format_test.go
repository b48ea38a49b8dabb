package filter

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
)

func line(t *testing.T, w *world, template string, opt FormatOptions, ev *event.Event) (string, bool) {
	t.Helper()
	f, err := NewFormat(template, w.sess, opt)
	if err != nil {
		t.Fatalf("%s: %v", template, err)
	}
	b, ok := f.Append([]byte("kept "), ev)
	if !strings.HasPrefix(string(b), "kept ") {
		t.Fatalf("%s: what was in dst is gone: %q", template, b)
	}
	return string(b[5:]), ok
}

func TestFormat_lines(t *testing.T) {
	w := newWorld()
	read, open := w.read(), w.failedOpen()
	dns := w.dns(true)
	for _, c := range []struct {
		template string
		opt      FormatOptions
		ev       *event.Event
		want     string // "-" is no line
	}{
		{DefaultTemplate, FormatOptions{}, read, "7 00:44:29.900617765 0 nginx (20) < read res=9 data=worker... "},
		{DefaultTemplate, FormatOptions{}, open, "7 00:44:29.900617765 0 nginx (20) < open fd=-2(ENOENT) name=conf.d/x.conf(/etc/nginx/conf.d/x.conf) flags=4097(O_RDONLY|O_CLOEXEC) mode=0 "},
		{ContainerTemplate, FormatOptions{}, read, "7 00:44:29.900617765 0 web (0123456789ab) nginx (20:1) < read res=9 data=worker... "},
		{KubernetesTemplate, FormatOptions{Time: TimeEpoch}, read, "7 1506127469.900617765 0 web-1 (0123456789ab) nginx (20:1) < read res=9 data=worker... "},
		{"*%evt.outputtime", FormatOptions{Time: TimeLatency}, read, "0.001234567"},
		{"*%evt.outputtime", FormatOptions{Time: TimeDelta}, read, "0.000000000"},
		{"%evt.num|%fd.name", FormatOptions{}, w.exit(0), "-"},
		{"*%evt.num|%fd.name", FormatOptions{}, w.exit(0), "7|<NA>"},
		{`a\tb\n%evt.num`, FormatOptions{}, read, "a\tb\n7"},
		{"%10evt.type|%2evt.type|%5evt.num", FormatOptions{}, read, "read      |re|7    "},
		{"%evt.arg.res,%evt.arg.res.%evt.arg[0]", FormatOptions{}, read, "9,9.9"},
		{"%evt.type.is.read%evt.type.is[open]", FormatOptions{}, read, "10"},
		{"%tolower(container.image) %len(proc.name)", FormatOptions{}, read, "nginx:1.27 5"},
		{"%proc.aname %fd.types", FormatOptions{}, read, "bash (file)"},
		{"%evt.failed %proc.fdusage %fd.dev %evt.rawtime.ns %evt.latency.ns", FormatOptions{}, read, "false 0.3 801 900617765 001234567"},
		{"%fd.cip %fd.sport %fd.name", FormatOptions{}, dns, "10.0.0.7 53 10.0.0.7:40000->10.96.0.10:53"},
		{"%evt.buffer", FormatOptions{Buffer: ASCII}, read, "\nworker\n"},
		{"%evt.buffer", FormatOptions{Buffer: HexDump}, read, "\n\t0x0000: 776f 726b 6572 001b 0a\n"},
		{"%evt.buffer", FormatOptions{Buffer: HexASCII}, read, "\n\t0x0000: 776f 726b 6572 001b 0a                 worker...\n"},
		{"%evt.buffer", FormatOptions{Buffer: Base64}, read, "d29ya2VyABsK"},
		{"*%evt.num %evt.failed %evt.buffer %fd.name %evt.latency %proc.fdusage %fd.types %k8s.pod.name", FormatOptions{JSON: true}, read,
			`{"evt.buffer":"worker...","evt.failed":false,"evt.latency":1234567,"evt.num":7,"fd.name":"/etc/nginx/nginx.conf","fd.types":["file"],"k8s.pod.name":"web-1","proc.fdusage":0.29296875}`},
		{"*%evt.time %fd.cip", FormatOptions{JSON: true}, read, `{"evt.time":1506127469900617765,"fd.cip":null}`},
		{"%fd.cip", FormatOptions{JSON: true}, read, "-"},
		{"%util.cnt %util.cnt", FormatOptions{}, read, "1 1"},
	} {
		got, ok := line(t, w, c.template, c.opt, c.ev)
		if !ok {
			got = "-"
		}
		if got != c.want {
			t.Errorf("%s %+v on %s\ngot  %q\nwant %q", c.template, c.opt, c.ev.Name(), got, c.want)
		}
	}
}

func TestFormat_cutsPayloadsAsSysdigDoes(t *testing.T) {
	w := newWorld()
	for _, n := range []int{79, 80, 81, 200} {
		ev := w.event(typeReadX, w.nginx, 3, n, []byte(strings.Repeat("x", n)))
		want := strings.Repeat("x", n)
		if n > 80 {
			want = strings.Repeat("x", 77) + "..."
		}
		if got, _ := line(t, w, "%evt.buffer", FormatOptions{}, ev); got != want {
			t.Errorf("%d bytes: %d characters", n, len(got))
		}
		if got, _ := line(t, w, "%evt.buffer", FormatOptions{Full: true}, ev); len(got) != n {
			t.Errorf("%d bytes in full: %d characters", n, len(got))
		}
		if got, _ := line(t, w, "%evt.buffer", FormatOptions{JSON: true}, ev); len(got) != n+len(`{"evt.buffer":""}`) {
			t.Errorf("%d bytes in JSON: %d characters", n, len(got))
		}
	}
}

func TestFormat_errors(t *testing.T) {
	for template, want := range map[string]string{
		"":                   "the template is empty",
		"*":                  "the template is empty",
		"100%":               "a field is missing behind %",
		"%12":                "a field is missing behind %",
		"50% done":           "unknown field  ",
		"%evt.nmu":           "unknown field evt.nmu",
		"%fd.ip":             "fd.ip can be used in filters only, it cannot be printed",
		"%evt.arg":           "evt.arg needs an argument: a name or number",
		"%evt.arg.nothing":   "evt.arg needs an argument: a name or number",
		"%container.mount[0": "this bracket is never closed",
		"%mesos.task.name":   "mesos.task.name comes from a Mesos master, which a capture does not have",
		"%tolower(evt.num)":  "tolower takes text",
	} {
		_, err := NewFormat(template, nil, FormatOptions{})
		var e *Error
		if !errors.As(err, &e) || e.Msg != want {
			t.Errorf("%q: %v, want %q", template, err, want)
		}
		if e != nil {
			e.Render()
		}
	}
}

// Whatever a capture holds, a line of text has no control characters and an object is
// valid JSON.
func TestFormat_isTame(t *testing.T) {
	w := newWorld()
	w.nginx.Comm = "ng\x1b[2Jx\n\u202e"
	w.nginx.FDs.Set(3, &event.FD{Kind: event.FDFile, Name: "/tmp/\x1b]0;x\x07/\xff"})
	r := rand.New(rand.NewPCG(5, 6))
	text, err := NewFormat(ContainerTemplate+" %fd.name %proc.cmdline %evt.arg.name %evt.buffer %fdlist.names", w.sess, FormatOptions{})
	if err != nil {
		t.Fatal(err)
	}
	obj, err := NewFormat(ContainerTemplate+" %fd.name %proc.cmdline %evt.arg.name %evt.buffer", w.sess, FormatOptions{JSON: true})
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for range 20_000 {
		ev := w.random(r)
		b, _ = text.Append(b[:0], ev)
		for _, c := range string(b) {
			if c < ' ' || c >= 0x7f && c < 0xa0 || c == 0x202e || c == 0xfffd {
				t.Fatalf("%q holds %q", b, c)
			}
		}
		b, _ = obj.Append(b[:0], ev)
		if !json.Valid(b) {
			t.Fatalf("no JSON: %s", b)
		}
	}
}

func TestFormat_allocatesNothing(t *testing.T) {
	w := newWorld()
	evs := []*event.Event{w.failedOpen(), w.read(), w.dns(true), w.exit(9)}
	for _, opt := range []FormatOptions{{}, {JSON: true}, {Buffer: HexASCII}} {
		f, err := NewFormat(ContainerTemplate+" %fd.name %proc.cmdline %k8s.pod.labels %dns.answer", w.sess, opt)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 0, 1<<16)
		run := func() {
			b = b[:0]
			for _, ev := range evs {
				b, _ = f.Append(b, ev)
			}
		}
		run()
		if n := testing.AllocsPerRun(50, run); n > 0 {
			t.Errorf("%+v allocates %v times", opt, n)
		}
	}
}

func TestVisible(t *testing.T) {
	w := newWorld()
	for _, c := range []struct {
		ev       *event.Event
		new, old bool
	}{
		{w.read(), true, true},
		{w.event(typeProcinfo, w.nginx, -1, 1, 2), false, false},
		{&event.Event{Type: 9999}, false, false},
		{&event.Event{Type: 363, Kind: event.KindOf(363)}, true, false},
		{&event.Event{Type: typeReadX, Kind: event.KindOf(typeReadX), Flags: 1}, false, false},
	} {
		if Visible(c.ev) != c.new || VisibleOld(c.ev) != c.old {
			t.Errorf("%s (%d): %v %v", c.ev.Name(), c.ev.Type, Visible(c.ev), VisibleOld(c.ev))
		}
	}
}

func TestClean_paths(t *testing.T) {
	for in, want := range map[string]string{
		"/": "/", "//": "/", "/a//b/": "/a/b", "/a/./b": "/a/b", "/a/../b": "/b", "/../..": "/", "a/b": "a/b", "../a": "a", "": "", "/a/b/../../c": "/c", "/a\x01b": "/ab", "./x": "x", "/ü/\xff\u202e": "/ü/",
	} {
		b := append([]byte("keep"), in...)
		if got := string(clean(b, 4)); got != "keep"+want {
			t.Errorf("%q: %q, want %q", in, got[4:], want)
		}
	}
}

func TestAppendHuman(t *testing.T) {
	for n, want := range map[uint64]string{0: "0ns", 999: "999ns", 1000: "1.00us", 7680: "7.68us", 12345: "12us", 1_234_567: "1.23ms", 42_000_000: "42ms", 1_999_999_999: "1.99s"} {
		if got := string(appendHuman(nil, n)); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// Numbers are those of the reader unless somebody asks for sysdig's, also where the
// parameters shown are the old ones.
func TestOldNumbers(t *testing.T) {
	for _, c := range []struct {
		sess *Session
		want string
	}{{&Session{Old: true}, "3"}, {&Session{Old: true, OldNumbers: true}, "2"}} {
		f, err := NewFormat("%evt.num", c.sess, FormatOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c.sess.See(&event.Event{Num: 2, Type: oldKinds})
		ev := &event.Event{Num: 3, Type: 2, Kind: event.KindOf(2)}
		c.sess.See(ev)
		line, _ := f.Append(nil, ev)
		if string(line) != c.want {
			t.Errorf("got %q, want %q", line, c.want)
		}
	}
}
