package diagnose

import (
	"testing"

	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

func ptr[T any](v T) *T { return &v }

func TestRightsOf(t *testing.T) {
	pod := &facts.Pod{Pod: &corev1.Pod{Spec: corev1.PodSpec{SecurityContext: &corev1.PodSecurityContext{RunAsUser: ptr(int64(1000)), FSGroup: ptr(int64(2000)), RunAsNonRoot: ptr(true)}}}}
	f := &facts.Facts{Pod: pod}
	c := &facts.Container{Name: "api", Spec: &corev1.Container{SecurityContext: &corev1.SecurityContext{
		RunAsUser: ptr(int64(0)), RunAsNonRoot: ptr(false), ReadOnlyRootFilesystem: ptr(true), AllowPrivilegeEscalation: ptr(false),
		Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{"CAP_NET_RAW"}},
	}}}
	r := RightsOf(f, c)
	if !r.Known || !r.Root() || r.Other() || !r.Drops() || r.Privileged || !r.ReadOnlyRoot || len(r.Add) != 1 || r.Add[0] != "NET_RAW" {
		t.Errorf("got %+v", r)
	}
	want := "runAsUser: 0; fsGroup: 2000; readOnlyRootFilesystem: true; allowPrivilegeEscalation: false; drop: ALL; add: NET_RAW"
	if r.String() != want {
		t.Errorf("got  %s\nwant %s", r, want)
	}
	r = RightsOf(f, &facts.Container{Spec: &corev1.Container{}})
	if r.Known || !r.Other() {
		t.Errorf("the pod's context alone, as describe gives it: %+v", r)
	}
	if r = RightsOf(f, &facts.Container{}); r.Known || r.Other() || r.String() != "" {
		t.Errorf("without a spec: %+v", r)
	}
}

func TestMountAbove(t *testing.T) {
	c := &facts.Container{Spec: &corev1.Container{VolumeMounts: []corev1.VolumeMount{
		{Name: "conf", MountPath: "/etc/api"}, {Name: "one", MountPath: "/etc/api/one.yaml"}, {Name: "data", MountPath: "/data/"},
	}}}
	f := &facts.Facts{Pod: &facts.Pod{Pod: &corev1.Pod{}}}
	for path, want := range map[string]string{
		"/etc/api/one.yaml": "conf", "/etc/api/two.yaml": "conf", "/etc/api": "", "/data": "", "/data/x/y": "data", "/database": "", "": "",
	} {
		got := ""
		if m := MountAbove(f, c, path); m != nil {
			got = m.Name
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}

func TestHidingMount(t *testing.T) {
	spec := corev1.PodSpec{Volumes: []corev1.Volume{
		{Name: "work", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		{Name: "conf", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{}}},
	}}
	c := &facts.Container{Name: "api", Spec: &corev1.Container{WorkingDir: "/scratch", VolumeMounts: []corev1.VolumeMount{{Name: "work", MountPath: "/scratch"}, {Name: "conf", MountPath: "/conf"}}}}
	f := &facts.Facts{Pod: &facts.Pod{Pod: &corev1.Pod{Spec: spec}}, Containers: []*facts.Container{c}}
	if h := HidingMount(f, c, "./run"); h == nil || h.Filled || h.Kind() != "emptyDir" || h.Plain() {
		t.Errorf("a path below the working directory: %+v", h)
	}
	if h := HidingMount(f, c, "/conf/run.sh"); h == nil || !h.Plain() {
		t.Errorf("a ConfigMap: %+v", h)
	}
	if h := HidingMount(f, c, "/conf"); h != nil {
		t.Errorf("the mount point itself: %+v", h)
	}
	f.Containers = append(f.Containers, &facts.Container{Name: "fill", Class: facts.Init, Spec: &corev1.Container{VolumeMounts: []corev1.VolumeMount{{Name: "work", MountPath: "/out"}}}})
	if h := HidingMount(f, c, "/scratch/run"); h == nil || !h.Filled {
		t.Errorf("filled by an init container: %+v", h)
	}
}

func TestSeccompProfile(t *testing.T) {
	pod := &corev1.Pod{}
	p := &Pass{Facts: &facts.Facts{Pod: &facts.Pod{Pod: pod}}}
	c := &facts.Container{Name: "api", Spec: &corev1.Container{}}
	if got := p.SeccompProfile(c); got != "" {
		t.Errorf("without: %q", got)
	}
	pod.Annotations = map[string]string{"container.seccomp.security.alpha.kubernetes.io/api": "localhost/x.json", "seccomp.security.alpha.kubernetes.io/pod": "runtime/default"}
	if got := p.SeccompProfile(c); got != "localhost/x.json" {
		t.Errorf("annotation: %q", got)
	}
	if got := p.SeccompProfile(nil); got != "runtime/default" {
		t.Errorf("annotation of the pod: %q", got)
	}
	c.Spec.SecurityContext = &corev1.SecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: ptr("y.json")}}
	if got := p.SeccompProfile(c); got != "Localhost y.json" {
		t.Errorf("field: %q", got)
	}
}
