package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose/logsig"
	"github.com/unloop-dev/unloop/internal/facts"
)

// A recording of system calls tells what a log would: which file was not there, who
// refused the connection. A call that ended a process becomes a Hit of the cause that it
// shows, so that the rule of the cause judges it as it judges a line of a log.
//
// A call is taken for the reason of an end only where it is the last failed call that
// means something and the process did nothing of its own after it (facts.Moment.After):
// what a process does between has to be reporting and cleaning up. What is true then
// depends on what fails in that way in healthy programs, too:
//
//   - Hardly anything (no space, a refused connection, no descriptor left): the call is
//     proven to be the reason, at once before the end or with words that tell of it.
//   - A file that is not there, a directory that may not be read: programs look for much
//     that they can do without, and some judge afterwards what they had read before. In
//     silence it is likely, and proven only where the command line asks for that very
//     file or the process says so.
//   - What was tried again with success, with the same or another address, port or place,
//     is no reason at all.

// callRow maps failed calls to a cause.
type callRow struct {
	calls  []string
	errors []string
	cause  string
	// keen: the call fails for this reason only in trouble, so that it is likely the
	// reason of an end that follows soon, even where the process did something between.
	keen bool
	// spoken: the call only asks, so that it counts where the command line or the words of
	// the process name its object.
	spoken bool
	// most is the most that the call alone can show; 0 is proven.
	most unloop.Confidence
	// ok restricts the row further; nil takes all.
	ok func(*facts.Death, *facts.FailedCall) bool
	// words are further words by which the process tells of it, in small letters.
	words []string
	// names gives the names that rules ask for, beside "path" and "addr".
	names func(*facts.Death, *facts.FailedCall, map[string]string)
}

var (
	opens   = []string{"open", "openat", "openat2", "creat"}
	changes = append([]string{"mkdir", "mkdirat", "unlink", "unlinkat", "rename", "renameat", "renameat2", "chmod", "fchmodat", "symlink", "symlinkat", "link", "linkat", "chown", "fchownat", "lchown"}, opens...)
	writes  = append([]string{"write", "writev", "pwrite", "pwritev", "fsync", "ftruncate", "fallocate", "sendfile"}, changes...)
	forks   = []string{"clone", "clone3", "fork", "vfork"}
	execs   = []string{"execve", "execveat"}
	looks   = []string{"stat", "lstat", "stat64", "lstat64", "newfstatat", "access", "readlink"}
)

// callRows are tried in order. Errors and what they mean for a call: its manual page in
// section 2 (man-pages 6.9).
var callRows = []callRow{
	{calls: execs, errors: []string{"ENOENT"}, cause: "interpreter-missing", keen: true, ok: func(_ *facts.Death, f *facts.FailedCall) bool { return f.Exists }},
	{calls: execs, errors: []string{"ENOENT"}, cause: "shell-command-not-found", keen: true, ok: byShell, names: commandName},
	{calls: execs, errors: []string{"ENOENT"}, cause: "shell-command-not-found", most: unloop.Likely, ok: walked, names: commandName},
	{calls: execs, errors: []string{"ENOENT", "ENOTDIR"}, cause: "command-file-missing", keen: true, ok: func(d *facts.Death, f *facts.FailedCall) bool { return f.Absent && notSearched(d, f) }},
	// Without a look at the file it may as well be its interpreter that is missing.
	{calls: execs, errors: []string{"ENOENT", "ENOTDIR"}, cause: "command-file-missing", keen: true, most: unloop.Likely, ok: notSearched, names: unseenFile},
	{calls: execs, errors: []string{"EACCES"}, cause: "command-not-executable", keen: true, ok: notSearched},
	{calls: execs, errors: []string{"ENOEXEC"}, cause: "exec-format-error", keen: true},
	{calls: looks, errors: []string{"ENOENT"}, cause: "shell-command-not-found", keen: true, ok: byShellPath, names: commandName},
	{calls: looks, errors: []string{"ENOENT"}, cause: "shell-command-not-found", most: unloop.Likely, ok: pathLooked, names: commandName},
	{calls: looks, errors: []string{"ENOENT", "ENOTDIR"}, cause: "file-missing", spoken: true, most: unloop.Likely, ok: plainFile},
	{calls: opens, errors: []string{"ENOENT"}, cause: "missing-shared-library", keen: true, ok: loaderGaveUp, words: loaderWords, names: libraryName},
	{calls: opens, errors: []string{"ENOENT", "ENOTDIR"}, cause: "file-missing", ok: plainFile},
	{calls: changes, errors: []string{"EROFS"}, cause: "readonly-rootfs", keen: true, ok: needed},
	{calls: changes, errors: []string{"EACCES"}, cause: "volume-permission-denied", keen: true, ok: plainFile},
	{calls: writes, errors: []string{"ENOSPC", "EDQUOT"}, cause: "volume-full", keen: true, ok: func(_ *facts.Death, f *facts.FailedCall) bool {
		return f.OnKind == "file" || strings.HasPrefix(f.On, "/")
	}},
	{errors: []string{"EMFILE", "ENFILE"}, cause: "fd-limit", keen: true},
	{calls: forks, errors: []string{"EAGAIN"}, cause: "pid-limit", keen: true},
	{calls: []string{"bind"}, errors: []string{"EADDRINUSE"}, cause: "port-in-use", keen: true, ok: overInternet, names: portName},
	{calls: []string{"bind"}, errors: []string{"EACCES"}, cause: "privileged-port-denied", keen: true, ok: overInternet, names: portName},
	{calls: []string{"connect"}, errors: []string{"ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EINPROGRESS"}, cause: "calico-bgp-blocked", keen: true, most: unloop.Likely, ok: overBGP},
	{calls: []string{"connect"}, errors: []string{"ECONNREFUSED"}, cause: "dependency-refused", keen: true, ok: overInternet},
	{calls: []string{"connect"}, errors: []string{"ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"}, cause: "dependency-unreachable", keen: true, ok: overInternet},
	// The program gave up first: that nobody would have answered is not said.
	{calls: []string{"connect"}, errors: []string{"EINPROGRESS"}, cause: "dependency-unreachable", keen: true, most: unloop.Likely, ok: overInternet},
}

// tlsRows are the same for handshakes that came to nothing, by what came instead of an
// answer.
var tlsRows = map[string]callRow{
	"closed": {cause: "dependency-tls", keen: true, most: unloop.Likely},
	"reset":  {cause: "dependency-tls", keen: true, most: unloop.Likely},
	"plain":  {cause: "dependency-tls", keen: true},
	"alert":  {cause: "dependency-tls", keen: true},
	"silent": {cause: "dependency-unreachable", keen: true, most: unloop.Possible},
}

// callHits are the hits that the recorded end of a container's process gives.
func callHits(c *facts.Container) []*Hit {
	if c.Death == nil || !c.Death.FailedEnd() {
		return nil
	}
	d := c.Death.Deepest()
	most := unloop.Proven
	if !c.DeathSure || d != c.Death && c.Death.Code == 1 {
		// Many a script goes on after a failed command and ends with 1 for a reason of its own.
		most = unloop.Likely
	}
	out := hitsOf(c, d, func(*facts.FailedCall) unloop.Confidence { return most })
	if d.Handled == nil || slices.ContainsFunc(out, func(h *Hit) bool { return h.grade >= unloop.Likely }) {
		return out
	}
	child := d.Handled.Deepest()
	for _, h := range hitsOf(c, child, func(f *facts.FailedCall) unloop.Confidence { return handled(d, child, f) }) {
		h.Text += fmt.Sprintf(" of %s, which %s (pid %d) had started", child.Name, d.Name, d.Pid)
		out = append(out, h)
	}
	return out
}

// handled is the most that a failed call of a child shows of the end of a script that saw
// the child fail. A child that nobody was to hear may well have been an attempt.
func handled(script, child *facts.Death, f *facts.FailedCall) unloop.Confidence {
	var on string
	var words []string
	if f != nil {
		on, words = f.On, errorWords[f.Error]
	}
	words = append(slices.Clone(words), nameWords(on)...)
	silent := len(child.Output) == 0
	switch other := wordsAfter(script, script.Handled.Event, words) == elsewhere; {
	case silent && other:
		return 0
	case silent || other:
		return unloop.Possible
	}
	return unloop.Likely
}

// hitsOf are the hits that one process gives; most bounds what a failed call shows, nil
// standing for what was no call's failure.
func hitsOf(c *facts.Container, d *facts.Death, most func(*facts.FailedCall) unloop.Confidence) []*Hit {
	if askedToStop(d) || crashed(d) {
		return nil
	}
	var out []*Hit
	add := func(m facts.Moment, cause, text string, conf unloop.Confidence, names map[string]string) {
		level := logsig.Error
		if conf == unloop.Proven {
			level = logsig.Fatal
		}
		// Rules take a final line of a log for the last word; a call is only where it is proven.
		final := conf == unloop.Proven
		out = append(out, &Hit{
			Hit: &logsig.Hit{
				Sig: &logsig.Signature{Cause: cause, Of: d.Name, Level: level}, Level: level,
				Line: 1 << 30, Text: text, Names: names, Count: 1, Final: final,
			},
			Container: c, Sure: c.DeathSure, Final: final, Call: &m, grade: conf,
		})
	}
	decided := uint64(0) // the last failure alone can have decided
	lookup, asked := failedLookup(d)
	for i := len(d.Failed) - 1; i >= 0; i-- {
		f := &d.Failed[i]
		if f.Recovered || gap(f) > lately {
			continue
		}
		row := rowOf(d, f)
		if row == nil {
			continue
		}
		last := decided == 0 && (!asked || f.Event > lookup.Event)
		conf := sureness(d, f, row, last)
		if !row.spoken || conf > 0 {
			decided = max(decided, f.Event)
		}
		if conf = min(conf, most(f)); conf == 0 {
			continue
		}
		names := map[string]string{"call": f.Call, "errno": f.Error, "tls": f.TLS}
		switch {
		case strings.HasPrefix(f.OnKind, "ipv"):
			names["addr"] = f.On
		default:
			names["path"] = f.On
		}
		if row.names != nil {
			row.names(d, f, names)
		}
		add(f.Moment, row.cause, callText(d, f), conf, names)
	}
	if asked && most(nil) > 0 {
		if decided > lookup.Event {
			lookup.conf = min(lookup.conf, unloop.Possible) // it tried something else afterwards
		}
		add(lookup.Moment, lookup.cause, lookup.text, min(lookup.conf, most(nil)), lookup.names)
	}
	if m, text, names, ok := configLast(d); ok && len(out) == 0 {
		add(m, "app-config-error", text, unloop.Possible, names)
	}
	return out
}

// rowOf finds what a failed call means.
func rowOf(d *facts.Death, f *facts.FailedCall) *callRow {
	if f.TLS != "" {
		how, _, _ := strings.Cut(f.TLS, " ")
		if r, ok := tlsRows[how]; ok {
			return &r
		}
		return nil
	}
	for i := range callRows {
		r := &callRows[i]
		if (r.calls == nil || slices.Contains(r.calls, f.Call)) && slices.Contains(r.errors, f.Error) && (r.ok == nil || r.ok(d, f)) {
			return r
		}
	}
	return nil
}

// configLast: the process read its configuration, and ended at once without a word and
// without doing anything else. That is all there is, so it is never more than possible.
func configLast(d *facts.Death) (m facts.Moment, text string, names map[string]string, ok bool) {
	c := d.Config
	if c == nil || c.After != 0 || c.Before > soon || d.Code <= 0 || wordsAfter(d, c.Event, nil) != nothing || len(d.Output) > 0 {
		return m, "", nil, false
	}
	text = fmt.Sprintf("read(%s) was the last thing that %s did, %s %s", c.Path, d.Name, beforeEnd(c.Before), endOf(d))
	return c.Moment, text, map[string]string{"call": "read", "file": c.Path}, true
}

// Killer returns who sent the signal that ended the container's process, where the
// call was recorded or the kernel told; nil where that is not known.
func Killer(c *facts.Container) *facts.DeathSignal {
	if c.Death == nil || !c.DeathSure {
		return nil
	}
	return KillerOf(c.Death.Deepest())
}

// KillerOf is Killer for one process.
func KillerOf(d *facts.Death) *facts.DeathSignal {
	for i := len(d.Signals) - 1; i >= 0; i-- {
		s := &d.Signals[i]
		if s.Number == d.Signal && s.Sender > 0 && (s.Sent || s.Sender != d.Pid) {
			return s
		}
	}
	return nil
}

// SignalEvidence points at the recorded signal.
func SignalEvidence(d *facts.Death, s *facts.DeathSignal) unloop.Evidence {
	what := "signaldeliver"
	if s.Sent {
		what = "kill"
	}
	return unloop.Evidence{
		Kind: "capture", Ref: fmt.Sprintf("capture/%d %s", s.Event, what), Source: d.Source.Input,
		Text: cut(fmt.Sprintf("%s (pid %d) sent %s to %s (pid %d), %s its end", s.SenderName, s.Sender, s.Name, d.Name, d.Pid, beforeEnd(s.Before))),
	}
}

// DeathEvidence points at the recorded end, with the memory that the process had.
func DeathEvidence(d *facts.Death) unloop.Evidence {
	text := endText(d)
	if d.RSSKiB > 0 {
		text += fmt.Sprintf("; resident memory was %d MiB", d.RSSKiB>>10)
	}
	return unloop.Evidence{Kind: "capture", Ref: fmt.Sprintf("capture/%d procexit", d.Event), Text: cut(text), Source: d.Source.Input}
}

// crashed reports whether the processor stopped the process, which no failed call does.
func crashed(d *facts.Death) bool {
	switch d.SignalName {
	case "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS":
		return true
	}
	return false
}

// callText is a failed call in words: what was tried, what came of it, and how long
// before the end.
func callText(d *facts.Death, f *facts.FailedCall) string {
	on := f.On
	if on == "" {
		on = "..."
	}
	text := fmt.Sprintf("%s(%s) ", f.Call, on)
	how, what, _ := strings.Cut(f.TLS, " ")
	switch how {
	case "":
		text += "failed with " + f.Error
		if f.Waited > 0 {
			text = fmt.Sprintf("%s(%s) had no answer in %s and was given up", f.Call, on, rounded(f.Waited))
		}
	case "closed":
		text += "found the connection closed by the other side in answer to the first message of a TLS handshake"
	case "reset":
		text += "found the connection reset by the other side in answer to the first message of a TLS handshake"
	case "plain":
		text += "brought an answer to the first message of a TLS handshake that is no TLS"
	case "alert":
		text += "brought the TLS alert " + what + " in answer to the first message of a TLS handshake"
	case "silent":
		text = fmt.Sprintf("the first message of a TLS handshake to %s had no answer in %s", on, rounded(f.Waited))
	}
	if f.Times > 1 {
		text += fmt.Sprintf(" for the %s time", ordinal(f.Times))
	}
	return text + ", " + beforeEnd(gap(f)) + " " + endOf(d)
}

// gap is the time from when a call failed, or was given up, to the end.
func gap(f *facts.FailedCall) time.Duration { return max(0, f.Before-f.Waited) }

func ordinal(n int) string {
	switch {
	case n%100/10 == 1:
	case n%10 == 1:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}

func beforeEnd(t time.Duration) string { return rounded(t) + " before" }

func rounded(t time.Duration) string {
	switch {
	case t >= 10*time.Second:
		t = t.Round(time.Second)
	case t >= 10*time.Millisecond:
		t = t.Round(time.Millisecond)
	default:
		t = t.Round(time.Microsecond)
	}
	return t.String()
}

// endOf names the end: "exit 1", "SIGABRT".
func endOf(d *facts.Death) string {
	if d.Signal != 0 {
		return d.SignalName
	}
	return fmt.Sprintf("exit %d", d.Code)
}

// endText is the end of a process for a line of evidence.
func endText(d *facts.Death) string {
	text := fmt.Sprintf("%s (pid %d) ended with %s", d.Name, d.Pid, endOf(d))
	if d.Core {
		text += ", core dumped"
	}
	if d.Lived > 0 {
		text += ", after " + d.Lived.Round(time.Millisecond).String()
	}
	if (d.OOM || d.SignalName == "SIGKILL") && d.RSSKiB > 0 {
		text += fmt.Sprintf(", with %d MiB of resident memory", d.RSSKiB>>10)
	}
	if x := d.Deepest(); x != d {
		text += fmt.Sprintf(", as its child %s (pid %d) had", x.Name, x.Pid)
	}
	if d.Times > 1 {
		text += fmt.Sprintf("; %d processes ended like this", d.Times)
	}
	return text
}
