package capture

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// DumpOptions tune Dump. The zero value dumps everything.
type DumpOptions struct {
	// From and To are numbers of event blocks, from 1; 0 leaves an end open. Metadata is
	// dumped only where From is 0 or 1.
	From, To uint64
	// Bytes is how much of a text or buffer is shown; 0 is 64.
	Bytes int
	// Masker takes credentials out; nil leaves them in.
	Masker *Masker
}

// Bounds of a dump.
const (
	// dumpBlock is the largest block that is decoded; larger ones are stepped over. Metadata of
	// a large machine is a few megabytes.
	dumpBlock = 64 << 20
	// chunk is how much memory a length in the file costs before its bytes are there.
	chunk = 1 << 20
)

// Dump writes what each block of a capture holds: its offset in the unpacked file,
// type, length, and fields. A chain of blocks that breaks ends the dump with an
// error that wraps scap's classes; what stands before is written.
func Dump(ctx context.Context, in io.Reader, out io.Writer, o DumpOptions) error {
	src, wrapping, err := scap.Unwrap(in)
	if err != nil {
		return err
	}
	defer src.Close()
	if o.Bytes <= 0 {
		o.Bytes = 64
	}
	w := bufio.NewWriterSize(out, 64<<10)
	d := &dumper{r: bufio.NewReaderSize(src, 256<<10), w: w, o: o}
	if wrapping != "" {
		fmt.Fprintf(w, "# unpacked from %s\n", wrapping)
	}
	err = d.run(ctx)
	return errors.Join(err, w.Flush())
}

type dumper struct {
	r      *bufio.Reader
	w      *bufio.Writer
	o      DumpOptions
	off    int64
	events uint64
	body   []byte
}

func (d *dumper) run(ctx context.Context) error {
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		head, err := d.r.Peek(8)
		switch {
		case len(head) == 0 && err == io.EOF:
			return nil
		case len(head) < 8:
			return d.fault(0, "block header", scap.ErrTruncated)
		}
		typ, total := binary.LittleEndian.Uint32(head), int64(binary.LittleEndian.Uint32(head[4:]))
		if total < 12 {
			return d.fault(typ, fmt.Sprintf("block length %d", total), scap.ErrCorrupt)
		}
		done, err := d.block(typ, total)
		if done || err != nil {
			return err
		}
		d.off += total
	}
}

func (d *dumper) fault(typ uint32, field string, class error) error {
	return &scap.FormatError{Offset: d.off, Block: typ, Field: field, Err: class}
}

// block reads and prints one block; done says that nothing behind it is wanted.
func (d *dumper) block(typ uint32, total int64) (done bool, err error) {
	isEvent := eventBlock(typ)
	if isEvent {
		d.events++
		if d.o.To > 0 && d.events > d.o.To {
			return true, nil
		}
	}
	wanted := isEvent && d.events >= d.o.From || !isEvent && d.o.From <= 1
	if !wanted || total > dumpBlock {
		if wanted {
			fmt.Fprintf(d.w, "%d %s, %d bytes: too large to show\n", d.off, scap.BlockName(typ), total)
		}
		if _, err := io.CopyN(io.Discard, d.r, total); err != nil {
			return false, d.fault(typ, "body", scap.ErrTruncated)
		}
		return false, nil
	}
	// The bytes are read as they come: a length alone costs nothing.
	d.body = d.body[:0]
	for int64(len(d.body)) < total {
		n := int(min(total-int64(len(d.body)), chunk))
		at := len(d.body)
		d.body = append(d.body, make([]byte, n)...)
		if _, err := io.ReadFull(d.r, d.body[at:]); err != nil {
			return false, d.fault(typ, "body", scap.ErrTruncated)
		}
	}
	trailer := int64(binary.LittleEndian.Uint32(d.body[total-4:]))
	if isEvent {
		d.event(typ, total)
	} else {
		fmt.Fprintf(d.w, "%d %s, %d bytes\n", d.off, scap.BlockName(typ), total)
		d.metadata(typ)
	}
	if trailer != total {
		fmt.Fprintf(d.w, "    trailer says %d bytes\n", trailer)
		if !isEvent {
			return false, d.fault(typ, "trailer", scap.ErrCorrupt)
		}
	}
	return false, nil
}

func eventBlock(typ uint32) bool {
	switch typ {
	case 0x204, 0x208, 0x8010ABCD, scap.BlockEvent, scap.BlockEventF, scap.BlockEventL, scap.BlockEventFL:
		return true
	}
	return false
}

// emptySection is a section header of format 1.2.
var emptySection = []byte{0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 2, 0, 255, 255, 255, 255, 255, 255, 255, 255, 28, 0, 0, 0}

// lone gives the block to the real reader, as a file of its own, so that a dump shows
// what that reader makes of it.
func (d *dumper) lone(sink scap.Sink) (*scap.Reader, error) {
	return scap.NewReader(io.MultiReader(bytes.NewReader(emptySection), bytes.NewReader(d.body)), scap.ReadOptions{Meta: sink, Workers: 1})
}

func (d *dumper) metadata(typ uint32) {
	if typ == scap.BlockSection {
		b := d.body[8:]
		if len(b) >= 8 {
			fmt.Fprintf(d.w, "    magic 0x%08X, version %d.%d\n", binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]))
		}
		return
	}
	p := &printer{w: d.w, limit: d.o.Bytes, mask: d.o.Masker}
	r, err := d.lone(p)
	if err != nil {
		fmt.Fprintf(d.w, "    cannot be read: %v\n", err)
		return
	}
	defer r.Close() //nolint:errcheck // only read: closing loses nothing
	var ev event.Event
	for r.Next(&ev) == nil {
		continue
	}
	if x := r.Private(); x != nil {
		for _, f := range x.Facts {
			fmt.Fprintf(d.w, "    %s = %s\n", quote([]byte(f.Name), d.o.Bytes), quote([]byte(f.Value), d.o.Bytes))
		}
	}
	st := r.Stats()
	for _, x := range st.Damage {
		fmt.Fprintf(d.w, "    damaged: %s at %d: %v\n", x.Field, d.off+x.Offset-int64(len(emptySection)), x.Err)
	}
	if st.UnknownBlocks > 0 {
		fmt.Fprintf(d.w, "    unknown: %s\n", hexed(d.body[8:len(d.body)-4], d.o.Bytes))
	}
}

func (d *dumper) event(typ uint32, total int64) {
	r, err := d.lone(nil)
	if err != nil {
		fmt.Fprintf(d.w, "%d %s, %d bytes: cannot be read: %v\n", d.off, scap.BlockName(typ), total, err)
		return
	}
	defer r.Close() //nolint:errcheck // only read: closing loses nothing
	var read event.Event
	if err := r.Next(&read); err != nil {
		fmt.Fprintf(d.w, "%d %s, %d bytes, event %d: bad\n", d.off, scap.BlockName(typ), total, d.events)
		for _, x := range r.Stats().Damage {
			fmt.Fprintf(d.w, "    damaged: %s: %v\n", x.Field, x.Err)
		}
		return
	}
	ev := d.o.Masker.Event(&read)
	fmt.Fprintf(d.w, "%d %s, %d bytes, event %d: %s (%d) %s, time %d, tid %d, cpu %d", d.off, scap.BlockName(typ), total, d.events, ev.Name(), ev.Type, direction(ev), ev.TsNanos, ev.Tid, ev.CPU)
	if flags := ev.Flags &^ event.FlagInitial; flags != 0 {
		fmt.Fprintf(d.w, ", flags 0x%x", flags)
	}
	fmt.Fprintf(d.w, ", %d parameters\n", ev.NParams)
	for i := range ev.NParams {
		b, _ := ev.Param(i)
		p := &event.Param{Name: fmt.Sprintf("parameter %d", i+1), Type: event.ByteBuf}
		if ev.Kind != nil && i < len(ev.Kind.Params) {
			p = &ev.Kind.Params[i]
		}
		fmt.Fprintf(d.w, "    %s = %s  (%d bytes)\n", p.Name, Text(p, b, d.o.Bytes), len(b))
	}
}

func direction(ev *event.Event) string {
	if ev.IsEnter() {
		return "enter"
	}
	return "exit"
}

// printer prints what metadata says.
type printer struct {
	w     io.Writer
	limit int
	mask  *Masker
}

func (p *printer) q(s string) string { return quote([]byte(p.mask.Text(s)), p.limit) }

// Section is part of scap.Sink.
func (p *printer) Section(uint16, uint16) {}

// SetMachine is part of scap.Sink.
func (p *printer) SetMachine(m event.Machine) {
	fmt.Fprintf(p.w, "    cpus %d, memory %d, highest pid %d, host %s, boot %d\n", m.CPUs, m.MemoryBytes, m.MaxPid, p.q(m.Hostname), m.BootNanos)
}

// AddInterface is part of scap.Sink.
func (p *printer) AddInterface(i event.Interface) {
	fmt.Fprintf(p.w, "    interface %s %s/%s\n", p.q(i.Name), event.AppendIP(nil, i.Addr, i.V6), event.AppendIP(nil, i.Netmask, i.V6))
}

// AddUser is part of scap.Sink.
func (p *printer) AddUser(u event.User) {
	fmt.Fprintf(p.w, "    user %d (group %d) %s, home %s, shell %s\n", u.UID, u.GID, p.q(u.Name), p.q(u.Home), p.q(u.Shell))
}

// AddGroup is part of scap.Sink.
func (p *printer) AddGroup(g event.Group) { fmt.Fprintf(p.w, "    group %d %s\n", g.GID, p.q(g.Name)) }

// AddThread is part of scap.Sink.
func (p *printer) AddThread(t event.Thread) {
	t.Args, t.Env = p.mask.List(t.Args), p.mask.List(t.Env)
	fmt.Fprintf(p.w, "    thread %d of process %d, parent %d: %s exe %s args %s cwd %s root %s\n", t.Tid, t.Pid, t.Ptid, p.q(t.Comm), p.q(t.Exe), p.q(t.Args), p.q(t.Cwd), p.q(t.Root))
	fmt.Fprintf(p.w, "        uid %d, gid %d, login %d, flags 0x%x, descriptors %d, vmsize %d, vmrss %d, vmswap %d KiB, vtid %d, vpid %d\n", t.UID, t.GID, int32(t.LoginUID), t.Flags, t.FDLimit, t.VMSizeKiB, t.VMRSSKiB, t.VMSwapKiB, t.Vtid, t.Vpid)
	fmt.Fprintf(p.w, "        cgroups %s env %s\n", p.q(t.Cgroups), p.q(t.Env))
}

// AddFD is part of scap.Sink.
func (p *printer) AddFD(tid, fd int64, f event.FD) {
	fmt.Fprintf(p.w, "    descriptor %d of %d: kind %d %s, inode %d, flags 0x%x\n", fd, tid, f.Kind, p.q(f.String()), f.Ino, f.OpenFlags)
}
