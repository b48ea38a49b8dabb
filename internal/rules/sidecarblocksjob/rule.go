// Package sidecarblocksjob recognises a Job's pod that never completes because a sidecar keeps running.
package sidecarblocksjob

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause sidecar-blocks-job.
var Rule = &diagnose.Rule{
	ID: "sidecar-blocks-job", Family: diagnose.InitFam, Since: "0.1",
	Title: "A sidecar keeps running, so the Job's pod never completes",
	Needs: facts.Status,
	Doc: diagnose.Doc{
		Means: "The Job's own container has completed, and another container of the pod (a proxy) goes on. The pod, and so the Job, completes only when all ordinary containers have ended.",
		Why: []string{
			"A mesh or database proxy injected into Job pods as an ordinary container.",
		},
		Confirm: []string{
			"kubectl get pod POD (NotReady, 1/2)",
			"kubectl get pod POD -o jsonpath='{.status.containerStatuses[*].state}'",
		},
		Remedy: []string{
			"Make the proxy a native sidecar (initContainers with restartPolicy: Always).",
			"Let the job tell the proxy to quit at its end.",
			"Turn injection off for the Job.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "job-backoff-limit", Apart: "the Job's container fails"},
			{ID: "clean-exit-restarted", Apart: "a Deployment's container ends with 0"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/"},
	},
	Explains: []string{"clean-exit-restarted", "readiness-never"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	if p.Pod == nil || !job(p) {
		return
	}
	var done, runs *facts.Container
	for _, c := range p.Containers {
		if c.Class != facts.App || c.Status == nil {
			continue
		}
		switch {
		case c.Status.State.Terminated != nil && c.Status.State.Terminated.ExitCode == 0:
			done = c
		case c.Running() != nil:
			runs = c
		}
	}
	if done == nil || runs == nil {
		return
	}
	p.Report(diagnose.Finding{
		Container: runs, Confidence: unloop.Proven,
		Summary: unloop.Msg("%s has completed, and %s keeps the Job's pod from completing", diagnose.ContainerOf(done), diagnose.ContainerOf(runs)),
		Evidence: []unloop.Evidence{
			p.ExitEvidence(done, done.Status.State.Terminated, "state.terminated"),
			p.StatusEvidence("containers/"+runs.Name+".state.running", "since %s", runs.Running().StartedAt.UTC().Format("2006-01-02 15:04:05Z")),
		},
		Fixes: []unloop.Fix{{Title: unloop.Msg("make %q a native sidecar, or tell it to quit at the end of the job", runs.Name), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
	})
}

func job(p *diagnose.Pass) bool {
	for _, o := range p.Pod.OwnerReferences {
		if o.Kind == "Job" {
			return true
		}
	}
	return false
}
