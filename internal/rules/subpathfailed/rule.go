// Package subpathfailed recognises a subPath that cannot be prepared, or whose source is gone.
package subpathfailed

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause subpath-failed.
var Rule = &diagnose.Rule{
	ID: "subpath-failed", Family: diagnose.Volume, Since: "0.1",
	Title: "A subPath cannot be prepared, or its source is gone",
	Doc: diagnose.Doc{
		Means: "The container mounts a part of a volume (subPath). The kubelet cannot prepare that part, or the runtime finds that the prepared source no longer exists: after a ConfigMap mounted by subPath was changed, a container that restarts in place meets a source that is gone.",
		Why: []string{
			"A ConfigMap or Secret mounted by subPath was updated, and then the container restarted in place.",
			"The path does not exist in a read-only volume, is too long, or leaves the volume through a symlink.",
			"The pod's directory on the node was cleaned away under a running pod.",
		},
		Confirm: []string{
			"kubectl get pod POD -o yaml | grep -n subPath",
			"journalctl -u kubelet on the node",
		},
		Remedy: []string{
			"Delete the pod: a new one gets a fresh source.",
			"Correct the subPath; mount the whole ConfigMap instead of a subPath.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "mount-type-mismatch", Apart: "a file is mounted over a directory"},
			{ID: "volume-permission-denied", Apart: "the volume refuses the directory"},
			{ID: "config-key-missing", Apart: "an items: key is missing"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"mount-type-mismatch", "app-error-exit", "rollout-stuck", "init-failing"},
	Run:      run,
}

// Sources: kubernetes 1.9 to 1.36 pkg/kubelet/kubelet_pods.go, pkg/volume/util/subpath; runc 1.0 to 1.5 mount errors on
// volume-subpaths; docker ("no such file or directory" on the pod's volumes directory).
var pattern = diagnose.Re(`failed to (?:prepare|create) subPath (?:directory )?for volumeMount \\*"(?P<name>[^"\\]+)|volume-subpaths[^\x00]{0,900}?no such file or directory|unable to provision SubPath|error SubPath \S+ must not be an absolute path|subpath[^\n]{0,120}(?:does not exist|not found|no such file)|mounting \\*"?[^"\s]*/pods/[^"\s]*/(?:volumes|volume-subpaths|etc-hosts|containers)/?[^"\s]*\\*"?[^\x00]{0,900}?no such file or directory`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.AboutStart, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("a subPath mount of %s cannot be prepared, or its source is gone", mountName(m)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("delete the pod: a new one gets a fresh source"), Risk: unloop.RiskRestart, Command: p.RestartCommand()},
				{Title: unloop.Msg("correct the subPath, or mount the whole volume"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

func mountName(m diagnose.Match) string {
	if n := m.Names["name"]; n != "" {
		return "volume " + n
	}
	return diagnose.ContainerOf(m.Container)
}
