package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/kube"
)

// world is an Env without files and clusters, and what was written to it.
type world struct {
	Env
	out, err bytes.Buffer
	vars     map[string]string
	// snap is what Read and Live return.
	snap *facts.Snapshot
	fail error
	// What they were asked for.
	paths []string
	cfg   kube.Config
}

func newWorld(t *testing.T, snap *facts.Snapshot) *world {
	t.Helper()
	w := &world{snap: snap, vars: map[string]string{"LANG": "C.UTF-8"}}
	w.Env = Env{
		Program: "/usr/local/bin/unloop", In: strings.NewReader(""), Out: &w.out, Err: &w.err,
		Getenv: func(name string) string { return w.vars[name] },
		Now:    func() time.Time { return time.Date(2026, 3, 14, 3, 12, 0, 0, time.UTC) },
		Read: func(_ context.Context, paths []string, _ io.Reader, _ collect.Options) (*facts.Snapshot, error) {
			w.paths = paths
			return w.snap, w.fail
		},
		Live: func(_ context.Context, cfg kube.Config) (*facts.Snapshot, error) {
			w.cfg = cfg
			return w.snap, w.fail
		},
	}
	return w
}

func (w *world) run(args ...string) int {
	w.out.Reset()
	w.err.Reset()
	return Main(context.Background(), w.Env, args)
}

// kubeconfig writes a configuration for a cluster that nobody asks.
func kubeconfig(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	text := `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u, namespace: shop}}]
current-context: x
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// pod makes a pod of a ReplicaSet; a crashing one waits in CrashLoopBackOff after
// running into its memory limit.
func pod(namespace, name, replicaSet string, crashing bool) *facts.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": replicaSet}}}
	if replicaSet != "" {
		yes := true
		p.OwnerReferences = []metav1.OwnerReference{{Kind: "ReplicaSet", Name: replicaSet, Controller: &yes}}
	}
	p.Status.Phase = corev1.PodRunning
	st := corev1.ContainerStatus{Name: "app", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
	ready := corev1.ConditionTrue
	if crashing {
		ready = corev1.ConditionFalse
		st = corev1.ContainerStatus{
			Name: "app", RestartCount: 3,
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off 40s restarting failed container=app"}},
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
				ExitCode: 137, Reason: "OOMKilled", StartedAt: metav1.Unix(1773457000, 0), FinishedAt: metav1.Unix(1773457010, 0),
			}},
		}
	}
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}
	p.Status.ContainerStatuses = []corev1.ContainerStatus{st}
	p.Spec.Containers = []corev1.Container{{Name: "app", Image: "registry.example/app:1"}}
	p.Spec.RestartPolicy = corev1.RestartPolicyAlways
	return &facts.Pod{Pod: p, HasSpec: true, HasStatus: true}
}

func shop() *facts.Snapshot {
	return &facts.Snapshot{
		Pods: []*facts.Pod{pod("shop", "web-1", "web", true), pod("shop", "web-2", "web", false), pod("payments", "ledger-1", "ledger", true)},
		Workloads: []*facts.Workload{
			{Kind: "ReplicaSet", Namespace: "shop", Name: "web", OwnerKind: "Deployment", OwnerName: "web-deploy", Desired: 2, Ready: 1, Existing: 2},
			{Kind: "Deployment", Namespace: "shop", Name: "web-deploy", Desired: 2, Ready: 1, Existing: 2},
			{Kind: "Deployment", Namespace: "shop", Name: "asleep", Desired: 0, Ready: 0},
		},
	}
}

func names(t *testing.T, w *world) string {
	t.Helper()
	var list unloop.DiagnosisList
	if err := json.Unmarshal(w.out.Bytes(), &list); err != nil {
		t.Fatalf("%v in %s%s", err, w.out.String(), w.err.String())
	}
	var out []string
	for _, d := range list.Items {
		out = append(out, d.Subject.Name)
	}
	return strings.Join(out, " ")
}

func TestDiagnose_chooses(t *testing.T) {
	for _, tc := range []struct {
		args string
		code int
		want string
	}{
		{"", exitFindings, "web-1 ledger-1 web-2"},
		{"-n shop", exitFindings, "web-1 web-2"},
		{"-n shop -A", exitFindings, "web-1 ledger-1 web-2"},
		{"-n nowhere", exitFine, ""},
		{"-l app=ledger", exitFindings, "ledger-1"},
		{"-l app!=ledger,app", exitFindings, "web-1 web-2"},
		{"web-2", exitFine, "web-2"},
		{"web-1 pod/web-2", exitFindings, "web-1 web-2"},
		{"pod web-1", exitFindings, "web-1"},
		{"pods", exitFindings, "web-1 ledger-1 web-2"},
		{"po web-1 web-2", exitFindings, "web-1 web-2"},
		{"rs/web", exitFindings, "web-1 web-2"},
		{"deployment web-deploy", exitFindings, "web-1 web-2"},
		{"deploy/asleep", exitFine, "asleep"},
		{"deploy/asleep web-1", exitFindings, "web-1 asleep"},
	} {
		t.Run(tc.args, func(t *testing.T) {
			w := newWorld(t, shop())
			code := w.run(append(strings.Fields("diagnose -o json -f in.yaml "), strings.Fields(tc.args)...)...)
			if code != tc.code {
				t.Errorf("exit %d, want %d: %s", code, tc.code, w.err.String())
			}
			if got := names(t, w); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDiagnose_usageErrors(t *testing.T) {
	for _, tc := range []struct{ args, want string }{
		{"diagnose -f a -o xml", `unknown output format "xml": want text, json, yaml, markdown`},
		{"diagnose --nope", "unknown flag: --nope"},
		{"diagnose -f", "flag needs an argument: 'f' in -f"},
		{"diagnose -f - -f -", "standard input can be read once only: -f - stands 2 times"},
		{"diagnose -l a==b=c -f x", `selector "a==b=c": `},
		{"diagnose deployment", `"deployment" is a type without a name: want deployment/NAME`},
		{"diagnose deployment a/b", `"a/b": there is no need to name a type twice: want deployment NAME or a/b`},
		{"diagnose gizmo/x", `"gizmo/x": unknown type "gizmo": `},
		{"diagnose a/b/c", `"a/b/c" is neither POD nor TYPE/NAME`},
		{"diagnose web-1 -A", "a name cannot be looked up in all namespaces: give either names or -A"},
		{"diagnose web-1 -l a=b", "names and a selector exclude each other"},
		{"diagnosee", `unknown command "diagnosee"`},
		{"web-1", `unknown command "web-1"`},
		{"version now", `version takes no arguments, got "now"`},
		{"version -o yaml", `unknown output format "yaml": want text, json`},
		{"help nope", `unknown command "nope"`},
	} {
		t.Run(tc.args, func(t *testing.T) {
			w := newWorld(t, shop())
			if code := w.run(strings.Fields(tc.args)...); code != exitUsage {
				t.Errorf("exit %d, want %d", code, exitUsage)
			}
			first, rest, _ := strings.Cut(w.err.String(), "\n")
			if !strings.HasPrefix(first, "unloop: "+tc.want) {
				t.Errorf("got %q, want %q", first, tc.want)
			}
			if !strings.HasPrefix(rest, "hint: unloop ") || strings.Count(rest, "\n") != 1 {
				t.Errorf("want one hint, got %q", rest)
			}
			if w.out.Len() > 0 {
				t.Errorf("standard output is not empty: %s", w.out.String())
			}
		})
	}
}

func TestDiagnose_notInInput(t *testing.T) {
	w := newWorld(t, shop())
	if code := w.run("diagnose", "-f", "a.yaml", "web-9"); code != exitFailed {
		t.Errorf("exit %d", code)
	}
	if got, want := w.err.String(), "unloop: pod \"web-9\" is not in the input\nhint: unloop diagnose -f a.yaml\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDiagnose_emptyInput(t *testing.T) {
	w := newWorld(t, &facts.Snapshot{Skipped: []string{"a.bin: not text\x1b[2J"}})
	if code := w.run("diagnose", "-f", "a.bin", "-f", "b.json", "-n", "shop"); code != exitFine {
		t.Errorf("exit %d", code)
	}
	want := "unloop: skipped: a.bin: not text\n" +
		"unloop: nothing to diagnose in a.bin, b.json: no pod, workload, event, node, log or recorded end of a process in namespace \"shop\"\n"
	if got := w.err.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDiagnose_unreadableInput(t *testing.T) {
	w := newWorld(t, nil)
	w.fail = &collect.InputError{Input: "a\x1b[1m.bin", Why: "is not text", Hint: "kubectl describe pod POD | unloop diagnose -f -"}
	if code := w.run("diagnose", "-f", "a.bin"); code != exitFailed {
		t.Errorf("exit %d", code)
	}
	if got, want := w.err.String(), "unloop: a.bin: is not text\nhint: kubectl describe pod POD | unloop diagnose -f -\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDiagnose_live(t *testing.T) {
	w := newWorld(t, shop())
	if code := w.run("diagnose", "--kubeconfig", kubeconfig(t), "deploy/web-deploy", "-o", "json"); code != exitFindings {
		t.Errorf("exit %d: %s", code, w.err.String())
	}
	if got, want := names(t, w), "web-1 web-2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if w.cfg.Namespace != "shop" || len(w.cfg.Names) != 1 || w.cfg.Names[0] != "Deployment/web-deploy" || w.cfg.RESTConfig.Host != "https://127.0.0.1:1" {
		t.Errorf("asked for %+v", w.cfg)
	}
	if code := w.run("diagnose", "--kubeconfig", kubeconfig(t), "-A", "-l", "app=web", "-o", "json"); code != exitFindings {
		t.Errorf("exit %d: %s", code, w.err.String())
	}
	if w.cfg.Namespace != "" || !w.cfg.AllNamespaces || w.cfg.Selector != "app=web" {
		t.Errorf("asked for %+v", w.cfg)
	}
}

func TestDiagnose_liveNothingThere(t *testing.T) {
	w := newWorld(t, &facts.Snapshot{})
	if code := w.run("diagnose", "--kubeconfig", kubeconfig(t)); code != exitFine || w.err.String() != "unloop: no pods in namespace \"shop\"\n" || w.out.Len() > 0 {
		t.Errorf("exit %d, %q, %q", code, w.out.String(), w.err.String())
	}
	if code := w.run("diagnose", "--kubeconfig", kubeconfig(t), "-o", "json"); code != exitFine || names(t, w) != "" {
		t.Errorf("exit %d, %q", code, w.out.String())
	}
	w.snap.Denied = []facts.Denied{{Kind: facts.Status, Reason: "forbidden: cannot list pods"}}
	if code := w.run("diagnose", "--kubeconfig", kubeconfig(t)); code != exitFailed ||
		w.err.String() != "unloop: pods cannot be read: forbidden: cannot list pods\nhint: kubectl auth can-i list pods -n shop\n" {
		t.Errorf("exit %d, %q", code, w.err.String())
	}
}

func TestDiagnose_noCluster(t *testing.T) {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	w := newWorld(t, nil)
	if code := w.run("diagnose"); code != exitFailed {
		t.Errorf("exit %d", code)
	}
	if _, hint, _ := strings.Cut(w.err.String(), "\n"); !strings.HasPrefix(hint, "hint: unloop diagnose -f - ") {
		t.Errorf("piped: %q", w.err.String())
	}
	w.InTerminal = true
	w.run("diagnose")
	if _, hint, _ := strings.Cut(w.err.String(), "\n"); !strings.HasPrefix(hint, "hint: unloop diagnose --kubeconfig ") {
		t.Errorf("on a terminal: %q", w.err.String())
	}
}

func TestMain_errors(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		code int
		want string
	}{
		{"hinted", fmt.Errorf("x: %w", &kube.Error{Kind: kube.ErrUnreachable, What: "no API server at \x1b[2Jh: connection refused", Next: "kubectl cluster-info"}), exitFailed,
			"unloop: x: no API server at h: connection refused\nhint: kubectl cluster-info\n"},
		{"plain", errors.New("a\nb"), exitFailed, "unloop: a b\n"},
		{"interrupted", context.Canceled, exitFailed, "unloop: interrupted\n"},
		{"broken pipe", fmt.Errorf("write: %w", syscall.EPIPE), exitFailed, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.fail = tc.err
			if code := w.run("diagnose", "-f", "x"); code != tc.code || w.err.String() != tc.want {
				t.Errorf("exit %d, %q; want %d, %q", code, w.err.String(), tc.code, tc.want)
			}
		})
	}
}

// A read that blocks does not keep an interrupted command alive.
func TestDiagnose_interruptedWhileReading(t *testing.T) {
	w := newWorld(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	release := make(chan struct{})
	defer close(release)
	w.Read = func(context.Context, []string, io.Reader, collect.Options) (*facts.Snapshot, error) {
		cancel()
		<-release
		return nil, nil
	}
	if code := Main(ctx, w.Env, []string{"diagnose", "-f", "-"}); code != exitFailed || w.err.String() != "unloop: interrupted\n" {
		t.Errorf("exit %d, %q", code, w.err.String())
	}
}

func TestEnv_name(t *testing.T) {
	for program, want := range map[string]string{
		"unloop": "unloop", "/usr/bin/unloop": "unloop", "/x/kubectl-unloop": "kubectl unloop", "kubectl-unloop.exe": "kubectl unloop", "": "unloop",
	} {
		if got := (&Env{Program: program}).name(); got != want {
			t.Errorf("%q: got %q, want %q", program, got, want)
		}
	}
}

func TestEnv_look(t *testing.T) {
	for _, tc := range []struct {
		name     string
		vars     map[string]string
		terminal bool
		color    bool
		unicode  bool
		columns  int
	}{
		{"pipe", map[string]string{"LANG": "en_GB.UTF-8"}, false, false, true, 100},
		{"terminal", map[string]string{"LANG": "en_GB.UTF-8", "TERM": "xterm"}, true, true, true, 100},
		{"no color", map[string]string{"NO_COLOR": "1"}, true, false, false, 100},
		{"no color, but empty", map[string]string{"NO_COLOR": ""}, true, true, false, 100},
		{"dumb", map[string]string{"TERM": "dumb"}, true, false, false, 100},
		{"locale order", map[string]string{"LC_ALL": "C", "LANG": "en_GB.UTF-8"}, true, true, false, 100},
		{"utf8 spelt otherwise", map[string]string{"LC_CTYPE": "de_DE.utf8"}, true, true, true, 100},
		{"columns", map[string]string{"COLUMNS": "132"}, true, true, false, 132},
		{"columns nonsense", map[string]string{"COLUMNS": "wide"}, true, true, false, 100},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := Env{OutTerminal: tc.terminal, Width: 100, Getenv: func(n string) string { return tc.vars[n] }}
			if e.color() != tc.color || e.unicode() != tc.unicode || e.columns() != tc.columns {
				t.Errorf("color %v, unicode %v, columns %d", e.color(), e.unicode(), e.columns())
			}
		})
	}
}

func TestDiagnose_recordingWithoutBadEnd(t *testing.T) {
	w := newWorld(t, &facts.Snapshot{Recordings: []facts.Recording{{Ends: 3}}})
	if code := w.run("diagnose", "-f", "x.scap"); code != exitFine {
		t.Errorf("exit %d", code)
	}
	if got, want := w.err.String(), "unloop: no process in x.scap ended badly (ends seen: 3)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
