package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

var ctx = context.Background()

// recorder is the pod of a recorder, as the DaemonSet makes it.
func recorder(node string, change func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "unloop", Name: "unloop-recorder-" + node, Labels: map[string]string{"app.kubernetes.io/name": "unloop", "app.kubernetes.io/component": "recorder"}},
		Spec:       corev1.PodSpec{NodeName: node, Volumes: []corev1.Volume{{Name: "pod-logs", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/var/log/pods"}}}}},
		Status:     corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
	}
	if change != nil {
		change(p)
	}
	return p
}

// forShop is how the token arrives that fakeapi makes for the captures of namespace shop.
const forShop = "Bearer shop/default for " + catalog.TokenAudience

// desk is what answers in a recorder's pod, and what it was sent.
type desk struct {
	mu     sync.Mutex
	tokens []string
	auth   []string
	items  []catalog.Entry
}

func (d *desk) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	d.mu.Lock()
	d.tokens = append(d.tokens, req.Header.Get(tokenHeader))
	d.auth = append(d.auth, req.Header.Get("Authorization"))
	d.mu.Unlock()
	answer := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(v)
	}
	token := req.Header.Get(tokenHeader)
	switch {
	case token != "Bearer good" && token != forShop:
		answer(http.StatusUnauthorized, catalog.Problem{Code: "unauthenticated", Message: "no token"})
	case req.Method == http.MethodPost && token == forShop:
		answer(http.StatusForbidden, catalog.Problem{Code: "forbidden", Message: "a token for the captures of namespace shop is none to create pods/exec -n shop"})
	case req.Method == http.MethodPost:
		var in catalog.StartRequest
		json.NewDecoder(req.Body).Decode(&in)
		if in.Pod != "web-0" {
			answer(http.StatusForbidden, catalog.Problem{Code: "forbidden", Message: "sam may not create pods/exec -n shop"})
			return
		}
		answer(http.StatusCreated, d.items[0])
	case req.URL.Path == "/captures":
		answer(http.StatusOK, catalog.NewList(d.items))
	default:
		for _, e := range d.items {
			if req.URL.Path == "/captures/"+e.Name {
				io.WriteString(w, "bytes of "+e.Pod)
				return
			}
		}
		answer(http.StatusNotFound, catalog.Problem{Code: "not-found", Message: "no such capture"})
	}
}

func entry(node, pod string, at int64) catalog.Entry {
	e := catalog.Entry{Time: time.Unix(at, 0).UTC(), Namespace: "shop", Pod: pod, Container: "app", Trigger: "death"}
	e.Name = e.File(node, "0a1b2c")
	return e
}

// cluster is one with recorders. The user's own token is "good".
func cluster(t *testing.T, change func(*fakeapi.Server)) (*rest.Config, map[string]*desk) {
	desks := map[string]*desk{
		"n1": {items: []catalog.Entry{entry("n1", "web-0", 100), {Name: "../../etc/passwd", Namespace: "shop"}, {Name: entry("n1", "x", 1).Name, Namespace: "infra"}}},
		"n2": {items: []catalog.Entry{entry("n2", "web-1", 200)}},
		"n3": {}, "n4": {},
	}
	api := fakeapi.New(
		recorder("n1", nil), recorder("n2", nil),
		recorder("n3", func(p *corev1.Pod) { p.Spec.Volumes = nil }), // a pod that only says it is one
		recorder("n4", func(p *corev1.Pod) { p.Status.Conditions = nil }),
		&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web-0"}, Spec: corev1.PodSpec{NodeName: "n1"}},
	)
	for node, d := range desks {
		api.Pod("unloop", "unloop-recorder-"+node, catalog.RecorderPort, d)
	}
	if change != nil {
		change(api)
	}
	api.Start(t)
	cfg := api.RESTConfig()
	cfg.BearerToken = "good"
	return cfg, desks
}

func open(t *testing.T, cfg *rest.Config, consent bool) *Fleet {
	t.Helper()
	f, err := Open(ctx, cfg, "unloop", consent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func TestList_sideBySide(t *testing.T) {
	cfg, desks := cluster(t, nil)
	f := open(t, cfg, true)
	list, err := f.List(ctx, catalog.Query{Namespace: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 2 || list.Items[0].Pod != "web-1" || list.Items[0].Node != "n2" || list.Items[1].Node != "n1" {
		t.Errorf("items %+v, want those of two nodes, the newest first, and no others", list.Items)
	}
	if got := strings.Join(list.Incomplete, "\n"); !strings.Contains(got, "n3: pod unloop-recorder-n3 is no recorder") || !strings.Contains(got, "n4: recorder unloop-recorder-n4 is not ready") {
		t.Errorf("incomplete %q", got)
	}
	for _, a := range append(desks["n1"].auth, desks["n2"].auth...) {
		if a != "" {
			t.Errorf("the API server passed on %q: the test does not show what it is for", a)
		}
	}
	for _, node := range []string{"n3", "n4"} {
		if len(desks[node].tokens) > 0 {
			t.Errorf("the token was sent to %s", node)
		}
	}
	for _, node := range []string{"n1", "n2"} {
		if got := desks[node].tokens; len(got) != 1 || got[0] != forShop {
			t.Errorf("%s was sent %q, want the token for the captures of the namespace", node, got)
		}
	}
	if list, err := f.List(ctx, catalog.Query{}, "n2"); err != nil || len(list.Items) != 1 || len(desks["n1"].tokens) != 1 {
		t.Errorf("of one node: %+v, %v, and n1 was asked %d times", list, err, len(desks["n1"].tokens))
	}
}

func TestList_noToken(t *testing.T) {
	cfg, desks := cluster(t, nil)
	cfg.BearerToken = ""
	var said *RemoteError
	if _, err := open(t, cfg, true).List(ctx, catalog.Query{}); !errors.As(err, &said) || said.Code != NoToken || err.Error() != said.Message {
		t.Errorf("without a token: %v", err)
	}
	if len(desks["n1"].tokens) > 0 {
		t.Error("a recorder was asked without a token")
	}
	cfg.BearerToken = "stale"
	if _, err := open(t, cfg, true).List(ctx, catalog.Query{}); !errors.As(err, &said) || said.Code != "unauthenticated" {
		t.Errorf("with a token that is not taken: %v", err)
	}
}

func TestGet_findsTheNode(t *testing.T) {
	cfg, desks := cluster(t, nil)
	f := open(t, cfg, false)
	name := desks["n2"].items[0].Name
	r, _, err := f.Get(ctx, name, "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if text, err := io.ReadAll(r); string(text) != "bytes of web-1" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
	if len(desks["n1"].tokens) > 0 {
		t.Error("a node was asked that cannot have it")
	}
	for _, name := range []string{entry("n2", "other", 5).Name, "../x", ""} {
		if _, _, err := f.Get(ctx, name, ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("Get(%q) = %v, want ErrNotFound", name, err)
		}
	}
}

func TestStart_onThePodsNode(t *testing.T) {
	cfg, _ := cluster(t, nil)
	f := open(t, cfg, true)
	node, err := f.NodeOf(ctx, "shop", "web-0")
	if node != "n1" || err != nil {
		t.Fatalf("NodeOf = %q, %v", node, err)
	}
	e, err := f.Start(ctx, catalog.StartRequest{Namespace: "shop", Pod: "web-0", For: "1s"}, node)
	if err != nil || e.Pod != "web-0" || e.Node != "n1" {
		t.Errorf("Start = %+v, %v", e, err)
	}
	var said *RemoteError
	if _, err := f.Start(ctx, catalog.StartRequest{Namespace: "shop", Pod: "x", For: "1s"}, node); !errors.As(err, &said) || said.Status != http.StatusForbidden {
		t.Errorf("Start without the right: %v", err)
	}
	if _, err := f.Start(ctx, catalog.StartRequest{}, "n4"); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "not ready") {
		t.Errorf("Start on a node without a recorder: %v", err)
	}
}

func TestOpen_noneAndDenied(t *testing.T) {
	api := fakeapi.New()
	api.Start(t)
	if _, err := Open(ctx, api.RESTConfig(), "unloop", false); !errors.Is(err, ErrNone) {
		t.Errorf("without recorders: %v", err)
	}
	denied := fakeapi.New(recorder("n1", nil))
	denied.Deny("list", "pods", "unloop")
	denied.Start(t)
	if _, err := Open(ctx, denied.RESTConfig(), "unloop", false); !errors.Is(err, ErrDenied) {
		t.Errorf("without the right: %v", err)
	}
}
