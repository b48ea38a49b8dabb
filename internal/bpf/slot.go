//go:build linux && (amd64 || arm64)

package bpf

import (
	"bytes"

	"github.com/unloop-dev/unloop/internal/flight"
)

// Bounds of what is remembered of a container, whatever its processes do.
const (
	maxProcs = 32768
	maxSent  = 256
	// oomNanos is for how long a victim explains the end of the main process.
	oomNanos = 10_000_000_000
)

// slot is one container.
type slot struct {
	id   flight.Slot
	path string
	// opened says that the handler knows it; whole that it is seen from its creation.
	opened, whole bool
	// clock is the source's as it was when the container was met, so that what it did keeps its
	// order where somebody sets the clock.
	clock clock
	// cgroups is its group the way captures have it.
	cgroups []byte
	procs   map[int64]*proc
	main    *proc
	oomBoot uint64
	oomPid  int64
	died    bool
	// gone: a record told that its group is gone; missing that the map says so, which
	// records may still be on their way to tell.
	gone, missing bool
	sent          []sentSignal
	// told are the lost records that the handler knows of.
	told [lostKinds]uint64
	// cached is the thread of the latest record.
	cached *proc
}

// proc is one thread, with what is its process's where it is the main one.
type proc struct {
	tid, pid, ptid int64
	vtid, vpid     int64
	level          uint32
	uid, gid       uint32
	vpgid, pgid    int64
	tty, loginUID  uint32
	caps           [3]uint64
	fdLimit        uint64
	comm, exe      string
	args           string // behind argv[0], each with a NUL
	exePath        string
	cwd            string
}

// sentSignal is a signal on its way.
type sentSignal struct {
	pid, from int64
	sig       int32
	comm      string
}

func newProc(i taskInfo) *proc {
	p := &proc{}
	p.set(i)
	return p
}

// set takes what the kernel says about the task.
func (p *proc) set(i taskInfo) {
	p.tid, p.pid, p.ptid = i.tid(), i.pid(), i.ptid()
	p.vtid, p.vpid, p.level = i.vtid(), i.vpid(), i.level()
	p.uid, p.gid = i.uid(), i.gid()
	p.vpgid, p.pgid, p.tty, p.loginUID = i.vpgid(), i.pgid(), i.tty(), i.loginUID()
	p.caps = [3]uint64{i.caps(0), i.caps(1), i.caps(2)}
	p.fdLimit = i.fdLimit()
	if c := i.comm(); p.comm != string(c) {
		p.comm = string(c)
	}
}

// find returns the thread with a number, nil where it is not known.
func (s *slot) find(tid int64) *proc {
	if c := s.cached; c != nil && c.tid == tid {
		return c
	}
	p := s.procs[tid]
	if p != nil {
		s.cached = p
	}
	return p
}

func (s *slot) add(p *proc) {
	if len(s.procs) >= maxProcs {
		return
	}
	s.procs[p.tid] = p
	s.cached = p
}

func (s *slot) remove(tid int64) {
	if s.cached != nil && s.cached.tid == tid {
		s.cached = nil
	}
	delete(s.procs, tid)
}

// alive says whether a process other than that one has threads left.
func (s *slot) alive(but int64) bool {
	for _, p := range s.procs {
		if p.pid != but {
			return true
		}
	}
	return false
}

// death is the end of a process, with the status that wait gives.
func (s *slot) death(boot uint64, pid int64, status uint32) flight.Death {
	d := flight.Death{
		TsNanos: s.clock.unix(boot), Pid: pid, Code: int(status >> 8 & 0xff), Signal: int(status & 0x7f),
		OOM: s.oomPid == pid || s.oomBoot != 0 && boot-s.oomBoot < oomNanos,
	}
	if d.Signal != 0 {
		d.Code = 0
	}
	return d
}

// remember keeps who has sent a signal until it is delivered.
func (s *slot) remember(pid int64, sig int32, from int64, comm []byte) {
	for i := range s.sent {
		if s.sent[i].pid == pid && s.sent[i].sig == sig {
			s.sent[i].from, s.sent[i].comm = from, string(comm)
			return
		}
	}
	if len(s.sent) >= maxSent {
		s.sent = append(s.sent[:0], s.sent[1:]...)
	}
	s.sent = append(s.sent, sentSignal{pid, from, sig, string(comm)})
}

func (s *slot) sender(pid int64, sig int32) (sentSignal, bool) {
	for _, x := range s.sent {
		if x.pid == pid && x.sig == sig {
			return x, true
		}
	}
	return sentSignal{}, false
}

// forget drops the signals of a process that has ended.
func (s *slot) forget(pid int64) {
	n := 0
	for _, x := range s.sent {
		if x.pid != pid {
			s.sent[n] = x
			n++
		}
	}
	s.sent = s.sent[:n]
}

// splitArgs cuts the memory of a command line into its first word and the rest, in which
// each word ends with a NUL.
func splitArgs(b []byte) (exe, args string) {
	first, rest, ok := bytes.Cut(b, []byte{0})
	if !ok {
		return string(first), ""
	}
	if len(rest) > 0 && rest[len(rest)-1] != 0 {
		rest = append(append(make([]byte, 0, len(rest)+1), rest...), 0) // it was cut
	}
	return string(first), string(rest)
}

// envNames keeps the names of an environment, each followed by = and a NUL. Values are
// never kept: they may be credentials. whole says that b was not cut at its end.
func envNames(b []byte, whole bool) []byte {
	const max = 4096 // what readers take of an environment
	var out []byte
	for len(b) > 0 {
		one, rest, ended := bytes.Cut(b, []byte{0})
		name, _, ok := bytes.Cut(one, []byte{'='})
		b = rest
		if !ok && (!ended && !whole || len(one) == 0) || len(out)+len(name)+2 > max {
			continue
		}
		out = append(append(out, name...), '=', 0)
	}
	return out
}

// inner is the first process of the namespaces below a level; nil where there is none.
func (s *slot) inner(level uint32) *proc {
	var first *proc
	for _, p := range s.procs {
		if p.tid == p.pid && p.level > level && (first == nil || p.level < first.level || p.level == first.level && p.vpid < first.vpid) {
			first = p
		}
	}
	return first
}
