// Package cnimisconfigured recognises a network plugin that names its own configuration or the host's state.
package cnimisconfigured

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause cni-misconfigured.
var Rule = &diagnose.Rule{
	ID: "cni-misconfigured", Family: diagnose.Sandbox, Since: "0.1",
	Title: "The network plugin's configuration, or the host's network state, is wrong",
	Doc: diagnose.Doc{
		Means: "The network plugin runs and refuses: its configuration does not fit, or something left on the host (a bridge with an address of another range, a stale interface) is in the way.",
		Why: []string{
			"A bridge (cni0, docker0) has an address of an earlier pod range, after the range was changed or the node was reset.",
			"Two network plugins left their configurations on the node.",
			"The plugin's subnet and the runtime's or the cluster's pod range differ.",
		},
		Confirm: []string{
			"ip address show on the node",
			"ls /etc/cni/net.d on the node",
		},
		Remedy: []string{
			"Delete the stale bridge (ip link delete cni0) and let the plugin make it anew.",
			"Remove the configuration that does not belong there, restart the agent.",
			"Bring the ranges into line.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "cni-not-ready", Apart: "no configuration at all"},
			{ID: "cni-binary-missing", Apart: "a program is missing"},
			{ID: "cni-agent-down", Apart: "the agent does not answer"},
			{ID: "ip-exhausted", Apart: "no address is left"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/"},
	},
	Explains: []string{"sandbox-timeout", "image-pull-slow", "rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Sources: containernetworking bridge, flannel, portmap, libcni configuration errors.
var pattern = diagnose.Re(`already has an IP address different from|failed to set bridge addr|error parsing (?:CNI )?(?:configuration|config) (?:list|file)|error loading (?:CNI )?config|config version[^\n]{0,40}not supported|incompatible CNI versions|container veth name[^\n]{0,60}already exists|failed to create bridge|failed to Statfs[^\n]*netns|could not (?:add|set) (?:ip |default )?route[^\n]{0,80}file exists|pod cidr not assigned|PodCIDR[^\n]{0,60}(?:not assigned|not set|does not match)|CIDRAssignmentFailed|CIDRNotAvailable`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.PodStatus|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the network plugin refuses: %s", brief(m.Body)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("repair the configuration or remove the stale interface on that node, then restart the plugin's agent"), Risk: unloop.RiskCluster, Command: "ip link delete cni0"},
			},
		}
	})
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText, silent, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Confidence: unloop.Likely, Summary: unloop.Msg("the network plugin fails on the node and does not say why"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("read the log of the plugin and of its agent on that node"), Risk: unloop.RiskNone, Command: "kubectl get pods -n kube-system -o wide"},
			},
		}
	})
}

// silent is what libcni says of a plugin that failed and gave no reason (pkg/invoke
// raw_exec.go): it crashed, was killed, or is not for this platform.
var silent = diagnose.Re(`netplugin failed(?: with no error message|: \\*"\\*"| but error parsing its diagnostic message)`)

// brief cuts the text to what the plugin itself said.
func brief(body string) string {
	for _, mark := range []string{"failed (add): ", "Error adding network: ", "failed to set up pod"} {
		if _, rest, ok := strings.Cut(body, mark); ok {
			body = rest
		}
	}
	body, _, _ = strings.Cut(body, "\n")
	const most = 160 // one or two screen lines
	if len(body) > most {
		body = strings.ToValidUTF8(body[:most], "")
	}
	return strings.TrimSpace(body)
}
