package event

//go:generate go run ../internal/tools/fieldref ../docs/ref/fields.md

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// FieldType is what kind of value a field has, which decides the operators and
// the values that it can be compared with.
type FieldType uint8

// The types of fields.
const (
	Text    FieldType = iota
	Bytes             // the payload of an I/O call
	Int               // signed, 64 bits
	Uint              // unsigned, 64 bits
	Boolean           // true, false
	Addr              // IPv4 or IPv6 address
	Net               // an address, compared with a network
	PortNum           // 0..65535
	Span              // nanoseconds between two moments
	Time              // nanoseconds since the Unix epoch
	Real              // floating point
	Dynamic           // the type of the argument that it names
)

var fieldTypeNames = [...]string{"text", "bytes", "int", "uint", "bool", "address", "network", "port", "duration", "time", "real", "as the argument"}

// String is the word of the documentation for the type.
func (t FieldType) String() string { return fieldTypeNames[t] }

// ArgRule says whether a field is written with an argument.
type ArgRule uint8

// The rules.
const (
	NoArg ArgRule = iota
	OptionalArg
	RequiredArg
)

// Dialects says who else knows a field.
type Dialects uint8

// The dialects. Both is the zero value.
const (
	Both    Dialects = iota
	OldOnly          // sysdig 0.29.3, not falcosecurity/libs of today
	CurOnly          // falcosecurity/libs of today, not sysdig 0.29.3
	Ours             // nobody else
)

var dialectNames = [...]string{"", "old", "current", "unloop"}

// String is the mark of the documentation, empty for Both.
func (d Dialects) String() string { return dialectNames[d] }

// Field is one thing that the filter language can ask of an event and that an
// output template can print.
type Field struct {
	Name string
	Type FieldType
	// Fmt is how a number is printed.
	Fmt Format
	Arg ArgRule
	// ArgIs says what the argument is: "a name or number", "a label".
	ArgIs string
	// List marks fields with several values.
	List bool
	// FilterOnly marks fields that cannot be printed, PrintOnly such that cannot be compared.
	FilterOnly, PrintOnly bool
	// Group is the heading under which it is documented; see FieldGroups.
	Group string
	In    Dialects
	Doc   string
	// Example is a filter that uses the field.
	Example string
	// Words are the values that it can have, where they are few.
	Words []string
}

// FieldGroup is a heading of the documentation of fields.
type FieldGroup struct{ Name, Title, Doc string }

// FieldGroups are the headings in the order of the documentation.
func FieldGroups() []FieldGroup { return fieldGroups }

var fieldGroups = []FieldGroup{
	{"event", "Event", "What every event has: number, time, kind, arguments, result."},
	{"fd", "File descriptor", "The descriptor a call works on, as it is after the call (for close: before it). Missing for calls without one."},
	{"process", "Process", "The process of the thread that made the call."},
	{"thread", "Thread", "The thread that made the call."},
	{"user", "User and group", "The account the process runs as."},
	{"path", "Paths", "Paths that a call names, made absolute."},
	{"list", "Lists of descriptors", "What poll and ppoll wait for."},
	{"syslog", "Syslog", "Messages written to /dev/log, decoded."},
	{"dns", "DNS", "Questions and answers on port 53, decoded from the payload that the capture kept."},
	{"container", "Container", "The container of the process, from the documents inside the capture."},
	{"k8s", "Kubernetes", "The pod of the process, from the labels of its container. No API server is asked."},
}

// fieldTables are the parts of the table, in the order of the documentation.
var fieldTables = [...][]Field{
	evtTimeFields, evtFields, fdFields, procFields, threadFields, userFields, pathFields, containerFields, k8sFields,
}

var fields = sync.OnceValue(func() []Field {
	all := slices.Concat(fieldTables[:]...)
	rank := map[string]int{}
	for i, g := range fieldGroups {
		rank[g.Name] = i
	}
	slices.SortStableFunc(all, func(a, b Field) int { return cmp.Compare(rank[a.Group], rank[b.Group]) })
	return all
})

var fieldsByName = sync.OnceValue(func() map[string]*Field {
	all := fields()
	m := make(map[string]*Field, len(all))
	for i := range all {
		m[all[i].Name] = &all[i]
	}
	return m
})

// Fields returns the table of fields, group by group. It must not be changed.
func Fields() []Field { return fields() }

// FieldOf returns the field with the name, without argument, or nil.
func FieldOf(name string) *Field { return fieldsByName()[name] }

// FieldForeign explains why a field that other tools have cannot be answered from a
// capture; empty for any other name.
func FieldForeign(name string) string {
	for _, f := range foreignFields {
		if strings.HasPrefix(name, f.prefix) {
			return f.why
		}
	}
	return ""
}

var foreignFields = [...]struct{ prefix, why string }{
	{"k8s.rc.", "comes from an API server, which a capture does not have"},
	{"k8s.rs.", "comes from an API server, which a capture does not have"},
	{"k8s.svc.", "comes from an API server, which a capture does not have"},
	{"k8s.deployment.", "comes from an API server, which a capture does not have"},
	{"k8s.ns.id", "comes from an API server, which a capture does not have"},
	{"k8s.ns.label", "comes from an API server, which a capture does not have"},
	{"mesos.", "comes from a Mesos master, which a capture does not have"},
	{"marathon.", "comes from a Mesos master, which a capture does not have"},
	{"span.", "belongs to tracers, which nobody writes any more"},
	{"evtin.", "belongs to tracers, which nobody writes any more"},
	{"evt.plugin", "belongs to plugins; events of plugins are not decoded"},
}
