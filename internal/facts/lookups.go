package facts

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Existence says what is known about an object's existence.
type Existence int

const (
	// Unknown: the kind was not listed for that namespace, so nothing follows.
	Unknown Existence = iota
	// Present: it is in the snapshot.
	Present
	// Absent: the complete list of its kind does not hold it.
	Absent
)

// Service looks a Service up.
func (f *Facts) Service(namespace, name string) (*corev1.Service, Existence) {
	for _, s := range f.snapshot.Services {
		if s.Name == name && s.Namespace == namespace {
			return s, Present
		}
	}
	return nil, f.absent("Service", namespace)
}

// ServicesNamed returns the Services of that name in any namespace.
func (f *Facts) ServicesNamed(name string) []*corev1.Service {
	var out []*corev1.Service
	for _, s := range f.snapshot.Services {
		if s.Name == name {
			out = append(out, s)
		}
	}
	return out
}

// ServiceAt returns the Service with that cluster address, or nil.
func (f *Facts) ServiceAt(ip string) *corev1.Service {
	for _, s := range f.snapshot.Services {
		if s.Spec.ClusterIP == ip || slices.Contains(s.Spec.ClusterIPs, ip) {
			return s
		}
	}
	return nil
}

// EndpointsOf returns who stands behind a Service, or nil where unknown.
func (f *Facts) EndpointsOf(namespace, service string) *Endpoints {
	for _, e := range f.snapshot.Endpoints {
		if e.Service == service && e.Namespace == namespace {
			return e
		}
	}
	if f.snapshot.Complete("EndpointSlice", namespace) {
		return &Endpoints{Namespace: namespace, Service: service}
	}
	return nil
}

// ConfigMap looks a ConfigMap up.
func (f *Facts) ConfigMap(namespace, name string) (*KeyedObject, Existence) {
	return keyed(f, f.snapshot.ConfigMaps, "ConfigMap", namespace, name)
}

// Secret looks a Secret's name up; values are never known.
func (f *Facts) Secret(namespace, name string) (*KeyedObject, Existence) {
	return keyed(f, f.snapshot.Secrets, "Secret", namespace, name)
}

func keyed(f *Facts, list []*KeyedObject, kind, namespace, name string) (*KeyedObject, Existence) {
	for _, o := range list {
		if o.Name == name && o.Namespace == namespace {
			return o, Present
		}
	}
	return nil, f.absent(kind, namespace)
}

// Object looks up an object of the kinds Snapshot.Objects holds.
func (f *Facts) Object(kind, namespace, name string) (*Object, Existence) {
	for _, o := range f.snapshot.Objects {
		if o.Kind == kind && o.Name == name && o.Namespace == namespace {
			return o, Present
		}
	}
	return nil, f.absent(kind, namespace)
}

// Objects returns all objects of a kind in a namespace.
func (f *Facts) Objects(kind, namespace string) []*Object {
	var out []*Object
	for _, o := range f.snapshot.Objects {
		if o.Kind == kind && o.Namespace == namespace {
			out = append(out, o)
		}
	}
	return out
}

// Nodes returns all known nodes.
func (f *Facts) Nodes() []*NodeFacts { return f.snapshot.Nodes }

// Pods returns all known pods.
func (f *Facts) Pods() []*Pod { return f.snapshot.Pods }

// AllEvents returns the events of every object, in input order.
func (f *Facts) AllEvents() []*Event { return f.snapshot.Events }

// ServerVersion returns the version that decides version rules, "" unknown.
func (f *Facts) ServerVersion() string {
	if f.Node != nil && f.Node.Node != nil && f.Node.Status.NodeInfo.KubeletVersion != "" {
		return f.Node.Status.NodeInfo.KubeletVersion
	}
	return f.snapshot.ServerVersion
}

func (f *Facts) absent(kind, namespace string) Existence {
	if f.snapshot.Complete(kind, namespace) {
		return Absent
	}
	return Unknown
}
