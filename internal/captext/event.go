package captext

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// Codes that are written by name of their own.
const (
	evProcexit event.Type = 186
	evClone    event.Type = 223
	evSignal   event.Type = 232
	evExec     event.Type = 293
)

func (c *compiler) event(s *statement) error {
	wait, err := delay(s.words[0])
	if err != nil {
		return err
	}
	c.now += uint64(wait)
	tid, err := strconv.ParseInt(s.word(1), 10, 64)
	t := c.threads[tid]
	if err != nil || t == nil {
		return fmt.Errorf("there is no process %q", s.word(1))
	}
	s.words = append([]string{s.word(2)}, s.words[min(3, len(s.words)):]...)
	switch s.words[0] {
	case "fork", "thread":
		return c.fork(s, t)
	case "exec":
		return c.exec(s, t)
	case "signal":
		return c.signal(s, t)
	case "exit":
		return c.exit(s, t)
	}
	return c.call(s, t)
}

func (c *compiler) fork(s *statement, t *event.Thread) error {
	id, err := strconv.ParseInt(s.word(1), 10, 64)
	if err != nil || c.threads[id] != nil && !c.ended[id] {
		return fmt.Errorf("%s needs the number of a new process", s.words[0])
	}
	child := newChild(t, id, s.words[0] == "thread")
	if err := c.identity(s, child); err != nil {
		return err
	}
	c.threads[id] = child
	delete(c.ended, id)
	for _, side := range []struct {
		t   *event.Thread
		res int64
	}{{child, 0}, {t, id}} {
		x := side.t
		if err := c.write(evClone, x.Tid, side.res, x.Exe, x.Args, x.Tid, x.Pid, x.Ptid, x.Cwd, x.FDLimit, 0, 0, x.VMSizeKiB, x.VMRSSKiB, 0,
			x.Comm, x.Cgroups, child.Flags, x.UID, x.GID, x.Vtid, x.Vpid, 0); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) exec(s *statement, t *event.Thread) error {
	file := s.word(1)
	if file == "" {
		return fmt.Errorf("exec needs a path")
	}
	res, err := result(s.word(2), 0)
	if err != nil {
		return err
	}
	if err := c.write(evExec-1, t.Tid, file); err != nil {
		return err
	}
	if res >= 0 {
		become(t, file)
	}
	if err := c.identity(s, t); err != nil {
		return err
	}
	return c.write(evExec, t.Tid, res, t.Exe, t.Args, t.Tid, t.Pid, t.Ptid, t.Cwd, t.FDLimit, 0, 0, t.VMSizeKiB, t.VMRSSKiB, 0,
		t.Comm, t.Cgroups, "PATH=/usr/bin:/bin\x00", 0, t.Pid, ^uint32(0), 0, 0, 0, 0, 0, 0, 0, t.UID, t.ExePath, t.Pid, t.GID)
}

func (c *compiler) signal(s *statement, t *event.Thread) error {
	sig, ok := signal(s.word(1))
	if !ok {
		return fmt.Errorf("unknown signal %q", s.word(1))
	}
	from, err := s.number("from", 0)
	if err != nil {
		return err
	}
	return c.write(evSignal, t.Tid, from, t.Pid, sig)
}

func (c *compiler) exit(s *statement, t *event.Thread) error {
	c.ended[t.Tid] = true
	core := s.word(2) == "core"
	if sig, ok := signal(s.word(1)); ok {
		status := sig
		if core {
			status |= 0x80
		}
		return c.write(evProcexit, t.Tid, status, 0, sig, core, 0)
	}
	code, err := strconv.ParseUint(s.word(1), 10, 8)
	if err != nil {
		return fmt.Errorf("exit needs a status or a signal, not %q", s.word(1))
	}
	return c.write(evProcexit, t.Tid, int64(code)<<8, int64(code), 0, 0, 0)
}

// exits are the current exit codes of calls by name.
var exits = sync.OnceValue(func() map[string]event.Type {
	out := map[string]event.Type{}
	for _, k := range event.Kinds() {
		if k.Type%2 == 1 && k.Flags&event.HasExit != 0 && k.Flags&(event.Old|event.Unused) == 0 {
			out[k.Name] = k.Type
		}
	}
	return out
})

func (c *compiler) call(s *statement, t *event.Thread) error {
	typ, ok := exits()[s.words[0]]
	if !ok {
		return fmt.Errorf("unknown call %q", s.words[0])
	}
	or := int64(0)
	if data, ok := s.get("data"); ok {
		b, err := payload(data)
		if err != nil {
			return err
		}
		s.pairs["data"] = string(b)
		or = int64(len(b))
	}
	last := typ
	if s.word(1) == "?" {
		s.words[1], last = "", typ-1 // it never returned
	}
	res, err := result(s.word(1), or)
	if err != nil {
		return err
	}
	if err := sockets(s); err != nil {
		return err
	}
	for typ := typ - 1; typ <= last; typ++ {
		k := event.KindOf(typ)
		values := make([]any, k.Portable)
		for i := range values {
			if values[i], err = value(s, &k.Params[i]); err != nil {
				return err
			}
			if typ%2 == 1 && i == 0 {
				values[i] = res
			}
		}
		if err := c.write(typ, t.Tid, values...); err != nil {
			return err
		}
	}
	return nil
}

// sockets turns from= and to= into the parameters of connect, accept and their like.
func sockets(s *statement) error {
	to, ok := s.get("to")
	if !ok {
		return nil
	}
	from, known := s.get("from")
	s.used["addr"], s.used["tuple"] = true, true // accept has no addr
	if strings.HasPrefix(to, "/") {
		s.pairs["addr"], s.pairs["tuple"] = string(scap.AddrUnix(to)), string(scap.TupleUnix(1, 2, to))
		return nil
	}
	dst, err := address(to)
	if err != nil {
		return err
	}
	src := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 244, 1, 9}), 40000)
	if known {
		if src, err = address(from); err != nil {
			return err
		}
	}
	if dst.Addr().Is4() && src.Addr().Is4() {
		s.pairs["addr"] = string(scap.Addr4(dst.Addr().As4(), dst.Port()))
		s.pairs["tuple"] = string(scap.Tuple4(src.Addr().As4(), src.Port(), dst.Addr().As4(), dst.Port()))
		return nil
	}
	s.pairs["addr"] = string(scap.Addr6(dst.Addr().As16(), dst.Port()))
	s.pairs["tuple"] = string(scap.Tuple6(src.Addr().As16(), src.Port(), dst.Addr().As16(), dst.Port()))
	return nil
}

// value is the value of a parameter: what the line says, else what is usual.
func value(s *statement, p *event.Param) (any, error) {
	v, ok := s.get(p.Name)
	if p.Name == "oldfd" { // the exit of dup has another name for it
		v, ok = s.get("fd")
	}
	if !ok {
		if scap.Width(p.Type) > 0 {
			return usualNumber(p), nil
		}
		return scap.Missing{}, nil
	}
	switch p.Type {
	case event.CharBuf, event.FSPath, event.FSRelPath, event.ByteBuf:
		return v, nil
	case event.SockAddr:
		if len(v) > 0 && v[0] <= 10 {
			return []byte(v), nil // made by sockets
		}
		if strings.HasPrefix(v, "/") {
			return scap.AddrUnix(v), nil
		}
		a, err := address(v)
		if err != nil {
			return nil, err
		}
		if a.Addr().Is4() {
			return scap.Addr4(a.Addr().As4(), a.Port()), nil
		}
		return scap.Addr6(a.Addr().As16(), a.Port()), nil
	}
	if scap.Width(p.Type) == 0 {
		return []byte(v), nil
	}
	if n, err := strconv.ParseInt(v, 0, 64); err == nil {
		return n, nil
	}
	n := int64(0)
	for word := range strings.SplitSeq(v, "|") {
		found := false
		for _, f := range p.Names {
			if f.Name == word {
				n, found = n|int64(f.Value), true
			}
		}
		if !found {
			return nil, fmt.Errorf("%s has no value %q", p.Name, word)
		}
	}
	return n, nil
}

// result reads a number or the name of an error.
func result(word string, or int64) (int64, error) {
	if word == "" {
		return or, nil
	}
	if n, err := strconv.ParseInt(word, 0, 64); err == nil {
		return n, nil
	}
	for n := int64(1); n < 600; n++ {
		if event.ErrnoName(n) == word {
			return -n, nil
		}
	}
	return 0, fmt.Errorf("%q is neither a number nor an error", word)
}

func signal(word string) (int64, bool) {
	if !strings.HasPrefix(word, "SIG") {
		return 0, false
	}
	for n := int64(1); n < 65; n++ {
		if event.SignalName(n) == word {
			return n, true
		}
	}
	return 0, false
}

func address(v string) (netip.AddrPort, error) {
	a, err := netip.ParseAddrPort(v)
	if err != nil {
		return a, fmt.Errorf("%q is no address with a port", v)
	}
	return a, nil
}

// payload reads data: text, or a message of a name server.
func payload(v string) ([]byte, error) {
	kind, rest, _ := strings.Cut(v, " ")
	if kind != "dns?" && kind != "dns!" {
		return []byte(v), nil
	}
	f := strings.Fields(rest)
	types := map[string]byte{"A": 1, "AAAA": 28, "SRV": 33}
	if len(f) < 2 || types[f[0]] == 0 {
		return nil, fmt.Errorf("%q needs a type and a name", kind)
	}
	b := []byte{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for label := range strings.SplitSeq(f[1], ".") {
		if label == "" || len(label) > 63 {
			return nil, fmt.Errorf("%q is no name", f[1])
		}
		b = append(append(b, byte(len(label))), label...)
	}
	b = append(b, 0, 0, types[f[0]], 0, 1)
	if kind == "dns?" {
		return b, nil
	}
	b[2], b[3] = 0x81, 0x80
	answers := f[2:]
	codes := map[string]byte{"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}
	if len(answers) == 1 {
		if code, ok := codes[answers[0]]; ok {
			b[3] |= code
			return b, nil
		}
	}
	for _, a := range answers {
		ip, err := netip.ParseAddr(a)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a code", a)
		}
		b[7]++
		typ := byte(1)
		if ip.Is6() {
			typ = 28
		}
		b = append(b, 0xc0, 12, 0, typ, 0, 1, 0, 0, 0, 30, 0, byte(len(ip.AsSlice())))
		b = append(b, ip.AsSlice()...)
	}
	return b, nil
}
