package diagnose

import (
	"net"
	posix "path"
	"slices"
	"strings"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"
)

// How long before the end a call may lie.
const (
	// atOnce: a program that reports an error and leaves takes less; waiting longer, it
	// tried something.
	atOnce = 5 * time.Second
	// soon: leaving without a word takes less, even for an interpreter that takes its world
	// down on a processor that it may hardly use.
	soon = time.Second
	// lately: a call before that is history.
	lately = 60 * time.Second
	// aFew is how much a process does to leave in good order: a message, a state file. One
	// that does more has gone on without what failed.
	aFew = 3
)

// sureness grades a failed call as the reason of the end; 0 where it says nothing.
func sureness(d *facts.Death, f *facts.FailedCall, row *callRow, last bool) unloop.Confidence {
	words := slices.Concat(errorWords[f.Error], nameWords(f.On), row.words)
	if f.TLS != "" {
		words = append(words, tlsWords...)
	}
	said := wordsAfter(d, f.Event, words)
	conf := graded(d, f, row, last, said)
	if row.most > 0 {
		conf = min(conf, row.most)
	}
	return conf
}

func graded(d *facts.Death, f *facts.FailedCall, row *callRow, last bool, said saying) unloop.Confidence {
	decisive := last && f.After == 0
	switch {
	case said == elsewhere && !row.keen, row.spoken && said != confirmed && !namedByCommand(d, f):
		return 0
	case f.Replaced && said != confirmed:
		return 0
	case f.Replaced:
		return unloop.Possible
	case decisive && said == nothing:
		return inSilence(d, f, row)
	case decisive && gap(f) <= atOnce:
		return said.grade(unloop.Proven)
	case decisive && row.keen:
		return said.grade(unloop.Likely)
	case last && said == confirmed && gap(f) <= atOnce && f.After <= aFew:
		return unloop.Likely
	case row.keen && gap(f) <= atOnce && f.After <= aFew, said == confirmed:
		return unloop.Possible
	}
	return 0
}

// inSilence grades the last thing that went wrong before an end without a word.
func inSilence(d *facts.Death, f *facts.FailedCall, row *callRow) unloop.Confidence {
	switch {
	case f.Logged: // a word that nobody heard
		return unloop.Likely
	case gap(f) > atOnce && !row.keen:
		return 0
	case gap(f) > soon:
		return unloop.Likely
	case row.keen, namedByCommand(d, f):
		return unloop.Proven
	}
	return unloop.Likely
}

// namedByCommand reports whether the command line asks for the very path. What a shell is
// given with -c is a script, which may name anything.
func namedByCommand(d *facts.Death, f *facts.FailedCall) bool {
	const short = 4
	if len(f.On) < short || f.On[0] != '/' || strings.Contains(d.Command, " -c ") {
		return false
	}
	for _, w := range strings.Fields(d.Command) {
		if _, value, ok := strings.Cut(w, "="); ok {
			w = value
		}
		if w == f.On {
			return true
		}
	}
	return false
}

// saying is what a process wrote between a failed call and its end.
type saying int

const (
	nothing   saying = iota // it ended in silence
	confirmed               // it names what failed, or the error
	unclear                 // it was cut where it may have named it
	elsewhere               // it tells of something else
)

// grade lowers a confidence where the process itself speaks of something else: then
// the call failed by the way, as for a file that need not be there.
func (s saying) grade(c unloop.Confidence) unloop.Confidence {
	switch s {
	case unclear:
		return min(c, unloop.Likely)
	case elsewhere:
		return min(c, unloop.Possible)
	}
	return c
}

// cutLen is the length from which a line may have been cut: recorders keep 80 bytes of
// what is written, if nobody asks for more. Some do not tell how much was written.
const cutLen = 79

func wordsAfter(d *facts.Death, num uint64, words []string) saying {
	s := nothing
	for _, o := range d.Output {
		if o.Event <= num || strings.TrimSpace(o.Text) == "" {
			continue
		}
		text := strings.ToLower(o.Text)
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) }) {
			return confirmed
		}
		switch {
		case o.Cut, len(o.Text) >= cutLen:
			s = unclear
		case s == nothing:
			s = elsewhere
		}
	}
	return s
}

// nameWords are the words by which a line may name a path or an address: the last part
// of the path with and without its ending, the address, the port.
func nameWords(on string) []string {
	var out []string
	add := func(w string) {
		if len(w) >= 4 {
			out = append(out, strings.ToLower(w))
		}
	}
	base := posix.Base(on)
	add(base)
	if i := strings.IndexByte(base, '.'); i > 0 && !strings.Contains(base, ":") {
		add(base[:i])
	}
	if host, port, err := net.SplitHostPort(on); err == nil {
		add(host)
		out = append(out, ":"+port, "port "+port)
	}
	return out
}

// errorWords are how programs write errors, in small letters: the texts of glibc and
// musl, and the usual ones of their own.
var errorWords = map[string][]string{
	"ENOENT":       {"no such file", "not found", "does not exist", "doesn't exist", "enoent", "cannot find", "can't find", "missing"},
	"ENOTDIR":      {"not a directory"},
	"EACCES":       {"permission denied", "eacces", "access denied", "not permitted"},
	"EROFS":        {"read-only file system", "erofs", "read only"},
	"ENOSPC":       {"no space left", "enospc", "disk full", "disk is full"},
	"EDQUOT":       {"quota"},
	"EMFILE":       {"too many open files", "emfile"},
	"ENFILE":       {"too many open files", "enfile"},
	"EAGAIN":       {"resource temporarily unavailable", "fork", "thread", "eagain"},
	"EADDRINUSE":   {"address already in use", "in use", "eaddrinuse"},
	"ECONNREFUSED": {"refused"},
	"ETIMEDOUT":    {"timed out", "timeout", "etimedout"},
	"EINPROGRESS":  {"timed out", "timeout", "etimedout", "time out", "deadline"},
	"EHOSTUNREACH": {"no route to host", "unreachable"},
	"ENETUNREACH":  {"network is unreachable", "unreachable"},
	"ENOEXEC":      {"exec format error", "cannot execute"},
}

// tlsWords are how TLS libraries tell of a handshake that came to nothing.
var tlsWords = []string{"ssl", "tls", "handshake", "eof", "connection reset", "econnreset", "hang up", "closed"}

// askedToStop reports whether somebody asked the process to end: what failed before
// is then not the reason.
func askedToStop(d *facts.Death) bool {
	for _, s := range d.Signals {
		switch s.Name {
		case "SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGKILL":
			if s.Sender != d.Pid {
				return true
			}
		}
	}
	return d.SignalName == "SIGKILL" || d.SignalName == "SIGTERM"
}
