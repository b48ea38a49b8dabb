// Package networkattachmentmissing recognises an additional network that is not defined in the pod's namespace.
package networkattachmentmissing

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause network-attachment-missing.
var Rule = &diagnose.Rule{
	ID: "network-attachment-missing", Family: diagnose.Sandbox, Since: "0.1",
	Title: "The additional network that the pod names is not defined",
	Doc: diagnose.Doc{
		Means: "The pod asks Multus for an additional network (annotation k8s.v1.cni.cncf.io/networks), and there is no NetworkAttachmentDefinition of that name in the namespace it looks in.",
		Why: []string{
			"The definition was made in another namespace.",
			"The annotation is misspelt, or lacks NAMESPACE/ in front of the name.",
		},
		Confirm: []string{
			"kubectl get network-attachment-definitions -A",
			"kubectl get pod POD -o jsonpath='{.metadata.annotations}'",
		},
		Remedy: []string{
			"Create the definition in the pod's namespace.",
			"Correct the annotation.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "cni-misconfigured", Apart: "the network is defined and its plugin refuses"},
			{ID: "runtimeclass-missing", Apart: "a runtime class is named"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/"},
	},
	Explains: []string{"sandbox-timeout", "image-pull-slow", "rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Source: k8snetworkplumbingwg multus-cni pkg/k8sclient.
var pattern = diagnose.Re(`cannot find a network-attachment-definition \((?P<name>[^)]*)\) in namespace \((?P<ns>[^)]*)\)|network-attachment-definitions?(?:\.k8s\.cni\.cncf\.io)? \\*"(?P<name2>[^"\\]+)\\*" not found`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.PodStatus|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("there is no network attachment definition %q", strings.Trim(m.Names["ns"]+"/"+m.Names["name"]+m.Names["name2"], "/")),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("create the definition in the pod's namespace, or correct the annotation"), Risk: unloop.RiskCluster, Command: "kubectl get network-attachment-definitions -A"},
			},
		}
	})
}
