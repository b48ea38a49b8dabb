package kube

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// TestRole compares the documented role with the table of kinds: every kind may be
// listed, nothing else may, and get is granted for what is looked up by name.
func TestRole(t *testing.T) {
	text, err := os.ReadFile("../../deploy/rbac.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var role rbacv1.ClusterRole
	if err := yaml.UnmarshalStrict(text, &role); err != nil {
		t.Fatal(err)
	}
	granted := map[string]bool{}
	for _, rule := range role.Rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					granted[verb+" "+group+"/"+resource] = true
				}
			}
		}
	}

	used := map[string]bool{"get /pods/log": true}
	need := func(verb string, k *kind) { used[verb+" "+k.api.Group+"/"+k.resource] = true }
	for _, k := range []*kind{pods, nodes, namespaces} {
		need("get", k)
	}
	for _, k := range workloadKinds {
		need("get", k)
		need("list", k)
	}
	for _, k := range []*kind{
		pods, events, nodes, controllerRevisions, claims, volumes, services, endpointSlices, configMaps, storageClasses,
		volumeAttachments, networkPolicies, quotas, limitRanges, serviceAccounts, secretNames,
	} {
		need("list", k)
	}
	for _, what := range slices.Sorted(maps.Keys(used)) {
		if !granted[what] {
			t.Errorf("deploy/rbac.yaml does not grant %q", what)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(granted)) {
		if !used[what] {
			t.Errorf("deploy/rbac.yaml grants %q, which is never used", what)
		}
	}

	// No kind of the table may be missing in the lists above.
	known := map[string]bool{}
	for _, rule := range role.Rules {
		for _, resource := range rule.Resources {
			known[resource] = true
		}
	}
	for _, resource := range resourcesOf(t, "kinds.go") {
		if !known[resource] {
			t.Errorf("kinds.go reads %s, deploy/rbac.yaml does not name it", resource)
		}
	}
}

// resourcesOf returns the values of the field "resource" of every row of the table.
func resourcesOf(t *testing.T, file string) (out []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		kv, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, _ := kv.Key.(*ast.Ident)
		val, _ := kv.Value.(*ast.BasicLit)
		if key == nil || val == nil || key.Name != "resource" {
			return true
		}
		s, err := strconv.Unquote(val.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
		return true
	})
	if len(out) < 20 {
		t.Fatalf("only %d kinds found in %s", len(out), file)
	}
	return out
}
