// Package sysctlforbidden recognises a kernel parameter that the pod asks for and
// that the kubelet does not allow or the kernel does not take.
package sysctlforbidden

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause sysctl-forbidden.
var Rule = &diagnose.Rule{
	ID: "sysctl-forbidden", Family: diagnose.Config, Since: "0.1",
	Title: "The pod asks for a kernel parameter that it may not set",
	Doc: diagnose.Doc{
		Means: "The pod's securityContext.sysctls asks for a kernel parameter. The kubelet allows a short list of safe ones and what its own configuration adds; anything else is rejected. Some parameters the runtime cannot set: they do not exist in this kernel, take no such value, or do not belong to the pod's namespaces.",
		Why: []string{
			"The parameter is not on the kubelet's list of safe ones, and allowedUnsafeSysctls does not name it on this node.",
			"The pod uses the host's network, where its net.* parameters would change the node.",
			"The parameter does not exist in the node's kernel, or its module is not loaded.",
			"The parameter is not per namespace (vm.max_map_count, fs.file-max), so that no pod can set it.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.securityContext.sysctls}'",
			"kubectl get --raw /api/v1/nodes/NODE/proxy/configz shows allowedUnsafeSysctls",
		},
		Remedy: []string{
			"Take the parameter out of the pod, if the program does without.",
			"Allow it with allowedUnsafeSysctls in the configuration of the kubelets of a few nodes, and send the pod there.",
			"Set parameters of the whole node on the node (a privileged DaemonSet, the node's own configuration).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "podsecurity-violation", Apart: "the pod is refused at creation"},
			{ID: "app-config-error", Apart: "the program itself complains that a kernel parameter is too low (vm.max_map_count)"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

// Sources: kubernetes 1.4 to 1.36 pkg/kubelet/sysctl/allowlist.go ("whitelisted"
// up to 1.20); runc 1.0 to 1.5 libcontainer/configs/validate ("is not in a separate
// kernel namespace") and init_linux.go writeSystemProperty; crun linux.c.
var (
	rejected = diagnose.Re(`forbidden sysctl: \\*"(?P<name>[^"\\]+)\\*" (?P<why>not (?:allowlisted|whitelisted)|not allowed with host \w+ enabled)`)
	refused  = diagnose.Re(`sysctl \\*"(?P<name>[^"\\]+)\\*" is not (?:in a separate kernel namespace|allowed)|(?:open|write) /proc/sys/(?P<path>[\w./-]+): (?P<why>no such file or directory|invalid argument|permission denied|read-only file system)|write sysctl key (?P<name2>[\w./-]+)|the sysctl ` + "`(?P<name3>[^`]+)`" + ` requires`)
)

// byRuntime keeps out programs and daemons of the node that write to /proc/sys
// themselves.
var byRuntime = diagnose.Re(`oci runtime|container init|starting container|container process|container create failed`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodStatus|diagnose.PodEvent|diagnose.HostText, rejected, func(m diagnose.Match) diagnose.Finding {
		f := finding(p, unloop.Msg("the kubelet does not allow the kernel parameter %s", m.Names["name"]))
		if diagnose.Re(`host`).Match(m.Names["why"]) {
			f.Summary = unloop.Msg("the kernel parameter %s may not be set by a pod that uses the host's namespace", m.Names["name"])
			f.Fixes = f.Fixes[1:]
		}
		return f
	})
	p.ReportTexts(diagnose.AboutStart, refused, func(m diagnose.Match) diagnose.Finding {
		name := m.Names["name"] + m.Names["name2"] + m.Names["name3"]
		if name == "" {
			name = m.Names["path"]
		}
		if m.Reason == "Unhealthy" || m.Reason == "FailedMount" || m.Names["path"] != "" && (!asked(p) || !byRuntime.Match(m.Body)) {
			return diagnose.Finding{}
		}
		return finding(p, unloop.Msg("the kernel parameter %s cannot be set in the pod", name))
	})
	if p.Pod != nil && p.Pod.Row != nil && !p.Pod.HasStatus && p.Pod.Row.Status == "SysctlForbidden" {
		f := finding(p, unloop.Msg("the kubelet rejected the pod for a kernel parameter that it does not allow"))
		f.Confidence, f.Evidence = unloop.Proven, []unloop.Evidence{p.RowEvidence()}
		p.Report(f)
	}
}

// asked reports whether the pod asks for kernel parameters, or that is not known.
func asked(p *diagnose.Pass) bool {
	if p.Pod == nil || !p.Pod.HasSpec || p.Pod.Spec.SecurityContext == nil {
		return true
	}
	return len(p.Pod.Spec.SecurityContext.Sysctls) > 0
}

func finding(p *diagnose.Pass, summary unloop.Message) diagnose.Finding {
	f := diagnose.Finding{
		Summary: summary,
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("allow it with allowedUnsafeSysctls in the configuration of the kubelets that run the pod"), Risk: unloop.RiskCluster},
			{Title: unloop.Msg("take it out of securityContext.sysctls"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
	if p.Pod != nil && p.Pod.Spec.SecurityContext != nil {
		for _, s := range p.Pod.Spec.SecurityContext.Sysctls {
			f.Evidence = append(f.Evidence, p.SpecEvidence("securityContext.sysctls", "%s=%s", s.Name, s.Value))
		}
	}
	return f
}
