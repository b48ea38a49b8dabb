// Package nocommandinimage recognises a container for which neither the image
// nor the pod says what to run.
package nocommandinimage

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause no-command-in-image.
var Rule = &diagnose.Rule{
	ID: "no-command-in-image", Family: diagnose.Start, Since: "0.1",
	Title: "Neither image nor pod says what to run",
	Doc: diagnose.Doc{
		Means: "The image has no ENTRYPOINT and no CMD, and the pod sets no command. The runtime does not know what to start.",
		Why: []string{
			"The image is a base or an artefact image (files only), not meant to be run.",
			"The Dockerfile lost its ENTRYPOINT, or a later stage without one is built.",
			"The image was imported from a file system archive (docker import), which drops the image's configuration.",
		},
		Confirm: []string{
			"docker image inspect IMAGE --format '{{.Config.Entrypoint}} {{.Config.Cmd}}' (or crane config IMAGE)",
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].command}' is empty",
		},
		Remedy: []string{
			"Set command in the pod.",
			"Give the image an ENTRYPOINT or CMD.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "command-not-in-path", Apart: "a command is known and not found"},
			{ID: "image-format-unsupported", Apart: "the image's manifest cannot be used at all"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"},
	},
	Explains: []string{"app-error-exit", "init-failing"},
	Run:      run,
}

// Sources: containerd 1.2 to 2.3 oci spec options ("no command specified"),
// Docker 1.6 to 28 daemon ("No command specified"), cri-o server/container_create
// and podman ("no command or entrypoint"), runc ("args must not be empty").
var none = diagnose.Re(`no command specified|no command or entrypoint|(?:process )?args (?:must not|cannot) be empty`)

func run(p *diagnose.Pass) {
	p.ReportStart(none, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("neither the image of %s nor the pod says which program to run", diagnose.ContainerOf(m.Container)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("set command on %s", diagnose.ContainerOf(m.Container)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("use an image with an entrypoint"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(m.Container)},
			},
		}
	})
}
