package inspect

import mathbits "math/bits"

// field is what of a cell a measure sums.
type field uint8

const (
	fieldCount  field = iota
	fieldAmount       // bytes moved
	fieldNanos        // latency
	fieldBoth         // amount + nanos: user and system time of procinfo
)

// term selects cells: by outcome, name and task. Zero masks select everything.
type term struct {
	all, any, none trait
	name, nameNone nameTrait // any of name, none of nameNone
	who            taskTrait // any of
	ports          []uint16  // any of these server ports
	byName         bool      // sums over names: folded names are left out, collective tasks taken
}

// taskTrait is a property of a task.
type taskTrait uint8

const (
	kContainer  taskTrait = 1 << iota // in a container
	kSudo                             // its program is sudo
	kShellChild                       // its parent is a shell
	kShell
	kAnyTask
	kCollective
)

// measure is something that can be summed over cells: the cells of any of its terms,
// which are disjoint.
type measure struct {
	field field
	terms []term
}

const (
	anyIO     = tRead | tWrite
	nFiles    = nFile | nDir
	nSockets  = nNet | nUnix
	anySwitch = tSwitch | tProcinfo
)

// measures by name. Names of Sysdig's fields are kept where they mean the same.
var measures = map[string]measure{
	"events":            {fieldCount, []term{{any: tEnter | tExit}}},
	"calls":             {fieldCount, []term{{all: tCall}}},
	"ops":               {fieldCount, []term{{all: tExit}}},
	"time":              {fieldNanos, []term{{all: tCall}}},
	"bytes":             {fieldAmount, []term{{any: anyIO}}},
	"bytes.in":          {fieldAmount, []term{{all: tRead}}},
	"bytes.out":         {fieldAmount, []term{{all: tWrite}}},
	"bytes.file":        {fieldAmount, []term{{any: anyIO, name: nFile}}},
	"bytes.file.in":     {fieldAmount, []term{{all: tRead, name: nFile}}},
	"bytes.file.out":    {fieldAmount, []term{{all: tWrite, name: nFile}}},
	"bytes.net":         {fieldAmount, []term{{any: anyIO, name: nNet}}},
	"bytes.net.in":      {fieldAmount, []term{{all: tRead, name: nNet}}},
	"bytes.net.out":     {fieldAmount, []term{{all: tWrite, name: nNet}}},
	"io":                {fieldCount, []term{{all: tIO}}},
	"io.time":           {fieldNanos, []term{{all: tIO}}},
	"opens":             {fieldCount, []term{{all: tOpen, none: tError}}},
	"errors":            {fieldCount, []term{{all: tError}}},
	"errors.file":       {fieldCount, []term{{all: tFileError}, {all: tIOError, name: nFiles}}},
	"errors.net":        {fieldCount, []term{{all: tNetError}, {all: tIOError, name: nSockets}}},
	"errors.memory":     {fieldCount, []term{{all: tMemoryError}}},
	"errors.other":      {fieldCount, []term{{all: tOtherError}, {all: tIOError, nameNone: nFiles | nSockets}}},
	"accepts":           {fieldCount, []term{{all: tAccept, none: tError}}},
	"backlog":           {fieldAmount, []term{{all: tAccept, none: tError}}}, // length of the accept queue
	"cpu.procinfo":      {fieldBoth, []term{{all: tProcinfo}}},
	"cpu.switch":        {fieldAmount, []term{{all: tSwitch}}},
	"cpu.user.procinfo": {fieldAmount, []term{{all: tProcinfo}}},
	"cpu.sys.procinfo":  {fieldNanos, []term{{all: tProcinfo}}},
}

// measure finds a measure; the processor times have one for each source.
func (ix *Index) measure(name string) (measure, bool) {
	if m, ok := measures[name]; ok {
		return m, true
	}
	if ix.Info.CPUTimes != "" {
		m, ok := measures[name+"."+ix.Info.CPUTimes]
		return m, ok
	}
	return measure{}, name == "cpu" || name == "cpu.user" || name == "cpu.sys"
}

func (t *term) outcome(w trait) bool {
	return w&t.all == t.all && (t.any == 0 || w&t.any != 0) && w&t.none == 0
}

func (t *term) matchName(ix *Index, id uint32) bool {
	n := ix.nameTraits[id]
	if t.name != 0 && n&t.name == 0 || n&t.nameNone != 0 {
		return false
	}
	if len(t.ports) == 0 {
		return true
	}
	for _, p := range t.ports {
		if n&nNet != 0 && ix.d.names[id].serverPort == p {
			return true
		}
	}
	return false
}

// plan answers for many terms at once, which of them a cell is in: one bit each, at most 64.
type plan struct {
	what, name, task []uint64
	n                int
}

func (ix *Index) newPlan() *plan {
	return &plan{what: make([]uint64, len(ix.traits)), name: make([]uint64, len(ix.nameTraits)), task: make([]uint64, len(ix.d.tasks))}
}

// add gives the bit of a new term.
func (p *plan) add(ix *Index, t *term) uint64 {
	bit := uint64(1) << p.n
	p.n++
	for i, w := range ix.traits {
		if t.outcome(w) {
			p.what[i] |= bit
		}
	}
	if t.name == 0 && t.nameNone == 0 && len(t.ports) == 0 {
		for i := range p.name {
			if !t.byName || !ix.d.names[i].folded {
				p.name[i] |= bit
			}
		}
	} else {
		for i := range p.name {
			if t.matchName(ix, uint32(i)) && (!t.byName || !ix.d.names[i].folded) {
				p.name[i] |= bit
			}
		}
	}
	for i := range p.task {
		if (t.who == 0 || ix.taskTraits[i]&t.who != 0) && (t.byName || !ix.d.tasks[i].collective) {
			p.task[i] |= bit
		}
	}
	return bit
}

// in gives the bits of the terms that the cell is in. A cell with a number beyond
// the dimensions, which only a forged index file holds, is in none.
func (p *plan) in(c *cell) uint64 {
	if int(c.what) >= len(p.what) || int(c.name) >= len(p.name) || int(c.task) >= len(p.task) {
		return 0
	}
	return p.what[c.what] & p.name[c.name] & p.task[c.task]
}

func (c *cell) value(f field) uint64 {
	switch f {
	case fieldCount:
		return uint64(c.n)
	case fieldAmount:
		return c.amount
	case fieldNanos:
		return c.nanos
	}
	return c.amount + c.nanos
}

func trailing(bits uint64) int { return mathbits.TrailingZeros64(bits) }
