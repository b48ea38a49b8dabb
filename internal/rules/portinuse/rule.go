// Package portinuse recognises a program that cannot listen because its port is
// already taken.
package portinuse

import (
	"strconv"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause port-in-use.
var Rule = &diagnose.Rule{
	ID: "port-in-use", Family: diagnose.Exit, Since: "0.1",
	Title: "The port the program wants to listen on is taken",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program asked the kernel for a port and got EADDRINUSE: somebody else listens there already. All containers of a pod share one network namespace, so two of them cannot listen on the same port; with hostNetwork it is the node's namespace, with everything that runs there.",
		Why: []string{
			"Two containers of the pod listen on the same port, mostly an application and its proxy, or the same default metrics port.",
			"The pod uses hostNetwork, and another pod or a service of the node has the port.",
			"The program is started twice in one container: once by a script in the background, once as the main process.",
			"A child of the previous instance survived, in a pod with a shared process namespace.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.hostNetwork} {.spec.containers[*].ports}'",
			"kubectl debug POD -it --image=busybox --target=CONTAINER -- netstat -ltnp",
			"ss -ltnp on the node, for hostNetwork",
		},
		Remedy: []string{
			"Give one of the two another port.",
			"With hostNetwork: run at most one such pod on a node (a DaemonSet, or anti-affinity), or leave hostNetwork.",
			"Start the program once.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "hostport-conflict", Apart: "the scheduler or the sandbox says it, before any container starts"},
			{ID: "privileged-port-denied", Apart: "permission denied instead of address already in use"},
			{ID: "data-dir-locked", Apart: "another instance holds the data directory, not the port"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/concepts/workloads/pods/",
			"https://kubernetes.io/docs/concepts/services-networking/service/",
		},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "init-failing", "sidecar-crash", "readiness-never", "liveness-wrong-target", "startup-too-slow"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c, port := h.Container, h.Names["port"]
		where := "in the pod"
		host := p.Pod != nil && p.Pod.Spec.HostNetwork
		switch {
		case p.Pod != nil && p.Pod.Local:
			where = "on this machine"
		case host:
			where = "on the node (hostNetwork)"
		}
		f := diagnose.Finding{
			Summary: unloop.Msg("%s cannot listen on port %s: something else %s listens there already", h.Program(), port, where),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("give %s another port", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		if port == "" {
			f.Summary = unloop.Msg("%s cannot listen on its port: something else %s listens there already", h.Program(), where)
		}
		if host {
			f.Evidence = append(f.Evidence, p.SpecEvidence("hostNetwork", "true"))
			f.Fixes = append(f.Fixes, unloop.Fix{Title: unloop.Msg("leave hostNetwork, or run at most one such pod on a node"), Risk: unloop.RiskRestart, Command: p.EditCommand()})
		}
		if other, ok := holder(p, c, port, host); ok {
			f.Evidence = append(f.Evidence, other.evidence)
			f.Chain = append(f.Chain, unloop.Msg("%s cannot listen on port %s", h.Program(), port))
			f.Summary = unloop.Msg("port %s is wanted by %s and by %s, which share a network namespace", port, diagnose.ContainerOf(c), other.name)
		}
		return f
	})
}

type owner struct {
	name     string
	evidence unloop.Evidence
}

// holder finds who else declares the port in the same network namespace.
func holder(p *diagnose.Pass, c *facts.Container, port string, host bool) (owner, bool) {
	n, err := strconv.Atoi(port)
	if err != nil || p.Pod == nil {
		return owner{}, false
	}
	for _, o := range p.Containers {
		if o != c && o.Spec != nil && o.Class != facts.Init && declares(o.Spec, n) {
			return owner{diagnose.ContainerOf(o), p.SpecEvidence("containers/"+o.Name+".ports", "containerPort %d", n)}, true
		}
	}
	if !host {
		return owner{}, false
	}
	for _, pod := range p.Neighbours {
		if !pod.Spec.HostNetwork || pod.Status.Phase != corev1.PodRunning {
			continue
		}
		for i := range pod.Spec.Containers {
			if declares(&pod.Spec.Containers[i], n) {
				return owner{"pod " + pod.Namespace + "/" + pod.Name, p.ObjectEvidence("Pod/"+pod.Name, "hostNetwork, containerPort %d, on the same node", n)}, true
			}
		}
	}
	return owner{}, false
}

func declares(c *corev1.Container, port int) bool {
	for _, x := range c.Ports {
		if int(x.ContainerPort) == port && x.Protocol != corev1.ProtocolUDP {
			return true
		}
	}
	return false
}
