package filter

import (
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// cpuTimes follows what switch and procinfo events say about processors and threads.
type cpuTimes struct {
	// lastSwitch is the time of the latest switch of each processor.
	lastSwitch [maxCPUs]uint64
	// execNanos is how long the thread that the latest switch took away had run.
	execNanos uint64
	// user and system are the CPU times of threads as the latest procinfo gave them.
	user, system map[int64]uint64
	// userPct and systemPct and totalPct are what the latest procinfo says.
	userPct, systemPct, totalPct uint64
}

// Bounds of what a hostile capture can make this cost.
const (
	maxCPUs    = 1024
	maxThreads = 1 << 20
)

func (c *cpuTimes) see(ev *event.Event) {
	if ev.Type != typeProcinfo {
		c.execNanos = 0
		cpu := int(ev.CPU) % maxCPUs
		if last := c.lastSwitch[cpu]; last != 0 && ev.TsNanos > last {
			c.execNanos = ev.TsNanos - last
		}
		c.lastSwitch[cpu] = ev.TsNanos
		return
	}
	user, _ := ev.Uint(0)
	system, _ := ev.Uint(1)
	if c.user == nil {
		c.user, c.system = map[int64]uint64{}, map[int64]uint64{}
	}
	u, known := c.user[ev.Tid]
	sy := c.system[ev.Tid]
	c.userPct, c.systemPct, c.totalPct = percent(user, u), percent(system, sy), percent(user+system, u+sy)
	if known || len(c.user) < maxThreads {
		c.user[ev.Tid], c.system[ev.Tid] = user, system
	}
}

// percent is the growth of a counter of hundredths of a second over one second.
func percent(now, before uint64) uint64 {
	if before == 0 || now < before {
		return 0
	}
	return min(now-before, 100)
}

func cpuReal(get func(c *cpuTimes) uint64) builder {
	var kinds kindSet
	kinds.add(int(typeProcinfo))
	return fixed(getter{real: func(s *scope) (float64, bool) {
		if s.ev.Type != typeProcinfo || s.ev.Thread == nil {
			return 0, false
		}
		return float64(get(&s.cpus)), true
	}, kinds: &kinds, needs: NeedSession | NeedThread, cost: 2})
}

// cgroupNames are the names of subsystems as some kernels report them, and how they are
// known. io is blkio in sysdig 0.29.3, and in every kernel with cgroups of version 1.
var cgroupNames = map[string]string{"mem": "memory", "mem_cgroup": "memory", "cpu_cgroup": "cpu", "perf": "perf_event", "io": "blkio"}

// cgroup is one cgroup of a thread; every name of a subsystem finds it.
func cgroup(arg string, _ bool) (getter, string) {
	names := []string{arg}
	for alias, name := range cgroupNames {
		switch arg {
		case name:
			names = append(names, alias)
		case alias:
			names = append(names, name)
		}
	}
	return threadText(0, func(_ *scope, t *event.Thread) (string, bool) {
		for _, n := range names {
			if v, ok := word(t.Cgroups, n); ok {
				return v, true
			}
		}
		return "", false
	})("", false)
}

// cgroups is all of them, subsystems by their known names.
func (s *scope) cgroups(t *event.Thread) string {
	start := len(s.buf)
	for part := range strings.SplitSeq(strings.TrimSuffix(t.Cgroups, "\x00"), "\x00") {
		if len(s.buf) > start {
			s.buf = append(s.buf, ' ')
		}
		name, path, ok := strings.Cut(part, "=")
		if known := cgroupNames[name]; known != "" && (name != "io" || s.Old) {
			name = known
		}
		s.buf = append(s.buf, name...)
		if ok {
			s.buf = append(append(s.buf, '='), path...)
		}
	}
	return s.made(start)
}

var capNames = [...]string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
	"CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
	"CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN",
	"CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE",
	"CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}

// capText names the capabilities of a set. Source of the order: the kernel's numbers,
// include/uapi/linux/capability.h of Linux 6.12.
func capText(get func(t *event.Thread) uint64) builder {
	return threadText(0, func(s *scope, t *event.Thread) (string, bool) {
		start := len(s.buf)
		set := get(t)
		for i, name := range capNames {
			if set>>i&1 == 0 {
				continue
			}
			if len(s.buf) > start {
				s.buf = append(s.buf, ' ')
			}
			s.buf = append(s.buf, name...)
		}
		return s.made(start), true
	})
}

// onMain gives a number of the main thread and 0 for others.
func onMain(get func(t *event.Thread) uint64) builder {
	return threadNum(func(t *event.Thread) uint64 {
		if t.Tid != t.Pid {
			return 0
		}
		return get(t)
	})
}

func (s *scope) user(uid uint32) *event.User {
	if s.State == nil {
		return nil
	}
	return s.State.User(uid)
}

func userText(uid func(t *event.Thread) uint32, get func(u *event.User) string) builder {
	return threadText(NeedUsers, func(s *scope, t *event.Thread) (string, bool) {
		u := s.user(uid(t))
		if u == nil {
			return "", false
		}
		return get(u), true
	})
}

func uid(t *event.Thread) uint32      { return t.UID }
func loginUID(t *event.Thread) uint32 { return t.LoginUID }

var threadBuilders = map[string]builder{
	"thread.tid":    number(0, func(s *scope) (uint64, bool) { return uint64(s.ev.Tid), true }),
	"thread.ismain": threadFlag(func(t *event.Thread) bool { return t.Tid == t.Pid }),
	"thread.vtid":   onThread(0, func(_ *scope, t *event.Thread) (uint64, bool) { return uint64(t.Vtid), t.Vtid != -1 && !t.Unknown }),
	"thread.nametid": threadText(0, func(s *scope, t *event.Thread) (string, bool) {
		start := len(s.buf)
		s.buf = strconv.AppendInt(append(s.buf, t.Comm...), s.ev.Tid, 10)
		return s.made(start), true
	}),
	"thread.pfmajor": threadNum(func(t *event.Thread) uint64 { return t.PFMajor }),
	"thread.pfminor": threadNum(func(t *event.Thread) uint64 { return t.PFMinor }),
	"thread.exectime": number(NeedSession, func(s *scope) (uint64, bool) {
		if s.ev.Type == typeSwitch1 || s.ev.Type == typeSwitch6 {
			return s.cpus.execNanos, true
		}
		return 0, true
	}),
	"thread.cgroups": threadText(0, func(s *scope, t *event.Thread) (string, bool) {
		return s.cgroups(t), t.Cgroups != ""
	}),
	"thread.cgroup":          cgroup,
	"thread.cpu":             cpuReal(func(c *cpuTimes) uint64 { return c.totalPct }),
	"thread.cpu.user":        cpuReal(func(c *cpuTimes) uint64 { return c.userPct }),
	"thread.cpu.system":      cpuReal(func(c *cpuTimes) uint64 { return c.systemPct }),
	"thread.vmsize":          onMain(func(t *event.Thread) uint64 { return uint64(t.VMSizeKiB) }),
	"thread.vmrss":           onMain(func(t *event.Thread) uint64 { return uint64(t.VMRSSKiB) }),
	"thread.cap_permitted":   capText(func(t *event.Thread) uint64 { return t.CapPermitted }),
	"thread.cap_inheritable": capText(func(t *event.Thread) uint64 { return t.CapInheritable }),
	"thread.cap_effective":   capText(func(t *event.Thread) uint64 { return t.CapEffective }),
}

var userBuilders = map[string]builder{
	"user.uid":       threadNum(func(t *event.Thread) uint64 { return uint64(t.UID) }),
	"user.name":      userText(uid, func(u *event.User) string { return u.Name }),
	"user.homedir":   userText(uid, func(u *event.User) string { return u.Home }),
	"user.shell":     userText(uid, func(u *event.User) string { return u.Shell }),
	"user.loginuid":  threadNum(func(t *event.Thread) uint64 { return uint64(int64(int32(t.LoginUID))) }),
	"user.loginname": userText(loginUID, func(u *event.User) string { return u.Name }),
	"group.gid":      threadNum(func(t *event.Thread) uint64 { return uint64(t.GID) }),
	"group.name": threadText(NeedUsers, func(s *scope, t *event.Thread) (string, bool) {
		if s.State == nil {
			return "", false
		}
		g := s.State.Group(t.GID)
		if g == nil {
			return "", false
		}
		return g.Name, true
	}),
}
