// Package kubeletcachetimeout recognises a kubelet that could not load a ConfigMap
// or Secret from the API server in time.
package kubeletcachetimeout

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause kubelet-cache-timeout.
var Rule = &diagnose.Rule{
	ID: "kubelet-cache-timeout", Family: diagnose.Config, Since: "0.1", Weight: diagnose.General,
	Title: "The kubelet could not load a ConfigMap or Secret in time",
	Doc: diagnose.Doc{
		Means: "The kubelet keeps a local copy of the ConfigMaps and Secrets of its pods. It asked the API server for one and had no answer in time, or is not allowed to see it yet. It tries again by itself, so this mostly passes.",
		Why: []string{
			"The API server is slow or was away for a moment.",
			"The pod was just bound to the node, and the API server's node authoriser does not know that yet.",
			"The pod is being deleted, and the kubelet has forgotten its objects already.",
			"The kubelet's credentials or its connection to the API server are broken: then all pods of the node show it.",
		},
		Confirm: []string{
			"kubectl get events -A | grep -i 'failed to sync' and look whether one node or one minute stands out",
			"journalctl -u kubelet on the node",
		},
		Remedy: []string{
			"Wait a minute.",
			"Where it lasts, look at the API server's load and at the kubelet's connection and certificate.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "configmap-missing", Apart: "the object does not exist: not found"},
			{ID: "secret-missing", Apart: "the object does not exist: not found"},
			{ID: "kubelet-certificate-expired", Apart: "the kubelet gets Unauthorized for everything"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

// Sources: kubernetes 1.8 to 1.36 pkg/kubelet/util/manager (watch_based_manager:
// "failed to sync ... cache"; up to 1.13 "couldn't propagate object cache";
// "not registered"), pkg/kubelet/kubelet_pods.go (services), and
// plugin/pkg/auth/authorizer/node ("no relationship found").
var late = diagnose.Re(`failed to sync (?P<kind>configmap|secret) cache|couldn.t propagate object cache|object \\*"(?P<ns>[^"\\]*)\\*"/\\*"(?P<name>[^"\\]+)\\*" not registered|no relationship found between node|services have not yet been read at least once`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.AboutStart, late, func(m diagnose.Match) diagnose.Finding {
		f := diagnose.Finding{
			Confidence: unloop.Likely,
			Summary:    unloop.Msg("the kubelet could not load a ConfigMap or Secret of the pod from the API server in time"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("wait; the kubelet tries again by itself"), Risk: unloop.RiskNone},
				{Title: unloop.Msg("look at the connection of the kubelet to the API server"), Risk: unloop.RiskNone, Command: "journalctl -u kubelet"},
			},
		}
		if name := m.Names["name"]; name != "" {
			f.Summary = unloop.Msg("the kubelet has no copy of %q in namespace %s yet, or no longer", name, m.Names["ns"])
		}
		return f
	})
}
