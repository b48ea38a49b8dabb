package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/unloop-dev/unloop"
)

// meanings put the words of unloop.Confidence into a few words more.
var meanings = map[unloop.Confidence]string{
	unloop.Proven:   "a fact at hand states it",
	unloop.Likely:   "fits best, the deciding fact is not at hand",
	unloop.Possible: "fits, and so does at least one other cause",
}

func confidenceStyle(word string) style {
	switch word {
	case "proven":
		return green
	case "likely", "possible":
		return yellow
	}
	return plainStyle
}

// detail writes one subject on about one screen: what it is, the root cause, why,
// what shows it, what to do, and what else is known.
func (t *text) detail(g *group) {
	d := g.first()
	t.header(g)
	if len(d.Findings) == 0 {
		t.unexplained(d)
	} else {
		f := d.Findings[0]
		t.cause(f, len(d.Containers) > 1)
		t.chain(f)
		t.evidence(f)
		t.changed(f)
		t.fixes(f, d.Subject)
	}
	t.containers(d)
	t.others(d)
	if len(d.Findings) == 0 || d.Findings[0].Confidence != unloop.Proven || t.Verbose {
		t.missing(d)
	}
}

func (t *text) header(g *group) {
	d := g.first()
	name := d.Subject.Kind + " " + fullName(d.Subject)
	status := d.Status
	switch {
	case status == "":
		t.line(t.paint(name, bold))
	case Cells(name)+len(gap)+Cells(status) <= t.Width:
		t.line(t.paint(name, bold), gap, t.paint(status, boldRed))
	default:
		t.line(t.paint(name, bold))
		t.line(gap, t.paint(status, boldRed))
	}
	var about []string
	switch {
	case len(g.members) > 1:
		about = append(about, "one of "+g.name()+" with this cause")
	case d.Subject.Workload != "":
		about = append(about, "of "+d.Subject.Workload)
	}
	if d.Subject.Node != "" {
		about = append(about, "on node "+d.Subject.Node)
	}
	if len(about) > 0 {
		t.say(strings.Join(about, ", "), dim)
	}
	if t.Verbose && len(g.members) > 1 {
		var names []string
		for _, m := range g.members[1:] {
			names = append(names, m.Subject.Name)
		}
		t.say("the others: "+strings.Join(names, " "), dim)
	}
}

func (t *text) cause(f unloop.Finding, several bool) {
	b := t.section("CAUSE")
	b.say("", f.Title, bold)
	b.say("", f.Summary.String(), plainStyle)
	word := f.Confidence.String()
	tail := ": " + meanings[f.Confidence]
	if several && f.Container != "" {
		tail += "; container " + f.Container
	}
	lines := wrap(word+tail, t.prose-gutter)
	b.put(t.paint(word, confidenceStyle(word)) + strings.TrimPrefix(lines[0], word))
	for _, l := range lines[1:] {
		b.put(l)
	}
	b.put(t.paint("more: ", dim) + t.paint(t.Program+" explain "+f.Cause, cyan))
	if t.Verbose && f.Docs != "" {
		b.put(t.paint("docs: ", dim) + f.Docs)
	}
}

func (t *text) chain(f unloop.Finding) {
	if len(f.Chain) == 0 {
		return
	}
	b := t.section("WHY")
	for i, m := range f.Chain {
		prefix := t.sym.why + " "
		if i == 0 {
			prefix = ""
		}
		st := plainStyle
		if i == len(f.Chain)-1 {
			st = bold
		}
		b.say(prefix, m.String(), st)
	}
}

// mostEvidence is how many pieces stand on one screen.
const mostEvidence = 5

func (t *text) evidence(f unloop.Finding) {
	if len(f.Evidence) == 0 {
		return
	}
	b := t.section("EVIDENCE")
	shown := f.Evidence
	if !t.Verbose {
		shown = shown[:min(len(shown), mostEvidence)]
	}
	kind := 0
	for _, e := range shown {
		kind = max(kind, Cells(e.Kind))
	}
	for i, e := range shown {
		most := 2
		if i == 0 {
			most = 4 // the most telling one: mostly what somebody would search for
		}
		b.fact(e, kind, most)
	}
	if more := len(f.Evidence) - len(shown); more > 0 {
		b.put(t.paint(fmt.Sprintf("%d more: --verbose", more), dim))
	}
}

// live is the source of what was read from a cluster: it tells a reader nothing.
const live = "live"

// fact writes one piece of evidence: on one line where it fits, else its text
// under its name, on at most the given number of lines.
func (b *block) fact(e unloop.Evidence, kind, most int) {
	head := pad(e.Kind, kind) + gap
	source := ""
	if e.Source != "" && (e.Source != live || b.Verbose) {
		source = gap + "(" + e.Source + ")"
	}
	cols := b.Width - gutter
	if Cells(head+e.Ref)+2+Cells(e.Text+source) <= cols {
		b.put(b.paint(head+e.Ref+": ", dim) + e.Text + b.paint(source, dim))
		return
	}
	if room := cols - Cells(head+e.Ref); Cells(source) > room {
		source = cutSource(e.Source, room-len(gap), b.sym.more)
	}
	b.put(b.paint(cutEnd(head+e.Ref, cols, b.sym.more)+source, dim))
	indent := strings.Repeat(" ", Cells(head))
	cols -= Cells(head)
	lines := wrap(e.Text, cols)
	if !b.Verbose {
		lines = clip(lines, most, cols, b.sym.more)
	}
	for _, l := range lines {
		b.put(indent + l)
	}
}

// cutSource keeps the end of a source, where the name of the file and the line
// stand; "" where there is no room for them.
func cutSource(s string, cols int, mark string) string {
	room := cols - len("()") - Cells(mark)
	if room < 12 {
		return ""
	}
	from := len(s)
	for from > 0 && room > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:from])
		if room -= RuneCells(r); room >= 0 {
			from -= n
		}
	}
	return gap + "(" + mark + s[from:] + ")"
}

func (t *text) changed(f unloop.Finding) {
	if len(f.Changed) == 0 {
		return
	}
	b := t.section("CHANGED")
	for _, c := range f.Changed {
		b.say("", c, plainStyle)
	}
}

func riskStyle(r unloop.Risk) style {
	switch r {
	case unloop.RiskData, unloop.RiskCluster:
		return red
	case unloop.RiskRestart:
		return yellow
	}
	return dim
}

func (t *text) fixes(f unloop.Finding, s unloop.Subject) {
	if len(f.Fixes) == 0 {
		return
	}
	b := t.section("FIX")
	for i, x := range f.Fixes {
		number := ""
		if len(f.Fixes) > 1 {
			number = fmt.Sprintf("%d. ", i+1)
		}
		risk := "[" + riskWords(x.Risk) + "]"
		lines := wrap(x.Title.String()+" "+strings.ReplaceAll(risk, " ", unbroken), t.prose-gutter-len(number))
		for j, l := range lines {
			l = strings.ReplaceAll(l, unbroken, " ")
			if rest, ok := strings.CutSuffix(l, risk); ok {
				l = rest + t.paint(risk, riskStyle(x.Risk))
			}
			if j > 0 {
				number = strings.Repeat(" ", len(number))
			}
			b.put(number + l)
		}
		if c := commandOf(x, s); c != "" {
			b.copyable(len(number)+2, c)
		}
	}
}

// unbroken stands for a blank that wrap must not break at; clean leaves none in a text.
const unbroken = "\x1f"

// riskWords puts the words of unloop.Risk into a few words more.
func riskWords(r unloop.Risk) string {
	switch r {
	case unloop.RiskRestart:
		return "restart: replaces pods"
	case unloop.RiskData:
		return "data: may lose or change data"
	case unloop.RiskCluster:
		return "cluster: touches what others use"
	}
	return "risk: none"
}

// commandOf is what to type for a fix: its command, or one that applies its patch.
func commandOf(x unloop.Fix, s unloop.Subject) string {
	if x.Command != "" || len(x.Patch) == 0 || x.Target == "" {
		return x.Command
	}
	ns := ""
	if s.Namespace != "" {
		ns = " -n " + shellWord(s.Namespace)
	}
	return fmt.Sprintf("kubectl patch%s %s --type=strategic -p %s", ns, shellWord(strings.ToLower(x.Target)), shellWord(string(x.Patch)))
}

// shellWord quotes s for a POSIX shell where that is needed.
func shellWord(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (t *text) containers(d unloop.Diagnosis) {
	var shown []unloop.Container
	wide := 0
	for _, c := range d.Containers {
		if t.Verbose || c.Restarts > 0 || c.LastExit != nil || c.NextRestart != nil {
			shown = append(shown, c)
			wide = max(wide, Cells(containerName(c)))
		}
	}
	if len(shown) == 0 {
		return
	}
	b := t.section("STATE")
	wide = min(wide, t.prose/3)
	for _, c := range shown {
		parts := []string{restarts(c)}
		if c.LastExit != nil {
			parts = append(parts, t.exitWords(c.LastExit))
		}
		b.say(pad(cutMiddle(containerName(c), wide, t.sym.more), wide)+gap, strings.Join(parts, "; "), plainStyle)
		if c.NextRestart != nil && c.NextRestart.Text != "" {
			b.say(strings.Repeat(" ", wide)+gap, "next restart: "+c.NextRestart.Text, plainStyle)
		}
	}
	if n := len(d.Containers) - len(shown); n > 0 {
		b.put(t.paint(count(n, "other container")+" without restarts", dim))
	}
}

// restarts is how often a container was restarted.
func restarts(c unloop.Container) string {
	if c.RestartsUnknown {
		return "restarts unknown"
	}
	return count(int(c.Restarts), "restart")
}

// containerName is what to call a container; a paste may have lost its name.
func containerName(c unloop.Container) string {
	if c.Name == "" {
		return "container"
	}
	return c.Name
}

// exitWords says how a container ended: "last exit 137 (SIGKILL, OOMKilled) 3m ago: ...".
func (t *text) exitWords(x *unloop.Exit) string {
	s := fmt.Sprintf("last exit %d", x.Code)
	var why []string
	for _, w := range []string{x.Signal, x.Reason} {
		if w != "" {
			why = append(why, w)
		}
	}
	if len(why) > 0 {
		s += " (" + strings.Join(why, ", ") + ")"
	}
	if x.FinishedAt != nil {
		s += " " + t.when(*x.FinishedAt)
	}
	if x.Meaning != "" {
		s += ": " + x.Meaning
	}
	return s
}

// when gives a time as an age where the present is known, else as it is.
func (t *text) when(at time.Time) string {
	age := t.Now.Sub(at)
	switch {
	case t.Now.IsZero() || age < 0 || age > 7*24*time.Hour:
		return "at " + at.UTC().Format("2006-01-02 15:04:05Z")
	case age < 2*time.Minute:
		return fmt.Sprintf("%ds ago", int(age.Seconds()))
	case age < 2*time.Hour:
		return fmt.Sprintf("%dm ago", int(age.Minutes()))
	case age < 48*time.Hour:
		return fmt.Sprintf("%dh ago", int(age.Hours()))
	}
	return fmt.Sprintf("%dd ago", int(age.Hours()/24))
}
