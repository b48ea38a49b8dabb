package fakeapi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

func pod(namespace, name, node string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": strings.TrimRight(name, "-0123456789")}},
		Spec:       corev1.PodSpec{NodeName: node},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning},
	}
}

// client is the real client, in protobuf or JSON.
func client(t *testing.T, cfg *rest.Config, protobuf bool) *kubernetes.Clientset {
	t.Helper()
	if protobuf {
		cfg.AcceptContentTypes, cfg.ContentType = "application/vnd.kubernetes.protobuf,application/json", "application/vnd.kubernetes.protobuf"
	}
	c, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func names(list *corev1.PodList) string {
	var out []string
	for _, p := range list.Items {
		out = append(out, p.Namespace+"/"+p.Name)
	}
	return strings.Join(out, " ")
}

func TestServer_listSelects(t *testing.T) {
	s := New(pod("shop", "web-2", "n1"), pod("shop", "web-1", "n2"), pod("bank", "ledger-1", "n1")).Start(t)
	cases := map[string]struct {
		namespace string
		opts      metav1.ListOptions
		want      string
	}{
		"everywhere": {"", metav1.ListOptions{}, "bank/ledger-1 shop/web-1 shop/web-2"},
		"namespace":  {"shop", metav1.ListOptions{}, "shop/web-1 shop/web-2"},
		"label":      {"", metav1.ListOptions{LabelSelector: "app in (ledger)"}, "bank/ledger-1"},
		"name":       {"", metav1.ListOptions{FieldSelector: "metadata.name=web-2"}, "shop/web-2"},
		"node":       {"", metav1.ListOptions{FieldSelector: "spec.nodeName=n1"}, "bank/ledger-1 shop/web-2"},
		"phase":      {"shop", metav1.ListOptions{FieldSelector: "status.phase!=Running"}, ""},
	}
	for name, c := range cases {
		for _, protobuf := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/protobuf=%t", name, protobuf), func(t *testing.T) {
				list, err := client(t, s.RESTConfig(), protobuf).CoreV1().Pods(c.namespace).List(context.Background(), c.opts)
				if err != nil {
					t.Fatal(err)
				}
				if got := names(list); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		}
	}
	_, err := client(t, s.RESTConfig(), false).CoreV1().Pods("").List(context.Background(), metav1.ListOptions{FieldSelector: "spec.hostname=x"})
	if !apierrors.IsBadRequest(err) {
		t.Errorf("an unknown field gives %v, want a bad request", err)
	}
}

func TestServer_pages(t *testing.T) {
	s := New(pod("shop", "web-1", ""), pod("shop", "web-2", ""), pod("shop", "web-3", "")).Start(t)
	s.ExpireTokens = 1
	pods := client(t, s.RESTConfig(), true).CoreV1().Pods("shop")
	first, err := pods.List(context.Background(), metav1.ListOptions{Limit: 2})
	if err != nil || names(first) != "shop/web-1 shop/web-2" || first.Continue == "" {
		t.Fatalf("first page %q, token %q, error %v", names(first), first.Continue, err)
	}
	_, err = pods.List(context.Background(), metav1.ListOptions{Limit: 2, Continue: first.Continue})
	if !apierrors.IsResourceExpired(err) {
		t.Fatalf("an expired token gives %v", err)
	}
	status := err.(apierrors.APIStatus)
	rest, err := pods.List(context.Background(), metav1.ListOptions{Limit: 2, Continue: status.Status().Continue})
	if err != nil || names(rest) != "shop/web-3" || rest.Continue != "" {
		t.Fatalf("last page %q, token %q, error %v", names(rest), rest.Continue, err)
	}
}

func TestServer_metadataOnly(t *testing.T) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "db"}, Data: map[string][]byte{"password": []byte("tulip")}}
	s := New(secret).StartTLS(t)
	c, err := metadata.NewForConfig(s.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.Resource(corev1.SchemeGroupVersion.WithResource("secrets")).Namespace("shop").List(context.Background(), metav1.ListOptions{})
	if err != nil || len(list.Items) != 1 || list.Items[0].Name != "db" {
		t.Fatalf("got %+v, %v", list, err)
	}
	body := get(t, s, "/api/v1/namespaces/shop/secrets", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
	if strings.Contains(body, "dHVsaXA=") || !strings.Contains(body, `"kind":"PartialObjectMetadataList"`) {
		t.Errorf("metadata only: %s", body)
	}
	if body := get(t, s, "/api/v1/namespaces/shop/secrets", "application/json;as=Table;g=meta.k8s.io;v=v1"); !strings.Contains(body, `"code":406`) {
		t.Errorf("a form that is not served: %s", body)
	}
}

func get(t *testing.T, s *Server, path, accept string) string {
	t.Helper()
	req, _ := http.NewRequest(http.MethodGet, s.URL()+path, nil)
	req.Header.Set("Accept", accept)
	resp, err := s.http.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestServer_denies(t *testing.T) {
	s := New(pod("shop", "web-1", ""), pod("bank", "ledger-1", ""))
	s.Deny("list", "pods", "shop")
	s.Deny("get", "pods/log", "")
	s.Start(t)
	core := client(t, s.RESTConfig(), true).CoreV1()
	_, err := core.Pods("shop").List(context.Background(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) || err.Error() != `pods is forbidden: User "tester" cannot list resource "pods" in API group "" in the namespace "shop"` {
		t.Errorf("list: %v", err)
	}
	if _, err := core.Pods("bank").List(context.Background(), metav1.ListOptions{}); err != nil {
		t.Errorf("list elsewhere: %v", err)
	}
	if _, err := core.Pods("shop").Get(context.Background(), "web-1", metav1.GetOptions{}); err != nil {
		t.Errorf("get: %v", err)
	}
	if _, err := core.Pods("bank").GetLogs("ledger-1", &corev1.PodLogOptions{}).DoRaw(context.Background()); !apierrors.IsForbidden(err) {
		t.Errorf("log: %v", err)
	}
	if _, err := core.Pods("bank").Get(context.Background(), "gone", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("missing: %v", err)
	}
	if n := s.Count(func(r Request) bool { return r.FullResource() == "pods/log" && r.Name == "ledger-1" }); n != 1 {
		t.Errorf("%d log requests in %v", n, s.Requests())
	}
}

func TestServer_logs(t *testing.T) {
	s := New(pod("shop", "web-1", ""))
	s.Log("shop", "web-1", "app", false, "one\ntwo\nthree\n")
	s.FailLog("shop", "web-1", "proxy", false, 500, "", "dial tcp 192.0.2.7:10250: i/o timeout")
	s.Start(t)
	logs := func(query string) string {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		return get(t, s, "/api/v1/namespaces/shop/pods/web-1/log?"+q.Encode(), "")
	}
	for query, want := range map[string]string{
		"container=app":                          "one\ntwo\nthree\n",
		"container=app&tailLines=2":              "two\nthree\n",
		"container=app&tailLines=9":              "one\ntwo\nthree\n",
		"container=app&tailLines=2&limitBytes=5": "two\nt",
		"container=other":                        "",
	} {
		if got := logs(query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	if got := logs("container=app&previous=true"); !strings.Contains(got, `previous terminated container \"app\" in pod \"web-1\" not found`) {
		t.Errorf("previous: %s", got)
	}
	if got := logs("container=proxy"); !strings.Contains(got, `"code":500`) || strings.Contains(got, `"reason"`) {
		t.Errorf("failed: %s", got)
	}
}

func TestServer_yamlAndKubeconfig(t *testing.T) {
	s := New()
	if err := s.AddYAML([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: web-1, namespace: shop}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n")); err != nil {
		t.Fatal(err)
	}
	s.StartTLS(t)
	cfg, err := clientcmd.BuildConfigFromFlags("", s.WriteKubeconfig(t, "shop"))
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, cfg, true)
	if _, err := c.AppsV1().Deployments("shop").Get(context.Background(), "web", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
	if v, err := c.Discovery().ServerVersion(); err != nil || v.GitVersion != "v1.36.3" {
		t.Errorf("version %v, %v", v, err)
	}
	if err := s.AddYAML([]byte("kind: Nonsense\n")); !runtime.IsMissingVersion(err) {
		t.Errorf("nonsense gives %v", err)
	}
}
