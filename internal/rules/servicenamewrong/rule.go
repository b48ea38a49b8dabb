// Package servicenamewrong recognises one host name that does not exist: its
// Service is absent, misspelt, in another namespace, or was created later.
package servicenamewrong

import (
	"net"
	"strings"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause service-name-wrong.
var Rule = &diagnose.Rule{
	ID: "service-name-wrong", Family: diagnose.Network, Since: "0.1",
	Title: "A host name the program needs does not exist",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program asked DNS for one name and got the answer that no such name exists. Names in general resolve; this one does not. For a name inside the cluster that means: there is no Service of that name in the namespace that was searched, at that moment.",
		Why: []string{
			"The Service was not created, or is created after the program that looks it up once at its start.",
			"The name is misspelt in a configuration file, an argument or an environment variable.",
			"The Service lives in another namespace, and the name was written without it.",
			"A host name outside the cluster has been retired or mistyped.",
		},
		Confirm: []string{
			"kubectl get service -A | grep NAME",
			"kubectl run dns-check --rm -it --restart=Never --image=busybox -n NAMESPACE -- nslookup NAME",
		},
		Remedy: []string{
			"Create the Service, then restart the pod (or wait for its next restart).",
			"Correct the name; from another namespace write NAME.NAMESPACE.",
			"Let the program resolve names when it needs them, not once at its start (nginx: resolver with a variable in proxy_pass).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dns-failure", Apart: "DNS did not answer, or answered SERVFAIL: many names fail, not one"},
			{ID: "dependency-refused", Apart: "the name resolved and the connection was refused"},
			{ID: "service-no-endpoints", Apart: "the Service exists and no ready pod stands behind it"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/",
			"https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/",
		},
	},
	Explains: []string{"app-config-error", "app-error-exit", "unhandled-exception", "init-failing", "init-waiting", "readiness-never", "startup-too-slow", "liveness-wrong-target"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		host := strings.TrimSuffix(h.Names["host"], ".")
		switch {
		case net.ParseIP(host) != nil:
			return diagnose.Finding{}
		case host == "":
			// Some resolvers leave the name out.
			return diagnose.Finding{
				Confidence: min(p.Grade(h), unloop.Likely),
				Summary:    unloop.Msg("a host name that %s needs does not exist in DNS", h.Program()),
				Fixes:      []unloop.Fix{{Title: unloop.Msg("see which names the program is configured with"), Risk: unloop.RiskNone, Command: p.EditCommand()}},
			}
		}
		host = unexpanded(host)
		f := diagnose.Finding{
			Summary: unloop.Msg("the name %q does not exist in DNS", host),
			Chain:   []unloop.Message{unloop.Msg("%s cannot resolve %q", h.Program(), host)},
		}
		for _, o := range p.Hits(h.Container, "service-name-wrong") {
			if o.Sig.Of == "nginx" && o.Names["file"] != "" && unexpanded(strings.TrimSuffix(o.Names["host"], ".")) == unexpanded(host) {
				// Only with a resolver and a variable in proxy_pass it asks again (ngx_http_proxy_module).
				f.Chain = append(f.Chain, unloop.Msg("nginx looks the names of upstreams up once, at its start, and %q stands in %s:%s", host, o.Names["file"], o.Names["line"]))
				break
			}
		}
		explain(p, h, host, &f)
		return f
	})
}

// explain compares the name with the Services that exist.
func explain(p *diagnose.Pass, h *diagnose.Hit, host string, f *diagnose.Finding) {
	svc, ns, ok := ServiceName(host, p.Subject.Namespace)
	if !ok {
		f.Fixes = []unloop.Fix{{Title: unloop.Msg("correct the host name %q in the configuration of %s", host, diagnose.ContainerOf(h.Container)), Risk: unloop.RiskRestart, Command: p.EditCommand()}}
		return
	}
	f.Fixes = []unloop.Fix{
		{Title: unloop.Msg("create a Service %q in %s in front of the pods that serve it", svc, diagnose.NamespaceOf(ns)), Risk: unloop.RiskNone, Command: "kubectl expose deployment " + diagnose.Word(svc, "SERVICE") + " -n " + diagnose.Word(ns, "NAMESPACE") + " --port PORT"},
		{Title: unloop.Msg("correct the name in the configuration of %s", diagnose.ContainerOf(h.Container)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
	}
	found, exists := p.Service(ns, svc)
	switch {
	case exists == facts.Present:
		f.Evidence = append(f.Evidence, p.ObjectEvidence("Service/"+svc, "created %s", found.CreationTimestamp.UTC().Format("2006-01-02 15:04:05Z")))
		if t, _ := h.Container.Exit(); t != nil && found.CreationTimestamp.After(t.StartedAt.Time) {
			f.Summary = unloop.Msg("the Service %q was created after the container had looked its name up", svc)
			if late := found.CreationTimestamp.Sub(t.FinishedAt.Time); late >= time.Second && !t.FinishedAt.IsZero() {
				f.Summary = unloop.Msg("the Service %q was created %s after the container had looked its name up and ended", svc, late.Round(time.Second))
			}
			if r := h.Container.Running(); r != nil && h.Container.Status.Ready && r.StartedAt.After(found.CreationTimestamp.Time) {
				f.Fixes = []unloop.Fix{{Title: unloop.Msg("nothing is left to do: %s started again after that, and is ready", diagnose.ContainerOf(h.Container)), Risk: unloop.RiskNone}}
				return
			}
			f.Fixes = []unloop.Fix{{Title: unloop.Msg("restart the pod: the Service exists now"), Risk: unloop.RiskRestart, Command: p.RestartCommand()}}
			return
		}
		f.Summary = unloop.Msg("the name %q did not exist in DNS, although a Service %q is in %s now", host, svc, diagnose.NamespaceOf(ns))
		f.Confidence = unloop.Likely
	case exists == facts.Absent:
		f.Chain = append(f.Chain, unloop.Msg("the name %q does not exist in DNS", host))
		f.Summary = unloop.Msg("there is no Service %q in %s", svc, diagnose.NamespaceOf(ns))
		f.Evidence = append(f.Evidence, p.ObjectEvidence("services/"+ns, "no Service %q among the Services of the namespace", svc))
		for _, other := range p.ServicesNamed(svc) {
			f.Summary = unloop.Msg("there is no Service %q in namespace %s; there is one in namespace %s", svc, ns, other.Namespace)
			f.Fixes = append([]unloop.Fix{{Title: unloop.Msg("write the name as %s.%s", svc, other.Namespace), Risk: unloop.RiskRestart, Command: p.EditCommand()}}, f.Fixes...)
			break
		}
	}
}

// unexpanded undoes a resolver's search list, which in a pod is NAMESPACE.svc.DOMAIN,
// svc.DOMAIN, DOMAIN: "rates.svc.cluster.local" and "rates.cluster.local" mean
// that "rates" was looked for. Only the usual domain is known.
func unexpanded(host string) string {
	name, ok := strings.CutSuffix(host, ".cluster.local")
	if !ok {
		return host
	}
	name = strings.TrimSuffix(name, ".svc")
	if strings.Contains(name, ".") {
		return host
	}
	return name
}

// ServiceName splits a host name into the Service and namespace it would mean
// inside a cluster; ok is false for a name that can only be outside.
func ServiceName(host, namespace string) (service, ns string, ok bool) {
	parts := strings.Split(host, ".")
	switch {
	case len(parts) == 1:
		return host, namespace, true
	case len(parts) == 2 && !knownTLD(parts[1]):
		return parts[0], parts[1], true
	case len(parts) >= 3 && parts[2] == "svc":
		return parts[0], parts[1], true
	}
	return "", "", false
}

// knownTLD keeps two-word names such as example.com apart from service.namespace.
func knownTLD(s string) bool {
	switch s {
	case "com", "net", "org", "io", "dev", "cloud", "local", "internal", "lan", "app", "ai", "co", "edu", "gov", "info":
		return true
	}
	return len(s) == 2
}
