package cli

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/unloop-dev/unloop/internal/bpf"
	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/shelf"
)

// output takes what a command that runs beside the test writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// until waits for a condition, generously: the machine may be busy.
func until(t *testing.T, what string, said *output, ok func() bool) {
	t.Helper()
	for late := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(late) {
			t.Fatalf("%s did not come; unloop record said:\n%s", what, said)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// needRecorder skips a test where nothing can be recorded, and says why.
func needRecorder(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("skipped: making control groups and loading programs needs root")
	}
	if err := bpf.Supported(); err != nil {
		t.Skipf("skipped: %v", err)
	}
}

// TestRecord_podThatDies runs the recorder of a node on the real kernel: a process in a
// control group like that of a pod's container dies, and the capture explains why.
func TestRecord_podThatDies(t *testing.T) {
	needRecorder(t)
	h, err := bpf.FindHierarchy()
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	const uid = "3b5d2f0e-8c1a-4f6d-9e27-5a4b3c2d1e0f"
	id := fmt.Sprintf("%064x", 0xabc001)
	top := fmt.Sprintf("/unloop-record-test-%d", os.Getpid())
	pod := top + "/kubepods/burstable/pod" + uid
	if err := os.MkdirAll(h.Dir(pod), 0o755); err != nil {
		t.Skipf("skipped: control groups cannot be made here: %v", err)
	}
	t.Cleanup(func() {
		for dir := pod + "/" + id; len(dir) >= len(top); dir = filepath.Dir(dir) {
			if err := os.Remove(h.Dir(dir)); err != nil && !os.IsNotExist(err) {
				t.Errorf("left behind: %v", err)
			}
		}
	})

	dir := t.TempDir()
	logs := filepath.Join(dir, "pods", "shop_web-0_"+uid, "app")
	links := filepath.Join(dir, "containers")
	for _, d := range []string{logs, links} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(logs, "2.log"), filepath.Join(links, "web-0_shop_app-"+id+".log")); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()

	said := &output{}
	env := newWorld(t, nil).Env
	env.Out, env.Err, env.Now = said, said, time.Now
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan int, 1)
	captures := filepath.Join(dir, "captures")
	go func() {
		done <- Main(ctx, env, []string{"record", "--captures", captures, "--kubepods", top + "/kubepods", "--node", "worker-1",
			"--pod-logs", filepath.Join(dir, "pods"), "--container-logs", links, "--listen", address})
	}()
	until(t, "readiness", said, func() bool {
		resp, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	if strings.Contains(said.String(), "is here yet") {
		t.Errorf("the group is there, and yet it says:\n%s", said)
	}

	if err := os.Mkdir(h.Dir(pod+"/"+id), 0o755); err != nil {
		t.Fatal(err)
	}
	// The container: a shell joins its group and becomes the program.
	cmd := exec.Command("/bin/sh", "-c", `echo $$ > "$0" && exec cat /etc/server/config.yaml`, h.Dir(pod+"/"+id)+"/cgroup.procs")
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("the container's program ended otherwise than planned: %v", err)
	}
	place, err := shelf.Open(ctx, captures, false)
	if err != nil {
		t.Fatal(err)
	}
	defer place.Close()
	var list []catalog.Entry
	until(t, "the capture", said, func() bool {
		if list, err = place.List(ctx, catalog.Query{}); err != nil {
			t.Fatal(err)
		}
		return len(list) > 0
	})
	stop()
	if status := <-done; status != exitFine {
		t.Errorf("record ended with status %d:\n%s", status, said)
	}
	if list, _ = place.List(context.Background(), catalog.Query{}); len(list) != 1 {
		t.Fatalf("captures %v, want one of one death", list)
	}
	e := place.Notes(context.Background(), list[0])
	if e.Namespace != "shop" || e.Pod != "web-0" || e.Container != "app" || e.PodUID != uid || e.ContainerID != id || e.Node != "worker-1" || e.Trigger != "death" ||
		e.ExitCode == nil || *e.ExitCode != 1 || e.Restart == nil || *e.Restart != 2 {
		t.Errorf("the capture is of %+v", e)
	}

	w := newWorld(t, nil)
	w.Read = collect.Read
	if status := w.run("diagnose", "-f", filepath.Join(captures, e.Name)); status != exitFindings {
		t.Errorf("diagnose ended with status %d: %s", status, w.err.String())
	}
	for _, want := range []string{"Pod shop/web-0", `cat needs "/etc/server/config.yaml"`, "proven"} {
		if !strings.Contains(w.out.String(), want) {
			t.Errorf("the diagnosis lacks %q:\n%s", want, w.out.String())
		}
	}
}

// TestRecord_nothingThere: a recorder without the groups it looks for says so and goes on.
func TestRecord_nothingThere(t *testing.T) {
	needRecorder(t)
	said := &output{}
	env := newWorld(t, nil).Env
	env.Out, env.Err, env.Now = said, said, time.Now
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- Main(ctx, env, []string{"record", "--captures", t.TempDir(), "--kubepods", "/unloop-none/kubepods", "--node", "worker-1"})
	}()
	until(t, "the hint", said, func() bool {
		return strings.Contains(said.String(), "none of the control groups /unloop-none/kubepods is here yet")
	})
	stop()
	if status := <-done; status != exitFine {
		t.Errorf("status %d:\n%s", status, said)
	}
}
