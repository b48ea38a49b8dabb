// Package usernotinimage recognises a user or group to run as that the image does
// not know.
package usernotinimage

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause user-not-in-image.
var Rule = &diagnose.Rule{
	ID: "user-not-in-image", Family: diagnose.Config, Since: "0.1",
	Title: "The user or group is not in the image",
	Doc: diagnose.Doc{
		Means: "A user or group is given by name, and the image's /etc/passwd or /etc/group has no such entry. The runtime cannot turn the name into a number; or a program that must know its own user's name or home finds none for its number.",
		Why: []string{
			"The image's USER names a user that a later stage of the build does not create.",
			"/etc/passwd was replaced by a volume.",
			"The program's configuration names a user (user www-data;) of another distribution.",
			"runAsUser is a number without an entry, and the program (ssh, git, PostgreSQL tools, some JVM libraries) insists on one.",
		},
		Confirm: []string{
			"docker run --rm --entrypoint cat IMAGE /etc/passwd",
			"docker image inspect IMAGE --format '{{.Config.User}}'",
		},
		Remedy: []string{
			"Give the user as a number: runAsUser in the pod, or USER 1001 in the image.",
			"Create the user in the image (useradd, adduser).",
			"Correct the name in the program's configuration.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "workdir-missing", Apart: "the user is known and may not enter the working directory"},
			{ID: "runasnonroot-named-user", Apart: "the kubelet refuses the name; the runtime was not asked"},
			{ID: "dependency-auth", Apart: "a database's user, not one of the system"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "init-failing"},
	Run:      run,
}

// Sources: runc and Docker (moby/sys/user: "unable to find user x: no matching
// entries in passwd file"), containerd 1.2 to 2.3 oci options ("no users found",
// "no groups found"), cri-o ("invalid user").
var unknown = diagnose.Re(`unable to find (?P<kind>user|group) (?P<user>[^\s:]+)|no (?P<kind2>user|group)s found|no matching entries in (?P<file>passwd|group) file|user: unknown (?:userid|user) (?P<user2>\S+)`)

func run(p *diagnose.Pass) {
	p.ReportStart(unknown, func(m diagnose.Match) diagnose.Finding {
		kind := m.Names["kind"] + m.Names["kind2"]
		if m.Names["file"] == "group" {
			kind = "group"
		}
		return finding(p, m.Names["user"]+m.Names["user2"], kind, diagnose.ContainerOf(m.Container))
	})
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := finding(p, h.First("user", "name", "code"), "user", diagnose.ContainerOf(h.Container))
		f.Evidence = p.UserEvidence(h.Container)
		return f
	})
}

func finding(p *diagnose.Pass, user, kind, target string) diagnose.Finding {
	if kind == "" {
		kind = "user"
	}
	f := diagnose.Finding{
		Summary: unloop.Msg("the image of %s has no %s %q", target, kind, user),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("give the user of %s as a number", target), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			{Title: unloop.Msg("create the %s in the image", kind), Risk: unloop.RiskRestart},
		},
	}
	if user == "" {
		f.Summary = unloop.Msg("the image of %s does not know the %s that it is to run as", target, kind)
	}
	return f
}
