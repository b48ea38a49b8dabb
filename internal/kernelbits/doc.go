// Package kernelbits translates flags of the kernel into the capture format's own bits, and
// reads what captures say of the machine, for the sources that see system calls (internal/bpf, internal/ptrace). Source of those:
// event/table_flags.go; of the kernel's: golang.org/x/sys/unix, which has them for each
// architecture.
package kernelbits
