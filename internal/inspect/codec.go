package inspect

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/unloop-dev/unloop/event"
)

// Identity tells which file an index belongs to.
type Identity struct {
	Size       int64
	MTimeNanos int64
	// Hash is over the first and the last 64 KiB of the file (SHA-256).
	Hash [32]byte
}

// WriteTo writes the index of the file with the identity.
func (ix *Index) write(w io.Writer, id Identity) error {
	e := newEncoder(w)
	e.raw([]byte(indexMagic))
	e.u32(indexVersion)
	e.i64(id.Size)
	e.i64(id.MTimeNanos)
	e.raw(id.Hash[:])
	info, err := json.Marshal(ix.Info)
	if err != nil {
		return err
	}
	e.bytes(info)
	ix.writeDims(e)
	e.u64(uint64(len(ix.slots)))
	var rec [cellLen]byte
	for _, s := range ix.slots {
		e.u64(uint64(len(s)))
		for i := range s {
			putCell(&rec, &s[i])
			e.raw(rec[:])
		}
	}
	for i := range ix.notes {
		e.u64(ix.notes[i].total)
		kept, _ := ix.notes[i].all()
		e.u64(uint64(len(kept)))
		for k := range kept {
			writeNote(e, &kept[k])
		}
	}
	e.u64(uint64(len(ix.dead)))
	for i := range ix.dead {
		writeDeath(e, &ix.dead[i])
	}
	e.u64(uint64(len(ix.seeks)))
	for i := range ix.seeks {
		s := &ix.seeks[i]
		e.u64(s.num)
		e.u64(s.ts)
		e.i64(s.off)
		e.bytes(s.state)
		e.u64(uint64(len(s.pending)))
		for k := range s.pending {
			p := &s.pending[k]
			e.i64(p.num)
			e.i64(p.ts)
			e.i64(p.tid)
			e.u16(uint16(p.typ))
			e.u16(p.cpu)
			e.bool(p.large)
			e.u32(uint32(p.params))
			e.bytes(p.lens)
			e.bytes(p.data)
		}
	}
	return e.close()
}

const cellLen = 32

func putCell(b *[cellLen]byte, c *cell) {
	binary.LittleEndian.PutUint32(b[0:], c.task)
	binary.LittleEndian.PutUint32(b[4:], c.name)
	binary.LittleEndian.PutUint32(b[8:], c.what)
	binary.LittleEndian.PutUint32(b[12:], c.n)
	binary.LittleEndian.PutUint64(b[16:], c.amount)
	binary.LittleEndian.PutUint64(b[24:], c.nanos)
}

func getCell(b []byte) cell {
	_ = b[cellLen-1]
	return cell{
		task: binary.LittleEndian.Uint32(b[0:]), name: binary.LittleEndian.Uint32(b[4:]), what: binary.LittleEndian.Uint32(b[8:]),
		n: binary.LittleEndian.Uint32(b[12:]), amount: binary.LittleEndian.Uint64(b[16:]), nanos: binary.LittleEndian.Uint64(b[24:]),
	}
}

// readIndex reads an index file of size bytes. The error is errIndex, or wraps it,
// where the file is of another version, of another capture or damaged.
func readIndex(r io.Reader, size int64, want Identity) (*Index, error) {
	d := newDecoder(r, size)
	var id Identity
	if string(d.take(8)) != indexMagic || d.u32() != indexVersion {
		return nil, errIndex
	}
	id.Size, id.MTimeNanos = d.i64(), d.i64()
	copy(id.Hash[:], d.take(32))
	if d.err != nil || id != want {
		return nil, errIndex
	}
	ix := &Index{}
	if err := json.Unmarshal(d.bytes(1<<16), &ix.Info); err != nil {
		return nil, fmt.Errorf("%w: %w", errIndex, err)
	}
	ix.d = readDims(d)
	n := d.count(8, maxSlots+1)
	for range n {
		cells := make([]cell, d.count(cellLen, 2*maxCells))
		readCells(d, cells)
		ix.slots = append(ix.slots, cells)
	}
	for i := range ix.notes {
		readNotes(d, &ix.notes[i])
	}
	ix.dead = make([]deathRec, 0, d.count(36, maxProcs))
	for range cap(ix.dead) {
		ix.dead = append(ix.dead, readDeath(d))
	}
	ix.seeks = make([]seekPoint, 0, d.count(32, 1<<16))
	for range cap(ix.seeks) {
		ix.seeks = append(ix.seeks, readSeek(d))
	}
	if err := d.close(); err != nil {
		return nil, err
	}
	if !ix.sound() {
		return nil, errIndex
	}
	ix.prepare()
	return ix, nil
}

func readSeek(d *decoder) seekPoint {
	s := seekPoint{num: d.u64(), ts: d.u64(), off: d.i64(), state: d.bytes(1 << 28)}
	s.pending = make([]pendingEnter, 0, d.count(41, maxPending))
	for range cap(s.pending) {
		p := pendingEnter{num: d.i64(), ts: d.i64(), tid: d.i64(), typ: event.Type(d.u16()), cpu: d.u16(), large: d.bool(), params: int(d.u32()), lens: d.bytes(1 << 16), data: d.bytes(1 << 17)}
		if !p.sound() {
			d.err = errIndex
		}
		s.pending = append(s.pending, p)
	}
	return s
}

// sound checks that the lengths of the parameters add up to no more than the data.
func (p *pendingEnter) sound() bool {
	width := 2
	if p.large {
		width = 4
	}
	if p.params < 0 || p.params > 256 || len(p.lens) < p.params*width {
		return false
	}
	sum := uint64(0)
	for i := range p.params {
		if p.large {
			sum += uint64(binary.LittleEndian.Uint32(p.lens[4*i:]))
		} else {
			sum += uint64(binary.LittleEndian.Uint16(p.lens[2*i:]))
		}
	}
	return sum <= uint64(len(p.data))
}

// readCells reads in pieces of many records.
func readCells(d *decoder, into []cell) {
	const piece = 2048
	for len(into) > 0 && d.err == nil {
		n := min(len(into), piece)
		b := d.view(n * cellLen)
		for i := 0; i < n && b != nil; i++ {
			into[i] = getCell(b[i*cellLen:])
		}
		into = into[n:]
	}
}

func writeNote(e *encoder, n *note) {
	e.u64(n.num)
	e.u64(n.ts)
	e.i64(n.val)
	e.u32(n.task)
	e.u32(n.name)
	e.u32(n.what)
	e.bytes(n.text)
}

const noteLen = 40

func readNotes(d *decoder, l *noteList) {
	l.total = d.u64()
	l.first = make([]note, d.count(noteLen, maxNotes))
	for i := range l.first {
		b := d.take(noteLen)
		l.first[i] = note{
			num: binary.LittleEndian.Uint64(b), ts: binary.LittleEndian.Uint64(b[8:]), val: int64(binary.LittleEndian.Uint64(b[16:])),
			task: binary.LittleEndian.Uint32(b[24:]), name: binary.LittleEndian.Uint32(b[28:]), what: binary.LittleEndian.Uint32(b[32:]),
		}
		if n := int(binary.LittleEndian.Uint32(b[36:])); n > maxTextLen {
			d.err = errIndex
		} else if n > 0 {
			l.first[i].text = d.block(n)
		}
	}
	if l.total < uint64(len(l.first)) {
		d.err = errIndex
	}
}

func (ix *Index) writeDims(e *encoder) {
	t := ix.d.texts
	e.u64(uint64(len(t.at)))
	for _, a := range t.at {
		e.u16(a.len)
		e.raw(t.raw(a))
	}
	e.u64(uint64(len(ix.d.tasks)))
	for i := range ix.d.tasks {
		t := &ix.d.tasks[i]
		e.i64(t.tid)
		e.u64(t.firstNum)
		e.u64(t.lastNum)
		e.u32(t.proc)
		e.u32(uint32(t.comm))
		e.u32(t.uid)
		e.i64(t.vtid)
		e.bool(t.collective)
	}
	e.u64(uint64(len(ix.d.procs)))
	for i := range ix.d.procs {
		writeProcess(e, &ix.d.procs[i])
	}
	e.u64(uint64(len(ix.d.names)))
	for i := range ix.d.names {
		n := &ix.d.names[i]
		e.u32(uint32(n.text))
		e.u8(uint8(n.kind))
		e.u8(uint8(n.l4))
		e.raw(n.client[:])
		e.raw(n.server[:])
		e.u16(n.clientPort)
		e.u16(n.serverPort)
		e.bool(n.folded)
		e.u32(uint32(n.traits))
	}
	e.u64(uint64(len(ix.d.what.list)))
	for _, w := range ix.d.what.list {
		e.u32(w)
	}
	e.u64(uint64(len(ix.d.containers)))
	for i := range ix.d.containers {
		for _, p := range ix.d.containers[i].texts() {
			e.u32(uint32(*p))
		}
		e.u32(uint32(ix.d.containers[i].kind))
	}
	e.u64(uint64(len(ix.d.users)))
	for _, u := range ix.d.users {
		e.u32(u.uid)
		e.u32(uint32(u.name))
	}
	e.u64(uint64(len(ix.d.queues)))
	for _, q := range ix.d.queues {
		e.u32(q.proc)
		e.u16(q.port)
		e.u32(q.max)
	}
}

func (c *containerRec) texts() [9]*textID {
	return [9]*textID{&c.id, &c.fullID, &c.name, &c.image, &c.imageID, &c.pod, &c.namespace, &c.podUID, &c.podName}
}

func readDims(d *decoder) *dims {
	x := &dims{texts: &texts{}, what: newOutcomes()}
	n := d.count(2, maxTexts)
	x.texts.at = make([]textAt, 0, n)
	for range n {
		l := int(d.u16())
		if l > maxTextLen {
			d.err = errIndex
		}
		if d.err != nil {
			return x
		}
		x.texts.put(d.view(l))
	}
	x.tasks = make([]task, d.count(45, maxTasks))
	for i := range x.tasks {
		b := d.take(45)
		x.tasks[i] = task{
			tid: int64(binary.LittleEndian.Uint64(b)), firstNum: binary.LittleEndian.Uint64(b[8:]), lastNum: binary.LittleEndian.Uint64(b[16:]),
			proc: binary.LittleEndian.Uint32(b[24:]), comm: textID(binary.LittleEndian.Uint32(b[28:])), uid: binary.LittleEndian.Uint32(b[32:]),
			vtid: int64(binary.LittleEndian.Uint64(b[36:])), collective: b[44] != 0,
		}
	}
	x.procs = make([]process, d.count(128, maxProcs))
	for i := range x.procs {
		readProcess(d, &x.procs[i])
	}
	x.names = make([]nameRec, d.count(47, maxNames))
	for i := range x.names {
		b := d.take(47)
		n := &x.names[i]
		n.text, n.kind, n.l4 = textID(binary.LittleEndian.Uint32(b)), event.FDKind(b[4]), event.L4(b[5])
		copy(n.client[:], b[6:])
		copy(n.server[:], b[22:])
		n.clientPort, n.serverPort = binary.LittleEndian.Uint16(b[38:]), binary.LittleEndian.Uint16(b[40:])
		n.folded, n.traits = b[42] != 0, nameTrait(binary.LittleEndian.Uint32(b[43:]))
	}
	x.what.list = make([]uint32, d.count(4, maxOutcomes+1))
	for i := range x.what.list {
		x.what.list[i] = d.u32()
	}
	x.containers = make([]containerRec, d.count(40, maxContainers))
	for i := range x.containers {
		for _, p := range x.containers[i].texts() {
			*p = textID(d.u32())
		}
		x.containers[i].kind = int32(d.u32())
	}
	x.users = make([]userRec, d.count(8, 1<<20))
	for i := range x.users {
		x.users[i] = userRec{uid: d.u32(), name: textID(d.u32())}
	}
	x.queues = make([]queueRec, d.count(10, maxQueues))
	for i := range x.queues {
		x.queues[i] = queueRec{queueKey: queueKey{proc: d.u32(), port: d.u16()}, max: d.u32()}
	}
	return x
}

func writeProcess(e *encoder, p *process) {
	for _, n := range []int64{p.pid, p.ppid, p.vpid, int64(p.startNanos), int64(p.endNanos), int64(p.firstNum), p.fdLimit, int64(p.pfMajor), int64(p.pfMinor)} {
		e.i64(n)
	}
	for _, n := range p.small() {
		e.u32(*n)
	}
	for _, n := range p.texts() {
		e.u32(uint32(*n))
	}
}

func (p *process) small() [9]*uint32 {
	return [9]*uint32{&p.parent, &p.container, &p.uid, &p.threads, &p.fds, &p.vmKiB, &p.rssKiB, &p.swapKiB, &p.death}
}

func (p *process) texts() [5]*textID {
	return [5]*textID{&p.comm, &p.exe, &p.cmdline, &p.cwd, &p.parentComm}
}

func readProcess(d *decoder, p *process) {
	b := d.take(128)
	long := func() (n uint64) {
		n, b = binary.LittleEndian.Uint64(b), b[8:]
		return n
	}
	p.pid, p.ppid, p.vpid = int64(long()), int64(long()), int64(long())
	p.startNanos, p.endNanos, p.firstNum = long(), long(), long()
	p.fdLimit, p.pfMajor, p.pfMinor = int64(long()), long(), long()
	for _, n := range p.small() {
		*n, b = binary.LittleEndian.Uint32(b), b[4:]
	}
	for _, n := range p.texts() {
		*n, b = textID(binary.LittleEndian.Uint32(b)), b[4:]
	}
}

// sound checks every number that points into another list, so that nothing after it
// needs to. Cells and notes are checked where they are used: there are many of them.
func (ix *Index) sound() bool {
	d := ix.d
	if len(d.procs) <= othersID || len(d.tasks) <= othersID || len(d.names) <= othersID || len(d.containers) <= othersID || len(d.texts.at) == 0 {
		return false
	}
	if ix.Info.Slots != len(ix.slots) || ix.Info.SlotNanos == 0 && len(ix.slots) > 0 || ix.Info.LastNanos < ix.Info.FirstNanos || ix.Info.SlotNanos > 1<<54 {
		return false
	}
	for i := range d.tasks {
		if int(d.tasks[i].proc) >= len(d.procs) {
			return false
		}
	}
	for i := range d.procs {
		p := &d.procs[i]
		if int(p.parent) >= len(d.procs) || int(p.container) >= len(d.containers) || int(p.death) > len(ix.dead) {
			return false
		}
	}
	for i := range ix.dead {
		if !ix.dead[i].sound(d) {
			return false
		}
	}
	return true
}
