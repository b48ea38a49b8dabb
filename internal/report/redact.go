package report

import (
	"math/bits"
	"regexp"
	"strings"
	"sync"
	"unsafe"
)

// redacted stands where a credential stood.
const redacted = "[redacted]"

// Redact replaces what looks like a credential. It would rather take a harmless
// word than leave a password: the place stays visible, the value does not. Time is
// linear in the length of s, and redacting twice changes nothing more.
func Redact(s string) string {
	for there := hinted(s); there != 0; there &= there - 1 {
		s = shapes[bits.TrailingZeros64(there)].redact(s)
	}
	return redactPairs(s)
}

// RedactLine is Redact for a line that is built in a buffer: it returns b, with what Redact
// leaves of it. b must not change meanwhile.
func RedactLine(b []byte) []byte {
	s := unsafe.String(unsafe.SliceData(b), len(b)) // not kept
	if clean := Redact(s); clean != s {
		return append(b[:0], clean...)
	}
	return b
}

// hintsAt finds hints by two of their bytes, the rarest, so that few places of a text are
// looked at twice.
var hintsAt = sync.OnceValue(func() *hintTable {
	t := &hintTable{hints: map[uint16][]hint{}}
	for i := range shapes {
		for _, h := range shapes[i].hints {
			off := rarest(h)
			at := pair(h, off)
			t.begins[at>>6] |= 1 << (at & 63)
			t.hints[at] = append(t.hints[at], hint{h, off, shapes[i].also, 1 << i})
		}
	}
	return t
})

type hintTable struct {
	begins [1 << 10]uint64 // the pairs that hints are found by, a bit for each
	hints  map[uint16][]hint
}

// hint is a text that every match of a shape holds.
type hint struct {
	text  string
	off   int    // of the pair that it is found by
	also  string // of the shape
	shape uint64
}

func pair(s string, i int) uint16 { return uint16(s[i]) | uint16(s[i+1])<<8 }

// rarest returns where the two bytes of a text are that other texts hold least.
func rarest(s string) (at int) {
	const common = "etaoinsrhldcumfpgwybvkxjqz" // English letters, the most frequent first
	rank := func(c byte) int {
		if i := strings.IndexByte(common, c); i >= 0 {
			return i
		}
		return len(common)
	}
	best := -1
	for i := range len(s) - 1 {
		if r := rank(s[i]) + rank(s[i+1]); r > best {
			best, at = r, i
		}
	}
	return at
}

// hinted tells in one pass which shapes may be in s, a bit for each. What is redacted adds no
// hint.
func hinted(s string) (there uint64) {
	t := hintsAt()
	never := uint64(0) // shapes whose other text stands nowhere behind here
	for i := 0; i+1 < len(s); i++ {
		at := pair(s, i)
		if t.begins[at>>6]>>(at&63)&1 == 0 {
			continue
		}
		for _, h := range t.hints[at] {
			if (there|never)&h.shape != 0 || i < h.off || !strings.HasPrefix(s[i-h.off:], h.text) {
				continue
			}
			if strings.Contains(s[i:], h.also) {
				there |= h.shape
			} else {
				never |= h.shape
			}
		}
	}
	return there
}

// shape is a credential that is known by its own form, wherever it stands.
type shape struct {
	name string
	// hints: every match holds one of these texts; without any the expression is not tried.
	hints []string
	// also stands behind a hint in every match.
	also string
	re   func() *regexp.Regexp
	// keep, where set, spares what only looks like a credential: s[from:to].
	keep func(s string, from, to int) bool
}

// shapes lists the forms, as their issuers document them. The group of each
// expression is the part to replace.
var shapes = []shape{
	// RFC 7468, and the OpenSSH and PGP variants; a block that was cut counts too.
	form("private key", "PRIVATE KEY", `(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(.*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)`, nil),
	// RFC 3986, 3.2.1. Passwords with an unescaped slash or at sign are met in error messages.
	with("@", form("URL password", "://", `[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:?#"'<>]*:([^\s"'<>]+)@`, notUserinfo)),
	with("@", form("URL token", "://", `[A-Za-z][A-Za-z0-9+.-]*://([^\s/@:?#"'<>]{20,})@`, notUserinfo)),
	// The data source name of Go's MySQL driver has no scheme.
	form("DSN password", "@tcp( @tcp6( @udp( @unix( @cloudsql(", `[A-Za-z0-9_.-]+:([^\s"'<>]+)@(?:tcp6?|udp|unix|cloudsql)\(`, nil),
	form("environment variable", "value Value", `(?i)name\\*["']?\s*[:=]\s*\\*["']?[\w.-]*(?:passw|passphrase|pwd|secret|token|api_?key|credential)[\w.-]*\\*["']?,?\s+\\*["']?value\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,{}<$]+)`, nil),
	form("HTTP bearer", "earer", `[Bb]earer\s+([A-Za-z0-9._~+/=-]{8,})`, func(s string, from, to int) bool { return !looksSecret(s[from:to]) }),
	form("HTTP cookie", "ookie:", `[Cc]ookie:\s*([^"']+)`, nil),
	form("curl user", "curl", `curl [^|;]*?(?:-u|--user)[ =]?["']?[^\s:"']+:([^\s"']+)`, nil),
	form("SQL password", "BY", `(?:IDENTIFIED|PASSWORD) BY '([^']+)`, nil),
	// RFC 7519: the header of a token always begins like this in base64.
	form("JSON web token", "eyJ", `\b(eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,3})`, nil),
	form("AWS access key", "AKIA ASIA", `\b(A(?:KIA|SIA)[A-Z0-9]{12,})\b`, nil),
	form("Google API key", "AIza", `\b(AIza[A-Za-z0-9_-]{30,})`, nil),
	form("Google OAuth token", "ya29.", `\b(ya29\.[A-Za-z0-9_-]{20,})`, nil),
	form("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", `\b(gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,})`, nil),
	form("GitLab token", "glpat- gldt- glrt- glcbt- glptt- glagent-", `\b(gl(?:pat|dt|rt|cbt|ptt|agent)-[A-Za-z0-9_.-]{16,})`, nil),
	form("Slack token", "xox xapp-", `\b(x(?:ox[a-z]|app)-[A-Za-z0-9-]{8,})`, nil),
	form("Slack webhook", "hooks.slack.com/", `hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_-]+)`, nil),
	form("Stripe key", "_live_ _test_", `\b((?:sk|rk|whsec)_(?:live|test)_[A-Za-z0-9]{10,})`, nil),
	form("sk- key", "sk-", `\b(sk-[A-Za-z0-9_-]{20,})`, func(s string, from, to int) bool { return !looksSecret(s[from:to]) }),
	form("npm token", "npm_", `\b(npm_[A-Za-z0-9]{20,})`, nil),
	form("PyPI token", "pypi-", `\b(pypi-[A-Za-z0-9_-]{40,})`, nil),
	form("Docker token", "dckr_", `\b(dckr_(?:pat|oat)_[A-Za-z0-9_-]{16,})`, nil),
	form("Vault token", "hvs. hvb. hvr.", `\b(hv[sbr]\.[A-Za-z0-9_-]{16,})`, nil),
	form("OpenShift token", "sha256~", `(sha256~[A-Za-z0-9_-]{20,})`, nil),
	form("SendGrid key", "SG.", `\b(SG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})`, nil),
	form("DigitalOcean token", "_v1_", `\b(do[opr]_v1_[a-f0-9]{32,})`, nil),
	form("Telegram token", ":AA", `\b(\d{8,10}:AA[A-Za-z0-9_-]{30,})`, nil),
}

// form makes a shape whose expression is compiled when it is first needed. Hints
// are separated by blanks.
func form(name, hints, expr string, keep func(string, int, int) bool) shape {
	re := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
	return shape{name: name, hints: strings.Fields(hints), re: re, keep: keep}
}

// with is a form whose matches hold a text behind the hint.
func with(also string, h shape) shape {
	h.also = also
	return h
}

func (h *shape) redact(s string) string {
	var b strings.Builder
	from := 0
	for _, m := range h.re().FindAllStringSubmatchIndex(s, -1) {
		secret := s[m[2]:m[3]]
		if secret == "" || strings.Contains(secret, redacted) || h.keep != nil && h.keep(s, m[2], m[3]) {
			continue
		}
		b.WriteString(s[from:m[2]])
		b.WriteString(redacted)
		from = m[3]
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

// notUserinfo keeps http://host:8080/users/a@b, where a port with a path stands
// between the colon and the at sign, and docker-pullable://app:1.2@sha256:....
func notUserinfo(s string, from, to int) bool {
	if strings.HasPrefix(s[to:], "@sha256:") {
		return true
	}
	port, _, ok := strings.Cut(s[from:to], "/")
	return ok && len(port) <= 5 && strings.Trim(port, "0123456789") == ""
}

// looksSecret tells a random value from a word or a Kubernetes name.
func looksSecret(v string) bool {
	var lower, upper, digit, dash bool
	for _, c := range []byte(v) {
		switch {
		case c >= 'a' && c <= 'z':
			lower = true
		case c >= 'A' && c <= 'Z':
			upper = true
		case c >= '0' && c <= '9':
			digit = true
		case c == '-' || c == '.' || c == '/' || c == ':':
			dash = true
		}
	}
	switch {
	case len(v) < 10:
		return false
	case digit && upper && lower:
		return true
	case dash && !upper:
		// A name, an image or an address, unless it is longer than those are.
		return digit && len(v) >= 64
	}
	return digit && (lower || upper) || len(v) >= 32
}
