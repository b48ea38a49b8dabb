package know

import (
	"cmp"
	"slices"
	"strings"
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
		d = min(d, distance(query, low, allowed))
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

// distance is the number of insertions, deletions, changes and swaps of
// neighbours that turn a into b, or limit+1 where it is more than limit. Its
// work is bounded by maxName squared.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit || len(a) > maxName || len(b) > maxName {
		return limit + 1
	}
	var rows [3][maxName + 1]int
	before, last, cur := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(last[j]+1, cur[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
			best = min(best, cur[j])
		}
		if best > limit {
			return limit + 1
		}
		before, last, cur = last, cur, before
	}
	return min(last[len(b)], limit+1)
}
