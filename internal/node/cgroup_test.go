package node

import (
	"strings"
	"testing"
)

const (
	id  = "9f2c1a7be04d5c6387f1b2a3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7"
	id2 = "0011223344556677889900aabbccddeeff0011223344556677889900aabbccdd"
	uid = "3b5d2f0e-8c1a-4f6d-9e27-5a4b3c2d1e0f"
	usc = "3b5d2f0e_8c1a_4f6d_9e27_5a4b3c2d1e0f"
	sta = "d4c3b2a190817263544536271809fafb"
)

func TestParseGroup_forms(t *testing.T) {
	for _, c := range []struct {
		what, path string
		want       Group
		none       bool
	}{
		{"cgroupfs, guaranteed", "/kubepods/pod" + uid + "/" + id, Group{Container: id, PodUID: uid, QoS: Guaranteed}, false},
		{"cgroupfs, burstable", "/kubepods/burstable/pod" + uid + "/" + id, Group{Container: id, PodUID: uid, QoS: Burstable}, false},
		{"cgroupfs, best effort", "/kubepods/besteffort/pod" + uid + "/" + id, Group{Container: id, PodUID: uid, QoS: BestEffort}, false},
		{"cgroupfs, static pod", "/kubepods/burstable/pod" + sta + "/" + id, Group{Container: id, PodUID: sta, QoS: Burstable}, false},
		{"cgroupfs, below --cgroup-root", "/machines/k/kubepods/burstable/pod" + uid + "/" + id, Group{Container: id, PodUID: uid, QoS: Burstable}, false},
		{"systemd, containerd", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + usc + ".slice/cri-containerd-" + id + ".scope", Group{Container: id, Runtime: "containerd", PodUID: uid, QoS: Burstable}, false},
		{"systemd, guaranteed", "/kubepods.slice/kubepods-pod" + usc + ".slice/cri-containerd-" + id + ".scope", Group{Container: id, Runtime: "containerd", PodUID: uid, QoS: Guaranteed}, false},
		{"systemd, static pod", "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + sta + ".slice/cri-containerd-" + id + ".scope", Group{Container: id, Runtime: "containerd", PodUID: sta, QoS: BestEffort}, false},
		{"systemd, cri-o", "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + usc + ".slice/crio-" + id + ".scope", Group{Container: id, Runtime: "cri-o", PodUID: uid, QoS: BestEffort}, false},
		{"systemd, cri-o with crun's inner group", "/kubepods.slice/kubepods-pod" + usc + ".slice/crio-" + id + ".scope/container", Group{Container: id, Runtime: "cri-o", PodUID: uid, QoS: Guaranteed}, false},
		{"systemd, cri-o's monitor", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + usc + ".slice/crio-conmon-" + id + ".scope", Group{Container: id, Runtime: "cri-o", PodUID: uid, QoS: Burstable, Monitor: true}, false},
		{"cgroupfs, cri-o", "/kubepods/burstable/pod" + uid + "/crio-" + id, Group{Container: id, Runtime: "cri-o", PodUID: uid, QoS: Burstable}, false},
		{"cgroupfs, cri-o's monitor", "/kubepods/burstable/pod" + uid + "/crio-conmon-" + id, Group{Container: id, Runtime: "cri-o", PodUID: uid, QoS: Burstable, Monitor: true}, false},
		{"systemd, cri-dockerd", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + usc + ".slice/docker-" + id + ".scope", Group{Container: id, Runtime: "docker", PodUID: uid, QoS: Burstable}, false},
		{"drivers mixed: all in one word", "/system.slice/containerd.service/kubepods-burstable-pod" + usc + ".slice:cri-containerd:" + id, Group{Container: id, Runtime: "containerd", PodUID: uid, QoS: Burstable}, false},
		{"kind, cgroup v2", "/system.slice/docker-" + id2 + ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod" + usc + ".slice/cri-containerd-" + id + ".scope", Group{Container: id, Runtime: "containerd", PodUID: uid, QoS: Burstable}, false},
		{"kind, cgroup v1", "/docker/" + id2 + "/kubelet/kubepods/besteffort/pod" + uid + "/" + id, Group{Container: id, PodUID: uid, QoS: BestEffort}, false},
		{"systemd inside a container", "/kubepods/burstable/pod" + uid + "/" + id + "/system.slice/nginx.service", Group{Container: id, PodUID: uid, QoS: Burstable}, false},
		{"docker inside a pod's container", "/kubepods/burstable/pod" + uid + "/" + id + "/docker/" + id2, Group{Container: id, PodUID: uid, QoS: Burstable}, false},
		{"docker alone, cgroupfs", "/docker/" + id, Group{Container: id, Runtime: "docker"}, false},
		{"docker alone, systemd", "/system.slice/docker-" + id + ".scope", Group{Container: id, Runtime: "docker"}, false},
		{"docker in docker", "/docker/" + id2 + "/docker/" + id, Group{Container: id, Runtime: "docker"}, false},
		{"podman", "/machine.slice/libpod-" + id + ".scope", Group{Container: id, Runtime: "podman"}, false},
		{"podman's monitor", "/machine.slice/libpod-conmon-" + id + ".scope", Group{Container: id, Runtime: "podman", Monitor: true}, false},
		{"podman, crun's inner group", "/machine.slice/libpod-" + id + ".scope/container", Group{Container: id, Runtime: "podman"}, false},
		{"nerdctl, systemd", "/system.slice/nerdctl-" + id + ".scope", Group{Container: id, Runtime: "containerd"}, false},
		{"containerd's own name space", "/k8s.io/" + id, Group{Container: id, Runtime: "containerd"}, false},

		{"a pod's own group", "/kubepods/burstable/pod" + uid, Group{}, true},
		{"a class", "/kubepods.slice/kubepods-burstable.slice", Group{}, true},
		{"a service", "/system.slice/containerd.service", Group{}, true},
		{"a user's session", "/user.slice/user-1000.slice/session-2.scope", Group{}, true},
		{"the root", "/", Group{}, true},
		{"nothing", "", Group{}, true},
		{"64 digits where no runtime puts any", "/build/" + id, Group{}, true},
		{"63 digits", "/docker/" + id[1:], Group{}, true},
		{"upper case", "/docker/" + strings.ToUpper(id), Group{}, true},
		{"a pod without a number", "/kubepods/podnone/" + id[1:], Group{}, true},
		{"a longer path than the kernel has", "/" + strings.Repeat("a/", 4000) + "docker/" + id, Group{}, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			g, ok := ParseGroup(c.path)
			if ok == c.none {
				t.Fatalf("ParseGroup(%q) found a container: %v, want %v", c.path, ok, !c.none)
			}
			if ok && g != c.want {
				t.Errorf("ParseGroup(%q)\n got %+v\nwant %+v", c.path, g, c.want)
			}
		})
	}
}

func TestGroup_Static(t *testing.T) {
	if (Group{PodUID: uid}).Static() || !(Group{PodUID: sta}).Static() || (Group{}).Static() {
		t.Error("static pods are those whose UID has no dashes")
	}
}

func FuzzParseGroup(f *testing.F) {
	f.Add("/kubepods/burstable/pod" + uid + "/" + id)
	f.Add("/kubepods.slice/kubepods-pod" + usc + ".slice/crio-conmon-" + id + ".scope/container")
	f.Add("/system.slice/containerd.service/kubepods-burstable-pod" + usc + ".slice:cri-containerd:" + id)
	f.Add("/docker/" + id + "/docker/" + id2)
	f.Fuzz(func(t *testing.T, path string) {
		g, ok := ParseGroup(path)
		if !ok {
			return
		}
		if !isID(g.Container) || !strings.Contains(path, g.Container) {
			t.Fatalf("%q: container %q", path, g.Container)
		}
		if g.PodUID != "" && (!isUID(g.PodUID) || g.QoS == "") {
			t.Fatalf("%q: pod %q, class %q", path, g.PodUID, g.QoS)
		}
		if g.PodUID == "" && g.QoS != "" {
			t.Fatalf("%q: class %q without a pod", path, g.QoS)
		}
	})
}

func FuzzParseNames(f *testing.F) {
	f.Add("web-7d9c5b8f6c-x2x9k_shop_nginx-" + id + ".log")
	f.Add("shop_web-1_" + uid)
	f.Add("12.log.20260314-030800.gz")
	f.Fuzz(func(t *testing.T, name string) {
		if n, ok := parseLink(name); ok && (n.Pod == "" || n.Namespace == "" || n.Container == "") {
			t.Fatalf("%q: %+v", name, n)
		}
		if ns, pod, u, ok := parsePodFolder(name); ok && (ns == "" || pod == "" || !isUID(u)) {
			t.Fatalf("%q: %s %s %s", name, ns, pod, u)
		}
		if n := restartOf(name); n < -1 {
			t.Fatalf("%q: %d", name, n)
		}
	})
}
