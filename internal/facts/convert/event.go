package convert

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// FromEvent takes an event of core/v1. Both recorders' shapes are known: the
// older one fills firstTimestamp, lastTimestamp and count, the newer one
// eventTime, series and reportingComponent, and each leaves the other's empty.
func FromEvent(e *corev1.Event, src facts.Source) *facts.Event {
	out := &facts.Event{
		Object: object(&e.InvolvedObject, e.Namespace),
		Type:   e.Type, Reason: e.Reason, Message: strings.TrimSpace(e.Message),
		Component: either(e.Source.Component, e.ReportingController),
		Host:      either(e.Source.Host, e.ReportingInstance),
		First:     earliest(e.FirstTimestamp.Time, e.EventTime.Time, e.CreationTimestamp.Time),
		Count:     int(e.Count),
		Source:    src,
	}
	var series time.Time
	if e.Series != nil {
		series, out.Count = e.Series.LastObservedTime.Time, max(out.Count, int(e.Series.Count))
	}
	finish(out, series, e.LastTimestamp, e.EventTime, e.CreationTimestamp)
	return out
}

// FromEventsV1 takes an event of events.k8s.io/v1 or v1beta1.
func FromEventsV1(e *eventsv1.Event, src facts.Source) *facts.Event {
	out := &facts.Event{
		Object: object(&e.Regarding, e.Namespace),
		Type:   e.Type, Reason: e.Reason, Message: strings.TrimSpace(e.Note),
		Component: either(e.DeprecatedSource.Component, e.ReportingController),
		Host:      either(e.DeprecatedSource.Host, e.ReportingInstance),
		First:     earliest(e.DeprecatedFirstTimestamp.Time, e.EventTime.Time, e.CreationTimestamp.Time),
		Count:     int(e.DeprecatedCount),
		Source:    src,
	}
	var series time.Time
	if e.Series != nil {
		series, out.Count = e.Series.LastObservedTime.Time, max(out.Count, int(e.Series.Count))
	}
	finish(out, series, e.DeprecatedLastTimestamp, e.EventTime, e.CreationTimestamp)
	return out
}

// finish sets what both shapes share. Order of the last time: series, then
// lastTimestamp, then eventTime, then the event object's own creation
// (client-go v0.36 tools/events, tools/record/events_cache.go).
func finish(e *facts.Event, series time.Time, last metav1.Time, at metav1.MicroTime, created metav1.Time) {
	for _, t := range []time.Time{series, last.Time, at.Time, created.Time} {
		if !t.IsZero() {
			e.Last = t.UTC()
			break
		}
	}
	e.Age, e.FirstAge = -1, -1
	e.Count = max(e.Count, 1)
}

func object(o *corev1.ObjectReference, eventNamespace string) facts.ObjectRef {
	ref := facts.ObjectRef{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, UID: string(o.UID), FieldPath: o.FieldPath}
	if ref.Namespace == "" && ref.Kind != "Node" && ref.Kind != "PersistentVolume" {
		ref.Namespace = eventNamespace
	}
	return ref
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// earliest returns the first of its arguments that is set, in UTC.
func earliest(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t.UTC()
		}
	}
	return time.Time{}
}
