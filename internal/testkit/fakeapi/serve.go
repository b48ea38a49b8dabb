package fakeapi

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/kubernetes/scheme"
)

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	r := parse(in)
	s.mu.Lock()
	s.requests = append(s.requests, r)
	s.mu.Unlock()
	if s.Now != nil {
		w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	}
	for _, hold := range s.holds {
		if hold(r) {
			<-in.Context().Done()
			return
		}
	}
	for _, f := range s.faults {
		if f.match(r) {
			status(w, r, f.err(r))
			return
		}
	}
	switch {
	case r.Path == "/version":
		s.version(w)
	case r.FullResource() == "pods/proxy":
		s.proxy(w, r, in)
	case r.Verb == "post" && (r.Resource == "tokenreviews" || r.Resource == "subjectaccessreviews"):
		s.review(w, r, in)
	case r.Verb == "post" && r.FullResource() == "serviceaccounts/token":
		s.makeToken(w, r, in)
	case r.Resource == "" || r.Verb != "get" && r.Verb != "list":
		status(w, r, apierrors.NewGenericServerResponse(http.StatusNotFound, r.Verb, r.gvr().GroupResource(), r.Name, "", 0, true))
	case r.FullResource() == "pods/log":
		s.log(w, r)
	default:
		s.resource(w, r)
	}
}

// err words a fault as kube-apiserver does where the test gave no words of its own.
func (f fault) err(r Request) *apierrors.StatusError {
	if f.code == http.StatusForbidden && f.message == "" {
		e := apierrors.NewForbidden(r.gvr().GroupResource(), r.Name, nil)
		where := "at the cluster scope"
		if r.Namespace != "" {
			where = fmt.Sprintf("in the namespace %q", r.Namespace)
		}
		e.ErrStatus.Message = fmt.Sprintf("%s is forbidden: User %q cannot %s resource %q in API group %q %s",
			r.Resource, "tester", r.Verb, r.FullResource(), r.Group, where)
		return e
	}
	e := apierrors.NewGenericServerResponse(f.code, r.Verb, r.gvr().GroupResource(), r.Name, f.message, 0, false)
	e.ErrStatus.Message = f.message
	return e
}

func (s *Server) version(w http.ResponseWriter) {
	v := s.Version
	if v == "" {
		v = "v1.36.3"
	}
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	json.NewEncoder(w).Encode(version.Info{GitVersion: v})
}

func (s *Server) resource(w http.ResponseWriter, r Request) {
	if r.Verb == "get" {
		o, err := s.find(r)
		if err != nil {
			status(w, r, err)
			return
		}
		write(w, r, http.StatusOK, []runtime.Object{o}, nil)
		return
	}
	items, token, err := s.page(r)
	if err != nil {
		status(w, r, err)
		return
	}
	write(w, r, http.StatusOK, items, &metav1.ListMeta{ResourceVersion: "1000", Continue: token})
}

// write sends one object, or with list metadata a list of them, in the form that
// the Accept header asks for first.
func write(w http.ResponseWriter, r Request, code int, items []runtime.Object, list *metav1.ListMeta) {
	media, metadataOnly, ok := negotiate(r.Accept, list != nil)
	if !ok {
		status(w, Request{Accept: runtime.ContentTypeJSON}, apierrors.NewGenericServerResponse(http.StatusNotAcceptable, r.Verb, r.gvr().GroupResource(), r.Name, "", 0, true))
		return
	}
	gv := r.groupVersion()
	var out runtime.Object
	var err error
	switch {
	case metadataOnly:
		gv, out = metav1.SchemeGroupVersion, partial(items, list)
	case list == nil:
		out = items[0].DeepCopyObject() // the encoder sets its kind while others read it
	default:
		out, err = listOf(r, items, list)
	}
	if err != nil {
		status(w, r, err)
		return
	}
	codecs := scheme.Codecs
	if metadataOnly {
		codecs = metaCodecs
	}
	send(w, code, media, codecs.EncoderForVersion(serializerOf(media), gv), out)
}

func serializerOf(media string) runtime.Serializer {
	info, _ := runtime.SerializerInfoForMediaType(scheme.Codecs.SupportedMediaTypes(), media)
	return info.Serializer
}

func send(w http.ResponseWriter, code int, media string, encoder runtime.Encoder, o runtime.Object) {
	body, err := runtime.Encode(encoder, o)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", media)
	w.WriteHeader(code)
	w.Write(body)
}

func listOf(r Request, items []runtime.Object, lm *metav1.ListMeta) (runtime.Object, error) {
	for kind := range scheme.Scheme.KnownTypes(r.groupVersion()) {
		gvk := r.groupVersion().WithKind(kind)
		if gvr, _ := meta.UnsafeGuessKindToResource(gvk); gvr.Resource != r.Resource || strings.HasSuffix(kind, "List") {
			continue
		}
		list, err := scheme.Scheme.New(r.groupVersion().WithKind(kind + "List"))
		if err != nil {
			break
		}
		if err := meta.SetList(list, items); err != nil {
			return nil, err
		}
		reflect.ValueOf(list).Elem().FieldByName("ListMeta").Set(reflect.ValueOf(*lm))
		return list, nil
	}
	return nil, apierrors.NewGenericServerResponse(http.StatusNotFound, r.Verb, r.gvr().GroupResource(), "", "", 0, true)
}

func partial(items []runtime.Object, list *metav1.ListMeta) runtime.Object {
	if list == nil {
		return meta.AsPartialObjectMetadata(accessor(items[0]))
	}
	out := &metav1.PartialObjectMetadataList{ListMeta: *list}
	for _, o := range items {
		out.Items = append(out.Items, *meta.AsPartialObjectMetadata(accessor(o)))
	}
	return out
}

// negotiate picks the first form of the Accept header that is served here.
func negotiate(accept string, list bool) (media string, metadataOnly, ok bool) {
	if accept == "" {
		accept = runtime.ContentTypeJSON
	}
	want := "PartialObjectMetadata"
	if list {
		want += "List"
	}
	for _, part := range strings.Split(accept, ",") {
		media, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		if media == "*/*" {
			media = runtime.ContentTypeJSON
		}
		if media != runtime.ContentTypeJSON && media != runtime.ContentTypeProtobuf {
			continue
		}
		if as := params["as"]; as == "" || as == want && params["g"] == metav1.GroupName && params["v"] == "v1" {
			return media, as != "", true
		}
	}
	return "", false, false
}

// status sends an error as a Status object.
func status(w http.ResponseWriter, r Request, err error) {
	st, ok := err.(apierrors.APIStatus)
	if !ok {
		st = apierrors.NewInternalError(err)
	}
	body := st.Status()
	media, _, ok := negotiate(r.Accept, r.Verb == "list")
	if !ok {
		media = runtime.ContentTypeJSON
	}
	send(w, int(body.Code), media, scheme.Codecs.EncoderForVersion(serializerOf(media), metav1.Unversioned), &body)
}

// log sends a container's log, cut as the kubelet cuts it: first the tail, then
// the bytes from its start.
func (s *Server) log(w http.ResponseWriter, r Request) {
	if _, err := s.find(Request{Version: "v1", Resource: "pods", Namespace: r.Namespace, Name: r.Name}); err != nil {
		status(w, r, err)
		return
	}
	container, previous := r.Query.Get("container"), r.Query.Get("previous") == "true"
	reply, ok := s.logs[logKey{r.Namespace, r.Name, container, previous}]
	if !ok && previous {
		reply.failed = &apierrors.NewBadRequest(fmt.Sprintf("previous terminated container %q in pod %q not found", container, r.Name)).ErrStatus
	}
	if reply.failed != nil {
		status(w, r, &apierrors.StatusError{ErrStatus: *reply.failed})
		return
	}
	text := reply.text
	if n, err := strconv.Atoi(r.Query.Get("tailLines")); err == nil {
		text = tail(text, n)
	}
	if n, err := strconv.Atoi(r.Query.Get("limitBytes")); err == nil && len(text) > n {
		text = text[:n]
	}
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, text)
}

func tail(text string, lines int) string {
	end := strings.TrimSuffix(text, "\n")
	for ; lines > 0; lines-- {
		i := strings.LastIndexByte(end, '\n')
		if i < 0 {
			return text
		}
		end = end[:i]
	}
	return text[min(len(end)+1, len(text)):]
}
