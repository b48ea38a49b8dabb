// Package quotaexceeded recognises pods that a ResourceQuota of the namespace does not allow.
package quotaexceeded

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause quota-exceeded.
var Rule = &diagnose.Rule{
	ID: "quota-exceeded", Family: diagnose.Control, Since: "0.1",
	Title: "A resource quota stops the pods from being created",
	Doc: diagnose.Doc{
		Means: "The namespace has a ResourceQuota. Creating one more pod (or its CPU, memory or claims) would go past it, or the quota demands requests and limits that the pod does not set. The API server refuses the pod, so there is no pod to look at.",
		Why: []string{
			"The quota is used up by other workloads, or by old pods during a rolling update.",
			"The quota covers cpu or memory, so every pod must set requests or limits, and this one does not.",
		},
		Confirm: []string{
			"kubectl describe quota -n NAMESPACE",
			"kubectl describe rs -n NAMESPACE (events FailedCreate)",
		},
		Remedy: []string{
			"Raise the quota, or free some of it.",
			"Lower replicas, requests or limits of the workload.",
			"Set the requests and limits that the quota demands, or give the namespace a LimitRange with defaults.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "insufficient-resources", Apart: "the pod exists and no node has room"},
			{ID: "limitrange-violation", Apart: "the text says maximum or minimum usage per Container or Pod"},
			{ID: "podsecurity-violation", Apart: "the text says violates PodSecurity"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/policy/resource-quotas/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36 plugin/pkg/admission/resourcequota ("exceeded quota", "failed quota ... must
// specify"); before 1.3 "limited to N pods", "Limited to N".
var pattern = diagnose.Re(`exceeded quota: (?P<name>[^,\s]+)(?:, requested: (?P<requested>.*?), used: (?P<used>.*?), limited: (?P<limited>[^\n"]*))?|failed quota: (?P<name2>[^:\s]+): must specify (?P<must>[^\n"]+)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		name := m.Names["name"] + m.Names["name2"]
		f := diagnose.Finding{
			Summary: unloop.Msg("the quota %s does not allow the pods", name),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("raise the quota %s, or free some of it", name), Risk: unloop.RiskCluster, Command: "kubectl edit resourcequota " + diagnose.Word(name, "NAME") + " -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")},
				{Title: unloop.Msg("lower replicas, requests or limits of the workload"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		switch {
		case m.Names["must"] != "":
			f.Summary = unloop.Msg("the quota %s demands that every pod sets %s", name, m.Names["must"])
			f.Fixes = []unloop.Fix{{Title: unloop.Msg("set %s on the containers, or give the namespace a LimitRange with defaults", m.Names["must"]), Risk: unloop.RiskRestart, Command: p.EditCommand()}}
		case m.Names["requested"] != "":
			f.Summary = unloop.Msg("the quota %s does not allow the pods: requested %s, used %s, limit %s", name, m.Names["requested"], m.Names["used"], strings.TrimRight(m.Names["limited"], " ."))
		}
		return f
	})
}
