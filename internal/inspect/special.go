package inspect

import (
	"path"
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/dnswire"
)

// Thresholds of slow I/O on files, in nanoseconds; Sysdig Inspect has the same three.
const (
	slow1   = 1_000_000
	slow10  = 10_000_000
	slow100 = 100_000_000
)

// noteTextLen is how much of a payload a note keeps.
const noteTextLen = 240

// moments returns what is kept of the process of the event.
func (b *Builder) moments(l *live) *moments {
	if l.proc.last == nil {
		l.proc.last = &moments{}
	}
	return l.proc.last
}

// addNote keeps the event as a note. text is copied.
func (b *Builder) addNote(h *happening, class noteClass, val int64, text []byte) {
	h.note = class
	h.o.typ = h.ev.Type
	b.putNote(class, note{num: h.ev.Num, ts: h.ev.TsNanos, val: val, task: h.l.task, name: h.name, what: b.d.what.id(h.o)}, text)
}

// io looks at a call that moved bytes: its latency and its payload.
func (b *Builder) io(h *happening) {
	f := h.ev.FD
	if f == nil {
		return
	}
	switch f.Kind {
	case event.FDFile, event.FDFileOld:
		if h.nanos > slow1 && b.looks[h.name]&lookDev == 0 {
			h.o.slow = 1
			if h.nanos > slow100 {
				h.o.slow = 3
			} else if h.nanos > slow10 {
				h.o.slow = 2
			}
		}
		if h.c.traits&tRead != 0 {
			b.configRead(h)
		} else {
			b.textWritten(h)
		}
	case event.FDIPv4, event.FDIPv6:
		b.netPayload(h, f)
	case event.FDUnix:
		if h.c.traits&tWrite != 0 {
			b.textWritten(h)
			if h.o.mark == markNone {
				b.httpPayload(h)
			}
		}
	default:
		if h.c.traits&tWrite != 0 {
			b.textWritten(h)
		}
	}
	if h.o.slow != 0 {
		b.addNote(h, noteSlow, int64(h.nanos), nil)
	}
}

func (b *Builder) data(h *happening) []byte {
	if h.c.payload == 0 {
		return nil
	}
	d, _ := h.ev.Param(int(h.c.payload) - 1)
	return d
}

// configRead remembers the configuration that a process read last.
func (b *Builder) configRead(h *happening) {
	if b.looks[h.name]&lookConfig != 0 {
		b.moments(h.l).config = moment{num: h.ev.Num, ts: h.ts, name: h.name}
	}
}

// textWritten looks at text that goes to standard output, to a log or to syslog.
func (b *Builder) textWritten(h *happening) {
	switch {
	case b.looks[h.name]&lookLog != 0:
		data := b.data(h)
		h.o.mark = logMark(data)
		b.addNote(h, noteLog, 0, firstLine(data, noteTextLen))
		if h.ev.FDNum == 1 || h.ev.FDNum == 2 {
			b.outputWritten(h, data)
		}
	case h.ev.FDNum == 1 || h.ev.FDNum == 2:
		data := b.data(h)
		if len(data) == 0 {
			return
		}
		h.o.mark = markOut
		if h.ev.FDNum == 2 {
			h.o.mark = markErr
		}
		b.outputWritten(h, data)
		b.addNote(h, noteOutput, h.ev.FDNum, firstLine(data, noteTextLen))
	case b.looks[h.name]&lookSyslog != 0:
		b.syslog(h)
	}
}

// outputWritten keeps what goes to standard output or standard error.
func (b *Builder) outputWritten(h *happening, data []byte) {
	whole := h.res <= int64(len(data))
	b.moments(h.l).write(h.ev.Num, h.ts, h.ev.FDNum == 2, whole, data)
}

func (b *Builder) netPayload(h *happening, f *event.FD) {
	if f.ServerPort == 53 || f.ServerPort == 5353 {
		b.dnsPayload(h, f)
		return
	}
	if f.ServerPort == 514 && h.c.traits&tWrite != 0 && b.syslog(h) {
		return
	}
	b.httpPayload(h)
}

// syslog looks for a message of syslog in what was written.
func (b *Builder) syslog(h *happening) bool {
	data := b.data(h)
	m, pri := syslogMark(data)
	if m == markNone {
		return false
	}
	h.o.mark = m
	b.addNote(h, noteSyslog, int64(pri), firstLine(data, noteTextLen))
	return true
}

func (b *Builder) httpPayload(h *happening) {
	data := b.data(h)
	m := httpMark(data)
	if m == markNone {
		return
	}
	h.o.mark = m
	val := int64(0)
	if m != markHTTPRequest {
		if i := strings.IndexByte(string(data[:min(len(data), 16)]), ' '); i > 0 && len(data) >= i+4 {
			val, _ = strconv.ParseInt(string(data[i+1:i+4]), 10, 64)
		}
	}
	b.addNote(h, noteHTTP, val, firstLine(data, noteTextLen))
}

func (b *Builder) dnsPayload(h *happening, f *event.FD) {
	var scratch [256]byte
	m, ok := dnswire.Read(b.data(h), f.L4 == event.L4TCP, scratch[:0])
	if !ok {
		return
	}
	switch {
	case !m.Response:
		h.o.mark = markDNSQuestion
	case m.Rcode != 0 || m.Answers == 0 && (m.Type == dnswire.TypeA || m.Type == dnswire.TypeAAAA):
		h.o.mark = markDNSFailure
		if m.Rcode == 0 {
			h.o.mark = markDNSAnswer // no record of this type: usual for AAAA
		}
	default:
		h.o.mark = markDNSAnswer
	}
	text := string(m.AppendText(b.payload[:0]))
	b.addNote(h, noteDNS, int64(m.Rcode), []byte(text))
	if m.Response {
		touch(&b.moments(h.l).dns, keepDNS, moment{num: h.ev.Num, ts: h.ts, val: int64(m.Rcode), name: h.name, text: b.d.texts.spare(text)})
	}
}

// pathOf returns the path that a call was given, resolved against its directory;
// "" for calls without one.
func (b *Builder) pathOf(ev *event.Event) string {
	if ev.Kind == nil {
		return ""
	}
	for i := range ev.Kind.Params {
		p := &ev.Kind.Params[i]
		if p.Type != event.FSPath && p.Type != event.FSRelPath && (p.Type != event.CharBuf || p.Name != "path") {
			continue
		}
		raw, ok := ev.Text(i)
		if !ok || len(raw) == 0 {
			break
		}
		dir := int64(atCwd)
		if p.Type == event.FSRelPath && p.DirFD >= 0 {
			if d, ok := ev.Int(int(p.DirFD)); ok {
				dir = d
			}
		}
		return resolve(ev, dir, string(raw))
	}
	if ev.Enter == nil || ev.Enter.Kind == nil {
		return ""
	}
	for i := range ev.Enter.Kind.Params {
		p := &ev.Enter.Kind.Params[i]
		if p.Type != event.FSPath && p.Type != event.FSRelPath && p.Type != event.CharBuf {
			continue
		}
		raw, ok := ev.Enter.Param(i)
		if raw = event.CString(raw); !ok || len(raw) == 0 {
			break
		}
		dir := int64(atCwd)
		if p.Type == event.FSRelPath && p.DirFD >= 0 {
			if v, ok := ev.Enter.Param(int(p.DirFD)); ok {
				if d, ok := event.Signed(v); ok {
					dir = d
				}
			}
		}
		return resolve(ev, dir, string(raw))
	}
	return ""
}

// atCwd is the directory descriptor that means the working directory (AT_FDCWD).
const atCwd = -100

func resolve(ev *event.Event, dir int64, raw string) string {
	if raw == "<NA>" || raw == "(NULL)" {
		return ""
	}
	if raw[0] == '/' || ev.Thread == nil {
		return path.Clean(raw)
	}
	at := ev.Thread.Dir()
	if dir != atCwd {
		d := ev.Thread.FDs.Get(dir)
		if d == nil {
			return raw
		}
		at = d.Name
	}
	if at == "" {
		return raw
	}
	return path.Join(at, raw)
}
