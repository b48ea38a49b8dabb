// Package kubeletcertificateexpired recognises a kubelet whose client certificate has expired.
package kubeletcertificateexpired

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause kubelet-certificate-expired.
var Rule = &diagnose.Rule{
	ID: "kubelet-certificate-expired", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The kubelet's client certificate has expired",
	Doc: diagnose.Doc{
		Means: "The kubelet can no longer log in to the API server, because its client certificate has expired. The node stops reporting.",
		Why: []string{
			"Certificate rotation was off, or the node was switched off for longer than the certificate lives.",
		},
		Confirm: []string{
			"journalctl -u kubelet | grep x509 on the node",
			"openssl x509 -enddate -noout -in /var/lib/kubelet/pki/kubelet-client-current.pem",
		},
		Remedy: []string{
			"Renew the certificates (kubeadm certs renew, or join the node anew).",
			"Turn rotateCertificates on.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-lost", Apart: "the node is away for another reason"},
			{ID: "clock-skew", Apart: "the dates are right, the clock is wrong"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs/"},
	},
	Explains: []string{"node-lost", "taint-eviction"},
	Run:      run,
}

// Sources: kubelet log, pkg/kubelet/certificate ("part of the existing bootstrap client certificate ... is expired").
var pattern = diagnose.Re(`part of the existing bootstrap client certificate[^\n]*expired|kubelet[^\n]{0,300}(?:x509: certificate has expired|client certificate[^\n]{0,60}expired)|bootstrap-kubelet\.conf: no such file|certificate rotation[^\n]{0,100}expired`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.HostText|diagnose.NodeText, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the kubelet's client certificate has expired"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("renew the kubelet's certificate"), Risk: unloop.RiskCluster, Command: "kubeadm certs renew all"},
			},
		}
	})
}
