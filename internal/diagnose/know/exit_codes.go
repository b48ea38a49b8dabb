package know

const sysexits = "sysexits.h of 4.3BSD, as in glibc 2.39"

// exitRows holds the codes that mean something whatever the program is. Codes of
// signals are made from the table of signals.
var exitRows = []exitRow{
	{
		code: 0, name: "success", means: "success: the program ended by itself and says all is well", setBy: setByProgram,
		causes: []Hint{
			{"clean-exit-restarted", "reason Completed, policy Always: the work is done and it is started again"},
			{"daemonized-process", "ended within seconds; log says that it went into the background"},
			{"oom-child-process", "reason OOMKilled with code 0: a child died, process 1 went on"},
			{"liveness-timeout", "event Killing before it: the program stopped in time on request"},
		},
		apart:  []string{"with restartPolicy Always an exit 0 backs off exactly like a crash: CrashLoopBackOff with reason Completed", "a code 0 with the message `Unable to get init container status …` is invented by the kubelet"},
		check:  []string{cmdPrevious, cmdEvents, "spec.restartPolicy, and whether the workload should be a Job"},
		source: kubelt + "container/helpers.go ShouldContainerBeRestarted",
	},
	{
		code: 1, name: "general failure", means: "general failure, chosen by the program", setBy: "the program itself; crun and runc up to 1.1 when the exec of the command fails inside the container",
		causes: []Hint{
			{"app-config-error", "log names a file, key or value"},
			{"missing-env-var", "log names a variable"},
			{"unhandled-exception", "log shows a stack trace (Python, Java, Node)"},
			{"dependency-refused", "log ends with connection refused"},
			{"service-name-wrong", "log ends with a host that is not found"},
			{"file-missing", "log `No such file or directory`"},
			{"volume-permission-denied", "log `Permission denied` on a mounted path"},
			{"exec-format-error", "first log line `exec …: exec format error` (crun, runc up to 1.1)"},
			{"interpreter-missing", "first log line `exec …: no such file or directory`"},
			{"runtime-heap-exhausted", "log `OutOfMemoryError` or `MemoryError`"},
			{"app-error-exit", "no line says more"},
		},
		apart:  []string{"a code 1 in well under a second with a log of one line that begins with `exec` is the runtime's, not the program's", "with reason OOMKilled a child was killed and the program gave up"},
		check:  []string{cmdPrevious, "kubectl rollout history, and what the newest revision changed"},
		source: "exit(3) EXIT_FAILURE; " + runc + "release-1.1 libcontainer/init_linux.go",
	},
	{
		code: 2, name: "misuse or panic", means: "wrong usage (shells, argument parsers), or a Go panic", setBy: setByProgram,
		causes: []Hint{
			{"unhandled-exception", "log `panic:`, `fatal error:` or `goroutine`: the Go runtime"},
			{"bad-arguments", "log `usage:`, `unknown flag`, `unrecognized arguments`"},
			{"script-syntax-error", "log `syntax error`, `unexpected end of file`"},
			{"file-missing", "a shell that cannot open its script"},
		},
		check:  []string{cmdPrevious, "command and args of the container against the version in the image"},
		source: "bash(1) EXIT STATUS; Go runtime panic.go; Python argparse",
	},
	{
		code: 64, name: "EX_USAGE", means: "wrong command line", setBy: setByProgram,
		causes: []Hint{{"bad-arguments", ""}}, check: []string{cmdPrevious, "command and args against the program's help"}, source: sysexits,
	},
	{
		code: 65, name: "EX_DATAERR", means: "input data are wrong", setBy: setByProgram,
		causes: []Hint{{"app-config-error", "the input is its configuration"}, {"data-corrupt", "the input is its own data"}, {"app-error-exit", ""}}, check: []string{cmdPrevious}, source: sysexits,
	},
	{
		code: 66, name: "EX_NOINPUT", means: "an input file does not exist or cannot be read", setBy: setByProgram,
		causes: []Hint{{"file-missing", ""}, {"volume-permission-denied", "the file is there"}}, check: []string{cmdPrevious, "volumes and mount paths"}, source: sysexits,
	},
	{
		code: 67, name: "EX_NOUSER", means: "a user is not known", setBy: setByProgram,
		causes: []Hint{{"user-not-in-image", ""}, {"dependency-auth", "the user of a backend"}}, check: []string{cmdPrevious}, source: sysexits,
	},
	{
		code: 68, name: "EX_NOHOST", means: "a host name is not known", setBy: setByProgram,
		causes: []Hint{{"service-name-wrong", "one name"}, {"dns-failure", "every name"}}, check: []string{cmdPrevious, "kubectl get svc -A"}, source: sysexits,
	},
	{
		code: 69, name: "EX_UNAVAILABLE", means: "a service or helper is not available", setBy: setByProgram,
		causes: []Hint{{"dependency-refused", ""}, {"dependency-unreachable", "nothing answered"}, {"app-error-exit", ""}}, check: []string{cmdPrevious, cmdEndpoints}, source: sysexits,
	},
	{
		code: 70, name: "EX_SOFTWARE", means: "internal error of the program", setBy: setByProgram,
		causes: []Hint{{"unhandled-exception", ""}}, check: []string{cmdPrevious}, source: sysexits,
	},
	{
		code: 71, name: "EX_OSERR", means: "the system refused something, such as a fork", setBy: setByProgram,
		causes: []Hint{{"pid-limit", "fork or thread failed"}, {"fd-limit", "too many open files"}, {"capability-missing", "Operation not permitted"}}, check: []string{cmdPrevious, cmdNode}, source: sysexits,
	},
	{
		code: 72, name: "EX_OSFILE", means: "a system file is missing or wrong", setBy: setByProgram,
		causes: []Hint{{"file-missing", ""}, {"volume-hides-files", "a mount lies over its directory"}}, check: []string{cmdPrevious, "volumes and mount paths"}, source: sysexits,
	},
	{
		code: 73, name: "EX_CANTCREAT", means: "an output file cannot be created", setBy: setByProgram,
		causes: []Hint{{"readonly-rootfs", "path of the image, readOnlyRootFilesystem"}, {"volume-permission-denied", "path of a volume"}, {"volume-full", "No space left on device"}}, check: []string{cmdPrevious, "securityContext and volume mounts"}, source: sysexits,
	},
	{
		code: 74, name: "EX_IOERR", means: "input or output error", setBy: setByProgram,
		causes: []Hint{{"volume-full", "No space left on device"}, {"disk-failing", "kernel I/O errors"}, {"data-corrupt", "its own files"}}, check: []string{cmdPrevious, cmdKernel}, source: sysexits,
	},
	{
		code: 75, name: "EX_TEMPFAIL", means: "temporary failure: trying again may help", setBy: setByProgram,
		causes: []Hint{{"dependency-refused", ""}, {"dependency-unreachable", "time-out"}}, check: []string{cmdPrevious}, source: sysexits,
	},
	{
		code: 76, name: "EX_PROTOCOL", means: "the other side broke the protocol", setBy: setByProgram,
		causes: []Hint{{"dependency-tls", "TLS on a plain port, or the reverse"}, {"app-config-error", "wrong port or wrong service"}}, check: []string{cmdPrevious}, source: sysexits,
	},
	{
		code: 77, name: "EX_NOPERM", means: "permission denied above the file system", setBy: setByProgram,
		causes: []Hint{{"dependency-auth", "a backend refused the login"}, {"rbac-forbidden", "the API server refused"}, {"volume-permission-denied", "a path is named"}}, check: []string{cmdPrevious}, source: sysexits,
	},
	{
		code: 78, name: "EX_CONFIG", means: "configuration error", setBy: setByProgram,
		causes: []Hint{{"app-config-error", ""}, {"missing-env-var", "log names a variable"}, {"node-misconfigured", "log names a kernel setting, such as vm.max_map_count"}}, check: []string{cmdPrevious, "ConfigMaps and Secrets the pod uses"}, source: sysexits,
	},
	{
		code: 124, name: "timed out", means: "a command under `timeout` ran longer than allowed", setBy: "GNU or BusyBox timeout around the program",
		causes: []Hint{{"init-waiting", "a wait-for script in an init container"}, {"dependency-unreachable", "what it waits for does not answer"}, {"app-error-exit", ""}},
		check:  []string{cmdPrevious, "`timeout` in command, args and scripts"}, source: "timeout(1), GNU coreutils 9",
	},
	{
		code: 125, name: "wrapper failed", means: "the wrapper around the program failed itself (env, nohup, timeout, chroot, docker run)", setBy: "the wrapper, before the program was started; Kubernetes never sets it",
		causes: []Hint{{"bad-arguments", "wrong option for the wrapper"}, {"capability-missing", "chroot or setuid not permitted"}, {"app-error-exit", ""}},
		check:  []string{cmdPrevious, "wrappers in command and entrypoint script"}, source: "env(1), timeout(1), chroot(1), GNU coreutils 9; docker run reference",
	},
	{
		code: 126, name: "cannot execute", means: "the command was found but cannot be executed", setBy: "a shell or wrapper inside the container (reason Error); Docker for its own start failure (reason ContainerCannotRun)",
		causes: []Hint{
			{"command-not-executable", "`permission denied`: no x bit, often a script from a ConfigMap (mode 0644), or a directory"},
			{"exec-format-error", "`cannot execute binary file`: other architecture"},
			{"interpreter-missing", "`bad interpreter`"},
			{"userns-unsupported", "Docker, with an id or mount text"},
		},
		apart:  []string{"reason ContainerCannotRun: Docker, nothing ran; reason Error: a shell of the image reports it"},
		check:  []string{cmdPrevious, "ls -l of the file in the image; defaultMode of a ConfigMap volume"},
		source: "sh(1) POSIX.1-2017 2.8.2; kubernetes v1.23.17 pkg/kubelet/dockershim/docker_container.go",
	},
	{
		code: 127, name: "command not found", means: "the command was not found", setBy: "a shell or wrapper inside the container, or the dynamic loader (reason Error); Docker for its own start failure (reason ContainerCannotRun)",
		causes: []Hint{
			{"shell-command-not-found", "log `x: not found` or `command not found`: a shell ran"},
			{"missing-shared-library", "log `error while loading shared libraries` (musl: `Error loading shared library`)"},
			{"command-not-in-path", "reason ContainerCannotRun, `executable file not found in $PATH`"},
			{"command-file-missing", "reason ContainerCannotRun, `no such file or directory`"},
			{"mount-type-mismatch", "Docker's hint about mounting a directory onto a file"},
			{"module-missing", "a script that calls a tool the image does not have"},
		},
		apart:  []string{"with containerd a missing command is StartError 128, with CRI-O CreateContainerError: 127 there always comes from inside", "Elasticsearch halts with 127 on an OutOfMemoryError"},
		check:  []string{cmdPrevious, "command, args and PATH against the image"},
		source: "sh(1) POSIX.1-2017 2.8.2; ld.so(8); kubernetes v1.23.17 pkg/kubelet/dockershim/docker_container.go",
	},
	{
		code: 128, name: "start failed", means: "the container could not be started (containerd), or a wrong argument to `exit`", setBy: "containerd, with reason StartError and startedAt 1970: nothing ran; else the program",
		causes: []Hint{
			{"command-not-in-path", "`executable file not found in $PATH`"},
			{"command-file-missing", "`stat /x: no such file or directory`"},
			{"command-not-executable", "`permission denied`"},
			{"volume-hides-files", "the missing file lies under a mount path"},
			{"mount-type-mismatch", "`error mounting … not a directory`"},
			{"subpath-failed", "`volume-subpaths` in the text"},
			{"workdir-missing", "`chdir to cwd`"},
			{"oom-at-start", "`container init was OOM-killed`, or `can't get final child's PID from pipe: EOF`"},
			{"env-nul-byte", "`contains nul byte`"},
			{"apparmor-profile-missing", "`apparmor failed to apply profile`"},
			{"gpu-driver-error", "`nvidia-container-cli`"},
		},
		apart:  []string{"reason StartError: read the message, it is the cause; reason Error: the program chose 128 (git does for every fatal error)"},
		check:  []string{"kubectl get pod POD -n NS -o jsonpath='{.status.containerStatuses[*].lastState.terminated.message}'", cmdDescribe},
		source: ctrd + "internal/cri/server/helpers.go errorStartExitCode",
	},
	{
		code: 255, name: "out of range or unknown", means: "a program that asks for exit(-1), a failed exec, or an end nobody saw", setBy: "the program; runc since 1.2 when the exec fails inside the container; containerd (reason Unknown) or CRI-O where the real code is lost",
		causes: []Hint{
			{"node-reboot", "reason Unknown (containerd) or Error (CRI-O) on all pods of the node at once, new bootID"},
			{"runtime-restart", "reason Unknown on several pods, same bootID"},
			{"exec-format-error", "log `exec …: exec format error` (runc since 1.2)"},
			{"interpreter-missing", "log `exec …: no such file or directory`"},
			{"unhandled-exception", "PHP fatal error, Dart, Perl; klog.Fatal of a Kubernetes component"},
			{"leader-election-lost", "log `leaderelection lost`, then klog.Fatal"},
			{"app-error-exit", "the program printed something and called exit(-1)"},
		},
		apart:  []string{"read the reason: Unknown means that the number is invented", "then the log: a single `exec` line is the runtime's, anything else the program's", "then the other pods of the node: all at the same moment means the node"},
		check:  []string{cmdStatus, cmdPrevious, cmdNode},
		source: "exit(3); " + runc + "release-1.2 libcontainer/init_linux.go; " + ctrd + "internal/cri/server/helpers.go unknownContainerStatus; " + crio + "internal/oci/runtime_oci.go",
	},
}

// reasonRows holds the terminated reasons that decide what a code means.
var reasonRows = []reasonRow{
	{
		reason: "ContainerStatusUnknown", codes: []int32{137}, invented: true,
		means: "the runtime no longer knew the container; {code} is a constant of the kubelet and says nothing", setBy: "the kubelet",
		causes: []Hint{
			{"node-reboot", "new bootID; CRI-O wiped its containers"}, {"runtime-restart", "same bootID, several pods"},
			{"evicted-memory", "pod reason Evicted"}, {"evicted-disk", "pod reason Evicted"}, {"node-shutdown", "pod reason Terminated"}, {"deleted-by-user", "deletionTimestamp set"},
		},
		check:  []string{"status.reason of the pod", cmdNode, cmdRuntime},
		source: kubelt + "kubelet_pods.go convertToAPIContainerStatuses",
	},
	{
		reason: "RestartingAllContainers", codes: []int32{137}, invented: true,
		means: "removed by an in-place restart of the whole pod; {code} is a constant of the kubelet and says nothing", setBy: "the kubelet, since 1.35",
		causes: []Hint{{"restart-all-rule", "another container's exit code matched a rule with action RestartAllContainers"}},
		check:  []string{"condition AllContainersRestarting", "restartPolicyRules of every container, and which exit code matched"},
		source: kubelt + "kubelet_pods.go; KEP-5532",
	},
	{
		reason: "Unknown", codes: []int32{255}, strict: true, invented: true,
		means: "containerd lost the container's end (task not found); 255 says nothing about the program", setBy: "containerd",
		causes: []Hint{{"node-reboot", "new bootID, all pods of the node"}, {"runtime-restart", "same bootID"}},
		check:  []string{cmdNode, cmdRuntime},
		source: ctrd + "internal/cri/server/helpers.go unknownContainerStatus, restart.go",
	},
	{
		reason: "StartError", codes: []int32{128}, invented: true,
		means: "the container could not be started; nothing of the program ran, the terminated message holds the cause", setBy: "containerd",
		causes: []Hint{
			{"command-not-in-path", "`executable file not found in $PATH`"}, {"command-file-missing", "`stat … no such file or directory`"}, {"command-not-executable", "`permission denied`"},
			{"mount-type-mismatch", "`error mounting … not a directory`"}, {"subpath-failed", "`volume-subpaths`"}, {"workdir-missing", "`chdir to cwd`"},
			{"oom-at-start", "`container init was OOM-killed`"}, {"env-nul-byte", "`contains nul byte`"}, {"gpu-driver-error", "`nvidia-container-cli`"},
		},
		check:  []string{"kubectl get pod POD -n NS -o jsonpath='{.status.containerStatuses[*].lastState.terminated.message}'"},
		source: ctrd + "internal/cri/server/helpers.go errorStartReason, errorStartExitCode",
	},
	{
		reason: "ContainerCannotRun", codes: []int32{126, 127, 128}, invented: true,
		means: "Docker could not start the container ({code}: 127 not found, 126 not executable, 128 else); nothing of the program ran", setBy: "Docker through dockershim (up to 1.23) or cri-dockerd",
		causes: []Hint{
			{"command-not-in-path", "`executable file not found in $PATH`"}, {"command-file-missing", "`no such file or directory`"},
			{"command-not-executable", "`permission denied`"}, {"mount-type-mismatch", "`mount a directory onto a file`"},
		},
		check:  []string{cmdDescribe},
		source: "kubernetes v1.23.17 pkg/kubelet/dockershim/docker_container.go",
	},
	{
		reason: "OOMKilled", codes: []int32{137},
		means: "a process of the container was killed for memory; {code} is how process 1 ended", setBy: "the runtime, from the cgroup's counters; the code is process 1's own",
		causes: []Hint{
			{"oom-container-limit", "code 137, usage near the limit, kernel line with oom_memcg of this container"},
			{"oom-child-process", "code other than 137: a child or an exec'd probe died, process 1 went on"},
			{"oom-node", "usage far below the limit or no limit; kernel CONSTRAINT_NONE; other pods hit too"},
			{"oom-pod-limit", "oom_memcg is the pod's cgroup"}, {"oom-kubepods-limit", "oom_memcg is kubepods"}, {"oom-tmpfs", "large shmem-rss"},
			{"init-oom", "it is an init container"},
		},
		check:  []string{cmdKernel, "kubectl top pod POD -n NS --containers", "resources.limits.memory"},
		source: ctrd + "internal/cri/server/events.go, internal/oom/watcher.go; kernel documentation cgroup-v2 memory.events oom_kill",
	},
	{
		reason: "seccomp killed", codes: []int32{159},
		means: "CRI-O's seccomp notifier stopped the container after a forbidden system call", setBy: "CRI-O, only with its opt-in notifier",
		causes: []Hint{{"seccomp-denied", "the message lists the calls: `Used forbidden syscalls`"}},
		check:  []string{cmdDescribe, "securityContext.seccompProfile"},
		source: crio + "server/container_status.go",
	},
}
