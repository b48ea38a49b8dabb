package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/unloop-dev/unloop/event"
)

// gen is the machine that is made up: its clock, its processes, and where the events go.
type gen struct {
	*out
	rnd  *rand.Rand
	now  uint64
	next int64 // process number
	ino  uint64
	tick uint64 // when the next process times are due
	slot uint64 // when the next switch is due

	containers []*container
	procs      []*proc
	actors     []actor
	weights    int
	scratch    []byte
}

// container is one container of a pod.
type container struct {
	id, name, image, pod, namespace, uid string
	sandbox                              bool
	cgroups                              string
	nextVpid                             int64
	ip                                   [4]byte
}

// proc is a process with its threads and open descriptors.
type proc struct {
	pid, ppid, vpid          int64
	comm, exe, path, args    string
	cwd, env                 string
	uid                      uint32
	c                        *container
	threads                  []*thread
	fds                      []bool // open ones
	vm, rss                  uint32
	user, sys                uint64
	listed                   bool // in the process list of the file
	stdout, stderr, listener int64
	log, client              int64 // -1 for none
}

// thread is one task.
type thread struct {
	*proc
	tid, vtid int64
	cpu       uint16
	waits     bool // an enter of epoll_wait without its exit
}

// actor does something with one of its threads.
type actor struct {
	weight int
	step   func()
}

const cpus = 8

func newGen(o *out, seed uint64) *gen {
	g := &gen{out: o, rnd: rand.New(rand.NewPCG(seed, 0x5ca9)), now: 1_760_000_000_000_000_000, next: 1000, ino: 40_000}
	g.tick, g.slot = g.now+1_000_000_000, g.now
	return g
}

func (g *gen) chance(percent int) bool { return g.rnd.IntN(100) < percent }
func (g *gen) pid() int64              { g.next++; return g.next }

// actsLike adds an actor; of all events it makes about its weight's share.
func (g *gen) actsLike(weight int, step func()) {
	g.actors = append(g.actors, actor{weight, step})
	g.weights += weight
}

// step lets one actor act and the kernel report.
func (g *gen) step() {
	n := g.rnd.IntN(g.weights)
	for i := range g.actors {
		if n -= g.actors[i].weight; n < 0 {
			g.actors[i].step()
			break
		}
	}
	if g.chance(70) {
		g.switches(g.any(pick(g, g.procs)), g.any(pick(g, g.procs)))
	}
	g.now += uint64(g.rnd.IntN(8_000_000))
	if g.now >= g.tick {
		g.procinfos()
		g.tick += 1_000_000_000
	}
}

func (g *gen) newContainer(name, image, pod, namespace string) *container {
	hex := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0123456789abcdef"[g.rnd.IntN(16)]
		}
		return string(b)
	}
	c := &container{
		id: hex(64), name: name, image: image, pod: pod, namespace: namespace, sandbox: name == "POD",
		uid:      fmt.Sprintf("%s-%s-4%s-8%s-%s", hex(8), hex(4), hex(3), hex(3), hex(12)),
		nextVpid: 0, ip: [4]byte{10, 244, 1, byte(10 + len(g.containers))},
	}
	for _, o := range g.containers {
		if o.pod == pod {
			c.uid, c.ip = o.uid, o.ip
		}
	}
	path := fmt.Sprintf("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%s.slice/cri-containerd-%s.scope", c.uid, c.id)
	for _, s := range []string{"cpuset", "cpu", "cpuacct", "io", "memory", "pids"} {
		c.cgroups += s + "=" + path + "\x00"
	}
	g.containers = append(g.containers, c)
	return c
}

// json is the container's document, with the labels that the kubelet sets.
func (c *container) json() string {
	return fmt.Sprintf(`{"container":{"id":%q,"full_id":%q,"type":7,"name":%q,"image":%q,"imageid":"sha256:%s","imagerepo":%q,"imagetag":"1.2","is_pod_sandbox":%v,"privileged":false,"ip":"%d.%d.%d.%d","Mounts":[{"Source":"/var/lib/kubelet/pods/%s/volumes/data","Destination":"/data","Mode":"","RW":true,"Propagation":"private"}],"labels":{"io.kubernetes.pod.name":%q,"io.kubernetes.pod.namespace":%q,"io.kubernetes.pod.uid":%q,"io.kubernetes.container.name":%q,"app":%q},"env":[],"memory_limit":268435456,"cpu_shares":1024}}`,
		c.id[:12], c.id, "k8s_"+c.name+"_"+c.pod, c.image, c.id, c.image, c.sandbox, c.ip[0], c.ip[1], c.ip[2], c.ip[3], c.uid, c.pod, c.namespace, c.uid, c.name, c.name)
}

// newProc makes a process that is there from now on; it writes nothing.
func (g *gen) newProc(parent *proc, c *container, comm, path, args string) *proc {
	p := &proc{pid: g.pid(), comm: comm, exe: path, path: path, args: args, cwd: "/", c: c, vm: 40_000 + uint32(g.rnd.IntN(400_000)), rss: 8_000 + uint32(g.rnd.IntN(90_000)), stdout: 1, stderr: 2, listener: -1, log: -1, client: -1}
	p.ppid, p.vpid = 1, p.pid
	if parent != nil {
		p.ppid = parent.pid
	}
	p.env = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\x00HOME=/root\x00"
	if c != nil {
		c.nextVpid++
		p.vpid = c.nextVpid
		p.env += "HOSTNAME=" + c.pod + "\x00KUBERNETES_SERVICE_HOST=10.96.0.1\x00KUBERNETES_SERVICE_PORT=443\x00"
	}
	p.threads = []*thread{{proc: p, tid: p.pid, vtid: p.vpid, cpu: uint16(g.rnd.IntN(cpus))}}
	p.fds = []bool{true, true, true}
	g.procs = append(g.procs, p)
	return p
}

// addThread adds a thread to a process; it writes nothing.
func (g *gen) addThread(p *proc) *thread {
	t := &thread{proc: p, tid: g.pid(), cpu: uint16(g.rnd.IntN(cpus))}
	t.vtid = t.tid
	if p.c != nil {
		p.c.nextVpid++
		t.vtid = p.c.nextVpid
	}
	p.threads = append(p.threads, t)
	return t
}

func (p *proc) main() *thread { return p.threads[0] }

func (g *gen) any(p *proc) *thread { return p.threads[g.rnd.IntN(len(p.threads))] }

// fd takes the lowest free descriptor, as the kernel does.
func (p *proc) fd() int64 {
	for i, used := range p.fds {
		if !used {
			p.fds[i] = true
			return int64(i)
		}
	}
	p.fds = append(p.fds, true)
	return int64(len(p.fds) - 1)
}

func (p *proc) free(fd int64) { p.fds[fd] = false }

func (p *proc) cgroups() string {
	if p.c == nil {
		return "cpuset=/\x00cpu=/system.slice/" + p.comm + ".service\x00memory=/system.slice/" + p.comm + ".service\x00"
	}
	return p.c.cgroups
}

// gone removes a process from the machine.
func (g *gen) gone(p *proc) {
	for i, o := range g.procs {
		if o == p {
			g.procs = append(g.procs[:i], g.procs[i+1:]...)
			return
		}
	}
}

// enter begins an event of a thread and moves the clock.
func (g *gen) enter(t *thread, typ event.Type, n int) {
	g.now += 300 + uint64(g.rnd.IntN(2_500))
	g.begin(g.now, t.cpu, t.tid, typ, n)
}
