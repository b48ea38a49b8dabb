// Package detect judges from Facts whether a subject is well, and if not, which
// of its containers have something to explain. It names no causes: that is
// internal/diagnose.
package detect

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// Thresholds of what still counts as normal or recent.
const (
	// startGrace is how long a pod may be creating or not ready without a warning
	// before that is worth explaining.
	startGrace = 60 * time.Second
	// recent is how long after its end a crash is still news in a pod that is well
	// again: the time events live (kube-apiserver --event-ttl, default 1h).
	recent = time.Hour
	// recurring: this many restarts make an end news for a day.
	recurring = 5
	// stuckAfter is how long past its grace period a deletion may take.
	stuckAfter = 2 * time.Minute
)

// Kind is what is wrong with a container or pod, in the widest sense.
type Kind int

// The kinds of trouble.
const (
	// Ended: the container's process ended, and that is news.
	Ended Kind = iota + 1
	// Blocked: the container cannot be started.
	Blocked
	// NotReady: it runs and is not ready.
	NotReady
	// Unscheduled: the pod has no node.
	Unscheduled
	// Preparing: volumes, sandbox or images take longer than they should.
	Preparing
	// Removed: the pod was rejected, evicted, preempted or ran past its deadline.
	Removed
	// Stuck: the pod does not finish terminating.
	Stuck
	// Absent: pods that should exist do not.
	Absent
	// Suspect: only events or a log speak; there is no status.
	Suspect
)

// Trouble is one thing to explain.
type Trouble struct {
	Kind Kind
	// Container is nil for the pod as a whole.
	Container *facts.Container
}

// State is the judgement on one subject.
type State struct {
	// Healthy: there is nothing to explain.
	Healthy bool
	// Word is the STATUS `kubectl get` shows.
	Word     string
	Troubles []Trouble
}

// Has reports whether some trouble is of that kind.
func (s State) Has(k Kind) bool {
	for _, t := range s.Troubles {
		if t.Kind == k {
			return true
		}
	}
	return false
}

// Troubled returns the containers of the troubles, each once, in order.
func (s State) Troubled() []*facts.Container {
	var out []*facts.Container
	seen := map[*facts.Container]bool{}
	for _, t := range s.Troubles {
		if t.Container != nil && !seen[t.Container] {
			seen[t.Container] = true
			out = append(out, t.Container)
		}
	}
	return out
}

// Judge says whether the subject is well.
func Judge(f *facts.Facts) State {
	st := State{Word: word(f)}
	switch {
	case f.Pod != nil:
		st.Troubles = podTroubles(f)
	case f.Workload != nil:
		st.Troubles = workloadTroubles(f)
	case f.Subject.Kind == "Log":
		st.Troubles = suspects(f)
	default: // a node or a claim alone
		st.Troubles = []Trouble{{Kind: Suspect}}
	}
	st.Healthy = len(st.Troubles) == 0
	return st
}

func suspects(f *facts.Facts) []Trouble {
	out := []Trouble{}
	for _, c := range f.Containers {
		out = append(out, Trouble{Suspect, c})
	}
	if len(out) == 0 {
		out = append(out, Trouble{Kind: Suspect})
	}
	return out
}

func podTroubles(f *facts.Facts) []Trouble {
	p := f.Pod
	switch {
	case p.DeletionTimestamp != nil:
		if stuckTerminating(f) {
			return []Trouble{{Kind: Stuck}}
		}
		return nil
	case p.Status.Phase == corev1.PodSucceeded && p.Status.Reason == "":
		return nil
	case removed(p):
		return []Trouble{{Kind: Removed}}
	}
	var out []Trouble
	if !p.HasStatus {
		return withoutStatus(f)
	}
	initsDone := true
	for _, c := range f.Containers {
		t := containerTrouble(f, c, initsDone)
		if t != 0 {
			out = append(out, Trouble{t, c})
		}
		if c.Class == facts.Init && !initDone(c) {
			initsDone = false
		}
	}
	if unscheduled(p) || neverTried(f) {
		out = append([]Trouble{{Kind: Unscheduled}}, out...)
	}
	if len(out) == 0 && nodeGone(f) {
		out = append(out, Trouble{Kind: NotReady})
	}
	if len(out) == 0 && readinessGate(p) && (warned(f) || older(f, startGrace)) {
		out = append(out, Trouble{Kind: NotReady})
	}
	if len(out) == 0 && resizeWaits(p) {
		out = append(out, Trouble{Kind: Suspect})
	}
	if len(out) == 0 && !statusKnown(f) {
		// A text that was cut: events, table rows and logs speak where the status does not.
		return withoutStatus(f)
	}
	return out
}

// statusKnown reports whether the state of any container is known.
func statusKnown(f *facts.Facts) bool {
	for _, c := range f.Containers {
		if c.Status != nil {
			return true
		}
	}
	return false
}

func removed(p *facts.Pod) bool {
	if p.Status.Reason != "" && (p.Status.Phase == corev1.PodFailed || removedWord(p.Status.Reason)) {
		return true
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue {
			return true
		}
	}
	return p.Row != nil && !p.HasStatus && removedWord(p.Row.Status)
}

func removedWord(s string) bool {
	switch {
	case strings.HasPrefix(s, "OutOf"), s == "Evicted", s == "NodeAffinity", s == "UnexpectedAdmissionError", s == "NodeShutdown",
		s == "Preempting", s == "DeadlineExceeded", s == "ContainerStatusUnknown", s == "TopologyAffinityError", s == "SysctlForbidden", s == "AppArmor", s == "NodePorts":
		return true
	}
	return false
}

func unscheduled(p *facts.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return true
		}
	}
	return false
}

// neverTried: pending for a while without a node, and no scheduler wrote a word.
func neverTried(f *facts.Facts) bool {
	p := f.Pod
	return p.HasSpec && p.Status.Phase == corev1.PodPending && p.Spec.NodeName == "" && len(p.Status.ContainerStatuses) == 0 && older(f, startGrace)
}

// resizeWaits: an in-place resize was asked for and is not done.
func resizeWaits(p *facts.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodResizePending && c.Status == corev1.ConditionTrue {
			return true
		}
	}
	return false
}

func readinessGate(p *facts.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionFalse && c.Reason == "ReadinessGatesNotReady" {
			return true
		}
	}
	return false
}

// nodeGone: a lost node leaves the last known states of its pods behind.
func nodeGone(f *facts.Facts) bool {
	if f.Node == nil {
		return false
	}
	for _, c := range f.Node.Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
			return true
		}
	}
	return false
}

func stuckTerminating(f *facts.Facts) bool {
	p := f.Pod
	for _, e := range f.Events {
		if e.Reason == "FailedKillPod" || e.Reason == "ExceededGracePeriod" {
			return true
		}
	}
	// deletionTimestamp already holds the grace period.
	return !f.Now.IsZero() && f.Now.Sub(p.DeletionTimestamp.Time) > stuckAfter
}

// warned reports whether a Warning event speaks of the pod; texts whose type
// is unknown count by their reason.
func warned(f *facts.Facts) bool {
	for _, e := range f.Events {
		if e.Type == "Warning" || e.Type == "" && strings.HasPrefix(e.Reason, "Failed") {
			return true
		}
	}
	return false
}

// older reports whether the pod is known to be older than d. Where no clock is
// known, the ages of its events and of its row tell.
func older(f *facts.Facts, d time.Duration) bool {
	if p := f.Pod; p != nil {
		if !f.Now.IsZero() && !p.CreationTimestamp.IsZero() {
			return f.Now.Sub(p.CreationTimestamp.Time) > d
		}
		if p.Row != nil && p.Row.Age >= 0 {
			return p.Row.Age > d
		}
	}
	for _, e := range f.Events {
		if max(e.Age, e.FirstAge) > d {
			return true
		}
	}
	return len(f.Events) == 0
}
