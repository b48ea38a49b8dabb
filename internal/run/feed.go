package run

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/unloop-dev/unloop/event"
)

// Feed tells what the recorder sees of a life. It is safe for concurrent use.
type Feed interface {
	// Calls is how many system calls were recorded, and how many records were lost.
	Calls() (calls, lost uint64)
	// Recent are the newest calls worth a look, oldest first: those that failed, programs
	// that were started, signals. At most RecentCalls.
	Recent() []Call
}

// RecentCalls is how many calls a feed keeps.
const RecentCalls = 16

// Call is one system call in short.
type Call struct {
	At  time.Time
	Tid int64
	// Name is the call, On what it was about, "" unknown; Error the name of the error, ""
	// where it went well. Texts are as the command gave them.
	Name, On, Error string
	// Times is how often it happened in a row.
	Times int
}

// glance makes a Call of an event; ok is false for what happens all the time.
func glance(ev *event.Event) (c Call, ok bool) {
	if ev.Kind == nil || ev.Hidden() {
		return c, false
	}
	c = Call{At: time.Unix(0, int64(ev.TsNanos)), Tid: ev.Tid, Name: ev.Name(), Times: 1}
	if ev.Type == signalDeliver {
		sig, _ := ev.Uint(2)
		c.Name, c.On = "signal", endWord(&Death{Signal: int(sig)})
		return c, true
	}
	if ev.IsEnter() {
		return c, false
	}
	res, known := ev.Result()
	c.On = about(ev)
	switch {
	case known && res < 0 && res > -4096:
		c.Error = event.ErrnoName(-res)
		switch c.Error {
		case "EAGAIN", "EINTR", "EINPROGRESS", "EALREADY":
			return c, false // to be made again
		}
		if c.Error == "ENOENT" && slices.ContainsFunc(sought, func(s string) bool { return strings.Contains(c.On, s) }) {
			return c, false
		}
		if c.On == "" && (c.Name == "ioctl" || c.Name == "lseek") {
			return c, false // questions such as whether this is a terminal
		}
		return c, true
	case c.Name == "execve" || c.Name == "execveat":
		return c, true
	}
	return c, false
}

// sought are parts of paths that healthy programs look for in vain.
var sought = []string{"/usr/lib/locale/", "/usr/share/locale", "/glibc-hwcaps/", "/etc/ld.so.preload", "/nscd/socket"}

// about finds what a call is about among its parameters.
func about(ev *event.Event) string {
	for _, name := range []string{"name", "path", "filename", "oldpath", "exe"} {
		if b, ok := ev.Named(name); ok && len(b) > 1 {
			return string(event.CString(b))
		}
	}
	if b, ok := ev.Named("addr"); ok {
		return endpoint(b, 1)
	}
	if b, ok := ev.Named("tuple"); ok && len(b) > 0 {
		switch b[0] {
		case 2:
			return endpoint(b, 7)
		case 10:
			return endpoint(b, 19)
		case 1:
			return endpoint(b, 17)
		}
	}
	return ""
}

// endpoint reads an address of the family in b[0] at an offset: scap.Addr4 and its likes.
func endpoint(b []byte, at int) string {
	if len(b) < at {
		return ""
	}
	size := 0
	switch {
	case len(b) > 0 && b[0] == 1:
		return strings.TrimSpace(string(event.CString(b[at:])))
	case len(b) > 0 && b[0] == 2:
		size = 4
	case len(b) > 0 && b[0] == 10:
		size = 16
	}
	if size == 0 || len(b) < at+size+2 {
		return ""
	}
	ip, _ := netip.AddrFromSlice(b[at : at+size])
	return netip.AddrPortFrom(ip.Unmap(), binary.LittleEndian.Uint16(b[at+size:])).String()
}

// noticed keeps a call among the newest of a life.
func (r *reel) noticed(c Call) {
	if n := len(r.recent); n > 0 {
		last := &r.recent[n-1]
		if last.Name == c.Name && last.On == c.On && last.Error == c.Error && last.Tid == c.Tid {
			last.At = c.At
			last.Times++
			return
		}
	}
	if len(r.recent) == RecentCalls {
		r.recent = append(r.recent[:0], r.recent[1:]...)
	}
	r.recent = append(r.recent, c)
}
