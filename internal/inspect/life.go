package inspect

import (
	"github.com/unloop-dev/unloop/event"
)

// special looks at the events that change what is there, or that have a row of their own.
func (b *Builder) special(h *happening) {
	t := h.c.traits
	ok := h.o.errno == 0
	switch {
	case t&tOpen != 0:
		b.openExit(h)
	case t&tClose != 0:
		if f := h.ev.FD; f != nil && ok && (f.Kind == event.FDIPv4Listen || f.Kind == event.FDIPv6Listen) {
			h.o.mark = markUnlisten
			b.addNote(h, noteUnlisten, int64(f.ServerPort), nil)
		}
	case t&tConnect != 0:
		b.peerName(h)
		if f := h.ev.FD; f != nil && f.ServerPort != 0 || !ok {
			b.addNote(h, noteConnect, h.res, nil)
			touch(&b.moments(h.l).conns, keepConns, moment{num: h.ev.Num, ts: h.ts, val: h.res, name: h.name, what: uint32(h.ev.Type)})
		}
	case t&tAccept != 0:
		if ok {
			b.queue(h)
		}
		if f := h.ev.FD; f != nil && ok {
			b.addNote(h, noteAccept, h.res, nil)
			touch(&b.moments(h.l).conns, keepConns, moment{num: h.ev.Num, ts: h.ts, name: h.name, what: uint32(h.ev.Type)})
		}
	case t&tBind != 0:
		if f := h.ev.FD; f != nil && (f.Kind == event.FDIPv4 || f.Kind == event.FDIPv6 || f.Kind == event.FDIPv4Listen || f.Kind == event.FDIPv6Listen) {
			b.addNote(h, noteBind, h.res, nil)
		}
	case t&tExec != 0:
		b.exec(h)
	case t&tFork != 0:
		switch {
		case ok && h.res > 0:
			b.addNote(h, noteFork, h.res, nil)
		case ok:
			h.o.mark = markChild // counted at the parent's return
		}
	case t&tDeath != 0:
		b.death(h)
	case t&tSignal != 0:
		b.signal(h)
	case t&tSwitch != 0:
		b.switched(h)
	case t&tProcinfo != 0:
		b.procinfo(h)
	default:
		b.rare(h)
	}
}

// queue looks at the queue behind an accepted connection: how long it is and may be.
func (b *Builder) queue(h *happening) {
	number := func(name string) uint64 {
		v, _ := h.ev.Named(name)
		n, _ := event.Unsigned(v)
		return n
	}
	h.amount = number("queuelen") // see the measure "backlog"
	most, f := number("queuemax"), h.ev.FD
	if most == 0 || f == nil || f.ServerPort == 0 {
		return
	}
	key := queueKey{h.l.proc.id, f.ServerPort}
	at, known := b.queues[key]
	if !known {
		if len(b.d.queues) >= maxQueues {
			return
		}
		at = len(b.d.queues)
		b.queues[key] = at
		b.d.queues = append(b.d.queues, queueRec{queueKey: key})
	}
	b.d.queues[at].max = max(b.d.queues[at].max, uint32(most))
}

func (b *Builder) openExit(h *happening) {
	if h.o.errno != 0 {
		return // a failure, see failed
	}
	b.addNote(h, noteOpen, h.res, nil)
	m := b.moments(h.l)
	if f := h.ev.FD; f != nil {
		if len(m.fails.list) > 0 {
			m.opened(baseOf(f.Name))
		}
		if b.looks[h.name]&lookLibrary == 0 {
			touch(&m.files, keepFiles, moment{num: h.ev.Num, ts: h.ts, name: h.name})
		}
	}
}

func (b *Builder) exec(h *happening) {
	if h.o.errno != 0 {
		return
	}
	b.execed(h.l, h.ev.Num)
	m := b.moments(h.l)
	m.exec = moment{num: h.ev.Num, ts: h.ts, text: b.d.procs[h.l.proc.id].cmdline}
	if th := h.ev.Thread; th != nil {
		m.opened(baseOf(th.ExePath))
		m.opened(baseOf(th.Exe))
	}
	b.addNote(h, noteExec, 0, []byte(b.d.texts.get(b.d.procs[h.l.proc.id].cmdline)))
}

func (b *Builder) signal(h *happening) {
	from, _ := h.ev.Int(0)
	sig, ok := h.ev.Uint(2)
	if !ok {
		return
	}
	var name textID
	if l := b.who[from]; l != nil && from > 0 {
		name = b.d.tasks[l.task].comm
	} else if b.thread != nil && from > 0 {
		if th := b.thread(from); th != nil {
			name = b.d.texts.id(th.Comm)
		}
	}
	b.addNote(h, noteSignal, int64(sig)|from<<8, []byte(b.d.texts.get(name)))
	*b.moments(h.l).signals.slot(keepSignals) = moment{num: h.ev.Num, ts: h.ts, val: int64(sig) | from<<8, from: name}
}

// switched counts the time that the thread was on the processor.
func (b *Builder) switched(h *happening) {
	cpu := &b.cpus[h.ev.CPU%uint16(len(b.cpus))]
	next, _ := h.ev.Int(0)
	if cpu.tid == h.ev.Tid && cpu.ts != 0 && h.ev.TsNanos > cpu.ts && h.ev.TsNanos-cpu.ts < maxJump {
		h.amount = h.ev.TsNanos - cpu.ts
		b.switches = true
		if h.ev.Tid != 0 {
			cpu.busy += h.amount
		}
	}
	cpu.ts, cpu.tid = h.ev.TsNanos, next
}

// tickNanos is the unit of the times in procinfo events: USER_HZ is 100 on every
// architecture of Linux that runs containers.
const tickNanos = 10_000_000

// procinfo counts the processor time since the last report. The event holds the
// totals of the thread, in ticks.
func (b *Builder) procinfo(h *happening) {
	user, ok1 := h.ev.Uint(0)
	sys, ok2 := h.ev.Uint(1)
	if !ok1 || !ok2 {
		return
	}
	if h.l.known && user >= h.l.user && sys >= h.l.sys {
		h.amount, h.nanos = (user-h.l.user)*tickNanos, (sys-h.l.sys)*tickNanos
		b.procinfos = true
	}
	h.l.user, h.l.sys, h.l.known = user, sys, true
}

// rare handles the events that only have a note.
func (b *Builder) rare(h *happening) {
	var class noteClass
	var text string
	switch h.ev.Name() {
	case "symlink", "symlinkat":
		class = noteSymlink
	case "unlink", "unlinkat":
		class = noteUnlink
	case "setns":
		class = noteSetns
	case "chdir":
		class = noteChdir
	case "drop":
		class = noteDrop
		b.drops++
	case "notification", "infra":
		class = noteNotification
		if h.c.traits&tInfra != 0 {
			class = noteInfra
		}
		// Two texts with a NUL between; see noteHalf.
		first, second := "id", "desc"
		if class == noteInfra {
			first, second = "name", "description"
		}
		a, _ := h.ev.Named(first)
		z, _ := h.ev.Named(second)
		text = string(firstLine(a, noteTextLen)) + "\x00" + string(firstLine(z, noteTextLen))
	case "container":
		class = noteContainer
	default:
		return
	}
	if text == "" {
		text = b.pathOf(h.ev)
	}
	b.addNote(h, class, h.res, []byte(text))
}

// failed looks at a call that gave an error.
func (b *Builder) failed(h *happening) {
	t := h.o.traits0(h.c)
	if h.name == noneID {
		if p := b.pathOf(h.ev); p != "" {
			h.name = b.pathID(p)
		}
	}
	b.addNote(h, noteError, h.res, nil)
	if t&(tPassing|tInProgress) != 0 {
		return
	}
	f := failure{moment: moment{num: h.ev.Num, ts: h.ts, val: h.res, name: h.name, what: b.d.what.id(h.o)}}
	if h.o.errno == eNOENT || h.o.errno == eNOTDIR {
		f.base = baseOf(b.d.texts.raw(b.d.texts.at[b.d.names[h.name].text]))
	}
	b.moments(h.l).fail(f)
}
