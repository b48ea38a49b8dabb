package inspect

// The bounds of an index. Together they keep the scan of any file below 256 MiB,
// the reader's buffers and the tracked state included.
const (
	// maxSlots is how many slots of time there are at most; at half of it the width
	// has just doubled. Sysdig Inspect fills 400.
	maxSlots = 512
	// firstSlotNanos is the width of a slot at the beginning of a scan: a power of two, about a microsecond.
	firstSlotNanos = 1 << 10
	// maxCells bounds the cube, 32 bytes each. Over it, slots are joined.
	maxCells = 11 << 17
	// leastSlots is where joining slots stops helping; names are given up then.
	leastSlots = 16
	// maxTexts and maxTextBytes bound the strings, each of which is cut to maxTextLen.
	maxTexts     = 400_000
	maxTextBytes = 24 << 20
	maxTextLen   = 1 << 10
	// maxNames, maxTasks and maxProcs bound the dimensions.
	maxNames = 200_000
	maxTasks = 150_000
	maxProcs = 100_000
	// maxOutcomes bounds the outcomes: they are numbered in 16 bits.
	maxOutcomes = 1 << 15
	// maxContainers bounds the containers.
	maxContainers = 1 << 14
	// maxNotes bounds the notes of one class, 48 bytes each.
	maxNotes = 16_000
	// maxQueues bounds the accept queues, one for each process and port.
	maxQueues = 1 << 16
	// maxDeaths bounds the ends of processes that keep their last moments.
	maxDeaths = 4096
	// maxJump is the largest step of time that one event alone is believed.
	maxJump = 3600 * 1_000_000_000
)

// Coarse says what an index gave up to stay within its bounds. The zero value gave
// up nothing.
type Coarse struct {
	// Names, Tasks, Procs, Texts and Containers count the entries that were put
	// under "(others)" because the table was full, once for each event that met one.
	Names, Tasks, Procs, Texts, Containers, Outcomes uint64 `json:",omitempty"`
	// Folded counts the cells of ended processes that no longer tell process and name
	// apart at once.
	Folded uint64 `json:",omitempty"`
	// Past says that this holds for processes that live on as well.
	Past bool `json:",omitempty"`
	// Families counts the events and cells of connections that are known without the
	// port of the client.
	Families uint64 `json:",omitempty"`
	// Directories counts the events and names of files that are known by directory only.
	Directories uint64 `json:",omitempty"`
	// NotesLost counts the single events per class that have no row of their own.
	NotesLost map[string]uint64 `json:",omitempty"`
	// DeathsSlim counts ends of processes that were kept without their last moments.
	DeathsSlim uint64 `json:",omitempty"`
	// NamesFrom is the number of the event from which cells are no longer told apart
	// by name; 0 where they all are.
	NamesFrom uint64 `json:",omitempty"`
}

// Any reports whether anything was given up.
func (c Coarse) Any() bool {
	return c.Names|c.Tasks|c.Procs|c.Texts|c.Containers|c.Outcomes|c.DeathsSlim|c.NamesFrom != 0 || len(c.NotesLost) > 0
}
