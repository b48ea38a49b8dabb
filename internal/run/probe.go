package run

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ProbeKind is what a probe is for.
type ProbeKind string

// The kinds, as a container's spec names them.
const (
	Liveness  ProbeKind = "liveness"
	Readiness ProbeKind = "readiness"
	Startup   ProbeKind = "startup"
)

// word is the kind as the kubelet's events begin.
func (k ProbeKind) word() string { return strings.ToUpper(string(k[:1])) + string(k[1:]) }

// Probe is a question that tells how the command is. One of HTTP, TCP, GRPC and Exec is set.
type Probe struct {
	Kind ProbeKind
	HTTP *HTTPAsk
	// TCP is the address, host and port, that must accept a connection.
	TCP  string
	GRPC *GRPCAsk
	// Exec is a command that must exit 0.
	Exec []string

	// Delay is the time before the first attempt, Period that between attempts, Timeout
	// how long an answer may take.
	Delay, Period, Timeout time.Duration
	// Failures and Successes are how many in a row change the probe's word.
	Failures, Successes int
	// Grace is the time between SIGTERM and SIGKILL after a kill by this probe; nil is
	// the command's.
	Grace *time.Duration
}

// HTTPAsk is a request whose answer must have a status from 200 to 399.
type HTTPAsk struct {
	URL     *url.URL
	Headers [][2]string
}

// GRPCAsk is a question to the service grpc.health.v1.Health.
type GRPCAsk struct {
	// Addr is host and port, Service the name that is asked for; it may be empty.
	Addr, Service string
}

// Defaults of a probe: k8s.io/kubernetes v1.36 pkg/apis/core/v1/defaults.go SetDefaults_Probe.
const (
	defaultPeriod    = 10 * time.Second
	defaultTimeout   = time.Second
	defaultFailures  = 3
	defaultSuccesses = 1
)

func (p Probe) filled() Probe {
	if p.Period <= 0 {
		p.Period = defaultPeriod
	}
	if p.Timeout <= 0 {
		p.Timeout = defaultTimeout
	}
	if p.Failures <= 0 {
		p.Failures = defaultFailures
	}
	if p.Successes <= 0 {
		p.Successes = defaultSuccesses
	}
	return p
}

// localhost is asked where a probe names no host: the kubelet asks the pod's address, a
// command on this machine has none of its own.
const localhost = "127.0.0.1"

// ParseProbe reads a probe as flags give it: http://:8080/healthz, https://..., tcp://:5432,
// grpc://:9000/SERVICE or exec:COMMAND ARGS, and behind commas delay=5s, period=10s,
// timeout=1s, failures=3, successes=1, grace=30s. An exec command runs without a shell;
// its words may be quoted.
func ParseProbe(kind ProbeKind, text string) (Probe, error) {
	p := Probe{Kind: kind}
	rest := text
	for { // settings stand at the end; what is before them may hold commas
		i := strings.LastIndexByte(rest, ',')
		if i < 0 {
			break
		}
		known, err := p.set(rest[i+1:])
		if err != nil {
			return p, err
		}
		if !known {
			break
		}
		rest = rest[:i]
	}
	switch scheme, after, ok := strings.Cut(rest, ":"); {
	case !ok:
		return p, fmt.Errorf("%q is no probe: want http://:8080/path, tcp://:5432, grpc://:9000 or exec:COMMAND", text)
	case scheme == "exec":
		words, err := splitWords(after)
		if err != nil {
			return p, err
		}
		if len(words) == 0 {
			return p, fmt.Errorf("exec: without a command")
		}
		p.Exec = words
	case scheme == "http" || scheme == "https":
		u, err := url.Parse(rest)
		if err != nil {
			return p, err
		}
		if u.Hostname() == "" {
			u.Host = net.JoinHostPort(localhost, u.Port())
		}
		if _, err := port(u.Port()); u.Port() != "" && err != nil {
			return p, err
		}
		if u.Port() == "" {
			u.Host = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[scheme])
		}
		p.HTTP = &HTTPAsk{URL: u}
	case scheme == "tcp" || scheme == "grpc":
		addr, service, _ := strings.Cut(strings.TrimPrefix(after, "//"), "/")
		host, number, err := net.SplitHostPort(addr)
		if err != nil {
			return p, fmt.Errorf("%q: want %s://HOST:PORT", rest, scheme)
		}
		if _, err := port(number); err != nil {
			return p, err
		}
		if host == "" {
			host = localhost
		}
		addr = net.JoinHostPort(host, number)
		if scheme == "tcp" {
			if service != "" {
				return p, fmt.Errorf("%q: a tcp probe has no path", rest)
			}
			p.TCP = addr
		} else {
			p.GRPC = &GRPCAsk{addr, service}
		}
	default:
		return p, fmt.Errorf("%q: unknown kind %q: want http, https, tcp, grpc or exec", text, scheme)
	}
	return p, nil
}

func port(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("%q is no port: want a number from 1 to 65535", s)
	}
	return n, nil
}

// set takes one setting; known is false where the text is none.
func (p *Probe) set(text string) (known bool, err error) {
	key, value, _ := strings.Cut(text, "=")
	var into *time.Duration
	var count *int
	switch key {
	case "delay":
		into = &p.Delay
	case "period":
		into = &p.Period
	case "timeout":
		into = &p.Timeout
	case "grace":
		p.Grace = new(time.Duration)
		into = p.Grace
	case "failures":
		count = &p.Failures
	case "successes":
		count = &p.Successes
	default:
		return false, nil
	}
	if into != nil {
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 || d == 0 && key != "delay" && key != "grace" {
			return true, fmt.Errorf("%s=%q: want a time such as 5s or 500ms", key, value)
		}
		*into = d
		return true, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return true, fmt.Errorf("%s=%q: want a number from 1", key, value)
	}
	*count = n
	return true, nil
}

// splitWords splits as a shell does, with both quotes and the backslash, and nothing else.
func splitWords(s string) ([]string, error) {
	var out []string
	var word strings.Builder
	in := false
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote == '\'' && c == '\'', quote == '"' && c == '"':
			quote = 0
		case quote == '\'':
			word.WriteByte(c)
		case c == '\\':
			if i++; i == len(s) {
				return nil, fmt.Errorf("%q ends in a backslash", s)
			}
			if quote == '"' && s[i] != '"' && s[i] != '\\' {
				word.WriteByte(c)
			}
			word.WriteByte(s[i])
			in = true
		case quote == '"':
			word.WriteByte(c)
		case c == '\'' || c == '"':
			quote, in = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if in {
				out = append(out, word.String())
				word.Reset()
			}
			in = false
		default:
			word.WriteByte(c)
			in = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("%q: a quote is not closed", s)
	}
	if in {
		out = append(out, word.String())
	}
	return out, nil
}

// target names in a few words what the probe asks.
func (p *Probe) target() string {
	switch {
	case p.HTTP != nil:
		return p.HTTP.URL.Redacted()
	case p.TCP != "":
		return "tcp " + p.TCP
	case p.GRPC != nil:
		return "grpc " + p.GRPC.Addr
	}
	return fmt.Sprintf("%q", p.Exec)
}
