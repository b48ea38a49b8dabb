package inspect

import "strings"

// View describes a table that an index can be asked for. Views are data: what a view
// means stands in its columns and its base terms.
type View struct {
	ID, Name string
	// About says in one line what the rows are.
	About string
	// Key is the attribute that rows are grouped by; "" where rows are single events.
	Key string
	// Next is the view that a row leads to, restricted to the row's key; "" for none.
	Next string
	// SelectKey is the key for --select that restricts the next view; Key where empty.
	SelectKey string
	// Story says that a row leads to the story of its process.
	Story   bool
	Columns []Column
	// Sort is the number of the column that is sorted by first, largest value on top for
	// numbers and smallest for texts and times.
	Sort int

	base    []term      // cells of any of these; none: all
	classes []noteClass // of single events
	keep    func(ix *Index, n *note) bool
	// cores: rows are the processors, whole capture only.
	cores bool
}

// Column is one column of a view.
type Column struct {
	Name string
	// About says what stands there, with its unit.
	About string
	// Format says how numbers are meant to be shown.
	Format Format
	// If names a property of the capture without which the column is left out.
	If string

	attr    string                           // of the cell that stands for the row
	measure string                           // summed over the row
	per     string                           // "s": per second of the window; a measure: divided by it
	gauge   func(p *process) (float64, bool) // over the processes of a row
	sum     bool                             // gauges are added up; otherwise the largest counts
	queue   bool                             // the largest accept queue allowed; a measure: in percent of it
	unique  string                           // "procs" or "threads": how many different ones
	note    func(ix *Index, n *note) Value   // of a single event
	core    func(ix *Index, c *Core) Value   // of a processor
}

// Format says how a number is meant to be shown.
type Format uint8

// The formats of numbers.
const (
	Plain    Format = iota
	Bytes           // a number of bytes
	PerSec          // a number per second
	BytesSec        // bytes per second
	Nanos           // nanoseconds
	Percent         // 0 to 100 and above
	Time            // nanoseconds since the Unix epoch
	EventNum        // the number of an event
)

// Views lists all views, the most asked-for first. The list must not be changed.
func Views() []*View { return views }

// ViewByID finds a view, or nil.
func ViewByID(id string) *View {
	for _, v := range views {
		if v.ID == id {
			return v
		}
	}
	return nil
}

// ListsEvents reports whether the rows of the view are single events.
func (v *View) ListsEvents() bool { return len(v.classes) > 0 }

func gaugeOf(of func(*process) int64) func(*process) (float64, bool) {
	return func(p *process) (float64, bool) { n := of(p); return float64(n), n > 0 }
}

// The columns that several views share.
var (
	colPid       = Column{Name: "PID", About: "process", attr: "proc.pid"}
	colVpid      = Column{Name: "VPID", About: "process as numbered inside its container", attr: "proc.vpid", If: "containers"}
	colUser      = Column{Name: "USER", About: "account", attr: "user.name"}
	colContainer = Column{Name: "CONTAINER", About: "container, or host", attr: "container.name", If: "containers"}
	colCommand   = Column{Name: "COMMAND", About: "command line", attr: "proc.cmdline"}
	colCPU       = Column{Name: "CPU", About: "processor time, in percent of one processor", Format: Percent, measure: "cpu", per: "s", If: "cpu"}
	colVirt      = Column{Name: "VIRT", About: "largest virtual memory", Format: Bytes, gauge: gaugeOf(func(p *process) int64 { return int64(p.vmKiB) << 10 })}
	colRes       = Column{Name: "RES", About: "largest resident memory", Format: Bytes, gauge: gaugeOf(func(p *process) int64 { return int64(p.rssKiB) << 10 })}
	colFile      = Column{Name: "FILE", About: "bytes read and written in files, per second", Format: BytesSec, measure: "bytes.file", per: "s"}
	colNet       = Column{Name: "NET", About: "bytes received and sent over IP, per second", Format: BytesSec, measure: "bytes.net", per: "s"}
	colBytesIn   = Column{Name: "BYTES IN", About: "bytes read", Format: Bytes, measure: "bytes.in"}
	colBytesOut  = Column{Name: "BYTES OUT", About: "bytes written", Format: Bytes, measure: "bytes.out"}
	colOps       = Column{Name: "OPS", About: "calls that ended", measure: "ops"}
	colOpens     = Column{Name: "OPENS", About: "successful open, openat, openat2 and creat", measure: "opens"}
	colErrors    = Column{Name: "ERRORS", About: "calls that failed", measure: "errors"}
	colNum       = Column{Name: "EVENT", About: "number of the event, for --around", Format: EventNum, note: func(_ *Index, n *note) Value { return number(int64(n.num)) }}
	colTime      = Column{Name: "TIME", About: "when", Format: Time, note: func(_ *Index, n *note) Value { return number(int64(n.ts)) }}
)

func summed(c Column) Column { c.sum = true; return c }

func noteAttr(name, about, attr string) Column { return Column{Name: name, About: about, attr: attr} }

func noteText(name, about string) Column {
	return Column{Name: name, About: about, note: func(ix *Index, n *note) Value { return text(string(n.text)) }}
}

func noteVal(name, about string, f Format, of func(n *note) Value) Column {
	return Column{Name: name, About: about, Format: f, note: func(_ *Index, n *note) Value { return of(n) }}
}

// noteHalf shows the text of a note before or behind the NUL in it.
func noteHalf(name, about string, second bool) Column {
	return Column{Name: name, About: about, note: func(_ *Index, n *note) Value {
		first, rest, _ := strings.Cut(string(n.text), "\x00")
		if second {
			return text(rest)
		}
		return text(first)
	}}
}

func val(n *note) Value { return number(n.val) }

// Counts reports whether the column holds numbers that were counted or measured, and
// not the number of something.
func (c *Column) Counts() bool { return c.measure != "" || c.gauge != nil || c.queue || c.unique != "" }
