package kube

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
)

// wire is a list of pods as an API server sends it.
func wire(t testing.TB, names ...string) []byte {
	t.Helper()
	list := &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, ListMeta: metav1.ListMeta{Continue: "more"}}
	for _, name := range names {
		list.Items = append(list.Items, *pod(metadata("shop", name, nil), "n1"))
	}
	var b bytes.Buffer
	if err := protobuf.NewSerializer(scheme, scheme).Encode(list, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readNames reads a list of pods, with a small buffer, so that objects do not fit in.
func readNames(raw []byte, kind string) (names []string, next string, err error) {
	m, err := readList(bufio.NewReaderSize(iotest.HalfReader(bytes.NewReader(raw)), 16), kind, func(item []byte) error {
		var p corev1.Pod
		if err := p.Unmarshal(item); err != nil {
			return err
		}
		names = append(names, p.Name)
		return nil
	})
	return names, m.Continue, err
}

func TestReadList(t *testing.T) {
	for _, want := range [][]string{nil, {"a"}, {"a", "b", "c"}} {
		got, next, err := readNames(wire(t, want...), "PodList")
		if err != nil || !reflect.DeepEqual(got, want) || next != "more" {
			t.Errorf("got %v, token %q, %v, want %v", got, next, err, want)
		}
	}
}

func TestReadList_broken(t *testing.T) {
	whole := wire(t, "a", "b")
	if names, _, err := readNames(whole, "SecretList"); err == nil || len(names) > 0 || !strings.Contains(err.Error(), "asked for SecretList, got PodList") {
		t.Errorf("another kind: %v, %v", names, err)
	}
	for _, text := range []string{"", "k8", `{"kind":"PodList"}`} {
		if _, _, err := readNames([]byte(text), "PodList"); !errors.Is(err, errNoProtobuf) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for n := len(protobufPrefix); n < len(whole); n++ {
		// The envelope's last fields are no part of the list.
		if names, _, err := readNames(whole[:n], "PodList"); err == nil && len(names) < 2 {
			t.Fatalf("cut after %d of %d bytes: %v without an error", n, len(whole), names)
		}
	}
	huge := append([]byte("k8s\x00\x0a\x09\x12\x07PodList\x12\xff\xff\xff\xff\x0f"), 0x12, 0xff, 0xff, 0xff, 0x7f)
	if _, _, err := readNames(huge, "PodList"); err == nil || !strings.Contains(err.Error(), "larger than any") {
		t.Errorf("an impossible size: %v", err)
	}
	stop := fmt.Errorf("enough")
	if _, err := readList(bufio.NewReader(bytes.NewReader(whole)), "PodList", func([]byte) error { return stop }); err != stop {
		t.Errorf("a failing item: %v", err)
	}
}

func FuzzReadList(f *testing.F) {
	f.Add(wire(f))
	f.Add(wire(f, "a", "b"))
	f.Add([]byte("k8s\x00\x0a\x09\x12\x07PodList\x12\xff\xff\xff\xff\x0f\x12\x7f"))
	f.Add([]byte(`{"kind":"PodList"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		read := 0
		readList(bufio.NewReader(bytes.NewReader(raw)), "PodList", func(item []byte) error {
			read += len(item)
			return nil
		})
		if read > len(raw) {
			t.Errorf("%d bytes of items out of %d", read, len(raw))
		}
	})
}

type message interface {
	runtime.Object
	Marshal() ([]byte, error)
	Unmarshal([]byte) error
}

// Every path to a template must lead to it, and to nothing else.
func TestKinds_pathsLeadToTemplates(t *testing.T) {
	two := int32(2)
	tmpl := template(map[string]string{"app": "web"}, "registry.example/web")
	m := metadata("shop", "web", map[string]string{"app": "web"})
	for name, c := range map[string]struct{ with, without message }{
		"Deployment":            {&appsv1.Deployment{ObjectMeta: m, Spec: appsv1.DeploymentSpec{Replicas: &two, Template: tmpl}}, &appsv1.Deployment{ObjectMeta: m, Spec: appsv1.DeploymentSpec{Replicas: &two}}},
		"ReplicaSet":            {&appsv1.ReplicaSet{ObjectMeta: m, Spec: appsv1.ReplicaSetSpec{Replicas: &two, Template: tmpl}}, &appsv1.ReplicaSet{ObjectMeta: m, Spec: appsv1.ReplicaSetSpec{Replicas: &two}}},
		"StatefulSet":           {&appsv1.StatefulSet{ObjectMeta: m, Spec: appsv1.StatefulSetSpec{Replicas: &two, Template: tmpl}}, &appsv1.StatefulSet{ObjectMeta: m, Spec: appsv1.StatefulSetSpec{Replicas: &two}}},
		"DaemonSet":             {&appsv1.DaemonSet{ObjectMeta: m, Spec: appsv1.DaemonSetSpec{MinReadySeconds: 3, Template: tmpl}}, &appsv1.DaemonSet{ObjectMeta: m, Spec: appsv1.DaemonSetSpec{MinReadySeconds: 3}}},
		"Job":                   {&batchv1.Job{ObjectMeta: m, Spec: batchv1.JobSpec{Completions: &two, Template: tmpl}}, &batchv1.Job{ObjectMeta: m, Spec: batchv1.JobSpec{Completions: &two}}},
		"CronJob":               {&batchv1.CronJob{ObjectMeta: m, Spec: batchv1.CronJobSpec{Schedule: "@daily", JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: tmpl}}}}, &batchv1.CronJob{ObjectMeta: m, Spec: batchv1.CronJobSpec{Schedule: "@daily"}}},
		"ReplicationController": {&corev1.ReplicationController{ObjectMeta: m, Spec: corev1.ReplicationControllerSpec{Replicas: &two, Template: &tmpl}}, &corev1.ReplicationController{ObjectMeta: m, Spec: corev1.ReplicationControllerSpec{Replicas: &two}}},
		"ControllerRevision":    {&appsv1.ControllerRevision{ObjectMeta: m, Revision: 3, Data: runtime.RawExtension{Raw: []byte(`{}`)}}, &appsv1.ControllerRevision{ObjectMeta: m, Revision: 3}},
	} {
		k := workloadKinds[name]
		if k == nil {
			k = controllerRevisions
		}
		raw, err := c.with.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got := reflect.New(reflect.TypeOf(c.with).Elem()).Interface().(message)
		if err := got.Unmarshal(without(nil, raw, k.template...)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// Both went over the wire, which tells nil from empty differently.
		if err := c.without.Unmarshal(mustMarshal(t, c.without)); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.without) {
			t.Errorf("%s: got\n%v, want\n%v", name, got, c.without)
		}
	}
	if len(workloadKinds) != 7 {
		t.Errorf("%d kinds of workloads: give each a path and a case here", len(workloadKinds))
	}
}

func mustMarshal(t *testing.T, m message) []byte {
	t.Helper()
	raw, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestWithout_managedFields(t *testing.T) {
	p := pod(metadata("shop", "web", map[string]string{"app": "web"}), "n1")
	plain := mustMarshal(t, p)
	p.ManagedFields = secret("shop", "db", "tulip").ManagedFields
	if got := without(nil, mustMarshal(t, p), managedFields...); !bytes.Equal(got, plain) {
		t.Errorf("got %x, want %x", got, plain)
	}
}

func FuzzWithout(f *testing.F) {
	p := pod(metadata("shop", "web", nil), "n1")
	raw, err := p.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte{0x0a, 0x02, 0x8a, 0x01})
	f.Add([]byte{0x0d, 1, 2, 3, 4, 0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x08, 0x96, 0x01})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got := without([]byte("x"), raw, 1, 17); len(got) > len(raw)+1 || got[0] != 'x' {
			t.Errorf("%x became %x", raw, got)
		}
	})
}
