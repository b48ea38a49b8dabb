// Package usernsunsupported recognises a pod that asks for a user namespace which
// the node's kernel, runtime or file systems do not support.
package usernsunsupported

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause userns-unsupported.
var Rule = &diagnose.Rule{
	ID: "userns-unsupported", Family: diagnose.Config, Since: "0.1",
	Title: "User namespaces do not work here",
	Doc: diagnose.Doc{
		Means: "hostUsers: false asks for user ids of the pod's own. For that the kernel must map the ids on every file system the pod mounts, the runtime must know how, and the ids must lie in the range that the pod got. One of these does not hold.",
		Why: []string{
			"A volume is on a file system that cannot map ids (NFS, some FUSE and network file systems, an old kernel).",
			"The node's kernel is older than 6.3, or containerd older than 2.0, or runc older than 1.2, or crun older than 1.9.",
			"runAsUser, runAsGroup or fsGroup is 65536 or more, outside the pod's range of ids.",
			"The node's kubelet has no ids left for further pods, or its /etc/subuid is wrong.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.hostUsers}'",
			"uname -r, containerd --version and runc --version on the node",
			"findmnt -T PATH on the node shows the file system of a volume",
		},
		Remedy: []string{
			"Set hostUsers: true (or leave it out) for this pod.",
			"Move the pod to nodes with a new enough kernel and runtime.",
			"Use ids below 65536.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "volume-permission-denied", Apart: "the container runs, and its user may not use a file"},
			{ID: "version-skew", Apart: "the node's kubelet does not know the field at all"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

// Sources: runc 1.2 to 1.5 libcontainer ("failed to set MOUNT_ATTR_IDMAP", "cannot
// setuid to unmapped uid"), crun linux.c, kubernetes 1.25 to 1.36
// pkg/kubelet/userns and kuberuntime ("does not support user namespaces"),
// containerd 2.0 to 2.3 (idmap checks).
var unsupported = diagnose.Re(`mount_attr_idmap(?: on (?P<path>\S+?):)?|cannot set[ug]id to unmapped [ug]id (?P<id>\d+)|(?:does not support|unsupported|not support(?:ed)?)[^\n]{0,80}(?:user namespaces?|usernames?pace|idmap)|(?:user namespaces?|idmap(?:ped)?(?: mounts?)?)[^\n]{0,80}not supported|` +
	`can.t allocate more user namespaces|could not find an empty slot to allocate a user namespace|mount_setattr[^\n]*idmap`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.AboutStart, unsupported, func(m diagnose.Match) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("the pod asks for user ids of its own (hostUsers: false), which does not work on this node"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("set hostUsers: true, or leave it out"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("run the pod on nodes whose kernel and runtime support user namespaces"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		switch {
		case m.Names["id"] != "":
			f.Summary = unloop.Msg("the user id %s of %s lies outside the ids of the pod's user namespace", m.Names["id"], diagnose.ContainerOf(m.Container))
			f.Fixes[0] = unloop.Fix{Title: unloop.Msg("use a user id below 65536"), Risk: unloop.RiskRestart, Command: p.EditCommand()}
		case m.Names["path"] != "":
			f.Summary = unloop.Msg("the file system of %s cannot map user ids, as hostUsers: false needs", m.Names["path"])
		}
		if p.Pod != nil && p.Pod.Spec.HostUsers != nil {
			f.Evidence = append(f.Evidence, p.SpecEvidence("hostUsers", "%t", *p.Pod.Spec.HostUsers))
		}
		return f
	})
}
