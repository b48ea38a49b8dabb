package paste

import (
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// probe reads what describe prints for a probe:
//
//	http-get http://:8080/healthz delay=3s timeout=1s period=10s #success=1 #failure=3
//	tcp-socket :5432 delay=0s ...
//	exec [cat /tmp/healthy] delay=5s ...
//	grpc <pod>:2379 service delay=0s ...
//
// Source: kubectl v0.36.3 pkg/describe/describe.go DescribeProbe. The arguments
// of exec are printed with blanks between them, so that one with blanks inside
// comes out as several.
func probe(s string) *corev1.Probe {
	word, rest, _ := strings.Cut(s, " ")
	p := &corev1.Probe{}
	var attrs string
	switch word {
	case "exec":
		inner := strings.TrimPrefix(rest, "[")
		end := strings.LastIndex(inner, "]")
		if end < 0 {
			end = len(inner)
		}
		p.Exec = &corev1.ExecAction{Command: strings.Fields(inner[:end])}
		attrs = strings.TrimPrefix(inner[end:], "]")
	case "http-get":
		target, tail, _ := strings.Cut(rest, " ")
		p.HTTPGet, attrs = httpGet(target), tail
	case "tcp-socket":
		target, tail, _ := strings.Cut(rest, " ")
		host, port := hostPort(target)
		p.TCPSocket, attrs = &corev1.TCPSocketAction{Host: host, Port: port}, tail
	case "grpc":
		target, tail, _ := strings.Cut(rest, " ")
		_, port := hostPort(target)
		p.GRPC, attrs = &corev1.GRPCAction{Port: port.IntVal}, tail
		if service, _, ok := strings.Cut(tail, " "); ok && service != "" && !strings.Contains(service, "=") {
			p.GRPC.Service = &service
		}
	case "unknown":
		attrs = rest
	default:
		return nil
	}
	timing(p, attrs)
	return p
}

// timing reads the attributes behind the handler.
func timing(p *corev1.Probe, attrs string) {
	for a := range strings.FieldsSeq(attrs) {
		name, value, ok := strings.Cut(a, "=")
		n, err := strconv.ParseInt(strings.TrimSuffix(value, "s"), 10, 32)
		if !ok || err != nil {
			continue
		}
		switch name {
		case "delay":
			p.InitialDelaySeconds = int32(n)
		case "timeout":
			p.TimeoutSeconds = int32(n)
		case "period":
			p.PeriodSeconds = int32(n)
		case "#success":
			p.SuccessThreshold = int32(n)
		case "#failure":
			p.FailureThreshold = int32(n)
		}
	}
}

// httpGet reads "http://:8080/healthz"; the host is empty for the pod's own, and
// the port may be a name.
func httpGet(s string) *corev1.HTTPGetAction {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		scheme, rest = "http", s
	}
	a := &corev1.HTTPGetAction{Scheme: corev1.URIScheme(strings.ToUpper(scheme))}
	hostport, path, _ := strings.Cut(rest, "/")
	a.Path = "/" + path
	if p, err := url.PathUnescape(a.Path); err == nil {
		a.Path = p
	}
	a.Host, a.Port = hostPort(hostport)
	return a
}

func hostPort(s string) (host string, port intstr.IntOrString) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, intstr.IntOrString{}
	}
	host = strings.Trim(s[:i], "[]")
	if host == "<pod>" {
		host = ""
	}
	if n, err := strconv.ParseInt(s[i+1:], 10, 32); err == nil {
		return host, intstr.FromInt32(int32(n))
	}
	return host, intstr.FromString(s[i+1:])
}
