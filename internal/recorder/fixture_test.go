package recorder

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/node"
	"github.com/unloop-dev/unloop/internal/shelf"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

const (
	uid  = "3b5d2f0e-8c1a-4f6d-9e27-5a4b3c2d1e0f"
	name = "web-7d9c5b8f6c-x2x9k"
)

// id is the id of a container by a digit.
func id(n int) string { return fmt.Sprintf("%064x", 0xabc000+n) }

// pod is the control group of a container of the pod.
func pod(n int) string { return "/kubepods/burstable/pod" + uid + "/" + id(n) }

const crash = `
machine worker-1
process 50 containerd-shim
process 100 server vpid=1 parent=50
+1ms 100 openat ENOENT name=/etc/server/config.yaml
+1ms 100 write fd=2 data="cannot read config\n"
+1ms 100 exit 1
`

// script is a source that does what a test tells it.
type script struct {
	t  *testing.T
	do chan func(flight.Handler)
	// notReady is what Ready says.
	notReady error
}

func (s *script) Run(ctx context.Context, h flight.Handler) error {
	for {
		select {
		case do := <-s.do:
			do(h)
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *script) Ready() error { return s.notReady }

// play delivers a story to a slot.
func play(t *testing.T, h flight.Handler, slot flight.Slot, cgroup, text string) {
	var file bytes.Buffer
	if err := captext.Compile(&file, text, scap.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	before := state.New()
	r, err := scap.NewReader(bytes.NewReader(file.Bytes()), scap.ReadOptions{Meta: before})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	opened := false
	var ev event.Event
	for {
		err := r.Next(&ev)
		if !opened {
			opened = true
			h.Open(slot, flight.Opening{Cgroup: cgroup, Before: before})
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		ev.Thread, ev.FD = nil, nil
		h.Event(slot, &ev)
	}
}

// die is the end of a container.
func die(h flight.Handler, slot flight.Slot, d flight.Death) {
	d.TsNanos = uint64(time.Now().UnixNano())
	h.Died(slot, d)
	h.Gone(slot)
}

// rig is a recorder with a script for a source, a kubelet's folders and a shelf.
type rig struct {
	t           *testing.T
	src         *script
	rec         *Recorder
	shelf       *shelf.Shelf
	pods, links string
	stop        context.CancelFunc
	done        chan error

	mu  sync.Mutex
	log []string
}

// start runs the recorder; call it in a bubble of synctest.
func start(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	dir := t.TempDir()
	g := &rig{t: t, src: &script{t: t, do: make(chan func(flight.Handler))}, pods: filepath.Join(dir, "pods"), links: filepath.Join(dir, "containers"), done: make(chan error, 1)}
	for _, d := range []string{g.pods, g.links} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if g.shelf, err = shelf.Open(context.Background(), filepath.Join(dir, "captures"), true); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Source: g.src, Shelf: g.shelf, Names: node.NewNames(g.pods, g.links), Node: "worker-1", Log: func(format string, args ...any) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.log = append(g.log, fmt.Sprintf(format, args...))
	}}
	if change != nil {
		change(&cfg)
	}
	if g.rec, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	g.stop = stop
	go func() { g.done <- g.rec.Run(ctx) }()
	return g
}

// tell has the source do something and waits until that is taken in.
func (g *rig) tell(do func(flight.Handler)) {
	done := make(chan struct{})
	g.src.do <- func(h flight.Handler) { defer close(done); do(h) }
	<-done
}

// link makes the log of a container and the kubelet's link to it.
func (g *rig) link(n, restart int, container string) {
	g.t.Helper()
	dir := filepath.Join(g.pods, "shop_"+name+"_"+uid, container)
	log := filepath.Join(dir, fmt.Sprint(restart, ".log"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(log, nil, 0o640); err != nil {
		g.t.Fatal(err)
	}
	if err := os.Symlink(log, filepath.Join(g.links, name+"_shop_"+container+"-"+id(n)+".log")); err != nil {
		g.t.Fatal(err)
	}
}

// captured lists what is on the shelf, the newest first, with notes.
func (g *rig) captured() []catalog.Entry {
	g.t.Helper()
	list, err := g.shelf.List(context.Background(), catalog.Query{})
	if err != nil {
		g.t.Fatal(err)
	}
	for i := range list {
		list[i] = g.shelf.Notes(context.Background(), list[i])
	}
	return list
}

// end stops the recorder.
func (g *rig) end() {
	g.t.Helper()
	g.stop()
	if err := <-g.done; err != nil {
		g.t.Errorf("Run: %v", err)
	}
}

// pass lets time go on.
func pass(d time.Duration) {
	time.Sleep(d) // in a bubble: no real time passes
	synctest.Wait()
}

// containersOf reads the containers that a capture tells of.
func (g *rig) containerOf(e catalog.Entry) *event.Container {
	g.t.Helper()
	f, _, err := g.shelf.Get(context.Background(), e.Name)
	if err != nil {
		g.t.Fatal(err)
	}
	defer f.Close()
	tr := state.New()
	r, err := scap.NewReader(f, scap.ReadOptions{Meta: tr})
	if err != nil {
		g.t.Fatal(err)
	}
	defer r.Close()
	var ev event.Event
	for {
		if err := r.Next(&ev); err != nil {
			g.t.Fatalf("no container in %s: %v", e.Name, err)
		}
		if ev.Kind != nil && strings.HasPrefix(ev.Kind.Name, "container") && len(ev.Data) > 0 {
			i := bytes.IndexByte(ev.Data, '{')
			doc := bytes.TrimRight(ev.Data[max(i, 0):], "\x00")
			c, err := event.ParseContainer(doc)
			if err != nil {
				g.t.Fatal(err)
			}
			return &c
		}
	}
}
