package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"sigs.k8s.io/yaml"

	"github.com/unloop-dev/unloop/internal/diagnose/know"
)

func TestExplainText_golden(t *testing.T) {
	for query, name := range map[string]string{
		"137": "explain-137", "15": "explain-15", "CrashLoopBackOff": "explain-crashloopbackoff", "OutOfDisk": "explain-outofdisk",
		"back-off 5m0s restarting failed container": "explain-message", "event-ttl": "explain-default", "init": "explain-family",
	} {
		topics := know.Lookup(query)
		if len(topics) == 0 {
			t.Errorf("%s: nothing to show", query)
			continue
		}
		var b bytes.Buffer
		ExplainText(&b, topics, 80, false)
		golden(t, name, b.Bytes())
		if bytes.ContainsRune(b.Bytes(), 0x1b) {
			t.Errorf("%s: escape sequences without color", query)
		}
	}
}

// TestExplainText_width: every line that is no command and no message fits.
func TestExplainText_width(t *testing.T) {
	for _, width := range []int{60, 80, 120} {
		for _, query := range []string{"137", "Evicted", "FailedMount", "255"} {
			var b bytes.Buffer
			ExplainText(&b, know.Lookup(query), width, false)
			section := ""
			for _, line := range strings.Split(b.String(), "\n") {
				if line != "" && line[0] != ' ' {
					section = line
				}
				words := strings.Fields(line)
				if section == "Messages" || section == line || len(words) > 1 && isCommand(words[1]) || len(words) <= 2 {
					continue
				}
				if n := utf8.RuneCountInString(line); n > width {
					t.Errorf("%s at width %d: line of %d: %q", query, width, n, line)
				}
			}
		}
	}
}

func TestExplainText_color(t *testing.T) {
	var plain, painted bytes.Buffer
	topics := know.Lookup("OOMKilled")
	ExplainText(&plain, topics, 80, false)
	ExplainText(&painted, topics, 80, true)
	stripped := strings.NewReplacer("\x1b[1m", "", "\x1b[36m", "", "\x1b[0m", "").Replace(painted.String())
	if stripped != plain.String() {
		t.Error("color changes more than attributes")
	}
	if !strings.Contains(painted.String(), "\x1b[36moom-container-limit\x1b[0m") {
		t.Error("names of causes are not painted")
	}
}

func TestExplainMarkdown_golden(t *testing.T) {
	var b bytes.Buffer
	if err := ExplainMarkdown(&b, know.Lookup("OutOfnvidia.com/gpu")); err != nil {
		t.Fatal(err)
	}
	golden(t, "explain-markdown", b.Bytes())
}

func TestExplainYAML_isTheSameDocument(t *testing.T) {
	var b bytes.Buffer
	doc := NewExplanation(know.Lookup("SIGTERM"), nil)
	if err := ExplainYAML(&b, doc); err != nil {
		t.Fatal(err)
	}
	var back Explanation
	if err := yaml.Unmarshal(b.Bytes(), &back); err != nil || !reflect.DeepEqual(back, doc) {
		t.Errorf("YAML reads back as another document: %v\n%s", err, b.String())
	}
}

func TestMDQuoted(t *testing.T) {
	for in, want := range map[string]string{
		"log `a|b` and <x>": "log `a\\|b` and \\<x\\>", "one ` only": "one \\` only", "": "", "a_b*": "a\\_b\\*",
	} {
		if got := mdQuoted(in); got != want {
			t.Errorf("mdQuoted(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestExplainJSON_golden(t *testing.T) {
	var b bytes.Buffer
	if err := ExplainJSON(&b, NewExplanation(know.Lookup("StartError"), nil)); err != nil {
		t.Fatal(err)
	}
	golden(t, "explain-json", b.Bytes())
	var back Explanation
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back.Kind != "ExplanationList" || len(back.Items) != 1 || back.Items[0].Role != know.Root {
		t.Errorf("the document does not read back: %v, %+v", err, back)
	}
}

func TestExplainJSON_miss(t *testing.T) {
	var b bytes.Buffer
	if err := ExplainJSON(&b, NewExplanation(know.Lookup("CrashLopBackOff"), know.Suggest("CrashLopBackOff"))); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"items": []`, `"suggestions": [`, `"CrashLoopBackOff"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, b.String())
		}
	}
}
