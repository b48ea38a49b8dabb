// Package missingenvvar recognises a program that lacks an environment variable.
package missingenvvar

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause missing-env-var.
var Rule = &diagnose.Rule{
	ID: "missing-env-var", Family: diagnose.Exit, Since: "0.1",
	Title: "An environment variable that the program needs is not set",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program reads a setting from an environment variable. The variable is not set in the container, or it is empty, and the program has no default for it, so it ends.",
		Why: []string{
			"The variable was set on a developer's machine or in docker-compose and never made it into the manifest.",
			"The new version of the program needs one variable more.",
			"The name is misspelt, or the variable is set on another container of the pod.",
			"It comes from a ConfigMap or Secret with optional: true, and the object or key does not exist.",
			"envFrom left the key out because it is no valid variable name.",
		},
		Confirm: []string{
			"kubectl set env WORKLOAD --list",
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].env} {.spec.containers[*].envFrom}'",
		},
		Remedy: []string{
			"Set the variable: directly, or from a ConfigMap or Secret.",
			"Remove optional: true, so that the kubelet itself says what is missing.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "app-config-error", Apart: "the variable is set, and its value is not accepted"},
			{ID: "config-key-missing", Apart: "the container never starts: CreateContainerConfigError"},
			{ID: "secret-missing", Apart: "the container never starts: the Secret does not exist"},
			{ID: "unhandled-exception", Apart: "the trace is about something else than a variable"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/",
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/",
		},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "init-failing", "readiness-never"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c, name := h.Container, h.First("var", "key", "name")
		f := diagnose.Finding{
			Summary: unloop.Msg("%s needs the environment variable %q, which is not set", h.Program(), name),
			Fixes: append([]unloop.Fix{
				{Title: unloop.Msg("set %s on %s", name, diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			}, p.UndoFix()...),
		}
		if name == "" {
			f.Summary = unloop.Msg("%s needs an environment variable that is not set", h.Program())
			f.Fixes[0].Title = unloop.Msg("set the variable that the log names on %s", diagnose.ContainerOf(c))
			return f
		}
		if c.Spec != nil {
			lookAt(p, c, name, &f)
		}
		return f
	})
}

// lookAt compares the name with what the spec sets.
func lookAt(p *diagnose.Pass, c *facts.Container, name string, f *diagnose.Finding) {
	for i := range c.Spec.Env {
		e := &c.Spec.Env[i]
		if e.Name != name {
			continue
		}
		switch source := optionalSource(e); {
		case source != "":
			f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".env."+name, "from %s, optional", source))
			f.Chain = append(f.Chain, unloop.Msg("the environment variable %q is not set", name))
			f.Summary = unloop.Msg("%s is taken from %s with optional: true, and is not there", name, source)
			f.Fixes = append([]unloop.Fix{{Title: unloop.Msg("add the key to %s, and remove optional: true", source), Risk: unloop.RiskRestart, Command: p.EditCommand()}}, f.Fixes...)
		case e.ValueFrom == nil && e.Value == "":
			f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".env."+name, "empty value"))
			f.Summary = unloop.Msg("the environment variable %q of %s is empty", name, diagnose.ContainerOf(c))
		default:
			// It is set: an empty value from an object, or another cause.
			f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".env."+name, "is set"))
			f.Confidence = unloop.Possible
		}
		return
	}
	if len(c.Spec.EnvFrom) > 0 {
		f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".env", "no %s in env; envFrom names %d objects", name, len(c.Spec.EnvFrom)))
		return
	}
	f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".env", "no %s", name))
	for _, o := range p.Containers {
		if o == c || o.Spec == nil {
			continue
		}
		for _, e := range o.Spec.Env {
			if e.Name == name {
				f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+o.Name+".env."+name, "is set there, on another container"))
			} else if strings.EqualFold(e.Name, name) {
				f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+o.Name+".env."+e.Name, "differs in upper and lower case"))
			}
		}
	}
}

// optionalSource names the object an optional variable comes from; "" else.
func optionalSource(e *corev1.EnvVar) string {
	if e.ValueFrom == nil {
		return ""
	}
	if r := e.ValueFrom.ConfigMapKeyRef; r != nil && r.Optional != nil && *r.Optional {
		return "ConfigMap " + r.Name + ", key " + r.Key
	}
	if r := e.ValueFrom.SecretKeyRef; r != nil && r.Optional != nil && *r.Optional {
		return "Secret " + r.Name + ", key " + r.Key
	}
	return ""
}
