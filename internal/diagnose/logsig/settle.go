package logsig

import (
	"cmp"
	"slices"
)

// Signs of success, as the Cause of rows of signTable.
const (
	// isUp: the program serves.
	isUp = "up"
	// isConnected: it reached another program.
	isConnected = "connected"
)

// mere are the causes that say no more than that the program ended badly.
var mere = []string{"unhandled-exception", "app-error-exit"}

// lasting are the causes whose lines stay true when the program is up.
var lasting = []string{"listens-on-localhost", "daemonized-process", "app-unhealthy"}

// network are the causes that a connection made later refutes.
var network = []string{
	"dependency-refused", "dependency-unreachable", "dependency-tls", "dependency-auth", "dns-failure", "service-name-wrong",
	"service-no-endpoints", "api-unreachable", "init-waiting", "sidecar-start-order",
}

// settle works out level, Final and order of the hits of a text of so many lines.
func settle(s *search, lines int) {
	if len(s.hits) == 0 {
		return
	}
	b := findBurst(s.text, lines)
	raise(s.hits, &b)
	lend(s.hits, &b)
	end := b.start
	for _, h := range s.hits {
		if h.Level == Fatal && lines-h.Line <= lastWords && !recovered(h, s.went) {
			end = min(end, h.Line)
		}
	}
	for _, h := range s.hits {
		h.Final = (h.Line >= end || repeats(h, lines)) && (h.Level == Fatal || !recovered(h, s.went))
	}
	slices.SortStableFunc(s.hits, telling)
}

// raise makes hits in the last burst as Fatal as the trace they explain.
func raise(hits []*Hit, b *burst) {
	for _, h := range hits {
		// An exception with which the text ends was not caught.
		if h.Level == Error && isMere(h.Sig) && h.Line >= b.start && b.left(h.Line) <= beside {
			h.Level = Fatal
		}
	}
	for _, h := range hits {
		if h.Level != Error || isMere(h.Sig) {
			continue
		}
		for _, m := range hits {
			if m.Level == Fatal && isMere(m.Sig) && b.near(h.Line, m.Line) {
				h.Level = Fatal
				break
			}
		}
	}
}

// lend gives a hit without names those of a hit of its cause in the same event:
// "Connection refused" at the root of a trace whose head says to whom.
func lend(hits []*Hit, b *burst) {
	for _, h := range hits {
		if h.Names != nil || isMere(h.Sig) {
			continue
		}
		for _, m := range hits {
			if m.Sig.Cause == h.Sig.Cause && m.Names != nil && b.near(h.Line, m.Line) {
				h.Names = m.Names
				break
			}
		}
	}
}

// width is how little a hit says.
func width(h *Hit) int {
	switch {
	case isMere(h.Sig):
		return 2
	case h.Sig.Vague:
		return 1
	}
	return 0
}

func isMere(s *Signature) bool { return slices.Contains(mere, s.Cause) }

// recovered: a later line says that what failed went well.
func recovered(h *Hit, went map[string]int) bool {
	if slices.Contains(lasting, h.Sig.Cause) {
		return false
	}
	return went[isUp] > h.Line || went[isConnected] > h.Line && slices.Contains(network, h.Sig.Cause)
}

// repeats: the line came so regularly that it would have come again soon.
func repeats(h *Hit, lines int) bool {
	return h.Count >= 3 && (lines-h.Line)*(h.Count-1) <= 2*(h.Line-h.first)
}

func telling(a, b *Hit) int {
	return cmp.Or(
		compareTrue(a.Final, b.Final),
		cmp.Compare(b.Level, a.Level),
		cmp.Compare(width(a), width(b)),
		compareTrue(!IsRuntime(a.Sig.Of), !IsRuntime(b.Sig.Of)),
		cmp.Compare(b.Line, a.Line),
		cmp.Compare(b.sub, a.sub),
		cmp.Compare(a.row, b.row),
	)
}

func compareTrue(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
