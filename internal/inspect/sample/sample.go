// Package sample writes a small capture with a known story, for tests of everything that
// reads captures: a container whose server cannot reach its database and exits, one
// process that a signal ends, and one that ends well.
package sample

import (
	"encoding/binary"
	"io"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// Start is the time of the first event: 2026-01-02 03:04:05 UTC.
const Start = 1767323045_000_000_000

// Numbers and names in the story.
const (
	ServerPid, WorkerPid, ShellPid, KillerPid = 100, 200, 300, 400

	Container = "4c0ffee4c0ffee4c0ffee4c0ffee4c0ffee4c0ffee4c0ffee4c0ffee4c0ffee4"
	Pod       = "web-1"
	Namespace = "shop"
	// Missing is the file that the server does not find, Config the one that it reads.
	Missing, Config = "/etc/web/secret.key", "/etc/web/web.yaml"
	// Host is the name that DNS does not know.
	Host = "db.shop.svc"
)

// Event codes of exits; the enter is one less.
const (
	read    event.Type = 7
	write   event.Type = 9
	socket  event.Type = 19
	connect event.Type = 23
	exit    event.Type = 186
	signal  event.Type = 232
	openat  event.Type = 307
)

// Write writes the capture.
func Write(to io.Writer) error {
	w, err := scap.NewWriter(to, scap.WriteOptions{})
	if err != nil {
		return err
	}
	s := &script{w: w, ts: Start}
	s.machine()
	s.server()
	s.others()
	if s.err != nil {
		return s.err
	}
	return w.Close()
}

// script writes events, one millisecond after the other.
type script struct {
	w   *scap.Writer
	b   scap.Builder
	ts  uint64
	tid int64
	err error
}

func (s *script) machine() {
	s.w.SetMachine(event.Machine{CPUs: 2, MemoryBytes: 8 << 30, Hostname: "node-1"})
	s.w.AddInterface(event.Interface{Name: "eth0", Addr: [16]byte{10, 0, 0, 5}, Netmask: [16]byte{255, 255, 255, 0}})
	s.w.AddUser(event.User{UID: 1000, GID: 1000, Name: "web", Home: "/", Shell: "/bin/sh"})
	add := func(pid, parent int64, comm, exe, args, cgroup string, vpid int64) {
		s.w.AddThread(event.Thread{
			Tid: pid, Pid: pid, Ptid: parent, Vtid: vpid, Vpid: vpid, Comm: comm, Exe: comm, ExePath: exe, Args: args, Cwd: "/srv/",
			UID: 1000, GID: 1000, FDLimit: 1024, VMSizeKiB: 50_000, VMRSSKiB: 12_000, Cgroups: cgroup,
		})
	}
	add(ServerPid, 1, "webd", "/usr/bin/webd", "--config\x00"+Config+"\x00", "cpu=/kubepods/pod1/"+Container+"\x00", 1)
	add(WorkerPid, ShellPid, "worker", "/usr/bin/worker", "", "cpu=/\x00", WorkerPid)
	add(ShellPid, 1, "bash", "/bin/bash", "", "cpu=/\x00", ShellPid)
	add(KillerPid, 1, "watchdog", "/usr/bin/watchdog", "", "cpu=/\x00", KillerPid)
	for _, pid := range []int64{ServerPid, WorkerPid} {
		for fd := range int64(3) {
			s.w.AddFD(pid, fd, event.FD{Kind: event.FDPipe, Name: "pipe:[71]"})
		}
	}
	c := &event.Container{
		ID: Container[:12], FullID: Container, TypeCode: 7, Name: "web", Image: "registry.example/web:2", PodName: Pod, PodNamespace: Namespace, PodUID: "u-1", PodContainer: "web",
		Labels: map[string]string{"io.kubernetes.pod.name": Pod, "io.kubernetes.pod.namespace": Namespace, "io.kubernetes.pod.uid": "u-1", "io.kubernetes.container.name": "web"},
	}
	s.do(s.w.WriteContainer(Start, c))
}

func (s *script) do(err error) {
	if s.err == nil {
		s.err = err
	}
}

// call writes the enter and the exit of a call; latency in nanoseconds.
func (s *script) call(typ event.Type, latency uint64, enter, leave []any) {
	s.ts += 1_000_000
	s.do(s.w.Write(&s.b, typ-1, s.ts, s.tid, 0, enter...))
	s.do(s.w.Write(&s.b, typ, s.ts+latency, s.tid, 0, leave...))
	s.ts += latency
}

func (s *script) alone(typ event.Type, values ...any) {
	s.ts += 1_000_000
	s.do(s.w.Write(&s.b, typ, s.ts, s.tid, 0, values...))
}

const cwd = -100 // AT_FDCWD

func (s *script) open(fd int64, path string) {
	s.call(openat, 20_000, []any{cwd, path, 1, 0}, []any{fd, cwd, path, 1, 0, 8, 99})
}

func (s *script) read(fd int64, data string, latency uint64) {
	s.call(read, latency, []any{fd, 4096}, []any{len(data), []byte(data), fd, 4096})
}

func (s *script) write(fd int64, data string) {
	s.call(write, 5_000, []any{fd, len(data)}, []any{len(data), []byte(data), fd, len(data)})
}

// connect makes a socket and connects it; kind is 1 for a stream, 2 for datagrams.
func (s *script) connect(fd int64, kind int, ip [4]byte, port uint16, res int64) {
	s.call(socket, 2_000, []any{2, kind, 0}, []any{fd, 2, kind, 0})
	s.call(connect, 300_000, []any{fd, scap.Addr4(ip, port)}, []any{res, scap.Tuple4([4]byte{10, 0, 0, 5}, 40_000+uint16(fd), ip, port), fd, scap.Addr4(ip, port)})
}

func (s *script) server() {
	s.tid = ServerPid
	s.open(3, Config)
	s.read(3, "database: db.shop.svc\n", 2_500_000)
	s.open(-2, Missing)
	s.connect(4, 2, [4]byte{10, 0, 0, 10}, 53, 0)
	s.write(4, question(0x0100))
	s.read(4, question(0x8183), 900_000)
	s.connect(5, 1, [4]byte{10, 0, 0, 9}, 5432, -111)
	s.connect(6, 1, [4]byte{10, 0, 0, 8}, 80, 0)
	s.write(6, "GET /health HTTP/1.1\r\nHost: api\r\n\r\n")
	s.read(6, "HTTP/1.1 503 Service Unavailable\r\n\r\n", 40_000)
	s.write(1, "starting\n")
	s.write(2, "fatal: no database \x1b[31mred\x1b[0m\n")
	s.alone(exit, 1<<8, 1, 0, 0, 0)
}

func (s *script) others() {
	s.tid = WorkerPid
	s.open(3, "/var/log/worker.log")
	s.write(3, "error: queue is gone\n")
	s.tid = ShellPid
	s.open(3, "/home/a\x1b]0;owned\x07b")
	s.alone(exit, 0, 0, 0, 0, 0)
	s.tid = WorkerPid
	s.alone(signal, KillerPid, WorkerPid, 9)
	s.alone(exit, 9, 0, 9, 0, 0)
}

// question is a DNS message about Host with the flags.
func question(flags uint16) string {
	b := binary.BigEndian.AppendUint16(nil, 7)
	b = binary.BigEndian.AppendUint16(b, flags)
	b = append(b, 0, 1, 0, 0, 0, 0, 0, 0)
	for start, i := 0, 0; i <= len(Host); i++ {
		if i == len(Host) || Host[i] == '.' {
			b = append(append(b, byte(i-start)), Host[start:i]...)
			start = i + 1
		}
	}
	return string(append(b, 0, 0, 1, 0, 1))
}
