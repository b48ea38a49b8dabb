//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/catalog"
)

// TestRecorder_joined: diagnose joins the captures of the recorders by itself, for an account that
// may make tokens in the pod's namespace, as edit lets it, and for the administrator, whose
// client certificate is no token. For the reader, who may not, it says what is missing.
func TestRecorder_joined(t *testing.T) {
	l := newLab(t)
	l.startRecorder(t)
	const ns = "e2e-recorder-joined"
	must := l.namespace(t, ns)
	editor := l.account(t, "editor", `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: editor, namespace: `+ns+`}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: ServiceAccount, name: editor, namespace: unloop-e2e}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: unloop-captures-editor, namespace: `+catalog.RecorderNamespace+`}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: unloop-captures}
subjects: [{kind: ServiceAccount, name: editor, namespace: unloop-e2e}]
`, "unloop-reader")
	must(`
apiVersion: v1
kind: Pod
metadata: {name: ledger, namespace: `+ns+`}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  containers:
  - name: ledger
    image: unloop.test/python:1
    command: [/usr/bin/python3, /app/rates.py, /etc/ledger/rates.csv]
`, "apply", "-f", "-")
	exited, err := parseCondition("pod ledger: container ledger exited 1")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.world.wait(t.Context(), ns, exited); err != nil {
		t.Fatal(err)
	}
	if _, err := l.captures(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	for who, kubeconfig := range map[string]string{"who may make tokens in the namespace": editor, "the administrator": l.admin} {
		list, err := l.unloop(t.Context(), "--kubeconfig", kubeconfig, "-n", ns, "ledger")
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		if len(list.Items) != 1 || !slices.ContainsFunc(list.Items[0].Findings, fromCapture) || slices.ContainsFunc(list.Skipped, ofCaptures) {
			t.Errorf("%s: the capture is no evidence of\n%+v\nskipped: %s", who, list.Items, strings.Join(list.Skipped, "; "))
		}
	}
	list, err := l.unloop(t.Context(), "--kubeconfig", l.reader, "-n", ns, "ledger")
	if err != nil {
		t.Fatal(err)
	}
	missing := "captures: needs create serviceaccounts/token -n " + ns + ", or --recorders " + catalog.RecorderNamespace + " with your own token"
	if !slices.Contains(list.Skipped, missing) || len(list.Items) != 1 || slices.ContainsFunc(list.Items[0].Findings, fromCapture) {
		t.Errorf("the reader: %+v\nskipped: %q, want %q", list.Items, list.Skipped, missing)
	}
}

// ofCaptures reports whether a note is about captures that were not joined.
func ofCaptures(skipped string) bool { return strings.HasPrefix(skipped, "captures: ") }

func fromCapture(f unloop.Finding) bool {
	return slices.ContainsFunc(f.Evidence, func(e unloop.Evidence) bool { return e.Kind == "capture" })
}
