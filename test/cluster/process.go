package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The roles this program plays as the first process of a pid namespace.
const (
	controlRole = "control-init"
	nodeRole    = "node-init"
	imagesRole  = "node-images" // not the first process: a program of a node
)

// nodeNamespaces make a node a machine of its own, apart from the kernel, the
// users and the cgroup tree.
const nodeNamespaces = syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC

// spawn starts this program in new namespaces, detached from the terminal, and
// leaves its number in <role>.pid.
func spawn(c *config, role string, flags uintptr, args ...string) (*os.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	name := strings.Join(append([]string{role}, args...), "-")
	out, err := os.OpenFile(c.log(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(self, append([]string{role}, args...)...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), dirVariable+"="+c.dir, "UNLOOP_CLUSTER_SOURCE="+c.source, "UNLOOP_NODES="+strconv.Itoa(c.nodes), "UNLOOP_KUBERNETES="+c.version)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return cmd.Process, os.WriteFile(c.pid(name), []byte(strconv.Itoa(cmd.Process.Pid)), 0o644)
}

// privateMounts keeps every mount of this namespace to itself and shares it with
// the namespaces made below, which the kubelet's volumes need; then /proc shows
// this pid namespace.
func privateMounts() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, ""); err != nil {
		return fmt.Errorf("making mounts shared: %w", err)
	}
	return syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, "")
}

// supervisor starts the programs of one namespace and reaps whatever is
// orphaned there, as a first process has to.
type supervisor struct {
	c   *config
	mu  sync.Mutex
	own map[int]string
}

// start runs a program with its output in log/<name>.log.
func (s *supervisor) start(name string, argv ...string) error {
	out, err := os.OpenFile(s.c.log(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{Env: programEnv(), Files: []*os.File{nil, out, out}})
	if err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	if s.own == nil {
		s.own = map[int]string{}
	}
	s.own[p.Pid] = name
	return p.Release()
}

// programEnv is the environment of the cluster's programs: no proxy settings and
// no credentials of whoever started the cluster.
func programEnv() []string {
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "GOGC=50"}
	for _, name := range []string{dirVariable, "UNLOOP_CLUSTER_SOURCE", "UNLOOP_NODES", "UNLOOP_KUBERNETES", "XDG_CACHE_HOME"} {
		if v := os.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// reap waits for children until one of the started programs ends, which it
// returns as an error, or until ctx is done.
func (s *supervisor) reap(ctx context.Context) error {
	died := make(chan os.Signal, 8)
	signal.Notify(died, syscall.SIGCHLD)
	for {
		for {
			var status syscall.WaitStatus
			pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
			if pid <= 0 || err != nil {
				break
			}
			s.mu.Lock()
			name := s.own[pid]
			delete(s.own, pid)
			s.mu.Unlock()
			if name != "" && (status.ExitStatus() != 0 || !strings.HasPrefix(name, "images-")) {
				return fmt.Errorf("%s ended (exit %d, signal %d); its log is %s", name, status.ExitStatus(), status.Signal(), s.c.log(name))
			}
		}
		select {
		case <-died:
		case <-ctx.Done():
			return nil
		}
	}
}

// errEnded: what was waited for cannot come any more.
var errEnded = errors.New("it has ended")

// poll calls ready until it returns nil or errEnded; what it said last is the error when
// the limit is over.
func poll(ctx context.Context, what string, limit time.Duration, ready func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready()
		if err == nil || errors.Is(err, errEnded) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %s: %w", what, limit, err)
		case <-tick.C:
		}
	}
}

// runs reports whether a process is there, and not only waits for its parent.
func runs(pid string) bool {
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && !strings.Contains(string(b), ") Z ")
}

// members returns the processes that carry this cluster's mark, as seen from
// outside its namespaces, and not this one.
func members(c *config) []int {
	mark := dirVariable + "=" + c.dir
	procs, _ := filepath.Glob("/proc/[0-9]*/environ")
	var out []int
	for _, p := range procs {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(p)))
		if pid == os.Getpid() || pid == os.Getppid() {
			continue
		}
		b, err := os.ReadFile(p)
		if err != nil || !strings.Contains("\x00"+string(b), "\x00"+mark+"\x00") {
			continue
		}
		// What merely inherited the mark from a shell is not ours: ours has a cluster's
		// first process above it, and so another pid namespace, or is one itself.
		if inOtherNamespace(pid) {
			out = append(out, pid)
		}
	}
	return out
}

func inOtherNamespace(pid int) bool {
	own, err1 := os.Readlink("/proc/self/ns/pid")
	other, err2 := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
	return err1 == nil && err2 == nil && own != other
}
