// Package noscheduler recognises a pod that no scheduler handles.
package noscheduler

import (
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause no-scheduler.
var Rule = &diagnose.Rule{
	ID: "no-scheduler", Family: diagnose.Schedule, Since: "0.1",
	Title: "No scheduler handles this pod",
	Doc: diagnose.Doc{
		Means: "The pod is Pending, has no node, and nobody has tried to give it one: there is neither a PodScheduled condition nor an event of a scheduler.",
		Why: []string{
			"spec.schedulerName names a scheduler that does not run.",
			"The scheduler of the cluster is down or cannot write to the API server.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.schedulerName}'",
			"kubectl get pods -n kube-system | grep -i scheduler",
		},
		Remedy: []string{
			"Start the scheduler that the pod names, or correct schedulerName.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "scheduling-gated", Apart: "the condition says SchedulingGated"},
			{ID: "insufficient-resources", Apart: "an event FailedScheduling exists: the scheduler looked"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/"},
	},
	Run: run,
}

// Source: kubernetes API: the scheduler writes PodScheduled at its first try, so
// that a Pending pod without node, condition and event was never tried.
func run(p *diagnose.Pass) {
	pod := p.Pod
	if pod == nil || !pod.HasStatus || !pod.HasSpec || pod.Status.Phase != corev1.PodPending || pod.Spec.NodeName != "" || pod.DeletionTimestamp != nil {
		return
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled {
			return
		}
	}
	for _, e := range p.Events {
		if e.Reason == "Scheduled" || e.Reason == "FailedScheduling" {
			return
		}
	}
	if len(pod.Status.ContainerStatuses) > 0 || !old(p) {
		return
	}
	name := pod.Spec.SchedulerName
	f := diagnose.Finding{
		Confidence: unloop.Likely, Summary: unloop.Msg("no scheduler has looked at the pod"),
		Evidence: []unloop.Evidence{p.StatusEvidence("conditions", "no PodScheduled condition; phase Pending, no node")},
		Fixes:    []unloop.Fix{{Title: unloop.Msg("check that the cluster's scheduler runs"), Risk: unloop.RiskNone, Command: "kubectl get pods -n kube-system"}},
	}
	if name != "" && name != corev1.DefaultSchedulerName {
		// A name of its own and no try: that scheduler is not there.
		f.Confidence = unloop.Proven
		if !p.NoEvents() {
			f.Confidence = unloop.Likely
		}
		f.Summary = unloop.Msg("no scheduler called %q has looked at the pod", name)
		f.Evidence = append(f.Evidence, p.SpecEvidence("schedulerName", "%s", name))
		f.Fixes = append([]unloop.Fix{{Title: unloop.Msg("start that scheduler, or remove schedulerName"), Risk: unloop.RiskRestart, Command: p.EditCommand()}}, f.Fixes...)
	}
	p.Report(f)
}

// patience is how long a busy scheduler may take to look at a new pod.
const patience = time.Minute

func old(p *diagnose.Pass) bool {
	return p.Now.IsZero() || p.Pod.CreationTimestamp.IsZero() || p.Now.Sub(p.Pod.CreationTimestamp.Time) > patience
}
