//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/unloop-dev/unloop/internal/catalog"
)

const recorderFile = root + "/deploy/recorder.yaml"

// startRecorder runs the flight recorder on every node as deploy/recorder.yaml has it,
// and lets the reader ask it. Four things are this cluster's own: the name of the image,
// that the kubelets' control groups lie below one group for each node, because the nodes
// share a kernel, that a scenario which runs again is not beyond the limits of its workload,
// and that events of a reason, which few scenarios meet, make captures, with the rights for that.
func (l *lab) startRecorder(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(recorderFile)
	if err != nil {
		t.Fatal(err)
	}
	manifest := string(b)
	for old, now := range map[string]string{
		"image: unloop:latest\n": "image: unloop.test/unloop:1\n",
		"- --serve=:9645\n":      "- --serve=:9645\n        - --kubepods=/unloop-cluster/$(NODE_NAME)/kubepods\n        - --burst=50\n        - --on=death\n        - --on=event:" + eventReason + "\n",
	} {
		if strings.Count(manifest, old) != 1 {
			t.Fatalf("%s has %q not once", recorderFile, old)
		}
		manifest = strings.Replace(manifest, old, now, 1)
	}
	manifest += fmt.Sprintf(`
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: unloop-captures, namespace: %[1]s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: unloop-captures}
subjects: [{kind: ServiceAccount, name: reader, namespace: unloop-e2e}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: unloop-recorder-events}
rules: [{apiGroups: [""], resources: [events], verbs: [list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: unloop-recorder-events}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: unloop-recorder-events}
subjects: [{kind: ServiceAccount, name: unloop-recorder, namespace: %[1]s}]
`, catalog.RecorderNamespace)
	if _, err := l.kubectlIn(t.Context(), manifest, l.dir, "", "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	if err := l.recorderReady(t.Context()); err != nil {
		pods, _ := l.world.pods.Pods(catalog.RecorderNamespace).List(labels.Everything())
		events, _ := l.world.events.Events(catalog.RecorderNamespace).List(labels.Everything())
		logs, _ := l.kubectl(t.Context(), l.dir, catalog.RecorderNamespace, "logs", "daemonset/unloop-recorder", "--tail=20")
		t.Fatalf("the recorders are not ready: %v; there is: %s\n%s", err, describe(pods, events), logs)
	}
}

// recorderReady waits until the recorders of all nodes are: the node of one may have been away.
func (l *lab) recorderReady(ctx context.Context) error {
	_, err := l.kubectl(ctx, l.dir, catalog.RecorderNamespace, "rollout", "status", "daemonset/unloop-recorder", "--timeout="+waitLimit.String())
	return err
}

// capture is one that a recorder wrote of a container's newest end.
type capture struct {
	// shelf is the folder with the captures of the node, file the capture in it.
	shelf, file string
}

// captures waits until the newest bad end of every container of a namespace has been
// written, and returns those captures. Where sysdig is installed, it has to be able to
// read them, too.
func (l *lab) captures(ctx context.Context, ns string) ([]capture, error) {
	var out []capture
	err := l.captured(ctx, func(ctx context.Context) (missing string, err error) {
		if out, missing, err = l.capturesNow(ctx, ns); missing != "" {
			return missing, err
		}
		for _, c := range out {
			if err == nil {
				err = sysdigReads(ctx, c.file)
			}
		}
		return "", err
	})
	return out, err
}

// captured waits until a look at the captures misses nothing.
func (l *lab) captured(ctx context.Context, look func(context.Context) (missing string, err error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, waitLimit, fmt.Errorf("not within %s", waitLimit))
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		missing, err := look(ctx)
		if missing == "" || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			logs, _ := l.kubectl(context.Background(), l.dir, catalog.RecorderNamespace, "logs", "daemonset/unloop-recorder", "--tail=5")
			return fmt.Errorf("no capture of %s: %w; a recorder said: %s", missing, context.Cause(ctx), logs)
		}
	}
}

// capturesNow finds the captures that there are, and the first container that lacks one. The
// API server itself is asked: what the world has seen may be a moment old.
func (l *lab) capturesNow(ctx context.Context, ns string) (out []capture, missing string, err error) {
	pods, err := l.world.client.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, "", err
	}
	missing = "any container that ended"
	for _, p := range pods.Items {
		shelf := filepath.Join(filepath.Dir(l.admin), p.Spec.NodeName, "lib/unloop/captures")
		written, err := written(shelf, ns)
		if err != nil {
			return nil, "", err
		}
		for _, c := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
			end := newestEnd(c)
			if end == nil || end.ExitCode == 0 {
				continue
			}
			_, id, _ := strings.Cut(end.ContainerID, "://")
			file := written[id]
			if file == "" {
				return nil, fmt.Sprintf("%s/%s, %s, which ended with %d", p.Name, c.Name, end.ContainerID, end.ExitCode), nil
			}
			out, missing = append(out, capture{shelf, file}), ""
		}
	}
	return out, missing, nil
}

func newestEnd(c corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if c.State.Terminated != nil {
		return c.State.Terminated
	}
	return c.LastTerminationState.Terminated
}

// written are the captures of ends in a namespace by the id of the container that they are about.
// The notes beside a capture, which tell it, are there a moment before the capture.
func written(shelf, ns string) (map[string]string, error) {
	captures, err := filepath.Glob(filepath.Join(shelf, ns, "*"+catalog.Suffix))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, c := range captures {
		e, err := notes(c)
		if err != nil {
			return nil, err
		}
		if e.OfEnd() {
			out[e.ContainerID] = c
		}
	}
	return out, nil
}

// notes are what lies beside a capture.
func notes(capture string) (e catalog.Entry, err error) {
	b, err := os.ReadFile(capture + catalog.NotesSuffix)
	if err == nil {
		err = json.Unmarshal(b, &e)
	}
	return e, err
}

var sysdig = sync.OnceValue(func() string {
	path, err := exec.LookPath("sysdig")
	if err != nil {
		fmt.Println("skipped: that sysdig reads the captures: it is not installed")
	}
	return path
})

// sysdigReads has sysdig read a capture to its end.
func sysdigReads(ctx context.Context, file string) error {
	if sysdig() == "" {
		return nil
	}
	out, err := exec.CommandContext(ctx, sysdig(), "-r", file, "evt.type=procexit").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "procexit") {
		return fmt.Errorf("sysdig does not read %s: %v: %s", file, err, out)
	}
	return nil
}

// capturesFrom are the flags with which a user joins the captures.
func capturesFrom(s *Scenario, seen []capture) []string {
	switch s.Captures {
	case "folder":
		return []string{"--captures", seen[0].shelf}
	case "recorders":
		return []string{"--recorders", catalog.RecorderNamespace}
	}
	return nil
}

// maxCapture bounds the captures that go into recordings.
const maxCapture = 200 << 10

// copyCaptures puts captures into a dump, without the environments of programs and without
// what the runtime did before them: it reads the mounts of the machine.
func copyCaptures(ctx context.Context, seen []capture, dump string) error {
	for _, c := range seen {
		into := filepath.Join(dump, "captures", filepath.Base(c.file))
		if err := os.MkdirAll(filepath.Dir(into), 0o755); err != nil {
			return err
		}
		whole := into + ".whole"
		for _, args := range [][]string{
			{"cut", c.file, "--filter", "not proc.name startswith runc and proc.name != exe", "--gzip", "-w", whole},
			{"redact", whole, "--keep", "payloads", "-w", into},
		} {
			cmd := exec.CommandContext(ctx, unloopBinary, append([]string{"capture"}, args...)...)
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, out)
			}
		}
		if err := os.Remove(whole); err != nil {
			return err
		}
		if st, err := os.Stat(into); err != nil || st.Size() > maxCapture {
			return fmt.Errorf("%s is too large for a recording: %d bytes, %v", into, st.Size(), err)
		}
	}
	return nil
}

// What the recorder may do, as docs/record.md has it (linux/capability.h).
const capabilities = 1<<38 /* CAP_PERFMON */ | 1<<39 /* CAP_BPF */

// TestRecorder: the recorders run with the rights that docs/record.md names and no
// others, and who has none of the rights on captures gets none.
func TestRecorder(t *testing.T) {
	l := newLab(t)
	l.startRecorder(t)
	found := 0
	for _, pid := range clusterRecorders(t) {
		found++
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			fmt.Sprintf("CapEff:\t%016x\n", capabilities), fmt.Sprintf("CapPrm:\t%016x\n", capabilities), fmt.Sprintf("CapBnd:\t%016x\n", capabilities),
			"NoNewPrivs:\t1\n", "Seccomp:\t2\n",
		} {
			if !strings.Contains(string(status), want) {
				t.Errorf("process %d: want %q in\n%s", pid, want, status)
			}
		}
		mounts, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(mounts)) {
			if w := strings.Fields(line); w[4] == "/" && !strings.HasPrefix(w[5], "ro,") {
				t.Errorf("process %d: its root may be written: %s", pid, line)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d recorders run, want one on each of 2 nodes", found)
	}
	stranger := l.account(t, "stranger", "", "view")
	out, err := exec.CommandContext(t.Context(), unloopBinary, "capture", "list", "-A", "--kubeconfig", stranger).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "forbidden") && !strings.Contains(string(out), "may not") {
		t.Errorf("who has no right to captures: %v: %s", err, out)
	}
}

// eventReason is what the kubelet reports where the command fails that a container is to run
// before it is stopped.
const eventReason = "FailedPreStopHook"

// TestRecorder_event: an event of Kubernetes makes a capture of a container that lives.
func TestRecorder_event(t *testing.T) {
	l := newLab(t)
	l.startRecorder(t)
	const ns = "e2e-recorder-event"
	must := l.namespace(t, ns)
	must(`
apiVersion: v1
kind: Pod
metadata: {name: shop, namespace: `+ns+`}
spec:
  terminationGracePeriodSeconds: 5
  containers:
  - name: web
    image: unloop.test/python:1
    command: [/usr/bin/python3, /app/listen.py, "8080"]
    lifecycle: {preStop: {exec: {command: [cat, /etc/no-such-farewell]}}}
`, "apply", "-f", "-")
	running, err := parseCondition("pod shop: container web running")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.world.wait(t.Context(), ns, running); err != nil {
		t.Fatal(err)
	}
	must("", "delete", "pod", "shop", "-n", ns, "--wait=false")
	var found []string
	err = l.captured(t.Context(), func(context.Context) (missing string, err error) {
		found, err = filepath.Glob(filepath.Join(filepath.Dir(l.admin), "*", "lib/unloop/captures", ns, "*_shop_web_event_*"+catalog.Suffix))
		if len(found) != 1 {
			missing = "the event"
		}
		return missing, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := notes(found[0]); err != nil || !strings.HasPrefix(e.Text, eventReason+": ") {
		t.Errorf("the notes beside the capture: %v: %+v", err, e)
	}
	out, err := exec.CommandContext(t.Context(), unloopBinary, "inspect", found[0], "--events", "--filter", "evt.type = openat and evt.args contains no-such-farewell").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "ENOENT") {
		t.Errorf("the call that made the hook fail is not in the capture: %v: %s", err, out)
	}
}

// clusterRecorders are the processes of the recorders.
func clusterRecorders(t *testing.T) (out []int) {
	t.Helper()
	list, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		b, err := os.ReadFile(p)
		if err != nil || !strings.HasPrefix(string(b), "/bin/unloop\x00record\x00") {
			continue // it may have ended meanwhile
		}
		var pid int
		if _, err := fmt.Sscanf(p, "/proc/%d/cmdline", &pid); err != nil {
			t.Fatal(err)
		}
		out = append(out, pid)
	}
	return out
}
