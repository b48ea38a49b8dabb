package fakeapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
)

// User makes a token that reviews take for a user with some rights, each as `kubectl auth
// can-i` writes it: "get pods -n shop", "get pods/log -n shop", "get pods" for all namespaces,
// "get pods web-0 -n shop" for one object.
func (s *Server) User(token, name string, rights ...string) {
	s.know(token, user{name: name, audiences: []string{apiAudience}})
	if s.rights == nil {
		s.rights = map[string]bool{}
	}
	for _, r := range rights {
		s.rights[name+" "+r] = true
	}
}

// Account makes a token of a service account for some audiences, none for that of the API
// server. pod is the pod that the token is bound to, "" for none.
func (s *Server) Account(token, namespace, name, pod string, audiences ...string) {
	u := user{name: "system:serviceaccount:" + namespace + ":" + name, audiences: audiences}
	if len(audiences) == 0 {
		u.audiences = []string{apiAudience}
	}
	if pod != "" {
		// kubernetes v1.36 staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go
		u.extra = map[string]authenticationv1.ExtraValue{"authentication.kubernetes.io/pod-name": {pod}}
	}
	s.know(token, u)
}

// apiAudience is the API server's own.
const apiAudience = "https://kubernetes.default.svc"

type user struct {
	name      string
	audiences []string
	extra     map[string]authenticationv1.ExtraValue
}

func (s *Server) know(token string, u user) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == nil {
		s.users = map[string]user{}
	}
	s.users[token] = u
}

// makeToken answers a TokenRequest; the token tells what it is of: "NAMESPACE/NAME for AUDIENCE".
func (s *Server) makeToken(w http.ResponseWriter, r Request, in *http.Request) {
	var t authenticationv1.TokenRequest
	if err := json.NewDecoder(io.LimitReader(in.Body, 1<<20)).Decode(&t); err != nil {
		status(w, r, apierrors.NewBadRequest(err.Error()))
		return
	}
	// kubernetes v1.36 pkg/apis/authentication/validation/validation.go
	if t.Spec.ExpirationSeconds == nil || *t.Spec.ExpirationSeconds < 600 {
		status(w, r, apierrors.NewBadRequest("spec.expirationSeconds: may not specify a duration less than 10 minutes"))
		return
	}
	t.Status.Token = r.Namespace + "/" + r.Name + " for " + strings.Join(t.Spec.Audiences, ",")
	s.Account(t.Status.Token, r.Namespace, r.Name, "", t.Spec.Audiences...)
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(t)
}

// Pod gives the requests to a pod's proxy to a handler, as the API server does: without the
// Authorization header. port is that of "https:NAME:PORT".
func (s *Server) Pod(namespace, name string, port int, h http.Handler) {
	if s.pods == nil {
		s.pods = map[string]http.Handler{}
	}
	s.pods[fmt.Sprintf("%s/https:%s:%d", namespace, name, port)] = h
}

func (s *Server) proxy(w http.ResponseWriter, r Request, in *http.Request) {
	h := s.pods[r.Namespace+"/"+r.Name]
	if h == nil {
		status(w, r, apierrors.NewServiceUnavailable("no such pod answers"))
		return
	}
	to := in.Clone(in.Context())
	to.Header.Del("Authorization")
	_, path, _ := strings.Cut(in.URL.Path, "/proxy")
	to.URL.Path, to.URL.RawPath = path, ""
	h.ServeHTTP(w, to)
}

// review answers a TokenReview or a SubjectAccessReview.
func (s *Server) review(w http.ResponseWriter, r Request, in *http.Request) {
	body, err := io.ReadAll(io.LimitReader(in.Body, 1<<20))
	if err != nil {
		status(w, r, apierrors.NewBadRequest(err.Error()))
		return
	}
	var out any
	switch r.Resource {
	case "tokenreviews":
		var t authenticationv1.TokenReview
		if err = json.Unmarshal(body, &t); err == nil {
			s.mu.Lock()
			u, ok := s.users[t.Spec.Token]
			s.mu.Unlock()
			asked := t.Spec.Audiences
			if len(asked) == 0 {
				asked = []string{apiAudience}
			}
			both := slices.DeleteFunc(slices.Clone(asked), func(a string) bool { return !slices.Contains(u.audiences, a) })
			switch {
			case !ok:
				t.Status.Error = "the token is not known"
			case len(both) == 0:
				t.Status.Error = fmt.Sprintf("token audiences %q is invalid for the target audiences %q", u.audiences, asked)
			default:
				t.Status.Authenticated, t.Status.Audiences = true, both
				t.Status.User.Username, t.Status.User.Extra = u.name, u.extra
			}
			t.Spec.Token = ""
			out = t
		}
	default:
		var a authorizationv1.SubjectAccessReview
		if err = json.Unmarshal(body, &a); err == nil && a.Spec.ResourceAttributes != nil {
			a.Status.Allowed = s.allowed(a.Spec.User, a.Spec.ResourceAttributes)
			out = a
		}
	}
	if err != nil || out == nil {
		status(w, r, apierrors.NewBadRequest("the review cannot be read"))
		return
	}
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(out)
}

func (s *Server) allowed(user string, a *authorizationv1.ResourceAttributes) bool {
	what := user + " " + a.Verb + " " + a.Resource
	if a.Subresource != "" {
		what += "/" + a.Subresource
	}
	for _, form := range []string{what, what + " -n " + a.Namespace, what + " " + a.Name, what + " " + a.Name + " -n " + a.Namespace} {
		if s.rights[form] {
			return true
		}
	}
	return false
}
