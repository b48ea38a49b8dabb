package inspect

import (
	"path"
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// dim says which coordinate of a cell an attribute belongs to.
type dim uint8

const (
	dimTask dim = iota
	dimName
	dimWhat
)

// attr is a property by which cells are grouped, selected and described. Its name is
// that of the field of the filter language that means the same.
type attr struct {
	dim dim
	// key gives equal numbers for equal values; ok is false where there is no value.
	key func(ix *Index, id uint32) (k uint64, ok bool)
	// show gives the value.
	show func(ix *Index, id uint32) Value
	// match compares with what a user typed; nil: the text of the value is compared.
	match func(ix *Index, id uint32, want string) bool
}

// attrs by name.
var attrs map[string]attr

// aliases are short names for --select.
var aliases = map[string]string{
	"pid": "proc.pid", "tid": "thread.tid", "proc": "proc.name", "name": "proc.name", "user": "user.name",
	"container": "container.name", "image": "container.image", "pod": "k8s.pod.name", "ns": "k8s.ns.name", "namespace": "k8s.ns.name",
	"fd": "fd.name", "file": "fd.name", "dir": "fd.directory", "port": "fd.port", "ip": "fd.ip",
	"type": "evt.type", "errno": "evt.res", "res": "evt.res", "l4": "fd.l4proto",
}

// init breaks the cycle between the table and the functions in it.
func init() {
	attrs = map[string]attr{
		"proc":               {dimTask, func(ix *Index, id uint32) (uint64, bool) { return uint64(ix.d.tasks[id].proc), true }, showPid, nil},
		"proc.pid":           procNumber(func(p *process) int64 { return p.pid }),
		"proc.ppid":          procNumber(func(p *process) int64 { return p.ppid }),
		"proc.vpid":          procNumber(func(p *process) int64 { return p.vpid }),
		"proc.name":          taskText(func(ix *Index, id uint32) textID { return ix.commOf(id) }),
		"proc.exepath":       taskText(func(ix *Index, id uint32) textID { return ix.procOf(id).exe }),
		"proc.cmdline":       taskText(func(ix *Index, id uint32) textID { return ix.procOf(id).cmdline }),
		"proc.cwd":           taskText(func(ix *Index, id uint32) textID { return ix.procOf(id).cwd }),
		"thread.tid":         {dimTask, func(ix *Index, id uint32) (uint64, bool) { return uint64(ix.d.tasks[id].tid), true }, func(ix *Index, id uint32) Value { return number(ix.d.tasks[id].tid) }, nil},
		"thread.vtid":        {dimTask, func(ix *Index, id uint32) (uint64, bool) { return uint64(ix.d.tasks[id].vtid), true }, func(ix *Index, id uint32) Value { return positive(ix.d.tasks[id].vtid) }, nil},
		"user.uid":           {dimTask, func(ix *Index, id uint32) (uint64, bool) { return uint64(ix.d.tasks[id].uid), true }, func(ix *Index, id uint32) Value { return number(int64(ix.d.tasks[id].uid)) }, nil},
		"user.name":          {dimTask, func(ix *Index, id uint32) (uint64, bool) { return uint64(ix.d.tasks[id].uid), true }, func(ix *Index, id uint32) Value { return text(ix.userName(ix.d.tasks[id].uid)) }, nil},
		"container.id":       containerText(func(c *containerRec) textID { return c.id }),
		"container.image":    containerText(func(c *containerRec) textID { return c.image }),
		"k8s.pod.name":       containerText(func(c *containerRec) textID { return c.pod }),
		"k8s.ns.name":        containerText(func(c *containerRec) textID { return c.namespace }),
		"k8s.pod.uid":        containerText(func(c *containerRec) textID { return c.podUID }),
		"k8s.container.name": containerText(func(c *containerRec) textID { return c.podName }),
		"container.type":     {dimTask, containerKey, func(ix *Index, id uint32) Value { return text(ix.containerType(id)) }, nil},
		"container.name":     {dimTask, containerKey, func(ix *Index, id uint32) Value { return text(ix.containerName(id)) }, matchContainer},
		"fd.name":            {dimName, named, func(ix *Index, id uint32) Value { return text(ix.nameText(id)) }, nil},
		"fd.type":            {dimName, fdTypeKey, func(ix *Index, id uint32) Value { return text(fdType(&ix.d.names[id])) }, nil},
		"fd.directory":       {dimName, dirKey, func(ix *Index, id uint32) Value { return text(path.Dir(ix.nameText(id))) }, nil},
		"fd.filename":        {dimName, named, func(ix *Index, id uint32) Value { return text(path.Base(ix.nameText(id))) }, nil},
		"fd.l4proto":         {dimName, func(ix *Index, id uint32) (uint64, bool) { return uint64(ix.d.names[id].l4), true }, func(ix *Index, id uint32) Value { return text(l4Name(ix.d.names[id].l4)) }, nil},
		"fd.sport":           {dimName, sportKey, func(ix *Index, id uint32) Value { return portValue(ix.d.names[id].serverPort) }, nil},
		"fd.cport":           {dimName, func(ix *Index, id uint32) (uint64, bool) { p := ix.d.names[id].clientPort; return uint64(p), p != 0 }, func(ix *Index, id uint32) Value { return portValue(ix.d.names[id].clientPort) }, nil},
		"fd.port":            {dimName, sportKey, func(ix *Index, id uint32) Value { return portValue(ix.d.names[id].serverPort) }, matchPort},
		"fd.sip":             {dimName, func(ix *Index, id uint32) (uint64, bool) { return ipKey(ix, id, true) }, func(ix *Index, id uint32) Value { return text(ix.ipText(id, true)) }, nil},
		"fd.cip":             {dimName, func(ix *Index, id uint32) (uint64, bool) { return ipKey(ix, id, false) }, func(ix *Index, id uint32) Value { return text(ix.ipText(id, false)) }, nil},
		"fd.ip": {dimName, func(ix *Index, id uint32) (uint64, bool) { return ipKey(ix, id, true) }, func(ix *Index, id uint32) Value { return text(ix.ipText(id, true)) }, func(ix *Index, id uint32, want string) bool {
			return ix.ipText(id, true) == want || ix.ipText(id, false) == want
		}},
		"evt.type": {dimWhat, func(ix *Index, id uint32) (uint64, bool) { return typeKey(unpack(ix.d.what.list[id])), true }, func(ix *Index, id uint32) Value { return text(callName(unpack(ix.d.what.list[id]))) }, nil},
		"evt.res":  {dimWhat, errnoKey, func(ix *Index, id uint32) Value { return text(resName(unpack(ix.d.what.list[id]))) }, nil},
		"http.class": {dimWhat, func(ix *Index, id uint32) (uint64, bool) {
			m := unpack(ix.d.what.list[id]).mark
			return uint64(m), m >= markHTTP1 && m <= markHTTP5
		}, func(ix *Index, id uint32) Value {
			return text(string('1'+rune(unpack(ix.d.what.list[id]).mark-markHTTP1)) + "xx")
		}, nil},
	}
}

func (ix *Index) procOf(task uint32) *process { return &ix.d.procs[ix.d.tasks[task].proc] }

// commOf is the name of the program: that of the process, so that named threads do not
// hide it.
func (ix *Index) commOf(task uint32) textID { return ix.d.tasks[task].comm }

func showPid(ix *Index, id uint32) Value { return number(ix.procOf(id).pid) }

func procNumber(of func(*process) int64) attr {
	return attr{
		dim:  dimTask,
		key:  func(ix *Index, id uint32) (uint64, bool) { return uint64(of(ix.procOf(id))), true },
		show: func(ix *Index, id uint32) Value { return positive(of(ix.procOf(id))) },
	}
}

func taskText(of func(*Index, uint32) textID) attr {
	return attr{
		dim:  dimTask,
		key:  func(ix *Index, id uint32) (uint64, bool) { t := of(ix, id); return uint64(t), t != 0 },
		show: func(ix *Index, id uint32) Value { return text(ix.d.texts.get(of(ix, id))) },
	}
}

func containerText(of func(*containerRec) textID) attr {
	return taskText(func(ix *Index, id uint32) textID { return of(&ix.d.containers[ix.procOf(id).container]) })
}

func containerKey(ix *Index, id uint32) (uint64, bool) {
	return uint64(ix.procOf(id).container), true
}

// containerName is the name, or the id where there is none.
func (ix *Index) containerName(task uint32) string {
	c := &ix.d.containers[ix.procOf(task).container]
	if c.name != 0 {
		return ix.d.texts.get(c.name)
	}
	return ix.d.texts.get(c.id)
}

func matchContainer(ix *Index, id uint32, want string) bool {
	c := &ix.d.containers[ix.procOf(id).container]
	return ix.containerName(id) == want || ix.d.texts.get(c.id) == want || ix.d.texts.get(c.fullID) == want || ix.d.texts.get(c.podName) == want
}

// engines are the names of container.type by the capture format's number.
var engines = map[int32]string{0: "docker", 1: "lxc", 2: "libvirt-lxc", 3: "mesos", 4: "rkt", 5: "custom", 6: "cri", 7: "containerd", 8: "cri-o", 9: "bpm", 10: "static", 11: "podman"}

func (ix *Index) containerType(task uint32) string {
	id := ix.procOf(task).container
	if id == noneID {
		return "host"
	}
	return engines[ix.d.containers[id].kind]
}

func (ix *Index) userName(uid uint32) string {
	for i := range ix.d.users {
		if ix.d.users[i].uid == uid {
			return ix.d.texts.get(ix.d.users[i].name)
		}
	}
	if uid == ^uint32(0) {
		return ""
	}
	return strconv.FormatUint(uint64(uid), 10)
}

func (ix *Index) nameText(id uint32) string { return ix.d.texts.get(ix.d.names[id].text) }

func named(ix *Index, id uint32) (uint64, bool) {
	t := ix.d.names[id].text
	return uint64(t), t != 0
}

func dirKey(ix *Index, id uint32) (uint64, bool) {
	s := ix.nameText(id)
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return 0, false
	}
	h := uint64(14695981039346656037)
	for _, c := range []byte(s[:max(i, 1)]) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h, true
}

// fdTypes are the words of fd.type.
var fdTypes = map[event.FDKind]string{
	event.FDFileOld: "file", event.FDFile: "file", event.FDDirectory: "directory", event.FDIPv4: "ipv4", event.FDIPv6: "ipv6",
	event.FDIPv4Listen: "ipv4", event.FDIPv6Listen: "ipv6", event.FDPipe: "pipe", event.FDUnix: "unix", event.FDEvent: "event",
	event.FDUnsupported: "unsupported", event.FDSignal: "signalfd", event.FDEventPoll: "eventpoll", event.FDInotify: "inotify",
	event.FDTimer: "timerfd", event.FDNetlink: "netlink", event.FDBPF: "bpf", event.FDUserfault: "userfaultfd",
	event.FDIOURing: "io_uring", event.FDMemfd: "memfd", event.FDPid: "pidfd",
}

func fdType(n *nameRec) string { return fdTypes[n.kind] }

func fdTypeKey(ix *Index, id uint32) (uint64, bool) {
	switch k := ix.d.names[id].kind; k {
	case event.FDUnknown:
		return 0, false
	case event.FDIPv4Listen, event.FDIPv6Listen:
		return uint64(k) - 2, true
	default:
		return uint64(k), true
	}
}

func l4Name(l event.L4) string {
	switch l {
	case event.L4TCP:
		return "tcp"
	case event.L4UDP:
		return "udp"
	case event.L4ICMP:
		return "icmp"
	case event.L4Raw:
		return "raw"
	}
	return ""
}

func sportKey(ix *Index, id uint32) (uint64, bool) {
	n := &ix.d.names[id]
	return uint64(n.serverPort), n.serverPort != 0 && ix.nameTraits[id]&nNet != 0
}

func portValue(p uint16) Value {
	if p == 0 {
		return Value{}
	}
	return number(int64(p))
}

func matchPort(ix *Index, id uint32, want string) bool {
	p, err := strconv.ParseUint(want, 10, 16)
	n := &ix.d.names[id]
	return err == nil && ix.nameTraits[id]&nNet != 0 && (uint64(n.serverPort) == p || uint64(n.clientPort) == p)
}

func (ix *Index) ipText(id uint32, server bool) string {
	n := &ix.d.names[id]
	if ix.nameTraits[id]&nNet == 0 {
		return ""
	}
	ip := n.client
	if server {
		ip = n.server
	}
	return string(event.AppendIP(nil, ip, n.kind == event.FDIPv6 || n.kind == event.FDIPv6Listen))
}

func ipKey(ix *Index, id uint32, server bool) (uint64, bool) {
	if ix.nameTraits[id]&nNet == 0 {
		return 0, false
	}
	ip := ix.d.names[id].client
	if server {
		ip = ix.d.names[id].server
	}
	h := uint64(14695981039346656037)
	for _, c := range ip {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h, true
}

// callName is the name of a call; for generic events that of the call behind it.
func callName(o outcome) string {
	if o.typ == genericExit {
		if s, ok := event.SyscallOf(o.errno); ok {
			return s.Name
		}
	}
	if k := event.KindOf(o.typ); k != nil {
		return k.Name
	}
	return "NA"
}

// typeKeys gives one number to all codes with one name.
func typeKey(o outcome) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(callName(o)) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

func errnoKey(ix *Index, id uint32) (uint64, bool) {
	o := unpack(ix.d.what.list[id])
	return uint64(o.errno), o.errno != 0 && o.typ != genericExit
}

func resName(o outcome) string {
	if o.typ == genericExit || o.errno == 0 {
		return "SUCCESS"
	}
	return errnoName(o.errno)
}

func errnoName(e uint16) string {
	if s := event.ErrnoName(int64(e)); s != "" {
		return s
	}
	return strconv.Itoa(int(e))
}

func (ix *Index) taskTrait(id uint32) taskTrait {
	p := ix.procOf(id)
	t := kAnyTask
	if p.container != noneID {
		t |= kContainer
	}
	if ix.d.texts.get(ix.commOf(id)) == "sudo" || path.Base(ix.d.texts.get(p.exe)) == "sudo" {
		t |= kSudo
	}
	if strings.Contains(ix.d.texts.get(p.parentComm), "bash") {
		t |= kShellChild
	}
	return t
}
