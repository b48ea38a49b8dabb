package fakeapi

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"sort"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

// Add puts objects into the server. It panics on a kind that client-go does not know.
func (s *Server) Add(objects ...runtime.Object) {
	touched := map[string]bool{}
	for _, o := range objects {
		gvks, _, err := scheme.Scheme.ObjectKinds(o)
		if err != nil {
			panic(err) // a mistake in the test itself
		}
		gvr, _ := meta.UnsafeGuessKindToResource(gvks[0])
		s.objects[gvr.String()] = append(s.objects[gvr.String()], o)
		touched[gvr.String()] = true
	}
	for key := range touched {
		slices.SortStableFunc(s.objects[key], func(a, b runtime.Object) int { return strings.Compare(keyOf(a), keyOf(b)) })
	}
}

// AddYAML puts the objects of a YAML stream into the server.
func (s *Server) AddYAML(stream []byte) error {
	docs := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	for {
		doc, err := docs.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(doc)) == 0 {
			continue
		}
		o, _, err := scheme.Codecs.UniversalDeserializer().Decode(doc, nil, nil)
		if err != nil {
			return err
		}
		s.Add(o)
	}
}

// keyOf orders objects as etcd does: by namespace, then name.
func keyOf(o runtime.Object) string {
	m := accessor(o)
	return m.GetNamespace() + "/" + m.GetName()
}

func accessor(o runtime.Object) metav1.Object {
	m, err := meta.Accessor(o)
	if err != nil {
		panic(err) // every kind of the scheme that can be added has metadata
	}
	return m
}

func (r Request) gvr() schema.GroupVersionResource { return r.groupVersion().WithResource(r.Resource) }

// find is GET of one object.
func (s *Server) find(r Request) (runtime.Object, error) {
	all := s.objects[r.gvr().String()]
	want := r.Namespace + "/" + r.Name
	i := sort.Search(len(all), func(i int) bool { return keyOf(all[i]) >= want })
	if i == len(all) || keyOf(all[i]) != want {
		return nil, apierrors.NewNotFound(r.gvr().GroupResource(), r.Name)
	}
	return all[i], nil
}

// page is one page of a LIST.
func (s *Server) page(r Request) (items []runtime.Object, token string, err error) {
	match, err := selection(r)
	if err != nil {
		return nil, "", err
	}
	all := s.objects[r.gvr().String()]
	from := 0
	if tok := r.Query.Get("continue"); tok != "" {
		last, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(tok, fresh))
		if err != nil {
			return nil, "", apierrors.NewBadRequest("continue key is not valid: " + err.Error())
		}
		if s.expired() {
			gone := apierrors.NewResourceExpired("The provided continue parameter is too old to display a consistent list result.")
			gone.ErrStatus.ListMeta.Continue = fresh + tok
			return nil, "", gone
		}
		from = sort.Search(len(all), func(i int) bool { return keyOf(all[i]) > string(last) })
	}
	limit, _ := strconv.Atoi(r.Query.Get("limit"))
	for _, o := range all[from:] {
		if !match(o) {
			continue
		}
		if limit > 0 && len(items) == limit {
			return items, base64.RawURLEncoding.EncodeToString([]byte(keyOf(items[limit-1]))), nil
		}
		items = append(items, o)
	}
	return items, "", nil
}

// fresh marks a token that goes on in a newer state than the list began in.
const fresh = "fresh."

func (s *Server) expired() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ExpireTokens == 0 {
		return false
	}
	s.ExpireTokens--
	return true
}

// selection makes one predicate of namespace, label selector and field selector.
func selection(r Request) (func(runtime.Object) bool, error) {
	byLabel, err := labels.Parse(r.Query.Get("labelSelector"))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	byField, err := fields.ParseSelector(r.Query.Get("fieldSelector"))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	for _, req := range byField.Requirements() {
		if !slices.Contains(fieldLabels[r.Resource], req.Field) && req.Field != "metadata.name" && req.Field != "metadata.namespace" {
			return nil, apierrors.NewBadRequest(fmt.Sprintf("field label not supported: %s", req.Field))
		}
	}
	return func(o runtime.Object) bool {
		m := accessor(o)
		return (r.Namespace == "" || r.Namespace == m.GetNamespace()) &&
			byLabel.Matches(labels.Set(m.GetLabels())) && (byField.Empty() || byField.Matches(fieldsOf(o)))
	}, nil
}

// fieldLabels are the selectable fields beside name and namespace, as far as
// they are served here (kubernetes v1.36 pkg/apis/core/v1/conversion.go).
var fieldLabels = map[string][]string{
	"pods": {"spec.nodeName", "status.phase"},
	"events": {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
		"involvedObject.fieldPath", "reason", "type"},
}

func fieldsOf(o runtime.Object) fields.Set {
	m := accessor(o)
	set := fields.Set{"metadata.name": m.GetName(), "metadata.namespace": m.GetNamespace()}
	switch o := o.(type) {
	case *corev1.Pod:
		set["spec.nodeName"] = o.Spec.NodeName
		set["status.phase"] = string(o.Status.Phase)
	case *corev1.Event:
		set["involvedObject.kind"] = o.InvolvedObject.Kind
		set["involvedObject.namespace"] = o.InvolvedObject.Namespace
		set["involvedObject.name"] = o.InvolvedObject.Name
		set["involvedObject.uid"] = string(o.InvolvedObject.UID)
		set["involvedObject.fieldPath"] = o.InvolvedObject.FieldPath
		set["reason"] = o.Reason
		set["type"] = o.Type
	}
	return set
}

type logKey struct {
	namespace, pod, container string
	previous                  bool
}

type logReply struct {
	text   string
	failed *metav1.Status
}

// Log scripts what a container wrote.
func (s *Server) Log(namespace, pod, container string, previous bool, text string) {
	s.logs[logKey{namespace, pod, container, previous}] = logReply{text: text}
}

// FailLog scripts a refusal to give a log, in the words of the kubelet or of the
// API server. Only the kubelet's own refusals carry a reason.
func (s *Server) FailLog(namespace, pod, container string, previous bool, code int32, reason metav1.StatusReason, message string) {
	s.logs[logKey{namespace, pod, container, previous}] = logReply{failed: &metav1.Status{
		Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message,
	}}
}
