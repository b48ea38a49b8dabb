// Package diagnose turns Facts into findings: it runs rules over one subject,
// folds consequences under their causes and orders what is left, root cause
// first.
//
// It is pure: no client, no clock, no logger, no goroutine. The rules live in
// internal/rules, one package each; shared knowledge in diagnose/know, log
// signatures in diagnose/logsig.
package diagnose

import (
	"slices"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Family groups causes by where in a pod's life they strike; see causes.tsv.
type Family string

// The families, in the order in which a pod meets them.
const (
	Control  Family = "control"
	Schedule Family = "schedule"
	NodeSide Family = "node"
	Volume   Family = "volume"
	Sandbox  Family = "sandbox"
	Image    Family = "image"
	Config   Family = "config"
	Start    Family = "start"
	InitFam  Family = "init"
	Exit     Family = "exit"
	Resource Family = "resource"
	Probe    Family = "probe"
	Network  Family = "network"
)

// Weight says how much of an answer a cause is. Larger wins among findings of
// the same confidence.
type Weight int

const (
	// Consequence is never the root while anything else is found (rollout-stuck).
	Consequence Weight = iota + 1
	// LastResort names what happened where nothing narrower is known (app-error-exit).
	LastResort
	// General is right but wide: a neighbour may say it more exactly (unhandled-exception).
	General
	// Specific names the thing itself. The default.
	Specific
)

// Rule recognises one cause. A rule is a value: all its knowledge is data or
// Run, and Run sees only the Pass.
type Rule struct {
	// ID is the cause's id in kebab-case: it names the cause, not the symptom.
	ID     string
	Family Family
	// Title names the cause in a few words, without the names of a case.
	Title string
	// Since is the release of unloop that brought the rule.
	Since string
	// Weight is Specific where it is zero.
	Weight Weight
	// Needs are the kinds without which the rule cannot judge at all. What is
	// merely useful does not stand here: Run asks for it with Pass.Has.
	Needs facts.Kind
	// Explains are the causes that are consequences of this one, as ids, or
	// "family/*" for all of a family. Their findings become links of its chain.
	Explains []string
	Doc      Doc
	Run      func(*Pass)
}

// Doc is what `unloop explain ID` prints. Every field but NotThis is required.
type Doc struct {
	// Means says what is wrong, to somebody who never met it.
	Means string
	// Why says how it comes about, most common first.
	Why []string
	// Confirm are commands or looks that prove it by hand.
	Confirm []string
	// Remedy says what to do, most common first.
	Remedy []string
	// NotThis names neighbours and how to tell them apart.
	NotThis []Neighbour
	// Refs are pages of official documentation.
	Refs []string
}

// Neighbour is a cause that looks alike.
type Neighbour struct{ ID, Apart string }

// Finding is what a rule reports through Pass.Report.
type Finding struct {
	Confidence unloop.Confidence
	// Container is nil for the whole pod.
	Container *facts.Container
	Summary   unloop.Message
	// Chain holds the whys from nearest the symptom to the root. The engine puts
	// the pod's symptom before it and ends it with Summary.
	Chain    []unloop.Message
	Evidence []unloop.Evidence
	Fixes    []unloop.Fix
	Changed  []string
	// Late is where in a log the evidence stands: later lines weigh more. 0 without.
	Late int
}

type found struct {
	Finding
	rule *Rule
	// seq keeps the order in which rules reported.
	seq    int
	folded []*found
	by     *found
}

// Run diagnoses one subject with the given rules.
func Run(f *facts.Facts, rules []*Rule) unloop.Diagnosis {
	st := detect.Judge(f)
	d := unloop.Diagnosis{
		Subject: f.Subject, Status: st.Word, Healthy: st.Healthy,
		Containers: containerStates(f), Findings: []unloop.Finding{}, NotEvaluated: []unloop.NotEvaluated{},
	}
	if st.Healthy {
		return d
	}
	p := newPass(f, st)
	lacking := map[facts.Kind][]string{}
	have := f.Have
	if f.Has(facts.Capture) {
		have |= facts.Logs // what a log would tell, the calls before the end tell as well
	}
	for _, r := range rules {
		if miss := r.Needs &^ have; miss != 0 {
			k := miss.Each()[0]
			lacking[k] = append(lacking[k], r.ID)
			continue
		}
		p.rule = r
		r.Run(p)
	}
	roots := fold(p.found)
	d.Findings = render(p, roots)
	d.NotEvaluated = notEvaluated(f, lacking)
	if len(d.Findings) == 0 && f.Pod == nil && f.Workload == nil {
		// A log, a node or a claim alone, in which nothing wrong is seen.
		d.Healthy = true
	}
	return d
}

func notEvaluated(f *facts.Facts, lacking map[facts.Kind][]string) []unloop.NotEvaluated {
	var all facts.Kind
	for k := range lacking {
		all |= k
	}
	out := []unloop.NotEvaluated{}
	for _, k := range all.Each() {
		reason := f.Lacks[k]
		if reason == "" {
			reason = "not in the input"
		}
		slices.Sort(lacking[k])
		out = append(out, unloop.NotEvaluated{Needs: k.String(), Reason: reason, Causes: lacking[k]})
	}
	return out
}
