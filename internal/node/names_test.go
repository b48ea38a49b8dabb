package node

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// kubelet lays out the two folders as a kubelet does.
type kubelet struct {
	t           *testing.T
	pods, links string
}

func newKubelet(t *testing.T) *kubelet {
	k := &kubelet{t, filepath.Join(t.TempDir(), "pods"), filepath.Join(t.TempDir(), "containers")}
	for _, dir := range []string{k.pods, k.links} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// log makes a container's log; linked says that the kubelet has come to link it.
func (k *kubelet) log(ns, pod, uid, container, restart, id string, linked bool) {
	k.t.Helper()
	dir := filepath.Join(k.pods, ns+"_"+pod+"_"+uid, container)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		k.t.Fatal(err)
	}
	log := filepath.Join(dir, restart+".log")
	if err := os.WriteFile(log, nil, 0o640); err != nil {
		k.t.Fatal(err)
	}
	if linked {
		if err := os.Symlink(log, filepath.Join(k.links, pod+"_"+ns+"_"+container+"-"+id+".log")); err != nil {
			k.t.Fatal(err)
		}
	}
}

func (k *kubelet) names() *Names { return NewNames(k.pods, k.links) }

func (k *kubelet) want(n *Names, g Group, want Name) {
	k.t.Helper()
	got, err := n.Find(g)
	if err != nil || got != want {
		k.t.Errorf("Find(%+v)\n got %+v, %v\nwant %+v", g, got, err, want)
	}
}

func TestFind_linked(t *testing.T) {
	k := newKubelet(t)
	k.log("shop", "web-7d9c5b8f6c-x2x9k", uid, "nginx", "3", id, true)
	k.log("shop", "web-7d9c5b8f6c-x2x9k", uid, "side-car", "0", id2, true)
	n := k.names()
	want := Name{Namespace: "shop", Pod: "web-7d9c5b8f6c-x2x9k", PodUID: uid, Container: "nginx", Restart: 3, Sure: true}
	k.want(n, Group{Container: id, PodUID: uid}, want)
	k.want(n, Group{Container: id}, want) // the link leads to the pod's folder
	want.Container, want.Restart = "side-car", 0
	k.want(n, Group{Container: id2, PodUID: uid}, want)

	// What was found stays known when the kubelet has removed it.
	if err := os.RemoveAll(k.links); err != nil {
		t.Fatal(err)
	}
	k.want(n, Group{Container: id2, PodUID: uid}, want)
}

func TestFind_linkedLater(t *testing.T) {
	k := newKubelet(t)
	k.log("shop", "web-0", uid, "app", "7", id, false)
	n := k.names()
	k.want(n, Group{Container: id, PodUID: uid}, Name{Namespace: "shop", Pod: "web-0", PodUID: uid, Container: "app", Restart: 7})

	k.log("shop", "web-0", uid, "proxy", "0", id2, true)
	k.want(n, Group{Container: id, PodUID: uid}, Name{Namespace: "shop", Pod: "web-0", PodUID: uid, Restart: -1})

	if err := os.Symlink(filepath.Join(k.pods, "shop_web-0_"+uid, "app", "7.log"), filepath.Join(k.links, "web-0_shop_app-"+id+".log")); err != nil {
		t.Fatal(err)
	}
	k.want(n, Group{Container: id, PodUID: uid}, Name{Namespace: "shop", Pod: "web-0", PodUID: uid, Container: "app", Restart: 7, Sure: true})
}

func TestFind_unknown(t *testing.T) {
	k := newKubelet(t)
	k.log("shop", "web-0", uid, "app", "7", id, true)
	n := k.names()
	for _, g := range []Group{{}, {Container: id2}, {Container: id2, PodUID: sta}} {
		if name, err := n.Find(g); !errors.Is(err, ErrUnknown) {
			t.Errorf("Find(%+v) = %+v, %v, want ErrUnknown", g, name, err)
		}
	}
	// A pod that was known keeps its name when its folder has gone.
	k.want(n, Group{Container: id2, PodUID: uid}, Name{Namespace: "shop", Pod: "web-0", PodUID: uid, Container: "app", Restart: 7})
	if err := os.RemoveAll(k.pods); err != nil {
		t.Fatal(err)
	}
	k.want(n, Group{Container: id2, PodUID: uid}, Name{Namespace: "shop", Pod: "web-0", PodUID: uid, Restart: -1})
	if err := os.Mkdir(k.pods, 0o755); err != nil {
		t.Fatal(err)
	}
	none := NewNames(filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "none"))
	if _, err := none.Find(Group{Container: id, PodUID: uid}); !errors.Is(err, ErrUnknown) {
		t.Errorf("without the folders: %v, want ErrUnknown", err)
	}
	if err := none.Readable(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Readable of folders that are not there: %v", err)
	}
	if err := n.Readable(); err != nil {
		t.Errorf("Readable: %v", err)
	}
}
