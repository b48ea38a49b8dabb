package inspect

import "github.com/unloop-dev/unloop/event"

func writeDeath(e *encoder, r *deathRec) {
	e.u64(r.num)
	e.u64(r.ts)
	e.u32(r.proc)
	e.u32(r.task)
	e.u32(uint32(r.code))
	e.u8(r.sig)
	e.bool(r.core)
	e.bool(r.slim)
	e.u32(r.fds)
	if r.slim {
		e.u8(0) // pads the record to the least length that readers count on
		return
	}
	m := &r.last
	fails := m.fails.all()
	e.u64(uint64(len(fails)))
	for i := range fails {
		f := &fails[i]
		writeMoment(e, &f.moment)
		e.u64(f.times)
		e.u64(f.firstNum)
		e.bool(f.recovered)
	}
	for _, list := range [][]moment{m.files.all(), m.conns.all(), m.dns.all(), m.signals.all(), {m.config, m.exec}} {
		e.u64(uint64(len(list)))
		for i := range list {
			writeMoment(e, &list[i])
		}
	}
	lines := m.lines.all()
	e.u64(uint64(len(lines)))
	for i := range lines {
		e.u64(lines[i].num)
		e.u64(lines[i].ts)
		e.bool(lines[i].stderr)
		e.bytes(lines[i].data)
	}
	e.u64(uint64(len(r.open)))
	for i := range r.open {
		o := &r.open[i]
		e.i64(o.fd)
		e.u32(o.name)
		e.u8(uint8(o.conn))
		e.u8(uint8(o.kind))
	}
}

func writeMoment(e *encoder, m *moment) {
	e.u64(m.num)
	e.u64(m.ts)
	e.i64(m.val)
	e.u32(m.name)
	e.u32(uint32(m.text))
	e.u32(m.what)
	e.u32(uint32(m.from))
}

const momentLen = 40

func readDeath(d *decoder) deathRec {
	r := deathRec{num: d.u64(), ts: d.u64(), proc: d.u32(), task: d.u32(), code: int32(d.u32()), sig: d.u8(), core: d.bool(), slim: d.bool(), fds: d.u32()}
	if r.slim {
		d.u8()
		return r
	}
	m := &r.last
	for range d.count(momentLen+17, keepFails) {
		m.fails.list = append(m.fails.list, failure{moment: readMoment(d), times: d.u64(), firstNum: d.u64(), recovered: d.bool()})
	}
	var pair ring[moment]
	for _, l := range []struct {
		into *ring[moment]
		most int
	}{{&m.files, keepFiles}, {&m.conns, keepConns}, {&m.dns, keepDNS}, {&m.signals, keepSignals}, {&pair, 2}} {
		for range d.count(momentLen, l.most) {
			l.into.list = append(l.into.list, readMoment(d))
		}
	}
	if len(pair.list) == 2 {
		m.config, m.exec = pair.list[0], pair.list[1]
	}
	for range d.count(21, keepLines) {
		m.lines.list = append(m.lines.list, line{num: d.u64(), ts: d.u64(), stderr: d.bool(), data: d.bytes(lineLen)})
	}
	for range d.count(14, keepOpen) {
		r.open = append(r.open, openConn{fd: d.i64(), name: d.u32(), conn: event.ConnState(d.u8()), kind: event.FDKind(d.u8())})
	}
	return r
}

func readMoment(d *decoder) moment {
	return moment{num: d.u64(), ts: d.u64(), val: d.i64(), name: d.u32(), text: textID(d.u32()), what: d.u32(), from: textID(d.u32())}
}

func (r *deathRec) sound(d *dims) bool {
	if int(r.proc) >= len(d.procs) || int(r.task) >= len(d.tasks) {
		return false
	}
	name := func(id uint32) bool { return int(id) < len(d.names) }
	m := &r.last
	for i := range m.fails.list {
		if !name(m.fails.list[i].name) || int(m.fails.list[i].what) >= len(d.what.list) {
			return false
		}
	}
	for _, l := range []*ring[moment]{&m.files, &m.conns, &m.dns} {
		for i := range l.list {
			if !name(l.list[i].name) {
				return false
			}
		}
	}
	for i := range r.open {
		if !name(r.open[i].name) {
			return false
		}
	}
	return name(m.config.name)
}
