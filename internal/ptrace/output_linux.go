//go:build linux && (amd64 || arm64)

package ptrace

import (
	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
)

// enterWrite keeps what goes to descriptor 1 or 2: the last words of a program.
func enterWrite(t *tracer, k *task) bool {
	t.keep(k, k.args[1], k.args[2], maxOutput)
	k.num[0] = uint64(uint32(min(k.args[2], 1<<32-1)))
	t.emit(8, k, k.fd(0), uint32(k.num[0]))
	return true
}

func enterWritev(t *tracer, k *task) bool {
	var total uint64
	k.data, total = t.mem.vector(k.tid, k.args[1], int(min(k.args[2], 1024)), maxOutput)
	k.num[0] = uint64(uint32(min(total, 1<<32-1)))
	t.emit(118, k, k.fd(0), uint32(k.num[0]))
	return true
}

// exitWrite is the exit of both.
func exitWrite(t *tracer, k *task, res int64) {
	typ := event.Type(9)
	if k.call.nr == unix.SYS_WRITEV {
		typ = 119
	}
	t.emit(typ, k, res, k.kept(res), k.fd(0), uint32(k.num[0]))
}
