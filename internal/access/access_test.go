package access

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

var ctx = context.Background()

func gate(t *testing.T) (*Gate, *fakeapi.Server) {
	t.Helper()
	api := fakeapi.New()
	api.User("good", "sam", "get pods -n shop")
	api.Account("captures", "shop", "default", "", catalog.TokenAudience)
	api.Start(t)
	g, err := New(api.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return g, api
}

func asked(api *fakeapi.Server, resource string) int {
	return api.Count(func(r fakeapi.Request) bool { return r.Resource == resource })
}

func TestWho_remembersForAWhile(t *testing.T) {
	g, api := gate(t)
	now := time.Unix(1000, 0)
	g.now = func() time.Time { return now }
	for range 3 {
		if u, err := g.Who(ctx, "good"); err != nil || u.Name != "sam" {
			t.Fatal(u, err)
		}
		if _, err := g.Who(ctx, "bad"); !errors.Is(err, ErrToken) {
			t.Fatal(err)
		}
		if u, err := g.Who(ctx, "captures"); err != nil || u.Only != "shop" {
			t.Fatal(u, err)
		}
	}
	// One that is for captures is told by the first review, all others take a second.
	if n := asked(api, "tokenreviews"); n != 2+2+1 {
		t.Errorf("%d reviews, want two for each token and one for that for captures", n)
	}
	now = now.Add(badTime)
	g.Who(ctx, "good")
	g.Who(ctx, "captures")
	g.Who(ctx, "bad")
	if n := asked(api, "tokenreviews"); n != 5+2 {
		t.Errorf("%d reviews, want the refusal to be asked for again first", n)
	}
	now = now.Add(tokenTime)
	g.Who(ctx, "good")
	g.Who(ctx, "captures")
	if n := asked(api, "tokenreviews"); n != 7+3 {
		t.Errorf("%d reviews, want the tokens to be asked for again", n)
	}
	if _, err := g.Who(ctx, ""); !errors.Is(err, ErrNoToken) || asked(api, "tokenreviews") != 10 {
		t.Errorf("without a token: %v", err)
	}
}

// A token for captures is that of the account "default", for their audience, and of no pod. The
// others are nobody's, or what the API server takes them for.
func TestWho_tokenForCaptures(t *testing.T) {
	g, api := gate(t)
	const own = "https://kubernetes.default.svc"
	api.Account("of-a-pod", "shop", "default", "web-0", catalog.TokenAudience)
	api.Account("of-a-job", "shop", "job", "", catalog.TokenAudience)
	api.Account("for-others", "shop", "default", "", "vault")
	api.Account("for-the-api", "shop", "default", "")
	api.Account("for-both", "shop", "default", "", own, catalog.TokenAudience)
	api.Account("of-a-pod-for-both", "shop", "default", "web-0", own, catalog.TokenAudience)
	for _, c := range []struct {
		token, only string
		err         error
	}{
		{"captures", "shop", nil},
		{"for-both", "shop", nil},
		{"for-the-api", "", nil},
		{"of-a-pod-for-both", "", nil},
		{"good", "", nil},
		{"of-a-pod", "", ErrToken},
		{"of-a-job", "", ErrToken},
		{"for-others", "", ErrToken},
	} {
		for range 2 { // asked for, and remembered
			if u, err := g.Who(ctx, c.token); u.Only != c.only || !errors.Is(err, c.err) || (err == nil) != (u.Name != "") {
				t.Errorf("%s: %+v, %v, want one for the captures of %q, %v", c.token, u, err, c.only, c.err)
			}
		}
	}
}

func TestOnlyOf(t *testing.T) {
	for name, want := range map[string]string{
		"system:serviceaccount:shop:default": "shop", "system:serviceaccount:shop:ci": "", "system:serviceaccount::default": "",
		"system:serviceaccount:shop": "", "default": "", "system:node:shop:default": "",
	} {
		if got, ok := onlyOf(User{Name: name}); ok != (want != "") || ok && got != want {
			t.Errorf("%s: namespace %q, %v, want %q", name, got, ok, want)
		}
	}
}

// The token for captures of a namespace reads those, and the cluster is not asked; everything else is
// refused, whatever the account itself may do.
func TestCheck_tokenForCaptures(t *testing.T) {
	g, api := gate(t)
	api.User("other", "system:serviceaccount:shop:default", "create pods/exec", "get pods", "get pods/log", "get nodes/proxy", "get secrets")
	u, err := g.Who(ctx, "captures")
	if err != nil {
		t.Fatal(err)
	}
	pods := Right{Verb: "get", Resource: "pods", Namespace: "shop", Name: "web-0"}
	logs := Right{Verb: "get", Resource: "pods", Subresource: "log", Namespace: "shop", Name: "web-0"}
	if err := g.Check(ctx, u, pods, logs); err != nil {
		t.Errorf("what it is for: %v", err)
	}
	for _, r := range []Right{
		{Verb: "get", Resource: "pods", Namespace: "infra"},
		{Verb: "get", Resource: "pods"},
		{Verb: "get", Resource: "pods", Subresource: "exec", Namespace: "shop"},
		{Verb: "create", Resource: "pods", Subresource: "exec", Namespace: "shop"},
		{Verb: "create", Resource: "pods", Namespace: "shop"},
		{Verb: "get", Resource: "secrets", Namespace: "shop"},
		{Verb: "get", Group: "metrics.k8s.io", Resource: "pods", Namespace: "shop"},
		{Verb: "get", Resource: "nodes", Subresource: "proxy", Name: "n1"},
	} {
		if err := g.Check(ctx, u, pods, r); !errors.Is(err, ErrForbidden) || !strings.Contains(err.Error(), "captures of namespace shop is none to "+r.String()) {
			t.Errorf("%s: %v, want it refused", r, err)
		}
	}
	if n := asked(api, "subjectaccessreviews"); n != 0 {
		t.Errorf("the cluster was asked %d times", n)
	}
}

// A failure of either review is no answer, and not remembered.
func TestWho_secondReviewFails(t *testing.T) {
	api := fakeapi.New()
	api.User("good", "sam")
	reviews := 0
	api.Fail(func(r fakeapi.Request) bool { reviews++; return reviews == 2 }, http.StatusInternalServerError, "etcd is away")
	api.Start(t)
	g, err := New(api.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Who(ctx, "good"); err == nil || errors.Is(err, ErrToken) {
		t.Errorf("with the second review failing: %v", err)
	}
	if u, err := g.Who(ctx, "good"); err != nil || u.Name != "sam" {
		t.Errorf("afterwards: %+v, %v", u, err)
	}
}

func TestCheck_namesTheRight(t *testing.T) {
	g, api := gate(t)
	now := time.Unix(1000, 0)
	g.now = func() time.Time { return now }
	u, err := g.Who(ctx, "good")
	if err != nil {
		t.Fatal(err)
	}
	pods := Right{Verb: "get", Resource: "pods", Namespace: "shop"}
	logs := Right{Verb: "get", Resource: "pods", Subresource: "log", Namespace: "shop"}
	if err := g.Check(ctx, u, pods, pods); err != nil {
		t.Errorf("a right that is there: %v", err)
	}
	if err := g.Check(ctx, u, pods, logs); !errors.Is(err, ErrForbidden) || !strings.Contains(err.Error(), "sam may not get pods/log -n shop") {
		t.Errorf("a right that is missing: %v", err)
	}
	if n := asked(api, "subjectaccessreviews"); n != 2 {
		t.Errorf("%d reviews, want one for each right", n)
	}
	// Another user has no part in what was answered for this one.
	if err := g.Check(ctx, User{Name: "eve"}, pods); !errors.Is(err, ErrForbidden) {
		t.Errorf("another user: %v", err)
	}
	now = now.Add(rightTime)
	if err := g.Check(ctx, u, pods); err != nil || asked(api, "subjectaccessreviews") != 4 {
		t.Errorf("after a while: %v, %d reviews", err, asked(api, "subjectaccessreviews"))
	}
}

func TestGate_serverFails(t *testing.T) {
	api := fakeapi.New()
	api.Fail(func(fakeapi.Request) bool { return true }, http.StatusForbidden, "the recorder may not create tokenreviews")
	api.Start(t)
	g, err := New(api.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := g.Who(ctx, "good"); err == nil || errors.Is(err, ErrToken) || !strings.Contains(err.Error(), "may not create tokenreviews") {
			t.Errorf("Who = %v, want why it could not be asked", err)
		}
		if err := g.Check(ctx, User{Name: "sam"}, Right{Verb: "get", Resource: "pods"}); err == nil || errors.Is(err, ErrForbidden) {
			t.Errorf("Check = %v, want why it could not be asked", err)
		}
	}
	if n := asked(api, "tokenreviews"); n != 2 {
		t.Errorf("%d reviews: a failure must not be remembered", n)
	}
}

func TestToken_headers(t *testing.T) {
	for _, c := range []struct{ header, value, want string }{
		{"Authorization", "Bearer abc", "abc"},
		{"Authorization", "bearer abc", "abc"},
		{"Unloop-Authorization", "Bearer abc", "abc"},
		{"Authorization", "Basic abc", ""},
		{"Authorization", "abc", ""},
		{"Authorization", "Bearer " + strings.Repeat("x", maxTokenLen+1), ""},
		{"Cookie", "Bearer abc", ""},
	} {
		if got := Token(http.Header{c.header: {c.value}}); got != c.want {
			t.Errorf("%s: %.20s: token %q, want %q", c.header, c.value, got, c.want)
		}
	}
}
