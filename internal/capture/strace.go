package capture

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/unloop-dev/unloop/event"
)

// straceText is how much of a text is shown, as strace -s does by default.
const straceText = 32

// appendStrace appends the line of a call, when it ends; nothing for enters and for
// events that are no calls, but for signals and ends of processes.
func appendStrace(b []byte, ev *event.Event, m *Masker) []byte {
	if ev.Kind == nil {
		return b
	}
	start := ev.TsNanos
	if ev.EnterTsNanos != 0 {
		start = ev.EnterTsNanos
	}
	b = strconv.AppendInt(b, ev.Tid, 10)
	b = append(b, ' ')
	b = time.Unix(0, int64(start)).Local().AppendFormat(b, "15:04:05.000000")
	b = append(b, ' ')
	switch {
	case ev.Name() == "procexit" && ev.IsEnter():
		return appendEnd(b, ev)
	case ev.Name() == "signaldeliver":
		sig, _ := ev.Uint(2)
		from, _ := ev.Int(0)
		return fmt.Appendf(b, "--- %s {si_pid=%d} ---", event.SignalName(int64(sig)), from)
	case ev.IsEnter() || ev.Kind.Flags&event.HasExit == 0:
		return b[:0]
	}
	name := ev.Name()
	if ev.Type == 1 { // a call without an event of its own
		name = "syscall"
		if id, ok := ev.Uint(0); ok {
			if c, known := event.SyscallOf(uint16(id)); known {
				name = c.Name
			}
		}
		b = append(append(b, name...), "() = ?"...)
		return appendLatency(b, ev)
	}
	b = append(append(b, name...), '(')
	b = appendArgs(b, ev, m)
	b = append(b, ") = "...)
	res, ok := ev.Result()
	switch {
	case !ok:
		b = append(b, '?')
	case ev.Failed():
		b = fmt.Appendf(b, "-1 %s", event.ErrnoName(-res))
	case res > 1<<40 || res < 0:
		b = append(strconv.AppendUint(append(b, "0x"...), uint64(res), 16), ""...)
	default:
		b = strconv.AppendInt(b, res, 10)
	}
	return appendLatency(b, ev)
}

func appendLatency(b []byte, ev *event.Event) []byte {
	if ev.EnterTsNanos == 0 || ev.TsNanos < ev.EnterTsNanos {
		return b
	}
	return fmt.Appendf(b, " <%.6f>", float64(ev.TsNanos-ev.EnterTsNanos)/1e9)
}

// appendArgs lists the arguments: those of the enter in its order, with what the exit
// repeats of them, then what only the exit has.
func appendArgs(b []byte, ev *event.Event, m *Masker) []byte {
	n := 0
	add := func(p *event.Param, v []byte) {
		if n++; n > 1 {
			b = append(b, ", "...)
		}
		text := Text(p, v, straceText)
		if p.Type == event.Fd && ev.FD != nil && ev.FDNum >= 0 && text == strconv.FormatInt(ev.FDNum, 10) {
			text += "<" + m.Text(ev.FD.String()) + ">"
		}
		b = append(b, text...)
	}
	enter := event.KindOf(ev.Type - 1)
	if len(enter.Params) > 0 && enter.Params[0].Type == event.Fd && ev.Enter == nil && ev.FDNum >= 0 {
		// The state keeps the descriptor of enters that hold nothing else.
		if v, ok := ev.Named(enter.Params[0].Name); !ok || len(v) == 0 {
			add(&enter.Params[0], binary.LittleEndian.AppendUint64(nil, uint64(ev.FDNum)))
		}
	}
	shown := map[string]bool{}
	for i := range enter.Params {
		p := &enter.Params[i]
		v, ok := ev.Named(p.Name)
		if !ok || len(v) == 0 || p.Name == "res" {
			v, ok = ev.Enter.Param(i)
		}
		if ok && len(v) > 0 {
			shown[p.Name] = true
			add(p, v)
		}
	}
	for i := 1; i < min(ev.NParams, len(ev.Kind.Params)); i++ {
		p := &ev.Kind.Params[i]
		if v, ok := ev.Param(i); ok && len(v) > 0 && !shown[p.Name] && !accounting[p.Name] {
			add(p, v)
		}
	}
	return b
}

// accounting are parameters that describe the process, not the call.
var accounting = map[string]bool{
	"tid": true, "pid": true, "ptid": true, "fdlimit": true, "pgft_maj": true, "pgft_min": true, "vm_size": true, "vm_rss": true, "vm_swap": true, "comm": true, "cgroups": true,
	"env": true, "tty": true, "pgid": true, "vpgid": true, "loginuid": true, "cap_inheritable": true, "cap_permitted": true, "cap_effective": true, "exe_ino": true, "exe_ino_ctime": true,
	"exe_ino_mtime": true, "uid": true, "gid": true, "vtid": true, "vpid": true, "pidns_init_start_ts": true, "dev": true, "ino": true, "cwd": true, "trusted_exepath": true, "filename": true,
	"queuepct": true, "queuelen": true, "queuemax": true,
}

func appendEnd(b []byte, ev *event.Event) []byte {
	status, _ := ev.Int(0)
	if sig := status & 0x7f; sig != 0 {
		core := ""
		if status&0x80 != 0 {
			core = " (core dumped)"
		}
		return fmt.Appendf(b, "+++ killed by %s%s +++", event.SignalName(sig), core)
	}
	return fmt.Appendf(b, "+++ exited with %d +++", status>>8&0xff)
}
