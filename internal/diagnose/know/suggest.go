package know

import (
	"cmp"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/internal/spelling"
)

const (
	// maxSuggestions is what one line holds.
	maxSuggestions = 5
	// maxTypos is the largest number of single-letter changes that is still taken
	// for a slip; short words allow fewer.
	maxTypos = 3
)

// Suggest returns the names that are spelt most like query, best first, at most
// five: reasons, signals, settings, families and ids of causes. Nil where
// nothing is near.
func Suggest(query string) []string {
	query = strings.ToLower(strings.TrimSpace(clip(query)))
	if len(query) < 3 || len(query) > maxName {
		return nil
	}
	allowed := min(maxTypos, len(query)/3)
	type near struct {
		name string
		dist int
	}
	var hits []near
	seen := map[string]bool{}
	consider := func(name string) {
		low := strings.ToLower(name)
		if seen[low] || strings.ContainsAny(name, "<") {
			return
		}
		seen[low] = true
		d := allowed + 1
		if strings.Contains(low, query) {
			d = allowed
		}
		d = min(d, spelling.Distance(query, low, allowed))
		if d <= allowed {
			hits = append(hits, near{name, d})
		}
	}
	for _, t := range reasonTables {
		for i := range *t {
			consider((*t)[i].Name)
		}
	}
	for i := range signals {
		consider(signals[i].Name)
	}
	for i := range Causes {
		consider(Causes[i].ID)
	}
	for i := range Defaults {
		consider(Defaults[i].Name)
	}
	for i := range Families {
		consider(Families[i].ID)
	}
	slices.SortStableFunc(hits, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(len(a.name), len(b.name)))
	})
	var out []string
	for _, h := range hits[:min(len(hits), maxSuggestions)] {
		out = append(out, h.name)
	}
	return out
}
