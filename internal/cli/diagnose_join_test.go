package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/access"
	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/kube"
	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

// guarded is a recorder with a capture of web-1 in each namespace, which has the cluster say who asks,
// as a real one does. It notes what it was asked for, and by whom.
type guarded struct {
	gate *access.Gate
	mu   sync.Mutex
	seen []string
}

func (g *guarded) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ns := req.URL.Query().Get("namespace")
	file, fetch := strings.CutPrefix(req.URL.Path, "/captures/")
	if fetch {
		ns, _, _ = strings.Cut(file, "/")
	}
	u, err := g.gate.Who(req.Context(), access.Token(req.Header))
	if err == nil {
		err = g.gate.Check(req.Context(), u, access.Right{Verb: "get", Resource: "pods", Namespace: ns})
	}
	g.mu.Lock()
	g.seen = append(g.seen, u.Name)
	g.mu.Unlock()
	e := catalog.Entry{Time: time.Unix(1773457010, 0).UTC(), Namespace: ns, Pod: "web-1", Container: "app", Trigger: "death", Bytes: 5}
	e.Name = e.File("n1", "0a1b2c")
	switch {
	case err != nil:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		json.NewEncoder(w).Encode(catalog.Problem{Code: "forbidden", Message: err.Error()})
	case fetch:
		io.WriteString(w, "calls of "+file)
	default:
		json.NewEncoder(w).Encode(catalog.NewList([]catalog.Entry{e}))
	}
}

// onNode is a cluster with recorders on a node, the cluster's own pods, and what came to the recorder.
type onNode struct {
	*world
	api   *fakeapi.Server
	rec   *guarded
	conf  string
	fetch []string // what captures were read
}

func newOnNode(t *testing.T, snap *facts.Snapshot, change func(*fakeapi.Server)) *onNode {
	t.Helper()
	c := &onNode{world: newWorld(t, snap), api: fakeapi.New(), rec: &guarded{}}
	c.api.Add(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "unloop", Name: "unloop-recorder-x", Labels: map[string]string{"app.kubernetes.io/name": "unloop", "app.kubernetes.io/component": "recorder"}},
		Spec:       corev1.PodSpec{NodeName: "n1", Volumes: []corev1.Volume{{VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/var/log/pods"}}}}},
		Status:     corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
	})
	c.api.Pod("unloop", "unloop-recorder-x", catalog.RecorderPort, c.rec)
	c.api.User("not-checked", "sam", "get pods -n shop") // the token of fakeapi's kubeconfigs
	if change != nil {
		change(c.api)
	}
	c.api.StartTLS(t) // a client sends its token over TLS only
	var err error
	if c.rec.gate, err = access.New(c.api.RESTConfig()); err != nil {
		t.Fatal(err)
	}
	c.conf = c.api.WriteKubeconfig(t, "shop")
	read := c.Read
	c.Read = func(ctx context.Context, paths []string, in io.Reader, o collect.Options) (*facts.Snapshot, error) {
		if in != nil { // what -f names
			return read(ctx, paths, in, o)
		}
		for _, p := range paths {
			b, err := os.ReadFile(p)
			if err != nil {
				return nil, err
			}
			c.fetch = append(c.fetch, string(b))
		}
		return &facts.Snapshot{}, nil
	}
	return c
}

// asked are the requests of the client, without the reviews of the recorder.
func (c *onNode) asked() (out []string) {
	for _, r := range c.api.Requests() {
		if !strings.HasSuffix(r.Resource, "reviews") {
			out = append(out, strings.TrimSpace(r.Verb+" "+r.FullResource()+" -n "+r.Namespace))
		}
	}
	return out
}

// sickOn is a snapshot of pods web-1 that are not well, on a node, in some namespaces.
func sickOn(node string, namespaces ...string) *facts.Snapshot {
	s := &facts.Snapshot{}
	for _, ns := range namespaces {
		p := pod(ns, "web-1", "", true)
		p.Spec.NodeName = node
		s.Pods = append(s.Pods, p)
	}
	return s
}

func TestDiagnose_joinsTheRecorders(t *testing.T) {
	well := &facts.Snapshot{Pods: []*facts.Pod{pod("shop", "web-2", "", false)}}
	well.Pods[0].Spec.NodeName = "n1"
	noRecorders := func(api *fakeapi.Server) {
		api.Fail(func(r fakeapi.Request) bool { return r.Verb == "list" }, http.StatusNotFound, "none")
	}
	const (
		find  = "list pods -n unloop"
		token = "post serviceaccounts/token -n shop"
		proxy = "get pods/proxy -n unloop"
		maker = "system:serviceaccount:shop:default"
	)
	for _, c := range []struct {
		name   string
		snap   *facts.Snapshot
		change func(*fakeapi.Server)
		args   []string
		asked  []string // in this order
		seen   []string // who the recorder saw
		said   string
		code   int
	}{
		{"by itself", sickOn("n1", "shop"), nil, nil, []string{find, token, proxy, proxy}, []string{maker, maker}, "", exitFindings},
		{"other node", sickOn("n2", "shop"), nil, nil, []string{find}, nil, "", exitFindings},
		{"no node", sickOn("", "shop"), nil, nil, nil, nil, "", exitFindings},
		{"well", well, nil, nil, nil, nil, "", exitFine},
		{"no right to find them", sickOn("n1", "shop"), func(api *fakeapi.Server) { api.Deny("list", "pods", "unloop") }, nil, []string{find}, nil, "", exitFindings},
		{"no token", sickOn("n1", "shop"), func(api *fakeapi.Server) { api.Deny("post", "serviceaccounts/token", "") }, nil, []string{find, token}, nil,
			"unloop: skipped: captures: needs create serviceaccounts/token -n shop, or --recorders unloop with your own token\n", exitFindings},
		{"no right to reach them", sickOn("n1", "shop"), func(api *fakeapi.Server) { api.Deny("get", "pods/proxy", "") }, nil, []string{find, token, proxy}, nil,
			"unloop: skipped: captures: needs get pods/proxy -n unloop\n", exitFindings},
		{"cannot be found", sickOn("n1", "shop"), noRecorders, nil, []string{find}, nil,
			"unloop: skipped: captures: the recorders cannot be asked for: none\n", exitFindings},
		{"switched off", sickOn("n1", "shop"), nil, []string{"--recorders", ""}, nil, nil, "", exitFindings},
		{"another place", sickOn("n1", "shop"), nil, []string{"--captures", t.TempDir()}, nil, nil, "", exitFindings},
		{"files", sickOn("n1", "shop"), nil, []string{"-f", "pod.yaml"}, nil, nil, "", exitFindings},
		{"named", sickOn("n1", "shop"), nil, []string{"--recorders", "unloop"}, []string{find, token, proxy, proxy}, []string{maker, maker}, "", exitFindings},
		{"named, no token", sickOn("n1", "shop"), func(api *fakeapi.Server) { api.Deny("post", "serviceaccounts/token", "") }, []string{"--recorders", "unloop"},
			[]string{find, token, proxy, proxy}, []string{"sam", "sam"}, "", exitFindings},
		{"named, files", sickOn("n1", "shop"), nil, []string{"--recorders", "unloop", "-f", "pod.yaml"}, []string{find, token, proxy, proxy}, []string{maker, maker}, "", exitFindings},
		{"named, not there", sickOn("n1", "shop"), nil, []string{"--recorders", "elsewhere"}, []string{"list pods -n elsewhere"}, nil,
			"unloop: captures cannot be asked for: no recorders in namespace \"elsewhere\"\nhint: kubectl apply -f deploy/recorder.yaml (or: unloop capture list --captures FOLDER)\n", exitFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newOnNode(t, c.snap, c.change)
			if code := w.run(append([]string{"diagnose", "-o", "json", "--kubeconfig", w.conf}, c.args...)...); code != c.code {
				t.Errorf("exit %d, want %d", code, c.code)
			}
			if got := w.err.String(); got != c.said {
				t.Errorf("said %q, want %q", got, c.said)
			}
			if got := w.asked(); !slices.Equal(got, c.asked) {
				t.Errorf("asked %q, want %q", got, c.asked)
			}
			if !slices.Equal(w.rec.seen, c.seen) {
				t.Errorf("the recorder saw %q, want %q", w.rec.seen, c.seen)
			}
			if read := strings.Join(w.fetch, "\n"); (len(c.seen) > 0) != strings.HasPrefix(read, "calls of shop/20260314T025650") {
				t.Errorf("captures read: %q", read)
			}
		})
	}
}

// What reads the cluster hears whether there will be captures, and the recorders are looked for once.
func TestDiagnose_expectsCaptures(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*fakeapi.Server)
		args   []string
		asks   bool // whether there is something to ask
		want   bool
	}{
		{"recorders", nil, nil, true, true},
		{"none that may be seen", func(api *fakeapi.Server) { api.Deny("list", "pods", "unloop") }, nil, true, false},
		{"a folder", nil, []string{"--captures", t.TempDir()}, true, true},
		{"switched off", nil, []string{"--recorders", ""}, false, false},
	} {
		w := newOnNode(t, sickOn("n1", "shop"), c.change)
		live := w.Live
		w.Live = func(ctx context.Context, cfg kube.Config) (*facts.Snapshot, error) {
			if (cfg.Captures != nil) != c.asks || c.asks && cfg.Captures(ctx) != c.want {
				t.Errorf("%s: the collector hears something else than %v", c.name, c.want)
			}
			return live(ctx, cfg)
		}
		w.run(append([]string{"diagnose", "--kubeconfig", w.conf}, c.args...)...)
		if n := w.api.Count(func(r fakeapi.Request) bool { return r.Verb == "list" }); n > 1 {
			t.Errorf("%s: the recorders were looked for %d times", c.name, n)
		}
	}
}

// Of a namespace whose token may not be made the captures are missing, and of those that are
// too many; the others are joined.
func TestDiagnose_joinsManyNamespaces(t *testing.T) {
	var spaces []string
	for i := range joinNamespaces + 2 {
		spaces = append(spaces, fmt.Sprintf("team-%02d", i))
	}
	w := newOnNode(t, sickOn("n1", spaces...), func(api *fakeapi.Server) { api.Deny("post", "serviceaccounts/token", "team-03") })
	if code := w.run("diagnose", "-A", "-o", "json", "--kubeconfig", w.conf); code != exitFindings {
		t.Errorf("exit %d", code)
	}
	var list unloop.DiagnosisList
	if err := json.Unmarshal(w.out.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"captures: needs create serviceaccounts/token -n team-03, or --recorders unloop with your own token",
		"captures: those of 2 more namespaces were not asked for: see them with -n: team-08 team-09",
	}
	if !slices.Equal(list.Skipped, want) {
		t.Errorf("skipped %q, want %q", list.Skipped, want)
	}
	if len(w.fetch) != joinNamespaces-1 {
		t.Errorf("captures read: %q", w.fetch)
	}
	if n := w.api.Count(func(r fakeapi.Request) bool { return r.Resource == "serviceaccounts" }); n != joinNamespaces {
		t.Errorf("%d tokens were asked for, want %d", n, joinNamespaces)
	}
	for _, name := range w.rec.seen {
		if !strings.HasPrefix(name, "system:serviceaccount:team-") {
			t.Errorf("the recorder saw %q", name)
		}
	}
}

// A cluster that does not answer keeps no diagnosis waiting, and a user who interrupts is heard.
func TestDiagnose_recordersDoNotAnswer(t *testing.T) {
	t.Parallel()
	w := newOnNode(t, sickOn("n1", "shop"), func(api *fakeapi.Server) {
		api.Hold(func(r fakeapi.Request) bool { return r.Namespace == "unloop" })
	})
	began := time.Now()
	if code := w.run("diagnose", "-o", "json", "--kubeconfig", w.conf); code != exitFindings || time.Since(began) > findTime+askTime {
		t.Errorf("exit %d after %v", code, time.Since(began))
	}
	if want := "unloop: skipped: captures: the recorders cannot be asked for: no answer within 2s\n"; w.err.String() != want {
		t.Errorf("said %q, want %q", w.err.String(), want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	live := w.Live
	w.Live = func(ctx context.Context, cfg kube.Config) (*facts.Snapshot, error) {
		cancel()
		return live(ctx, cfg)
	}
	w.err.Reset()
	if code := Main(ctx, w.Env, []string{"diagnose", "--kubeconfig", w.conf}); code != exitFailed || w.err.String() != "unloop: interrupted\n" {
		t.Errorf("exit %d, %q", code, w.err.String())
	}
}

func TestQuestions(t *testing.T) {
	at := func(ns, pod, node string) sick { return sick{namespace: ns, pod: pod, node: node} }
	many := []sick{}
	for i := range joinNamespaces + 1 {
		many = append(many, at(fmt.Sprintf("team-%d", i), "web", "n1"))
	}
	for _, c := range []struct {
		name string
		from captureFlags
		pods []sick
		want string
		left int
	}{
		{"one pod", captureFlags{}, []sick{at("shop", "a", "n1")}, "shop/a on n1", 0},
		{"one namespace", captureFlags{}, []sick{at("shop", "a", "n2"), at("shop", "b", "n1"), at("shop", "c", "n2")}, "shop/ on n1 n2", 0},
		{"two namespaces", captureFlags{}, []sick{at("shop", "a", "n2"), at("infra", "b", "n1")}, "shop/a on n2; infra/b on n1", 0},
		{"on an unknown node", captureFlags{consent: true}, []sick{at("shop", "a", "n2"), at("shop", "b", "")}, "shop/ on ", 0},
		{"a folder", captureFlags{place: "/x"}, []sick{at("shop", "a", "n2"), at("infra", "b", "n1")}, "/ on n1 n2", 0},
		{"with the user's own token", captureFlags{consent: true}, many, "/ on n1", 0},
	} {
		ask, left := (&diagnoseOptions{from: c.from}).questions(c.pods)
		var got []string
		for _, q := range ask {
			got = append(got, q.Namespace+"/"+q.Pod+" on "+strings.Join(q.nodes, " "))
		}
		if strings.Join(got, "; ") != c.want || len(left) != c.left {
			t.Errorf("%s: %q and %d left, want %q", c.name, got, len(left), c.want)
		}
	}
	if ask, left := (&diagnoseOptions{}).questions(many); len(ask) != joinNamespaces || !slices.Equal(left, []string{"team-8"}) {
		t.Errorf("too many: %d asked for, %q left", len(ask), left)
	}
}

// `unloop capture` names the recorders by itself; they get the user's own token only where
// no other is good.
func TestCapture_whichToken(t *testing.T) {
	file := catalog.Entry{Time: time.Unix(1773457010, 0).UTC(), Namespace: "shop", Pod: "web-1", Container: "app", Trigger: "death"}.File("n1", "0a1b2c")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"list"}, "system:serviceaccount:shop:default"},
		{[]string{"list", "-A"}, "sam"},
		{[]string{"get", file, "-o", filepath.Join(t.TempDir(), "x.scap.gz")}, "system:serviceaccount:shop:default"},
		{[]string{"start", "web-1"}, "sam"},
	} {
		w := newOnNode(t, nil, func(api *fakeapi.Server) {
			api.Add(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web-1"}, Spec: corev1.PodSpec{NodeName: "n1"}})
		})
		w.run(append(append([]string{"capture"}, c.args...), "--kubeconfig", w.conf)...)
		if !slices.Equal(w.rec.seen, []string{c.want}) {
			t.Errorf("%v: the recorder saw %q, want %q: %s", c.args, w.rec.seen, c.want, w.err.String())
		}
	}
}
