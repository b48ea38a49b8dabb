package inspect

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/scap"
)

// indexOf gives the index of a capture that the text describes.
func indexOf(t *testing.T, text string) *Index {
	t.Helper()
	var b bytes.Buffer
	if err := captext.Compile(&b, text, scap.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	ix, err := Read(t.Context(), &b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// rowsOf renders some columns of a view, a line each row.
func rowsOf(t *testing.T, ix *Index, q Query, columns ...string) string {
	t.Helper()
	tab := ask(t, ix, q)
	var out []string
	for _, r := range tab.Rows {
		var parts []string
		for _, name := range columns {
			found := false
			for i := range tab.Columns {
				if tab.Columns[i].Name == name {
					found = true
					parts = append(parts, strings.TrimSpace(fmt.Sprint(r.Values[i])))
				}
			}
			if !found {
				t.Fatalf("view %s has no column %s", q.View, name)
			}
		}
		out = append(out, strings.TrimSpace(strings.Join(parts, " | ")))
	}
	return strings.Join(out, "\n")
}

func wantRows(t *testing.T, ix *Index, q Query, columns, want string) {
	t.Helper()
	if got := rowsOf(t, ix, q, strings.Split(columns, ",")...); got != want {
		t.Errorf("view %s, %s:\n%s\nwant\n%s", q.View, columns, got, want)
	}
}

// TestBacklog_queues: the longest queue allowed is that of the process on the port, and the
// share is of it.
func TestBacklog_queues(t *testing.T) {
	const text = `process 100 front
process 200 back
fd 100 3 listen 10.0.0.1:80
fd 100 4 listen 10.0.0.1:443
fd 200 3 listen 10.0.0.1:5432
+0 100 accept 9 from=10.0.0.9:4001 to=10.0.0.1:80 queuelen=30 queuemax=128
+0 100 accept 10 from=10.0.0.9:4002 to=10.0.0.1:80 queuelen=34 queuemax=128
+0 100 accept4 11 from=10.0.0.9:4003 to=10.0.0.1:443 queuelen=0 queuemax=511
+0 200 accept 12 from=10.0.0.9:4004 to=10.0.0.1:5432 queuelen=5
+0 200 accept EAGAIN
+0 200 exit 0
`
	fresh := indexOf(t, text)
	for _, ix := range []*Index{fresh, stored(t, fresh)} {
		wantRows(t, ix, Query{View: "backlog"}, "PORT,PID,ACCEPTS,BACKLOG,PCT,MAX,PROC", strings.Join([]string{
			"80 | 100 | 2 | 32 | 25 | 128 | front",
			"5432 | 200 | 1 | 5 |  |  | back",
			"443 | 100 | 1 | 0 | 0 | 511 | front",
		}, "\n"))
		wantRows(t, ix, Query{View: "backlog", Select: []Selector{{"pid", "200"}}}, "PORT,MAX", "5432 |")
	}
}

// stored gives what an index is after it was written and read.
func stored(t *testing.T, ix *Index) *Index {
	t.Helper()
	var b bytes.Buffer
	if err := ix.write(&b, Identity{}); err != nil {
		t.Fatal(err)
	}
	back, err := readIndex(bytes.NewReader(b.Bytes()), int64(b.Len()), Identity{})
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// TestDeaths_sayHow: the signal, the core dump, the status, and which end of the container it is.
func TestDeaths_sayHow(t *testing.T) {
	ix := indexOf(t, `container a pod=shop/web-1 uid=77 name=app
container b pod=shop/web-1 uid=77 name=app
container c pod=shop/web-1 uid=77 name=proxy
process 50 shim
process 100 app in=a vpid=1
process 101 child in=a vpid=8
process 200 app in=b vpid=1
process 300 proxy in=c vpid=1
+0 50 thread 51
+0 101 exit 7
+0 100 exit SIGSEGV core
+0 300 exit 0
+0 200 exit 3
`)
	wantRows(t, ix, Query{View: "deaths", Sort: "TIME"}, "PID,BAD,HOW,NTH", strings.Join([]string{
		"101 | 1 | exit 7 |", "100 | 1 | SIGSEGV (core dumped) | 1", "300 | 0 | exit 0 | 1", "200 | 1 | exit 3 | 2",
	}, "\n"))
	ends, err := ix.Story(Query{}, false)
	if err != nil || len(ends) != 3 || ends[0].Nth != 2 || ends[0].How() != "exit 3" || ends[1].How() != "SIGSEGV (core dumped)" {
		t.Errorf("%+v, %v", ends, err)
	}
}

// TestDeaths_unknownStatus: the first recorders wrote ends without a status.
func TestDeaths_unknownStatus(t *testing.T) {
	b := NewBuilder()
	b.Add(fake(1, 1000, evRead, &event.Thread{Tid: 5, Pid: 5, Comm: "old"}, p64(0)))
	b.Add(fake(2, 2000, evExit, &event.Thread{Tid: 5, Pid: 5, Comm: "old"}))
	ix := b.Finish(nil, nil)
	wantRows(t, ix, Query{View: "deaths"}, "BAD,HOW", "0 | ended")
}

// TestThreads_numbersInContainer: a thread has a number of its own inside the container.
func TestThreads_numbersInContainer(t *testing.T) {
	ix := stored(t, indexOf(t, `container a
process 100 app in=a vpid=1
+0 100 thread 107
+0 107 close 0 fd=3
`))
	wantRows(t, ix, Query{View: "threads", Sort: "TID"}, "TID,VPID,VTID", "100 | 1 | 1\n107 | 1 | 107")
}

func TestFileOpens_failedOnesToo(t *testing.T) {
	ix := indexOf(t, `process 100 app
+0 100 openat 5 name=/etc/a
+0 100 openat ENOENT name=/etc/b
+0 100 read EIO fd=5
`)
	wantRows(t, ix, Query{View: "file_opens"}, "RES,FILE", "5 | /etc/a\nENOENT | /etc/b")
}

// TestForks_countedOnce: a fork returns twice, and is one.
func TestForks_countedOnce(t *testing.T) {
	ix := indexOf(t, `process 100 app
+0 100 fork 101
+0 100 thread 102
+0 101 exit 0
`)
	tiles, err := ix.Overview(Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tile := range tiles {
		if tile.ID == "forks" && tile.Total == 2 {
			wantRows(t, ix, Query{View: "forks"}, "CHILD", "101\n102")
			return
		}
	}
	t.Errorf("two forks are not counted as two: %+v", tiles)
}

// TestAgents_eventsAreSplit: what agents put into a capture has a name and a description.
func TestAgents_eventsAreSplit(t *testing.T) {
	var out bytes.Buffer
	w, err := scap.NewWriter(&out, scap.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.AddThread(event.Thread{Tid: 5, Pid: 5, Comm: "agent"})
	var b scap.Builder
	for _, err := range []error{
		w.Write(&b, 280, 1000, 5, 0, "17", "disk is full\nnow"),
		w.Write(&b, 286, 2000, 5, 0, "docker", "die", "ID: 4c0f; Image: web:2; Name: web", "host"),
		w.Write(&b, 5, 3000, 5, 1, 0, 3),
		w.Write(&b, 7, 4000, 5, 1, 4096, []byte("only the beginning"), 3, 4096),
		w.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	ix, err := Read(t.Context(), &out, Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantRows(t, ix, Query{View: "notifications"}, "ID,DESCRIPTION", "17 | disk is full")
	wantRows(t, ix, Query{View: "docker_events"}, "TYPE,DESCRIPTION", "die | ID: 4c0f; Image: web:2; Name: web")
	wantRows(t, ix, Query{View: "cores"}, "CORE,TH,EVENTS", "0 | 1 | 1\n1 | 1 | 2")
	if ix.Info.CutData != 1 {
		t.Errorf("%d calls with cut data, want 1", ix.Info.CutData)
	}
}
