// Package volumefull recognises a program that cannot write because its volume is
// full.
package volumefull

import (
	"path"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause volume-full.
var Rule = &diagnose.Rule{
	ID: "volume-full", Family: diagnose.Volume, Since: "0.1",
	Title: "A volume that the program writes to is full",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program wanted to write and got \"No space left on device\" (or its quota is used up). The path lies on a volume of the pod: its size, or its number of files, is exhausted.",
		Why: []string{
			"Data, write-ahead logs or backups grew past the size of the claim.",
			"Something that should be cleaned up is not: old segments, replication slots, temporary files, logs.",
			"A memory-backed emptyDir (medium: Memory) with a small sizeLimit.",
			"All inodes are used by very many small files.",
		},
		Confirm: []string{
			"kubectl exec POD -c CONTAINER -- df -h PATH and df -i PATH",
			"kubectl get pvc, and the metric kubelet_volume_stats_available_bytes",
		},
		Remedy: []string{
			"Enlarge the claim, where its storage class has allowVolumeExpansion.",
			"Delete what is not needed, with the program's own tools; never single files of a database.",
			"Bound the growth: retention, log rotation, a larger sizeLimit.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-disk-full", Apart: "the path is the image's own or the runtime's: it is the node's disk"},
			{ID: "image-pull-disk-full", Apart: "the pull of an image fails, not the program"},
			{ID: "inotify-limit", Apart: "the same words about a watch: no watches are left, not space"},
			{ID: "shm-too-small", Apart: "the path is /dev/shm"},
			{ID: "kernel-cgroup-leak", Apart: "the path lies under /sys/fs/cgroup"},
			{ID: "emptydir-limit", Apart: "the kubelet evicts the pod; the write itself succeeds"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "data-corrupt", "init-failing", "readiness-never", "native-crash", "app-unhealthy"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c, file := h.Container, h.First("path", "file")
		m := p.DataMount(h)
		f := diagnose.Finding{
			Summary: unloop.Msg("%s cannot write: no space is left on its volume", h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("see how full it is"), Risk: unloop.RiskNone, Command: df(p, c, file)},
				{Title: unloop.Msg("enlarge the volume, or delete what is not needed with the program's own tools"), Risk: unloop.RiskData, Command: p.EditCommand()},
			},
		}
		switch {
		case m != nil && m.Plain():
			return diagnose.Finding{}
		case m != nil && m.Kind() == "emptyDir" && unbounded(m):
			// Without a limit it is the node's disk that is full, or a project quota.
			f.Confidence = min(p.Grade(h), unloop.Possible)
			f.Summary = unloop.Msg("%s cannot write to the emptyDir %q: no space is left", h.Program(), m.Name)
			f.Evidence = append(f.Evidence, p.MountEvidence(c, m))
		case m != nil:
			f.Summary = unloop.Msg("%s cannot write to the %s volume %q, which is full", h.Program(), m.Kind(), m.Name)
			f.Evidence = append(f.Evidence, p.MountEvidence(c, m))
			grow(p, m, &f)
		case file != "" && file[0] == '/' && len(diagnose.Mounts(p.Facts, c)) > 0:
			// The image's own path: the disk of the node.
			return diagnose.Finding{}
		case p.Grade(h) == unloop.Proven:
			// Which file system is full is not known.
			f.Confidence = unloop.Likely
		}
		return f
	})
}

func unbounded(m *diagnose.Mount) bool {
	e := m.Volume.EmptyDir
	return e.Medium != corev1.StorageMediumMemory && (e.SizeLimit == nil || e.SizeLimit.IsZero())
}

// grow adds the claim and how to enlarge it.
func grow(p *diagnose.Pass, m *diagnose.Mount, f *diagnose.Finding) {
	if m.Volume == nil || m.Volume.PersistentVolumeClaim == nil {
		return
	}
	name := m.Volume.PersistentVolumeClaim.ClaimName
	f.Fixes[1] = unloop.Fix{Title: unloop.Msg("enlarge the claim %q", name), Risk: unloop.RiskData, Command: "kubectl edit pvc " + diagnose.Word(name, "NAME") + " -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")}
	for _, c := range p.Claims {
		if size := c.Status.Capacity[corev1.ResourceStorage]; c.Name == name && !size.IsZero() {
			f.Evidence = append(f.Evidence, p.ObjectEvidence("PersistentVolumeClaim/"+name, "capacity %s", size.String()))
		}
	}
}

func df(p *diagnose.Pass, c *facts.Container, file string) string {
	if file == "" || file[0] != '/' {
		file = "PATH"
	} else {
		file = path.Dir(file)
	}
	return p.ExecCommand(c, "df -h "+file)
}
