package kube

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

type hinted interface {
	error
	Hint() string
}

// checkLine checks what a user sees of an error: one line, and a next step.
func checkLine(t *testing.T, err error, kind error, want string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%v is not %v", err, kind)
	}
	var h hinted
	if !errors.As(err, &h) {
		t.Fatalf("%T has no hint: %v", err, err)
	}
	if !strings.Contains(h.Error(), want) || strings.Contains(h.Error(), "\n") || h.Hint() == "" || strings.Contains(h.Hint(), "\n") {
		t.Errorf("line %q, hint %q, want one line with %q", h.Error(), h.Hint(), want)
	}
}

func TestCollect_unreachable(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	plain := fakeapi.New().Start(t)
	secure := fakeapi.New().StartTLS(t)
	failing := func(code int, message string) *rest.Config {
		s := fakeapi.New()
		s.Fail(func(fakeapi.Request) bool { return true }, code, message)
		return s.Start(t).RESTConfig()
	}
	plugin := secure.RESTConfig()
	plugin.ExecProvider = &clientcmdapi.ExecConfig{
		Command: filepath.Join(t.TempDir(), "login"), APIVersion: "client.authentication.k8s.io/v1",
		InteractiveMode: clientcmdapi.NeverExecInteractiveMode,
	}
	otherName := secure.RESTConfig()
	otherName.ServerName = "elsewhere.invalid"
	for name, c := range map[string]struct {
		cfg  *rest.Config
		kind error
		want string
	}{
		"refused":             {&rest.Config{Host: "http://" + closed.Addr().String()}, ErrUnreachable, "connection refused"},
		"no such name":        {&rest.Config{Host: "https://cluster.invalid:6443"}, ErrUnreachable, "cannot be resolved"},
		"http behind https":   {&rest.Config{Host: strings.Replace(plain.URL(), "http:", "https:", 1)}, ErrUnreachable, "speaks HTTP, not HTTPS"},
		"unknown authority":   {&rest.Config{Host: secure.URL()}, ErrCertificate, "authority"},
		"other name":          {otherName, ErrCertificate, "another name"},
		"expired credentials": {failing(401, "Unauthorized"), ErrCredentials, "expired"},
		"plugin missing":      {plugin, ErrCredentials, "credential plugin"},
		"server broken":       {failing(500, "etcdserver: no leader\nsecond line"), ErrServer, "etcdserver: no leader second line"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, names := range [][]string{nil, {"web-1"}, {"deploy/web"}} {
				_, err := Collect(context.Background(), Config{RESTConfig: c.cfg, Namespace: "shop", Names: names})
				checkLine(t, err, c.kind, c.want)
			}
		})
	}
}

func TestCollect_timeout(t *testing.T) {
	s := fakeapi.New()
	s.Hold(func(fakeapi.Request) bool { return true })
	cfg := s.Start(t).RESTConfig()
	cfg.Timeout = 1 // any is too short for a server that never answers
	_, err := Collect(context.Background(), Config{RESTConfig: cfg, Namespace: "shop"})
	checkLine(t, err, ErrUnreachable, "does not answer in time")
}

func TestCollect_notFound(t *testing.T) {
	s := shop().Start(t)
	for _, c := range []struct {
		namespace, name, line, hint string
	}{
		{"shop", "ledger-7b9c-x1", `pod "ledger-7b9c-x1" not found in namespace "shop"`, "unloop diagnose ledger-7b9c-x1 -n bank"},
		{"shop", "deploy/ledger", `deployment "ledger" not found in namespace "shop"`, "unloop diagnose deployment/ledger -n bank"},
		{"shop", "web-7b9c-gone", `pod "web-7b9c-gone" not found in namespace "shop"`, "unloop diagnose web-7b9c-x1 -n shop"},
		{"shop", "web-older-gone", `pod "web-older-gone" not found in namespace "shop"`, "unloop diagnose web-7b9c-x1 -n shop"},
		{"shop", "web", `pod "web" not found in namespace "shop"`, "unloop diagnose web-7b9c-x1 -n shop"},
		{"shop", "nothing", `pod "nothing" not found in namespace "shop"`, "kubectl get pods -n shop"},
		{"shop", "cj/nothing", `cronjob "nothing" not found in namespace "shop"`, "kubectl get cronjobs -n shop"},
		{"shp", "", `namespace "shp" not found`, "kubectl get namespaces"},
	} {
		cfg := Config{RESTConfig: s.RESTConfig(), Namespace: c.namespace}
		if c.name != "" {
			cfg.Names = []string{c.name}
		}
		_, err := Collect(context.Background(), cfg)
		var missing *NotFoundError
		if !errors.As(err, &missing) || missing.Error() != c.line || missing.Hint() != c.hint {
			t.Errorf("%s: got %v (%+v), want %s, hint %s", c.name, err, missing, c.line, c.hint)
		}
	}
}

func TestCollect_notFoundWithoutRights(t *testing.T) {
	s := shop()
	s.Deny("list", "pods", "")
	_, err := Collect(context.Background(), Config{RESTConfig: s.Start(t).RESTConfig(), Namespace: "shop", Names: []string{"ledger-7b9c-x1"}})
	var missing *NotFoundError
	if !errors.As(err, &missing) || len(missing.Elsewhere)+len(missing.Near) > 0 {
		t.Errorf("got %v", err)
	}
}

// flags parses a command line into Flags.
func flags(t *testing.T, args ...string) *Flags {
	t.Helper()
	f, set := NewFlags(), pflag.NewFlagSet("test", pflag.ContinueOnError)
	f.AddTo(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFlags_chooseClusterAndNamespace(t *testing.T) {
	s := shop().StartTLS(t)
	path := s.WriteKubeconfig(t, "shop")
	for args, want := range map[string]string{"": "shop", "-n bank": "bank", "--namespace=till": "till", "--context fake": "shop"} {
		f := flags(t, append([]string{"--kubeconfig", path}, strings.Fields(args)...)...)
		if ns, err := f.Namespace(); err != nil || ns != want {
			t.Errorf("%q: namespace %q, %v", args, ns, err)
		}
		cfg, err := f.RESTConfig()
		if err != nil || cfg.Host != s.URL() {
			t.Fatalf("%q: %v, %v", args, cfg, err)
		}
		if _, err := Collect(context.Background(), Config{RESTConfig: cfg, Namespace: "shop"}); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
	t.Setenv("KUBECONFIG", path)
	if cfg, err := flags(t).RESTConfig(); err != nil || cfg.Host != s.URL() {
		t.Errorf("by environment: %v, %v", cfg, err)
	}
	if cfg, err := flags(t, "--server", "https://other.example").RESTConfig(); err != nil || cfg.Host != "https://other.example" {
		t.Errorf("by server: %v, %v", cfg, err)
	}
}

func TestFlags_unusable(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good", string(fakeapi.Kubeconfig("https://shop.example", nil, "shop")))
	noCurrent := write("no-current", strings.Replace(string(fakeapi.Kubeconfig("https://shop.example", nil, "shop")), "current-context: fake", "current-context: gone", 1))
	t.Setenv("KUBECONFIG", filepath.Join(dir, "missing"))
	t.Setenv("HOME", dir)
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no kubeconfig":         {nil, "no cluster is configured"},
		"wrong context":         {[]string{"--kubeconfig", good, "--context", "prod"}, `no context "prod"`},
		"current context wrong": {[]string{"--kubeconfig", noCurrent}, `no context "gone"`},
		"no such file":          {[]string{"--kubeconfig", filepath.Join(dir, "nowhere")}, "cannot be used"},
		"not a kubeconfig":      {[]string{"--kubeconfig", write("bad", "{{{\n\n:")}, "cannot be used"},
		"no such user":          {[]string{"--kubeconfig", good, "--user", "nobody"}, "cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := flags(t, c.args...).RESTConfig()
			checkLine(t, err, ErrConfig, c.want)
		})
	}
}

func TestExplain_knowsCancelled(t *testing.T) {
	err := fmt.Errorf("Get: %w", context.Canceled)
	if got := explain(err, "h"); got != err {
		t.Errorf("got %v", got)
	}
	if explain(nil, "h") != nil {
		t.Error("no error became one")
	}
}

func TestCollect_jsonOnlyServer(t *testing.T) {
	s := shop()
	proxy := httptest.NewServer(jsonOnly{s})
	t.Cleanup(proxy.Close)
	snap, err := Collect(context.Background(), Config{RESTConfig: &rest.Config{Host: proxy.URL}, AllNamespaces: true})
	if err != nil {
		t.Fatal(err)
	}
	if f := factsOf(t, snap, "Pod", "web-7b9c-x1"); len(f.Revisions) != 2 || len(f.Events) != 1 || len(snap.Denied) > 0 {
		t.Errorf("revisions %v, events %v, denied %v", f.Revisions, f.Events, snap.Denied)
	}
}
