package trigger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rate is a number of ends of one container within a time.
type Rate struct {
	// N is how many ends; 0 turns the trigger off.
	N int
	// Within is the time that they lie in.
	Within time.Duration
}

// Bounds of a Rate: what is remembered of a container is N times.
const (
	maxRate      = 1000
	rateOrdinary = "5/10m"
)

// ParseRate reads N/TIME, such as 5/10m; "" is 5/10m: with the kubelet's back-off of 10, 20, 40 and
// 80 seconds the fifth end of a loop comes within ten minutes.
func ParseRate(s string) (Rate, error) {
	if s == "" {
		s = rateOrdinary
	}
	n, within, ok := strings.Cut(s, "/")
	r := Rate{}
	var err error
	if r.N, err = strconv.Atoi(n); err == nil && ok {
		r.Within, err = time.ParseDuration(within)
	}
	if !ok || err != nil || r.N < 2 || r.N > maxRate || r.Within <= 0 {
		return Rate{}, fmt.Errorf("rate %q: want a number from 2 to %d and a time, such as %s", s, maxRate, rateOrdinary)
	}
	return r, nil
}

func (r Rate) String() string { return fmt.Sprintf("%d ends within %s", r.N, r.Within) }

// restarts counts the ends of containers.
type restarts struct {
	rate Rate
	keys int // how many containers are told apart; the one that ended longest ago is forgotten first
	ends map[string][]uint64
}

// ended counts an end, and reports whether it is the last of so many within the time.
func (r *restarts) ended(container string, nanos uint64) bool {
	if r.rate.N == 0 || container == "" {
		return false
	}
	list, known := r.ends[container]
	if !known && len(r.ends) >= r.keys {
		r.forget()
	}
	list = append(list, nanos)
	list = slices.Delete(list, 0, max(len(list)-r.rate.N, 0))
	r.ends[container] = list
	return len(list) == r.rate.N && nanos-min(list[0], nanos) <= uint64(r.rate.Within)
}

func (r *restarts) forget() {
	oldest, at := "", ^uint64(0)
	for k, list := range r.ends {
		if last := list[len(list)-1]; last < at || last == at && k < oldest {
			oldest, at = k, last
		}
	}
	delete(r.ends, oldest)
}
