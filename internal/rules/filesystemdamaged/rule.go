// Package filesystemdamaged recognises a volume whose file system is damaged.
package filesystemdamaged

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause filesystem-damaged.
var Rule = &diagnose.Rule{
	ID: "filesystem-damaged", Family: diagnose.Volume, Since: "0.1",
	Title: "The volume's file system is damaged and needs repair",
	Doc: diagnose.Doc{
		Means: "The file system on the volume is inconsistent: the kernel refuses to mount it, or fsck found errors it may not repair by itself.",
		Why: []string{
			"The node or storage went down while the volume was in use.",
			"Two nodes wrote to it at the same time.",
			"The disk below returns errors.",
		},
		Confirm: []string{
			"dmesg on the node",
			"fsck -n DEVICE with the volume unmounted",
		},
		Remedy: []string{
			"Stop the pods, run fsck (e2fsck, xfs_repair) on the device by hand, and mount again.",
			"Restore from a backup.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "mount-options-invalid", Apart: "the options are foreign to the file system"},
			{ID: "disk-failing", Apart: "the disk itself reports errors"},
			{ID: "filesystem-readonly", Apart: "it is mounted and has turned read-only"},
			{ID: "data-corrupt", Apart: "the program's own files are damaged"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/monitor-node-health/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "rollout-stuck"},
	Run:      run,
}

// Sources: e2fsck, xfs, kubelet FormatAndMount ("fsck found errors", "HasErrors"), FailedMountOnFilesystemMismatch.
var pattern = diagnose.Re(`structure needs cleaning|fsck (?:found errors|failed|error)|\'fsck\' found errors|UNEXPECTED INCONSISTENCY|bad superblock|superblock (?:invalid|could not be read)|file ?system (?:is )?(?:has )?(?:corrupt|errors)|filesystem mismatch|contains a file system with errors|(?:EXT4|XFS)[^\n]{0,40}corrupt|run fsck manually`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText|diagnose.NodeText|diagnose.OwnerEvent, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		f := diagnose.Finding{
			Summary: unloop.Msg("the volume's file system is damaged"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("stop the pods that use it, then repair it by hand with fsck or xfs_repair"), Risk: unloop.RiskData},
				{Title: unloop.Msg("restore the volume from a backup"), Risk: unloop.RiskData},
			},
		}
		if either.Match(m.Body) {
			f.Confidence = unloop.Possible
		}
		return f
	})
}

// either: mount(8) says this for a wrong type, a bad option and a damaged file system alike.
var either = diagnose.Re(`wrong fs type, bad option, bad superblock`)

// others have rules of their own.
var others = diagnose.Re(`you might need a /sbin/mount`)
