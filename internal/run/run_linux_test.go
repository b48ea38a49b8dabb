package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/bpf"
	"github.com/unloop-dev/unloop/internal/ptrace"
)

// patience bounds every wait of these tests; it is reached only where they fail.
const patience = 60 * time.Second

// witness is an Observer that remembers, and lets a test act when something happens.
type witness struct {
	t       *testing.T
	notes   []string
	started func(Status)
	changed func(Status)
	waiting func()
	waits   []time.Duration
}

func (w *witness) Note(s string) { w.notes = append(w.notes, s); w.t.Log("note: " + s) }
func (w *witness) Started(s Status) {
	if w.started != nil {
		w.started(s)
	}
}
func (w *witness) Changed(s Status) {
	if w.changed != nil {
		w.changed(s)
	}
}
func (w *witness) Died(*Death) {}
func (w *witness) Waiting(_ Status, _ time.Time, d time.Duration) {
	w.waits = append(w.waits, d)
	if w.waiting != nil {
		w.waiting()
	}
}

// shell is a configuration for a script, without recording, whose output is returned by
// the function.
func shell(t *testing.T, script string) (Config, *witness, func() string) {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close(); null.Close() })
	w := &witness{t: t}
	cfg := Config{
		Argv: []string{"sh", "-c", script}, In: null, Out: out, Err: out, MaxRestarts: -1,
		Record: RecordOff, Observer: w, Grace: 3 * time.Second,
	}
	return cfg, w, func() string {
		b, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}

func mustRun(t *testing.T, cfg Config) *Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	res, err := Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("it took more than %s", patience)
	}
	return res
}

func root(d unloop.Diagnosis) string {
	if len(d.Findings) == 0 {
		return "nothing found, " + d.Status
	}
	return d.Findings[0].Cause + " " + d.Findings[0].Confidence.String() + ": " + d.Findings[0].Summary.String()
}

func TestRun_exitStatus(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 143, "kill -SEGV $$": 139} {
		cfg, _, _ := shell(t, script)
		if res := mustRun(t, cfg); res.ExitStatus != want || len(res.Deaths) != 1 {
			t.Errorf("%s: status %d, want %d, after %d ends", script, res.ExitStatus, want, len(res.Deaths))
		}
	}
}

func TestRun_cannotStart(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct {
		program string
		code    int
		cause   string
	}{
		{"no-such-program", 127, "command-not-in-path"},
		{filepath.Join(dir, "nope"), 127, "command-file-missing"},
		{write("plain", "hello", 0o644), 126, "command-not-executable"},
		{dir, 126, ""},
		{write("wrong", "\x7fELF is not enough", 0o755), 126, "exec-format-error"},
		{write("script", "#!/no/such/interpreter\n", 0o755), 127, "interpreter-missing"},
	} {
		for _, m := range []Method{RecordOff, RecordEBPF, RecordPtrace} {
			if m.supported() != nil {
				continue // TestRun_recorded says why
			}
			cfg, _, _ := shell(t, "")
			cfg.Argv, cfg.Restart, cfg.Record = []string{c.program}, Always, m
			cfg.MaxRestarts = 0
			res := mustRun(t, cfg)
			if res.ExitStatus != c.code || res.Deaths[0].Fault == nil {
				t.Errorf("%s, %s: status %d, want %d; %+v", c.program, m, res.ExitStatus, c.code, res.Deaths[0])
				continue
			}
			got := root(res.Deaths[0].Diagnosis)
			if c.cause != "" && !strings.HasPrefix(got, c.cause+" proven") || strings.Contains(got, "image") {
				t.Errorf("%s, %s: %s, want %s proven", c.program, m, got, c.cause)
			}
		}
	}
}

// supported says why a method cannot be used here.
func (m Method) supported() error {
	switch m {
	case RecordEBPF:
		return bpf.Supported()
	case RecordPtrace:
		return ptrace.Supported()
	}
	return nil
}

// A command that is stopped and goes on is seen by all methods.
func TestRun_paused(t *testing.T) {
	for _, m := range []Method{RecordOff, RecordEBPF, RecordPtrace} {
		t.Run(string(m), func(t *testing.T) {
			if err := m.supported(); err != nil {
				t.Skipf("skipped: %v", err)
			}
			cfg, w, _ := shell(t, "kill -STOP $$; until test -e on; do sleep 0.01; done; exit 4")
			cfg.Record, cfg.Dir = m, t.TempDir()
			var seen []bool
			w.changed = func(st Status) {
				seen = append(seen, st.Paused)
				err := os.WriteFile(filepath.Join(cfg.Dir, "on"), nil, 0o644)
				if st.Paused {
					err = errors.Join(os.Remove(filepath.Join(cfg.Dir, "on")), syscall.Kill(st.Pid, syscall.SIGCONT))
				}
				if err != nil {
					t.Error(err)
				}
			}
			if res := mustRun(t, cfg); res.ExitStatus != 4 || len(seen) != 2 || !seen[0] || seen[1] {
				t.Errorf("status %d, paused %v; want 4, once", res.ExitStatus, seen)
			}
		})
	}
}

func TestRun_restartPolicy(t *testing.T) {
	for _, c := range []struct {
		policy Policy
		script string
		max    int
		ends   int
	}{
		{Never, "exit 1", -1, 1},
		{OnFailure, "exit 0", -1, 1},
		{OnFailure, "exit 1", 2, 3},
		{Always, "exit 0", 2, 3},
		{OnFailure, `n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) >n; test $n -ge 2`, -1, 3},
	} {
		cfg, w, _ := shell(t, c.script)
		cfg.Restart, cfg.MaxRestarts, cfg.Dir = c.policy, c.max, t.TempDir()
		cfg.Backoff = 500 * time.Millisecond
		res := mustRun(t, cfg)
		if len(res.Deaths) != c.ends {
			t.Errorf("%s, %s: %d ends, want %d", c.policy, c.script, len(res.Deaths), c.ends)
		}
		for i, d := range res.Deaths {
			if d.Restarts != i || d.Again != (i < c.ends-1) {
				t.Errorf("%s, %s: end %d has %d restarts, again %v", c.policy, c.script, i, d.Restarts, d.Again)
			}
		}
		if c.ends == 3 && (len(w.waits) != 1 || w.waits[0] != cfg.Backoff) {
			t.Errorf("%s, %s: waits %v, want one of 500ms: the first restart has none", c.policy, c.script, w.waits)
		}
	}
}

// What the main process leaves behind ends with it, as in a container.
func TestRun_leavesNothing(t *testing.T) {
	dir := t.TempDir()
	cfg, _, _ := shell(t, `sleep 600 & echo $! >pid`)
	cfg.Dir = dir
	mustRun(t, cfg)
	b, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(b), &pid); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the child is gone", func() bool {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(b), ") Z ")
	})
	noGroups(t)
}

// noGroups fails where a group of this process is left.
func noGroups(t *testing.T) {
	t.Helper()
	ts, err := trees("/proc/self/mountinfo", "/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range ts {
		if _, err := os.Stat(filepath.Join(x.own, groupName(os.Getpid()))); err == nil {
			t.Errorf("%s is left in %s", groupName(os.Getpid()), x.own)
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

func TestRun_signals(t *testing.T) {
	cfg, w, out := shell(t, `trap 'echo usr1' USR1; trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.01; done`)
	cfg.Restart = Always
	w.started = func(Status) {
		go func() {
			eventually(t, "it is up", func() bool { return strings.Contains(out(), "up") })
			_ = syscall.Kill(os.Getpid(), syscall.SIGUSR1)
			eventually(t, "it heard USR1", func() bool { return strings.Contains(out(), "usr1") })
			_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		}()
	}
	res := mustRun(t, cfg)
	if res.ExitStatus != 5 || len(res.Deaths) != 1 || !res.Deaths[0].Asked {
		t.Errorf("status %d after %d ends, want 5 after one that was asked for:\n%s", res.ExitStatus, len(res.Deaths), out())
	}
}

// A signal during a back-off ends the wait, with the status of the last end.
func TestRun_signalWhileWaiting(t *testing.T) {
	cfg, w, _ := shell(t, "exit 4")
	cfg.Restart, cfg.Backoff = Always, 5*time.Minute
	w.waiting = func() { _ = syscall.Kill(os.Getpid(), syscall.SIGINT) }
	if res := mustRun(t, cfg); res.ExitStatus != 4 || len(res.Deaths) != 2 || w.waits[0] != 5*time.Minute {
		t.Errorf("status %d after %d ends, waits %v", res.ExitStatus, len(res.Deaths), w.waits)
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("skipped: limits need root, or a control group that is delegated")
	}
}

func TestRun_memoryLimit(t *testing.T) {
	needRoot(t)
	cfg, w, out := shell(t, `head -c 200M /dev/zero | tail`)
	cfg.Argv = []string{"tail", "/dev/zero"} // keeps all of an endless line
	cfg.Limits.MemoryBytes = 32 << 20
	res := mustRun(t, cfg)
	d := res.Deaths[0]
	if len(w.notes) > 0 {
		t.Skipf("skipped: no limits on this machine: %s", w.notes)
	}
	if res.ExitStatus != 137 || !d.OOM || !strings.HasPrefix(root(d.Diagnosis), "oom-container-limit proven") {
		t.Errorf("status %d, OOM %v, %s\n%s", res.ExitStatus, d.OOM, root(d.Diagnosis), out())
	}
	if fix := d.Diagnosis.Findings[0].Fixes[0].Command; fix != "unloop run --memory 64Mi -- tail /dev/zero" {
		t.Errorf("the first fix is %q", fix)
	}
	if d.PeakBytes < 16<<20 || d.PeakBytes > 64<<20 {
		t.Errorf("the peak is %d bytes", d.PeakBytes)
	}
	noGroups(t)
}

func TestRun_pidsLimit(t *testing.T) {
	needRoot(t)
	cfg, w, out := shell(t, `for i in 1 2 3 4 5 6 7 8 9; do sleep 100 & done; echo all`)
	cfg.Limits.Pids = 5
	res := mustRun(t, cfg)
	if len(w.notes) > 0 {
		t.Skipf("skipped: no limits on this machine: %s", w.notes)
	}
	if res.ExitStatus == 0 || strings.Contains(out(), "all") {
		t.Errorf("status %d:\n%s", res.ExitStatus, out())
	}
}

// Groups of an unloop that was killed are removed by the next run, with what runs in them.
func TestSweep(t *testing.T) {
	needRoot(t)
	ts, err := trees("/proc/self/mountinfo", "/proc/self/cgroup")
	if err != nil || len(ts) == 0 {
		t.Skipf("skipped: no control groups: %v", err)
	}
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(ts[0].own, fmt.Sprintf("%s%d-%d", groupPrefix, dead.Process.Pid, 1))
	if err := os.MkdirAll(filepath.Join(left, "0"), 0o755); err != nil {
		t.Skipf("skipped: no control group can be made: %v", err)
	}
	orphan := exec.Command("sleep", "600")
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(left, "0", "cgroup.procs"), fmt.Append(nil, orphan.Process.Pid), 0); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = orphan.Wait(); close(done) }() // a zombie would stay in the group
	sweep(ts[0].own)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", left, err)
	}
	<-done
}

// The command dies with an unloop that is killed.
func TestRun_killed(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env, c.Dir = append(os.Environ(), helper+"=1"), dir
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	eventually(t, "the command is up", func() bool {
		b, _ := os.ReadFile(filepath.Join(dir, "pid"))
		n, _ := fmt.Sscanln(string(b), &pid)
		return n == 1
	})
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	eventually(t, "the command is gone", func() bool {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(b), ") Z ")
	})
	cfg, _, _ := shell(t, "true")
	mustRun(t, cfg)
	ts, err := trees("/proc/self/mountinfo", "/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range ts {
		left, _ := filepath.Glob(filepath.Join(x.own, fmt.Sprintf("%s%d-*", groupPrefix, c.Process.Pid)))
		if len(left) > 0 {
			t.Errorf("the next run left %s", left)
		}
	}
}

func TestRun_livenessKills(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	cfg, _, out := shell(t, `trap 'echo term; exit 0' TERM; touch up; while :; do sleep 0.01; done`)
	cfg.Dir = t.TempDir()
	p := *probeAt(t, "tcp://"+addr+",period=20ms,failures=3")
	cfg.Probes, cfg.Restart, cfg.MaxRestarts = []Probe{up(), p}, Always, 1
	res := mustRun(t, cfg)
	if len(res.Deaths) != 2 {
		t.Fatalf("%d ends, want 2", len(res.Deaths))
	}
	d := res.Deaths[1]
	if d.Probe != Liveness || !strings.Contains(out(), "term") {
		t.Errorf("ended by %q:\n%s", d.Probe, out())
	}
	if got := root(d.Diagnosis); !strings.Contains(got, "liveness") || strings.Contains(got, "kubelet") {
		t.Errorf("diagnosis: %s", got)
	}
}

// up is a startup probe that passes once the command has made the file "up", so that the
// other probes wait until it is prepared for what they do.
func up() Probe {
	return Probe{Kind: Startup, Exec: []string{"test", "-e", "up"}, Period: 10 * time.Millisecond, Failures: 1 << 20}
}

// A program that does not hear SIGTERM is killed when the grace is over.
func TestRun_graceEnds(t *testing.T) {
	cfg, _, _ := shell(t, `trap '' TERM; touch up; while :; do sleep 0.01; done`)
	cfg.Dir = t.TempDir()
	grace := time.Millisecond // below the least that is given, 2 s
	cfg.Probes = []Probe{up(), {Kind: Liveness, Exec: []string{"false"}, Period: 20 * time.Millisecond, Failures: 1, Grace: &grace}}
	res := mustRun(t, cfg)
	d := res.Deaths[0]
	if d.Signal != int(syscall.SIGKILL) || d.Probe != Liveness || d.Ended.Sub(d.Since) < minGrace {
		t.Errorf("ended with signal %d by %q after %s", d.Signal, d.Probe, d.Ended.Sub(d.Since))
	}
}

// The startup probe holds the others back; readiness is told and kills nobody.
func TestRun_probeOrder(t *testing.T) {
	dir := t.TempDir()
	cfg, w, _ := shell(t, `echo $$ >>lives; while :; do sleep 0.01; done`)
	cfg.Dir = dir
	cfg.Probes = []Probe{
		up(),
		{Kind: Liveness, Exec: []string{"sh", "-c", "touch asked; test -e up"}, Period: 10 * time.Millisecond, Failures: 1},
		{Kind: Readiness, Exec: []string{"test", "-e", "ready"}, Period: 10 * time.Millisecond},
	}
	touch := func(name string) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Error(err)
		}
	}
	began := make(chan struct{})
	w.started = func(Status) {
		if _, err := os.Stat(filepath.Join(dir, "asked")); err == nil {
			t.Error("liveness was asked before the start")
		}
		close(began)
	}
	ready := false
	w.changed = func(st Status) {
		switch {
		case !st.Started:
			if _, err := os.Stat(filepath.Join(dir, "asked")); err == nil {
				t.Error("liveness was asked before the startup probe passed")
			}
			touch("up")
		case st.Started && !st.Ready && !ready:
			touch("ready")
		case st.Ready && !ready:
			ready = true
			_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		}
	}
	res := mustRun(t, cfg)
	<-began
	if !ready || len(res.Deaths) != 1 || res.Deaths[0].Probe != "" {
		t.Errorf("ready %v, ends %+v", ready, res.Deaths)
	}
}

func TestShelf(t *testing.T) {
	s := &shelf{filepath.Join(t.TempDir(), "a", "b"), 2}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	write := func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err }
	var files []string
	for i := range 3 {
		f, err := s.put("we/ird name", 7, at.Add(time.Duration(i)*time.Second), write)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	same, err := s.put("we/ird name", 7, at.Add(2*time.Second), write)
	if err != nil || same == files[2] {
		t.Fatalf("a name that is taken: %q %v", same, err)
	}
	if _, err := s.put("other", 7, at, write); err != nil {
		t.Fatal(err)
	}
	if _, err := s.put("broken", 7, at, func(io.Writer) error { return errNoEvents }); !errors.Is(err, errNoEvents) {
		t.Errorf("a failed write: %v", err)
	}
	s.clear("we/ird name", at)
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := []string{"other-20260302T090000.000Z-7.scap", filepath.Base(same), filepath.Base(files[2])}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("left are %q, want %q", got, want)
	}
}
