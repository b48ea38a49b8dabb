// Package logsig knows how programs say in their logs why they stop: a table of
// signatures, each mapping a line to a cause and to the name that matters (host,
// port, file, variable, module, table).
//
// It reads one text at a time and decides nothing about a pod; the rules
// (internal/rules) do, through diagnose.Pass. It knows causes as ids only; what
// they mean is in diagnose/know.
//
// # How a text is read
//
// One pass of a literal automaton over the lines finds candidates; a regular
// expression runs only where a literal was seen, newest line first and within a
// budget, so the work is linear in the text whatever it holds. Terminal escapes
// and NUL bytes are taken out first. Prefixes (the CRI's and Docker's, kubectl's
// timestamps, klog, a logger's own) stand before what a signature looks for, so
// signatures are not anchored to the start of a line. Escaped text (JSON records,
// logfmt values) is read unescaped, and a record that holds several lines, as a
// stack trace in one field does, is read as those lines.
//
// A line tells of one fault: of the rows that match it, the first in table order
// says which, unless that row is a hint, vague, or says no more than that there
// was an exception. Software stands before runtimes, narrow before wide.
//
// # The last burst
//
// Final is true for what a program said at its end:
//   - The last 40 lines that are not empty. Where a stack trace or a dump reaches
//     into them, the whole of it and 20 lines before its head as well, since the
//     message that explains a trace stands above it.
//   - From a line that says the program ends (Fatal), everything down to the end,
//     if no more than 400 lines follow: programs that end in order say a lot
//     while they do so.
//   - What repeats to the end: a line seen three times or more, whose distance to
//     the end is at most twice its usual distance to itself.
//
// # Recovery
//
// A hit below Fatal is not final where a line after it says that the same thing
// went well: that the program is up (any cause), or that a connection was made
// (causes of the network).
//
// # Level
//
// A line's own level speaks too: at info, notice, debug or warning a Fatal
// signature counts as Error and an Error as Hint; at fatal, panic, critical or
// emergency an Error counts as Fatal. AnyLevel turns that off for texts whose
// level is known to mislead.
//
// # The innermost cause
//
// A trace is one event told at several depths: the wrapper on top, the root in
// the last "Caused by" or in the first exception of a chain. So a hit that names
// something and stands in or right beside a trace that ends the program is as
// Fatal as the trace, and comes before the mere fact of an exception; among
// several the later comes first.
package logsig

// Level says what a line means for the life of the program.
type Level int

const (
	// Hint: worth showing beside other evidence, never a cause alone.
	Hint Level = iota + 1
	// Error: something failed; the program may go on.
	Error
	// Fatal: the program says that it ends with this.
	Fatal
)

// Signature is one row of the table. Within one table a narrower row stands
// before a wider one: order decides between rows that match the same line.
type Signature struct {
	// Cause is a cause id.
	Cause string
	// Of is the software or runtime that writes it ("nginx", "postgresql", "go",
	// "jvm", "python", "node", ...), or "any".
	Of    string
	Level Level
	// Has are literals, lower case, without backslash: a line must hold at least
	// one of them before Re is tried. Each is at least 4 bytes.
	Has []string
	// Re is tried on the line without regard to case; "" means that the literal is
	// enough. Its named groups are the names that matter:
	//   host, port, addr (host:port), url   the other side, or where to listen
	//   path                                 what an operation failed on
	//   file, line                           a configuration or source file at fault
	//   var, arg, key, module, lib, table    what is missing, unknown or wrong
	//   user, ns, resource, verb             who may not do what
	//   name, code, version, image, message  anything else worth a word
	// A digit after a name is cut off, so that alternatives can share one: host2
	// is host.
	Re string
	// Not is a pattern that the line must not match.
	Not string
	// Vague: another hit of the same event, where there is one, says it more exactly.
	Vague bool
	// AnyLevel: the level that the line itself carries neither lowers nor raises it.
	AnyLevel bool
	// Eg are made lines that must match.
	Eg []string
	// Miss are near lines that must not.
	Miss []string
}

// Hit is a signature seen in a text.
type Hit struct {
	Sig *Signature
	// Level is the signature's, lowered or raised by what the line and the lines
	// around it say.
	Level Level
	// Line is its number in the text, from 1: that of the last line that matched.
	Line int
	// Text is that line without terminal escapes; of a record that holds several
	// lines, the one that matched. At most 8 KiB.
	Text string
	// Names are the named groups of Re that are not empty; where the line has none,
	// those of a hit of the same cause in the same event. Shared: not to be changed.
	Names map[string]string
	// Count is how many lines matched the same signature with the same names; of
	// more than 64 lines with one signature, the last 64 are counted.
	Count int
	// Final is true where the line stands in the last burst of the text.
	Final bool

	row   int // number in the table, for order
	sub   int // which line of a record of several
	first int // the first line that matched
}

// Result is what Scan found.
type Result struct {
	// Hits, most telling first: final before early, Fatal before Error before
	// Hint, the exact before the vague before a mere exception, software before
	// runtimes and "any", later before earlier. At most 256.
	Hits []*Hit
	// Lines is the number of lines.
	Lines int
}

// runtimes are the values of Of that name no program.
var runtimes = []string{
	"any", "go", "jvm", "python", "node", "ruby", "php", "dotnet", "rust", "native", "shell", "oci", "beam", "perl", "kubernetes",
}

// All returns every signature of the table. The caller changes nothing in it.
func All() []*Signature {
	var out []*Signature
	for _, tables := range [][][]Signature{runtimeTables, softwareTables} {
		for _, t := range tables {
			for i := range t {
				out = append(out, &t[i])
			}
		}
	}
	return out
}
