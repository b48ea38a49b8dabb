package kube

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/rest"

	"github.com/unloop-dev/unloop/internal/facts"
)

// reader sends requests to one API server. It can get and list the kinds of
// kinds.go and read logs, and nothing else.
type reader struct {
	host  string
	rest  *rest.RESTClient
	clock *clock
	conns *connections
}

// maxAnswerBytes bounds one answer: a page of 500 pods is about 5 MiB.
const maxAnswerBytes = 256 << 20

func newReader(cfg *rest.Config) (*reader, error) {
	cfg = rest.CopyConfig(cfg)
	if cfg.QPS == 0 && cfg.Burst == 0 {
		cfg.QPS, cfg.Burst = defaultQPS, defaultBurst
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = rest.DefaultKubernetesUserAgent()
	}
	cfg.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	cfg.ContentType = runtime.ContentTypeProtobuf
	cfg.NegotiatedSerializer = codecs.WithoutConversion()
	cfg.WarningHandler = rest.NoWarnings{}
	cfg.GroupVersion = &schema.GroupVersion{}
	r := &reader{host: cfg.Host, clock: &clock{}, conns: &connections{dial: cfg.Dial}}
	cfg.Dial = r.conns.open
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper { return &transport{next, r.clock} })
	client, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return nil, configError(err)
	}
	if r.rest, err = rest.UnversionedRESTClientForConfigAndClient(cfg, client); err != nil {
		return nil, configError(err)
	}
	return r, nil
}

// close ends the connections, which otherwise keep goroutines until they time out.
func (r *reader) close() { r.conns.close() }

// where narrows a list.
type where struct {
	namespace     string
	label, fields string
}

// whole reports whether the list holds every object of the namespace.
func (w where) whole() bool { return w.label == "" && w.fields == "" }

// hooks shape a list; each may be nil.
type hooks struct {
	// object may trim what one object became before it is kept.
	object func(*facts.Snapshot)
	// template says whether a workload's pod template is worth decoding; without it
	// all are.
	template func(*facts.Workload) bool
	// page is told how many objects there are so far.
	page func(objects int)
}

// list reads all pages of a kind. Each object becomes facts at once, so that no
// more than one is held whole.
func (r *reader) list(ctx context.Context, k *kind, w where, h hooks) (*facts.Snapshot, error) {
	out := &facts.Snapshot{}
	objects := 0
	keep := func(one *facts.Snapshot) {
		if h.object != nil {
			h.object(one)
		}
		objects++
		out.Merge(one)
	}
	// No resourceVersion: the answer must be as new as the crash it explains. Servers
	// since 1.31 serve such lists from their watch cache, pages included since 1.34.
	opts := metav1.ListOptions{LabelSelector: w.label, FieldSelector: w.fields, Limit: k.page}
	for {
		next, err := r.page(ctx, k, w, &opts, h, keep)
		if token := freshToken(err); token != "" && opts.Continue != token {
			opts.Continue = token
			continue
		}
		if err != nil {
			return nil, err
		}
		if h.page != nil {
			h.page(objects)
		}
		if opts.Continue = next; next == "" {
			break
		}
	}
	if w.whole() {
		out.MarkListed(k.name, w.namespace)
	}
	return out, nil
}

// page reads one page and returns the token of the next.
func (r *reader) page(ctx context.Context, k *kind, w where, opts *metav1.ListOptions, h hooks, keep func(*facts.Snapshot)) (next string, err error) {
	stream, err := r.request(k.path(w.namespace), k, opts).Stream(ctx)
	if err != nil {
		return "", err
	}
	defer stream.Close()
	body := bufio.NewReaderSize(stream, 64<<10)
	d := decoder{kind: k, template: h.template}
	m, err := readList(body, k.listKind, func(raw []byte) error {
		one, err := d.decode(raw)
		if err == nil {
			keep(one)
		}
		return err
	})
	if !errors.Is(err, errNoProtobuf) {
		return m.Continue, err
	}
	// Not every server that passes for Kubernetes speaks protobuf.
	raw, err := io.ReadAll(body)
	if err != nil {
		return "", err
	}
	list, err := runtime.Decode(codecs.UniversalDeserializer(), raw)
	if err != nil {
		return "", err
	}
	l, err := meta.ListAccessor(list)
	if err != nil {
		return "", err
	}
	return l.GetContinue(), meta.EachListItem(list, func(o runtime.Object) error {
		one := &facts.Snapshot{}
		if err := k.add(one, o); err != nil {
			return err
		}
		keep(one)
		return nil
	})
}

// decoder turns objects in protobuf into facts without decoding what nobody reads.
type decoder struct {
	*kind
	template   func(*facts.Workload) bool
	read, lean []byte
}

func (d *decoder) decode(raw []byte) (*facts.Snapshot, error) {
	if d.unread != nil {
		d.read = without(d.read[:0], raw, d.unread...)
		raw = d.read
	}
	if d.template == nil || d.kind.template == nil {
		return d.facts(raw)
	}
	// Whether the template matters shows only once the rest is known.
	d.lean = without(d.lean[:0], raw, d.kind.template...)
	one, err := d.facts(d.lean)
	if err != nil || !d.template(one.Workloads[0]) {
		return one, err
	}
	return d.facts(raw)
}

func (d *decoder) facts(raw []byte) (*facts.Snapshot, error) {
	o, err := d.kind.decode(raw)
	if err != nil {
		return nil, err
	}
	one := &facts.Snapshot{}
	return one, d.add(one, o)
}

// freshToken returns the token with which a list goes on after its own token ran
// out: the server adds one to the 410, for the rest of the list as it is now
// (k8s.io/apiserver v0.36 pkg/storage/etcd3/errors.go).
func freshToken(err error) string {
	var status apierrors.APIStatus
	if apierrors.IsResourceExpired(err) && errors.As(err, &status) {
		return status.Status().Continue
	}
	return ""
}

// get reads one object. The object itself is for its selector only: facts share
// its parts.
func (r *reader) get(ctx context.Context, k *kind, namespace, name string) (*facts.Snapshot, runtime.Object, error) {
	o, err := r.request(k.path(namespace)+"/"+name, k, &metav1.GetOptions{}).Do(ctx).Get()
	if err != nil {
		return nil, nil, err
	}
	out := &facts.Snapshot{}
	return out, o, k.add(out, o)
}

func (r *reader) request(path string, k *kind, opts runtime.Object) *rest.Request {
	req := r.rest.Get().AbsPath(path).SpecificallyVersionedParams(opts, parameters, schema.GroupVersion{Version: "v1"})
	if k.accept != "" {
		req.SetHeader("Accept", k.accept)
	}
	return req
}

// version asks for the server's version. Not to know it is no failure.
func (r *reader) version(ctx context.Context) (*facts.Snapshot, error) {
	raw, err := r.rest.Get().AbsPath("/version").SetHeader("Accept", runtime.ContentTypeJSON).DoRaw(ctx)
	if err != nil {
		return &facts.Snapshot{}, nil //nolint:nilerr // see above
	}
	var v version.Info
	if json.Unmarshal(raw, &v) != nil {
		return &facts.Snapshot{}, nil //nolint:nilerr // see above
	}
	return &facts.Snapshot{ServerVersion: v.GitVersion}, nil
}
