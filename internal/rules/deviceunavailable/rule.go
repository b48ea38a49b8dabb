// Package deviceunavailable recognises a device, such as a GPU, of which no node has one free.
package deviceunavailable

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause device-unavailable.
var Rule = &diagnose.Rule{
	ID: "device-unavailable", Family: diagnose.Schedule, Since: "0.1",
	Title: "No node has a free device of the kind asked for",
	Doc: diagnose.Doc{
		Means: "The pod asks for an extended resource (a GPU, a network device) or a resource claim, and no node offers a free one. A node offers devices only while its device plugin or driver is registered.",
		Why: []string{
			"The cluster has no node with that device, or all are in use.",
			"The device plugin (for example of a GPU operator) does not run on the node, so that the node offers none.",
			"The resource name is misspelt.",
		},
		Confirm: []string{
			"kubectl get nodes -o custom-columns='NAME:.metadata.name,DEVICES:.status.allocatable'",
			"kubectl get pods -A | grep -i device-plugin",
		},
		Remedy: []string{
			"Start or repair the device plugin on the nodes that have the device.",
			"Add a node with the device, or free one.",
			"Correct the resource name and number.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "insufficient-resources", Apart: "CPU or memory is short"},
			{ID: "device-admission", Apart: "the pod was bound, and the kubelet could not give it the device (UnexpectedAdmissionError)"},
			{ID: "gpu-driver-error", Apart: "the container starts and the driver on the node fails"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/", "https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/"},
	},
	Explains: []string{"insufficient-resources", "rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes scheduler NodeResourcesFit for names with a domain ("Insufficient nvidia.com/gpu"); DynamicResources
// (1.26 to 1.36).
var reason = diagnose.Re(`^insufficient (?P<name>[a-z0-9.-]+\.[a-z0-9-]+/\S+|alpha\.kubernetes\.io/\S+|hugepages-\S+)|cannot allocate all claims|resourceclaim not available|device class (?P<class>\S+) does not exist`)

func run(p *diagnose.Pass) {
	u := p.Scheduling()
	r, names, ok := u.Find(reason)
	if !ok {
		return
	}
	f := diagnose.Finding{Confidence: unloop.Proven, Evidence: []unloop.Evidence{u.Text.Evidence()}}
	if !u.Deciding(r) {
		// Other nodes are left out for another reason, which may be the one to change.
		f.Confidence = unloop.Likely
	}
	what := names["name"]
	f.Summary = unloop.Msg("no node has a free device for the pod's resource claim")
	switch {
	case names["class"] != "":
		f.Summary = unloop.Msg("there is no device class %s", names["class"])
	case what != "":
		f.Summary = unloop.Msg("no node has %s free", what)
	}
	f.Fixes = []unloop.Fix{
		{Title: unloop.Msg("check that the device plugin or driver runs on the nodes that have the device"), Risk: unloop.RiskNone, Command: "kubectl get nodes -o custom-columns=NAME:.metadata.name,ALLOCATABLE:.status.allocatable"},
		{Title: unloop.Msg("add a node with the device, or free one"), Risk: unloop.RiskCluster},
		{Title: unloop.Msg("ask for fewer, or for none"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
	}
	p.Report(f)
}
