package collect

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/inspect"
	"github.com/unloop-dev/unloop/scap"
)

// isCapture reports whether an input is a recording of system calls, packed or not.
func isCapture(head []byte, name string) bool {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(bytes.NewReader(head))
		if err != nil {
			return false
		}
		inner := make([]byte, 256)
		n, _ := io.ReadFull(z, inner) // the head may end before
		return isSection(inner[:n]) && isScap(inner[:n])
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")), bytes.HasPrefix(head, []byte("\x04\x22\x4d\x18")):
		// zstd and lz4 hold anything; only a name tells before all is unpacked.
		return strings.Contains(name, ".scap")
	}
	return isSection(head) && isScap(head)
}

func isSection(head []byte) bool {
	return len(head) >= 12 && binary.LittleEndian.Uint32(head) == sectionHeader && binary.LittleEndian.Uint32(head[8:]) == byteOrderMagic
}

// capture reads a recording: the ends of processes, and what each did last.
func (c *collector) capture(f file, r io.Reader) error {
	t := newTrail()
	var own *scap.Private
	o := inspect.Options{
		Match: t.see, Progress: func(int64, int64) { c.progress(f.name) },
		Private: func(p *scap.Private) { own = p },
	}
	var ix *inspect.Index
	var err error
	if st, statErr := os.Stat(f.path); f.path != "" && statErr == nil && st.Mode().IsRegular() {
		ix, err = inspect.Open(c.ctx, f.path, o) // members are unpacked side by side
	} else {
		ix, err = inspect.Read(c.ctx, r, o)
	}
	var bad *scap.FormatError
	switch {
	case c.ctx.Err() != nil:
		return c.ctx.Err()
	case errors.As(err, &bad):
		c.fail(f, "is a damaged capture: "+bad.Error(), "")
		return nil
	case err != nil:
		c.fail(f, reason(err), "")
		return nil
	}
	sum := ix.Summary()
	if sum.Events == 0 {
		c.fail(f, "is a system-call capture without events", "")
		return nil
	}
	snap := &facts.Snapshot{
		Deaths: newDeaths(sum, t, whose(own, c.opts.MainPid), f.name).chosen(), Recordings: []facts.Recording{{Source: facts.Source{Input: f.name}, Ends: len(sum.Ends)}},
	}
	for _, why := range sum.Incomplete {
		snap.Skip("%s: %s", f.name, why)
	}
	c.add(f, snap)
	return nil
}

// deaths are the ends of processes in one recording, in its order.
type deaths struct{ all []*facts.Death }

func newDeaths(sum *inspect.Summary, t *trail, own owner, input string) *deaths {
	d := &deaths{}
	for i := range sum.Ends {
		e := &sum.Ends[i]
		x := death(e, t.ends[e.Event], sum.Host)
		for i := range x.Signals {
			if g := &x.Signals[i]; g.SenderName == "" {
				g.SenderName = t.senders[g.Sender]
			}
		}
		own.claim(x)
		x.Source = facts.Source{Input: input}
		d.all = append(d.all, x)
	}
	d.passOn(t)
	of := map[string][]*facts.Death{}
	for _, x := range d.all {
		of[x.ContainerID] = append(of[x.ContainerID], x)
	}
	for _, x := range d.all {
		if x.Main {
			x.Log = t.log(x, of[x.ContainerID])
		}
	}
	return d
}

// log is what the processes of a container, of which all are the ends, wrote to where its main process has standard output and
// standard error, as the runtime's log has it: a pipe between two of them is another matter. What
// the others wrote before the last of them was started is left out: the main process went on from there.
func (t *trail) log(main *facts.Death, all []*facts.Death) (out []facts.OutputLine) {
	p := t.ends[main.Event]
	if p == nil {
		return nil
	}
	last := p.bornAt
	for x := cmp.Or(main.Child, main.Handled); x != nil; x = cmp.Or(x.Child, x.Handled) {
		if q := t.ends[x.Event]; q != nil {
			last = max(last, q.bornAt)
		}
	}
	for _, x := range all {
		q := t.ends[x.Event]
		if q == nil {
			continue
		}
		for _, o := range x.Output {
			to := q.to[0]
			if o.Stderr {
				to = q.to[1]
			}
			if to != "" && (to == p.to[0] || to == p.to[1]) && (o.Event > last || x == main) && o.Event < main.Event {
				out = append(out, o)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b facts.OutputLine) int { return cmp.Compare(a.Event, b.Event) })
	return out[max(0, len(out)-maxLog):]
}

// maxLog bounds the lines of such a log.
const maxLog = 200

// death takes over the end of a process; p is nil where its trail was not kept.
func death(e *inspect.End, p *steps, host string) *facts.Death {
	d := &facts.Death{
		Main: e.Main, Host: host, Pid: e.Process.Pid, Vpid: e.Process.Vpid, Name: e.Process.Name, Command: e.Process.Command, Exe: e.Process.Exe,
		Parent: e.Process.Parent, ParentPid: e.Process.Ppid, UID: e.Process.UID, FDs: e.Process.FDs, FDLimit: e.Process.FDLimit, RSSKiB: e.Process.RSSKiB,
		Event: e.Event, At: time.Unix(0, int64(e.TimeNanos)).UTC(), Lived: durationOf(e.LivedNanos), Code: -1, Signal: e.Signal, SignalName: e.SignalName, Core: e.Core, Times: 1,
	}
	if e.Code != nil {
		d.Code = *e.Code
	}
	if c := e.Container; c != nil {
		d.Namespace, d.Pod, d.PodUID, d.Container = c.Namespace, c.Pod, c.PodUID, c.PodContainer
		d.ContainerID, d.ContainerName, d.Image = c.FullID, c.Name, c.Image
		if d.ContainerID == "" {
			d.ContainerID = c.ID
		}
	}
	for _, s := range e.Signals {
		d.Signals = append(d.Signals, facts.DeathSignal{Moment: at(s.At, p), Number: s.Number, Name: s.Name, Sender: s.Sender, SenderName: s.SenderName})
	}
	for _, o := range e.Output {
		d.Output = append(d.Output, facts.OutputLine{Moment: at(o.At, nil), Stderr: o.Stderr, Text: o.Text, Cut: p != nil && slices.Contains(p.cuts, o.At.Event)})
	}
	if p == nil {
		return d
	}
	if k := p.killedBy; k != nil && !k.failed {
		m := facts.Moment{Event: k.num, After: -1}
		if k.ts < e.TimeNanos {
			m.Before = durationOf(e.TimeNanos - k.ts)
		}
		d.Signals = append(d.Signals, facts.DeathSignal{Moment: m, Number: k.sig, Name: e.SignalName, Sender: k.from, SenderName: k.name, Sent: true})
	}
	recovered := map[string]bool{}
	for _, f := range e.Failed {
		if f.Recovered {
			recovered[f.Call+f.Error+f.On] = true
		}
	}
	for _, f := range p.fails {
		errno := ""
		if f.errno != 0 {
			errno = event.ErrnoName(f.errno)
		}
		c := facts.FailedCall{
			Moment: p.moment(f.num, f.ts, e.TimeNanos, f.deeds), Call: f.call, Error: errno, On: f.on, OnKind: f.onKind,
			Times: f.times, Exists: f.exists, Absent: f.absent, Writes: f.writes, Logged: p.reports > f.reports,
			Recovered: f.recovered || recovered[f.call+errno+f.on], Replaced: f.replaced, TLS: f.tls,
		}
		if f.until > f.ts {
			c.Waited = durationOf(f.until - f.ts)
		}
		d.Failed = append(d.Failed, c)
	}
	if c := e.Config; c != nil && c.Path == p.read.name {
		d.Config = &facts.FileRead{Moment: p.moment(p.read.num, p.read.ts, e.TimeNanos, p.read.deeds), Path: c.Path}
	}
	for _, q := range p.dns {
		n := q.NameLookup
		n.Moment = p.moment(q.Event, q.ts, e.TimeNanos, q.deeds)
		d.Names = append(d.Names, n)
	}
	return d
}

// at takes over a moment; how much came after it is known where the trail has a mark.
func at(a inspect.At, p *steps) facts.Moment {
	m := facts.Moment{Event: a.Event, Before: durationOf(a.BeforeNanos), After: -1}
	if p != nil {
		for _, x := range p.marks {
			if x.num == a.Event {
				m.After = p.deeds - x.deeds
			}
		}
	}
	return m
}

func durationOf(nanos uint64) time.Duration {
	const longest = uint64(1<<63 - 1)
	return time.Duration(min(nanos, longest))
}

// passOn finds for each failed end the child whose end it passes on: a shell or an
// init that ends with the status of the program that it ran.
func (d *deaths) passOn(t *trail) {
	byParent := map[int64][]*facts.Death{}
	for _, x := range d.all {
		if x.FailedEnd() {
			byParent[x.ParentPid] = append(byParent[x.ParentPid], x)
		}
	}
	for _, x := range d.all {
		p := t.ends[x.Event]
		if !x.FailedEnd() || x.Signal != 0 || p == nil {
			continue
		}
		for _, child := range byParent[x.Pid] {
			const (
				near  = 2 * time.Second  // a shell ends at once; an init may stop others first
				later = 10 * time.Second // a server tidies up before it gives up for a worker
				aFew  = 4
				// ownStatus: from here on a shell tells with its status what itself found wrong.
				ownStatus = 126
			)
			gone := x.At.Sub(child.At)
			switch {
			case child.Event >= x.Event, child.Event < p.began:
				// The latter was a matter of the program that it ran before. A process that is its
				// own parent is made up.
			case gone <= near && x.Code == int(child.ExitCode()) && p.since(child.Event) == 0:
				x.Child = child // the last one counts
			case gone <= near && child.Signal == 0 && isShell(x.Name) && x.Code < ownStatus && p.since(child.Event) == 0:
				x.Handled = child
			case gone <= later && child.SignalName == "SIGKILL" && x.Code != int(child.ExitCode()) && len(x.Killed) < aFew:
				x.Killed = append(x.Killed, child)
			}
		}
		if x.Child != nil {
			x.Handled = nil
		}
	}
}

// since is how many deeds there were after a child's end; 0 where nothing is marked after the
// event.
func (p *steps) since(num uint64) int {
	for _, m := range p.marks {
		if m.num >= num {
			return p.deeds - m.deeds
		}
	}
	return 0
}

// How many ends beside those of containers are worth a subject of their own.
const maxProcesses = 32

// shells start programs whose failures they handle.
var shells = []string{"sh", "bash", "dash", "ash", "busybox", "zsh", "make", "xargs", "timeout", "env"}

// chosen are the ends to explain: those of the main processes of containers; beside
// them those of other processes, without those that a parent passed on or dealt with.
func (d *deaths) chosen() []*facts.Death {
	passed := map[*facts.Death]bool{}
	for _, x := range d.all {
		passed[x.Child], passed[x.Handled] = true, true
	}
	var out []*facts.Death
	mains := map[string]bool{} // containers whose main process failed
	for _, x := range d.all {
		if x.Main {
			out = append(out, x)
			mains[x.ContainerID] = mains[x.ContainerID] || x.FailedEnd()
		}
	}
	type alike struct {
		container, name, parent string
		code                    int32
	}
	seen := map[alike]*facts.Death{}
	n := 0
	for i := len(d.all) - 1; i >= 0; i-- {
		x := d.all[i]
		if x.Main || !x.FailedEnd() || passed[x] || mains[x.ContainerID] || stopped(x) || handled(x) {
			continue
		}
		if x.ContainerID == "" && len(mains) > 0 {
			continue // the recording is about containers
		}
		key := alike{x.ContainerID, x.Name, x.Parent, x.ExitCode()}
		if old := seen[key]; old != nil {
			old.Times++
			continue
		}
		if n++; n > maxProcesses {
			break
		}
		seen[key] = x
		out = append(out, x)
	}
	return out
}

// stopped reports whether the process was asked to end, or lost its reader.
func stopped(x *facts.Death) bool {
	switch x.SignalName {
	case "SIGTERM", "SIGHUP", "SIGINT", "SIGPIPE", "SIGQUIT":
		return true
	}
	return false
}

// handled reports whether a shell or the like ran the program and went on.
func handled(x *facts.Death) bool {
	if x.Signal != 0 {
		return false
	}
	return isShell(x.Parent)
}

// isShell reports whether a program's short name is that of a shell, of a script, or of a
// program that runs others and judges their ends.
func isShell(name string) bool {
	return slices.Contains(shells, name) || strings.HasSuffix(name, ".sh")
}
