package fleet

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

// all is every token that came to a recorder.
func all(desks map[string]*desk) (out []string) {
	for _, d := range desks {
		out = append(out, d.tokens...)
	}
	return out
}

func isTokenRequest(r fakeapi.Request) bool {
	return r.Verb == "post" && r.FullResource() == "serviceaccounts/token"
}

// Without consent no recorder ever sees the user's own token, whatever is asked, and whether
// or not the API server makes another.
func TestCourier_neverTheOwnTokenUnasked(t *testing.T) {
	for name, change := range map[string]func(*fakeapi.Server){
		"with the right":    nil,
		"without the right": func(api *fakeapi.Server) { api.Deny("post", "serviceaccounts/token", "") },
		"no account":        func(api *fakeapi.Server) { api.Fail(isTokenRequest, http.StatusNotFound, "no account") },
	} {
		t.Run(name, func(t *testing.T) {
			cfg, desks := cluster(t, change)
			f := open(t, cfg, false)
			want := []string(nil)
			list, err := f.List(ctx, catalog.Query{Namespace: "shop"})
			if change == nil {
				want = []string{forShop, forShop, forShop}
				if err != nil || len(list.Items) != 2 {
					t.Errorf("list %+v, %v", list, err)
				}
			}
			r, _, err := f.Get(ctx, desks["n2"].items[0].Name, "")
			if err == nil {
				r.Close()
			}
			var none *TokenError
			if change != nil && (!errors.As(err, &none) || none.Namespace != "shop") {
				t.Errorf("Get = %v, want a TokenError of the namespace", err)
			}
			none = nil
			if _, err := f.List(ctx, catalog.Query{}); !errors.As(err, &none) || none.Namespace != "" {
				t.Errorf("the list of all namespaces: %v, want a TokenError", err)
			}
			none = nil
			if _, err := f.Start(ctx, catalog.StartRequest{Namespace: "shop", Pod: "web-0", For: "1s"}, "n1"); !errors.As(err, &none) {
				t.Errorf("Start: %v, want a TokenError", err)
			}
			if got := all(desks); !slices.Equal(got, want) {
				t.Errorf("the recorders were sent %q, want %q", got, want)
			}
		})
	}
}

// With consent the user's own token is sent where no other is good.
func TestCourier_consent(t *testing.T) {
	cfg, desks := cluster(t, func(api *fakeapi.Server) { api.Deny("post", "serviceaccounts/token", "shop") })
	f := open(t, cfg, true)
	if list, err := f.List(ctx, catalog.Query{Namespace: "shop"}); err != nil || len(list.Items) != 2 {
		t.Errorf("list %+v, %v", list, err)
	}
	if got := all(desks); !slices.Equal(got, []string{"Bearer good", "Bearer good"}) {
		t.Errorf("the recorders were sent %q, want the user's own token", got)
	}
}

// A client certificate is no token, and needs none where the API server makes one.
func TestCourier_clientCertificate(t *testing.T) {
	cfg, desks := cluster(t, nil)
	cfg.BearerToken = ""
	if list, err := open(t, cfg, false).List(ctx, catalog.Query{Namespace: "shop"}); err != nil || len(list.Items) != 2 {
		t.Errorf("list %+v, %v", list, err)
	}
	if got := all(desks); !slices.Equal(got, []string{forShop, forShop}) {
		t.Errorf("the recorders were sent %q", got)
	}
}

// One token is asked for in each namespace, and again in the middle of its life; a refusal is
// not asked for again and again either.
func TestCourier_asksOnce(t *testing.T) {
	var server *fakeapi.Server
	cfg, _ := cluster(t, func(api *fakeapi.Server) {
		server = api
		api.Deny("post", "serviceaccounts/token", "infra")
	})
	f := open(t, cfg, false)
	asked := func() int { return server.Count(isTokenRequest) }
	for range 3 {
		if _, err := f.List(ctx, catalog.Query{Namespace: "shop"}); err != nil {
			t.Error(err)
		}
		var said *RemoteError
		if _, err := f.List(ctx, catalog.Query{Namespace: "infra"}); !errors.As(err, &said) || said.Status != http.StatusForbidden {
			t.Errorf("in a namespace without the right: %v", err)
		}
	}
	if n := asked(); n != 2 {
		t.Errorf("%d tokens were asked for, want one in each of two namespaces", n)
	}
	m := f.token.made["shop"]
	if left := time.Until(m.until); left <= 0 || left > tokenTime/2 {
		t.Errorf("the token is used for %v more", left)
	}
	m.until = time.Now().Add(-time.Second)
	f.token.made["shop"] = m
	if _, err := f.List(ctx, catalog.Query{Namespace: "shop"}); err != nil || asked() != 3 {
		t.Errorf("an old token: %v, %d were asked for", err, asked())
	}
}

// What answers in a recorder's pod cannot send the client, and with it its tokens, elsewhere.
func TestCourier_noRedirection(t *testing.T) {
	reached := make(chan http.Header, 4)
	elsewhere := fakeapi.New()
	elsewhere.Pod("x", "y", 1, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { reached <- req.Header }))
	elsewhere.Start(t)
	cfg, _ := cluster(t, func(api *fakeapi.Server) {
		api.Pod("unloop", "unloop-recorder-n1", catalog.RecorderPort, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, elsewhere.URL()+"/api/v1/namespaces/x/pods/https:y:1/proxy/", http.StatusTemporaryRedirect)
		}))
	})
	var said *RemoteError
	if _, err := open(t, cfg, true).List(ctx, catalog.Query{Namespace: "shop"}, "n1"); !errors.As(err, &said) || said.Status != http.StatusTemporaryRedirect {
		t.Errorf("list = %v, want what the recorder said", err)
	}
	if len(reached) > 0 || elsewhere.Count(func(fakeapi.Request) bool { return true }) > 0 {
		t.Error("the client went where it was sent")
	}
}
