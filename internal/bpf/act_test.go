//go:build linux && (amd64 || arm64)

package bpf

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/internal/flight"
)

// What the test binary does when it is started as a program in a container. The
// acts make plain system calls, so that what the tests look for is not Go's own.
var acts = map[string]func(args []string) int{
	// story opens a missing file, connects to a refused port, writes and ends with 3.
	"story": func(args []string) int {
		_, _ = unix.Open("/nonexistent/config.yaml", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		port, _ := strconv.Atoi(args[0])
		s, _ := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		_ = unix.Connect(s, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
		_, _ = unix.Write(2, []byte("fatal: "+strings.Repeat("x", 900)+" end\n"))
		_, _ = unix.Write(1, []byte("bye\n"))
		return 3
	},
	// sleep waits to be killed.
	"sleep": func([]string) int {
		fmt.Println("asleep")
		for {
			_ = unix.Pause()
		}
	},
	// eat takes memory until there is none.
	"eat": func([]string) int {
		debug.SetGCPercent(-1)
		var keep [][]byte
		for range 512 {
			b := make([]byte, 1<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			keep = append(keep, b)
		}
		return len(keep) & 1
	},
	// resolve asks a resolver in the three ways that programs do, and is the resolver.
	"resolve": func(args []string) int {
		to := &unix.SockaddrInet4{Port: 53, Addr: [4]byte{127, 0, 0, 77}}
		question := []byte("question " + strings.Repeat("q", 300))
		server, _ := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
		if err := unix.Bind(server, to); err != nil {
			return 1
		}
		one, _ := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
		_ = unix.Sendto(one, question, 0, to)
		two, _ := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
		_ = unix.Connect(two, to)
		_, _ = unix.Write(two, append([]byte("connected "), question...))
		sendmmsg(two, append([]byte("first "), question...), append([]byte("second "), question...))
		buf := make([]byte, 512)
		_, _, _ = unix.Recvfrom(server, buf, 0)
		_, _ = unix.Read(server, buf)
		return 0
	},
	// fault touches no memory that there is.
	"fault": func([]string) int {
		debug.SetTraceback("none")
		_ = unix.Kill(0, 0)
		fault()
		return 0
	},
	// relay runs cat in place of itself, from another thread than the first.
	"relay": func([]string) int {
		beside(func() { _ = syscall.Exec("/bin/cat", []string{"cat", "/nonexistent/relayed"}, nil) })
		select {}
	},
	// outlive ends its first thread; another ends the process afterwards.
	"outlive": func([]string) int {
		beside(func() {
			for {
				b, err := os.ReadFile("/proc/self/stat")
				if _, state, ok := strings.Cut(string(b), ") "); err != nil || ok && state[0] == 'Z' {
					break
				}
			}
			_, _ = unix.Open("/nonexistent/outlived", unix.O_RDONLY, 0)
			_, _, _ = unix.RawSyscall(unix.SYS_EXIT_GROUP, 3, 0, 0)
		})
		_, _, _ = unix.RawSyscall(unix.SYS_EXIT, 0, 0, 0)
		return 1
	},
	// nobody runs a source with two capabilities and tells what it has seen.
	"nobody": nobody,
}

// init keeps the first thread to the main goroutine, so that it is known which thread is which.
func init() { runtime.LockOSThread() }

// beside calls do on a thread that is not the first.
func beside(do func()) {
	debug.SetGCPercent(-1) // a thread that has ended stops for nobody
	go func() {
		runtime.LockOSThread()
		do()
	}()
}

func TestMain(m *testing.M) {
	if act := acts[os.Getenv("UNLOOP_BPF_ACT")]; act != nil {
		os.Exit(act(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// act starts the test binary as a program of a container.
func (w *world) act(path, name string, args ...string) *exec.Cmd {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	return w.start(path, append([]string{"/usr/bin/env", "UNLOOP_BPF_ACT=" + name, self}, args...)...)
}

// closed gives a port of this machine that nobody listens on.
func closed(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func nobody(args []string) int {
	src, err := New(Options{Parents: args[:1]})
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	t := newTape()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- src.Run(ctx, t) }()
	if err := src.Ready(); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println("ready")
	in := bufio.NewReader(os.Stdin)
	line, _ := in.ReadString('\n')
	n, _ := strconv.ParseUint(strings.TrimSpace(line), 10, 64)
	t.mu.Lock()
	for len(t.died[flight.Slot(n)]) == 0 && ctx.Err() == nil {
		t.cond.Wait()
	}
	for _, l := range t.lines(flight.Slot(n)) {
		fmt.Println(l)
	}
	t.mu.Unlock()
	cancel()
	if err := <-done; err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

// asNobody starts the test binary with the two capabilities only, before 5.11 the third.
func asNobody(t *testing.T, act string, args ...string) *exec.Cmd {
	t.Helper()
	// Folders of go test are closed to others.
	dir, err := os.MkdirTemp("/tmp", "unloop-bpf-test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err == nil {
		err = os.WriteFile(dir+"/test", data, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(dir+"/test", args...)
	cmd.Dir = "/"
	cmd.Env = []string{"UNLOOP_BPF_ACT=" + act}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: 65534, Gid: 65534},
		AmbientCaps: []uintptr{unix.CAP_BPF, unix.CAP_PERFMON},
	}
	if !has(kernelTypes(t), "get_current_task_btf") {
		cmd.SysProcAttr.AmbientCaps = append(cmd.SysProcAttr.AmbientCaps, unix.CAP_SYS_RESOURCE)
	}
	return cmd
}
