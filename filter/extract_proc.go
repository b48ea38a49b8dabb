package filter

import (
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

func onThread(needs Needs, get func(s *scope, t *event.Thread) (uint64, bool)) builder {
	return number(needs|NeedThread, func(s *scope) (uint64, bool) {
		if t := s.ev.Thread; t != nil {
			return get(s, t)
		}
		return 0, false
	})
}

func threadNum(get func(t *event.Thread) uint64) builder {
	return onThread(0, func(_ *scope, t *event.Thread) (uint64, bool) { return get(t), true })
}

func threadFlag(get func(t *event.Thread) bool) builder {
	return threadNum(func(t *event.Thread) uint64 { return bit(get(t)) })
}

func threadText(needs Needs, get func(s *scope, t *event.Thread) (string, bool)) builder {
	return text(needs|NeedThread, func(s *scope) (string, bool) {
		if t := s.ev.Thread; t != nil {
			return get(s, t)
		}
		return "", false
	})
}

func plainText(get func(t *event.Thread) string) builder {
	return threadText(0, func(_ *scope, t *event.Thread) (string, bool) { return get(t), true })
}

// onProc is onThread for what belongs to the process: the main thread.
func onProc(get func(s *scope, t *event.Thread) (uint64, bool)) builder {
	return onThread(NeedParents, func(s *scope, t *event.Thread) (uint64, bool) {
		return get(s, main(t))
	})
}

// main is the main thread of a thread's process; the thread itself stands in for one
// that the capture never introduced.
func main(t *event.Thread) *event.Thread {
	if t.Tid == t.Pid || t.Leader == nil {
		return t
	}
	return t.Leader
}

// parent is the thread that created t.
func (s *scope) parent(t *event.Thread) *event.Thread {
	if t.Parent != nil || s.State == nil {
		return t.Parent
	}
	return s.State.Thread(t.Ptid)
}

func parentText(get func(s *scope, p *event.Thread) (string, bool)) builder {
	return threadText(NeedParents, func(s *scope, t *event.Thread) (string, bool) {
		if p := s.parent(t); p != nil {
			return get(s, p)
		}
		return "", false
	})
}

// appendWords appends strings that are each ended by a NUL, joined with blanks.
func appendWords(b []byte, list string) []byte {
	list = strings.TrimSuffix(list, "\x00")
	for {
		n := strings.IndexByte(list, 0)
		if n < 0 {
			return append(b, list...)
		}
		b = append(b, list[:n]...)
		b = append(b, ' ')
		list = list[n+1:]
	}
}

func (s *scope) words(list string) string {
	if strings.IndexByte(list, 0) < 0 {
		return list
	}
	start := len(s.buf)
	s.buf = appendWords(s.buf, list)
	return s.made(start)
}

// commandLine is a first word, a blank and the arguments; without arguments sysdig
// leaves out the blank behind the name, but not that behind argv[0].
func (s *scope) commandLine(first, args string, blank bool) string {
	start := len(s.buf)
	s.buf = append(s.buf, first...)
	if args != "" || blank {
		s.buf = append(s.buf, ' ')
	}
	s.buf = appendWords(s.buf, args)
	return s.made(start)
}

func (s *scope) cmdline(t *event.Thread) string { return s.commandLine(t.Comm, t.Args, false) }

func countWords(list string) uint64 { return uint64(strings.Count(list, "\x00")) }

// word returns the value of NAME=value in a list of strings ended by NULs.
func word(list, name string) (string, bool) {
	for list != "" {
		n := strings.IndexByte(list, 0)
		if n < 0 {
			n = len(list)
		}
		if v, ok := strings.CutPrefix(list[:n], name); ok && strings.HasPrefix(v, "=") {
			return v[1:], true
		}
		list = list[min(n+1, len(list)):]
	}
	return "", false
}

func (s *scope) since(nanos uint64) (uint64, bool) {
	return s.ev.TsNanos - nanos, nanos != 0 && s.ev.TsNanos >= nanos
}

// sessionLeader is the thread whose number is the session's, or else the eldest
// ancestor of the same session.
func (s *scope) sessionLeader(t *event.Thread) *event.Thread {
	if s.State != nil {
		if l := s.State.Thread(t.Sid); l != nil {
			return l
		}
	}
	m := main(t)
	best := m
	for range maxAncestors {
		if m = s.parent(m); m == nil || m.Sid != best.Sid {
			break
		}
		best = m
	}
	return best
}

func leaderText(find func(s *scope, t *event.Thread) *event.Thread, get func(t *event.Thread) string) builder {
	return threadText(NeedParents, func(s *scope, t *event.Thread) (string, bool) {
		l := find(s, t)
		if l == nil {
			return "", false
		}
		return get(l), true
	})
}

func (s *scope) groupLeader(t *event.Thread) *event.Thread {
	if s.State == nil || t.Pgid == 0 {
		return nil
	}
	return s.State.Thread(t.Pgid)
}

func comm(t *event.Thread) string    { return t.Comm }
func exe(t *event.Thread) string     { return t.Exe }
func exePath(t *event.Thread) string { return t.ExePath }

func stdText(fd int64, get func(s *scope, f *event.FD) string) builder {
	return threadText(NeedFDTable, func(s *scope, t *event.Thread) (string, bool) {
		f := t.FDs.Get(fd)
		if f == nil {
			return "", false
		}
		return get(s, f), true
	})
}

func fdTypeName(_ *scope, f *event.FD) string { return wordOf(f.Kind).name }

func fdFullName(s *scope, f *event.FD) string {
	if !isInet(f.Kind) {
		return f.Name
	}
	start := len(s.buf)
	s.buf = appendInetName(s.buf, f)
	return s.made(start)
}

func environ(arg string, hasArg bool) (getter, string) {
	b := threadText(0, func(s *scope, t *event.Thread) (string, bool) {
		env := t.Environ()
		if strings.Trim(env, "\x00") == "" {
			return "", true // programs that write their title over it leave nothing but NULs
		}
		return s.words(env), true
	})
	if hasArg {
		b = threadText(0, func(_ *scope, t *event.Thread) (string, bool) { return word(t.Environ(), arg) })
	}
	return b("", false)
}

var procBuilders = map[string]builder{
	"proc.pid":     threadNum(func(t *event.Thread) uint64 { return uint64(t.Pid) }),
	"proc.exe":     plainText(exe),
	"proc.exepath": plainText(exePath),
	"proc.name":    plainText(comm),
	"proc.args": threadText(0, func(s *scope, t *event.Thread) (string, bool) {
		return s.words(t.Args), true
	}),
	"proc.env":     environ,
	"proc.cmdline": threadText(0, func(s *scope, t *event.Thread) (string, bool) { return s.cmdline(t), true }),
	"proc.exeline": threadText(0, func(s *scope, t *event.Thread) (string, bool) { return s.commandLine(t.Exe, t.Args, true), true }),
	"proc.cwd": threadText(NeedParents, func(s *scope, _ *event.Thread) (string, bool) {
		start := len(s.buf)
		s.buf = s.appendCwd(s.buf)
		return s.made(start), true
	}),
	"proc.nthreads":   onProc(func(_ *scope, t *event.Thread) (uint64, bool) { return uint64(t.Nchilds) + 1, true }),
	"proc.nchilds":    threadNum(func(t *event.Thread) uint64 { return uint64(t.Nchilds) }),
	"proc.cmdnargs":   threadNum(func(t *event.Thread) uint64 { return countWords(t.Args) }),
	"proc.cmdlenargs": threadNum(func(t *event.Thread) uint64 { return uint64(len(t.Args)) - countWords(t.Args) }),
	"proc.ppid":       onProc(func(_ *scope, t *event.Thread) (uint64, bool) { return uint64(t.Ptid), true }),
	"proc.pname":      parentText(func(_ *scope, p *event.Thread) (string, bool) { return p.Comm, true }),
	"proc.pexe":       parentText(func(_ *scope, p *event.Thread) (string, bool) { return p.Exe, true }),
	"proc.pexepath":   parentText(func(_ *scope, p *event.Thread) (string, bool) { return p.ExePath, true }),
	"proc.pcmdline":   parentText(func(s *scope, p *event.Thread) (string, bool) { return s.cmdline(p), true }),
	"proc.duration":   onThread(0, func(s *scope, t *event.Thread) (uint64, bool) { return s.since(t.CloneNanos) }),
	"proc.ppid.duration": onThread(NeedParents, func(s *scope, t *event.Thread) (uint64, bool) {
		p := s.parent(t)
		if p == nil {
			return 0, false
		}
		return s.since(p.CloneNanos)
	}),
	"proc.pid.ts": onThread(0, func(_ *scope, t *event.Thread) (uint64, bool) { return t.CloneNanos, t.CloneNanos != 0 }),
	"proc.ppid.ts": onThread(NeedParents, func(s *scope, t *event.Thread) (uint64, bool) {
		p := s.parent(t)
		if p == nil {
			return 0, false
		}
		return p.CloneNanos, p.CloneNanos != 0
	}),
	"proc.fdopencount": onThread(NeedFDTable, func(_ *scope, t *event.Thread) (uint64, bool) { return uint64(t.FDs.Len()), true }),
	"proc.fdlimit":     threadNum(func(t *event.Thread) uint64 { return uint64(t.FDLimit) }),
	"proc.fdusage": fixed(getter{real: func(s *scope) (float64, bool) {
		t := s.ev.Thread
		if t == nil {
			return 0, false
		}
		if t.FDLimit <= 0 {
			return 0, true
		}
		return 100 * float64(t.FDs.Len()) / float64(t.FDLimit), true
	}, needs: NeedThread | NeedFDTable, cost: 5}),
	"proc.vmsize":      threadNum(func(t *event.Thread) uint64 { return uint64(t.VMSizeKiB) }),
	"proc.vmrss":       threadNum(func(t *event.Thread) uint64 { return uint64(t.VMRSSKiB) }),
	"proc.vmswap":      threadNum(func(t *event.Thread) uint64 { return uint64(t.VMSwapKiB) }),
	"proc.sid":         threadNum(func(t *event.Thread) uint64 { return uint64(t.Sid) }),
	"proc.sname":       leaderText((*scope).sessionLeader, comm),
	"proc.sid.exe":     leaderText((*scope).sessionLeader, exe),
	"proc.sid.exepath": leaderText((*scope).sessionLeader, exePath),
	"proc.tty":         threadNum(func(t *event.Thread) uint64 { return uint64(int64(int32(t.TTY))) }),
	"proc.vpid":        onThread(0, func(_ *scope, t *event.Thread) (uint64, bool) { return uint64(t.Vpid), t.Vpid != -1 && !t.Unknown }),
	"proc.pvpid": onThread(NeedParents, func(s *scope, t *event.Thread) (uint64, bool) {
		p := s.parent(t)
		if p == nil {
			return 0, false
		}
		return uint64(p.Vpid), p.Vpid != -1
	}),
	"proc.vpgid":              threadNum(func(t *event.Thread) uint64 { return uint64(t.VPgid) }),
	"proc.pgid":               threadNum(func(t *event.Thread) uint64 { return uint64(t.Pgid) }),
	"proc.pgid.name":          leaderText((*scope).groupLeader, comm),
	"proc.pgid.exe":           leaderText((*scope).groupLeader, exe),
	"proc.pgid.exepath":       leaderText((*scope).groupLeader, exePath),
	"proc.is_sid_leader":      threadFlag(func(t *event.Thread) bool { return t.Sid == t.Pid }),
	"proc.is_vpgid_leader":    threadFlag(func(t *event.Thread) bool { return t.VPgid == t.Vpid }),
	"proc.is_pgid_leader":     threadFlag(func(t *event.Thread) bool { return t.Pgid == t.Pid }),
	"proc.is_exe_writable":    threadFlag(func(t *event.Thread) bool { return t.ExeWritable }),
	"proc.is_exe_upper_layer": threadFlag(func(t *event.Thread) bool { return t.ExeUpperLayer }),
	"proc.is_exe_lower_layer": threadFlag(func(t *event.Thread) bool { return t.ExeLowerLayer }),
	"proc.is_exe_from_memfd":  threadFlag(func(t *event.Thread) bool { return t.ExeFromMemfd }),
	"proc.exe_ino":            onThread(0, func(_ *scope, t *event.Thread) (uint64, bool) { return t.ExeIno, t.ExeIno != 0 }),
	"proc.exe_ino.ctime":      onThread(0, func(_ *scope, t *event.Thread) (uint64, bool) { return t.ExeCtimeNanos, t.ExeCtimeNanos != 0 }),
	"proc.exe_ino.mtime":      onThread(0, func(_ *scope, t *event.Thread) (uint64, bool) { return t.ExeMtimeNanos, t.ExeMtimeNanos != 0 }),
	"proc.pidns_init_start_ts": onThread(0, func(_ *scope, t *event.Thread) (uint64, bool) {
		return t.PidnsInitStartNanos, t.PidnsInitStartNanos != 0
	}),
	"proc.stdin.type":  stdText(0, fdTypeName),
	"proc.stdin.name":  stdText(0, fdFullName),
	"proc.stdout.type": stdText(1, fdTypeName),
	"proc.stdout.name": stdText(1, fdFullName),
	"proc.stderr.type": stdText(2, fdTypeName),
	"proc.stderr.name": stdText(2, fdFullName),
	"proc.exit.code": exitNum(func(status int64) (uint64, bool) {
		return uint64(status >> 8 & 0xff), status&0x7f == 0
	}),
	"proc.exit.status": exitNum(func(status int64) (uint64, bool) {
		if sig := status & 0x7f; sig != 0 {
			return uint64(128 + sig), true
		}
		return uint64(status >> 8 & 0xff), true
	}),
	"proc.exit.core": exitNum(func(status int64) (uint64, bool) { return bit(status&0x80 != 0), true }),
	"proc.exit.signal": fixed(getter{str: func(s *scope) (string, bool) {
		status, ok := s.exitStatus()
		sig := status & 0x7f
		if !ok || sig == 0 {
			return "", false
		}
		if name := event.SignalName(sig); name != "" {
			return name, true
		}
		start := len(s.buf)
		s.buf = strconv.AppendInt(append(s.buf, "SIG"...), sig, 10)
		return s.made(start), true
	}, kinds: &exitKinds, needs: NeedArgs, cost: 3}),
	"proc.death.in": onThread(NeedDeath, func(s *scope, t *event.Thread) (uint64, bool) {
		if s.Death == nil {
			return 0, false
		}
		at, ok := s.Death(t.Pid, s.ev.TsNanos)
		return at - s.ev.TsNanos, ok && at >= s.ev.TsNanos
	}),
}

var exitKinds = kindsWhere(func(k *event.Kind) bool { return k.Name == "procexit" })

var statusIndex = indexOf("status")

// exitStatus is the wait status of the process that the event ends: signal in the low
// seven bits, 0x80 for a core, exit code in the next byte.
func (s *scope) exitStatus() (int64, bool) {
	if !exitKinds.has(s.ev.Type) {
		return 0, false
	}
	return s.ev.Int(int(statusIndex[kindSlot(s.ev.Type)]))
}

func exitNum(get func(status int64) (uint64, bool)) builder {
	return fixed(getter{num: func(s *scope) (uint64, bool) {
		status, ok := s.exitStatus()
		if !ok {
			return 0, false
		}
		return get(status)
	}, kinds: &exitKinds, needs: NeedArgs, cost: 3})
}
