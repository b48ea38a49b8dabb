package run

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseProbe(t *testing.T) {
	for text, want := range map[string]struct {
		target string
		check  func(Probe) bool
	}{
		"http://:8080/healthz":              {"http://127.0.0.1:8080/healthz", func(p Probe) bool { return p.HTTP != nil }},
		"https://web.example/a,b,period=2s": {"https://web.example:443/a,b", func(p Probe) bool { return p.Period == 2*time.Second }},
		"tcp://:5432,failures=5,delay=1m":   {"tcp 127.0.0.1:5432", func(p Probe) bool { return p.Failures == 5 && p.Delay == time.Minute }},
		"tcp://[::1]:80":                    {"tcp [::1]:80", func(p Probe) bool { return true }},
		"grpc://:9000/shop":                 {"grpc 127.0.0.1:9000", func(p Probe) bool { return p.GRPC.Service == "shop" }},
		`exec:sh -c 'test -e "/tmp/a b"',grace=3s`: {"", func(p Probe) bool {
			return reflect.DeepEqual(p.Exec, []string{"sh", "-c", `test -e "/tmp/a b"`}) && *p.Grace == 3*time.Second
		}},
	} {
		p, err := ParseProbe(Liveness, text)
		if err != nil || want.target != "" && p.target() != want.target || !want.check(p) {
			t.Errorf("%s: got %+v (%s), %v", text, p, p.target(), err)
		}
	}
	for _, text := range []string{"", "8080", "ftp://:21", "tcp://:0", "tcp://:80/path", "http://:99999", "exec:", "exec:sh 'a", "tcp://:80,period=0s", "tcp://:80,failures=0", "http://:80/,timeout=fast"} {
		if p, err := ParseProbe(Liveness, text); err == nil {
			t.Errorf("%q was taken: %+v", text, p)
		}
	}
}

func FuzzParseProbe(f *testing.F) {
	for _, s := range []string{"http://:80/a,period=1s", "exec:a 'b \"c' \\d,grace=1s", "grpc://[::1]:1/x", "tcp://:1"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, s string) {
		if p, err := ParseProbe(Liveness, s); err == nil {
			_ = p.target()
			_ = p.spec()
		}
	})
}

func probeAt(t *testing.T, text string) *Probe {
	t.Helper()
	p, err := ParseProbe(Liveness, text)
	if err != nil {
		t.Fatal(err)
	}
	p = p.filled()
	return &p
}

// Texts are what the rules of the diagnosis read, so they are the kubelet's.
func TestAsk(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.UserAgent(), "kube-probe/") {
			w.WriteHeader(http.StatusForbidden)
		}
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://other.example/", http.StatusFound)
	})
	mux.HandleFunc("/bad", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	release := make(chan struct{})
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { <-release })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	defer close(release)
	u, _ := url.Parse(srv.URL)
	none, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := none.Addr().String()
	none.Close()
	for text, want := range map[string]string{
		srv.URL + "/ok":                    "",
		srv.URL + "/moved":                 "",
		srv.URL + "/bad":                   "HTTP probe failed with statuscode: 503",
		srv.URL + "/slow,timeout=50ms":     "Client.Timeout exceeded while awaiting headers",
		"https://" + u.Host + "/ok":        "server gave HTTP response to HTTPS client",
		"http://" + closed + "/":           "connect: connection refused",
		"tcp://" + u.Host:                  "",
		"tcp://" + closed:                  "connect: connection refused",
		"grpc://" + closed:                 "failed to connect service",
		"grpc://" + u.Host + ",timeout=2s": "error: ",
	} {
		a := (&asker{}).ask(context.Background(), probeAt(t, text))
		if a.ok != (want == "") || !strings.Contains(a.output, want) || a.errored {
			t.Errorf("%s: got %+v, want %q", text, a, want)
		}
	}
}

// A server of grpc.health.v1.Health, as far as a probe asks it.
func TestAskGRPC(t *testing.T) {
	var status byte = 1
	code := "0"
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/grpc.health.v1.Health/Check" || r.Header.Get("Content-Type") != "application/grpc" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		if code == "0" {
			_, _ = w.Write([]byte{0, 0, 0, 0, 2, 8, status})
		}
		w.Header().Set("Grpc-Status", code)
	}), Protocols: new(http.Protocols)}
	srv.Protocols.SetUnencryptedHTTP2(true)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }()
	defer srv.Close()
	ask := func() answer {
		return (&asker{}).ask(context.Background(), probeAt(t, "grpc://"+l.Addr().String()+"/shop"))
	}
	if a := ask(); !a.ok {
		t.Errorf("serving: %+v", a)
	}
	status = 2
	if a := ask(); a.ok || a.output != `service unhealthy (responded with "NOT_SERVING")` {
		t.Errorf("not serving: %+v", a)
	}
	code = "12"
	if a := ask(); a.ok || !strings.Contains(a.output, "does not implement the grpc health protocol") {
		t.Errorf("not implemented: %+v", a)
	}
}
