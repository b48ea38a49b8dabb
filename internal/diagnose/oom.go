package diagnose

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"
)

// ReportCgroupOOM reports the rule for containers that were killed for memory,
// where a kernel line names the cgroup whose limit was reached.
func (p *Pass) ReportCgroupOOM(line Pattern, say func(c *facts.Container) Finding) {
	lines := p.Find(NodeText|HostText|PodEvent, line)
	if len(lines) == 0 {
		return
	}
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.Reason != "OOMKilled" && t.ExitCode != 137 {
			continue
		}
		f := say(c)
		f.Container, f.Confidence = c, unloop.Proven
		f.Evidence = []unloop.Evidence{p.ExitEvidence(c, t, where), lines[0].Evidence()}
		p.Report(f)
	}
}
