//go:build linux && (amd64 || arm64)

package ptrace

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/kernelbits"
	"github.com/unloop-dev/unloop/scap"
)

// opening is what there is before the command runs: the machine, and the stub as it will be
// executed over.
func (s *Source) opening() flight.Opening {
	b := &before{machine: kernelbits.Machine(), interfaces: kernelbits.Interfaces(), thread: s.tracer.thread()}
	b.fds = descriptors(s.pid)
	o := flight.Opening{Before: b, Whole: true}
	for line := range strings.Lines(string(procFile(s.pid, "cgroup", 1<<16))) {
		// The unified tree, else the one of memory, tells containers apart.
		if f := strings.SplitN(strings.TrimSpace(line), ":", 3); len(f) == 3 {
			if f[1] == "" && o.Cgroup == "" || f[1] == "memory" {
				o.Cgroup = f[2]
			}
		}
	}
	return o
}

// before is a scap.State.
type before struct {
	machine    event.Machine
	interfaces []event.Interface
	thread     event.Thread
	fds        map[int64]event.FD
}

var _ scap.State = (*before)(nil)

// Replay tells a sink.
func (b *before) Replay(to scap.Sink) {
	to.SetMachine(b.machine)
	for _, i := range b.interfaces {
		to.AddInterface(i)
	}
	to.AddThread(b.thread)
	for fd := range int64(maxStartFD) {
		if f, ok := b.fds[fd]; ok {
			to.AddFD(b.thread.Tid, fd, f)
		}
	}
}

// thread is the stub.
func (t *tracer) thread() event.Thread {
	var p *process
	tid := t.main
	for _, k := range t.tasks {
		p = k.proc
	}
	s := &p.status
	th := event.Thread{
		Tid: int64(tid), Pid: int64(p.pid), Ptid: s.ppid, Vtid: p.vpid(), Vpid: p.vpid(), Sid: s.sid,
		VPgid: int64(as64(s.vpgid)), Pgid: int64(as64(s.pgid)),
		Exe: p.exe, Args: string(p.args), Env: string(p.env),
		UID: uint32(as64(s.uid)), GID: uint32(as64(s.gid)), LoginUID: ^uint32(0),
		VMSizeKiB: uint32(as64(s.vmSize)), VMRSSKiB: uint32(as64(s.vmRSS)), VMSwapKiB: uint32(as64(s.vmSwap)),
		PFMajor: as64(s.majorFaults), PFMinor: as64(s.minorFaults),
		CapInheritable: as64(s.capInheritable), CapPermitted: as64(s.capPermitted), CapEffective: as64(s.capEffective),
	}
	th.Comm, _ = s.comm.(string)
	if n, ok := s.tty.(int32); ok {
		th.TTY = uint32(n)
	}
	if n, ok := p.loginUID.(int32); ok {
		th.LoginUID = uint32(n)
	}
	if n, ok := p.fdLimit().(int64); ok {
		th.FDLimit = n
	}
	if b, ok := p.cgroups.([]byte); ok {
		th.Cgroups = string(b)
	}
	dir := "/proc/" + strconv.Itoa(p.pid)
	th.Cwd, _ = os.Readlink(dir + "/cwd")
	th.Root, _ = os.Readlink(dir + "/root")
	th.ExePath, _ = os.Readlink(dir + "/exe")
	return th
}

// maxStartFD bounds the descriptors of the command that are listed.
const maxStartFD = 256

// descriptors are those that the command begins with.
func descriptors(pid int) map[int64]event.FD {
	out := map[int64]event.FD{}
	for fd := range int64(maxStartFD) {
		name := "/proc/" + strconv.Itoa(pid) + "/fd/" + strconv.FormatInt(fd, 10)
		target, err := os.Readlink(name)
		if err != nil {
			continue
		}
		info := string(procFile(pid, "fdinfo/"+strconv.FormatInt(fd, 10), 4096))
		flags := infoFlags(info)
		if flags&unix.O_CLOEXEC != 0 {
			continue // the stub's own
		}
		f := event.FD{Kind: event.FDUnsupported, Name: target, OpenFlags: openFlags(flags)}
		var st unix.Stat_t
		if unix.Stat(name, &st) == nil {
			f.Ino = st.Ino
			switch {
			case st.Mode&unix.S_IFMT == unix.S_IFDIR:
				f.Kind = event.FDDirectory
			case st.Mode&unix.S_IFMT == unix.S_IFIFO:
				f.Kind = event.FDPipe
			case strings.HasPrefix(target, "/"):
				f.Kind = event.FDFile
			}
		}
		out[fd] = f
	}
	return out
}

// infoFlags reads the open flags of a descriptor, in octal. Source: proc_pid_fdinfo(5).
func infoFlags(info string) uint32 {
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(line, "flags:"); ok {
			n, _ := strconv.ParseUint(strings.TrimSpace(v), 8, 32)
			return uint32(n)
		}
	}
	return 0
}
