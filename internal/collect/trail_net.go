package collect

import (
	"slices"
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// dial is a connection that was begun without waiting and has neither been made nor refused.
type dial struct {
	fd         int64
	num, ts    uint64
	on, onKind string
}

// hello is a TLS handshake that was begun and has no answer yet.
type hello struct {
	dial
	// alert: the header of an alert has been read, its two bytes have not.
	alert bool
}

const (
	keepDials  = 16
	keepHellos = 8
	// patience is how long a connection has to go without an answer before that is worth
	// telling. The kernel sends a SYN again after a second (net/ipv4: TCP_TIMEOUT_INIT),
	// and an answer within a cluster takes milliseconds.
	patience = 500e6
)

// dial notes a connection whose outcome is told later, or never.
func (p *steps) dial(a *asker, ev *event.Event) {
	d := dial{fd: ev.FDNum, num: ev.Num, ts: ev.TsNanos}
	if d.on, d.onKind = a.about(ev); !strings.HasPrefix(d.onKind, "ipv") {
		return
	}
	p.settled(d.fd)
	if len(p.dials) == keepDials {
		p.dials = append(p.dials[:0], p.dials[1:]...)
	}
	p.dials = append(p.dials, d)
}

// settled forgets a connection that has its outcome.
func (p *steps) settled(fd int64) {
	p.dials = slices.DeleteFunc(p.dials, func(d dial) bool { return d.fd == fd })
}

// connected notes that a connection was made: an earlier failure to reach the same
// service, at the same or another address, was then no reason to end.
func (p *steps) connected(ev *event.Event) {
	if ev.FD == nil || !inet(ev.FD) || ev.FD.L4 == event.L4UDP {
		return
	}
	p.settled(ev.FDNum)
	for i := range p.fails {
		f := &p.fails[i]
		if f.call == "connect" && !f.replaced {
			f.replaced = strings.HasSuffix(f.on, ":"+strconv.Itoa(int(ev.FD.ServerPort)))
		}
	}
}

func inet(f *event.FD) bool { return f.Kind == event.FDIPv4 || f.Kind == event.FDIPv6 }

// giveUp ends the connections of a descriptor that is closed, or all of a process that
// ends (-1), for which nobody had an answer.
func (p *steps) giveUp(ev *event.Event, fd int64) {
	p.dials = slices.DeleteFunc(p.dials, func(d dial) bool {
		if fd >= 0 && d.fd != fd {
			return false
		}
		p.unanswered(ev, &d, "")
		return true
	})
	p.hellos = slices.DeleteFunc(p.hellos, func(h hello) bool {
		if fd >= 0 && h.fd != fd {
			return false
		}
		p.unanswered(ev, &h.dial, "silent")
		return true
	})
}

func (p *steps) unanswered(ev *event.Event, d *dial, tls string) {
	if ev.TsNanos < d.ts+patience {
		return
	}
	const inProgress = 115 // EINPROGRESS
	p.add(failed{num: d.num, ts: d.ts, until: ev.TsNanos, deeds: p.deeds, reports: p.reports, call: "connect", errno: inProgress, on: d.on, onKind: d.onKind, times: 1, tls: tls})
}

// Types of TLS records and messages (RFC 8446, 5.1 and 4).
const (
	tlsAlert       = 21
	tlsHandshake   = 22
	tlsClientHello = 1
	tlsHeader      = 5
)

// greet notes the first message of a TLS client.
func (p *steps) greet(ev *event.Event) {
	f := ev.FD
	data, ok := ev.Named("data")
	if !ok || f == nil || !inet(f) || len(data) <= tlsHeader || data[0] != tlsHandshake || data[1] != 3 || data[tlsHeader] != tlsClientHello {
		return
	}
	h := hello{dial: dial{fd: ev.FDNum, num: ev.Num, ts: ev.TsNanos, on: end(f.ServerIP[:ipLen(f)], []byte{byte(f.ServerPort), byte(f.ServerPort >> 8)}), onKind: "ipv4"}}
	if f.Kind == event.FDIPv6 {
		h.onKind = "ipv6"
	}
	p.hellos = slices.DeleteFunc(p.hellos, func(o hello) bool { return o.fd == h.fd })
	if len(p.hellos) == keepHellos {
		p.hellos = append(p.hellos[:0], p.hellos[1:]...)
	}
	p.hellos = append(p.hellos, h)
}

// complains reports whether a call sends a TLS alert, which is how a client says that it
// will not go on.
func complains(ev *event.Event) bool {
	data, _ := ev.Named("data")
	return len(data) > tlsHeader && data[0] == tlsAlert && data[1] == 3 && inet(ev.FD)
}

func ipLen(f *event.FD) int {
	if f.Kind == event.FDIPv6 {
		return 16
	}
	return 4
}

// heard looks at what came back on a connection with an open handshake.
func (p *steps) heard(ev *event.Event, res int64) {
	i := slices.IndexFunc(p.hellos, func(h hello) bool { return h.fd == ev.FDNum })
	if i < 0 {
		return
	}
	data, ok := ev.Named("data")
	h := &p.hellos[i]
	switch {
	case res == 0:
		p.cut(ev, "closed")
	case !ok || len(data) == 0:
		p.hellos = slices.Delete(p.hellos, i, i+1) // what it was is not known
	case h.alert:
		p.cut(ev, alertName(data))
	case data[0] == tlsAlert && len(data) <= tlsHeader:
		h.alert = true
	case data[0] == tlsAlert:
		p.cut(ev, alertName(data[tlsHeader:]))
	case data[0] == tlsHandshake:
		on := h.on
		p.hellos = slices.Delete(p.hellos, i, i+1)
		for k := range p.fails {
			if f := &p.fails[k]; f.tls != "" && f.on == on {
				f.replaced = true
			}
		}
	default:
		p.cut(ev, "plain")
	}
}

// cut ends a handshake that will not be finished. how is closed, reset, plain (an answer
// that is no TLS), or "alert NAME".
func (p *steps) cut(ev *event.Event, how string) {
	i := slices.IndexFunc(p.hellos, func(h hello) bool { return h.fd == ev.FDNum })
	if i < 0 {
		return
	}
	h := p.hellos[i]
	p.hellos = slices.Delete(p.hellos, i, i+1)
	p.add(failed{num: ev.Num, ts: ev.TsNanos, deeds: p.deeds, reports: p.reports, call: ev.Name(), on: h.on, onKind: h.onKind, times: 1, tls: how})
}

// alerts are the descriptions of alerts that answer a first message (RFC 8446, 6.2, and RFC 5246, 7.2.2).
var alerts = map[byte]string{
	40: "handshake_failure", 42: "bad_certificate", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 70: "protocol_version",
	71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 109: "missing_extension", 110: "unsupported_extension",
	112: "unrecognized_name", 116: "certificate_required", 120: "no_application_protocol",
}

func alertName(body []byte) string {
	if len(body) < 2 {
		return "alert"
	}
	if name := alerts[body[1]]; name != "" {
		return "alert " + name
	}
	return "alert " + strconv.Itoa(int(body[1]))
}

// replace marks failures that a later call of the same kind made good: another file that
// could be written, another port, a process or a descriptor after all.
func (p *steps) replace(ev *event.Event, name string) {
	opens := strings.HasPrefix(name, "open") || name == "creat"
	makes := name == "creat" || strings.HasPrefix(name, "mkdir") || opens && ev.FD != nil && ev.FD.OpenFlags&openWrite != 0
	for i := range p.fails {
		f := &p.fails[i]
		switch event.ErrnoName(f.errno) {
		case "EMFILE", "ENFILE":
			f.replaced = f.replaced || opens || name == "socket" || strings.HasPrefix(name, "accept") || strings.HasPrefix(name, "pipe")
		case "EAGAIN":
			f.replaced = f.replaced || forks(name)
		case "EADDRINUSE":
			f.replaced = f.replaced || name == "bind"
		case "EROFS":
			f.replaced = f.replaced || makes && ev.FD != nil && !report(ev.FD)
		case "EACCES":
			f.replaced = f.replaced || name == "bind" && f.call == name || f.writes && makes && ev.FD != nil && !report(ev.FD)
		case "ENOSPC", "EDQUOT":
			f.replaced = f.replaced || strings.Contains(name, "write") && ev.FD != nil && ev.FD.Name == f.on
		}
	}
}
