package recorder

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unloop-dev/unloop/internal/access"
	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

func get(h http.Handler, method, path, token, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		req.Header.Set(access.TokenHeader, "Bearer "+token)
	}
	h.ServeHTTP(w, req)
	return w
}

// What anybody may read tells nothing of workloads.
func TestOpen_tellsNothingOfWorkloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := start(t, nil)
		g.link(1, 0, "app")
		g.tell(func(h flight.Handler) {
			play(t, h, 7, pod(1), crash)
			die(h, 7, flight.Death{Pid: 100, Code: 1})
			h.Lost(0, flight.LostRing, 3)
		})
		pass(time.Second)
		if len(g.captured()) != 1 {
			t.Fatal("nothing was captured: the test does not show what it is for")
		}
		h := g.rec.Open()
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			w := get(h, http.MethodGet, path, "", "")
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
			for _, word := range []string{"shop", name, "app\"", uid, id(1)} {
				if strings.Contains(w.Body.String(), word) {
					t.Errorf("%s tells of %q", path, word)
				}
			}
		}
		text := get(h, http.MethodGet, "/metrics", "", "").Body.String()
		for _, want := range []string{
			`unloop_recorder_captures_total{trigger="death"} 1`, `unloop_recorder_events_lost_total{cause="ring-full"} 3`, "unloop_recorder_deaths_total 1",
			"unloop_recorder_memory_budget_bytes 2.68435456e+08", `unloop_recorder_triggers_total{trigger="death"} 1`, "unloop_recorder_death_to_capture_seconds_count 1",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("metrics lack %s", want)
			}
		}
		for _, path := range []string{"/", "/captures", "/debug/pprof/"} {
			if w := get(h, http.MethodGet, path, "", ""); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d, want nothing there", path, w.Code)
			}
		}
		g.src.notReady = errors.New("no record came")
		if w := get(h, http.MethodGet, "/readyz", "", ""); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "no record came") {
			t.Errorf("readyz of a source that sees nothing: %d %s", w.Code, w.Body)
		}
		g.end()
		if w := get(h, http.MethodGet, "/readyz", "", ""); w.Code != http.StatusServiceUnavailable {
			t.Errorf("readyz after the end: %d", w.Code)
		}
	})
}

// filled is a recorder that has a capture of shop and one of infra, without a bubble
// because the gate speaks over real connections.
func filled(t *testing.T) (*rig, http.Handler, []catalog.Entry) {
	g := start(t, func(c *Config) { c.Grace = time.Nanosecond; c.Naming = time.Nanosecond })
	t.Cleanup(g.end)
	for _, e := range []catalog.Entry{
		{Time: time.Unix(100, 0), Namespace: "shop", Pod: name, Container: "app", Trigger: "death", Node: "worker-1"},
		{Time: time.Unix(200, 0), Namespace: "infra", Pod: "dns-0", Container: "dns", Trigger: "oom", Node: "worker-1"},
		{Time: time.Unix(300, 0), Container: "9f2c1a7be04d", Trigger: "death", Node: "worker-1"},
	} {
		if _, err := g.shelf.Put(context.Background(), e, func(w io.Writer, _ *catalog.Entry) error {
			_, err := io.WriteString(w, "bytes of "+e.Container)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	api := fakeapi.New()
	api.User("sees-shop", "sam", "get pods -n shop", "get pods/log -n shop")
	api.User("sees-names", "nora", "get pods -n shop")
	api.User("execs", "eve", "get pods -n shop", "create pods/exec -n shop")
	api.User("admin", "ada", "get pods", "get pods/log", "get nodes/proxy", "create pods/exec")
	api.User("nobody", "nick")
	api.Account("of-shop", "shop", "default", "", catalog.TokenAudience)
	api.Start(t)
	gate, err := access.New(api.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return g, g.rec.API(gate), g.captured()
}

func TestAPI_rights(t *testing.T) {
	_, h, list := filled(t)
	var shop, infra, node string
	for _, e := range list {
		switch e.Namespace {
		case "shop":
			shop = "/captures/" + e.Name
		case "infra":
			infra = "/captures/" + e.Name
		default:
			node = "/captures/" + e.Name
		}
	}
	startBody := `{"namespace":"shop","pod":"` + name + `","for":"0s"}`
	for _, c := range []struct {
		token, method, path, body string
		status                    int
		want                      string // in the answer; "" nothing is asked
		not                       string
	}{
		{"", "GET", "/captures", "", 401, "unauthenticated", "shop"},
		{"forged", "GET", "/captures", "", 401, "unauthenticated", "shop"},
		{"", "GET", shop, "", 401, "unauthenticated", ""},
		{"", "POST", "/captures", startBody, 401, "unauthenticated", ""},

		{"sees-shop", "GET", "/captures", "", 200, name, "dns-0"},
		{"sees-shop", "GET", "/captures", "", 200, name, "9f2c1a7be04d"},
		{"sees-shop", "GET", "/captures?namespace=shop", "", 200, name, ""},
		{"sees-shop", "GET", "/captures?namespace=shop&pod=other", "", 200, `"items":[]`, ""},
		{"sees-shop", "GET", "/captures?namespace=infra", "", 403, "sam may not get pods -n infra", "dns-0"},
		{"sees-shop", "GET", shop, "", 200, "bytes of app", ""},
		{"sees-shop", "GET", infra, "", 403, "forbidden", "bytes"},
		{"sees-shop", "GET", node, "", 403, "forbidden", "bytes"},
		{"sees-shop", "POST", "/captures", startBody, 403, "create pods/exec", ""},

		{"sees-names", "GET", "/captures", "", 200, name, ""},
		{"sees-names", "GET", shop, "", 403, "get pods/log", "bytes"},
		{"execs", "GET", shop, "", 403, "get pods/log", "bytes"},
		{"execs", "POST", "/captures", startBody, 404, "no such container", ""},

		{"nobody", "GET", "/captures", "", 200, `"items":[]`, "shop"},
		{"nobody", "GET", shop, "", 403, "forbidden", "bytes"},

		{"of-shop", "GET", "/captures", "", 200, name, "dns-0"},
		{"of-shop", "GET", "/captures", "", 200, name, "9f2c1a7be04d"},
		{"of-shop", "GET", "/captures?namespace=shop", "", 200, name, ""},
		{"of-shop", "GET", "/captures?namespace=infra", "", 403, "the captures of namespace shop", "dns-0"},
		{"of-shop", "GET", shop, "", 200, "bytes of app", ""},
		{"of-shop", "GET", infra, "", 403, "forbidden", "bytes"},
		{"of-shop", "GET", node, "", 403, "forbidden", "bytes"},
		{"of-shop", "POST", "/captures", startBody, 403, "is none to create pods/exec", ""},

		{"admin", "GET", "/captures", "", 200, "9f2c1a7be04d", ""},
		{"admin", "GET", "/captures", "", 200, "dns-0", ""},
		{"admin", "GET", node, "", 200, "bytes of 9f2c1a7be04d", ""},
		{"admin", "GET", strings.Replace(shop, "death", "other", 1), "", 404, "not-found", ""},
		{"admin", "GET", "/captures/shop/secret", "", 404, "not-found", ""},
		{"admin", "GET", "/captures/shop/..%2f..%2fpasswd", "", 404, "not-found", ""},
		{"admin", "POST", "/captures", `{"namespace":"shop","pod":"x","for":"11m"}`, 400, "up to 10m", ""},
		{"admin", "POST", "/captures", `{"pod":"x","for":"1s"}`, 400, "namespace and pod", ""},
		{"admin", "POST", "/captures", `{"namespace":"shop","pod":"x","for":"1s","file":"/etc"}`, 400, "unknown field", ""},
		{"admin", "POST", "/captures", strings.Repeat("x", 100), 400, "no request", ""},
		{"admin", "POST", "/captures", `{"pod":"` + strings.Repeat("x", maxBody) + `"}`, 400, "too large", ""},
		{"admin", "DELETE", shop, "", 405, "", ""},
	} {
		w := get(h, c.method, c.path, c.token, c.body)
		body := w.Body.String()
		if w.Code != c.status || !strings.Contains(body, c.want) || c.not != "" && strings.Contains(body, c.not) {
			t.Errorf("%s %s as %q: %d %s\nwant %d with %q and without %q", c.method, c.path, c.token, w.Code, body, c.status, c.want, c.not)
		}
		if c.status >= 400 && c.status != 405 {
			var p catalog.Problem
			if json.Unmarshal(w.Body.Bytes(), &p) != nil || p.Code == "" || p.Message == "" {
				t.Errorf("%s %s as %q: %s is no problem", c.method, c.path, c.token, body)
			}
		}
	}
}

func TestAPI_start(t *testing.T) {
	g, h, _ := filled(t)
	g.link(1, 0, "app")
	g.tell(func(h flight.Handler) { play(t, h, 7, pod(1), strings.TrimSuffix(crash, "+1ms 100 exit 1\n")) })
	// The namer works beside: wait until it has looked.
	g.rec.resolve(g.rec.slots[7])
	w := get(h, "POST", "/captures", "admin", `{"namespace":"shop","pod":"`+name+`","container":"app","for":"0s"}`)
	var e catalog.Entry
	if err := json.Unmarshal(w.Body.Bytes(), &e); w.Code != 201 || err != nil || e.Container != "app" || e.Trigger != "hand" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	w = get(h, "GET", "/captures/"+e.Name, "admin", "")
	if w.Code != 200 || !bytes.HasPrefix(w.Body.Bytes(), []byte("\x1f\x8b")) || int64(w.Body.Len()) != e.Bytes {
		t.Errorf("%d, %d bytes, want %d of gzip", w.Code, w.Body.Len(), e.Bytes)
	}
}

func TestAPI_clusterAway(t *testing.T) {
	g, _, _ := filled(t)
	api := fakeapi.New()
	api.Fail(func(fakeapi.Request) bool { return true }, 500, "etcd is away")
	api.Start(t)
	gate, err := access.New(api.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	w := get(g.rec.API(gate), "GET", "/captures", "admin", "")
	if w.Code != 500 || strings.Contains(w.Body.String(), name) || !strings.Contains(w.Body.String(), "cannot be reviewed") {
		t.Errorf("%d %s, want a refusal that says why", w.Code, w.Body)
	}
}

func TestServe_secureAndEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }), true)
	}()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("https://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if string(body) != "hello" || err != nil || resp.TLS == nil || resp.TLS.Version < tls.VersionTLS12 {
		t.Errorf("%q, %v, %+v", body, err, resp.TLS)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if resp, err := client.Get("https://" + l.Addr().String()); err == nil {
		resp.Body.Close()
		t.Error("it serves after its end")
	}
}
