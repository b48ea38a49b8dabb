package logsig

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestScan_timeOfDay: at what minute a line was written says nothing of its cause. Times hold
// numbers that are ports and error codes elsewhere.
func TestScan_timeOfDay(t *testing.T) {
	forms := []string{"2026/11/29 01:%[1]s:%[1]s ", "[2026-11-29T01:%[1]s:%[1]s.131Z] ", "2026-11-29 01:%[1]s:%[1]s,131 [main] ERROR "}
	causes := func(line string) []string {
		var out []string
		for _, h := range Scan(line).Hits {
			out = append(out, h.Sig.Cause)
		}
		return out
	}
	n := 0
	for i, s := range All() {
		for k, eg := range s.Eg {
			if strings.Contains(eg, "\n") {
				continue
			}
			form := forms[(i+k)%len(forms)]
			want := causes(fmt.Sprintf(form, "00") + eg)
			const dns = 53 // a port that many expressions look for
			for _, v := range []int{1 + (i+k)%20, 21 + (i+k)%20, 41 + (i+k)%19, dns} {
				if got := causes(fmt.Sprintf(form, fmt.Sprintf("%02d", v)) + eg); !slices.Equal(got, want) {
					t.Errorf("at minute %d: %v, at minute 0: %v, for %s", v, got, want, fmt.Sprintf(form, fmt.Sprintf("%02d", v))+eg)
				}
			}
			n++
		}
	}
	if n < 1000 {
		t.Errorf("only %d examples", n)
	}
}
