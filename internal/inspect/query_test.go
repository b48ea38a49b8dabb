package inspect

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
)

const fakeEvents = 20_000

// fakeCapture gives the events of one stream, and the index of them.
func fakeCapture(t testing.TB) ([]*event.Event, *Index) {
	t.Helper()
	return foldedCapture(t, -1)
}

// foldedCapture is fakeCapture with everything folded that can be, now and then, as in
// a capture of gigabytes; -1 folds nothing, 0 what ended, 1 the past as well.
func foldedCapture(t testing.TB, level int) ([]*event.Event, *Index) {
	t.Helper()
	m, b := newFakeMaker(3), NewBuilder()
	var evs []*event.Event
	for i := range fakeEvents {
		ev := m.step()
		evs = append(evs, ev)
		b.Add(ev)
		if level >= 0 && i%3000 == 2999 {
			b.rest()
			b.q.seal()
			for b.folds.level < level {
				b.foldMore(b.q.slots)
			}
			b.q.foldSealed()
			b.q.halve()
			b.follow()
			b.q.unseal()
		}
	}
	ix := b.Finish(nil, nil)
	if level >= 0 && ix.Info.Coarse.Folded == 0 {
		t.Fatal("nothing was folded")
	}
	return evs, ix
}

// column collects one column of a view by the text of another.
func column(t *testing.T, tab *Table, key, val string) map[string]float64 {
	t.Helper()
	find := func(name string) int {
		i := slices.IndexFunc(tab.Columns, func(c Column) bool { return c.Name == name })
		if i < 0 {
			t.Fatalf("view %s has no column %s", tab.View.ID, name)
		}
		return i
	}
	k, v := find(key), find(val)
	out := map[string]float64{}
	for _, r := range tab.Rows {
		out[r.Values[k].String()] += r.Values[v].Num
	}
	return out
}

func ask(t *testing.T, ix *Index, q Query) *Table {
	t.Helper()
	tab, err := ix.Run(q)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func same(t *testing.T, what string, got, want map[string]float64) {
	t.Helper()
	if len(want) == 0 {
		t.Fatalf("%s: the test made nothing to count", what)
	}
	for k, w := range want {
		if got[k] != w {
			t.Errorf("%s: %q is %v, want %v", what, k, got[k], w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	}
}

func res(ev *event.Event) int64 {
	r, _ := ev.Result()
	return r
}

// pathOrName is what an event works on, as a naive reader sees it.
func pathOrName(ev *event.Event) string {
	if ev.FD != nil {
		return ev.FD.Name
	}
	if ev.Type == evOpenat {
		s, _ := ev.Text(2)
		return string(s)
	}
	return ""
}

// TestViews_equalANaiveCount recomputes views from the events, one event at a time.
func TestViews_equalANaiveCount(t *testing.T) {
	for _, level := range []int{-1, 0, 1} {
		t.Run("fold"+strconv.Itoa(level), func(t *testing.T) {
			evs, ix := foldedCapture(t, level)
			equalANaiveCount(t, evs, ix)
		})
	}
}

func equalANaiveCount(t *testing.T, evs []*event.Event, ix *Index) {
	count := func(key func(ev *event.Event) (string, float64)) map[string]float64 {
		out := map[string]float64{}
		for _, ev := range evs {
			if k, v := key(ev); k != "" {
				out[k] += v
			}
		}
		return out
	}
	isFile := func(ev *event.Event) bool { return strings.HasPrefix(pathOrName(ev), "/") }

	same(t, "errors", column(t, ask(t, ix, Query{View: "errors"}), "ERROR", "COUNT"), count(func(ev *event.Event) (string, float64) {
		if ev.Failed() {
			return event.ErrnoName(-res(ev)), 1
		}
		return "", 0
	}))
	in := func(ev *event.Event) float64 {
		if ev.Type == evRead && res(ev) > 0 {
			return float64(res(ev))
		}
		return 0
	}
	files := ask(t, ix, Query{View: "files"})
	same(t, "bytes read by file", column(t, files, "FILENAME", "BYTES IN"), count(func(ev *event.Event) (string, float64) {
		if !isFile(ev) || ev.IsEnter() {
			return "", 0
		}
		return pathOrName(ev), in(ev)
	}))
	same(t, "failed opens by file", column(t, files, "FILENAME", "ERRORS"), count(func(ev *event.Event) (string, float64) {
		if !isFile(ev) {
			return "", 0
		}
		if ev.Failed() {
			return pathOrName(ev), 1
		}
		return pathOrName(ev), 0
	}))
	same(t, "bytes read by directory", column(t, ask(t, ix, Query{View: "directories"}), "DIRNAME", "BYTES IN"), count(func(ev *event.Event) (string, float64) {
		if !isFile(ev) {
			return "", 0
		}
		return path.Dir(pathOrName(ev)), in(ev)
	}))
	same(t, "failed calls by process", column(t, ask(t, ix, Query{View: "procs_errors"}), "PID", "NET"), count(func(ev *event.Event) (string, float64) {
		if !ev.Failed() {
			return "", 0
		}
		n := 0.0
		if ev.FD != nil {
			n = 1
		}
		return strconv.FormatInt(ev.Tid, 10), n
	}))
	same(t, "calls", column(t, ask(t, ix, Query{View: "syscalls"}), "SYSCALL", "CALLS"), count(func(ev *event.Event) (string, float64) {
		if ev.IsEnter() {
			return "", 0
		}
		if ev.Type == evGeneric {
			s, _ := event.SyscallOf(100)
			return s.Name, 1
		}
		return ev.Name(), 1
	}))
	same(t, "ports", column(t, ask(t, ix, Query{View: "sports"}), "SPORT", "IO CALLS"), count(func(ev *event.Event) (string, float64) {
		if ev.FD == nil || ev.FD.ServerPort == 0 {
			return "", 0
		}
		if ev.Type == evConnect {
			return strconv.Itoa(int(ev.FD.ServerPort)), 0
		}
		return strconv.Itoa(int(ev.FD.ServerPort)), 1
	}))
}

// TestSelect_equalsANaiveFilter restricts by several keys of all dimensions.
func TestSelect_equalsANaiveFilter(t *testing.T) {
	evs, ix := fakeCapture(t)
	pid := evs[100].Tid
	for name, c := range map[string]struct {
		sel  []Selector
		keep func(ev *event.Event) bool
	}{
		"pid":       {[]Selector{{"pid", strconv.FormatInt(pid, 10)}}, func(ev *event.Event) bool { return ev.Tid == pid }},
		"container": {[]Selector{{"container", "web"}}, func(ev *event.Event) bool { return ev.Thread.Container != nil }},
		"pod":       {[]Selector{{"pod", "web-1"}, {"ns", "shop"}}, func(ev *event.Event) bool { return ev.Thread.Container != nil }},
		"file":      {[]Selector{{"file", "/srv/d1/f1"}}, func(ev *event.Event) bool { return pathOrName(ev) == "/srv/d1/f1" }},
		"dir+errno": {[]Selector{{"dir", "/srv/d2"}, {"errno", "ENOENT"}}, func(ev *event.Event) bool {
			return path.Dir(pathOrName(ev)) == "/srv/d2" && res(ev) == -eNOENT && ev.Failed()
		}},
		"port":    {[]Selector{{"port", "443"}}, func(ev *event.Event) bool { return ev.FD != nil && ev.FD.ServerPort == 443 }},
		"type":    {[]Selector{{"type", "openat"}}, func(ev *event.Event) bool { return ev.Name() == "openat" && !ev.IsEnter() }},
		"nothing": {[]Selector{{"pid", "999999"}}, func(*event.Event) bool { return false }},
	} {
		want := 0.0
		for _, ev := range evs {
			if c.keep(ev) && !ev.IsEnter() && ev.Type != evSignal && ev.Type != evExit {
				want++
			}
		}
		got := 0.0
		for _, n := range column(t, ask(t, ix, Query{View: "syscalls", Select: c.sel}), "SYSCALL", "CALLS") {
			got += n
		}
		if got != want {
			t.Errorf("%s: %v calls, want %v", name, got, want)
		}
		if want == 0 && name != "nothing" {
			t.Errorf("%s: the test made nothing to count", name)
		}
	}
}

// TestPaging_coversEveryRowOnce pages through a view of groups and one of events.
func TestPaging_coversEveryRowOnce(t *testing.T) {
	_, ix := fakeCapture(t)
	for _, view := range []string{"files", "failed_calls", "procs"} {
		all := ask(t, ix, Query{View: view})
		if len(all.Rows) != all.Total || all.Total < 20 {
			t.Fatalf("%s: %d rows of %d", view, len(all.Rows), all.Total)
		}
		var paged []Row
		for off := 0; off < all.Total; off += 7 {
			p := ask(t, ix, Query{View: view, Offset: off, Limit: 7})
			if p.Total != all.Total || p.Offset != off || len(p.Rows) > 7 {
				t.Fatalf("%s: page at %d has %d rows of %d", view, off, len(p.Rows), p.Total)
			}
			paged = append(paged, p.Rows...)
		}
		for i := range all.Rows {
			if !slices.Equal(all.Rows[i].Values, paged[i].Values) {
				t.Fatalf("%s: row %d differs", view, i)
			}
		}
		if p := ask(t, ix, Query{View: view, Offset: all.Total + 5, Limit: 7}); len(p.Rows) != 0 || p.Total != all.Total {
			t.Errorf("%s: %d rows behind the end", view, len(p.Rows))
		}
	}
}

func TestSort(t *testing.T) {
	_, ix := fakeCapture(t)
	up := ask(t, ix, Query{View: "files", Sort: "-OPS"})
	down := ask(t, ix, Query{View: "files", Sort: "ops"})
	at := slices.IndexFunc(up.Columns, func(c Column) bool { return c.Name == "OPS" })
	for i := 1; i < len(up.Rows); i++ {
		if up.Rows[i-1].Values[at].Num > up.Rows[i].Values[at].Num || down.Rows[i-1].Values[at].Num < down.Rows[i].Values[at].Num {
			t.Fatalf("row %d is out of order", i)
		}
	}
}

// TestWindow_sumsToTheWhole cuts the time in two at every slot.
func TestWindow_sumsToTheWhole(t *testing.T) {
	_, ix := fakeCapture(t)
	sum := func(q Query) (n float64) {
		q.View = "syscalls"
		for _, v := range column(t, ask(t, ix, q), "SYSCALL", "CALLS") {
			n += v
		}
		return n
	}
	whole := sum(Query{})
	for s := 1; s < ix.Info.Slots; s += 17 {
		cut := ix.Info.FirstNanos + uint64(s)*ix.Info.SlotNanos
		if a, b := sum(Query{ToNanos: cut - 1}), sum(Query{FromNanos: cut}); a+b != whole || a == 0 || b == 0 {
			t.Fatalf("slot %d: %v and %v make %v", s, a, b, whole)
		}
	}
}

func TestQuery_errorsNameTheNearest(t *testing.T) {
	_, ix := fakeCapture(t)
	for _, c := range []struct {
		q    Query
		near string
	}{
		{Query{View: "proc"}, "procs"}, {Query{View: "file"}, "files"}, {Query{View: "sprots"}, "sports"}, {Query{View: "users"}, "spy_users_wsysdig"},
		{Query{View: "procs", Select: []Selector{{"pidd", "1"}}}, "pid"},
		{Query{View: "procs", Sort: "COMAND"}, "COMMAND"},
	} {
		_, err := ix.Run(c.q)
		var q *QueryError
		if !errors.As(err, &q) || q.Near != c.near {
			t.Errorf("%+v: %v", c.q, err)
		}
	}
}

// TestTiles_equalTheirLists compares tiles with the rows of the views they open.
func TestTiles_equalTheirLists(t *testing.T) {
	for _, level := range []int{-1, 0, 1} {
		t.Run("fold"+strconv.Itoa(level), func(t *testing.T) {
			evs, ix := foldedCapture(t, level)
			tilesEqualTheirLists(t, evs, ix)
		})
	}
}

func tilesEqualTheirLists(t *testing.T, evs []*event.Event, ix *Index) {
	tiles, err := ix.Overview(Query{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]uint64{}
	for _, ev := range evs {
		want["events"]++
		switch {
		case ev.Type == evOpenat && ev.Failed():
			want["file.openerrors"]++
		case ev.Type == evConnect:
			want["net.connects"]++
			want["net.failed"]++
		case ev.Type == evWrite && res(ev) > 0:
			want["http.5xx"]++
		case ev.Type == evSignal:
			want["signals"]++
		case ev.Type == evExit:
			want["ends"]++
			if n, _ := ev.Int(0); n != 0 {
				want["died"]++
			}
		}
		if ev.Type == evRead && res(ev) > 0 {
			want["file.in"] += uint64(res(ev))
			if ev.TsNanos-ev.EnterTsNanos > slow1 {
				want["slow1"]++
			}
		}
	}
	got := map[string]uint64{}
	for _, tile := range tiles {
		got[tile.ID] = tile.Total
		sum := uint64(0)
		for _, v := range tile.Series {
			sum += v
		}
		if distinct := map[string]bool{"procs": true, "containers": true, "file.read": true, "file.written": true, "net.conns": true, "net.listening": true}; !distinct[tile.ID] && sum != tile.Total {
			t.Errorf("%s: the time line sums to %d, the tile says %d", tile.ID, sum, tile.Total)
		}
		if tile.View != "" && ViewByID(tile.View) == nil {
			t.Errorf("%s opens the view %q, which there is not", tile.ID, tile.View)
		}
	}
	for id, n := range want {
		if got[id] != n || n == 0 {
			t.Errorf("%s is %d, want %d", id, got[id], n)
		}
	}
	for tile, view := range map[string]string{"file.openerrors": "failed_calls", "signals": "signals", "slow1": "slow_io", "net.connects": "outgoing_connections", "died": "deaths"} {
		if ask(t, ix, Query{View: view}).Total < int(got[tile]) {
			t.Errorf("tile %s counts %d, its view %s lists fewer", tile, got[tile], view)
		}
	}
}

// TestViews_areComplete checks the table of views.
func TestViews_areComplete(t *testing.T) {
	_, ix := fakeCapture(t)
	ids := map[string]bool{}
	for _, v := range views {
		if ids[v.ID] {
			t.Errorf("%s stands twice", v.ID)
		}
		ids[v.ID] = true
		if v.About == "" || v.Name == "" || len(v.Columns) == 0 || v.Sort >= len(v.Columns) {
			t.Errorf("%s is not described", v.ID)
		}
		if _, ok := attrs[v.Key]; !ok && !v.ListsEvents() && !v.cores {
			t.Errorf("%s: no attribute %q", v.ID, v.Key)
		}
		if _, ok := attrs[v.SelectKey]; v.SelectKey != "" && !ok {
			t.Errorf("%s: no attribute %q", v.ID, v.SelectKey)
		}
		if v.Next != "" && ViewByID(v.Next) == nil {
			t.Errorf("%s leads to %q, which there is not", v.ID, v.Next)
		}
		for _, c := range v.Columns {
			_, known := ix.measure(c.measure)
			if c.About == "" || c.measure != "" && !known && c.If != "cpu" && c.If != "procinfo" || c.attr != "" && attrs[c.attr].show == nil {
				t.Errorf("%s: column %s is not sound", v.ID, c.Name)
			}
		}
	}
	for _, id := range []string{"procs", "procs_cpu", "procs_errors", "threads", "containers", "files", "directories", "slow_io", "io_by_type", "connections", "sports", "port_bindings", "errors", "syscalls", "page_faults", "spy_users_wsysdig", "file_opens", "incoming_connections", "backlog", "cores", "containers_errors", "procs_fd_usage", "docker_events", "notifications", "spy_syslog", "syscall_procs", "kubernetes_pods", "kubernetes_namespaces"} {
		if !ids[id] {
			t.Errorf("Sysdig's view %s is missing", id)
		}
	}
}
