package state

import "github.com/unloop-dev/unloop/event"

// Bounds of the state. Beyond them new entries are refused and counted.
const (
	maxThreads    = 128 << 10
	maxFDs        = 1 << 20
	maxContainers = 16 << 10
	maxAccounts   = 256 << 10
	maxInterfaces = 4 << 10
)

// thread is one task with what joins its enters to its exits.
type thread struct {
	event.Thread
	// own is the table the thread brought along; it is in use unless the main thread's is.
	own event.FDTable
	// want is the code of the exit that would end the call under way, 0 for none.
	want event.Type
	// fd is the descriptor that the enter named, -1 for none; at is what it stood for.
	fd      int64
	at      *event.FD
	ts, num uint64
	// last is the time of the thread's latest event.
	last uint64
	// nparams is how many parameters of the enter are kept, -1 for none: their lengths are
	// the first nlens bytes of what is in short, or in long where that is too small.
	nparams, nlens, nbytes int
	short                  [80]byte
	long                   []byte
	// leader is Leader as this package sees it.
	leader *thread
	// live counts threads of the process beside this one, on main threads, and next and
	// prev chain them, beginning with the main thread.
	live       int
	next, prev *thread
	// unlinked says that the thread waits in Tracker.unlinked.
	unlinked bool
}

// threads is a hash table from tid to thread: open addressing, linear probing,
// deletion by moving back.
type threads struct {
	keys []int64
	vals []*thread
	n    int
}

func slot(tid int64, mask uint64) uint64 {
	return (uint64(tid) * 0x9E3779B97F4A7C15 >> 20) & mask
}

func (t *threads) get(tid int64) *thread {
	if t.n == 0 {
		return nil
	}
	mask := uint64(len(t.keys) - 1)
	for i := slot(tid, mask); ; i = (i + 1) & mask {
		v := t.vals[i]
		if v == nil {
			return nil
		}
		if t.keys[i] == tid {
			return v
		}
	}
}

// put adds th, whose tid is not in the table.
func (t *threads) put(th *thread) {
	if 2*(t.n+1) > len(t.keys) {
		old := *t
		size := max(2*len(t.keys), 256)
		t.keys, t.vals, t.n = make([]int64, size), make([]*thread, size), 0
		for _, v := range old.vals {
			if v != nil {
				t.put(v)
			}
		}
	}
	mask := uint64(len(t.keys) - 1)
	i := slot(th.Tid, mask)
	for t.vals[i] != nil {
		i = (i + 1) & mask
	}
	t.keys[i], t.vals[i] = th.Tid, th
	t.n++
}

func (t *threads) remove(tid int64) {
	if t.n == 0 {
		return
	}
	mask := uint64(len(t.keys) - 1)
	i := slot(tid, mask)
	for t.vals[i] == nil || t.keys[i] != tid {
		if t.vals[i] == nil {
			return
		}
		i = (i + 1) & mask
	}
	t.n--
	for j := i; ; {
		j = (j + 1) & mask
		if t.vals[j] == nil {
			break
		}
		// The entry at j may move to i unless its home lies behind i.
		if home := slot(t.keys[j], mask); (j-home)&mask >= (j-i)&mask {
			t.keys[i], t.vals[i] = t.keys[j], t.vals[j]
			i = j
		}
	}
	t.vals[i] = nil
}
