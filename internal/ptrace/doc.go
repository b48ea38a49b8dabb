// Package ptrace sees the system calls of one command without any rights of root: the
// source behind `unloop run` where no eBPF program may be loaded.
//
// A seccomp filter inside of the command stops it at landmark calls only (opening files,
// connecting, starting and ending processes, output on descriptors 1 and 2 ...), and this
// process, its tracer, reads arguments and result with ptrace. All other calls run at full
// speed, which is why reads and writes of files are not seen. What is seen is listed in
// calls_linux.go and, for users, in docs/run-without-root.md.
//
// It owns the filter, the stub that loads it, the tracer and the decoding of calls into
// events of the portable layout (scap.Builder). It keeps no events, decides nothing about
// what a death means and writes no files: its neighbour is internal/flight, whose Source it
// is, and internal/run, which starts it.
//
// # Threads
//
// The kernel ties a traced program to the one thread that attached to it. Start locks a
// goroutine to such a thread, and every wait and every ptrace request is made there. The
// handler is called from it too.
//
// # The stub
//
// A filter must be loaded by the process that it is for. The command is therefore started
// as a copy of this executable under another name (argv[0] is StubName), which waits
// until it is attached to, loads the filter and becomes the command. A program that calls
// Start calls Stub first thing in main, a test in TestMain.
package ptrace
