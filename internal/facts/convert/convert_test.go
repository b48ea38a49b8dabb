package convert

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/unloop-dev/unloop/internal/facts"
)

var src = facts.Source{Input: "in", Line: 7}

func decode[T any](t *testing.T, text string) *T {
	t.Helper()
	v := new(T)
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestFromPod_trims(t *testing.T) {
	p := FromPod(decode[corev1.Pod](t, `{"metadata":{"name":"a","managedFields":[{"manager":"m"}],"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","keep":"me","big":"`+strings.Repeat("x", 5000)+`"}}}`), src)
	if p.ManagedFields != nil || len(p.Annotations) != 1 || p.Annotations["keep"] != "me" || p.Source != src {
		t.Errorf("got %+v", p)
	}
}

func TestFromPod_halves(t *testing.T) {
	for text, want := range map[string][2]bool{
		`{}`:                                     {false, false},
		`{"spec":{"containers":[{"name":"a"}]}}`: {true, false},
		`{"spec":{"nodeName":"n"}}`:              {true, false},
		`{"status":{"phase":"Running"}}`:         {false, true},
		`{"status":{"reason":"Evicted"}}`:        {false, true},
		`{"status":{"containerStatuses":[{"name":"a"}]},"spec":{"initContainers":[{"name":"a"}]}}`: {true, true},
	} {
		if p := FromPod(decode[corev1.Pod](t, text), src); p.HasSpec != want[0] || p.HasStatus != want[1] {
			t.Errorf("%s: spec %t, status %t", text, p.HasSpec, p.HasStatus)
		}
	}
}

func TestFromPod_oldAnnotations(t *testing.T) {
	p := FromPod(decode[corev1.Pod](t, `{"metadata":{"annotations":{
		"kubernetes.io/created-by":"{\"kind\":\"SerializedReference\",\"reference\":{\"kind\":\"ReplicaSet\",\"name\":\"web-123\",\"uid\":\"u\"}}",
		"pod.beta.kubernetes.io/init-containers":"[{\"name\":\"setup\",\"image\":\"i\"}]",
		"pod.alpha.kubernetes.io/init-container-statuses":"[{\"name\":\"setup\",\"restartCount\":3}]"}}}`), src)
	if o := metav1.GetControllerOf(p); o == nil || o.Kind != "ReplicaSet" || o.Name != "web-123" {
		t.Errorf("owner %+v", o)
	}
	if len(p.Spec.InitContainers) != 1 || p.Status.InitContainerStatuses[0].RestartCount != 3 {
		t.Errorf("init containers %+v %+v", p.Spec.InitContainers, p.Status.InitContainerStatuses)
	}
	p = FromPod(decode[corev1.Pod](t, `{"metadata":{"annotations":{"kubernetes.io/created-by":"{broken","pod.beta.kubernetes.io/init-containers":"{}"}}}`), src)
	if len(p.OwnerReferences)+len(p.Spec.InitContainers) != 0 {
		t.Errorf("made of nothing: %+v", p)
	}
}

const wellPod = `{"metadata":{"labels":{"a":"b"},"annotations":{"x":"y"}},
 "spec":{"nodeName":"n","tolerations":[{}],"containers":[{"name":"c","image":"i","command":["x"],"env":[{"name":"E"}],"ports":[{"hostPort":80}],"resources":{"requests":{"cpu":"1"}},"livenessProbe":{}}],
  "volumes":[{"name":"t","projected":{}},{"name":"d","persistentVolumeClaim":{"claimName":"data"}}]},
 "status":{"phase":"Running","containerStatuses":[{"name":"c","ready":true,"state":{"running":{}}}]}}`

func TestSlim_keepsWhatMattersForOthers(t *testing.T) {
	p := decode[corev1.Pod](t, wellPod)
	Slim(p)
	c := p.Spec.Containers[0]
	if p.Labels["a"] != "b" || p.Spec.NodeName != "n" || c.Image != "i" || c.Ports[0].HostPort != 80 || c.Resources.Requests.Cpu().Value() != 1 ||
		len(p.Spec.Volumes) != 1 || p.Spec.Volumes[0].PersistentVolumeClaim.ClaimName != "data" || !p.Status.ContainerStatuses[0].Ready {
		t.Errorf("too much is gone: %+v", p)
	}
	if p.Annotations != nil || c.Env != nil || c.Command != nil || c.LivenessProbe != nil || p.Spec.Tolerations != nil {
		t.Errorf("too much is left: %+v", p)
	}
}

func TestPlainlyWell(t *testing.T) {
	for change, want := range map[string]bool{
		`{}`:                              true,
		`{"status":{"phase":"Pending"}}`:  false,
		`{"status":{"reason":"Evicted"}}`: false,
		`{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}}`:                                      false,
		`{"status":{"containerStatuses":[{"name":"c","ready":false}]}}`:                                  false,
		`{"status":{"containerStatuses":[{"name":"c","ready":true,"restartCount":1}]}}`:                  false,
		`{"status":{"containerStatuses":[{"ready":true,"lastState":{"terminated":{}}}]}}`:                false,
		`{"status":{"containerStatuses":[]}}`:                                                            false,
		`{"status":{"initContainerStatuses":[{"restartCount":1}]}}`:                                      false,
		`{"status":{"initContainerStatuses":[{"ready":true,"state":{"terminated":{"exitCode":0}}}]}}`:    true,
		`{"status":{"conditions":[{"type":"Ready","status":"False"}]}}`:                                  false,
		`{"status":{"conditions":[{"type":"DisruptionTarget","status":"True"}]}}`:                        false,
		`{"status":{"phase":"Succeeded","containerStatuses":[{"state":{"terminated":{"exitCode":0}}}]}}`: true,
	} {
		p := decode[corev1.Pod](t, wellPod)
		if strings.Contains(change, `"containerStatuses"`) {
			p.Status.ContainerStatuses = nil
		}
		if err := json.Unmarshal([]byte(change), p); err != nil {
			t.Fatal(err)
		}
		if got := PlainlyWell(p); got != want {
			t.Errorf("%s: %t, want %t", change, got, want)
		}
	}
}

func TestFromEvent_times(t *testing.T) {
	at := func(s string) time.Time { v, _ := time.Parse(time.RFC3339, s); return v }
	for _, c := range []struct {
		name, text  string
		first, last string
		count       int
	}{
		{"old recorder", `{"firstTimestamp":"2026-01-01T01:00:00Z","lastTimestamp":"2026-01-01T02:00:00Z","count":4}`, "2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z", 4},
		{"new recorder", `{"eventTime":"2026-01-01T03:00:00.000000Z"}`, "2026-01-01T03:00:00Z", "2026-01-01T03:00:00Z", 1},
		{"series", `{"eventTime":"2026-01-01T03:00:00.000000Z","series":{"count":9,"lastObservedTime":"2026-01-01T05:00:00.000000Z"}}`, "2026-01-01T03:00:00Z", "2026-01-01T05:00:00Z", 9},
		{"creation only", `{"metadata":{"creationTimestamp":"2026-01-01T06:00:00+02:00"}}`, "2026-01-01T04:00:00Z", "2026-01-01T04:00:00Z", 1},
		{"none", `{}`, "", "", 1},
	} {
		e := FromEvent(decode[corev1.Event](t, c.text), src)
		if !e.First.Equal(at(c.first)) || !e.Last.Equal(at(c.last)) || e.Count != c.count || e.Age != -1 || e.FirstAge != -1 {
			t.Errorf("%s: %+v", c.name, e)
		}
		if !e.Last.IsZero() && e.Last.Location() != time.UTC {
			t.Errorf("%s: in %s", c.name, e.Last.Location())
		}
	}
}

func TestFromEventsV1_likeCore(t *testing.T) {
	e := FromEventsV1(decode[eventsv1.Event](t, `{"metadata":{"namespace":"shop"},"regarding":{"kind":"Pod","name":"a","fieldPath":"spec.containers{c}"},"note":" hello\n","reason":"R","type":"Warning",
		"deprecatedSource":{"component":"kubelet","host":"n"},"deprecatedFirstTimestamp":"2026-01-01T01:00:00Z","deprecatedLastTimestamp":"2026-01-01T02:00:00Z","deprecatedCount":3,"reportingController":"other"}`), src)
	want := facts.ObjectRef{Kind: "Pod", Namespace: "shop", Name: "a", FieldPath: "spec.containers{c}"}
	if e.Object != want || e.Message != "hello" || e.Component != "kubelet" || e.Host != "n" || e.Count != 3 || e.Last.Hour() != 2 || e.First.Hour() != 1 {
		t.Errorf("got %+v", e)
	}
}

func TestFromDeployment_unknownCounts(t *testing.T) {
	for text, want := range map[string][4]int32{
		`{}`:                       {-1, -1, -1, -1},
		`{"spec":{"replicas":3}}`:  {3, -1, -1, -1},
		`{"metadata":{"uid":"u"}}`: {-1, 0, 0, 0},
		`{"spec":{"template":{"spec":{"containers":[{"name":"a"}]}}}}`:    {1, -1, -1, -1},
		`{"status":{"replicas":2,"readyReplicas":1,"updatedReplicas":2}}`: {-1, 1, 2, 2},
		`{"spec":{"replicas":0},"status":{"observedGeneration":1}}`:       {0, 0, 0, 0},
	} {
		w := FromDeployment(decode[appsv1.Deployment](t, text), src)
		if got := [4]int32{w.Desired, w.Ready, w.Updated, w.Existing}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestFromJob_counts(t *testing.T) {
	w := FromJob(decode[batchv1.Job](t, `{"metadata":{"ownerReferences":[{"kind":"CronJob","name":"n","uid":"c","controller":true}]},"spec":{"parallelism":2},"status":{"active":1,"failed":2,"succeeded":3}}`), src)
	if w.Desired != 2 || w.Ready != 3 || w.Updated != 0 || w.Existing != 3 || w.OwnerKind != "CronJob" || w.OwnerName != "n" || w.OwnerUID != "c" {
		t.Errorf("got %+v", w)
	}
}

func TestFromControllerRevision_otherPatch(t *testing.T) {
	for _, raw := range []string{`{"spec":{"template":{"spec":{"containers":[{"name":"a"}]}}}}`, `[1]`, ``} {
		w := FromControllerRevision(&appsv1.ControllerRevision{Revision: 4, Data: runtime.RawExtension{Raw: []byte(raw)}}, src)
		if w.Revision != 4 || (w.Template != nil) != strings.HasPrefix(raw, "{") {
			t.Errorf("%s: %+v", raw, w)
		}
	}
}

func TestFromEndpointSlices_sum(t *testing.T) {
	no := false
	slice := func(service string, ready ...*bool) discoveryv1.EndpointSlice {
		s := discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Labels: map[string]string{discoveryv1.LabelServiceName: service}}}
		for _, r := range ready {
			s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Conditions: discoveryv1.EndpointConditions{Ready: r}})
		}
		return s
	}
	got := FromEndpointSlices([]discoveryv1.EndpointSlice{slice("web", nil, &no), slice(""), slice("db"), slice("web", nil)})
	if len(got) != 2 || *got[0] != (facts.Endpoints{Namespace: "shop", Service: "web", Ready: 2, NotReady: 1}) || *got[1] != (facts.Endpoints{Namespace: "shop", Service: "db"}) {
		t.Errorf("got %+v %+v", got[0], got[1])
	}
}

func TestFromConfigMap_keysOnly(t *testing.T) {
	k := FromConfigMap(decode[corev1.ConfigMap](t, `{"metadata":{"name":"a","managedFields":[{"time":"2026-01-01T00:00:00Z"},{"time":"2026-01-03T00:00:00Z"},{}]},"data":{"z":"1","a":"2"},"binaryData":{"m":"MQ=="}}`))
	if !slices.Equal(k.Keys, []string{"a", "m", "z"}) || k.Changed.Day() != 3 {
		t.Errorf("got %+v", k)
	}
	if k := FromSecretMeta(&metav1.ObjectMeta{Name: "s"}); k.Keys != nil || k.Name != "s" {
		t.Errorf("got %+v", k)
	}
}

func TestLogRefusal(t *testing.T) {
	for text, want := range map[string]string{
		`container "app" in pod "api-1" is waiting to start: ContainerCreating`: `container "app" in pod "api-1" is waiting to start: ContainerCreating`,
		"unable to retrieve container logs for docker://abc\n":                  "unable to retrieve container logs for docker://abc",
		"unable to retrieve container logs for containerd://abc":                "unable to retrieve container logs for containerd://abc",
		`previous terminated container "app" in pod "api-1" not found`:          `previous terminated container "app" in pod "api-1" not found`,
		"Request log error: the server could not find the requested resource":   "the server could not find the requested resource",
		`Error from server (NotFound): pods "x" not found`:                      `Error from server (NotFound): pods "x" not found`,
		"":                                      "",
		"listening on :8080":                    "",
		"error from server: hello\nsecond line": "",
		strings.Repeat("x", 4000):               "",
	} {
		if got := LogRefusal(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
