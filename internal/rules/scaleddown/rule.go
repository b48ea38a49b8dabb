// Package scaleddown recognises a pod that a controller removed to scale down.
package scaleddown

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause scaled-down.
var Rule = &diagnose.Rule{
	ID: "scaled-down", Family: diagnose.Control, Since: "0.1",
	Title: "A controller removed the pod to scale down",
	Doc: diagnose.Doc{
		Means: "The pod's controller had more pods than it wants and deleted this one. It is not a failure.",
		Why: []string{
			"Somebody or an autoscaler lowered the replicas.",
			"A rolling update replaced the pod.",
		},
		Confirm: []string{
			"kubectl describe rs -n NAMESPACE",
			"kubectl describe hpa -n NAMESPACE",
		},
		Remedy: []string{
			"Nothing: it is meant.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "deleted-by-user", Apart: "no controller said that it deleted the pod"},
			{ID: "drained", Apart: "DisruptionTarget names the eviction API"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/"},
	},
	Explains: []string{"app-error-exit", "pid1-ignores-sigterm", "deleted-by-user"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36 replicaset controller events SuccessfulDelete ("Deleted pod: NAME").
func run(p *diagnose.Pass) {
	if p.Pod == nil || p.Pod.DeletionTimestamp == nil && !exited(p) {
		return
	}
	for _, t := range p.FindReason(diagnose.OwnerEvent, "SuccessfulDelete") {
		if p.Subject.Name != "" && strings.Contains(t.Body, p.Subject.Name) {
			p.Report(diagnose.Finding{
				Confidence: unloop.Proven, Summary: unloop.Msg("the controller of the pod deleted it because it wants fewer pods"),
				Evidence: []unloop.Evidence{t.Evidence()},
			})
			return
		}
	}
}

// exited: a stop in order ends with 143, 137 or the program's own 0.
func exited(p *diagnose.Pass) bool {
	for _, c := range p.Troubled() {
		if t, _ := c.Exit(); t != nil && (t.ExitCode == 143 || t.ExitCode == 137 || t.ExitCode == 0) {
			return true
		}
	}
	return false
}
