// Package versionskew recognises a node whose version lacks a feature the pod needs.
package versionskew

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause version-skew.
var Rule = &diagnose.Rule{
	ID: "version-skew", Family: diagnose.Control, Since: "0.1",
	Title: "The node's version lacks a feature that the pod needs",
	Doc: diagnose.Doc{
		Means: "The pod uses a feature that this node's kubelet or runtime does not have: it is older than the API server, or a gate is off.",
		Why: []string{
			"Nodes were not upgraded with the control plane.",
			"A feature gate differs between them.",
		},
		Confirm: []string{
			"kubectl get nodes (VERSION)",
		},
		Remedy: []string{
			"Upgrade the node.",
			"Drop the feature from the pod.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-selector-mismatch", Apart: "labels, not features"},
			{ID: "node-misconfigured", Apart: "another setting of the node"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/node-declared-features/"},
	},
	Run: run,
}

// Sources: kubernetes 1.28 to 1.36 kubelet rejections and NodeDeclaredFeatures.
var pattern = diagnose.Re(`PodFeatureUnsupported|requires node features that are not available|match Pod\'s required features|is not supported in this node|PodLevelResourcesNotSupported|InitContainerRestartPolicyForbidden|feature gate \S+ is (?:disabled|not enabled)|unsupported init container restart policy`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.PodStatus, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the node's version lacks a feature that the pod needs"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("upgrade the node, or drop the feature"), Risk: unloop.RiskCluster, Command: "kubectl get nodes"},
			},
		}
	})
}
