package know

const (
	srcEvents  = kubelt + "events/event.go"
	srcProber  = kubelt + "prober/prober.go"
	srcNodeSet = kubelt + "kubelet_node_status.go, nodestatus/setters.go"
)

// kubeletEvents are the kubelet's events about pods and containers (source
// component kubelet), those about volumes excepted.
var kubeletEvents = []Reason{
	{
		Name: "Pulling", In: Event, By: "the kubelet", Type: "Normal", Role: Noise,
		Means: "The pull begins. Without a Pulled or Failed after it, it is still going on.", Formats: []string{"Pulling image %q"},
		Causes: []Hint{{"image-pull-slow", "minutes without Pulled"}}, Next: []string{cmdEvents}, Source: srcImages,
	},
	{
		Name: "Pulled", In: Event, By: "the kubelet", Type: "Normal", Role: Noise,
		Means: "The image is there. A large `including waiting` means that other pulls of the node came first (serializeImagePulls).", Formats: []string{"Successfully pulled image %q in %v (%v including waiting). Image size: %v bytes. (size ≥1.30)", "Container image %q already present on machine", "Container image %q already present on machine and can be accessed by the pod (≥1.33, with the credential gate)"},
		Next: []string{cmdEvents}, Source: srcImages,
	},
	{
		Name: "Failed", In: Event, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "Pull, configuration, create or start of a container failed; the text decides. `Error: ErrImagePull` and `Error: ImagePullBackOff` are repeats: read the other event of the same pull.",
		Formats: []string{"Failed to pull image %q: %v", "Error: %s", "Error: ErrImagePull", "Error: ImagePullBackOff", "Internal PreCreateContainer hook failed: %v", "Internal PreStartContainer hook failed: %v", "error making pod data directories: %v"},
		Causes:  []Hint{{"image-tag-missing", "`Failed to pull image`"}, {"image-pull-denied", "`Failed to pull image`"}, {"configmap-missing", "`Error: configmap`"}, {"secret-missing", "`Error: secret`"}, {"command-not-in-path", "`executable file not found`"}, {"node-disk-full", "`error making pod data directories`"}},
		Next:    []string{cmdDescribe}, Source: srcEvents,
	},
	{
		Name: "Failed", In: Event, By: "the kubelet (pod certificates)", Type: "Warning", Role: Root, Since: "1.35",
		Means: "A pod certificate request failed. The text looks broken because the format's arguments are misplaced.", Formats: []string{"<condition reason>%!(EXTRA string=PodCertificateRequest … failed, reason=…, message=…)"},
		Causes: []Hint{{"certificate-expired", ""}, {"node-misconfigured", "no signer"}}, Next: []string{"kubectl get podcertificaterequests -n NS"}, Source: kubelt + "podcertificate/",
	},
	{
		Name: "InspectFailed", In: Event, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "The image reference cannot be parsed, or the runtime cannot tell the image's state.", Formats: []string{"Failed to apply default image tag %q: %v", "Failed to inspect image %q: %v (≥1.32 with an empty name)"},
		Causes: []Hint{{"image-name-invalid", "`couldn't parse image name`"}, {"image-corrupt", "`Failed to inspect image`"}, {"runtime-broken", "every image"}}, Next: []string{cmdDescribe, cmdRuntime}, Source: srcImages,
	},
	{
		Name: "BackOff", In: Event, By: "the kubelet", Type: "Warning", Role: Symptom,
		Means: "Crash back-off: the container ended and waits for its next start.", Formats: []string{"Back-off restarting failed container %s in pod %s (≥1.26)", "Back-off restarting failed container (≤1.24)"},
		Causes: []Hint{{"app-error-exit", "read the container's end"}}, Next: []string{cmdPrevious, cmdStatus}, Source: kubelt + "kuberuntime/kuberuntime_manager.go doBackOff",
	},
	{
		Name: "BackOff", In: Event, By: "the kubelet", Type: "Normal", Role: Symptom,
		Means: "Pull back-off; type Normal although it is a failure.", Formats: []string{"Back-off pulling image %q (≤1.31)", "Back-off pulling image %q: %s (≥1.32)"},
		Causes: imageHints, Next: []string{"kubectl get events -n NS --field-selector reason=Failed"}, Source: srcImages,
	},
	{
		Name: "Created", In: Event, By: "the kubelet", Type: "Normal", Role: Noise,
		Means: "The runtime made the container.", Formats: []string{"Created container %s (≤1.29)", "Created container: %s (1.30–1.34)", "Container created (≥1.35)"}, Next: []string{cmdEvents}, Source: srcStart,
	},
	{
		Name: "Started", In: Event, By: "the kubelet", Type: "Normal", Role: Noise,
		Means: "The program was started: what fails after it is the program's, or a probe's.", Formats: []string{"Started container %s (≤1.34)", "Container started (≥1.35)"}, Next: []string{cmdPrevious}, Source: srcStart,
	},
	{
		Name: "Killing", In: Event, By: "the kubelet", Type: "Normal", Role: Root,
		Means:   "The kubelet stops a container, and the text says why. It is the only trace of a probe kill, and is gone after the event's life time (1 h).",
		Formats: []string{"Stopping container %s", "Container %s failed liveness probe, will be restarted", "Container %s failed startup probe, will be restarted", "Init container %s failed liveness probe", "Init container %s failed startup probe", "Container %s definition changed, will be restarted", "Init container %s definition changed", "Container %s resize requires restart (≥1.27)", "FailedPostStartHook", "killing", "Container is in %q state, try killing it before restart", "Init container is in %q state, try killing it before restart"},
		Causes:  []Hint{{"liveness-wrong-target", "`failed liveness probe`, never succeeded"}, {"startup-too-slow", "`failed liveness probe`, always at the same age"}, {"liveness-timeout", "`failed liveness probe` after a healthy run"}, {"startup-probe-exhausted", "`failed startup probe`"}, {"poststart-failed", "`FailedPostStartHook`"}, {"restarted-for-resize", "`resize requires restart`"}, {"restart-all-rule", "`killing`"}, {"scaled-down", "`Stopping container`, owner's event"}, {"deleted-by-user", "`Stopping container`"}},
		Next:    []string{cmdEvents, "Unhealthy events before it"}, Source: kubelt + "kuberuntime/kuberuntime_manager.go computePodActions, kuberuntime_container.go killContainer",
	},
	{
		Name: "Unhealthy", In: Event, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "A probe failed or could not be run. `failed` counts toward failureThreshold; `errored` does not: such a liveness probe never kills, such a readiness probe never becomes ready, such a startup probe keeps the container un-started for ever. A readiness failure never restarts anything.",
		Formats: []string{"%s probe failed: %s", "%s probe errored: %v (≤1.32)", "%s probe errored and resulted in %s state: %s (≥1.33)"},
		Causes:  []Hint{{"liveness-wrong-target", "404 or refused from the first attempt on"}, {"startup-too-slow", "program still starting"}, {"liveness-timeout", "`context deadline exceeded`, `timed out`"}, {"listens-on-localhost", "refused, but localhost works inside"}, {"probe-scheme-mismatch", "`HTTP response to HTTPS client`, `malformed HTTP response`"}, {"exec-probe-broken", "`errored`, `executable file not found`"}, {"grpc-health-missing", "`grpc health protocol`, `SERVICE_UNKNOWN`"}, {"readiness-never", "Readiness, no restarts"}, {"app-unhealthy", "5xx after a healthy run"}},
		Next:    []string{cmdDescribe, "probe's port, path and timeoutSeconds against the program", cmdLogs}, Source: srcProber,
	},
	{
		Name: "ProbeWarning", In: Event, By: "the kubelet", Type: "Warning", Role: Noise,
		Means: "The probe was redirected to another host; it counts as success.", Formats: []string{"%s probe warning: Probe terminated redirects, Response body: %v"}, Next: []string{"httpGet.path of the probe"}, Source: srcProber,
	},
	{
		Name: "FailedPostStartHook", In: Event, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "The postStart hook failed; the container is killed for it. Since 1.26 the reason is only in state.waiting.message and the kubelet log.", Formats: []string{"PostStartHook failed (≥1.26)", "Exec lifecycle hook (%v) for Container %q in Pod %q failed - error: %v, message: %q (≤1.24)"},
		Causes: []Hint{{"poststart-failed", ""}}, Next: []string{"kubectl get pod POD -n NS -o jsonpath='{.status.containerStatuses[*].state.waiting.message}'", cmdKubelet}, Source: srcStart,
	},
	{
		Name: "FailedPreStopHook", In: Event, By: "the kubelet", Type: "Warning", Role: Symptom,
		Means: "The preStop hook failed; the stop goes on. Its time came out of the grace period.", Formats: []string{"PreStopHook failed"},
		Causes: []Hint{{"prestop-hang", "stops end in 137"}}, Next: []string{cmdKubelet}, Source: kubelt + "kuberuntime/kuberuntime_container.go killContainer",
	},
	{
		Name: "LifecycleHTTPFallback", In: Event, By: "the kubelet", Type: "Warning", Role: Noise,
		Means: "An HTTPS hook got a plain HTTP answer and was repeated with HTTP; it succeeded.", Formats: []string{"request to HTTPS lifecycle hook %s got HTTP response, retry with HTTP succeeded"}, Next: []string{"scheme of the hook"}, Source: kubelt + "lifecycle/handlers.go",
	},
	{
		Name: "ExceededGracePeriod", In: Event, By: "the kubelet", Type: "Warning", Role: Symptom,
		Means: "A hard eviction was not done in time: the runtime did not kill the pod.", Formats: []string{"Container runtime did not kill the pod within specified grace period."},
		Causes: []Hint{{"stuck-runtime", ""}, {"node-io-stall", ""}}, Next: []string{cmdRuntime, cmdKernel}, Source: srcEvict,
	},
	{
		Name: "FailedKillPod", In: Event, By: "the kubelet", Type: "Warning", Role: Symptom,
		Means: "The pod could not be taken down; it hangs in Terminating. Mostly the network plugin's delete, or a process that waits for storage.", Formats: []string{"error killing pod: [failed to \"KillContainer\" …, failed to \"KillPodSandbox\" for … with KillPodSandboxError: …]"},
		Causes: []Hint{{"stuck-runtime", ""}, {"cni-agent-down", "KillPodSandbox, plugin error"}, {"storage-unreachable", "process in state D"}, {"node-io-stall", ""}}, Next: []string{cmdKubelet, cmdKernel}, Source: srcEvents,
	},
	{
		Name: "FailedCreatePodContainer", In: Event, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "The pod's cgroup could not be made.", Formats: []string{"unable to ensure pod container exists: failed to create container for [kubepods …] : mkdir …: no space left on device", "unable to ensure pod container exists: … cannot allocate memory"},
		Causes: []Hint{{"kernel-cgroup-leak", ""}, {"runtime-broken", "systemd or dbus in the text"}, {"memory-fragmentation", ""}}, Next: []string{"cat /proc/cgroups; uname -r   (on the node)", cmdKernel}, Source: srcEvents,
	},
	{
		Name: "FailedCreatePodSandBox", In: Event, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "The sandbox (network namespace, pause container) could not be made. `is reserved for` is a consequence of an earlier call that hangs.", Formats: []string{"Failed to create pod sandbox: %v", "Failed create pod sandbox: %v (old releases)"},
		Causes: sandboxHints, Next: []string{cmdDescribe, "network plugin's pod on that node", cmdRuntime}, Source: srcEvents,
	},
	{
		Name: "FailedPodSandBoxStatus", In: Event, By: "the kubelet", Type: "Warning", Role: Symptom,
		Means: "The runtime cannot tell the sandbox's state.", Formats: []string{"Unable to get pod sandbox status: %v"},
		Causes: []Hint{{"runtime-broken", ""}, {"runtime-restart", ""}}, Next: []string{cmdRuntime}, Source: srcEvents,
	},
	{
		Name: "SandboxChanged", In: Event, By: "the kubelet", Type: "Normal", Role: Symptom,
		Means: "The sandbox is gone or changed: all containers are killed, a new sandbox is made, and all init containers run again.", Formats: []string{"Pod sandbox changed, it will be killed and re-created."},
		Causes: []Hint{{"node-reboot", "event Rebooted, all pods of the node"}, {"runtime-restart", "same bootID"}, {"init-reran", "what the pod sees of it"}, {"cni-agent-down", "repeats: the new sandbox fails too"}}, Next: []string{cmdNode, cmdRuntime}, Source: kubelt + "kuberuntime/util/util.go PodSandboxChanged",
	},
	{
		Name: "NetworkNotReady", In: Event, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "The node's network plugin is not ready; pods with hostNetwork start anyway.", Formats: []string{"network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:%s"},
		Causes: []Hint{{"cni-not-ready", ""}}, Next: []string{"ls /etc/cni/net.d   (on the node)", "network plugin's pod on that node"}, Source: srcEvents,
	},
	{
		Name: "FailedPrepareDynamicResources", In: Event, By: "the kubelet", Type: "Warning", Role: Root, Since: "1.28",
		Means: "A device claimed through dynamic resource allocation could not be prepared.", Formats: []string{"Failed to prepare dynamic resources: %v"},
		Causes: []Hint{{"device-admission", ""}, {"gpu-driver-error", ""}}, Next: []string{"DRA driver's pod on that node", "kubectl describe resourceclaim -n NS"}, Source: srcEvents,
	},
	{
		Name: "FailedSync", In: Event, By: "the kubelet", Type: "Warning", Role: Symptom,
		Means: "Today only `error determining status`; old releases put every sync error here.", Formats: []string{"error determining status: %v", "Error syncing pod, skipping: %s (old releases)"},
		Causes: []Hint{{"runtime-broken", ""}, {"pleg-unhealthy", ""}}, Next: []string{cmdRuntime}, Source: srcEvents,
	},
	{
		Name: "FailedValidation", In: Event, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "Two static pods of one name: the second is ignored.", Formats: []string{"Error validating pod %s from %s due to duplicate pod name %q, ignoring"},
		Causes: []Hint{{"node-misconfigured", ""}}, Next: []string{"ls /etc/kubernetes/manifests   (on the node)"}, Source: srcEvents,
	},
	{
		Name: "FailedToRetrieveImagePullSecret", In: Event, By: "the kubelet", Type: "Warning", Role: Symptom,
		Means: "A secret named in imagePullSecrets does not exist here. It is sent also when the pull works without it; it matters only beside a refused pull.", Formats: []string{"Unable to retrieve some image pull secrets (%s); attempting to pull the image may not succeed."},
		Causes: []Hint{{"pull-secret-missing", "the pull is refused"}}, Next: []string{"kubectl get secret -n NS", cmdDescribe}, Source: srcEvents,
	},
	{
		Name: "DNSConfigForming", In: Event, By: "the kubelet", Type: "Warning", Role: Noise,
		Means: "The node's resolv.conf has more name servers or search domains than are used; usually harmless.", Formats: []string{"Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: %s", "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: %s"},
		Causes: []Hint{{"dns-config-truncated", "names fail that need a cut search domain"}}, Next: []string{"cat /etc/resolv.conf in pod and on the node"}, Source: kubelt + "network/dns/dns.go",
	},
	{
		Name: "MissingClusterDNS", In: Event, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "The kubelet has no cluster DNS address: the pod gets the node's resolver and finds no Service.", Formats: []string{"pod: %q. kubelet does not have ClusterDNS IP configured and cannot create Pod using %q policy. Falling back to %q policy."},
		Causes: []Hint{{"node-misconfigured", ""}, {"dns-failure", "what the pod sees"}}, Next: []string{"clusterDNS of the kubelet"}, Source: kubelt + "network/dns/dns.go",
	},
	{
		Name: "HostIPsIPFamilyMismatch", In: Event, By: "the kubelet", Type: "Warning", Role: Symptom,
		Means: "The node's addresses are not of the pod's IP families.", Causes: []Hint{{"node-misconfigured", ""}}, Next: []string{cmdNodes}, Source: srcEvents,
	},
	{
		Name: "FailedNodeDeclaredFeaturesCheck", In: Event, By: "the kubelet", Type: "Warning", Role: Root, Since: "1.35",
		Means: "The pod needs features that the node does not have.", Formats: []string{"Pod requires node features that are not available: %s"}, Causes: []Hint{{"version-skew", ""}}, Next: []string{cmdNodes}, Source: srcEvents,
	},
	{Name: "ResizeStarted", In: Event, By: "the kubelet", Type: "Normal", Role: Noise, Means: "An in-place resize begins.", Next: []string{cmdStatus}, Source: kubelt + "allocation/allocation_manager.go"},
	{Name: "ResizeCompleted", In: Event, By: "the kubelet", Type: "Normal", Role: Noise, Means: "An in-place resize is done.", Next: []string{cmdStatus}, Source: kubelt + "allocation/allocation_manager.go"},
	{Name: "ResizeDeferred", In: Event, By: "the kubelet", Type: "Warning", Role: Root, Means: "The node has no room for the new request now.", Causes: []Hint{{"resize-infeasible", ""}}, Next: []string{cmdNode}, Source: kubelt + "allocation/allocation_manager.go"},
	{Name: "ResizeInfeasible", In: Event, By: "the kubelet", Type: "Warning", Role: Root, Means: "This node can never do the resize.", Causes: []Hint{{"resize-infeasible", ""}}, Next: []string{cmdNode}, Source: kubelt + "allocation/allocation_manager.go"},
	{Name: "ResizeError", In: Event, By: "the kubelet", Type: "Warning", Role: Root, Means: "The resize failed in runtime or cgroup, for example a memory limit below present use.", Formats: []string{"rejecting memory limit %d <= usage %d (runc)"}, Causes: []Hint{{"resize-infeasible", ""}}, Next: []string{cmdStatus}, Source: kubelt + "allocation/allocation_manager.go"},
	{Name: "Denied", In: Event, By: "the kubelet (pod certificates)", Type: "Warning", Role: Root, Since: "1.35", Means: "A pod certificate request was denied by its signer; the text looks broken (misplaced format arguments).", Formats: []string{"<condition reason>%!(EXTRA string=PodCertificateRequest … was denied, reason=…, message=…)"}, Causes: []Hint{{"node-misconfigured", "signer's policy"}}, Next: []string{"kubectl get podcertificaterequests -n NS"}, Source: kubelt + "podcertificate/"},
	{Name: "CertificateOverdueForRefresh", In: Event, By: "the kubelet (pod certificates)", Type: "Warning", Role: Symptom, Since: "1.35", Means: "A pod certificate should have been renewed.", Formats: []string{"PodCertificate refresh overdue"}, Causes: []Hint{{"certificate-expired", "soon"}}, Next: []string{"kubectl get podcertificaterequests -n NS"}, Source: kubelt + "podcertificate/"},
	{Name: "CertificateExpired", In: Event, By: "the kubelet (pod certificates)", Type: "Warning", Role: Root, Since: "1.35", Means: "A pod certificate has expired.", Formats: []string{"PodCertificate expired"}, Causes: []Hint{{"certificate-expired", ""}}, Next: []string{"kubectl get podcertificaterequests -n NS"}, Source: kubelt + "podcertificate/"},
}

// volumeEvents are the events about mounting and resizing, by the kubelet.
var volumeEvents = []Reason{
	{
		Name: "FailedMount", In: Event, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "A volume could not be mounted; the text after the blank and colon is the error. Retries double from 500 ms to 2 min 2 s, so a fixed cause can take 2 min to be noticed. The summary `timed out waiting for the condition` is no longer sent since 1.28.",
		Formats: []string{"MountVolume.SetUp failed for volume %q : %s", "MountVolume.MountDevice failed for volume %q : %s", "MountVolume.WaitForAttach failed for volume %q : %s", "Unable to attach or mount volumes: unmounted volumes=[..], unattached volumes=[..]: timed out waiting for the condition (≤1.27)"},
		Causes:  []Hint{{"configmap-missing", "`configmap \"x\" not found`"}, {"secret-missing", "`secret \"x\" not found`"}, {"config-key-missing", "`references non-existent`"}, {"csi-missing", "`not found in the list of registered CSI drivers`"}, {"hostpath-type-mismatch", "`hostPath type check failed`"}, {"storage-unreachable", "`Connection timed out`"}, {"storage-access-denied", "`access denied by server`"}, {"nfs-mount-failed", "`exit status 32`"}, {"mount-helper-missing", "`helper program`"}, {"mount-options-invalid", "`bad option`"}, {"filesystem-damaged", "`structure needs cleaning`"}, {"kubelet-cache-timeout", "`not registered`, `failed to sync`"}, {"secrets-store-failed", "`secrets store objects`"}, {"serviceaccount-missing", "`failed to fetch token`"}, {"memory-limit-too-small", "`kubernetes.io~projected … no space left on device`"}},
		Next:    []string{cmdDescribe, cmdPVC, cmdAttach, "CSI node plugin's pod on that node"}, Source: k8s + "pkg/volume/util/operationexecutor/operation_generator.go",
	},
	{Name: "FailedMapVolume", In: Event, By: "the kubelet", Type: "Warning", Role: Root, Means: "As FailedMount, for a raw block volume.", Formats: []string{"MapVolume.%s failed for volume %q : %s"}, Causes: []Hint{{"csi-missing", ""}, {"attach-failed", ""}, {"storage-unreachable", ""}}, Next: []string{cmdDescribe, cmdAttach}, Source: k8s + "pkg/volume/util/operationexecutor/operation_generator.go"},
	{
		Name: "FailedAttachVolume", In: Event, By: "attachdetach-controller; the kubelet where it attaches itself", Type: "Warning", Role: Root,
		Means:   "The volume could not be attached to the node. Multi-Attach is reported once per volume and state.",
		Formats: []string{"Multi-Attach error for volume %q Volume is already exclusively attached to one node and can't be attached to another", "Multi-Attach error for volume %q Volume is already used by pod(s) %s", "AttachVolume.Attach failed for volume %q : %v"},
		Causes:  []Hint{{"multi-attach", "`Multi-Attach error`"}, {"attach-limit", "limit in the text"}, {"attach-failed", "the storage's answer"}, {"pv-wrong-zone", "zone in the text"}, {"csi-missing", "`timed out waiting for external-attacher`"}},
		Next:    []string{cmdAttach, "kubectl get pods -A -o wide | grep CLAIM-USER", cmdNodes}, Source: ctrl + "volume/attachdetach/reconciler/reconciler.go reportMultiAttachError",
	},
	{Name: "SuccessfulAttachVolume", In: Event, By: "attachdetach-controller", Type: "Normal", Role: Noise, Means: "The volume is attached to the node.", Formats: []string{"AttachVolume.Attach succeeded for volume %q "}, Next: []string{cmdEvents}, Source: ctrl + "volume/attachdetach/"},
	{Name: "VolumePermissionChangeInProgress", In: Event, By: "the kubelet", Type: "Warning", Role: Root, Since: "1.33", Means: "The kubelet is still changing the owner of the volume's files; with many files that takes minutes.", Formats: []string{"Setting volume ownership for %s is taking longer than expected, consider using OnRootMismatch - …"}, Causes: []Hint{{"volume-chown-slow", ""}}, Next: []string{"securityContext.fsGroupChangePolicy: OnRootMismatch"}, Source: k8s + "pkg/volume/volume_linux.go"},
	{Name: "AlreadyMountedVolume", In: Event, By: "the kubelet", Type: "Warning", Role: Root, Means: "Two pods of the node use one volume with different fsGroups.", Formats: []string{"The requested fsGroup is %d, but the volume %s has GID %d. The volume may not be shareable."}, Causes: []Hint{{"volume-permission-denied", ""}}, Next: []string{"fsGroup of all pods that use the claim"}, Source: k8s + "pkg/volume/"},
	{Name: "FailedMountOnFilesystemMismatch", In: Event, On: "PersistentVolume", By: "the kubelet", Type: "Warning", Role: Root, Means: "The disk holds another file system than the volume asks for.", Causes: []Hint{{"filesystem-damaged", ""}, {"pvc-static-mismatch", "fsType of the PV"}}, Next: []string{"kubectl describe pv"}, Source: k8s + "pkg/volume/util/operationexecutor/"},
	{Name: "VolumeResizeFailed", In: Event, On: "pod and PersistentVolumeClaim", By: "the kubelet or resizer", Type: "Warning", Role: Root, Means: "The volume could not be expanded.", Causes: []Hint{{"pvc-provisioning-failed", "the storage's answer"}, {"volume-full", "and so it stays full"}}, Next: []string{cmdPVC}, Source: srcEvents},
	{Name: "FileSystemResizeFailed", In: Event, On: "pod and PersistentVolumeClaim", By: "the kubelet", Type: "Warning", Role: Root, Means: "The volume grew, its file system could not.", Causes: []Hint{{"filesystem-damaged", ""}, {"mount-helper-missing", "resize tool missing"}, {"volume-full", "and so it stays full"}}, Next: []string{cmdPVC, cmdKubelet}, Source: srcEvents},
	{Name: "VolumeResizeSuccessful", In: Event, On: "pod and PersistentVolumeClaim", By: "the kubelet", Type: "Normal", Role: Noise, Means: "The volume was expanded.", Next: []string{cmdPVC}, Source: srcEvents},
	{Name: "FileSystemResizeSuccessful", In: Event, On: "pod and PersistentVolumeClaim", By: "the kubelet", Type: "Normal", Role: Noise, Means: "The file system was expanded.", Next: []string{cmdPVC}, Source: srcEvents},
	{Name: "SuccessfulMountVolume", In: Event, By: "the kubelet", Type: "Normal", Role: Noise, Means: "A raw block volume is mapped. Ordinary mounts have no such event: its absence means nothing.", Next: []string{cmdEvents}, Source: srcEvents},
	{Name: "VolumeConditionAbnormal", In: Event, By: "the kubelet", Type: "Warning", Role: Root, Means: "The CSI driver says that the volume is not healthy.", Formats: []string{"Volume %s: %s"}, Causes: []Hint{{"storage-unreachable", ""}, {"filesystem-damaged", ""}, {"disk-failing", ""}}, Next: []string{cmdPVC, "CSI driver's log"}, Source: srcEvents},
}
