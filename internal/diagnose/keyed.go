package diagnose

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose/logsig"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Keyed is what differs between a missing ConfigMap and a missing Secret.
type Keyed struct {
	// Kind is ConfigMap or Secret.
	Kind string
	// Missing is the kubelet's text that names the object.
	Missing Pattern
	// Others are texts that hold the same words and are about something else; the
	// zero Pattern for none.
	Others Pattern
	// Refs lists the objects of the kind that the spec names.
	Refs func(*facts.Facts, *facts.Container) []Ref
	// Exists says whether an object of the kind is known to exist.
	Exists func(p *Pass, name string) facts.Existence
	// Create is the command that makes one, without its name.
	Create string
	// More are fixes besides making the object and correcting its name.
	More []unloop.Fix
}

// ReportMissing is the whole Run of configmap-missing and secret-missing: from the
// kubelet's text, else from the complete list of the kind, else from the waiting
// reason alone; and from a program that asks the API server itself.
func (p *Pass) ReportMissing(k Keyed) {
	reported := false
	p.ReportTexts(AboutStart, k.Missing, func(m Match) Finding {
		if k.Others.get != nil && k.Others.Match(m.Body) {
			return Finding{}
		}
		reported = true
		return k.finding(p, m.Names["name"])
	})
	if !reported && !k.fromObjects(p) {
		k.fromReason(p)
	}
	// Controllers say it also of objects that are not theirs.
	p.ReportHits(func(h *Hit) Finding {
		f := k.finding(p, h.First("name"))
		f.Summary = unloop.Msg("%s asks the API server for the %s %q, which does not exist", h.Program(), k.Kind, h.First("name"))
		if f.Confidence = min(p.Grade(h), unloop.Likely); h.Level < logsig.Fatal {
			f.Confidence = unloop.Possible
		}
		f.Fixes = f.Fixes[:1]
		return f
	})
}

// fromObjects finds the missing object without any text: the container waits, and
// the complete list of the kind does not hold a name that it needs.
func (k Keyed) fromObjects(p *Pass) bool {
	for _, c := range p.ConfigWaits() {
		for _, r := range k.Refs(p.Facts, c) {
			if r.Optional || k.Exists(p, r.Name) != facts.Absent {
				continue
			}
			f := k.finding(p, r.Name)
			f.Container, f.Confidence = c, unloop.Proven
			f.Evidence = append(p.RefEvidence([]Ref{r}),
				p.ObjectEvidence(strings.ToLower(k.Kind)+"s/"+p.Subject.Namespace, "no %s %q among those of the namespace", k.Kind, r.Name))
			p.Report(f)
			return true
		}
	}
	return false
}

// fromReason says what is possible where the kubelet's message is missing.
func (k Keyed) fromReason(p *Pass) {
	for _, w := range p.SilentConfigErrors() {
		refs, known := PossibleRefs(p.Facts, w.Container, k.Refs)
		if known && len(refs) == 0 {
			continue
		}
		f := Finding{
			Container: w.Container, Confidence: unloop.Possible,
			Summary:  unloop.Msg("the configuration of %s cannot be made; a %s that it names may be missing", ContainerOf(w.Container), k.Kind),
			Evidence: append([]unloop.Evidence{w.Evidence}, p.RefEvidence(refs)...),
			Fixes:    []unloop.Fix{{Title: unloop.Msg("read the event that says what is missing"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}},
		}
		if known {
			f.Summary = unloop.Msg("the configuration of %s cannot be made; it needs the %s %s", ContainerOf(w.Container), k.Kind, RefNames(refs))
		}
		p.Report(f)
	}
}

func (k Keyed) finding(p *Pass, name string) Finding {
	ns := OrNamespace(p.Subject.Namespace)
	fixes := []unloop.Fix{{Title: unloop.Msg("create the %s %q", k.Kind, name), Risk: unloop.RiskNone, Command: k.Create + " " + Word(name, "NAME") + " -n " + Word(ns, "NAMESPACE") + " --from-file=FILE"}}
	fixes = append(fixes, k.More...)
	fixes = append(fixes, unloop.Fix{Title: unloop.Msg("correct the name in the workload"), Risk: unloop.RiskRestart, Command: p.EditCommand()})
	return Finding{Summary: unloop.Msg("there is no %s %q in %s", k.Kind, name, NamespaceOf(p.Subject.Namespace)), Fixes: fixes}
}
