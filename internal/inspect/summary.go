package inspect

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/dnswire"
)

// Summary is what a diagnosis needs to know of a capture: how each process ended, and
// what it did last. It is a contract: fields are only ever added.
//
// All texts come from the capture and are neither cleaned nor redacted.
type Summary struct {
	Host string `json:"host,omitempty"`
	// FromNanos and ToNanos are the times of the first and last system call, since the Unix epoch.
	FromNanos uint64 `json:"fromNanos"`
	ToNanos   uint64 `json:"toNanos"`
	Events    uint64 `json:"events"`
	// Incomplete says why facts may be missing: damage, drop events, bounds. Nil for a whole capture.
	Incomplete []string `json:"incomplete,omitempty"`
	// Ends are the ends of processes in the order of the capture.
	Ends []End `json:"ends"`
}

// End is the end of one process with its last moments.
type End struct {
	Process   Process    `json:"process"`
	Container *Container `json:"container,omitempty"`
	// Main says that the process was number 1 of its container, so that the container ended with it.
	Main bool `json:"main,omitempty"`
	// Nth is which end of its container it is in this capture, from 1; 0 where it is not the main process.
	Nth int `json:"nth,omitempty"`
	// Event is the number of the procexit, TimeNanos its time.
	Event     uint64 `json:"event"`
	TimeNanos uint64 `json:"timeNanos"`
	// LivedNanos is the time from its creation; 0 where that is not in the capture.
	LivedNanos uint64 `json:"livedNanos,omitempty"`
	// Code is the exit status; nil after a signal, and where the file does not tell.
	Code *int `json:"code,omitempty"`
	// Signal is the number of the signal that ended it, 0 for none; SignalName its name.
	Signal     int    `json:"signal,omitempty"`
	SignalName string `json:"signalName,omitempty"`
	Core       bool   `json:"core,omitempty"`
	// Signals are the latest that were delivered to it, in order.
	Signals []Signal `json:"signals,omitempty"`
	// Failed are its last different failed calls, oldest first; EAGAIN, EINTR and
	// EINPROGRESS are left out.
	Failed []FailedCall `json:"failed,omitempty"`
	// Files are the last files that it opened, libraries left out; oldest first.
	Files []FileUse `json:"files,omitempty"`
	// Config is the file with a configuration's name that it read last.
	Config *FileUse `json:"config,omitempty"`
	// Connections are the last it made, and those that were open at its end.
	Connections []Connection `json:"connections,omitempty"`
	// DNS are the last answers that it received.
	DNS []DNSAnswer `json:"dns,omitempty"`
	// Output are the last lines that it wrote to standard output and standard error.
	Output []OutputLine `json:"output,omitempty"`
	// Exec is the program start that made it what it was, where the capture holds it.
	Exec *ProgramStart `json:"exec,omitempty"`
	// Slim says that the capture has too many ends to keep the last moments of all.
	Slim bool `json:"slim,omitempty"`
}

// Process names a process.
type Process struct {
	Pid  int64 `json:"pid"`
	Vpid int64 `json:"vpid"`
	Ppid int64 `json:"ppid"`
	// Parent is the name of the parent's program, "" where unknown.
	Parent  string `json:"parent,omitempty"`
	Name    string `json:"name"`
	Exe     string `json:"exe,omitempty"`
	Command string `json:"command,omitempty"`
	Cwd     string `json:"cwd,omitempty"`
	User    string `json:"user,omitempty"`
	UID     uint32 `json:"uid"`
	// FDs is how many descriptors were open at its end, MaxFDs the largest number, FDLimit the limit; 0 unknown.
	FDs     int64 `json:"fds"`
	MaxFDs  int64 `json:"maxFDs"`
	FDLimit int64 `json:"fdLimit,omitempty"`
	// VMKiB, RSSKiB and SwapKiB are the largest sizes seen since the last exec.
	VMKiB   uint32 `json:"vmKiB,omitempty"`
	RSSKiB  uint32 `json:"rssKiB,omitempty"`
	SwapKiB uint32 `json:"swapKiB,omitempty"`
	Threads uint32 `json:"threads,omitempty"`
}

// Container names a container and its pod.
type Container struct {
	ID        string `json:"id"`
	FullID    string `json:"fullID,omitempty"`
	Name      string `json:"name,omitempty"`
	Image     string `json:"image,omitempty"`
	Pod       string `json:"pod,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	PodUID    string `json:"podUID,omitempty"`
	// PodContainer is the name that the pod's specification gives the container.
	PodContainer string `json:"podContainer,omitempty"`
}

// At is where in the capture something happened.
type At struct {
	// Event is the number of the event, for unloop inspect --around.
	Event uint64 `json:"event"`
	// BeforeNanos is how long before the end of the process.
	BeforeNanos uint64 `json:"beforeNanos"`
}

// Signal is one that was delivered.
type Signal struct {
	At
	Number int    `json:"number"`
	Name   string `json:"name"`
	// Sender is the process that sent it, 0 for the kernel; SenderName its program where known.
	Sender     int64  `json:"sender"`
	SenderName string `json:"senderName,omitempty"`
}

// FailedCall is a call that failed, once or several times in the same way.
type FailedCall struct {
	At
	Call  string `json:"call"`
	Error string `json:"error"`
	Errno int    `json:"errno"`
	// On is the path, connection or other thing that the call worked on, "" where it is not known.
	On string `json:"on,omitempty"`
	// Kind is the kind of On as fd.type names it.
	Kind string `json:"kind,omitempty"`
	// Times is how often, FirstEvent where first.
	Times      uint64 `json:"times"`
	FirstEvent uint64 `json:"firstEvent"`
	// Recovered says that the failure is no cause: a search that found the file
	// elsewhere, or the usual probing of the loader.
	Recovered bool `json:"recovered,omitempty"`
}

// FileUse is a file that was opened or read.
type FileUse struct {
	At
	Path string `json:"path"`
}

// Connection is a connection and how far it came.
type Connection struct {
	At
	Name   string `json:"name"`
	L4     string `json:"l4,omitempty"`
	Server string `json:"server,omitempty"`
	Port   uint16 `json:"port,omitempty"`
	// State is "failed", "pending", "connected", "accepted" or "listening".
	State string `json:"state"`
	// Error is the name of the error of a failed connect.
	Error string `json:"error,omitempty"`
	// Open says that it was open at the end.
	Open bool `json:"open,omitempty"`
}

// DNSAnswer is an answer of a name server.
type DNSAnswer struct {
	At
	// Text is the type, the name and the addresses or the error: "A db.shop NXDOMAIN".
	Text string `json:"text"`
	// Code is the response code; 0 is none.
	Code int `json:"code"`
	// CodeName is its name: NXDOMAIN, SERVFAIL.
	CodeName string `json:"codeName"`
	Server   string `json:"server,omitempty"`
}

// OutputLine is a line that was written, cut to what the capture holds of it.
type OutputLine struct {
	At
	Stderr bool   `json:"stderr,omitempty"`
	Text   string `json:"text"`
}

// ProgramStart is an exec.
type ProgramStart struct {
	At
	Command string `json:"command"`
}

// FailedEnd reports whether the process ended badly: by a signal, or with a status other than 0.
func (e *End) FailedEnd() bool { return e.Signal != 0 || e.Code != nil && *e.Code != 0 }

// Summary gives what a diagnosis needs to know.
func (ix *Index) Summary() *Summary {
	in := &ix.Info
	s := &Summary{Host: in.Host, FromNanos: in.FirstNanos, ToNanos: in.LastNanos, Events: in.Events, Incomplete: ix.Incomplete(), Ends: []End{}}
	for i := range ix.dead {
		s.Ends = append(s.Ends, ix.end(&ix.dead[i]))
	}
	return s
}

// Incomplete says on one line each why answers may lack something; nil for a whole capture.
func (ix *Index) Incomplete() []string {
	var out []string
	if ix.Info.Damage != "" {
		out = append(out, "damaged: "+ix.Info.Damage)
	}
	if ix.Info.Lost != "" {
		out = append(out, ix.Info.Lost)
	}
	c := &ix.Info.Coarse
	if c.Names|c.Texts > 0 || c.NamesFrom > 0 {
		out = append(out, "more names than the index holds: the rest is counted under "+others)
	}
	if c.Tasks|c.Procs|c.Containers > 0 {
		out = append(out, "more processes than the index holds: the rest is counted under "+others)
	}
	if c.DeathsSlim > 0 {
		out = append(out, plural(c.DeathsSlim, "end")+" of processes without their last moments")
	}
	return out
}

func (ix *Index) end(r *deathRec) End {
	p := &ix.d.procs[r.proc]
	e := End{
		Process: ix.processOf(r), Event: r.num, TimeNanos: r.ts, Signal: int(r.sig), Core: r.core, Slim: r.slim,
		Container: ix.containerOf(p.container),
	}
	e.Main, e.Nth = e.Container != nil && p.vpid == 1, ix.nth[r.num]
	if p.startNanos > 0 && p.startNanos <= r.ts {
		e.LivedNanos = r.ts - p.startNanos
	}
	if r.sig != 0 {
		e.SignalName = signalName(r.sig)
	} else if r.code >= 0 {
		code := int(r.code)
		e.Code = &code
	}
	at := func(num, ts uint64) At {
		a := At{Event: num}
		if ts < r.ts {
			a.BeforeNanos = r.ts - ts
		}
		return a
	}
	m := &r.last
	for _, x := range m.signals.all() {
		e.Signals = append(e.Signals, Signal{At: at(x.num, x.ts), Number: int(x.val & 0xff), Name: signalName(uint8(x.val)), Sender: x.val >> 8, SenderName: ix.d.texts.get(x.from)})
	}
	for _, f := range m.fails.all() {
		e.Failed = append(e.Failed, ix.failedCall(&f, at(f.num, f.ts)))
	}
	slices.SortStableFunc(e.Failed, func(a, b FailedCall) int { return int(int64(a.Event) - int64(b.Event)) })
	for _, x := range m.files.all() {
		e.Files = append(e.Files, FileUse{at(x.num, x.ts), ix.nameText(x.name)})
	}
	slices.SortStableFunc(e.Files, func(a, b FileUse) int { return int(int64(a.Event) - int64(b.Event)) })
	if m.config.num > 0 {
		e.Config = &FileUse{at(m.config.num, m.config.ts), ix.nameText(m.config.name)}
	}
	if m.exec.num > 0 {
		e.Exec = &ProgramStart{at(m.exec.num, m.exec.ts), ix.d.texts.get(m.exec.text)}
	}
	e.Connections = ix.connections(r, at)
	for _, x := range m.dns.all() {
		e.DNS = append(e.DNS, DNSAnswer{At: at(x.num, x.ts), Text: ix.d.texts.get(x.text), Code: int(x.val), CodeName: dnswire.RcodeName(int(x.val)), Server: ix.ipText(x.name, true)})
	}
	for _, l := range m.lines.all() {
		e.Output = append(e.Output, OutputLine{at(l.num, l.ts), l.stderr, string(bytes.TrimRight(l.data, "\r\x00"))})
	}
	slices.SortStableFunc(e.Output, func(a, b OutputLine) int { return cmp.Compare(a.Event, b.Event) })
	return e
}

func (ix *Index) processOf(r *deathRec) Process {
	p, tx := &ix.d.procs[r.proc], ix.d.texts
	out := Process{
		Pid: p.pid, Vpid: p.vpid, Ppid: p.ppid, Name: tx.get(p.comm), Exe: tx.get(p.exe), Command: tx.get(p.cmdline), Cwd: tx.get(p.cwd),
		User: ix.userName(p.uid), UID: p.uid, FDs: int64(r.fds), MaxFDs: int64(p.fds), FDLimit: p.fdLimit,
		VMKiB: p.vmKiB, RSSKiB: p.rssKiB, SwapKiB: p.swapKiB, Threads: p.threads,
	}
	if out.Parent = tx.get(p.parentComm); out.Parent == "" && p.parent != 0 {
		out.Parent = tx.get(ix.d.procs[p.parent].comm)
	}
	return out
}

func (ix *Index) containerOf(id uint32) *Container {
	if id <= othersID {
		return nil
	}
	c, tx := &ix.d.containers[id], ix.d.texts
	return &Container{
		ID: tx.get(c.id), FullID: tx.get(c.fullID), Name: tx.get(c.name), Image: tx.get(c.image),
		Pod: tx.get(c.pod), Namespace: tx.get(c.namespace), PodUID: tx.get(c.podUID), PodContainer: tx.get(c.podName),
	}
}

func (ix *Index) failedCall(f *failure, at At) FailedCall {
	o := unpack(ix.d.what.list[f.what])
	c := FailedCall{At: at, Call: callName(o), Error: errnoName(o.errno), Errno: int(o.errno), Times: f.times, FirstEvent: f.firstNum, Recovered: f.recovered}
	if f.name != noneID {
		c.On, c.Kind = ix.nameText(f.name), fdType(&ix.d.names[f.name])
	}
	c.Recovered = c.Recovered || usualFailure(o, c.On)
	return c
}

// usualFailures are paths that a healthy program looks for in vain: hooks of the
// loader, the name service and language runtimes.
var usualFailures = []string{
	"/etc/ld.so.preload", "/etc/ld.so.nohwcap", "/etc/ld-musl-", "/var/run/nscd/socket", "/run/nscd/socket", "/etc/selinux/config",
	"/usr/lib/locale/", "/usr/share/locale", "/etc/localtime", "/proc/sys/", "/sys/kernel/mm/", "/etc/gai.conf", "/etc/resolv.conf.d", "pyvenv.cfg", "/etc/terminfo",
}

// usualFailure tells failures that say nothing: searches of the loader, and questions
// such as whether a descriptor is a terminal.
func usualFailure(o outcome, on string) bool {
	switch callName(o) {
	case "ioctl":
		return o.errno == 25 // ENOTTY
	case "arch_prctl", "prctl", "set_robust_list", "rseq":
		return true
	case "lseek":
		return o.errno == 29 // ESPIPE
	case "wait4", "waitid":
		return o.errno == 10 // ECHILD
	}
	if o.errno != eNOENT && o.errno != eNOTDIR {
		return false
	}
	if isLibrary(on) && strings.Contains(on, "/glibc-hwcaps/") {
		return true
	}
	for _, p := range usualFailures {
		if strings.Contains(on, p) {
			return true
		}
	}
	return false
}

func (ix *Index) connections(r *deathRec, at func(num, ts uint64) At) []Connection {
	var out []Connection
	open := map[uint32]openConn{}
	for _, o := range r.open {
		open[o.name] = o
	}
	add := func(name uint32, c Connection) {
		n := &ix.d.names[name]
		c.Name, c.L4, c.Server, c.Port = ix.nameText(name), l4Name(n.l4), ix.ipText(name, true), n.serverPort
		out = append(out, c)
	}
	for _, x := range r.last.conns.all() {
		c := Connection{At: at(x.num, x.ts), State: "connected"}
		if classOf(event.Type(x.what)).traits&tAccept != 0 {
			c.State = "accepted"
		}
		o, isOpen := open[x.name]
		c.Open = isOpen
		delete(open, x.name)
		if x.val < 0 {
			c.State, c.Error = "failed", errnoName(uint16(-x.val))
			if -x.val == eINPROGRESS {
				c.State, c.Error = "pending", ""
			}
		}
		if isOpen && c.State == "pending" && o.conn == event.ConnDone {
			c.State = "connected"
		}
		if isOpen && o.conn == event.ConnFailed && c.State != "failed" {
			c.State = "failed"
		}
		add(x.name, c)
	}
	for _, o := range r.open {
		if _, still := open[o.name]; !still || ix.d.names[o.name].text == 0 {
			continue // shown above, or never connected
		}
		c := Connection{State: "connected", Open: true}
		switch {
		case o.kind == event.FDIPv4Listen || o.kind == event.FDIPv6Listen:
			c.State = "listening"
		case o.conn == event.ConnPending:
			c.State = "pending"
		case o.conn == event.ConnFailed:
			c.State = "failed"
		}
		delete(open, o.name)
		add(o.name, c)
	}
	return out
}
