// Package memorylimittoosmall recognises a memory limit far below any use, mostly a wrong unit.
package memorylimittoosmall

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause memory-limit-too-small.
var Rule = &diagnose.Rule{
	ID: "memory-limit-too-small", Family: diagnose.Resource, Since: "0.1",
	Title: "The memory limit is far too small, often a wrong unit",
	Doc: diagnose.Doc{
		Means: "The memory limit is smaller than any container can live with, mostly because m (milli) was written for Mi: 500m is half a byte. Memory-backed volumes, such as the one for the service account token, are sized by the limit, so already their mount fails with \"no space left on device\".",
		Why: []string{
			"m instead of Mi or M as unit of memory.",
			"A number without unit: 512 is 512 bytes.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].resources.limits.memory}'",
		},
		Remedy: []string{
			"Write Mi or Gi: 500Mi.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-at-start", Apart: "the runtime is reached and killed"},
			{ID: "node-disk-full", Apart: "the path lies on the node's disk"},
			{ID: "volume-full", Apart: "a volume that the program fills"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"oom-at-start", "oom-container-limit", "node-disk-full", "attach-stuck", "image-pull-slow", "rollout-stuck", "app-error-exit"},
	Run:      run,
}

// Sources: kubernetes pkg/volume/emptydir sizes memory-backed volumes by the pod's memory limit (1.22 on), so that writing
// the projected token fails; the quantity itself in the spec.
var pattern = diagnose.Re(`kubernetes\.io~(?:projected|secret|configmap|downward-api|empty-dir)/[^\n]*no space left on device`)

// least is below what any process can start with: the runtime's own init needs some MiB.
const least = 1 << 20

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		if c.Spec == nil {
			continue
		}
		q, ok := c.Spec.Resources.Limits[corev1.ResourceMemory]
		if !ok || q.IsZero() || q.Value() >= least {
			continue
		}
		f := finding(p, c)
		f.Confidence = unloop.Proven
		f.Summary = unloop.Msg("the memory limit of %s is %s, which is %d bytes", diagnose.ContainerOf(c), q.String(), q.Value())
		f.Evidence = []unloop.Evidence{p.SpecEvidence("containers/"+c.Name+".resources.limits.memory", "%s", q.String())}
		for _, m := range p.Find(diagnose.PodEvent|diagnose.HostText, pattern) {
			f.Evidence = append(f.Evidence, m.Evidence())
			break
		}
		p.Report(f)
		return
	}
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText, pattern, func(diagnose.Match) diagnose.Finding {
		f := finding(p, nil)
		// The limit itself is not at hand, or it is small and not absurd.
		f.Confidence = unloop.Likely
		f.Summary = unloop.Msg("a memory-backed volume has no room: the pod's memory limit is far too small")
		return f
	})
}

func finding(p *diagnose.Pass, c *facts.Container) diagnose.Finding {
	return diagnose.Finding{
		Container: c,
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("write the limit with Mi or Gi: m means thousandths of a byte"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
}
