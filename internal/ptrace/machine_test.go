//go:build linux && (amd64 || arm64)

package ptrace

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/internal/flight"
)

const nobody = 65534

// TestNobody runs the tests of this package as a user without any rights.
func TestNobody(t *testing.T) {
	need(t)
	if os.Getuid() != 0 {
		t.Skip("skipped: this is an ordinary user already")
	}
	dir, err := os.MkdirTemp("/tmp", "unloop-ptrace-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	exe, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "ptrace.test")
	if err := os.WriteFile(file, exe, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file, "-test.run", "^Test(Run|Programs|Source|Strace|Tracer|Privileges)", "-test.v", "-test.timeout", "4m")
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "TMPDIR=" + dir, "HOME=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	passed := strings.Count(string(out), "--- PASS: ")
	t.Logf("%d tests passed as uid %d", passed, nobody)
	if passed < 15 || strings.Contains(string(out), "--- SKIP: TestRun") {
		t.Errorf("%d tests passed\n%s", passed, out)
	}
}

// TestPrivileges: root keeps what set-uid programs need; others cannot.
func TestPrivileges(t *testing.T) {
	need(t)
	n, exit := follow(t, shell("grep -q 'NoNewPrivs:.1' /proc/self/status"))
	want := 0
	if os.Getuid() == 0 {
		want = 1
	}
	if exit.Code != want {
		t.Errorf("uid %d: exit %+v\n%v", os.Getuid(), exit, n.find("write"))
	}
}

func init() {
	programs["tracer"] = func() { // tells the number of a command that would not end
		s, err := Start(Command{Args: []string{"sh", "-c", "trap '' TERM HUP INT; while :; do sleep 1000; done"}})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		h := &firstExec{said: func() { fmt.Println(s.Pid()) }}
		_ = s.Run(context.Background(), h)
	}
	programs["terminal"] = func() {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGINT)
		c := Command{
			Args:  []string{"sh", "-c", "trap 'echo back' CONT; echo ready; while :; do read x; done"},
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Foreground: true,
		}
		var s *Source
		c.Paused = func(sig syscall.Signal) {
			fmt.Println("paused", int(sig))
			if sig != 0 {
				_ = s.Signal(syscall.SIGCONT)
			}
		}
		s, err := Start(c)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		_ = s.Run(context.Background(), quietHandler{})
		group, _ := unix.IoctlGetInt(0, unix.TIOCGPGRP)
		fmt.Println("ended", s.Wait().ShellCode(), group == unix.Getpgrp())
		// When the leader of a session ends, what it wrote last may be lost.
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	}
}

// firstExec tells once that the command runs.
type firstExec struct {
	counter
	said func()
}

func (f *firstExec) Open(s flight.Slot, o flight.Opening) { f.said() }

// TestTracer_dies: without its tracer nothing of the command goes on.
func TestTracer_dies(t *testing.T) {
	need(t)
	c := self(t, "tracer")
	cmd := exec.Command(c.Args[0])
	cmd.Env, cmd.Stderr = c.Env, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid, bad := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || bad != nil {
		t.Fatalf("the tracer says %q: %v", line, err)
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for end := time.Now().Add(limit); ; {
		n, err := unix.Poll(fds, 1000)
		if n == 1 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("process %d outlives its tracer: %v", pid, err)
		}
	}
}

// TestRun_terminal: keys reach the command and only it, and the terminal comes back.
func TestRun_terminal(t *testing.T) {
	need(t)
	pty, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("skipped: no terminals here: %v", err)
	}
	defer pty.Close()
	if err := unix.IoctlSetPointerInt(int(pty.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skipf("skipped: no terminals here: %v", err)
	}
	n, err := unix.IoctlGetInt(int(pty.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("skipped: no terminals here: %v", err)
	}
	c := self(t, "terminal")
	cmd := exec.Command(c.Args[0])
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Env, tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	stuck := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
	defer stuck.Stop()
	var all strings.Builder
	in := bufio.NewReader(pty)
	expect := func(want string) {
		t.Helper()
		for {
			line, err := in.ReadString('\n')
			all.WriteString(line)
			if strings.Contains(line, want) {
				return
			}
			if err != nil {
				t.Fatalf("no %q: %v in\n%s", want, err, all.String())
			}
		}
	}
	expect("ready")
	_, _ = io.WriteString(pty, "\x1a")
	expect("paused 20")
	expect("paused 0")
	// The shell may not have begun to read when it was stopped, and looks for what it has
	// trapped only behind a command.
	_, _ = io.WriteString(pty, "\n")
	expect("back")
	_, _ = io.WriteString(pty, "\x03")
	expect("ended 130 true")
	_, _ = io.WriteString(pty, "\n")
	_ = cmd.Wait()
}

var straceLine = regexp.MustCompile(`^(?:\d+ +)?(\w+)\((.*)\) += -1 (E\w+)`)
var quoted = regexp.MustCompile(`"([^"]*)"`)

// TestStrace_failedCalls: for the calls that both see, the failed ones are those of strace.
func TestStrace_failedCalls(t *testing.T) {
	need(t)
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skipf("skipped: %v", err)
	}
	calls := []string{"open", "openat", "creat", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2",
		"chdir", "execve", "chmod", "fchmodat", "link", "linkat", "symlink", "symlinkat"}
	dir := t.TempDir()
	compared := 0
	for _, args := range [][]string{
		{"cat", "/nowhere"},
		{"sh", "-c", "cat /nowhere/a; rm /nowhere/b; mkdir /nowhere/c/d; mv /nowhere/e /nowhere/f; cd /nowhere/g; ./h; ln -s a /nowhere/i; rmdir /nowhere/j; chmod 1 /nowhere/k"},
		{"perl", "-e", "require No::Such::Module"},
		{"/usr/bin/python3", "-B", "-c", "import json, nosuchmodule"},
		{"env", "no-such-command"},
	} {
		if _, err := exec.LookPath(args[0]); err != nil {
			t.Logf("not here: %v", err)
			continue
		}
		file := filepath.Join(dir, "strace")
		bare := exec.Command("strace", append([]string{"-f", "-qq", "-s", "4096", "-o", file, "-e", "trace=?" + strings.Join(calls, ",?")}, args...)...)
		bare.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
		bare.Dir = "/"
		_ = bare.Run()
		b, err := os.ReadFile(file)
		if err != nil || len(b) == 0 {
			t.Skipf("skipped: strace does not work here: %v", err)
		}
		var want []string
		for line := range strings.Lines(string(b)) {
			if m := straceLine.FindStringSubmatch(line); m != nil {
				want = append(want, m[1]+" "+firstPath(m[2])+" "+m[3])
			}
		}
		c := Command{Args: args, Env: bare.Env, Dir: "/"}
		n, _ := follow(t, c)
		var got []string
		for _, e := range n.events {
			if e.typ&1 == 0 || !slices.Contains(calls, e.name) {
				continue
			}
			res := e.values["res"]
			if res == "" {
				res = e.values["fd"]
			}
			code, _ := strconv.Atoi(res)
			if code >= 0 {
				continue
			}
			path := ""
			for _, name := range []string{"name", "path", "oldpath", "target", "filename"} {
				if path == "" {
					path = e.values[name]
				}
			}
			if e.name == "execve" {
				path = lastExec(n, e)
			}
			got = append(got, e.name+" "+path+" "+unix.ErrnoName(syscall.Errno(-code)))
		}
		slices.Sort(want)
		slices.Sort(got)
		compared += len(want)
		if !slices.Equal(want, got) {
			t.Errorf("%q\nstrace sees %d:\n%s\nwe see %d:\n%s", args, len(want), strings.Join(want, "\n"), len(got), strings.Join(got, "\n"))
		}
	}
	if compared < 15 {
		t.Errorf("only %d failed calls were compared", compared)
	}
}

func firstPath(args string) string {
	if m := quoted.FindStringSubmatch(args); m != nil {
		return m[1]
	}
	return ""
}

// lastExec is the name in the enter before an exit of execve.
func lastExec(n *notes, exit seen) string {
	name := ""
	for _, e := range n.events {
		if e.typ == 292 && e.tid == exit.tid {
			name = e.values["filename"]
		}
		if e.typ == 293 && e.tid == exit.tid && e.ts == exit.ts {
			break
		}
	}
	return name
}
