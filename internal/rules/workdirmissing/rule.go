// Package workdirmissing recognises a working directory that does not exist or
// that the container's user may not enter.
package workdirmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause workdir-missing.
var Rule = &diagnose.Rule{
	ID: "workdir-missing", Family: diagnose.Start, Since: "0.1",
	Title: "The working directory is missing or may not be entered",
	Doc: diagnose.Doc{
		Means: "Before it starts the program, the runtime changes into the working directory of the pod (workingDir) or of the image (WORKDIR). That failed: the directory is not there, is a file, or the container's user has no right to enter it.",
		Why: []string{
			"runAsUser differs from the user the image was built for, and the directory (such as /root or /home/app) is closed to others.",
			"workingDir is misspelt, or names a directory of another image.",
			"A volume mounted there belongs to root with mode 0700, or is on a share that refuses this user.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].workingDir}'",
			"docker image inspect IMAGE --format '{{.Config.WorkingDir}} {{.Config.User}}'",
		},
		Remedy: []string{
			"Correct workingDir, or create the directory in the image.",
			"Open the directory in the image's build (chmod o+x), or run as the user it belongs to.",
			"Give the volume to the user with fsGroup.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "volume-permission-denied", Apart: "the program runs and its log complains about a file on a volume"},
			{ID: "command-not-executable", Apart: "exec: \"/x\": permission denied: the command's file, not the directory"},
			{ID: "user-not-in-image", Apart: "the user itself is unknown in the image"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"},
	},
	Explains: []string{"app-error-exit", "init-failing"},
	Run:      run,
}

// Sources: runc 1.0 to 1.5 libcontainer/init_linux.go (chdir to cwd; getcwd after
// the chdir since 1.1.12; rootfs_linux.go makes the directory where it is missing), crun src/libcrun/container.c, Docker daemon
// ("Cannot mkdir: x is not a directory", "the working directory 'x' is invalid").
var chdir = diagnose.Re("chdir to cwd \\(\\\\*\"(?P<dir>[^\"\\\\]*)\\\\*\"\\)[^:]*: (?:mkdir [^:]*: )?(?P<why>[\\w -]+)|chdir(?: to)? `(?P<dir2>[^`]+)`: (?P<why2>[\\w ]+)" +
	`|cannot mkdir: (?P<dir3>\S+) is not a directory|working directory '(?P<dir4>[^']+)' is invalid|current working directory is outside of container mount namespace|mkdir (?:to )?cwd[^:]*: (?P<why3>[\w ]+)` +
	`|container init(?: caused)?: (?:\\*")?mkdir (?P<dir5>/[^:]*): (?P<why4>not a directory|read-only file system)`)

func run(p *diagnose.Pass) {
	p.ReportStart(chdir, func(m diagnose.Match) diagnose.Finding {
		dir := m.Names["dir"] + m.Names["dir2"] + m.Names["dir3"] + m.Names["dir4"] + m.Names["dir5"]
		c := m.Container
		if dir == "" && c != nil && c.Spec != nil {
			dir = c.Spec.WorkingDir
		}
		f := diagnose.Finding{
			Summary: unloop.Msg("the working directory %q of %s cannot be entered", dir, diagnose.ContainerOf(c)),
			Chain:   []unloop.Message{unloop.Msg("the runtime cannot change into the working directory")},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("correct workingDir of %s, or create %q in the image", diagnose.ContainerOf(c), dir), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		switch why := m.Names["why"] + m.Names["why2"]; {
		case diagnose.Re(`no such file`).Match(why):
			f.Summary = unloop.Msg("the working directory %q of %s does not exist", dir, diagnose.ContainerOf(c))
		case diagnose.Re(`permission denied`).Match(why):
			f.Summary = unloop.Msg("the user of %s may not enter the working directory %q", diagnose.ContainerOf(c), dir)
			f.Fixes = append(f.Fixes, unloop.Fix{Title: unloop.Msg("run as a user who may enter %q, or open it in the image's build", dir), Risk: unloop.RiskRestart, Command: p.EditCommand()})
		}
		if c != nil && c.Spec != nil && c.Spec.WorkingDir != "" {
			f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".workingDir", "%s", c.Spec.WorkingDir))
		}
		f.Evidence = append(f.Evidence, p.UserEvidence(c)...)
		return f
	})
}
