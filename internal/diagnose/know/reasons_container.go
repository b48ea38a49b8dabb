package know

const (
	srcWaiting  = kubelt + "kubelet_pods.go convertToAPIContainerStatuses, reason_cache.go"
	srcSyncName = kubelt + "container/sync_result.go"
	srcImages   = kubelt + "images/types.go, images/image_manager.go"
	srcStart    = kubelt + "kuberuntime/kuberuntime_container.go startContainer"
	retry       = "kubelet retries every 10 to 15 s for ever, the restart count does not move"
)

// waitingReasons are the reasons of state.waiting, and the names of the same
// errors in kubelet logs.
var waitingReasons = []Reason{
	{
		Name: "ContainerCreating", In: Waiting | StatusWord, By: "the kubelet", Role: Symptom,
		Means:   "Default of a pod without init containers until a first attempt is on record, and for as long as sandbox, volumes or devices are not ready. The message is empty: the cause is in events, or nowhere. An instance that is created but not yet running has an empty reason.",
		Formats: []string{"(empty)"},
		Causes: []Hint{
			{"image-pull-slow", "event Pulling without Pulled"}, {"configmap-missing", "FailedMount `configmap \"x\" not found`"}, {"secret-missing", "FailedMount `secret \"x\" not found`"},
			{"cni-not-ready", "FailedCreatePodSandBox or NetworkNotReady"}, {"ip-exhausted", "FailedCreatePodSandBox `no IP addresses available`"}, {"multi-attach", "FailedAttachVolume"},
			{"attach-stuck", "no event at all, VolumeAttachment attached: false (silent since 1.28)"}, {"volume-chown-slow", "VolumePermissionChangeInProgress"}, {"sandbox-timeout", "`is reserved for`"},
		},
		Next:   []string{cmdDescribe, "condition PodReadyToStartContainers: False means volumes or sandbox, True means image or config", cmdAttach},
		Source: srcWaiting,
	},
	{
		Name: "PodInitializing", In: Waiting | StatusWord, By: "the kubelet", Role: Symptom,
		Means:   "The same as ContainerCreating for a pod with init containers; regular containers also show it while init containers run. As STATUS with an init container that ended OOMKilled with code 0 it hides that kill.",
		Formats: []string{"(empty)"},
		Causes:  []Hint{{"init-waiting", "an init container runs for long"}, {"init-oom", "an init container is OOMKilled with code 0"}, {"image-pull-slow", "event Pulling without Pulled"}},
		Next:    []string{"kubectl get pod POD -n NS -o jsonpath='{.status.initContainerStatuses}'", cmdDescribe},
		Source:  srcWaiting,
	},
	{
		Name: "CrashLoopBackOff", In: Waiting | StatusWord, By: "the kubelet", Role: Symptom,
		Means: "The container ended and the kubelet waits before it starts it again: 0, 10, 20, 40, 80, 160, 300, 300 … seconds. It says nothing about why: exit 0 under policy Always looks the same as a crash. The duration in the message is the whole wait, not what remains; the next start is at lastState.terminated.finishedAt plus that duration, up to some 15 s later.",
		Formats: []string{
			"back-off %s restarting failed container=%s pod=%s",
		},
		Causes: []Hint{
			{"app-config-error", "exit 1, log names a key or file"}, {"unhandled-exception", "log shows a trace"}, {"clean-exit-restarted", "lastState reason Completed"},
			{"oom-container-limit", "lastState reason OOMKilled"}, {"liveness-wrong-target", "event Killing `failed liveness probe`"}, {"dependency-refused", "log `connection refused`"},
			{"command-not-in-path", "lastState reason StartError"}, {"shell-command-not-found", "exit 127"}, {"app-error-exit", "nothing narrower"},
		},
		Next:   []string{cmdPrevious, cmdStatus, cmdEvents, "unloop diagnose POD -n NS"},
		Source: kubelt + "kuberuntime/kuberuntime_manager.go doBackOff",
	},
	{
		Name: "ErrImagePull", In: Waiting | StatusWord, By: "the kubelet", Role: Root,
		Means:   "The pull failed just now; the message is the runtime's error. Shown in turn with ImagePullBackOff; the restart count does not move.",
		Formats: []string{"rpc error: code = %s desc = failed to pull and unpack image %q: %s", "%s (CRI-O, Docker: the registry's text)"},
		Causes:  imageHints,
		Next:    []string{"kubectl get events -n NS --field-selector reason=Failed", "crictl pull IMAGE   (on the node)"},
		Source:  srcImages,
	},
	{
		Name: "ImagePullBackOff", In: Waiting | StatusWord, By: "the kubelet", Role: Symptom,
		Means:   "A pull failed before and the kubelet waits (10 s doubling to 5 min) before it tries again. Up to 1.31 the message has no cause: it is in the event Failed `Failed to pull image`.",
		Formats: []string{"Back-off pulling image %q (≤1.31)", "Back-off pulling image %q: %s (≥1.32, ends with the last error)"},
		Causes:  imageHints,
		Next:    []string{"kubectl get events -n NS --field-selector reason=Failed", "crictl pull IMAGE   (on the node)"},
		Source:  srcImages,
	},
	{
		Name: "ErrImageNeverPull", In: Waiting | StatusWord | Event, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "imagePullPolicy is Never and the image is not on this node; since 1.35 also where it is there, but this pod's credentials for it are not proven (gate KubeletEnsureSecretPulledImages). " + retry + ".",
		Formats: []string{"Container image %q is not present with pull policy of Never"},
		Causes:  []Hint{{"image-never-pull", ""}},
		Next:    []string{"crictl images   (on the node)", "imagePullPolicy of the container"},
		Source:  srcImages,
	},
	{
		Name: "InvalidImageName", In: Waiting | StatusWord, By: "the kubelet", Role: Root,
		Means:   "The image reference cannot be parsed (upper case, blank, empty tag, unfilled template); nothing was asked of the network.",
		Formats: []string{"Failed to apply default image tag %q: couldn't parse image name %q: invalid reference format"},
		Causes:  []Hint{{"image-name-invalid", ""}},
		Next:    []string{"kubectl get pod POD -n NS -o jsonpath='{.spec.containers[*].image}'"},
		Source:  srcImages,
	},
	{
		Name: "ImageInspectError", In: Waiting | StatusWord, By: "the kubelet", Role: Root,
		Means:   "The runtime's call for the state of the image failed: its image store is damaged, or the runtime is down. Since 1.32 the quoted name is empty.",
		Formats: []string{"Failed to inspect image %q: %v"},
		Causes:  []Hint{{"image-corrupt", "one node, one image"}, {"runtime-broken", "every image of the node"}, {"disk-failing", "kernel I/O errors"}},
		Next:    []string{cmdRuntime, "crictl inspecti IMAGE   (on the node)"},
		Source:  srcImages,
	},
	{
		Name: "RegistryUnavailable", In: Waiting | StatusWord, By: "CRI-O, through the kubelet", Role: Root,
		Means:   "The registry refused the connection. Only CRI-O sends it.",
		Formats: []string{"image pull failed for %s because the registry is unavailable: %s"},
		Causes:  []Hint{{"registry-unreachable", ""}},
		Next:    []string{"curl -v https://REGISTRY/v2/   (on the node)"},
		Source:  "k8s.io/cri-api v0.36.3 pkg/errors/errors.go; " + crio + "server/image_pull.go",
	},
	{
		Name: "SignatureValidationFailed", In: Waiting | StatusWord, By: "CRI-O, through the kubelet", Role: Root,
		Means:   "The image policy of the node refused the image's signature. Only CRI-O sends it.",
		Formats: []string{"image pull failed for %s because the signature validation failed: %s"},
		Causes:  []Hint{{"image-signature-rejected", ""}},
		Next:    []string{"/etc/containers/policy.json   (on the node)"},
		Source:  "k8s.io/cri-api v0.36.3 pkg/errors/errors.go; " + crio + "internal/storage/image.go",
	},
	{
		Name: "CreateContainerConfigError", In: Waiting | StatusWord, By: "the kubelet", Role: Root,
		Means:   "The kubelet could not build the container's configuration from the spec; the runtime was not asked. `kubectl describe` does not show the message, events and -o yaml do. " + retry + ".",
		Formats: []string{`configmap "x" not found`, `secret "x" not found`, "couldn't find key %v in ConfigMap %v/%v", "container has runAsNonRoot and image will run as root (pod: %q, container: %s)", "failed to prepare subPath for volumeMount %q of container %q"},
		Causes: []Hint{
			{"configmap-missing", ""}, {"secret-missing", ""}, {"config-key-missing", "`couldn't find key`"}, {"kubelet-cache-timeout", "`failed to sync … cache`"},
			{"runasnonroot-root-image", "`will run as root`"}, {"runasnonroot-named-user", "`non-numeric user`"}, {"subpath-failed", "`subPath`"}, {"node-disk-full", "`create container log directory`"},
		},
		Next:   []string{"kubectl get pod POD -n NS -o jsonpath='{.status.containerStatuses[*].state.waiting.message}'", "kubectl get configmap,secret -n NS"},
		Source: kubelt + "kubelet_pods.go makeEnvironmentVariables; kuberuntime/security_context_others.go verifyRunAsNonRoot",
	},
	{
		Name: "PreCreateHookError", In: Waiting | StatusWord, By: "the kubelet", Role: Root, Since: "1.22",
		Means:   "The kubelet's own hook before the create failed: CPU, memory or topology manager, not a hook of the spec.",
		Formats: []string{"Internal PreCreateContainer hook failed: %v (event)"},
		Causes:  []Hint{{"topology-admission", ""}, {"device-admission", ""}},
		Next:    []string{cmdKubelet, cmdNode},
		Source:  srcStart,
	},
	{
		Name: "CreateContainerError", In: Waiting | StatusWord, By: "the kubelet", Role: Root,
		Means:   "The runtime's CreateContainer call failed. With CRI-O the OCI runtime runs here already, so a missing command shows as this, with restart count 0 and no lastState; with containerd it is StartError.",
		Formats: []string{"failed to generate container %q spec: %s", "failed to reserve container name %q: name %q is reserved for %q", "container create failed: %s (CRI-O)", "context deadline exceeded"},
		Causes: []Hint{
			{"command-not-in-path", "CRI-O, `executable file … not found in $PATH`"}, {"command-file-missing", "CRI-O, `No such file or directory`"}, {"no-command-in-image", "`no command specified`"},
			{"user-not-in-image", "`no users found`"}, {"apparmor-profile-missing", ""}, {"seccomp-profile-missing", ""}, {"image-gc-race", "`failed to resolve image`"},
			{"node-misconfigured", "`not a shared mount`"}, {"node-io-stall", "`context deadline exceeded`, `is reserved for`"}, {"node-disk-full", "`no space left on device`"},
		},
		Next:   []string{"kubectl get pod POD -n NS -o jsonpath='{.status.containerStatuses[*].state.waiting.message}'", cmdRuntime},
		Source: srcStart + "; " + ctrd + "internal/cri/server/container_create.go; " + crio + "server/container_create.go",
	},
	{
		Name: "PreStartHookError", In: Waiting | StatusWord, By: "the kubelet", Role: Root,
		Means:   "The kubelet's own hook between create and start failed: CPU or topology manager.",
		Formats: []string{"Internal PreStartContainer hook failed: %v (event)"},
		Causes:  []Hint{{"topology-admission", ""}, {"device-admission", ""}},
		Next:    []string{cmdKubelet, cmdNode},
		Source:  srcStart,
	},
	{
		Name: "RunContainerError", In: Waiting | StatusWord, By: "the kubelet", Role: Root,
		Means:   "The runtime's StartContainer call failed; shown in turn with CrashLoopBackOff, lastState has StartError 128 (containerd) or ContainerCannotRun (Docker).",
		Formats: []string{"failed to create containerd task: failed to create shim task: OCI runtime create failed: %s: unknown", "failed to start containerd task %q: OCI runtime start failed: %s"},
		Causes:  startHints,
		Next:    []string{"kubectl get pod POD -n NS -o jsonpath='{.status.containerStatuses[*].lastState.terminated.message}'", cmdDescribe},
		Source:  srcStart + "; " + ctrd + "internal/cri/server/container_start.go",
	},
	{
		Name: "PostStartHookError", In: Waiting | StatusWord, By: "the kubelet", Role: Root,
		Means:   "The postStart hook failed and the container was killed for it. Since 1.26 the reason stands only in this message, not in events.",
		Formats: []string{"Exec lifecycle hook (%v) for Container %q in Pod %q failed - error: %v, message: %q", "HTTP lifecycle hook (%s) for Container %q in Pod %q failed - error: %v"},
		Causes:  []Hint{{"poststart-failed", ""}},
		Next:    []string{"kubectl get pod POD -n NS -o jsonpath='{.status.containerStatuses[*].state.waiting.message}'", cmdKubelet},
		Source:  kubelt + "lifecycle/handlers.go",
	},
	{
		Name: "RestartingAllContainers", In: Waiting | Terminated | StatusWord, By: "the kubelet", Role: Root, Since: "1.35",
		Means:   "A restart rule starts the whole pod over in place: every container, healthy ones too, gets restart count + 1 and an invented exit code 137.",
		Formats: []string{"The container is removed because RestartAllContainers in place"},
		Causes:  []Hint{{"restart-all-rule", ""}},
		Next:    []string{"condition AllContainersRestarting", "restartPolicyRules of every container"},
		Source:  kubelt + "kubelet_pods.go; KEP-5532",
	},
	{
		Name: "ImageVolumeMountFailed", In: Inside, By: "the kubelet", Role: Root, Since: "1.31",
		Means:  "Prefix inside a CreateContainerError message: an image volume could not be mounted.",
		Causes: []Hint{{"image-tag-missing", "the volume's image"}, {"node-misconfigured", "runtime without image volumes"}, {"version-skew", ""}},
		Next:   []string{cmdDescribe}, Source: "k8s.io/cri-api v0.36.3 pkg/errors/errors.go",
	},
	{
		Name: "RROUnsupported", In: Inside, By: "the runtime", Role: Root, Since: "1.30",
		Means:  "Prefix inside a CreateContainerError message: recursive read-only mounts are not supported by this runtime.",
		Causes: []Hint{{"node-misconfigured", ""}, {"version-skew", ""}},
		Next:   []string{cmdNode}, Source: "k8s.io/cri-api v0.36.3 pkg/errors/errors.go",
	},
	{
		Name: "CreatePodSandboxError", In: SyncError, By: "the kubelet", Role: Symptom,
		Means:  "The sandbox could not be made; on the pod it is event FailedCreatePodSandBox and waiting ContainerCreating.",
		Causes: sandboxHints, Next: []string{cmdDescribe, cmdRuntime}, Source: srcSyncName,
	},
	{
		Name: "ConfigPodSandboxError", In: SyncError, By: "the kubelet", Role: Symptom,
		Means:  "The configuration of the sandbox could not be built (host name, DNS, ports).",
		Causes: []Hint{{"node-misconfigured", "resolvConf names a missing file"}}, Next: []string{cmdKubelet}, Source: srcSyncName,
	},
	{
		Name: "KillPodSandboxError", In: SyncError, By: "the kubelet", Role: Symptom,
		Means:  "The sandbox could not be taken down; on the pod it is event FailedKillPod.",
		Causes: []Hint{{"cni-agent-down", "the network plugin's delete fails"}, {"stuck-runtime", ""}}, Next: []string{cmdKubelet, cmdRuntime}, Source: srcSyncName,
	},
	{
		Name: "KillContainerError", In: SyncError, By: "the kubelet", Role: Symptom,
		Means:  "The runtime could not end a container.",
		Causes: []Hint{{"stuck-runtime", ""}}, Next: []string{cmdRuntime}, Source: srcSyncName,
	},
	{
		Name: "ResizePodInPlaceError", In: SyncError, By: "the kubelet", Role: Root, Since: "1.33",
		Means:  "An in-place resize failed in the runtime or cgroup.",
		Causes: []Hint{{"resize-infeasible", ""}}, Next: []string{"condition PodResizeInProgress"}, Source: srcSyncName,
	},
	{
		Name: "RemoveContainerError", In: SyncError, By: "the kubelet", Role: Symptom, Since: "1.35",
		Means:  "A container could not be removed for an in-place restart of the pod.",
		Causes: []Hint{{"stuck-runtime", ""}}, Next: []string{cmdRuntime}, Source: srcSyncName,
	},
}

// imageHints tells the causes of a failed pull apart.
var imageHints = []Hint{
	{"image-tag-missing", "`not found`, `manifest unknown`"},
	{"image-pull-denied", "`pull access denied`, `401`, `403`, `no basic auth credentials`"},
	{"pull-secret-missing", "denied, and event FailedToRetrieveImagePullSecret"},
	{"registry-rate-limit", "`429`, `toomanyrequests`"},
	{"registry-dns", "`no such host`"},
	{"registry-unreachable", "`connection refused`, `i/o timeout`, `proxyconnect`"},
	{"registry-tls", "`x509:`, `TLS handshake timeout`"},
	{"registry-plain-http", "`server gave HTTP response to HTTPS client`"},
	{"image-wrong-platform", "`no match for platform in manifest`"},
	{"image-pull-disk-full", "`no space left on device`"},
	{"pull-qps", "`pull QPS exceeded`"},
	{"image-pull-stalled", "`context canceled` after 5 min"},
	{"image-format-unsupported", "`media type … is no longer supported`"},
	{"clock-skew", "`certificate … not yet valid: current time`"},
}

// startHints tells the causes of a failed start apart.
var startHints = []Hint{
	{"command-not-in-path", "`executable file not found in $PATH`"},
	{"command-file-missing", "`stat /x: no such file or directory`"},
	{"volume-hides-files", "the same, under a mount path"},
	{"command-not-executable", "`permission denied`, `is a directory`"},
	{"mount-type-mismatch", "`error mounting … not a directory`"},
	{"subpath-failed", "`volume-subpaths`"},
	{"workdir-missing", "`chdir to cwd`"},
	{"oom-at-start", "`container init was OOM-killed`"},
	{"env-nul-byte", "`contains nul byte`"},
	{"apparmor-profile-missing", "`apparmor`"},
	{"userns-unsupported", "`MOUNT_ATTR_IDMAP`, `unmapped uid`"},
	{"gpu-driver-error", "`nvidia-container-cli`"},
	{"kernel-cgroup-leak", "cgroup `mkdir …: cannot allocate memory`"},
}

// sandboxHints tells the causes of a failed sandbox apart.
var sandboxHints = []Hint{
	{"cni-not-ready", "`cni plugin not initialized`"},
	{"cni-binary-missing", "`failed to find plugin`"},
	{"cni-agent-down", "refused socket, `nodename: no such file`"},
	{"cni-unauthorized", "`connection is unauthorized`"},
	{"cni-misconfigured", "`already has an IP address different from`"},
	{"ip-exhausted", "`no IP addresses available`, `failed to assign an IP address`"},
	{"pause-image-missing", "`failed to get sandbox image`"},
	{"runtimeclass-missing", "`no runtime for … is configured`"},
	{"network-attachment-missing", "`cannot find a network-attachment-definition`"},
	{"sandbox-timeout", "`context deadline exceeded`, then `is reserved for`"},
	{"kernel-cgroup-leak", "`cannot allocate memory` on a cgroup"},
	{"node-disk-full", "`no space left on device`"},
	{"hostport-conflict", "`address already in use`"},
	{"runtime-broken", "shim, dbus or daemon connection breaks"},
}

// terminatedReasons are the reasons of state.terminated.
var terminatedReasons = []Reason{
	{
		Name: "Completed", In: Terminated | StatusWord, By: "the runtime", Role: Symptom,
		Means:   "The container ended with exit code 0 and no OOM mark. Under policy Always it is started again and backs off like a crash. As STATUS it can hide a pod reason (DeadlineExceeded). With the message below the kubelet invented it (1.36 and variants before).",
		Formats: []string{"Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally"},
		Causes:  []Hint{{"clean-exit-restarted", "policy Always, restarts grow"}, {"daemonized-process", "ended within seconds"}, {"pod-deadline", "status.reason DeadlineExceeded"}, {"healthy", "a Job's or init container's ordinary end"}},
		Next:    []string{cmdPrevious, "spec.restartPolicy", "status.reason of the pod"},
		Source:  ctrd + "internal/cri/server/helpers.go completeExitReason; " + kubelt + "kubelet_pods.go",
	},
	{
		Name: "Error", In: Terminated | StatusWord, By: "the runtime", Role: Symptom,
		Means:  "The container ended with an exit code other than 0 and no OOM mark. The code, the log and the event Killing say why. As STATUS it can hide an eviction: read status.reason.",
		Causes: []Hint{{"app-error-exit", "its own code, no Killing"}, {"unhandled-exception", "log shows a trace"}, {"liveness-wrong-target", "event Killing"}, {"oom-undetected", "137 without Killing"}, {"node-reboot", "255 on all pods of the node (CRI-O)"}},
		Next:   []string{cmdPrevious, cmdStatus, cmdEvents, "unloop explain CODE"},
		Source: ctrd + "internal/cri/server/helpers.go errorExitReason",
	},
	{
		Name: "OOMKilled", In: Terminated | StatusWord, By: "the runtime", Role: Root,
		Means:  "The container's cgroup counted an OOM kill of any of its processes during its life. The exit code is process 1's: 137 mostly, but 0 or 1 where only a child died. On cgroup v2 a kill by the node's own memory shortage is counted too, and without any limit.",
		Causes: []Hint{{"oom-container-limit", "usage near the limit, oom_memcg of this container"}, {"oom-child-process", "code other than 137"}, {"oom-node", "usage far below the limit, CONSTRAINT_NONE"}, {"oom-pod-limit", "oom_memcg is the pod"}, {"oom-kubepods-limit", "oom_memcg is kubepods"}, {"oom-tmpfs", "large shmem-rss"}, {"init-oom", "an init container"}},
		Next:   []string{cmdKernel, "kubectl top pod POD -n NS --containers", "resources.limits.memory"},
		Source: ctrd + "internal/cri/server/events.go, internal/oom/watcher.go; conmon src/cgroup.c",
	},
	{
		Name: "StartError", In: Terminated | StatusWord, By: "containerd", Role: Root,
		Means:   "The container could not be started: exit code 128, startedAt 1970-01-01, and the OCI runtime's text as message. Nothing of the program ran.",
		Formats: []string{"failed to create containerd task: failed to create shim task: OCI runtime create failed: %s: unknown (`failed to create shim` up to containerd 1.5)"},
		Causes:  startHints,
		Next:    []string{"kubectl get pod POD -n NS -o jsonpath='{.status.containerStatuses[*].lastState.terminated.message}'"},
		Source:  ctrd + "internal/cri/server/helpers.go errorStartReason",
	},
	{
		Name: "ContainerCannotRun", In: Terminated | StatusWord, By: "Docker (dockershim, cri-dockerd)", Role: Root, Until: "1.23",
		Means:   "Docker could not start the container: exit 127 for not found and for mounts of the wrong kind, 126 for permission denied, 128 else.",
		Formats: []string{"failed to create shim task: OCI runtime create failed: %s", "oci runtime error: %s"},
		Now:     "StartError with containerd, CreateContainerError with CRI-O; cri-dockerd still sets it",
		Causes:  startHints,
		Next:    []string{cmdDescribe},
		Source:  "kubernetes v1.23.17 pkg/kubelet/dockershim/docker_container.go",
	},
	{
		Name: "Unknown", In: Terminated | StatusWord, By: "containerd", Role: Symptom,
		Means:  "containerd lost the container's end (task not found after a reboot, or a crash of containerd or its shim); exit code 255 is invented. As STATUS, Unknown also stood for a pod on a lost node (status.reason NodeLost).",
		Causes: []Hint{{"node-reboot", "new bootID, event Rebooted"}, {"runtime-restart", "same bootID"}},
		Next:   []string{cmdNode, cmdRuntime},
		Source: ctrd + "internal/cri/server/helpers.go unknownContainerStatus, restart.go",
	},
	{
		Name: "seccomp killed", In: Terminated | StatusWord, By: "CRI-O, with its opt-in seccomp notifier", Role: Root,
		Means:   "CRI-O stopped the container for a forbidden system call. An ordinary seccomp kill is Error 159.",
		Formats: []string{"Used forbidden syscalls: %s"},
		Causes:  []Hint{{"seccomp-denied", ""}},
		Next:    []string{cmdDescribe, "securityContext.seccompProfile"},
		Source:  crio + "server/container_status.go",
	},
	{
		Name: "ContainerStatusUnknown", In: Terminated | StatusWord, By: "the kubelet", Role: Symptom,
		Means:   "It ran in the last status and the runtime no longer knows it; exit code 137 is a constant, neither OOM nor SIGKILL. As STATUS it hides the pod reason: read status.reason.",
		Formats: []string{"The container could not be located when the pod was terminated", "The container could not be located when the pod was deleted.  The container used to be Running"},
		Causes:  []Hint{{"evicted-memory", "status.reason Evicted"}, {"evicted-disk", "status.reason Evicted"}, {"ephemeral-limit", "status.reason Evicted, no DisruptionTarget"}, {"node-shutdown", "status.reason Terminated"}, {"node-reboot", "new bootID (CRI-O)"}, {"runtime-restart", ""}},
		Next:    []string{"kubectl get pod POD -n NS -o jsonpath='{.status.reason}: {.status.message}'", cmdNode},
		Source:  srcWaiting,
	},
}
