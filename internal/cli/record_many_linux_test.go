package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unloop-dev/unloop/internal/bpf"
	"github.com/unloop-dev/unloop/internal/catalog"
)

// TestRecord_thousandDeaths: a thousand containers of fifty pods that die at once, in a
// row, on the real kernel. Each end makes a capture or is counted as beyond the limits of
// its workload, and nothing is left of them: no memory, no descriptor, no temporary file.
func TestRecord_thousandDeaths(t *testing.T) {
	needRecorder(t)
	h, err := bpf.FindHierarchy()
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	const pods, each, burst = 50, 20, 3
	dir, top := t.TempDir(), fmt.Sprintf("/unloop-many-test-%d", os.Getpid())
	links, logs, captures := filepath.Join(dir, "containers"), filepath.Join(dir, "pods"), filepath.Join(dir, "captures")
	for _, d := range []string{links, logs} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{top, top + "/kubepods"} {
		if err := os.Mkdir(h.Dir(d), 0o755); err != nil {
			t.Skipf("skipped: control groups cannot be made here: %v", err)
		}
		t.Cleanup(func() { remove(t, h.Dir(d)) })
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
	go func() {
		done <- Main(ctx, env, []string{"record", "--captures", captures, "--kubepods", top + "/kubepods", "--node", "worker-1",
			"--burst", strconv.Itoa(burst), "--every", "1h", "--pod-logs", logs, "--container-logs", links, "--listen", address})
	}()
	until(t, "readiness", said, func() bool {
		resp, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})

	// settled waits until so many ends have been dealt with, and returns the figures.
	settled := func(n float64) map[string]float64 {
		t.Helper()
		var m map[string]float64
		until(t, fmt.Sprintf("the end of %v containers", n), said, func() bool {
			m = figures(t, address)
			dealt := 0.0 // one that is being written does not wait any more
			for name, v := range m {
				if name == `triggers_limited_total{trigger="death"}` || name == `captures_total{trigger="death"}` || strings.HasPrefix(name, "captures_dropped_total") {
					dealt += v
				}
			}
			return m["deaths_total"] >= n && dealt >= n && m["captures_waiting"] == 0 && m[`containers{state="live"}`] == 0
		})
		return m
	}
	var warm uint64
	for i := range pods {
		uid := fmt.Sprintf("3b5d2f0e-8c1a-4f6d-9e27-5a4b3c2d%04x", i)
		pod := h.Dir(top + "/kubepods/pod" + uid)
		if err := os.Mkdir(pod, 0o755); err != nil {
			t.Fatal(err)
		}
		log := filepath.Join(logs, fmt.Sprintf("shop_web-%d_%s", i, uid), "app")
		if err := os.MkdirAll(log, 0o755); err != nil {
			t.Fatal(err)
		}
		for k := range each {
			id := fmt.Sprintf("%064x", i<<16+k+1)
			if err := os.Symlink(filepath.Join(log, fmt.Sprint(k, ".log")), filepath.Join(links, fmt.Sprintf("web-%d_shop_app-%s.log", i, id))); err != nil {
				t.Fatal(err)
			}
			group := filepath.Join(pod, id)
			if err := os.Mkdir(group, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := exec.Command("/bin/sh", "-c", `echo $$ > "$0" && exec /bin/false`, group+"/cgroup.procs").Run(); err == nil {
				t.Fatal("a container's program ended well")
			}
			remove(t, group)
		}
		remove(t, pod)
		if i == pods/5 {
			settled(float64((i + 1) * each))
			warm = heap()
		}
	}
	m := settled(pods * each)
	captured, limited := m[`captures_total{trigger="death"}`], m[`triggers_limited_total{trigger="death"}`]
	if m["deaths_total"] != pods*each || captured+limited != pods*each || captured < pods*burst || captured > 2*pods*burst {
		t.Errorf("%v ends: %v captured, %v beyond the limits; want %d, of which %d or, where a name came late, some more are captured", m["deaths_total"], captured, limited, pods*each, pods*burst)
	}
	for name, v := range m {
		if v != 0 && (strings.HasPrefix(name, "captures_dropped_total") || strings.HasPrefix(name, "events_lost_total")) {
			t.Errorf("%s is %v", name, v)
		}
	}
	// What ends without a capture is kept for a while: the budget bounds it.
	if m["memory_bytes"] > m["memory_budget_bytes"] {
		t.Errorf("%v bytes in rings of %v", m["memory_bytes"], m["memory_budget_bytes"])
	}
	now := heap()
	t.Logf("%v captured, %v beyond the limits; heap after %d ends %d KiB, after %d %d KiB; rings %v bytes of %v ended containers",
		captured, limited, (pods/5+1)*each, warm>>10, pods*each, now>>10, m["memory_bytes"], m[`containers{state="ended"}`])
	const slack = 16 << 20
	if now > warm+slack {
		t.Errorf("the heap grew from %d to %d KiB", warm>>10, now>>10)
	}
	files := 0
	err = filepath.WalkDir(captures, func(path string, d fs.DirEntry, err error) error {
		switch name := filepath.Base(path); {
		case err != nil || d.IsDir():
		case strings.HasSuffix(name, catalog.Suffix):
			files++
		case !strings.HasSuffix(name, catalog.NotesSuffix):
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil || files != int(captured) {
		t.Errorf("%d captures on the shelf, want %v; %v", files, captured, err)
	}
	stop()
	if status := <-done; status != exitFine {
		t.Errorf("record ended with status %d:\n%s", status, said)
	}
}

// heap is how much of it is in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// figures reads the recorder's own metrics.
func figures(t *testing.T, address string) map[string]float64 {
	t.Helper()
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for line := range strings.Lines(string(b)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		name, ours := strings.CutPrefix(name, "unloop_recorder_")
		if !ok || !ours {
			continue
		}
		if out[name], err = strconv.ParseFloat(value, 64); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// remove removes a control group whose last process may still be leaving.
func remove(t *testing.T, group string) {
	t.Helper()
	for late := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		err := os.Remove(group)
		if err == nil {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("left behind: %v", err)
		}
	}
}
