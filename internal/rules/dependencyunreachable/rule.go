// Package dependencyunreachable recognises a backend that does not answer at all.
package dependencyunreachable

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause dependency-unreachable.
var Rule = &diagnose.Rule{
	ID: "dependency-unreachable", Family: diagnose.Network, Since: "0.1",
	Title: "A backend does not answer at all",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program tried to connect to a backend and got nothing back: a time-out, or no route. Packets are dropped on the way, or the machine is not there.",
		Why: []string{
			"A firewall or security group drops the connection.",
			"The address is wrong or the machine is down.",
			"There is no way out of the cluster (egress, NAT, proxy).",
		},
		Confirm: []string{
			"kubectl exec POD -- nc -vz -w 5 HOST PORT",
			"the same from the node",
		},
		Remedy: []string{
			"Open the firewall or security group for the pods' or nodes' addresses.",
			"Correct the address.",
			"Give the namespace a way out (NAT, egress proxy).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dependency-refused", Apart: "an answer came: refused"},
			{ID: "network-policy-block", Apart: "a policy selects the pod"},
			{ID: "dns-failure", Apart: "the DNS step is what timed out"},
			{ID: "api-unreachable", Apart: "the backend is the Kubernetes API"},
			{ID: "mtu-mismatch", Apart: "it connects, then hangs"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "app-config-error", "init-failing", "init-waiting", "readiness-never", "startup-too-slow", "liveness-wrong-target", "native-crash", "startup-probe-exhausted", "app-unhealthy"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		to := diagnose.Backend(h)
		summary := unloop.Msg("%s does not answer", to)
		switch {
		case h.Names["tls"] == "silent":
			summary = unloop.Msg("%s takes the connection and does not answer the TLS handshake", to)
		case h.Call != nil && h.Names["errno"] == "EHOSTUNREACH":
			summary = unloop.Msg("the host of %s cannot be reached: it is gone, or a firewall rejects the connection", to)
		case h.Call != nil && h.Names["errno"] == "ENETUNREACH":
			summary = unloop.Msg("there is no route to %s", to)
		}
		return diagnose.Finding{
			Summary: summary,
			Chain:   []unloop.Message{unloop.Msg("%s cannot connect to %s", h.Program(), to)},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("open the way to %s: firewall, security group, egress", to), Risk: unloop.RiskCluster},
				{Title: unloop.Msg("correct the address in the program's configuration"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}
