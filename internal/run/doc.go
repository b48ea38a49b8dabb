// Package run keeps one command on this machine under a kubelet's rules: restart policy
// and back-off, limits through control groups, probes and the way in which they kill. It
// records the command's system calls, and explains each of its ends.
//
// It owns the life of the command, its place in the control groups and on the terminal,
// the files of its captures, and the facts that a kubelet would know. What a cause is, is
// internal/diagnose's; the recording is that of internal/bpf or internal/ptrace, kept by
// internal/flight; what a person sees is internal/cli's, which is told by an Observer.
//
// Stop order of a life: the probes, then the process and what it left in its group, then
// the recording, which is written, then the group. Run leaves no process, no
// group and no program in the kernel behind; what a killed unloop leaves is removed by the
// next Run.
package run
