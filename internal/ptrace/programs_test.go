//go:build linux && (amd64 || arm64)

package ptrace

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/scap"
)

func init() {
	// Eight threads that are alive together, each opening a file of its own.
	programs["threads"] = func() {
		var here, gone sync.WaitGroup
		here.Add(8)
		for i := range 8 {
			gone.Go(func() {
				runtime.LockOSThread()
				here.Done()
				here.Wait()
				_, _ = unix.Open("/nowhere/thread-"+strconv.Itoa(i), unix.O_RDONLY, 0)
			})
		}
		gone.Wait()
	}
	programs["leaves"] = func() { // ends while its threads are being made
		for range 16 {
			go func() {
				runtime.LockOSThread()
				time.Sleep(time.Hour)
			}()
		}
		runtime.Gosched()
		os.Exit(6)
	}
	// A thread that is not the main one runs another program.
	programs["exec-thread"] = func() {
		elsewhere(func() {
			_ = syscall.Exec("/bin/sh", []string{"sh", "-c", "cat /nowhere/after-exec 2>/dev/null; exit 8"}, []string{"PATH=/usr/bin:/bin"})
		})
		os.Exit(1)
	}
	programs["untraced-clone"] = func() {
		pid, _, _ := syscall.RawSyscall6(unix.SYS_CLONE, unix.CLONE_UNTRACED|uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
		untraced(pid)
	}
	programs["untraced-clone3"] = func() {
		// struct clone_args of 64 bytes: the flags first, the signal at its end fifth.
		args := [8]uint64{0: unix.CLONE_UNTRACED, 4: uint64(unix.SIGCHLD)}
		pid, _, _ := syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&args)), unsafe.Sizeof(args), 0)
		if pid != 0 && args[0] != unix.CLONE_UNTRACED {
			os.Exit(90) // who asked finds the flags as they were
		}
		untraced(pid)
	}
	programs["own-filter"] = func() { // mkdirat is refused with EDOM by the program's own filter
		runtime.LockOSThread()
		p := []unix.SockFilter{
			stmt(ld, dataNr), jump(jeq, unix.SYS_MKDIRAT, 0, 1),
			stmt(ret, unix.SECCOMP_RET_ERRNO|uint32(unix.EDOM)), stmt(ret, unix.SECCOMP_RET_ALLOW),
		}
		prog := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
		_ = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		if _, _, e := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&prog))); e != 0 {
			os.Exit(80)
		}
		if err := unix.Mkdirat(unix.AT_FDCWD, "/nowhere/dir", 0o700); err != unix.EDOM {
			os.Exit(81)
		}
		if _, err := unix.Open("/nowhere/nested", unix.O_RDONLY, 0); err != unix.ENOENT {
			os.Exit(82)
		}
	}
	programs["limits"] = func() { // runs out of descriptors, may not fork, and reads what is not there
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 8, Max: 8})
		for {
			if _, err := unix.Open("/dev/null", unix.O_RDONLY, 0); err != nil {
				break
			}
		}
		_, _ = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		_ = unix.Pipe2(make([]int, 2), 0)
		_, _, _ = syscall.RawSyscall6(unix.SYS_OPENAT, 0xFFFFFF9C, 8, 0, 0, 0, 0) // a bad pointer
	}
	programs["dial"] = func() { // Go connects in the background and asks for the result
		if _, err := net.Dial("tcp", os.Getenv("ADDR")); err != nil {
			os.Exit(3)
		}
	}
}

// elsewhere does something on a thread that is not the main one.
func elsewhere(do func()) {
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() {
			elsewhere(do)
			return
		}
		do()
	}()
	<-done
}

//go:norace
func untraced(pid uintptr) {
	if pid == 0 {
		// Little works in a copy of a Go process: calls without the runtime only.
		name := [...]byte{'/', 'n', 'o', 'w', 'h', 'e', 'r', 'e', '/', 'u', 0}
		_, _, e := syscall.RawSyscall6(unix.SYS_OPENAT, 0xFFFFFF9C, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0, 0)
		_, _, _ = syscall.RawSyscall(unix.SYS_EXIT_GROUP, uintptr(e), 0, 0)
	}
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(int(pid), &ws, 0, nil); err != nil || ws.ExitStatus() != int(unix.ENOENT) {
		os.Exit(91)
	}
}

func TestPrograms_threads(t *testing.T) {
	need(t)
	n, exit := follow(t, self(t, "threads"))
	if exit.Code != 0 {
		t.Fatalf("exit %+v", exit)
	}
	tids := map[int64]bool{}
	for i := range 8 {
		e := n.want("openat", "name=/nowhere/thread-"+strconv.Itoa(i), "fd="+errno(unix.ENOENT))
		tids[e.tid] = true
		n.want("procexit", "ret=0")
	}
	if len(tids) != 8 {
		t.Errorf("%d threads", len(tids))
	}
	n.tracked(func(ev *event.Event) {
		if tids[ev.Tid] && (ev.Thread == nil || ev.Thread.Pid != n.deaths[0].Pid) {
			t.Errorf("thread %d is not one of the process", ev.Tid)
		}
	})
}

// A thread may be killed before the one that made it could tell of it.
func TestPrograms_leaves(t *testing.T) {
	need(t)
	for range 40 {
		if _, exit := follow(t, self(t, "leaves")); exit.Code != 6 {
			t.Fatalf("exit %+v", exit)
		}
	}
}

func TestPrograms_execByThread(t *testing.T) {
	need(t)
	n, exit := follow(t, self(t, "exec-thread"))
	if exit.Code != 8 {
		t.Fatalf("exit %+v", exit)
	}
	pid := n.deaths[0].Pid
	if e := n.want("execve", "exe=sh", "res=0"); e.tid != pid {
		t.Errorf("%v is not of process %d", e, pid)
	}
	n.want("openat", "name=/nowhere/after-exec", "fd="+errno(unix.ENOENT))
	if ends := n.find("procexit", "ret=8"); len(ends) != 1 || ends[0].tid != pid {
		t.Errorf("ends %v", ends)
	}
	var before []seen
	for _, e := range n.events {
		if e.name == "execve" && e.values["exe"] == "sh" {
			break
		}
		before = append(before, e)
	}
	for _, e := range before {
		if e.name == "procexit" && e.tid == pid {
			t.Errorf("the process goes on, and yet: %v", e)
		}
	}
}

func TestPrograms_untraced(t *testing.T) {
	need(t)
	for _, name := range []string{"untraced-clone", "untraced-clone3"} {
		n, exit := follow(t, self(t, name))
		if exit.Code != 0 {
			t.Errorf("%s: exit %+v", name, exit)
		}
		n.want("openat", "name=/nowhere/u", "fd="+errno(unix.ENOENT))
		n.want("procexit", "ret=2")
	}
}

func TestPrograms_ownFilter(t *testing.T) {
	need(t)
	n, exit := follow(t, self(t, "own-filter"))
	if exit.Code != 0 {
		t.Fatalf("exit %+v", exit)
	}
	n.want("openat", "name=/nowhere/nested", "fd="+errno(unix.ENOENT))
	if found := n.find("mkdirat"); len(found) != 0 {
		t.Errorf("%v never reached us: the filter of the program is stronger", found)
	}
}

func TestPrograms_limits(t *testing.T) {
	need(t)
	n, exit := follow(t, self(t, "limits"))
	if exit.Code != 0 {
		t.Fatalf("exit %+v", exit)
	}
	n.want("prlimit", "res=0", "newcur=8", "resource=7")
	n.want("openat", "name=/dev/null", "fd="+errno(unix.EMFILE))
	n.want("socket", "fd="+errno(unix.EMFILE), "domain=2", "type=1")
	n.want("pipe", "res="+errno(unix.EMFILE))
	n.want("openat", "fd="+errno(unix.EFAULT))
	if len(n.lost) != 0 {
		t.Errorf("lost %v: a bad pointer of the program is its own fault", n.lost)
	}
}

func TestPrograms_network(t *testing.T) {
	need(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	c := self(t, "dial", "ADDR="+addr.String())
	n, exit := follow(t, c)
	if exit.Code != 0 {
		t.Fatalf("exit %+v", exit)
	}
	to := string(scap.Addr4([4]byte{127, 0, 0, 1}, uint16(addr.Port)))
	e := n.want("connect", "res="+errno(unix.EINPROGRESS), "addr="+to)
	if tuple := e.values["tuple"]; len(tuple) != 13 || tuple[1] != 127 || tuple[7:] != to[1:] {
		t.Errorf("ends %q", tuple)
	}
	n.want("getsockopt", "res=0")
	l.Close()
	n, exit = follow(t, c)
	if exit.Code != 3 {
		t.Fatalf("exit %+v", exit)
	}
	found := n.find("connect", "res="+errno(unix.ECONNREFUSED))
	for _, e := range n.find("getsockopt", "res=0") {
		if v := e.values["val"]; len(v) == 9 && int8(v[1]) == -int8(unix.ECONNREFUSED) {
			found = append(found, e)
		}
	}
	if len(found) == 0 {
		t.Errorf("nothing tells that the connection was refused: %v", n.find("connect"))
	}
}

// TestPrograms_sockets: a server and its client, in Python, and a question to a name server.
func TestPrograms_sockets(t *testing.T) {
	need(t)
	python := "/usr/bin/python3"
	if _, err := os.Stat(python); err != nil {
		t.Skipf("skipped: %v", err)
	}
	n, exit := follow(t, Command{Stderr: os.Stderr, Args: []string{python, "-c", `
import socket, threading
s = socket.socket()
s.bind(("127.0.0.1", 0)); s.listen(5)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
threading.Thread(target=lambda: socket.create_connection(s.getsockname()).close()).start()
s.accept()
u.connect(("127.0.0.1", 53))
u.sendto(b"question", socket.MSG_NOSIGNAL, ("127.0.0.1", 53))
try: u.recvfrom(512)
except ConnectionRefusedError: pass
v = socket.socket(socket.AF_UNIX)
try: v.connect("/nowhere/socket")
except OSError: pass
t = socket.socket(socket.AF_INET6)
try: t.bind(("2001:db8::1", 80))
except OSError: pass
`}})
	if exit.Code != 0 {
		t.Fatalf("exit %+v", exit)
	}
	n.want("bind", "res=0")
	n.want("listen", "res=0", "backlog=5")
	accept := n.find("accept")
	if len(accept) != 2 || len(accept[1].values["tuple"]) != 13 {
		t.Errorf("accept %v", accept)
	}
	to := string(scap.Addr4([4]byte{127, 0, 0, 1}, 53))
	n.want("connect", "res=0", "addr="+to)
	sent := n.want("sendto", "data=question", "size=8")
	if tuple := sent.values["tuple"]; len(tuple) != 13 || tuple[7:] != to[1:] || tuple[1] != 127 {
		t.Errorf("ends %q", tuple)
	}
	n.want("recvfrom", "res="+errno(unix.ECONNREFUSED))
	n.want("connect", "res="+errno(unix.ENOENT), "addr="+string(scap.AddrUnix("/nowhere/socket")))
	var bad bool
	for _, e := range n.find("bind") {
		if len(e.values["addr"]) == 19 && (e.values["res"] == errno(unix.EADDRNOTAVAIL) || e.values["res"] == errno(unix.EACCES)) {
			bad = true
		}
	}
	if !bad {
		t.Errorf("binds %v", n.find("bind"))
	}
}

// program32 is an ELF file of 32 bits that opens a file and ends with 5.
func program32() []byte {
	const base = 0x08048000
	code := []byte{
		0xB8, 5, 0, 0, 0, // mov eax, open
		0xBB, 0, 0, 0, 0, // mov ebx, name
		0x31, 0xC9, // xor ecx, ecx
		0xCD, 0x80,
		0xB8, 1, 0, 0, 0, // mov eax, exit
		0xBB, 5, 0, 0, 0,
		0xCD, 0x80,
	}
	const head = 52 + 32
	le := []byte{0x7F, 'E', 'L', 'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	u16 := func(v ...uint16) {
		for _, x := range v {
			le = append(le, byte(x), byte(x>>8))
		}
	}
	u32 := func(v ...uint32) {
		for _, x := range v {
			le = append(le, byte(x), byte(x>>8), byte(x>>16), byte(x>>24))
		}
	}
	name := "/nowhere/foreign\x00"
	at := uint32(base + head + len(code))
	copy(code[6:], []byte{byte(at), byte(at >> 8), byte(at >> 16), byte(at >> 24)})
	size := uint32(head + len(code) + len(name))
	u16(2, 3) // executable, 386
	u32(1, base+head, 52, 0, 0)
	u16(52, 32, 1, 0, 0, 0)
	u32(1, 0, base, base, size, size, 5, 0x1000)
	return append(append(le, code...), name...)
}

func TestPrograms_foreign(t *testing.T) {
	need(t)
	if runtime.GOARCH != "amd64" {
		t.Skip("skipped: the program is one for x86")
	}
	file := filepath.Join(t.TempDir(), "foreign")
	if err := os.WriteFile(file, program32(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command(file).Run(); !strings.Contains(err.Error(), "exit status 5") {
		t.Skipf("skipped: this kernel runs no 32-bit programs: %v", err)
	}
	n, exit := follow(t, Command{Args: []string{file}})
	if exit.Code != 5 || n.lost[flight.LostForeign] != 1 {
		t.Errorf("exit %+v, lost %v", exit, n.lost)
	}
	if found := n.find("open"); len(found) != 0 {
		t.Errorf("decoded: %v", found)
	}
	n.want("execve", "exe="+file, "res=0")
	n.want("procexit", "ret=5")
}

// TestPrograms_stubElsewhere: the stub need not be on its main thread, which Go does not promise.
func TestPrograms_stubElsewhere(t *testing.T) {
	need(t)
	for _, c := range []Command{shell("cat /nowhere/elsewhere; exit 6"), {Args: []string{"/nowhere/command"}}} {
		c.Env = append(os.Environ(), "UNLOOP_PTRACE_ELSEWHERE=1")
		n, exit := follow(t, c)
		switch c.Args[0] {
		case "sh":
			n.want("openat", "name=/nowhere/elsewhere", "fd="+errno(unix.ENOENT))
			if exit.Code != 6 || n.events[0].tid != n.events[1].tid && n.events[1].tid != n.deaths[0].Pid {
				t.Errorf("exit %+v, begins with %v", exit, n.events[:2])
			}
		default:
			if exit.Code != 127 || exit.Err == nil {
				t.Errorf("exit %+v", exit)
			}
		}
	}
}
