package diagnose

import (
	"cmp"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"
)

func (f *found) weight() Weight { return cmp.Or(f.rule.Weight, Specific) }

// fold puts consequences under their causes and returns the roots, best first.
func fold(all []*found) []*found {
	all = dedupe(all)
	slices.SortStableFunc(all, better)
	for _, b := range all {
		for _, a := range all {
			if a != b && a.by != b && explains(a, b) && !cycle(a, b) {
				b.by = a
				a.folded = append(a.folded, b)
				break
			}
		}
	}
	var roots []*found
	for _, f := range all {
		if f.by == nil {
			roots = append(roots, f)
		}
	}
	return roots
}

// dedupe keeps the best finding of each rule and container, and of the pod as a
// whole only one that says the same as one of a container.
func dedupe(all []*found) []*found {
	type key struct {
		rule *Rule
		c    *facts.Container
	}
	best := map[key]*found{}
	var out []*found
	for _, f := range all {
		k := key{f.rule, f.Container}
		if old := best[k]; old != nil {
			if f.Confidence > old.Confidence || f.Confidence == old.Confidence && f.Late > old.Late {
				seq := old.seq
				*old = *f
				old.seq = seq
			}
			continue
		}
		best[k] = f
		out = append(out, f)
	}
	return slices.DeleteFunc(out, func(f *found) bool {
		if f.Container == nil {
			return false
		}
		whole := best[key{f.rule, nil}]
		if whole == nil || whole.Confidence < f.Confidence || whole.Summary.String() != f.Summary.String() {
			return false
		}
		whole.Evidence = append(whole.Evidence, f.Evidence...)
		return true
	})
}

// explains: a's rule says so, and a is not much weaker than b; or b is a last
// resort beside anything that is surer than a guess.
func explains(a, b *found) bool {
	if !touches(a, b) {
		return false
	}
	if a.Confidence == unloop.Possible && b.Confidence > unloop.Possible && b.weight() > LastResort {
		return false
	}
	if b.weight() <= LastResort && a.weight() > b.weight() {
		return true
	}
	for _, id := range a.rule.Explains {
		if fam, ok := strings.CutSuffix(id, "/*"); ok && string(b.rule.Family) == fam || id == b.rule.ID {
			return true
		}
	}
	return false
}

// touches: a can be the reason for b only in the same container, from the pod as
// a whole, from an init container to those after it, or from any container to
// the pod.
func touches(a, b *found) bool {
	switch {
	case a.Container == nil || b.Container == nil || a.Container == b.Container:
		return true
	case a.Container.Class == facts.Init && b.Container.Class != facts.Init:
		return true
	}
	return a.Container.Name == b.Container.Name
}

func cycle(a, b *found) bool {
	for x := a; x != nil; x = x.by {
		if x == b {
			return true
		}
	}
	return false
}

// better orders findings: surer, then narrower, then of the container that is
// worse off, then later in the log, then as reported.
func better(a, b *found) int {
	return cmp.Or(
		// A consequence or last resort never comes before a real cause that is at
		// least possible, however sure it is that it happened.
		cmp.Compare(lowly(a), lowly(b)),
		cmp.Compare(b.Confidence, a.Confidence),
		cmp.Compare(b.weight(), a.weight()),
		cmp.Compare(comfort(a.Container), comfort(b.Container)),
		cmp.Compare(b.Late, a.Late),
		cmp.Compare(a.seq, b.seq),
	)
}

func lowly(f *found) int {
	switch f.weight() {
	case Consequence:
		return 2
	case LastResort:
		return 1
	}
	return 0
}

// render makes the public findings.
func render(p *Pass, roots []*found) []unloop.Finding {
	out := []unloop.Finding{}
	for _, r := range roots {
		uf := unloop.Finding{
			Cause: r.rule.ID, Confidence: r.Confidence, Title: r.rule.Title, Summary: r.Summary,
			Chain: p.chain(r), Evidence: evidenceOf(r), Fixes: r.Fixes, Docs: firstRef(r.rule), Changed: r.Changed,
		}
		if r.Container != nil {
			uf.Container = r.Container.Name
		}
		if ro := p.Rollout(); ro != nil && ro.OldWell && uf.Changed == nil {
			uf.Changed = ro.Changes
		}
		if uf.Fixes == nil {
			uf.Fixes = []unloop.Fix{}
		}
		out = append(out, uf)
	}
	return out
}

func firstRef(r *Rule) string {
	if len(r.Doc.Refs) == 0 {
		return ""
	}
	return r.Doc.Refs[0]
}

// evidenceOf lists the root's evidence, then what the folded findings add.
func evidenceOf(f *found) []unloop.Evidence {
	out := []unloop.Evidence{}
	var add func(*found)
	add = func(f *found) {
		for _, e := range f.Evidence {
			if !slices.ContainsFunc(out, func(o unloop.Evidence) bool { return o.Kind == e.Kind && o.Ref == e.Ref && o.Text == e.Text }) {
				out = append(out, e)
			}
		}
		for _, c := range f.folded {
			add(c)
		}
	}
	add(f)
	// A screen holds about a dozen; the rest repeats.
	return out[:min(len(out), 12)]
}

// comfort is smaller the worse off a container is now.
func comfort(c *facts.Container) int {
	switch {
	case c == nil || c.Status == nil || c.Running() == nil:
		return 0
	case !c.Status.Ready:
		return 1
	}
	return 2
}
