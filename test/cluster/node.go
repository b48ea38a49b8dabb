package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const containerdSocket = "/run/containerd/containerd.sock"

// nodeInit is the first process of a node: it makes the namespaces look like a
// machine, then runs containerd, kubelet and kube-proxy.
func nodeInit(ctx context.Context, c *config, n int) error {
	if err := privateMounts(); err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte(nodeName(n))); err != nil {
		return err
	}
	if err := nodeFiles(c, n); err != nil {
		return err
	}
	if err := nodeNetwork(ctx, c, n); err != nil {
		return err
	}
	s := &supervisor{c: c}
	if err := s.start("containerd-"+nodeName(n), "/usr/bin/containerd", "--config", c.path(nodeName(n), "containerd.toml")); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := s.start("images-"+nodeName(n), self, imagesRole, strconv.Itoa(n)); err != nil {
		return err
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() { end(s.reap(ctx)) }()
	// The pause image is all that pods need to start; the rest comes while the node registers.
	err = poll(ctx, "the pause image", 2*time.Minute, func() error {
		if _, err := os.Stat(imageMark(c, n, "pause")); err != nil {
			return err
		}
		return dialContainerd() // the mark outlives a power cut
	})
	if ended := context.Cause(ctx); ended != nil {
		return ended
	}
	if err != nil {
		return err
	}
	for _, p := range nodePrograms(c, n) {
		if err := s.keep(p[0]+"-"+nodeName(n), p[1:]...); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// nodePrograms lists name, path and arguments of what runs beside containerd.
func nodePrograms(c *config, n int) [][]string {
	return [][]string{
		{"kubelet", c.bin("kubelet"),
			"--config=" + c.path(nodeName(n), "kubelet.yaml"), "--kubeconfig=" + c.path("kubelet-"+nodeName(n)+".kubeconfig"),
			"--hostname-override=" + nodeName(n), "--node-ip=" + nodeIP(n), "--node-labels=unloop.test/node=" + strconv.Itoa(n), "--v=2"},
		{"kube-proxy", c.bin("kube-proxy"),
			"--kubeconfig=" + c.path("proxy.kubeconfig"), "--hostname-override=" + nodeName(n), "--proxy-mode=iptables",
			"--cluster-cidr=" + podNet, "--conntrack-max-per-core=0", "--oom-score-adj=0"},
	}
}

// loadImages, a program of the node, brings the images of the cache into containerd.
func loadImages(ctx context.Context, c *config, n int) error {
	if err := poll(ctx, "containerd", time.Minute, dialContainerd); err != nil {
		return err
	}
	for _, im := range images {
		mark := imageMark(c, n, im.name)
		sum, err := os.ReadFile(c.image(im.name) + ".sum")
		if err != nil {
			return err
		}
		if have, err := os.ReadFile(mark); err == nil && bytes.Equal(have, sum) {
			continue // after a restart of the node
		}
		if err := command(ctx, "ctr", "-n", "k8s.io", "images", "import", c.image(im.name)); err != nil {
			return err
		}
		if err := os.WriteFile(mark, sum, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func dialContainerd() error {
	conn, err := net.Dial("unix", containerdSocket)
	if err == nil {
		conn.Close()
	}
	return err
}

func imageMark(c *config, n int, name string) string { return c.path(nodeName(n), "image-"+name) }

// nodeFiles gives the node folders of its own in place of the machine's, and
// writes its settings.
func nodeFiles(c *config, n int) error {
	own := func(parts ...string) string { return c.path(append([]string{nodeName(n)}, parts...)...) }
	_ = os.RemoveAll(own("run")) // gone after a power cut, as a tmpfs is
	for _, d := range []string{"lib", "log", "run", "registry-hosts/" + registryHost, "registry-hosts/" + privateHost} {
		if err := os.MkdirAll(own(d), 0o755); err != nil {
			return err
		}
	}
	port := func(host string) string { _, p, _ := strings.Cut(host, ":"); return p }
	files := map[string]string{
		"hosts":           fmt.Sprintf("127.0.0.1 localhost\n%s %s\n%s registry.test private.test\n", nodeIP(n), nodeName(n), hostIP),
		"resolv.conf":     "nameserver " + hostIP + "\n",
		"containerd.toml": containerdConfig(c, n),
		"kubelet.yaml":    kubeletConfig(c, n),
		"cni.conflist":    cniConfig(n),
		"registry-hosts/" + registryHost + "/hosts.toml": plainRegistry(port(registryHost)),
		"registry-hosts/" + privateHost + "/hosts.toml":  plainRegistry(port(privateHost)),
	}
	for name, text := range files {
		if err := os.WriteFile(own(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(own("cni"), 0o755); err != nil {
		return err
	}
	if err := os.Rename(own("cni.conflist"), own("cni/10-bridge.conflist")); err != nil {
		return err
	}
	hosts, err := filepath.EvalSymlinks("/etc/hosts")
	if err != nil {
		return err
	}
	resolv, err := filepath.EvalSymlinks("/etc/resolv.conf")
	if err != nil {
		return err
	}
	for _, bind := range [][2]string{{own("lib"), "/var/lib"}, {own("log"), "/var/log"}, {own("run"), "/run"}, {own("hosts"), hosts}, {own("resolv.conf"), resolv}} {
		if err := syscall.Mount(bind[0], bind[1], "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("mounting %s over %s: %w", bind[0], bind[1], err)
		}
	}
	return makeCgroups(n)
}

func containerdConfig(c *config, n int) string {
	return fmt.Sprintf(`version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = %q
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "%s/pause:1"
  # Lowering oom_score_adj needs a capability that not every machine's root has;
  # without this every sandbox fails there.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = %q
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = %q
`, containerdSocket, imageHost, c.path(nodeName(n), "cni"), c.path(nodeName(n), "registry-hosts"))
}

// plainRegistry tells containerd that the registry on a port of the host speaks
// plain HTTP. containerd 1.6 drops the whole file where it has no host table
// (remotes/docker/config/hosts.go, getSortedHosts).
func plainRegistry(port string) string {
	at := fmt.Sprintf("%q", "http://"+hostIP+":"+port)
	return "server = " + at + "\n[host." + at + "]\n  capabilities = [\"pull\", \"resolve\"]\n"
}

func kubeletConfig(c *config, n int) string {
	return fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /%s
containerRuntimeEndpoint: unix://%s
address: %s
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %s}
authorization: {mode: Webhook}
tlsCertFile: %s
tlsPrivateKeyFile: %s
clusterDNS: [%s]
clusterDomain: cluster.local
resolvConf: %s
failSwapOn: false
oomScoreAdj: 0
maxPods: 250
serializeImagePulls: false
evictionHard: {memory.available: 100Mi, nodefs.available: 1%%, imagefs.available: 1%%, nodefs.inodesFree: 1%%}
`, nodeCgroup(n), containerdSocket, nodeIP(n), c.path("pki/ca.crt"),
		c.path("pki/kubelet-server-"+nodeName(n)+".crt"), c.path("pki/kubelet-server-"+nodeName(n)+".key"),
		dnsServiceIP, c.path(nodeName(n), "resolv.conf"))
}
