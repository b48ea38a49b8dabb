package kube

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

func TestParseRef(t *testing.T) {
	for in, want := range map[string]string{
		"web-1": "Pod web-1", "po/web-1": "Pod web-1", "Pods/web-1": "Pod web-1", "pod/web-1": "Pod web-1",
		"deploy/web": "Deployment web", "deployment/web": "Deployment web", "deployments.v1.apps/web": "Deployment web",
		"rs/web": "ReplicaSet web", "replicasets/web": "ReplicaSet web", "sts/db": "StatefulSet db", "statefulset/db": "StatefulSet db",
		"ds/shipper": "DaemonSet shipper", "daemonsets/shipper": "DaemonSet shipper", "job/once": "Job once", "jobs.batch/once": "Job once",
		"cj/nightly": "CronJob nightly", "cronjob/nightly": "CronJob nightly", "cronjobs/nightly": "CronJob nightly",
		"rc/old": "ReplicationController old", "replicationcontroller/old": "ReplicationController old",
	} {
		if got, err := ParseRef(in); err != nil || got.Kind+" "+got.Name != want {
			t.Errorf("%s: %v, %v, want %s", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		"": "neither POD nor TYPE/NAME", "deploy/": "neither POD", "a/b/c": "neither POD", "web 1": "neither POD", "svc/web": `unknown type "svc"`,
	} {
		if _, err := ParseRef(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
	if kind, ok := TypeKind("deploy"); !ok || kind != "Deployment" {
		t.Errorf("deploy is %s", kind)
	}
	if s := (Ref{"Deployment", "web"}).String() + " " + (Ref{"Pod", "web-1"}).String(); s != "deployment/web web-1" {
		t.Errorf("refs read %s", s)
	}
}

func TestSettled(t *testing.T) {
	initState := func(restarts int32, s corev1.ContainerState, ready bool) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "setup", RestartCount: restarts, State: s, Ready: ready}}
		}
	}
	exit := func(code int32, reason string) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason}}
	}
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	now := before(0)
	for name, c := range map[string]struct {
		mod  func(*corev1.Pod)
		want bool
	}{
		"runs and is ready":  {func(*corev1.Pod) {}, true},
		"done":               {func(p *corev1.Pod) { p.Status = corev1.PodStatus{Phase: corev1.PodSucceeded} }, true},
		"sidecar runs":       {initState(0, running, true), true},
		"init done":          {initState(0, exit(0, "Completed"), true), true},
		"crashes":            {crashing, false},
		"restarted once":     {func(p *corev1.Pod) { p.Status.ContainerStatuses[0].RestartCount = 1 }, false},
		"not ready":          {notReady, false},
		"never ran":          {neverRan, false},
		"unscheduled":        {unscheduled, false},
		"being deleted":      {func(p *corev1.Pod) { p.DeletionTimestamp = &now }, false},
		"evicted":            {func(p *corev1.Pod) { p.Status.Reason = "Evicted" }, false},
		"failed":             {func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed }, false},
		"init failed":        {initState(0, exit(1, "Error"), false), false},
		"init out of memory": {initState(0, exit(0, "OOMKilled"), true), false},
		"sidecar restarted":  {initState(1, running, true), false},
		"sidecar not ready":  {initState(0, running, false), false},
		"disrupted": {func(p *corev1.Pod) {
			p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue})
		}, false},
		"without any statuses":   {func(p *corev1.Pod) { p.Status.ContainerStatuses = nil }, false},
		"container not running":  {func(p *corev1.Pod) { p.Status.ContainerStatuses[0].State = exit(0, "Completed") }, false},
		"readiness gate is shut": {func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse }, false},
	} {
		if got := settled(pod(metadata("shop", "p", nil), "n1", c.mod)); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// What slim drops may not change a judgement: a slimmed pod stays settled, and
// keeps what others ask of it.
func TestSlim(t *testing.T) {
	p := pod(metadata("shop", "p", nil), "n1", withClaim, withConfig)
	always := corev1.ContainerRestartPolicyAlways
	p.Spec.InitContainers = []corev1.Container{{Name: "proxy", RestartPolicy: &always, Env: []corev1.EnvVar{{Name: "A"}}}}
	p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "proxy", Ready: true, State: p.Status.ContainerStatuses[0].State}}
	p.Spec.Containers[0].LivenessProbe = &corev1.Probe{}
	p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "tmp"})
	slim(p)
	if !settled(p) || !hasClaims(p) || len(p.Spec.Volumes) != 1 || p.Spec.Containers[0].EnvFrom != nil || p.Spec.Containers[0].LivenessProbe == nil {
		t.Errorf("slimmed to %+v", p.Spec)
	}
	f := facts.Join(&facts.Snapshot{Pods: []*facts.Pod{{Pod: p, HasSpec: true, HasStatus: true}}})[0]
	if f.Containers[0].Class != facts.Sidecar || f.Containers[0].Spec.Env != nil {
		t.Errorf("the sidecar became %+v", f.Containers[0])
	}
}

func TestReplicas_share(t *testing.T) {
	three := make([]*facts.Pod, 3)
	for i, image := range []string{"registry.example/a", "registry.example/a", "registry.example/b"} {
		p := pod(owned(metadata("shop", "p", nil), "ReplicaSet", "web"), "n1")
		p.Spec.Containers[0].Image = image
		three[i] = &facts.Pod{Pod: p}
	}
	replicas{}.share(&facts.Snapshot{Pods: three})
	if &three[0].Spec.Containers[0] != &three[1].Spec.Containers[0] || three[2].Spec.Containers[0].Image != "registry.example/b" {
		t.Error("equal pods do not share their containers, or unequal ones do")
	}
}

func TestWantsOf(t *testing.T) {
	for text, want := range map[string][]want{
		"INFO ready in 3 s": nil,
		"dial tcp: lookup ledger on 10.96.0.10:53: no such host":                {peers},
		"getaddrinfo ENOTFOUND ledger.bank.svc.cluster.local":                   {peers},
		"could not translate host name \"db\" to address":                       {peers},
		"java.net.UnknownHostException: ledger":                                 {peers},
		"connect ECONNREFUSED 10.0.0.7:5432":                                    {peers},
		"dial tcp 10.0.0.7:5432: i/o timeout":                                   {peers, timeouts},
		"FATAL: password authentication failed for user \"shop\"":               {config},
		"CreateContainerConfigError configmap \"settings\" not found":           {config},
		"couldn't find key mode in ConfigMap shop/settings":                     {config, keys},
		"FailedMount MountVolume.SetUp failed for volume \"data\": exit 32":     {storage},
		"FailedCreate Error creating: pods is forbidden: exceeded quota: tight": {limits},
	} {
		got := wantsOf(text, hosts{})
		ok := len(got) == len(want)
		for _, w := range want {
			ok = ok && got[w]
		}
		if !ok {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestHosts(t *testing.T) {
	h := hosts{}
	wantsOf("dial tcp 10.96.0.12:5432: connection refused\nlookup Ledger.Bank.svc.cluster.local.: no such host; see https://docs.example/x, v1.2.3", h)
	svc := func(ns, name, ip string) *corev1.Service {
		return &corev1.Service{ObjectMeta: metadata(ns, name, nil), Spec: corev1.ServiceSpec{ClusterIP: ip}}
	}
	if !h.has(svc("x", "y", "10.96.0.12")) || !h.has(svc("bank", "ledger", "None")) || h.has(svc("shop", "ledger", "None")) {
		t.Errorf("hosts %v", h)
	}
	wantsOf(strings.Repeat("no such host a", 1), h)
	var b strings.Builder
	for i := range 5000 {
		b.WriteString("no such host h" + strings.Repeat("x", i%50) + "." + strings.Repeat("y", i%60) + "z" + " ")
	}
	if wantsOf(b.String(), h); len(h) > maxHosts {
		t.Errorf("%d hosts", len(h))
	}
}

func TestWantedIn_namespaces(t *testing.T) {
	w := wantedIn{}
	for i, ns := range strings.Fields("a b b c c c d e f g h i j k l m") {
		w.add(peers, ns)
		if i == 0 {
			w.add(config, "z")
		}
	}
	got := w.namespaces(peers)
	if len(got) != maxNamespaces || got[0] != "c" || got[1] != "b" || got[2] != "a" {
		t.Errorf("namespaces %v", got)
	}
	if w.namespaces(storage) != nil {
		t.Error("namespaces without a reason")
	}
}

func TestNear(t *testing.T) {
	var all []*facts.Object
	for _, name := range strings.Fields("api-1 web-7b9c-a web-7b9c-b web-7b9c-c web-7b9c-d website-1") {
		all = append(all, &facts.Object{Kind: "Pod", Name: name})
	}
	for asked, want := range map[string]string{
		"web-7b9c-z": "web-7b9c-a web-7b9c-b web-7b9c-c", "web": "web-7b9c-a web-7b9c-b web-7b9c-c", "api": "api-1", "db-0": "", "-": "", "": "",
	} {
		if got := strings.Join(near(asked, all), " "); got != want {
			t.Errorf("%s: %s, want %s", asked, got, want)
		}
	}
}

func TestDropIdle_keepsTheNewestRevisions(t *testing.T) {
	s := &facts.Snapshot{}
	tmpl := template(nil, "registry.example/web")
	for i := range 6 {
		s.Workloads = append(s.Workloads, &facts.Workload{Kind: "ReplicaSet", Namespace: "shop", Name: "web", OwnerKind: "Deployment", OwnerName: "web", Revision: int64(i), Template: &tmpl})
	}
	s.Workloads[1].Desired = 2 // an old one that still has pods
	s.MarkListed("ReplicaSet", "shop")
	dropIdle(s)
	var left []int64
	for _, w := range s.Workloads {
		left = append(left, w.Revision)
	}
	if len(left) != 4 || left[0] != 1 || left[3] != 5 {
		t.Errorf("revisions %v are left", left)
	}
	if s.Complete("ReplicaSet", "shop") {
		t.Error("the list passes for complete")
	}
}

func TestClock(t *testing.T) {
	c := &clock{}
	c.learn("not a date")
	if off := time.Since(c.now()).Abs(); off > time.Minute {
		t.Errorf("off by %s without a server's time", off)
	}
	c.learn(time.Now().Add(3 * time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	c.learn(time.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")) // the first answer counts
	if off := time.Until(c.now()); off < 2*time.Hour {
		t.Errorf("the server is 3 h ahead, the clock %s", off)
	}
}
