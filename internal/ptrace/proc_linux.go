//go:build linux && (amd64 || arm64)

package ptrace

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// process is what is known of a process, shared by its threads.
type process struct {
	pid int
	// pidfd is a handle that is never another process, -1 where there is none.
	pidfd int
	exe   string
	args  []byte
	env   []byte
	// cgroups and loginUID are as captures want them, nil where they cannot be read.
	cgroups  any
	loginUID any
	status   status
	// dns are the descriptors over which it asks a name server.
	dns map[int64]address
	// live is how many of its threads are left.
	live int
}

// status is what the files status and stat of a process tell. Values are nil where the
// file cannot be read.
type status struct {
	comm, uid, gid, vmSize, vmRSS, vmSwap      any
	capInheritable, capPermitted, capEffective any
	vpgid, pgid, tty, majorFaults, minorFaults any
	ppid, sid                                  int64
	vtid, vpid                                 int64
}

// procFile reads a file below /proc/PID, at most limit bytes.
func procFile(pid int, name string, limit int64) []byte {
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/" + name)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil
	}
	return b
}

// look reads everything anew, after an exec.
func (p *process) look(pid int) {
	cmd := procFile(pid, "cmdline", maxArgs+maxPath)
	first, rest, _ := bytes.Cut(cmd, []byte{0})
	if len(cmd) > 0 {
		p.exe, p.args = string(first), cutList(rest)
	}
	p.env = names(procFile(pid, "environ", 1<<20))
	p.lookStatus(pid)
	p.lookGroup(pid)
}

// cutList cuts strings that end in NULs after the last that fits.
func cutList(b []byte) []byte {
	if len(b) > maxArgs {
		b = b[:maxArgs]
	}
	return b[:bytes.LastIndexByte(b, 0)+1]
}

func (p *process) lookGroup(pid int) {
	p.cgroups, p.loginUID = nil, nil
	if b := procFile(pid, "cgroup", 1<<16); b != nil {
		p.cgroups = cgroups(string(b))
	}
	if n, err := strconv.ParseUint(strings.TrimSpace(string(procFile(pid, "loginuid", 64))), 10, 32); err == nil {
		p.loginUID = int32(uint32(n))
	}
}

// cgroups makes "subsystem=path" strings of the lines "number:subsystems:path". In the
// unified tree a group stands for all of the subsystems that captures know.
// Source of the lines: cgroups(7).
func cgroups(lines string) []byte {
	var out []byte
	unified := ""
	seen := map[string]bool{}
	add := func(subsystem, path string) {
		if !seen[subsystem] && len(out)+len(subsystem)+len(path)+2 <= maxArgs {
			seen[subsystem] = true
			out = append(out, subsystem+"="+path+"\x00"...)
		}
	}
	for line := range strings.Lines(lines) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		switch {
		case len(f) < 3:
		case f[1] == "":
			unified = f[2]
		default:
			for _, s := range strings.Split(f[1], ",") {
				add(s, f[2])
			}
		}
	}
	if unified != "" && len(out) == 0 {
		for _, s := range []string{"cpuset", "cpu", "cpuacct", "io", "memory"} {
			add(s, unified)
		}
	}
	return out
}

// lookStatus reads status and stat. Source of the fields: proc_pid_status(5), proc_pid_stat(5).
func (p *process) lookStatus(pid int) {
	p.status = status{ppid: p.status.ppid, sid: p.status.sid}
	s := &p.status
	for line := range strings.Lines(string(procFile(pid, "status", 1<<16))) {
		name, v, _ := strings.Cut(line, ":")
		f := strings.Fields(v)
		if len(f) == 0 {
			continue
		}
		last := f[len(f)-1]
		switch name {
		case "Name":
			s.comm = strings.TrimSpace(v)
		case "PPid":
			s.ppid, _ = strconv.ParseInt(f[0], 10, 64)
		case "Uid":
			s.uid = number(f[min(1, len(f)-1)], 10, 32)
		case "Gid":
			s.gid = number(f[min(1, len(f)-1)], 10, 32)
		case "VmSize":
			s.vmSize = number(f[0], 10, 32)
		case "VmRSS":
			s.vmRSS = number(f[0], 10, 32)
		case "VmSwap":
			s.vmSwap = number(f[0], 10, 32)
		case "CapInh":
			s.capInheritable = number(f[0], 16, 64)
		case "CapPrm":
			s.capPermitted = number(f[0], 16, 64)
		case "CapEff":
			s.capEffective = number(f[0], 16, 64)
		case "NSpid":
			s.vtid, _ = strconv.ParseInt(last, 10, 64)
		case "NStgid":
			s.vpid, _ = strconv.ParseInt(last, 10, 64)
		case "NSpgid":
			s.vpgid = number(last, 10, 64)
		}
	}
	// The name in stat may hold anything but ends with the last parenthesis.
	b := procFile(pid, "stat", 1<<14)
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 10 {
		return
	}
	s.pgid = number(f[2], 10, 64)
	s.sid, _ = strconv.ParseInt(f[3], 10, 64)
	if tty, err := strconv.ParseInt(f[4], 10, 64); err == nil {
		s.tty = int32(tty)
	}
	s.minorFaults, s.majorFaults = number(f[7], 10, 64), number(f[9], 10, 64)
}

// number is a value of a file, nil where it is none.
func number(s string, base, bits int) any {
	n, err := strconv.ParseUint(s, base, bits)
	if err != nil {
		return nil
	}
	return n
}

// as64 is a value of status as a plain number, zero where there is none.
func as64(v any) uint64 {
	n, _ := v.(uint64)
	return n
}

func (p *process) vpid() int64 {
	if p.status.vpid != 0 {
		return p.status.vpid
	}
	return int64(p.pid)
}

// vtid is the number of a thread in its own namespace, which differs from the given one
// for processes only: threads of another namespace share it with their process.
func (k *task) vtid(tid int64) int64 {
	if k.tid == k.proc.pid {
		return k.proc.vpid()
	}
	return tid
}

// fdLimit is how many descriptors the process may have.
func (p *process) fdLimit() any {
	var lim unix.Rlimit
	if unix.Prlimit(p.pid, unix.RLIMIT_NOFILE, nil, &lim) != nil {
		return nil
	}
	return int64(min(lim.Cur, 1<<62))
}

// exeFile is the file of a program.
type exeFile struct{ path, ino, ctime, mtime any }

// exeFile looks at the file that runs; flags are those of execve events.
func (p *process) exeFile(pid int) (exeFile, any) {
	name := "/proc/" + strconv.Itoa(pid) + "/exe"
	var x exeFile
	path, err := os.Readlink(name)
	if err != nil {
		return x, nil
	}
	x.path = path
	flags := uint32(0)
	if strings.HasPrefix(path, "/memfd:") {
		flags |= 4 // EXE_FROM_MEMFD
	}
	var st unix.Stat_t
	if unix.Stat(name, &st) == nil {
		x.ino = st.Ino
		x.ctime, x.mtime = uint64(st.Ctim.Nano()), uint64(st.Mtim.Nano())
	}
	return x, flags
}
