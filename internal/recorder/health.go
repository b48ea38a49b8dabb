package recorder

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// stuckAfter is how long the writer may take for one capture before the recorder counts as
// stuck.
const stuckAfter = 2 * time.Minute

// Open serves what anybody may know: /healthz, /readyz and /metrics. Nothing there tells of
// workloads.
func (r *Recorder) Open() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", say(r.Healthy))
	mux.Handle("GET /readyz", say(r.Ready))
	mux.Handle("GET /metrics", r.Metrics())
	return mux
}

func say(state func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if err := state(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, err)
			return
		}
		fmt.Fprintln(w, "ok")
	})
}

// Healthy says why a restart would help, nil where it would not.
func (r *Recorder) Healthy() error {
	if beat := r.beat.Load(); beat != 0 && time.Since(time.Unix(0, beat)) > stuckAfter {
		return errors.New("the writer of captures is stuck")
	}
	return nil
}

// Ready says why nothing is recorded, nil where something is.
func (r *Recorder) Ready() error {
	if !r.ready.Load() {
		return errors.New("the source of system calls does not run")
	}
	if src, ok := r.cfg.Source.(interface{ Ready() error }); ok {
		if err := src.Ready(); err != nil {
			return fmt.Errorf("no system calls arrive: %w", err)
		}
	}
	return r.Healthy()
}
