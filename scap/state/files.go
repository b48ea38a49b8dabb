package state

import (
	"bytes"

	"github.com/unloop-dev/unloop/event"
)

// cwdFD is the descriptor number that stands for the working directory.
const cwdFD = -100

// notAvailable is what old recorders wrote for a string they could not read.
var notAvailable = []byte("<NA>")

// newFD returns an empty descriptor.
func (t *Tracker) newFD() *event.FD {
	if n := len(t.spare); n > 0 {
		f := t.spare[n-1]
		t.spare = t.spare[:n-1]
		*f = event.FD{}
		return f
	}
	return new(event.FD)
}

// set makes fd of the process stand for f, and shows it on the event.
func (t *Tracker) set(th *thread, fd int64, f *event.FD, ev *event.Event) {
	ev.FDNum, ev.FD = fd, f
	if fd < 0 {
		return
	}
	if th.FDs.Get(fd) == nil {
		if t.fds >= maxFDs {
			t.stats.Refused++
			return
		}
		t.fds++
	}
	th.FDs.Set(fd, f)
}

// unset forgets fd; the event still shows it.
func (t *Tracker) unset(th *thread, fd int64) {
	f := th.FDs.Get(fd)
	if f == nil {
		return
	}
	th.FDs.Set(fd, nil)
	t.fds--
	t.closed = f
}

// open is the exit of open, openat, openat2 and creat.
func open(t *Tracker, th *thread, ev *event.Event) {
	fd, ok := result(ev)
	if !ok || fd < 0 {
		return
	}
	p := all(ev)
	p.skip(1)
	dirfd := int64(cwdFD)
	at := ev.Type == 307 || ev.Type == 327
	if at {
		dirfd = p.i64()
	}
	name := p.text()
	flags := uint32(0)
	if ev.Type != 59 {
		flags = p.u32()
	}
	p.skip(1) // mode
	if ev.Type == 327 {
		p.skip(1) // resolve
	}
	dev, ino := p.u32(), p.u64()

	// The enter knows the name before anybody could change it in memory.
	if e := ev.Enter; e != nil && e.Kind.Type == ev.Type-1 {
		q := ofEnter(e)
		enterDir := int64(cwdFD)
		if at {
			enterDir = q.i64()
		}
		if n := q.text(); len(n) > 0 && !bytes.Equal(n, notAvailable) {
			name, dirfd = n, enterDir
			if ev.Type != 59 {
				flags = q.u32() | flags&event.OpenCreated
			}
		}
	}
	t.opened(th, ev, fd, dirfd, name, flags, dev, ino)
}

// openOld is the exit of the openat that gives its arguments in the enter only.
func openOld(t *Tracker, th *thread, ev *event.Event) {
	fd, ok := result(ev)
	if !ok || fd < 0 || ev.Enter == nil {
		return
	}
	q := ofEnter(ev.Enter)
	dirfd := q.i64()
	name := q.text()
	t.opened(th, ev, fd, dirfd, name, q.u32(), 0, 0)
}

func openByHandle(t *Tracker, th *thread, ev *event.Event) {
	fd, ok := result(ev)
	if !ok || fd < 0 {
		return
	}
	p := all(ev)
	p.skip(2)
	flags := p.u32()
	name := p.text()
	t.opened(th, ev, fd, cwdFD, name, flags, p.u32(), p.u64())
}

func (t *Tracker) opened(th *thread, ev *event.Event, fd, dirfd int64, name []byte, flags, dev uint32, ino uint64) {
	f := t.newFD()
	f.Kind = event.FDFile
	if flags&event.OpenDirectory != 0 {
		f.Kind = event.FDDirectory
	}
	f.OpenFlags, f.Dev, f.Ino = flags, dev, ino
	f.Name, f.Raw = t.resolve(th, dirfd, name)
	f.UpperLayer, f.LowerLayer = flags&0x8000 != 0, flags&0x10000 != 0
	t.set(th, fd, f, ev)
}

// resolve makes a path of a name relative to a directory. Both strings are shared with
// all who use the same name.
func (t *Tracker) resolve(th *thread, dirfd int64, name []byte) (path, raw string) {
	if len(name) > 0 && name[0] == '/' {
		e := t.paths.find(name)
		if e.key != "" {
			return e.val, e.key
		}
		t.path = appendPath(t.path[:0], "", name)
		raw = t.names.get(name)
		path = raw
		if string(t.path) != raw {
			path = t.names.get(t.path)
		}
		t.paths.add(raw, path)
		return path, raw
	}
	dir := ""
	if dirfd == cwdFD {
		dir = th.Dir()
	} else if d := th.FDs.Get(dirfd); d != nil {
		t.path = append(t.path[:0], d.Name...)
		if len(t.path) == 0 || t.path[len(t.path)-1] != '/' {
			t.path = append(t.path, '/')
		}
		dir = t.names.get(t.path)
	} else {
		dir = "<UNKNOWN>"
	}
	t.path = appendPath(t.path[:0], dir, name)
	return t.names.get(t.path), t.names.get(name)
}

// closeFD is the exit of close.
func closeFD(t *Tracker, th *thread, ev *event.Event) {
	res, ok := result(ev)
	if !ok || res < 0 || ev.FD == nil {
		return
	}
	// Another thread may have got the number for something new before this exit came.
	if th.at != nil && ev.EnterTsNanos != 0 && th.at != ev.FD {
		return
	}
	t.unset(th, ev.FDNum)
}

func closeRange(t *Tracker, th *thread, ev *event.Event) {
	res, ok := result(ev)
	if !ok || res < 0 {
		return
	}
	p := all(ev)
	p.skip(1)
	first, last, flags := int64(p.u32()), int64(p.u32()), p.u32()
	if flags&(1<<2) != 0 || !t.afford(th.FDs.Len()) { // bit 2: close on exec only
		return
	}
	th.FDs.Each(func(fd int64, _ *event.FD) bool {
		if fd >= first && fd <= last {
			th.FDs.Set(fd, nil)
			t.fds--
		}
		return true
	})
}

// makes is the exit of a call that gives a descriptor of a kind; flags is the parameter
// with the open flags, -1 for none.
func makes(kind event.FDKind, flags int) func(*Tracker, *thread, *event.Event) {
	return func(t *Tracker, th *thread, ev *event.Event) {
		fd, ok := result(ev)
		if !ok || fd < 0 {
			return
		}
		f := t.newFD()
		f.Kind = kind
		if flags >= 0 {
			if v, ok := ev.Uint(flags); ok {
				f.OpenFlags = uint32(v)
			}
		}
		t.set(th, fd, f, ev)
	}
}

func memfd(t *Tracker, th *thread, ev *event.Event) {
	fd, ok := result(ev)
	if !ok || fd < 0 {
		return
	}
	p := all(ev)
	p.skip(1)
	f := t.newFD()
	f.Kind = event.FDMemfd
	f.Name = t.names.get(p.text())
	f.OpenFlags = p.u32()
	t.set(th, fd, f, ev)
}

// pidfdGetfd copies a descriptor of another process.
func pidfdGetfd(t *Tracker, th *thread, ev *event.Event) {
	fd, ok := result(ev)
	if !ok || fd < 0 {
		return
	}
	p := all(ev)
	p.skip(1)
	pidfd, target := p.i64(), p.i64()
	f := t.newFD()
	if d := th.FDs.Get(pidfd); d != nil && d.Kind == event.FDPid {
		if other := t.find(int64(d.Ino)); other != nil {
			if src := other.FDs.Get(target); src != nil {
				*f = *src
			}
		}
	}
	t.set(th, fd, f, ev)
}

func pipe(t *Tracker, th *thread, ev *event.Event) {
	res, ok := result(ev)
	if !ok || res < 0 {
		return
	}
	p := all(ev)
	p.skip(1)
	fd1, fd2, ino, flags := p.i64(), p.i64(), p.u64(), p.u32()
	for _, fd := range [2]int64{fd1, fd2} {
		f := t.newFD()
		f.Kind, f.Ino, f.OpenFlags = event.FDPipe, ino, flags
		t.set(th, fd, f, ev)
	}
}

// dup is the exit of dup, dup2 and dup3.
func dup(t *Tracker, th *thread, ev *event.Event) {
	fd, ok := result(ev)
	if !ok || fd < 0 {
		return
	}
	switch fd {
	case 0:
		th.Flags |= event.ThreadPipeDst
	case 1:
		th.Flags |= event.ThreadPipeSrc
	}
	if ev.FD == nil || ev.FDNum == fd {
		return
	}
	f := t.newFD()
	*f = *ev.FD
	f.OpenFlags &^= event.OpenCloseOnExec
	if ev.Type == 365 {
		if flags, ok := ev.Uint(3); ok {
			f.OpenFlags |= uint32(flags)
		}
	}
	t.set(th, fd, f, ev)
}

// The numbers of fcntl commands, the capture format's own.
const (
	fcntlDup        = 1
	fcntlDupCloexec = 26
)

func fcntl(t *Tracker, th *thread, ev *event.Event) {
	res, ok := result(ev)
	if !ok || res < 0 || ev.FD == nil {
		return
	}
	cmd, ok := ev.Uint(2)
	if !ok {
		if ev.Enter == nil {
			return
		}
		b, _ := ev.Enter.Param(1)
		if cmd, ok = event.Unsigned(b); !ok {
			return
		}
	}
	if cmd != fcntlDup && cmd != fcntlDupCloexec || res == ev.FDNum {
		return
	}
	f := t.newFD()
	*f = *ev.FD
	f.OpenFlags &^= event.OpenCloseOnExec
	if cmd == fcntlDupCloexec {
		f.OpenFlags |= event.OpenCloseOnExec
	}
	t.set(th, res, f, ev)
}

// copyFileRange shows the end that is written to.
func copyFileRange(_ *Tracker, th *thread, ev *event.Event) {
	if fd, ok := ev.Int(1); ok {
		ev.FDNum, ev.FD = fd, th.FDs.Get(fd)
	}
}

func chdir(t *Tracker, th *thread, ev *event.Event) {
	if res, ok := result(ev); !ok || res < 0 {
		return
	}
	p := all(ev)
	p.skip(1)
	t.setDir(th, p.text())
}

func fchdir(t *Tracker, th *thread, ev *event.Event) {
	if res, ok := result(ev); !ok || res < 0 || ev.FD == nil {
		return
	}
	t.text = append(t.text[:0], ev.FD.Name...)
	t.setDir(th, t.text)
}

// getcwd tells what the working directory is, should a chdir have been missed.
func getcwd(t *Tracker, th *thread, ev *event.Event) { chdir(t, th, ev) }

// setDir changes the working directory of those who share it with th.
func (t *Tracker) setDir(th *thread, dir []byte) {
	owner := th
	if th.Flags&event.CloneFS != 0 && th.leader != nil {
		owner = th.leader
	}
	t.path = appendPath(t.path[:0], owner.Cwd, dir)
	if len(t.path) == 0 || t.path[len(t.path)-1] != '/' {
		t.path = append(t.path, '/')
	}
	owner.Cwd = t.names.get(t.path)
}

func chroot(t *Tracker, th *thread, ev *event.Event) {
	if res, ok := result(ev); !ok || res < 0 {
		return
	}
	p := all(ev)
	p.skip(1)
	path, _ := t.resolve(th, cwdFD, p.text())
	// A root inside of a root is shown from the outermost one.
	if th.Root != "" && th.Root != "/" && len(path) > 0 && path[0] == '/' {
		t.text = append(append(t.text[:0], th.Root...), path...)
		path = t.names.get(t.text[:min(len(t.text), maxPath)])
	}
	th.Root = path
}
