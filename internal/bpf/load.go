//go:build linux && (amd64 || arm64)

package bpf

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	prog "github.com/unloop-dev/unloop/internal/bpf/flight"
	"github.com/unloop-dev/unloop/internal/kernelbits"
)

// Defaults and bounds of Options.
const (
	ringPerPair = 8 << 20
	maxRings    = 64 << 20
	// lifeRing is the least size of the ring for all that is no call: what 60 programs
	// that begin within one poll take.
	lifeRing     = 1 << 20
	defaultRate  = 50_000
	defaultBurst = 20_000
	defaultPoll  = 20 * time.Millisecond
	// dnsNanos is how long sockets of port 53 are looked for after one was met.
	dnsNanos = 30_000_000_000
)

// size gives the bytes to keep: 0 is the most, negative none.
func size(n, most int) uint32 {
	if n < 0 {
		return 0
	}
	if n == 0 || n > most {
		return uint32(most)
	}
	return uint32(n)
}

// told are the signals of which captures tell: those that end a program or ask it to end.
// SIGCHLD, SIGURG (which Go programs send themselves), timers and windows are not.
var told = func() (mask uint64) {
	for _, s := range []unix.Signal{
		unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE,
		unix.SIGKILL, unix.SIGUSR1, unix.SIGSEGV, unix.SIGUSR2, unix.SIGPIPE, unix.SIGTERM, unix.SIGXCPU, unix.SIGXFSZ,
		unix.SIGPWR, unix.SIGSYS,
	} {
		mask |= 1 << uint(s)
	}
	return mask
}()

// ringLayout says how many rings there are for calls, how large each, and by how many bits the number of
// a processor is shifted to give that of its ring.
func ringLayout(cpus, total int) (count, each int, shift uint32) {
	for shift = 1; (cpus+(1<<shift)-1)>>shift > 32; shift++ {
	}
	count = max((cpus+(1<<shift)-1)>>shift, 1)
	if total <= 0 {
		total = min(count*ringPerPair, maxRings)
	}
	each = max(total/count, os.Getpagesize(), 64<<10)
	return count, 1 << (bits.Len(uint(each)) - 1), shift
}

// load loads the programs with what the options say.
func (s *Source) load() error {
	spec, err := prog.LoadFlight()
	if err != nil {
		return fmt.Errorf("flight recorder: %w", err)
	}
	count, each, shift := ringLayout(kernelbits.Processors(), s.opt.RingBytes)
	if s.opt.split {
		count, shift = kernelbits.Processors(), 0
	}
	tops := s.groups.tops()
	defer closeAll(tops)
	if err := s.set(spec, shift, count, each, len(tops)); err != nil {
		return err
	}
	kernel := s.opt.kernel
	if kernel == nil && !current(release()) {
		if kernel, err = btf.LoadKernelSpec(); err != nil {
			return s.explain(err)
		}
	}
	if kernel != nil {
		if err := adapt(spec, kernel); err != nil {
			return err
		}
		if !has(kernel, "get_current_task_btf") { // 5.11, as the memory of control groups for maps
			var restore func()
			restore, s.locked = unlock()
			defer restore()
		}
	}
	s.coll, err = collect(spec, ebpf.CollectionOptions{Programs: ebpf.ProgramOptions{KernelTypes: s.opt.kernel}})
	if err != nil {
		return s.explain(err)
	}
	sizes := append(slices.Repeat([]int{each}, count), max(each/2, lifeRing))
	for i, each := range sizes {
		m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: uint32(each), Name: "flight_ring"})
		if err != nil {
			return s.explain(err)
		}
		s.ringMaps = append(s.ringMaps, m)
		if err := s.coll.Maps["rings"].Put(uint32(i), m); err != nil {
			return fmt.Errorf("flight recorder: ring: %w", err)
		}
		r, err := newRing(m.FD(), each)
		if err != nil {
			return fmt.Errorf("flight recorder: %w", err)
		}
		s.rings = append(s.rings, r)
	}
	for i, f := range tops {
		if err := s.coll.Maps["tops"].Put(uint32(i), uint32(f.Fd())); err != nil {
			return fmt.Errorf("flight recorder: control group %s: %w", f.Name(), err)
		}
	}
	s.groups.m = s.coll.Maps["groups"]
	return nil
}

// collect is ebpf.NewCollectionWithOptions, but has the kernel verify two programs at a time: the
// one that sees all calls takes it as long as all others.
func collect(spec *ebpf.CollectionSpec, opt ebpf.CollectionOptions) (*ebpf.Collection, error) {
	const long = "on_return"
	maps := spec.Copy()
	maps.Programs = nil
	all, err := ebpf.NewCollectionWithOptions(maps, opt)
	if err != nil {
		return nil, err
	}
	opt.MapReplacements = all.Maps
	var parts [2]*ebpf.Collection
	var errs [2]error
	var wg sync.WaitGroup
	for i := range parts {
		part := spec.Copy()
		for name := range spec.Programs {
			if (name == long) != (i == 0) {
				delete(part.Programs, name)
			}
		}
		wg.Go(func() { parts[i], errs[i] = ebpf.NewCollectionWithOptions(part, opt) })
	}
	wg.Wait()
	for _, p := range parts {
		if p == nil {
			continue
		}
		for name, x := range p.Programs {
			all.Programs[name] = x
		}
		p.Programs = nil
		p.Close() // its maps are copies of the descriptors
	}
	if err := errors.Join(errs[:]...); err != nil {
		all.Close()
		return nil, err
	}
	return all, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// set writes the options into the programs' constants, and the number and size of the rings into
// their map.
func (s *Source) set(spec *ebpf.CollectionSpec, shift uint32, calls, each, tops int) error {
	rings := spec.Maps["rings"]
	rings.MaxEntries = uint32(calls + 1)
	rings.InnerMap.MaxEntries = uint32(each)
	var table [512]prog.FlightShape
	for n, c := range byNumber {
		if c != nil {
			table[n] = prog.FlightShape{Kind: uint8(c.kind), A: c.a, B: c.b, Flags: c.flags}
		}
	}
	mode := uint32(1)
	switch {
	case s.groups.h.Mode == ModeV1 && s.groups.h.Controller == "memory":
		mode = 2
	case s.groups.h.Mode == ModeV1:
		mode = 3
	}
	id, err := hierarchyID(s.groups.h)
	if err != nil {
		return fmt.Errorf("flight recorder: %w", err)
	}
	rate, burst := s.opt.Rate, s.opt.Burst
	if rate == 0 {
		rate = defaultRate
	}
	if burst <= 0 {
		burst = defaultBurst
	}
	cost := uint64(0)
	if rate > 0 {
		cost = uint64(time.Second) / uint64(rate)
	}
	var nonce [8]byte
	_, _ = rand.Read(nonce[:]) // never fails
	s.nonce = binary.LittleEndian.Uint64(nonce[:])
	for name, v := range map[string]any{
		"shapes": table, "mode": mode, "hierarchy": id, "under": uint32(tops), "life_ring": uint32(calls), "ring_shift": shift,
		"rate_ns": cost, "burst_ns": cost * uint64(burst), "dns_ns": uint64(dnsNanos), "signals": told,
		"data_len": size(s.opt.DataBytes, 80), "dns_len": size(s.opt.DNSBytes, 512), "stdio_len": size(s.opt.StdioBytes, 1024),
		"nr_clone3": uint32(unix.SYS_CLONE3), "page_kib": uint32(os.Getpagesize() / 1024), "probe": s.nonce,
	} {
		x := spec.Variables[name]
		if x == nil {
			return fmt.Errorf("flight recorder: the object has no %s: make generate", name)
		}
		if err := x.Set(v); err != nil {
			return fmt.Errorf("flight recorder: %s: %w", name, err)
		}
	}
	return nil
}

// hooks are the programs that are attached, groups first: from the moment the others
// see anything, new containers are known.
var hooks = []string{
	"on_mkdir", "on_rmdir", "on_populated", "on_join", "on_fork", "on_exec", "on_exit",
	"on_sent", "on_delivered", "on_oom", "on_return",
}

// attach attaches the programs. A link that nothing refers to is closed by the garbage
// collector, and its hook is gone without a word: they are kept in the source.
func (s *Source) attach() error {
	for _, name := range hooks {
		l, err := link.AttachTracing(link.TracingOptions{Program: s.coll.Programs[name]})
		if err != nil {
			return fmt.Errorf("flight recorder: attach %s: %w", name, s.explain(err))
		}
		s.links = append(s.links, l)
	}
	return nil
}

// explain says which requirement an error of the kernel means.
func (s *Source) explain(err error) error {
	if err == nil {
		return nil
	}
	var ve *ebpf.VerifierError
	switch {
	case errors.Is(err, unix.EPERM) && s.locked != nil:
		return fmt.Errorf("%w: it needs the capabilities BPF and PERFMON, and before Linux 5.11 (this is %s) also SYS_RESOURCE or no limit of locked memory (ulimit -l unlimited): %w", ErrUnsupported, release(), err)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w: it needs the capabilities BPF and PERFMON (kernel 5.8 and later): %w", ErrUnsupported, err)
	case errors.Is(err, ebpf.ErrNotSupported):
		return fmt.Errorf("%w: the kernel (%s) is too old, it needs 5.10 or later: %w", ErrUnsupported, release(), err)
	case errors.As(err, &ve):
		return fmt.Errorf("%w: the kernel (%s) refuses a program: %w", ErrUnsupported, release(), err)
	}
	return fmt.Errorf("flight recorder: %w", err)
}

// release is the version of the kernel.
func release() string {
	b, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown version"
	}
	return strings.TrimSpace(string(b))
}
