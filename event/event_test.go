package event

import (
	"encoding/binary"
	"testing"
)

func TestKinds_tableIsSound(t *testing.T) {
	if len(Kinds()) != 454 {
		t.Fatalf("%d kinds, codes go from 0 to 453", len(Kinds()))
	}
	for i := range Kinds() {
		k := &Kinds()[i]
		if int(k.Type) != i || k.Name == "" || k.Category == "" {
			t.Errorf("entry %d is %+v", i, k)
		}
		if int(k.Portable) > len(k.Params) || int(k.Classic) > len(k.Params) {
			t.Errorf("%s (%d): %d parameters, portable %d, classic %d", k.Name, i, len(k.Params), k.Portable, k.Classic)
		}
		if k.Accepted != 0 && (k.Accepted>>k.Portable&1 == 0 || k.Accepted>>len(k.Params)&1 == 0) {
			t.Errorf("%s (%d): counts %b without portable %d or all %d", k.Name, i, k.Accepted, k.Portable, len(k.Params))
		}
		if k.Flags&HasExit != 0 && Kinds()[i^1].Name != k.Name {
			t.Errorf("%s (%d) pairs with %s", k.Name, i, Kinds()[i^1].Name)
		}
		if k.Flags&Unused != 0 && len(k.Params) > 0 {
			t.Errorf("%s (%d) is unused and has parameters", k.Name, i)
		}
		for n := range k.Params {
			p := &k.Params[n]
			if p.Name == "" || p.Type == None {
				t.Errorf("%s (%d) parameter %d: %+v", k.Name, i, n, p)
			}
			if p.DirFD >= 0 && (int(p.DirFD) >= len(k.Params) || k.Params[p.DirFD].Type != Fd || p.Type != FSRelPath) {
				t.Errorf("%s (%d) %s: directory in parameter %d", k.Name, i, p.Name, p.DirFD)
			}
			if (p.Type == Dyn) != (len(p.Variants) > 0) {
				t.Errorf("%s (%d) %s: variants", k.Name, i, p.Name)
			}
		}
	}
}

// A few entries by hand, so that a table that was made wrong as a whole is found out.
func TestKinds_samples(t *testing.T) {
	for _, c := range []struct {
		typ     Type
		name    string
		params  int
		classic uint8
		cat     Category
	}{
		{0, "syscall", 2, 2, CatOther}, {3, "open", 6, 5, CatFile}, {5, "close", 2, 1, CatIOOther},
		{7, "read", 4, 2, CatIORead}, {19, "socket", 5, 1, CatNet}, {186, "procexit", 5, 4, CatProcess},
		{293, "execve", 31, 20, CatProcess}, {307, "openat", 7, 6, CatFile}, {324, "container", 1, 1, CatProcess},
		{402, "asyncevent", 3, 0, CatOther}, {451, "close_range", 4, 0, CatIOOther},
	} {
		k := KindOf(c.typ)
		if k.Name != c.name || len(k.Params) != c.params || k.Classic != c.classic || k.Category != c.cat {
			t.Errorf("%d is %s with %d parameters, classic %d, %s", c.typ, k.Name, len(k.Params), k.Classic, k.Category)
		}
	}
	for _, typ := range []Type{322, 324, 402} {
		if KindOf(typ).Flags&LargePayload == 0 {
			t.Errorf("%d is large", typ)
		}
	}
	if KindOf(454) != nil || KindOf(65535) != nil {
		t.Error("codes beyond the table have an entry")
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{ErrnoName(2), "ENOENT"}, {ErrnoName(11), "EAGAIN"}, {ErrnoName(115), "EINPROGRESS"}, {ErrnoName(512), "ERESTARTSYS"},
		{ErrnoName(0), ""}, {ErrnoName(-2), ""}, {ErrnoName(1 << 40), ""},
		{SignalName(9), "SIGKILL"}, {SignalName(15), "SIGTERM"}, {SignalName(31), "SIGSYS"}, {SignalName(0), ""}, {SignalName(64), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	for id, want := range map[uint16]string{3: "read", 328: "clone3", 392: "close_range", 436: "pciconfig_iobase"} {
		if s, ok := SyscallOf(id); !ok || s.Name != want || s.Category == "" {
			t.Errorf("%d is %+v", id, s)
		}
	}
	if _, ok := SyscallOf(60000); ok {
		t.Error("60000 has a name")
	}
}

func TestEvent_params(t *testing.T) {
	small := Event{Type: 7, Kind: KindOf(7), NParams: 2, Lens: []byte{8, 0, 3, 0}, Data: append(binary.LittleEndian.AppendUint64(nil, ^uint64(1)), "abc"...)}
	if v, ok := small.Int(0); !ok || v != -2 || !small.Failed() {
		t.Errorf("result %d, %v", v, ok)
	}
	if b, ok := small.Named("data"); !ok || string(b) != "abc" {
		t.Errorf("data %q", b)
	}
	if _, ok := small.Named("fd"); ok {
		t.Error("a parameter that the layout does not have")
	}
	if _, ok := small.Param(-1); ok {
		t.Error("parameter -1")
	}
	exec := Event{Kind: KindOf(293), NParams: 20}
	if exec.Index("vpgid") != 17 || exec.Index("pgid") != 17 || exec.Index("filename") != -1 {
		t.Error("names of both dialects")
	}
	large := Event{Large: true, NParams: 1, Lens: []byte{2, 0, 0, 0}, Data: []byte("{}")}
	if b, ok := large.Param(0); !ok || string(b) != "{}" {
		t.Errorf("large %q", b)
	}
	if s, ok := (&Event{NParams: 1, Lens: []byte{4, 0}, Data: []byte("ab\x00c")}).Text(0); !ok || string(s) != "ab" {
		t.Errorf("text %q", s)
	}
}

func TestFDTable(t *testing.T) {
	var tab FDTable
	a, b := &FD{Name: "a"}, &FD{Name: "b"}
	tab.Set(3, a)
	tab.Set(1<<40, b)
	tab.Set(-1, a)
	if tab.Get(3) != a || tab.Get(1<<40) != b || tab.Get(-1) != nil || tab.Get(4) != nil || tab.Len() != 2 {
		t.Error("set and get")
	}
	n := 0
	tab.Each(func(int64, *FD) bool { n++; return true })
	tab.Set(3, nil)
	tab.Set(1<<40, nil)
	tab.Set(7, nil)
	if n != 2 || tab.Len() != 0 || (*FDTable)(nil).Get(1) != nil || (*FDTable)(nil).Len() != 0 {
		t.Error("removal")
	}
}

// Against a map, with sparse and dense numbers in turn.
func TestFDTable_againstAMap(t *testing.T) {
	var tab FDTable
	ref := map[int64]*FD{}
	x := uint64(9)
	for i := range 100000 {
		x = x*6364136223846793005 + 1442695040888963407
		fd := int64(x >> 40 % 300)
		if i%3 == 0 {
			fd = int64(x >> 40 % 20000)
		}
		if x>>20&1 == 0 {
			delete(ref, fd)
			tab.Set(fd, nil)
		} else {
			ref[fd] = &FD{Ino: x}
			tab.Set(fd, ref[fd])
		}
		if tab.Get(fd) != ref[fd] || tab.Len() != len(ref) {
			t.Fatalf("step %d, descriptor %d: %d of %d", i, fd, tab.Len(), len(ref))
		}
	}
	n := 0
	tab.Each(func(fd int64, f *FD) bool {
		n++
		if ref[fd] != f {
			t.Fatalf("descriptor %d", fd)
		}
		return true
	})
	if n != len(ref) {
		t.Errorf("%d of %d", n, len(ref))
	}
	var one FDTable
	one.Set(8191, &FD{})
	if len(one.low) > 0 {
		t.Errorf("one high number makes a slice of %d", len(one.low))
	}
}

func TestAppendTuple(t *testing.T) {
	v4 := []byte{2, 10, 0, 0, 1, 0x39, 0x05, 10, 0, 0, 2, 80, 0}
	for in, want := range map[string]string{
		string(v4):      "10.0.0.1:1337->10.0.0.2:80",
		string(v4[:12]): "",
		"":              "",
		"\x01\x10\x00\x00\x00\x00\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00/run/x\x00": "10->20 /run/x",
		"\x07abc": "",
	} {
		if got := string(AppendTuple(nil, []byte(in))); got != want {
			t.Errorf("%x is %q, want %q", in, got, want)
		}
	}
}
