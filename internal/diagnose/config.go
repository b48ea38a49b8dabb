package diagnose

import (
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"
)

// ConfigWaits lists the containers that wait for their configuration now: for
// environment variables, or for volumes made of API objects.
func (p *Pass) ConfigWaits() []*facts.Container {
	var out []*facts.Container
	for _, c := range p.Troubled() {
		w := c.Waiting()
		if w == nil {
			continue
		}
		switch w.Reason {
		case "CreateContainerConfigError", "ContainerCreating", "PodInitializing":
			out = append(out, c)
		}
	}
	return out
}

// SilentConfigErrors lists who waits with CreateContainerConfigError while nothing
// at hand says what is wrong with the configuration.
func (p *Pass) SilentConfigErrors() []Wait {
	var out []Wait
	for _, w := range p.Waits("CreateContainerConfigError") {
		said := slices.ContainsFunc(p.FindReason(AboutStart, "Failed", "FailedMount", "FailedSync"), func(t *Text) bool {
			return (t.Container == w.Container || t.Container == nil || w.Container == nil) && !strings.HasSuffix(t.Body, "CreateContainerConfigError")
		})
		if w.Message == "" && !said {
			out = append(out, w)
		}
	}
	return out
}

// PossibleRefs lists the references of a container that may be the broken one:
// all that are not optional. known is false where the spec is not at hand.
func PossibleRefs(f *facts.Facts, c *facts.Container, refs func(*facts.Facts, *facts.Container) []Ref) (out []Ref, known bool) {
	if c == nil || c.Spec == nil {
		return nil, false
	}
	for _, r := range refs(f, c) {
		if !r.Optional {
			out = append(out, r)
		}
	}
	return out, true
}

// RefNames lists the names of references, each once, quoted.
func RefNames(refs []Ref) string {
	var out []string
	for _, r := range refs {
		if q := `"` + r.Name + `"`; !slices.Contains(out, q) {
			out = append(out, q)
		}
	}
	return strings.Join(out, ", ")
}

// RefEvidence points at references of the spec.
func (p *Pass) RefEvidence(refs []Ref) []unloop.Evidence {
	var out []unloop.Evidence
	for _, r := range refs[:min(len(refs), 3)] {
		text := r.Name
		if r.Key != "" {
			text += ", key " + r.Key
		}
		out = append(out, p.SpecEvidence(r.Path, "%s", text))
	}
	return out
}
