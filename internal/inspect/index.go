package inspect

import (
	"maps"
	"slices"
	"sync"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// Index is what one scan of a capture found. It does not change, and may be asked
// from several goroutines.
type Index struct {
	d     *dims
	slots [][]cell
	notes [noteClasses]noteList
	dead  []deathRec
	seeks []seekPoint

	traits     []trait             // of outcomes, by number
	nameTraits []nameTrait         // of names, by number
	taskTraits []taskTrait         // of tasks, by number
	queues     map[queueKey]uint32 // the largest accept queues
	nth        map[uint64]int      // by number of the event; see numberEnds

	lives sync.Once // fills ends
	ends  map[int64][]uint64

	// Info describes the capture.
	Info Info
}

// Info is what the whole capture says about itself.
type Info struct {
	// FirstNanos and LastNanos are the times of the first and the last system call.
	FirstNanos, LastNanos uint64
	// SlotNanos is the width of a slot, Slots how many there are.
	SlotNanos uint64
	Slots     int
	// Events counts the events that sysdig shows: enters, exits and those that stand alone.
	Events uint64
	// Blocks is the number of the last event block.
	Blocks uint64
	// Bytes and Compression are those of the file; Bytes after decompression.
	Bytes       int64
	Compression string `json:",omitempty"`
	Host        string `json:",omitempty"`
	CPUs        uint32 `json:",omitempty"`
	MemoryBytes uint64 `json:",omitempty"`
	// CPUTimes tells where processor times come from: "procinfo", "switch", or "" for nowhere.
	CPUTimes string `json:",omitempty"`
	// HasEnters says that the file holds enter events, without which there are no latencies.
	HasEnters bool
	// Damage and Lost are what is wrong with the capture, on one line each; "" for nothing.
	Damage string `json:",omitempty"`
	Lost   string `json:",omitempty"`
	// Drops counts drop events, which tell that the recorder lost events.
	Drops uint64 `json:",omitempty"`
	// CutData counts the reads and writes of whose data the capture holds only the beginning.
	CutData uint64 `json:",omitempty"`
	// Listening is how many sockets listened when the capture began.
	Listening uint32 `json:",omitempty"`
	// Cores are the processors that events came from.
	Cores []Core `json:",omitempty"`
	// Coarse is what the index gave up to stay within its bounds.
	Coarse Coarse
}

// Core is one processor.
type Core struct {
	CPU    int
	Events uint64
	// Threads is how many different threads ran there.
	Threads uint64 `json:",omitempty"`
	// BusyNanos is how long a thread other than the idle one ran, as far as switches tell.
	BusyNanos uint64 `json:",omitempty"`
}

// Finish closes the index. tr and st complete what events do not say; either may be nil.
func (b *Builder) Finish(tr *state.Tracker, st *scap.Stats) *Index {
	b.flush()
	for _, tid := range slices.Sorted(maps.Keys(b.who)) {
		b.end(b.who[tid])
	}
	if tr != nil {
		for _, c := range tr.Containers() {
			if _, ok := b.byTexts[c.ID]; ok {
				b.container(c)
			}
		}
		for _, u := range tr.Users() {
			b.d.users = append(b.d.users, userRec{uid: u.UID, name: b.d.texts.id(u.Name)})
		}
	}
	b.rest()
	b.q.seal()
	ix := &Index{d: b.d, slots: b.q.slots, notes: b.notes, dead: b.dead}
	b.d.lost.Texts, b.d.lost.Outcomes, b.d.lost.Folded = b.d.texts.lost, b.d.what.lost, b.q.splits
	for class := range b.notes {
		if n := b.notes[class].total; n > maxNotes {
			if b.d.lost.NotesLost == nil {
				b.d.lost.NotesLost = map[string]uint64{}
			}
			b.d.lost.NotesLost[noteNames[class]] = n - maxNotes
		}
	}
	in := &ix.Info
	in.FirstNanos, in.LastNanos, in.SlotNanos, in.Slots = b.firstTs, b.lastTs, b.q.width, len(ix.slots)
	in.Events, in.Blocks, in.Drops, in.Coarse, in.Listening, in.CutData = b.events, b.lastNum, b.drops, b.d.lost, b.listening, b.cut
	switch {
	case b.procinfos:
		in.CPUTimes = "procinfo"
	case b.switches:
		in.CPUTimes = "switch"
	}
	for i := range b.cpus {
		if c := &b.cpus[i]; c.events > 0 {
			in.Cores = append(in.Cores, Core{CPU: i, Events: c.events, Threads: c.threads, BusyNanos: c.busy})
		}
	}
	if tr != nil {
		m := tr.Machine()
		in.Host, in.CPUs, in.MemoryBytes = m.Hostname, m.CPUs, m.MemoryBytes
	}
	if st != nil {
		in.Bytes, in.Compression = st.Bytes, st.Compression
		in.Damage = damage(st)
	}
	ix.prepare()
	in.HasEnters = false
	for _, t := range ix.traits {
		if t&tEnter != 0 {
			in.HasEnters = true
		}
	}
	if b.drops > 0 {
		in.Lost = plural(b.drops, "drop event") + ": the recorder could not keep up, and events are missing"
	}
	return ix
}

// prepare derives what is not stored.
func (ix *Index) prepare() {
	ix.traits = make([]trait, len(ix.d.what.list))
	for i, p := range ix.d.what.list {
		ix.traits[i] = unpack(p).traits()
	}
	ix.nameTraits = make([]nameTrait, len(ix.d.names))
	for i := range ix.d.names {
		ix.nameTraits[i] = ix.nameTrait(&ix.d.names[i])
	}
	ix.taskTraits = make([]taskTrait, len(ix.d.tasks))
	for i := range ix.taskTraits {
		ix.taskTraits[i] = ix.taskTrait(uint32(i))
	}
	ix.numberEnds()
	ix.queues = make(map[queueKey]uint32, len(ix.d.queues))
	for _, q := range ix.d.queues {
		ix.queues[q.queueKey] = q.max
		all := queueKey{noneID, q.port} // for tasks that stand for many processes
		ix.queues[all] = max(ix.queues[all], q.max)
	}
}

func (ix *Index) nameTrait(n *nameRec) nameTrait {
	if n.folded {
		return n.traits
	}
	return traitsOfName(n, ix.d.texts.get(n.text))
}

func traitsOfName(n *nameRec, text string) nameTrait {
	var t nameTrait
	switch n.kind {
	case event.FDFile, event.FDFileOld:
		t |= nFile
		if hasDir(text, "/dev") {
			t |= nDev
		}
		if isLogFile(text) {
			t |= nLogFile
		}
		for _, dir := range systemDirs {
			if hasDir(text, dir) || dir == "/lib" && len(text) > 4 && text[:4] == dir {
				t |= nSystem
			}
		}
	case event.FDDirectory:
		t |= nDir
	case event.FDIPv4, event.FDIPv6:
		t |= nNet
	case event.FDIPv4Listen, event.FDIPv6Listen:
		t |= nNet | nListen
	case event.FDUnix:
		t |= nUnix
	case event.FDPipe:
		t |= nPipe
	default:
		t |= nOther
	}
	if t&nNet != 0 && n.serverPort != 0 {
		t |= nPort
		switch n.serverPort {
		case 22:
			t |= nSSH
		case 53:
			t |= nDNS
		}
	}
	if text != "" {
		t |= nNamed
	}
	return t
}

// hasDir reports whether a path is dir or lies below it.
func hasDir(path, dir string) bool {
	return len(path) > len(dir) && path[:len(dir)] == dir && path[len(dir)] == '/'
}
