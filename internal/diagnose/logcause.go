package diagnose

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"
)

// DataMount returns the volume a hit is about: the one its path lies on, else
// the only volume of the container that outlives a pod; nil where that is not
// known, and where the path is the image's own.
func (p *Pass) DataMount(h *Hit) *Mount {
	if file := h.First("path", "file"); len(file) > 0 && file[0] == '/' {
		return MountOf(p.Facts, h.Container, file)
	}
	var only *Mount
	for _, m := range Mounts(p.Facts, h.Container) {
		if !m.Lasting() {
			continue
		}
		if only != nil {
			return nil
		}
		only = &m
	}
	return only
}

// Lasting reports whether what is on the volume outlives the pod.
func (m Mount) Lasting() bool { return !m.Plain() && m.Kind() != "emptyDir" && m.Volume != nil }

// DataEvidence points at the volume of DataMount; empty where there is none.
func (p *Pass) DataEvidence(h *Hit) []unloop.Evidence {
	m := p.DataMount(h)
	if m == nil {
		return nil
	}
	return []unloop.Evidence{p.MountEvidence(h.Container, m)}
}

// UndoFix rolls the workload back; empty where the revision before is not known
// to have run well.
func (p *Pass) UndoFix() []unloop.Fix {
	r := p.Rollout()
	if r == nil || !r.OldWell || p.UndoCommand() == "" {
		return nil
	}
	return []unloop.Fix{{Title: unloop.Msg("roll back to revision %d, which runs well", r.Old.Number), Risk: unloop.RiskRestart, Command: p.UndoCommand()}}
}

// OwnEnd reports whether the newest end of a container was its program's own:
// neither the runtime's, nor the kernel's for memory, nor after a kill by the
// kubelet.
func (p *Pass) OwnEnd(c *facts.Container) bool {
	t, _ := c.Exit()
	return t != nil && (t.Reason == "Error" || t.Reason == "" || t.Reason == "Completed") && !p.KilledByKubelet(c)
}

// ExecCommand runs a command in a container.
func (p *Pass) ExecCommand(c *facts.Container, command string) string {
	args := []string{strings.TrimPrefix(p.pod(), "pod/")}
	if c != nil && c.Name != "" {
		args = append(args, "-c", c.Name)
	}
	return p.kubectl("exec", append(args, "--", command)...)
}
