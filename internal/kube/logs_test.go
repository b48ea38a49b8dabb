package kube

import (
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

// logsRead lists the log requests as pod/container, with "-p" for previous.
func logsRead(s *fakeapi.Server) string {
	var out []string
	for _, r := range s.Requests() {
		if isLog(r) {
			name := r.Name + "/" + r.Query.Get("container")
			if r.Query.Get("previous") == "true" {
				name += "-p"
			}
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

// statuses are states of a container, as mods of a pod.
func again(p *corev1.Pod) { // exit 1 a minute ago, runs again, not ready
	crashing(p)
	p.Status.ContainerStatuses[0].State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: before(30 * time.Second)}}
}

func notReady(p *corev1.Pod) {
	p.Status.Conditions[0].Status = corev1.ConditionFalse
	p.Status.ContainerStatuses[0].Ready = false
}

func neverRan(p *corev1.Pod) {
	notReady(p)
	p.Status.Phase = corev1.PodPending
	p.Status.ContainerStatuses[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff"}}
}

func ended(p *corev1.Pod) {
	crashing(p)
	p.Status.Phase = corev1.PodFailed
	p.Spec.RestartPolicy = corev1.RestartPolicyNever
	p.Status.ContainerStatuses[0].State = p.Status.ContainerStatuses[0].LastTerminationState
	p.Status.ContainerStatuses[0].LastTerminationState = corev1.ContainerState{}
}

func TestLogs_whichInstance(t *testing.T) {
	for name, c := range map[string]struct {
		mod  func(*corev1.Pod)
		want string
	}{
		"waits for its restart":  {crashing, "p/app-p"},
		"runs again":             {again, "p/app-p p/app"},
		"runs, never ready":      {notReady, "p/app"},
		"ended for good":         {ended, "p/app"},
		"never ran":              {neverRan, ""},
		"has nothing to explain": {func(*corev1.Pod) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := fakeapi.New(node("n1"), pod(metadata("shop", "p", nil), "n1", c.mod))
			s.Now = func() time.Time { return noon }
			s.Log("shop", "p", "app", false, "now\n")
			s.Log("shop", "p", "app", true, "then\n")
			snap := collect(t, s.Start(t), Config{Namespace: "shop"})
			got := strings.Fields(logsRead(s))
			if want := strings.Fields(c.want); len(got) != len(want) || !sameSet(got, want) {
				t.Errorf("read %v, want %v", got, want)
			}
			for _, l := range snap.Logs {
				if l.Previous && l.Text != "then\n" || !l.Previous && l.Text != "now\n" || l.Origin != facts.FromContainer || l.Source.Input != "live" || l.FirstLine != 1 {
					t.Errorf("log %+v", l)
				}
			}
		})
	}
}

func sameSet(a, b []string) bool {
	count := map[string]int{}
	for _, s := range a {
		count[s]++
	}
	for _, s := range b {
		count[s]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestLogs_refusalsAreNoText(t *testing.T) {
	s := fakeapi.New(pod(metadata("shop", "a", nil), "n1", crashing), pod(metadata("shop", "b", nil), "n1", crashing), pod(metadata("shop", "c", nil), "n1", crashing))
	s.Now = func() time.Time { return noon }
	s.Log("shop", "a", "app", true, "unable to retrieve container logs for containerd://0123456789abcdef\n")
	s.FailLog("shop", "b", "app", true, 400, "BadRequest", "container \"app\" in pod \"b\" is waiting to start:\nimage can't be pulled")
	// Of c the server says that there is no previous instance.
	snap := collect(t, s.Start(t), Config{Namespace: "shop"})
	want := map[string]string{
		"a": "unable to retrieve container logs for containerd://0123456789abcdef",
		"b": `container "app" in pod "b" is waiting to start: image can't be pulled`,
		"c": `previous terminated container "app" in pod "c" not found`,
	}
	if len(snap.Logs) != 3 {
		t.Fatalf("%d logs", len(snap.Logs))
	}
	for _, l := range snap.Logs {
		if l.Text != "" || l.Err != want[l.Pod] {
			t.Errorf("%s: text %q, error %q, want %q", l.Pod, l.Text, l.Err, want[l.Pod])
		}
	}
}

// A node that is gone costs its time-out once, not once for each pod.
func TestLogs_silentNode(t *testing.T) {
	s := fakeapi.New()
	s.Now = func() time.Time { return noon }
	for i := range 3 * logsAtOnce {
		name := fmt.Sprintf("p%02d", i)
		s.Add(pod(metadata("shop", name, nil), "n1", crashingFor(time.Duration(i)*time.Second)))
		s.FailLog("shop", name, "app", true, 500, "", `Get "https://192.0.2.7:10250/containerLogs": dial tcp 192.0.2.7:10250: i/o timeout`)
	}
	s.Add(pod(metadata("shop", "other", nil), "n2", crashingFor(time.Hour)))
	s.Log("shop", "other", "app", true, "fine\n")
	snap := collect(t, s.Start(t), Config{Namespace: "shop"})
	if n := s.Count(isLog); n > logsAtOnce*2 {
		t.Errorf("%d requests to a node that does not answer", n)
	}
	skipped := 0
	for _, l := range snap.Logs {
		if l.Err == "node n1 did not answer" {
			skipped++
		}
		if l.Pod == "other" && l.Text != "fine\n" {
			t.Errorf("the other node's log: %+v", l)
		}
	}
	if skipped == 0 || len(snap.Logs) != 3*logsAtOnce+1 {
		t.Errorf("%d logs, %d skipped", len(snap.Logs), skipped)
	}

	kubelet := fakeapi.New(pod(metadata("shop", "a", nil), "n1", crashing), pod(metadata("shop", "b", nil), "n1", crashingFor(time.Hour)))
	kubelet.Now = s.Now
	kubelet.FailLog("shop", "a", "app", true, 500, "InternalError", "failed to open log file")
	kubelet.Log("shop", "b", "app", true, "fine\n")
	for _, l := range collect(t, kubelet.Start(t), Config{Namespace: "shop"}).Logs {
		if l.Pod == "b" && l.Text != "fine\n" {
			t.Errorf("one broken log file silenced its node: %+v", l)
		}
	}
}

func TestLogs_siblingsAndLimit(t *testing.T) {
	s := fakeapi.New()
	s.Now = func() time.Time { return noon }
	for i := range 6 {
		name := fmt.Sprintf("web-7b9c-x%d", i)
		s.Add(pod(owned(metadata("shop", name, nil), "ReplicaSet", "web-7b9c"), "n1", crashingFor(time.Duration(i)*time.Minute)))
		s.Log("shop", name, "app", true, "fatal\n")
	}
	for i := range 4 {
		name := fmt.Sprintf("solo-%d", i)
		s.Add(pod(metadata("shop", name, nil), "n1", crashingFor(time.Duration(10+i)*time.Minute)))
		s.Log("shop", name, "app", true, "fatal\n")
	}
	s.Start(t)
	snap := collect(t, s, Config{Namespace: "shop", LogPods: 5})
	if got, want := strings.Fields(logsRead(s)), "web-7b9c-x0/app-p web-7b9c-x1/app-p web-7b9c-x2/app-p solo-0/app-p solo-1/app-p"; !sameSet(got, strings.Fields(want)) {
		t.Errorf("read %v, want %v", got, want)
	}
	if len(snap.Skipped) != 1 || snap.Skipped[0] != "logs of 2 more failing pods were not read: the 5 that failed last were" {
		t.Errorf("skipped %q", snap.Skipped)
	}
	alike := 0
	for _, l := range snap.Logs {
		if strings.HasPrefix(l.Err, "not read: 3 other pods") {
			alike++
		}
	}
	if alike != 3 {
		t.Errorf("%d siblings say why their log was not read, want 3", alike)
	}
}

func TestLogs_keepTheEnd(t *testing.T) {
	s := fakeapi.New(pod(metadata("shop", "p", nil), "n1", crashing))
	s.Now = func() time.Time { return noon }
	s.Log("shop", "p", "app", true, strings.Repeat("a line of some length\n", 1000)+"the end\n")
	snap := collect(t, s.Start(t), Config{Namespace: "shop", LogLines: 100, LogBytes: 200})
	l := snap.Logs[0]
	if len(l.Text) > 200 || !strings.HasSuffix(l.Text, "length\nthe end\n") || !strings.HasPrefix(l.Text, "a line") {
		t.Errorf("kept %q", l.Text)
	}
	if s.Count(func(r fakeapi.Request) bool {
		return isLog(r) && r.Query.Get("tailLines") == "100" && r.Query.Get("limitBytes") != ""
	}) != 1 {
		t.Errorf("requests %v", s.Requests())
	}
}

func TestTail(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		keep int
		want string
	}{
		"short":         {"one\ntwo\n", 100, "one\ntwo\n"},
		"exact":         {"one\ntwo\n", 8, "one\ntwo\n"},
		"cut at a line": {"first\nsecond\nthird\n", 10, "third\n"},
		"one long line": {strings.Repeat("x", 5000), 10, strings.Repeat("x", 10)},
		"empty":         {"", 10, ""},
		"much longer":   {strings.Repeat("0123456\n", 1<<16) + "end\n", 21, "0123456\n0123456\nend\n"},
	} {
		for how, r := range map[string]func(string) ([]byte, error){
			"whole": func(s string) ([]byte, error) { return tail(strings.NewReader(s), c.keep) },
			"bytes": func(s string) ([]byte, error) { return tail(iotest.OneByteReader(strings.NewReader(s)), c.keep) },
		} {
			got, err := r(c.in)
			if err != nil || string(got) != c.want {
				t.Errorf("%s, %s: %q, %v, want %q", name, how, got, err, c.want)
			}
		}
	}
	got, err := tail(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("one\ntwo\n"))), 100)
	if err == nil || string(got) != "o" {
		t.Errorf("a broken stream gives %q, %v", got, err)
	}
}
