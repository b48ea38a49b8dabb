package collect

import (
	"bytes"
	"context"
	"testing"

	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/scap"
)

// The events of a recording may not name the container; what the recorder says of it does.
func TestCapture_ownerFromRecorder(t *testing.T) {
	var b bytes.Buffer
	private := &scap.Private{}
	for _, f := range [][2]string{
		{"pod", "web-1"}, {"namespace", "shop"}, {"container", "app"}, {"container.id", "ab12cd34ef56"}, {"image", "web:1"},
		{"node", "node-7"}, {"death.pid", "100"}, {"death.code", "0"}, {"death.signal", "9"}, {"death.oom", "true"},
	} {
		private.Facts = append(private.Facts, scap.Fact{Name: f[0], Value: f[1]})
	}
	text := "machine host7.example\nprocess 100 server\n+0 100 signal SIGKILL\n+0 100 exit SIGKILL\n"
	if err := captext.Compile(&b, text, scap.WriteOptions{Private: private}); err != nil {
		t.Fatal(err)
	}
	s, err := Read(context.Background(), []string{"-"}, &b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Deaths) != 1 {
		t.Fatalf("%d deaths", len(s.Deaths))
	}
	d := s.Deaths[0]
	if !d.Main || !d.OOM || d.Pod != "web-1" || d.Namespace != "shop" || d.Container != "app" || d.ContainerID != "ab12cd34ef56" || d.Image != "web:1" || d.Host != "node-7" {
		t.Errorf("death: %+v", d)
	}
	subjects := facts.Join(s)
	if len(subjects) != 1 || subjects[0].Subject.Kind != "Pod" || subjects[0].Subject.Name != "web-1" {
		t.Fatalf("subjects: %+v", subjects)
	}
	if e, _ := subjects[0].Containers[0].Exit(); e == nil || e.Reason != "OOMKilled" || e.ExitCode != 137 {
		t.Errorf("exit: %+v", e)
	}
}

// What the events say of a container is kept, and a neighbour's process is not claimed.
func TestCapture_ownerOfOthers(t *testing.T) {
	o := whose(&scap.Private{Facts: []scap.Fact{{Name: "pod", Value: "web-1"}, {Name: "container.id", Value: "ab12"}}}, 0)
	own, other := &facts.Death{Pod: "db-1", ContainerID: "ab12cd"}, &facts.Death{ContainerID: "ff00"}
	o.claim(own)
	o.claim(other)
	if own.Pod != "db-1" || other.Pod != "" {
		t.Errorf("%q and %q", own.Pod, other.Pod)
	}
	if n := whose(&scap.Private{Facts: []scap.Fact{{Name: "death.pid", Value: "7"}}}, 9).mainPid; n != 9 {
		t.Errorf("main process %d, want the one that the caller knows", n)
	}
}

// A recording in which all is well has no subject, and still was read.
func TestCapture_nothingBad(t *testing.T) {
	s := recorded(t, machine+"+0 60 fork 61\n+1ms 61 exit 0\n")
	if len(s.Recordings) != 1 || s.Recordings[0].Ends != 1 || len(facts.Join(s)) != 0 {
		t.Errorf("recordings %+v, subjects %d", s.Recordings, len(facts.Join(s)))
	}
}

// A capture of unloop run is of the command, whichever of its processes failed first, and
// knows how often it was restarted.
func TestCapture_ownerFromRun(t *testing.T) {
	var b bytes.Buffer
	private := &scap.Private{Facts: []scap.Fact{{Name: "run.name", Value: "worker"}, {Name: "run.pid", Value: "100"}, {Name: "run.restarts", Value: "3"}}}
	text := "machine host7\nprocess 100 sh exe=/bin/sh\n+0 100 fork 101\n+0 101 exec /bin/cat\n+0 101 openat ENOENT name=/missing\n+0 101 exit 1\n+0 100 exit 1\n"
	if err := captext.Compile(&b, text, scap.WriteOptions{Private: private}); err != nil {
		t.Fatal(err)
	}
	s, err := Read(context.Background(), []string{"-"}, &b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	subjects := facts.Join(s)
	if len(subjects) != 1 || subjects[0].Subject.Kind != "Process" || subjects[0].Subject.Name != "worker" {
		t.Fatalf("subjects: %+v", subjects)
	}
	c := subjects[0].Containers[0]
	if !c.Local || c.Restarts() != 3 || c.Death == nil || c.Death.Pid != 100 || c.Death.Deepest().Pid != 101 {
		t.Errorf("container: %+v", c)
	}
}
