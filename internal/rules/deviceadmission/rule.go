// Package deviceadmission recognises a pod for which the kubelet had no device when it arrived.
package deviceadmission

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause device-admission.
var Rule = &diagnose.Rule{
	ID: "device-admission", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The kubelet could not give the pod its device when it arrived",
	Doc: diagnose.Doc{
		Means: "The pod was bound to the node for a device (a GPU, say), and the kubelet's device manager could not allocate it: the plugin is not registered, or the devices are unhealthy or taken.",
		Why: []string{
			"The node rebooted, and pods come back before the device plugin has registered.",
			"A device became unhealthy.",
			"The plugin restarted.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.message}'",
			"kubectl get node NODE -o jsonpath='{.status.allocatable}'",
		},
		Remedy: []string{
			"Restart the device plugin on the node, then delete the failed pods.",
			"After a reboot wait until the plugin has registered.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "device-unavailable", Apart: "the scheduler finds no node with a free device"},
			{ID: "admission-outof", Apart: "an ordinary resource is short"},
			{ID: "gpu-driver-error", Apart: "the device was given and the driver fails"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Source: kubernetes 1.8 to 1.36 pkg/kubelet/cm/devicemanager/manager.go devicesToAllocate.
var pattern = diagnose.Re(`requested number of devices unavailable for (?P<name>\S+?)\.? Requested: (?P<requested>\d+), Available: (?P<available>\d+)|no healthy devices present; cannot allocate unhealthy devices (?P<name2>\S+)|(?:update plugin resources failed|allocate failed) due to (?P<why>[^\n]*?), which is unexpected`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodStatus|diagnose.PodEvent|diagnose.Conditions|diagnose.OwnerEvent, pattern, func(m diagnose.Match) diagnose.Finding {
		name := strings.TrimRight(m.Names["name"]+m.Names["name2"], ".,")
		if inner, ok := device.Find(m.Body); ok {
			name = strings.TrimRight(inner["name"], ".,")
		}
		f := diagnose.Finding{
			Summary: unloop.Msg("the kubelet could not allocate the pod's devices"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("restart the device plugin on the node, then delete the failed pod"), Risk: unloop.RiskRestart, Command: "kubectl get pods -A -o wide | grep device-plugin"},
			},
		}
		if name != "" {
			f.Summary = unloop.Msg("the kubelet has no %s to give to the pod", name)
		}
		return f
	})
}

// device names what was asked for, inside the wrapping text.
var device = diagnose.Re(`devices unavailable for (?P<name>\S+?)\.? Requested`)
