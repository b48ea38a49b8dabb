package filter

import (
	"time"
	"unsafe"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/dnswire"
)

// State answers what filters and templates ask beyond the event. scap/state.Tracker
// is one.
type State interface {
	Thread(tid int64) *event.Thread
	User(uid uint32) *event.User
	Group(gid uint32) *event.Group
	IsLocalIP(ip [16]byte, v6 bool) bool
	Machine() event.Machine
}

// Session is what all filters and templates of one pass over a capture share. Call See
// for every event, after the state was applied to it and before Match and Append. It
// is not for concurrent use.
type Session struct {
	// State may be nil: then lookups find nothing.
	State State
	// Location is where local times are shown; nil is UTC.
	Location *time.Location
	// Death tells when the process that lives at a moment dies, in nanoseconds since
	// the epoch; nil, or false, where that is not known.
	Death func(pid int64, atNanos uint64) (uint64, bool)
	// Old prints what sysdig 0.29.3 would: it has no more parameters and kinds of events
	// than the tables of March 2022.
	Old bool
	// OldNumbers gives events the numbers of sysdig 0.29.3, which does not count the kinds
	// that it does not know. Without it numbers are those of the reader.
	OldNumbers bool

	firstNanos uint64
	started    bool
	// unknown counts events that sysdig 0.29.3 does not count for evt.num.
	unknown uint64
	cpus    cpuTimes
	docs    docs
}

// See takes note of an event.
func (s *Session) See(ev *event.Event) {
	if !s.started && !isMeta(ev.Type) {
		s.started, s.firstNanos = true, ev.TsNanos
	}
	if ev.Type >= oldKinds {
		s.unknown++
	}
	switch ev.Type {
	case typeSwitch1, typeSwitch6, typeProcinfo:
		s.cpus.see(ev)
	}
}

// Event codes with a meaning of their own to filters and formats.
// Source: falcosecurity/libs at e5c53d6, driver/ppm_events_public.h.
const (
	typeSwitch1    event.Type = 146
	typeSwitch6    event.Type = 152
	typeContainer  event.Type = 228
	typeProcinfo   event.Type = 234
	typeContainer2 event.Type = 272
	typeContainerL event.Type = 324
	typeAsync      event.Type = 402

	typeUserAdded    event.Type = 354
	typeGroupDeleted event.Type = 361
)

// isMeta reports events about containers and accounts, whose time is that of their
// writing or none at all.
func isMeta(t event.Type) bool {
	switch t {
	case typeContainer, typeContainer2, typeContainerL, typeAsync:
		return true
	}
	return t >= typeUserAdded && t <= typeGroupDeleted
}

// scope is what extraction works with: the event at hand and a place for texts that
// have to be made up. It belongs to one Filter or Format.
type scope struct {
	*Session
	ev *event.Event
	// buf holds made-up texts of the event at hand; view shows parts of it as strings.
	buf []byte
	// strs and nums hold the values of fields with several.
	strs []string
	nums []uint64
	ips  []address
	// dns is the message of the event at hand, read once; dnsNum is its event.
	dns    dnswire.Message
	dnsNum uint64
	dnsOK  bool
	clock  clock
	// form is how buffers are shown.
	form BufferForm
	// full shows payloads whole.
	full bool
	// json leaves control characters to the encoder.
	json bool
}

func (s *scope) begin(ev *event.Event) {
	s.ev = ev
	s.buf = s.buf[:0]
	s.dnsNum = 0
}

// view shows bytes as a string without copying them. They must not change as long as
// the string is in use: bytes of the event last until the next one, those of
// scope.buf as well, because begin is called once per event and appending never
// overwrites what is in front.
func view(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}

// made returns what was appended to s.buf since start.
func (s *scope) made(start int) string { return view(s.buf[start:]) }

// nparams is how many parameters of the event are shown: those that the file holds, as
// far as the table (or the old table) knows them.
func (s *scope) nparams() int {
	k := s.ev.Kind
	if k == nil {
		return 0
	}
	n := min(s.ev.NParams, len(k.Params))
	if s.Old {
		n = min(n, int(k.Classic))
	}
	return n
}

// param returns parameter i where it is shown.
func (s *scope) param(i int) ([]byte, bool) {
	if i < 0 || i >= s.nparams() {
		return nil, false
	}
	return s.ev.Param(i)
}
