package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"
)

// nameFailure is a name that could not be resolved at the end.
type nameFailure struct {
	facts.Moment
	cause, text string
	conf        unloop.Confidence
	names       map[string]string
}

// failedLookup looks at the last questions to name servers: a name that does not
// exist, a server that fails or is silent, where the process ended with that. What a
// search list makes of a name is one question.
func failedLookup(d *facts.Death) (out nameFailure, ok bool) {
	if len(d.Names) == 0 {
		return out, false
	}
	last := d.Names[len(d.Names)-1]
	for _, q := range d.Names {
		if q.Before < last.Before {
			last = q
		}
	}
	host := last.Name
	var asked []facts.NameLookup
	for _, q := range d.Names {
		if !sameHost(q.Name, last.Name) {
			continue
		}
		if q.Found {
			return out, false // one of the names of the search list, or the other address family, was found
		}
		if len(q.Name) < len(host) {
			host = q.Name // what the program asked for, without what the search list adds
		}
		asked = append(asked, q)
	}
	if last.Before > lately || last.After > aFew {
		return out, false
	}
	switch last.Answer {
	case "NXDOMAIN":
		out.cause = "service-name-wrong"
	case "SERVFAIL", "REFUSED", "":
		out.cause = "dns-failure"
	default:
		return out, false
	}
	first, _, _ := strings.Cut(host, ".")
	said := wordsAfter(d, last.Event, append([]string{first}, lookupWords...))
	switch {
	case last.After > 0 && said == confirmed:
		out.conf = unloop.Likely
	case last.After > 0:
		out.conf = unloop.Possible // a program that did more found another way
	case last.Answer == "" || last.Before > atOnce || said == nothing && last.Before > soon:
		out.conf = unloop.Likely // silence may be the recording's
	default:
		out.conf = unloop.Proven
	}
	out.Moment, out.conf = last.Moment, said.grade(out.conf)
	out.text = lookupText(d, host, &last, asked) + ", " + beforeEnd(last.Before) + " " + endOf(d)
	out.names = map[string]string{"call": "dns", "host": host}
	return out, true
}

// lookupText tells who was asked, for which names, and what the answers were.
func lookupText(d *facts.Death, host string, last *facts.NameLookup, asked []facts.NameLookup) string {
	var names []string
	same := true
	for _, q := range asked {
		same = same && q.Answer == last.Answer
	}
	for _, q := range asked {
		name := q.Name
		switch {
		case same:
		case q.Answer == "":
			name += " (no answer)"
		default:
			name += " (" + q.Answer + ")"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	as := ""
	if len(names) > 1 {
		as = ", asked for as " + strings.Join(names, ", ")
	}
	server := "name server " + last.Server
	switch last.Answer {
	case "NXDOMAIN":
		return fmt.Sprintf("%s answered that %q does not exist (NXDOMAIN)%s", server, host, as)
	case "":
		if unheard(d) {
			return fmt.Sprintf("%s was asked for %q, and nothing listens there (ECONNREFUSED)%s", server, host, as)
		}
		return fmt.Sprintf("%s did not answer the question for %q%s", server, host, as)
	}
	return fmt.Sprintf("%s answered the question for %q with %s%s", server, host, last.Answer, as)
}

// unheard: the machine of the name server told that nothing listens on its port.
func unheard(d *facts.Death) bool {
	return slices.ContainsFunc(d.Failed, func(f facts.FailedCall) bool {
		return f.Error == "ECONNREFUSED" && f.Call != "connect" && strings.HasSuffix(f.On, ":53")
	})
}

// lookupWords are how resolvers and programs tell that a name was not found.
var lookupWords = []string{"resolve", "not known", "nxdomain", "lookup", "no such host", "getaddrinfo", "name resolution", "eai_", "enotfound", "unknown host", "host not found"}

// sameHost reports whether two names are one name with and without a search domain.
func sameHost(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if a == b || strings.HasPrefix(b, a+".") {
		return true
	}
	first, rest, more := strings.Cut(a, ".")
	other, longer, _ := strings.Cut(b, ".")
	return more && first == other && strings.HasSuffix(longer, "."+rest)
}
