package kube

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

// needy is a shop whose pods give reason to read everything there is.
func needy() *fakeapi.Server {
	s := shop()
	s.Add(
		pod(metadata("shop", "configured", nil), "n2", crashing, withConfig),
		pod(metadata("shop", "waiting", nil), "", unscheduled, withClaim),
		event("ReplicaSet", "shop", "web-7b9c", "Warning", "FailedCreate", "Error creating: pods is forbidden: exceeded quota"),
		event("Pod", "shop", "configured", "Warning", "Failed", "Error: couldn't find key mode in ConfigMap shop/settings"),
		secret("shop", "db", "tulip"),
		&corev1.ConfigMap{ObjectMeta: metadata("shop", "settings", nil), Data: map[string]string{"level": "rose"}},
		&corev1.Service{ObjectMeta: metadata("bank", "ledger", nil), Spec: corev1.ServiceSpec{ClusterIP: "10.96.0.12"}},
	)
	s.Log("shop", "lonely", "app", true, "dial tcp 10.96.0.12:5432: i/o timeout\n")
	return s
}

// secret is one as a cluster holds it: with a value, and with the record of who
// wrote which key.
func secret(namespace, name, value string) *corev1.Secret {
	m := metadata(namespace, name, nil)
	m.ManagedFields = []metav1.ManagedFieldsEntry{{
		Manager: "kubectl-create", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", FieldsType: "FieldsV1",
		FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:data":{".":{},"f:password":{},"f:user":{}},"f:type":{}}`)},
	}}
	return &corev1.Secret{ObjectMeta: m, Data: map[string][]byte{"user": []byte("ada"), "password": []byte(value)}}
}

func TestCollect_deniedEach(t *testing.T) {
	cases := []struct {
		resource string
		kind     facts.Kind
		reason   string
		left     string // the list that must be there all the same
	}{
		{"pods", facts.Status, "forbidden: list pods", "Event"},
		{"events", facts.Events, "forbidden: list events", "Pod"},
		{"nodes", facts.Node, "forbidden: list nodes", "Pod"},
		{"deployments", facts.Owner, "forbidden: list deployments", "StatefulSet"},
		{"replicasets", facts.Owner, "forbidden: list replicasets", "Deployment"},
		{"statefulsets", facts.Owner, "forbidden: list statefulsets", "Deployment"},
		{"daemonsets", facts.Owner, "forbidden: list daemonsets", "Deployment"},
		{"jobs", facts.Owner, "forbidden: list jobs", "Deployment"},
		{"cronjobs", facts.Owner, "forbidden: list cronjobs", "Deployment"},
		{"replicationcontrollers", facts.Owner, "forbidden: list replicationcontrollers", "Deployment"},
		{"controllerrevisions", facts.Owner, "forbidden: list controllerrevisions", "StatefulSet"},
		{"persistentvolumeclaims", facts.References, "forbidden: list persistentvolumeclaims", "Pod"},
		{"persistentvolumes", facts.References, "forbidden: list persistentvolumes", "StorageClass"},
		{"storageclasses", facts.References, "forbidden: list storageclasses", "PersistentVolume"},
		{"volumeattachments", facts.References, "forbidden: list volumeattachments", "PersistentVolume"},
		{"secrets", facts.References, "forbidden: list secrets", "ConfigMap"},
		{"configmaps", facts.References, "forbidden: list configmaps", "Secret"},
		{"serviceaccounts", facts.References, "forbidden: list serviceaccounts", "ResourceQuota"},
		{"resourcequotas", facts.Owner, "forbidden: list resourcequotas", "LimitRange"},
		{"limitranges", facts.Owner, "forbidden: list limitranges", "ResourceQuota"},
		{"services", facts.Services, "forbidden: list services", "EndpointSlice"},
		{"endpointslices", facts.Services, "forbidden: list endpointslices", "Service"},
		{"networkpolicies", facts.Services, "forbidden: list networkpolicies", "Service"},
		{"pods/log", facts.Logs, "forbidden: get pods/log", "Pod"},
	}
	for _, c := range cases {
		t.Run(c.resource, func(t *testing.T) {
			s := needy()
			s.Deny("*", c.resource, "")
			snap := collect(t, s.Start(t), Config{Namespace: "shop"})
			if len(snap.Denied) == 0 {
				t.Errorf("denied nothing, want %s: %s", c.kind, c.reason)
			}
			for _, d := range snap.Denied { // one for each namespace
				if d.Kind != c.kind || d.Reason != c.reason || d.Name != "" || d.Namespace == "" && namespaced(c.resource) {
					t.Errorf("denied %+v, want %s: %s", d, c.kind, c.reason)
				}
			}
			if !snap.Complete(c.left, "shop") {
				t.Errorf("the list of %s is gone as well; there are %v", c.left, snap.Listed)
			}
		})
	}
}

func namespaced(resource string) bool {
	return !slices.Contains([]string{"nodes", "persistentvolumes", "storageclasses", "volumeattachments"}, resource)
}

// Nothing that is read beside what was asked for may be reached only in theory:
// with every right, every row of the table above is asked for.
func TestCollect_deniedCoversWhatIsRead(t *testing.T) {
	s := needy().Start(t)
	snap := collect(t, s, Config{Namespace: "shop"})
	if len(snap.Denied) > 0 {
		t.Errorf("denied with every right: %v", snap.Denied)
	}
	var read []string
	for _, r := range s.Requests() {
		if r.Resource != "" && !slices.Contains(read, r.FullResource()) {
			read = append(read, r.FullResource())
		}
	}
	if len(read) != 24 {
		t.Errorf("%d resources were read: %v", len(read), read)
	}
}

func TestCollect_deniedOnePod(t *testing.T) {
	for resource, want := range map[string]string{
		"pods":        "forbidden: get pods",
		"events":      "forbidden: list events",
		"nodes":       "forbidden: get nodes",
		"deployments": "forbidden: get deployments",
		"replicasets": "forbidden: list replicasets",
		"pods/log":    "forbidden: get pods/log",
	} {
		t.Run(resource, func(t *testing.T) {
			s := shop()
			s.Deny("*", resource, "")
			snap := collect(t, s.Start(t), Config{Namespace: "shop", Names: []string{"web-7b9c-x1"}})
			if len(snap.Denied) != 1 && resource != "events" || snap.Denied[0].Reason != want {
				t.Errorf("denied %+v, want %s", snap.Denied, want)
			}
			if resource == "deployments" {
				if f := factsOf(t, snap, "Pod", "web-7b9c-x1"); len(f.Owners) != 1 {
					t.Errorf("owners %v: the ReplicaSet may still be read", f.Owners)
				}
			}
		})
	}
}

// TestCollect_listWithoutGet: a role may allow to list pods and not to get one.
func TestCollect_listWithoutGet(t *testing.T) {
	s := shop()
	s.Deny("get", "pods", "shop")
	snap := collect(t, s.Start(t), Config{Namespace: "shop", Names: []string{"web-7b9c-x1"}})
	if len(snap.Pods) != 1 || snap.Pods[0].Name != "web-7b9c-x1" || len(snap.Denied) != 0 {
		t.Errorf("pods %d, denied %+v", len(snap.Pods), snap.Denied)
	}
}

func TestCollect_deniedWorkload(t *testing.T) {
	s := shop()
	s.Deny("get", "deployments", "shop")
	snap := collect(t, s.Start(t), Config{Namespace: "shop", Names: []string{"deploy/web"}})
	if len(snap.Denied) != 1 || snap.Denied[0].Reason != "forbidden: get deployments" || snap.Denied[0].Namespace != "shop" {
		t.Errorf("denied %+v", snap.Denied)
	}
}

func TestCollect_failuresBesideArePartOfTheAnswer(t *testing.T) {
	for message, c := range map[string]struct {
		code int
		want string
	}{
		"etcd is slow": {500, "failed: list events: etcd is slow"},
		"not here":     {404, "not served here: list events"},
		"who are you":  {401, "unauthorized: list events"},
	} {
		s := shop()
		s.Fail(asked("events"), c.code, message)
		snap := collect(t, s.Start(t), Config{Namespace: "shop"})
		if len(snap.Denied) == 0 || snap.Denied[0].Reason != c.want || len(snap.Pods) == 0 {
			t.Errorf("%d: denied %+v with %d pods", c.code, snap.Denied, len(snap.Pods))
		}
	}
}

func TestCollect_servicesElsewhere(t *testing.T) {
	snap := collect(t, needy().Start(t), Config{Namespace: "shop"})
	f := factsOf(t, snap, "Pod", "lonely")
	if svc := f.ServiceAt("10.96.0.12"); svc == nil || f.EndpointsOf("bank", "ledger") == nil || f.EndpointsOf("bank", "ledger").Ready != 0 {
		t.Errorf("the Service the log names by address is %v, its endpoints %v", svc, f.EndpointsOf("bank", "ledger"))
	}

	s := needy()
	s.Fail(func(r fakeapi.Request) bool { return r.Resource == "services" && r.Namespace == "" }, 403, "only your own")
	snap = collect(t, s.Start(t), Config{Namespace: "shop"})
	if !snap.Complete("Service", "shop") || snap.Complete("Service", "bank") || len(snap.Denied) > 0 {
		t.Errorf("own namespace only: listed %v, denied %v", snap.Listed, snap.Denied)
	}
}

func TestCollect_readsNothingWithoutReason(t *testing.T) {
	s := shop().Start(t)
	collect(t, s, Config{Namespace: "shop"})
	for _, resource := range []string{"secrets", "configmaps", "services", "endpointslices", "networkpolicies", "resourcequotas", "persistentvolumes"} {
		if n := s.Count(asked(resource)); n > 0 {
			t.Errorf("%s were read although nothing speaks of them", resource)
		}
	}
}

// Captures tell of pods that said nothing: who could have answered those is read where there will
// be captures, which is asked where a container ended and not again.
func TestCollect_peersForCaptures(t *testing.T) {
	for _, c := range []struct {
		pod         string
		will        bool
		asks, lists int
	}{
		{"", true, 1, 1},
		{"", false, 1, 0},
		{"deploy/well", true, 0, 0},
	} {
		s := shop().Start(t)
		asks := 0
		cfg := Config{Namespace: "shop", Captures: func(context.Context) bool { asks++; return c.will }}
		if c.pod != "" {
			cfg.Names = []string{c.pod}
		}
		collect(t, s, cfg)
		if n := s.Count(asked("services")); asks != c.asks || n != c.lists {
			t.Errorf("%q, captures %v: asked %d times, %d lists of Services; want %d and %d", c.pod, c.will, asks, n, c.asks, c.lists)
		}
	}
}

// metadataForms are the only forms in which Secrets may be asked for.
func metadataForms(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		if !strings.Contains(part, ";as=PartialObjectMetadata") {
			return false
		}
	}
	return accept != ""
}

func TestCollect_neverReadsSecretValues(t *testing.T) {
	for name, cfg := range map[string]Config{
		"namespace": {Namespace: "shop"}, "everywhere": {AllNamespaces: true}, "one": {Namespace: "shop", Names: []string{"configured"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := needy().Start(t)
			snap := collect(t, s, cfg)
			reads := 0
			for _, r := range s.Requests() {
				if r.Resource == "secrets" {
					reads++
					if !metadataForms(r.Accept) || r.Verb != "list" {
						t.Errorf("%s accepts %q", r, r.Accept)
					}
				}
			}
			if reads == 0 {
				t.Fatal("the case never asks for Secrets, so it proves nothing")
			}
			if len(snap.Secrets) != 1 || strings.Join(snap.Secrets[0].Keys, " ") != "password user" {
				t.Errorf("secrets %+v", snap.Secrets)
			}
		})
	}
}

// A server or proxy that ignores the form asked for answers with whole Secrets:
// they must not be taken.
func TestCollect_refusesWholeSecrets(t *testing.T) {
	s := needy()
	whole := http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		if strings.HasSuffix(in.URL.Path, "/secrets") {
			in.Header.Set("Accept", "application/json")
		}
		s.ServeHTTP(w, in)
	})
	proxy := httptest.NewServer(whole)
	t.Cleanup(proxy.Close)
	snap, err := Collect(context.Background(), Config{RESTConfig: &rest.Config{Host: proxy.URL}, Namespace: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	if len(snap.Secrets) != 0 || len(snap.Denied) != 1 || !strings.HasPrefix(snap.Denied[0].Reason, "failed: list secrets") {
		t.Errorf("secrets %v, denied %v", snap.Secrets, snap.Denied)
	}
	if strings.Contains(snap.Denied[0].Reason, "tulip") || strings.Contains(snap.Denied[0].Reason, "dHVsaXA") {
		t.Errorf("a value came through the error: %s", snap.Denied[0].Reason)
	}
}

func TestKinds_noTypedSecret(t *testing.T) {
	if scheme.Recognizes(corev1.SchemeGroupVersion.WithKind("Secret")) || scheme.Recognizes(corev1.SchemeGroupVersion.WithKind("SecretList")) {
		t.Error("the scheme can decode Secrets")
	}
}

func TestKeysIn(t *testing.T) {
	entry := func(raw string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{FieldsV1: &metav1.FieldsV1{Raw: []byte(raw)}}
	}
	for name, c := range map[string]struct {
		fields []metav1.ManagedFieldsEntry
		want   string
	}{
		"none":         {nil, ""},
		"two managers": {[]metav1.ManagedFieldsEntry{entry(`{"f:data":{".":{},"f:b":{}}}`), entry(`{"f:data":{"f:a.yaml":{}},"f:binaryData":{"f:c":{}}}`)}, "a.yaml b c"},
		"other fields": {[]metav1.ManagedFieldsEntry{entry(`{"f:metadata":{"f:labels":{"f:x":{}}}}`)}, ""},
		"broken":       {[]metav1.ManagedFieldsEntry{entry(`{"f:data":[`), {}}, ""},
	} {
		if got := strings.Join(keysIn(c.fields), " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if keysIn(nil) != nil {
		t.Error("unknown keys must be nil")
	}
}

// jsonOnly answers everything in JSON, whatever form was asked for.
type jsonOnly struct{ server http.Handler }

func (j jsonOnly) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	in.Header.Set("Accept", "application/json")
	j.server.ServeHTTP(w, in)
}
