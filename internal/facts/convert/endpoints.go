package convert

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// FromEndpoints counts the addresses of a core/v1 Endpoints object. An address
// with several ports counts once; subsets share no address in practice.
func FromEndpoints(e *corev1.Endpoints) *facts.Endpoints {
	out := &facts.Endpoints{Namespace: e.Namespace, Service: e.Name}
	for i := range e.Subsets {
		out.Ready += len(e.Subsets[i].Addresses)
		out.NotReady += len(e.Subsets[i].NotReadyAddresses)
	}
	return out
}

// FromEndpointSlice counts the endpoints of one slice. A Service can have
// several: SumEndpoints adds them up. It returns nil for a slice that belongs
// to no Service.
func FromEndpointSlice(s *discoveryv1.EndpointSlice) *facts.Endpoints {
	service := s.Labels[discoveryv1.LabelServiceName]
	if service == "" && len(s.OwnerReferences) > 0 && s.OwnerReferences[0].Kind == "Service" {
		service = s.OwnerReferences[0].Name
	}
	if service == "" {
		return nil
	}
	out := &facts.Endpoints{Namespace: s.Namespace, Service: service}
	for i := range s.Endpoints {
		// Absent means ready (k8s.io/api discovery/v1 EndpointConditions).
		if ready := s.Endpoints[i].Conditions.Ready; ready == nil || *ready {
			out.Ready++
		} else {
			out.NotReady++
		}
	}
	return out
}

// FromEndpointSlices counts the endpoints of each Service, in order of its
// first slice.
func FromEndpointSlices(list []discoveryv1.EndpointSlice) []*facts.Endpoints {
	var out []*facts.Endpoints
	for i := range list {
		if e := FromEndpointSlice(&list[i]); e != nil {
			out = append(out, e)
		}
	}
	return SumEndpoints(out)
}

// SumEndpoints makes one entry per Service of what several of its slices hold.
// It changes the first entry of each Service.
func SumEndpoints(list []*facts.Endpoints) []*facts.Endpoints {
	type key struct{ namespace, service string }
	byService := map[key]*facts.Endpoints{}
	out := list[:0:0]
	for _, e := range list {
		k := key{e.Namespace, e.Service}
		if sum := byService[k]; sum != nil {
			sum.Ready += e.Ready
			sum.NotReady += e.NotReady
			continue
		}
		byService[k] = e
		out = append(out, e)
	}
	return out
}
