// Package cleanexitrestarted recognises a program that did its work and ended
// with 0 under a restart policy that starts it again.
package cleanexitrestarted

import (
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause clean-exit-restarted.
var Rule = &diagnose.Rule{
	ID: "clean-exit-restarted", Family: diagnose.Exit, Since: "0.1", Weight: diagnose.General,
	Title: "The program ends without an error and is started again",
	Needs: facts.Status,
	Doc: diagnose.Doc{
		Means: "The container's main process ended with exit code 0: for the program all is well. The pod's restart policy is Always, so the kubelet starts it again, with the same back-off as after a crash.",
		Why: []string{
			"The image's default command is a shell or a one-shot tool that has nothing to do without a terminal or input.",
			"A batch program runs in a Deployment instead of a Job.",
			"A script ends after it has started its real work in the background.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.containerStatuses[*].lastState.terminated.reason}' says Completed",
			"kubectl logs POD --previous ends without an error",
		},
		Remedy: []string{
			"Run a one-off program as a Job (or with restartPolicy OnFailure).",
			"Give the container a command that stays in the foreground.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "daemonized-process", Apart: "the program says that it goes to the background"},
			{ID: "oom-child-process", Apart: "the reason is OOMKilled although the code is 0"},
			{ID: "liveness-wrong-target", Apart: "a Killing event: the kubelet stopped it, and it ended cleanly"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/",
			"https://kubernetes.io/docs/concepts/workloads/controllers/job/",
		},
	},
	Run: run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.ExitCode != 0 || t.Reason == "OOMKilled" || c.Class == facts.Init || p.KilledByKubelet(c) {
			continue
		}
		if p.Pod != nil && p.Pod.HasSpec && p.Pod.Spec.RestartPolicy != "" && p.Pod.Spec.RestartPolicy != "Always" {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Proven,
			Summary:  unloop.Msg("%s ends with exit code 0 and restartPolicy Always starts it again", diagnose.ContainerOf(c)),
			Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where)},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("run it as a Job, or with restartPolicy OnFailure"), Risk: unloop.RiskRestart},
				{Title: unloop.Msg("give %s a command that stays in the foreground", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		if c.Spec != nil && len(c.Spec.Command)+len(c.Spec.Args) > 0 {
			f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".command", "%q", append(append([]string{}, c.Spec.Command...), c.Spec.Args...)))
		}
		// A program that left with 0 at an age at which a probe can have given it up may
		// have been stopped, where events are gone.
		if d, ok := diagnose.Lifetime(c); !ok || outlived(c, d) && !p.Has(facts.Events) {
			f.Confidence = unloop.Likely
		}
		p.Report(f)
	}
}

// outlived reports whether the container lived long enough for its liveness or
// startup probe to give up: the first attempt comes at once after the delay.
func outlived(c *facts.Container, life time.Duration) bool {
	if c.Spec == nil {
		return false
	}
	for _, probe := range []*corev1.Probe{c.Spec.LivenessProbe, c.Spec.StartupProbe} {
		if probe == nil {
			continue
		}
		pr := diagnose.ProbeFacts{Spec: probe}
		if life >= pr.Budget()-pr.Period() {
			return true
		}
	}
	return false
}
