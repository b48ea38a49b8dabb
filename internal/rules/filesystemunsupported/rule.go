// Package filesystemunsupported recognises a program that does not work on the
// kind of file system its volume has.
package filesystemunsupported

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause filesystem-unsupported.
var Rule = &diagnose.Rule{
	ID: "filesystem-unsupported", Family: diagnose.Volume, Since: "0.1",
	Title: "The program does not work on this kind of file system",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program asks its volume for something that this kind of file system does not do: file locks, memory-mapped files, direct input and output, hard links, changes of owner or mode. Databases in particular do not run on most network file systems.",
		Why: []string{
			"A database or message broker keeps its data on NFS, SMB (Azure Files) or another network file system.",
			"The NFS server's lock service is not running, or the mount has no locks.",
			"A file share that cannot keep owners and modes, while the program sets them.",
			"A path from the host of a desktop machine (shared folders of a virtual machine).",
		},
		Confirm: []string{
			"kubectl exec POD -- sh -c 'mount | grep PATH': the type of the file system",
			"kubectl get pv, kubectl get storageclass: the driver behind the claim",
		},
		Remedy: []string{
			"Use block storage (a disk class, ReadWriteOnce) for the data.",
			"NFS: version 4, or a running lock service for version 3.",
			"Follow the product's documentation on supported file systems and mount options.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "data-dir-locked", Apart: "locks work, and another instance holds it"},
			{ID: "volume-permission-denied", Apart: "permission denied: an owner or mode, not the kind of file system"},
			{ID: "mount-options-invalid", Apart: "the volume cannot be mounted"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/volumes/",
			"https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
		},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "data-dir-locked", "data-corrupt", "init-failing", "native-crash"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c, m := h.Container, p.DataMount(h)
		f := diagnose.Finding{
			Summary: unloop.Msg("%s asks its file system for something that it does not support", h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("keep the data of %s on block storage", diagnose.ContainerOf(c)), Risk: unloop.RiskData, Command: p.EditCommand()},
			},
		}
		if m == nil {
			f.Confidence = min(p.Grade(h), unloop.Likely)
			return f
		}
		f.Evidence = append(f.Evidence, p.MountEvidence(c, m))
		kind, e := network(p, m)
		switch {
		case kind != "":
			f.Summary = unloop.Msg("%s does not work on the volume %q, which is %s", h.Program(), m.Name, kind)
			f.Evidence = append(f.Evidence, e...)
		default:
			f.Summary = unloop.Msg("%s asks the %s volume %q for something that its file system does not support", h.Program(), m.Kind(), m.Name)
			f.Confidence = min(p.Grade(h), unloop.Likely)
		}
		return f
	})
}

// drivers are CSI drivers of network file systems, by the names their projects
// register.
var drivers = []struct{ name, kind string }{
	{"nfs.csi.k8s.io", "NFS"}, {"smb.csi.k8s.io", "SMB"}, {"file.csi.azure.com", "Azure Files"}, {"efs.csi.aws.com", "EFS (NFS)"},
	{"filestore.csi.storage.gke.io", "Filestore (NFS)"}, {"cephfs.csi.ceph.com", "CephFS"}, {"fsx.csi.aws.com", "FSx for Lustre"},
	{"nas.csi.aliyun.com", "NAS (NFS)"}, {"csi.juicefs.com", "JuiceFS"}, {"fuse.csi.ceph.com", "CephFS"}, {"gcsfuse.csi.storage.gke.io", "a bucket through FUSE"},
	{"s3.csi.aws.com", "a bucket through FUSE"}, {"blob.csi.azure.com", "a bucket through FUSE or NFS"},
}

// network names the network file system behind a mount; "" for none known.
func network(p *diagnose.Pass, m *diagnose.Mount) (string, []unloop.Evidence) {
	switch v := m.Volume; {
	case v == nil:
		return "", nil
	case v.NFS != nil:
		return "NFS", nil
	case v.AzureFile != nil:
		return "Azure Files", nil
	case v.CephFS != nil:
		return "CephFS", nil
	case v.Glusterfs != nil:
		return "GlusterFS", nil
	case v.CSI != nil:
		return driver(v.CSI.Driver), nil
	case v.PersistentVolumeClaim == nil:
		return "", nil
	}
	name := m.Volume.PersistentVolumeClaim.ClaimName
	i := slices.IndexFunc(p.Claims, func(c *facts.Claim) bool { return c.Name == name })
	if i < 0 {
		return "", nil
	}
	pv, kind := p.Claims[i].Volume, ""
	switch {
	case pv == nil:
	case pv.Spec.NFS != nil:
		kind = "NFS"
	case pv.Spec.AzureFile != nil:
		kind = "Azure Files"
	case pv.Spec.CephFS != nil:
		kind = "CephFS"
	case pv.Spec.Glusterfs != nil:
		kind = "GlusterFS"
	case pv.Spec.CSI != nil:
		kind = driver(pv.Spec.CSI.Driver)
	}
	if kind != "" {
		return kind, []unloop.Evidence{p.ObjectEvidence("PersistentVolume/"+pv.Name, "%s", kind)}
	}
	class := p.Claims[i].Spec.StorageClassName
	if class == nil {
		return "", nil
	}
	o, _ := p.Object("StorageClass", "", *class)
	if o == nil {
		return "", nil
	}
	if kind = driver(o.Fields["provisioner"]); kind == "" && strings.Contains(strings.ToLower(o.Fields["provisioner"]), "nfs") {
		kind = "NFS"
	}
	if kind == "" {
		return "", nil
	}
	return kind, []unloop.Evidence{p.ObjectEvidence("StorageClass/"+*class, "%s", fmt.Sprintf("provisioner %s", o.Fields["provisioner"]))}
}

func driver(name string) string {
	for _, d := range drivers {
		if d.name == name {
			return d.kind
		}
	}
	return ""
}
