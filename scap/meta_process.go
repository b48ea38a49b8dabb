package scap

import "github.com/unloop-dev/unloop/event"

// process reads one entry of a process list; see the table in doc.go.
func (r *Reader) process(b []byte, version uint8) (int, string) {
	n := 0
	if version >= 9 {
		entry, size, bad := sized(b, 0)
		if bad != "" {
			return 0, bad
		}
		b, n = entry, size
	}
	f := fields{b: b}
	// Later versions inserted fields, so what a version lacks is left out of the row.
	t := event.Thread{Sid: -1, VPgid: -1, Pgid: -1, LoginUID: ^uint32(0)}
	t.Tid, t.Pid, t.Ptid = f.i64("tid"), f.i64("pid"), f.i64("ptid")
	if version >= 6 {
		t.Sid = f.i64("sid")
	}
	if version >= 8 {
		t.VPgid = f.i64("vpgid")
	}
	t.Comm, t.Exe = f.str("comm"), f.str("exe")
	if version >= 7 {
		t.ExePath = f.str("exepath")
	}
	t.Args, t.Cwd = f.str("args"), f.str("cwd")
	t.FDLimit = f.i64("fdlimit")
	t.Flags = f.u32("flags")
	t.UID, t.GID = f.u32("uid"), f.u32("gid")
	if version >= 2 {
		t.VMSizeKiB, t.VMRSSKiB, t.VMSwapKiB = f.u32("vmsize"), f.u32("vmrss"), f.u32("vmswap")
		t.PFMajor, t.PFMinor = f.u64("major faults"), f.u64("minor faults")
	}
	if version >= 3 {
		t.Env = f.str("env")
	}
	t.Vtid, t.Vpid = t.Tid, t.Pid
	if version >= 4 {
		t.Vtid, t.Vpid = f.i64("vtid"), f.i64("vpid")
		t.Cgroups = f.str("cgroups")
	}
	if version >= 5 {
		t.Root = f.str("root")
	}
	if f.bad != "" {
		return n, f.bad
	}
	if version >= 9 {
		tail(&t, &f)
	}
	if n == 0 {
		n = f.off
	}
	r.meta.AddThread(t)
	return n, ""
}

// tail reads what follows the root directory in a v9 entry. Two layouts exist, and
// only the number of bytes tells them apart, because one release inserted two fields
// in front of the others.
func tail(t *event.Thread, f *fields) {
	long := f.left() > 29
	if long {
		t.PidnsInitStartNanos = f.u64("")
		t.TTY = f.u32("")
	}
	// Every later field may be missing: what is there is taken.
	if f.left() >= 4 {
		t.LoginUID = f.u32("")
	}
	if f.left() >= 1 {
		t.ExeWritable = f.u8("") != 0
	}
	for _, c := range []*uint64{&t.CapInheritable, &t.CapPermitted, &t.CapEffective} {
		if f.left() >= 8 {
			*c = f.u64("")
		}
	}
	if !long {
		return
	}
	if f.left() >= 1 {
		t.ExeUpperLayer = f.u8("") != 0
	}
	for _, c := range []*uint64{&t.ExeIno, &t.ExeCtimeNanos, &t.ExeMtimeNanos} {
		if f.left() >= 8 {
			*c = f.u64("")
		}
	}
	if f.left() >= 1 {
		t.ExeFromMemfd = f.u8("") != 0
	}
	if f.left() >= 1 {
		t.ExeLowerLayer = f.u8("") != 0
	}
	if f.left() >= 8 {
		t.Pgid = f.i64("")
	}
}
