// Package e2e proves the diagnosis on a real cluster: scenarios of failing pods
// that a real kubelet, runtime and kernel make fail, each with the cause that
// must come first.
//
// The scenarios (scenarios/*.txtar) run with the build tag e2e against the
// cluster of test/cluster (`make e2e`). What they recorded (recordings/NAME, `make
// e2e-record`) is replayed by the ordinary tests without any cluster.
package e2e

import (
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/unloop-dev/unloop/internal/testkit"
)

// Scenario is one file: the story, the manifests, a script that makes the pod
// fail, and the want (see testkit.Case).
//
// The script has one step a line:
//
//	kubectl ARGS          as the administrator, in the scenario's namespace and
//	                      in a folder with the scenario's files
//	? kubectl ARGS        the same, and it must fail
//	wait CONDITION        see parseCondition
//	node stop | start     worker-2 loses and gets back its power
//	captures folder       the recorder runs on every node, and the diagnosis joins its
//	                      captures from the folder of the pod's node
//	captures recorders    the same, asking the recorders through the API server
//	cleanup STEP          a kubectl or node step at the end, whatever happened
type Scenario struct {
	*testkit.Case
	Steps []Step
	// Captures is where the diagnosis takes captures from: folder, recorders or "" for
	// none.
	Captures string
	// Exclusive scenarios touch a whole node (node, kubectl cordon, kubectl taint)
	// and run alone.
	Exclusive bool
}

// Step is one line of a script.
type Step struct {
	// Line is the line as written.
	Line string
	// Verb is kubectl, wait, node, captures or cleanup.
	Verb string
	// Args are the words behind the verb.
	Args []string
	// Fails: the command is expected to fail.
	Fails bool
	// Condition is set for wait.
	Condition condition
}

// Load reads every scenario of a folder.
func Load(dir string) ([]*Scenario, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no scenarios in %s", dir)
	}
	var out []*Scenario
	for _, f := range files {
		s, err := parseScenario(f)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func parseScenario(file string) (*Scenario, error) {
	c, err := testkit.ParseCase(file)
	if err != nil {
		return nil, err
	}
	s := &Scenario{Case: c}
	var rest []txtar.File
	for _, f := range c.Files {
		if f.Name != "script" {
			rest = append(rest, f)
			continue
		}
		for line := range strings.Lines(string(f.Data)) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			step, err := parseStep(line)
			if err != nil {
				return nil, fmt.Errorf("%s: %q: %w", file, line, err)
			}
			s.Exclusive = s.Exclusive || step.touchesNode()
			if step.Verb == "captures" {
				s.Captures = step.Args[0]
			}
			s.Steps = append(s.Steps, step)
		}
	}
	c.Files = rest
	if len(s.Steps) == 0 {
		return nil, fmt.Errorf("%s: no script", file)
	}
	return s, nil
}

func parseStep(line string) (Step, error) {
	s := Step{Line: line}
	rest, fails := strings.CutPrefix(line, "? ")
	s.Fails = fails
	s.Verb, rest, _ = strings.Cut(rest, " ")
	words, err := fields(rest)
	if err != nil {
		return s, err
	}
	s.Args = words
	switch s.Verb {
	case "kubectl":
	case "cleanup":
		if len(words) == 0 || words[0] != "kubectl" && words[0] != "node" {
			return s, fmt.Errorf("want cleanup kubectl ... or cleanup node ...")
		}
	case "node":
		if len(words) != 1 || words[0] != "stop" && words[0] != "start" {
			return s, fmt.Errorf("want node stop or node start")
		}
	case "captures":
		if len(words) != 1 || words[0] != "folder" && words[0] != "recorders" {
			return s, fmt.Errorf("want captures folder or captures recorders")
		}
	case "wait":
		s.Condition, err = parseCondition(rest)
		return s, err
	default:
		return s, fmt.Errorf("unknown step; want kubectl, wait, node, captures or cleanup")
	}
	return s, nil
}

// touchesNode reports whether the step changes what others can use of a node.
func (s Step) touchesNode() bool {
	return s.Verb == "node" || s.Verb == "kubectl" && len(s.Args) > 0 && (s.Args[0] == "cordon" || s.Args[0] == "taint")
}

// fields splits at blanks; single quotes keep words together.
func fields(s string) ([]string, error) {
	var out []string
	var word strings.Builder
	quoted, open := false, false
	for _, r := range s {
		switch {
		case r == '\'':
			quoted, open = true, !open
		case r == ' ' && !open:
			if word.Len() > 0 || quoted {
				out = append(out, word.String())
			}
			word.Reset()
			quoted = false
		default:
			word.WriteRune(r)
		}
	}
	if open {
		return nil, fmt.Errorf("a quote is not closed")
	}
	if word.Len() > 0 || quoted {
		out = append(out, word.String())
	}
	return out, nil
}
