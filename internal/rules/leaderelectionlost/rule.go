// Package leaderelectionlost recognises a component that exits by design because
// it could not renew its leader lease.
package leaderelectionlost

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause leader-election-lost.
var Rule = &diagnose.Rule{
	ID: "leader-election-lost", Family: diagnose.Exit, Since: "0.1", Weight: diagnose.General,
	Title: "The component lost its leader lease and ended by design",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "Controllers that run more than once choose a leader with a Lease object, which the leader renews every few seconds. It could not do so within the deadline (10 s by default), so it has to assume that another one leads now, and ends at once. The restart is by design; the slow renewal is what to look at.",
		Why: []string{
			"The API server or etcd was slow or restarting: often disk latency of etcd on a control plane node.",
			"The component itself did not get CPU: a low limit, or a starved node.",
			"The network between the pod and the API server was interrupted.",
			"The node was suspended, or its clock jumped.",
		},
		Confirm: []string{
			"kubectl get lease -A, renewTime of the component's lease",
			"kubectl logs POD --previous: what failed in the seconds before the loss",
			"kubectl get --raw /readyz?verbose; etcd metrics for the duration of fsync and commit",
		},
		Remedy: []string{
			"Make etcd's disk and the API server faster; look there first where several components lose their leases together.",
			"Give the component CPU, and raise or remove its CPU limit.",
			"Lengthen lease duration and renew deadline, or switch leader election off where there is one replica only.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "api-unreachable", Apart: "nothing else reaches the API server either"},
			{ID: "rbac-forbidden", Apart: "the lease may not be written: is forbidden"},
			{ID: "node-io-stall", Apart: "why it was late: etcd's disk is stalled"},
			{ID: "cpu-throttled", Apart: "why it was late: the component's CPU limit"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/architecture/leases/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "native-crash"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c := h.Container
		for _, x := range p.Hits(c, "rbac-forbidden") {
			if x.Final {
				// The lease could not be written for want of a right.
				return diagnose.Finding{}
			}
		}
		f := diagnose.Finding{
			Summary: unloop.Msg("%s could not renew its leader lease in time and ended by design", who(h)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("find out why the API server answered late: etcd's disk, load, network"), Risk: unloop.RiskNone, Command: "kubectl get --raw '/readyz?verbose'"},
				{Title: unloop.Msg("give %s more CPU", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		if lease := h.Names["name"]; lease != "" {
			f.Chain = []unloop.Message{unloop.Msg("the lease %s was not renewed", lease)}
		}
		for _, x := range p.Hits(c, "api-unreachable") {
			if x.Final && p.Grade(h) == unloop.Proven {
				f.Evidence = append(f.Evidence, x.Evidence())
				f.Confidence = unloop.Likely
				break
			}
		}
		return f
	})
}

func who(h *diagnose.Hit) string {
	if h.Container.Name == "" {
		return "the component"
	}
	return h.Container.Name
}
