package dnswire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// packet makes a message with one question and answers that point at its name.
func packet(name string, qtype, flags uint16, answers ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, 7)
	b = binary.BigEndian.AppendUint16(b, flags)
	b = append(b, 0, 1, 0, byte(len(answers)), 0, 0, 0, 0)
	for label := range strings.SplitSeq(name, ".") {
		if label != "" {
			b = append(append(b, byte(len(label))), label...)
		}
	}
	b = append(b, 0)
	b = binary.BigEndian.AppendUint16(b, qtype)
	b = append(b, 0, 1)
	for _, a := range answers {
		b = append(b, a...)
	}
	return b
}

// record is an answer for the name of the question.
func record(typ uint16, data ...byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0xc0, headerBytes}, typ)
	b = append(b, 0, 1, 0, 0, 0, 60)
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
	return append(b, data...)
}

func TestRead_text(t *testing.T) {
	for _, c := range []struct {
		data []byte
		want string
	}{
		{packet("db.shop", 1, 0x0100), "A db.shop"},
		{packet("DB.Shop", 28, 0x8183), "AAAA db.shop NXDOMAIN"},
		{packet("db.shop", 1, 0x8180, record(1, 10, 0, 0, 7), record(1, 10, 0, 0, 8)), "A db.shop 10.0.0.7 10.0.0.8"},
		{packet("db.shop", 28, 0x8180), "AAAA db.shop (no records)"},
		{packet("db.shop", 1, 0x8180, record(1, 10, 0, 0)), "A db.shop (1 records)"},
		{packet("db.shop", 99, 0x8182), "TYPE99 db.shop SERVFAIL"},
		{packet("db.shop", 1, 0x818c), "A db.shop RCODE12"},
		{packet("", 2, 0x0100), "NS ."},
	} {
		m, ok := Read(c.data, false, nil)
		if got := string(m.AppendText(nil)); !ok || got != c.want {
			t.Errorf("got %q, %v, want %q", got, ok, c.want)
		}
		stream := append([]byte{0, byte(len(c.data))}, c.data...)
		if m, ok := Read(stream, true, nil); !ok || string(m.AppendText(nil)) != c.want {
			t.Errorf("over TCP: %q, %v, want %q", m.AppendText(nil), ok, c.want)
		}
	}
}

func TestRead_cutAnywhere(t *testing.T) {
	data := packet("db.shop", 1, 0x8180, record(1, 10, 0, 0, 7), record(1, 10, 0, 0, 8))
	question := len(packet("db.shop", 1, 0))
	for n := range data {
		m, ok := Read(data[:n], false, nil)
		if ok != (n >= question) {
			t.Errorf("%d bytes: %v", n, ok)
		}
		if ok && m.Answers != 2 {
			t.Errorf("%d bytes: %d answers are announced", n, m.Answers)
		}
	}
}

func TestRead_refuses(t *testing.T) {
	good := packet("a.b", 1, 0x0100)
	for name, change := range map[string]func(b []byte){
		"operation":       func(b []byte) { b[2] = 0x28 },
		"reserved bit":    func(b []byte) { b[3] = 0x40 },
		"two questions":   func(b []byte) { b[5] = 2 },
		"many answers":    func(b []byte) { b[6] = 0xff },
		"long label":      func(b []byte) { b[headerBytes] = 64 },
		"pointer to self": func(b []byte) { b[headerBytes], b[headerBytes+1] = 0xc0, headerBytes },
		"pointer onwards": func(b []byte) { b[headerBytes], b[headerBytes+1] = 0xc0, headerBytes+2 },
	} {
		b := bytes.Clone(good)
		change(b)
		if m, ok := Read(b, false, nil); ok {
			t.Errorf("%s: read as %q", name, m.AppendText(nil))
		}
	}
	if _, ok := Read([]byte("this is no message of DNS at all"), false, nil); ok {
		t.Error("text is taken for a message")
	}
}

func TestRead_nameIsBounded(t *testing.T) {
	label := strings.Repeat("x", 61)
	if _, ok := Read(packet(strings.Join([]string{label, label, label, label}, "."), 1, 0x0100), false, nil); !ok {
		t.Error("a name of 249 bytes is refused")
	}
	if _, ok := Read(packet(strings.Join([]string{label, label, label, label, label}, "."), 1, 0x0100), false, nil); ok {
		t.Error("a name of 311 bytes is taken")
	}
}

func TestRecords_targets(t *testing.T) {
	// "www" and a pointer to the name of the question; then the same for a record that
	// points behind itself, which is not followed.
	data := packet("db.shop", 5, 0x8180, record(5, 3, 'W', 'w', 'w', 0xc0, headerBytes), record(5, 0xc0, 0xff), record(12, 0), record(16, 3, 'a', 'b', 'c'))
	m, ok := Read(data, false, nil)
	if !ok {
		t.Fatal("not read")
	}
	var got []string
	m.Records(func(r Record) bool {
		name, ok := r.AppendTarget(nil)
		got = append(got, fmt.Sprintf("%s %s %v", TypeName(r.Type), name, ok))
		return true
	})
	if s, want := strings.Join(got, "; "), "CNAME www.db.shop true; CNAME  false; PTR . true; TXT  false"; s != want {
		t.Errorf("got %s, want %s", s, want)
	}
	n := 0
	m.Records(func(Record) bool { n++; return false })
	if n != 1 {
		t.Errorf("%d records after a stop", n)
	}
}

func TestLabel_dotsAreMarked(t *testing.T) {
	data := packet("a_b.shop", 1, 0x0100)
	data[headerBytes+2] = '.'
	if m, ok := Read(data, false, nil); !ok || string(m.Name) != `a\.b.shop` {
		t.Errorf("got %q, %v", m.Name, ok)
	}
}

// Whatever the bytes are: no panic, names within their bound, the message untouched.
func FuzzRead(f *testing.F) {
	f.Add(packet("db.shop", 1, 0x8180, record(1, 10, 0, 0, 7)), false)
	f.Add(packet("db.shop", 5, 0x8180, record(5, 3, 'w', 'w', 'w', 0xc0, headerBytes), record(28, make([]byte, 16)...)), false)
	f.Add(append([]byte{0, 33}, packet("a.b", 33, 0x0100)...), true)
	f.Fuzz(func(t *testing.T, data []byte, stream bool) {
		before := bytes.Clone(data)
		scratch := []byte("kept")
		m, ok := Read(data, stream, scratch)
		if !ok {
			return
		}
		if len(m.Name) == 0 || len(m.Name) > 2*maxName {
			t.Errorf("a name of %d bytes", len(m.Name))
		}
		n := 0
		m.Records(func(r Record) bool {
			n++
			if b, ok := r.AppendTarget([]byte("kept")); !bytes.HasPrefix(b, []byte("kept")) || ok && len(b) > 4+2*maxName {
				t.Errorf("target %q", b)
			}
			return true
		})
		if n > maxRecords || n > m.Answers {
			t.Errorf("%d records", n)
		}
		m.AppendText(nil)
		if !bytes.Equal(before, data) || string(scratch) != "kept" {
			t.Error("the input was changed")
		}
	})
}
