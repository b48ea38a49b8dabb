// Package registrytls recognises a registry whose certificate the node does not
// accept, or with which no TLS connection comes about.
package registrytls

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause registry-tls.
var Rule = &diagnose.Rule{
	ID: "registry-tls", Family: diagnose.Image, Since: "0.1",
	Title: "The node does not accept the registry's certificate",
	Doc: diagnose.Doc{
		Means: "The connection to the registry was made, and the TLS handshake on it failed: the certificate is signed by an authority the node does not know, has expired, is for another name, or the handshake never finished.",
		Why: []string{
			"The registry has a certificate of a company's own authority, and the container runtime on this node does not trust it.",
			"A proxy or firewall opens TLS connections and shows its own certificate.",
			"The certificate has expired, or lacks the name or address that the image uses.",
			"The node's clock is wrong, so that a good certificate looks expired or not yet valid.",
			"Large packets get lost on the way (TLS handshake timeout).",
		},
		Confirm: []string{
			"openssl s_client -connect HOST:443 -servername HOST </dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName",
			"timedatectl on the node",
		},
		Remedy: []string{
			"Install the authority's certificate for the runtime: /etc/containerd/certs.d/HOST/hosts.toml with ca, /etc/docker/certs.d/HOST/ca.crt, or the node's trust store, then restart the runtime.",
			"Renew the registry's certificate with the right names.",
			"Correct the node's clock.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "clock-skew", Apart: "the text says current time ... is before: the certificate is not valid yet, so the clock is the first suspect"},
			{ID: "registry-plain-http", Apart: "server gave HTTP response to HTTPS client: no TLS at all"},
			{ID: "registry-unreachable", Apart: "no connection came about"},
			{ID: "dependency-tls", Apart: "the program's own connection, in its log"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

// Go's crypto/x509 and crypto/tls, 1.4 to 1.26, word these cases so.
var (
	early     = diagnose.Re(`current time \S+ is before|not yet valid(?: |$)`)
	expired   = diagnose.Re(`certificate has expired`)
	authority = diagnose.Re(`unknown authority|self[- ]signed|unable to verify`)
	otherName = diagnose.Re(`certificate is valid for|doesn.t contain any ip sans|cannot validate certificate|not valid for any names|legacy common name`)
	timeout   = diagnose.Re(`handshake timeout`)
)

func run(p *diagnose.Pass) {
	p.ReportPulls("registry-tls", func(pl diagnose.Pull) diagnose.Finding {
		host := pl.Registry()
		f := diagnose.Finding{
			Summary: unloop.Msg("the node cannot make a TLS connection to the registry %s", host),
			Chain:   []unloop.Message{unloop.Msg("the image of %s cannot be pulled", diagnose.ContainerOf(pl.Container))},
		}
		trust := unloop.Fix{Title: unloop.Msg("let the node's container runtime trust the authority of %s", host), Risk: unloop.RiskCluster}
		renew := unloop.Fix{Title: unloop.Msg("renew the certificate of %s with the right names and dates", host), Risk: unloop.RiskCluster}
		clock := unloop.Fix{Title: unloop.Msg("check the clock of the node"), Risk: unloop.RiskNone, Command: "timedatectl"}
		f.Fixes = []unloop.Fix{trust, renew}
		switch {
		case authority.Match(pl.Body):
			f.Summary = unloop.Msg("the node does not trust the authority that signed the certificate of the registry %s", host)
			f.Fixes = []unloop.Fix{trust}
		case otherName.Match(pl.Body):
			f.Summary = unloop.Msg("the certificate of the registry %s does not cover that name or address", host)
			f.Fixes = []unloop.Fix{renew}
		case early.Match(pl.Body) && diagnose.Re(`current time \S+ is before`).Match(pl.Body):
			f.Summary = unloop.Msg("the certificate of the registry %s is not valid yet by the node's clock", host)
			f.Confidence = unloop.Possible
			f.Fixes = []unloop.Fix{clock, renew}
		case expired.Match(pl.Body):
			// A clock that is ahead shows the same.
			f.Summary = unloop.Msg("the certificate of the registry %s has expired by the node's clock", host)
			f.Confidence = unloop.Likely
			f.Fixes = []unloop.Fix{renew, clock}
		case timeout.Match(pl.Body):
			f.Summary = unloop.Msg("the TLS handshake with the registry %s does not finish", host)
			f.Confidence = unloop.Likely
			f.Fixes = []unloop.Fix{{Title: unloop.Msg("look at the way to %s: proxy, MTU, load of the registry", host), Risk: unloop.RiskCluster}}
		}
		return f
	})
}
