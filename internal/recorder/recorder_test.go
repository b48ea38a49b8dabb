package recorder

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/flight/trigger"
)

func TestRecorder_deathMakesOneCapture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, nil)
		g.link(1, 3, "app")
		g.tell(func(h flight.Handler) {
			play(t, h, 7, pod(1), crash)
			die(h, 7, flight.Death{Pid: 100, Code: 1})
		})
		pass(199 * time.Millisecond)
		if n := len(g.captured()); n != 0 {
			t.Errorf("%d captures within the grace", n)
		}
		pass(2 * time.Millisecond)
		list := g.captured()
		if len(list) != 1 {
			t.Fatalf("captures %v, want one; log %q", list, g.log)
		}
		e := list[0]
		if e.Namespace != "shop" || e.Pod != name || e.Container != "app" || e.Trigger != "death" || e.Node != "worker-1" || e.PodUID != uid || e.ContainerID != id(1) {
			t.Errorf("entry %+v", e)
		}
		if e.ExitCode == nil || *e.ExitCode != 1 || e.Restart == nil || *e.Restart != 3 || e.Events == 0 {
			t.Errorf("exit code %v, restart %v, %d events", e.ExitCode, e.Restart, e.Events)
		}
		if c := g.containerOf(e); c.PodName != name || c.PodNamespace != "shop" || c.PodUID != uid || c.PodContainer != "app" || c.FullID != id(1) {
			t.Errorf("the capture says %+v", c)
		}
		g.rec.mu.Lock()
		if len(g.rec.slots) != 0 || g.rec.kept.Stats().Ended != 0 {
			t.Errorf("kept %d slots and %+v of a container that is safe", len(g.rec.slots), g.rec.kept.Stats())
		}
		g.rec.mu.Unlock()
		g.end()
	})
}

// An end of which the record was lost is captured as any other, and says so. One of which
// nothing was kept is told in the log.
func TestRecorder_unknownEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, nil)
		g.link(1, 3, "app")
		g.tell(func(h flight.Handler) {
			play(t, h, 7, pod(1), crash)
			die(h, 7, flight.Death{Unknown: true})
			h.Open(8, flight.Opening{})
			die(h, 8, flight.Death{Unknown: true})
		})
		pass(10 * time.Second)
		list := g.captured()
		if len(list) != 1 || list[0].ExitCode != nil || list[0].Trigger != "death" || !strings.Contains(list[0].Text, "not known") {
			t.Fatalf("captures %+v, want one without a code; log %q", list, g.log)
		}
		if log := strings.Join(g.log, "\n"); !strings.Contains(log, "no capture of a death") || !strings.Contains(log, "whose group is gone") {
			t.Errorf("the log says\n%s", log)
		}
		g.end()
	})
}

// The kubelet links the log of a container that lives some milliseconds after its end.
func TestRecorder_namedAfterDeath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, nil)
		g.link(2, 0, "sidecar")
		g.tell(func(h flight.Handler) {
			play(t, h, 7, pod(1), crash)
			die(h, 7, flight.Death{Pid: 100, Code: 1})
		})
		pass(time.Second)
		if n := len(g.captured()); n != 0 {
			t.Errorf("%d captures before the container has a name", n)
		}
		g.link(1, 4, "app")
		pass(namingStep)
		list := g.captured()
		if len(list) != 1 || list[0].Container != "app" || *list[0].Restart != 4 {
			t.Errorf("captures %+v, want one of app", list)
		}
		g.end()
	})
}

func TestRecorder_neverNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, nil)
		g.tell(func(h flight.Handler) {
			play(t, h, 7, pod(1), crash)
			die(h, 7, flight.Death{Pid: 100, Signal: 9})
			play(t, h, 8, "/jobs/nightly", crash)
			die(h, 8, flight.Death{Pid: 100, Signal: 9})
		})
		pass(300 * time.Millisecond)
		list := g.captured()
		if len(list) != 1 || list[0].Container != "nightly" || list[0].Namespace != "" || list[0].Signal != 9 {
			t.Errorf("captures %+v, want that of the group outside of pods at once", list)
		}
		pass(defaultNaming)
		if list := g.captured(); len(list) != 2 {
			t.Errorf("captures %+v, want that of the pod too, without a name", list)
		}
		g.end()
	})
}

func TestRecorder_limitsOfWorkload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, func(c *Config) { c.Trigger.Limits = trigger.Limits{Burst: 2, EveryNanos: uint64(time.Minute)} })
		for i := range 5 {
			g.link(i, i, "app")
			g.tell(func(h flight.Handler) { play(t, h, flight.Slot(10+i), pod(i), crash) })
			pass(10 * time.Millisecond)
			g.tell(func(h flight.Handler) { die(h, flight.Slot(10+i), flight.Death{Pid: 100, Code: 1}) })
			pass(time.Second)
		}
		if n := len(g.captured()); n != 2 {
			t.Errorf("%d captures of five deaths, want the burst of two", n)
		}
		pass(2 * time.Minute)
		g.link(9, 9, "app")
		g.tell(func(h flight.Handler) { play(t, h, 99, pod(9), crash) })
		pass(10 * time.Millisecond)
		g.tell(func(h flight.Handler) { die(h, 99, flight.Death{Pid: 100, Code: 1}) })
		pass(time.Second)
		if n := len(g.captured()); n != 3 {
			t.Errorf("%d captures, want one more after a while", n)
		}
		g.end()
	})
}

// A pod's sandbox and the runtime's monitor are no containers of the pod.
func TestRecorder_othersOfThePod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, nil)
		g.link(1, 0, "app")
		g.tell(func(h flight.Handler) {
			play(t, h, 7, pod(2), strings.ReplaceAll(crash, "100 server", "100 pause exe=/bin/pause"))
			die(h, 7, flight.Death{Pid: 100, Signal: 9})
			play(t, h, 8, "/kubepods/burstable/pod"+uid+"/crio-conmon-"+id(1), crash)
			die(h, 8, flight.Death{Pid: 100, Code: 1})
		})
		pass(5 * time.Second)
		if list := g.captured(); len(list) != 0 {
			t.Errorf("captures %+v, want none", list)
		}
		g.end()
	})
}

func TestRecorder_stopWritesWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, nil)
		g.tell(func(h flight.Handler) {
			play(t, h, 7, pod(1), crash) // no name: it would wait
			die(h, 7, flight.Death{Pid: 100, Code: 1})
		})
		g.end()
		if n := len(g.captured()); n != 1 {
			t.Errorf("%d captures after the end, want the one that waited", n)
		}
	})
}

func TestRecorder_sourceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		g := start(t, func(c *Config) { c.Source = failing{broken} })
		if err := <-g.done; !errors.Is(err, broken) {
			t.Errorf("Run = %v, want the source's error", err)
		}
		g.stop()
	})
}

type failing struct{ err error }

func (f failing) Run(context.Context, flight.Handler) error { return f.err }

func TestStart_spansTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, nil)
		g.link(1, 0, "app")
		g.link(2, 0, "sidecar")
		g.tell(func(h flight.Handler) {
			play(t, h, 7, pod(1), strings.TrimSuffix(crash, "+1ms 100 exit 1\n"))
			play(t, h, 8, pod(2), strings.TrimSuffix(crash, "+1ms 100 exit 1\n"))
		})
		pass(time.Second)
		ctx := context.Background()
		var many *AmbiguousError
		if _, err := g.rec.Start(ctx, catalog.Query{Namespace: "shop", Pod: name}, 0); !errors.As(err, &many) || len(many.Containers) != 2 {
			t.Errorf("Start of a pod with two containers: %v", err)
		}
		if _, err := g.rec.Start(ctx, catalog.Query{Namespace: "shop", Pod: "other"}, 0); !errors.Is(err, ErrNoContainer) {
			t.Errorf("Start of another pod: %v", err)
		}
		began := time.Now()
		e, err := g.rec.Start(ctx, catalog.Query{Namespace: "shop", Pod: name, Container: "app"}, 30*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 30*time.Second || took > 31*time.Second {
			t.Errorf("took %v, want 30s", took)
		}
		if e.Container != "app" || e.Trigger != "hand" || e.Events == 0 {
			t.Errorf("entry %+v", e)
		}
		g.end()
	})
}

// TestStages: the order in which a call goes through is the documented one.
func TestStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, nil)
		var names []string
		for _, s := range g.rec.stages {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != "front watch rings" {
			t.Errorf("stages %s", got)
		}
		g.end()
	})
}

// Where all replicas of a workload die at once, the captures that its limits let through
// are those of the first: they wait for the grace, and later ends do not push them out.
func TestRecorder_manyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, func(c *Config) { c.Trigger.Limits = trigger.Limits{Burst: 2, EveryNanos: uint64(time.Minute)} })
		for i := range 20 {
			g.link(i, i, "app")
			g.tell(func(h flight.Handler) { play(t, h, flight.Slot(10+i), pod(i), crash) })
		}
		pass(50 * time.Millisecond)
		for i := range 20 {
			g.tell(func(h flight.Handler) { die(h, flight.Slot(10+i), flight.Death{Pid: 100, Code: 1}) })
		}
		pass(time.Second)
		list := g.captured()
		if len(list) != 2 || *list[0].Restart+*list[1].Restart != 1 {
			t.Errorf("captures %+v, want those of the first two ends; log %q", list, g.log)
		}
		g.rec.mu.Lock()
		if n := g.rec.kept.Stats().Ended; n == 0 || n > 5 {
			t.Errorf("%d ended containers are kept, want a few", n)
		}
		g.rec.mu.Unlock()
		g.end()
	})
}
