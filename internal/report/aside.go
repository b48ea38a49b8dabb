package report

import (
	"fmt"
	"strings"

	"github.com/unloop-dev/unloop"
)

// unexplained says plainly that there is no answer, and what to look at instead.
func (t *text) unexplained(d unloop.Diagnosis) {
	b := t.section("CAUSE")
	b.say("", "Not found: "+unexplained+".", bold)
	if len(d.NotEvaluated) == 0 {
		b.say("", "Every known cause was looked for. What may show more:", plainStyle)
		for _, c := range lookCommands(d.Subject) {
			b.copyable(2, c)
		}
	}
}

// mostOthers is how many further findings stand on one screen.
const mostOthers = 4

// others writes the findings that are not the root cause, a line or two each;
// with Verbose their evidence and fixes too.
func (t *text) others(d unloop.Diagnosis) {
	if len(d.Findings) < 2 {
		return
	}
	rest := d.Findings[1:]
	b := t.section("ALSO")
	for i, f := range rest {
		if i == mostOthers && !t.Verbose {
			b.put(t.paint(fmt.Sprintf("%d more: --verbose", len(rest)-i), dim))
			break
		}
		in := ""
		if f.Container != "" && len(d.Containers) > 1 {
			in = ", container " + f.Container
		}
		b.say("", fmt.Sprintf("%s (%s%s): %s", f.Cause, f.Confidence, in, f.Summary), plainStyle)
		if !t.Verbose {
			continue
		}
		for _, e := range f.Evidence {
			b.fact(e, Cells(e.Kind), 2)
		}
		for _, x := range f.Fixes {
			b.say("  ", fmt.Sprintf("%s [%s]", x.Title, riskWords(x.Risk)), plainStyle)
			if c := commandOf(x, d.Subject); c != "" {
				b.copyable(4, c)
			}
		}
	}
}

// missing writes what could not be judged, and how to give what is missing.
func (t *text) missing(d unloop.Diagnosis) {
	if len(d.NotEvaluated) == 0 {
		return
	}
	b := t.section("MISSING")
	for _, n := range d.NotEvaluated {
		s := fmt.Sprintf("not evaluated: needs %s (%s): %s", n.Needs, n.Reason, count(len(n.Causes), "cause"))
		command := ""
		if n.Reason == notInInput {
			command = giveCommand(n.Needs, d.Subject)
		}
		if command == "" {
			b.say("", s, plainStyle)
			continue
		}
		s += "; give them:"
		if gutter+Cells(s)+1+Cells(command) <= t.Width {
			b.put(s + " " + t.paint(command, cyan))
			continue
		}
		b.say("", s, plainStyle)
		b.copyable(2, command)
	}
}

// notInInput is the reason internal/diagnose gives where a kind of fact was not
// refused, only not there.
const notInInput = "not in the input"

// giveCommand is the command whose output holds a kind of fact; "" where no single
// command has it. Secrets are never asked for: their names stand in the pod's spec.
func giveCommand(needs string, s unloop.Subject) string {
	ns, all := "", ""
	if s.Namespace != "" {
		ns = " -n " + shellWord(s.Namespace)
	} else {
		all = " -A"
	}
	name := "POD"
	if s.Kind == "Pod" && s.Name != "" {
		name = shellWord(s.Name)
	}
	switch needs {
	case "status", "spec":
		return "kubectl get pod" + ns + " " + name + " -o yaml"
	case "events":
		return "kubectl get events" + ns + all + " -o yaml"
	case "logs":
		return "kubectl logs" + ns + " " + name + " --all-containers --previous"
	case "node":
		if s.Node == "" {
			return "kubectl get nodes -o yaml"
		}
		return "kubectl describe node " + shellWord(s.Node)
	case "owner":
		return "kubectl get deploy,rs,sts,ds,job" + ns + all + " -o yaml"
	case "references":
		return "kubectl get configmaps,pvc,serviceaccounts" + ns + all + " -o yaml"
	case "services":
		return "kubectl get services,endpointslices" + ns + all + " -o yaml"
	case "host log":
		return "journalctl -u kubelet -u containerd --since -1h   (on the node)"
	}
	return ""
}

// lookCommands are what a person tries next without an answer.
func lookCommands(s unloop.Subject) []string {
	if s.Name == "" || s.Kind == "Log" {
		return nil
	}
	ns := ""
	if s.Namespace != "" {
		ns = " -n " + shellWord(s.Namespace)
	}
	out := []string{"kubectl describe " + shellWord(strings.ToLower(s.Kind)) + ns + " " + shellWord(s.Name)}
	if s.Kind == "Pod" {
		out = append(out, giveCommand("logs", s))
	}
	return out
}
