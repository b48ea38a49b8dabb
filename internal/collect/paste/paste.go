// Package paste owns the reading of text that people copy around: what
// `kubectl describe`, `get`, `logs` and `events` of any release (1.2 to 1.36)
// and `oc` print, with the prompts, prose and damage that come with copying.
//
// Parse turns such a text into a facts.Snapshot. It never fails: what it cannot
// place becomes a log of unknown origin. It must not judge what it reads, open
// files, or read whole manifests itself: a document in JSON or YAML that stands
// inside a paste goes to internal/collect/manifest. Its caller is
// internal/collect, which asks Looks where content does not tell the format.
//
// The way of a text: clean makes lines of bytes; a parser walks over the lines
// once and hands each stretch to the reader of its shape: command.go (prompts),
// describe.go and blockreader.go (then pod.go, node.go, workload.go, objects.go
// make objects), events.go, tables.go, document.go (whole manifests),
// fragment.go (pieces of them), flat.go (text that lost its lines), hostlog.go
// and logs.go. Every reader takes at least one line and looks only a bounded way
// ahead, so that the whole is linear. merge.go brings together what several
// places of a paste say of one pod.
package paste

import (
	"fmt"
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"
)

// Bounds of one paste, wide enough for the description of every pod of a large
// cluster. Text beyond them is dropped with a note in Snapshot.Skipped; of a log
// the last maxLog bytes are kept.
const (
	maxInput = 64 << 20
	maxLines = 2 << 20
	maxLog   = 4 << 20
)

// Parse reads a pasted text. input is the name that every fact carries as its
// source. The result is never nil; it is the caller's.
func Parse(text []byte, input string) *facts.Snapshot {
	p, whole := newParser(text[:min(len(text), maxInput)], input)
	if !whole || len(text) > maxInput {
		p.out.Skip("%s: only the first %d MiB or %d lines were read", input, maxInput>>20, maxLines)
	}
	p.run()
	p.finish()
	return p.out
}

// Looks reports whether the text has the shape of something kubectl prints:
// a describe field, a table, an event, a prompt with a kubectl command, a piece
// cut out of a manifest, or nothing but sentences of the kubelet, the runtime and
// the scheduler. It is false for a log and for a whole manifest.
// It reads at most the first 256 KiB.
func Looks(text []byte) bool {
	const enough = 256 << 10
	p, _ := newParser(text[:min(len(text), enough)], "")
	manifest := false
	for p.i < len(p.lines) {
		t := p.lines[p.i].text
		if c, ok := parseCommand(t); ok && c.kube {
			return true
		}
		if p.startsTable(p.i) || p.startsEvents(p.i) || p.startsDescribe(p.i) || p.startsFlat(p.i) || isPodRow(t) {
			return true
		}
		manifest = manifest || p.startsDocument(p.i)
		if !manifest && p.startsFragment(p.i) {
			return true
		}
		p.i++
	}
	return p.onlySentences()
}

// parser is the walk over one text.
type parser struct {
	input string
	lines []line
	i     int
	out   *facts.Snapshot
	// cmd is the command whose output is being read; its kind is verbNone where
	// the text showed none.
	cmd command
	// used: something of the output of cmd was read already.
	used bool
	// stray collects the lines that no reader wanted, one region each.
	stray []region
	// unnamed are pods that the text did not name, pods finds the others; see merge.go.
	unnamed []*facts.Pod
	pods    map[podKey]*facts.Pod
	// objects are the others that were seen; see objects.go.
	objects map[objectKey]placed
	// tried is the end of the last text that looked like a manifest and was none.
	tried int
	// kubelets are process numbers of kubelets; see hostlog.go.
	kubelets map[string]bool
}

func newParser(text []byte, input string) (p *parser, whole bool) {
	p = &parser{input: input, out: &facts.Snapshot{}}
	p.lines, whole = clean(text)
	p.lines = unwrap(p.lines)
	restoreKeys(p.lines)
	p.findKubelets()
	return p, whole
}

// region is a run of neighbouring lines.
type region struct {
	from, to int
	// output says that they stand directly below a command, which printed them.
	output bool
}

func (p *parser) source(i int) facts.Source {
	return facts.Source{Input: p.input, Line: p.lines[i].no}
}

// run walks over the lines. The order of the cases is the order of trust: what
// a command says, then shapes that nothing else has, then weaker ones.
func (p *parser) run() {
	for p.i < len(p.lines) {
		i, t := p.i, p.lines[p.i].text
		switch {
		case t == "" || isGap(t):
			p.i++
		case isFence(t):
			if p.used {
				p.cmd, p.used = command{}, false
			}
			p.i++
		case p.takeCommand():
		case p.cmd.verb == verbLogs && !p.breaksLog(i):
			p.takeLog()
		case p.startsTable(i):
			p.takeTable()
		case p.startsFlat(i):
			p.takeFlat()
		case p.startsEvents(i):
			p.i = p.takeEvents(i, p.cmd.object())
		case p.startsDocument(i) && p.takeDocument():
		case p.startsDescribe(i):
			p.takeDescribe()
		case isPodRow(t):
			p.takeBareRows()
		case p.startsFragment(i):
			p.takeFragment()
		case p.hostOrigin(i) != notHost:
			p.takeHostLog()
		default:
			p.takeStray()
		}
		if p.i > i && t != "" && !isFence(t) && p.cmd.line != p.lines[i].no {
			p.used = true
		}
	}
}

// takeStray keeps a line for the end, when it is known whether the text has any
// structure.
func (p *parser) takeStray() {
	if p.cmd.kind == "Secret" {
		// Whatever form it was asked for in, it may be a value.
		p.i++
		return
	}
	n := len(p.stray)
	next := n > 0 && p.stray[n-1].to == p.i
	output := p.cmd.verb == verbOther && (p.i > 0 && p.lines[p.i-1].no == p.cmd.line || next && p.stray[n-1].output)
	if n > 0 && p.stray[n-1].output == output && p.blankBetween(p.stray[n-1].to, p.i) {
		p.stray[n-1].to = p.i + 1
	} else {
		p.stray = append(p.stray, region{p.i, p.i + 1, output})
	}
	p.i++
}

func (p *parser) blankBetween(from, to int) bool {
	for ; from < to; from++ {
		if p.lines[from].text != "" {
			return false
		}
	}
	return true
}

// next returns the index of the first line at or after i that is not blank, or
// len(p.lines).
func (p *parser) next(i int) int {
	for i < len(p.lines) && p.lines[i].text == "" {
		i++
	}
	return i
}

// finish adds what can be said only after the whole text was seen.
func (p *parser) finish() {
	p.adoptUnnamed()
	p.stubOwners()
	p.serverVersion()
	p.strayLogs()
}

// serverVersion takes the newest version of the nodes' kubelets for the server's.
func (p *parser) serverVersion() {
	if p.out.ServerVersion != "" {
		return
	}
	newest := 0
	for _, n := range p.out.Nodes {
		v := n.Status.NodeInfo.KubeletVersion
		var major, minor, patch int
		if _, err := fmt.Sscanf(v, "v%d.%d.%d", &major, &minor, &patch); err == nil && major<<40|minor<<20|patch > newest {
			newest, p.out.ServerVersion = major<<40|minor<<20|patch, v
		}
	}
}

// hasStructure reports whether anything but logs was found.
func (p *parser) hasStructure() bool {
	s := p.out
	return len(s.Pods)+len(s.Workloads)+len(s.Events)+len(s.Nodes)+len(s.Claims)+len(s.Volumes)+
		len(s.Services)+len(s.Endpoints)+len(s.ConfigMaps)+len(s.Secrets)+len(s.Objects) > 0
}

// isFence reports a line of a Markdown fence.
func isFence(t string) bool {
	t = strings.TrimSpace(t)
	return strings.HasPrefix(t, "```") || strings.HasPrefix(t, "~~~")
}
