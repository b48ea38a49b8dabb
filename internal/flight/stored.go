package flight

import (
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap/state"
)

// stored is a state as the recorder keeps it between evictions: compressed, since what the
// processes of a container have open is much the same. It lives in memory only, so that
// its layout has no version. nil is the empty state.
type stored struct {
	packed []byte
	raw    int
}

// bytes is what it takes.
func (s *stored) bytes() int64 {
	if s == nil {
		return 0
	}
	return int64(cap(s.packed)) + 32
}

// store packs a state.
func (p *packer) store(f *frozen) *stored {
	w := fieldWriter{}
	f.visit(&w)
	s := &stored{packed: p.pack(w.b), raw: len(w.b)}
	if s.packed == nil {
		s.packed, s.raw = w.b, -1
	}
	return s
}

// load unpacks a state.
func (p *packer) load(s *stored) (*frozen, error) {
	f := &frozen{}
	if s == nil || len(s.packed) == 0 {
		return f, nil
	}
	b := s.packed
	if s.raw >= 0 {
		var err error
		if b, err = p.unpack(b, s.raw); err != nil {
			return f, err
		}
	}
	r := fieldReader{b: b}
	f.visit(&r)
	if r.bad {
		return f, errSegment
	}
	return f, nil
}

// tracker makes a state that goes on where f was frozen: unlike one that was read from a
// process list it knows the ends and roles of sockets, and parents that are gone.
func (f *frozen) tracker() *state.Tracker {
	tr := state.New()
	f.listed().Replay(tr)
	for i := range f.fds {
		x := &f.fds[i]
		if t := tr.Thread(x.tid); t != nil {
			if fd := t.FDs.Get(x.num); fd != nil {
				*fd = x.fd
			}
		}
	}
	living := map[int64]bool{}
	for i := range f.threads {
		living[f.threads[i].Tid] = true
	}
	for i := range f.ghosts {
		if g := &f.ghosts[i]; !living[g.Tid] {
			tr.Apply(&event.Event{Type: codeProcexit, Kind: event.KindOf(codeProcexit), Tid: g.Tid, FDNum: -1, Flags: hidden, TsNanos: g.ExitedNanos})
		}
	}
	return tr
}

// fields visits values one after the other, to write or to read them.
type fields interface {
	text(*string)
	num(*uint64)
	raw([]byte)
	// count tells or asks for the length of a list whose entries take a byte at least.
	count(n int) int
}

func i64(v fields, p *int64) {
	u := zigzag(*p)
	v.num(&u)
	*p = unzigzag(u)
}

func u32(v fields, p *uint32) {
	u := uint64(*p)
	v.num(&u)
	*p = uint32(u)
}

func u16(v fields, p *uint16) {
	u := uint64(*p)
	v.num(&u)
	*p = uint16(u)
}

func truth(v fields, p *bool) {
	u := uint64(0)
	if *p {
		u = 1
	}
	v.num(&u)
	*p = u != 0
}

// list visits the entries of a list.
func list[T any](v fields, l *[]T, each func(*T)) {
	n := v.count(len(*l))
	if n != len(*l) {
		*l = make([]T, n)
	}
	for i := range *l {
		each(&(*l)[i])
	}
}

func (f *frozen) visit(v fields) {
	u32(v, &f.machine.CPUs)
	v.num(&f.machine.MemoryBytes)
	v.num(&f.machine.MaxPid)
	v.text(&f.machine.Hostname)
	v.num(&f.machine.BootNanos)
	list(v, &f.interfaces, func(i *event.Interface) {
		v.text(&i.Name)
		v.raw(i.Addr[:])
		v.raw(i.Netmask[:])
		truth(v, &i.V6)
		v.num(&i.LinkSpeed)
	})
	list(v, &f.users, func(u *event.User) {
		u32(v, &u.UID)
		u32(v, &u.GID)
		v.text(&u.Name)
		v.text(&u.Home)
		v.text(&u.Shell)
	})
	list(v, &f.groups, func(g *event.Group) {
		u32(v, &g.GID)
		v.text(&g.Name)
	})
	list(v, &f.threads, func(t *event.Thread) { visitThread(v, t) })
	list(v, &f.ghosts, func(t *event.Thread) { visitThread(v, t) })
	list(v, &f.fds, func(x *frozenFD) {
		i64(v, &x.tid)
		i64(v, &x.num)
		visitFD(v, &x.fd)
	})
}

func visitThread(v fields, t *event.Thread) {
	for _, p := range []*int64{&t.Tid, &t.Pid, &t.Ptid, &t.Vtid, &t.Vpid, &t.Sid, &t.VPgid, &t.Pgid, &t.FDLimit} {
		i64(v, p)
	}
	for _, p := range []*string{&t.Comm, &t.Exe, &t.ExePath, &t.Cwd, &t.Root, &t.Args, &t.Env, &t.Cgroups} {
		v.text(p)
	}
	for _, p := range []*uint32{&t.Flags, &t.UID, &t.GID, &t.LoginUID, &t.TTY, &t.VMSizeKiB, &t.VMRSSKiB, &t.VMSwapKiB} {
		u32(v, p)
	}
	for _, p := range []*uint64{
		&t.PFMajor, &t.PFMinor, &t.CapInheritable, &t.CapPermitted, &t.CapEffective, &t.ExeIno, &t.ExeCtimeNanos, &t.ExeMtimeNanos,
		&t.PidnsInitStartNanos, &t.CloneNanos, &t.ExitedNanos, &t.ExecNanos,
	} {
		v.num(p)
	}
	for _, p := range []*bool{&t.ExeWritable, &t.ExeUpperLayer, &t.ExeLowerLayer, &t.ExeFromMemfd, &t.Unknown} {
		truth(v, p)
	}
}

func visitFD(v fields, f *event.FD) {
	kind := [4]byte{byte(f.Kind), byte(f.L4), byte(f.Role), byte(f.Conn)}
	v.raw(kind[:])
	f.Kind, f.L4, f.Role, f.Conn = event.FDKind(kind[0]), event.L4(kind[1]), event.Role(kind[2]), event.ConnState(kind[3])
	v.text(&f.Name)
	v.text(&f.Raw)
	u32(v, &f.OpenFlags)
	u32(v, &f.Dev)
	v.num(&f.Ino)
	truth(v, &f.Named)
	truth(v, &f.UpperLayer)
	truth(v, &f.LowerLayer)
	ends := f.Kind != event.FDFile
	truth(v, &ends)
	if ends {
		v.raw(f.ClientIP[:])
		v.raw(f.ServerIP[:])
		u16(v, &f.ClientPort)
		u16(v, &f.ServerPort)
		v.num(&f.Source)
		v.num(&f.Peer)
	}
}

// fieldWriter writes.
type fieldWriter struct{ b []byte }

func (w *fieldWriter) text(s *string) {
	w.b = append(binary.AppendUvarint(w.b, uint64(len(*s))), *s...)
}
func (w *fieldWriter) num(n *uint64) { w.b = binary.AppendUvarint(w.b, *n) }
func (w *fieldWriter) raw(b []byte)  { w.b = append(w.b, b...) }
func (w *fieldWriter) count(n int) int {
	w.b = binary.AppendUvarint(w.b, uint64(n))
	return n
}

// fieldReader reads. The same text again takes no memory.
type fieldReader struct {
	b     []byte
	bad   bool
	known map[string]string
}

func (r *fieldReader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *fieldReader) num(n *uint64) {
	v, k := binary.Uvarint(r.b)
	if k <= 0 {
		r.bad, r.b = true, nil
		return
	}
	*n, r.b = v, r.b[k:]
}

func (r *fieldReader) text(s *string) {
	var n uint64
	r.num(&n)
	b := r.take(n)
	if len(b) == 0 {
		*s = ""
		return
	}
	if r.known == nil {
		r.known = map[string]string{}
	}
	had, ok := r.known[string(b)]
	if !ok {
		had = string(b)
		r.known[had] = had
	}
	*s = had
}

func (r *fieldReader) raw(b []byte) { copy(b, r.take(uint64(len(b)))) }

func (r *fieldReader) count(int) int {
	var n uint64
	r.num(&n)
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}
