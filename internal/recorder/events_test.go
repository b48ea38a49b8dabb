package recorder

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unloop-dev/unloop/internal/flight"
)

// An event of Kubernetes captures the containers of its pod that live, and no others.
func TestRecorder_events(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan PodEvent)
		fails := make(chan error)
		g := start(t, func(c *Config) {
			c.Events = func(ctx context.Context, do func(PodEvent)) error {
				for {
					select {
					case e := <-events:
						do(e)
					case err := <-fails:
						return err
					case <-ctx.Done():
						return context.Cause(ctx)
					}
				}
			}
		})
		g.link(1, 0, "app")
		g.link(2, 0, "side")
		g.tell(func(h flight.Handler) {
			play(t, h, 7, pod(1), "machine worker-1\nprocess 100 server vpid=1\n+1ms 100 openat ENOENT name=/etc/app\n")
			play(t, h, 8, pod(2), "machine worker-1\nprocess 200 proxy vpid=1\n+1ms 200 openat ENOENT name=/etc/side\n")
			play(t, h, 9, "/kubepods/podd1c1a1b1-0000-0000-0000-000000000000/"+id(3), "machine worker-1\nprocess 300 other vpid=1\n+1ms 300 openat ENOENT name=/etc/x\n")
		})
		pass(time.Second)
		fails <- errors.New("events may not be watched") // and are again after a pause
		pass(eventsPause)
		events <- PodEvent{Namespace: "shop", Pod: name, UID: uid, Container: "side", Text: "Unhealthy: " + strings.Repeat("x", 2*maxEventText)}
		events <- PodEvent{Namespace: "shop", Pod: name, UID: "another pod of this name", Text: "Unhealthy"}
		pass(time.Second)
		list := g.captured()
		if len(list) != 1 || list[0].Container != "side" || list[0].Trigger != "event" || list[0].Pod != name || !strings.HasPrefix(list[0].Text, "Unhealthy: xxx") || len(list[0].Text) > maxEventText+3 {
			t.Fatalf("captures %+v, want one of the container that the event names; log %q", list, g.log)
		}
		g.tell(func(h flight.Handler) { die(h, 8, flight.Death{Pid: 200, Code: 0}) })
		events <- PodEvent{Namespace: "shop", Pod: name, UID: uid, Text: "Killing"} // of the whole pod
		pass(time.Second)
		if list := g.captured(); len(list) != 2 || list[0].Container != "app" {
			t.Errorf("captures %+v, want one more, of the container that lives", list)
		}
		if log := strings.Join(g.log, "\n"); strings.Count(log, "may not be watched") != 1 {
			t.Errorf("the log says %q", log)
		}
		g.end()
	})
}
