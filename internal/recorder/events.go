package recorder

import (
	"context"
	"strings"
	"time"

	"github.com/unloop-dev/unloop/internal/flight/trigger"
)

// PodEvent is an event of Kubernetes about a pod.
type PodEvent struct {
	Namespace, Pod, UID string
	// Container is the one that it is about; "" for the pod.
	Container string
	// Text is its reason and message.
	Text string
}

// eventsPause is how long it takes until events are watched again after that failed.
const eventsPause = 30 * time.Second

// maxEventText bounds what a capture tells of an event.
const maxEventText = 300

// events watches the events of Kubernetes until ctx ends. Where that fails, which may be for
// a right that is missing, everything else goes on.
func (r *Recorder) events(ctx context.Context) {
	if r.cfg.Events == nil {
		return
	}
	for {
		err := r.cfg.Events(ctx, r.happened)
		if ctx.Err() != nil {
			return
		}
		r.meters.eventErrors.Inc()
		if err != nil {
			r.once("events "+err.Error(), "events of Kubernetes make no captures: %v", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(eventsPause):
		}
	}
}

// happened asks for captures of the containers that an event is about and that live here.
func (r *Recorder) happened(e PodEvent) {
	text := e.Text
	if len(text) > maxEventText {
		text = strings.ToValidUTF8(text[:maxEventText], "") + "..."
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := uint64(time.Now().UnixNano())
	for id, s := range r.slots {
		c := s.container()
		mine := e.UID != "" && c.PodUID == e.UID || c.PodName != "" && c.PodNamespace == e.Namespace && c.PodName == e.Pod && c.PodUID == ""
		if !mine || !s.running() || e.Container != "" && e.Container != c.PodContainer {
			continue
		}
		r.watch.Ask(trigger.Fire{Slot: id, Cause: trigger.Event, TsNanos: now, Text: text})
	}
}
