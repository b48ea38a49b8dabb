// Package appconfigerror recognises a program that rejects its configuration.
package appconfigerror

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause app-config-error.
var Rule = &diagnose.Rule{
	ID: "app-config-error", Family: diagnose.Exit, Since: "0.1", Weight: diagnose.General,
	Title: "The program rejects its configuration",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program found its configuration and cannot work with it: the syntax is wrong, a key is unknown or missing, or a value is not one it accepts. Kubernetes delivered the configuration as it was written; the content is at fault.",
		Why: []string{
			"A typing or indentation error in a ConfigMap, a template or a chart's values.",
			"The image was updated, and the new version dropped or renamed a setting.",
			"A placeholder was never filled in, or a value that must be a string is a number (or the other way round).",
			"Settings that exclude each other, or name something (a database, a plugin, an address) that is not there.",
			"Environment variables that Kubernetes makes for a Service (NAME_PORT=tcp://...) are taken for settings of the program.",
		},
		Confirm: []string{
			"kubectl logs POD -c CONTAINER --previous, the last lines",
			"kubectl get configmap NAME -o yaml, at the line or key the log names",
			"kubectl rollout history WORKLOAD, and what the newest revision changed",
		},
		Remedy: []string{
			"Correct the key, value or line that the log names, then restart the pods.",
			"Check the file with the program itself before it is rolled out (nginx -t, promtool check config, ...).",
			"Go back to the configuration or the image of the revision before.",
			"Where variables of Services get in the way: enableServiceLinks: false.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "config-key-missing", Apart: "the kubelet says it before the start: the key is not in the ConfigMap"},
			{ID: "missing-env-var", Apart: "the log names an environment variable that is not set"},
			{ID: "bad-arguments", Apart: "the complaint is about the command line"},
			{ID: "file-missing", Apart: "the file is not there at all"},
			{ID: "service-name-wrong", Apart: "the configuration is read, and a host name in it does not resolve"},
			{ID: "config-change-crash", Apart: "the object was changed while the pods ran, and they crash since then"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/configmap/",
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/",
		},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "init-failing", "readiness-never", "liveness-wrong-target", "startup-too-slow"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c := h.Container
		f := diagnose.Finding{
			Summary: summary(h),
			Fixes: append([]unloop.Fix{
				{Title: unloop.Msg("correct the configuration of %s where the log says", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			}, p.UndoFix()...),
		}
		if file := h.Names["file"]; file != "" {
			if m := diagnose.MountOf(p.Facts, c, file); m != nil {
				f.Evidence = append(f.Evidence, p.MountEvidence(c, m))
				if source := object(m); source != "" {
					f.Fixes[0] = unloop.Fix{Title: unloop.Msg("correct %q in the %s, then restart the pods", file, source), Risk: unloop.RiskRestart, Command: p.RestartCommand()}
				}
			}
		}
		return f
	})
}

func summary(h *diagnose.Hit) unloop.Message {
	who, file, line := h.Program(), h.Names["file"], h.Names["line"]
	key := h.First("key", "var", "arg", "name")
	switch {
	case h.Call != nil:
		return unloop.Msg("%s reads its configuration file %q and ends at once, without a word: it may not accept what stands there", who, file)
	case file != "" && line != "":
		return unloop.Msg("%s rejects its configuration file %q at line %s", who, file, line)
	case file != "" && key != "":
		return unloop.Msg("%s rejects its configuration file %q: %q", who, file, key)
	case file != "":
		return unloop.Msg("%s rejects its configuration file %q", who, file)
	case key != "":
		return unloop.Msg("%s rejects its configuration: %q", who, key)
	case h.Names["message"] != "":
		return unloop.Msg("%s rejects its configuration: %s", who, h.Names["message"])
	}
	return unloop.Msg("%s rejects its configuration", who)
}

// object names the API object that fills a volume.
func object(m *diagnose.Mount) string {
	switch v := m.Volume; {
	case v == nil:
	case v.ConfigMap != nil:
		return "ConfigMap " + v.ConfigMap.Name
	case v.Secret != nil:
		return "Secret " + v.Secret.SecretName
	}
	return ""
}
