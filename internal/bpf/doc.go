// Package bpf sees the system calls of containers through eBPF programs in the kernel
// and gives them to a flight.Handler as events of the capture format.
//
// It owns the programs (folder flight), what they need of the kernel, the ring between
// kernel and user space, and the decoding of its records. What becomes of the events is
// the handler's. It knows control groups and nothing of pods: names are made of the
// paths by those who know Kubernetes.
//
// It needs CAP_BPF and CAP_PERFMON, and a kernel of 5.10 or later with type information
// (BTF), on x86-64 or arm64; before 5.11 also CAP_SYS_RESOURCE, to raise the limit of locked
// memory. Supported says what is missing. Elsewhere the package builds and says so.
package bpf
