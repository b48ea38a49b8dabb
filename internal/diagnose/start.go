package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/facts"
)

// ReportStart reports the running rule for texts that say why a container could
// not be created or started. The same words in the answers of probes and hooks,
// of mounts and of sandboxes are left out.
func (p *Pass) ReportStart(pat Pattern, say func(m Match) Finding) {
	var matches []Match
	for _, m := range p.Find(AboutStart, pat) {
		if !aboutStart(m.Text) {
			continue
		}
		if m.Container == nil {
			m.Text = withContainer(p, m.Text)
		}
		if c := m.Container; c != nil && m.Where == HostText && containerStage(c) > starting {
			continue
		}
		matches = append(matches, m)
	}
	p.reportMatches(matches, say)
}

// notStart are words that say that a text is about something run in a container
// later, about the pod's sandbox or about the mount of a volume: kubernetes
// pkg/kubelet/prober, cri-api ExecSync and RunPodSandbox, runc's exec,
// pkg/volume/util/operationexecutor, the CSI calls.
var notStart = Re(`probe|execsync|exec failed|lifecycle ?hook|\bexec in container|runpodsandbox|createpodsandbox|failed to create pod sandbox|` +
	`mountvolume|mountdevice|attachvolume|nodepublish|nodestage|mount failed|mounting command`)

func aboutStart(t *Text) bool {
	switch strings.ToLower(t.Reason) {
	case "unhealthy", "probewarning", "failedpoststarthook", "failedprestophook", "poststarthookerror", "failedmount", "failedattachvolume", "failedmapvolume",
		"failedcreatepodsandbox", "failedscheduling", "failedkillpod", "networknotready":
		return false
	}
	line := t.Body
	if t.Where == HostText {
		line, _, _ = strings.Cut(line, "\n")
	}
	return !notStart.Match(line)
}

// NoStart is a container that could not be started, as a code and reason tell
// where the runtime's text is missing.
type NoStart struct {
	// Container is nil where only the STATUS column is known.
	Container *facts.Container
	// Code is 126, 127 or 128, 0 where unknown.
	Code     int32
	Reason   string
	Evidence unloop.Evidence
}

// NoStarts lists the containers whose start failed without a text that says why:
// Docker reports ContainerCannotRun with 126, 127 or 128, containerd StartError
// with 128, and a message is missing in cut inputs.
func (p *Pass) NoStarts() []NoStart {
	var out []NoStart
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.Reason != "StartError" && t.Reason != "ContainerCannotRun" || t.Message != "" || p.startText(c) {
			continue
		}
		out = append(out, NoStart{c, t.ExitCode, t.Reason, p.ExitEvidence(c, t, where)})
	}
	if len(out) > 0 {
		return out
	}
	for _, w := range p.Waits("RunContainerError", "CreateContainerError", "StartError", "ContainerCannotRun") {
		if w.Message == "" && !p.startText(w.Container) {
			out = append(out, NoStart{w.Container, 0, w.Reason, w.Evidence})
		}
	}
	return out
}

// startWords stand in every text of a runtime about a start that failed.
var startWords = Re(`oci runtime|oci error|exec: |api error|error response from daemon|container create failed|failed to (?:create|generate|reserve|start)|starting container|error mounting|rpc error`)

// startText reports whether any text at hand says why the container did not start.
func (p *Pass) startText(c *facts.Container) bool {
	return slices.ContainsFunc(p.Find(AboutStart, startWords), func(m Match) bool {
		return aboutStart(m.Text) && (m.Container == c || m.Container == nil || c == nil)
	})
}

// Wait is a container, or a pod of which only a table row or events are known,
// that waits for a reason.
type Wait struct {
	// Container is nil where only the row or the events of the pod are known.
	Container       *facts.Container
	Reason, Message string
	Evidence        unloop.Evidence
}

// ReportWaits reports the running rule for everybody who waits for the reason now:
// where the reason alone is the cause.
func (p *Pass) ReportWaits(reason string, say func(c *facts.Container) Finding) {
	for _, w := range p.Waits(reason) {
		f := say(w.Container)
		f.Container, f.Confidence = w.Container, unloop.Proven
		f.Evidence = append([]unloop.Evidence{w.Evidence}, f.Evidence...)
		p.Report(f)
	}
}

// Waits lists who waits for one of the reasons now.
func (p *Pass) Waits(reasons ...string) []Wait {
	var out []Wait
	is := func(r string) bool {
		return slices.ContainsFunc(reasons, func(x string) bool { return strings.EqualFold(x, r) })
	}
	for _, c := range p.Troubled() {
		if w := c.Waiting(); w != nil && is(w.Reason) {
			out = append(out, Wait{c, w.Reason, w.Message, p.StatusEvidence("containers/"+c.Name+".state.waiting", "%s", strings.TrimSuffix(w.Reason+": "+w.Message, ": "))})
		}
	}
	if len(out) > 0 || p.Pod != nil && p.Pod.HasStatus {
		return out
	}
	for _, c := range p.Containers {
		if reason := noLogYet(c.Current); reason != "" && is(reason) {
			ref := fmt.Sprintf("logs/%s/current", cmp.Or(c.Name, "log"))
			out = append(out, Wait{c, reason, "", unloop.Evidence{Kind: "log", Ref: ref, Text: cut(c.Current.Err), Source: source(c.Current.Source)}})
		}
	}
	if len(out) > 0 || p.Pod == nil {
		return out
	}
	if r := p.Pod.Row; r != nil && is(strings.TrimPrefix(r.Status, "Init:")) {
		return []Wait{{nil, strings.TrimPrefix(r.Status, "Init:"), "", p.RowEvidence()}}
	}
	for _, t := range p.FindReason(PodEvent, "Failed") {
		if word, ok := strings.CutPrefix(t.Body, "Error: "); ok && is(strings.TrimSpace(word)) {
			return []Wait{{t.Container, strings.TrimSpace(word), "", t.Evidence()}}
		}
	}
	return nil
}

// waiting is the API server's answer to a request for the log of a container that
// has never run (kubernetes 1.2 to 1.36 pkg/kubelet/kubelet_pods.go
// validateContainerLogStatus).
var waiting = Re(`is waiting to start: (?:(?P<pull>trying and failing to pull image|image can.t be pulled)|(?P<reason>\w+))`)

// noLogYet returns the waiting reason for which there is no log; "" without.
func noLogYet(l *facts.Log) string {
	if l == nil || l.Err == "" {
		return ""
	}
	names, _ := waiting.Find(l.Err)
	if names["pull"] != "" {
		return "ImagePullBackOff"
	}
	return names["reason"]
}

// Argv returns the command line that the spec gives a container, without the
// parts that only the image knows; nil where the spec says nothing.
func Argv(c *facts.Container) []string {
	if c == nil || c.Spec == nil {
		return nil
	}
	return append(slices.Clone(c.Spec.Command), c.Spec.Args...)
}

// DebugCommand opens a shell in a copy of the pod whose container does nothing.
func (p *Pass) DebugCommand(c *facts.Container) string {
	name := strings.TrimPrefix(p.pod(), "pod/")
	container := "CONTAINER"
	if c != nil && c.Name != "" {
		container = c.Name
	}
	return p.kubectl("debug", name, "-it", "--copy-to="+name+"-debug", "--container="+container, "--", "sh")
}

// CommandEvidence points at the command line of the spec; empty where there is none.
func (p *Pass) CommandEvidence(c *facts.Container) []unloop.Evidence {
	argv := Argv(c)
	if len(argv) == 0 {
		return nil
	}
	field := "command"
	if len(c.Spec.Command) == 0 {
		field = "args"
	}
	return []unloop.Evidence{p.SpecEvidence("containers/"+c.Name+"."+field, "%q", argv)}
}

// EndedWith returns the troubled containers whose program ended by itself with
// one of the codes: ends by the runtime, the kernel or the kubelet are left out.
func (p *Pass) EndedWith(codes ...int32) []*facts.Container {
	var out []*facts.Container
	if !p.State.Has(detect.Ended) {
		return nil
	}
	for _, c := range p.Troubled() {
		if t, _ := c.Exit(); t != nil && (t.Reason == "Error" || t.Reason == "") && slices.Contains(codes, t.ExitCode) && !p.KilledByKubelet(c) {
			out = append(out, c)
		}
	}
	return out
}
