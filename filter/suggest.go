package filter

import (
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/spelling"
)

// nearest returns the candidate that is closest to word, or "" where none is close:
// at most a third of the letters may differ.
func nearest(word string, candidates func(yield func(string) bool)) string {
	return spelling.Nearest(word, len(word)/3, candidates)
}

func suggestField(name string) string {
	// A last part that exists: pod.name for k8s.pod.name.
	if strings.Contains(name, ".") {
		for _, f := range event.Fields() {
			if strings.HasSuffix(f.Name, "."+name) {
				return "did you mean " + f.Name + "?"
			}
		}
	}
	if s := nearest(strings.ToLower(name), func(yield func(string) bool) {
		for i := range event.Fields() {
			if !yield(event.Fields()[i].Name) {
				return
			}
		}
	}); s != "" {
		return "did you mean " + s + "?"
	}
	for _, f := range event.Fields() {
		if strings.HasSuffix(f.Name, "."+name) {
			return "did you mean " + f.Name + "?"
		}
	}
	return ""
}

var opAliases = map[string]Op{
	"~": OpRegex, "=~": OpRegex, "matches": OpRegex, "match": OpRegex, "like": OpGlob, "has": OpContains, "is": OpEqual,
	"eq": OpEqual, "ne": OpNotEqual, "<>": OpNotEqual, "lt": OpLess, "le": OpLessEqual, "gt": OpGreater, "ge": OpGreaterEqual,
	"===": OpEqual, "!": OpNotEqual, "exist": OpExists, "starts": OpStartsWith, "ends": OpEndsWith, "prefix": OpStartsWith, "suffix": OpEndsWith,
}

func suggestOp(word string) string {
	if o, ok := opAliases[strings.ToLower(word)]; ok {
		return "did you mean " + o.String() + "?"
	}
	if s := nearest(strings.ToLower(word), func(yield func(string) bool) {
		for o := OpEqual; int(o) < len(ops); o++ {
			if !yield(ops[o].word) {
				return
			}
		}
	}); s != "" {
		return "did you mean " + s + "?"
	}
	return ""
}

func suggestTransformer(word string) string {
	for _, n := range transformerNames() {
		if len(word) > 2 && strings.HasSuffix(n, strings.ToLower(word)) {
			return "did you mean " + n + "?"
		}
	}
	if s := nearest(strings.ToLower(word), func(yield func(string) bool) {
		for _, n := range transformerNames() {
			if !yield(n) {
				return
			}
		}
	}); s != "" {
		return "did you mean " + s + "?"
	}
	return "there are " + strings.Join(transformerNames(), ", ")
}

func suggestWord(word string, words []string) string {
	if s := nearest(word, slices.Values(words)); s != "" {
		return "did you mean " + s + "?"
	}
	return ""
}
