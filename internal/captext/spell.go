package captext

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/dnswire"
	"github.com/unloop-dev/unloop/scap"
)

// usualNumber is what a number is that a line does not tell.
func usualNumber(p *event.Param) int64 {
	switch {
	case p.Name == "dirfd":
		return -100 // AT_FDCWD
	case p.Name == "flags" && len(p.Names) > 0:
		return 1 // read only
	}
	return 0
}

// spell writes a parameter as value reads it; usual says that value takes it for granted, and
// ok is false where the form has no word for it.
func spell(p *event.Param, b []byte) (v string, usual, ok bool) {
	if len(b) == 0 {
		return "", true, true
	}
	switch p.Type {
	case event.CharBuf, event.FSPath, event.FSRelPath:
		return string(event.CString(b)), false, true
	case event.ByteBuf:
		return spellData(b)
	case event.SockAddr:
		if a := spellAddr(b); a != "" {
			return a, false, true
		}
		return string(b), false, b[0] <= 10
	}
	if scap.Width(p.Type) == 0 {
		return string(b), false, true
	}
	n, isNumber := event.Unsigned(b)
	if !isNumber {
		return "", false, false
	}
	signed := int64(n)
	switch p.Type {
	case event.Int8, event.Int16, event.Int32, event.Int64, event.Errno, event.Fd, event.Pid, event.Fd32, event.Pid32:
		signed, _ = event.Signed(b)
	}
	switch words := flagWords(p, n); {
	case signed == usualNumber(p):
		return "", true, true
	case words != "":
		return words, false, true
	case p.Fmt == event.Oct && signed > 0:
		return "0" + strconv.FormatInt(signed, 8), false, true
	case p.Fmt == event.Hex && signed > 0:
		return "0x" + strconv.FormatInt(signed, 16), false, true
	}
	return strconv.FormatInt(signed, 10), false, true
}

// flagWords names a flag, or all bits of a set; "" where names do not make the number.
func flagWords(p *event.Param, n uint64) string {
	var words []string
	left := n
	for _, f := range p.Names {
		switch v := uint64(f.Value); {
		case v == n:
			return f.Name
		case v != 0 && left&v == v:
			words, left = append(words, f.Name), left&^v
		}
	}
	if left != 0 {
		return ""
	}
	return strings.Join(words, "|")
}

// spellData writes what was read or written; messages of name servers in words where those
// say all.
func spellData(b []byte) (v string, usual, ok bool) {
	if m, isDNS := dnswire.Read(b, false, nil); isDNS {
		kind := "dns? "
		if m.Response {
			kind = "dns! "
		}
		v := string(m.AppendText([]byte(kind)))
		if back, err := payload(v); err == nil && bytes.Equal(back, b) {
			return v, false, true
		}
	}
	word, _, _ := strings.Cut(string(b), " ")
	return string(b), false, word != "dns?" && word != "dns!"
}

// spellAddr writes an address as value reads it, "" where it cannot.
func spellAddr(b []byte) string {
	var ip []byte
	switch {
	case b[0] == 2 && len(b) == 7, b[0] == 10 && len(b) == 19:
		ip = b[1 : len(b)-2]
	case b[0] == 1 && len(b) > 2 && bytes.IndexByte(b, 0) == len(b)-1 && b[1] == '/':
		return string(b[1 : len(b)-1])
	default:
		return ""
	}
	a, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(a, binary.LittleEndian.Uint16(b[len(b)-2:])).String()
}

// ends is an end of a connection as the state holds it.
func ends(ip [16]byte, port uint16, v6 bool) string {
	a := netip.AddrFrom16(ip)
	if !v6 {
		a = netip.AddrFrom4([4]byte(ip[:4]))
	}
	return netip.AddrPortFrom(a, port).String()
}

// socketEnds gives from= and to= of a call where they say all that its tuple and address do.
func socketEnds(k *event.Kind, tuple, addr []byte) (from, to string, ok bool) {
	has := func(name string) bool {
		return slices.ContainsFunc(k.Params, func(p event.Param) bool { return p.Name == name })
	}
	switch {
	case !has("tuple") || len(tuple) == 0 || has("addr") && len(addr) == 0:
		return "", "", false
	case tuple[0] == 2 && len(tuple) == 13, tuple[0] == 10 && len(tuple) == 37:
		half := (len(tuple) - 1) / 2
		from = spellAddr(append(tuple[:1:1], tuple[1:1+half]...))
		to = spellAddr(append(tuple[:1:1], tuple[1+half:]...))
	case tuple[0] == 1 && len(tuple) > 18:
		to = string(event.CString(tuple[17:]))
	}
	s := &statement{pairs: map[string]string{"to": to}, used: map[string]bool{}}
	if from != "" {
		s.pairs["from"] = from
	}
	if to == "" || sockets(s) != nil || s.pairs["tuple"] != string(tuple) || has("addr") && s.pairs["addr"] != string(addr) {
		return "", "", false
	}
	return from, to, true
}

// errno is a result as the form has it.
func errno(res int64) string {
	if res < 0 && res > -600 {
		if name := event.ErrnoName(-res); name != "" {
			return name
		}
	}
	return strconv.FormatInt(res, 10)
}

func number(name string, n, usual int64) string {
	if n == usual {
		return ""
	}
	return name + strconv.FormatInt(n, 10)
}

func pair(name, v string) string { return " " + name + "=" + wordOf(v) }

// wordOf quotes a value where it has to be.
func wordOf(v string) string {
	for _, c := range []byte(v) {
		if c <= ' ' || c >= 0x7f || c == '"' {
			return strconv.Quote(v)
		}
	}
	if v == "" {
		return `""`
	}
	return v
}

// word quotes a word of its own where it has to be.
func word(v string) string {
	if strings.ContainsAny(v, "=#") {
		return strconv.Quote(v)
	}
	return wordOf(v)
}

func shortDir(dir string) string {
	if len(dir) > 1 {
		return strings.TrimSuffix(dir, "/")
	}
	return dir
}

// shortArgs puts blanks between arguments where none holds one.
func shortArgs(args string) string {
	rest, ended := strings.CutSuffix(args, "\x00")
	list := strings.Split(rest, "\x00")
	if short := strings.Join(list, " "); ended && slices.Equal(strings.Fields(short), list) {
		return short
	}
	return args
}
