// Package datacorrupt recognises a program whose own data files are damaged or
// partly missing.
package datacorrupt

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause data-corrupt.
var Rule = &diagnose.Rule{
	ID: "data-corrupt", Family: diagnose.Volume, Since: "0.1",
	Title: "The program's own data files are damaged",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program opened its data directory and found files that do not hold what they must: a check sum does not fit, a log cannot be replayed, a page is invalid, or some of its files are gone. It refuses to start, so as not to make it worse. Every restart ends in the same way.",
		Why: []string{
			"The node or storage went down, or the container was killed, in the middle of a write that the storage had confirmed too early.",
			"The volume was full, and a file was cut short.",
			"Two instances wrote to the same directory.",
			"Files were copied, restored or deleted while the program ran.",
			"The disk or the file system below is damaged.",
		},
		Confirm: []string{
			"kubectl logs POD --previous: which file, which check",
			"dmesg on the node: errors of the disk or file system",
			"the product's own check, on a copy of the data",
		},
		Remedy: []string{
			"Copy the directory away before anything else.",
			"In a cluster: remove the member's data and let it be rebuilt from the others.",
			"Restore from a backup; use the product's repair only on a copy, knowing what it drops.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "filesystem-damaged", Apart: "the layer below: the volume cannot be mounted, fsck finds errors"},
			{ID: "disk-failing", Apart: "the layer below: the kernel names I/O errors of the disk"},
			{ID: "data-dir-version-mismatch", Apart: "the data is whole, and of another version"},
			{ID: "data-dir-stale", Apart: "the data is whole, and belongs to another installation"},
			{ID: "unhandled-exception", Apart: "a trace alone, without a word about data"},
			{ID: "volume-full", Apart: "no space left on device comes first"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "native-crash", "file-missing", "init-failing", "readiness-never", "startup-too-slow"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		file := h.First("path", "file", "table", "name")
		f := diagnose.Finding{
			Summary:  unloop.Msg("%s finds its own data files damaged or incomplete", h.Program()),
			Evidence: p.DataEvidence(h),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("save a copy of the data, then restore it from a backup or from the other members"), Risk: unloop.RiskData},
				{Title: unloop.Msg("run the product's own check on the copy"), Risk: unloop.RiskNone},
			},
		}
		if file != "" {
			f.Summary = unloop.Msg("%s finds its own data damaged or incomplete: %q", h.Program(), file)
		}
		return f
	})
}
