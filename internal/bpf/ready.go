//go:build linux && (amd64 || arm64)

package bpf

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// probeCall is the option of prctl that no kernel knows and the programs do:
// flight/record.h.
const probeCall = 0x756e6c70

// probeTime is how long the answer to a probe may take.
const probeTime = 2 * time.Second

// prober waits for the records of the source's own calls.
type prober struct {
	mu      sync.Mutex
	asked   uint64                   // calls so far: the number of the latest
	waiting map[uint64]chan struct{} // by the number of the call
	stopped chan struct{}
}

func (p *prober) init() {
	p.waiting, p.stopped = map[uint64]chan struct{}{}, make(chan struct{})
}

// ask takes a number for a call.
func (p *prober) ask() (uint64, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	seen := make(chan struct{})
	p.waiting[p.asked] = seen
	return p.asked, seen
}

func (p *prober) forget(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, n)
}

// answer wakes who waits for a call.
func (p *prober) answer(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if seen := p.waiting[n]; seen != nil {
		close(seen)
		delete(p.waiting, n)
	}
}

func (p *prober) stop() { close(p.stopped) }

// Ready makes a system call and waits, at most two seconds, for its record to come through
// the kernel's programs and the rings; the error says what did not. Run must be running.
// It is for readiness probes, and safe for concurrent use.
func (s *Source) Ready() error { return s.Caught(probeTime) }

// Caught returns when all that happened in the containers before was delivered: records come
// in the order of time, so the one of its own system call comes last. The error says what
// did not come through in time. Run must be running. It is safe for concurrent use.
func (s *Source) Caught(within time.Duration) error {
	n, seen := s.probes.ask()
	defer s.probes.forget(n)
	// The kernel answers EINVAL; what counts is that it was asked.
	_, _, _ = unix.Syscall6(unix.SYS_PRCTL, probeCall, uintptr(s.nonce), uintptr(n), 0, 0, 0)
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-seen:
		return nil
	case <-s.probes.stopped:
		return errors.New("flight recorder: it has ended")
	case <-t.C:
		return fmt.Errorf("flight recorder: a system call of its own has not come through in %v: it does not run yet, its programs are not attached, or the rings are not read", within)
	}
}
