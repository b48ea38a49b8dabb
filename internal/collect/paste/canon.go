package paste

import (
	"strings"
	"sync"
)

// canonWords are the words of one spelling that Kubernetes writes in status
// fields and events, for texts that lost their capitals on the way.
// kubernetes v1.36.3 pkg/kubelet/events/event.go, pkg/kubelet/images/types.go,
// pkg/kubelet/container/sync_result.go, pkg/kubelet/kubelet_pods.go,
// pkg/scheduler, pkg/controller; k8s.io/api core/v1, apps/v1, batch/v1; the
// names that releases since 1.2 used and dropped are among them.
const canonWords = `
Pod Node Deployment ReplicaSet StatefulSet DaemonSet Job CronJob ReplicationController PersistentVolumeClaim
PersistentVolume Service Endpoints ConfigMap Secret Namespace ServiceAccount HorizontalPodAutoscaler DeploymentConfig
Normal Warning True False Unknown Running Waiting Terminated Pending Succeeded Failed Terminating Bound Lost Available Released
ContainerCreating PodInitializing CrashLoopBackOff ErrImagePull ImagePullBackOff ErrImageNeverPull InvalidImageName
ImageInspectError RegistryUnavailable SignatureValidationFailed CreateContainerConfigError PreCreateHookError
CreateContainerError PreStartHookError RunContainerError PostStartHookError RestartingAllContainers StartError
OOMKilled Completed Error ContainerCannotRun DeadlineExceeded Evicted ContainerStatusUnknown NodeLost NodeAffinity
NodeShutdown Shutdown Terminated Preempting UnexpectedAdmissionError OutOfcpu OutOfmemory OutOfpods SchedulingGated
Initialized Ready ContainersReady PodScheduled PodReadyToStartContainers DisruptionTarget Unschedulable ContainersNotReady
ContainersNotInitialized PodCompleted MemoryPressure DiskPressure PIDPressure NetworkUnavailable OutOfDisk Progressing
ReplicaFailure MinimumReplicasAvailable MinimumReplicasUnavailable NewReplicaSetAvailable ReplicaSetUpdated
ProgressDeadlineExceeded FailedCreate FailedDelete SuccessfulCreate SuccessfulDelete ScalingReplicaSet
BackoffLimitExceeded PodFailurePolicy SawCompletedJob
Pulling Pulled InspectFailed BackOff Created Started Killing Unhealthy ProbeWarning FailedPostStartHook FailedPreStopHook
ExceededGracePeriod FailedKillPod FailedCreatePodContainer FailedCreatePodSandBox FailedPodSandBoxStatus SandboxChanged
NetworkNotReady FailedMount FailedMapVolume FailedAttachVolume FailedDetachVolume SuccessfulAttachVolume SuccessfulMountVolume
AlreadyMountedVolume VolumeResizeFailed FileSystemResizeFailed VolumeConditionAbnormal FailedPrepareDynamicResources
FailedSync FailedValidation FailedToRetrieveImagePullSecret DNSConfigForming MissingClusterDNS HostPortConflict
NodeSelectorMismatching InsufficientFreeCPU InsufficientFreeMemory Starting NodeReady NodeNotReady NodeSchedulable
NodeNotSchedulable NodeHasInsufficientMemory NodeHasSufficientMemory NodeHasDiskPressure NodeHasNoDiskPressure
NodeHasInsufficientPID NodeHasSufficientPID Rebooted SystemOOM EvictionThresholdMet FreeDiskSpaceFailed ImageGCFailed
ContainerGCFailed InvalidDiskCapacity NodeAllocatableEnforced KubeletSetupFailed Scheduled FailedScheduling Preempted
NotTriggerScaleUp TriggeredScaleUp TaintManagerEviction RegisteredNode RemovingNode DeletingNode FailedBinding
ProvisioningFailed WaitForFirstConsumer WaitForPodScheduled ExternalProvisioning ProvisioningSucceeded VolumeMismatch
ClaimLost VolumeFailedDelete OOMKilling TaskHung KernelOops ReadonlyFilesystem ConntrackFull AddedInterface
FailedDaemonPod LeaderElection NoPods SuccessfulRescale FailedGetResourceMetric MissingJob UnexpectedJob
Guaranteed Burstable BestEffort Always IfNotPresent Never OnFailure NoSchedule NoExecute PreferNoSchedule Exists Equal
RollingUpdate Recreate OnDelete Memory Directory DirectoryOrCreate FileOrCreate Socket
KubeletReady KubeletNotReady KubeletHasSufficientMemory KubeletHasInsufficientMemory KubeletHasNoDiskPressure
KubeletHasDiskPressure KubeletHasSufficientPID NodeStatusUnknown
`

var canonIndex = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for w := range strings.FieldsSeq(canonWords) {
		m[strings.ToLower(w)] = w
	}
	return m
})

// canon returns the word in the spelling of Kubernetes where it is a known one,
// else as it is.
func canon(s string) string {
	if w, ok := canonIndex()[strings.ToLower(s)]; ok {
		return w
	}
	return s
}

// canonStatus does the same for a STATUS column, part by part:
// "init:crashloopbackoff", "ready,schedulingdisabled".
func canonStatus(s string) string {
	if strings.ToLower(s) != s {
		return s
	}
	if rest, ok := strings.CutPrefix(s, "init:"); ok {
		return "Init:" + canon(rest)
	}
	if rest, ok := strings.CutSuffix(s, ",schedulingdisabled"); ok {
		return canon(rest) + ",SchedulingDisabled"
	}
	if s == "notready" {
		return "NotReady"
	}
	return canon(s)
}

// isReason reports whether s is a known word in any spelling.
func isReason(s string) bool {
	_, ok := canonIndex()[strings.ToLower(s)]
	return ok
}

// openings are the first words of messages in their own spelling, for messages
// of a text without capitals. What follows cannot be restored.
var openings = []string{
	"Back-off pulling image", "Back-off restarting failed container", "Failed to pull image", "Successfully pulled image",
	"Successfully assigned", "Pulling image", "Container image", "Created container", "Started container", "Error: ",
	"Liveness probe failed", "Readiness probe failed", "Startup probe failed", "Liveness probe errored",
	"Readiness probe errored", "Startup probe errored", "Failed create pod sandbox", "Failed to create pod sandbox",
	"MountVolume.SetUp failed", "MountVolume.MountDevice failed", "AttachVolume.Attach failed", "Multi-Attach error",
	"Unable to attach or mount volumes", "Unable to mount volumes", "Error creating", "Pod sandbox changed",
	"Error syncing pod", "Stopping container", "The node was low on resource", "OCI runtime create failed",
}

// canonMessage restores the capitals of a message from a text that has none: its
// opening, and a reason after "error: ".
func canonMessage(s string) string {
	for _, o := range openings {
		if len(s) >= len(o) && strings.EqualFold(s[:len(o)], o) {
			s = o + s[len(o):]
			break
		}
	}
	if rest, ok := strings.CutPrefix(s, "Error: "); ok {
		word, tail, _ := strings.Cut(rest, " ")
		if w := canon(word); w != word {
			s = strings.TrimRight("Error: "+w+" "+tail, " ")
		}
	}
	return s
}
