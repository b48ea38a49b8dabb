package filter

import (
	"github.com/unloop-dev/unloop/event"
)

// address is an IP address as event.FD holds it.
type address struct {
	ip [16]byte
	v6 bool
}

// many says how a field with several values is compared.
type many uint8

const (
	one       many = iota
	eitherEnd      // two ends of a connection: != means neither is
	anyOfThem      // ancestors: every operator is tried on each
	list           // a list: in means that all are
)

// getter is how a field is had of an event. One of num, str, real, addr is set, or of
// nums, strs, addrs for fields with several values; false, or no value, is a missing
// field. Functions return strings that last as long as the event.
type getter struct {
	typ  event.FieldType
	fmt  event.Format
	many many

	num  func(*scope) (uint64, bool)
	str  func(*scope) (string, bool)
	real func(*scope) (float64, bool)
	addr func(*scope) (address, bool)

	nums  func(*scope, []uint64) []uint64
	strs  func(*scope, []string) []string
	addrs func(*scope, []address) []address

	// kinds are the kinds that can have a value; nil means any.
	kinds *kindSet
	// needs is what must be in the event.
	needs Needs
	// cost orders terms: cheap ones are tried first.
	cost int
	// put appends the printed form where it differs from the value's usual one, and
	// reports whether there is one; jsonPut the same for JSON, unquoted.
	put     func(*scope, []byte) ([]byte, bool)
	jsonNum func(*scope) (uint64, bool)
	// delta marks fields that a Format answers with the time since its last line.
	delta deltaPart
}

// deltaPart is which part of a difference of times a field shows.
type deltaPart uint8

const (
	noDelta deltaPart = iota
	wholeDelta
	secondsDelta
	nanosDelta
	outputDelta
)

// Needs says which parts of an event a filter or a template looks at, so that readers
// can leave out the work for the others.
type Needs uint32

// The parts.
const (
	NeedArgs      Needs = 1 << iota // parameters
	NeedEnter                       // Event.Enter, EnterTsNanos
	NeedThread                      // Event.Thread and what belongs to it
	NeedFD                          // Event.FD and FDNum
	NeedFDTable                     // descriptors other than the event's
	NeedUsers                       // lists of users and groups
	NeedContainer                   // Thread.Container
	NeedParents                     // Thread.Parent, Leader
	NeedDelta                       // PrevTsNanos
	NeedDeath                       // Session.Death
	NeedMachine                     // State.Machine, IsLocalIP
	NeedSession                     // Session.See for every event
)

// builder makes the getter of a field for an argument. The error text says what is
// wrong with the argument.
type builder func(arg string, hasArg bool) (getter, string)

// fixed is the builder of a field that takes no argument.
func fixed(g getter) builder {
	return func(string, bool) (getter, string) { return g, "" }
}

// builders has an entry for every field of the table. A test proves it.
var builders = func() map[string]builder {
	m := map[string]builder{}
	for _, part := range []map[string]builder{
		timeBuilders, evtBuilders, argBuilders, signalBuilders, fdBuilders, fdListBuilders, pathBuilders,
		procBuilders, ancestorBuilders, threadBuilders, userBuilders, containerBuilders, k8sBuilders, syslogBuilders, dnsBuilders,
	} {
		for name, b := range part {
			m[name] = b
		}
	}
	return m
}()

// getterOf makes the getter of a field of the table.
func getterOf(def *event.Field, arg string, hasArg bool) (getter, string) {
	g, why := builders[def.Name](arg, hasArg)
	if why != "" {
		return g, why
	}
	if def.Type != event.Dynamic {
		g.typ = def.Type
	}
	g.fmt = def.Fmt
	return g, ""
}

func text(needs Needs, get func(*scope) (string, bool)) builder {
	return fixed(getter{str: get, needs: needs, cost: costOf(needs)})
}

func number(needs Needs, get func(*scope) (uint64, bool)) builder {
	return fixed(getter{num: get, needs: needs, cost: costOf(needs)})
}

func flag(needs Needs, get func(*scope) (bool, bool)) builder {
	return number(needs, func(s *scope) (uint64, bool) {
		v, ok := get(s)
		return bit(v), ok
	})
}

func bit(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

// costOf guesses how much work a field is, in units of a comparison of numbers.
func costOf(n Needs) int {
	c := 1
	if n&(NeedArgs|NeedEnter) != 0 {
		c += 4
	}
	if n&(NeedParents|NeedFDTable|NeedUsers) != 0 {
		c += 10
	}
	if n&(NeedThread|NeedFD|NeedContainer) != 0 {
		c++
	}
	return c
}
