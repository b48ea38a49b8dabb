package diagnose

import (
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"
)

// proxyNames are containers that tools put beside an application, by the names
// those tools give them.
var proxyNames = []string{
	"istio-proxy", "linkerd-proxy", "envoy", "envoy-sidecar", "consul-dataplane", "consul-connect-envoy-sidecar", "kuma-sidecar", "kuma-dp",
	"daprd", "cloud-sql-proxy", "cloudsql-proxy", "cloud-sql", "alloydb-auth-proxy", "osm-envoy", "vault-agent", "aws-appmesh-envoy", "pgbouncer", "ambassador",
}

// Proxy returns the container that a mesh or proxy tool put beside the
// application, or nil.
func Proxy(f *facts.Facts) *facts.Container {
	if len(f.Containers) < 2 {
		return nil
	}
	for _, c := range f.Containers {
		if c.Class != facts.App && c.Class != facts.Sidecar {
			continue
		}
		for _, n := range proxyNames {
			if strings.EqualFold(c.Name, n) {
				return c
			}
		}
	}
	return nil
}
