package filter

import (
	"strconv"

	"github.com/unloop-dev/unloop/event"
)

// Words of syslog. Source: RFC 3164, section 4.1.1; the words are those of syslog.conf.
var (
	facilityWords = [...]string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"}
	severityWords = [...]string{"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"}
)

// syslog splits a message that is written to /dev/log: <priority>text.
func (s *scope) syslog() (priority uint64, msg []byte, ok bool) {
	if !s.toSyslog() {
		return 0, nil, false
	}
	v, ok := s.param(int(dataIndex[kindSlot(s.ev.Type)]))
	if !ok || len(v) < 3 || v[0] != '<' {
		return 0, nil, false
	}
	for i, c := range v[1:min(len(v), 5)] {
		if c == '>' && i > 0 {
			return priority, v[i+2:], true
		}
		if !isDigit(c) {
			break
		}
		priority = priority*10 + uint64(c-'0')
	}
	return 0, nil, false
}

func syslogNum(get func(priority uint64) uint64) builder {
	return number(NeedArgs|NeedFD, func(s *scope) (uint64, bool) {
		p, _, ok := s.syslog()
		return get(p), ok
	})
}

func syslogWord(words []string, get func(priority uint64) uint64) builder {
	return text(NeedArgs|NeedFD, func(s *scope) (string, bool) {
		p, _, ok := s.syslog()
		n := get(p)
		if !ok {
			return "", false
		}
		if n >= uint64(len(words)) {
			start := len(s.buf)
			s.buf = strconv.AppendUint(append(s.buf, "local"...), n-16, 10)
			if n < 16 {
				s.buf = append(s.buf[:start], "<NA>"...)
			}
			return s.made(start), true
		}
		return words[n], true
	})
}

func facility(priority uint64) uint64 { return priority >> 3 }
func severity(priority uint64) uint64 { return priority & 7 }

var syslogBuilders = map[string]builder{
	"syslog.facility":     syslogNum(facility),
	"syslog.severity":     syslogNum(severity),
	"syslog.facility.str": syslogWord(facilityWords[:], facility),
	"syslog.severity.str": syslogWord(severityWords[:], severity),
	"syslog.message": text(NeedArgs|NeedFD, func(s *scope) (string, bool) {
		_, msg, ok := s.syslog()
		return view(msg), ok
	}),
}

var (
	sigIndex  = indexOf("sig")
	spidIndex = indexOf("spid")
	dpidIndex = indexOf("dpid")
	pidIndex  = indexOf("pid")
	tidIndex  = indexOf("tid")
)

// signalKinds are the delivery of a signal and the calls that send one.
var signalKinds = kindsWhere(func(k *event.Kind) bool {
	switch k.Name {
	case "signaldeliver", "kill", "tkill", "tgkill":
		return true
	}
	return false
})

// argOrEnter is parameter idx of the event, or of the call's start where the end does
// not repeat it.
func (s *scope) argOrEnter(idx *[maxKinds]int16) ([]byte, bool) {
	ev := s.ev
	if v, ok := s.param(int(idx[kindSlot(ev.Type)])); ok && len(v) > 0 {
		return v, true
	}
	if ev.Enter != nil && ev.Enter.Kind != nil {
		return ev.Enter.Param(int(idx[kindSlot(ev.Enter.Kind.Type)]))
	}
	return nil, false
}

func (s *scope) delivered() bool { return s.ev.Kind != nil && s.ev.Kind.Name == "signaldeliver" }

func (s *scope) sender() (int64, bool) {
	if !s.delivered() {
		return 0, false
	}
	return s.ev.Int(int(spidIndex[kindSlot(s.ev.Type)]))
}

var signalBuilders = map[string]builder{
	"evt.signal.name": fixed(getter{str: func(s *scope) (string, bool) {
		if !signalKinds.has(s.ev.Type) {
			return "", false
		}
		v, ok := s.argOrEnter(sigIndex)
		n, ok2 := event.Unsigned(v)
		name := event.SignalName(int64(n))
		return name, ok && ok2 && name != ""
	}, kinds: &signalKinds, needs: NeedArgs | NeedEnter, cost: 5}),
	"evt.signal.sender.pid": fixed(getter{num: func(s *scope) (uint64, bool) {
		pid, ok := s.sender()
		return uint64(pid), ok
	}, kinds: &signalKinds, needs: NeedArgs, cost: 5}),
	"evt.signal.sender.name": fixed(getter{str: func(s *scope) (string, bool) {
		pid, ok := s.sender()
		if !ok {
			return "", false
		}
		if pid == 0 {
			return "kernel", true
		}
		if t := s.thread(pid); t != nil {
			return t.Comm, true
		}
		return "", false
	}, kinds: &signalKinds, needs: NeedArgs | NeedThread, cost: 10}),
	"evt.signal.target.pid": fixed(getter{num: func(s *scope) (uint64, bool) {
		if !signalKinds.has(s.ev.Type) {
			return 0, false
		}
		idx := pidIndex
		switch {
		case s.delivered():
			idx = dpidIndex
		case s.ev.Kind.Name == "tkill":
			idx = tidIndex
		}
		v, ok := s.argOrEnter(idx)
		n, ok2 := event.Signed(v)
		return uint64(n), ok && ok2
	}, kinds: &signalKinds, needs: NeedArgs | NeedEnter, cost: 5}),
}
