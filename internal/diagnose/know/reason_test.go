package know

import (
	"strings"
	"testing"
)

// documented lists, by section of the catalogue of pod failures that the tables
// were made from, every reason that stands in it.
var documented = []struct {
	section string
	in      Place
	names   string
}{
	{"waiting reasons", Waiting, `ContainerCreating PodInitializing CrashLoopBackOff ErrImagePull ImagePullBackOff ErrImageNeverPull
		InvalidImageName ImageInspectError RegistryUnavailable SignatureValidationFailed CreateContainerConfigError PreCreateHookError
		CreateContainerError PreStartHookError RunContainerError PostStartHookError RestartingAllContainers`},
	{"sync errors", SyncError, `CreatePodSandboxError ConfigPodSandboxError KillPodSandboxError KillContainerError ResizePodInPlaceError
		RemoveContainerError VerifyNonRootError RunInitContainerError SetupNetworkError TeardownNetworkError`},
	{"prefixes inside messages", Inside, `ImageVolumeMountFailed RROUnsupported NetworkPluginNotReady`},
	{"terminated reasons", Terminated, `Completed Error OOMKilled StartError ContainerCannotRun Unknown ContainerStatusUnknown RestartingAllContainers`},
	{"pod reasons", PodReason, `Evicted Preempting Terminated Shutdown NodeShutdown DeadlineExceeded NodeLost UnexpectedAdmissionError OutOfcpu`},
	{"rejections", Rejection, `OutOfcpu OutOfmemory OutOfephemeral-storage OutOfpods OutOfnvidia.com/gpu NodeAffinity NodeName NodePorts TaintToleration
		UnexpectedAdmissionError TopologyAffinityError SMTAlignmentError EmptyPodSharedPoolError PodOSSelectorNodeLabelDoesNotMatch
		PodOSNotSupported SupplementalGroupsPolicyNotSupported SysctlForbidden AppArmor NodeShutdown Evicted PodLevelResourcesNotSupported
		PodFeatureUnsupported InitContainerRestartPolicyForbidden VolumeAttachmentLimitExceeded InvalidNodeInfo UnknownReason
		UnexpectedPredicateFailureType`},
	{"pod conditions", PodCondition, `PodScheduled Unschedulable SchedulingGated SchedulerError Initialized ContainersNotInitialized ContainersReady
		Ready ContainersNotReady PodCompleted PodFailed UnknownContainerStatuses ReadinessGatesNotReady PodReadyToStartContainers PodHasNetwork
		DisruptionTarget PreemptionByScheduler DeletionByTaintManager EvictionByEvictionAPI DeletionByPodGC TerminationByKubelet
		DeletionByDeviceTaintManager AllContainersRestarting RestartAllContainersStarted PodResizePending Deferred Infeasible PodResizeInProgress`},
	{"STATUS column", StatusWord, `CrashLoopBackOff ImagePullBackOff Error Completed NotReady Running ExitCode:7 Signal:9 Init:Signal:9 Init:ExitCode:7 Evicted
		ContainerStatusUnknown Terminating Init:CrashLoopBackOff Init:1/2 PodInitializing Init:0/1 Init:Error Init:OOMKilled SchedulingGated Unknown
		Pending ContainerCreating NodeLost`},
	{"phases", Phase, `Pending Running Succeeded Failed Unknown`},
	{"kubelet events", Event, `Pulling Pulled Failed InspectFailed ErrImageNeverPull BackOff Created Started Killing Unhealthy ProbeWarning
		FailedPostStartHook FailedPreStopHook LifecycleHTTPFallback ExceededGracePeriod FailedKillPod FailedCreatePodContainer
		FailedCreatePodSandBox FailedPodSandBoxStatus SandboxChanged NetworkNotReady FailedMount FailedMapVolume FailedAttachVolume
		VolumePermissionChangeInProgress AlreadyMountedVolume FailedMountOnFilesystemMismatch VolumeResizeFailed FileSystemResizeFailed
		VolumeResizeSuccessful FileSystemResizeSuccessful SuccessfulMountVolume VolumeConditionAbnormal FailedPrepareDynamicResources
		FailedSync FailedValidation FailedToRetrieveImagePullSecret DNSConfigForming MissingClusterDNS HostIPsIPFamilyMismatch Evicted
		Preempting NodeShutdown NodeAffinity UnexpectedAdmissionError DeadlineExceeded FailedNodeDeclaredFeaturesCheck ResizeStarted
		ResizeCompleted ResizeDeferred ResizeInfeasible ResizeError Denied CertificateOverdueForRefresh CertificateExpired`},
	{"node events", Event, `Starting NodeReady NodeNotReady NodeSchedulable NodeNotSchedulable NodeHasInsufficientMemory NodeHasSufficientMemory
		NodeHasDiskPressure NodeHasNoDiskPressure NodeHasInsufficientPID NodeHasSufficientPID Rebooted Shutdown SystemOOM EvictionThresholdMet
		FreeDiskSpaceFailed ImageGCFailed ContainerGCFailed InvalidDiskCapacity InvalidImageID NodeAllocatableEnforced
		FailedNodeAllocatableEnforcement KubeletSetupFailed CgroupV1 PossibleMemoryBackedVolumesOnDisk CheckLimitsForResolvConf`},
	{"scheduler and kube-proxy", Event, `Scheduled FailedScheduling Preempted BindingConditionsPending Starting FailedToStartProxierHealthcheck
		FailedToStartMetricServer FailedToStartServiceHealthcheck IPVSDeprecation`},
	{"controllers", Event, `SuccessfulCreate FailedCreate SuccessfulDelete FailedDelete ScalingReplicaSet ReplicaSetCreateError SelectingAll
		DeploymentRollback DeploymentRollbackRevisionNotFound DeploymentRollbackTemplateUnchanged SuccessfulUpdate FailedUpdate
		ConflictingController FailedDaemonPod SucceededDaemonPod BackoffLimitExceeded DeadlineExceeded PodFailurePolicy FailedIndexes
		MaxFailedIndexesExceeded TooManySucceededPods UnknownCompletionMode Suspended Resumed Completed WorkloadCreated UnparseableSchedule
		UnParseableCronJobSchedule InvalidSchedule UnknownTimeZone UnsupportedSchedule MissSchedule TooManyMissedTimes UnexpectedJob FailedGet
		JobAlreadyActive SawCompletedJob MissingJob FailedGetResourceMetric FailedGetContainerResourceMetric FailedGetPodsMetric
		FailedGetObjectMetric FailedGetExternalMetric FailedComputeMetricsReplicas FailedGetScale FailedRescale FailedUpdateStatus
		SelectorRequired InvalidSelector AmbiguousSelector InvalidMetricSourceType SuccessfulRescale NoPods CalculateExpectedPodCountFailed
		UnmanagedPods MultiplePodDisruptionBudgets NotDeleted RegisteredNode RemovingNode NodeNotReady TaintManagerEviction
		DeviceTaintManagerEviction CIDRNotAvailable CIDRAssignmentFailed FailedAttachVolume SuccessfulAttachVolume FailedResourceClaimCreation
		OwnerRefInvalidNamespace DeletingNode DeletingNodeFailed FailedToCreateRoute SyncLoadBalancerFailed UnAvailableLoadBalancer
		UpdateLoadBalancerFailed DeleteLoadBalancerFailed EnsuringLoadBalancer EnsuredLoadBalancer UpdatedLoadBalancer DeletingLoadBalancer
		DeletedLoadBalancer ClusterIPNotAllocated ClusterIPAlreadyAllocated ClusterIPOutOfRange ClusterIPNotValid ServiceCIDRFull
		PortNotAllocated PortAlreadyAllocated PortOutOfRange PortRangeFull IPAddressNotAllocated IPAddressWrongReference
		KubernetesDefaultServiceCIDRError FailedToListPods FailedToListEndpointSlices FailedToUpdateEndpointSlices TopologyAwareHintsEnabled
		TopologyAwareHintsDisabled FailedToCreateEndpoint FailedToUpdateEndpoint InvalidIPAddress TooManyAddressesToMirror`},
	{"storage", Event, `FailedBinding VolumeMismatch ProvisioningFailed ProvisioningCleanupFailed ClaimLost ClaimMisbound VolumeFailedDelete
		WaitForFirstConsumer WaitForPodScheduled ExternalProvisioning ProvisioningSucceeded VolumeDelete VolumeFailedRecycle VolumeRecycled
		RecyclerPod ExternalExpanding MultipleSELinuxLabels SELinuxLabelConflict SELinuxChangePolicyConflict`},
	{"workload conditions", WorkloadCondition, `Progressing ProgressDeadlineExceeded ReplicaFailure FailedCreate MinimumReplicasUnavailable BackoffLimitExceeded`},
	{"node conditions", NodeCondition, `Ready KubeletNotReady NodeStatusUnknown NodeStatusNeverUpdated MemoryPressure DiskPressure PIDPressure
		NetworkUnavailable KubeletHasInsufficientMemory KubeletHasSufficientMemory KubeletHasDiskPressure KubeletHasNoDiskPressure
		KubeletHasInsufficientPID KubeletHasSufficientPID NoRouteCreated RouteCreated CalicoIsUp CalicoIsDown FlannelIsUp`},
	{"node-problem-detector", Event, `OOMKilling TaskHung UnregisterNetDevice KernelOops Ext4Error Ext4Warning IOError MemoryReadError ConntrackFull NTPIsDown`},
	{"node-problem-detector conditions", NodeCondition, `KernelDeadlock ReadonlyFilesystem XfsShutdown NTPProblem KubeletUnhealthy
		ContainerRuntimeUnhealthy FrequentKubeletRestart FrequentContainerdRestart`},
	{"old list", Event, `RegisteredNode RemovingNode DeletingNode DeletingAllPods TerminatedAllPods TerminatingEvictedPod NodeReady NodeNotReady
		NodeSchedulable NodeNotSchedulable CIDRNotAvailable CIDRAssignmentFailed Starting KubeletSetupFailed FailedMount
		NodeSelectorMismatching InsufficientFreeCPU InsufficientFreeMemory HostPortConflict OutOfDisk NodeHasSufficientDisk NodeOutOfDisk
		HostNetworkNotSupported NilShaper Rebooted InvalidDiskCapacity FreeDiskSpaceFailed Pulling Pulled Failed InspectFailed
		ErrImageNeverPull BackOff Created Started Killing Unhealthy FailedValidation FailedSync SuccessfulCreate FailedCreate
		SuccessfulDelete FailedDelete`},
}

func TestReasons_allDocumented(t *testing.T) {
	n := 0
	for _, s := range documented {
		for _, name := range append(strings.Fields(s.names), extra(s.section)...) {
			n++
			found := false
			for _, r := range LookupReason(name) {
				found = found || r.In&s.in != 0
			}
			if !found {
				t.Errorf("%s: %s is not known as %s", s.section, name, s.in)
			}
		}
	}
	if n < 350 {
		t.Errorf("the list has only %d names", n)
	}
}

// extra are names with a blank.
func extra(section string) []string {
	if section == "terminated reasons" {
		return []string{"seccomp killed"}
	}
	return nil
}

func TestReasons_twoMeanings(t *testing.T) {
	cases := map[string]int{"BackOff": 2, "Failed": 3, "DeadlineExceeded": 2, "NodeNotReady": 2, "FailedBinding": 2, "Starting": 2, "Unknown": 2, "FailedCreate": 2, "Completed": 2}
	for name, want := range cases {
		if got := LookupReason(name); len(got) != want {
			t.Errorf("%s has %d entries, want %d", name, len(got), want)
		}
	}
	types := map[string]bool{}
	for _, r := range LookupReason("backoff") {
		types[r.Type] = true
	}
	if !types["Normal"] || !types["Warning"] {
		t.Error("BackOff of a pull is Normal, of a crash Warning: both are wanted")
	}
}

func TestLookupReason_forms(t *testing.T) {
	cases := map[string]string{
		"OutOfcpu": "OutOf<resource>", "outofNVIDIA.com/gpu": "OutOf<resource>", "OutOfephemeral-storage": "OutOf<resource>", "OutOfDisk": "OutOfDisk",
		"Init:2/3": "Init:<n>/<m>", "init:crashloopbackoff": "Init:CrashLoopBackOff", "Init:ImagePullBackOff": "Init:<reason>", "Init:ExitCode:7": "Init:<reason>",
		"ExitCode:7": "ExitCode:<n>", "ExitCode:-1": "ExitCode:<n>", "Signal:9": "Signal:<n>", "DeploymentRollbackRevisionNotFound": "DeploymentRollback<what>",
		"OutOf": "", "OutOf<script>": "", "ExitCode:": "", "ExitCode:x": "", "Init:": "", "nonsense": "", "": "", strings.Repeat("Init:", 40): "",
	}
	for in, want := range cases {
		got := LookupReason(in)
		name := ""
		if len(got) > 0 {
			name = got[0].Name
		}
		if name != want {
			t.Errorf("LookupReason(%q) = %q, want %q", in, name, want)
		}
	}
	if got := LookupReason("Init:ImagePullBackOff"); len(got) != 2 || got[1].Name != "ImagePullBackOff" {
		t.Errorf("Init:ImagePullBackOff leads to %d entries", len(got))
	}
}

func TestReasons_roles(t *testing.T) {
	cases := map[string]Role{
		"CrashLoopBackOff": Symptom, "ImagePullBackOff": Symptom, "ProgressDeadlineExceeded": Symptom, "BackoffLimitExceeded": Symptom, "ContainersNotReady": Symptom,
		"SandboxChanged": Symptom, "TaintManagerEviction": Symptom, "FailedKillPod": Symptom, "FailedToRetrieveImagePullSecret": Symptom,
		"WaitForFirstConsumer": Noise, "DNSConfigForming": Noise, "InvalidDiskCapacity": Noise, "Created": Noise, "Started": Noise,
		"OOMKilled": Root, "Rebooted": Root, "SysctlForbidden": Root, "StartError": Root, "FailedScheduling": Root,
	}
	for name, want := range cases {
		if got := LookupReason(name); len(got) == 0 || got[0].Role != want {
			t.Errorf("%s: role is not %s", name, want)
		}
	}
}

func TestReasons_history(t *testing.T) {
	for name, now := range map[string]string{
		"OutOfDisk": "DiskPressure", "DeletingAllPods": "TaintManagerEviction", "HostPortConflict": "NodePorts", "InsufficientFreeCPU": "OutOfcpu",
		"NodeSelectorMismatching": "NodeAffinity", "PodHasNetwork": "PodReadyToStartContainers", "Shutdown": "Terminated", "ContainerCannotRun": "StartError",
	} {
		found := false
		for _, r := range LookupReason(name) {
			found = found || r.Until != "" && strings.Contains(r.Now, now)
		}
		if !found {
			t.Errorf("%s: nothing says that %s stands in its place", name, now)
		}
	}
}

func TestConsequences_list(t *testing.T) {
	cases := []struct{ reason, message, only string }{
		{"CrashLoopBackOff", "back-off 5m0s restarting failed container=api pod=api-1_shop(1f)", ""},
		{"BackOff", "Back-off restarting failed container api in pod api-1_shop(1f)", ""},
		{"ImagePullBackOff", `Back-off pulling image "shop/api:2"`, "error"},
		{"Init:CrashLoopBackOff", "", ""},
		{"ProgressDeadlineExceeded", `ReplicaSet "api-7" has timed out progressing.`, ""},
		{"BackoffLimitExceeded", "Job has reached the specified backoff limit", ""},
		{"ContainersNotReady", "containers with unready status: [api]", ""},
		{"MinimumReplicasUnavailable", "Deployment does not have minimum availability.", ""},
		{"NodeNotReady", "Node is not ready", "pod"},
		{"SandboxChanged", "Pod sandbox changed, it will be killed and re-created.", ""},
		{"FailedCreatePodSandBox", `failed to reserve sandbox name "api_shop": name "api_shop" is reserved for "3f"`, ""},
		{"FailedMount", "an operation with the given Volume ID vol-1 already exists", ""},
		{"FailedKillPod", "error killing pod: x", "hang"},
		{"Failed", "Error: ImagePullBackOff", ""},
		{"TaintManagerEviction", "Marking for deletion Pod shop/api-1", ""},
		{"WaitForFirstConsumer", "waiting for first consumer to be created before binding", ""},
		{"Unhealthy", "Readiness probe failed: x", "stopped"},
		{"FailedToRetrieveImagePullSecret", "Unable to retrieve some image pull secrets (regcred)", "pull"},
		{"DNSConfigForming", "Nameserver limits were exceeded", "names"},
		{"InvalidDiskCapacity", "invalid capacity 0 on image filesystem", "kubelet starts"},
		{"Started", "Started container api", ""},
		{"created", "Created container: api", ""},
	}
	for _, c := range cases {
		got := ConsequencesOf(c.reason, c.message)
		if len(got) == 0 || (c.only == "") != (got[0].Only == "") || !strings.Contains(got[0].Only, c.only) || got[0].LookFor == "" {
			t.Errorf("ConsequencesOf(%q, %q) = %+v", c.reason, c.message, got)
		}
	}
	for _, c := range [][2]string{{"OOMKilled", ""}, {"Failed", `Failed to pull image "x": not found`}, {"BackOff", ""}, {"", ""}} {
		if got := ConsequencesOf(c[0], c[1]); len(got) != 0 {
			t.Errorf("ConsequencesOf(%q, %q) = %+v, want none", c[0], c[1], got)
		}
	}
	for _, c := range Consequences {
		if c.Reason == "" && c.Text == "" || c.LookFor == "" {
			t.Errorf("%+v says nothing", c)
		}
		if c.Reason != "" && len(LookupReason(c.Reason)) == 0 {
			t.Errorf("no reason %q", c.Reason)
		}
	}
}
