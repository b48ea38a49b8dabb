// Package storageaccessdenied recognises a storage server that refuses the node.
package storageaccessdenied

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause storage-access-denied.
var Rule = &diagnose.Rule{
	ID: "storage-access-denied", Family: diagnose.Volume, Since: "0.1",
	Title: "The storage server refuses the node: wrong key, account or export right",
	Doc: diagnose.Doc{
		Means: "The node reached the storage server, and the server (or the driver on its behalf) refused: the account, key or password is wrong, or the export does not allow this node; or a root-squashed share refuses the kubelet's change of owner.",
		Why: []string{
			"The Secret with the account key or password is wrong or malformed.",
			"The NFS export does not list the node's address.",
			"fsGroup on a share with root squash.",
		},
		Confirm: []string{
			"the mount by hand on the node, with the same account",
			"the export list of the server",
		},
		Remedy: []string{
			"Correct account and key in the Secret.",
			"Allow the node in the export rules.",
			"Drop fsGroup, or set no_root_squash, for a share that refuses chown.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "volume-permission-denied", Apart: "the mount worked, and the program is refused on a file"},
			{ID: "secret-missing", Apart: "the Secret does not exist"},
			{ID: "nfs-mount-failed", Apart: "another answer of the server"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "rollout-stuck", "job-backoff-limit", "nfs-mount-failed", "storage-unreachable"},
	Run:      run,
}

// Sources: mount.nfs, mount.cifs (error 13), kubelet applyFSGroup, CSI drivers (azurefile, blobfuse, s3, efs, ceph).
var pattern = diagnose.Re(`access denied by server|permission denied|mount error\(13\)|mount error\(5\)|logon failure|STATUS_LOGON_FAILURE|authentication (?:failed|failure)|authorizationfailure|AuthenticationFailed|illegal base64 data|invalid (?:account|access|storage) key|account ?key|AccountIsDisabled|unauthorized|operation not permitted|(?:status ?code|code)[:= ]+403|\b403 Forbidden|error connecting: Permission|handle_auth_bad_method|rados: ret=-(?:1|13)\b`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText|diagnose.OwnerEvent, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		if !aboutMount(m) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the storage server refuses the node"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("correct the account and key in the Secret that the volume names"), Risk: unloop.RiskCluster, Command: "kubectl get pv -o yaml"},
				{Title: unloop.Msg("allow the node in the server's export rules"), Risk: unloop.RiskCluster},
			},
		}
	})
}

var mountText = diagnose.Re(`MountVolume|MountDevice|mount failed|mounting|NodeStageVolume|NodePublishVolume|applyFSGroup`)

// aboutMount keeps out texts of pulls, starts and programs that hold the same words.
func aboutMount(m diagnose.Match) bool {
	switch m.Reason {
	case "FailedMount", "FailedMapVolume", "FailedAttachVolume":
		return true
	case "":
		return mountText.Match(m.Body)
	}
	return false
}

// others have rules of their own.
var others = diagnose.Re(`secrets[- ]store|read-only file system|serviceaccount|OCI runtime|connection timed out|mount error\(11[0-9]\)|driver name`)
