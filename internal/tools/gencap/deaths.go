package main

// job is a shell that runs programs one after the other, through pipes.
func (g *gen) job(t *thread) {
	if g.chance(20) {
		for _, dir := range []string{"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/"} {
			g.stat(t, dir+"report", -eNOENT)
		}
	}
	g.stat(t, "/usr/bin/report", 0)
	r, w := g.pipe(t)
	child := g.fork(t)
	c := child.main()
	if g.chance(15) {
		g.exec(c, "/usr/local/bin/report", "", eNOENT)
	}
	g.exec(c, pick(g, []string{"/usr/bin/report", "/usr/bin/awk", "/usr/bin/curl", "/bin/grep"}), "--since\x00yesterday\x00", 0)
	g.load(c)
	for range g.rnd.IntN(4) {
		g.file(c, "/data/reports/"+itoa(int64(g.rnd.IntN(400)))+".csv", 3)
	}
	g.write(c, w, "id,total\n1,20\n2,31\n")
	g.read(t, r, 4096, 19, "id,total\n1,20\n2,31\n")
	code := 0
	if g.chance(10) {
		code = pick(g, []int{1, 2, 3})
		g.write(c, 2, "report: cannot read orders: exit "+itoa(int64(code))+"\n")
	}
	g.exit(child, code, 0)
	g.shut(t, r)
	g.shut(t, w)
	g.sleep(t, 1_000_000)
}

// crasher starts a worker that dies in one of the ways that programs die.
func (g *gen) crasher(t *thread) {
	child := g.fork(t)
	c := child.main()
	g.exec(c, "/app/worker", "--queue\x00orders\x00", 0)
	g.load(c)
	for range g.rnd.IntN(3) {
		g.spawn(c)
	}
	g.file(c, "/etc/worker/defaults.yaml", 1)
	switch g.rnd.IntN(8) {
	case 0: // a file that is not there
		g.open(c, "/etc/worker/config.yaml", 1, eNOENT)
		g.write(c, 2, "worker: open /etc/worker/config.yaml: no such file or directory\n")
		g.exit(child, 1, 0)
	case 1: // no right to write
		g.open(c, "/data/worker.lock", 2|4, eACCES)
		g.write(c, 2, "worker: cannot write /data/worker.lock: permission denied\n")
		g.exit(child, 73, 0)
	case 2: // nobody listens
		fd := g.socket(c, 2, 1)
		g.connect(c, fd, g.tuple4(c.c.ip, 45000, [4]byte{10, 96, 7, 7}, 5432), -eREFUSED)
		g.write(c, 2, "worker: dial tcp 10.96.7.7:5432: connect: connection refused\n")
		g.exit(child, 1, 0)
	case 3: // a null pointer
		g.signal(c, 0, 11)
		g.exit(child, 0, 11)
	case 4: // an assertion
		g.write(c, 2, "worker: queue.c:88: pop: Assertion `q->n > 0' failed.\n")
		g.signal(c, c.pid, 6)
		g.exit(child, 0, 6)
	case 5: // out of memory
		for range 40 {
			g.memory(c)
			child.rss += 6_000
		}
		g.signal(c, 0, 9)
		g.exit(child, 0, 9)
	case 6: // killed by its parent
		g.enter(t, evKill, 2)
		g.i64(c.pid)
		g.u8(15)
		g.end()
		g.result(t, evKill, 0)
		g.signal(c, t.pid, 15)
		g.exit(child, 0, 15)
	default:
		g.resolve(c)
		g.exit(child, 2, 0)
	}
	g.sleep(t, 2_000_000)
}
