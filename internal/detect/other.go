package detect

import (
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"
)

// withoutStatus judges a pod of which only a table row, a spec or events are known.
func withoutStatus(f *facts.Facts) []Trouble {
	if f.Pod.Row != nil {
		if t := rowTroubles(f); len(t) > 0 {
			return t
		}
		if recovered(f) {
			return nil
		}
		if !warned(f) && (settled(f.Pod.Row.Status) || len(f.HostLogs) == 0) {
			return nil
		}
	}
	if len(f.Events) > 0 && noise(f) && !f.Has(facts.Logs) {
		return nil
	}
	if len(f.Events) == 0 && !f.Has(facts.Logs) && len(f.HostLogs) == 0 {
		return nil
	}
	return suspects(f)
}

// recovered reports whether a table shows all containers ready and the events warn
// of nothing but probes that have to succeed for that: they failed before.
func recovered(f *facts.Facts) bool {
	if r := f.Pod.Row; r.Status != "Running" || r.Ready < 1 || r.Ready != r.Total || !warned(f) {
		return false
	}
	for _, e := range f.Events {
		if e.Type == "Warning" && !strings.HasPrefix(e.Message, "Readiness probe") && !strings.HasPrefix(e.Message, "Startup probe") {
			return false
		}
	}
	return !f.Has(facts.Logs)
}

// settled: these words of the STATUS column need no explanation.
func settled(word string) bool {
	return word == "Running" || word == "Completed" || word == "Succeeded" || word == "Terminating"
}

// noise reports whether the events alone give no sign of trouble.
func noise(f *facts.Facts) bool {
	if warned(f) {
		return false
	}
	for _, e := range f.Events {
		switch e.Reason {
		case "BackOff", "Killing", "Preempted", "TaintManagerEviction", "DeadlineExceeded", "FailedBinding", "Unhealthy", "Evicted":
			return false
		}
	}
	return true
}

// rowTroubles judges by the STATUS column.
func rowTroubles(f *facts.Facts) []Trouble {
	r := f.Pod.Row
	kind := Kind(0)
	s := strings.TrimPrefix(r.Status, "Init:")
	switch {
	case r.Status == "Running":
		if r.Ready >= 0 && r.Ready < r.Total && (older(f, startGrace) || warned(f)) {
			kind = NotReady
		} else if r.Restarts >= 2 && r.LastRestart >= 0 && r.LastRestart < startGrace*10 {
			kind = Ended
		}
	case r.Status == "Completed", r.Status == "Succeeded", r.Status == "Terminating", r.Status == "":
	case r.Status == "Pending":
		if older(f, startGrace) || warned(f) {
			kind = Unscheduled
		}
	case s == "ContainerCreating", s == "PodInitializing", strings.Contains(s, "/"):
		if older(f, startGrace) || warned(f) {
			kind = Preparing
		}
	case s == "CrashLoopBackOff", s == "Error", s == "OOMKilled", strings.HasPrefix(s, "ExitCode:"), strings.HasPrefix(s, "Signal:"), s == "StartError", s == "ContainerCannotRun", s == "RunContainerError":
		kind = Ended
	case removedWord(s):
		kind = Removed
	case s == "NotReady", s == "Unknown":
		kind = NotReady
	default:
		kind = Blocked
	}
	if kind == 0 {
		return nil
	}
	var out []Trouble
	for _, c := range f.Containers {
		out = append(out, Trouble{kind, c})
	}
	return append(out, Trouble{Kind: kind})
}

// workloadTroubles judges a controller whose pods are not in the input.
func workloadTroubles(f *facts.Facts) []Trouble {
	w := f.Workload
	if w.Suspended {
		return nil
	}
	for _, o := range f.Owners {
		for _, c := range o.Conditions {
			bad := c.Type == "ReplicaFailure" && c.Status == "True" || c.Type == "Failed" && c.Status == "True" ||
				c.Type == "Progressing" && c.Status == "False" || c.Type == "Available" && c.Status == "False"
			if bad {
				return []Trouble{{Kind: Absent}}
			}
		}
	}
	if warned(f) {
		return []Trouble{{Kind: Absent}}
	}
	if w.Kind == "Job" || w.Kind == "CronJob" {
		return nil
	}
	if w.Desired > 0 && w.Ready >= 0 && w.Ready < w.Desired {
		return []Trouble{{Kind: Absent}}
	}
	return nil
}
