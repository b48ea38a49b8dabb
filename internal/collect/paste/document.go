package paste

import (
	"regexp"
	"strings"
	"sync"

	"github.com/unloop-dev/unloop/internal/collect/manifest"
	"github.com/unloop-dev/unloop/internal/facts"
)

// roots are the keys that a manifest, or a large piece of one, starts with.
var roots = map[string]bool{"apiVersion": true, "kind": true, "items": true, "metadata": true, "spec": true, "containers": true}

// startsDocument reports whether a manifest in JSON or YAML may start at line i.
// One that was tried and held no object is not tried again from a later line.
func (p *parser) startsDocument(i int) bool { return i >= p.tried && p.startsDocumentAt(i) }

// startsDocumentAt judges by the line and, for a brace, by what stands behind it.
func (p *parser) startsDocumentAt(i int) bool {
	t := strings.TrimSpace(p.lines[i].text)
	switch {
	case t == "":
		return false
	case t[0] == '{' || t[0] == '[':
		return p.objectAhead(i)
	}
	name, value, ok := splitKey(strings.TrimPrefix(t, "- "))
	switch {
	case !ok:
		return false
	case t[0] == '-' && (name == "name" || name == "image"):
		return p.boxAhead(i)
	case !roots[name]:
		// A status alone is read line by line (fragment.go): it is often cut short.
		return false
	case name == "apiVersion" || name == "kind":
		return value != "" && !strings.Contains(value, " ")
	case value != "":
		return false
	}
	j := p.next(i + 1)
	if j == len(p.lines) {
		return false
	}
	below := p.lines[j].text
	return indentOf(below) > indentOf(p.lines[i].text) || name == "containers" && strings.HasPrefix(strings.TrimLeft(below, " "), "- ")
}

// boxAhead reports whether a list item at line i is a container of a spec: below
// it stand an image and nothing of a status.
func (p *parser) boxAhead(i int) bool {
	base, image := indentOf(p.lines[i].text), false
	for end := min(len(p.lines), i+reach); i < end; i++ {
		t := p.lines[i].text
		name, _, ok := splitKey(strings.TrimPrefix(strings.TrimSpace(t), "- "))
		if !ok || indentOf(t) < base {
			break
		}
		switch name {
		case "image":
			image = true
		case "imageID", "ready", "restartCount", "lastState":
			return false
		}
	}
	return image
}

// objectAhead reports whether a JSON text that starts at line i begins like an
// object of Kubernetes.
func (p *parser) objectAhead(i int) bool {
	for n := 0; i < len(p.lines) && n < reach; i, n = i+1, n+1 {
		t := p.lines[i].text
		if len(t) > 64<<10 {
			t = t[:64<<10]
		}
		if strings.Contains(t, `"apiVersion"`) || strings.Contains(t, `"kind"`) && strings.Contains(t, `"metadata"`) {
			return true
		}
		if n > 0 && t == "" {
			return false
		}
	}
	return false
}

// takeDocument hands the document at the current line to the manifest reader. It
// takes nothing, and reports false, where that finds no object in it.
func (p *parser) takeDocument() bool {
	from := p.i
	base := indentOf(p.lines[from].text)
	to := p.documentEnd(from, base)
	var b strings.Builder
	for i := from; i < to; i++ {
		t := p.lines[i].text
		if isGap(t) && strings.TrimSpace(t) != "---" {
			t = ""
		}
		b.WriteString(dedent(t, base))
		b.WriteByte('\n')
	}
	line := p.lines[from].no
	text := b.String()
	if strings.HasPrefix(text, "- name:") || strings.HasPrefix(text, "- image:") {
		text, line = "containers:\n"+text, max(1, line-1)
	}
	s, err := manifest.Parse([]byte(text), p.input, line)
	if err != nil || !hasObjects(s) {
		if secretRule().MatchString(text) {
			p.i = to
			return true
		}
		p.tried = to
		return false
	}
	p.mergeManifest(s)
	p.i = to
	return true
}

// secretRule finds a Secret in a document that could not be read, whose lines
// must not become a log.
var secretRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"?kind"?: *"?Secret(?:List)?\b`) })

func hasObjects(s *facts.Snapshot) bool {
	return len(s.Pods)+len(s.Workloads)+len(s.Events)+len(s.Nodes)+len(s.Claims)+len(s.Volumes)+len(s.Services)+len(s.Endpoints)+
		len(s.ConfigMaps)+len(s.Secrets)+len(s.Objects) > 0
}

// mergeManifest adds what a document held. The lists of a snippet are never
// complete, whatever its reader concluded.
func (p *parser) mergeManifest(s *facts.Snapshot) {
	s.Listed = nil
	for _, pod := range s.Pods {
		if pod.Name == "" && p.cmd.kind == "Pod" {
			pod.Name, pod.Namespace = p.cmd.name, p.cmd.namespace
		}
	}
	pods := s.Pods
	s.Pods = nil
	p.out.Merge(s)
	for _, pod := range pods {
		p.addPod(pod)
	}
}

// documentEnd returns the line behind the document that starts at from with the
// given indentation.
func (p *parser) documentEnd(from, base int) int {
	first := strings.TrimSpace(p.lines[from].text)
	if first[0] == '{' || first[0] == '[' {
		return p.jsonEnd(from)
	}
	end := from + 1
	for i := from + 1; i < len(p.lines); i++ {
		t := p.lines[i].text
		if t == "" {
			continue
		}
		if isFence(t) {
			break
		}
		if n := indentOf(t); n < base || n == base && !p.yamlLine(i) {
			break
		}
		end = i + 1
	}
	return end
}

// yamlLine reports whether a line at the outer indentation belongs to a YAML
// document: a key, an item, a separator, a comment.
func (p *parser) yamlLine(i int) bool {
	t := strings.TrimSpace(p.lines[i].text)
	if t[0] == '-' && (len(t) == 1 || t[1] == ' ' || t == "---") || isGap(t) {
		return true
	}
	if _, ok := parseCommand(t); ok {
		return false
	}
	if t[0] == '#' {
		return true
	}
	name, _, ok := splitKey(t)
	return ok && !strings.Contains(name, " ") && !isUpper(name[0])
}

// jsonEnd finds the line behind the bracket that closes the first one.
func (p *parser) jsonEnd(from int) int {
	depth, quoted, escaped := 0, false, false
	for i := from; i < len(p.lines); i++ {
		t := p.lines[i].text
		for j := range len(t) {
			c := t[j]
			switch {
			case escaped:
				escaped = false
			case quoted && c == '\\':
				escaped = true
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		escaped = false
	}
	return len(p.lines)
}

// dedent removes up to n columns of blanks.
func dedent(t string, n int) string {
	for n > 0 && t != "" && isBlank(t[0]) {
		if t[0] == '\t' {
			n -= 8
		} else {
			n--
		}
		t = t[1:]
	}
	return t
}
