package event

import (
	"errors"
	"reflect"
	"testing"
)

func TestContainer_documentRoundTrips(t *testing.T) {
	c := Container{
		ID: "0123456789ab", FullID: "0123456789abcdef", TypeCode: 7, Name: "web", Image: "r.example/web:1", ImageID: "1", ImageRepo: "r.example/web",
		ImageTag: "1", ImageDigest: "sha256:1", PodName: "web-1", PodNamespace: "shop", PodUID: "6a6f", PodContainer: "app", Privileged: true, Sandbox: true,
		Labels: map[string]string{"io.kubernetes.pod.name": "web-1", "io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.uid": "6a6f", "io.kubernetes.container.name": "app"},
		Mounts: []Mount{{Source: "/a", Destination: "/b", Mode: "ro", Propagation: "rprivate", RW: true}},
	}
	doc, err := c.Document()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseContainer(doc)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.JSON) != string(doc) {
		t.Errorf("kept %s", got.JSON)
	}
	got.JSON = nil
	if !reflect.DeepEqual(got, c) {
		t.Errorf("got %+v, want %+v", got, c)
	}
}

func TestParseContainer_damaged(t *testing.T) {
	for doc, want := range map[string]string{
		`{"container":{"id":"a","type":"no number","name":"web"}}`:               "web",
		`{"container":{"id":"a","name":"web","Mounts":[{"Source":7}],"env":[]}}`: "web",
	} {
		if c, err := ParseContainer([]byte(doc)); err != nil || c.Name != want {
			t.Errorf("%s: %+v, %v", doc, c, err)
		}
	}
	for _, doc := range []string{``, `{`, `[]`, `{}`, `{"container":null}`, `{"container":{"name":"web"}}`, `{"container":{"id":7}}`} {
		if c, err := ParseContainer([]byte(doc)); !errors.Is(err, ErrContainerDocument) {
			t.Errorf("%s: %+v, %v", doc, c, err)
		}
	}
}

func FuzzParseContainer(f *testing.F) {
	f.Add([]byte(`{"container":{"id":"a","labels":{"io.kubernetes.pod.name":"web-1"},"Mounts":[{"Source":"/a","RW":true}]}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		c, err := ParseContainer(doc)
		if err != nil {
			return
		}
		again, err := c.Document()
		if err != nil {
			t.Fatal(err)
		}
		d, err := ParseContainer(again)
		if err != nil || d.ID != c.ID || d.Name != c.Name || d.PodName != c.PodName || len(d.Mounts) != len(c.Mounts) {
			t.Errorf("%s: %+v, %v", again, d, err)
		}
	})
}
