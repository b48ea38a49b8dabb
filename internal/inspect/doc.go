// Package inspect answers questions about a capture from an index that one scan of
// the file builds: views, tiles, time lines, drill-down, stories of what died, and
// the summary that a diagnosis consumes.
//
// # The index
//
// The index is a cube. A cell counts the events of one task (a thread between two
// execs) on one name (a file, a connection, a pipe) with one outcome (event code,
// error, mark) in one slot of time. Everything that is counted is a sum over cells,
// so every view, tile and drill-down reads the same numbers. Beside the cube stand
// the dimensions (processes, tasks, names, outcomes, containers), the notes (single
// events worth a row of their own), the ends of processes, and seek points from
// which a part of the file is read again.
//
// Memory is bounded whatever the file holds: slots double in width, and names, tasks
// and notes beyond the bounds of bounds.go are counted under a collective entry.
// Index.Coarse says what was coarsened; nothing is dropped silently.
//
// # Walls
//
// The package reads no clock and logs nothing. It takes events from scap, state from
// scap/state and predicates from filter. How an answer looks is the command's
// business (internal/cli); everything it returns is raw text from a capture, hostile
// until cleaned.
package inspect
