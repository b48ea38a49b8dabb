package inspect

import (
	"bytes"
	"math/bits"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// A capture of many short processes has more pairs of process and file than an index can
// hold, although neither are many. Where cells grow too many, those of tasks that ended
// are folded: threads are counted with their process, and one cell becomes two, one that
// knows the process but only the kind of name, and one that knows the name but only a
// collective task (program, container, account).
// Sums over tasks take the first sort, sums over names the second, and the few
// questions that need both read the part of the file again; see Index.folded.

// folding remembers the collective numbers.
type folding struct {
	groups map[groupKey]uint32   // collective tasks
	names  map[nameTrait]uint32  // folded names by their traits
	ended  []bool                // of tasks, by number
	mains  map[programKey]uint32 // the first task of a process with a name
	// What was found, by the number it was asked for; number+1.
	mainOf, groupOf, nameOf []uint32
	families                map[familyKey]uint32
	// level is how far folding goes: 0 what ended, 1 everything that lies in past slots,
	// 2 rare files as well.
	level  int
	judged uint64   // the event at which rare files were looked for last
	coarse []uint32 // outcomes with the call left out, by number; number+1
	family []uint32 // of names, by number: the connections to the same server from the same client; 0 unknown
}

type programKey struct {
	proc uint32
	comm textID
}

type groupKey struct {
	comm, container textID
	uid             uint32
}

// endTask marks a task as one that no event will be added to any more.
func (b *Builder) endTask(id uint32) {
	if id <= othersID {
		return
	}
	for len(b.folds.ended) <= int(id) {
		b.folds.ended = append(b.folds.ended, false)
	}
	b.folds.ended[id] = true
}

// prepareFold finds all numbers that fold may ask for.
func (b *Builder) prepareFold() {
	for id := othersID; id < len(b.d.names); id++ { // it grows on the way
		if fam := b.family(uint32(id)); fam != noneID && !b.d.names[fam].folded {
			b.foldedName(fam)
		}
	}
	for id := 0; id < len(b.d.tasks); id++ { //nolint:intrange // it grows on the way
		if b.folding1(uint32(id)) {
			b.program(uint32(id))
			b.group(uint32(id))
		}
	}
	if b.folds.level > 0 {
		for what := 0; what < len(b.d.what.list); what++ { //nolint:intrange // it grows on the way
			b.coarse(uint32(what))
		}
	}
}

// folding1 reports whether the cells of a task are folded.
func (b *Builder) folding1(task uint32) bool {
	if b.d.tasks[task].collective {
		return false
	}
	return b.folds.level > 0 || int(task) < len(b.folds.ended) && b.folds.ended[task]
}

// fold gives what takes the place of a cell: a connection is counted with its family, and
// that of a task that ended is split; g.n is 0 where one cell does. It only reads what
// prepareFold has found.
func (b *Builder) fold(c *cell) (a, g cell, ok bool) {
	a = *c
	if c.name != noneID {
		a.name = b.folds.family[c.name]
	}
	if !b.folding1(c.task) {
		return a, cell{}, a.name != c.name
	}
	g = a
	a.task = b.folds.mainOf[c.task] - 1
	if g.name == noneID || b.d.names[g.name].folded {
		return a, cell{}, true
	}
	group, name := b.folds.groupOf[c.task]-1, b.folds.nameOf[g.name]-1
	if group == othersID || name == othersID {
		return a, cell{}, true
	}
	a.name, g.task = name, group
	if b.folds.level > 0 {
		g.what = b.folds.coarse[c.what] - 1
	}
	return a, g, true
}

// coarse leaves the call out of an outcome where it neither moves bytes, opens, connects
// nor fails.
func (b *Builder) coarse(what uint32) uint32 {
	for len(b.folds.coarse) <= int(what) {
		b.folds.coarse = append(b.folds.coarse, 0)
	}
	if id := b.folds.coarse[what]; id > 0 {
		return id - 1
	}
	o := unpack(b.d.what.list[what])
	if t := o.traits(); t&tExit != 0 && t&(tIO|tOpen|tConnect|tAccept|tBind|tError) == 0 && o.mark == markNone {
		o = outcome{typ: genericExit, errno: 0xfff}
	}
	id := b.d.what.id(o)
	b.folds.coarse[what] = id + 1
	return id
}

// foldMore goes one level further, and renews the judgement of the last one.
func (b *Builder) foldMore(slots [][]cell) bool {
	if b.folds.level < 2 {
		b.folds.level++
	} else if b.folds.judged == b.lastNum {
		return false
	}
	if b.folds.level == 2 {
		b.folds.judged = b.lastNum
		b.foldRare(slots)
	}
	b.d.lost.Past = true
	b.q.folds = uint8(b.folds.level)
	return true
}

// program is the task that all threads of an ended process with one name are counted with.
func (b *Builder) program(id uint32) uint32 {
	return memo(&b.folds.mainOf, id, len(b.d.tasks), b.findProgram)
}

// memo remembers the answers to a question about numbers below n.
func memo(list *[]uint32, id uint32, n int, find func(uint32) uint32) uint32 {
	if int(id) < len(*list) && (*list)[id] > 0 {
		return (*list)[id] - 1
	}
	if n > len(*list) {
		*list = append(*list, make([]uint32, n-len(*list))...)
	}
	found := find(id)
	(*list)[id] = found + 1
	return found
}

func (b *Builder) findProgram(id uint32) uint32 {
	t := &b.d.tasks[id]
	key := programKey{t.proc, t.comm}
	main, ok := b.folds.mains[key]
	if !ok {
		main = id
		b.folds.mains[key] = id
	}
	return main
}

// group is the collective task of all that run the same program in the same container.
func (b *Builder) group(id uint32) uint32 {
	return memo(&b.folds.groupOf, id, len(b.d.tasks), b.findGroup)
}

func (b *Builder) findGroup(id uint32) uint32 {
	t := &b.d.tasks[id]
	p := &b.d.procs[t.proc]
	key := groupKey{t.comm, textID(p.container), t.uid}
	if g, ok := b.folds.groups[key]; ok {
		return g
	}
	if len(b.d.tasks) >= maxTasks || len(b.d.procs) >= maxProcs {
		return othersID
	}
	g := uint32(len(b.d.tasks))
	proc := uint32(len(b.d.procs))
	b.d.procs = append(b.d.procs, process{pid: -1, ppid: -1, vpid: -1, container: p.container, comm: t.comm, exe: p.exe, cmdline: t.comm, uid: t.uid})
	b.d.tasks = append(b.d.tasks, task{tid: -1, proc: proc, comm: t.comm, uid: t.uid, collective: true})
	b.folds.groups[key] = g
	return g
}

// foldedName is what is left of a name: its kind and traits.
func (b *Builder) foldedName(id uint32) uint32 {
	return memo(&b.folds.nameOf, id, len(b.d.names), b.findFoldedName)
}

func (b *Builder) findFoldedName(id uint32) uint32 {
	n := &b.d.names[id]
	traits := traitsOfName(n, b.d.texts.get(n.text))
	if f, ok := b.folds.names[traits]; ok {
		return f
	}
	if len(b.d.names) >= maxNames {
		return othersID
	}
	f := uint32(len(b.d.names))
	b.d.names = append(b.d.names, nameRec{text: b.d.texts.id("(" + fdType(n) + ")"), kind: n.kind, traits: traits, folded: true, serverPort: keepPort(traits, n)})
	b.looks = append(b.looks, 0)
	b.folds.names[traits] = f
	return f
}

// keepPort keeps the ports that traits tell anyway.
func keepPort(t nameTrait, n *nameRec) uint16 {
	if t&(nSSH|nDNS) != 0 {
		return n.serverPort
	}
	return 0
}

// isConnection reports whether a descriptor is one of possibly many connections between
// the same two: the port of the client is what tells them apart.
func isConnection(f *event.FD) bool {
	return (f.Kind == event.FDIPv4 || f.Kind == event.FDIPv6) && f.Named && f.ServerPort != 0 && f.ClientPort != 0
}

// familyOf numbers all connections that differ by the client's port.
func (b *Builder) familyOf(f *event.FD) uint32 {
	key := familyKey{f.ClientIP, f.ServerIP, f.ServerPort, f.Kind, f.L4}
	id, ok := b.folds.families[key]
	if !ok {
		id = b.newFamily(f)
		b.folds.families[key] = id
	}
	b.d.lost.Families++
	return id
}

type familyKey struct {
	client, server [16]byte
	port           uint16
	kind           event.FDKind
	l4             event.L4
}

func (b *Builder) newFamily(f *event.FD) uint32 {
	one := *f
	one.ClientPort, one.Name = 0, ""
	s := one.AppendName(b.payload[:0])
	if i := bytes.Index(s, []byte(":0->")); i >= 0 {
		s[i+1] = '*'
	}
	b.payload = s[:0]
	id := b.nameID(b.d.texts.bytesID(s), f.Kind, f.L4)
	if n := &b.d.names[id]; id > othersID && n.serverPort == 0 {
		n.client, n.server, n.serverPort = f.ClientIP, f.ServerIP, f.ServerPort
	}
	return id
}

// family is the family of a name that is a connection, the name itself for all others.
func (b *Builder) family(id uint32) uint32 {
	if int(id) < len(b.folds.family) && b.folds.family[id] != 0 {
		return b.folds.family[id]
	}
	for len(b.folds.family) < len(b.d.names) {
		b.folds.family = append(b.folds.family, 0)
	}
	n := b.d.names[id]
	fam := id
	f := event.FD{Kind: n.kind, L4: n.l4, Named: true, ClientIP: n.client, ServerIP: n.server, ClientPort: n.clientPort, ServerPort: n.serverPort}
	if isConnection(&f) && !n.folded {
		if fam = b.familyOf(&f); fam == othersID {
			fam = id
		}
	}
	b.folds.family[id] = fam
	return fam
}

// pathID numbers a file by its path. Files that are met when the table is half full are
// counted by directory.
func (b *Builder) pathID(path string) uint32 {
	if len(b.d.names) < maxNames/2 {
		return b.nameID(b.d.texts.id(path), event.FDFile, event.L4Unknown)
	}
	if text, ok := b.d.texts.find(path); ok {
		if id, ok := b.byName[nameKey{text, event.FDFile, event.L4Unknown}]; ok {
			return id
		}
	}
	return b.directoryOf(path)
}

// directoryOf numbers all files of a directory together, as "/data/*".
func (b *Builder) directoryOf(path string) uint32 {
	b.d.lost.Directories++
	s := append(b.payload[:0], path[:strings.LastIndexByte(path, '/')+1]...)
	s = append(s, '*')
	b.payload = s[:0]
	return b.nameID(b.d.texts.bytesID(s), event.FDFile, event.L4Unknown)
}

// keepFilesApart is how many files are still told apart by foldRare.
const keepFilesApart = 10_000

// foldRare makes the families of files that hardly anything happens on: their directories.
func (b *Builder) foldRare(slots [][]cell) {
	counts := make([]uint32, len(b.d.names))
	for _, s := range slots {
		for i := range s {
			if c := &s[i]; counts[c.name] < 1<<30 {
				counts[c.name] += c.n
			}
		}
	}
	var at [32]int // files by the power of two of their events
	for id, n := range counts {
		if b.d.names[id].kind == event.FDFile {
			at[bits.Len32(n)]++
		}
	}
	least, kept := len(at), 0
	for least > 1 && kept+at[least-1] <= keepFilesApart {
		least--
		kept += at[least]
	}
	for id, n := range counts {
		if b.d.names[id].kind != event.FDFile || bits.Len32(n) >= least || id <= othersID || b.d.names[id].folded {
			continue
		}
		b.family(uint32(id)) // makes room in the list
		text := b.d.texts.get(b.d.names[id].text)
		if fam := b.directoryOf(text); !strings.HasSuffix(text, "*") && fam != othersID {
			b.folds.family[id] = fam
		}
	}
}
