package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/unloop-dev/unloop/internal/facts"
)

// eventsServer answers lists with a version, and each watch with the next of its streams.
type eventsServer struct {
	mu      sync.Mutex
	asked   []string
	streams []string
	after   func()
}

func (s *eventsServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := req.URL.Query()
	w.Header().Set("Content-Type", "application/json")
	if q.Get("watch") == "" {
		s.asked = append(s.asked, "list limit="+q.Get("limit"))
		fmt.Fprintf(w, `{"kind":"EventList","apiVersion":"v1","metadata":{"resourceVersion":"%d"},"items":[]}`, 10*len(s.asked))
		return
	}
	s.asked = append(s.asked, "watch from "+q.Get("resourceVersion")+" "+q.Get("fieldSelector"))
	if len(s.streams) == 0 {
		s.after()
		return
	}
	fmt.Fprint(w, s.streams[0])
	s.streams = s.streams[1:]
}

func watched(t *testing.T, kind, version, container string) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"type": kind, "object": map[string]any{
		"kind": "Event", "apiVersion": "v1", "metadata": map[string]any{"name": "web.1", "namespace": "shop", "resourceVersion": version},
		"involvedObject": map[string]any{"kind": "Pod", "namespace": "shop", "name": "web", "uid": "u1", "fieldPath": "spec.containers{" + container + "}"},
		"reason":         "Unhealthy", "message": "Readiness probe failed",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

func TestWatchEvents(t *testing.T) {
	const (
		gone     = `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410,"message":"too old resource version"}}` + "\n"
		bookmark = `{"type":"BOOKMARK","object":{"kind":"Event","apiVersion":"v1","metadata":{"resourceVersion":"77"}}}` + "\n"
	)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv := &eventsServer{after: cancel, streams: []string{
		watched(t, "ADDED", "12", "app") + watched(t, "MODIFIED", "13", "app") + watched(t, "DELETED", "14", "app"),
		bookmark,
		gone,
		watched(t, "ADDED", "95", "side"),
	}}
	ts := httptest.NewServer(srv)
	defer ts.Close()
	var got []string
	err := WatchEvents(ctx, &rest.Config{Host: ts.URL}, []string{"Unhealthy"}, func(e *facts.Event) {
		got = append(got, e.Object.Namespace+"/"+e.Object.Name+" "+e.Object.UID+" "+e.Container()+" "+e.Reason+": "+e.Message)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	app, side := "shop/web u1 app Unhealthy: Readiness probe failed", "shop/web u1 side Unhealthy: Readiness probe failed"
	if want := []string{app, app, side}; !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	const of = " involvedObject.kind=Pod,reason=Unhealthy"
	want := []string{"list limit=1", "watch from 10" + of, "watch from 14" + of, "watch from 77" + of, "list limit=1", "watch from 50" + of, "watch from 95" + of}
	if !slices.Equal(srv.asked, want) {
		t.Errorf("asked %q\nwant %q", srv.asked, want)
	}
}

func TestWatchEvents_forbidden(t *testing.T) {
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,"message":"events is forbidden: User \"x\" cannot list resource \"events\""}`)
	}))
	defer ts.Close()
	err := WatchEvents(t.Context(), &rest.Config{Host: ts.URL}, []string{"Unhealthy", "Killing"}, func(*facts.Event) {})
	if err == nil || !strings.Contains(err.Error(), "may not be watched") || !strings.Contains(err.Error(), "cannot list") {
		t.Errorf("error %v", err)
	}
}
