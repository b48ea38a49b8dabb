package know

const (
	srcEvict    = kubelt + "eviction/helpers.go, eviction_manager.go"
	srcAdmit    = kubelt + "lifecycle/predicate.go, kubelet.go rejectPod"
	srcPodConds = kubelt + "status/generate.go; k8s.io/api v0.36.3 core/v1/types.go"
	srcTypes    = "k8s.io/api v0.36.3 core/v1/types.go"
)

// podReasons are the reasons of a pod's status.
var podReasons = []Reason{
	{
		Name: "Evicted", In: PodReason | Rejection | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "The kubelet ended the pod: because the node is short of something (then condition DisruptionTarget is True, since 1.26), because the pod passed a limit of its own (then it is not), or it was refused on arrival for node pressure. The object stays as Failed until its owner or garbage collection (above 12,500) removes it; the logs are gone.",
		Formats: []string{
			"The node was low on resource: %v. (memory, ephemeral-storage, inodes, pids)",
			"Threshold quantity: %v, available: %v. (≥1.26)",
			"Container %s was using %s, request is %s, has larger consumption of %v. (≥1.26)",
			"Container %s was using %s, which exceeds its request of %s. (≤1.24)",
			"Pod %s was using %s, request is %s, has larger consumption of %v. (≥1.34)",
			"The node had condition: %v. (rejected on arrival)",
			"Container %s exceeded its local ephemeral storage limit %q.",
			"Pod ephemeral local storage usage exceeds the total limit of containers %s.",
			"Usage of EmptyDir volume %q exceeds the limit %q.",
		},
		Causes: []Hint{
			{"evicted-memory", "`low on resource: memory`"}, {"evicted-disk", "`low on resource: ephemeral-storage`"}, {"evicted-inodes", "`low on resource: inodes`"}, {"evicted-pids", "`low on resource: pids`"},
			{"ephemeral-limit", "`exceeded its local ephemeral storage limit`"}, {"emptydir-limit", "`Usage of EmptyDir volume`"},
		},
		Next:   []string{"kubectl get pod POD -n NS -o jsonpath='{.status.message}'", cmdNode, "kubectl get pods -A --field-selector status.phase=Failed -o wide"},
		Source: srcEvict,
	},
	{
		Name: "Preempting", In: PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "The kubelet removed the pod to admit a critical one (static or system pod). Condition DisruptionTarget, TerminationByKubelet.",
		Formats: []string{"Preempted in order to admit critical pod"},
		Causes:  []Hint{{"preempted", ""}},
		Next:    []string{cmdNode, "priority class and QoS class of the pod"},
		Source:  kubelt + "preemption/preemption.go",
	},
	{
		Name: "Terminated", In: PodReason | StatusWord, By: "the kubelet", Role: Root, Since: "1.22",
		Means:   "Ended by the node's graceful shutdown. Phase Failed; the pod is not started again on that node, its owner makes another.",
		Formats: []string{"Pod was terminated in response to imminent node shutdown."},
		Causes:  []Hint{{"node-shutdown", ""}},
		Next:    []string{cmdNode, "spot or autoscaler events of that node"},
		Source:  kubelt + "nodeshutdown/nodeshutdown_manager.go",
	},
	{
		Name: "Shutdown", In: PodReason | StatusWord, By: "the kubelet", Role: Root, Until: "1.20",
		Means: "Ended by the node's graceful shutdown.", Formats: []string{"Node is shutting, evicting pods"}, Now: "Terminated",
		Causes: []Hint{{"node-shutdown", ""}}, Next: []string{cmdNode}, Source: "kubernetes v1.20.15 pkg/kubelet/nodeshutdown",
	},
	{
		Name: "NodeShutdown", In: PodReason | Rejection | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "The pod arrived while its node was shutting down and was refused.",
		Formats: []string{"Pod was rejected as the node is shutting down."},
		Causes:  []Hint{{"node-shutdown", ""}},
		Next:    []string{cmdNode},
		Source:  kubelt + "nodeshutdown/nodeshutdown_manager.go",
	},
	{
		Name: "DeadlineExceeded", In: PodReason | Event | StatusWord, By: "the kubelet", Type: "Normal", Role: Root,
		Means:   "The pod ran longer than its spec.activeDeadlineSeconds. STATUS shows Completed or Error where the containers ended with a reason of their own.",
		Formats: []string{"Pod was active on the node longer than the specified deadline"},
		Causes:  []Hint{{"pod-deadline", ""}},
		Next:    []string{"spec.activeDeadlineSeconds", cmdPrevious},
		Source:  kubelt + "active_deadline.go",
	},
	{
		Name: "NodeLost", In: PodReason | StatusWord, By: "nobody in 1.36 (the code has no caller)", Role: Symptom, Until: "before 1.36",
		Means:   "The node of the pod no longer reports. STATUS prints Unknown for it.",
		Formats: []string{"Node %v which was running pod %v is unresponsive"},
		Now:     "condition Ready False, event NodeNotReady on the pod, later Terminating for ever",
		Causes:  []Hint{{"node-lost", ""}, {"stuck-node-lost", "with deletionTimestamp"}},
		Next:    []string{cmdNodes},
		Source:  ctrl + "util/node/controller_utils.go SetPodTerminationReason",
	},
}

// rejections are what the kubelet says when it refuses a pod that was bound to
// its node. Only the first failed check is reported; the owner makes a new pod,
// so one broken node can make hundreds.
var rejections = []Reason{
	{
		Name: "OutOf<resource>", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "The node had no room left for a request when the pod arrived: scheduler and kubelet saw different states (kubelet restart, static or terminating pods), or spec.nodeName was set by hand. Seen as OutOfcpu, OutOfmemory, OutOfephemeral-storage, OutOfpods, OutOfnvidia.com/gpu.",
		Formats: []string{"Pod was rejected: Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d", "Pod Node didn't have enough resource: … (≤1.24)"},
		Causes:  []Hint{{"admission-outof", ""}, {"device-admission", "a device resource"}},
		Next:    []string{cmdNode, "spec.nodeName of the pod's template"},
		Source:  srcAdmit + " InsufficientResourceError",
	},
	{
		Name: "NodeAffinity", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "The node's labels do not fit the pod's selector or affinity: changed after the binding, set late at kubelet start (after a reboot), or nodeName set by hand.",
		Formats: []string{"Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"},
		Causes:  []Hint{{"node-affinity-admission", ""}},
		Next:    []string{"kubectl get node NODE --show-labels"},
		Source:  srcAdmit,
	},
	{
		Name: "NodeName", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "The pod names another node.", Formats: []string{"Pod was rejected: Predicate NodeName failed: %s"},
		Causes: []Hint{{"node-affinity-admission", "nodeName set by hand"}}, Next: []string{cmdDescribe}, Source: srcAdmit,
	},
	{
		Name: "NodePorts", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "A host port of the pod is taken by a pod that the node already admitted.", Formats: []string{"Pod was rejected: Predicate NodePorts failed: %s"},
		Causes: []Hint{{"hostport-conflict", ""}}, Next: []string{"kubectl get pods -A -o wide --field-selector spec.nodeName=NODE"}, Source: srcAdmit,
	},
	{
		Name: "TaintToleration", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "The node has a NoExecute taint that the (static) pod does not tolerate.", Formats: []string{"Pod was rejected: Predicate TaintToleration failed: %s"},
		Causes: []Hint{{"taint-untolerated", ""}}, Next: []string{cmdNode}, Source: srcAdmit,
	},
	{
		Name: "UnexpectedAdmissionError", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "A device could not be given to the pod: the device plugin has not registered (typical right after a reboot), devices are unhealthy, or preemption for a critical pod failed.",
		Formats: []string{"Pod was rejected: Allocate failed due to %v, which is unexpected", "requested number of devices unavailable for %s. Requested: %d, Available: %d", "no healthy devices present; cannot allocate unhealthy devices %s", "Update plugin resources failed due to %v, which is unexpected.", "Unexpected error while attempting to recover from admission failure: %s"},
		Causes:  []Hint{{"device-admission", ""}, {"gpu-driver-error", "devices unhealthy"}, {"node-reboot", "plugin not registered yet"}},
		Next:    []string{cmdNode, "device plugin pod on that node"},
		Source:  kubelt + "cm/devicemanager/manager.go devicesToAllocate; lifecycle/predicate.go",
	},
	{
		Name: "TopologyAffinityError", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "The topology manager (restricted or single-numa-node) cannot align the pod's CPUs, memory and devices.",
		Formats: []string{"Pod was rejected: Resources cannot be allocated with Topology locality", "Pod Scope Resources cannot be allocated with Topology locality"},
		Causes:  []Hint{{"topology-admission", ""}},
		Next:    []string{"topologyManagerPolicy of the kubelet", cmdNode},
		Source:  kubelt + "cm/topologymanager/topology_manager.go",
	},
	{
		Name: "SMTAlignmentError", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "CPU manager with full-pcpus-only: the request is no multiple of the threads of a core, or not enough whole cores are free.",
		Formats: []string{"SMT Alignment Error: requested %d cpus not multiple cpus per core = %d", "SMT Alignment Error: not enough free physical CPUs: …"},
		Causes:  []Hint{{"topology-admission", ""}},
		Next:    []string{"cpuManagerPolicyOptions of the kubelet", "requests.cpu of the pod"},
		Source:  kubelt + "cm/cpumanager/policy_static.go",
	},
	{
		Name: "EmptyPodSharedPoolError", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root, Since: "1.35",
		Means: "Exclusive CPUs at pod level leave nothing for the containers without exclusive CPUs.", Causes: []Hint{{"topology-admission", ""}},
		Next: []string{"pod-level resources"}, Source: kubelt + "cm/cpumanager/policy_static.go",
	},
	{
		Name: "PodOSSelectorNodeLabelDoesNotMatch", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "The pod's kubernetes.io/os selector names another operating system than the node's.", Formats: []string{"Failed to admit pod as the `kubernetes.io/os` label doesn't match node label"},
		Causes: []Hint{{"node-affinity-admission", ""}, {"image-wrong-platform", ""}}, Next: []string{cmdNodes}, Source: srcAdmit,
	},
	{
		Name: "PodOSNotSupported", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "spec.os names another operating system than the node's.", Formats: []string{"Failed to admit pod as the OS field doesn't match node OS"},
		Causes: []Hint{{"node-affinity-admission", ""}, {"image-wrong-platform", ""}}, Next: []string{cmdNodes}, Source: srcAdmit,
	},
	{
		Name: "SupplementalGroupsPolicyNotSupported", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root, Since: "1.31",
		Means: "The node's runtime does not know supplementalGroupsPolicy.", Formats: []string{"SupplementalGroupsPolicy=%s is not supported in this node"},
		Causes: []Hint{{"version-skew", ""}, {"node-misconfigured", ""}}, Next: []string{cmdNodes}, Source: srcAdmit,
	},
	{
		Name: "SysctlForbidden", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means:   "An unsafe sysctl that the kubelet's allowedUnsafeSysctls does not list, or one that does not go with host namespaces.",
		Formats: []string{`Pod was rejected: forbidden sysctl: "x" not allowlisted`, `forbidden sysctl: "x" not allowed with host Net enabled`},
		Causes:  []Hint{{"sysctl-forbidden", ""}},
		Next:    []string{"spec.securityContext.sysctls", "allowedUnsafeSysctls of the kubelet"},
		Source:  kubelt + "sysctl/allowlist.go",
	},
	{
		Name: "AppArmor", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "A profile is asked for on a node without AppArmor.", Formats: []string{"Pod was rejected: Cannot enforce AppArmor: %v"},
		Causes: []Hint{{"apparmor-profile-missing", ""}}, Next: []string{"cat /sys/module/apparmor/parameters/enabled   (on the node)"}, Source: kubelt + "lifecycle/handlers.go NewAppArmorAdmitHandler",
	},
	{
		Name: "PodLevelResourcesNotSupported", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root, Since: "1.32",
		Means: "Pod-level resources are set and the node's kubelet has the feature off.", Causes: []Hint{{"version-skew", ""}}, Next: []string{cmdNodes}, Source: srcAdmit,
	},
	{
		Name: "PodFeatureUnsupported", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root, Since: "1.35",
		Means: "The pod needs a feature that this node does not declare.", Causes: []Hint{{"version-skew", ""}}, Next: []string{cmdNodes}, Source: srcAdmit,
	},
	{
		Name: "InitContainerRestartPolicyForbidden", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root, Since: "1.28",
		Means: "The pod has a native sidecar and the node's kubelet has the feature off or is older.", Causes: []Hint{{"version-skew", ""}}, Next: []string{cmdNodes}, Source: srcAdmit,
	},
	{
		Name: "VolumeAttachmentLimitExceeded", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root, Since: "1.34",
		Means: "The node can attach no further volume: the CSI driver's limit changed or was wrong.", Formats: []string{"Node has reached its volume attachment limit, rejecting pod. …"},
		Causes: []Hint{{"attach-limit", ""}}, Next: []string{cmdCSI, cmdAttach}, Source: kubelt + "kubelet.go admissionRejectionReasons",
	},
	{
		Name: "InvalidNodeInfo", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Root,
		Means: "The kubelet cannot read its own Node object.", Formats: []string{"Kubelet cannot get node info."},
		Causes: []Hint{{"node-misconfigured", ""}, {"kubelet-certificate-expired", ""}, {"node-deleted", ""}}, Next: []string{cmdKubelet}, Source: srcAdmit,
	},
	{
		Name: "UnknownReason", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Symptom,
		Means: "An admission check failed without naming a reason.", Formats: []string{"GeneralPredicates failed due to unknown reason, which is unexpected."},
		Causes: []Hint{{"node-misconfigured", ""}, {"version-skew", ""}}, Next: []string{cmdKubelet}, Source: srcAdmit,
	},
	{
		Name: "UnexpectedPredicateFailureType", In: Rejection | PodReason | Event | StatusWord, By: "the kubelet", Type: "Warning", Role: Symptom,
		Means: "An admission check failed with a type the kubelet does not know.", Formats: []string{"GeneralPredicates failed due to %v, which is unexpected."},
		Causes: []Hint{{"version-skew", ""}}, Next: []string{cmdKubelet}, Source: srcAdmit,
	},
}

// podConditions are types and reasons of a pod's conditions.
var podConditions = []Reason{
	{
		Name: "PodScheduled", In: PodCondition, By: "the scheduler", Role: Symptom,
		Means:  "False: no node was found, the message is the whole scheduler text. Absent and no event: nobody schedules the pod.",
		Causes: []Hint{{"insufficient-resources", "`Insufficient`"}, {"taint-untolerated", "`taint`"}, {"node-selector-mismatch", "`node affinity/selector`"}, {"scheduling-gated", "SchedulingGated"}, {"no-scheduler", "condition absent"}},
		Next:   []string{cmdDescribe, cmdNodes}, Source: sched + "schedule_one.go handleSchedulingFailure",
	},
	{
		Name: "Unschedulable", In: PodCondition, By: "the scheduler", Role: Symptom,
		Means: "Reason of PodScheduled False: no node passes all filters. The message counts the nodes by reason.", Formats: []string{"0/%v nodes are available: %s. preemption: %s"},
		Causes: []Hint{{"insufficient-resources", ""}, {"taint-untolerated", ""}, {"node-selector-mismatch", ""}, {"anti-affinity-full", ""}, {"topology-spread", ""}, {"pv-wrong-zone", ""}, {"pvc-unbound", ""}, {"node-cordoned", ""}, {"too-many-pods", ""}, {"hostport-conflict", ""}},
		Next:   []string{"kubectl get pod POD -n NS -o jsonpath='{.status.conditions[?(@.type==\"PodScheduled\")].message}'", cmdNodes}, Source: srcTypes,
	},
	{
		Name: "SchedulingGated", In: PodCondition | StatusWord, By: "the API server, at creation", Role: Root, Since: "1.26",
		Means: "spec.schedulingGates is not empty: the scheduler does not look at the pod until a controller removes the gates.", Formats: []string{"Scheduling is blocked due to non-empty scheduling gates"},
		Causes: []Hint{{"scheduling-gated", ""}}, Next: []string{"kubectl get pod POD -n NS -o jsonpath='{.spec.schedulingGates}'"}, Source: srcTypes,
	},
	{
		Name: "SchedulerError", In: PodCondition, By: "the scheduler", Role: Symptom,
		Means: "The scheduler failed while it placed the pod; mostly binding volumes that took longer than 10 minutes.", Formats: []string{"running PreBind plugin \"VolumeBinding\": binding volumes: %s"},
		Causes: []Hint{{"pvc-provisioning-failed", "`provisioning failed`"}, {"provisioner-down", "`context deadline exceeded`"}}, Next: []string{cmdPVC, "log of the scheduler"}, Source: srcTypes,
	},
	{
		Name: "Initialized", In: PodCondition, By: "the kubelet", Role: Noise,
		Means: "True once all init containers are done. It tells a failing sidecar (True) from a failing init container (False).", Next: []string{cmdDescribe}, Source: srcPodConds,
	},
	{
		Name: "ContainersNotInitialized", In: PodCondition, By: "the kubelet", Role: Symptom,
		Means: "Reason of Initialized False: the message lists the init containers that are not done.", Formats: []string{"containers with incomplete status: [a b]", "containers with unknown status: [a]"},
		Causes: []Hint{{"init-failing", ""}, {"init-waiting", ""}, {"image-tag-missing", "its image"}}, Next: []string{"kubectl logs POD -n NS -c INIT-CONTAINER"}, Source: srcPodConds,
	},
	{Name: "ContainersReady", In: PodCondition, By: "the kubelet", Role: Symptom, Means: "False while a container of the pod is not ready.", Causes: []Hint{{"readiness-never", ""}}, Next: []string{cmdDescribe}, Source: srcPodConds},
	{
		Name: "Ready", In: PodCondition | NodeCondition, By: "the kubelet; for a lost node the node controller", Role: Symptom,
		Means: "On a pod: containers ready and all readiness gates True; only then it is in its Services. On a node: False is said by the kubelet itself, Unknown by the controller because the kubelet is silent.", Causes: []Hint{{"readiness-never", ""}, {"readiness-gate", "ReadinessGatesNotReady"}, {"node-lost", "node, Unknown"}, {"cni-not-ready", "node, NetworkPluginNotReady"}, {"pleg-unhealthy", "node, PLEG"}},
		Next: []string{cmdDescribe, cmdNode}, Source: srcPodConds,
	},
	{
		Name: "ContainersNotReady", In: PodCondition, By: "the kubelet", Role: Symptom,
		Means: "Reason of Ready or ContainersReady False: the message lists the containers.", Formats: []string{"containers with unready status: [a b]"},
		Causes: []Hint{{"readiness-never", "Running without restarts"}, {"app-error-exit", "it crashes"}}, Next: []string{cmdDescribe}, Source: srcPodConds,
	},
	{Name: "PodCompleted", In: PodCondition, By: "the kubelet", Role: Noise, Means: "Reason of Ready False: the pod has succeeded.", Causes: []Hint{{"healthy", ""}}, Next: []string{cmdLogs}, Source: srcPodConds},
	{Name: "PodFailed", In: PodCondition, By: "the kubelet", Role: Symptom, Means: "Reason of Ready False: the pod has failed; status.reason and the containers' ends say why.", Causes: []Hint{{"app-error-exit", ""}}, Next: []string{cmdStatus}, Source: srcPodConds},
	{Name: "UnknownContainerStatuses", In: PodCondition, By: "the kubelet", Role: Symptom, Means: "Reason of Ready False: the kubelet has no statuses for the containers yet.", Causes: []Hint{{"runtime-restart", "if it stays"}}, Next: []string{cmdKubelet}, Source: srcPodConds},
	{
		Name: "ReadinessGatesNotReady", In: PodCondition, By: "the kubelet", Role: Root,
		Means: "The containers are ready, a condition named by a readiness gate is not: its controller (mostly a load balancer's) has not set it.", Formats: []string{"corresponding condition of pod readiness gate %q does not exist.", "the status of pod readiness gate %q is not \"True\", but %v"},
		Causes: []Hint{{"readiness-gate", ""}}, Next: []string{"log of the controller that owns the gate", cmdDescribe}, Source: srcPodConds,
	},
	{
		Name: "PodReadyToStartContainers", In: PodCondition, By: "the kubelet", Role: Symptom, Since: "1.28",
		Means:  "True once sandbox and network exist (on by default since 1.29). False and waiting: volumes or sandbox. True and waiting: image or configuration.",
		Causes: []Hint{{"attach-stuck", "False, no events"}, {"cni-not-ready", "False, FailedCreatePodSandBox"}, {"image-pull-slow", "True"}}, Next: []string{cmdDescribe, cmdAttach}, Source: srcPodConds,
	},
	{Name: "PodHasNetwork", In: PodCondition, By: "the kubelet", Role: Symptom, Since: "1.25", Until: "1.27", Now: "PodReadyToStartContainers", Means: "True once sandbox and network exist.", Causes: []Hint{{"cni-not-ready", "False"}}, Next: []string{cmdDescribe}, Source: "kubernetes v1.26.15 pkg/kubelet/types/constants.go"},
	{
		Name: "DisruptionTarget", In: PodCondition, By: "whoever is about to end the pod", Role: Root, Since: "1.26",
		Means: "True: the pod is being ended by somebody else, and the reason says by whom. Set before the deletion, so only a record of the last version shows it. Absent for a pod that was evicted for its own limit.",
		Causes: []Hint{
			{"preempted", "PreemptionByScheduler"}, {"taint-eviction", "DeletionByTaintManager"}, {"drained", "EvictionByEvictionAPI"}, {"node-deleted", "DeletionByPodGC"}, {"evicted-memory", "TerminationByKubelet, `low on resource`"}, {"node-shutdown", "TerminationByKubelet, `node shutdown`"},
		},
		Next: []string{cmdStatus}, Source: srcTypes,
	},
	{Name: "PreemptionByScheduler", In: PodCondition, By: "the scheduler", Role: Root, Since: "1.26", Means: "DisruptionTarget: a pod of higher priority takes the place.", Formats: []string{"%s: preempting to accommodate a higher priority pod"}, Causes: []Hint{{"preempted", ""}}, Next: []string{"kubectl get events -n NS --field-selector reason=Preempted"}, Source: srcTypes},
	{Name: "DeletionByTaintManager", In: PodCondition, By: "the taint eviction controller", Role: Symptom, Since: "1.26", Means: "DisruptionTarget: the node has a NoExecute taint that the pod does not tolerate (any longer). Why the node is tainted is the cause.", Formats: []string{"Taint manager: deleting due to NoExecute taint"}, Causes: []Hint{{"taint-eviction", ""}, {"node-lost", "taint node.kubernetes.io/unreachable or not-ready"}}, Next: []string{cmdNode}, Source: srcTypes},
	{Name: "EvictionByEvictionAPI", In: PodCondition, By: "the API server", Role: Root, Since: "1.26", Means: "DisruptionTarget: somebody called the eviction API: drain, cluster autoscaler, descheduler.", Formats: []string{"Eviction API: evicting"}, Causes: []Hint{{"drained", ""}}, Next: []string{"audit log: who posted pods/eviction", cmdNodes}, Source: srcTypes},
	{Name: "DeletionByPodGC", In: PodCondition, By: "the pod garbage collector", Role: Root, Since: "1.26", Means: "DisruptionTarget: the node of the pod no longer exists.", Formats: []string{"PodGC: node no longer exists"}, Causes: []Hint{{"node-deleted", ""}}, Next: []string{cmdNodes}, Source: srcTypes},
	{Name: "TerminationByKubelet", In: PodCondition, By: "the kubelet", Role: Root, Since: "1.26", Means: "DisruptionTarget: node pressure, node shutdown, or a critical pod needed the place; the message says which.", Causes: []Hint{{"evicted-memory", "`low on resource: memory`"}, {"evicted-disk", "`ephemeral-storage`"}, {"node-shutdown", "`node shutdown`"}, {"preempted", "`critical pod`"}}, Next: []string{cmdStatus, cmdNode}, Source: srcTypes},
	{Name: "DeletionByDeviceTaintManager", In: PodCondition, By: "the device taint eviction controller", Role: Root, Since: "1.33", Means: "DisruptionTarget: a device that the pod uses got a taint.", Causes: []Hint{{"gpu-driver-error", "the device failed"}, {"taint-eviction", ""}}, Next: []string{"kubectl get resourceslices,devicetaintrules"}, Source: srcTypes},
	{Name: "AllContainersRestarting", In: PodCondition, By: "the kubelet", Role: Root, Since: "1.35", Means: "True: a restart rule starts the whole pod over in place.", Formats: []string{"container exited with restart policy rule"}, Causes: []Hint{{"restart-all-rule", ""}}, Next: []string{"restartPolicyRules of every container"}, Source: srcTypes},
	{Name: "RestartAllContainersStarted", In: PodCondition, By: "the kubelet", Role: Root, Since: "1.35", Means: "Reason of AllContainersRestarting.", Causes: []Hint{{"restart-all-rule", ""}}, Next: []string{"restartPolicyRules of every container"}, Source: srcTypes},
	{Name: "PodResizePending", In: PodCondition, By: "the kubelet", Role: Symptom, Since: "1.33", Means: "An in-place resize waits (Deferred) or can never be done here (Infeasible).", Causes: []Hint{{"resize-infeasible", ""}}, Next: []string{cmdStatus, cmdNode}, Source: kubelt + "allocation/allocation_manager.go"},
	{Name: "Deferred", In: PodCondition, By: "the kubelet", Role: Root, Since: "1.33", Means: "Reason of PodResizePending: the node has no room for the new request now.", Formats: []string{"Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d"}, Causes: []Hint{{"resize-infeasible", ""}}, Next: []string{cmdNode}, Source: kubelt + "allocation/allocation_manager.go"},
	{Name: "Infeasible", In: PodCondition, By: "the kubelet", Role: Root, Since: "1.33", Means: "Reason of PodResizePending: this node can never do it.", Formats: []string{"Resize is infeasible for Guaranteed Pods alongside CPU Manager policy \"static\"", "Resize is infeasible for Guaranteed Pods alongside Memory Manager policy \"Static\"", "In-place resize of containers with swap is not supported."}, Causes: []Hint{{"resize-infeasible", ""}}, Next: []string{cmdNode}, Source: kubelt + "allocation/handlers.go"},
	{Name: "PodResizeInProgress", In: PodCondition, By: "the kubelet", Role: Noise, Since: "1.33", Means: "A resize is being applied; with reason Error the message says what failed.", Causes: []Hint{{"resize-infeasible", "reason Error"}}, Next: []string{cmdStatus}, Source: kubelt + "allocation/allocation_manager.go"},
}
