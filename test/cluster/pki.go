package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// authority signs every certificate of one cluster; it lives as long as `up` runs.
type authority struct {
	c    *config
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// identity is one certificate: who it names and what it may be used for.
type identity struct {
	file   string
	name   string
	groups []string
	hosts  []string // empty for a client
}

// makePKI writes the CA, the key of service account tokens, and the certificates
// and kubeconfigs of every component and of the administrator.
func makePKI(c *config) error {
	ca, err := newAuthority(c)
	if err != nil {
		return err
	}
	all := []identity{
		{file: "apiserver", name: "kube-apiserver", hosts: []string{hostIP, apiServiceIP, "127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}},
		{file: "etcd", name: "etcd", hosts: []string{hostIP, "127.0.0.1"}},
		{file: "etcd-client", name: "kube-apiserver"},
		{file: "kubelet-client", name: "kube-apiserver-kubelet-client", groups: []string{"system:masters"}},
		{file: "admin", name: "kubernetes-admin", groups: []string{"system:masters"}},
		{file: "controller-manager", name: "system:kube-controller-manager"},
		{file: "scheduler", name: "system:kube-scheduler"},
		{file: "proxy", name: "system:kube-proxy"},
	}
	for n := 1; n <= c.nodes; n++ {
		all = append(all,
			identity{file: "kubelet-" + nodeName(n), name: "system:node:" + nodeName(n), groups: []string{"system:nodes"}},
			identity{file: "kubelet-server-" + nodeName(n), name: nodeName(n), hosts: []string{nodeIP(n), nodeName(n)}})
	}
	for _, id := range all {
		if err := ca.issue(id); err != nil {
			return err
		}
		if len(id.hosts) == 0 {
			if err := ca.kubeconfig(id.file); err != nil {
				return err
			}
		}
	}
	tokens, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if err := writeKey(c.path("pki/service-accounts.key"), tokens); err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(&tokens.PublicKey)
	if err != nil {
		return err
	}
	return writePEM(c.path("pki/service-accounts.pub"), "PUBLIC KEY", der, 0o644)
}

func newAuthority(c *config) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := template("unloop-test-ca")
	t.IsCA, t.BasicConstraintsValid = true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	if err := writePEM(c.path("pki/ca.crt"), "CERTIFICATE", der, 0o644); err != nil {
		return nil, err
	}
	return &authority{c, cert, key}, writeKey(c.path("pki/ca.key"), key)
}

func template(name string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(30 * 24 * time.Hour),
	}
}

// issue writes pki/<file>.crt and .key.
func (a *authority) issue(id identity) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	t := template(id.name)
	t.Subject.Organization = id.groups
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if len(id.hosts) > 0 {
		t.ExtKeyUsage = append(t.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	for _, h := range id.hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return err
	}
	if err := writePEM(a.c.path("pki", id.file+".crt"), "CERTIFICATE", der, 0o644); err != nil {
		return err
	}
	return writeKey(a.c.path("pki", id.file+".key"), key)
}

// kubeconfig writes <file>.kubeconfig for the client pki/<file>, with all data inside.
func (a *authority) kubeconfig(file string) error {
	read := func(name string) string {
		b, err := os.ReadFile(a.c.path("pki", name))
		if err != nil {
			return ""
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- name: unloop-test
  cluster: {server: %q, certificate-authority-data: %s}
users:
- name: %s
  user: {client-certificate-data: %s, client-key-data: %s}
contexts:
- name: unloop-test
  context: {cluster: unloop-test, user: %s}
current-context: unloop-test
`, apiServer, read("ca.crt"), file, read(file+".crt"), read(file+".key"), file)
	return os.WriteFile(a.c.path(file+".kubeconfig"), []byte(text), 0o600)
}

func writeKey(file string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(file, "EC PRIVATE KEY", der, 0o600)
}

func writePEM(file, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
