package kube

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

func TestCollect_byName(t *testing.T) {
	cases := []struct {
		name     string // as the user writes it
		subject  string
		owners   string
		revision int // how many are known
		log      string
	}{
		{"web-7b9c-x1", "web-7b9c-x1", "ReplicaSet/web-7b9c Deployment/web", 2, "starting web-7b9c-x1"},
		{"po/web-7b9c-x1", "web-7b9c-x1", "ReplicaSet/web-7b9c Deployment/web", 2, "starting web-7b9c-x1"},
		{"pods/lonely", "lonely", "", 0, "starting lonely"},
		{"db-0", "db-0", "StatefulSet/db", 1, "starting db-0"},
		{"shipper-0", "shipper-0", "DaemonSet/shipper", 1, "starting shipper-0"},
		{"report-29001-q8", "report-29001-q8", "Job/report-29001 CronJob/report", 0, "no report"},
		{"old-z4", "old-z4", "ReplicationController/old", 0, "starting old-z4"},
		{"deploy/web", "web-7b9c-x1", "ReplicaSet/web-7b9c Deployment/web", 2, "starting web-7b9c-x1"},
		{"deployments.apps/web", "web-7b9c-x1", "ReplicaSet/web-7b9c Deployment/web", 2, "starting web-7b9c-x1"},
		{"rs/web-7b9c", "web-7b9c-x1", "ReplicaSet/web-7b9c Deployment/web", 1, "starting web-7b9c-x1"},
		{"sts/db", "db-0", "StatefulSet/db", 1, "starting db-0"},
		{"daemonset/shipper", "shipper-0", "DaemonSet/shipper", 1, "starting shipper-0"},
		{"job/report-29001", "report-29001-q8", "Job/report-29001 CronJob/report", 0, "no report"},
		{"cj/report", "report-29001-q8", "Job/report-29001 CronJob/report", 0, "no report"},
		{"rc/old", "old-z4", "ReplicationController/old", 0, "starting old-z4"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := shop().Start(t)
			snap := collect(t, s, Config{Namespace: "shop", Names: []string{c.name}})
			if before := untilLogs(s); len(before) > 6 {
				t.Errorf("%d requests before the logs, want at most 6: %v", len(before), before)
			}
			f := factsOf(t, snap, "Pod", c.subject)
			if got := subjects(snap); got != "Pod/"+c.subject {
				t.Errorf("subjects %s", got)
			}
			var owners []string
			for _, w := range f.Owners {
				owners = append(owners, w.Kind+"/"+w.Name)
			}
			if got := strings.Join(owners, " "); got != c.owners {
				t.Errorf("owners %q, want %q", got, c.owners)
			}
			if len(f.Revisions) != c.revision {
				t.Errorf("%d revisions, want %d", len(f.Revisions), c.revision)
			}
			if l, sure := f.Containers[0].DeadLog(); l == nil || !sure || !strings.Contains(l.Text, c.log) {
				t.Errorf("log %+v, sure %t", l, sure)
			}
			if f.Node == nil || f.ServerVersion() != "v1.36.3" || !f.Has(facts.Events) {
				t.Errorf("node %v, version %q, facts %s", f.Node, f.ServerVersion(), f.Have)
			}
		})
	}
}

func TestCollect_oneReadsItsEventsNodeEventsAndClaims(t *testing.T) {
	s := shop().Start(t)
	snap := collect(t, s, Config{Namespace: "shop", Names: []string{"web-7b9c-x1"}})
	f := factsOf(t, snap, "Pod", "web-7b9c-x1")
	if len(f.Events) != 1 || f.Events[0].Reason != "BackOff" || f.Events[0].Age.Round(time.Minute) != time.Minute {
		t.Errorf("events %+v", f.Events)
	}
	if len(f.Node.Events) != 1 || f.Node.Events[0].Reason != "SystemOOM" {
		t.Errorf("node events %+v", f.Node.Events)
	}
	if len(snap.Events) != 2 || len(snap.Denied) > 0 || len(snap.Skipped) > 0 {
		t.Errorf("%d events, denied %v, skipped %v", len(snap.Events), snap.Denied, snap.Skipped)
	}
	if n := s.Count(asked("persistentvolumeclaims")); n != 0 {
		t.Errorf("claims were read for a pod without any")
	}

	db := factsOf(t, collect(t, s, Config{Namespace: "shop", Names: []string{"db-0"}}), "Pod", "db-0")
	if len(db.Claims) != 1 || len(db.OwnerEvents) != 1 || db.OwnerEvents[0].Reason != "ProvisioningSucceeded" {
		t.Errorf("claims %v, their events %v", db.Claims, db.OwnerEvents)
	}
}

func TestCollect_severalNames(t *testing.T) {
	s := shop().Start(t)
	snap := collect(t, s, Config{Namespace: "shop", Names: []string{"deploy/web", "lonely", "pod/lonely", "sts/db"}})
	if got := subjects(snap); got != "Pod/db-0 Pod/lonely Pod/web-7b9c-x1" {
		t.Errorf("subjects %s", got)
	}
	if n := s.Count(func(r fakeapi.Request) bool { return r.Resource == "pods" && r.Name == "lonely" && !isLog(r) }); n != 1 {
		t.Errorf("a pod that was named twice was read %d times", n)
	}
	if n := s.Count(asked("nodes")); n != 1 {
		t.Errorf("%d requests for nodes, want one list", n)
	}
}

func TestCollect_namesOfOneWorkload(t *testing.T) {
	snap := collect(t, shop().Start(t), Config{Namespace: "shop", Names: []string{"deploy/web", "rs/web-7b9c", "web-7b9c-x1"}})
	f := factsOf(t, snap, "Pod", "web-7b9c-x1")
	if len(snap.Pods) != 1 || len(f.Revisions) != 2 || len(f.Owners) != 2 || len(f.Siblings) != 1 {
		t.Errorf("%d pods, %d revisions, %d owners, %d siblings", len(snap.Pods), len(f.Revisions), len(f.Owners), len(f.Siblings))
	}
}

func TestCollect_workloadWithoutPods(t *testing.T) {
	objects := deployment("shop", "web")
	s := fakeapi.New(objects[:3]...)
	s.Add(event("ReplicaSet", "shop", "web-7b9c", "Warning", "FailedCreate", "Error creating: pods is forbidden: exceeded quota: tight"),
		&corev1.ResourceQuota{ObjectMeta: metadata("shop", "tight", nil)})
	snap := collect(t, s.Start(t), Config{Namespace: "shop", Names: []string{"deploy/web"}})
	f := factsOf(t, snap, "Deployment", "web")
	if len(f.Events) != 1 || f.Events[0].Reason != "FailedCreate" {
		t.Errorf("events %v", f.Events)
	}
	if _, is := f.Object("ResourceQuota", "shop", "tight"); is != facts.Present {
		t.Errorf("the quota is %v", is)
	}
}

func TestCollect_manyListsOnly(t *testing.T) {
	s := shop()
	for i := range 1200 {
		s.Add(pod(metadata("shop", fmt.Sprintf("fill-%04d", i), nil), "n2"))
	}
	s.Start(t)
	var last Progress
	snap := collect(t, s, Config{AllNamespaces: true, Progress: func(p Progress) {
		if p.Reading == "pods" {
			last = p
		}
	}})
	pages := 0
	for _, r := range s.Requests() {
		if r.Verb == "get" && !isLog(r) && r.Path != "/version" {
			t.Errorf("a look-up of one object: %s", r)
		}
		if r.Verb == "list" && r.Query.Get("limit") == "" {
			t.Errorf("a list without a limit: %s", r)
		}
		if !strings.HasPrefix(r.Accept, "application/vnd.kubernetes.protobuf") && r.Path != "/version" {
			t.Errorf("no protobuf: %s accepts %s", r, r.Accept)
		}
		if r.Resource == "pods" && r.Verb == "list" {
			pages++
		}
	}
	if len(snap.Pods) != 1208 || pages != 3 || last.Done != 1208 {
		t.Errorf("%d pods in %d pages, progress %+v", len(snap.Pods), pages, last)
	}
	if got := len(snap.Logs); got != 7 {
		t.Errorf("%d logs, want 7: one of each failing pod", got)
	}
	for _, kind := range []string{"Pod", "Event", "Node", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicationController", "PersistentVolumeClaim"} {
		if !snap.Complete(kind, "shop") {
			t.Errorf("the list of %s is not marked complete", kind)
		}
	}
	if f := factsOf(t, snap, "Pod", "db-0"); len(f.Claims) != 1 || len(f.Revisions) != 1 || len(f.Node.Events) != 1 {
		t.Errorf("db-0: claims %v, revisions %v, node events %v", f.Claims, f.Revisions, f.Node.Events)
	}
}

func TestCollect_keepsOnlyWhatMatters(t *testing.T) {
	snap := collect(t, shop().Start(t), Config{AllNamespaces: true})
	well, web := factsOf(t, snap, "Pod", "well-7b9c-x1"), factsOf(t, snap, "Pod", "web-7b9c-x1")
	if well.Containers[0].Spec.Env != nil || well.Containers[0].Spec.Image == "" || !well.Has(facts.Spec|facts.Status) {
		t.Errorf("a pod that is well keeps %+v", well.Containers[0].Spec)
	}
	if len(web.Containers[0].Spec.Env) != 1 || len(web.Revisions) != 2 {
		t.Errorf("a crashing pod has %+v and %d revisions", web.Containers[0].Spec, len(web.Revisions))
	}
	for _, w := range snap.Workloads {
		if w.Name == "well-5d4f" || w.Name == "well-7b9c" && w.Template != nil {
			t.Errorf("%s was kept, with template %v", w.Name, w.Template)
		}
	}
	if len(well.Owners) != 2 || len(well.Events) != 0 || len(web.Events) != 1 {
		t.Errorf("owners %v, events %v and %v", well.Owners, well.Events, web.Events)
	}
}

func TestCollect_namespaceReadsNodeEventsToo(t *testing.T) {
	s := shop().Start(t)
	snap := collect(t, s, Config{Namespace: "shop"})
	if f := factsOf(t, snap, "Pod", "web-7b9c-x1"); len(f.Node.Events) != 1 {
		t.Errorf("node events %v", f.Node.Events)
	}
	if strings.Contains(subjects(snap), "ledger") {
		t.Errorf("another namespace: %s", subjects(snap))
	}
}

func TestCollect_selector(t *testing.T) {
	s := shop()
	objects := deployment("shop", "ghost", crashing)
	s.Add(objects[:3]...)
	s.Start(t)
	if got := subjects(collect(t, s, Config{Namespace: "shop", Selector: "app=web"})); got != "Pod/web-7b9c-x1" {
		t.Errorf("subjects %s", got)
	}
	if got := subjects(collect(t, s, Config{AllNamespaces: true, Selector: "app in (ghost,lonely)"})); got != "Deployment/ghost Pod/lonely" {
		t.Errorf("subjects %s", got)
	}
	if _, err := Collect(context.Background(), Config{RESTConfig: s.RESTConfig(), Namespace: "shop", Selector: "app in"}); err == nil {
		t.Error("a broken selector passes")
	}
}

func TestCollect_expiredPages(t *testing.T) {
	s := fakeapi.New()
	for i := range 1100 {
		s.Add(pod(metadata("shop", fmt.Sprintf("fill-%04d", i), nil), "n2"))
	}
	s.ExpireTokens = 1
	if snap := collect(t, s.Start(t), Config{Namespace: "shop"}); len(snap.Pods) != 1100 {
		t.Errorf("%d pods, want all 1100", len(snap.Pods))
	}
}

func TestCollect_serverClock(t *testing.T) {
	snap := collect(t, shop().Start(t), Config{Namespace: "shop"})
	if off := snap.Taken.Sub(noon); off < -time.Second || off > 5*time.Minute {
		t.Errorf("taken at %s, while the server has %s", snap.Taken, noon)
	}
	s := shop()
	s.Now = func() time.Time { return time.Now().Add(time.Second) }
	if snap := collect(t, s.Start(t), Config{Namespace: "shop"}); time.Since(snap.Taken) < 0 {
		t.Errorf("a second off counts as skew")
	}
}

func TestCollect_cancelled(t *testing.T) {
	for _, resource := range []string{"pods", "events", "pods/log", "secrets"} {
		t.Run(resource, func(t *testing.T) {
			s := shop()
			s.Add(pod(metadata("shop", "configured", nil), "n2", crashing, withConfig))
			ctx, cancel := context.WithCancel(context.Background())
			s.Hold(func(r fakeapi.Request) bool {
				if r.FullResource() == resource {
					cancel()
					return true
				}
				return false
			})
			s.Start(t)
			snap, err := Collect(ctx, Config{RESTConfig: s.RESTConfig(), Namespace: "shop"})
			if !errors.Is(err, context.Canceled) || snap != nil {
				t.Errorf("got %v, %v", snap, err)
			}
			leaksNothing(t)
		})
	}
}

func TestCollect_leavesNothingBehind(t *testing.T) {
	collect(t, shop().StartTLS(t), Config{AllNamespaces: true})
	leaksNothing(t)
}

// leaksNothing waits until no goroutine of the collector or of its connections
// is left, and fails when they stay.
func leaksNothing(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		var b strings.Builder
		pprof.Lookup("goroutine").WriteTo(&b, 1)
		left := 0
		for stack := range strings.SplitSeq(b.String(), "\n\n") {
			if strings.Contains(stack, "internal/kube.(") || strings.Contains(stack, "persistConn") || strings.Contains(stack, "ClientConn).readLoop") {
				left++
			}
		}
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d groups of goroutines stay:\n%s", left, b.String())
		}
	}
}

func TestConfig_refusesWhatCannotGoTogether(t *testing.T) {
	for name, cfg := range map[string]Config{
		"names everywhere":   {AllNamespaces: true, Names: []string{"web"}},
		"names and selector": {Namespace: "shop", Selector: "a=b", Names: []string{"web"}},
		"no namespace":       {},
		"unknown type":       {Namespace: "shop", Names: []string{"svc/web"}},
	} {
		if _, err := Collect(context.Background(), cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
