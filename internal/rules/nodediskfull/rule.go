// Package nodediskfull recognises a full disk of the node.
package nodediskfull

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause node-disk-full.
var Rule = &diagnose.Rule{
	ID: "node-disk-full", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The node's disk is full",
	Doc: diagnose.Doc{
		Means: "The runtime or kubelet cannot write its own files (a sandbox, a log directory, the root of a container), because the disk of the node that holds them is full.",
		Why: []string{
			"Images, logs or emptyDir data fill the disk.",
			"Something outside Kubernetes fills it.",
			"Image garbage collection cannot keep up.",
		},
		Confirm: []string{
			"df -h and df -i on the node",
			"crictl images; du -xsh /var/log /var/lib/containerd /var/lib/kubelet",
		},
		Remedy: []string{
			"Free space: unused images, old logs, left-over data.",
			"Enlarge the disk; bound logs and local storage.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-pull-disk-full", Apart: "the pull itself fails for want of space"},
			{ID: "evicted-disk", Apart: "the kubelet evicted for it"},
			{ID: "kernel-cgroup-leak", Apart: "the path lies under /sys/fs/cgroup"},
			{ID: "memory-limit-too-small", Apart: "the path lies on a memory-backed volume (kubernetes.io~projected)"},
			{ID: "volume-full", Apart: "the path lies on a volume"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/"},
	},
	Explains: []string{"sandbox-timeout", "image-corrupt", "runtime-broken"},
	Run:      run,
}

// Sources: docker, containerd, CRI-O and kubelet texts with ENOSPC on their own directories.
var pattern = diagnose.Re(`(?P<path>/(?:var/lib/(?:docker|containerd|containers|kubelet|rancher|cni)|var/log|run/containerd|var/run|mnt|data|opt|home)\S*)[^\n]{0,40}: no space left on device|FreeDiskSpaceFailed|failed to garbage collect required amount of images|Insufficient free disk space on the node|(?:create|mkdir|write|open|copy)[^\n]{0,80}: no space left on device|no space left on device`)

func run(p *diagnose.Pass) {
	fromLog(p)
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.Waiting|diagnose.Terminated, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the node's disk is full%s", at(m)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("free space on the node: images, logs, left-over data"), Risk: unloop.RiskCluster, Command: "df -h; crictl rmi --prune"},
			},
		}
	})
}

func at(m diagnose.Match) string {
	if path := strings.Trim(m.Names["path"], "\"'\\:,"); path != "" {
		return ": " + path + " cannot be written"
	}
	return ""
}

// others have rules of their own.
var others = diagnose.Re(`/sys/fs/cgroup|kubernetes\.io~(?:projected|secret|configmap|downward-api|empty-dir)|inotify|fsnotify|/dev/shm|failed to (?:pull|register|extract|copy|prepare extraction)|pull(?:ing)? image|writing blob|unpack|setting cgroup|cgroup`)

// fromLog: the program itself finds no space on a path that is on no volume: its
// writable layer lies on the node's disk.
func fromLog(p *diagnose.Pass) {
	if p.Pod != nil && p.Pod.Local {
		return // a command on a machine has any number of file systems: volume-full says so
	}
	for _, c := range p.Logged() {
		for _, h := range append(p.Hits(c, "node-disk-full"), p.Hits(c, "volume-full")...) {
			file := h.Names["file"] + h.Names["path"]
			// Where a relative path lies is not known.
			if c.Spec == nil || file == "" || file[0] != '/' || diagnose.MountOf(p.Facts, c, file) != nil {
				continue
			}
			p.Report(diagnose.Finding{
				Container: c, Confidence: min(p.Grade(h), unloop.Likely), Late: h.Late(), Evidence: []unloop.Evidence{h.Evidence()},
				Summary: unloop.Msg("there is no space for %s on the node's disk", file),
				Fixes:   []unloop.Fix{{Title: unloop.Msg("free space on the node, or write to a volume"), Risk: unloop.RiskCluster, Command: "df -h"}},
			})
			break
		}
	}
}
