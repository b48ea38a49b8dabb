package paste

import (
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"
)

// takeFrom reads the From column and returns what follows:
//
//	kubelet, node-1        1.6 to 1.18
//	kubelet                since
//	{kubelet node-1}       up to 1.5
//	{default-scheduler }
//
// The column may be empty (events of the new shape, before describe knew their
// reporter). Then the message follows, which has single blanks between words.
func takeFrom(e *facts.Event, s string) string {
	w := tokens(s, 2)
	if len(w) == 0 {
		return s
	}
	if strings.HasPrefix(w[0].text, "{") {
		inner, rest, ok := strings.Cut(s[w[0].from+1:], "}")
		if f := strings.Fields(inner); ok && len(f) > 0 && len(f) <= 2 {
			e.Component = f[0]
			if len(f) == 2 {
				e.Host = f[1]
			}
			return rest
		}
		return s
	}
	name, comma := strings.CutSuffix(w[0].text, ",")
	if !isComponent(name) {
		return s
	}
	if comma && len(w) == 2 && isName(strings.ToLower(w[1].text)) {
		e.Component, e.Host = name, w[1].text
		return s[w[1].to:]
	}
	if !gapAfter(s, w[0].to) && !reporters[name] && !isReporter(name) {
		return s
	}
	e.Component = name
	return s[w[0].to:]
}

// isComponent reports whether s can be the name of a reporter.
func isComponent(s string) bool {
	if len(s) < 3 || !(s[0] >= 'a' && s[0] <= 'z') {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) && !strings.ContainsRune("-._/", rune(c)) {
			return false
		}
	}
	return true
}

// reporters are components whose names have no telling end.
var reporters = map[string]bool{"kubelet": true, "default-scheduler": true, "controllermanager": true, "kernel-monitor": true,
	"systemd-monitor": true, "docker-monitor": true, "kube-proxy": true, "horizontal-pod-autoscaler": true, "multus": true,
	"cluster-autoscaler": true, "karpenter": true, "persistentvolume-controller": true, "scheduler": true, "daemon-set": true,
	"statefulset": true, "volume_expand": true, "ephemeral_volume": true, "cidrAllocator": true, "taint-eviction-controller": true,
	"gke.io/optimize-utilization-scheduler": true}

// isReporter knows the rest by the ends of their names.
func isReporter(s string) bool {
	return strings.HasSuffix(s, "-controller") || strings.HasSuffix(s, "-scheduler") || strings.HasSuffix(s, "-provisioner") ||
		strings.HasSuffix(s, "-monitor") || strings.HasSuffix(s, "-manager") || strings.HasSuffix(s, "-operator")
}
