package bpf

import (
	"errors"
	"time"

	"github.com/cilium/ebpf/btf"

	"github.com/unloop-dev/unloop/internal/flight"
)

// ErrUnsupported is wrapped by the errors that say what the machine lacks.
var ErrUnsupported = errors.New("the flight recorder cannot run here")

// Options say which containers to record and how much of them. The zero value of each
// field is its default.
type Options struct {
	// Parents are control groups, as paths from the root of the hierarchy ("/unloop"): each
	// child that is made while the source runs is a container, and so is each child that is
	// there already. Groups below a child belong to it. A parent that does not exist yet
	// is watched for.
	Parents []string
	// Kubepods are the top groups of kubelets, "/kubepods" or "/kubepods.slice": the
	// children of each pod's group below are containers. Those that do not exist yet are
	// watched for, so that the names of both drivers may be given.
	Kubepods []string
	// Hierarchy is the tree of control groups that the paths are in; the zero value is what
	// FindHierarchy finds.
	Hierarchy Hierarchy

	// RingBytes is the size of the rings for calls between kernel and user space together, in
	// bytes; 0 is 8 MiB per two processors, at most 64 MiB. One more ring takes births and
	// deaths: half of what each has, 1 MiB at least. All is charged to the memory of the process.
	RingBytes int
	// DataBytes is how much of each buffer that is read or written is kept, at most 80,
	// which is the default; a negative number keeps none.
	DataBytes int
	// DNSBytes is the same for what goes to and comes from port 53, at most 512, the default.
	DNSBytes int
	// StdioBytes is the same for writes to descriptors 1 and 2, at most 1,024, the default.
	StdioBytes int
	// Rate is how many reads, writes and polls a second each container may have recorded,
	// Burst how many at once; beyond that they are counted only, other calls never. 0 is
	// 50,000 and 20,000, negative is without bound.
	Rate, Burst int
	// Poll is how often the rings are looked at, half as often while next to nothing happens;
	// 0 is 20 ms. A death is told at once.
	Poll time.Duration

	// split gives each processor a ring of its own, for tests.
	split bool
	// kernel are the types to take for the running kernel's, for tests.
	kernel *btf.Spec
}

// Stats counts what a source has done so far.
type Stats struct {
	// Records counts records read from the rings, Events the events made of them.
	Records, Events uint64
	// Bytes counts the bytes of the records.
	Bytes uint64
	// Lost counts records that did not arrive, by cause.
	Lost map[flight.LossCause]uint64
	// Bad counts records that could not be decoded. It stays 0.
	Bad uint64
	// Containers is how many are recorded now, Groups how many control groups they have.
	Containers, Groups int
	// Wakeups counts how often the source looked at the rings.
	Wakeups uint64
}

// Mode is which version of control groups tells containers apart.
type Mode uint8

// The modes.
const (
	// ModeNone: not known yet.
	ModeNone Mode = iota
	// ModeV2: the unified hierarchy.
	ModeV2
	// ModeV1: the hierarchy of one controller of version 1.
	ModeV1
)

// Hierarchy is one tree of control groups.
type Hierarchy struct {
	Mode Mode
	// Root is the folder where the tree is mounted.
	Root string
	// Controller is "memory" or "pids" for ModeV1, empty for ModeV2.
	Controller string
}
