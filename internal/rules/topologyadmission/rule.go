// Package topologyadmission recognises a pod that the kubelet's CPU or topology manager rejected.
package topologyadmission

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause topology-admission.
var Rule = &diagnose.Rule{
	ID: "topology-admission", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The kubelet could not meet its CPU or NUMA alignment policy",
	Doc: diagnose.Doc{
		Means: "The node's kubelet runs with a topology or CPU manager policy that must place the pod's CPUs and devices on aligned hardware. It could not, so it rejected the pod.",
		Why: []string{
			"The node has enough CPUs, but not on one NUMA node.",
			"The number of CPUs is not a multiple of the threads per core, with full-pcpus-only.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.reason} {.status.message}'",
		},
		Remedy: []string{
			"Ask for a number of CPUs that fits one NUMA node and whole cores.",
			"Relax the kubelet's policy on that node pool.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "admission-outof", Apart: "there is not enough of the resource at all"},
			{ID: "device-admission", Apart: "a device could not be given"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/topology-manager/"},
	},
	Explains: []string{"rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes 1.16 to 1.36 pkg/kubelet/cm/topologymanager, cpumanager.
var pattern = diagnose.Re(`resources cannot be allocated with topology locality|SMT alignment error|pod scope resources cannot`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodStatus|diagnose.PodEvent|diagnose.Conditions|diagnose.OwnerEvent, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the kubelet cannot align the pod's CPUs and devices as its policy demands"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("ask for CPUs that fit one NUMA node and whole cores"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("relax topologyManagerPolicy or cpuManagerPolicyOptions of that node pool"), Risk: unloop.RiskCluster},
			},
		}
	})
}
