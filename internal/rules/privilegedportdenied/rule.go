// Package privilegedportdenied recognises a program without root's rights that
// wants to listen on a port below 1024.
package privilegedportdenied

import (
	"strconv"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause privileged-port-denied.
var Rule = &diagnose.Rule{
	ID: "privileged-port-denied", Family: diagnose.Exit, Since: "0.1",
	Title: "The program may not listen on a port below 1024",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "Linux lets a process listen on ports below 1024 only with the capability NET_BIND_SERVICE, which root has by default and other users have not. The program runs as another user, or root without that capability, and got \"permission denied\" from bind.",
		Why: []string{
			"The image expects to run as root (port 80 or 443), and the pod sets runAsNonRoot or runAsUser.",
			"capabilities.drop: [ALL] takes NET_BIND_SERVICE away, from root as well.",
			"The image's new version runs as another user than root, and the port was kept.",
			"NET_BIND_SERVICE is added, but the program runs as another user without ambient capabilities, so that adding it has no effect.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.securityContext} {.spec.containers[*].securityContext}'",
			"the sysctl net.ipv4.ip_unprivileged_port_start inside the pod",
		},
		Remedy: []string{
			"Let the program listen on a port from 1024 up, and let the Service map port 80 to it (targetPort).",
			"Set the safe sysctl net.ipv4.ip_unprivileged_port_start to 0 in the pod's securityContext.",
			"As root with dropped capabilities: add NET_BIND_SERVICE.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "port-in-use", Apart: "address already in use instead of permission denied"},
			{ID: "volume-permission-denied", Apart: "permission denied on a path, not on a port"},
			{ID: "capability-missing", Apart: "operation not permitted on another deed than listening"},
			{ID: "selinux-denied", Apart: "a port from 1024 up, and the node's audit log shows avc: denied { name_bind }"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
			"https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
		},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "init-failing", "sidecar-crash", "readiness-never", "liveness-wrong-target"},
	Run:      run,
}

// firstFree is the kernel's default of net.ipv4.ip_unprivileged_port_start
// (Documentation/networking/ip-sysctl.rst).
const firstFree = 1024

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c, port := h.Container, h.Names["port"]
		if n, err := strconv.Atoi(port); err == nil && n >= firstFree {
			return diagnose.Finding{}
		}
		f := diagnose.Finding{
			Summary:  unloop.Msg("%s may not listen on port %s, which is below 1024", h.Program(), port),
			Evidence: p.UserEvidence(c),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("let the program listen on a port from 1024 up, and map it with the Service's targetPort"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("set the sysctl net.ipv4.ip_unprivileged_port_start to 0 for the pod"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		if port == "" {
			f.Summary = unloop.Msg("%s may not listen on its port: permission denied", h.Program())
			f.Confidence = min(p.Grade(h), unloop.Likely)
		}
		switch r := diagnose.RightsOf(p.Facts, c); {
		case r.Root() && r.Drops():
			f.Summary = unloop.Msg("%s runs as root without NET_BIND_SERVICE, so it may not listen on port %s", h.Program(), port)
			f.Fixes = append([]unloop.Fix{{Title: unloop.Msg("add the capability NET_BIND_SERVICE to %s", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()}}, f.Fixes...)
		case r.Root() && r.Known:
			// Root with its capabilities may: something else denies it (SELinux, a sandbox).
			f.Confidence = unloop.Possible
		case r.Other():
			f.Summary = unloop.Msg("%s does not run as root, so it may not listen on port %s", h.Program(), port)
		}
		return f
	})
}
