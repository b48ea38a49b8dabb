package diagnose

import (
	"net"
	"net/url"
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Backend names the other side of a connection that a log line speaks of.
func Backend(h *Hit) string {
	host, port := HostPort(h)
	switch {
	case host != "" && port != "":
		return net.JoinHostPort(host, port)
	case host != "":
		return host
	case port != "":
		return "port " + port
	}
	if h.Names["url"] != "" {
		return h.Names["url"]
	}
	return "a backend"
}

// HostPort takes host and port out of the names of a log line: its own groups,
// an address "host:port", or a URL.
func HostPort(h *Hit) (host, port string) {
	host, port = h.Names["host"], h.Names["port"]
	if a := h.Names["addr"]; host == "" && a != "" {
		if x, y, err := net.SplitHostPort(a); err == nil {
			return x, y
		}
		host = a
	}
	if u := h.Names["url"]; host == "" && u != "" {
		if p, err := url.Parse(u); err == nil && p.Host != "" {
			return p.Hostname(), p.Port()
		}
	}
	return strings.Trim(host, "[]"), port
}

// ServiceOf returns the Service that a log line's address or name means, or nil.
func ServiceOf(p *Pass, h *Hit) *corev1.Service {
	host, _ := HostPort(h)
	if host == "" {
		return nil
	}
	if net.ParseIP(host) != nil {
		return p.ServiceAt(host)
	}
	parts := strings.Split(host, ".")
	ns := p.Subject.Namespace
	if len(parts) > 1 {
		ns = parts[1]
	}
	svc, e := p.Service(ns, parts[0])
	if e != facts.Present {
		return nil
	}
	return svc
}

// NamespaceOf names a namespace for a sentence.
func NamespaceOf(ns string) string {
	if ns == "" {
		return "the pod's namespace"
	}
	return "namespace " + ns
}

// OrNamespace is the namespace, or its placeholder in a command line.
func OrNamespace(ns string) string {
	if ns == "" {
		return "NAMESPACE"
	}
	return ns
}
