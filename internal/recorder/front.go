package recorder

import (
	"strings"
	"time"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/node"
)

// slot is what the assembly knows of a container; Recorder.mu guards it.
type slot struct {
	id     flight.Slot
	cgroup string
	group  node.Group
	name   node.Name
	image  string
	// tries is how often the name was looked for, tried when last.
	tries int
	tried time.Time
	// pause says that the container is the one that holds a pod's namespaces, as far as its
	// program tells; execs counts those looked at.
	pause bool
	execs int
	// waiting is how many captures of it are not written yet, by cause.
	waiting map[string]int
	gone    bool
}

// named reports whether nothing more can be learnt of its name.
func (s *slot) named() bool { return s.group.PodUID == "" || s.name.Sure }

// sandbox reports whether this is no container of a pod's own: the kubelet links no log of
// it, and its program is the runtimes' (containerd and cri-o: "/pause").
func (s *slot) sandbox() bool { return s.pause && !s.name.Sure }

// running reports whether this is a container of a pod's own, or of none, that lives.
func (s *slot) running() bool { return !s.gone && !s.group.Monitor && !s.sandbox() }

// container is the slot as captures tell of it.
func (s *slot) container() *event.Container {
	id := s.group.Container
	if id == "" {
		id = s.cgroup[strings.LastIndexByte(s.cgroup, '/')+1:]
	}
	c := &event.Container{
		ID: id[:min(len(id), 12)], FullID: id, TypeCode: engine(s.group), Image: s.image,
		PodNamespace: s.name.Namespace, PodName: s.name.Pod, PodUID: s.group.PodUID, PodContainer: s.name.Container,
		Name: s.name.Container, Sandbox: s.sandbox(),
	}
	if s.group.Static() {
		c.PodUID = "" // the API server knows a static pod by another
	}
	if c.Name == "" {
		c.Name = c.ID
	}
	if image, tag, ok := cutTag(s.image); ok {
		c.ImageRepo, c.ImageTag = image, tag
	}
	return c
}

// place tells a person which container this is.
func (s *slot) place() string {
	if n := s.name; n.Pod != "" {
		return "container " + n.Namespace + "/" + n.Pod + "/" + n.Container
	}
	if s.cgroup != "" {
		return "control group " + s.cgroup
	}
	return "a container whose group is gone"
}

// cutTag splits REPOSITORY:TAG; the port of a registry is no tag.
func cutTag(image string) (repo, tag string, ok bool) {
	image, _, _ = strings.Cut(image, "@")
	i := strings.LastIndexByte(image, ':')
	if i < 0 || strings.Contains(image[i:], "/") {
		return image, "", image != ""
	}
	return image[:i], image[i+1:], true
}

// engine is the capture format's number for a runtime (libs 0.21
// userspace/libsinsp/container_engine/container_engine_base.h).
func engine(g node.Group) int {
	switch g.Runtime {
	case "docker":
		return 0
	case "containerd":
		return 7
	case "cri-o":
		return 8
	case "podman":
		return 11
	}
	if g.PodUID != "" {
		return 6 // CRI, of some kind
	}
	return 10 // static: somebody else names it
}

// front is the first stage: it lets one goroutine in at a time, knows the containers, and
// keeps the runtime's own processes out.
type front struct {
	r    *Recorder
	next flight.CallHandler
	// latest is the slot that was asked for last; nil after one was forgotten.
	latest *slot
}

// Open is part of flight.Handler.
func (f *front) Open(id flight.Slot, o flight.Opening) {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	s := &slot{id: id, cgroup: o.Cgroup, waiting: map[string]int{}}
	s.group, _ = node.ParseGroup(o.Cgroup)
	f.r.slots[id] = s
	if s.group.Monitor {
		return
	}
	if o.Before != nil {
		o.Before.Replay(pauseSink{s})
	}
	f.next.Open(id, o)
	f.r.kept.Name(id, s.container())
	f.r.meters.opened.Inc()
	f.r.wakeNamer()
}

// known returns a slot whose calls are kept, nil for others.
func (f *front) known(id flight.Slot) *slot {
	s := f.latest
	if s == nil || s.id != id {
		if s = f.r.slots[id]; s == nil {
			return nil
		}
		f.latest = s
	}
	if s.group.Monitor {
		return nil
	}
	return s
}

// execveExit is the exit of execve since 2016 (falcosecurity/libs
// driver/ppm_events_public.h, PPME_SYSCALL_EXECVE_19_X); its second parameter is argv[0].
const (
	execveExit = event.Type(293)
	execveExe  = 1
	// firstExecs are looked at: a runtime executes itself once or twice before the program.
	firstExecs = 4
)

// Event is part of flight.Handler.
func (f *front) Event(id flight.Slot, ev *event.Event) {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	s := f.known(id)
	if s == nil {
		return
	}
	if ev.Type == execveExit && s.execs < firstExecs {
		s.execs++
		if exe, ok := ev.Param(execveExe); ok {
			s.pause = isPause(strings.TrimRight(string(exe), "\x00"))
		}
	}
	f.next.Event(id, ev)
}

// Call is part of flight.CallHandler.
func (f *front) Call(id flight.Slot, c *flight.Call) bool {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	return f.known(id) == nil || f.next.Call(id, c)
}

// isPause reports whether a program is one that only holds a pod's namespaces. Where it lies is
// its image's choice; /usr/bin/pod is OpenShift's.
func isPause(exe string) bool {
	return strings.HasSuffix(exe, "/pause") || exe == "/usr/bin/pod"
}

// Lost is part of flight.Handler.
func (f *front) Lost(id flight.Slot, cause flight.LossCause, n uint64) {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	f.r.meters.lost.WithLabelValues(string(cause)).Add(float64(n))
	if id == 0 || f.known(id) != nil {
		f.next.Lost(id, cause, n)
	}
}

// Died is part of flight.Handler.
func (f *front) Died(id flight.Slot, d flight.Death) {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	if f.known(id) != nil {
		f.r.meters.died.Inc()
		f.next.Died(id, d)
	}
}

// Gone is part of flight.Handler.
func (f *front) Gone(id flight.Slot) {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	s := f.r.slots[id]
	if s == nil {
		return
	}
	if !s.group.Monitor {
		f.next.Gone(id)
	}
	s.gone = true
	f.r.settle(s)
}

// settle forgets a slot that is gone and waits for no capture; the rings keep its end
// for a while by their own bounds. The caller holds mu.
func (r *Recorder) settle(s *slot) {
	if s.gone && len(s.waiting) == 0 {
		delete(r.slots, s.id)
		r.front.latest = nil
	}
}

// pauseSink looks for the program of a sandbox among the processes of a container that ran
// before. Their parents are told of, too.
type pauseSink struct{ s *slot }

func (p pauseSink) Section(_, _ uint16)          {}
func (p pauseSink) SetMachine(event.Machine)     {}
func (p pauseSink) AddInterface(event.Interface) {}
func (p pauseSink) AddUser(event.User)           {}
func (p pauseSink) AddGroup(event.Group)         {}
func (p pauseSink) AddFD(_, _ int64, _ event.FD) {}

// AddThread is part of scap.Sink.
func (p pauseSink) AddThread(t event.Thread) {
	p.s.pause = p.s.pause || isPause(t.Exe) || isPause(t.ExePath)
}
