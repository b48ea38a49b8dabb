package captext

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// maxEvents bounds what is printed: nobody reads a text of more lines, and memory is in
// proportion to it.
const maxEvents = 1 << 20

// ErrTooLarge says that a capture has too many events for a text.
var ErrTooLarge = errors.New("too many events for a text; cut the capture first")

// Source opens a capture; it is called twice.
type Source func(scap.Sink) (*scap.Reader, error)

// Print writes the text of a capture. Compile makes a capture of every such text: the
// same to the byte where the capture came from a text, else with the same calls, results,
// forks, execs, signals and ends of each thread. A comment at the end counts what the form
// cannot hold; so does the map, by name of the event or by what else it is.
//
// Calls stand where they ended. Times are those of the ends, from the form's own beginning.
func Print(w io.Writer, open Source) (left map[string]uint64, err error) {
	p := &printer{w: bufio.NewWriter(w), left: map[string]uint64{}, lost: map[uint64]bool{}, children: map[int64]bool{}, keys: map[string]string{}}
	null, err := scap.NewWriter(io.Discard, scap.WriteOptions{})
	if err != nil {
		return nil, err
	}
	p.c = newCompiler(null)
	if err := p.survey(open); err != nil {
		return nil, err
	}
	if err := p.print(open); err != nil {
		return nil, err
	}
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(p.left)) {
		parts = append(parts, fmt.Sprintf("%d %s", p.left[what], what))
	}
	if parts != nil {
		fmt.Fprintf(p.w, "# left out: %s\n", strings.Join(parts, ", "))
	}
	return p.left, p.w.Flush()
}

type printer struct {
	w  *bufio.Writer
	tr *state.Tracker
	// c compiles each line, so that what the text means so far is known, and that it
	// means anything.
	c    *compiler
	left map[string]uint64

	// Found by the first reading.
	lost       map[uint64]bool // enters that never returned, by number of the event
	children   map[int64]bool  // threads whose own return from fork is there
	strangers  []event.Thread  // threads of events that neither the lists nor a fork introduce
	containers []event.Container
	keys       map[string]string // of containers, by id
	shift      uint64            // added to times
}

// print reads again and writes.
func (p *printer) print(open Source) error {
	return p.each(open, func(uint64) { p.head() }, func(ev *event.Event) {
		switch kind := kindOf(ev); kind {
		case isFork:
			p.fork(ev)
		case isExec:
			p.exec(ev)
		case isSignal:
			sig, _ := ev.Uint(2)
			from, _ := ev.Int(0)
			p.event(ev, 0, "signal "+event.SignalName(int64(sig))+number(" from=", from, 0))
		case isExit:
			p.exit(ev)
		case isCall:
			p.event(ev, stepNanos, p.call(ev, ev.Name()))
		case isEnter:
			if p.lost[ev.Num] {
				p.event(ev, 0, p.call(ev, ev.Name()+" ?"))
			}
		default:
			p.left[ev.Name()]++
		}
	})
}

// say writes a line that means something; another is counted as left out.
func (p *printer) say(what, line string) bool {
	now := p.c.now
	s, err := parseLine(line)
	if err == nil {
		err = p.c.do(s)
	}
	if err != nil {
		p.c.now = now
		p.left[what]++
		return false
	}
	_, _ = p.w.WriteString(line + "\n") // Flush tells
	return true
}

// event writes the line of an event that stands at its time, or so much before.
func (p *printer) event(ev *event.Event, before uint64, what string) bool {
	return p.at(ev, ev.Tid, before, what)
}

func (p *printer) at(ev *event.Event, tid int64, before uint64, what string) bool {
	wait := int64(ev.TsNanos + p.shift - before - p.c.now)
	old, known := p.c.threads[tid]
	var was event.Thread
	if known {
		was = *old
	}
	delay := "0"
	if wait > 0 {
		delay = time.Duration(wait).String()
	}
	ok := p.say(ev.Name(), fmt.Sprintf("+%s %d %s", delay, tid, what))
	if !ok && known {
		*old = was
	}
	return ok
}

func (p *printer) head() {
	if m := p.tr.Machine(); m.Hostname != "" {
		p.say("machine", "machine "+word(m.Hostname))
	}
	for i := range p.containers {
		p.container(&p.containers[i])
	}
	var list []*event.Thread
	for th := range p.tr.Threads() {
		list = append(list, th)
	}
	for i := range p.strangers {
		list = append(list, &p.strangers[i])
	}
	slices.SortFunc(list, func(a, b *event.Thread) int {
		if a.IsMain() != b.IsMain() { // a thread is said to be of a process that is known
			if a.IsMain() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Tid, b.Tid)
	})
	for _, th := range list {
		p.process(th)
	}
	for _, th := range list {
		if th.IsMain() && th.FDs != nil {
			th.FDs.Each(func(fd int64, f *event.FD) bool {
				p.descriptor(th.Tid, fd, f)
				return true
			})
		}
	}
}

func (p *printer) container(c *event.Container) {
	key := p.keys[c.ID]
	line := "container " + word(key)
	if c.PodName != "" || c.PodNamespace != "" {
		line += pair("pod", c.PodNamespace+"/"+c.PodName)
		if c.PodUID != "" {
			line += pair("uid", c.PodUID)
		}
		if c.PodContainer != key {
			line += pair("name", c.PodContainer)
		}
	}
	if c.Image != defaultImage(key) {
		line += pair("image", c.Image)
	}
	id := c.FullID
	if id == "" {
		id = c.ID
	}
	if id != defaultID(key) {
		line += pair("id", id)
	}
	p.say("containers", line)
}

func (p *printer) process(th *event.Thread) {
	name := th.Comm
	if name == "" {
		name = "unknown"
	}
	have := newProcess(th.Tid, name)
	line := fmt.Sprintf("process %d %s", th.Tid, word(name))
	if of := p.c.threads[th.Pid]; of != nil && !th.IsMain() {
		line += number(" of=", th.Pid, 0)
		threadOf(have, of)
	}
	p.say("processes", line+number(" parent=", th.Ptid, have.Ptid)+p.identity(th, have))
}

// identity says how a process differs from what the text means without saying it.
func (p *printer) identity(want, have *event.Thread) string {
	s := ""
	if c := want.Container; c != nil && p.keys[c.ID] != "" {
		if k := p.c.containers[p.keys[c.ID]]; k != nil && have.Cgroups != cgroups(k) {
			s += pair("in", p.keys[c.ID])
		}
	}
	s += number(" vpid=", want.Vpid, have.Vpid)
	if want.ExePath != have.ExePath && want.ExePath != "" {
		s += pair("exe", want.ExePath)
	}
	if want.Args != have.Args {
		s += pair("args", shortArgs(want.Args))
	}
	if cwd := shortDir(want.Dir()); cwd != shortDir(have.Cwd) && cwd != "" {
		s += pair("cwd", cwd)
	}
	s += number(" uid=", int64(want.UID), int64(have.UID))
	s += number(" fdlimit=", want.FDLimit, have.FDLimit)
	return s + number(" rss=", int64(want.VMRSSKiB), int64(have.VMRSSKiB))
}

func (p *printer) descriptor(pid, fd int64, f *event.FD) {
	kind, name := "", f.Name
	switch f.Kind {
	case event.FDFile, event.FDFileOld:
		kind = "file"
	case event.FDPipe:
		kind = "pipe"
	case event.FDUnix:
		kind = "unix"
	case event.FDIPv4, event.FDIPv6:
		kind, name = "tcp", f.String()
		if f.L4 == event.L4UDP {
			kind = "udp"
		}
		if !f.Named || f.L4 != event.L4UDP && f.L4 != event.L4TCP {
			kind = ""
		}
	case event.FDIPv4Listen, event.FDIPv6Listen:
		kind, name = "listen", ends(f.ServerIP, f.ServerPort, f.Kind == event.FDIPv6Listen)
	}
	if f.Kind == event.FDIPv4 || f.Kind == event.FDIPv6 {
		name = ends(f.ClientIP, f.ClientPort, f.Kind == event.FDIPv6) + "->" + ends(f.ServerIP, f.ServerPort, f.Kind == event.FDIPv6)
	}
	if kind == "" || name == "" {
		p.left["descriptors"]++
		return
	}
	p.say("descriptors", fmt.Sprintf("fd %d %d %s %s", pid, fd, kind, word(name)))
}

// fork stands where the child returns, or where the parent does if no return of the child
// is in the capture.
func (p *printer) fork(ev *event.Event) {
	res, _ := ev.Result()
	parent, child := ev.Tid, res
	var th *event.Thread
	switch {
	case res > 0 && p.children[res]:
		return
	case res > 0:
		th = p.tr.Thread(res)
	case ev.Thread == nil || ev.Thread.Unknown:
		p.left[ev.Name()]++
		return
	default:
		th, child, parent = ev.Thread, ev.Tid, parentOf(ev.Thread)
	}
	verb := "fork"
	if th != nil && !th.IsMain() {
		verb = "thread"
	}
	from := p.c.threads[parent]
	if from == nil {
		p.left[ev.Name()]++
		return
	}
	line := fmt.Sprintf("%s %d", verb, child)
	if th != nil {
		have := newChild(from, child, verb == "thread")
		line += p.identity(th, have)
	}
	p.at(ev, parent, 0, line)
}

// parentOf is the process that a new process or thread comes from.
func parentOf(th *event.Thread) int64 {
	if th.IsMain() {
		return th.Ptid
	}
	return th.Pid
}

func (p *printer) exec(ev *event.Event) {
	raw, ok := ev.Enter.Param(0)
	file := string(event.CString(raw))
	if th := ev.Thread; (!ok || file == "") && th != nil {
		if file = th.ExePath; file == "" {
			file = th.Exe
		}
	}
	line := "exec " + word(file)
	if res, _ := ev.Result(); res < 0 {
		line += " " + errno(res)
	} else if from := p.c.threads[ev.Tid]; from != nil && ev.Thread != nil {
		have := *from
		become(&have, file)
		line += p.identity(ev.Thread, &have)
	}
	p.event(ev, stepNanos, line)
}

func (p *printer) exit(ev *event.Event) {
	status, ok := ev.Int(0)
	switch sig := status & 0x7f; {
	case !ok:
		p.left[ev.Name()]++
	case sig == 0:
		p.event(ev, 0, fmt.Sprintf("exit %d", status>>8&0xff))
	case status&0x80 != 0:
		p.event(ev, 0, "exit "+event.SignalName(sig)+" core")
	default:
		p.event(ev, 0, "exit "+event.SignalName(sig))
	}
}

// call is the line of a call by name: its result, then what is not usual.
func (p *printer) call(ev *event.Event, line string) string {
	typ := exits()[ev.Name()]
	k, enter := event.KindOf(typ), event.KindOf(typ-1)
	pairs, usual := "", int64(0)
	done := map[string]bool{}
	tuple, _ := p.param(ev, "tuple", false)
	addr, _ := p.param(ev, "addr", false)
	from, to, named := socketEnds(k, tuple, addr)
	for i, prm := range slices.Concat(enter.Params[:enter.Portable], k.Params[min(1, k.Portable):k.Portable]) {
		b, ok := p.param(ev, prm.Name, i == 0)
		if done[prm.Name] || !ok || prm.Name == "oldfd" || named && (prm.Name == "addr" || prm.Name == "tuple") {
			continue
		}
		done[prm.Name] = true
		switch v, is, ok := spell(&prm, b); {
		case !ok:
			p.left["parameters"]++
		case !is:
			pairs += pair(prm.Name, v)
			if prm.Name == "data" {
				usual = int64(len(b))
			}
		}
	}
	if named {
		pairs += pair("to", to)
		if from != "" {
			pairs += pair("from", from)
		}
	}
	if res, ok := ev.Int(0); ok && !ev.IsEnter() && res != usual {
		line += " " + errno(res)
	}
	return line + pairs
}

// param is what a call was given or gave: of its end, else of its beginning. The state
// keeps only the descriptor of beginnings that hold nothing else.
func (p *printer) param(ev *event.Event, name string, first bool) ([]byte, bool) {
	at := ev.Index(name)
	if at > 0 || at == 0 && ev.IsEnter() {
		return ev.Param(at)
	}
	if e := ev.Enter; e != nil && e.Kind != nil {
		if at := slices.IndexFunc(e.Kind.Params, func(p event.Param) bool { return p.Name == name }); at >= 0 {
			return e.Param(at)
		}
	}
	if name == "fd" {
		if b, ok := ev.Named("oldfd"); ok {
			return b, true
		}
	}
	if first && name == "fd" && ev.Enter == nil && ev.FDNum >= 0 {
		return binary.LittleEndian.AppendUint64(nil, uint64(ev.FDNum)), true
	}
	return nil, false
}
