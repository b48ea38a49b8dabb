package main

import "encoding/binary"

// metadata writes what stands in front of the events.
func (g *gen) metadata() {
	g.block(blockSection)
	g.p32(0x1A2B3C4D)
	g.p16(1)
	g.p16(2)
	g.p64(^uint64(0))
	g.close()

	g.block(blockMachine)
	g.p32(cpus)
	g.p64(32 << 30)
	g.p64(4194304)
	host := make([]byte, 128)
	copy(host, "node-7")
	g.buf = append(g.buf, host...)
	g.p64(g.now - 86_400_000_000_000)
	g.p64(0)
	g.p64(0)
	g.p64(0)
	g.close()

	g.block(blockInterface)
	for _, i := range []struct {
		name string
		ip   [4]byte
	}{{"lo", [4]byte{127, 0, 0, 1}}, {"eth0", [4]byte{192, 168, 7, 7}}, {"cni0", [4]byte{10, 244, 1, 1}}} {
		g.p32(uint32(2 + 2 + 12 + 8 + len(i.name)))
		g.p16(1)
		g.p16(uint16(len(i.name)))
		g.buf = append(g.buf, i.ip[:]...)
		g.buf = append(g.buf, 255, 255, 255, 0)
		g.buf = append(g.buf, i.ip[0], i.ip[1], i.ip[2], 255)
		g.p64(10000)
		g.buf = append(g.buf, i.name...)
	}
	g.close()

	g.block(blockUser)
	for _, u := range []struct {
		id   uint32
		name string
	}{{0, "root"}, {33, "www-data"}, {101, "nginx"}, {999, "postgres"}, {1000, "app"}} {
		g.entry(func() {
			g.p8(0)
			g.p32(u.id)
			g.p32(u.id)
			g.pstr(u.name)
			g.pstr("/home/" + u.name)
			g.pstr("/bin/sh")
		})
		g.entry(func() {
			g.p8(1)
			g.p32(u.id)
			g.pstr(u.name)
		})
	}
	g.close()

	g.block(blockProcess)
	for _, p := range g.procs {
		p.listed = true
		for _, t := range p.threads {
			g.entry(func() { g.process(t) })
		}
	}
	g.close()
	for _, p := range g.procs {
		g.descriptors(p)
	}
	for _, c := range g.containers {
		g.begin(g.now, 0, -1, evContainer, 1)
		g.str(c.json())
		g.end()
	}
}

func (g *gen) process(t *thread) {
	p := t.proc
	flags := uint32(0)
	if t.tid != p.pid {
		flags = cloneThreadFlags
	}
	if p.c != nil {
		flags |= 0x20000000
	}
	for _, v := range []int64{t.tid, p.pid, p.ppid, p.pid, p.vpid} {
		g.p64(uint64(v))
	}
	g.pstr(p.comm)
	g.pstr(p.exe)
	g.pstr(p.path)
	g.pstr(p.args)
	g.pstr(p.cwd)
	g.p64(1 << 20)
	g.p32(flags)
	g.p32(p.uid)
	g.p32(p.uid)
	g.p32(p.vm)
	g.p32(p.rss)
	g.p32(0)
	g.p64(3)
	g.p64(2000)
	g.pstr(p.env)
	g.p64(uint64(t.vtid))
	g.p64(uint64(p.vpid))
	g.pstr(p.cgroups())
	g.pstr("/")
	g.p32(^uint32(0))
	g.p8(0)
	g.p64(0)
	g.p64(0xa80425fb)
	g.p64(0xa80425fb)
}

// descriptors lists what a process has open when the capture begins: its streams,
// and a listening socket where it serves one.
func (g *gen) descriptors(p *proc) {
	g.block(blockFD)
	g.p64(uint64(p.pid))
	one := func(fd int64, kind uint8, rest func()) {
		g.entry(func() {
			g.p64(uint64(fd))
			g.p64(g.inode())
			g.p8(kind)
			rest()
		})
	}
	one(0, 16, func() { g.p32(1); g.pstr("/dev/null"); g.p32(5) })
	for fd := int64(1); fd <= 2; fd++ {
		one(fd, 7, func() { g.pstr("pipe:[" + itoa(int64(g.ino)) + "]") })
	}
	if p.listener >= 0 {
		one(p.listener, 5, func() {
			g.p32(0)
			g.p16(p.port())
			g.p8(2)
		})
	}
	if p.client >= 0 {
		one(p.client, 3, func() {
			g.buf = append(g.buf, 10, 244, 1, 77)
			g.buf = append(g.buf, p.c.ip[:]...)
			g.p16(uint16(30000 + p.pid%20000))
			g.p16(p.port())
			g.p8(2)
		})
	}
	if p.log >= 0 {
		one(p.log, 16, func() { g.p32(2 | 8); g.pstr("/var/log/" + p.comm + "/access.log"); g.p32(0x801) })
	}
	g.close()
}

func (g *gen) inode() uint64 { g.ino++; return g.ino }

func (p *proc) port() uint16 {
	switch p.comm {
	case "nginx":
		return 80
	case "redis-server":
		return 6379
	case "postgres":
		return 5432
	case "java":
		return 8080
	}
	return 8000
}

// tuple4 is a socket tuple of IPv4.
func (g *gen) tuple4(src [4]byte, sport uint16, dst [4]byte, dport uint16) []byte {
	b := append(g.scratch[:0], 2)
	b = append(b, src[:]...)
	b = binary.LittleEndian.AppendUint16(b, sport)
	b = append(b, dst[:]...)
	b = binary.LittleEndian.AppendUint16(b, dport)
	g.scratch = b
	return b
}

func (g *gen) tuple6(src [16]byte, sport uint16, dst [16]byte, dport uint16) []byte {
	b := append(g.scratch[:0], 10)
	b = append(b, src[:]...)
	b = binary.LittleEndian.AppendUint16(b, sport)
	b = append(b, dst[:]...)
	b = binary.LittleEndian.AppendUint16(b, dport)
	g.scratch = b
	return b
}

func (g *gen) tupleUnix(path string) []byte {
	b := append(g.scratch[:0], 1)
	b = binary.LittleEndian.AppendUint64(b, 0xffff8800_00000000|uint64(g.rnd.Uint32()))
	b = binary.LittleEndian.AppendUint64(b, 0xffff8800_00000000|uint64(g.rnd.Uint32()))
	b = append(append(b, path...), 0)
	g.scratch = b
	return b
}
