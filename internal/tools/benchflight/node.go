//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/bpf"
	"github.com/unloop-dev/unloop/internal/inspect"
	"github.com/unloop-dev/unloop/scap/state"
)

// steady makes calls calls a second: what a small service does, eight at a time. A negative
// number stands for reads and writes as fast as they go, as a busy server has them.
func steady(calls int) {
	opened()
	for calls < 0 {
		_, _, _ = unix.RawSyscall(unix.SYS_READ, zero, at(), 100)
		_, _, _ = unix.RawSyscall(unix.SYS_WRITE, null, at(), 100)
	}
	each := time.Second * 8 / time.Duration(max(calls, 1))
	for next := time.Now(); ; next = next.Add(each) {
		fd, _ := unix.Open("/etc/hostname", unix.O_RDONLY, 0)
		_, _ = unix.Read(fd, buffer[:512])
		_ = unix.Close(fd)
		_, _ = unix.Open("/nonexistent/unloop-bench", unix.O_RDONLY, 0)
		for range 4 {
			_, _, _ = unix.RawSyscall(unix.SYS_WRITE, null, at(), 200)
		}
		time.Sleep(time.Until(next))
	}
}

// node is `unloop record` with containers that are made for it.
type node struct {
	h      bpf.Hierarchy
	parent string
	dir    string
	cmd    *exec.Cmd
	listen string
	pods   []*exec.Cmd
}

func startNode(unloop string, h bpf.Hierarchy, parent string, flags ...string) (*node, error) {
	dir, err := os.MkdirTemp("/tmp", "benchflight")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	n := &node{h: h, parent: parent, dir: dir, listen: fmt.Sprintf("127.0.0.1:%d", port)}
	n.cmd = exec.Command(unloop, append([]string{"record", "--captures", dir, "--parents", parent, "--listen", n.listen}, flags...)...)
	n.cmd.Stderr = os.Stderr
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		r, err := http.Get("http://" + n.listen + "/readyz") //nolint:noctx // it is this machine
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return n, nil
			}
		}
		if time.Now().After(end) {
			n.stop()
			return nil, errors.New("unloop record does not become ready")
		}
	}
}

func (n *node) stop() {
	for i, p := range n.pods {
		_ = p.Process.Kill()
		_ = p.Wait()
		_ = os.Remove(n.h.Dir(fmt.Sprintf("%s/pod-%d", n.parent, i)))
	}
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	_ = n.cmd.Wait()
	_ = os.RemoveAll(n.dir)
}

// pod starts a program in a container of its own.
func (n *node) pod(argv ...string) (*exec.Cmd, error) {
	group := n.h.Dir(fmt.Sprintf("%s/pod-%d", n.parent, len(n.pods)))
	if err := os.Mkdir(group, 0o755); err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", `echo $$ > "$0" && exec "$@"`, group + "/cgroup.procs"}, argv...)...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	n.pods = append(n.pods, cmd)
	return cmd, nil
}

// service starts a pod that makes calls calls a second.
func (n *node) service(calls int) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return n.pod("/usr/bin/env", "UNLOOP_BENCH_WORKER="+strconv.Itoa(calls), "GOMAXPROCS=1", self)
}

// rssMiB is the memory of the recorder: now, and the most it had.
func (n *node) rssMiB() (now, most float64) {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kib, _ := strconv.ParseFloat(f[1], 64)
		switch f[0] {
		case "VmRSS:":
			now = kib / 1024
		case "VmHWM:":
			most = kib / 1024
		}
	}
	return now, most
}

// lost lists what the recorder says it has lost.
func (n *node) lost() string {
	r, err := http.Get("http://" + n.listen + "/metrics") //nolint:noctx // it is this machine
	if err != nil {
		return err.Error()
	}
	defer r.Body.Close()
	var out []string
	for s := bufio.NewScanner(r.Body); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "unloop_recorder_events_lost_total"); ok {
			out = append(out, rest)
		}
	}
	return strings.Join(out, " ")
}

// captures lists the files that are there.
func (n *node) captures() []string {
	var out []string
	_ = filepath.WalkDir(n.dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(d.Name(), ".scap.gz") {
			out = append(out, p)
		}
		return nil
	})
	return out
}

// measureNode measures the recorder of a node as a process: many pods, deaths, history.
func measureNode(unloop string, h bpf.Hierarchy, parent string) error {
	for _, m := range []struct {
		name        string
		pods, calls int
		seconds     int
	}{{"idle: 50 pods, 10 calls/s each", 50, 10, 30}, {"busy: 110 pods, 1,000 calls/s each", 110, 1000, 60}} {
		n, err := startNode(unloop, h, parent)
		if err != nil {
			return err
		}
		err = n.crowd(m.name, m.pods, m.calls, time.Duration(m.seconds)*time.Second)
		n.stop()
		if err != nil {
			return err
		}
	}
	return errors.Join(measureDeaths(unloop, h, parent), measureHistory(unloop, h, parent))
}

func (n *node) crowd(name string, pods, calls int, d time.Duration) error {
	for range pods {
		if _, err := n.service(calls); err != nil {
			return err
		}
	}
	time.Sleep(3 * time.Second) // the programs' own beginnings are over
	pid := []int{n.cmd.Process.Pid}
	before := spentBy(pid)
	time.Sleep(d)
	spent := spentBy(pid) - before
	now, most := n.rssMiB()
	fmt.Printf("%s: %.2f %% of a processor, %.0f MiB now, %.0f MiB at most, lost: %s\n", name, 100*float64(spent)/float64(d), now, most, n.lost())
	return nil
}

// measureDeaths kills containers of their own and waits for their captures.
func measureDeaths(unloop string, h bpf.Hierarchy, parent string) error {
	n, err := startNode(unloop, h, parent)
	if err != nil {
		return err
	}
	defer n.stop()
	var took []float64
	for i := range 20 {
		p, err := n.service(100)
		if err != nil {
			return err
		}
		time.Sleep(300 * time.Millisecond)
		begin := time.Now()
		_ = p.Process.Kill()
		for len(n.captures()) <= i {
			if time.Since(begin) > time.Minute {
				return fmt.Errorf("no capture of death %d", i+1)
			}
			time.Sleep(2 * time.Millisecond)
		}
		took = append(took, float64(time.Since(begin).Milliseconds()))
	}
	fmt.Printf("death to file: median %.0f ms, longest %.0f ms of %d\n", median(took), slices.Max(took), len(took))
	return nil
}

// measureHistory fills the rings and looks at how far the capture goes back.
func measureHistory(unloop string, h bpf.Hierarchy, parent string) error {
	for _, m := range []struct {
		name    string
		calls   int
		seconds int
	}{{"service of 1,000 calls/s", 1000, 150}, {"server that reads and writes as fast as it can", -1, 20}} {
		n, err := startNode(unloop, h, parent)
		if err != nil {
			return err
		}
		err = n.history(m.name, m.calls, time.Duration(m.seconds)*time.Second)
		n.stop()
		if err != nil {
			return err
		}
	}
	return nil
}

func (n *node) history(name string, calls int, d time.Duration) error {
	p, err := n.service(calls)
	if err != nil {
		return err
	}
	time.Sleep(d)
	_ = p.Process.Kill()
	for end := time.Now().Add(time.Minute); len(n.captures()) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return errors.New("no capture")
		}
	}
	file := n.captures()[0]
	st, err := os.Stat(file)
	if err != nil {
		return err
	}
	// Successful writes are kept in the ring of everything only, and in the head, which a pause
	// tells from it.
	var oldest, newest uint64
	ix, err := inspect.Open(context.Background(), file, inspect.Options{Match: func(ev *event.Event, _ *state.Tracker) bool {
		if ev.Name() == "write" && !ev.IsEnter() {
			if oldest == 0 || ev.TsNanos-newest > uint64(time.Second) {
				oldest = ev.TsNanos
			}
			newest = ev.TsNanos
		}
		return true
	}})
	if err != nil {
		return err
	}
	fmt.Printf("history of a %s over %v: everything for %.1f s, %d events, file of %.1f MiB, lost: %s\n",
		name, d, float64(newest-oldest)/1e9, ix.Summary().Events, float64(st.Size())/(1<<20), n.lost())
	return nil
}
