package kube

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/facts/convert"
)

// want is a reason to read more, found in the state, the events or the logs of
// a troubled subject.
type want int

const (
	// peers: a name or a connection failed, so who could have answered matters.
	peers want = iota
	// timeouts: a connection had no answer, so policies matter as well.
	timeouts
	// config: ConfigMaps or Secrets are missing, or may have changed before a crash.
	config
	// keys: a key of a ConfigMap is missing.
	keys
	// storage: a claim is unbound, or a volume is not attached or mounted.
	storage
	// limits: pods were not created for a quota, a limit range or an account.
	limits
)

// wantedIn says in which namespaces there is which reason.
type wantedIn map[want]map[string]int

func (w wantedIn) add(k want, namespace string) {
	if w[k] == nil {
		w[k] = map[string]int{}
	}
	w[k][namespace]++
}

// maxNamespaces bounds the lists per reason where many namespaces are in
// trouble: beyond it the namespaces with fewer cases do without.
const maxNamespaces = 10

// namespaces returns those of a reason, most cases first.
func (w wantedIn) namespaces(k want) []string {
	var out []string
	for ns := range w[k] {
		out = append(out, ns)
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(w[k][b], w[k][a]), cmp.Compare(a, b))
	})
	return out[:min(len(out), maxNamespaces)]
}

// wantedBy looks at the troubled subjects.
// silent says whether captures will tell of what has no words, such as a name that was not
// found.
func wantedBy(s *facts.Snapshot, sick []subject, silent func() bool) (wantedIn, hosts) {
	wanted, named := wantedIn{}, hosts{}
	byPod := map[owner][]*facts.Log{}
	for _, l := range s.Logs {
		k := owner{"Pod", l.Namespace, l.Pod}
		byPod[k] = append(byPod[k], l)
	}
	for _, f := range sick {
		ns := f.Subject.Namespace
		for _, text := range textsOf(f, byPod[owner{f.Subject.Kind, ns, f.Subject.Name}]) {
			for k := range wantsOf(text, named) {
				wanted.add(k, ns)
			}
		}
		if f.Pod == nil {
			continue
		}
		if f.state.Has(detect.Ended) && silent() {
			wanted.add(peers, ns)
		}
		if f.state.Has(detect.Ended) && namesConfig(&f.Pod.Spec) {
			wanted.add(config, ns)
		}
		if hasClaims(f.Pod.Pod) && (f.state.Has(detect.Unscheduled) || f.state.Has(detect.Preparing)) {
			wanted.add(storage, ns)
		}
	}
	return wanted, named
}

// textsOf returns what was said about a subject: waiting and termination
// messages, conditions, warnings, and the ends of its logs.
func textsOf(f subject, logs []*facts.Log) []string {
	var out []string
	for _, c := range f.Containers {
		if w := c.Waiting(); w != nil {
			out = append(out, w.Reason+" "+w.Message)
		}
		if t, _ := c.Exit(); t != nil {
			out = append(out, t.Message)
		}
	}
	for _, list := range [][]*facts.Event{f.Events, f.OwnerEvents} {
		for _, e := range list {
			// A failed probe names the pod's own address, nobody else's.
			if e.Reason != "Unhealthy" && e.Type != corev1.EventTypeNormal || strings.HasPrefix(e.Reason, "Failed") {
				out = append(out, e.Reason+" "+e.Message)
			}
		}
	}
	for _, w := range f.Owners {
		for _, c := range w.Conditions {
			if c.Type == "ReplicaFailure" {
				out = append(out, c.Reason+" "+c.Message)
			}
		}
	}
	for _, l := range logs {
		out = append(out, l.Text[max(0, len(l.Text)-maxWordsBytes):])
	}
	return out
}

// namesConfig reports whether a pod takes anything from ConfigMaps or Secrets of
// its own; the certificate authority that every pod mounts does not count.
func namesConfig(spec *corev1.PodSpec) bool {
	for _, v := range spec.Volumes {
		if v.ConfigMap != nil || v.Secret != nil {
			return true
		}
	}
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for _, c := range list {
			if len(c.EnvFrom) > 0 {
				return true
			}
			for _, e := range c.Env {
				if e.ValueFrom != nil && (e.ValueFrom.ConfigMapKeyRef != nil || e.ValueFrom.SecretKeyRef != nil) {
					return true
				}
			}
		}
	}
	return false
}

// readWanted reads into the snapshot what the troubled subjects give reason to.
func (c *collector) readWanted(ctx context.Context, s *facts.Snapshot, sick []subject) error {
	silent := sync.OnceValue(func() bool { return c.cfg.Captures != nil && c.cfg.Captures(ctx) })
	wanted, named := wantedBy(s, sick, silent)
	var todo []job
	each := func(w want, kinds ...*kind) {
		for _, ns := range wanted.namespaces(w) {
			for _, k := range kinds {
				todo = append(todo, c.listing(k, where{namespace: ns}))
			}
		}
	}
	each(timeouts, networkPolicies)
	each(limits, quotas, limitRanges, serviceAccounts)
	each(keys, configMaps)
	each(config, secretNames)
	for _, ns := range wanted.namespaces(config) {
		if wanted[keys][ns] == 0 {
			todo = append(todo, c.listing(configNames, where{namespace: ns}))
		}
	}
	if len(wanted[storage]) > 0 {
		todo = append(todo, c.listing(volumes, where{}), c.listing(storageClasses, where{}), c.listing(volumeAttachments, where{}))
	}
	if len(wanted[peers]) > 0 {
		todo = append(todo, func(ctx context.Context) (*facts.Snapshot, error) {
			return c.readPeers(ctx, wanted.namespaces(peers), named)
		})
	}
	todo = append(todo, c.leftOut(sick)...)
	if len(todo) == 0 {
		return nil
	}
	more, err := together(ctx, todo...)
	if err != nil {
		return err
	}
	s.Merge(more)
	return nil
}

// leftOut reads what the first lists did not hold: the events of nodes, which
// live in one namespace, and for named pods their claims.
func (c *collector) leftOut(sick []subject) []job {
	nodes := map[string]bool{}
	wantClaims := false
	for _, f := range sick {
		if f.Pod != nil && f.Pod.Spec.NodeName != "" {
			nodes[f.Pod.Spec.NodeName] = true
		}
		wantClaims = wantClaims || f.Pod != nil && hasClaims(f.Pod.Pod)
	}
	var todo []job
	if len(nodes) > 0 && !c.cfg.AllNamespaces && (c.onePod || c.cfg.Namespace != nodeEvents) {
		w := where{namespace: nodeEvents, fields: about("Node", "")}
		if len(nodes) == 1 {
			w.fields = about("Node", slices.Collect(maps.Keys(nodes))[0])
		}
		todo = append(todo, c.listing(events, w))
	}
	if wantClaims && len(c.cfg.Names) > 0 {
		todo = append(todo, c.listing(claims, where{namespace: c.cfg.Namespace}))
	}
	if wantClaims && c.onePod {
		todo = append(todo, c.listing(events, where{namespace: c.cfg.Namespace, fields: about("PersistentVolumeClaim", "")}))
	}
	return todo
}

// nodeEvents is the namespace of events about objects that have none
// (client-go v0.36 tools/record/event.go makeEvent).
const nodeEvents = "default"

// readPeers lists who could have answered: the Services of the cluster, else of
// the namespaces in trouble, and who stands behind those that were named.
func (c *collector) readPeers(ctx context.Context, namespaces []string, named hosts) (*facts.Snapshot, error) {
	snap, err := c.list(ctx, services, where{}, hooks{})
	if err != nil {
		// Only the cluster-wide list is refused to most users; their own namespace tells
		// most of it.
		var todo []job
		for _, ns := range namespaces {
			todo = append(todo, c.listing(services, where{namespace: ns}))
		}
		if snap, err = together(ctx, todo...); err != nil {
			return nil, err
		}
	}
	for _, svc := range snap.Services {
		if len(namespaces) < maxNamespaces && named.has(svc) && !slices.Contains(namespaces, svc.Namespace) {
			namespaces = append(namespaces, svc.Namespace)
		}
	}
	var todo []job
	for _, ns := range namespaces {
		todo = append(todo, c.listing(endpointSlices, where{namespace: ns}))
	}
	behind, err := together(ctx, todo...)
	if err != nil {
		return nil, err
	}
	behind.Endpoints = convert.SumEndpoints(behind.Endpoints)
	snap.Merge(behind)
	return snap, nil
}
