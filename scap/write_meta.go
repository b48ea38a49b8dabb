package scap

import "github.com/unloop-dev/unloop/event"

// Limits of strings in metadata. Other readers refuse a file with a path above 1023 or a
// list above 4096 bytes, or with an account's string of 256.
const (
	writePath    = maxPath - 1
	writeArgs    = maxArgs
	writeAccount = 255
)

// listBlock is the length from which on a list is continued in another block.
const listBlock = 1 << 20

// metaBlocks collects metadata until the first event. The order of the file is machine,
// interfaces, accounts, processes, descriptors: sysdig refuses descriptors of threads
// that it does not know yet.
type metaBlocks struct {
	machine    []byte
	interfaces lists
	users      lists
	processes  lists
	known      map[int64]bool
	fds        []fdList
	fdOf       map[int64]int
}

// lists is a run of blocks of one type.
type lists struct {
	done [][]byte
	open []byte
}

func (l *lists) add(typ uint32, entry []byte) {
	if l.open == nil {
		l.open = beginBlock(nil, typ)
	}
	l.open = append(l.open, entry...)
	if len(l.open) > listBlock {
		l.end()
	}
}

func (l *lists) end() {
	if l.open != nil {
		l.done = append(l.done, endBlock(l.open, 0))
		l.open = nil
	}
}

// fdList is the block of one thread.
type fdList struct {
	tid int64
	b   []byte
}

func (m *metaBlocks) write(w *Writer) {
	if m.machine != nil {
		w.write(m.machine)
	}
	for _, l := range []*lists{&m.interfaces, &m.users, &m.processes} {
		l.end()
		for _, b := range l.done {
			w.write(b)
		}
	}
	for _, l := range m.fds {
		if m.known[l.tid] {
			w.write(endBlock(l.b, 0))
		}
	}
	*m = metaBlocks{}
}

// ready reports whether metadata may still be written.
func (w *Writer) ready() bool {
	if w.err == nil && w.begun {
		w.err = ErrOrder
	}
	return w.err == nil
}

// Section is the Sink's; the writer has written its own section header.
func (w *Writer) Section(_, _ uint16) {}

// SetMachine writes the machine info.
func (w *Writer) SetMachine(m event.Machine) {
	if !w.ready() {
		return
	}
	b := beginBlock(nil, BlockMachine)
	b = le32(b, m.CPUs)
	b = le64(b, m.MemoryBytes)
	b = le64(b, m.MaxPid)
	var host [128]byte
	copy(host[:127], m.Hostname)
	b = append(b, host[:]...)
	b = le64(b, m.BootNanos)
	b = le64(b, 0)
	b = le64(b, 0)
	b = le64(b, 0)
	w.meta.machine = endBlock(b, 0)
}

// AddInterface writes a network interface.
func (w *Writer) AddInterface(i event.Interface) {
	if !w.ready() {
		return
	}
	name := i.Name[:min(len(i.Name), writePath)]
	kind, n := uint16(1), 4
	if i.V6 {
		kind, n = 2, 16
	}
	b := le16(nil, kind)
	b = le16(b, uint16(len(name)))
	b = append(b, i.Addr[:n]...)
	b = append(b, i.Netmask[:n]...)
	for k := range n { // broadcast
		b = append(b, i.Addr[k]|^i.Netmask[k])
	}
	b = le64(b, i.LinkSpeed)
	b = append(b, name...)
	w.meta.interfaces.add(BlockInterface, append(le32(nil, uint32(len(b))), b...))
}

// counted prefixes an entry with its length, which counts itself.
func counted(b []byte) []byte { return append(le32(nil, uint32(len(b)+4)), b...) }

// AddUser writes an account.
func (w *Writer) AddUser(u event.User) {
	if !w.ready() {
		return
	}
	b := append([]byte(nil), 0)
	b = le32(b, u.UID)
	b = le32(b, u.GID)
	b = str(b, u.Name, writeAccount)
	b = str(b, u.Home, writeAccount)
	b = str(b, u.Shell, writeAccount)
	w.meta.users.add(BlockUser, counted(b))
}

// AddGroup writes a group.
func (w *Writer) AddGroup(g event.Group) {
	if !w.ready() {
		return
	}
	b := append([]byte(nil), 1)
	b = le32(b, g.GID)
	b = str(b, g.Name, writeAccount)
	w.meta.users.add(BlockUser, counted(b))
}

// AddThread writes a thread, with the 29 bytes at the end of its entry that sysdig
// 0.29.3 reads right. The longer form would cost it the login uid.
func (w *Writer) AddThread(t event.Thread) {
	if !w.ready() {
		return
	}
	b := le64(nil, uint64(t.Tid))
	b = le64(b, uint64(t.Pid))
	b = le64(b, uint64(t.Ptid))
	b = le64(b, uint64(t.Sid))
	b = le64(b, uint64(t.VPgid))
	b = str(b, t.Comm, writePath)
	b = str(b, t.Exe, writePath)
	b = str(b, t.ExePath, writePath)
	b = list(b, t.Args, writeArgs)
	b = str(b, t.Dir(), writePath)
	b = le64(b, uint64(t.FDLimit))
	b = le32(b, t.Flags)
	b = le32(b, t.UID)
	b = le32(b, t.GID)
	b = le32(b, t.VMSizeKiB)
	b = le32(b, t.VMRSSKiB)
	b = le32(b, t.VMSwapKiB)
	b = le64(b, t.PFMajor)
	b = le64(b, t.PFMinor)
	b = list(b, t.Env, writeArgs)
	b = le64(b, uint64(t.Vtid))
	b = le64(b, uint64(t.Vpid))
	b = list(b, t.Cgroups, writeArgs)
	b = str(b, t.Root, writePath)
	b = le32(b, t.LoginUID)
	b = append(b, asByte(t.ExeWritable))
	b = le64(b, t.CapInheritable)
	b = le64(b, t.CapPermitted)
	b = le64(b, t.CapEffective)
	w.meta.processes.add(BlockProcess, counted(b))
	if w.meta.known == nil {
		w.meta.known = map[int64]bool{}
	}
	w.meta.known[t.Tid] = true
}

func asByte(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// AddFD writes a descriptor of a thread. Kinds above 16, for which sysdig 0.29.3 refuses
// the whole file, become "unsupported". Descriptors of threads that are not written are
// left out.
func (w *Writer) AddFD(tid, fd int64, f event.FD) {
	if !w.ready() {
		return
	}
	at, ok := w.meta.fdOf[tid]
	if !ok {
		if w.meta.fdOf == nil {
			w.meta.fdOf = map[int64]int{}
		}
		at = len(w.meta.fds)
		w.meta.fdOf[tid] = at
		w.meta.fds = append(w.meta.fds, fdList{tid, le64(beginBlock(nil, BlockFD), uint64(tid))})
	}
	l := &w.meta.fds[at]
	kind := f.Kind
	if kind > event.FDFile || kind == event.FDUnknown {
		kind = event.FDUnsupported
	}
	b := le64(nil, uint64(fd))
	b = le64(b, f.Ino)
	b = append(b, byte(kind))
	switch kind {
	case event.FDIPv4, event.FDIPv6:
		n := 4
		if kind == event.FDIPv6 {
			n = 16
		}
		b = append(b, f.ClientIP[:n]...)
		b = append(b, f.ServerIP[:n]...)
		b = le16(b, f.ClientPort)
		b = le16(b, f.ServerPort)
		b = append(b, byte(f.L4))
	case event.FDIPv4Listen, event.FDIPv6Listen:
		n := 4
		if kind == event.FDIPv6Listen {
			n = 16
		}
		b = append(b, f.ServerIP[:n]...)
		b = le16(b, f.ServerPort)
		b = append(b, byte(f.L4))
	case event.FDUnix:
		b = le64(b, f.Source)
		b = le64(b, f.Peer)
		b = str(b, unixPath(f.Name), writePath)
	case event.FDFile:
		b = le32(b, f.OpenFlags)
		b = str(b, f.Name, writePath)
		b = le32(b, f.Dev)
	default:
		b = str(b, f.Name, writePath)
	}
	l.b = append(l.b, counted(b)...)
}

// unixPath takes the path from the name of a unix socket, which after a call is the text
// of its tuple: two addresses and the path.
func unixPath(name string) string {
	for i := 0; i+1 < len(name); i++ {
		if name[i] == '-' && name[i+1] == '>' {
			for k := i; k < len(name); k++ {
				if name[k] == ' ' {
					return name[k+1:]
				}
			}
			return ""
		}
		if c := name[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			break
		}
	}
	return name
}
