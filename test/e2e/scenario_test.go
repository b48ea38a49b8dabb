package e2e

import (
	"path/filepath"
	"testing"

	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/diagnose/know"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/rules"
)

// The least that the end-to-end run promises to cover.
const (
	leastScenarios = 60
	leastCauses    = 45
	leastCaptures  = 18 // scenarios with the flight recorder
)

// TestScenarios_wellFormed checks every scenario without a cluster.
func TestScenarios_wellFormed(t *testing.T) {
	all, err := Load("scenarios")
	if err != nil {
		t.Fatal(err)
	}
	causes, captures := map[string]bool{}, 0
	for _, s := range all {
		if s.Captures != "" {
			captures++
		}
		for _, w := range s.Want {
			if _, ok := know.CauseByID(w.Cause); !ok {
				t.Errorf("%s: %s is no cause of the catalogue", s.File, w.Cause)
			}
		}
		if len(s.Want) > 0 {
			causes[s.Want[0].Cause] = true
		}
		if len(s.Name) > 50 {
			t.Errorf("%s: the name is longer than a namespace's e2e-NAME takes", s.File)
		}
	}
	if captures < leastCaptures {
		t.Errorf("%d scenarios with captures, want at least %d", captures, leastCaptures)
	}
	if len(all) < leastScenarios || len(causes) < leastCauses {
		t.Errorf("%d scenarios over %d causes; want at least %d over %d", len(all), len(causes), leastScenarios, leastCauses)
	}
}

// TestRecordings replays what the scenarios' clusters showed, without a cluster.
func TestRecordings(t *testing.T) {
	scenarios, err := Load("scenarios")
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]bool{}
	for _, s := range scenarios {
		dir := filepath.Join("recordings", s.Name)
		recorded[dir] = true
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			snapshot, err := collect.Read(t.Context(), []string{dir}, nil, collect.Options{})
			if err != nil {
				t.Fatalf("no recording, make it with: make e2e-record RUN=%s: %v", s.Name, err)
			}
			s.Check(t, s.Choose(diagnose.All(facts.Join(snapshot), rules.All())))
		})
	}
	dirs, err := filepath.Glob("recordings/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if !recorded[dir] {
			t.Errorf("%s: its scenario is gone", dir)
		}
	}
}

func TestParseStep_errors(t *testing.T) {
	for _, line := range []string{"sleep 5", "wait pod web", "wait pod web: container app", "wait pod web: container app exited soon", "wait event Pod Failed", "node reboot", "kubectl 'apply", "cleanup rm -rf x", "captures everywhere"} {
		if _, err := parseStep(line); err == nil {
			t.Errorf("%q was accepted", line)
		}
	}
}
