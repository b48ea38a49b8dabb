package logsig

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The automaton finds what a plain search finds.
func TestAutomaton_equalsPlainSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abc "[rng.IntN(4)]
		}
		return string(b)
	}
	for range 200 {
		var all []literal
		for i := range 1 + rng.IntN(12) {
			all = append(all, literal{word(minLiteral + rng.IntN(6)), int32(i)})
		}
		want := map[int32]int{}
		text := strings.ToUpper(word(300)) + word(300)
		low := strings.ToLower(text)
		for _, l := range all {
			for i := range low {
				if strings.HasPrefix(low[i:], l.text) {
					want[l.sig]++
				}
			}
		}
		a, got := newAutomaton(slices.Clone(all)), map[int32]int{}
		a.find(text, func(lit int32) {
			for _, s := range a.sigs[a.of[lit]:a.of[lit+1]] {
				got[s]++
			}
		})
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("literals %v: found %v, want %v", all, got, want)
		}
	}
}

func TestAutomaton_skipsBackslashes(t *testing.T) {
	a := newAutomaton([]literal{{`relation "`, 0}, {"i/o timeout", 1}})
	n := 0
	a.find(`{"err":"relation \"rates\", i\/o timeout"}`, func(int32) { n++ })
	if n != 2 {
		t.Errorf("found %d of 2", n)
	}
}
