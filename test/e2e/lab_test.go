//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop"
)

// Where things are, seen from this folder and from the repository's root.
const (
	root          = "../.."
	clusterBinary = "bin/unloop-cluster"
	unloopBinary  = root + "/bin/unloop"
	rightsFile    = root + "/deploy/rbac.yaml"
	// exitLacking is the cluster program's status on a machine that cannot run one.
	exitLacking = 4
)

// lab is the cluster with what the tests need of it.
type lab struct {
	world *world
	// admin and reader are kubeconfigs: the administrator's, and that of a service
	// account with exactly the documented rights.
	admin, reader string
	// dir holds the files of the scenarios and what the cluster showed; it stays.
	dir string
	bin string // kubectl
}

func newLab(t *testing.T) *lab {
	t.Helper()
	env, err := clusterEnv(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{admin: env["KUBECONFIG"], bin: env["UNLOOP_KUBECTL"], dir: filepath.Join(root, "bin/e2e")}
	if l.dir, err = filepath.Abs(l.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if l.world, err = watch(t.Context(), l.admin); err != nil {
		t.Fatal(err)
	}
	rights, err := os.ReadFile(rightsFile)
	if err != nil {
		t.Fatal(err)
	}
	l.reader = l.account(t, "reader", string(rights), "unloop-reader")
	return l
}

// clusterEnv is what the cluster program says of its cluster.
func clusterEnv(ctx context.Context) (map[string]string, error) {
	cmd := exec.CommandContext(ctx, clusterBinary, "env")
	cmd.Dir = root
	out, err := cmd.Output()
	env := map[string]string{}
	for line := range strings.Lines(string(out)) {
		key, val, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[key] = val
	}
	return env, err
}

// account makes a service account bound to a ClusterRole, which the manifest
// defines, and returns its kubeconfig.
func (l *lab) account(t *testing.T, name, manifest, role string) string {
	t.Helper()
	const ns = "unloop-e2e"
	must := func(stdin string, args ...string) string {
		t.Helper()
		out, err := l.kubectlIn(t.Context(), stdin, l.dir, "", args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	must(fmt.Sprintf(`
apiVersion: v1
kind: Namespace
metadata: {name: %[1]s}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: %[2]s, namespace: %[1]s}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: e2e-%[2]s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %[3]s}
subjects: [{kind: ServiceAccount, name: %[2]s, namespace: %[1]s}]
---
`, ns, name, role)+manifest, "apply", "-f", "-")
	token := strings.TrimSpace(must("", "create", "token", name, "-n", ns, "--duration=2h"))
	file := filepath.Join(l.dir, name+".kubeconfig")
	b, err := os.ReadFile(l.admin)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	must("", "config", "--kubeconfig", file, "set-credentials", "reader", "--token="+token)
	must("", "config", "--kubeconfig", file, "set-context", "unloop-test", "--user=reader")
	must("", "config", "--kubeconfig", file, "unset", "users.admin")
	return file
}

// namespace makes a namespace for a test, which goes with it, and returns the administrator's
// kubectl, which has to work.
func (l *lab) namespace(t *testing.T, ns string) (must func(stdin string, args ...string)) {
	t.Helper()
	must = func(stdin string, args ...string) {
		t.Helper()
		if _, err := l.kubectlIn(context.WithoutCancel(t.Context()), stdin, l.dir, "", args...); err != nil {
			t.Fatal(err)
		}
	}
	must("", "delete", "namespace", ns, "--ignore-not-found", "--wait", "--timeout=300s")
	must("", "create", "namespace", ns)
	t.Cleanup(func() { must("", "delete", "namespace", ns, "--wait=false") }) // its context has ended by then
	return must
}

func (l *lab) kubectl(ctx context.Context, dir, ns string, args ...string) (string, error) {
	return l.kubectlIn(ctx, "", dir, ns, args...)
}

func (l *lab) kubectlIn(ctx context.Context, stdin, dir, ns string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, l.bin, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "KUBECONFIG="+l.admin)
	if ns != "" {
		cmd.Args = append(cmd.Args[:1:1], append([]string{"--namespace", ns}, args...)...)
	}
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// unloop runs `unloop diagnose ARGS -o json`, as it was built.
func (l *lab) unloop(ctx context.Context, args ...string) (unloop.DiagnosisList, error) {
	var list unloop.DiagnosisList
	cmd := exec.CommandContext(ctx, unloopBinary, append([]string{"diagnose", "-o", "json"}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
		return list, fmt.Errorf("unloop diagnose %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return list, json.Unmarshal(out.Bytes(), &list)
}

func (l *lab) cluster(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, clusterBinary, args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cluster %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}
