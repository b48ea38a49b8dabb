package facts_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/unloop-dev/unloop/internal/facts"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func death(change func(*facts.Death)) *facts.Death {
	d := &facts.Death{
		Namespace: "shop", Pod: "web-1", PodUID: "u1", Container: "app", ContainerID: "aa11", Main: true,
		Pid: 100, Vpid: 1, Name: "server", Event: 12, At: at, Code: 1, Times: 1, Source: facts.Source{Input: "x.scap"},
		Output: []facts.OutputLine{{Text: "it broke", Stderr: true}},
	}
	if change != nil {
		change(d)
	}
	return d
}

func pod(uid types.UID, containerID string, finished time.Time) *facts.Pod {
	p := &facts.Pod{Pod: &corev1.Pod{}, HasSpec: true, HasStatus: true, Source: facts.Source{Input: "pod.yaml"}}
	p.Namespace, p.Name, p.UID = "shop", "web-1", uid
	p.Spec.Containers = []corev1.Container{{Name: "app"}, {Name: "proxy"}}
	p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "app", LastTerminationState: corev1.ContainerState{
		Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "Error", ContainerID: containerID, FinishedAt: metav1.NewTime(finished)},
	}}}
	return p
}

func TestJoin_deathWithItsPod(t *testing.T) {
	for name, c := range map[string]struct {
		pod      *facts.Pod
		death    *facts.Death
		subjects int
		attached bool
		sure     bool
	}{
		"same instance":         {pod("u1", "containerd://aa11", at), death(nil), 1, true, true},
		"same second, no id":    {pod("u1", "", at.Add(time.Second)), death(nil), 1, true, true},
		"earlier instance":      {pod("u1", "containerd://bb22", at), death(nil), 1, true, false},
		"hours apart, no id":    {pod("u1", "", at.Add(time.Hour)), death(nil), 1, true, false},
		"another exit code":     {pod("u1", "", at), death(func(d *facts.Death) { d.Code = 3 }), 1, true, false},
		"no numbers":            {pod("", "containerd://aa11", at), death(func(d *facts.Death) { d.PodUID = "" }), 1, true, true},
		"another pod's name":    {pod("u1", "", at), death(func(d *facts.Death) { d.Pod, d.PodUID = "web-2", "u2" }), 2, false, false},
		"earlier pod, its name": {pod("u9", "", at), death(nil), 2, false, false},
		"unknown container":     {pod("u1", "", at), death(func(d *facts.Death) { d.Container = "old" }), 1, false, false},
		"not the main process":  {pod("u1", "", at), death(func(d *facts.Death) { d.Main = false }), 2, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			all := facts.Join(&facts.Snapshot{Pods: []*facts.Pod{c.pod}, Deaths: []*facts.Death{c.death}})
			if len(all) != c.subjects {
				t.Fatalf("%d subjects, want %d", len(all), c.subjects)
			}
			app := all[0].Container("app")
			if got := app.Death != nil; got != c.attached || app.DeathSure != c.sure || all[0].Has(facts.Capture) != c.attached {
				t.Errorf("attached %v, sure %v, have %v; want %v, %v", got, app.DeathSure, all[0].Have, c.attached, c.sure)
			}
			if log, _ := app.DeadLog(); (log != nil) != c.sure || log != nil && !log.Previous {
				t.Errorf("the log is %+v", log)
			}
		})
	}
}

func TestJoin_deathAlone(t *testing.T) {
	first := death(func(d *facts.Death) { d.ContainerID, d.At, d.Event = "aa10", at.Add(-time.Minute), 5 })
	all := facts.Join(&facts.Snapshot{Deaths: []*facts.Death{first, death(func(d *facts.Death) { d.Signal, d.Code = 9, -1 })}})
	if len(all) != 1 || all[0].Subject.Kind != "Pod" || all[0].Subject.Name != "web-1" || all[0].Subject.Namespace != "shop" {
		t.Fatalf("subjects: %+v", all)
	}
	c := all[0].Container("app")
	exit, where := c.Exit()
	if where != "state.terminated" || exit.ExitCode != 137 || c.Restarts() != 1 || !c.Recorded || !c.DeathSure || c.Death.Event != 12 {
		t.Errorf("%s %+v, %d restarts, %+v", where, exit, c.Restarts(), c.Death)
	}
	for kind, change := range map[string]func(*facts.Death){
		"Container": func(d *facts.Death) { d.Namespace, d.Pod, d.PodUID, d.ContainerName = "", "", "", "web" },
		"Process":   func(d *facts.Death) { *d = facts.Death{Name: "server", Pid: 7, Code: 1, Host: "node-7"} },
	} {
		all := facts.Join(&facts.Snapshot{Deaths: []*facts.Death{death(change)}})
		if len(all) != 1 || all[0].Subject.Kind != kind || len(all[0].Containers) != 1 || all[0].Containers[0].Death == nil {
			t.Errorf("%s: %+v", kind, all)
		}
	}
	if all := facts.Join(&facts.Snapshot{Deaths: []*facts.Death{death(func(d *facts.Death) { d.Pod, d.PodUID, d.Code = "", "", 0 })}}); len(all) != 0 {
		t.Errorf("an end that is fine is a subject: %+v", all[0].Subject)
	}
}
