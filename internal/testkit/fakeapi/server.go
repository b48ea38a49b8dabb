// Package fakeapi is a scripted Kubernetes API server for tests: it serves
// objects from memory the way kube-apiserver does, over real HTTP, and keeps a
// log of what was asked.
//
// It knows GET and LIST with selectors and paging, container logs, /version,
// JSON, protobuf and metadata-only answers, refusals, reviews of tokens and rights, tokens of
// service accounts, and the proxy to pods. It does not validate, watch or write, and it asks nobody who they are. Nothing in it sleeps: a slow server is one that
// holds a request until its client gives up.
package fakeapi

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Server is the API server. Script it first, then start it; only Requests may be
// called while it serves.
type Server struct {
	// Version is what /version answers; "" makes it v1.36.3.
	Version string
	// Now, where set, is the clock of the Date header.
	Now func() time.Time
	// ExpireTokens is how many continue tokens are answered with 410 Gone, each with
	// a fresh token, as after a compaction.
	ExpireTokens int

	objects map[string][]runtime.Object
	logs    map[logKey]logReply
	faults  []fault
	holds   []func(Request) bool
	rights  map[string]bool
	pods    map[string]http.Handler // what answers behind the proxy

	mu       sync.Mutex
	requests []Request
	users    map[string]user // by token; asked for ones come while it serves

	http *httptest.Server
}

type fault struct {
	match   func(Request) bool
	code    int
	message string
}

// New makes a server that holds the objects.
func New(objects ...runtime.Object) *Server {
	s := &Server{objects: map[string][]runtime.Object{}, logs: map[logKey]logReply{}}
	s.Add(objects...)
	return s
}

// Fail answers the requests that match with a Status of that code and message.
// Faults are tried in the order in which they were added.
func (s *Server) Fail(match func(Request) bool, code int, message string) {
	s.faults = append(s.faults, fault{match, code, message})
}

// Deny refuses a verb on a resource ("pods", "pods/log") in a namespace as RBAC
// does. "*" as verb and "" as namespace mean any.
func (s *Server) Deny(verb, resource, namespace string) {
	s.faults = append(s.faults, fault{code: http.StatusForbidden, match: func(r Request) bool {
		return (verb == "*" || verb == r.Verb) && resource == r.FullResource() && (namespace == "" || namespace == r.Namespace)
	}})
}

// Hold keeps the requests that match open until their client goes away.
func (s *Server) Hold(match func(Request) bool) { s.holds = append(s.holds, match) }

// Start serves plain HTTP until the test ends.
func (s *Server) Start(t testing.TB) *Server {
	t.Cleanup(s.Listen(false))
	return s
}

// StartTLS serves HTTPS and HTTP/2 until the test ends.
func (s *Server) StartTLS(t testing.TB) *Server {
	t.Cleanup(s.Listen(true))
	return s
}

// Listen serves on a free port of the loopback address until stop is called.
func (s *Server) Listen(secure bool) (stop func()) {
	s.http = httptest.NewUnstartedServer(s)
	// Clients that break off are what tests do; what they see is what counts.
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		s.http.EnableHTTP2 = true
		s.http.StartTLS()
	} else {
		s.http.Start()
	}
	return s.http.Close
}

// URL is where a started server listens.
func (s *Server) URL() string { return s.http.URL }

// RESTConfig is the client configuration for a started server.
func (s *Server) RESTConfig() *rest.Config {
	cfg := &rest.Config{Host: s.http.URL}
	if cert := s.http.Certificate(); cert != nil {
		cfg.CAData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	}
	return cfg
}

// WriteKubeconfig writes a kubeconfig for a started server into the test's
// temporary folder and returns its path. Its one context is called "fake".
func (s *Server) WriteKubeconfig(t testing.TB, namespace string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	cfg := s.RESTConfig()
	if err := os.WriteFile(path, Kubeconfig(cfg.Host, cfg.CAData, namespace), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Kubeconfig renders a kubeconfig whose one context is called "fake".
func Kubeconfig(server string, ca []byte, namespace string) []byte {
	c := clientcmdapi.NewConfig()
	c.Clusters["fake"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	c.AuthInfos["tester"] = &clientcmdapi.AuthInfo{Token: "not-checked"}
	c.Contexts["fake"] = &clientcmdapi.Context{Cluster: "fake", AuthInfo: "tester", Namespace: namespace}
	c.CurrentContext = "fake"
	out, err := clientcmd.Write(*c)
	if err != nil {
		panic(err) // the value is built right here
	}
	return out
}

// Requests returns what was asked so far, in order of arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Count says how many requests so far match.
func (s *Server) Count(match func(Request) bool) int {
	n := 0
	for _, r := range s.Requests() {
		if match(r) {
			n++
		}
	}
	return n
}
