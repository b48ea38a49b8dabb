// Package nfsmountfailed recognises an NFS server that answers the mount with an error of its own.
package nfsmountfailed

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause nfs-mount-failed.
var Rule = &diagnose.Rule{
	ID: "nfs-mount-failed", Family: diagnose.Volume, Since: "0.1",
	Title: "The NFS server answers the mount with an error",
	Doc: diagnose.Doc{
		Means: "The node reached the NFS server, and the server answered that it cannot give what the volume names: mostly there is no such export or directory.",
		Why: []string{
			"The export or the directory in it does not exist.",
			"The path is written differently (NFSv4 paths start at the pseudo root).",
		},
		Confirm: []string{
			"showmount -e SERVER",
			"mount -t nfs SERVER:PATH /mnt on the node",
		},
		Remedy: []string{
			"Create the export or directory, or correct the path in the volume.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "storage-unreachable", Apart: "no answer"},
			{ID: "storage-access-denied", Apart: "access denied"},
			{ID: "mount-helper-missing", Apart: "the node lacks mount.nfs"},
			{ID: "mount-options-invalid", Apart: "an option or version is not accepted"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "rollout-stuck"},
	Run:      run,
}

// Sources: mount.nfs ("mounting %s failed, reason given by server: %s"), CSI NFS and blob drivers.
var pattern = diagnose.Re(`(?:mount\.nfs4?|nfs)[^\n]{0,300}(?:no such file or directory|stale file handle|not a directory|reason given by server|input/output error|an incorrect|remote I/O error|RPC: |rpc\.statd)|reason given by server: (?P<why>[^\n]+)|exit status 32[^\x00]{0,700}?-t nfs[^\x00]{0,500}?(?:no such file or directory|reason given by server)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the NFS server answers the mount with an error%s", why(m.Names["why"])),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("create the export or directory, or correct the path in the volume"), Risk: unloop.RiskCluster, Command: "kubectl get pv -o yaml"},
			},
		}
	})
}

func why(s string) string {
	if s = strings.TrimSpace(s); s != "" {
		return ": " + s
	}
	return ""
}

// others have rules of their own.
var others = diagnose.Re(`access denied|connection timed out|helper program|bad option|mount option|protocol not supported|connection refused|no route to host|failed to resolve`)
