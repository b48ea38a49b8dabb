// Package nodecredentialsbroken recognises a node whose own registry credentials
// (its cloud role or credential provider) do not work.
package nodecredentialsbroken

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause node-credentials-broken.
var Rule = &diagnose.Rule{
	ID: "node-credentials-broken", Family: diagnose.Image, Since: "0.1",
	Title: "The node's own registry credentials do not work",
	Doc: diagnose.Doc{
		Means: "Cloud registries (ECR, Artifact Registry, ACR) are usually used without pull secrets: the kubelet asks the cloud for credentials with the node's own role, through a credential provider plugin. That part does not work on this node, so the registry refuses the pull.",
		Why: []string{
			"The node's role lacks the right to read the registry, or the repository's policy does not allow the node's account.",
			"The kubelet runs without the credential provider plugin or its configuration (a self-built node, or an upgrade past the release that removed the built-in provider).",
			"The plugin cannot reach the cloud's token service from this node.",
			"The registry is in another region or account than the plugin's configuration matches.",
		},
		Confirm: []string{
			"journalctl -u kubelet | grep -i 'credential provider' on the node",
			"the same image pulls on other nodes: kubectl get pods -o wide",
			"aws ecr get-login-password, gcloud auth print-access-token or az acr login with the node's identity",
		},
		Remedy: []string{
			"Give the node's role the right to pull (for ECR: AmazonEC2ContainerRegistryReadOnly; for GCP: roles/artifactregistry.reader; for ACR: AcrPull).",
			"Configure the kubelet with --image-credential-provider-config and --image-credential-provider-bin-dir.",
			"Use a pull secret until then.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-pull-denied", Apart: "the pull fails on all nodes, or the pod uses a pull secret of its own"},
			{ID: "pull-secret-missing", Apart: "the pod names a pull secret that does not exist"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/"},
	},
	Explains: []string{"image-pull-denied", "init-failing"},
	Run:      run,
}

// Sources: kubernetes 1.20 to 1.36 pkg/credentialprovider/plugin ("Failed getting
// credential from external registry credential provider", "error running
// credential provider plugin"), the built-in providers up to 1.26, and the
// clouds' own texts for a role without the right.
var provider = diagnose.Re(`credential from external registry credential provider|credentials? from external registry|(?:running|executing|failed to execute) credential provider plugin|credential provider plugin \S+ (?:failed|not found)|` +
	`not authorized to perform:? ecr:|reading google metadata|failed to get (?:ecr|registry) (?:authorization )?token`)

// cloud are registry hosts that nodes log in to with their own identity.
var cloud = diagnose.Re(`\.dkr\.ecr[.-][\w.-]*amazonaws\.com|(?:^|\.)gcr\.io$|\.pkg\.dev$|\.azurecr\.(?:io|cn|us)$`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.AboutStart, provider, func(m diagnose.Match) diagnose.Finding {
		f := finding(p, m.Container, "the registry")
		if len(p.Pulls()) == 0 {
			return diagnose.Finding{}
		}
		return f
	})
	if len(diagnose.PullSecrets(p.Facts)) > 0 {
		return
	}
	p.ReportPulls("image-pull-denied", func(pl diagnose.Pull) diagnose.Finding {
		host := pl.Registry()
		if !cloud.Match(host) {
			return diagnose.Finding{}
		}
		f := finding(p, pl.Container, host)
		f.Confidence = unloop.Possible
		if other := pulledElsewhere(p, pl.Image); other != nil {
			f.Confidence = unloop.Likely
			f.Evidence = append(f.Evidence, unloop.Evidence{Kind: "object", Ref: "pods/" + other.Name, Text: "runs the same image on node " + other.Spec.NodeName})
		}
		return f
	})
}

// pulledElsewhere returns a pod of the same owner that runs the image on another node.
func pulledElsewhere(p *diagnose.Pass, image string) *facts.Pod {
	for _, s := range p.Siblings {
		if p.Pod == nil || s.Spec.NodeName == "" || s.Spec.NodeName == p.Pod.Spec.NodeName {
			continue
		}
		for _, c := range s.Status.ContainerStatuses {
			if c.State.Running != nil && (c.Image == image || strings.HasSuffix(c.Image, "/"+image)) {
				return s
			}
		}
	}
	return nil
}

func finding(p *diagnose.Pass, c *facts.Container, host string) diagnose.Finding {
	node := p.Subject.Node
	if node == "" {
		node = "the pod's node"
	}
	return diagnose.Finding{
		Summary: unloop.Msg("the registry credentials of %s itself do not work for %s", node, host),
		Chain:   []unloop.Message{unloop.Msg("the registry refuses the pull for %s", diagnose.ContainerOf(c))},
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("give the node's role the right to pull from %s", host), Risk: unloop.RiskCluster},
			{Title: unloop.Msg("configure the kubelet's credential provider on %s", node), Risk: unloop.RiskCluster},
			{Title: unloop.Msg("use a pull secret in the pod"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
}
