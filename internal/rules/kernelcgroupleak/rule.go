// Package kernelcgroupleak recognises a kernel that leaks cgroups until no further one can be made.
package kernelcgroupleak

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause kernel-cgroup-leak.
var Rule = &diagnose.Rule{
	ID: "kernel-cgroup-leak", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The kernel leaks cgroups until no further one can be made",
	Doc: diagnose.Doc{
		Means: "Creating a pod's cgroup fails with \"no space left on device\" or \"cannot allocate memory\", although disk and memory are free. Old kernels (3.10 of RHEL/CentOS 7) lose memory cgroups with kernel memory accounting, up to 65,535, and then none is left.",
		Why: []string{
			"Kernel 3.10 with kernel memory accounting, and many pods that came and went.",
		},
		Confirm: []string{
			"cat /proc/cgroups on the node (num_cgroups of memory)",
			"uname -r",
		},
		Remedy: []string{
			"Reboot the node: that frees them for a while.",
			"Boot with cgroup.memory=nokmem, or use a newer kernel.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-disk-full", Apart: "the path is on a disk"},
			{ID: "memory-fragmentation", Apart: "page allocation failure in the kernel log"},
			{ID: "inotify-limit", Apart: "the text names inotify"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/architecture/cgroups/"},
	},
	Explains: []string{"node-disk-full", "sandbox-timeout", "oom-at-start"},
	Run:      run,
}

// Sources: kubelet "unable to ensure pod container exists", runc cgroup v1 mkdir.
var pattern = diagnose.Re(`mkdir /sys/fs/cgroup/\S+: (?:no space left on device|cannot allocate memory)|/sys/fs/cgroup/[^\n]{0,200}(?:no space left on device|cannot allocate memory)|cgroup[^\n]{0,120}mkdir[^\n]{0,200}(?:no space left on device|cannot allocate memory)`)

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the kernel can make no further cgroup, as %s reports", h.Program()),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("reboot the node; boot it with cgroup.memory=nokmem or a newer kernel"), Risk: unloop.RiskCluster}},
		}
	})
	p.ReportTexts(diagnose.NodeText|diagnose.HostText|diagnose.PodEvent|diagnose.Conditions|diagnose.PodStatus, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary:    unloop.Msg("the node's kernel can make no further cgroup"),
			Confidence: unloop.Likely,
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("reboot the node; boot it with cgroup.memory=nokmem or a newer kernel"), Risk: unloop.RiskCluster, Command: "kubectl drain NODE --ignore-daemonsets"},
			},
		}
	})
}
