package inspect

import (
	"testing"

	"github.com/unloop-dev/unloop/event"
)

// TestEnds_threads: a process ends once, with what its last thread says where the first
// only left, and not at all where another thread of it runs a new program.
func TestEnds_threads(t *testing.T) {
	first := &event.Thread{Tid: 7, Pid: 7, Ptid: 1, Comm: "app", Exe: "/bin/app", FDs: &event.FDTable{}}
	first.Leader = first
	worker := &event.Thread{Tid: 8, Pid: 7, Ptid: 1, Comm: "app", Exe: "/bin/app", FDs: first.FDs, Leader: first}
	other := &event.Thread{Tid: 7, Pid: 7, Ptid: 1, Comm: "cat", Exe: "cat", FDs: &event.FDTable{}}
	other.Leader = other
	const evExecve event.Type = 293
	type step struct {
		typ  event.Type
		th   *event.Thread
		word int64 // result, or status as wait(2) gives it
	}
	for _, tt := range []struct {
		name  string
		steps []step
		code  int
		num   uint64 // of the event that ended it
	}{
		{"all at once", []step{{evWrite, first, 1}, {evWrite, worker, 1}, {evExit, first, 1 << 8}, {evExit, worker, 1 << 8}}, 1, 3},
		{"the worker before", []step{{evWrite, worker, 1}, {evWrite, first, 1}, {evExit, worker, 0}, {evExit, first, 2 << 8}}, 2, 4},
		{"the first leaves", []step{{evWrite, first, 1}, {evWrite, worker, 1}, {evExit, first, 0}, {evWrite, worker, 1}, {evExit, worker, 3 << 8}}, 3, 5},
		{"the worker runs a program", []step{{evWrite, first, 1}, {evWrite, worker, 1}, {evExit, first, 0}, {evExecve, other, 0}, {evWrite, other, 1}, {evExit, other, 4 << 8}}, 4, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := NewBuilder()
			for i, s := range tt.steps {
				b.Add(fake(uint64(i+1), 1_700_000_000_000_000_000+uint64(i)*1000, s.typ, s.th, p64(s.word)))
			}
			ends := b.Finish(nil, nil).Summary().Ends
			if len(ends) != 1 || ends[0].Code == nil || *ends[0].Code != tt.code || ends[0].Event != tt.num {
				t.Errorf("ends %+v, want one with code %d at event %d", ends, tt.code, tt.num)
			}
		})
	}
}

// TestEnds_memory: what a process held before its last exec was another program's.
func TestEnds_memory(t *testing.T) {
	for name, exec := range map[string]string{"kept": "", "gone": "+1ms 100 exec /bin/cat rss=12\n", "failed": "+1ms 100 exec /bin/cat ENOENT\n"} {
		ix := indexOf(t, "process 100 runc rss=30000\n"+exec+"+1ms 100 exit 1\n")
		want := uint32(30000)
		if name == "gone" {
			want = 12
		}
		if ends := ix.Summary().Ends; len(ends) != 1 || ends[0].Process.RSSKiB != want {
			t.Errorf("%s: %+v, want %d KiB resident", name, ends, want)
		}
	}
}
