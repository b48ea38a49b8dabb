//go:build linux && (amd64 || arm64)

package bpf

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ring reads one BPF ring through its mapping. The library's reader copies each record
// and cannot look at the next one before it is taken, which merging several rings needs.
// Layout of the mapping: kernel/bpf/ringbuf.c: one page with the reader's position, one
// with the writer's, then the data twice in a row, so that records never wrap.
type ring struct {
	head, body []byte
	read       *uint64 // the reader's position, ours
	written    *uint64 // the writer's
	data       []byte
	mask       uint64
	at, until  uint64
	// busy: the writer is in the middle of the next record.
	busy bool
}

const (
	ringBusy    = 1 << 31
	ringDiscard = 1 << 30
	ringHeader  = 8
)

func newRing(fd int, size int) (*ring, error) {
	page := os.Getpagesize()
	head, err := unix.Mmap(fd, 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the ring: %w", err)
	}
	body, err := unix.Mmap(fd, int64(page), page+2*size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		_ = unix.Munmap(head)
		return nil, fmt.Errorf("map the ring: %w", err)
	}
	return &ring{
		head: head, body: body, data: body[page:], mask: uint64(size - 1),
		read:    (*uint64)(unsafe.Pointer(&head[0])),
		written: (*uint64)(unsafe.Pointer(&body[0])),
	}, nil
}

func (r *ring) close() {
	_ = unix.Munmap(r.head)
	_ = unix.Munmap(r.body)
}

// look finds out how far the writer has come, and returns how many bytes wait.
func (r *ring) look() uint64 {
	r.at = atomic.LoadUint64(r.read)
	r.until = atomic.LoadUint64(r.written)
	return r.until - r.at
}

// next returns the next record without taking it: nil at the end of what look has seen, or
// where the writer has not finished it.
func (r *ring) next() record {
	r.busy = false
	for r.at < r.until {
		off := r.at & r.mask
		head := (*uint32)(unsafe.Pointer(&r.data[off]))
		size := atomic.LoadUint32(head)
		if size&ringBusy != 0 {
			r.busy = true
			return nil
		}
		n := uint64(size &^ (ringBusy | ringDiscard))
		if off+ringHeader+n > uint64(len(r.data)) {
			r.at = r.until // never: the kernel wrote it
			return nil
		}
		if size&ringDiscard != 0 {
			r.at += (ringHeader + n + 7) &^ 7
			continue
		}
		return record(r.data[off+ringHeader : off+ringHeader+n])
	}
	return nil
}

// patience is how often a record that is being written is asked for again: a writer takes a
// microsecond, unless its processor is taken away from it.
const patience = 1000

// await is next, but waits a little for a record that is being written. It returns false
// where the record does not come.
func (r *ring) await() (record, bool) {
	for range patience {
		if rec := r.next(); !r.busy {
			return rec, true
		}
		runtime.Gosched()
	}
	return nil, false
}

// take passes over the record that next has returned.
func (r *ring) take(rec record) { r.at += (ringHeader + uint64(len(rec)) + 7) &^ 7 }

// free lets the writer reuse what was taken.
func (r *ring) free() { atomic.StoreUint64(r.read, r.at) }

// bootOf is the time of a record that may be broken.
func bootOf(r record) uint64 {
	if len(r) < headBytes {
		return 0
	}
	return binary.LittleEndian.Uint64(r[8:])
}
