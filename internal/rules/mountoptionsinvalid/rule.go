// Package mountoptionsinvalid recognises mount options or a protocol version that are not accepted.
package mountoptionsinvalid

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause mount-options-invalid.
var Rule = &diagnose.Rule{
	ID: "mount-options-invalid", Family: diagnose.Volume, Since: "0.1",
	Title: "The mount options or protocol version are not accepted",
	Doc: diagnose.Doc{
		Means: "The mount got as far as the file system or server, and an option in mountOptions (of the volume or its class) is not one it takes; or the protocol version fits no side.",
		Why: []string{
			"Options of one file system are given to another (uid= on ext4, vers= of SMB on NFS).",
			"The NFS or SMB version asked for is not offered, or the newest one, taken by default, does not work between these two.",
		},
		Confirm: []string{
			"kubectl get pv PV -o jsonpath='{.spec.mountOptions}'",
			"dmesg | tail on the node",
		},
		Remedy: []string{
			"Correct mountOptions of the volume and of the storage class.",
			"Name a protocol version that both sides support, such as nfsvers=4.1.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "mount-helper-missing", Apart: "the sentence names a /sbin/mount.<type> helper"},
			{ID: "filesystem-damaged", Apart: "the same sentence of mount also says bad superblock: without foreign options it is the file system"},
			{ID: "storage-unreachable", Apart: "no answer at all"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "rollout-stuck", "nfs-mount-failed", "filesystem-damaged"},
	Run:      run,
}

// Sources: util-linux mount, mount.nfs, mount.cifs, systemd-run mounts of the kubelet.
var pattern = diagnose.Re(`an incorrect mount option was specified|bad (?:mount )?option|unknown mount option|invalid (?:mount )?option|protocol not supported|requested NFS version or transport protocol is not supported|mount error\((?:22|95)\)|vers=\S+ mount option|wrong fs type, bad option`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		f := diagnose.Finding{
			Summary: unloop.Msg("the mount options or the protocol version of the volume are not accepted"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("correct mountOptions of the volume and its storage class"), Risk: unloop.RiskCluster, Command: "kubectl get pv -o yaml"},
			},
		}
		if either.Match(m.Body) {
			// mount(8) says "wrong fs type, bad option, bad superblock" for all three.
			f.Confidence = unloop.Possible
			if foreign.Match(m.Body) {
				f.Confidence = unloop.Likely
			}
		}
		return f
	})
}

var (
	either = diagnose.Re(`wrong fs type, bad option, bad superblock`)
	// foreign: options of network file systems given to a disk's.
	foreign = diagnose.Re(`-t (?:ext[234]|xfs|btrfs)\b[^\n]*-o [^\n]*(?:uid=|gid=|dir_mode|file_mode|vers=|nfsvers|actimeo|mfsymlinks)`)
)

// others have rules of their own.
var others = diagnose.Re(`you might need a /sbin/mount|helper program\.?\s*$`)
