package paste

import "strings"

// valueFlags are the flags of kubectl whose value is the next word.
var valueFlags = map[string]bool{
	"-n": true, "--namespace": true, "-c": true, "--container": true, "-l": true, "--selector": true, "-o": true, "--output": true,
	"--tail": true, "--since": true, "--since-time": true, "--context": true, "--kubeconfig": true, "--sort-by": true, "-f": true,
	"--field-selector": true, "--filename": true, "--cluster": true, "--user": true, "--server": true, "-s": true, "--limit-bytes": true,
	"-L": true, "--label-columns": true, "--max-log-requests": true, "--as": true, "--token": true, "--request-timeout": true,
	"--for": true, "--types": true, "-k": true, "--template": true, "-v": true, "--cache-dir": true,
}

// ends are the words at which a shell begins another command.
var ends = map[string]bool{"|": true, ";": true, "&&": true, "||": true, ">": true, ">>": true, "2>&1": true, "&": true, "#": true}

// readKube reads the words after kubectl.
func readKube(t string, words []token) command {
	c := command{verb: verbOther, kube: true}
	i := 0
	for i < len(words) && !kubeVerbs[words[i].text] {
		i++
	}
	if i == len(words) {
		return c
	}
	switch words[i].text {
	case "describe":
		c.verb = verbDescribe
	case "get":
		c.verb = verbGet
	case "log", "logs":
		c.verb = verbLogs
	case "events":
		c.verb = verbEvents
	}
	var args []string
	for j := 0; j < len(words); j++ {
		w := words[j].text
		switch {
		case j == i:
		case ends[w] || strings.HasPrefix(w, "|"):
			return c.settle(args)
		case strings.HasPrefix(w, "-"):
			name, value, has := strings.Cut(w, "=")
			if !has && valueFlags[name] && !(c.verb == verbLogs && name == "-f") && j+1 < len(words) {
				j++
				value, has = words[j].text, true
			}
			c.flag(name, value, has)
		case c.verb != verbOther && !c.argument(w, len(args)), strings.EqualFold(w, "apiVersion:"),
			c.verb == verbGet && j+1 < len(words) && startsHeader(w, words[j+1].text):
			c.output = t[words[j].from:]
			return c.settle(args)
		default:
			w, _, more := strings.Cut(w, "|")
			args = append(args, strings.TrimRight(w, ";"))
			if more {
				return c.settle(args)
			}
		}
	}
	return c.settle(args)
}

// flag takes one flag. Short ones may have their value glued on, or be several:
// -nshop, -owide, -fp.
func (c *command) flag(name, value string, has bool) {
	value = strings.Trim(value, `"'`)
	switch {
	case name == "-n" || name == "--namespace":
		c.namespace = variable(value)
	case name == "-c" || name == "--container":
		c.container = variable(value)
	case name == "-o" || name == "--output":
		c.format(value)
	case name == "--previous":
		c.previous = value != "false"
	case strings.HasPrefix(name, "--") || len(name) < 2:
	case name[1] == 'n' && len(name) > 2:
		c.namespace = variable(name[2:])
	case name[1] == 'o' && len(name) > 2:
		c.format(name[2:])
	case name[1] == 'c' && len(name) > 2 && c.verb == verbLogs:
		c.container = variable(name[2:])
	case c.verb == verbLogs && strings.Trim(name[1:], "fp") == "" && strings.Contains(name, "p"):
		c.previous = true
	}
}

func (c *command) format(value string) {
	if c.verb == verbGet && (strings.HasPrefix(value, "yaml") || strings.HasPrefix(value, "json")) {
		c.verb = verbManifest
	}
}

// argument reports whether a word can be argument n of get, describe, logs or
// events: a resource, a name, a variable or a placeholder. Anything else is
// output that lost its line.
func (c *command) argument(w string, n int) bool {
	w, _, _ = strings.Cut(strings.TrimRight(w, ";"), "|")
	if strings.ContainsAny(w, "$<`*{[\"'(") {
		return true
	}
	if n > 3 {
		return false
	}
	for part := range strings.SplitSeq(w, ",") {
		res, name, slash := strings.Cut(part, "/")
		if slash && name != "" && !isName(name) || !isName(strings.ToLower(res)) || strings.HasSuffix(part, ".") {
			return false
		}
	}
	return true
}

// settle gives the arguments their meaning.
func (c command) settle(args []string) command {
	switch c.verb {
	case verbLogs:
		if len(args) > 0 {
			res, name, slash := strings.Cut(args[0], "/")
			if !slash {
				name = res
			}
			c.name = variable(name)
		}
		if len(args) == 2 && c.container == "" {
			c.container = variable(args[1])
		}
	case verbGet, verbDescribe, verbManifest:
		if len(args) == 0 {
			break
		}
		if strings.Contains(args[0], ",") {
			break
		}
		res, name, slash := strings.Cut(args[0], "/")
		kind, ok := kindOf(res)
		c.kind = kind
		if ok && kind == "Event" && c.verb != verbDescribe {
			c.verb = verbEvents
		}
		switch {
		case slash && len(args) == 1:
			c.name = variable(name)
		case !slash && len(args) == 2:
			c.name = variable(args[1])
		}
	}
	return c
}

// variable returns a name as it is, and "" for what only stands for one: a shell
// variable, a placeholder.
func variable(s string) string {
	s = strings.Trim(s, `"'`)
	if !isName(s) {
		return ""
	}
	return s
}

// startsHeader reports whether two words begin a table that stands behind its
// command on the same line.
func startsHeader(a, b string) bool {
	switch strings.ToUpper(a) + " " + strings.ToUpper(b) {
	case "NAME READY", "NAME STATUS", "NAME DESIRED", "NAMESPACE NAME", "LAST SEEN":
		return true
	}
	return false
}
