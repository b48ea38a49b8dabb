// Package storageunreachable recognises a storage server that cannot be reached from the node.
package storageunreachable

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause storage-unreachable.
var Rule = &diagnose.Rule{
	ID: "storage-unreachable", Family: diagnose.Volume, Since: "0.1",
	Title: "The storage server cannot be reached from the node",
	Doc: diagnose.Doc{
		Means: "The mount of a network volume got no answer from its server (NFS, SMB, iSCSI, Ceph or the driver's endpoint), or its name does not resolve on the node.",
		Why: []string{
			"A firewall or security group keeps the node from the storage port (NFS 2049, SMB 445, iSCSI 3260, Ceph 6789/3300).",
			"The server is down, or its address or host name is wrong.",
			"The node resolves names by its own DNS, not the cluster's: Service names do not work there.",
		},
		Confirm: []string{
			"nc -vz SERVER PORT on the node",
			"getent hosts SERVER on the node",
		},
		Remedy: []string{
			"Open the port from the nodes to the storage.",
			"Use an address that the nodes can reach and resolve.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "nfs-mount-failed", Apart: "the server answers, and not well"},
			{ID: "storage-access-denied", Apart: "the server refuses"},
			{ID: "csi-missing", Apart: "the driver is not on the node"},
			{ID: "attach-stuck", Apart: "block storage waits to be attached"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "rollout-stuck", "job-backoff-limit", "nfs-mount-failed"},
	Run:      run,
}

// Sources: mount.nfs, mount.cifs (error 110, 112, 113, 115), iscsiadm, ceph, glusterfs, efs-utils, CSI drivers, inside the kubelet's FailedMount.
var pattern = diagnose.Re(`connection timed out|mount error\((?:11[0235]|101)\)|no route to host|host is down|network is unreachable|operation now in progress|cannot make connection|could not connect to|failed to resolve(?: server)?|could not resolve|name or service not known|mount\.nfs[^\n]{0,40}: (?:connection|timed out|failed to resolve)|connection refused|mount attempt \d+/\d+ failed due to timeout|dial tcp \S+: i/o timeout|no such host|(?:libceph|ceph)[^\n]{0,80}(?:timed out|connect error)|transport endpoint is not connected|glusterfs[^\n]{0,80}failed`)

func run(p *diagnose.Pass) {
	silent(p)
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText|diagnose.OwnerEvent, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		if !aboutMount(m) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the node cannot reach the storage server"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("open the way from the nodes to the storage server: NFS 2049, SMB 445, iSCSI 3260"), Risk: unloop.RiskCluster},
				{Title: unloop.Msg("correct the server's address in the volume or storage class"), Risk: unloop.RiskCluster, Command: "kubectl get pv -o yaml"},
			},
		}
	})
}

var mountText = diagnose.Re(`MountVolume|MountDevice|mount failed|mounting|NodeStageVolume|NodePublishVolume|WaitForAttach|MapVolume`)

// aboutMount keeps out texts of pulls, probes and sandboxes that hold the same errors.
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
var others = diagnose.Re(`access denied|permission denied|logon failure|mount error\(13\)|secrets[- ]store|no such file or directory|not found in the list of registered|failed to sync|apiserver|:6443|kube-api-access`)

// waits is the kubelet's text (to 1.27) that a volume is not mounted in time.
var waits = diagnose.Re(`unable to (?:attach or )?mount volumes[^\n]*?unmounted volumes=\[(?P<names>[^\]]*)\][^\n]*?(?:timed out|timeout)`)

// silent: the mount of a network volume that gives no error and never ends waits
// for a server that does not answer.
func silent(p *diagnose.Pass) {
	for _, m := range p.Find(diagnose.PodEvent, waits) {
		for _, name := range strings.Fields(m.Names["names"]) {
			kind := networkVolume(p, name)
			if kind == "" {
				continue
			}
			p.Report(diagnose.Finding{
				Confidence: unloop.Possible, Summary: unloop.Msg("the mount of the %s volume %s never ends: its server does not answer", kind, name),
				Evidence: []unloop.Evidence{m.Evidence()},
				Fixes:    []unloop.Fix{{Title: unloop.Msg("try the mount by hand on the node, and with a named protocol version"), Risk: unloop.RiskNone, Command: "journalctl -u kubelet --since -15min"}},
			})
			return
		}
	}
}

// networkVolume names the network file system of a pod's volume; where the spec is
// not at hand, the volume's own name may say it.
func networkVolume(p *diagnose.Pass, name string) string {
	if p.Pod != nil {
		for _, v := range p.Pod.Spec.Volumes {
			if v.Name != name {
				continue
			}
			switch {
			case v.NFS != nil:
				return "NFS"
			case v.CephFS != nil, v.RBD != nil:
				return "Ceph"
			case v.Glusterfs != nil:
				return "GlusterFS"
			case v.ISCSI != nil:
				return "iSCSI"
			case v.AzureFile != nil:
				return "SMB"
			}
		}
	}
	for word, kind := range map[string]string{"nfs": "NFS", "smb": "SMB", "cifs": "SMB", "efs": "NFS", "gluster": "GlusterFS", "iscsi": "iSCSI"} {
		for _, part := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
			if part == word {
				return kind
			}
		}
	}
	return ""
}
