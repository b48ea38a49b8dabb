package inspect

import (
	"strings"
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

// TestEnds_output: a line may be many writes, of which another stream's are none.
func TestEnds_output(t *testing.T) {
	const begin = "process 100 cat\nfd 100 1 pipe out\nfd 100 2 pipe err\n"
	many := strings.Repeat(`line\n`, keepLines)
	for name, tt := range map[string]struct{ writes, want string }{
		"one line":           {`+1ms 100 write fd=2 data="cat: no file\n"`, "err cat: no file"},
		"in pieces":          {"+1ms 100 write fd=2 data=\"cat: \"\n+1ms 100 write fd=2 data=/x\n+1ms 100 write fd=2 data=\": no file\\n\"", "err cat: /x: no file"},
		"its end apart":      {"+1ms 100 write fd=2 data=a\n+1ms 100 write fd=2 data=\"\\n\"\n+1ms 100 write fd=2 data=b", "err a|err b"},
		"the other between":  {"+1ms 100 write fd=2 data=a\n+1ms 100 write fd=1 data=\"b\\n\"\n+1ms 100 write fd=2 data=c", "out b|err ac"},
		"an empty line":      {`+1ms 100 write fd=1 data="a\n\nb\n"`, "out a|out |out b"},
		"the last of many":   {`+1ms 100 write fd=1 data="first\n` + many + `last\n"`, strings.Repeat("out line|", keepLines-1) + "out last"},
		"its end is unknown": {"+1ms 100 write 90 fd=1 data=\"the begin\"\n+1ms 100 write fd=1 data=\"next\\n\"", "out the begin|out next"},
	} {
		ends := indexOf(t, begin+tt.writes+"\n+1ms 100 exit 1\n").Summary().Ends
		var got []string
		for _, o := range ends[0].Output {
			got = append(got, map[bool]string{false: "out ", true: "err "}[o.Stderr]+o.Text)
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%s: %q, want %q", name, s, tt.want)
		}
	}
}
