package kube

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/clientcmd"
)

// What can keep the collector from reading at all; Error wraps one of them.
var (
	// ErrConfig: there is no usable client configuration.
	ErrConfig = errors.New("no usable configuration")
	// ErrUnreachable: nothing answers at the server's address.
	ErrUnreachable = errors.New("API server unreachable")
	// ErrCertificate: one side does not trust the other's certificate.
	ErrCertificate = errors.New("certificate not trusted")
	// ErrCredentials: the server does not know who asks, or no longer.
	ErrCredentials = errors.New("credentials not accepted")
	// ErrServer: the server answers, but not as an API server in good health does.
	ErrServer = errors.New("API server failed")
)

// Error says in one line why nothing could be read, and what to do next.
type Error struct {
	// Kind is one of the errors above.
	Kind error
	// What is the line.
	What string
	// Next is a command that brings the user on.
	Next string
	// Err is the cause, where there is one.
	Err error
}

// Error is the one line.
func (e *Error) Error() string { return e.What }

// Hint is the next step.
func (e *Error) Hint() string { return e.Next }

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// NotFoundError says that something that was asked for by name does not exist.
type NotFoundError struct {
	Ref Ref
	// Namespace is where it was looked for; "" where it is itself a namespace.
	Namespace string
	// Elsewhere are namespaces that have an object of that kind and name, as far
	// as the user may know.
	Elsewhere []string
	// Near are pods of the namespace whose names begin alike.
	Near []string
}

// Error names the object and its namespace.
func (e *NotFoundError) Error() string {
	if e.Namespace == "" {
		return fmt.Sprintf("%s %q not found", strings.ToLower(e.Ref.Kind), e.Ref.Name)
	}
	return fmt.Sprintf("%s %q not found in namespace %q", strings.ToLower(e.Ref.Kind), e.Ref.Name, e.Namespace)
}

// Hint is a command that finds the object, or what is there instead.
func (e *NotFoundError) Hint() string {
	switch {
	case e.Namespace == "":
		return fmt.Sprintf("kubectl get %ss", strings.ToLower(e.Ref.Kind))
	case len(e.Elsewhere) > 0:
		return fmt.Sprintf("unloop diagnose %s -n %s", e.Ref, e.Elsewhere[0])
	case len(e.Near) > 0:
		return fmt.Sprintf("unloop diagnose %s -n %s", e.Near[0], e.Namespace)
	}
	return fmt.Sprintf("kubectl get %s -n %s", strings.ToLower(e.Ref.Kind)+"s", e.Namespace)
}

// configError words what is wrong with the client configuration.
func configError(err error) error {
	e := &Error{Kind: ErrConfig, Err: err, Next: "kubectl config view", What: "the kubeconfig cannot be used: " + oneLine(err)}
	if clientcmd.IsEmptyConfig(err) {
		e.What = "no cluster is configured: there is no kubeconfig, and this is not inside a cluster"
		e.Next = "unloop diagnose --kubeconfig FILE"
	}
	return e
}

func contextError(name string) error {
	return &Error{Kind: ErrConfig, What: fmt.Sprintf("the kubeconfig has no context %q", name), Next: "kubectl config get-contexts"}
}

// explain words why a request that everything depends on had no answer.
func explain(err error, host string) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	e := &Error{Err: err, Next: "kubectl cluster-info"}
	var dns *net.DNSError
	var badCert *tls.CertificateVerificationError
	var alert tls.AlertError
	var timeout net.Error
	switch {
	case apierrors.IsUnauthorized(err):
		e.Kind, e.Next = ErrCredentials, "kubectl auth whoami"
		e.What = fmt.Sprintf("the API server at %s does not accept the credentials: they are wrong or have expired", host)
	case isPluginError(err):
		e.Kind, e.Next = ErrCredentials, "kubectl auth whoami"
		e.What = "the credential plugin of the kubeconfig failed: " + oneLine(err)
	case errors.As(err, &alert):
		// The server speaks TLS and turned the client's certificate down (RFC 8446, 6.2).
		e.Kind, e.Next = ErrCredentials, "kubectl config view --minify"
		e.What = fmt.Sprintf("the API server at %s does not accept the client certificate: %s", host, alert.Error())
	case errors.As(err, &badCert):
		e.Kind, e.Next = ErrCertificate, "kubectl config view --minify"
		e.What = fmt.Sprintf("the certificate of the API server at %s is not trusted: %s", host, certificateFault(badCert.Err))
	case errors.Is(err, http.ErrSchemeMismatch):
		e.Kind, e.Next = ErrUnreachable, "kubectl config view --minify"
		e.What = fmt.Sprintf("%s speaks HTTP, not HTTPS: the server's address in the kubeconfig is wrong", host)
	case errors.As(err, &dns):
		e.Kind = ErrUnreachable
		e.What = fmt.Sprintf("the name of the API server at %s cannot be resolved", host)
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Kind = ErrUnreachable
		e.What = fmt.Sprintf("no API server at %s: connection refused", host)
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		e.Kind = ErrUnreachable
		e.What = fmt.Sprintf("the API server at %s does not answer in time", host)
	case apierrors.ReasonForError(err) != "":
		e.Kind = ErrServer
		e.What = fmt.Sprintf("the API server at %s failed: %s", host, oneLine(err))
	default:
		e.Kind = ErrUnreachable
		e.What = fmt.Sprintf("cannot talk to the API server at %s: %s", host, oneLine(err))
	}
	return e
}

// isPluginError recognises failures of exec credential plugins, for which
// client-go has no type (client-go v0.37 plugin/pkg/client/auth/exec/exec.go).
func isPluginError(err error) bool { return strings.Contains(err.Error(), "getting credentials: ") }

func certificateFault(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return "it is signed by an authority that the kubeconfig does not name"
	case errors.As(err, &name):
		return "it is for another name or address"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "it has expired or is not valid yet"
	}
	return oneLine(err)
}
