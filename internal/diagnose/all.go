package diagnose

import (
	"cmp"
	"slices"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"
)

// All diagnoses every subject, one after the other, and orders the answers. Run may
// also be called side by side for different subjects, and Order afterwards.
func All(subjects []*facts.Facts, rules []*Rule) []unloop.Diagnosis {
	out := make([]unloop.Diagnosis, len(subjects))
	for i, f := range subjects {
		out[i] = Run(f, rules)
	}
	Order(out, rules)
	return out
}

// Order sorts answers: those with findings first, surest and narrowest first; then
// unexplained trouble; then what is well. Within the same rank their order stays.
func Order(answers []unloop.Diagnosis, rules []*Rule) {
	weight := map[string]Weight{}
	for _, r := range rules {
		weight[r.ID] = cmp.Or(r.Weight, Specific)
	}
	slices.SortStableFunc(answers, func(a, b unloop.Diagnosis) int {
		return cmp.Compare(rank(b, weight), rank(a, weight))
	})
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
