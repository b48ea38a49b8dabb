// Package rbacforbidden recognises a program that the API server forbids what it
// tries to do with its service account.
package rbacforbidden

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause rbac-forbidden.
var Rule = &diagnose.Rule{
	ID: "rbac-forbidden", Family: diagnose.Config, Since: "0.1",
	Title: "The API server forbids what the service account tries",
	Doc: diagnose.Doc{
		Means: "The program talked to the API server, which knows who it is and says that this service account may not do that. The rights of service accounts come from Roles and ClusterRoles that are bound to them.",
		Why: []string{
			"No RoleBinding or ClusterRoleBinding names the service account, or names one of another namespace.",
			"The program was updated and needs a resource that its role does not list yet.",
			"A Role (of one namespace) was bound, and the program lists over all namespaces.",
			"The pod runs as default because serviceAccountName is not set.",
			"The platform keeps certain namespaces or resources for itself (managed clusters).",
		},
		Confirm: []string{
			"kubectl auth can-i VERB RESOURCE --as=system:serviceaccount:NAMESPACE:NAME -n NAMESPACE",
			"kubectl get rolebindings,clusterrolebindings -A -o wide | grep NAME",
		},
		Remedy: []string{
			"Bind a role with the missing verb and resource to the service account.",
			"Set serviceAccountName to the account that has the rights.",
			"Tell the program to watch only the namespaces it may see.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "token-missing", Apart: "Unauthorized (401): the API server does not know who asks"},
			{ID: "leader-election-lost", Apart: "the lease could be taken before and was lost"},
			{ID: "admission-plugin-denied", Apart: "the pod itself is forbidden at its creation"},
			{ID: "dependency-auth", Apart: "another server than the API server refuses"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/service-accounts/",
			"https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
		},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "readiness-never", "liveness-wrong-target", "init-failing", "leader-election-lost", "startup-too-slow"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		verb, resource := h.Names["verb"], h.Names["resource"]
		account, ns := accountOf(p, h)
		where, _ := scope.Find(h.Text)
		in := where["in"]
		may := strings.TrimSpace(verb + " " + resource)
		if may == "" {
			may = "do what it tries"
		}
		f := diagnose.Finding{
			Summary: unloop.Msg("the service account %s may not %s", account, may),
			Chain:   []unloop.Message{unloop.Msg("the API server forbids a request of %s", h.Program())},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("bind a role that allows it to the service account"), Risk: unloop.RiskCluster, Command: bind(verb, resource, account, ns, in)},
				{Title: unloop.Msg("run the pod with a service account that may"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		if in != "" {
			f.Summary = unloop.Msg("the service account %s may not %s in namespace %s", account, may, in)
		}
		if p.Pod != nil && p.Pod.Spec.ServiceAccountName != "" {
			f.Evidence = append(f.Evidence, p.SpecEvidence("serviceAccountName", "%s", p.Pod.Spec.ServiceAccountName))
		}
		return f
	})
}

// scope is how the API server ends its refusal (k8s.io/apiserver
// pkg/endpoints/handlers/responsewriters forbiddenMessage).
var scope = diagnose.Re(`in the namespace \\*"(?P<in>[^"\\]+)`)

// accountOf returns who was refused: the account that the line names, else the
// pod's own.
func accountOf(p *diagnose.Pass, h *diagnose.Hit) (account, ns string) {
	if user := h.First("user", "user2"); user != "" {
		ns = h.Names["ns"]
		if ns == "" {
			ns = p.Subject.Namespace
		}
		return user, ns
	}
	if p.Pod != nil && p.Pod.Spec.ServiceAccountName != "" {
		return p.Pod.Spec.ServiceAccountName, p.Subject.Namespace
	}
	return "of the pod", p.Subject.Namespace
}

// bind writes the commands that would grant it: for one namespace where the text
// names one, else for the cluster.
func bind(verb, resource, account, ns, in string) string {
	kind, where := "clusterrole", ""
	if in != "" {
		kind, where = "role", " -n "+diagnose.Word(in, "NAMESPACE")
	}
	return "kubectl create " + kind + " NAME --verb=" + diagnose.Word(verb, "VERB") + " --resource=" + diagnose.Word(resource, "RESOURCE") + where +
		" && kubectl create " + kind + "binding NAME --" + kind + "=NAME --serviceaccount=" + diagnose.Word(ns, "NAMESPACE") + ":" + diagnose.Word(account, "ACCOUNT") + where
}
