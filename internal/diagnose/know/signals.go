package know

const (
	signal7 = "signal(7), numbers of x86-64 and arm64"
	noUsual = "nobody in Kubernetes"
)

// apartTerm tells the stops apart that begin with SIGTERM.
var apartTerm = []string{
	"event Killing within the grace period before finishedAt names the reason: `failed liveness probe`, `failed startup probe`, `definition changed`, `resize requires restart`, `FailedPostStartHook`, or a plain `Stopping container`",
	"a program that is process 1 and has no handler does not see SIGTERM at all: it runs to SIGKILL and ends with 137",
	"a handler that returns in time gives the program's own code, often 0",
}

// signals holds signals 1 to 31, in order.
var signals = []SignalInfo{
	{
		Number: 1, Name: "SIGHUP", Text: "Hangup", Action: Terminate, Catchable: true,
		Means:  "The controlling terminal is gone; daemons use it by convention to re-read their configuration.",
		Sender: "a reload sidecar, an operator or a script; rarely a closed terminal (`tty: true`)",
		Causes: []Hint{{"app-error-exit", "something sends SIGHUP for a reload and the program has no handler for it"}, {"killed-from-inside", "a process of the pod or node sent it"}},
		Check:  []string{cmdPrevious, "find the sender: config reloader, `kill -HUP` in a hook or script"},
		Source: signal7,
	},
	{
		Number: 2, Name: "SIGINT", Text: "Interrupt", Action: Terminate, Catchable: true,
		Means:  "Interrupt from the keyboard (Ctrl-C).",
		Sender: "an image whose STOPSIGNAL is SIGINT, a person attached to the container, a test runner that aborts itself",
		Causes: []Hint{{"deleted-by-user", "an ordinary stop of an image with STOPSIGNAL SIGINT"}, {"app-error-exit", "a supervisor inside the image passes it on"}},
		Check:  []string{cmdEvents, "image's STOPSIGNAL, or the pod's lifecycle.stopSignal"},
		Source: signal7,
	},
	{
		Number: 3, Name: "SIGQUIT", Text: "Quit", Action: Core, Catchable: true,
		Means:  "Quit from the keyboard. nginx and uWSGI stop gracefully on it, a JVM prints its threads and goes on, a Go program prints all goroutines and exits with 2.",
		Sender: "an image whose STOPSIGNAL is SIGQUIT (nginx, php-fpm)",
		Causes: []Hint{{"deleted-by-user", "an ordinary stop of an image with STOPSIGNAL SIGQUIT"}, {"scaled-down", "the owner took the pod away"}},
		Check:  []string{cmdEvents, cmdPrevious},
		Source: signal7 + "; Go runtime and JVM conventions",
	},
	{
		Number: 4, Name: "SIGILL", Text: "Illegal instruction", Action: Core, Catchable: true,
		Means:  "The processor does not know an instruction: the binary is built for a newer CPU level (x86-64-v3, AVX), or compiled code hit a deliberate trap (ud2 of Swift, V8, sanitizers).",
		Sender: "the kernel, to the faulting thread",
		Causes: []Hint{{"illegal-instruction", "only on some node types; kernel line `trap invalid opcode`"}, {"native-crash", "on every node: a trap that the compiler put there"}},
		Apart:  []string{"the same image on two node types: if one runs, it is the CPU level", "a wrong architecture (arm64 on amd64) is not SIGILL but `exec format error`"},
		Check:  []string{cmdKernel, "lscpu on the node against the CPU level the image was built for", cmdPrevious},
		Source: signal7,
	},
	{
		Number: 5, Name: "SIGTRAP", Text: "Trace/breakpoint trap", Action: Core, Catchable: true,
		Means:  "Breakpoint, or a deliberate abort: V8 fatal errors on x86-64 (int3), Swift and Rust traps on arm64 (brk).",
		Sender: "the kernel, to the faulting thread; a debugger",
		Causes: []Hint{{"native-crash", "a runtime's own fatal error, printed before the end"}, {"runtime-heap-exhausted", "log `heap out of memory` before it (V8)"}},
		Check:  []string{cmdPrevious, cmdKernel},
		Source: signal7 + "; node src/node_exit_code.h (V8 fatal errors end with 133 or 134)",
	},
	{
		Number: 6, Name: "SIGABRT", Aliases: []string{"SIGIOT"}, Text: "Aborted", Action: Core, Catchable: true,
		Means:  "The program aborted itself: abort(), failed assertion, glibc heap check, C++ `terminate called`, JVM fatal error (hs_err file), V8 out of memory, .NET unhandled exception.",
		Sender: "the program itself",
		Causes: []Hint{
			{"runtime-heap-exhausted", "log `JavaScript heap out of memory` or a JVM OutOfMemoryError with CrashOnOutOfMemoryError"},
			{"unhandled-exception", "log `terminate called after throwing`, `Unhandled exception` (.NET) or an assertion"},
			{"native-crash", "log `free(): invalid pointer`, `double free`, `stack smashing detected`, `SIGSEGV (0xb)` of a JVM"},
			{"data-corrupt", "a storage engine that aborts on a bad page or log"},
		},
		Apart:  []string{"the last log lines always say why: abort prints before it ends", "this is not the container's memory limit: that is OOMKilled, mostly 137"},
		Check:  []string{cmdPrevious, "hs_err_pid*.log or core file, if a volume keeps it"},
		Source: signal7,
	},
	{
		Number: 7, Name: "SIGBUS", Text: "Bus error", Action: Core, Catchable: true,
		Means:  "A mapped page cannot be had: /dev/shm or another tmpfs is full, the mapped file was truncated, huge pages are missing, or the disk gave an I/O error.",
		Sender: "the kernel, to the faulting thread",
		Causes: []Hint{
			{"shm-too-small", "the program uses shared memory (PostgreSQL, Chrome, PyTorch) and /dev/shm has the default 64 MiB"},
			{"volume-full", "a memory-mapped file on a full volume"},
			{"disk-failing", "kernel line `I/O error` at that moment"},
			{"native-crash", "unaligned or broken pointer"},
		},
		Check:  []string{"df -h /dev/shm in the container", cmdPrevious, cmdKernel},
		Source: signal7,
	},
	{
		Number: 8, Name: "SIGFPE", Text: "Floating point exception", Action: Core, Catchable: true,
		Means:  "Integer division by zero or overflow; despite the name hardly ever floating point.",
		Sender: "the kernel, to the faulting thread",
		Causes: []Hint{{"native-crash", ""}},
		Check:  []string{cmdPrevious, cmdKernel},
		Source: signal7,
	},
	{
		Number: 9, Name: "SIGKILL", Text: "Killed", Action: Terminate, Catchable: false,
		Means:  "Ended from outside at once; the program cannot see, delay or log it.",
		Sender: "the kernel's OOM killer; the runtime when the grace period is over; the kubelet for hard evictions; or 137 was invented and nobody sent anything",
		Causes: []Hint{
			{"oom-container-limit", "reason OOMKilled; kernel line CONSTRAINT_MEMCG with oom_memcg of this container"},
			{"oom-node", "reason OOMKilled with usage far below the limit; kernel line CONSTRAINT_NONE or global_oom; several pods of the node"},
			{"oom-pod-limit", "oom_memcg is the pod's own cgroup"},
			{"oom-kubepods-limit", "oom_memcg is /kubepods or kubepods.slice"},
			{"oom-tmpfs", "kernel line with large shmem-rss; memory emptyDir or /dev/shm in use"},
			{"pid1-ignores-sigterm", "event Killing, and the end exactly one grace period later, at every stop"},
			{"prestop-hang", "a preStop hook used the grace period up"},
			{"liveness-timeout", "event Killing `failed liveness probe`, and the program did not stop in time"},
			{"startup-too-slow", "the same, at the same age each time, before it was ever ready"},
			{"evicted-memory", "pod reason Evicted: a hard eviction gives 1 s of grace"},
			{"node-shutdown", "pod reason Terminated or NodeShutdown"},
			{"restart-all-rule", "reason RestartingAllContainers: the number is invented"},
			{"oom-undetected", "reason Error, no event Killing, kernel OOM line with the container's id"},
			{"killed-from-inside", "reason Error, no Killing, no OOM line: `kill -9` by a supervisor or by somebody on the node"},
		},
		Apart: []string{
			"read the terminated reason first: OOMKilled means memory; ContainerStatusUnknown and RestartingAllContainers mean that 137 is invented; Error decides nothing",
			"then event Killing: within grace period + 1 min before finishedAt means that the kubelet stopped it",
			"then the kernel log of the node: oom_memcg says whose limit, task_memcg who died",
			"a Java or Node heap that is full is not 137 but 1, 3 or 134",
			".NET's own host also uses 137 (CoreClrInitFailure): its log then says `Failed to initialize CoreCLR`",
		},
		Check:  []string{cmdStatus, cmdEvents, cmdKernel, "kubectl top pod POD -n NS --containers"},
		Source: signal7 + "; " + kubelt + "kuberuntime/kuberuntime_container.go, kubelet_pods.go; " + ctrd + "internal/cri/server/events.go",
	},
	{
		Number: 10, Name: "SIGUSR1", Text: "User defined signal 1", Action: Terminate, Catchable: true,
		Means:  "Meaning up to the program: log rotation, reload, heap dump.",
		Sender: "a sidecar, hook or script that expects a handler",
		Causes: []Hint{{"killed-from-inside", "sent to a program, or to a shell as process 1, without a handler"}},
		Check:  []string{"find the sender: log rotation, reload hook, `dumb-init --rewrite`", cmdPrevious},
		Source: signal7,
	},
	{
		Number: 11, Name: "SIGSEGV", Text: "Segmentation fault", Action: Core, Catchable: true,
		Means:  "Access to memory that is not mapped: a bug in native code, a library of another libc (musl and glibc mixed), or a stack overflow in native code.",
		Sender: "the kernel, to the faulting thread",
		Causes: []Hint{
			{"native-crash", "kernel line `segfault at`; the same image crashes anywhere"},
			{"crash-on-rollout", "began with a new image or library version"},
			{"image-corrupt", "one node only, other nodes run the same digest"},
		},
		Apart: []string{
			"musl images have a small default thread stack: deep recursion crashes there and nowhere else",
			"a JVM that is hit by SIGSEGV prints hs_err and ends with 134, not 139",
			".NET's own host also uses 139 (ResolverInitFailure): its log then names a .deps.json",
		},
		Check:  []string{cmdKernel, cmdPrevious, "core file: /proc/sys/kernel/core_pattern of the node says where it goes"},
		Source: signal7,
	},
	{
		Number: 12, Name: "SIGUSR2", Text: "User defined signal 2", Action: Terminate, Catchable: true,
		Means:  "Meaning up to the program: reload, binary upgrade.",
		Sender: "a sidecar, hook or script that expects a handler",
		Causes: []Hint{{"killed-from-inside", "sent to a program without a handler"}},
		Check:  []string{"find the sender", cmdPrevious},
		Source: signal7,
	},
	{
		Number: 13, Name: "SIGPIPE", Text: "Broken pipe", Action: Terminate, Catchable: true,
		Means:  "Wrote into a pipe or socket that nobody reads any more.",
		Sender: "the kernel, to the writer",
		Causes: []Hint{
			{"app-error-exit", "a shell pipeline with `pipefail` (`… | head`), or a log pipe whose reader ended"},
			{"dependency-refused", "the peer closed the connection and the program does not handle it"},
		},
		Check:  []string{cmdPrevious, "pipes in the container's command and scripts"},
		Source: signal7,
	},
	{
		Number: 14, Name: "SIGALRM", Text: "Alarm clock", Action: Terminate, Catchable: true,
		Means:  "A timer that the program set itself ran out, and it has no handler.",
		Sender: "the kernel, for alarm() or setitimer()",
		Causes: []Hint{{"app-error-exit", "a built-in time limit, often for a step that waits for something"}},
		Check:  []string{cmdPrevious},
		Source: signal7,
	},
	{
		Number: 15, Name: "SIGTERM", Text: "Terminated", Action: Terminate, Catchable: true,
		Means:  "The polite request to stop.",
		Sender: "the runtime for the kubelet, at the start of every stop: deletion, scale-down, drain, soft eviction, failed liveness or startup probe, changed image, resize; a supervisor inside the image",
		Causes: []Hint{
			{"liveness-wrong-target", "Killing `failed liveness probe`, probe failed from the first attempt on"},
			{"liveness-timeout", "Killing `failed liveness probe`, time-outs after a long healthy run"},
			{"startup-too-slow", "Killing `failed liveness probe` at the same age each time"},
			{"startup-probe-exhausted", "Killing `failed startup probe`"},
			{"scaled-down", "owner's event SuccessfulDelete, ScalingReplicaSet or SuccessfulRescale"},
			{"drained", "condition DisruptionTarget, reason EvictionByEvictionAPI"},
			{"taint-eviction", "condition DisruptionTarget, reason DeletionByTaintManager"},
			{"preempted", "condition DisruptionTarget, reason PreemptionByScheduler"},
			{"node-shutdown", "pod reason Terminated"},
			{"restarted-for-resize", "Killing `resize requires restart`"},
			{"deleted-by-user", "plain `Stopping container`, deletionTimestamp, no other evidence"},
		},
		Apart:  apartTerm,
		Check:  []string{cmdEvents, cmdStatus, cmdOwner},
		Source: signal7 + "; " + kubelt + "kuberuntime/kuberuntime_container.go killContainer",
	},
	{
		Number: 16, Name: "SIGSTKFLT", Text: "Stack fault", Action: Terminate, Catchable: true,
		Means: "Unused by Linux since it has no coprocessor stack.", Sender: noUsual,
		Causes: []Hint{{"killed-from-inside", "some process sent it on purpose"}}, Check: []string{cmdPrevious}, Source: signal7,
	},
	{
		Number: 17, Name: "SIGCHLD", Aliases: []string{"SIGCLD"}, Text: "Child exited", Action: Ignore, Catchable: true,
		Means: "A child process ended or stopped.", Sender: "the kernel, to the parent", Source: signal7,
	},
	{
		Number: 18, Name: "SIGCONT", Text: "Continued", Action: Continue, Catchable: true,
		Means: "Go on after a stop.", Sender: "a debugger, or whoever stopped it", Source: signal7,
	},
	{
		Number: 19, Name: "SIGSTOP", Text: "Stopped (signal)", Action: Stop, Catchable: false,
		Means:  "Stops the process until SIGCONT; it stays alive and answers nothing.",
		Sender: "a debugger or a person on the node; probes then time out",
		Causes: []Hint{{"liveness-deadlock", "the process is in state T"}}, Check: []string{"ps -o pid,stat,cmd on the node: state T"}, Source: signal7,
	},
	{
		Number: 20, Name: "SIGTSTP", Text: "Stopped", Action: Stop, Catchable: true,
		Means: "Stop from the keyboard (Ctrl-Z).", Sender: "a person attached to the container", Source: signal7,
	},
	{
		Number: 21, Name: "SIGTTIN", Text: "Stopped (tty input)", Action: Stop, Catchable: true,
		Means: "A background process reads from its terminal.", Sender: "the kernel, with `tty: true`; also used by gunicorn to add a worker", Source: signal7,
	},
	{
		Number: 22, Name: "SIGTTOU", Text: "Stopped (tty output)", Action: Stop, Catchable: true,
		Means: "A background process writes to its terminal.", Sender: "the kernel, with `tty: true`; also used by gunicorn to take a worker away", Source: signal7,
	},
	{
		Number: 23, Name: "SIGURG", Text: "Urgent I/O condition", Action: Ignore, Catchable: true,
		Means: "Urgent data on a socket; the Go runtime sends it to its own threads to preempt them, so traces are full of it.", Sender: "the kernel; the Go runtime", Source: signal7 + "; Go runtime since 1.14",
	},
	{
		Number: 24, Name: "SIGXCPU", Text: "CPU time limit exceeded", Action: Core, Catchable: true,
		Means: "The CPU time limit (RLIMIT_CPU) is used up. The CPU limit of a container never does this: it only slows down.", Sender: "the kernel",
		Causes: []Hint{{"app-error-exit", "a ulimit -t in the image or a time limit the program set itself"}}, Check: []string{"ulimit -t in the container", cmdPrevious}, Source: signal7,
	},
	{
		Number: 25, Name: "SIGXFSZ", Text: "File size limit exceeded", Action: Core, Catchable: true,
		Means: "A file grew past RLIMIT_FSIZE.", Sender: "the kernel",
		Causes: []Hint{{"app-error-exit", "a ulimit -f in the image or of the runtime's unit"}}, Check: []string{"ulimit -f in the container", cmdPrevious}, Source: signal7,
	},
	{
		Number: 26, Name: "SIGVTALRM", Text: "Virtual timer expired", Action: Terminate, Catchable: true,
		Means: "A timer over the program's own CPU time ran out, and it has no handler.", Sender: "the kernel, for setitimer()",
		Causes: []Hint{{"app-error-exit", ""}}, Check: []string{cmdPrevious}, Source: signal7,
	},
	{
		Number: 27, Name: "SIGPROF", Text: "Profiling timer expired", Action: Terminate, Catchable: true,
		Means: "A profiler's timer ran out, and no handler was installed for it.", Sender: "the kernel, for a profiler's timer",
		Causes: []Hint{{"app-error-exit", "a profiling agent that was loaded too late or unloaded"}}, Check: []string{cmdPrevious, "profiling agents in the image"}, Source: signal7,
	},
	{
		Number: 28, Name: "SIGWINCH", Text: "Window changed", Action: Ignore, Catchable: true,
		Means: "The terminal's size changed; Apache httpd stops gracefully on it.", Sender: "an image whose STOPSIGNAL is SIGWINCH (httpd)", Source: signal7,
	},
	{
		Number: 29, Name: "SIGIO", Aliases: []string{"SIGPOLL"}, Text: "I/O possible", Action: Terminate, Catchable: true,
		Means: "A descriptor in asynchronous mode is ready, and there is no handler.", Sender: "the kernel",
		Causes: []Hint{{"app-error-exit", ""}}, Check: []string{cmdPrevious}, Source: signal7,
	},
	{
		Number: 30, Name: "SIGPWR", Text: "Power failure", Action: Terminate, Catchable: true,
		Means: "Power failure; LXC and systemd use it to ask a container's init to shut down.", Sender: "LXC or systemd-nspawn, hardly ever in Kubernetes",
		Causes: []Hint{{"node-shutdown", "sent by the host on its way down"}}, Check: []string{cmdNode}, Source: signal7,
	},
	{
		Number: 31, Name: "SIGSYS", Aliases: []string{"SIGUNUSED"}, Text: "Bad system call", Action: Core, Catchable: true,
		Means:  "A seccomp filter killed the process for a forbidden system call.",
		Sender: "the kernel's seccomp filter (action KILL or TRAP)",
		Causes: []Hint{{"seccomp-denied", "node audit line `type=1326 … sig=31 … syscall=N`"}},
		Apart:  []string{"the default profiles answer EPERM instead of killing: the program then fails with `Operation not permitted`", ".NET's own host also uses 159 (BundleExtractionFailure)"},
		Check:  []string{"journalctl -k | grep type=1326   (on the node)", "securityContext.seccompProfile of pod and container"},
		Source: signal7 + "; seccomp(2)",
	},
}

// realtimeSignal is the pattern for 32 to 64.
var realtimeSignal = SignalInfo{
	Action: Terminate, Catchable: true,
	Means:  "A real-time signal; its meaning is the program's or its init system's (systemd as process 1 stops on SIGRTMIN+3).",
	Sender: "an image whose STOPSIGNAL names it; libraries with their own timers",
	Causes: []Hint{{"killed-from-inside", "sent to a program without a handler"}},
	Check:  []string{"image's STOPSIGNAL", cmdPrevious},
	Source: signal7,
}
