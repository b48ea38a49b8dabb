package collect

import (
	"fmt"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// kill is a signal that was sent. The number of the receiver is as the sender's pid
// namespace counts.
type kill struct {
	num, ts    uint64
	to         int64
	sig        int
	from       int64
	name, with string // the sender's program, and its container
	failed     bool   // as was told after the receiver's end
}

// killOf reads a call that sends a signal; nil for other calls. What is delivered does not
// always tell who sent it: the kernel passes SIGKILL on without its sender
// (kernel/signal.c, get_signal).
func (t *trail) killOf(ev *event.Event) *kill {
	switch ev.Name() {
	case "kill", "tkill", "tgkill":
	default:
		return nil
	}
	k := kill{num: ev.Num, ts: ev.TsNanos, from: ev.Thread.Pid, name: ev.Thread.Comm}
	if ev.Thread.Container != nil {
		k.with = ev.Thread.Container.ID
	}
	to, ok := argument(ev, "pid")
	if !ok {
		to, _ = argument(ev, "tid")
	}
	k.to = to
	sig, _ := argument(ev, "sig")
	// 0 only asks whether the process is there; groups of processes are not followed.
	if k.sig = int(sig); k.sig == 0 || k.to <= 0 && k.to != toAll {
		return nil
	}
	return &k
}

// toAll as receiver means all processes that the sender may signal (kill(2)).
const toAll = -1

// sent notes a signal.
func (t *trail) sent(k kill) {
	if len(t.kills) == keepKills {
		t.kills = append(t.kills[:0], t.kills[1:]...)
	}
	t.kills = append(t.kills, k)
}

// told takes the name of a sender that the recorder knows and the recording does not.
func (t *trail) told(ev *event.Event) {
	text, _ := ev.Text(1)
	var sig, from int64
	if n, _ := fmt.Sscanf(string(text), "signal %d was sent by process %d (", &sig, &from); n != 2 {
		return
	}
	_, name, _ := strings.Cut(string(text), "(")
	if len(t.senders) < keepKills {
		t.senders[from] = strings.TrimSuffix(name, ")")
	}
}

// argument reads a number that the exit repeats, or that its enter holds.
func argument(ev *event.Event, name string) (int64, bool) {
	b, ok := ev.Named(name)
	if !ok || len(b) == 0 {
		b, _ = ev.Enter.Named(name)
	}
	return event.Signed(b)
}

// near is how long before an end a signal may have been sent, in nanoseconds: a process ends
// when it runs next.
const near = 10e9

// killer finds the call that sent the signal with which a process ended: its own, which never
// returns, one that has returned, or one of another that is still in the kernel, which may end
// the receiver before it is back.
func (t *trail) killer(ev *event.Event, p *steps, sig uint8) *kill {
	did := func(k *kill) bool {
		return k != nil && k.sig == int(sig) && ev.TsNanos <= k.ts+near && k.reaches(ev.Thread)
	}
	for i := len(t.kills) - 1; i >= 0; i-- {
		if did(&t.kills[i]) {
			k := t.kills[i] // its place is used again
			return &k
		}
	}
	if did(p.killing) {
		return p.killing
	}
	var latest *kill
	for _, other := range t.live {
		if k := other.killing; did(k) && (latest == nil || k.num > latest.num) {
			latest = k
		}
	}
	return latest
}

// reaches reports whether the receiver is the process: by its number on the host, or by
// that inside its container, of which the sender is one.
func (k *kill) reaches(th *event.Thread) bool {
	container := ""
	if th.Container != nil {
		container = th.Container.ID
	}
	switch {
	case k.to == toAll:
		return container != "" && k.with == container && k.from != th.Pid
	case k.from == th.Pid && (k.to == th.Pid || k.to == th.Vpid):
		return true // itself, whatever is known of its container
	case k.with == "" || container == "":
		return k.to == th.Pid
	}
	return k.with == container && k.to == th.Vpid
}
