// Package limitrangeviolation recognises pods whose resources a LimitRange does not allow.
package limitrangeviolation

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause limitrange-violation.
var Rule = &diagnose.Rule{
	ID: "limitrange-violation", Family: diagnose.Control, Since: "0.1",
	Title: "The pod's resources lie outside the namespace's limit range",
	Doc: diagnose.Doc{
		Means: "The namespace has a LimitRange with a minimum, a maximum, or a largest ratio of limit to request. The pod lies outside, so the API server refuses to create it.",
		Why: []string{
			"The workload asks for more than the namespace allows for one container or pod.",
			"The request is below the minimum.",
			"A default of the LimitRange does not fit a limit or request that the pod sets itself.",
		},
		Confirm: []string{
			"kubectl describe limitrange -n NAMESPACE",
		},
		Remedy: []string{
			"Set requests and limits inside the range.",
			"Change the LimitRange.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "quota-exceeded", Apart: "the sum of the namespace is at its quota"},
			{ID: "insufficient-resources", Apart: "the pod exists and fits on no node"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/policy/limit-range/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Source: kubernetes 1.2 to 1.36 plugin/pkg/admission/limitranger.
var pattern = diagnose.Re(`(?P<what>(?:maximum|minimum) \S+ (?:usage|storage usage) per (?:Container|Pod|PersistentVolumeClaim) is (?P<bound>[^\s,]+)[^\n"\]]*)|(?P<ratio>\S+ max limit to request ratio per (?:Container|Pod) is [^\n"\]]*)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the namespace's limit range refuses the pods: %s", strings.TrimRight(m.Names["what"]+m.Names["ratio"], " .")),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("set requests and limits inside the range"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("change the LimitRange of the namespace"), Risk: unloop.RiskCluster, Command: "kubectl describe limitrange -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")},
			},
		}
	})
}
