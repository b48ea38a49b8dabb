// Package fleet talks to the recorders of a cluster through the API server's proxy to
// their pods, with the rights of the user: lists, fetches and starts captures.
//
// The API server does not pass on who asks, so a token goes along in a header of its own and
// the recorder has the cluster review it. Which one that is, courier decides; it is only ever
// sent to pods that could have taken any anyway: see trusted. The recorder's side is internal/recorder and
// internal/access; the words between them are internal/catalog's.
package fleet

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/unloop-dev/unloop/internal/catalog"
)

// The errors of a fleet.
var (
	// ErrNone: there are no recorders.
	ErrNone = errors.New("no recorders")
	// ErrDenied: the user may not reach them.
	ErrDenied = errors.New("the recorders may not be reached")
	// ErrNotFound: no recorder has the capture or the container.
	ErrNotFound = errors.New("not found")
)

// RemoteError is what a recorder, or the API server before it, answered instead.
type RemoteError struct {
	Status int
	catalog.Problem
}

func (e *RemoteError) Error() string { return e.Message }

// Recorder is the recorder of one node.
type Recorder struct{ Pod, Node string }

// Fleet is the recorders of a cluster. It is safe for concurrent use.
type Fleet struct {
	http      *http.Client
	base      *url.URL
	namespace string
	token     *courier
	// Recorders are those that run, by node.
	Recorders []Recorder
	// Silent are nodes whose recorder does not run, or is not trusted, with why.
	Silent map[string]string
}

// Bounds of answers.
const (
	maxList    = 32 << 20
	maxProblem = 64 << 10
	// listTime is how long a recorder may take for a list.
	listTime   = 5 * time.Second
	sideBySide = 8
)

// Open lists the recorders of a namespace. consent lets them have the user's own token where
// there is no other that is good for what is asked. The error wraps ErrNone where there are
// none and ErrDenied where the user may not list their pods.
func Open(ctx context.Context, cfg *rest.Config, namespace string, consent bool) (*Fleet, error) {
	cfg = rest.CopyConfig(cfg)
	if cfg.UserAgent == "" {
		cfg.UserAgent = rest.DefaultKubernetesUserAgent()
	}
	f := &Fleet{namespace: namespace, Silent: map[string]string{}}
	f.token = &courier{consent: consent, ask: f.makeToken, made: map[string]made{}}
	// The first wrapper is the innermost: it sees the token that the others have set.
	inner := cfg.WrapTransport
	cfg.WrapTransport = func(rt http.RoundTripper) http.RoundTripper {
		if inner != nil {
			rt = inner(rt)
		}
		f.token.next = rt
		return f.token
	}
	var err error
	if f.http, err = rest.HTTPClientFor(cfg); err != nil {
		return nil, err
	}
	// A redirection would carry the tokens to wherever the other side likes.
	f.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if f.base, _, err = rest.DefaultServerUrlFor(cfg); err != nil {
		return nil, err
	}
	if err := f.find(ctx); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Close ends the connections that are not in use.
func (f *Fleet) Close() { f.http.CloseIdleConnections() }

// find lists the pods.
func (f *Fleet) find(ctx context.Context) error {
	q := url.Values{"labelSelector": {catalog.RecorderSelector}, "limit": {"5000"}}
	body, _, err := f.ask(ctx, http.MethodGet, q, nil, "api", "v1", "namespaces", f.namespace, "pods")
	var remote *RemoteError
	switch {
	case errors.As(err, &remote) && (remote.Status == http.StatusForbidden || remote.Status == http.StatusUnauthorized):
		return fmt.Errorf("%w: %w", ErrDenied, err)
	case err != nil:
		return err
	}
	defer body.Close()
	var pods corev1.PodList
	if err := json.NewDecoder(io.LimitReader(body, maxList)).Decode(&pods); err != nil {
		return fmt.Errorf("the list of recorders: %w", err)
	}
	for i := range pods.Items {
		p := &pods.Items[i]
		node := p.Spec.NodeName
		switch {
		case node == "":
		case !trusted(p):
			f.Silent[node] = "pod " + p.Name + " is no recorder: it does not read the node's log folder"
		case !ready(p):
			f.Silent[node] = "recorder " + p.Name + " is not ready"
		default:
			f.Recorders = append(f.Recorders, Recorder{p.Name, node})
		}
	}
	slices.SortFunc(f.Recorders, func(a, b Recorder) int { return cmp.Compare(a.Node, b.Node) })
	if len(f.Recorders) == 0 && len(f.Silent) == 0 {
		return fmt.Errorf("%w in namespace %q", ErrNone, f.namespace)
	}
	return nil
}

// podLogs is the folder that recorders read.
const podLogs = "/var/log/pods"

// trusted reports whether a pod may be given a token. Labels are anybody's to
// choose; to mount the node's folders, which every recorder does, is a right that makes
// master of the node, its pods and their tokens.
func trusted(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Spec.Volumes, func(v corev1.Volume) bool {
		return v.HostPath != nil && strings.HasPrefix(podLogs+"/", strings.TrimSuffix(path.Clean(v.HostPath.Path), "/")+"/")
	})
}

func ready(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// on returns the recorders of some nodes, all for none.
func (f *Fleet) on(nodes []string) []Recorder {
	if len(nodes) == 0 {
		return f.Recorders
	}
	var out []Recorder
	for _, r := range f.Recorders {
		if slices.Contains(nodes, r.Node) {
			out = append(out, r)
		}
	}
	return out
}

// List asks the recorders of some nodes, of all for none, side by side. What one of them
// does not answer stands in Incomplete. The error is for when none answered, or a
// TokenError: without consent a namespace is needed.
func (f *Fleet) List(ctx context.Context, q catalog.Query, nodes ...string) (catalog.List, error) {
	v := url.Values{}
	for name, value := range map[string]string{"namespace": q.Namespace, "pod": q.Pod, "container": q.Container} {
		if value != "" {
			v.Set(name, value)
		}
	}
	ask := f.on(nodes)
	if len(ask) > 0 {
		var err error
		if ctx, err = f.token.equip(ctx, q.Namespace); err != nil {
			return catalog.NewList(nil), err
		}
	}
	lists, errs := make([]catalog.List, len(ask)), make([]error, len(ask))
	slots := make(chan struct{}, sideBySide)
	var wg sync.WaitGroup
	for i, r := range ask {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			lists[i], errs[i] = f.list(ctx, r, v)
		})
	}
	wg.Wait()
	out := catalog.NewList(nil)
	failed := 0
	for i, r := range ask {
		if errs[i] != nil {
			failed++
			out.Incomplete = append(out.Incomplete, fmt.Sprintf("node %s: %v", r.Node, errs[i]))
			continue
		}
		for _, e := range lists[i].Items {
			// Names are used as names of files and asked for again; nothing else is believed.
			if own, ok := catalog.Parse(e.Name); ok && own.Namespace == e.Namespace {
				e.Node = r.Node
				out.Items = append(out.Items, e)
			}
		}
	}
	for node, why := range f.Silent {
		if len(nodes) == 0 || slices.Contains(nodes, node) {
			out.Incomplete = append(out.Incomplete, fmt.Sprintf("node %s: %s", node, why))
		}
	}
	slices.Sort(out.Incomplete)
	catalog.Sort(out.Items)
	if failed > 0 && failed == len(ask) {
		return out, errs[0]
	}
	return out, nil
}

func (f *Fleet) list(ctx context.Context, r Recorder, q url.Values) (catalog.List, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, listTime, fmt.Errorf("no answer within %s", listTime))
	defer cancel()
	var list catalog.List
	body, _, err := f.ask(ctx, http.MethodGet, q, nil, f.path(r, "captures")...)
	if err != nil {
		return list, err
	}
	defer body.Close()
	if err := json.NewDecoder(io.LimitReader(body, maxList)).Decode(&list); err != nil {
		return list, fmt.Errorf("its list cannot be read: %w", err)
	}
	return list, nil
}

// Get opens a capture of a node; where the node is not known all recorders are asked. Size is
// -1 where it is not told.
func (f *Fleet) Get(ctx context.Context, name, node string) (r io.ReadCloser, size int64, err error) {
	e, ok := catalog.Parse(name)
	if !ok {
		return nil, 0, ErrNotFound
	}
	ns, file, _ := strings.Cut(e.Name, "/")
	var nodes []string
	if node != "" {
		nodes = []string{node}
	}
	if ctx, err = f.token.equip(ctx, e.Namespace); err != nil {
		return nil, 0, err
	}
	err = ErrNotFound
	for _, rec := range f.on(nodes) {
		if node == "" && !catalog.Made(name, rec.Node) {
			continue
		}
		body, n, failed := f.ask(ctx, http.MethodGet, nil, nil, f.path(rec, "captures", ns, file)...)
		var remote *RemoteError
		switch {
		case failed == nil:
			return body, n, nil
		case errors.As(failed, &remote) && remote.Status == http.StatusNotFound:
		default:
			err = failed
		}
	}
	return nil, 0, err
}

// Start records a container of a node for a time, waits for that, and gives the capture's
// entry. No token for captures is good for that, so that it needs consent.
func (f *Fleet) Start(ctx context.Context, in catalog.StartRequest, node string) (catalog.Entry, error) {
	var e catalog.Entry
	i := slices.IndexFunc(f.Recorders, func(r Recorder) bool { return r.Node == node })
	if i < 0 {
		why := f.Silent[node]
		if why == "" {
			why = "there is none"
		}
		return e, fmt.Errorf("%w: the recorder of node %s: %s", ErrNone, node, why)
	}
	text, err := json.Marshal(in)
	if err != nil {
		return e, err
	}
	if ctx, err = f.token.equip(ctx, ""); err != nil {
		return e, err
	}
	body, _, err := f.ask(ctx, http.MethodPost, nil, text, f.path(f.Recorders[i], "captures")...)
	if err != nil {
		return e, err
	}
	defer body.Close()
	if err := json.NewDecoder(io.LimitReader(body, maxProblem)).Decode(&e); err != nil {
		return e, fmt.Errorf("the recorder's answer cannot be read: %w", err)
	}
	if _, ok := catalog.Parse(e.Name); !ok {
		return e, errors.New("the recorder's answer names no capture")
	}
	e.Node = node
	return e, nil
}

// NodeOf asks on which node a pod runs, or ran last.
func (f *Fleet) NodeOf(ctx context.Context, namespace, pod string) (string, error) {
	body, _, err := f.ask(ctx, http.MethodGet, nil, nil, "api", "v1", "namespaces", namespace, "pods", pod)
	if err != nil {
		return "", err
	}
	defer body.Close()
	var p struct {
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			NodeName string `json:"nodeName"`
		} `json:"spec"`
	}
	if err := json.NewDecoder(io.LimitReader(body, maxList)).Decode(&p); err != nil {
		return "", fmt.Errorf("pod %s: %w", pod, err)
	}
	return p.Spec.NodeName, nil
}

// path is that of a recorder behind the API server's proxy.
func (f *Fleet) path(r Recorder, rest ...string) []string {
	pod := fmt.Sprintf("https:%s:%d", r.Pod, catalog.RecorderPort)
	return append([]string{"api", "v1", "namespaces", f.namespace, "pods", pod, "proxy"}, rest...)
}

// ask sends one request and returns the body of a good answer; errors of the other side are
// RemoteErrors.
func (f *Fleet) ask(ctx context.Context, method string, q url.Values, send []byte, path ...string) (io.ReadCloser, int64, error) {
	u := f.base.JoinPath(path...)
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(send))
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Accept", "application/json, application/gzip")
	if send != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := f.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, 0, context.Cause(ctx)
		}
		var own *RemoteError
		if errors.As(err, &own) { // the courier's, without the address around it
			return nil, 0, own
		}
		return nil, 0, err
	}
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return resp.Body, resp.ContentLength, nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxProblem)) // a part of it says enough
	return nil, 0, problem(resp, text)
}

// problem words what went wrong: a recorder's Problem, a Status of the API server, or text.
func problem(resp *http.Response, text []byte) error {
	e := &RemoteError{Status: resp.StatusCode}
	var st metav1.Status
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case media == "application/json" && json.Unmarshal(text, &st) == nil && st.Kind == "Status":
		e.Code, e.Message = string(st.Reason), st.Message
	case media == "application/json" && json.Unmarshal(text, &e.Problem) == nil && e.Message != "":
	default:
		e.Message = strings.Join(strings.Fields(string(text[:min(len(text), 200)])), " ")
	}
	if e.Message == "" {
		e.Message = resp.Status
	}
	return e
}
