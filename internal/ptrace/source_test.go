//go:build linux && (amd64 || arm64)

package ptrace

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
)

// programs are small programs that this executable can be; see self.
var programs = map[string]func(){}

func shell(script string) Command { return Command{Args: []string{"sh", "-c", script}} }

func TestRun_shell(t *testing.T) {
	need(t)
	n, exit := follow(t, shell("cat /nowhere/file; exit 3"))
	if exit.Code != 3 || exit.Signal != 0 || exit.Err != nil {
		t.Errorf("exit %+v", exit)
	}
	open := n.want("openat", "name=/nowhere/file", "fd="+errno(unix.ENOENT), "flags=1", "dirfd=-100")
	said := n.want("write", "fd=2", "data=/nowhere/file")
	end := n.want("procexit", "ret=3", "sig=0", "status=768")
	if !(open.ts < said.ts && said.ts < end.ts) || open.tid == end.tid {
		t.Errorf("order: %v, %v, %v", open, said, end)
	}
	if d := n.deaths[0]; d.Code != 3 || d.Pid != end.tid || d.TsNanos < end.ts {
		t.Errorf("death %+v after %v", d, end)
	}
	if len(n.lost) != 0 || !n.opening.Whole {
		t.Errorf("lost %v, whole %v", n.lost, n.opening.Whole)
	}
}

// TestRun_pairs: each exit follows its enter, times never go back within a thread, and a
// reader of captures accepts all of it and knows every thread.
func TestRun_pairs(t *testing.T) {
	need(t)
	n, _ := follow(t, shell("ls / >/dev/null; (cd /tmp && cat /etc/hostname | cat >/dev/null); sh -c 'sh -c true; exit 1'"))
	open := map[int64]seen{}
	last := map[int64]uint64{}
	pairs := 0
	for _, e := range n.events {
		if e.ts < last[e.tid] {
			t.Errorf("time goes back at %v", e)
		}
		last[e.tid] = e.ts
		switch {
		case e.typ == 186 || e.typ == 232 || e.typ == 0:
		case e.typ&1 == 0:
			open[e.tid] = e
		default:
			// A child begins with the end of its parent's fork.
			if in, ok := open[e.tid]; (!ok || in.typ != e.typ-1) && e.values["res"] != "0" {
				t.Errorf("%v follows %v", e, in)
			}
			delete(open, e.tid)
			pairs++
		}
	}
	if pairs < 30 {
		t.Errorf("%d pairs", pairs)
	}
	n.tracked(func(ev *event.Event) {
		if ev.Thread == nil || ev.Thread.Unknown {
			t.Errorf("thread %d of %s is not known", ev.Tid, ev.Kind.Name)
		}
	})
}

// TestRun_exec: what is executed is told with its arguments, and with the names of its
// environment, never a value.
func TestRun_exec(t *testing.T) {
	need(t)
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c := shell("/bin/echo one 'two words' >/dev/null; /nowhere/program x y; exec " + plain)
	c.Env = []string{"PATH=/usr/bin:/bin", "UNLOOP_TOKEN=s3cret-value", "EMPTY="}
	n, exit := follow(t, c)
	if exit.Code != 126 {
		t.Errorf("exit %+v", exit)
	}
	ok := n.want("execve", "res=0", "exe=/bin/echo", "args=one\x00two words\x00")
	if env := ok.values["env"]; !strings.Contains(env, "UNLOOP_TOKEN=\x00") || !strings.Contains(env, "EMPTY=\x00") {
		t.Errorf("environment %q", env)
	}
	if ok.values["comm"] != "echo" || ok.values["pid"] != strconv.FormatInt(ok.tid, 10) || ok.values["vm_size"] == "" {
		t.Errorf("execve %v", ok)
	}
	failed := n.want("execve", "res="+errno(unix.ENOENT), "exe=/nowhere/program", "args=x\x00y\x00")
	n.want("execve", "res="+errno(unix.EACCES), "exe="+plain)
	for i, e := range n.events {
		if e.typ == 293 && (i == 0 || n.events[i-1].typ != 292 || n.events[i-1].tid != e.tid) {
			t.Errorf("%v does not follow its enter", e)
		}
		if e.typ == 292 && e.tid == failed.tid && e.values["filename"] == "" {
			t.Errorf("no name in %v", e)
		}
	}
	if strings.Contains(n.capture.String(), "s3cret") {
		t.Error("the value of a variable is in the capture")
	}
	if n.events[0].typ != 292 || n.events[1].typ != 293 || n.events[1].values["exe"] != "sh" {
		t.Errorf("begins with %v", n.events[:2])
	}
}

// TestRun_descriptors: the state that readers build knows what descriptors stand for.
func TestRun_descriptors(t *testing.T) {
	need(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "out")
	c := shell("cd " + dir + "; exec >out; echo hello; rm missing; mkdir a; mv a b; chmod 700 b; ln -s x l; rmdir b")
	n, _ := follow(t, c)
	found := false
	n.tracked(func(ev *event.Event) {
		if ev.Kind.Name == "write" && ev.Type == 9 && ev.FDNum == 1 {
			found = ev.FD != nil && ev.FD.Name == file
		}
	})
	if !found {
		t.Errorf("the write to descriptor 1 is not to %s", file)
	}
	n.want("write", "fd=1", "data=hello\n", "res=6")
	n.want("chdir", "path="+dir, "res=0")
	n.want("unlinkat", "name=missing", "res="+errno(unix.ENOENT))
}

func TestRun_exits(t *testing.T) {
	need(t)
	for _, c := range []Command{
		shell("exit 0"), shell("exit 255"), shell("kill -TERM $$"), shell("kill -SEGV $$"), shell("kill -KILL $$"),
		shell("ulimit -c 0; kill -ABRT $$"), shell("sh -c 'kill -9 $$'; exit $?"), shell("trap 'exit 9' TERM; kill -TERM $$; exit 1"),
		{Args: []string{"false"}},
		{Args: []string{"perl", "-e", "open(F, '<', '/nowhere/perl') or die $!"}},
		{Args: []string{"/usr/bin/python3", "-c", "import os, threading; threading.Thread(target=lambda: os._exit(4)).start(); import time; time.sleep(60)"}},
		{Args: []string{"/usr/bin/python3", "-c", "import subprocess, sys; sys.exit(subprocess.run(['sh', '-c', 'exit 6']).returncode)"}},
	} {
		if _, err := exec.LookPath(c.Args[0]); err != nil {
			t.Logf("not here: %v", err)
			continue
		}
		bare := exec.Command(c.Args[0], c.Args[1:]...)
		_ = bare.Run()
		want := bare.ProcessState.Sys().(syscall.WaitStatus)
		n, exit := follow(t, c)
		if want.Exited() != (exit.Signal == 0) || want.Exited() && exit.Code != want.ExitStatus() ||
			want.Signaled() && (exit.Signal != want.Signal() || exit.Core != want.CoreDump()) {
			t.Errorf("%q ends with %+v, bare with %v", c.Args, exit, bare.ProcessState)
		}
		if d := n.deaths[0]; d.Code != exit.Code || d.Signal != int(exit.Signal) {
			t.Errorf("%q: death %+v, exit %+v", c.Args, d, exit)
		}
	}
}

func TestRun_cannotExecute(t *testing.T) {
	need(t)
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("no magic"), 0o755); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		arg  string
		code int
		err  syscall.Errno
	}{
		{"no-such-command-here", 127, syscall.ENOENT},
		{"/nowhere/command", 127, syscall.ENOENT},
		{plain, 126, syscall.EACCES},
		{"/etc", 126, syscall.EACCES},
		{script, 126, syscall.ENOEXEC},
		{"", 127, syscall.ENOENT},
	} {
		n, exit := follow(t, Command{Args: []string{c.arg, "arg"}})
		var ee *ExecError
		if exit.Code != c.code || !errors.Is(exit.Err, c.err) || !errors.As(exit.Err, &ee) || ee.Code() != c.code {
			t.Errorf("%q: exit %+v", c.arg, exit)
		}
		n.want("execve", "res="+errno(c.err))
		n.want("procexit", "ret="+strconv.Itoa(c.code))
	}
	if _, err := Start(Command{Args: []string{"true"}, Dir: "/nowhere/dir"}); err == nil || errors.Is(err, ErrUnsupported) {
		t.Errorf("a folder that does not exist: %v", err)
	}
	if _, err := Start(Command{}); err == nil {
		t.Error("no command, no error")
	}
}

// TestRun_signals: a signal that arrives is told with its sender.
func TestRun_signals(t *testing.T) {
	need(t)
	n, exit := follow(t, shell("sh -c 'kill -TERM $PPID; sleep 100' & wait; exit 1"))
	if exit.Signal != syscall.SIGTERM {
		t.Errorf("exit %+v", exit)
	}
	main := n.deaths[0].Pid
	sent := n.want("kill", "pid="+strconv.FormatInt(main, 10), "sig=15")
	got := n.want("signaldeliver", "sig=15", "dpid="+strconv.FormatInt(main, 10))
	if got.values["spid"] != strconv.FormatInt(sent.tid, 10) {
		t.Errorf("%v was sent by %v", got, sent)
	}
	n.want("procexit", "sig=15", "ret=0")

	n, exit = follow(t, Command{Args: []string{"perl", "-e", `unpack "p", pack "L!", 1`}})
	if exit.Signal == syscall.SIGSEGV {
		n.want("signaldeliver", "sig=11", "spid=0")
	} else {
		t.Errorf("exit %+v", exit)
	}
}

// TestRun_left: what outlives the main process is killed, unless it is waited for.
func TestRun_left(t *testing.T) {
	need(t)
	begin := time.Now()
	_, exit := follow(t, shell("sleep 1000 & (sleep 1000 & sleep 1000) & exit 4"))
	if exit.Code != 4 || time.Since(begin) > limit/2 {
		t.Errorf("exit %+v after %v", exit, time.Since(begin))
	}
	c := shell("(exec 2>/dev/null; read x </nowhere/late) & exit 5")
	c.Linger = true
	n, exit := follow(t, c)
	if exit.Code != 5 {
		t.Errorf("exit %+v", exit)
	}
	n.want("openat", "name=/nowhere/late", "fd="+errno(unix.ENOENT))
}

// TestRun_cancelled: the end of the context ends everything, whatever it does.
func TestRun_cancelled(t *testing.T) {
	need(t)
	n := &notes{t: t}
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("enough")
	n.on = func(e seen) {
		if e.name == "openat" && e.values["name"] == "/nowhere/go" {
			cancel(why)
		}
	}
	s, err := Start(shell("trap '' TERM; while :; do sleep 1000 & test -e x; read x </nowhere/go; done 2>/dev/null"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(ctx, n); !errors.Is(err, why) {
		t.Errorf("run gives %v", err)
	}
	if exit := s.Wait(); exit.Signal != syscall.SIGKILL {
		t.Errorf("exit %+v", exit)
	}
	if err := s.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal gives %v", err)
	}
	if n.gone != 1 || len(n.deaths) != 1 {
		t.Errorf("died %v, gone %d", n.deaths, n.gone)
	}
	if err := s.Run(ctx, n); err == nil {
		t.Error("a source ran twice")
	}
}

func TestSource_close(t *testing.T) {
	need(t)
	s, err := Start(shell("exit 0"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if exit := s.Wait(); exit.Signal != syscall.SIGKILL {
		t.Errorf("exit %+v", exit)
	}
	if err := s.Run(context.Background(), &notes{t: t}); err == nil {
		t.Error("a closed source ran")
	}
}

// TestRun_leavesNothing: no descriptors, no children, no threads that stay locked.
func TestRun_leavesNothing(t *testing.T) {
	need(t)
	fds := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	follow(t, shell("true"))
	before := fds()
	for range 5 {
		follow(t, shell("ls / | cat >/dev/null; sleep 1000 & exit 1"))
	}
	if after := fds(); after > before {
		t.Errorf("%d descriptors, then %d", before, after)
	}
	if b := procFile(os.Getpid(), "task/"+strconv.Itoa(os.Getpid())+"/children", 4096); len(b) > 0 {
		t.Errorf("children are left: %s", b)
	}
}

// TestRun_forks: many short processes, all told.
func TestRun_forks(t *testing.T) {
	need(t)
	n, exit := follow(t, shell("i=0; while [ $i -lt 300 ]; do (exit 3); i=$((i+1)); done"))
	if exit.Code != 0 {
		t.Errorf("exit %+v", exit)
	}
	if k := len(n.find("procexit", "ret=3")); k != 300 {
		t.Errorf("%d ends of 300", k)
	}
	parents, children := 0, 0
	for _, e := range n.events {
		if e.typ == 223 || e.typ == 225 || e.typ == 227 || e.typ == 335 {
			if e.values["res"] == "0" {
				children++
			} else {
				parents++
			}
		}
	}
	if parents != 300 || children != 300 {
		t.Errorf("%d forks in parents, %d in children", parents, children)
	}
}

// TestRun_files: standard descriptors and others are handed over, and nothing else.
func TestRun_files(t *testing.T) {
	need(t)
	in, err := os.Open("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	c := shell("ls /proc/self/fd >&3; head -n 1 >&3")
	c.Stdin = in
	var wrote [2]string
	n := &notes{t: t}
	for i := range wrote {
		f, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := in.Seek(0, 0); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			bare := exec.Command(c.Args[0], c.Args[1:]...)
			bare.Stdin, bare.ExtraFiles = in, []*os.File{f}
			if err := bare.Run(); err != nil {
				t.Fatal(err)
			}
		} else {
			c.ExtraFiles = []*os.File{f}
			followWith(t, c, n)
		}
		b, err := os.ReadFile(f.Name())
		if err != nil || len(b) == 0 {
			t.Fatalf("%q, %v", b, err)
		}
		wrote[i] = string(b)
	}
	if wrote[0] != wrote[1] {
		t.Errorf("bare it writes %q, seen %q", wrote[0], wrote[1])
	}
	want := []string{"/etc/passwd", "/dev/null", "/dev/null", c.ExtraFiles[0].Name()}
	var got []string
	for fd := range int64(4) {
		got = append(got, n.opening.Before.(*before).fds[fd].Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("descriptors before: %v", got)
	}
}

func TestRun_stops(t *testing.T) {
	need(t)
	c := shell("kill -STOP $$; exit 7")
	c.Setpgid = true
	var s *Source
	var paused []syscall.Signal
	c.Paused = func(sig syscall.Signal) {
		paused = append(paused, sig)
		if sig != 0 {
			if err := s.Signal(syscall.SIGCONT); err != nil {
				t.Error(err)
			}
		}
	}
	s, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := s.Run(ctx, &notes{t: t}); err != nil {
		t.Fatal(err)
	}
	if exit := s.Wait(); exit.Code != 7 || !slices.Equal(paused, []syscall.Signal{syscall.SIGSTOP, 0}) {
		t.Errorf("exit %+v, paused %v", exit, paused)
	}
}

func TestExit_shellCode(t *testing.T) {
	if c := (Exit{Code: 5}).ShellCode(); c != 5 {
		t.Error(c)
	}
	if c := (Exit{Signal: syscall.SIGKILL}).ShellCode(); c != 137 {
		t.Error(c)
	}
}

var _ flight.Handler = (*notes)(nil)

// TestRun_unreadable: a program that may be run but not read is followed; what cannot be read
// is counted.
func TestRun_unreadable(t *testing.T) {
	need(t)
	if os.Getuid() == 0 {
		t.Skip("skipped: root reads everything; see TestNobody")
	}
	cat, err := os.ReadFile("/bin/cat")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "secret-cat")
	if err := os.WriteFile(file, cat, 0o111); err != nil {
		t.Fatal(err)
	}
	n, exit := follow(t, Command{Args: []string{file, "/nowhere/unread"}})
	if exit.Code != 1 {
		t.Errorf("exit %+v", exit)
	}
	n.want("execve", "res=0", "exe="+file, "args=/nowhere/unread\x00")
	n.want("openat", "fd="+errno(unix.ENOENT))
	if n.lost[flight.LostUser] == 0 {
		t.Errorf("lost %v", n.lost)
	}
}
