package run

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// answer is what one attempt of a probe gave.
type answer struct {
	ok bool
	// errored: the probe could not be run at all, which counts for nothing.
	errored bool
	// output is the text behind "Liveness probe failed: ".
	output string
}

func failed(format string, args ...any) answer { return answer{output: fmt.Sprintf(format, args...)} }

// asker asks probes. Texts, limits and what counts as success are the kubelet's:
// kubernetes v1.36 pkg/probe/{http,tcp,exec,grpc} and pkg/kubelet/prober/prober.go.
type asker struct {
	// exec runs a command in the place of the supervised one: its group, environment and
	// folder. It returns what was written, and an error that is an *exitError where the command
	// ran and said no.
	exec func(ctx context.Context, argv []string) ([]byte, error)
}

// exitError is a command that ended with a status other than 0.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit status %d", e.code) }

func (a *asker) ask(ctx context.Context, p *Probe) answer {
	switch {
	case p.HTTP != nil:
		return askHTTP(ctx, p)
	case p.TCP != "":
		return askTCP(ctx, p)
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	switch {
	case p.GRPC != nil:
		return askGRPC(ctx, p)
	}
	return a.askExec(ctx, p)
}

// maxAnswer bounds what is read of a body or an output: pkg/probe/http maxRespBodyLength,
// pkg/kubelet/prober maxReadLength.
const maxAnswer = 10 << 10

// transport is new for each attempt: the kubelet keeps no connections either.
func transport() *http.Transport {
	return &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // certificates of probes are not checked
		// Answers are small; compression would hide what a server sends.
		DisableCompression: true, DisableKeepAlives: true, Proxy: nil,
	}
}

func askHTTP(ctx context.Context, p *Probe) answer {
	t := transport()
	defer t.CloseIdleConnections()
	c := &http.Client{Transport: t, Timeout: p.Timeout, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if req.URL.Hostname() != via[0].URL.Hostname() {
			return http.ErrUseLastResponse // to another host: success, with a warning
		}
		if len(via) >= 10 {
			return errors.New("stopped after 10 redirects")
		}
		return nil
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.HTTP.URL.String(), nil)
	if err != nil {
		return answer{errored: true, output: err.Error()}
	}
	req.Header.Set("User-Agent", "kube-probe/1.36")
	req.Header.Set("Accept", "*/*")
	for _, h := range p.HTTP.Headers {
		if http.CanonicalHeaderKey(h[0]) == "Host" {
			req.Host = h[1]
			continue
		}
		req.Header.Add(h[0], h[1])
	}
	res, err := c.Do(req)
	if err != nil {
		return failed("%s", lastError(err))
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return failed("%v", err)
	}
	if res.StatusCode < http.StatusOK || res.StatusCode >= http.StatusBadRequest {
		return failed("HTTP probe failed with statuscode: %d", res.StatusCode)
	}
	return answer{ok: true}
}

// lastError is the client's text, which names the URL; credentials in it are taken out.
func lastError(err error) string {
	var ue *url.Error
	if errors.As(err, &ue) {
		if u, e := url.Parse(ue.URL); e == nil {
			ue.URL = u.Redacted()
		}
	}
	return err.Error()
}

func askTCP(ctx context.Context, p *Probe) answer {
	d := net.Dialer{Timeout: p.Timeout}
	c, err := d.DialContext(ctx, "tcp", p.TCP)
	if err != nil {
		return failed("%v", err)
	}
	c.Close()
	return answer{ok: true}
}

func (a *asker) askExec(ctx context.Context, p *Probe) answer {
	out, err := a.exec(ctx, p.Exec)
	if len(out) > maxAnswer {
		out = out[:maxAnswer]
	}
	var exit *exitError
	switch {
	case err == nil:
		return answer{ok: true}
	case ctx.Err() != nil:
		return failed("command timed out: %q timed out after %s", p.Exec, p.Timeout)
	case errors.As(err, &exit):
		return answer{output: string(out)}
	}
	return answer{errored: true, output: err.Error()}
}

// askGRPC calls grpc.health.v1.Health/Check over HTTP/2 without TLS: one message each way,
// with five bytes before it. Sources: grpc's PROTOCOL-HTTP2.md and health/v1/health.proto.
func askGRPC(ctx context.Context, p *Probe) answer {
	t := transport()
	defer t.CloseIdleConnections()
	t.Protocols = new(http.Protocols)
	t.Protocols.SetUnencryptedHTTP2(true)
	ask := []byte{}
	if s := p.GRPC.Service; s != "" {
		ask = binary.AppendUvarint([]byte{1<<3 | 2}, uint64(len(s))) // field 1, a string
		ask = append(ask, s...)
	}
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(ask)))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.GRPC.Addr+"/grpc.health.v1.Health/Check", bytes.NewReader(append(frame, ask...)))
	if err != nil {
		return answer{errored: true, output: err.Error()}
	}
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("User-Agent", "kube-probe/1.36")
	req.Header.Set("TE", "trailers")
	res, err := t.RoundTrip(req)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return failed("timeout: failed to connect service %q within %v: %v", p.GRPC.Addr, p.Timeout, err)
		}
		return failed("error: failed to connect service at %q: %v", p.GRPC.Addr, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	status := res.Trailer.Get("Grpc-Status")
	if status == "" {
		status = res.Header.Get("Grpc-Status") // an answer without a message
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return failed("timeout: health rpc did not complete within %v", p.Timeout)
	case err != nil:
		return failed("error: health rpc probe failed: %v", err)
	case status == "12": // UNIMPLEMENTED
		return failed("error: this server does not implement the grpc health protocol (grpc.health.v1.Health): %s", res.Trailer.Get("Grpc-Message"))
	case status != "0":
		return failed("error: health rpc probe failed: rpc status %s %s", status, res.Trailer.Get("Grpc-Message"))
	}
	if word := serving(body); word != "SERVING" {
		return failed("service unhealthy (responded with %q)", word)
	}
	return answer{ok: true}
}

// serving reads the status out of a HealthCheckResponse.
func serving(b []byte) string {
	words := []string{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"}
	if len(b) < 5 {
		return words[0]
	}
	for b = b[5:]; len(b) >= 2 && b[0] == 1<<3; b = b[2:] { // field 1, a small number
		if int(b[1]) < len(words) {
			return words[b[1]]
		}
	}
	return words[0]
}
