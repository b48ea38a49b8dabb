package inspect

import (
	"github.com/unloop-dev/unloop/event"
)

// deathRec is the end of one process. Records beyond the bounds are slim: they lack
// the last moments.
type deathRec struct {
	num, ts uint64
	proc    uint32
	task    uint32
	code    int32 // exit status, -1 where the file does not tell
	sig     uint8
	core    bool
	slim    bool
	fds     uint32 // open at the end
	last    moments
	open    []openConn
}

// openConn is a connection that was open at the end.
type openConn struct {
	fd   int64
	name uint32
	conn event.ConnState
	kind event.FDKind
}

const (
	keepOpen = 16
	// keepFine is how many ends that look fine keep their last moments.
	keepFine = 512
)

// death looks at the end of a thread.
func (b *Builder) death(h *happening) {
	l := h.l
	main := h.ev.Thread == nil || h.ev.Thread.Tid == h.ev.Thread.Pid
	rec := &b.d.procs[l.proc.id]
	b.gauge(l)
	if l.proc.id == othersID || !main && l.proc.threads > 1 {
		return
	}
	at := l.proc.ended
	switch code, sig, _ := exitStatus(h.ev); {
	case rec.death == 0 && at == 0:
		at = uint32(len(b.dead)) + 1
		b.dead = append(b.dead, deathRec{})
	case rec.death != 0 && (b.dead[at-1].fails() || code == 0 && sig == 0):
		return // a thread that is told of late
	}
	// Where the first thread only left, the last one tells how the process ended.
	l.proc.ended, rec.death = at, at
	d := b.newDeath(h, at-1)
	b.dead[at-1] = d
	rec.endNanos = h.ts
	b.addNote(h, noteDeath, d.how().pack(), nil)
}

func (r *deathRec) fails() bool { return r.code != 0 || r.sig != 0 }

func (r *deathRec) how() howEnded { return howEnded{r.code, r.sig, r.core} }

// howEnded is how a process ended; code is -1 where the file does not tell.
type howEnded struct {
	code int32
	sig  uint8
	core bool
}

// pack lays it out as the value of a note.
func (h howEnded) pack() int64 {
	return int64(uint32(h.code)) | int64(h.sig)<<32 | b2i(h.core)<<40
}

func endOf(n *note) howEnded {
	return howEnded{int32(uint32(n.val)), uint8(n.val >> 32), n.val>>40&1 != 0}
}

// bad reports an end by a signal, or with a status that is known and other than 0.
func (h howEnded) bad() bool { return h.code > 0 || h.sig != 0 }

// String is the end in words: "exit 1", "SIGKILL", "SIGSEGV (core dumped)".
func (h howEnded) String() string {
	s := "ended"
	switch {
	case h.sig != 0:
		s = signalName(h.sig)
	case h.code >= 0:
		s = "exit " + number(int64(h.code)).String()
	}
	if h.core {
		s += " (core dumped)"
	}
	return s
}

// revive takes an end back: the first thread has ended, and another now runs a new program
// under the number of the process (execve(2)).
func (b *Builder) revive(p *liveProc) {
	rec := &b.d.procs[p.id]
	rec.death, rec.endNanos = 0, 0
}

// finish ends what the event ends, after everything was looked at.
func (h *happening) finish(b *Builder) {
	if h.c.traits&tDeath != 0 {
		b.gone(h.l)
	}
}

// newDeath makes the record that is to stand at a place of the list.
func (b *Builder) newDeath(h *happening, at uint32) deathRec {
	d := deathRec{num: h.ev.Num, ts: h.ts, proc: h.l.proc.id, task: h.l.task}
	d.code, d.sig, d.core = exitStatus(h.ev)
	if th := h.ev.Thread; th != nil {
		d.fds = uint32(th.FDs.Len())
	}
	if !d.fails() && len(b.rich) >= keepFine {
		d.slim = true
		return d
	}
	b.makeRoom(at)
	if m := h.l.proc.last; m != nil {
		d.last = *m
		h.l.proc.last = nil
	}
	if th := h.ev.Thread; th != nil {
		th.FDs.Each(func(fd int64, f *event.FD) bool {
			if f.Kind >= event.FDIPv4 && f.Kind <= event.FDIPv6Listen {
				d.open = append(d.open, openConn{fd: fd, name: b.nameOf(f), conn: f.Conn, kind: f.Kind})
			}
			return len(d.open) < keepOpen
		})
	}
	return d
}

// makeRoom notes that the end at a place of the list keeps its last moments. Where too many do, one gives
// them up: neither one of the first, which began the trouble, nor one of the latest.
func (b *Builder) makeRoom(next uint32) {
	if len(b.rich) < maxDeaths {
		b.rich = append(b.rich, next)
		return
	}
	at := keepFine + b.richNext%(maxDeaths-keepFine)
	b.richNext++
	old := &b.dead[b.rich[at]]
	old.slim, old.last, old.open = true, moments{}, nil
	b.d.lost.DeathsSlim++
	b.rich[at] = next
}

// numberEnds counts the ends of each container. A container of Kubernetes that starts again
// has another id, and the same name in the same pod.
func (ix *Index) numberEnds() {
	type key struct{ pod, name textID }
	seen := map[key]int{}
	ix.nth = map[uint64]int{}
	for i := range ix.dead {
		r := &ix.dead[i]
		p := &ix.d.procs[r.proc]
		if p.container <= othersID || p.vpid != 1 {
			continue
		}
		c := &ix.d.containers[p.container]
		k := key{c.podUID, c.podName}
		if c.podUID == 0 || c.podName == 0 {
			k = key{0, c.id}
		}
		seen[k]++
		ix.nth[r.num] = seen[k]
	}
}

// exitStatus reads a procexit in any of its layouts: the kernel's status word (the signal in
// its low seven bits, 0x80 for a core, the exit status above), then status, signal and core apart.
func exitStatus(ev *event.Event) (code int32, sig uint8, core bool) {
	word, ok := ev.Int(0)
	if !ok {
		return -1, 0, false
	}
	code, sig, core = int32(word>>8&0xff), uint8(word&0x7f), word&0x80 != 0
	if ret, ok := ev.Int(1); ok {
		code = int32(ret)
	}
	if s, ok := ev.Uint(2); ok {
		sig = uint8(s)
	}
	if c, ok := ev.Uint(3); ok {
		core = c != 0
	}
	return code, sig, core
}
