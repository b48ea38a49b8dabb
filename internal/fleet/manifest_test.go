package fleet

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/unloop-dev/unloop/internal/catalog"
)

// TestManifest: deploy/recorder.yaml has the rights that docs/record.md explains and no
// others, and its pods are those that this package finds and trusts.
func TestManifest(t *testing.T) {
	text, err := os.ReadFile("../../deploy/recorder.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var set appsv1.DaemonSet
	var granted []string
	for _, doc := range bytes.Split(text, []byte("\n---\n")) {
		var kind struct{ Kind string }
		if err := yaml.Unmarshal(doc, &kind); err != nil {
			t.Fatal(err)
		}
		strict := func(into any) {
			if err := yaml.UnmarshalStrict(doc, into); err != nil {
				t.Fatalf("%s: %v", kind.Kind, err)
			}
		}
		switch kind.Kind {
		case "DaemonSet":
			strict(&set)
		case "ClusterRole", "Role":
			var role rbacv1.ClusterRole // a Role has the same fields
			strict(&role)
			for _, r := range role.Rules {
				for _, resource := range r.Resources {
					granted = append(granted, kind.Kind+" "+role.Name+": "+strings.Join(r.Verbs, ",")+" "+resource)
				}
			}
		}
	}
	if got, want := strings.Join(granted, "\n"), strings.Join([]string{
		"ClusterRole unloop-recorder: create tokenreviews", "ClusterRole unloop-recorder: create subjectaccessreviews",
		"Role unloop-captures: list pods", "Role unloop-captures: get,create pods/proxy",
	}, "\n"); got != want {
		t.Errorf("granted\n%s\nwant\n%s", got, want)
	}

	pod := set.Spec.Template.Spec
	if set.Namespace != catalog.RecorderNamespace || len(pod.Containers) != 1 {
		t.Fatalf("DaemonSet in namespace %q with %d containers", set.Namespace, len(pod.Containers))
	}
	if sel, err := labels.Parse(catalog.RecorderSelector); err != nil || !sel.Matches(labels.Set(set.Spec.Template.Labels)) {
		t.Errorf("labels %v are not found by %s", set.Spec.Template.Labels, catalog.RecorderSelector)
	}
	if !trusted(&corev1.Pod{Spec: pod}) {
		t.Error("its pods would not be given the token")
	}
	c := pod.Containers[0]
	sec := c.SecurityContext
	if *sec.Privileged || *sec.AllowPrivilegeEscalation || !*sec.ReadOnlyRootFilesystem || pod.HostNetwork || pod.HostIPC {
		t.Errorf("security context %+v, host network %v", sec, pod.HostNetwork)
	}
	if !slices.Equal(sec.Capabilities.Add, []corev1.Capability{"BPF", "PERFMON"}) || !slices.Equal(sec.Capabilities.Drop, []corev1.Capability{"ALL"}) {
		t.Errorf("capabilities %+v", sec.Capabilities)
	}
	for _, m := range c.VolumeMounts {
		if m.Name != "captures" && !m.ReadOnly {
			t.Errorf("%s can be written to", m.MountPath)
		}
	}
	ports := map[string]int32{}
	for _, p := range c.Ports {
		ports[p.Name] = p.ContainerPort
	}
	if ports["open"] != catalog.RecorderOpenPort || ports["captures"] != catalog.RecorderPort {
		t.Errorf("ports %v", ports)
	}
	for _, want := range []string{"--listen=:9644", "--serve=:9645"} {
		if !slices.Contains(c.Args, want) {
			t.Errorf("arguments %v lack %s", c.Args, want)
		}
	}

	// Every right stands in the page that says why.
	page, err := os.ReadFile("../../docs/record.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, right := range []string{"CAP_BPF", "CAP_PERFMON", "hostPID", "/sys/fs/cgroup", "/var/log/pods", "/var/log/containers", "/var/lib/unloop/captures", "tokenreviews", "subjectaccessreviews", "unloop-captures"} {
		if !bytes.Contains(page, []byte(right)) {
			t.Errorf("docs/record.md does not explain %s", right)
		}
	}
}
