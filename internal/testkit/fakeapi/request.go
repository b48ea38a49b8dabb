package fakeapi

import (
	"net/http"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Request is one request as an API server's authoriser sees it.
type Request struct {
	// Verb is get or list; the HTTP method in lower case for anything else.
	Verb string
	// Group and Version are "" for paths that are no resources, such as /version.
	Group, Version string
	Resource       string
	Namespace      string
	Name           string
	Subresource    string
	Path           string
	Accept         string
	Query          url.Values
}

// FullResource is the resource as RBAC writes it: "pods", "pods/log".
func (r Request) FullResource() string {
	if r.Subresource != "" {
		return r.Resource + "/" + r.Subresource
	}
	return r.Resource
}

// String is "list pods -n shop ?limit=500" or the like, for messages of tests.
func (r Request) String() string {
	var b strings.Builder
	b.WriteString(r.Verb + " ")
	if r.Resource == "" {
		b.WriteString(r.Path)
	} else {
		b.WriteString(r.FullResource())
	}
	if r.Name != "" {
		b.WriteString(" " + r.Name)
	}
	if r.Namespace != "" {
		b.WriteString(" -n " + r.Namespace)
	}
	if q := r.Query.Encode(); q != "" {
		b.WriteString(" ?" + q)
	}
	return b.String()
}

func (r Request) groupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: r.Group, Version: r.Version}
}

// parse reads /api/v1/... and /apis/GROUP/VERSION/... paths.
func parse(in *http.Request) Request {
	r := Request{Verb: strings.ToLower(in.Method), Path: in.URL.Path, Accept: in.Header.Get("Accept"), Query: in.URL.Query()}
	parts := strings.Split(strings.Trim(in.URL.Path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		r.Version, parts = parts[1], parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		r.Group, r.Version, parts = parts[1], parts[2], parts[3:]
	default:
		return r
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		r.Namespace, parts = parts[1], parts[2:]
	}
	r.Resource = parts[0]
	if len(parts) > 1 {
		r.Name = parts[1]
	}
	if len(parts) > 2 {
		if r.Subresource = strings.Join(parts[2:], "/"); parts[2] == "proxy" {
			r.Subresource = "proxy" // what follows is the pod's
		}
	}
	if r.Verb == "get" && r.Name == "" {
		r.Verb = "list"
	}
	return r
}
