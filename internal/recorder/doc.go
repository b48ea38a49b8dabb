// Package recorder is the always-on flight recorder of a node: it joins a source of
// system calls, the rings that keep them, the triggers, the names of containers and the
// shelf for captures, and serves what a cluster may ask of it.
//
// What happens to a call stands in one list, stages. What happens to a reason for a
// capture (trigger.Fire): it waits for its grace, its container is named, the limiter lets
// it pass or counts it, the rings are held (Take), the capture is written to the shelf, the
// rings are given back. The kernel's side is internal/bpf's, the rings are internal/flight's,
// names internal/node's, captures in their places internal/shelf's, rights
// internal/access's.
//
// Run has five goroutines: the source's, the writer's, the namer's, the trimmer's and the one that watches events. When its
// context ends they stop in this order:
//
//  1. the source delivers what it still has and removes itself from the kernel;
//  2. the writer writes what was asked for until then, without waiting any more, for stopTime;
//  3. the others end.
//
// Servers (Serve) are their caller's and end with the same context: requests that run get a
// second. The shelf is its opener's to close, after Run.
package recorder
