package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

func init() {
	commands["make-cert"] = makeCert
	commands["serve-tls"] = serveTLS
	commands["fetch"] = fetch
}

// makeCert writes tls.crt and tls.key for a host name into a folder. The
// certificate was made a year ago and is good for some days from now, or was
// until some days ago.
//
//	make-cert FOLDER NAME DAYS
func makeCert(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: make-cert FOLDER NAME DAYS")
	}
	days, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: args[1]}, DNSNames: []string{args[1]},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(0, 0, days),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		return err
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	for name, b := range map[string]*pem.Block{"tls.crt": {Type: "CERTIFICATE", Bytes: der}, "tls.key": {Type: "EC PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(filepath.Join(args[0], name), pem.EncodeToMemory(b), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// serveTLS serves HTTPS with the certificate of a folder; "careful" looks at the
// certificate first and does not start with one whose time is over.
//
//	serve-tls ADDRESS FOLDER [careful]
func serveTLS(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: serve-tls ADDRESS FOLDER [careful]")
	}
	crt, key := filepath.Join(args[1], "tls.crt"), filepath.Join(args[1], "tls.key")
	pair, err := tls.LoadX509KeyPair(crt, key)
	if err != nil {
		return err
	}
	if len(args) > 2 {
		roots := x509.NewCertPool()
		roots.AddCert(pair.Leaf)
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots}); err != nil {
			return fmt.Errorf("serving certificate %s: %w", crt, err)
		}
	}
	log.Printf("listening on %s", args[0])
	return http.ListenAndServeTLS(args[0], crt, key, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, `{"rates": {"EUR": 1}}`)
	}))
}

// fetch reads an address once, says so, and stays.
//
//	fetch URL
func fetch(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: fetch URL")
	}
	client := &http.Client{Timeout: 20 * time.Second}
	res, err := client.Get(args[0])
	if err != nil {
		return fmt.Errorf("cannot load the rates: %w", err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		return err
	}
	log.Printf("loaded the rates: %s, %d bytes", res.Status, n)
	return stay()
}
