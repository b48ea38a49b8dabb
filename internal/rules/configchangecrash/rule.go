// Package configchangecrash recognises pods that crash since a ConfigMap or Secret
// was changed, without any rollout.
package configchangecrash

import (
	"slices"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause config-change-crash.
var Rule = &diagnose.Rule{
	ID: "config-change-crash", Family: diagnose.Exit, Since: "0.1", Weight: diagnose.General,
	Title: "A changed ConfigMap or Secret makes the pods crash",
	Needs: facts.Status | facts.Spec,
	Doc: diagnose.Doc{
		Means: "The pod ran well for a time with the same template, or its siblings do. Then an object it takes its configuration from was changed, and since then its program crashes: at once where it reloads files by itself, or at its next restart, whatever the reason for that restart was.",
		Why: []string{
			"Somebody edited the ConfigMap or Secret by hand, or another release of a chart overwrote it.",
			"An operator renewed a certificate or a password in the Secret.",
			"Environment variables from the object stay as they were until the container is started again, so that the error shows days later.",
		},
		Confirm: []string{
			"kubectl get configmap NAME -o yaml --show-managed-fields: who changed it, and when",
			"compare with the time of the first crash: kubectl get events, restart count",
		},
		Remedy: []string{
			"Restore the object's earlier content, then restart the pods.",
			"Put a hash of the object into the template's annotations, or a version into its name, so that changes are rolled out and can be rolled back.",
			"immutable: true for configuration that shall not change under a running workload.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "crash-on-rollout", Apart: "the template itself changed"},
			{ID: "node-reboot", Apart: "everything on the node restarts, and reads new configuration only by the way"},
			{ID: "app-config-error", Apart: "the configuration was wrong from the beginning"},
			{ID: "config-key-missing", Apart: "the container does not start: the key is gone from the object"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/configmap/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "missing-env-var", "file-missing"},
	Run:      run,
}

// ranWell is how long a pod must have been there before the change: less, and it
// may never have run well.
const ranWell = 10 * time.Minute

// latest is how long after the change a crash is still put down to it.
const latest = 24 * time.Hour

func run(p *diagnose.Pass) {
	if p.Pod == nil || !p.State.Has(detect.Ended) || p.Pod.CreationTimestamp.IsZero() {
		return
	}
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.ExitCode == 0 || t.FinishedAt.IsZero() || !p.OwnEnd(c) {
			continue
		}
		ref, o, kind := newest(p, c)
		if o == nil {
			continue
		}
		changed := o.Changed
		if old := olderSibling(p, changed); old != nil && !t.FinishedAt.Time.Before(changed) && !p.Pod.CreationTimestamp.Time.Before(changed) && t.FinishedAt.Sub(changed) <= latest {
			f := finding(p, c, t, where, ref, o, kind)
			f.Confidence = unloop.Likely
			f.Summary = unloop.Msg("%s crashes with the %s %q as it was changed at %s; pod %s of the same template started before that and runs", diagnose.ContainerOf(c), kind, o.Name, changed.UTC().Format(time.DateTime), old.Name)
			f.Evidence = append(f.Evidence, p.ObjectEvidence("Pod/"+old.Name, "of the same revision, created %s, ready", old.CreationTimestamp.UTC().Format(time.RFC3339)))
			p.Report(f)
			continue
		}
		if changed.Sub(p.Pod.CreationTimestamp.Time) < ranWell || !t.FinishedAt.After(changed) || t.FinishedAt.Sub(changed) > latest {
			continue
		}
		broke, known := unready(p)
		if known && broke.Before(changed) {
			// It was not well before the change.
			continue
		}
		f := finding(p, c, t, where, ref, o, kind)
		if known && fits(c, t.FinishedAt.Sub(changed)) {
			f.Confidence = unloop.Likely
			f.Evidence = append(f.Evidence, p.StatusEvidence("conditions/Ready", "not ready since %s", broke.UTC().Format(time.RFC3339)))
		}
		p.Report(f)
	}
}

func finding(p *diagnose.Pass, c *facts.Container, t *corev1.ContainerStateTerminated, where string, ref diagnose.Ref, o *facts.KeyedObject, kind string) diagnose.Finding {
	return diagnose.Finding{
		Container: c, Confidence: unloop.Possible,
		Summary: unloop.Msg("%s crashes since the %s %q was changed at %s, without a rollout", diagnose.ContainerOf(c), kind, o.Name, o.Changed.UTC().Format(time.DateTime)),
		Evidence: []unloop.Evidence{
			p.ObjectEvidence(kind+"/"+o.Name, "changed %s", o.Changed.UTC().Format(time.RFC3339)),
			p.SpecEvidence(ref.Path, "%s", ref.Name),
			p.StatusEvidence("metadata.creationTimestamp", "pod created %s", p.Pod.CreationTimestamp.UTC().Format(time.RFC3339)),
			p.ExitEvidence(c, t, where),
		},
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("restore the earlier content of the %s %q, then restart the pods", kind, o.Name), Risk: unloop.RiskRestart, Command: p.RestartCommand()},
		},
	}
}

// olderSibling returns a pod of the same template that was made and has run since
// before the change, and is ready: it still has the earlier content, at least in
// its memory.
func olderSibling(p *diagnose.Pass, changed time.Time) *facts.Pod {
	for _, s := range p.Siblings {
		if s.Name == p.Pod.Name || s.Labels["pod-template-hash"] != p.Pod.Labels["pod-template-hash"] || s.Labels["controller-revision-hash"] != p.Pod.Labels["controller-revision-hash"] {
			continue
		}
		if s.CreationTimestamp.IsZero() || !s.CreationTimestamp.Time.Before(changed) || len(s.Status.ContainerStatuses) == 0 {
			continue
		}
		well := !slices.ContainsFunc(s.Status.ContainerStatuses, func(c corev1.ContainerStatus) bool {
			return !c.Ready || c.State.Running == nil || !c.State.Running.StartedAt.Time.Before(changed)
		})
		if well {
			return s
		}
	}
	return nil
}

// newest returns the object among those the container refers to that was changed
// last, after it had been made.
func newest(p *diagnose.Pass, c *facts.Container) (ref diagnose.Ref, o *facts.KeyedObject, kind string) {
	take := func(refs []diagnose.Ref, word string, get func(string, string) (*facts.KeyedObject, facts.Existence)) {
		for _, r := range refs {
			x, _ := get(p.Subject.Namespace, r.Name)
			if x == nil || x.Changed.IsZero() || !x.Changed.After(x.Created) {
				continue
			}
			if o == nil || x.Changed.After(o.Changed) {
				ref, o, kind = r, x, word
			}
		}
	}
	take(diagnose.ConfigMapRefs(p.Facts, c), "ConfigMap", p.ConfigMap)
	take(diagnose.SecretRefs(p.Facts, c), "Secret", p.Secret)
	return ref, o, kind
}

// fits reports whether all restarts of the container can have come within a span
// of a crash loop: else some came before, for another reason. Waits double from
// 10 s to 5 min (kubernetes pkg/kubelet/kubelet.go).
func fits(c *facts.Container, span time.Duration) bool {
	wait := 10 * time.Second
	for range min(c.Restarts()-1, 1000) {
		span -= wait
		wait = min(2*wait, 5*time.Minute)
	}
	return span >= 0
}

// unready returns since when the pod is not ready; known is false where its
// condition does not tell, or is as old as the pod.
func unready(p *diagnose.Pass) (since time.Time, known bool) {
	for _, c := range p.Pod.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionFalse && c.LastTransitionTime.Sub(p.Pod.CreationTimestamp.Time) > ranWell {
			return c.LastTransitionTime.Time, true
		}
	}
	return time.Time{}, false
}
