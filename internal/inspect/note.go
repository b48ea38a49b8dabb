package inspect

// noteClass groups the events that have a row of their own.
type noteClass uint8

const (
	noteNone noteClass = iota
	noteDeath
	noteSignal
	noteExec
	noteFork
	noteChdir
	noteBind
	noteUnlisten
	noteAccept
	noteConnect
	noteDNS
	noteHTTP
	noteLog
	noteOutput
	noteSyslog
	noteSlow
	noteOpen
	noteError
	noteSymlink
	noteUnlink
	noteSetns
	noteContainer
	noteInfra
	noteNotification
	noteDrop
	noteClasses
)

var noteNames = [noteClasses]string{
	noteDeath: "deaths", noteSignal: "signals", noteExec: "execs", noteFork: "forks", noteChdir: "chdirs", noteBind: "binds",
	noteUnlisten: "unlistens", noteAccept: "accepts", noteConnect: "connects", noteDNS: "dns", noteHTTP: "http", noteLog: "logs",
	noteOutput: "output", noteSyslog: "syslog", noteSlow: "slow", noteOpen: "opens", noteError: "errors", noteSymlink: "symlinks",
	noteUnlink: "unlinks", noteSetns: "setns", noteContainer: "containers", noteInfra: "infra", noteNotification: "notifications", noteDrop: "drops",
}

// note is one event that has a row of its own.
type note struct {
	num, ts    uint64
	val        int64 // a latency, an exit status, a signal, a result: what the class says
	task, name uint32
	what       uint32 // number of the outcome
	text       []byte // its own: interning the texts of all events would fill the table
}

// noteList keeps the first and the last notes of a class.
type noteList struct {
	first []note
	last  []note // a ring once it is full; from is its oldest
	from  int
	total uint64
}

// slot gives the place of a new note, which still holds the one it replaces.
func (l *noteList) slot() *note {
	l.total++
	switch {
	case len(l.first) < maxNotes/2:
		l.first = append(l.first, note{})
		return &l.first[len(l.first)-1]
	case len(l.last) < maxNotes/2:
		l.last = append(l.last, note{})
		return &l.last[len(l.last)-1]
	}
	n := &l.last[l.from]
	l.from = (l.from + 1) % len(l.last)
	return n
}

// all gives the kept notes in the order of the file, and how many were dropped between.
func (l *noteList) all() ([]note, uint64) {
	out := make([]note, 0, len(l.first)+len(l.last))
	out = append(append(append(out, l.first...), l.last[l.from:]...), l.last[:l.from]...)
	return out, l.total - uint64(len(out))
}
