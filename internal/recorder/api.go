package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/unloop-dev/unloop/internal/access"
	"github.com/unloop-dev/unloop/internal/catalog"
)

// Gate says who asks and what they may; *access.Gate is one.
type Gate interface {
	Who(ctx context.Context, token string) (access.User, error)
	Check(ctx context.Context, u access.User, rights ...access.Right) error
}

// Rights that paths ask for, in the pod's namespace. A capture shows what a container did
// and printed, as its log does. To start one is to look into a container that runs, as exec
// does. Captures outside of pods belong to the node.
func seePods(ns, pod string) access.Right {
	return access.Right{Verb: "get", Resource: "pods", Namespace: ns, Name: pod}
}

func seeLogs(ns, pod string) access.Right {
	return access.Right{Verb: "get", Resource: "pods", Subresource: "log", Namespace: ns, Name: pod}
}

func goInside(ns, pod string) access.Right {
	return access.Right{Verb: "create", Resource: "pods", Subresource: "exec", Namespace: ns, Name: pod}
}

func seeNode(node string) access.Right {
	return access.Right{Verb: "get", Resource: "nodes", Subresource: "proxy", Name: node}
}

// api serves captures to those who may see them.
type api struct {
	r    *Recorder
	gate Gate
	// slots bounds the requests that are worked on at once.
	slots chan struct{}
}

// Bounds of requests.
const (
	maxRequests = 16
	maxBody     = 16 << 10
	// maxNamespaces is how many namespaces one list asks the rights of.
	maxNamespaces = 256
)

// API serves captures to those whom the gate lets:
//
//	GET  /captures?namespace=&pod=&container=   get pods
//	GET  /captures/NAMESPACE/FILE               get pods, get pods/log
//	POST /captures  {namespace, pod, container, for}   get pods, create pods/exec
//
// Who comes with a token for the captures of a namespace reads those, and starts none: to make
// such a token is not to have pods/exec.
//
// Errors are {"code", "message"} as the rest of unloop's API.
func (r *Recorder) API(g Gate) http.Handler {
	a := &api{r: r, gate: g, slots: make(chan struct{}, maxRequests)}
	mux := http.NewServeMux()
	mux.Handle("GET /captures", a.user(a.list))
	mux.Handle("GET /captures/{namespace}/{file}", a.user(a.get))
	mux.Handle("POST /captures", a.user(a.start))
	return mux
}

// apiError is an answer that is no success.
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.message }

// user lets in who has a name and says what went wrong.
func (a *api) user(do func(http.ResponseWriter, *http.Request, access.User) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		u, err := a.gate.Who(req.Context(), access.Token(req.Header))
		if err == nil {
			select {
			case a.slots <- struct{}{}:
				defer func() { <-a.slots }()
				err = do(w, req, u)
			default:
				err = &apiError{http.StatusTooManyRequests, "busy", "too many requests at once"}
			}
		}
		if err != nil {
			fail(w, err)
		}
	})
}

// fail answers an error: the one place that maps errors to statuses.
func fail(w http.ResponseWriter, err error) {
	e := &apiError{http.StatusInternalServerError, "failed", err.Error()}
	var own *apiError
	var many *AmbiguousError
	switch {
	case errors.As(err, &own):
		e = own
	case errors.Is(err, access.ErrNoToken), errors.Is(err, access.ErrToken):
		e.status, e.code = http.StatusUnauthorized, "unauthenticated"
		w.Header().Set("WWW-Authenticate", "Bearer")
	case errors.Is(err, access.ErrForbidden):
		e.status, e.code = http.StatusForbidden, "forbidden"
	case errors.As(err, &many):
		e.status, e.code = http.StatusConflict, "ambiguous"
	case errors.Is(err, ErrNoContainer), errors.Is(err, errNoCapture):
		e.status, e.code = http.StatusNotFound, "not-found"
	case errors.Is(err, errBusy):
		e.status, e.code = http.StatusTooManyRequests, "busy"
	case errors.Is(err, errStopped), errors.Is(err, context.Canceled):
		e.status, e.code = http.StatusServiceUnavailable, "stopping"
	}
	answer(w, e.status, catalog.Problem{Code: e.code, Message: e.message})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone; nobody is left to tell
}

var errNoCapture = errors.New("no such capture")

func (a *api) list(w http.ResponseWriter, req *http.Request, u access.User) error {
	v := req.URL.Query()
	q := catalog.Query{Namespace: v.Get("namespace"), Pod: v.Get("pod"), Container: v.Get("container")}
	ctx := req.Context()
	if q.Namespace != "" {
		if err := a.gate.Check(ctx, u, seePods(q.Namespace, q.Pod)); err != nil {
			return err
		}
	}
	all, err := a.r.cfg.Shelf.List(ctx, q)
	if err != nil {
		return err
	}
	may := map[string]bool{q.Namespace: q.Namespace != ""}
	if q.Namespace == "" {
		if may, err = a.namespaces(ctx, u, all); err != nil {
			return err
		}
	}
	list := catalog.NewList(nil)
	for _, e := range all {
		if may[e.Namespace] {
			list.Items = append(list.Items, a.r.cfg.Shelf.Notes(ctx, e))
		}
	}
	answer(w, http.StatusOK, list)
	return nil
}

// namespaces finds out in which namespaces of a list the user may see pods; "" stands for the
// captures of the node.
func (a *api) namespaces(ctx context.Context, u access.User, all []catalog.Entry) (map[string]bool, error) {
	may := map[string]bool{}
	err := a.gate.Check(ctx, u, seePods("", ""))
	if err != nil && !errors.Is(err, access.ErrForbidden) {
		return nil, err
	}
	everywhere := err == nil
	for _, e := range all {
		if _, known := may[e.Namespace]; known {
			continue
		}
		right := seePods(e.Namespace, "")
		switch {
		case e.Namespace == "":
			right = seeNode(a.r.cfg.Node)
		case everywhere:
			may[e.Namespace] = true
			continue
		}
		if len(may) >= maxNamespaces {
			return nil, &apiError{http.StatusBadRequest, "too-many", "too many namespaces: ask for one, as ?namespace=NAME"}
		}
		err := a.gate.Check(ctx, u, right)
		if err != nil && !errors.Is(err, access.ErrForbidden) {
			return nil, err
		}
		may[e.Namespace] = err == nil
	}
	return may, nil
}

func (a *api) get(w http.ResponseWriter, req *http.Request, u access.User) error {
	name := req.PathValue("namespace") + "/" + req.PathValue("file")
	ctx := req.Context()
	e, ok := catalog.Parse(name)
	if !ok {
		return errNoCapture // no name of a capture: nothing is given away
	}
	rights := []access.Right{seePods(e.Namespace, e.Pod), seeLogs(e.Namespace, e.Pod)}
	if e.Namespace == "" {
		rights = []access.Right{seeNode(a.r.cfg.Node)}
	}
	if err := a.gate.Check(ctx, u, rights...); err != nil {
		return err
	}
	f, size, err := a.r.cfg.Shelf.Get(ctx, name)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoCapture, err)
	}
	defer f.Close()
	w.Header().Set("Content-Type", "application/gzip")
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	w.Header().Set("Content-Disposition", `attachment; filename="`+req.PathValue("file")+`"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.Copy(w, f) // the answer has begun: what is missing is seen by its length
	return nil
}

func (a *api) start(w http.ResponseWriter, req *http.Request, u access.User) error {
	bad := func(format string, args ...any) error {
		return &apiError{http.StatusBadRequest, "bad-request", fmt.Sprintf(format, args...)}
	}
	var in catalog.StartRequest
	d := json.NewDecoder(http.MaxBytesReader(w, req.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return bad("the body is no request: %v", err)
	}
	during, err := time.ParseDuration(in.For)
	switch {
	case err != nil || during < 0 || during > catalog.MaxDuring:
		return bad("for %q: want a duration up to %v, such as 30s", in.For, catalog.MaxDuring)
	case in.Namespace == "" || in.Pod == "":
		return bad("namespace and pod are needed")
	}
	ctx := req.Context()
	if err := a.gate.Check(ctx, u, seePods(in.Namespace, in.Pod), goInside(in.Namespace, in.Pod)); err != nil {
		return err
	}
	a.r.cfg.Log("%s records %s/%s for %v", strconv.Quote(u.Name), in.Namespace, in.Pod, during)
	entry, err := a.r.Start(ctx, catalog.Query{Namespace: in.Namespace, Pod: in.Pod, Container: in.Container}, during)
	if err != nil {
		return err
	}
	answer(w, http.StatusCreated, entry)
	return nil
}
