// Package imagesignaturerejected recognises an image that a signature or image
// policy refuses, at the pull or at admission.
package imagesignaturerejected

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause image-signature-rejected.
var Rule = &diagnose.Rule{
	ID: "image-signature-rejected", Family: diagnose.Image, Since: "0.1",
	Title: "A signature or image policy refuses the image",
	Doc: diagnose.Doc{
		Means: "Somebody on the way checks images against a policy and does not let this one through: the runtime (CRI-O's policy.json, blocked registries), or an admission controller that verifies signatures when the pod is created.",
		Why: []string{
			"The image is not signed, or signed with another key than the policy names.",
			"The tag was pushed again after it had been signed: the signature belongs to the old digest.",
			"The image comes from a registry that the policy does not allow.",
			"The verifier cannot reach the registry or the transparency log that holds the signatures.",
		},
		Confirm: []string{
			"kubectl describe the pod or its ReplicaSet: SignatureValidationFailed, or the admission webhook's text",
			"cosign verify --key KEY IMAGE",
			"cat /etc/containers/policy.json and registries.conf on a CRI-O node",
		},
		Remedy: []string{
			"Sign the image as the policy asks, after the last push.",
			"Use an image from a registry that is allowed.",
			"Change the policy, if it is wrong.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "webhook-denied", Apart: "a webhook refuses the pod for another reason than its image's signature"},
			{ID: "image-pull-denied", Apart: "the registry refuses, for want of credentials"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"webhook-denied", "admission-plugin-denied", "rollout-stuck", "init-failing"},
	Run:      run,
}

// admission holds what verifiers say through a webhook: sigstore policy-controller,
// Kyverno, Connaisseur, Gatekeeper with Ratify, Binary Authorization, and the API
// server's ImagePolicyWebhook.
var admission = diagnose.Re(`no (?:matching|valid) signatures?|no signatures found|signature (?:verification|mismatch|not found)|(?:failed to verify|verification failed for) (?:image|signature)|image (?:signature )?verification failed|unable to find signed digest|` +
	`image policy webhook backend denied|denied by (?:binary authorization|attestor)|attestation[^\n]{0,80}(?:not found|failed)|no (?:valid )?trust data`)

func run(p *diagnose.Pass) {
	p.ReportPulls("image-signature-rejected", func(pl diagnose.Pull) diagnose.Finding {
		f := finding(p, pl.Image)
		f.Chain = []unloop.Message{unloop.Msg("the runtime refuses the image of %s", diagnose.ContainerOf(pl.Container))}
		return f
	})
	for _, w := range p.Waits("SignatureValidationFailed") {
		if len(p.Pulls()) > 0 {
			continue
		}
		f := finding(p, diagnose.ImageName(w.Container))
		f.Container, f.Confidence = w.Container, unloop.Proven
		f.Evidence = []unloop.Evidence{w.Evidence}
		p.Report(f)
	}
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions, admission, func(m diagnose.Match) diagnose.Finding {
		switch m.Reason {
		case "FailedCreate", "ReplicaFailure", "FailedUpdate", "":
		default:
			return diagnose.Finding{}
		}
		f := finding(p, "")
		f.Summary = unloop.Msg("an admission policy refuses an image of the pod: its signature does not verify")
		f.Chain = []unloop.Message{unloop.Msg("the pod cannot be created")}
		return f
	})
}

func finding(p *diagnose.Pass, image string) diagnose.Finding {
	return diagnose.Finding{
		Summary: unloop.Msg("the image policy of the node's runtime refuses %s", diagnose.NamedImage(image)),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("sign the image as the policy asks"), Risk: unloop.RiskNone, Command: "cosign sign IMAGE"},
			{Title: unloop.Msg("use an image that the policy allows"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
}
