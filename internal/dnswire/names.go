package dnswire

import "strconv"

// The types of records that the package itself looks into. Source: RFC 1035, section
// 3.2.2, and RFC 3596.
const (
	TypeA     uint16 = 1
	TypeNS    uint16 = 2
	TypeCNAME uint16 = 5
	TypePTR   uint16 = 12
	TypeAAAA  uint16 = 28
)

// types are the types that resolvers ask for. Source: the IANA registry "Domain Name
// System (DNS) Parameters".
var types = map[uint16]string{
	TypeA: "A", TypeNS: "NS", TypeCNAME: "CNAME", 6: "SOA", TypePTR: "PTR", 15: "MX", 16: "TXT", TypeAAAA: "AAAA",
	33: "SRV", 35: "NAPTR", 43: "DS", 48: "DNSKEY", 64: "SVCB", 65: "HTTPS", 255: "ANY",
}

// rcodes are the outcomes. Source: RFC 1035, section 4.1.1, and RFC 2136, section 2.2.
var rcodes = [...]string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"}

// TypeName is the name of a type of records, TYPE99 where it has none (RFC 3597).
func TypeName(t uint16) string {
	if name, ok := types[t]; ok {
		return name
	}
	return "TYPE" + strconv.Itoa(int(t))
}

// RcodeName is the name of an outcome, RCODE12 where it has none.
func RcodeName(code int) string {
	if code >= 0 && code < len(rcodes) {
		return rcodes[code]
	}
	return "RCODE" + strconv.Itoa(code)
}

// AppendText appends the message on one line: "A web.shop.svc", "A web.shop.svc
// NXDOMAIN", "A web 10.0.0.7 10.0.0.8". Addresses are those whose bytes were captured.
func (m *Message) AppendText(b []byte) []byte {
	b = append(append(b, TypeName(m.Type)...), ' ')
	b = append(b, m.Name...)
	if !m.Response {
		return b
	}
	if m.Rcode != 0 {
		b = append(append(b, ' '), RcodeName(int(m.Rcode))...)
	}
	before := len(b)
	m.Records(func(r Record) bool {
		if a, ok := r.Addr(); ok {
			b = a.AppendTo(append(b, ' '))
		}
		return true
	})
	switch {
	case m.Rcode != 0 || len(b) > before:
	case m.Answers == 0:
		b = append(b, " (no records)"...)
	default:
		b = strconv.AppendInt(append(b, " ("...), int64(m.Answers), 10)
		b = append(b, " records)"...)
	}
	return b
}
