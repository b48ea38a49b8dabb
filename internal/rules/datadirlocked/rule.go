// Package datadirlocked recognises a data directory that is locked by another
// instance or by a lock file left over.
package datadirlocked

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause data-dir-locked.
var Rule = &diagnose.Rule{
	ID: "data-dir-locked", Family: diagnose.Volume, Since: "0.1",
	Title: "The data directory is locked",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program locks its data directory while it runs, so that no second instance can damage the data. The lock is taken: another instance runs on the same data, or an instance that was killed left its lock or pid file behind.",
		Why: []string{
			"A Deployment with a volume and the strategy RollingUpdate: the new pod starts while the old one still runs.",
			"More replicas than one share the same claim or hostPath directory.",
			"The old pod hangs in Terminating, or lives on on a node that is lost.",
			"A pid or lock file in the volume names a process id that exists in the new container as well (mostly 1).",
			"The network file system keeps locks of a client that is gone.",
		},
		Confirm: []string{
			"kubectl get pods -o wide: who else of the workload runs or terminates",
			"kubectl get deploy NAME -o jsonpath='{.spec.strategy.type}'",
			"ls -l of the lock file in the volume, with the workload scaled to 0",
		},
		Remedy: []string{
			"Strategy Recreate, or a StatefulSet, and one replica for one volume.",
			"End the other instance.",
			"Where no instance runs: remove the file left over, and let the entrypoint do so.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "multi-attach", Apart: "two nodes: the volume itself cannot be attached a second time"},
			{ID: "filesystem-unsupported", Apart: "no locks available: the file system has none"},
			{ID: "port-in-use", Apart: "the port is taken, not the directory"},
			{ID: "data-corrupt", Apart: "the directory was opened, and its files are damaged"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "init-failing", "readiness-never", "startup-too-slow", "liveness-wrong-target"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := diagnose.Finding{
			Summary:  unloop.Msg("the data directory of %s is locked: another instance uses it, or a lock file is left over", h.Program()),
			Evidence: p.DataEvidence(h),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("end the other instance; use strategy Recreate and one replica for one volume"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("where no other instance runs, remove the lock file that was left over"), Risk: unloop.RiskData},
			},
		}
		if file := h.First("path", "file"); file != "" {
			f.Summary = unloop.Msg("%s cannot lock %q: another instance uses it, or the lock is left over", h.Program(), file)
		}
		if o := other(p, h); o != nil {
			f.Chain = append(f.Chain, f.Summary)
			f.Summary = unloop.Msg("pod %s runs on the same data, so %s cannot lock it", o.Name, h.Program())
			f.Evidence = append(f.Evidence, p.ObjectEvidence("Pod/"+o.Name, "mounts the same volume, phase %s", o.Status.Phase))
		}
		for _, w := range p.Owners {
			if w.Kind == "Deployment" && w.Strategy == "RollingUpdate" {
				f.Evidence = append(f.Evidence, p.ObjectEvidence("Deployment/"+w.Name, "strategy RollingUpdate"))
			}
		}
		return f
	})
}

// other finds a pod that has the volume of the hit mounted and is not finished.
func other(p *diagnose.Pass, h *diagnose.Hit) *facts.Pod {
	m := p.DataMount(h)
	if m == nil || !m.Lasting() || p.Pod == nil {
		return nil
	}
	for _, o := range p.Pods() {
		if o == p.Pod || o.Name == p.Pod.Name || !o.HasSpec || o.Status.Phase != corev1.PodRunning {
			continue
		}
		for i := range o.Spec.Volumes {
			if same(m.Volume, &o.Spec.Volumes[i], o.Namespace == p.Pod.Namespace, o.Spec.NodeName == p.Pod.Spec.NodeName) {
				return o
			}
		}
	}
	return nil
}

// same reports whether two volumes are the same data.
func same(a, b *corev1.Volume, namespace, node bool) bool {
	switch {
	case a.PersistentVolumeClaim != nil && b.PersistentVolumeClaim != nil:
		return namespace && a.PersistentVolumeClaim.ClaimName == b.PersistentVolumeClaim.ClaimName
	case a.HostPath != nil && b.HostPath != nil:
		return node && a.HostPath.Path == b.HostPath.Path
	case a.NFS != nil && b.NFS != nil:
		return *a.NFS == *b.NFS
	}
	return false
}
