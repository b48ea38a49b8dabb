// Package registryratelimit recognises a registry's pull limit that is used up.
package registryratelimit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause registry-rate-limit.
var Rule = &diagnose.Rule{
	ID: "registry-rate-limit", Family: diagnose.Image, Since: "0.1",
	Title: "The registry's pull limit is used up",
	Doc: diagnose.Doc{
		Means: "The registry counts pulls per account or, without login, per address, and answers 429 Too Many Requests once the limit is reached. The image itself is fine, and the pull will work again when the window has passed.",
		Why: []string{
			"The nodes pull from Docker Hub without login and share one outgoing address, so that they share one small limit.",
			"imagePullPolicy Always and a crash loop pull again at each restart.",
			"A scale-up or new nodes pull many images at once.",
		},
		Confirm: []string{
			"kubectl get events -A | grep -i toomanyrequests",
			"curl the registry's token and manifest with HEAD and read the header ratelimit-remaining, from the node",
		},
		Remedy: []string{
			"Log in: create a pull secret for the registry and name it in the service account.",
			"Put a pull-through cache or mirror between the nodes and the registry.",
			"Set imagePullPolicy IfNotPresent with fixed tags.",
			"Wait: the limit is counted over a window of hours.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pull-qps", Apart: "\"pull QPS exceeded\": the kubelet's own limit, the registry was not asked"},
			{ID: "image-pull-denied", Apart: "401, 403 or denied: credentials, not counts"},
		},
		Refs: []string{
			"https://docs.docker.com/docker-hub/usage/",
			"https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/",
		},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportPulls("registry-rate-limit", func(pl diagnose.Pull) diagnose.Finding {
		host := pl.Registry()
		ns := ""
		if p.Subject.Namespace != "" {
			ns = " -n " + p.Subject.Namespace
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the pull limit of the registry %s is used up", host),
			Chain:   []unloop.Message{unloop.Msg("the image of %s cannot be pulled", diagnose.ContainerOf(pl.Container))},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("log in to %s with a pull secret", host), Risk: unloop.RiskRestart, Command: "kubectl create secret docker-registry NAME" + ns + " --docker-server=" + diagnose.Word(host, "HOST") + " --docker-username=USER --docker-password=PASSWORD"},
				{Title: unloop.Msg("pull through a mirror or cache"), Risk: unloop.RiskCluster},
				{Title: unloop.Msg("wait until the limit's window has passed; the kubelet goes on trying"), Risk: unloop.RiskNone},
			},
		}
	})
}
