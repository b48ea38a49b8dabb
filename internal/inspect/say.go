package inspect

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/scap"
)

// damage says on one line what was wrong with a file; "" for nothing.
func damage(st *scap.Stats) string {
	var parts []string
	add := func(n uint64, what string) {
		if n > 0 {
			parts = append(parts, plural(n, what))
		}
	}
	add(st.BadEvents, "bad event")
	add(st.BadMeta, "bad entry")
	add(uint64(st.Resyncs), "gap")
	if st.SkippedBytes > 0 {
		parts = append(parts, fmt.Sprintf("%d bytes skipped", st.SkippedBytes))
	}
	if st.Truncated {
		parts = append(parts, "the file ends in the middle of a block")
	}
	if len(parts) == 0 && st.DamageCount > 0 {
		add(st.DamageCount, "damaged place")
	}
	if len(parts) > 0 && len(st.Damage) > 0 {
		parts = append(parts, "first at byte "+strconv.FormatInt(st.Damage[0].Offset, 10))
	}
	return strings.Join(parts, ", ")
}

func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatUint(n, 10) + " " + noun + "s"
}

// Damage says on one line what was wrong with a file; "" for nothing.
func Damage(st *scap.Stats) string { return damage(st) }
