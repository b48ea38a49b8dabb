package inspect_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/unloop-dev/unloop/internal/inspect"
	"github.com/unloop-dev/unloop/internal/inspect/sample"
)

func sampleIndex(t testing.TB) *inspect.Index {
	t.Helper()
	var b bytes.Buffer
	if err := sample.Write(&b); err != nil {
		t.Fatal(err)
	}
	ix, err := inspect.Read(context.Background(), &b, inspect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if bad := ix.Incomplete(); bad != nil {
		t.Fatalf("the sample is not whole: %v", bad)
	}
	return ix
}

// TestSummary_tellsTheStory compares the facts with what the sample was made of.
func TestSummary_tellsTheStory(t *testing.T) {
	s := sampleIndex(t).Summary()
	if len(s.Ends) != 3 || s.Host != "node-1" {
		t.Fatalf("%d ends on host %q", len(s.Ends), s.Host)
	}
	e := s.Ends[0]
	if e.Process.Pid != sample.ServerPid || e.Process.Command != "webd --config "+sample.Config || e.Process.Vpid != 1 || !e.Main {
		t.Errorf("process: %+v, main %v", e.Process, e.Main)
	}
	if e.Code == nil || *e.Code != 1 || e.Signal != 0 || e.How() != "exit 1" || !e.FailedEnd() {
		t.Errorf("how: %v %d %q", e.Code, e.Signal, e.How())
	}
	if c := e.Container; c == nil || c.Pod != sample.Pod || c.Namespace != sample.Namespace || c.PodContainer != "web" || c.FullID != sample.Container {
		t.Errorf("container: %+v", c)
	}
	fails := map[string]string{}
	for _, f := range e.Failed {
		fails[f.Call+" "+f.Error] = f.On
		if f.Recovered || f.BeforeNanos == 0 || f.Event == 0 {
			t.Errorf("failed call: %+v", f)
		}
	}
	if fails["openat ENOENT"] != sample.Missing || fails["connect ECONNREFUSED"] != "10.0.0.5:40005->10.0.0.9:5432" {
		t.Errorf("failed calls: %v", fails)
	}
	if e.Config == nil || e.Config.Path != sample.Config {
		t.Errorf("configuration: %+v", e.Config)
	}
	if len(e.DNS) != 1 || e.DNS[0].Text != "A "+sample.Host+" NXDOMAIN" || e.DNS[0].CodeName != "NXDOMAIN" || e.DNS[0].Server != "10.0.0.10" {
		t.Errorf("DNS: %+v", e.DNS)
	}
	if n := len(e.Output); n != 2 || e.Output[0].Stderr || !e.Output[1].Stderr || e.Output[0].Text != "starting" {
		t.Errorf("output: %+v", e.Output)
	}
	i := slices.IndexFunc(e.Connections, func(c inspect.Connection) bool { return c.Port == 5432 })
	if i < 0 || e.Connections[i].State != "failed" || e.Connections[i].Error != "ECONNREFUSED" || e.Connections[i].Server != "10.0.0.9" {
		t.Errorf("connections: %+v", e.Connections)
	}
	k := s.Ends[2]
	if k.SignalName != "SIGKILL" || k.Code != nil || len(k.Signals) != 1 || k.Signals[0].Sender != sample.KillerPid {
		t.Errorf("killed: %+v", k)
	}
}

// TestStory_ordersWhatMatters looks at the order and the choice of stories.
func TestStory_ordersWhatMatters(t *testing.T) {
	ix := sampleIndex(t)
	bad, err := ix.Story(inspect.Query{}, false)
	if err != nil || len(bad) != 2 || bad[0].Process.Pid != sample.ServerPid {
		t.Fatalf("%d ends, first %+v, %v", len(bad), bad, err)
	}
	all, _ := ix.Story(inspect.Query{}, true)
	if len(all) != 3 || all[2].Process.Pid != sample.ShellPid {
		t.Errorf("%d of all ends", len(all))
	}
	one, _ := ix.Story(inspect.Query{Select: []inspect.Selector{{Key: "pod", Value: sample.Pod}}}, true)
	if len(one) != 1 {
		t.Errorf("%d ends in the pod", len(one))
	}
}

// TestNarrow_isExact asks for windows that do not lie on slots.
func TestNarrow_isExact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.scap")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := sample.Write(f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	ix, err := inspect.Open(context.Background(), path, inspect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, _ := ix.Run(inspect.Query{View: "failed_calls"})
	if len(list.Rows) != 2 {
		t.Fatalf("%d failed calls", len(list.Rows))
	}
	at := uint64(list.Rows[0].Values[1].Int())
	for _, c := range []struct {
		from, to uint64
		want     float64
	}{{at, at, 1}, {at + 1, 0, 1}, {0, at - 1, 0}, {at, 0, 2}} {
		q := inspect.Query{View: "errors", FromNanos: c.from, ToNanos: c.to}
		sub, err := ix.Narrow(context.Background(), path, &q, nil)
		if err != nil || sub == ix {
			t.Fatalf("%v: not narrowed: %v", c, err)
		}
		tab, err := sub.Run(q)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, r := range tab.Rows {
			sum += r.Values[0].Num
		}
		if sum != c.want || len(tab.Remarks) > 0 {
			t.Errorf("from %d to %d: %v failed calls, want %v; %v", c.from, c.to, sum, c.want, tab.Remarks)
		}
	}
}
