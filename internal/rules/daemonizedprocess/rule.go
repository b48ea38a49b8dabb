// Package daemonizedprocess recognises a main process that puts its work into the
// background and ends with 0 at once.
package daemonizedprocess

import (
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause daemonized-process.
var Rule = &diagnose.Rule{
	ID: "daemonized-process", Family: diagnose.Exit, Since: "0.1",
	Title: "The program goes into the background, so the container ends",
	Needs: facts.Status,
	Doc: diagnose.Doc{
		Means: "A container lives as long as its main process. This one started its real work in the background, as services on a machine do, and ended with exit code 0. With it the container ended, and the background process was killed.",
		Why: []string{
			"A service script or control command is the container's command (service x start, apachectl start, startup.sh).",
			"An option tells the program to become a daemon (daemonize yes, --fork, -D), or it does so unless told otherwise.",
			"The last line of a start script ends with & or uses nohup.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.containerStatuses[*].lastState.terminated}' shows exit code 0 after a second or two",
			"kubectl logs POD --previous ends with a line that says that the program has started",
		},
		Remedy: []string{
			"Use the program's option for the foreground (nginx -g 'daemon off;', apachectl -D FOREGROUND, catalina.sh run, redis --daemonize no).",
			"Remove the & of the last command, and start it with exec.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "clean-exit-restarted", Apart: "the program has really finished its work"},
			{ID: "oom-child-process", Apart: "the reason is OOMKilled although the code is 0"},
			{ID: "liveness-wrong-target", Apart: "a Killing event: the kubelet stopped it"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/",
			"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/",
		},
	},
	Explains: []string{"clean-exit-restarted", "readiness-never"},
	Run:      run,
}

// soon bounds how long a start into the background takes; service scripts wait
// some seconds for the daemon.
const soon = 30 * time.Second

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.ExitCode != 0 || t.Reason == "OOMKilled" || c.Class == facts.Init || !p.OwnEnd(c) {
			continue
		}
		if p.Pod != nil && p.Pod.HasSpec && (p.Pod.Spec.RestartPolicy == "Never" || p.Pod.Spec.RestartPolicy == "OnFailure") {
			continue
		}
		if d, ok := diagnose.Lifetime(c); ok && d > soon {
			continue
		}
		f := diagnose.Finding{
			Container: c,
			Evidence:  append([]unloop.Evidence{p.ExitEvidence(c, t, where)}, p.CommandEvidence(c)...),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("keep the program of %s in the foreground", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		switch way := background(diagnose.Argv(c)); {
		case way.told:
			f.Confidence = unloop.Proven
			f.Summary = unloop.Msg("%q sends the program of %s into the background, and the main process ends with 0", way.what, diagnose.ContainerOf(c))
		case way.what != "":
			f.Confidence = unloop.Likely
			f.Summary = unloop.Msg("%q starts a background service, and the main process of %s ends with 0", way.what, diagnose.ContainerOf(c))
		default:
			h := said(p, c)
			if h == nil {
				continue
			}
			f.Confidence = unloop.Likely
			f.Summary = unloop.Msg("%s says that it goes into the background, and the main process ends with 0", h.Program())
			f.Evidence = append(f.Evidence, h.Evidence())
		}
		if way := foreground(diagnose.Argv(c)); way != "" {
			f.Fixes[0].Title = unloop.Msg("keep it in the foreground: %s", way)
		}
		p.Report(f)
	}
}

// said finds the line of a program that says that it becomes a daemon.
func said(p *diagnose.Pass, c *facts.Container) *diagnose.Hit {
	for _, h := range p.Hits(c, "daemonized-process") {
		if h.Final {
			return h
		}
	}
	return nil
}
