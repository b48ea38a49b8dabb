package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// controlInit is the first process of the control plane's namespace: it starts
// etcd, the API server and what stands on it, and the registries.
func controlInit(ctx context.Context, c *config) error {
	if err := privateMounts(); err != nil {
		return err
	}
	s := &supervisor{c: c}
	for _, p := range controlPrograms(c) {
		if err := s.start(p[0], p[1:]...); err != nil {
			return err
		}
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() { end(s.reap(ctx)) }()
	// They give up after some seconds without an API server that knows their roles.
	err := waitAPI(ctx, c, func(err error) error { return err })
	if ended := context.Cause(ctx); ended != nil {
		return ended
	}
	if err != nil {
		return err
	}
	for _, p := range controllers(c) {
		if err := s.start(p[0], p[1:]...); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// controlPrograms lists name, path and arguments of what is started at once: each
// waits for what it needs.
func controlPrograms(c *config) [][]string {
	pki := func(name string) string { return c.path("pki", name) }
	return [][]string{
		{"etcd", c.bin("server"),
			"--data-dir=" + c.path("etcd"), "--name=unloop",
			"--listen-client-urls=" + etcdServer, "--advertise-client-urls=" + etcdServer,
			"--listen-peer-urls=http://127.0.0.1:12380", "--initial-advertise-peer-urls=http://127.0.0.1:12380", "--initial-cluster=unloop=http://127.0.0.1:12380",
			"--cert-file=" + pki("etcd.crt"), "--key-file=" + pki("etcd.key"), "--client-cert-auth", "--trusted-ca-file=" + pki("ca.crt"),
			"--unsafe-no-fsync", "--logger=zap", "--log-level=warn"},
		{"kube-apiserver", c.bin("kube-apiserver"),
			"--etcd-servers=" + etcdServer, "--etcd-cafile=" + pki("ca.crt"), "--etcd-certfile=" + pki("etcd-client.crt"), "--etcd-keyfile=" + pki("etcd-client.key"),
			"--bind-address=" + hostIP, "--advertise-address=" + hostIP, "--secure-port=6443",
			"--tls-cert-file=" + pki("apiserver.crt"), "--tls-private-key-file=" + pki("apiserver.key"), "--client-ca-file=" + pki("ca.crt"),
			"--service-cluster-ip-range=" + serviceNet,
			"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=" + pki("service-accounts.pub"), "--service-account-signing-key-file=" + pki("service-accounts.key"),
			"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged",
			"--kubelet-certificate-authority=" + pki("ca.crt"), "--kubelet-client-certificate=" + pki("kubelet-client.crt"), "--kubelet-client-key=" + pki("kubelet-client.key"),
			// Without it, logs look the node's name up in DNS.
			"--kubelet-preferred-address-types=InternalIP",
			// Services are reached through their pods: no kube-proxy stands where it runs, and
			// their addresses must not leave the machine.
			"--enable-aggregator-routing=true",
			"--profiling=false"},
		{"registry", "/usr/bin/docker-registry", "serve", c.path("registry.yml")},
		{"registry-private", "/usr/bin/docker-registry", "serve", c.path("registry-private.yml")},
	}
}

// controllers lists what is started once the API server is ready.
func controllers(c *config) [][]string {
	pki := func(name string) string { return c.path("pki", name) }
	config := func(name string) string { return c.path(name + ".kubeconfig") }
	return [][]string{
		{"kube-controller-manager", c.bin("kube-controller-manager"),
			"--kubeconfig=" + config("controller-manager"), "--leader-elect=false", "--use-service-account-credentials",
			"--service-account-private-key-file=" + pki("service-accounts.key"), "--root-ca-file=" + pki("ca.crt"),
			"--cluster-signing-cert-file=" + pki("ca.crt"), "--cluster-signing-key-file=" + pki("ca.key"),
			// A lost node is noticed after 20 s rather than 50.
			"--node-monitor-grace-period=20s", "--bind-address=127.0.0.1"},
		{"kube-scheduler", c.bin("kube-scheduler"), "--kubeconfig=" + config("scheduler"), "--leader-elect=false", "--bind-address=127.0.0.1"},
	}
}

// The private registry lets one user in; htpasswd is the line with its bcrypt hash.
const (
	registryUser     = "puller"
	registryPassword = "unloop-test"
	htpasswd         = registryUser + ":$2y$05$B8/lr.QJYqTFw9VAXL63TetT87SgKqC2aqKupHIIWoU.HediWsVhK\n"
)

// writeRegistries writes the settings of the open and of the private registry.
// Both speak plain HTTP on the bridge.
func writeRegistries(c *config) error {
	if err := os.WriteFile(c.path("htpasswd"), []byte(htpasswd), 0o600); err != nil {
		return err
	}
	for name, more := range map[string]string{
		"registry":         "http: {addr: \"" + hostIP + ":5000\"}\n",
		"registry-private": "http: {addr: \"" + hostIP + ":5001\"}\nauth: {htpasswd: {realm: unloop, path: " + c.path("htpasswd") + "}}\n",
	} {
		text := fmt.Sprintf("version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {rootdirectory: %s}}\n%s", filepath.Join(c.dir, "var", name), more)
		if err := os.WriteFile(c.path(name+".yml"), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
