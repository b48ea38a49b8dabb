package kube

import (
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// maxWordsBytes is how much of the end of a log is searched for reasons.
const maxWordsBytes = 16 << 10

// reasons are the words that give reason to read more, in lower case. A word too
// many costs a list; a word missing costs an answer. They are the texts of C
// libraries, language runtimes and the kubelet, not of single programs.
var reasons = []struct {
	word  string
	wants []want
}{
	// Names that do not resolve: Go, glibc, musl, Node.js, Java, curl, PostgreSQL, nginx, Rust, DNS itself.
	{"no such host", []want{peers}},
	{"server misbehaving", []want{peers}},
	{"name resolution", []want{peers}},
	{"name or service not known", []want{peers}},
	{"name does not resolve", []want{peers}},
	{"enotfound", []want{peers}},
	{"eai_again", []want{peers}},
	{"getaddrinfo", []want{peers}},
	{"unknownhost", []want{peers}},
	{"unknown host", []want{peers}},
	{"resolve host", []want{peers}},
	{"translate host name", []want{peers}},
	{"host not found", []want{peers}},
	{"no address associated", []want{peers}},
	{"lookup address", []want{peers}},
	{"nxdomain", []want{peers}},
	{"servfail", []want{peers}},
	// Connections that fail or have no answer.
	{"connection refused", []want{peers}},
	{"econnrefused", []want{peers}},
	{"connectexception", []want{peers}},
	{"dial tcp", []want{peers}},
	{"connect to", []want{peers}},
	{"connecting to", []want{peers}},
	{"connection to", []want{peers}},
	{"communications link failure", []want{peers}},
	{"no route to host", []want{peers, timeouts}},
	{"ehostunreach", []want{peers, timeouts}},
	{"network is unreachable", []want{peers, timeouts}},
	{"timed out", []want{peers, timeouts}},
	{"timeout", []want{peers, timeouts}},
	{"etimedout", []want{peers, timeouts}},
	{"deadline exceeded", []want{peers, timeouts}},
	// Configuration objects: the kubelet's texts, and credentials that may be old.
	{"createcontainerconfigerror", []want{config}},
	{"configmap", []want{config}},
	{"secret", []want{config}},
	{"imagepullbackoff", []want{config}},
	{"errimagepull", []want{config}},
	{"authentication failed", []want{config}},
	{"access denied", []want{config}},
	{"unauthorized", []want{config}},
	{"invalid credentials", []want{config}},
	{"couldn't find key", []want{config, keys}},
	{"non-existent config key", []want{config, keys}},
	{"references non-existent", []want{config, keys}},
	// Volumes: kubelet, scheduler and controllers.
	{"failedmount", []want{storage}},
	{"failedattachvolume", []want{storage}},
	{"persistentvolumeclaim", []want{storage}},
	{"volume node affinity", []want{storage}},
	{"provisioningfailed", []want{storage}},
	{"failedbinding", []want{storage}},
	// Pods that are not created.
	{"failedcreate", []want{limits}},
}

// wantsOf finds the reasons in a text, and collects the hosts that its lines name
// where a name or connection failed. It is linear in the text.
func wantsOf(text string, named hosts) map[want]bool {
	var found map[want]bool
	low := strings.ToLower(text)
	for _, r := range reasons {
		if !strings.Contains(low, r.word) {
			continue
		}
		if found == nil {
			found = map[want]bool{}
		}
		for _, w := range r.wants {
			found[w] = true
		}
	}
	if found[peers] {
		named.addFrom(low)
	}
	return found
}

// hosts are the addresses and dotted names that texts about failed connections
// hold: "10.96.0.12", "db.prod".
type hosts map[string]bool

// maxHosts bounds what hostile texts can fill in.
const maxHosts = 1000

func (h hosts) addFrom(text string) {
	for word := range strings.FieldsFuncSeq(text, notHost) {
		word = strings.Trim(word, ".-")
		if len(h) >= maxHosts || len(word) > 253 || !strings.Contains(word, ".") {
			continue
		}
		if ip, err := netip.ParseAddr(word); err == nil {
			h[ip.String()] = true
			continue
		}
		// service.namespace, with or without svc.cluster.local behind it.
		if labels := strings.SplitN(word, ".", 3); len(labels) >= 2 {
			h[labels[0]+"."+labels[1]] = true
		}
	}
}

func notHost(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.')
}

// has reports whether a Service was named, by address or with its namespace.
func (h hosts) has(s *corev1.Service) bool {
	return h[s.Spec.ClusterIP] || h[s.Name+"."+s.Namespace]
}
