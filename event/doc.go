// Package event holds the words of system-call captures: the event, the thread,
// descriptor, container and user it belongs to, and two tables from which
// everything else derives.
//
// The table of kinds (Kinds) lists every event code with its name, category and
// typed parameters in every layout that files hold. The table of fields (Fields)
// lists what the filter language can ask. Codec (scap), state (scap/state),
// language and formatter (filter), views (internal/inspect), completion and
// documentation are written from these tables, never beside them.
//
// It imports the standard library only, reads no file and keeps no state.
package event
