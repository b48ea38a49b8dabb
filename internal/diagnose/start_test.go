package diagnose

import (
	"slices"
	"testing"

	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

func TestNoCommandFile(t *testing.T) {
	for text, want := range map[string]string{
		`OCI runtime create failed: runc create failed: unable to start container process: exec: "/srv/api": stat /srv/api: no such file or directory: unknown`: "/srv/api",
		`Error: failed to start container "api": exec: \"./run.sh\": stat ./run.sh: no such file or directory`:                                                  "./run.sh",
		"container create failed: executable file `/srv/api` not found: No such file or directory":                                                              "/srv/api",
		`Error response from daemon: Container command '/srv/api' not found or does not exist.`:                                                                 "/srv/api",
		`starting container process caused "exec: \"/srv/api/run\": stat /srv/api/run: not a directory"`:                                                        "/srv/api/run",
		`hcs::System::CreateProcess c:\srv\api.exe: The system cannot find the file specified.`:                                                                 `c:\srv\api.exe`,
		`exec: "api": executable file not found in $PATH`:                                                                                                       "",
		`exec /srv/api: no such file or directory`:                                                                                                              "",
		`error mounting "/a" to rootfs at "/b": no such file or directory`:                                                                                      "",
		"executable file `api` not found in $PATH: No such file or directory":                                                                                   "",
		`node(s) not found`: "",
	} {
		names, ok := NoCommandFile.Find(text)
		if got := CommandPath(Match{Names: names}); got != want || ok != (want != "") {
			t.Errorf("%s\n got %q", text, got)
		}
	}
}

func TestAboutStart_others(t *testing.T) {
	for _, c := range []struct {
		where        Where
		reason, body string
		want         bool
	}{
		{Terminated, "StartError", `exec: "api": executable file not found in $PATH`, true},
		{PodEvent, "Failed", `Error: failed to create containerd task`, true},
		{PodEvent, "Unhealthy", `Liveness probe errored: executable file not found in $PATH`, false},
		{PodEvent, "Failed", `OCI runtime exec failed: exec failed: executable file not found in $PATH`, false},
		{Waiting, "PostStartHookError", `Exec lifecycle hook ([api]) failed: executable file not found in $PATH`, false},
		{PodEvent, "FailedMount", `mount failed: executable file not found in $PATH`, false},
		{PodEvent, "FailedCreatePodSandBox", `exec: "api": permission denied`, false},
		{HostText, "", "E0314 prober.go] Liveness probe errored\nexec: \"api\"", false},
		{HostText, "", "E0314 nestedpendingoperations.go] MountVolume.SetUp failed: structure needs cleaning", false},
		{HostText, "", "E0314 pod_workers.go] failed to \"StartContainer\"\nI0314 prober.go", true},
	} {
		if got := aboutStart(&Text{Where: c.where, Reason: c.reason, Body: c.body}); got != c.want {
			t.Errorf("%s %q: got %v", c.reason, c.body, got)
		}
	}
}

// onePod is a pod with one container that is in trouble.
func onePod(spec corev1.PodSpec, st corev1.ContainerStatus, events ...*facts.Event) *Pass {
	pod := &facts.Pod{Pod: &corev1.Pod{Spec: spec}, HasSpec: true, HasStatus: true}
	c := &facts.Container{Name: "api", Status: &st, Events: events}
	if len(spec.Containers) > 0 {
		c.Spec = &pod.Spec.Containers[0]
	}
	f := &facts.Facts{Pod: pod, Containers: []*facts.Container{c}, Events: events}
	return newPass(f, detect.State{Troubles: []detect.Trouble{{Kind: detect.Ended, Container: c}}})
}

func ended(reason string, code int32, message string) corev1.ContainerStatus {
	return corev1.ContainerStatus{LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code, Message: message}}}
}

func TestNoStarts(t *testing.T) {
	if got := onePod(corev1.PodSpec{}, ended("ContainerCannotRun", 127, "")).NoStarts(); len(got) != 1 || got[0].Code != 127 {
		t.Errorf("without a message: %v", got)
	}
	if got := onePod(corev1.PodSpec{}, ended("ContainerCannotRun", 127, "exec: no such file")).NoStarts(); got != nil {
		t.Errorf("with a message: %v", got)
	}
	if got := onePod(corev1.PodSpec{}, ended("Error", 127, "")).NoStarts(); got != nil {
		t.Errorf("an end of the program's own: %v", got)
	}
	e := &facts.Event{Type: "Warning", Reason: "Failed", Message: `Error: failed to start container "api": Error response from daemon: x`}
	if got := onePod(corev1.PodSpec{}, ended("ContainerCannotRun", 127, ""), e).NoStarts(); got != nil {
		t.Errorf("with an event that says why: %v", got)
	}
}

func TestEndedWith(t *testing.T) {
	if got := onePod(corev1.PodSpec{}, ended("Error", 127, "")).EndedWith(126, 127); len(got) != 1 {
		t.Errorf("code 127: %v", got)
	}
	if got := onePod(corev1.PodSpec{}, ended("StartError", 127, "")).EndedWith(127); got != nil {
		t.Errorf("not the program's own end: %v", got)
	}
}

func TestWaits_rowAndEvents(t *testing.T) {
	row := &facts.Pod{Pod: &corev1.Pod{}, Row: &facts.Row{Status: "Init:ErrImageNeverPull"}}
	p := newPass(&facts.Facts{Pod: row}, detect.State{})
	if got := p.Waits("ErrImageNeverPull"); len(got) != 1 || got[0].Evidence.Kind != "row" {
		t.Errorf("row: %v", got)
	}
	ev := &facts.Event{Reason: "Failed", Message: "Error: ImagePullBackOff"}
	p = newPass(&facts.Facts{Pod: &facts.Pod{Pod: &corev1.Pod{}}, Events: []*facts.Event{ev}}, detect.State{})
	if got := p.Waits("ImagePullBackOff"); len(got) != 1 || got[0].Evidence.Kind != "event" {
		t.Errorf("event: %v", got)
	}
	if got := p.Waits("InvalidImageName"); got != nil {
		t.Errorf("another reason: %v", got)
	}
}

func TestArgv(t *testing.T) {
	c := &facts.Container{Spec: &corev1.Container{Command: []string{"sh", "-c"}, Args: []string{"x"}}}
	if got := Argv(c); !slices.Equal(got, []string{"sh", "-c", "x"}) {
		t.Errorf("got %q", got)
	}
	if got := Argv(&facts.Container{}); got != nil {
		t.Errorf("without a spec: %q", got)
	}
	if len(c.Spec.Command) != 2 {
		t.Error("the spec was changed")
	}
}
