package main

import "fmt"

// Numbers of generic calls in the project's own numbering (event.SyscallOf).
var ordinaryCalls = []uint16{16, 24, 27, 33, 49, 50, 66, 78, 96, 102, 104, 131, 140, 156, 186, 201, 218, 228, 229, 265}

var kubeDNS = [4]byte{10, 96, 0, 10}

// build makes the machine: what runs on it, and who does how much.
func (g *gen) build() {
	systemd := g.newProc(nil, nil, "systemd", "/usr/lib/systemd/systemd", "--system\x00")
	g.newProc(systemd, nil, "sshd", "/usr/sbin/sshd", "-D\x00")
	g.newProc(systemd, nil, "cron", "/usr/sbin/cron", "-f\x00")
	containerd := g.newProc(systemd, nil, "containerd", "/usr/bin/containerd", "")
	kubelet := g.newProc(systemd, nil, "kubelet", "/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml\x00--v=2\x00")
	for range 14 {
		g.addThread(kubelet)
		g.addThread(containerd)
	}
	g.actsLike(220, func() { g.daemon(g.any(kubelet), "/var/lib/kubelet/pods/", "/sys/fs/cgroup/memory/kubepods/") })
	g.actsLike(20, func() {
		g.daemon(g.any(containerd), "/run/containerd/io.containerd.runtime.v2.task/k8s.io/", "/var/lib/containerd/metadata/")
	})

	start := func(name, image, pod, namespace, comm, path, args string) *proc {
		shim := g.newProc(systemd, nil, "containerd-shim", "/usr/bin/containerd-shim-runc-v2", "-namespace\x00k8s.io\x00-id\x00"+pod+"\x00")
		sandbox := g.newContainer("POD", "registry.k8s.io/pause", pod, namespace)
		g.newProc(shim, sandbox, "pause", "/pause", "")
		return g.newProc(shim, g.newContainer(name, image, pod, namespace), comm, path, args)
	}
	for i := range 3 {
		master := start("nginx", "docker.io/library/nginx", fmt.Sprintf("web-6f7b8c9d5-x2v4%d", i), "shop", "nginx", "/usr/sbin/nginx", "-g\x00daemon off;\x00")
		for range 4 {
			w := g.newProc(master, master.c, "nginx", "/usr/sbin/nginx", "-g\x00daemon off;\x00")
			w.uid = 101
			w.listener, w.log = w.fd(), w.fd()
			g.actsLike(40, func() { g.nginx(w.main()) })
		}
	}
	redis := start("redis", "docker.io/library/redis", "redis-0", "shop", "redis-server", "/usr/local/bin/redis-server", "*:6379\x00")
	redis.listener, redis.client = redis.fd(), redis.fd()
	for range 3 {
		g.addThread(redis)
	}
	g.actsLike(110, func() { g.redis(redis.main()) })

	db := start("postgres", "docker.io/library/postgres", "db-0", "shop", "postgres", "/usr/lib/postgresql/16/bin/postgres", "-D\x00/data\x00")
	db.uid, db.listener = 999, db.fd()
	for range 8 {
		b := g.newProc(db, db.c, "postgres", "/usr/lib/postgresql/16/bin/postgres", "-D\x00/data\x00")
		b.uid = 999
		b.client = b.fd()
		g.actsLike(25, func() { g.postgres(b.main()) })
	}
	api := start("api", "registry.shop.example/api", "api-5d4c7b-8kq2z", "shop", "python3", "/usr/local/bin/python3", "/usr/local/bin/gunicorn\x00app:main\x00")
	for range 4 {
		w := g.newProc(api, api.c, "python3", "/usr/local/bin/python3", "/usr/local/bin/gunicorn\x00app:main\x00")
		w.uid = 1000
		g.actsLike(60, func() { g.python(w.main()) })
	}
	java := start("orders", "registry.shop.example/orders", "orders-7c6f-lm4np", "shop", "java", "/opt/java/bin/java", "-Xmx512m\x00-jar\x00/app/orders.jar\x00")
	java.listener = java.fd()
	for range 30 {
		g.addThread(java)
	}
	g.actsLike(420, func() { g.java(g.any(java)) })

	shell := start("reports", "docker.io/library/debian", "reports-28123-qq7xv", "batch", "sh", "/bin/sh", "-c\x00while true; do report; done\x00")
	g.actsLike(14, func() { g.job(shell.main()) })
	entry := start("worker", "registry.shop.example/worker", "worker-84d9-2hjkp", "batch", "entrypoint.sh", "/entrypoint.sh", "")
	g.actsLike(7, func() { g.crasher(entry.main()) })
}

// mixed makes the calls that every program makes now and then.
func (g *gen) mixed(t *thread, n int) {
	for range n {
		g.generic(t, pick(g, ordinaryCalls))
	}
}

// daemon looks at many small files, as kubelet and containerd do.
func (g *gen) daemon(t *thread, dirs ...string) {
	if g.chance(30) {
		g.futex(t, -eAGAIN*int64(g.rnd.IntN(2)))
	}
	path := pick(g, dirs) + itoa(int64(g.rnd.IntN(60))) + "/" + pick(g, []string{"memory.stat", "cpu.stat", "pids.current", "config.json", "volumes"})
	if g.chance(12) {
		g.open(t, path, 1, eNOENT)
	} else {
		g.file(t, path, 1)
	}
	g.mixed(t, 2+g.rnd.IntN(3))
	if g.chance(10) {
		g.unixCall(t, "/run/containerd/containerd.sock")
	}
}

func (g *gen) nginx(t *thread) {
	g.woke(t, 1)
	src := [4]byte{10, 244, 0, byte(g.rnd.IntN(250))}
	fd := g.accept(t, g.tuple4(src, uint16(20000+g.rnd.IntN(30000)), t.c.ip, 80))
	g.mixed(t, 2)
	req := g.request()
	g.recvfrom(t, fd, nil, int64(len(req)), req)
	switch g.rnd.IntN(3) {
	case 0:
		up := g.socket(t, 2, 1|0x800)
		res := -int64(eINPROGRESS)
		if g.chance(6) {
			res = -eREFUSED
		}
		g.connect(t, up, g.tuple4(t.c.ip, uint16(30000+g.rnd.IntN(20000)), [4]byte{10, 244, 1, 20}, 8000), res)
		if res == -eINPROGRESS {
			g.mixed(t, 1)
			g.writev(t, up, req)
			g.recvfrom(t, up, nil, 700, g.response())
		}
		g.shut(t, up)
	default:
		for range 1 + g.rnd.IntN(3) {
			path := "/usr/share/nginx/html/" + pick(g, []string{"index.html", "app.js", "site.css", "logo.png", "about/index.html"})
			if g.chance(8) {
				g.open(t, "/usr/share/nginx/html/missing"+itoa(int64(g.rnd.IntN(50))), 1, eNOENT)
				continue
			}
			f := g.open(t, path, 1, 0)
			g.fstat(t, f)
			if g.chance(50) {
				g.sendfile(t, fd, f, 612)
			} else {
				g.pread(t, f, 612, 0, someBytes)
			}
			g.shut(t, f)
		}
	}
	g.writev(t, fd, g.response())
	g.write(t, t.log, `10.244.0.9 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" `+pick(g, statuses)[:3]+` 612 "-" "load/1.0"`+"\n")
	g.shut(t, fd)
	g.wait(t)
}

func (g *gen) redis(t *thread) {
	g.woke(t, 1)
	g.read(t, t.client, 16384, 31, "*3\r\n$3\r\nSET\r\n$5\r\ncart7\r\n$2\r\nok\r\n")
	g.write(t, t.client, "+OK\r\n")
	g.mixed(t, 1)
	if g.chance(3) {
		g.file(t, "/proc/self/stat", 1)
	}
	if g.chance(4) {
		f := g.open(t, "/data/appendonly.aof", 2|4|8, 0)
		g.write(t, f, "*3\r\n$3\r\nSET\r\n")
		g.shut(t, f)
	}
	g.wait(t)
}

func (g *gen) postgres(t *thread) {
	g.woke(t, 1)
	q := "SELECT id, total FROM orders WHERE customer = " + itoa(int64(g.rnd.IntN(9000)))
	g.recvfrom(t, t.client, nil, int64(len(q)+5), "Q\x00\x00\x00"+q)
	for range 2 + g.rnd.IntN(4) {
		fd := g.open(t, "base/16384/"+itoa(int64(16400+g.rnd.IntN(300))), 3, 0)
		g.lseek(t, fd)
		g.pread(t, fd, 8192, uint64(g.rnd.IntN(2000))*8192, someBytes[g.rnd.IntN(500):])
		g.shut(t, fd)
	}
	if g.chance(20) {
		fd := g.open(t, "pg_wal/00000001000000000000001"+itoa(int64(g.rnd.IntN(9))), 2, 0)
		g.write(t, fd, someBytes[:90])
		g.generic(t, 75)
		g.shut(t, fd)
	}
	if g.chance(2) {
		g.write(t, t.stderr, "2026-01-02 03:04:05 UTC [71] ERROR:  deadlock detected\n")
	}
	g.sendto(t, t.client, nil, "T\x00\x00\x00\x21\x00\x02id")
	g.mixed(t, 2)
	g.wait(t)
}

func (g *gen) python(t *thread) {
	g.woke(t, 1)
	if g.chance(15) {
		g.resolve(t)
	}
	for range 1 + g.rnd.IntN(3) {
		mod := "/usr/local/lib/python3.12/site-packages/" + pick(g, []string{"flask/app", "jinja2/loaders", "sqlalchemy/engine", "requests/api", "shop/orders"})
		g.stat(t, mod, 0)
		if g.chance(25) {
			g.open(t, mod+"/__init__.cpython-312-x86_64-linux-gnu.so", 1, eNOENT)
		}
		g.file(t, mod+".py", 2)
	}
	g.memory(t)
	if g.chance(40) {
		fd := g.socket(t, 2, 1)
		res := int64(0)
		switch {
		case g.chance(5):
			res = -eREFUSED
		case g.chance(3):
			res = -eTIMEDOUT
		}
		g.connect(t, fd, g.tuple4(t.c.ip, uint16(40000+g.rnd.IntN(20000)), [4]byte{10, 96, 20, 5}, 6379), res)
		if res == 0 {
			g.sendto(t, fd, nil, "*1\r\n$4\r\nPING\r\n")
			g.poll(t, fd, 1)
			g.recvfrom(t, fd, nil, 7, "+PONG\r\n")
		}
		g.shut(t, fd)
	}
	if g.chance(50) {
		g.write(t, t.stdout, g.logLine())
	}
	if g.chance(4) {
		g.write(t, t.stderr, "Traceback (most recent call last):\n  File \"/app/main.py\", line 12, in handle\nKeyError: 'total'\n")
	}
	g.mixed(t, 3)
	g.wait(t)
}

// resolve asks the name server, over IPv6 sockets now and then.
func (g *gen) resolve(t *thread) {
	g.file(t, "/etc/resolv.conf", 1)
	g.file(t, "/etc/hosts", 1)
	fd := g.socket(t, 2, 2)
	tuple := append([]byte(nil), g.tuple4(t.c.ip, uint16(40000+g.rnd.IntN(20000)), kubeDNS, 53)...)
	g.connect(t, fd, tuple, 0)
	q := g.dnsQuestion(uint16(g.rnd.IntN(1<<16)), pick(g, names))
	code := byte(0)
	switch {
	case g.chance(8):
		code = 3
	case g.chance(3):
		code = 2
	}
	g.sendto(t, fd, nil, string(q))
	g.poll(t, fd, 1)
	a := g.dnsAnswer(q, code)
	g.recvfrom(t, fd, tuple, int64(len(a)), string(a))
	g.shut(t, fd)
	if g.chance(20) {
		six := g.socket(t, 10, 1)
		g.connect(t, six, g.tuple6([16]byte{0xfd, 0, 15: 2}, 50000, [16]byte{0xfd, 0, 0, 0x10, 15: 9}, 443), -pick(g, []int64{0, 0, 101, eREFUSED}))
		g.shut(t, six)
	}
}

func (g *gen) java(t *thread) {
	switch g.rnd.IntN(5) {
	case 0:
		g.futex(t, 0)
		g.futex(t, -pick(g, []int64{0, eAGAIN, eTIMEDOUT}))
		g.mixed(t, 2)
	case 1:
		g.memory(t)
		g.mixed(t, 2)
	case 2:
		g.file(t, "/app/lib/"+pick(g, []string{"spring-core", "hikari", "jackson", "netty", "log4j"})+"-"+itoa(int64(g.rnd.IntN(9)))+".jar", 2)
		g.file(t, "/proc/self/stat", 1)
	case 3:
		src := [4]byte{10, 244, 1, byte(g.rnd.IntN(250))}
		fd := g.accept(t, g.tuple4(src, uint16(20000+g.rnd.IntN(30000)), t.c.ip, 8080))
		g.read(t, fd, 8192, 120, g.request())
		g.write(t, fd, g.response())
		g.shutdown(t, fd)
		g.shut(t, fd)
	default:
		f := g.open(t, "/var/log/orders/orders.log", 2|4|8, 0)
		g.write(t, f, g.logLine())
		g.shut(t, f)
		g.mixed(t, 1)
	}
	if g.chance(2) {
		g.write(t, t.stdout, g.logLine())
	}
	if g.chance(1) && len(t.threads) < 60 {
		g.spawn(t)
	} else if g.chance(1) && len(t.threads) > 30 {
		last := t.threads[len(t.threads)-1]
		if last != t {
			g.procexit(last, 0, 0)
			t.proc.threads = t.threads[:len(t.threads)-1]
		}
	}
}

func (g *gen) unixCall(t *thread, path string) {
	fd := g.socket(t, 1, 1)
	res := int64(0)
	if g.chance(5) {
		res = -eREFUSED
	}
	g.connect(t, fd, g.tupleUnix(path), res)
	if res == 0 {
		g.write(t, fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
		g.read(t, fd, 4096, 24, "\x00\x00\x12\x04\x00\x00\x00\x00\x00")
	}
	g.shut(t, fd)
}
