package main

// fork makes a child of t's process and writes the event on both sides.
func (g *gen) fork(t *thread) *proc {
	child := g.newProc(t.proc, t.c, t.comm, t.path, t.args)
	child.exe, child.uid, child.env, child.cwd = t.exe, t.uid, t.env, t.cwd
	child.fds = append([]bool(nil), t.fds...)
	g.enter(t, evClone, 0)
	g.end()
	g.cloned(child.main(), 0, 0)
	g.cloned(t, child.pid, 0)
	return child
}

// spawn makes another thread of t's process.
func (g *gen) spawn(t *thread) *thread {
	n := g.addThread(t.proc)
	g.enter(t, evClone, 0)
	g.end()
	g.cloned(t, n.tid, cloneThreadFlags)
	g.cloned(n, 0, cloneThreadFlags)
	return n
}

func (g *gen) cloned(t *thread, res int64, flags uint32) {
	p := t.proc
	if p.c != nil {
		flags |= 0x20000000
	}
	g.enter(t, evClone+1, 20)
	g.i64(res)
	g.who(t)
	g.i64(1 << 20)
	g.sizes(p)
	g.str(p.comm)
	g.text(p.cgroups())
	g.u32(flags)
	g.u32(p.uid)
	g.u32(p.uid)
	g.i64(t.vtid)
	g.i64(p.vpid)
	g.end()
}

func (g *gen) who(t *thread) {
	p := t.proc
	g.str(p.exe)
	g.text(p.args)
	g.i64(t.tid)
	g.i64(p.pid)
	g.i64(p.ppid)
	g.str(p.cwd)
}

func (g *gen) sizes(p *proc) {
	g.u64(0)
	g.u64(180)
	g.u32(p.vm)
	g.u32(p.rss)
	g.u32(0)
}

// exec runs another program in t; a negative error leaves it as it is.
func (g *gen) exec(t *thread, path, args string, errno int64) {
	p := t.proc
	g.enter(t, evExecve, 1)
	g.str(path)
	g.end()
	if errno == 0 {
		p.path, p.exe, p.args = path, path, args
		p.comm = base(path)
		p.vm, p.rss = 4_000+uint32(g.rnd.IntN(20_000)), 900+uint32(g.rnd.IntN(4_000))
	}
	g.enter(t, evExecve+1, 20)
	g.i64(-errno)
	g.who(t)
	g.u64(1 << 20)
	g.sizes(p)
	g.str(p.comm)
	g.text(p.cgroups())
	g.text(p.env)
	g.u32(0)
	g.i64(p.pid)
	g.u32(^uint32(0))
	g.u32(0)
	g.end()
}

func base(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[i+1:]
		}
	}
	return path
}

// load is what the dynamic loader does: the cache, then libraries, some of them looked
// for in vain first.
func (g *gen) load(t *thread) {
	g.memory(t)
	g.access(t, "/etc/ld.so.preload", -eNOENT)
	g.file(t, "/etc/ld.so.cache", 0)
	for _, lib := range []string{"libm.so.6", "libc.so.6"} {
		if g.chance(20) {
			g.open(t, "/usr/local/lib/"+lib, 1, eNOENT)
		}
		g.file(t, "/lib/x86_64-linux-gnu/"+lib, 1)
		g.memory(t)
	}
}

func (g *gen) access(t *thread, path string, res int64) {
	g.enter(t, evAccess, 1)
	g.u32(4)
	g.end()
	g.enter(t, evAccess+1, 2)
	g.i64(res)
	g.str(path)
	g.end()
}

// file opens, reads and closes a file.
func (g *gen) file(t *thread, path string, reads int) {
	fd := g.open(t, path, 1, 0)
	if g.chance(30) {
		g.fstat(t, fd)
	}
	for range reads {
		n := 60 + g.rnd.IntN(4000)
		g.read(t, fd, 4096, int64(n), someBytes[g.rnd.IntN(900):][:min(n, snapLen)])
	}
	g.shut(t, fd)
}

// exit ends a process: its other threads, then itself, and what the parent hears.
func (g *gen) exit(p *proc, code, signal int) {
	for _, t := range p.threads[1:] {
		g.procexit(t, code, signal)
	}
	g.procexit(p.main(), code, signal)
	p.threads = p.threads[:1]
	g.gone(p)
	for _, o := range g.procs {
		if o.pid == p.ppid {
			g.signal(o.main(), p.pid, 17)
			g.generic(o.main(), 61)
			return
		}
	}
}

func (g *gen) procexit(t *thread, code, signal int) {
	core := uint8(0)
	status := int64(code) << 8
	if signal != 0 {
		status = int64(signal)
		if signal == 11 || signal == 6 {
			core, status = 1, status|0x80
		}
	}
	g.enter(t, evProcexit, 4)
	g.i64(status)
	g.i64(int64(code))
	g.u8(uint8(signal))
	g.u8(core)
	g.end()
}

// signal delivers a signal to t; a sender of 0 is the kernel.
func (g *gen) signal(t *thread, sender int64, sig uint8) {
	g.enter(t, evSignal, 3)
	g.i64(sender)
	g.i64(t.pid)
	g.u8(sig)
	g.end()
}

// procinfos reports the processor times of all threads, as recorders do each second.
func (g *gen) procinfos() {
	for _, p := range g.procs {
		for _, t := range p.threads {
			p.user += uint64(g.rnd.IntN(3))
			p.sys += uint64(g.rnd.IntN(2))
			g.begin(g.now, t.cpu, t.tid, evProcinfo, 2)
			g.u64(p.user)
			g.u64(p.sys)
			g.end()
		}
	}
}

// switches hands a processor from one thread to another.
func (g *gen) switches(from, to *thread) {
	g.enter(from, evSwitch, 6)
	g.i64(to.tid)
	g.u64(0)
	g.u64(200)
	g.u32(from.vm)
	g.u32(from.rss)
	g.u32(0)
	g.end()
}
