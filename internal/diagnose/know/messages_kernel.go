package know

const inKernel = "kernel log of the node"

// kernelMessages are lines of the node's kernel log.
var kernelMessages = []Message{
	{Pattern: "invoked oom-killer", Where: inKernel, Means: "This process asked for memory; it is not the victim. The lines after it name whose limit and who died.", Causes: []Hint{{"oom-container-limit", "constraint=CONSTRAINT_MEMCG"}, {"oom-node", "constraint=CONSTRAINT_NONE"}}, Source: "Linux mm/oom_kill.c"},
	{Pattern: "oom-kill:constraint=CONSTRAINT_MEMCG", Where: inKernel, Means: "A cgroup's limit: oom_memcg is whose (container, pod, or kubepods for the whole node), task_memcg the victim's.", Causes: []Hint{{"oom-container-limit", "oom_memcg ends with the container"}, {"oom-pod-limit", "oom_memcg ends with the pod"}, {"oom-kubepods-limit", "oom_memcg is kubepods"}, {"oom-child-process", "task is not process 1"}}, Since: "Linux 5.0", Source: "Linux mm/oom_kill.c"},
	{Pattern: "oom-kill:constraint=CONSTRAINT_NONE", Where: inKernel, Means: "The node is out of memory.", Causes: []Hint{{"oom-node", ""}}, Since: "Linux 5.0", Source: "Linux mm/oom_kill.c"},
	{Pattern: "Memory cgroup out of memory: Killed process", Where: inKernel, Means: "Killed for a cgroup's limit; large shmem-rss means tmpfs, anon-rss near the limit means heap.", Causes: []Hint{{"oom-container-limit", ""}, {"oom-tmpfs", "large shmem-rss"}, {"oom-child-process", "not process 1"}}, Source: "Linux mm/oom_kill.c"},
	{Pattern: "Out of memory: Killed process", Where: inKernel, Means: "Killed for the node's memory.", Causes: []Hint{{"oom-node", ""}}, Source: "Linux mm/oom_kill.c"},
	{Pattern: "killed as a result of limit of", Where: inKernel, Means: "Cgroup OOM kill of old kernels: the second path is whose limit.", Causes: []Hint{{"oom-container-limit", ""}, {"oom-kubepods-limit", "/kubepods"}}, Until: "Linux 4.x", Source: "Linux mm/memcontrol.c"},
	{Pattern: "are going to be killed due to memory.oom.group set", Where: inKernel, Means: "Group kill: the whole container dies at once (kubelet ≥1.28 on cgroup v2).", Causes: []Hint{{"oom-container-limit", ""}}, Source: "Linux mm/oom_kill.c"},
	{Pattern: "page allocation failure", Where: inKernel, Means: "With order 2 or more and free memory left: fragmentation, not lack of memory.", Causes: []Hint{{"memory-fragmentation", ""}}, Source: "Linux mm/page_alloc.c"},
	{Pattern: "SLUB: Unable to allocate memory", Where: inKernel, Means: "Free memory is too fragmented, or the kernel leaks cgroups.", Causes: []Hint{{"memory-fragmentation", ""}, {"kernel-cgroup-leak", "kernel 3.10"}}, Source: "Linux mm/slub.c"},
	{Pattern: "nf_conntrack: table full, dropping packet", Where: inKernel, Means: "No further connection can be tracked: connections fail at random.", Causes: []Hint{{"conntrack-full", ""}}, Source: "Linux net/netfilter/nf_conntrack_core.c"},
	{Pattern: "neighbor table overflow", Where: inKernel, Means: "The ARP table is full: more neighbours than gc_thresh3.", Causes: []Hint{{"node-misconfigured", "net.ipv4.neigh.default.gc_thresh"}, {"dependency-unreachable", "what pods see"}}, Source: "Linux net/core/neighbour.c"},
	{Pattern: "blocked for more than * seconds", Where: inKernel, Means: "A task waits for storage that does not answer; pods of the node hang.", Causes: []Hint{{"node-io-stall", ""}, {"storage-unreachable", "NFS"}}, Source: "Linux kernel/hung_task.c"},
	{Pattern: "unregister_netdevice: waiting for", Where: inKernel, Means: "A network namespace is not freed.", Causes: []Hint{{"stuck-runtime", ""}, {"sandbox-timeout", ""}}, Source: "Linux net/core/dev.c"},
	{Pattern: "EXT4-fs error", Where: inKernel, Means: "The file system is damaged, or its disk fails.", Causes: []Hint{{"filesystem-damaged", ""}, {"disk-failing", "with I/O errors"}}, Source: "Linux fs/ext4"},
	{Pattern: "Remounting filesystem read-only", Where: inKernel, Means: "After an error the file system was made read-only.", Causes: []Hint{{"filesystem-readonly", ""}, {"disk-failing", ""}}, Source: "Linux fs/ext4"},
	{Pattern: "I/O error, dev", Where: inKernel, Means: "The disk reports errors.", Causes: []Hint{{"disk-failing", ""}, {"storage-unreachable", "network block device"}}, Source: "Linux block/blk-core.c"},
	{Pattern: "Shutting down filesystem", Where: inKernel, Means: "XFS gave up after corruption or I/O errors.", Causes: []Hint{{"filesystem-damaged", ""}, {"disk-failing", ""}}, Source: "Linux fs/xfs"},
	{Pattern: "fork rejected by pids controller", Where: inKernel, Means: "The pid limit of the pod or node is reached.", Causes: []Hint{{"pid-limit", ""}}, Source: "Linux kernel/cgroup/pids.c"},
	{Pattern: "trap invalid opcode", Where: inKernel, Means: "The processor does not know an instruction of the program.", Causes: []Hint{{"illegal-instruction", "only on some node types"}, {"native-crash", "a deliberate trap"}}, Source: "Linux arch/x86/kernel/traps.c"},
	{Pattern: "segfault at", Where: inKernel, Means: "The program crashed in native code; ip and the library's name say where.", Causes: []Hint{{"native-crash", ""}}, Source: "Linux arch/x86/mm/fault.c"},
	{Pattern: "type=1326", Where: "audit log of the node", Means: "seccomp: sig=31 killed the process, sig=0 gave it an error; syscall= is the number.", Causes: []Hint{{"seccomp-denied", ""}}, Source: "Linux kernel/auditsc.c"},
	{Pattern: `apparmor="DENIED"`, Where: "audit log of the node", Means: "AppArmor refused; the program sees EACCES.", Causes: []Hint{{"volume-permission-denied", "a file: the profile decides, not its mode"}, {"capability-missing", "operation=\"capable\""}}, Source: "Linux security/apparmor"},
	{Pattern: "avc: denied", Where: "audit log of the node", Means: "SELinux refused; the program sees EACCES.", Causes: []Hint{{"selinux-denied", ""}}, Source: "Linux security/selinux"},
	{Pattern: "soft lockup - CPU#", Where: inKernel, Means: "A CPU was not scheduled for long: hypervisor steal, or a kernel bug.", Causes: []Hint{{"node-cpu-starved", ""}}, Source: "Linux kernel/watchdog.c"},
	{Pattern: "NVRM: Xid", Where: inKernel, Means: "The GPU or its driver reports an error; the number says which.", Causes: []Hint{{"gpu-driver-error", ""}}, Source: "NVIDIA Xid errors"},
}

// symptomMessages are the short error texts that have several causes: the order
// of hints is the order in which to check.
var symptomMessages = []Message{
	{Pattern: "no such file or directory", Where: "start messages, mounts, program logs", Means: "ENOENT: the words around it decide what is missing.", Causes: []Hint{
		{"command-file-missing", "`exec: \"/x\": stat /x`"}, {"interpreter-missing", "`exec /x:` as the only log line"}, {"mount-type-mismatch", "`error mounting`"}, {"subpath-failed", "`volume-subpaths`"},
		{"cni-agent-down", "`/var/lib/calico/nodename`"}, {"file-missing", "in the program's log: the path it names"},
	}, Source: "errno(3)"},
	{Pattern: "permission denied", Where: "start messages, mounts, program logs", Means: "EACCES: who says it decides.", Causes: []Hint{
		{"command-not-executable", "`exec: \"/x\"`"}, {"workdir-missing", "`chdir to cwd`"}, {"volume-permission-denied", "program's log, path on a volume"}, {"privileged-port-denied", "`bind`, port below 1024"},
		{"selinux-denied", "audit line `avc: denied`"}, {"storage-access-denied", "in FailedMount"},
	}, Source: "errno(3)"},
	{Pattern: "operation not permitted", Where: "program logs, mounts", Means: "EPERM: a right of the kernel is missing, not a file's mode.", Causes: []Hint{
		{"capability-missing", "capabilities dropped, not root"}, {"seccomp-denied", "audit line `type=1326`"}, {"storage-access-denied", "`lchown` in FailedMount: root squash"},
	}, Source: "errno(3)"},
	{Pattern: "no space left on device", Where: "pulls, mounts, start messages, program logs", Means: "ENOSPC: where it happens decides; not always a disk.", Causes: []Hint{
		{"image-pull-disk-full", "during a pull"}, {"kernel-cgroup-leak", "`mkdir …/cgroup`"}, {"inotify-limit", "`inotify`"}, {"shm-too-small", "/dev/shm"}, {"memory-limit-too-small", "`kubernetes.io~projected`"},
		{"volume-full", "path of a volume"}, {"node-disk-full", "`/` or a directory of the runtime"}, {"evicted-disk", "pod reason Evicted"},
	}, Source: "errno(3)"},
	{Pattern: "cannot allocate memory", Where: "start messages, sandbox, program logs", Means: "ENOMEM: not always the container's limit.", Causes: []Hint{
		{"oom-container-limit", "kernel OOM line"}, {"memory-fragmentation", "`page allocation failure`"}, {"kernel-cgroup-leak", "cgroup mkdir"}, {"oom-node", "node out of memory"},
	}, Apart: []string{"a full pid limit gives EAGAIN (`Resource temporarily unavailable`), not ENOMEM"}, Source: "errno(3)"},
	{Pattern: "connection refused", Where: "probes, pulls, sandbox, program logs", Means: "The address answers, nobody listens on the port. Who says it decides.", Causes: []Hint{
		{"liveness-wrong-target", "event Unhealthy: wrong port"}, {"listens-on-localhost", "event Unhealthy, works inside on localhost"}, {"dependency-refused", "program's log: target down"}, {"service-no-endpoints", "the Service has nobody behind it"},
		{"sidecar-start-order", "to localhost in the first seconds"}, {"registry-unreachable", "in a pull"}, {"cni-agent-down", "in FailedCreatePodSandBox"}, {"webhook-down", "after `failed calling webhook`"},
	}, Source: "errno(3)"},
	{Pattern: "i/o timeout", Where: "probes, pulls, program logs", Means: "No answer at all.", Causes: []Hint{
		{"dependency-unreachable", "one backend, nothing else"}, {"network-policy-block", "depends on labels"}, {"mtu-mismatch", "depends on size"}, {"dns-failure", "`lookup … i/o timeout`"}, {"conntrack-full", "one node only"}, {"registry-unreachable", "in a pull"}, {"api-unreachable", "to the API's service address"},
	}, Source: "Go net"},
	{Pattern: "connection timed out", Where: "mounts, program logs", Means: "ETIMEDOUT: no answer at all.", Causes: []Hint{
		{"dependency-unreachable", "one backend"}, {"network-policy-block", "depends on labels"}, {"storage-unreachable", "in FailedMount"}, {"mtu-mismatch", "depends on size"},
	}, Source: "errno(3)"},
	{Pattern: "context deadline exceeded", Where: "probes, pulls, runtime calls, program logs", Means: "The caller's time was up; what it called decides.", Causes: []Hint{
		{"liveness-timeout", "event Unhealthy"}, {"sandbox-timeout", "event FailedCreatePodSandBox"}, {"node-io-stall", "CreateContainerError: slow disk"}, {"image-pull-stalled", "in a pull"}, {"dependency-unreachable", "program's log"}, {"webhook-down", "after `failed calling webhook`"},
	}, Source: "Go context"},
	{Pattern: "no route to host", Where: "probes, pulls, mounts, program logs", Means: "EHOSTUNREACH: no path, or a firewall that says so.", Causes: []Hint{
		{"dependency-unreachable", ""}, {"calico-bgp-blocked", "across nodes only"}, {"registry-unreachable", "in a pull"}, {"storage-unreachable", "in FailedMount"},
	}, Source: "errno(3)"},
	{Pattern: "no such host", Where: "pulls, program logs", Means: "The name does not exist (NXDOMAIN).", Causes: []Hint{
		{"service-name-wrong", "one name: Service absent, misspelt or in another namespace"}, {"dns-failure", "every name"}, {"registry-dns", "in a pull: the node's resolver"},
	}, Source: "Go net"},
	{Pattern: "Temporary failure in name resolution", Where: "program logs", Means: "EAI_AGAIN: the resolver did not answer.", Causes: []Hint{
		{"dns-failure", ""}, {"network-policy-block", "port 53 not allowed"},
	}, Source: "getaddrinfo(3)"},
	{Pattern: "server misbehaving", Where: "pulls, program logs", Means: "The resolver answered with a failure (SERVFAIL).", Causes: []Hint{
		{"dns-failure", "program's log"}, {"registry-dns", "in a pull"},
	}, Source: "Go net"},
	{Pattern: "address already in use", Where: "sandbox, program logs", Means: "EADDRINUSE: the port is taken in that network namespace.", Causes: []Hint{
		{"port-in-use", "program's log"}, {"hostport-conflict", "in FailedCreatePodSandBox"},
	}, Source: "errno(3)"},
	{Pattern: "read-only file system", Where: "start messages, kubelet, program logs", Means: "EROFS: whose path decides.", Causes: []Hint{
		{"readonly-rootfs", "path of the image, readOnlyRootFilesystem"}, {"filesystem-readonly", "path of a volume or of the node's disk"},
	}, Source: "errno(3)"},
	{Pattern: "too many open files", Where: "program logs, kubelet", Means: "EMFILE: file limit, or inotify instances.", Causes: []Hint{
		{"fd-limit", ""}, {"inotify-limit", "`fsnotify`, `inotify`"},
	}, Source: "errno(3)"},
	{Pattern: "is forbidden: User", Where: "program logs, kubectl", Means: "The API server refuses what this account tries to do.", Causes: []Hint{{"rbac-forbidden", ""}}, Source: "k8s.io/apiserver v0.36.3 authorization errors"},
}
