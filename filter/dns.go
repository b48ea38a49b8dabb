package filter

import (
	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/dnswire"
)

// message reads the payload of the event as a DNS message, once per event.
func (s *scope) message() (*dnswire.Message, bool) {
	if s.dnsNum != s.ev.Num || s.ev.Num == 0 {
		s.dnsNum = s.ev.Num
		s.dns, s.dnsOK = s.readDNS()
	}
	return &s.dns, s.dnsOK
}

const dnsPort = 53

// readDNS leaves the name in s.buf, where it lasts as long as the event.
func (s *scope) readDNS() (dnswire.Message, bool) {
	f := s.ev.FD
	if f == nil || f.ServerPort != dnsPort && f.ClientPort != dnsPort || f.Kind != event.FDIPv4 && f.Kind != event.FDIPv6 {
		return dnswire.Message{}, false
	}
	v, ok := s.param(int(dataIndex[kindSlot(s.ev.Type)]))
	if !ok {
		return dnswire.Message{}, false
	}
	m, ok := dnswire.Read(v, f.L4 == event.L4TCP, s.buf)
	if ok {
		s.buf = append(s.buf, m.Name...)
		m.Name = s.buf[len(s.buf)-len(m.Name):]
	}
	return m, ok
}

// dnsAnswers gives addresses and names of the answers, as far as the payload goes.
func (s *scope) dnsAnswers(m *dnswire.Message, to []string) []string {
	m.Records(func(r dnswire.Record) bool {
		start := len(s.buf)
		if a, ok := r.Addr(); ok {
			s.buf = a.AppendTo(s.buf)
		} else if s.buf, ok = r.AppendTarget(s.buf); !ok {
			return true
		}
		to = append(to, s.made(start))
		return true
	})
	return to
}

func onDNS(g getter) builder {
	g.kinds, g.needs, g.cost = indexKinds(dataIndex), NeedArgs|NeedFD, 30
	return fixed(g)
}

func dnsText(get func(s *scope, m *dnswire.Message) (string, bool)) builder {
	return onDNS(getter{str: func(s *scope) (string, bool) {
		if m, ok := s.message(); ok {
			return get(s, m)
		}
		return "", false
	}})
}

func dnsNum(get func(m *dnswire.Message) (uint64, bool)) builder {
	return onDNS(getter{num: func(s *scope) (uint64, bool) {
		if m, ok := s.message(); ok {
			return get(m)
		}
		return 0, false
	}})
}

var dnsBuilders = map[string]builder{
	"dns.name":        dnsText(func(_ *scope, m *dnswire.Message) (string, bool) { return view(m.Name), true }),
	"dns.type":        dnsText(func(_ *scope, m *dnswire.Message) (string, bool) { return dnswire.TypeName(m.Type), true }),
	"dns.is_response": dnsNum(func(m *dnswire.Message) (uint64, bool) { return bit(m.Response), true }),
	"dns.rcode": dnsText(func(_ *scope, m *dnswire.Message) (string, bool) {
		return dnswire.RcodeName(int(m.Rcode)), m.Response
	}),
	"dns.answers": dnsNum(func(m *dnswire.Message) (uint64, bool) { return uint64(m.Answers), m.Response }),
	"dns.answer": onDNS(getter{many: list, strs: func(s *scope, to []string) []string {
		if m, ok := s.message(); ok && m.Response {
			to = s.dnsAnswers(m, to)
		}
		return to
	}}),
}
