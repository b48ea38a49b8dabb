package inspect

import (
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
)

// Builder builds an index from the events of a capture in the order of the file,
// each after the state was applied to it. It keeps nothing of an event.
type Builder struct {
	d        *dims
	q        *cube // the builder's alone behind join only; see lane
	lane     lane
	notes    [noteClasses]noteList
	dead     []deathRec
	rich     []uint32 // ends that keep their last moments
	richNext int

	// thread looks up a thread that may not have had an event yet; nil where nobody knows.
	thread func(tid int64) *event.Thread

	classes *[1 << 10]class
	plain   [1 << 10]uint32 // outcome number+1 of a code with nothing special

	who     map[int64]*live // by thread number
	cache   [1 << 10]*live
	procs   map[int64]*liveProc // by process number
	fds     [1 << 12]fdSlot
	files   [1 << 11]fileSlot
	byName  map[nameKey]uint32
	looks   []look // of names, by number
	folds   folding
	byTexts map[string]uint32 // containers by id
	cpus    [256]cpuSlot
	queues  map[queueKey]int // places in the list of queues
	cut     uint64           // reads and writes with data that the file holds a part of

	slotEnd   uint64 // where the open slot ends; 0 before the first event
	doubted   uint64 // a time that jumped and was not believed yet
	firstTs   uint64
	lastTs    uint64
	events    uint64 // shown ones
	lastNum   uint64
	drops     uint64
	listening uint32
	procinfos bool
	switches  bool
	payload   []byte // scratch
}

// live is a thread that is there now.
type live struct {
	tid  int64
	th   *event.Thread
	task uint32
	proc *liveProc
	// cpu times at its last procinfo, in nanoseconds
	user, sys uint64
	known     bool
	enters    uint32    // not counted yet; see lane
	cpus      [4]uint64 // one bit for each processor that it ran on
}

// liveProc is a process that is there now.
type liveProc struct {
	id      uint32
	threads int
	last    *moments
	// ended is one more than the place of its end in the list of ends, 0 for none.
	ended uint32
}

// fdSlot remembers what a descriptor of a thread was numbered as; a cache line.
type fdSlot struct {
	name     string
	sip, cip [16]byte
	id       uint32
	cp, sp   uint16
	kind     event.FDKind
	l4       event.L4
	named    bool
}

// fileSlot remembers what a name was numbered as: most files are opened again and again.
type fileSlot struct {
	name string
	id   uint32
	kind event.FDKind
	l4   event.L4
}

type cpuSlot struct {
	ts      uint64 // of its latest switch, to tid
	tid     int64
	events  uint64
	busy    uint64 // nanoseconds that a thread other than the idle one ran
	threads uint64 // different ones
}

type nameKey struct {
	text textID
	kind event.FDKind
	l4   event.L4
}

// NewBuilder returns a builder for one file.
func NewBuilder() *Builder {
	b := &Builder{
		d: newDims(), q: newCube(), classes: classes(),
		who: map[int64]*live{}, procs: map[int64]*liveProc{},
		byName: map[nameKey]uint32{}, byTexts: map[string]uint32{}, queues: map[queueKey]int{},
		folds: folding{groups: map[groupKey]uint32{}, names: map[nameTrait]uint32{}, mains: map[programKey]uint32{}, families: map[familyKey]uint32{}},
	}
	b.q.fold, b.q.prepare, b.q.foldMore = b.fold, b.prepareFold, b.foldMore
	b.lane.width = b.q.width
	return b
}

// Add counts one event.
func (b *Builder) Add(ev *event.Event) {
	b.lastNum = ev.Num
	if ev.Hidden() {
		return
	}
	c := &b.classes[ev.Type&0x3ff]
	if c.timed() {
		b.clock(ev.TsNanos)
	}
	l := b.live(ev)
	t := &b.d.tasks[l.task]
	t.lastNum = ev.Num
	if c.traits&(tEnter|tExit) != 0 {
		b.events++
		b.ran(l, ev.CPU%uint16(len(b.cpus)))
	}
	if c.traits&tEnter != 0 {
		b.entered(l)
		return
	}
	call := happening{ev: ev, l: l, c: c, ts: b.lastTs}
	if ev.Type == genericExit {
		id, _ := ev.Uint(0)
		call.o.errno = uint16(id & 0xfff)
	}
	if ev.FD != nil {
		call.name = b.name(ev)
	}
	if c.result {
		if res, ok := firstInt(ev); ok {
			call.res = res
			if res < 0 && res > -4096 {
				call.o.errno = uint16(-res)
			}
		}
	}
	if ev.EnterTsNanos != 0 && ev.TsNanos > ev.EnterTsNanos {
		call.nanos = ev.TsNanos - ev.EnterTsNanos
	}
	if c.measured && call.res > 0 {
		call.amount = uint64(call.res)
		if c.payload != 0 && uint64(len(b.data(&call))) < call.amount {
			b.cut++
		}
		b.io(&call)
	}
	if c.special {
		b.special(&call)
	}
	if call.o.errno != 0 && ev.Type != genericExit {
		b.failed(&call)
	}
	if c.gauge {
		b.gauge(l)
	}
	call.o.typ = ev.Type
	call.finish(b)
	if call.o.errno == 0 && call.o.mark == markNone && call.o.slow == 0 {
		b.count(l.task, call.name, ev.Type, call.amount, call.nanos)
		return
	}
	b.put(cell{l.task, call.name, b.d.what.id(call.o), 1, call.amount, call.nanos})
}

// ran counts an event of a thread on a processor.
func (b *Builder) ran(l *live, cpu uint16) {
	c := &b.cpus[cpu]
	c.events++
	if bit := uint64(1) << (cpu & 63); l.cpus[cpu>>6]&bit == 0 {
		l.cpus[cpu>>6] |= bit
		c.threads++
	}
}

// happening is one event on its way into the index.
type happening struct {
	ev     *event.Event
	l      *live
	c      *class
	ts     uint64 // of the time line: the event's, unless that was not believed
	name   uint32
	res    int64
	amount uint64
	nanos  uint64
	o      outcome
	note   noteClass // the class its note has, 0 for none yet
}

// count counts an event whose outcome is its code alone.
func (b *Builder) count(task, name uint32, typ event.Type, amount, nanos uint64) {
	b.put(cell{task, name, b.plainID(typ), 1, amount, nanos})
}

// plainID numbers the outcome that is a code alone.
func (b *Builder) plainID(typ event.Type) uint32 {
	w := b.plain[typ&0x3ff]
	if w == 0 {
		w = b.d.what.id(outcome{typ: typ}) + 1
		b.plain[typ&0x3ff] = w
	}
	return w - 1
}

// clock moves the open slot to a time. One time alone that jumps ahead is not
// believed, because a damaged event must not take the resolution from all others.
func (b *Builder) clock(ts uint64) {
	switch {
	case b.slotEnd == 0:
		b.firstTs, b.lastTs = ts, ts
		b.join()
		b.q.startNanos, b.lane.start = ts, ts
		b.slotEnd = ts + b.lane.width
		return
	case ts < b.slotEnd:
		b.lastTs = max(b.lastTs, ts)
		return
	case ts-b.lastTs > maxJump && (b.doubted == 0 || ts < b.doubted || ts-b.doubted > maxJump):
		b.doubted = ts
		return
	}
	b.doubted = 0
	b.lastTs = ts
	b.move(ts)
}

// firstInt reads parameter 0 as the result it is: eight bytes, or four in some new events.
func firstInt(ev *event.Event) (int64, bool) {
	if !ev.Large && len(ev.Lens) >= 2 && len(ev.Data) >= 8 && ev.NParams > 0 && ev.Lens[0] == 8 && ev.Lens[1] == 0 {
		return int64(binary.LittleEndian.Uint64(ev.Data)), true
	}
	return ev.Int(0)
}

// live finds the thread of the event, or starts a task for it.
func (b *Builder) live(ev *event.Event) *live {
	slot := &b.cache[uint64(ev.Tid)%uint64(len(b.cache))]
	if l := *slot; l != nil && l.tid == ev.Tid && l.th == ev.Thread {
		return l
	}
	l := b.who[ev.Tid]
	if l == nil {
		l = &live{tid: ev.Tid}
		b.who[ev.Tid] = l
		b.begin(l, ev)
	} else if l.th != ev.Thread {
		if l.th == nil || ev.Thread == nil || b.sameThread(l, ev.Thread) {
			l.th = ev.Thread
		} else {
			b.end(l)
			*l = live{tid: ev.Tid}
			b.begin(l, ev)
		}
	}
	*slot = l
	return l
}

// sameThread reports whether the thread is still the one of l.
func (b *Builder) sameThread(l *live, th *event.Thread) bool {
	return b.d.procs[l.proc.id].pid == th.Pid && th.CloneNanos == l.th.CloneNanos
}

// begin starts a task, and its process where that is new.
func (b *Builder) begin(l *live, ev *event.Event) {
	th := ev.Thread
	l.th = th
	pid := ev.Tid
	if th != nil {
		pid = th.Pid
	}
	p := b.procs[pid]
	if p == nil {
		p = b.process(pid, th, ev.Num)
	}
	l.proc = p
	p.threads++
	rec := &b.d.procs[p.id]
	rec.threads = max(rec.threads, uint32(p.threads))
	b.task(l, ev.Num)
	b.gauge(l)
}

// process registers a process that was not met before.
func (b *Builder) process(pid int64, th *event.Thread, num uint64) *liveProc {
	p := &liveProc{id: othersID}
	b.procs[pid] = p
	if len(b.d.procs) >= maxProcs {
		b.d.lost.Procs++
		return p
	}
	p.id = uint32(len(b.d.procs))
	b.d.procs = append(b.d.procs, process{pid: pid, vpid: pid, ppid: -1, firstNum: num, container: noneID})
	b.describe(p.id, th)
	return p
}

// describe takes over what is known about the program of a process.
func (b *Builder) describe(id uint32, th *event.Thread) {
	if th == nil || id == othersID {
		return
	}
	main := th
	if th.Leader != nil {
		main = th.Leader
	}
	rec, tx := &b.d.procs[id], b.d.texts
	rec.ppid, rec.vpid = main.Ptid, main.Vpid
	if main.Parent != nil {
		rec.ppid, rec.parentComm = main.Parent.Pid, tx.id(main.Parent.Comm)
	} else if b.thread != nil {
		if up := b.thread(rec.ppid); up != nil {
			rec.parentComm = tx.id(up.Comm)
		}
	}
	if parent := b.procs[rec.ppid]; parent != nil && parent.id != id {
		rec.parent = parent.id
	}
	if rec.startNanos == 0 {
		rec.startNanos = main.CloneNanos
	}
	rec.comm, rec.exe, rec.cwd = tx.id(main.Comm), tx.id(main.ExePath), tx.id(main.Cwd)
	rec.cmdline = b.cmdline(main)
	rec.uid, rec.fdLimit = main.UID, main.FDLimit
	rec.container = b.container(main.Container)
}

// cmdline joins argv with blanks, as proc.exeline shows it.
func (b *Builder) cmdline(th *event.Thread) textID {
	s := append(b.payload[:0], th.Exe...)
	for i := 0; i < len(th.Args) && len(s) < maxTextLen; i++ {
		if i == 0 {
			s = append(s, ' ')
		}
		if th.Args[i] == 0 {
			if i+1 < len(th.Args) {
				s = append(s, ' ')
			}
			continue
		}
		s = append(s, th.Args[i])
	}
	b.payload = s[:0]
	return b.d.texts.bytesID(s)
}

// task starts the part of a thread that runs one program.
func (b *Builder) task(l *live, num uint64) {
	if len(b.d.tasks) >= maxTasks {
		b.d.lost.Tasks++
		l.task = othersID
		return
	}
	t := task{tid: l.tid, vtid: l.tid, proc: l.proc.id, firstNum: num, lastNum: num}
	if l.th != nil {
		t.comm, t.uid, t.vtid = b.d.texts.id(l.th.Comm), l.th.UID, l.th.Vtid
	}
	l.task = uint32(len(b.d.tasks))
	b.d.tasks = append(b.d.tasks, t)
}

// execed starts a new task in a thread that runs another program from now on.
func (b *Builder) execed(l *live, num uint64) {
	b.revive(l.proc)
	b.flushOne(l)
	b.endTask(l.task)
	b.describe(l.proc.id, l.th)
	b.task(l, num)
	// The memory of the program before (a container runtime's, as a rule) is gone with it.
	rec := &b.d.procs[l.proc.id]
	rec.vmKiB, rec.rssKiB, rec.swapKiB = 0, 0, 0
	b.gauge(l)
}

// end closes the task of a thread that is gone.
func (b *Builder) end(l *live) {
	b.flushOne(l)
	b.endTask(l.task)
	if l.th != nil && l.task != othersID && b.d.tasks[l.task].proc == l.proc.id {
		if l.th.Comm != "" {
			b.d.tasks[l.task].comm = b.d.texts.id(l.th.Comm)
		}
	}
	l.proc.threads--
	if l.proc.threads <= 0 {
		for _, pid := range [2]int64{b.d.procs[l.proc.id].pid, l.tid} {
			if b.procs[pid] == l.proc {
				delete(b.procs, pid)
			}
		}
	}
}

// gone forgets a thread after its last event.
func (b *Builder) gone(l *live) {
	b.end(l)
	delete(b.who, l.tid)
	if slot := &b.cache[uint64(l.tid)%uint64(len(b.cache))]; *slot == l {
		*slot = nil
	}
}

// gauge takes the largest memory and number of descriptors of a process.
func (b *Builder) gauge(l *live) {
	th := l.th
	if th == nil {
		return
	}
	rec := &b.d.procs[l.proc.id]
	rec.fds = max(rec.fds, uint32(th.FDs.Len()))
	if th.Leader != nil {
		th = th.Leader
	}
	rec.vmKiB, rec.rssKiB, rec.swapKiB = max(rec.vmKiB, th.VMSizeKiB), max(rec.rssKiB, th.VMRSSKiB), max(rec.swapKiB, th.VMSwapKiB)
	rec.pfMajor, rec.pfMinor = max(rec.pfMajor, th.PFMajor), max(rec.pfMinor, th.PFMinor)
	if th.FDLimit > 0 {
		rec.fdLimit = th.FDLimit
	}
}

// name numbers what the descriptor of the event stands for.
func (b *Builder) name(ev *event.Event) uint32 {
	f := ev.FD
	s := &b.fds[(uint64(ev.Tid)*0x9E3779B1^uint64(ev.FDNum)*31)%uint64(len(b.fds))]
	if s.kind == f.Kind && s.l4 == f.L4 && s.named == f.Named && s.name == f.Name && s.cp == f.ClientPort && s.sp == f.ServerPort &&
		s.id != noneID && (f.Kind > event.FDIPv6Listen || f.Kind < event.FDIPv4 || s.cip == f.ClientIP && s.sip == f.ServerIP) {
		return s.id
	}
	var id uint32
	if f.Kind > event.FDIPv6Listen || f.Kind < event.FDIPv4 {
		id = b.nameOfFile(f)
	} else {
		id = b.nameOf(f)
	}
	*s = fdSlot{kind: f.Kind, l4: f.L4, named: f.Named, name: f.Name, id: id, cp: f.ClientPort, sp: f.ServerPort, cip: f.ClientIP, sip: f.ServerIP}
	return id
}

// nameOfFile is nameOf for what has a name of its own.
func (b *Builder) nameOfFile(f *event.FD) uint32 {
	n := len(f.Name)
	if n < 8 {
		return b.nameOf(f)
	}
	// The end of a path tells files apart best.
	h := binary.LittleEndian.Uint64([]byte(f.Name[n-8:])) ^ uint64(f.Name[n/2])<<17 ^ uint64(n)
	s := &b.files[h*0x9E3779B97F4A7C15>>(64-11)]
	if s.kind == f.Kind && s.l4 == f.L4 && s.name == f.Name {
		return s.id
	}
	id := b.nameOf(f)
	*s = fileSlot{name: f.Name, id: id, kind: f.Kind, l4: f.L4}
	return id
}

func (b *Builder) nameOf(f *event.FD) uint32 {
	if len(b.d.names) >= maxNames/2 {
		if isConnection(f) {
			return b.familyOf(f)
		}
		if f.Kind == event.FDFile {
			return b.pathID(f.Name)
		}
	}
	var text textID
	if f.Name != "" {
		text = b.d.texts.id(f.Name)
	} else {
		b.payload = f.AppendName(b.payload[:0])
		text = b.d.texts.bytesID(b.payload)
	}
	id := b.nameID(text, f.Kind, f.L4)
	if n := &b.d.names[id]; id > othersID && n.serverPort == 0 && n.clientPort == 0 {
		n.client, n.server, n.clientPort, n.serverPort = f.ClientIP, f.ServerIP, f.ClientPort, f.ServerPort
	}
	return id
}

// nameID numbers a name by its text and kind.
func (b *Builder) nameID(text textID, kind event.FDKind, l4 event.L4) uint32 {
	if kind == event.FDFileOld {
		kind = event.FDFile
	}
	key := nameKey{text, kind, l4}
	if id, ok := b.byName[key]; ok {
		return id
	}
	if len(b.d.names) >= maxNames || text == b.d.texts.more {
		b.d.lost.Names++
		return othersID
	}
	id := uint32(len(b.d.names))
	b.d.names = append(b.d.names, nameRec{text: text, kind: kind, l4: l4})
	for len(b.looks) < int(id) {
		b.looks = append(b.looks, 0)
	}
	b.looks = append(b.looks, lookAt(b.d.texts.get(text), kind))
	b.byName[key] = id
	return id
}

// container numbers a container, and completes what was known of it.
func (b *Builder) container(c *event.Container) uint32 {
	if c == nil {
		return noneID
	}
	id, ok := b.byTexts[c.ID]
	if !ok {
		if len(b.d.containers) >= maxContainers {
			b.d.lost.Containers++
			return othersID
		}
		id = uint32(len(b.d.containers))
		b.d.containers = append(b.d.containers, containerRec{})
		b.byTexts[c.ID] = id
	}
	tx := b.d.texts
	b.d.containers[id] = containerRec{
		id: tx.id(c.ID), fullID: tx.id(c.FullID), name: tx.id(c.Name), image: tx.id(c.Image), imageID: tx.id(c.ImageID),
		pod: tx.id(c.PodName), namespace: tx.id(c.PodNamespace), podUID: tx.id(c.PodUID), podName: tx.id(c.PodContainer),
		kind: int32(c.TypeCode),
	}
	return id
}
