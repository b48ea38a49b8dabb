//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/unloop-dev/unloop"
)

// TestRights takes one verb after the other from the documented rights and
// diagnoses a crashing pod without it. The answer is the same, where the verb was
// not needed for this pod, or says what was forbidden; the command never fails.
func TestRights(t *testing.T) {
	l := newLab(t)
	s, err := parseScenario("scenarios/nginx-upstream-without-service.txtar")
	if err != nil {
		t.Fatal(err)
	}
	const ns = "e2e-rights"
	dir := filepath.Join(l.dir, "rights")
	if err := writeFiles(dir, s); err != nil {
		t.Fatal(err)
	}
	if _, err := l.kubectl(t.Context(), dir, "", "create", "namespace", ns); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := l.kubectl(context.Background(), dir, "", "delete", "namespace", ns, "--wait=false")
		if err != nil {
			t.Error(err)
		}
	})
	for _, step := range s.Steps {
		if err := l.step(t.Context(), dir, ns, step); err != nil {
			t.Fatalf("%s: %v", step.Line, err)
		}
	}
	full, problems := l.diagnose(t.Context(), s, "--kubeconfig", l.reader, "-n", ns)
	if len(problems) > 0 {
		t.Fatal(problems)
	}

	b, err := os.ReadFile(rightsFile)
	if err != nil {
		t.Fatal(err)
	}
	var role rbacv1.ClusterRole
	if err := yaml.Unmarshal(b, &role); err != nil {
		t.Fatal(err)
	}
	named, n := 0, 0
	for _, rule := range role.Rules {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				n++
				name := fmt.Sprintf("without-%s-%s", verb, strings.ReplaceAll(resource, "/", "-"))
				t.Run(name, func(t *testing.T) {
					kubeconfig := l.without(t, &role, name, rule.APIGroups[0], resource, verb)
					list, err := l.unloop(t.Context(), "--kubeconfig", kubeconfig, "-n", ns, full.Subject.Kind+"/"+full.Subject.Name)
					if err != nil {
						t.Fatal(err)
					}
					d := s.Choose(list.Items)
					if saysForbidden(list) {
						named++
						return
					}
					if got, want := verdict(d), verdict(full); got != want {
						t.Errorf("without %s %s the answer is %q instead of %q, and nothing says forbidden", verb, resource, got, want)
					}
				})
			}
		}
	}
	fmt.Printf("rights: %d verbs taken away one by one; %d were missed by this pod and named as forbidden\n", n, named)
	if named == 0 {
		t.Error("no missing right was named at all")
	}
}

// without makes an account whose role lacks one verb on one resource, and waits
// until the API server knows.
func (l *lab) without(t *testing.T, role *rbacv1.ClusterRole, name, group, resource, verb string) string {
	t.Helper()
	less := role.DeepCopy()
	less.Name = "e2e-" + name
	less.Rules = nil
	for _, r := range role.Rules {
		if !slices.Contains(r.Resources, resource) || r.APIGroups[0] != group {
			less.Rules = append(less.Rules, r)
			continue
		}
		others := *r.DeepCopy()
		others.Resources = slices.DeleteFunc(others.Resources, func(x string) bool { return x == resource })
		if len(others.Resources) > 0 {
			less.Rules = append(less.Rules, others)
		}
		rest := *r.DeepCopy()
		rest.Resources = []string{resource}
		rest.Verbs = slices.DeleteFunc(rest.Verbs, func(x string) bool { return x == verb })
		if len(rest.Verbs) > 0 {
			less.Rules = append(less.Rules, rest)
		}
	}
	b, err := yaml.Marshal(less)
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := l.account(t, name, string(b), less.Name)
	// A right that stays shows that the new role is in force.
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	probe := []string{"auth", "can-i", "list", "events", "--kubeconfig", kubeconfig, "-n", "default"}
	if resource == "events" {
		probe[3] = "pods"
	}
	for tick := time.NewTicker(200 * time.Millisecond); ; {
		if out, err := l.kubectl(ctx, l.dir, "", probe...); err == nil && strings.TrimSpace(out) == "yes" {
			tick.Stop()
			return kubeconfig
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the role %s did not come into force", less.Name)
		case <-tick.C:
		}
	}
}

func saysForbidden(list unloop.DiagnosisList) bool {
	if slices.ContainsFunc(list.Skipped, func(s string) bool { return strings.Contains(s, "forbidden") }) {
		return true
	}
	return slices.ContainsFunc(list.Items, func(d unloop.Diagnosis) bool {
		return slices.ContainsFunc(d.NotEvaluated, func(n unloop.NotEvaluated) bool { return strings.Contains(n.Reason, "forbidden") })
	})
}

func verdict(d unloop.Diagnosis) string {
	cause, confidence := first(d)
	return strings.TrimSpace(cause + " " + confidence)
}

// TestMetrics asks each node for what metrics-server and Prometheus read, through
// the API server and the kubelet's own authorization. A kubelet tells of containers once
// it has measured them.
func TestMetrics(t *testing.T) {
	l := newLab(t)
	const ns = "unloop-e2e-metrics"
	manifest := "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + ns + "}\n"
	nodes := []string{"worker-1", "worker-2"}
	for _, node := range nodes {
		manifest += "---\napiVersion: v1\nkind: Pod\nmetadata: {name: on-" + node + ", namespace: " + ns + "}\n" +
			"spec: {nodeName: " + node + ", terminationGracePeriodSeconds: 0, containers: [{name: sleeper, image: 'unloop.test/shell:1', command: [sleep, infinity]}]}\n"
	}
	if out, err := l.kubectlIn(t.Context(), manifest, l.dir, "", "apply", "-f", "-"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	defer func() {
		if out, err := l.kubectl(context.WithoutCancel(t.Context()), l.dir, "", "delete", "namespace", ns, "--wait=false"); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	for _, node := range nodes {
		for path, part := range map[string]string{
			"metrics/resource": `container_memory_working_set_bytes{container="sleeper"`,
			"stats/summary":    `"name": "on-` + node + `"`,
			"metrics/cadvisor": `container_cpu_usage_seconds_total{container="sleeper"`,
		} {
			l.untilSays(ctx, t, "/api/v1/nodes/"+node+"/proxy/"+path, part)
		}
	}
}

// untilSays reads a path of the API server until a text is in the answer.
func (l *lab) untilSays(ctx context.Context, t *testing.T, path, part string) {
	t.Helper()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		out, err := l.kubectl(ctx, l.dir, "", "get", "--raw", path)
		if err == nil && strings.Contains(out, part) {
			return
		}
		select {
		case <-ctx.Done():
			t.Errorf("%s has no %s: %v, %d bytes", path, part, err, len(out))
			return
		case <-tick.C:
		}
	}
}
