//go:build linux && (amd64 || arm64)

package bpf

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	prog "github.com/unloop-dev/unloop/internal/bpf/flight"
	"github.com/unloop-dev/unloop/internal/flight"
)

// inOrder checks that lines match the patterns in this order, others between them.
func inOrder(t *testing.T, lines []string, patterns ...string) {
	t.Helper()
	at := 0
	for _, p := range patterns {
		re := regexp.MustCompile(p)
		i := slices.IndexFunc(lines[at:], re.MatchString)
		if i < 0 {
			t.Fatalf("no line for %q after line %d of\n%s", p, at, strings.Join(lines, "\n"))
		}
		at += i + 1
	}
}

func never(t *testing.T, lines []string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		re := regexp.MustCompile(p)
		if i := slices.IndexFunc(lines, re.MatchString); i >= 0 {
			t.Errorf("a line for %q: %s", p, lines[i])
		}
	}
}

func TestSource_story(t *testing.T) { story(t, Options{}) }

func story(t *testing.T, opt Options) {
	w := newWorld(t, opt)
	path, s := w.container()
	port := closed(t)
	_ = w.act(path, "story", fmt.Sprint(port)).Wait()
	w.tape.until(t, "death", func() bool { return len(w.tape.died[s]) > 0 })
	lines := w.lines(s)
	inOrder(t, lines,
		`> execve filename=/usr/bin/env`,
		`< execve res=0 exe=/usr/bin/env args=UNLOOP_BPF_ACT=story\..* comm=env .*env=.*SECRET=\..*`,
		`< execve res=0 exe=\S+bpf.test args=`+fmt.Sprint(port)+`\. .*cwd=/\S+/internal/bpf .*filename|execve res=0 exe=\S+bpf.test`,
		`> openat dirfd=-100\(AT_FDCWD\) name=/nonexistent/config.yaml flags=4097\(O_RDONLY\|O_CLOEXEC\)`,
		`< openat fd=-2\(ENOENT\) dirfd=-100\(AT_FDCWD\) name=/nonexistent/config.yaml`,
		`< socket fd=\d+\S* domain=2\(AF_INET\)`,
		fmt.Sprintf(`> connect fd=\d+\S* addr=127.0.0.1:%d`, port),
		fmt.Sprintf(`< connect res=-111\(ECONNREFUSED\) tuple=\S*127.0.0.1:%d`, port),
		`< write res=912 data=fatal: x{900} end`,
		`< write res=4 data=bye`,
		w.where("task_pt_regs", `> exit_group`),
		`> procexit status=768 ret=3 sig=0`,
	)
	// What a program reads of itself is its data, like that of any file; the race detector's
	// runtime reads this one.
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, "/proc/self/environ") })
	never(t, lines, `hunter2`)
	d := w.tape.now().died[s][0]
	if len(w.tape.now().died[s]) != 1 || d.Code != 3 || d.Signal != 0 || d.OOM {
		t.Errorf("died %+v", w.tape.now().died[s])
	}
	if o := w.tape.now().opened[s]; o.Cgroup != path || !o.Whole || o.Before == nil {
		t.Errorf("opening %+v, want %s", o, path)
	}
	if now := time.Now(); now.Sub(time.Unix(0, int64(d.TsNanos))).Abs() > time.Minute {
		t.Errorf("it died at %v, now is %v", time.Unix(0, int64(d.TsNanos)), now)
	}
}

func TestSource_shell(t *testing.T) {
	w := newWorld(t, Options{})
	lines, s := w.run("/bin/sh", "-c", "cat /etc/hostname missing; /nonexistent/prog; (exit 4); exit 5")
	inOrder(t, lines,
		`< execve res=0 exe=/bin/sh args=-c\.cat`,
		`< (clone|vfork|fork) res=0 exe=/bin/sh args=-c`,
		`< execve res=0 exe=cat args=/etc/hostname\.missing\. `,
		`< openat fd=\d+\S* dirfd=-100\(AT_FDCWD\) name=/etc/hostname .* dev=[1-9A-F]\w* ino=[1-9]`,
		`< openat fd=-2\(ENOENT\) dirfd=-100\(AT_FDCWD\) name=missing`,
		`procexit status=256 ret=1 .*\[cat\]`,
		`> execve filename=/nonexistent/prog`,
		`< execve res=-2\(ENOENT\) exe=/bin/sh`,
		`procexit status=1280 ret=5`,
	)
	if d := w.tape.now().died[s]; len(d) != 1 || d[0].Code != 5 {
		t.Errorf("died %+v", d)
	}
}

// Where a thread that is not the first runs a new program, it takes over the number of
// the process; nothing has ended.
func TestSource_execByThread(t *testing.T) {
	w := newWorld(t, Options{})
	path, s := w.container()
	cmd := w.act(path, "relay")
	pid := fmt.Sprint(cmd.Process.Pid)
	_ = cmd.Wait()
	w.tape.until(t, "death", func() bool { return len(w.tape.died[s]) > 0 })
	lines := w.lines(s)
	inOrder(t, lines,
		`< execve res=0 exe=cat args=/nonexistent/relayed\. tid=`+pid,
		`< openat fd=-2\(ENOENT\) dirfd=-100\(AT_FDCWD\) name=/nonexistent/relayed`,
		`procexit status=256 ret=1 .*\[cat\]`,
	)
	never(t, lines, `procexit status=0 ret=0 .* `+pid+`\b`)
	if d := w.tape.now().died[s]; len(d) != 1 || d[0].Code != 1 || fmt.Sprint(d[0].Pid) != pid {
		t.Errorf("died %+v, want pid %s", d, pid)
	}
}

// A process ends with its last thread, and with the status that one gives it.
func TestSource_firstThreadEnds(t *testing.T) {
	w := newWorld(t, Options{})
	path, s := w.container()
	cmd := w.act(path, "outlive")
	pid := fmt.Sprint(cmd.Process.Pid)
	_ = cmd.Wait()
	w.tape.until(t, "death", func() bool { return len(w.tape.died[s]) > 0 })
	inOrder(t, w.lines(s), `< openat fd=-2\(ENOENT\) .*name=/nonexistent/outlived`, `procexit status=768 ret=3 .*`)
	if d := w.tape.now().died[s]; len(d) != 1 || d[0].Code != 3 || fmt.Sprint(d[0].Pid) != pid {
		t.Errorf("died %+v, want pid %s", d, pid)
	}
}

func TestSource_killed(t *testing.T) { killed(t, Options{}) }

func killed(t *testing.T, opt Options) {
	w := newWorld(t, opt)
	path, s := w.container()
	cmd := w.act(path, "sleep")
	w.tape.until(t, "sleep", func() bool { return w.tape.has(s, "asleep") })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	w.tape.until(t, "death", func() bool { return len(w.tape.died[s]) > 0 })
	lines := w.lines(s)
	inOrder(t, lines,
		`> notification id=signal desc=signal 15 was sent by process `+fmt.Sprint(os.Getpid()),
		fmt.Sprintf(`> signaldeliver spid=%d\S* dpid=\d+\S* sig=15\(SIGTERM\)`, os.Getpid()),
		`procexit status=15 ret=0 sig=15\(SIGTERM\)`,
	)
	if d := w.tape.now().died[s]; len(d) != 1 || d[0].Signal != 15 || d[0].Code != 0 || d[0].OOM {
		t.Errorf("died %+v", d)
	}
}

// has says whether a write of the container held a text.
func (t *tape) has(s flight.Slot, text string) bool {
	for i := range t.events[s] {
		if b, ok := t.events[s][i].ev.Named("data"); ok && strings.Contains(string(b), text) {
			return true
		}
	}
	return false
}

func TestSource_outOfMemory(t *testing.T) {
	w := newWorld(t, Options{})
	if w.h.Controller != "memory" && w.h.Mode == ModeV1 {
		t.Skipf("skipped: memory is not limited in the tree at %s", w.h.Root)
	}
	path, s := w.container()
	limit := "memory.limit_in_bytes"
	if w.h.Mode == ModeV2 {
		limit = "memory.max"
	}
	if err := os.WriteFile(filepath.Join(w.h.Dir(path), limit), []byte("67108864"), 0o644); err != nil {
		t.Skipf("skipped: memory cannot be limited here: %v", err)
	}
	_ = w.act(path, "eat").Wait()
	w.tape.until(t, "death", func() bool { return len(w.tape.died[s]) > 0 })
	lines := w.lines(s)
	inOrder(t, lines,
		`> notification id=oom-kill desc=out of memory: the kernel kills process \d+ \(bpf.test\), [1-9]\d{3,} KiB`,
		`> signaldeliver spid=0 dpid=\d+\S* sig=9\(SIGKILL\)`,
		`procexit status=9 ret=0 sig=9\(SIGKILL\)`,
	)
	if d := w.tape.now().died[s]; len(d) != 1 || d[0].Signal != 9 || !d[0].OOM {
		t.Errorf("died %+v", d)
	}
}

func TestSource_resolver(t *testing.T) {
	w := newWorld(t, Options{})
	path, s := w.container()
	_ = w.act(path, "resolve").Wait()
	w.tape.until(t, "death", func() bool { return len(w.tape.died[s]) > 0 })
	if w.tape.now().died[s][0].Code != 0 {
		t.Skip("skipped: port 53 of 127.0.0.77 cannot be had")
	}
	inOrder(t, w.lines(s),
		`< bind res=0 addr=127.0.0.77:53`,
		`< sendto res=309 data=question q{300} .*tuple=\S*:\d+->127.0.0.77:53`,
		`< connect res=0 tuple=127.0.0.1:\d+->127.0.0.77:53`,
		`< write res=319 data=connected question q{300} `,
		`< sendmmsg res=2 .*size=315 data=first question q{300} tuple=127.0.0.1:\d+->127.0.0.77:53`,
		`< sendmmsg res=2 .*size=316 data=second question q{300} tuple=127.0.0.1:\d+->127.0.0.77:53`,
		`< recvfrom res=309 data=question q{300} tuple=127.0.0.1:\d+->127.0.0.77:53`,
		`< read res=319 data=connected question q{300} `,
	)
}

func TestSource_fault(t *testing.T) {
	w := newWorld(t, Options{})
	path, s := w.container()
	_ = w.act(path, "fault").Wait()
	w.tape.until(t, "death", func() bool { return len(w.tape.died[s]) > 0 })
	inOrder(t, w.lines(s),
		`> page_fault addr=[1-9A-F]\w+ ip=`+w.where("task_pt_regs", `[1-9A-F]`)+`\w+ error=17\(PROTECTION_VIOLATION\|USER_FAULT\)`,
		`> signaldeliver spid=0 dpid=\d+\S* sig=11\(SIGSEGV\)`,
	)
}

// A container that lives for some milliseconds is seen from its first program on, although
// user space hears of its group later than its processes begin.
func TestSource_shortLife(t *testing.T) {
	w := newWorld(t, Options{})
	for range 20 {
		lines, _ := w.run("/bin/true")
		inOrder(t, lines, `< execve res=0 exe=/bin/true`, `< openat .*name=/etc/ld.so.cache`, `procexit status=0 ret=0`)
	}
}

func TestSource_manyChildren(t *testing.T) {
	w := newWorld(t, Options{})
	lines, s := w.run("/bin/sh", "-c", `i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done; exit 7`)
	execs, ends, born := 0, 0, 0
	for _, l := range lines {
		switch {
		case strings.HasPrefix(l, "< execve res=0 exe=/bin/true"):
			execs++
		case strings.HasPrefix(l, "> procexit"):
			ends++
		case strings.HasPrefix(l, "< vfork res=0"), strings.HasPrefix(l, "< clone res=0"), strings.HasPrefix(l, "< fork res=0"):
			born++
		}
	}
	if execs != 1000 || ends != 1001 || born != 1000 {
		t.Errorf("%d programs, %d ends, %d births", execs, ends, born)
	}
	if d := w.tape.now().died[s]; len(d) != 1 || d[0].Code != 7 {
		t.Errorf("died %+v", d)
	}
	if n := w.tape.now().lost[flight.LostRing]; n != 0 {
		t.Errorf("%d records lost", n)
	}
}

// Groups below a container belong to it; what is beside it is never seen.
func TestSource_groups(t *testing.T) {
	w := newWorld(t, Options{})
	path, s := w.container()
	w.mkdir(path + "/inner")
	w.mkdir(path + "/inner/deep")
	side := w.parent + "-beside"
	w.mkdir(side)
	_ = w.start(side, "/bin/echo", "not ours").Wait()
	_ = w.start(path+"/inner/deep", "/bin/echo", "from below").Wait()
	w.tape.until(t, "death", func() bool { return len(w.tape.died[s]) > 0 })
	inOrder(t, w.lines(s), `< execve res=0 exe=/bin/echo args=from below`, `write res=11 data=from below`)
	if len(w.tape.now().opened) != 1 {
		t.Errorf("%d containers", len(w.tape.now().opened))
	}
	for other, evs := range w.tape.now().events {
		if other != s {
			t.Errorf("%d events of %d", len(evs), other)
		}
	}
}

func TestSource_kubepods(t *testing.T) {
	need(t)
	h, err := FindHierarchy()
	if err != nil {
		t.Fatal(err)
	}
	top := fmt.Sprintf("/unloop-bpf-kube-%d", os.Getpid())
	w := newWorld(t, Options{Kubepods: []string{top + "/kubepods", top + "/kubepods.slice", top + "/absent.slice"}, Hierarchy: h})
	// Everything is made after the source has begun.
	for _, p := range []string{
		"", "/kubepods", "/kubepods/burstable", "/kubepods/burstable/poda", "/kubepods/podb", "/kubepods/besteffort", "/kubepods/besteffort/podc",
		"/kubepods.slice", "/kubepods.slice/kubepods-burstable.slice", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podd.slice",
		"/kubepods.slice/kubepods-besteffort.slice", "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pode.slice",
	} {
		w.mkdir(top + p)
		if p == "/kubepods" || p == "/kubepods.slice" {
			w.waitFor(func() bool { return w.watched(top + p) })
		}
	}
	for _, c := range []string{
		"/kubepods/burstable/poda/c1", "/kubepods/podb/c2", "/kubepods/besteffort/podc/c3",
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podd.slice/c4",
		"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pode.slice/c5",
	} {
		s := w.slot(w.mkdir(top + c))
		_ = w.start(top+c, "/bin/echo", "hi").Wait()
		w.tape.until(t, c, func() bool { return len(w.tape.died[s]) > 0 })
		if o := w.tape.now().opened[s]; o.Cgroup != top+c || !o.Whole {
			t.Errorf("opening %+v", o)
		}
	}
}

// watched says whether the kernel's map has a group.
func (w *world) watched(path string) bool {
	id, err := w.src.groups.id(path)
	if err != nil {
		return false
	}
	var g prog.FlightGroup
	return w.src.groups.m.Lookup(id, &g) == nil
}

// Links that nothing refers to are closed by the collector, and their hooks are gone.
func TestSource_collector(t *testing.T) {
	w := newWorld(t, Options{})
	for range 3 {
		runtime.GC()
	}
	lines, _ := w.run("/bin/echo", "still here")
	inOrder(t, lines, `write res=11 data=still here`)
	if err := w.src.Ready(); err != nil {
		t.Error(err)
	}
}

// What ran before the source stands in the opening.
func TestSource_already(t *testing.T) { already(t, Options{}) }

func already(t *testing.T, opt Options) {
	need(t)
	h, err := FindHierarchy()
	if err != nil {
		t.Fatal(err)
	}
	first := &world{t: t, tape: newTape(), h: h, parent: fmt.Sprintf("/unloop-bpf-old-%d", os.Getpid())}
	first.mkdir(first.parent)
	path, s := first.container()
	cmd := first.start(path, "/bin/sh", "-c", "exec 5</etc/hostname; read x < /dev/zero; sleep 100")
	first.waitFor(func() bool {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid))
		return strings.HasPrefix(string(b), "/bin/sh\x00-c\x00exec 5")
	})
	opt.Parents = []string{first.parent}
	w := newWorld(t, opt)
	w.tape.until(t, "opening", func() bool { _, ok := w.tape.opened[s]; return ok })
	o := w.tape.now().opened[s]
	if o.Whole || o.Cgroup != path || o.Before == nil {
		t.Fatalf("opening %+v", o)
	}
	b := o.Before.(*before)
	found := false
	for _, f := range b.files {
		found = found || f.tid == int64(cmd.Process.Pid) && f.fd == 5 && f.f.Name == "/etc/hostname"
	}
	if len(b.threads) == 0 || !found {
		t.Errorf("threads %+v files %+v", b.threads, b.files)
	}
	_ = cmd.Process.Kill()
	w.tape.until(t, "death", func() bool { return len(w.tape.died[s]) > 0 })
	if d := w.tape.now().died[s]; d[0].Signal != 9 || d[0].Pid != int64(cmd.Process.Pid) {
		t.Errorf("died %+v", d)
	}
}

// waitFor polls a condition of the machine.
func (w *world) waitFor(ok func() bool) {
	w.t.Helper()
	for until := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(until) {
			w.t.Fatal("not within 30 s")
		}
		ts := syscall.Timespec{Nsec: 2e6}
		_ = syscall.Nanosleep(&ts, nil)
	}
}

// The two capabilities are enough, as a user without any other right.
func TestSource_nobody(t *testing.T) {
	need(t)
	h, err := FindHierarchy()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, tape: newTape(), h: h, parent: fmt.Sprintf("/unloop-bpf-nobody-%d", os.Getpid())}
	w.mkdir(w.parent)
	cmd := asNobody(t, "nobody", w.parent)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if line, _ := r.ReadString('\n'); line != "ready\n" {
		rest, _ := io.ReadAll(r)
		t.Fatalf("as nobody: %s%s", line, rest)
	}
	path, s := w.container()
	_ = w.start(path, "/bin/echo", "seen by nobody").Wait()
	fmt.Fprintln(in, s)
	rest, _ := io.ReadAll(r)
	if err := cmd.Wait(); err != nil {
		t.Errorf("as nobody: %v", err)
	}
	inOrder(t, strings.Split(string(rest), "\n"), `< execve res=0 exe=/bin/echo`, `write res=15 data=seen by nobody`, `procexit status=0`)
}

// Without the capabilities one line says which are missing.
func TestSupported_lacks(t *testing.T) {
	need(t)
	cmd := asNobody(t, "nobody", "/")
	cmd.SysProcAttr.AmbientCaps = nil
	out, err := cmd.Output()
	if err == nil || !strings.Contains(string(out), "capabilities BPF and PERFMON") || strings.Count(string(out), "\n") != 1 {
		t.Errorf("%v: %s", err, out)
	}
}
