package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
)

// group is one or more subjects with the same story: pods of one workload with
// the same cause.
type group struct {
	members []unloop.Diagnosis
}

// first stands for the group: the list is sorted, so it is the surest one.
func (g *group) first() unloop.Diagnosis { return g.members[0] }

// name is the subject's name, or "12 pods of Deployment/web".
func (g *group) name() string {
	s := g.first().Subject
	switch {
	case len(g.members) > 1:
		end := "s"
		if strings.HasSuffix(s.Kind, "s") { // Process
			end = "es"
		}
		return fmt.Sprintf("%d %s%s of %s", len(g.members), strings.ToLower(s.Kind), end, s.Workload)
	case s.Kind != "Pod":
		return s.Kind + "/" + s.Name
	}
	return s.Name
}

// status lists the members' statuses, each once.
func (g *group) status() string {
	var out []string
	for _, d := range g.members {
		if d.Status != "" && !slices.Contains(out, d.Status) && len(out) < 3 {
			out = append(out, d.Status)
		}
	}
	return strings.Join(out, ", ")
}

// cause, confidence and summary are those of the root cause.
func (g *group) cause() (id, confidence, summary string) {
	d := g.first()
	if len(d.Findings) == 0 {
		return "unexplained", "", unexplained
	}
	f := d.Findings[0]
	return f.Cause, f.Confidence.String(), f.Summary.String()
}

const unexplained = "no known cause fits what is at hand"

// groupsOf puts the unwell subjects together, in the order in which they come.
func groupsOf(items []unloop.Diagnosis) []*group {
	type key struct{ ns, kind, workload, cause string }
	seen := map[key]*group{}
	var out []*group
	for _, d := range items {
		if !Unwell(d) {
			continue
		}
		k := key{ns: d.Subject.Namespace, kind: d.Subject.Kind, workload: d.Subject.Workload}
		if len(d.Findings) > 0 {
			k.cause = d.Findings[0].Cause
		}
		if g := seen[k]; g != nil && k.workload != "" {
			g.members = append(g.members, d)
			continue
		}
		g := &group{members: []unloop.Diagnosis{d}}
		seen[k] = g
		out = append(out, g)
	}
	return out
}
