// Package mounthelpermissing recognises a node that lacks the mount or file system tool a volume needs.
package mounthelpermissing

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause mount-helper-missing.
var Rule = &diagnose.Rule{
	ID: "mount-helper-missing", Family: diagnose.Volume, Since: "0.1",
	Title: "The node lacks the mount or file system tool that this volume needs",
	Doc: diagnose.Doc{
		Means: "The kubelet (or the driver) called a helper of the node, such as mount.nfs, mount.cifs, iscsiadm or fsck, and it is not installed where it looks.",
		Why: []string{
			"nfs-common / nfs-utils, cifs-utils, open-iscsi, glusterfs or ceph packages are not installed on the node.",
			"The kubelet runs in a container without those tools.",
		},
		Confirm: []string{
			"which mount.nfs mount.cifs iscsiadm mkfs.ext4 on the node",
		},
		Remedy: []string{
			"Install the package on every node (nfs-common or nfs-utils, cifs-utils, open-iscsi, ceph-common ...).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "nfs-mount-failed", Apart: "the helper runs, the server answers with an error"},
			{ID: "kernel-module-missing", Apart: "the helper runs, the kernel lacks the file system"},
			{ID: "csi-missing", Apart: "the driver is missing, not a tool"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "rollout-stuck", "mount-options-invalid", "filesystem-damaged", "nfs-mount-failed"},
	Run:      run,
}

// Sources: util-linux mount ("you might need a /sbin/mount.<type> helper program"), Go os/exec inside the kubelet's volume operations, rbd, iscsi.
var pattern = diagnose.Re(`you might need a /sbin/mount\.?(?P<name>[^\s>]*)|need a /sbin/mount|missing codepage or helper program[^\x00]*?need a|unknown filesystem type \'?(?P<fs>[^\'\s.]+)|(?P<tool>(?:rbd|iscsiadm|mount\.\w+|fsck(?:\.\w+)?|mkfs(?:\.\w+)?|blkid|lsblk|glusterfs|ceph(?:-fuse)?|multipath|cryptsetup|e2fsck|xfs_\w+))\\*"?: executable file not found in \$?PATH|executable file not found in \$PATH`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		if m.Reason != "FailedMount" && m.Reason != "FailedMapVolume" && m.Reason != "FailedAttachVolume" && (m.Reason != "" || !mountText.Match(m.Body)) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the node lacks the tool that the mount needs%s", tool(m.Names)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("install it on every node: nfs-common or nfs-utils, cifs-utils, open-iscsi, the file system's tools"), Risk: unloop.RiskCluster},
			},
		}
	})
}

var mountText = diagnose.Re(`MountVolume|MountDevice|WaitForAttach|mount failed`)

func tool(names map[string]string) string {
	for _, k := range []string{"tool", "fs"} {
		if names[k] != "" {
			return ": " + names[k]
		}
	}
	if names["name"] != "" && names["name"] != "<type" {
		return ": mount." + strings.Trim(names["name"], ".<>")
	}
	return ""
}
