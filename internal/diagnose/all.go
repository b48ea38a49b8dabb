package diagnose

import (
	"cmp"
	"slices"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"
)

// All diagnoses every subject and orders the answers: those with findings first,
// surest and narrowest first; then unexplained trouble; then what is well. Within
// the same rank the order of the input stays.
func All(subjects []*facts.Facts, rules []*Rule) []unloop.Diagnosis {
	weight := map[string]Weight{}
	for _, r := range rules {
		weight[r.ID] = cmp.Or(r.Weight, Specific)
	}
	out := make([]unloop.Diagnosis, 0, len(subjects))
	for _, f := range subjects {
		out = append(out, Run(f, rules))
	}
	slices.SortStableFunc(out, func(a, b unloop.Diagnosis) int {
		return cmp.Or(cmp.Compare(rank(b, weight), rank(a, weight)))
	})
	return out
}

// rank is larger for what a reader should see first.
func rank(d unloop.Diagnosis, weight map[string]Weight) int {
	switch {
	case d.Healthy:
		return 0
	case len(d.Findings) == 0:
		return 1
	}
	f := d.Findings[0]
	w := weight[f.Cause]
	low := 1
	if w <= LastResort {
		low = 0
	}
	return 2 + low*100 + int(f.Confidence)*10 + int(w)
}
