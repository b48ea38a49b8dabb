package collect

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
	"github.com/unloop-dev/unloop/scap"
)

func recorded(t *testing.T, text string) *facts.Snapshot {
	t.Helper()
	var b bytes.Buffer
	if err := captext.Compile(&b, text, scap.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	s, err := Read(context.Background(), []string{"-"}, &b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const machine = `machine node-7
container app pod=shop/web-1 uid=u1
process 50 containerd-shim
process 60 guard
process 100 server in=app vpid=1 parent=50
fd 100 2 pipe pipe:[7]
`

// What a process did after a call that failed is counted, but for reporting,
// cleaning up and looking at its own source.
func TestCapture_whatCameAfter(t *testing.T) {
	for name, c := range map[string]struct {
		calls string
		after int
	}{
		"nothing":           {"", 0},
		"reporting":         {"+0 100 write fd=2 data=oops\n+0 100 openat 4 name=/app/main.py\n+0 100 read fd=4 data=import\n+0 100 close 0 fd=4\n", 0},
		"own log":           {"+0 100 openat 4 name=/var/log/app/error.log\n+0 100 write fd=4 data=oops\n", 1}, // the open; the line itself is reporting
		"another file":      {"+0 100 openat 4 name=/etc/app/other\n", 1},
		"reading":           {"+0 100 openat 4 name=/etc/app/other\n+0 100 read fd=4 data=abc\n", 2},
		"a connection":      {"+0 100 socket 4 domain=AF_INET type=1\n+0 100 connect 0 fd=4 to=10.0.0.1:80\n", 1},
		"a child":           {"+0 100 fork 101\n", 1},
		"an empty read":     {"+0 100 openat 4 name=/usr/share/zoneinfo/UTC\n+0 100 read 0 fd=4\n", 0},
		"sleeping":          {"+0 100 nanosleep 0\n+2s 100 close 0 fd=9\n", 0},
		"waking a thread":   {"+0 100 write 1 fd=7 data=x\n", 0},
		"through a pipe":    {"+0 100 write 5 fd=7 data=hello\n", 1},
		"of another thread": {"+0 100 thread 102\n+0 102 openat 4 name=/etc/app/other\n", 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := recorded(t, machine+"fd 100 7 pipe pipe:[9]\n+0 100 openat ENOENT name=/etc/app/missing\n"+c.calls+"+1ms 100 exit 1\n")
			if len(s.Deaths) != 1 || len(s.Deaths[0].Failed) == 0 {
				t.Fatalf("deaths: %+v", s.Deaths)
			}
			f := s.Deaths[0].Failed[0]
			if f.On != "/etc/app/missing" || f.Error != "ENOENT" || f.Call != "openat" || f.After != c.after || f.Before < time.Millisecond {
				t.Errorf("got %+v, want %d deeds after it", f, c.after)
			}
		})
	}
}

func TestCapture_death(t *testing.T) {
	s := recorded(t, machine+`+0 100 stat 0 path=/app/run.sh
+0 100 exec /app/run.sh ENOENT
+0 100 openat EACCES name=lock flags=O_RDWR|O_CREAT
+0 100 socket 4 domain=AF_INET type=1
+0 100 bind EADDRINUSE fd=4 addr=0.0.0.0:80
+0 60 kill 0 pid=100 sig=9
+0 100 signal SIGKILL from=100
+0 100 exit SIGKILL
`)
	if len(s.Deaths) != 1 {
		t.Fatalf("deaths: %+v", s.Deaths)
	}
	d := s.Deaths[0]
	if d.Pod != "web-1" || d.Namespace != "shop" || d.PodUID != "u1" || !d.Main || d.Signal != 9 || d.ExitCode() != 137 || d.Host != "node-7" {
		t.Errorf("got %+v", d)
	}
	if len(d.Failed) != 3 || !d.Failed[0].Exists || d.Failed[1].On != "/lock" || !d.Failed[1].Writes || d.Failed[2].On != "0.0.0.0:80" || d.Failed[2].OnKind != "ipv4" {
		t.Errorf("failed calls: %+v", d.Failed)
	}
	last := d.Signals[len(d.Signals)-1]
	if last.Sender != 60 || last.SenderName != "guard" || !last.Sent {
		t.Errorf("the killer is %+v", last)
	}
}

// A kill may end its receiver before it is back.
func TestCapture_killerInKernel(t *testing.T) {
	s := recorded(t, machine+"+0 60 kill ? pid=100 sig=9\n+0 100 exit SIGKILL\n")
	if len(s.Deaths) != 1 {
		t.Fatalf("deaths: %+v", s.Deaths)
	}
	if len(s.Deaths[0].Signals) != 1 || s.Deaths[0].Signals[0].Sender != 60 || !s.Deaths[0].Signals[0].Sent {
		t.Errorf("the signals are %+v", s.Deaths[0].Signals)
	}
	for name, calls := range map[string]string{
		"another signal":  "+0 60 kill ? pid=100 sig=15\n+0 100 exit SIGKILL\n",
		"another process": "+0 60 kill ? pid=50 sig=9\n+0 100 exit SIGKILL\n",
		"long before":     "+0 60 kill ? pid=100 sig=9\n+11s 100 exit SIGKILL\n",
		"refused":         "+0 60 kill EPERM pid=100 sig=9\n+0 100 exit SIGKILL\n",
	} {
		if s := recorded(t, machine+calls); len(s.Deaths) != 1 || len(s.Deaths[0].Signals) != 0 {
			t.Errorf("%s: the signals are %+v", name, s.Deaths[0].Signals)
		}
	}
}

// Which ends are worth explaining: those of containers, and of processes that nobody
// dealt with.
func TestCapture_chosen(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"main":         {machine + "+0 100 exit 1\n", []string{"server"}},
		"child passed": {machine + "+0 100 fork 101 in=app vpid=2\n+0 101 exec /bin/tool\n+0 101 exit 4\n+0 100 signal SIGCHLD from=101\n+0 100 exit 4\n", []string{"server"}},
		"worker":       {machine + "+0 100 fork 101 in=app vpid=2\n+0 101 exec /bin/tool\n+0 101 exit 4\n", []string{"tool"}},
		"of a shell":   {machine + "process 70 sh\n+0 70 fork 71\n+0 71 exec /bin/grep\n+0 71 exit 1\n+0 70 openat 3 name=/etc/x\n", nil},
		"asked to end": {"process 70 a\n+0 70 signal SIGTERM from=1\n+0 70 exit SIGTERM\n", nil},
		"fine":         {"process 70 a\n+0 70 exit 0\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, d := range recorded(t, c.text).Deaths {
				got = append(got, d.Name)
			}
			if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Whose failure an end is laid to, by what was done between: a status that is passed on, one
// that a script has seen, or neither. Recorders need not tell of SIGCHLD, and a vfork may
// return after its child has ended.
func TestCapture_children(t *testing.T) {
	const cat = "+0 101 exec /bin/cat\n+0 101 openat ENOENT name=/missing\n+0 101 exit 1\n"
	for name, c := range map[string]struct{ calls, child, handled string }{
		"passed on":      {"+0 100 fork 101\n" + cat + "+0 100 exit 1\n", "cat", ""},
		"seen":           {"+0 100 fork 101\n" + cat + "+0 100 exit 3\n", "", "cat"},
		"went on":        {"+0 100 fork 101\n" + cat + "+0 100 fork 102\n+0 102 exec /bin/true\n+0 102 exit 0\n+0 100 exit 3\n", "", ""},
		"went on to 1":   {"+0 100 fork 101\n" + cat + "+0 100 fork 102\n+0 102 exec /bin/true\n+0 102 exit 0\n+0 100 exit 1\n", "", ""},
		"later":          {"+0 100 fork 101\n" + cat + "+3s 100 exit 3\n", "", ""},
		"not found":      {"+0 100 fork 101\n" + cat + "+0 100 exit 127\n", "", ""},
		"well":           {"+0 100 fork 101\n" + cat + "+0 100 exit 0\n", "", ""},
		"became another": {"+0 100 fork 101\n" + cat + "+0 100 exec /bin/server\n+0 100 exit 1\n", "", ""},
		"and its child":  {"+0 100 fork 101\n" + cat + "+0 100 exec /bin/bash\n+0 100 fork 102\n+0 102 exec /bin/grep\n+0 102 exit 1\n+0 100 exit 1\n", "grep", ""},
		"second":         {"+0 100 fork 101\n" + cat + "+0 100 fork 102\n+0 102 exec /bin/grep\n+0 102 exit 2\n+0 100 exit 3\n", "", "grep"},
	} {
		t.Run(name, func(t *testing.T) {
			s := recorded(t, "machine node-7\ncontainer app pod=shop/web-1 uid=u1\nprocess 100 sh in=app vpid=1 exe=/bin/sh\n"+c.calls)
			if len(s.Deaths) != 1 {
				t.Fatalf("deaths: %+v", s.Deaths)
			}
			name := func(d *facts.Death) string {
				if d == nil {
					return ""
				}
				return d.Name
			}
			if d := s.Deaths[0]; name(d.Child) != c.child || name(d.Handled) != c.handled {
				t.Errorf("passed on %q, seen %q; want %q, %q", name(d.Child), name(d.Handled), c.child, c.handled)
			}
		})
	}
	// The program is no script: it may have started the other for anything.
	s := recorded(t, machine+"+0 100 fork 101\n"+cat+"+0 100 exit 3\n")
	if d := s.Deaths[0]; d.Handled != nil {
		t.Errorf("a server's child: %+v", d.Handled)
	}
}

// What processes of a container write to its log, as long as the main process did not go on
// with another.
func TestCapture_log(t *testing.T) {
	const head = "machine node-7\ncontainer app pod=shop/web-1 uid=u1\nprocess 100 fetch in=app vpid=1 exe=/bin/fetch\nfd 100 1 pipe pipe:[7]\nfd 100 2 pipe pipe:[8]\nfd 100 5 pipe pipe:[9]\n"
	const helper = "+0 100 fork 101\n+0 101 write fd=2 data=\"no route to origin\\n\"\n+0 101 exit 128\n+0 100 unlink 0 path=/srv/part\n"
	for name, c := range map[string]struct {
		calls string
		want  []string
	}{
		"of a child":          {"+0 100 write fd=1 data=\"begins\\n\"\n" + helper, []string{"begins", "no route to origin"}},
		"before another":      {helper + "+0 100 write fd=2 data=\"once more\\n\"\n+0 100 fork 102\n+0 102 exit 0\n", []string{"once more"}},
		"before a thread":     {helper + "+0 100 thread 103\n", []string{"no route to origin"}},
		"between two of them": {"+0 100 fork 101\n+0 101 dup 1 fd=5\n+0 101 write fd=1 data=\"a,b\\n\"\n+0 101 exit 0\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := recorded(t, head+c.calls+"+1ms 100 exit 1\n")
			var got []string
			for _, d := range s.Deaths {
				for _, o := range d.Log {
					got = append(got, o.Text)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A recording may say that a process is its own parent.
func TestCapture_ownParent(t *testing.T) {
	s := recorded(t, "machine node-7\ncontainer app pod=shop/web-1 uid=u1\nprocess 100 sh in=app vpid=1 parent=100 exe=/bin/sh\nfd 100 2 pipe pipe:[7]\n+0 100 write fd=2 data=\"oops\\n\"\n+1ms 100 exit 1\n")
	if len(s.Deaths) != 1 || s.Deaths[0].Child != nil || len(s.Deaths[0].Log) != 1 {
		t.Errorf("deaths %+v", s.Deaths)
	}
}

// The two events of a new task may come in either order, with the child's end between.
func TestSteps_bore(t *testing.T) {
	p := &steps{}
	p.bore(2810, 7)
	p.bore(7, 7) // the call returns the number in the namespace
	p.bore(8, 8)
	p.bore(2811, 8)
	if p.deeds != 2 || len(p.born) != 0 {
		t.Errorf("%d deeds and %v open of two children", p.deeds, p.born)
	}
	for i := range int64(100) {
		p.bore(i, i)
	}
	if len(p.born) != keepBorn {
		t.Errorf("%d are kept", len(p.born))
	}
}

// A real end: nginx finds its port taken, five times, and gives up.
func TestCapture_realNginx(t *testing.T) {
	file := captures.File(t, "sysflow-telemetry_sf-collector__nginx.scap")
	s, err := Read(context.Background(), []string{file}, nil, Options{})
	if err != nil || len(s.Deaths) != 1 {
		t.Fatalf("%v, %+v", err, s)
	}
	f := s.Deaths[0].Failed[len(s.Deaths[0].Failed)-1]
	if f.Call != "bind" || f.Error != "EADDRINUSE" || f.On != "0.0.0.0:80" || f.Times != 5 || f.After != 0 {
		t.Errorf("the last failed call is %+v", f)
	}
}
