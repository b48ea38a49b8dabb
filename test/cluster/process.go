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
	own map[int]program
}

type program struct {
	name string
	argv []string
	// again is how often it is started anew when it ends.
	again int
}

// startsAgain and startPause are those of a unit of a node: a kubelet ends where the runtime has its
// socket and is not ready yet, and is started again.
const (
	startsAgain = 20
	startPause  = 500 * time.Millisecond
)

// start runs a program, whose end is that of the namespace, with its output in
// log/<name>.log.
func (s *supervisor) start(name string, argv ...string) error {
	return s.run(program{name: name, argv: argv})
}

// keep runs a program that is started again when it ends.
func (s *supervisor) keep(name string, argv ...string) error {
	return s.run(program{name, argv, startsAgain})
}

func (s *supervisor) run(x program) error {
	out, err := os.OpenFile(s.c.log(x.name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := os.StartProcess(x.argv[0], x.argv, &os.ProcAttr{Env: programEnv(), Files: []*os.File{nil, out, out}})
	if err != nil {
		return fmt.Errorf("starting %s: %w", x.name, err)
	}
	if s.own == nil {
		s.own = map[int]program{}
	}
	s.own[p.Pid] = x
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

// reap waits for children until one of the started programs ends and is not to be started
// again, which it returns as an error, or until ctx is done.
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
			x := s.own[pid]
			delete(s.own, pid)
			s.mu.Unlock()
			switch {
			case x.name == "" || status.ExitStatus() == 0 && strings.HasPrefix(x.name, "images-"):
			case x.again > 0:
				select {
				case <-time.After(startPause):
				case <-ctx.Done():
					return nil
				}
				x.again--
				if err := s.run(x); err != nil {
					return err
				}
			default:
				return fmt.Errorf("%s ended (exit %d, signal %d); its log is %s", x.name, status.ExitStatus(), status.Signal(), s.c.log(x.name))
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
