package paste

import (
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// layouts are the forms in which times stand in describe texts and manifests.
// time.Parse reads names of days and months in any case.
var layouts = []string{
	time.RFC1123Z, // describe since 1.2
	time.RFC3339,  // manifests
	time.RFC1123,
	"2006-01-02 15:04:05 -0700 MST", // Go's own form, in messages
	"2006-01-02 15:04:05 -0700",
	time.UnixDate,
	time.RubyDate,
}

// parseTime reads a moment. A date of another locale, or none, is the zero time;
// so is the year 1, which describe prints for a time that was never set.
func parseTime(s string) metav1.Time {
	if len(s) < 10 || len(s) > 64 {
		return metav1.Time{}
	}
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			if t.Year() <= 1 {
				return metav1.Time{}
			}
			return metav1.Time{Time: t.UTC()}
		}
	}
	return metav1.Time{}
}

// unknownAge is the age where the text has a sign for one that is not known:
// `<unknown>`, or `<invalid>`, which stands for a time in the future.
const unknownAge = time.Duration(-1)

// parseAge reads an age as kubectl prints it ("4m31s", "2d3h", "62d", "3y10d").
// ok is true for the signs of an unknown age too.
func parseAge(s string) (age time.Duration, ok bool) {
	switch strings.ToLower(s) {
	case "<unknown>", "<invalid>", "unknown", "...", "<none>", "n/a":
		return unknownAge, true
	}
	if s == "" || !isDigit(s[0]) || len(s) > 16 {
		return unknownAge, false
	}
	var total, n time.Duration
	for i := range len(s) {
		if isDigit(s[i]) {
			n = n*10 + time.Duration(s[i]-'0')
			if n > 1e6 || i == len(s)-1 {
				return unknownAge, false
			}
			continue
		}
		unit := ageUnits[s[i]|0x20]
		if unit == 0 || !isDigit(s[i-1]) || n > oldest/unit {
			return unknownAge, false
		}
		if total += n * unit; total > oldest {
			return unknownAge, false
		}
		n = 0
	}
	return total, true
}

const day = 24 * time.Hour

// oldest is the largest age that is believed.
const oldest = 100 * 365 * day

var ageUnits = map[byte]time.Duration{'y': 365 * day, 'd': day, 'h': time.Hour, 'm': time.Minute, 's': time.Second}
