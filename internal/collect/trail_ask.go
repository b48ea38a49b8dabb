package collect

import (
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/dnswire"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/scap/state"
)

// asker extracts from an event what it is about.
type asker struct {
	path *filter.Format
	buf  []byte
}

func newAsker(tr *state.Tracker) *asker {
	sess := &filter.Session{State: tr}
	format := func(template string) *filter.Format {
		f, err := filter.NewFormat(template, sess, filter.FormatOptions{})
		if err != nil {
			panic("collect: " + err.Error()) // the templates are below
		}
		return f
	}
	return &asker{path: format("%fs.path.name")}
}

func (a *asker) text(f *filter.Format, ev *event.Event) string {
	out, ok := f.Append(a.buf[:0], ev)
	a.buf = out[:0]
	if !ok {
		return ""
	}
	return string(out)
}

// about tells what a call works on: its path, the address, what its descriptor stands for.
func (a *asker) about(ev *event.Event) (on, kind string) {
	switch ev.Name() {
	case "bind", "connect":
		if b, ok := ev.Named("addr"); ok && len(b) > 0 {
			return address(b)
		}
		if b, ok := ev.Enter.Named("addr"); ok && len(b) > 0 {
			return address(b)
		}
		if b, ok := ev.Named("tuple"); ok {
			return peer(b)
		}
	case "execve":
		b, ok := ev.Enter.Named("filename")
		if !ok {
			b, ok = ev.Named("filename")
		}
		if ok {
			return absolute(ev, string(event.CString(b))), "file"
		}
	}
	if on = a.text(a.path, ev); on != "" && on != "<NA>" {
		return on, "file"
	}
	if ev.FD != nil {
		return ev.FD.String(), ""
	}
	return "", ""
}

func absolute(ev *event.Event, name string) string {
	if strings.HasPrefix(name, "/") || ev.Thread == nil || name == "" {
		return name
	}
	return strings.TrimSuffix(ev.Thread.Dir(), "/") + "/" + strings.TrimPrefix(name, "./")
}

// lookup is a question with when it was asked or answered last, and how many deeds
// there were then.
type lookup struct {
	facts.NameLookup
	ts    uint64
	deeds int
}

// dnsPort is the port of name servers.
const dnsPort = 53

// lookup reads the payload of a call as a message to or from a name server.
func (a *asker) lookup(ev *event.Event) (q facts.NameLookup, response, ok bool) {
	f := ev.FD
	if f == nil || f.ServerPort != dnsPort && f.ClientPort != dnsPort {
		return q, false, false
	}
	data, ok := ev.Named("data")
	if !ok {
		return q, false, false
	}
	m, ok := dnswire.Read(data, f.L4 == event.L4TCP, a.buf[:0])
	if !ok {
		return q, false, false
	}
	q.Name, q.Type = string(m.Name), dnswire.TypeName(m.Type)
	q.Event = ev.Num
	q.Server = string(event.AppendIP(nil, f.ServerIP, f.Kind == event.FDIPv6))
	if response = m.Response; response {
		q.Answer = dnswire.RcodeName(int(m.Rcode))
		q.Found = m.Answers > 0
	}
	return q, response, true
}

// ask notes a question to a name server; it reports whether the call is one.
func (p *steps) ask(a *asker, ev *event.Event) bool {
	q, response, ok := a.lookup(ev)
	if !ok || response {
		return ok
	}
	p.asked(q, ev)
	return true
}

// answer notes an answer; it reports whether the call is one.
func (p *steps) answer(a *asker, ev *event.Event) bool {
	q, response, ok := a.lookup(ev)
	if !ok || !response {
		return ok
	}
	p.asked(q, ev)
	return true
}

// asked keeps the latest state of a question: asked again, it waits for its answer again.
func (p *steps) asked(q facts.NameLookup, ev *event.Event) {
	l := lookup{q, ev.TsNanos, p.deeds}
	for i := range p.dns {
		if o := &p.dns[i]; o.Name == q.Name && o.Type == q.Type {
			*o = l
			return
		}
	}
	if len(p.dns) == keepQuestions {
		p.dns = append(p.dns[:0], p.dns[1:]...)
	}
	p.dns = append(p.dns, l)
}
