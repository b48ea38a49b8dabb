// Package envnulbyte recognises an environment value that holds a NUL byte.
package envnulbyte

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause env-nul-byte.
var Rule = &diagnose.Rule{
	ID: "env-nul-byte", Family: diagnose.Start, Since: "0.1",
	Title: "An environment value holds a NUL byte",
	Doc: diagnose.Doc{
		Means: "The value of an environment variable ends at its first NUL byte, so the runtime refuses a value that has one inside. The container is not started.",
		Why: []string{
			"A Secret with binary content (a keystore, a key in DER form, a UTF-16 text) is given as an environment variable.",
			"The value was encoded in base64 from a file saved as UTF-16 by a Windows editor or shell.",
		},
		Confirm: []string{
			"kubectl get secret NAME -o jsonpath='{.data.KEY}' | base64 -d | od -c | head, run by somebody who may read it",
		},
		Remedy: []string{
			"Mount the Secret as a file and give the program its path.",
			"Store the value as text: base64 once more, PEM instead of DER, UTF-8 instead of UTF-16.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "secret-missing", Apart: "CreateContainerConfigError: the Secret is not there"},
			{ID: "missing-env-var", Apart: "the program runs and misses a variable"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/secret/"},
	},
	Explains: []string{"app-error-exit", "init-failing"},
	Run:      run,
}

// Sources: runc 1.2 to 1.5 libcontainer/env.go ("invalid environment variable
// ...: contains nul byte"), Go os/exec since 1.19 ("environment variable contains
// NUL"). The value itself may stand in the text; only its name is used.
var nul = diagnose.Re(`invalid environment variable \\*"(?P<name>[A-Za-z_][\w.-]*)[^\n]*contains nul byte|environment variable contains nul|contains nul byte`)

func run(p *diagnose.Pass) {
	p.ReportStart(nul, func(m diagnose.Match) diagnose.Finding {
		name := m.Names["name"]
		f := diagnose.Finding{
			Summary: unloop.Msg("the environment variable %s of %s holds a NUL byte", name, diagnose.ContainerOf(m.Container)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("mount the value as a file instead of an environment variable"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("store the value as text, without NUL bytes"), Risk: unloop.RiskRestart},
			},
		}
		if name == "" {
			f.Summary = unloop.Msg("an environment variable of %s holds a NUL byte", diagnose.ContainerOf(m.Container))
			return f
		}
		for _, r := range diagnose.SecretRefs(p.Facts, m.Container) {
			if strings.Contains(r.Path, ".env") && (r.Key == name || r.Key == "") {
				f.Evidence = append(f.Evidence, p.SpecEvidence(r.Path, "secret %s %s", r.Name, r.Key))
			}
		}
		return f
	})
}
