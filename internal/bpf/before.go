//go:build linux && (amd64 || arm64)

package bpf

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/kernelbits"
	"github.com/unloop-dev/unloop/scap"
)

// before is what there was when a container came into view. It is a scap.State.
type before struct {
	machine    event.Machine
	interfaces []event.Interface
	threads    []event.Thread
	files      []openFile
}

type openFile struct {
	tid, fd int64
	f       event.FD
}

// Replay tells a sink.
func (b *before) Replay(to scap.Sink) {
	to.SetMachine(b.machine)
	for _, i := range b.interfaces {
		to.AddInterface(i)
	}
	for _, t := range b.threads {
		to.AddThread(t)
	}
	for _, f := range b.files {
		to.AddFD(f.tid, f.fd, f.f)
	}
}

// thread is a task the way captures list it.
func thread(i taskInfo, p *proc, cgroups []byte, comm string, c *clock) event.Thread {
	t := event.Thread{
		Tid: p.tid, Pid: p.pid, Ptid: p.ptid, Vtid: p.vtid, Vpid: p.vpid,
		Sid: i.sid(), VPgid: p.vpgid, Pgid: p.pgid,
		Comm: comm, Exe: p.exe, ExePath: p.exePath, Cwd: p.cwd, Root: "/",
		Args: p.args, Cgroups: string(cgroups),
		UID: p.uid, GID: p.gid, LoginUID: p.loginUID, TTY: p.tty,
		FDLimit:   int64(p.fdLimit),
		VMSizeKiB: i.mem(0), VMRSSKiB: i.mem(1), VMSwapKiB: i.mem(2),
		PFMajor: i.major(), PFMinor: i.minor(),
		CapInheritable: p.caps[0], CapPermitted: p.caps[1], CapEffective: p.caps[2],
		ExeIno: i.ino(), ExeCtimeNanos: i.ctime(), ExeMtimeNanos: i.mtime(),
	}
	if p.tid != p.pid {
		t.Flags = event.CloneThread | event.CloneFiles | event.CloneFS
	}
	if p.level > 0 && p.vtid != p.tid {
		t.Flags |= event.ChildInPidNS
	}
	return t
}

// Kinds of files, in the upper bits of their modes. Source: include/uapi/linux/stat.h.
const (
	modeKind   = 0o170000
	modeSocket = 0o140000
	modePipe   = 0o010000
	modeDir    = 0o040000
	modeChar   = 0o020000
)

// fileOf makes the descriptor of what an inode says. name is its path or the last part of it.
func fileOf(mode uint32, ino uint64, flags uint32, name string, s sockInfo) event.FD {
	f := event.FD{Ino: ino, OpenFlags: kernelbits.Open(uint64(flags))}
	switch mode & modeKind {
	case modePipe:
		f.Kind, f.Name = event.FDPipe, fmt.Sprintf("pipe:[%d]", ino)
	case modeSocket:
		return socketOf(f, s)
	case modeDir:
		f.Kind, f.Name = event.FDDirectory, name
	case 0:
		f.Kind, f.Name = anonymous(name)
	default:
		f.Kind, f.Name = event.FDFile, name
	}
	return f
}

// anonymous tells the kernel's own files apart by their names.
func anonymous(name string) (event.FDKind, string) {
	switch kind := strings.TrimPrefix(strings.TrimPrefix(name, "anon_inode:"), "/"); strings.Trim(kind, "[]") {
	case "eventfd":
		return event.FDEvent, ""
	case "eventpoll":
		return event.FDEventPoll, ""
	case "signalfd":
		return event.FDSignal, ""
	case "timerfd":
		return event.FDTimer, ""
	case "inotify":
		return event.FDInotify, ""
	}
	return event.FDUnsupported, name
}

func socketOf(f event.FD, s sockInfo) event.FD {
	f.Kind = event.FDUnsupported
	if s == nil {
		return f
	}
	if s.typ() == unix.SOCK_STREAM {
		f.L4 = event.L4TCP
	} else if s.typ() == unix.SOCK_DGRAM {
		f.L4 = event.L4UDP
	}
	v4 := s.family() == afInet
	switch s.family() {
	case afInet, afInet6:
		if s.dport() == 0 {
			f.Kind = event.FDIPv6Listen
			if v4 {
				f.Kind = event.FDIPv4Listen
			}
			copy(f.ServerIP[:], s.saddr())
			f.ServerPort, f.Named = s.sport(), s.sport() != 0
			break
		}
		f.Kind = event.FDIPv6
		if v4 {
			f.Kind = event.FDIPv4
		}
		// Which end began is not known; the lower port is taken for the server's.
		near, far := s.saddr(), s.daddr()
		nport, fport := s.sport(), s.dport()
		if nport < fport {
			near, far, nport, fport = far, near, fport, nport
		}
		copy(f.ClientIP[:], near)
		copy(f.ServerIP[:], far)
		f.ClientPort, f.ServerPort, f.Named = nport, fport, true
	case afUnix:
		f.Kind, f.L4 = event.FDUnix, event.L4NA
		f.Source, f.Peer = sockInfoPtr(s.saddr()), sockInfoPtr(s.daddr())
	case unix.AF_NETLINK:
		f.Kind, f.L4 = event.FDNetlink, event.L4NA
	}
	return f
}

func sockInfoPtr(b []byte) uint64 { return record(b).u64(0) }

// stdio are the first descriptors of a process that comes from outside.
func stdio(r record, tid int64) []openFile {
	var out []openFile
	for fd := range joinFDs {
		b := r[forkBytes+fd*stdioBytes:][:stdioBytes]
		mode := b.u32(8)
		if mode == 0 {
			continue
		}
		name := string(cut(b[16:]))
		if mode&modeKind == modeChar {
			name = "/dev/" + name
		}
		out = append(out, openFile{tid, int64(fd), fileOf(mode, b.u64(0), b.u32(12), name, nil)})
	}
	return out
}
