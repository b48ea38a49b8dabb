// Package evicteddisk recognises a pod that the kubelet evicted because its node was short of disk space.
package evicteddisk

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause evicted-disk.
var Rule = &diagnose.Rule{
	ID: "evicted-disk", Family: diagnose.Resource, Since: "0.1",
	Title: "The kubelet evicted the pod because the node was short of disk space",
	Doc: diagnose.Doc{
		Means: "The node's disk (its root or image file system) fell below the kubelet's threshold, and removing unused images did not help. The kubelet ended pods, those first that use most local storage above their request.",
		Why: []string{
			"Logs, emptyDir volumes or files written into the container fill the disk.",
			"Images fill the disk.",
			"Something outside Kubernetes fills it, and this pod was only the one chosen.",
		},
		Confirm: []string{
			"kubectl describe node NODE (DiskPressure)",
			"df -h on the node; du -x on /var/lib/kubelet, /var/lib/containerd and /var/log",
		},
		Remedy: []string{
			"Find what fills the disk; bound it with an ephemeral-storage limit or emptyDir sizeLimit.",
			"Rotate and ship logs instead of keeping them.",
			"Enlarge the disk.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "ephemeral-limit", Apart: "the pod went past its own limit: the text names no resource of the node"},
			{ID: "evicted-inodes", Apart: "inodes, not bytes"},
			{ID: "image-pull-disk-full", Apart: "the pull failed for want of space"},
			{ID: "node-disk-full", Apart: "the runtime cannot write, nothing is evicted"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/"},
	},
	Explains: []string{"app-error-exit", "oom-undetected", "killed-from-inside", "pid1-ignores-sigterm", "oom-container-limit", "rollout-stuck", "job-backoff-limit", "node-lost", "taint-eviction"},
	Run:      run,
}

// Sources: kubernetes 1.4 to 1.36 pkg/kubelet/eviction; resource names nodefs and imagefs to 1.18, "[DiskPressure]" at
// admission, imagefs/nodefs thresholds.
var pattern = diagnose.Re(`(?:low on resource: \[?(?:\S*storage|nodefs|imagefs|containerfs)\b|node had condition: \[?(?:\S+ )*DiskPressure)(?:.*?container (?P<container>\S+) was using (?P<used>[^\s,]+), (?:which exceeds its request of|request is) (?P<request>[^\s,]+?)(?:[.,]|\s|$))?`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodStatus|diagnose.PodEvent|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("the kubelet evicted the pod because its node was short of disk space"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("find what fills the node's disk"), Risk: unloop.RiskNone, Command: "kubectl describe node " + diagnose.Word(p.Subject.Node, "NODE")},
				{Title: unloop.Msg("bound the pod's local storage with an ephemeral-storage limit"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		if c, used, req := m.Names["container"], m.Names["used"], m.Names["request"]; c != "" {
			f.Summary = unloop.Msg("the kubelet evicted the pod because its node was short of disk space; container %s was using %s with a request of %s", c, used, req)
		}
		return f
	})
}
