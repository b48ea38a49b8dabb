package event

import (
	"encoding/json"
	"errors"
	"maps"
)

// containerDocument is the document that container events hold, as sysdig and Falco
// write it.
type containerDocument struct {
	Container *containerBody `json:"container"`
}

type containerBody struct {
	ID          string            `json:"id"`
	FullID      string            `json:"full_id,omitempty"`
	Type        int               `json:"type"`
	Name        string            `json:"name"`
	Image       string            `json:"image"`
	ImageID     string            `json:"imageid"`
	ImageRepo   string            `json:"imagerepo"`
	ImageTag    string            `json:"imagetag"`
	ImageDigest string            `json:"imagedigest"`
	Labels      map[string]string `json:"labels"`
	Privileged  bool              `json:"privileged"`
	Sandbox     bool              `json:"is_pod_sandbox"`
	Mounts      []Mount           `json:"Mounts"`
	// State is 1 for a container that was looked up with success.
	State int `json:"lookup_state"`
}

// The labels by which runtimes tell the pod of a container. Source: the kubelet's
// pkg/kubelet/types/labels.go.
const (
	labelPod       = "io.kubernetes.pod.name"
	labelNamespace = "io.kubernetes.pod.namespace"
	labelPodUID    = "io.kubernetes.pod.uid"
	labelContainer = "io.kubernetes.container.name"
)

// ErrContainerDocument is for a document that describes no container.
var ErrContainerDocument = errors.New("no document of a container")

// ParseContainer reads the document of a container event. A member of an unexpected type
// leaves the others read; without an id it fails with ErrContainerDocument. JSON of the
// result is a copy of doc.
func ParseContainer(doc []byte) (Container, error) {
	var d containerDocument
	err := json.Unmarshal(doc, &d)
	in := d.Container
	if in == nil || in.ID == "" {
		return Container{}, errors.Join(ErrContainerDocument, err)
	}
	return Container{
		ID: in.ID, FullID: in.FullID, TypeCode: in.Type, Name: in.Name,
		Image: in.Image, ImageID: in.ImageID, ImageRepo: in.ImageRepo, ImageTag: in.ImageTag, ImageDigest: in.ImageDigest,
		Labels: in.Labels, Privileged: in.Privileged, Sandbox: in.Sandbox, Mounts: in.Mounts,
		PodName: in.Labels[labelPod], PodNamespace: in.Labels[labelNamespace],
		PodUID: in.Labels[labelPodUID], PodContainer: in.Labels[labelContainer],
		JSON: append([]byte(nil), doc...),
	}, nil
}

// Document makes the document of a container event from the fields, whatever JSON
// holds. Equal containers make equal documents.
func (c *Container) Document() ([]byte, error) {
	labels := maps.Clone(c.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	for k, v := range map[string]string{labelPod: c.PodName, labelNamespace: c.PodNamespace, labelPodUID: c.PodUID, labelContainer: c.PodContainer} {
		if v != "" {
			labels[k] = v
		}
	}
	return json.Marshal(containerDocument{&containerBody{
		ID: c.ID, FullID: c.FullID, Type: c.TypeCode, Name: c.Name, Image: c.Image, ImageID: c.ImageID,
		ImageRepo: c.ImageRepo, ImageTag: c.ImageTag, ImageDigest: c.ImageDigest, Labels: labels,
		Privileged: c.Privileged, Sandbox: c.Sandbox, Mounts: append([]Mount{}, c.Mounts...), State: 1,
	}})
}
