package recorder

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/unloop-dev/unloop/internal/flight"
)

// meters are the figures of the recorder. No label tells of a workload: whoever may read
// them may not see pods.
type meters struct {
	registry *prometheus.Registry

	opened, died, nameErrors, eventErrors, shelfErrors, removed, bytes prometheus.Counter
	lost, captures, dropped                                            *prometheus.CounterVec
	shelfCaptures, shelfBytes                                          prometheus.Gauge
	delay                                                              prometheus.Histogram
}

const prefix = "unloop_recorder_"

func (m *meters) init(r *Recorder) {
	m.registry = prometheus.NewRegistry()
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + name, Help: help})
		m.registry.MustRegister(c)
		return c
	}
	vector := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + name, Help: help})
		m.registry.MustRegister(g)
		return g
	}
	m.opened = counter("containers_seen_total", "Containers that came into view.")
	m.died = counter("deaths_total", "Containers whose main process ended.")
	m.lost = vector("events_lost_total", "Records that did not arrive or stay, by cause.", "cause")
	m.captures = vector("captures_total", "Captures written, by trigger.", "trigger")
	m.dropped = vector("captures_dropped_total", "Reasons for a capture that made none, by trigger and why.", "trigger", "why")
	m.bytes = counter("capture_bytes_total", "Bytes of captures written.")
	m.nameErrors = counter("name_errors_total", "Times that the kubelet's folders could not be read.")
	m.eventErrors = counter("event_watch_errors_total", "Times that the events of Kubernetes could not be watched any longer.")
	m.shelfErrors = counter("shelf_errors_total", "Times that the place for captures could not be trimmed.")
	m.removed = counter("shelf_removed_total", "Captures removed for their age, count or size.")
	m.shelfCaptures = gauge("shelf_captures", "Captures of this node on the shelf.")
	m.shelfBytes = gauge("shelf_bytes", "Bytes of the captures of this node on the shelf.")
	m.delay = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: prefix + "death_to_capture_seconds", Help: "From the end of a container until its capture was written.",
		Buckets: []float64{.25, .5, 1, 2, 3, 5, 10, 30},
	})
	m.registry.MustRegister(m.delay, &rings{r: r}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// rings tells the figures of the rings when they are asked for.
type rings struct{ r *Recorder }

var (
	descBytes  = prometheus.NewDesc(prefix+"memory_bytes", "Bytes that the rings take.", nil, nil)
	descBudget = prometheus.NewDesc(prefix+"memory_budget_bytes", "Bytes that the rings may take.", nil, nil)
	descSlots  = prometheus.NewDesc(prefix+"containers", "Containers that are kept, by state.", []string{"state"}, nil)
	descEvents = prometheus.NewDesc(prefix+"events_total", "Events that came to the rings.", nil, nil)
	descEvict  = prometheus.NewDesc(prefix+"events_evicted_total", "Events that made room for later ones.", nil, nil)
	descLost   = prometheus.NewDesc(prefix+"events_dropped_total", "Events that the rings lost, by cause.", []string{"cause"}, nil)
	descFired  = prometheus.NewDesc(prefix+"triggers_total", "Reasons for a capture, by trigger.", []string{"trigger"}, nil)
	descLimit  = prometheus.NewDesc(prefix+"triggers_limited_total", "Reasons for a capture beyond the limits of their workload, by trigger.", []string{"trigger"}, nil)
	descWait   = prometheus.NewDesc(prefix+"captures_waiting", "Captures that wait to be written.", nil, nil)
	descNames  = prometheus.NewDesc(prefix+"containers_unnamed", "Containers of pods that live and whose name is not known.", nil, nil)
)

// Describe is part of prometheus.Collector.
func (c *rings) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descBytes, descBudget, descSlots, descEvents, descEvict, descLost, descFired, descLimit, descWait, descNames} {
		to <- d
	}
}

// Collect is part of prometheus.Collector.
func (c *rings) Collect(to chan<- prometheus.Metric) {
	c.r.mu.Lock()
	st, fires := c.r.kept.Stats(), c.r.watch.Stats()
	waiting, unnamed := len(c.r.writer.jobs), 0
	for _, s := range c.r.slots {
		if !s.gone && !s.named() && !s.pause && !s.group.Monitor {
			unnamed++
		}
	}
	c.r.mu.Unlock()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(descBytes, float64(st.Bytes))
	gauge(descBudget, float64(st.Budget))
	gauge(descSlots, float64(st.Live), "live")
	gauge(descSlots, float64(st.Ended), "ended")
	counter(descEvents, st.Events)
	counter(descEvict, st.Evicted)
	counter(descLost, st.Lost[flight.LostBudget], string(flight.LostBudget))
	for cause, n := range fires.Fired {
		counter(descFired, n, string(cause))
	}
	for cause, n := range fires.Suppressed {
		counter(descLimit, n, string(cause))
	}
	gauge(descWait, float64(waiting))
	gauge(descNames, float64(unnamed))
}

// Metrics serves the figures in the text format of Prometheus.
func (r *Recorder) Metrics() http.Handler {
	return promhttp.HandlerFor(r.meters.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}
