package collect

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/scap/state"
)

// trail follows what each process did last, so that the end of one can be laid to a
// call: which calls failed and on what, and how much was done after each. It is called
// for every event of a scan and keeps a bounded amount for each live process.
type trail struct {
	live map[int64]*steps
	// ends are the trails of processes that ended, by the number of the event.
	ends map[uint64]*steps
	asks *asker
	// kills are the latest signals that processes sent with a call.
	kills []kill
	// senders are the names of processes that sent signals from outside of the recording.
	senders map[int64]string
}

// steps are the trail of one process.
type steps struct {
	// began is the number of the exec of its program; 0 where that is not in the recording.
	began uint64
	// deeds counts what was done that is more than reporting and cleaning up.
	deeds int
	// reports counts lines that went to a log, not to standard output or error.
	reports int
	fails   []failed
	seen    [32]string // paths that were found to exist
	nseen   int
	dns     []lookup
	marks   []mark
	// cuts are the numbers of the latest writes to standard output and standard error of
	// which the recording holds a part.
	cuts   []uint64
	dials  []dial
	hellos []hello
	// to names where standard output and standard error led when it last wrote there, else at
	// its end; "" unknown.
	to [2]string
	// read is the last file that data was read from, with the deeds there were then.
	read struct {
		num, ts uint64
		name    string
		deeds   int
	}
	// born are tasks that it made, of which one of two events told.
	born [][2]int64
	// bornAt is the number of the event that told first of the latest process it made.
	bornAt uint64
	// killing is a kill of its own that has not returned.
	killing *kill
	// killedBy is who sent the signal that ended it; nil where no call did.
	killedBy *kill
}

// failed is a failed call, with how many deeds there were before it.
type failed struct {
	num, ts uint64
	deeds   int
	reports int
	call    string
	errno   int64
	on      string
	onKind  string
	times   int
	exists  bool
	writes  bool
	// absent: a look at the path says that it is not there.
	absent bool
	// recovered: the same name was found later.
	recovered bool
	// replaced: a later call of the same kind went well.
	replaced bool
	// until is when a connection without an answer was given up.
	until uint64
	tls   string
}

// mark remembers how many deeds there were at an event, for what others found there.
type mark struct {
	num   uint64
	deeds int
}

// How much is kept of a process, and of how many that ended.
const (
	keepFails     = 24
	keepQuestions = 16
	keepMarks     = 64
	keepCuts      = 16
	keepEnds      = 8192
	keepLive      = 1 << 17
	keepKills     = 256
	keepBorn      = 16
)

func newTrail() *trail {
	return &trail{live: map[int64]*steps{}, ends: map[uint64]*steps{}, senders: map[int64]string{}}
}

// see looks at one event after the state was applied to it. It always returns true.
func (t *trail) see(ev *event.Event, tr *state.Tracker) bool {
	if t.asks == nil {
		t.asks = newAsker(tr)
	}
	if ev.Type == evNotification {
		t.told(ev) // it is of no thread
	}
	if ev.Thread == nil || ev.Kind == nil || ev.Hidden() {
		return true
	}
	if ev.IsEnter() {
		switch ev.Type {
		case evProcexit:
			t.exited(ev)
		case evSignal:
			if p := t.of(ev.Thread); p != nil {
				p.mark(ev.Num)
			}
		default:
			if k := t.killOf(ev); k != nil {
				if p := t.of(ev.Thread); p != nil {
					p.killing = k // who kills itself never returns
				}
			}
		}
		return true
	}
	p := t.of(ev.Thread)
	if p == nil {
		return true
	}
	killing := p.killing
	p.killing = nil
	res, ok := ev.Result()
	switch {
	case !ok:
	case res == 0 && forks(ev.Name()):
		maker := ev.Thread.Ptid
		if !ev.Thread.IsMain() {
			maker = ev.Thread.Pid
		}
		if parent := t.live[maker]; parent != nil && parent.bore(ev.Thread.Tid, ev.Thread.Vtid) && ev.Thread.IsMain() {
			parent.bornAt = ev.Num
		}
	case res < 0 && res > -4096:
		if killing != nil && t.killOf(ev) != nil {
			killing.failed = true
		}
		p.fail(t.asks, ev, -res)
	default:
		p.done(t.asks, ev, res)
		if k := t.killOf(ev); k != nil {
			t.sent(*k)
		}
	}
	return true
}

func (t *trail) of(th *event.Thread) *steps {
	p := t.live[th.Pid]
	if p == nil && len(t.live) < keepLive {
		p = &steps{}
		t.live[th.Pid] = p
		if parent := t.live[th.Ptid]; parent != nil {
			// A shell looks for a program before it forks.
			p.seen, p.nseen = parent.seen, parent.nseen
		}
	}
	return p
}

func (t *trail) exited(ev *event.Event) {
	sig, signalled := ev.Uint(2)
	p := t.live[ev.Thread.Pid]
	if p == nil && signalled && sig != 0 {
		p = t.of(ev.Thread) // it made no call, and was killed
	}
	if p == nil {
		return
	}
	if len(t.ends) < keepEnds {
		t.ends[ev.Num] = p
		if signalled && sig != 0 {
			p.killedBy = t.killer(ev, p, uint8(sig))
		}
		if ev.Thread.IsMain() {
			p.giveUp(ev, -1)
			for i := range p.to {
				if f := ev.Thread.FDs.Get(int64(i + 1)); f != nil && p.to[i] == "" {
					p.to[i] = f.Name
				}
			}
		}
	}
	if ev.Thread.IsMain() {
		delete(t.live, ev.Thread.Pid)
		if parent := t.live[ev.Thread.Ptid]; parent != nil {
			parent.mark(ev.Num)
		}
	}
}

// Event codes that are looked at by number.
const (
	evProcexit event.Type = 186
	evSignal   event.Type = 232
	// evNotification tells of a sender outside of the recording (internal/bpf, note).
	evNotification event.Type = 280
)

// fail notes a failed call. Calls that only have to be made again are none.
func (p *steps) fail(a *asker, ev *event.Event, errno int64) {
	name := ev.Name()
	switch event.ErrnoName(errno) {
	case "EAGAIN":
		if !forks(name) {
			return
		}
	case "EINPROGRESS":
		if name == "connect" {
			p.dial(a, ev)
		}
		return
	case "EISCONN":
		if name == "connect" {
			p.connected(ev)
		}
		return
	case "EINTR", "EALREADY", "ERESTARTSYS":
		return
	case "ENOTTY", "ESPIPE", "ECHILD", "ENOSYS":
		return // questions about a descriptor, a child, the kernel
	case "ECONNRESET", "EPIPE", "ECONNABORTED":
		p.cut(ev, "reset")
	}
	if name == "connect" {
		p.settled(ev.FDNum)
	}
	f := failed{num: ev.Num, ts: ev.TsNanos, deeds: p.deeds, reports: p.reports, call: name, errno: errno, times: 1}
	f.on, f.onKind = a.about(ev)
	if strings.HasPrefix(name, "open") || name == "creat" {
		flags, ok := ev.Named("flags")
		v, _ := event.Unsigned(flags)
		f.writes = name == "creat" || ok && v&(openWrite|openCreate) != 0
	}
	for _, s := range p.seen {
		f.exists = f.exists || s != "" && s == f.on
	}
	if f.on == "" || event.ErrnoName(errno) != "ENOENT" {
		p.add(f)
		return
	}
	for i := range p.fails {
		o := &p.fails[i]
		if o.on != f.on || o.errno != errno {
			continue
		}
		// An exec and a look at the same path: the look tells what the exec leaves open.
		switch {
		case execs(name) && !execs(o.call):
			f.absent = true
		case execs(o.call) && !execs(name):
			o.absent = true
		}
	}
	if looks(name) && searched(f.on) {
		return // interpreters look for libraries of a module in all spellings
	}
	p.add(f)
}

func forks(name string) bool {
	return name == "clone" || name == "clone3" || name == "fork" || name == "vfork"
}

func execs(name string) bool { return name == "execve" || name == "execveat" }

func looks(name string) bool {
	switch name {
	case "stat", "lstat", "access", "newfstatat", "stat64", "lstat64", "readlink":
		return true
	}
	return false
}

// searched reports whether a path is one of the many that an import looks for.
func searched(name string) bool {
	for _, s := range []string{".so", ".pyc", ".pyd", ".pmc", "-packages", "/glibc-hwcaps"} {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return strings.Contains(name, "/node_modules") || strings.Contains(name, "/glibc-hwcaps/")
}

// Bits of the flags of open, as captures hold them.
const (
	openWrite  = 2
	openCreate = 4
)

func (p *steps) add(f failed) {
	for i := range p.fails {
		if o := &p.fails[i]; o.call == f.call && o.errno == f.errno && o.on == f.on {
			f.times += o.times
			p.fails = append(p.fails[:i], p.fails[i+1:]...)
			break
		}
	}
	if len(p.fails) == keepFails {
		p.fails = append(p.fails[:0], p.fails[1:]...)
	}
	p.fails = append(p.fails, f)
}

// done looks at a call that went well.
func (p *steps) done(a *asker, ev *event.Event, res int64) {
	switch name := ev.Name(); name {
	case "execve", "execveat":
		*p = steps{began: ev.Num}
	case "open", "openat", "openat2", "creat":
		if ev.FD == nil {
			return
		}
		p.found(ev.FD.Name)
		if aside(ev.FD.Name) {
			return
		}
		p.replace(ev, name)
		p.deeds++
	case "stat", "lstat", "access", "newfstatat", "stat64", "lstat64", "readlink":
		if on, _ := a.about(ev); on != "" {
			p.found(on)
		}
	case "read", "pread", "readv", "preadv", "recv", "recvfrom", "recvmsg", "recvmmsg":
		if res > 0 && !p.answer(a, ev) && moves(ev.FD) && !nudge(ev.FD, res) {
			p.deeds++
			if ev.FD.Kind == event.FDFile || ev.FD.Kind == event.FDFileOld {
				p.read.num, p.read.ts, p.read.name, p.read.deeds = ev.Num, ev.TsNanos, ev.FD.Name, p.deeds
			}
		}
		p.heard(ev, res)
	case "write", "pwrite", "writev", "pwritev", "send", "sendto", "sendmsg", "sendmmsg", "sendfile":
		if ev.FDNum == 1 || ev.FDNum == 2 {
			p.cutShort(ev, res)
			if ev.FD != nil {
				p.to[ev.FDNum-1] = ev.FD.Name
			}
		}
		switch {
		case res <= 0 || p.ask(a, ev) || ev.FDNum == 1 || ev.FDNum == 2 || !moves(ev.FD) || nudge(ev.FD, res) || complains(ev):
		case report(ev.FD):
			p.reports++
		default:
			p.deeds++
			p.connected(ev)
			p.greet(ev)
			p.replace(ev, name)
		}
	case "connect":
		if ev.FD != nil && ev.FD.ServerPort != dnsPort && !report(ev.FD) {
			p.deeds++
			p.connected(ev)
		}
	case "clone", "clone3", "fork", "vfork":
		if res > 0 {
			flags, _ := ev.Named("flags")
			if v, _ := event.Unsigned(flags); p.bore(res, res) && uint32(v)&event.CloneThread == 0 {
				p.bornAt = ev.Num
			}
			p.replace(ev, name)
		}
	case "bind", "listen", "accept", "accept4", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "socket", "pipe", "pipe2":
		if name != "socket" && !strings.HasPrefix(name, "pipe") {
			p.deeds++
		}
		p.replace(ev, name)
	case "getsockopt":
		p.socketError(ev)
	case "close":
		p.giveUp(ev, ev.FDNum)
	}
}

// bore counts a new task, by its number on the host and in its namespace, and reports whether
// this is the first that is heard of it. It is told twice: by its first event and by the maker's
// call, which with vfork may return after its end.
func (p *steps) bore(tid, vtid int64) bool {
	for i, b := range p.born {
		if b[0] == tid || b[1] == vtid {
			p.born = slices.Delete(p.born, i, i+1)
			return false
		}
	}
	if len(p.born) == keepBorn {
		p.born = slices.Delete(p.born, 0, 1)
	}
	p.born = append(p.born, [2]int64{tid, vtid})
	p.deeds++
	return true
}

// found remembers a path that is there.
func (p *steps) found(name string) {
	const longest = 512
	if len(name) <= longest {
		p.seen[p.nseen%len(p.seen)] = name
		p.nseen++
	}
	base := name[strings.LastIndexByte(name, '/')+1:]
	for i := range p.fails {
		f := &p.fails[i]
		if f.on == name && execs(f.call) {
			f.exists = true // so the exec lacked what the file names
		} else if n := len(f.on) - len(base); base != "" && n > 0 && f.on[n-1] == '/' && f.on[n:] == base && event.ErrnoName(f.errno) == "ENOENT" {
			f.recovered = true
		}
	}
}

// cutShort notes a write of which the recording holds a part.
func (p *steps) cutShort(ev *event.Event, res int64) {
	if b, ok := ev.Named("data"); !ok || int64(len(b)) >= res {
		return
	}
	if len(p.cuts) == keepCuts {
		p.cuts = append(p.cuts[:0], p.cuts[1:]...)
	}
	p.cuts = append(p.cuts, ev.Num)
}

func (p *steps) mark(num uint64) {
	if len(p.marks) == keepMarks {
		p.marks = append(p.marks[:0], p.marks[1:]...)
	}
	p.marks = append(p.marks, mark{num, p.deeds})
}

// moves reports whether data through the descriptor is work: not the counter of an
// event, and not a file that programs read to report an error.
func moves(f *event.FD) bool {
	if f == nil {
		return false
	}
	switch f.Kind {
	case event.FDEvent, event.FDSignal, event.FDTimer, event.FDInotify, event.FDEventPoll:
		return false
	case event.FDFile, event.FDFileOld:
		return !aside(f.Name)
	}
	return true
}

// nudge reports whether data wakes another thread and says no more: one byte through a pipe, or
// a pair of sockets, as curl's resolver does.
func nudge(f *event.FD, n int64) bool {
	return n == 1 && (f.Kind == event.FDPipe || f.Kind == event.FDUnix && !strings.ContainsAny(f.Name, "/@"))
}

// report reports whether a descriptor leads to a log.
func report(f *event.FD) bool {
	return strings.Contains(f.Name, "/log") || strings.HasSuffix(f.Name, ".log") || strings.Contains(f.Name, "/run/systemd/journal/") ||
		strings.HasPrefix(f.Name, "/dev/") || strings.Contains(f.Name, "nscd/socket")
}

// asides are files that are read on the way to any end: libraries, words of messages,
// accounts, clocks, and the source that a trace quotes.
var asides = []string{
	"/locale/", "/gconv/", "/zoneinfo/", "/etc/localtime", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/terminfo/",
	"/etc/ld.so.cache", "/proc/", "/sys/", "/dev/", "/ld-musl-", "/jvm/", "/openjdk", "/conf/security/java.",
}

// asideEnds are the endings of programs and of what holds them (/modules: the classes of a JVM).
var asideEnds = []string{
	".so", ".mo", ".py", ".pyc", ".rb", ".js", ".mjs", ".cjs", ".ts", ".php", ".pl", ".pm", ".debug",
	".jar", ".jsa", ".class", "/lib/modules", ".node", ".gem", ".phar", ".lua", ".beam", ".dll", ".wasm",
}

func aside(name string) bool {
	for _, s := range asides {
		if strings.Contains(name, s) {
			return true
		}
	}
	for _, s := range asideEnds {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return strings.Contains(name, ".so.")
}

// address is the text of a parameter of type SockAddr.
func address(b []byte) (on, kind string) {
	switch {
	case b[0] == 2 && len(b) >= 7:
		return end(b[1:5], b[5:7]), "ipv4"
	case b[0] == 10 && len(b) >= 19:
		return end(b[1:17], b[17:19]), "ipv6"
	case b[0] == 1:
		return string(event.CString(b[1:])), "unix"
	}
	return "", ""
}

// peer is the far end of a parameter of type SockTuple.
func peer(b []byte) (on, kind string) {
	switch {
	case len(b) >= 13 && b[0] == 2:
		return end(b[7:11], b[11:13]), "ipv4"
	case len(b) >= 37 && b[0] == 10:
		return end(b[19:35], b[35:37]), "ipv6"
	case len(b) > 17 && b[0] == 1:
		return string(event.CString(b[17:])), "unix"
	}
	return "", ""
}

func end(ip, port []byte) string {
	a, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(a.Unmap(), binary.LittleEndian.Uint16(port)).String()
}

// socketError takes the error of a connection that was made without waiting: the
// program asks the socket for it (SOL_SOCKET, SO_ERROR).
func (p *steps) socketError(ev *event.Event) {
	val, ok := ev.Named("val")
	if !ok || len(val) != 9 || val[0] != 1 || ev.FD == nil {
		return
	}
	errno, _ := event.Signed(val[1:])
	if errno < 0 {
		errno = -errno
	}
	if errno == 0 {
		p.connected(ev)
	}
	if errno == 0 || errno > 4095 {
		return
	}
	p.settled(ev.FDNum)
	f := failed{num: ev.Num, ts: ev.TsNanos, deeds: p.deeds, reports: p.reports, call: "connect", errno: errno, times: 1}
	f.onKind = "ipv4"
	if ev.FD.Kind == event.FDIPv6 {
		f.onKind = "ipv6"
	}
	_, f.on, _ = strings.Cut(ev.FD.String(), "->")
	if f.on != "" {
		p.add(f)
	}
}

// moment places something in the trail.
func (p *steps) moment(num, ts, endTs uint64, deeds int) facts.Moment {
	m := facts.Moment{Event: num, After: p.deeds - deeds}
	if ts < endTs {
		m.Before = durationOf(endTs - ts)
	}
	return m
}
