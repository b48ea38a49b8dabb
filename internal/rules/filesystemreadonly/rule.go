// Package filesystemreadonly recognises a file system, of a volume or of the node,
// that has turned read-only.
package filesystemreadonly

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause filesystem-readonly.
var Rule = &diagnose.Rule{
	ID: "filesystem-readonly", Family: diagnose.Volume, Since: "0.1",
	Title: "A file system has turned read-only",
	Doc: diagnose.Doc{
		Means: "A file system that should be writable refuses writes with \"Read-only file system\". Linux does that to protect data after an error of the disk or of the file system itself. It can be the volume of one pod, or the node's own disk, and then nothing on the node can be started.",
		Why: []string{
			"The disk or the connection to the storage had errors, and the kernel remounted the file system read-only.",
			"The file system is damaged.",
			"The volume was attached read-only, or is attached elsewhere as the writer.",
			"The node's disk fails, or the machine came up with a read-only root after a failed check.",
		},
		Confirm: []string{
			"dmesg on the node: Remounting filesystem read-only, I/O error, EXT4-fs error, XFS shutting down",
			"grep ' ro,' /proc/mounts on the node, or kubectl exec POD -- touch PATH/x",
			"kubectl describe node NODE: the condition ReadonlyFilesystem of the node problem detector",
		},
		Remedy: []string{
			"The node's disk: cordon and drain the node, then repair or replace it.",
			"A volume: stop the pods, check the storage below, run fsck by hand, and mount it again (delete the pod so that it is attached anew).",
			"Restore from a backup where the repair loses data.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "readonly-rootfs", Apart: "the pod asks for it: readOnlyRootFilesystem, or a volume mounted with readOnly: true"},
			{ID: "filesystem-damaged", Apart: "the volume cannot be mounted at all"},
			{ID: "disk-failing", Apart: "the kernel names errors of the disk itself"},
			{ID: "volume-permission-denied", Apart: "Permission denied instead of Read-only file system"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/tasks/debug/debug-cluster/monitor-node-health/",
			"https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
		},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "readonly-rootfs", "runtime-broken", "sandbox-timeout", "init-failing", "image-corrupt", "data-corrupt", "readiness-never"},
	Run:      run,
}

var (
	// nodePath are the kubelet's and the runtimes' own directories with EROFS
	// (kubernetes pkg/kubelet, containerd, CRI-O, Docker: `mkdir PATH: read-only
	// file system`).
	nodePath = diagnose.Re(`(?P<path>/(?:var/lib/(?:kubelet|containerd|docker|containers|crio|cni|rancher|k0s|etcd)|var/lib/calico|run/containerd|var/run/(?:docker|crio|netns|secrets)|var/log/(?:pods|containers)|run/(?:netns|crio|docker)|opt/cni|etc/cni|etc/kubernetes|var/snap)[^\s"':,\\]*)[^\n]{0,60}?read-only file ?system`)
	// remount is what the kernel says (fs/ext4/super.c, fs/xfs/xfs_fsops.c, btrfs)
	// and what the node problem detector makes of it.
	remount = diagnose.Re(`remounting filesystem read-only|forced readonly|FilesystemIsReadOnly|filesystem is read-only`)
)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.Waiting|diagnose.Terminated|diagnose.HostText|diagnose.NodeText, nodePath, func(m diagnose.Match) diagnose.Finding {
		if rootOfContainer.Match(m.Body) {
			// The mount point inside a container, not the node's directory.
			return diagnose.Finding{}
		}
		f := onNode(p)
		f.Summary = unloop.Msg("the disk of %s is read-only: %s cannot be written", node(p), m.Names["path"])
		return f
	})
	p.ReportTexts(diagnose.HostText|diagnose.NodeText, remount, func(m diagnose.Match) diagnose.Finding {
		if falseCondition(p, m) {
			return diagnose.Finding{}
		}
		f := onNode(p)
		f.Summary = unloop.Msg("the kernel of %s has made a file system read-only", node(p))
		if !refused(p) {
			// It may be another file system than this pod's.
			f.Confidence = unloop.Likely
		}
		return f
	})
	for _, c := range p.Troubled() {
		volume(p, c)
	}
}

// rootOfContainer marks the runtime's text about a mount point that it cannot make
// in a container whose root is read-only (runc libcontainer/rootfs_linux.go).
var rootOfContainer = diagnose.Re(`to rootfs`)

// volume reports a log that gets EROFS on a volume which should be writable.
func volume(p *diagnose.Pass, c *facts.Container) {
	for _, h := range p.Hits(c, "readonly-rootfs") {
		file := h.First("path", "file", "name")
		m := diagnose.MountOf(p.Facts, c, file)
		if m == nil || m.ReadOnly || m.Plain() {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: p.Grade(h), Late: h.Late(),
			Summary:  unloop.Msg("the %s volume %q is read-only now, although it is mounted to be written: %s cannot write %q", m.Kind(), m.Name, h.Program(), file),
			Evidence: []unloop.Evidence{h.Evidence(), p.MountEvidence(c, m)},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("look at the kernel's messages on %s for errors of the disk or file system", node(p)), Risk: unloop.RiskNone, Command: "dmesg | grep -iE 'remount|i/o error|ext4|xfs'"},
				{Title: unloop.Msg("stop the pods that use the volume, repair its file system, and mount it again"), Risk: unloop.RiskData},
			},
		}
		if t, where := c.Exit(); t != nil {
			f.Evidence = append(f.Evidence, p.ExitEvidence(c, t, where))
		}
		p.Report(f)
		return
	}
}

// refused reports whether a container of the pod was refused a write.
func refused(p *diagnose.Pass) bool {
	for _, c := range p.Troubled() {
		if len(p.Hits(c, "readonly-rootfs")) > 0 {
			return true
		}
	}
	return len(p.Find(diagnose.PodEvent|diagnose.Waiting|diagnose.Terminated, nodePath)) > 0
}

// falseCondition: the detector's condition is there all the time, and False says
// that all is well.
func falseCondition(p *diagnose.Pass, m diagnose.Match) bool {
	if m.Event != nil || m.Where != diagnose.NodeText || p.Node == nil {
		return false
	}
	for _, c := range p.Node.Status.Conditions {
		if c.Reason == m.Reason && c.Message == m.Body && c.Status == "True" {
			return false
		}
	}
	return true
}

func node(p *diagnose.Pass) string {
	if p.Subject.Node == "" {
		return "the node"
	}
	return "node " + p.Subject.Node
}

func onNode(p *diagnose.Pass) diagnose.Finding {
	name := p.Subject.Node
	if name == "" {
		name = "NODE"
	}
	return diagnose.Finding{
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("take the pods off %s, then repair or replace its disk", node(p)), Risk: unloop.RiskCluster, Command: "kubectl drain " + diagnose.Word(name, "NAME") + " --ignore-daemonsets"},
			{Title: unloop.Msg("look at the kernel's messages on %s", node(p)), Risk: unloop.RiskNone, Command: "dmesg | grep -iE 'remount|i/o error|ext4|xfs'"},
		},
	}
}
