package scap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
)

var update = flag.Bool("update", false, "renew what the rules say they want")

// assemble turns an annotated dump into bytes. A line is a width and values: u8 u16 u32
// u64 (decimal, 0x, or negative), str (u16 length and text), z (text and NUL), raw
// (text), hex, zero N. "block TYPE" begins a block and "end" ends it with padding and
// both lengths; "end N" writes N as the length behind and "length N" as the one in front.
// "entry" and "done" enclose an entry with its own length, counting itself; "done -4"
// does not count it. "event TIME TID CODE COUNT" begins an event and "fin" ends it;
// "par" begins a parameter, whose length is noted. What follows "#" is a comment.
func assemble(t testing.TB, text string) []byte {
	t.Helper()
	var out []byte
	block, length, entry := -1, int64(-1), -1
	ev, lens, par := -1, 0, -1
	endPar := func() {
		if par >= 0 {
			binary.LittleEndian.PutUint16(out[lens:], uint16(len(out)-par))
			lens += 2
			par = -1
		}
	}
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, " #")
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		num := func(i int) int64 {
			v, err := strconv.ParseInt(f[i], 0, 64)
			if err != nil {
				u, uerr := strconv.ParseUint(f[i], 0, 64)
				if uerr != nil {
					t.Fatalf("line %d: %v", n+1, err)
				}
				v = int64(u)
			}
			return v
		}
		rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), f[0]))
		switch f[0] {
		case "u8", "u16", "u32", "u64":
			for i := 1; i < len(f); i++ {
				var b [8]byte
				binary.LittleEndian.PutUint64(b[:], uint64(num(i)))
				w, _ := strconv.Atoi(f[0][1:])
				out = append(out, b[:w/8]...)
			}
		case "str":
			rest = strings.ReplaceAll(rest, `\0`, "\x00")
			out = append(le16(out, uint16(len(rest))), rest...)
		case "z":
			out = append(append(out, rest...), 0)
		case "raw":
			out = append(out, rest...)
		case "hex":
			for _, h := range f[1:] {
				var b byte
				fmt.Sscanf(h, "%02x", &b)
				out = append(out, b)
			}
		case "zero":
			out = append(out, make([]byte, num(1))...)
		case "block":
			block, length = len(out), -1
			out = le32(le32(out, uint32(num(1))), 0)
		case "length":
			length = num(1)
		case "end":
			for (len(out)-block)%4 != 0 {
				out = append(out, 0)
			}
			total := uint32(len(out) - block + 4)
			binary.LittleEndian.PutUint32(out[block+4:], total)
			if length >= 0 {
				binary.LittleEndian.PutUint32(out[block+4:], uint32(length))
			}
			if len(f) > 1 {
				total = uint32(num(1))
			}
			out = le32(out, total)
		case "entry":
			entry = len(out)
			out = le32(out, 0)
		case "done":
			size := int64(len(out) - entry)
			if len(f) > 1 {
				size += num(1)
			}
			binary.LittleEndian.PutUint32(out[entry:], uint32(size))
		case "event", "event1":
			ev = len(out)
			out = le64(out, uint64(num(1)))
			out = le64(out, uint64(num(2)))
			out = le32(out, 0)
			out = le16(out, uint16(num(3)))
			if f[0] == "event" {
				out = le32(out, uint32(num(4)))
			}
			lens = len(out)
			out = append(out, make([]byte, 2*num(4))...)
		case "par":
			endPar()
			par = len(out)
		case "fin":
			endPar()
			binary.LittleEndian.PutUint32(out[ev+16:], uint32(len(out)-ev))
			if len(f) > 1 {
				binary.LittleEndian.PutUint32(out[ev+16:], uint32(int64(len(out)-ev)+num(1)))
			}
		default:
			t.Fatalf("line %d: what is %q?", n+1, f[0])
		}
	}
	return out
}

// teller writes down what a capture says.
type teller struct{ strings.Builder }

func (w *teller) Section(major, minor uint16) { fmt.Fprintf(w, "section %d.%d\n", major, minor) }
func (w *teller) SetMachine(m event.Machine)  { fmt.Fprintf(w, "machine %+v\n", m) }
func (w *teller) AddInterface(i event.Interface) {
	fmt.Fprintf(w, "interface %s %s speed %d\n", i.Name, event.AppendIP(nil, i.Addr, i.V6), i.LinkSpeed)
}
func (w *teller) AddUser(u event.User)   { fmt.Fprintf(w, "user %+v\n", u) }
func (w *teller) AddGroup(g event.Group) { fmt.Fprintf(w, "group %+v\n", g) }
func (w *teller) AddThread(t event.Thread) {
	fmt.Fprintf(w, "thread %d pid %d ptid %d sid %d vpgid %d pgid %d comm %q exe %q exepath %q args %q cwd %q limit %d flags %d uid %d gid %d vm %d/%d/%d faults %d/%d env %q v %d/%d cgroups %q root %q login %d writable %v caps %d/%d/%d tty %d ino %d layers %v/%v memfd %v\n",
		t.Tid, t.Pid, t.Ptid, t.Sid, t.VPgid, t.Pgid, t.Comm, t.Exe, t.ExePath, t.Args, t.Cwd, t.FDLimit, t.Flags, t.UID, t.GID,
		t.VMSizeKiB, t.VMRSSKiB, t.VMSwapKiB, t.PFMajor, t.PFMinor, t.Env, t.Vtid, t.Vpid, t.Cgroups, t.Root, int32(t.LoginUID), t.ExeWritable,
		t.CapInheritable, t.CapPermitted, t.CapEffective, t.TTY, t.ExeIno, t.ExeUpperLayer, t.ExeLowerLayer, t.ExeFromMemfd)
}
func (w *teller) AddFD(tid, fd int64, f event.FD) {
	f.Named = true
	fmt.Fprintf(w, "fd %d/%d kind %d l4 %d name %q flags %#x dev %d ino %d unix %d/%d\n", tid, fd, f.Kind, f.L4, f.String(), f.OpenFlags, f.Dev, f.Ino, f.Source, f.Peer)
}

// tell reads a capture and writes down all of it.
func tell(b []byte, opt ReadOptions) string {
	w := &teller{}
	opt.Meta = w
	r, err := NewReader(bytes.NewReader(b), opt)
	if err != nil {
		return fmt.Sprintf("error %v\n", err)
	}
	defer r.Close()
	var ev event.Event
	for {
		err := r.Next(&ev)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Fprintf(w, "error %v\n", err)
			break
		}
		name := "?"
		if ev.Kind != nil {
			name = ev.Kind.Name
		}
		fmt.Fprintf(w, "event %d time %d tid %d cpu %d code %d %s flags %d large %v:", ev.Num, ev.TsNanos, ev.Tid, ev.CPU, ev.Type, name, ev.Flags&^event.FlagInitial, ev.Large)
		for i := range ev.NParams {
			p, _ := ev.Param(i)
			fmt.Fprintf(w, " %x", p)
		}
		w.WriteByte('\n')
	}
	s := r.Stats()
	if p := r.Private(); p != nil {
		fmt.Fprintf(w, "private %+v\n", p.Facts)
	}
	fmt.Fprintf(w, "events %d hidden %d bad %d unknown-types %d unknown-blocks %d bad-meta %d resyncs %d skipped %d truncated %v\n",
		s.Events, s.Hidden, s.BadEvents, s.UnknownTypes, s.UnknownBlocks, s.BadMeta, s.Resyncs, s.SkippedBytes, s.Truncated)
	for _, d := range s.Damage {
		fmt.Fprintf(w, "damage %v\n", d)
	}
	return w.String()
}

// Each file of testdata/rules is an annotated dump, and behind "-- want --" what reading it
// must say.
func TestRules(t *testing.T) {
	files, _ := filepath.Glob("testdata/rules/*.dump")
	if len(files) < 15 {
		t.Fatalf("only %d rules", len(files))
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".dump"), func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dump, want, _ := strings.Cut(string(b), "-- want --\n")
			bin := assemble(t, dump)
			got := tell(bin, ReadOptions{Workers: 1})
			if *update {
				if err := os.WriteFile(path, []byte(dump+"-- want --\n"+got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// ruleFiles gives the assembled rules, which cover every block type.
func ruleFiles(t testing.TB) map[string][]byte {
	t.Helper()
	files, _ := filepath.Glob("testdata/rules/*.dump")
	slices.Sort(files)
	out := map[string][]byte{}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		dump, _, _ := strings.Cut(string(b), "-- want --\n")
		out[filepath.Base(path)] = assemble(t, dump)
	}
	return out
}
