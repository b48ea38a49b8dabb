//go:build linux && (amd64 || arm64)

package ptrace

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/scap"
)

// task is one thread of the command and of what it started.
type task struct {
	tid    int
	parent int
	proc   *process
	// call is the one that it is in, with the arguments as they came in registers; nil
	// outside of calls whose end is waited for.
	call       *call
	args       [6]uint64
	enterNanos uint64
	// lastNanos is the time of its latest event.
	lastNanos uint64
	// ended says that its end was told.
	ended bool

	// What the enter of a call keeps for its exit.

	text   [3][]byte
	has    [3]bool
	num    [8]uint64
	data   []byte
	exe    string
	addr   address
	near   address
	known  bool
	unread bool
}

// tracer follows the command from the one thread that attached to it.
type tracer struct {
	handler flight.Handler
	main    int
	linger  bool
	tasks   map[int]*task
	// early are new threads that stopped before the one that made them told of it; true for
	// those that stopped on their way out.
	early map[int]bool
	mem   memory
	b     scap.Builder
	ev    event.Event
	now   uint64
	clock func() uint64
	// started says that the command runs: what the stub does is not told.
	started bool
	// paused says that the main process is stopped as a whole.
	paused bool
	// mainWord is the status of the main process once it ended.
	mainWord syscall.WaitStatus
	onExit   func(syscall.WaitStatus)
	onPause  func(syscall.Signal)
	// err is the first event that could not be built, which is a mistake of ours.
	err error

	// killing says that everything has to end. mu guards handles, by which another
	// goroutine kills: it may not use numbers, which could be others' by then.
	killing atomic.Bool
	mu      sync.Mutex
	handles map[int]int
}

// newTracer follows a process that has one thread which counts: tid becomes the command.
func newTracer(main, tid int, linger bool) *tracer {
	start := time.Now()
	wall := uint64(start.UnixNano())
	t := &tracer{
		main: main, linger: linger, tasks: map[int]*task{}, early: map[int]bool{}, handles: map[int]int{},
		clock: func() uint64 { return wall + uint64(time.Since(start)) },
	}
	p := &process{pid: main, pidfd: -1, live: 1}
	t.open(p)
	p.look(main)
	t.tasks[tid] = &task{tid: tid, proc: p}
	return t
}

// open gets a handle of a new process.
func (t *tracer) open(p *process) {
	fd, err := unix.PidfdOpen(p.pid, 0)
	if err != nil {
		return
	}
	p.pidfd = fd
	t.mu.Lock()
	t.handles[p.pid] = fd
	t.mu.Unlock()
}

func (t *tracer) close(p *process) {
	if p.pidfd < 0 {
		return
	}
	t.mu.Lock()
	if t.handles[p.pid] == p.pidfd {
		delete(t.handles, p.pid)
	}
	unix.Close(p.pidfd) //nolint:errcheck // a handle, nothing is lost
	t.mu.Unlock()
	p.pidfd = -1
}

// kill ends all processes; those that begin from now on end at their first stop. It may be
// called from any goroutine.
func (t *tracer) kill() {
	t.killing.Store(true)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, fd := range t.handles {
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // one that ended is as good
	}
}

// emit tells of an event of a thread, at the present time.
func (t *tracer) emit(typ event.Type, k *task, values ...any) {
	if !t.started {
		switch typ {
		case 292, 293, 330, 331, 186:
		default:
			return
		}
	}
	if err := t.b.Build(&t.ev, typ, t.now, int64(k.tid), 0, values...); err != nil {
		if t.err == nil {
			t.err = fmt.Errorf("event %d: %w", typ, err)
		}
		return
	}
	k.lastNanos = t.now
	t.handler.Event(Slot, &t.ev)
}

func (t *tracer) lose(cause flight.LossCause) { t.handler.Lost(Slot, cause, 1) }

// loop waits for stops until nothing is left.
func (t *tracer) loop() error {
	for {
		tid, ws, err := wait(-1)
		if err == syscall.ECHILD {
			return t.err
		}
		if err != nil {
			t.kill()
			return fmt.Errorf("wait for traced processes: %w", err)
		}
		t.now = t.clock()
		if ws.Stopped() {
			t.stopped(tid, ws)
		} else {
			t.gone(tid, ws)
		}
	}
}

// stopped handles one stop and lets the thread go on. An error of a request means that the
// thread was killed: its end is reported next.
func (t *tracer) stopped(tid int, ws syscall.WaitStatus) {
	k := t.tasks[tid]
	what := int(ws >> 16)
	if what == unix.PTRACE_EVENT_EXEC {
		k = t.exec(tid, k)
	}
	if k == nil {
		t.early[tid] = what == unix.PTRACE_EVENT_EXIT // goes on when its parent tells of it
		t.adopt()
		return
	}
	if t.killing.Load() && k.proc.pid != 0 {
		_ = unix.Kill(k.proc.pid, unix.SIGKILL) // not waited for, so that the number is its own
	}
	sig := ws.StopSignal()
	switch {
	case what == unix.PTRACE_EVENT_SECCOMP:
		t.entry(k)
		k.resume(0)
	case sig == syscall.SIGTRAP|0x80:
		t.exit(k)
		k.resume(0)
	case what == unix.PTRACE_EVENT_CLONE, what == unix.PTRACE_EVENT_FORK, what == unix.PTRACE_EVENT_VFORK:
		if child, err := getEventMsg(tid); err == nil {
			t.child(k, int(child))
		}
		k.resume(0)
	case what == unix.PTRACE_EVENT_EXIT:
		if word, err := getEventMsg(tid); err == nil && !t.yields(k) {
			t.ended(k, uint32(word))
		}
		k.call = nil
		k.resume(0)
	case what == unix.PTRACE_EVENT_STOP && sig != syscall.SIGTRAP:
		// A stop of the whole process, as by Ctrl-Z: it stays stopped until SIGCONT comes.
		if _ = ptrace(unix.PTRACE_LISTEN, tid, 0, 0); tid == t.main && !t.paused {
			t.pause(sig)
		}
	case what == unix.PTRACE_EVENT_STOP && t.paused && tid == t.main:
		t.pause(0)
		k.resume(0)
	case what != 0:
		k.resume(0)
	default:
		t.signalled(k, sig)
		k.resume(sig)
	}
}

// pause tells that the main process was stopped, or goes on.
func (t *tracer) pause(sig syscall.Signal) {
	t.paused = sig != 0
	if t.onPause != nil {
		t.onPause(sig)
	}
}

// resume lets a thread go on, to the end of its call where that is wanted.
func (k *task) resume(sig syscall.Signal) {
	req := unix.PTRACE_CONT
	if k.call != nil {
		req = unix.PTRACE_SYSCALL
	}
	_ = ptrace(req, k.tid, 0, uintptr(sig)) // ESRCH: killed meanwhile
}

// entry handles the beginning of a landmark call.
func (t *tracer) entry(k *task) {
	k.call = nil
	var info syscallInfo
	if getSyscallInfo(k.tid, &info) != nil || info.Op != unix.PTRACE_SYSCALL_INFO_SECCOMP {
		return
	}
	word := info.word()
	if word == foreignCall {
		t.lose(flight.LostForeign)
		return
	}
	// Another filter of the program may stop calls with a word of its own.
	if int(word) >= len(calls) || uint64(calls[word].nr) != info.nr() {
		return
	}
	c := &calls[word]
	k.call, k.args, k.enterNanos = c, info.args(), t.now
	k.unread, k.known, k.addr, k.near, k.data = false, false, address{}, address{}, k.data[:0]
	k.has = [3]bool{}
	if !c.enter(t, k) {
		k.call = nil
	}
}

// exit handles the end of a landmark call.
func (t *tracer) exit(k *task) {
	c := k.call
	if c == nil {
		return
	}
	var info syscallInfo
	if getSyscallInfo(k.tid, &info) != nil {
		k.call = nil
		return
	}
	if info.Op != unix.PTRACE_SYSCALL_INFO_EXIT {
		return // another stop at the beginning, where filters are nested
	}
	res := info.result()
	if res <= -512 && res >= -516 {
		res = -int64(unix.EINTR) // begins anew, or is given up, after the signal
	}
	c.exit(t, k, res)
	if k.unread && res != -int64(unix.EFAULT) {
		t.lose(flight.LostUser)
	}
	k.call = nil
}

// child adds a new thread or process.
func (t *tracer) child(parent *task, tid int) {
	if t.tasks[tid] != nil {
		return
	}
	flags := uint32(0)
	typ := event.Type(223)
	if c := parent.call; c != nil {
		flags = uint32(parent.num[0])
		typ = forkExit(c.nr)
	}
	k := &task{tid: tid, parent: parent.proc.pid, proc: parent.proc}
	if flags&unix.CLONE_THREAD != 0 {
		k.proc.live++
	} else {
		k.proc = t.fork(parent.proc, tid)
	}
	t.tasks[tid] = k
	if _, ok := t.early[tid]; ok {
		delete(t.early, tid)
	} else if n, ws, err := wait(tid); err != nil || n != tid || !ws.Stopped() {
		// It stops before it does anything; else it was killed already, and its end may have
		// been told.
		if err == nil {
			t.gone(tid, ws)
			return
		}
		t.forget(k)
		return
	}
	if k.proc != parent.proc {
		k.proc.lookStatus(tid)
	}
	t.forked(typ, k, 0, flags)
	k.resume(0)
}

// fork makes a process that begins as its parent is.
func (t *tracer) fork(from *process, pid int) *process {
	p := &process{
		pid: pid, pidfd: -1, live: 1, exe: from.exe, args: from.args, env: from.env,
		cgroups: from.cgroups, loginUID: from.loginUID, status: from.status, dns: maps.Clone(from.dns),
	}
	p.status.vtid, p.status.vpid = 0, 0
	t.open(p)
	return p
}

// adopt adds threads whose parent was killed before it could tell of them. Their first stop may
// come before its end or after it. One that is on its way out is not waited for: it was killed
// with all of its process, whose first thread is reported when all others are gone only.
func (t *tracer) adopt() {
	for tid, dying := range t.early {
		if !dying && !t.killing.Load() && t.told(tid) {
			continue
		}
		delete(t.early, tid)
		p := &process{pid: tid, pidfd: -1}
		p.look(tid)
		if k := t.tasks[tgid(tid)]; k != nil {
			p = k.proc
		} else {
			t.open(p)
		}
		p.live++
		k := &task{tid: tid, proc: p}
		t.tasks[tid] = k
		if t.killing.Load() {
			_ = unix.Kill(p.pid, unix.SIGKILL) // it is not waited for, so that the number is its own
		}
		k.resume(0)
	}
}

// told reports whether there is somebody still who will tell of a new thread: another one of
// its process, or of its parent.
func (t *tracer) told(tid int) bool {
	maker := tgid(tid)
	if maker == tid {
		maker = statusNumber(tid, "PPid:")
	}
	for _, k := range t.tasks {
		if k.proc.pid == maker {
			return true
		}
	}
	return false
}

// yields reports whether a main thread ends because another thread of its process runs
// a new program, which goes on under its number.
func (t *tracer) yields(k *task) bool {
	if k.tid != k.proc.pid || k.proc.live < 2 {
		return false
	}
	for _, o := range t.tasks {
		if o.proc == k.proc && o != k && o.call != nil && (o.call.nr == unix.SYS_EXECVE || o.call.nr == unix.SYS_EXECVEAT) {
			return true
		}
	}
	return false
}

// exec handles a new program, before the end of its call. k is the task under whose number
// it goes on; nil for the stub, where its main thread is not the one that is traced.
func (t *tracer) exec(tid int, k *task) *task {
	if former, err := getEventMsg(tid); err == nil && int(former) != tid {
		if o := t.tasks[int(former)]; o != nil {
			// The thread takes the number of the process; its own is gone.
			delete(t.tasks, o.tid)
			if k != nil {
				t.ended(&task{tid: o.tid, proc: o.proc}, 0)
				o.proc.live--
				o.lastNanos = max(k.lastNanos, o.lastNanos)
			}
			o.tid, o.ended = tid, false
			t.tasks[tid] = o
			k = o
		}
	}
	if k == nil {
		return nil
	}
	if k.tid == t.main {
		t.started = true
	}
	if k.call == nil { // from a foreign call, whose end is not seen
		exitExec(t, k, 0)
	}
	return k
}

// gone handles the end of a thread that was waited for.
func (t *tracer) gone(tid int, ws syscall.WaitStatus) {
	k := t.tasks[tid]
	delete(t.early, tid)
	if k == nil && tid == t.main {
		// The stub ended without becoming the command, and another of its threads was ours.
		k = &task{tid: tid, proc: &process{pid: tid, pidfd: -1}}
	}
	if k == nil {
		return
	}
	t.ended(k, uint32(ws))
	t.forget(k)
	if len(t.early) > 0 {
		t.adopt()
	}
	if tid != t.main {
		return
	}
	t.mainWord = ws
	t.onExit(ws)
	d := flight.Death{TsNanos: t.now, Pid: int64(tid)}
	if ws.Signaled() {
		d.Signal = int(ws.Signal())
	} else {
		d.Code = ws.ExitStatus()
	}
	t.handler.Died(Slot, d)
	if !t.linger {
		t.kill()
	}
}

// forget lets go of a thread that is gone, and of its process with the last of them.
func (t *tracer) forget(k *task) {
	delete(t.tasks, k.tid)
	if k.proc.live--; k.proc.live <= 0 {
		t.close(k.proc)
	}
}

// tracerOf is who traces a process, 0 for nobody.
func tracerOf(pid int) int { return statusNumber(pid, "TracerPid:") }

// tgid is the process of a thread, 0 where it is gone.
func tgid(tid int) int { return statusNumber(tid, "Tgid:") }

func statusNumber(pid int, name string) int {
	for line := range strings.Lines(string(procFile(pid, "status", 1<<16))) {
		if v, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(v))
			return n
		}
	}
	return 0
}
