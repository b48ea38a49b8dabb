package captext

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// startNanos is the time of the first line: 2026-01-02 03:04:05 UTC.
const startNanos = 1_767_323_045_000_000_000

// stepNanos lies between an enter and its exit.
const stepNanos = 1_000

// Compile writes the capture that the text describes. The error is an *Error where
// the text is wrong, else that of writing.
func Compile(w io.Writer, text string, opt scap.WriteOptions) error {
	out, err := scap.NewWriter(w, opt)
	if err != nil {
		return err
	}
	c := newCompiler(out)
	n := 0
	for line := range strings.Lines(text) {
		n++
		s, err := parseLine(line)
		if err == nil && s != nil {
			err = c.do(s)
		}
		if err != nil {
			return &Error{n, err}
		}
	}
	return out.Close()
}

type compiler struct {
	w          *scap.Writer
	b          scap.Builder
	now        uint64
	threads    map[int64]*event.Thread
	ended      map[int64]bool // their numbers may be given again
	containers map[string]*event.Container
	order      []*event.Container
	announced  bool
}

func newCompiler(w *scap.Writer) *compiler {
	return &compiler{w: w, now: startNanos, threads: map[int64]*event.Thread{}, ended: map[int64]bool{}, containers: map[string]*event.Container{}}
}

func (c *compiler) do(s *statement) error {
	var err error
	switch s.words[0] {
	case "machine":
		c.w.SetMachine(event.Machine{CPUs: 4, MemoryBytes: 8 << 30, Hostname: s.word(1), BootNanos: startNanos - 3600e9})
	case "container":
		err = c.container(s)
	case "process":
		err = c.process(s)
	case "fd":
		err = c.descriptor(s)
	default:
		if !strings.HasPrefix(s.words[0], "+") {
			return fmt.Errorf("unknown word %q", s.words[0])
		}
		err = c.event(s)
	}
	if err == nil {
		err = s.unknown()
	}
	return err
}

// container keeps a container; it is announced in front of the first event.
func (c *compiler) container(s *statement) error {
	key := s.word(1)
	if key == "" || c.containers[key] != nil {
		return fmt.Errorf("container needs a new name")
	}
	k := &event.Container{FullID: s.text("id", defaultID(key)), TypeCode: 7, Image: s.text("image", defaultImage(key)), Labels: map[string]string{}}
	k.ID = k.FullID[:min(12, len(k.FullID))]
	k.Name = key
	if pod, ok := s.get("pod"); ok {
		ns, name, _ := strings.Cut(pod, "/")
		k.Labels["io.kubernetes.pod.namespace"], k.Labels["io.kubernetes.pod.name"] = ns, name
		k.Labels["io.kubernetes.container.name"] = s.text("name", key)
		if uid, ok := s.get("uid"); ok {
			k.Labels["io.kubernetes.pod.uid"] = uid
		}
	}
	c.containers[key] = k
	c.order = append(c.order, k)
	return nil
}

// identity fills in what a process statement, a fork or an exec says about a process.
func (c *compiler) identity(s *statement, t *event.Thread) error {
	if key, ok := s.get("in"); ok {
		k := c.containers[key]
		if k == nil {
			return fmt.Errorf("there is no container %q", key)
		}
		t.Cgroups = cgroups(k)
		t.Flags |= event.ChildInPidNS
	}
	if _, ok := s.get("vpid"); ok {
		vpid, err := s.number("vpid", 0)
		if err != nil {
			return err
		}
		t.Vpid, t.Vtid = vpid, vpid
	}
	for name, to := range map[string]*string{"exe": &t.ExePath, "cwd": &t.Cwd} {
		*to = s.text(name, *to)
	}
	if args, ok := s.get("args"); ok {
		t.Args = args
		if !strings.Contains(args, "\x00") {
			t.Args = ""
			for _, a := range strings.Fields(args) {
				t.Args += a + "\x00"
			}
		}
	}
	uid, err := s.number("uid", int64(t.UID))
	if err != nil {
		return err
	}
	t.UID, t.GID = uint32(uid), uint32(uid)
	if t.FDLimit, err = s.number("fdlimit", t.FDLimit); err != nil {
		return err
	}
	rss, err := s.number("rss", int64(t.VMRSSKiB))
	t.VMRSSKiB = uint32(rss)
	return err
}

func (c *compiler) process(s *statement) error {
	pid, err := strconv.ParseInt(s.word(1), 10, 64)
	if err != nil || s.word(2) == "" {
		return fmt.Errorf("process needs a number and a name")
	}
	t := newProcess(pid, s.word(2))
	of, err := s.number("of", pid)
	if err != nil {
		return err
	}
	if of != pid {
		if c.threads[of] == nil {
			return fmt.Errorf("there is no process %d", of)
		}
		threadOf(t, c.threads[of])
	}
	if t.Ptid, err = s.number("parent", t.Ptid); err != nil {
		return err
	}
	if err := c.identity(s, t); err != nil {
		return err
	}
	t.Exe = t.ExePath
	c.threads[pid] = t
	c.w.AddThread(*t)
	return nil
}

// newProcess is a process of which no more than its name is known.
func newProcess(pid int64, name string) *event.Thread {
	return &event.Thread{Tid: pid, Pid: pid, Ptid: 1, Vtid: pid, Vpid: pid, Comm: name, ExePath: "/usr/bin/" + name, Cwd: "/", Root: "/", FDLimit: 1024, VMSizeKiB: 100_000, VMRSSKiB: 20_000}
}

// threadOf makes t a thread of a process.
func threadOf(t, main *event.Thread) {
	t.Pid, t.Vpid, t.Ptid = main.Pid, main.Vpid, main.Ptid
	t.Flags |= event.CloneThread | event.CloneFiles | event.CloneFS
}

// newChild is what a fork makes, or a new thread of the same process.
func newChild(from *event.Thread, id int64, thread bool) *event.Thread {
	child := *from
	child.Tid, child.Pid, child.Ptid, child.Vtid, child.Vpid = id, id, from.Pid, id, id
	if thread {
		threadOf(&child, from)
	}
	return &child
}

// become runs another program.
func become(t *event.Thread, file string) {
	t.Args, t.ExePath, t.Exe = "", file, file
	t.Comm = file[strings.LastIndexByte(file, '/')+1:]
	t.Comm = t.Comm[:min(len(t.Comm), 15)] // TASK_COMM_LEN of the kernel
}

func defaultID(key string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(key))) }

func defaultImage(key string) string { return "registry.example/" + key + ":1" }

func cgroups(k *event.Container) string {
	return "cpu=/kubepods/besteffort/pod0/" + k.FullID + "\x00memory=/kubepods/besteffort/pod0/" + k.FullID + "\x00"
}

func (c *compiler) descriptor(s *statement) error {
	pid, err1 := strconv.ParseInt(s.word(1), 10, 64)
	fd, err2 := strconv.ParseInt(s.word(2), 10, 64)
	if err1 != nil || err2 != nil || c.threads[pid] == nil || s.word(4) == "" {
		return fmt.Errorf("fd needs a known process, a number, a kind and a name")
	}
	f := event.FD{Name: s.word(4), Ino: uint64(fd) + 7000}
	switch s.word(3) {
	case "file":
		f.Kind, f.OpenFlags = event.FDFile, 3
	case "pipe":
		f.Kind = event.FDPipe
	case "unix":
		f.Kind = event.FDUnix
	case "tcp", "udp", "listen":
		from, to, pair := strings.Cut(f.Name, "->")
		if !pair {
			to = from
		}
		server, err := address(to)
		if err != nil {
			return err
		}
		f.Kind, f.Name, f.L4 = event.FDIPv4, "", event.L4TCP
		if server.Addr().Is6() {
			f.Kind = event.FDIPv6
		}
		copy(f.ServerIP[:], server.Addr().AsSlice())
		f.ServerPort = server.Port()
		if s.word(3) == "udp" {
			f.L4 = event.L4UDP
		}
		if !pair {
			f.Kind += event.FDIPv4Listen - event.FDIPv4
			break
		}
		client, err := address(from)
		if err != nil {
			return err
		}
		copy(f.ClientIP[:], client.Addr().AsSlice())
		f.ClientPort, f.Named = client.Port(), true
	default:
		return fmt.Errorf("unknown kind of descriptor %q", s.word(3))
	}
	c.w.AddFD(pid, fd, f)
	return nil
}

// write writes one event at the time that it is.
func (c *compiler) write(typ event.Type, tid int64, values ...any) error {
	if !c.announced {
		c.announced = true
		for _, k := range c.order {
			if err := c.w.WriteContainer(c.now, k); err != nil {
				return err
			}
		}
	}
	err := c.w.Write(&c.b, typ, c.now, tid, 0, values...)
	c.now += stepNanos
	return err
}
