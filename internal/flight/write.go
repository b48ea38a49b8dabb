package flight

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// Write writes it as a capture of format 1.2 in gzip members with an index, complete in
// itself: the state at its beginning, the container, all events in order of time. It changes
// nothing that the Recorder uses, so that it may run in a goroutine of its own.
func (t *Moment) Write(w io.Writer) (Info, error) {
	if len(t.parts) == 0 {
		return Info{}, ErrNothing // released
	}
	p := &packer{}
	defer p.close()
	info := Info{Lost: copyLost(t.lost), Head: t.hasHead, HeadEvents: t.headN}
	for i := range t.parts {
		var err error
		if t.parts[i].state, err = p.load(t.parts[i].stored); err != nil {
			return info, err
		}
	}
	t.parts[0].state = t.parts[0].state.over(t.nodeState)
	bridges, err := t.bridges(p, &info)
	if err != nil {
		return info, err
	}
	info.Threads = len(t.parts[0].state.threads)
	if t.marksSince > 0 {
		info.LandmarksNanos = t.marksSince
	}
	info.BulkNanos = max(t.bulkSince, t.marksSince)
	info.Facts = t.facts(&info)
	out, err := scap.NewWriter(w, scap.WriteOptions{
		Gzip: true, Level: t.level, Index: true, Private: &scap.Private{Facts: info.Facts},
	})
	if err != nil {
		return info, err
	}
	v := &veil{t.parts[0].state.tracker()}
	for i := range t.parts {
		if i == 0 {
			if err := out.WriteState(&named{t.parts[0].state.listed(), t.container}); err != nil {
				return info, err
			}
		}
		if err := t.put(out, v, bridges[i], &info); err != nil {
			return info, err
		}
		if err := t.each(i, p, func(r *record, hide bool) error { return t.event(out, v, r, hide, &info) }); err != nil {
			return info, err
		}
	}
	return info, out.Close()
}

// named is a state with its container.
type named struct {
	*frozen
	c *event.Container
}

// Containers gives the container; see scap.Writer.WriteState.
func (n *named) Containers() []*event.Container {
	if n.c == nil {
		return nil
	}
	return []*event.Container{n.c}
}

// each gives the records of a part in order; hide says that one only serves the state.
func (t *Moment) each(i int, p *packer, do func(r *record, hide bool) error) error {
	part := &t.parts[i]
	var calls []record
	if i == len(t.parts)-1 {
		calls = t.calls
	}
	m := newMerger(p, t.opening.Expand, part.segs, calls)
	for {
		r, from, ok := m.next()
		if !ok {
			return m.err
		}
		if r.num <= from.over && !t.under[r.num] {
			continue
		}
		hide := false
		if r.ts < part.floor && from.segment != nil {
			enter := classOf(r.typ).enter
			if from.bulk && !enter {
				continue
			}
			hide = enter
		}
		if err := do(&r, hide); err != nil {
			return err
		}
	}
}

// event writes one record.
func (t *Moment) event(out *scap.Writer, v *veil, r *record, hide bool, info *Info) error {
	var ev event.Event
	r.fill(&ev)
	if hide {
		ev.Flags |= hidden
	}
	v.cover(&ev)
	before := out.Events()
	if err := out.WriteEvent(&ev); err != nil {
		if out.Events() == before && isOfEvent(err) {
			info.Left++
			return nil
		}
		return err
	}
	if ev.Hidden() {
		info.Hidden++
		return nil
	}
	if info.Events == 0 {
		info.FirstNanos = r.ts
	}
	info.Events++
	info.LastNanos = max(info.LastNanos, r.ts)
	return nil
}

// isOfEvent reports whether an error is about one event only.
func isOfEvent(err error) bool {
	return errors.Is(err, scap.ErrBadEvent) || errors.Is(err, scap.ErrTooLong)
}

// hidden is the flag of events that only change the state.
const hidden = 1

func (t *Moment) put(out *scap.Writer, v *veil, list []record, info *Info) error {
	for i := range list {
		if err := t.event(out, v, &list[i], true, info); err != nil {
			return err
		}
	}
	return nil
}

// bridges makes, for each part, the events that lead to its state: from what the process list
// can say for the first one, over a gap for the others.
func (t *Moment) bridges(p *packer, info *Info) ([][]record, error) {
	out := make([][]record, len(t.parts))
	b := newBridge(t.parts[0].state)
	b.from = t.parts[0].begin(t.calls)
	for i := range t.parts {
		out[i] = b.to(t.parts[i].state, max(t.parts[i].floor, b.from))
		if i > 0 {
			info.Gap = true
			info.Bridged += uint64(len(out[i]))
		}
		if i == len(t.parts)-1 {
			break
		}
		err := t.each(i, p, func(r *record, _ bool) error {
			b.see(r)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	info.Unbridged = b.unbridged
	return out, nil
}

// begin is the time of the part's first event, or of its state.
func (p *part) begin(calls []record) uint64 {
	first := ^uint64(0)
	for _, s := range p.segs {
		first = min(first, s.early)
	}
	for i := range calls {
		first = min(first, calls[i].ts)
	}
	return max(p.floor, first)
}

// facts are what the capture says about itself.
func (t *Moment) facts(info *Info) []scap.Fact {
	var f []scap.Fact
	add := func(name, value string) {
		if value != "" {
			f = append(f, scap.Fact{Name: name, Value: value})
		}
	}
	num := func(n uint64) string { return strconv.FormatUint(n, 10) }
	when := func(ns uint64) string {
		if ns == 0 {
			return ""
		}
		return time.Unix(0, int64(ns)).UTC().Format(time.RFC3339Nano)
	}
	if c := t.container; c != nil {
		add("pod", c.PodName)
		add("namespace", c.PodNamespace)
		add("container", c.PodContainer)
		add("container.name", c.Name)
		add("container.id", c.ID)
		add("image", c.Image)
	}
	add("cgroup", t.opening.Cgroup)
	add("node", t.node)
	add("trigger", t.mark.Cause)
	add("trigger.text", t.mark.Text)
	add("trigger.time", when(t.mark.TsNanos))
	add("trigger.event", t.mark.Event)
	if t.mark.AfterNanos > 0 {
		add("trigger.after", time.Duration(t.mark.AfterNanos).String())
	}
	if d := t.death; d != nil {
		add("death.time", when(d.TsNanos))
		if d.Pid != 0 {
			add("death.pid", strconv.FormatInt(d.Pid, 10))
		}
		if d.Unknown {
			add("death.code", "unknown")
		} else {
			add("death.code", strconv.Itoa(d.Code))
			add("death.signal", strconv.Itoa(d.Signal))
		}
		add("death.oom", strconv.FormatBool(d.OOM))
	}
	switch {
	case !t.hasHead:
		add("head", "none")
	case t.headLost > 0:
		add("head", "incomplete")
	default:
		add("head", "whole")
	}
	if t.hasHead {
		add("head.events", num(t.headN))
	}
	add("gap", strconv.FormatBool(info.Gap))
	if info.Gap {
		add("gap.bridged", num(info.Bridged))
		add("gap.unbridged", strconv.Itoa(info.Unbridged))
	}
	add("landmarks.since", when(info.LandmarksNanos))
	add("bulk.since", when(info.BulkNanos))
	add("evicted", num(t.evicted))
	if t.stateLost {
		add("state", "given up: too many processes or descriptors")
	}
	for _, set := range []struct {
		name string
		of   map[LossCause]uint64
	}{{"lost.", t.lost}, {"lost.node.", t.nodeLost}} {
		var causes []string
		for c := range set.of {
			causes = append(causes, string(c))
		}
		slices.Sort(causes)
		for _, c := range causes {
			add(set.name+c, num(set.of[LossCause(c)]))
		}
	}
	return append(f, t.mark.Facts...)
}
