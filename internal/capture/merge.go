package capture

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// MergeOptions tune Merge.
type MergeOptions struct {
	// SameHost takes all captures for ones of the same machine, whatever they say.
	SameHost bool
}

// MergeResult tells what was written.
type MergeResult struct {
	Events, Left uint64
	// Shift is what was added to the process numbers of each source; 0 for those of the
	// first machine.
	Shift []int64
	// Hosts are their machines' names.
	Hosts []string
}

// pidSpace is more than the highest process number that Linux gives (PID_MAX_LIMIT,
// include/linux/threads.h: 4194304), so that two machines' numbers never meet.
const pidSpace = 1 << 23

// Merge writes the events of several captures in the order of their times. Captures of
// one machine keep their numbers; those of further machines are told apart by a shift
// of all process numbers. The process list is what each capture began with.
func Merge(ctx context.Context, sources []Source, dst Target, o MergeOptions) (*MergeResult, error) {
	m := &merger{}
	defer m.close()
	for i, open := range sources {
		s := &stream{tr: state.New()}
		r, err := open(s.tr)
		if err != nil {
			return nil, fmt.Errorf("capture %d: %w", i+1, err)
		}
		s.r = r
		m.streams = append(m.streams, s)
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	m.number(o)
	w, err := dst(nil)
	if err != nil {
		return nil, err
	}
	if err := w.WriteState(m); err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		if n%(1<<16) == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		s := m.earliest()
		if s == nil {
			break
		}
		err := w.WriteEvent(s.shifted())
		switch {
		case isEventError(err):
			m.res.Left++
		case err != nil:
			return nil, err
		default:
			m.res.Events++
		}
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	return &m.res, w.Close()
}

// isEventError reports whether the writer refused one event and goes on.
func isEventError(err error) bool {
	return errors.Is(err, scap.ErrBadEvent) || errors.Is(err, scap.ErrTooLong)
}

type merger struct {
	streams []*stream
	res     MergeResult
}

func (m *merger) close() {
	for _, s := range m.streams {
		s.r.Close() //nolint:errcheck // only read: closing loses nothing
	}
}

// stream is one capture, at one event.
type stream struct {
	r     *scap.Reader
	tr    *state.Tracker
	ev    event.Event
	done  bool
	key   uint64 // time for the order: it never goes back
	shift int64
	data  []byte
	// begun says that ev holds an event that the state does not know yet.
	begun bool
}

func (s *stream) next() error {
	if s.begun {
		s.tr.Apply(&s.ev)
	}
	err := s.r.Next(&s.ev)
	s.begun = err == nil
	switch {
	case err == io.EOF:
		s.done = true
		return nil
	case err != nil:
		return err
	}
	// Container and procinfo events may be stamped otherwise than the calls around them.
	if k := s.ev.Kind; k != nil && k.Flags&event.HasExit != 0 {
		s.key = max(s.key, s.ev.TsNanos)
	}
	return nil
}

// earliest is the stream whose event comes next; nil at the end of all.
func (m *merger) earliest() *stream {
	var best *stream
	for _, s := range m.streams {
		if !s.done && (best == nil || s.key < best.key) {
			best = s
		}
	}
	return best
}

// number gives each machine its own space of process numbers.
func (m *merger) number(o MergeOptions) {
	type host struct {
		name string
		boot uint64
	}
	var hosts []host
	for _, s := range m.streams {
		mach := s.tr.Machine()
		at := -1
		for i, h := range hosts {
			const drift = 60e9 // boot times are computed from clocks that are set
			apart := max(h.boot, mach.BootNanos) - min(h.boot, mach.BootNanos)
			if h.name == mach.Hostname && (h.boot == 0 || mach.BootNanos == 0 || apart < drift) {
				at = i
			}
		}
		if at < 0 {
			at = len(hosts)
			hosts = append(hosts, host{mach.Hostname, mach.BootNanos})
		}
		if !o.SameHost {
			s.shift = int64(at) * pidSpace
		}
		m.res.Shift, m.res.Hosts = append(m.res.Shift, s.shift), append(m.res.Hosts, mach.Hostname)
	}
}

// Replay is part of scap.State: what each capture began with, the first word counts.
func (m *merger) Replay(to scap.Sink) {
	u := &union{to: to, threads: map[int64]bool{}, fds: map[[2]int64]bool{}, users: map[uint32]bool{}, groups: map[uint32]bool{}, addrs: map[[16]byte]bool{}}
	for pass := range 2 {
		for _, s := range m.streams {
			u.shift, u.descriptors = s.shift, pass == 1
			s.tr.Replay(u)
		}
	}
}

// Containers are those of all captures.
func (m *merger) Containers() []*event.Container {
	var out []*event.Container
	seen := map[string]bool{}
	for _, s := range m.streams {
		for _, c := range s.tr.Containers() {
			if !seen[c.ID] {
				seen[c.ID] = true
				out = append(out, c)
			}
		}
	}
	return out
}

// union passes metadata on once. Descriptors come after all threads.
type union struct {
	to          scap.Sink
	shift       int64
	descriptors bool
	machine     bool
	threads     map[int64]bool
	fds         map[[2]int64]bool
	users       map[uint32]bool
	groups      map[uint32]bool
	addrs       map[[16]byte]bool
}

// Section is part of scap.Sink.
func (u *union) Section(uint16, uint16) {}

// SetMachine is part of scap.Sink.
func (u *union) SetMachine(m event.Machine) {
	if !u.machine {
		u.machine = true
		u.to.SetMachine(m)
	}
}

// AddInterface is part of scap.Sink.
func (u *union) AddInterface(i event.Interface) {
	if !u.addrs[i.Addr] {
		u.addrs[i.Addr] = true
		u.to.AddInterface(i)
	}
}

// AddUser is part of scap.Sink.
func (u *union) AddUser(x event.User) {
	if !u.users[x.UID] {
		u.users[x.UID] = true
		u.to.AddUser(x)
	}
}

// AddGroup is part of scap.Sink.
func (u *union) AddGroup(x event.Group) {
	if !u.groups[x.GID] {
		u.groups[x.GID] = true
		u.to.AddGroup(x)
	}
}

// AddThread is part of scap.Sink.
func (u *union) AddThread(t event.Thread) {
	for _, n := range []*int64{&t.Tid, &t.Pid, &t.Ptid, &t.Pgid} {
		if *n > 0 {
			*n += u.shift
		}
	}
	if !u.descriptors && !u.threads[t.Tid] {
		u.threads[t.Tid] = true
		u.to.AddThread(t)
	}
}

// AddFD is part of scap.Sink.
func (u *union) AddFD(tid, fd int64, f event.FD) {
	key := [2]int64{tid + u.shift, fd}
	if u.descriptors && !u.fds[key] {
		u.fds[key] = true
		u.to.AddFD(key[0], fd, f)
	}
}

// shifted is the stream's event with its process numbers moved; it is valid until the
// stream goes on.
func (s *stream) shifted() *event.Event {
	if s.shift == 0 {
		return &s.ev
	}
	ev := s.ev
	if ev.Tid > 0 {
		ev.Tid += s.shift
	}
	if ev.Kind == nil || !hasPids(ev.Kind) {
		return &ev
	}
	s.data = append(s.data[:0], ev.Data...)
	ev.Data = s.data
	for i := range min(ev.NParams, len(ev.Kind.Params)) {
		if !s.moves(&ev.Kind.Params[i]) {
			continue
		}
		if b, _ := ev.Param(i); len(b) == 8 {
			if n := int64(binary.LittleEndian.Uint64(b)); n > 0 {
				binary.LittleEndian.PutUint64(b, uint64(n+s.shift))
			}
		}
	}
	return &ev
}

func hasPids(k *event.Kind) bool {
	for i := range k.Params {
		if k.Params[i].Type == event.Pid {
			return true
		}
	}
	return false
}

// moves reports whether a parameter counts processes as the machine does. What a call
// was given or gave back in a pid namespace does not.
func (s *stream) moves(p *event.Param) bool {
	if p.Type != event.Pid {
		return false
	}
	switch p.Name {
	case "vtid", "vpid", "vpgid", "pgid":
		return false
	case "res":
		if b, ok := s.ev.Named("flags"); ok {
			flags, _ := event.Unsigned(b)
			return uint32(flags)&event.ChildInPidNS == 0
		}
	}
	if s.ev.Name() == "kill" {
		t := s.tr.Thread(s.ev.Tid)
		return t == nil || t.Container == nil
	}
	return true
}
