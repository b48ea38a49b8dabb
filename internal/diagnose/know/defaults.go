package know

import (
	"strings"
	"time"
)

// Crash and pull back-off (kubernetes v1.36.3 pkg/kubelet/kubelet.go,
// client-go v0.36.3 util/flowcontrol/backoff.go).
const (
	// BackoffInitial is the first wait that is not zero.
	BackoffInitial = 10 * time.Second
	// BackoffFactor is what each wait grows by.
	BackoffFactor = 2
	// BackoffMax caps the waits; maxContainerRestartPeriod lowers it (since 1.32).
	BackoffMax = 300 * time.Second
	// BackoffReset is how long a container must have run for the waits to begin anew.
	BackoffReset = 600 * time.Second
	// ReducedBackoffInitial and ReducedBackoffMax hold with the gate
	// ReduceDefaultCrashLoopBackOffDecay (alpha since 1.33).
	ReducedBackoffInitial = time.Second
	ReducedBackoffMax     = 60 * time.Second
	// PodSyncDelay is when a pod is looked at again after a failed sync up to
	// 1.34, times 1 to 1.5 (pkg/kubelet/pod_workers.go backOffPeriod).
	PodSyncDelay = 10 * time.Second
)

// Probes and stops (k8s.io/api v0.36.3 core/v1, pkg/apis/core/v1/defaults.go).
const (
	ProbePeriod           = 10 * time.Second
	ProbeTimeout          = time.Second
	ProbeFailureThreshold = 3
	ProbeSuccessThreshold = 1
	// TerminationGrace is terminationGracePeriodSeconds.
	TerminationGrace = 30 * time.Second
	// MinimumGrace is what a preStop hook leaves at least
	// (pkg/kubelet/kuberuntime/kuberuntime_container.go minimumGracePeriodInSeconds).
	MinimumGrace = 2 * time.Second
	// HardEvictionGrace is the grace of a hard eviction (pkg/kubelet/eviction).
	HardEvictionGrace = time.Second
)

// Nodes (pkg/controller/nodelifecycle/config/v1alpha1/defaults.go,
// plugin/pkg/admission/defaulttolerationseconds).
const (
	// NodeGraceOld is the silence after which a node is Unknown up to 1.31;
	// NodeGrace since 1.32.
	NodeGraceOld = 40 * time.Second
	NodeGrace    = 50 * time.Second
	// NotReadyToleration is how long pods stay on a node that is not ready or
	// unreachable.
	NotReadyToleration = 300 * time.Second
	// EvictionLoop is how often the kubelet looks at its thresholds
	// (pkg/kubelet/kubelet.go evictionMonitoringPeriod).
	EvictionLoop = 10 * time.Second
	// PressureTransition is how long a pressure condition stays.
	PressureTransition = 5 * time.Minute
	// MaxPods is the kubelet's maxPods.
	MaxPods = 110
)

// Events and logs.
const (
	// EventTTL is the API server's --event-ttl.
	EventTTL = time.Hour
	// EventBurst events of one source and object pass, then one every
	// EventRefill (client-go v0.36.3 tools/record/events_cache.go).
	EventBurst  = 25
	EventRefill = 5 * time.Minute
	// TerminationMessageBytes is what is kept of /dev/termination-log,
	// FallbackBytes and FallbackLines what is taken from the log instead
	// (pkg/kubelet/container/runtime.go).
	TerminationMessageBytes = 4096
	FallbackBytes           = 2048
	FallbackLines           = 80
)

// Volumes, scheduling, workloads.
const (
	// MountWait is how long the kubelet waits for volumes in one go
	// (pkg/kubelet/volumemanager/volume_manager.go).
	MountWait = 2*time.Minute + 3*time.Second
	// VolumeRetryMax caps the retries of one volume operation, from
	// VolumeRetryInitial (pkg/util/goroutinemap/exponentialbackoff).
	VolumeRetryInitial = 500 * time.Millisecond
	VolumeRetryMax     = 2*time.Minute + 2*time.Second
	// ForceDetach is when a volume is taken from an unhealthy node
	// (maxWaitForUnmountDuration).
	ForceDetach = 6 * time.Minute
	// BindTimeout is the scheduler's wait for volumes.
	BindTimeout = 10 * time.Minute
	// ProgressDeadline is a Deployment's progressDeadlineSeconds.
	ProgressDeadline = 600 * time.Second
	// JobBackoffLimit is a Job's backoffLimit.
	JobBackoffLimit = 6
	// PLEGThreshold is the age from which PLEG is not healthy (pkg/kubelet/pleg).
	PLEGThreshold = 3 * time.Minute
)

// Default is one setting of Kubernetes that decides when things happen.
type Default struct {
	// Name is the field or flag.
	Name string `json:"name"`
	// Value is the default with its unit.
	Value string `json:"value"`
	// Where says where it is set.
	Where string `json:"where"`
	Means string `json:"means"`
	// Since says from which release it is as it is, "" always.
	Since  string `json:"since,omitempty"`
	Source string `json:"source"`
}

// DefaultByName returns the default of that name, in any case. A flag may be
// given with or without its dashes.
func DefaultByName(name string) (Default, bool) {
	name = strings.TrimLeft(strings.TrimSpace(name), "-")
	for _, d := range Defaults {
		if strings.EqualFold(d.Name, name) {
			return d, true
		}
	}
	return Default{}, false
}

const (
	cfgKubelet = "KubeletConfiguration"
	srcCfg     = kubelt + "apis/config/v1beta1/defaults.go"
	srcAPIDef  = k8s + "pkg/apis/core/v1/defaults.go"
	srcHard    = kubelt + "eviction/defaults_linux.go"
)

// Defaults lists the settings that explain timings and limits.
var Defaults = []Default{
	{"maxContainerRestartPeriod", "300 s", cfgKubelet + " crashLoopBackOff", "Longest wait between two starts of a crashing container: 0, 10, 20, 40, 80, 160, 300, 300 … s, forgotten after 600 s of running. 1 s to 300 s.", "1.32 (on since 1.35)", kubelt + "kubelet.go newCrashLoopBackOff"},
	{"ReduceDefaultCrashLoopBackOffDecay", "off", "feature gate of the kubelet", "With it the waits are 0, 1, 2, 4, 8, 16, 32, 60, 60 … s.", "1.33 (alpha)", kubelt + "kubelet.go newCrashLoopBackOff; KEP-4603"},
	{"terminationGracePeriodSeconds", "30 s", "pod spec; a probe may have its own", "Time between SIGTERM and SIGKILL; a preStop hook's time is taken from it, at least 2 s remain.", "", srcAPIDef},
	{"initialDelaySeconds", "0 s", "probe", "Wait before the first probe.", "", srcAPIDef},
	{"periodSeconds", "10 s", "probe", "Time between two probes.", "", srcAPIDef},
	{"timeoutSeconds", "1 s", "probe", "Time for one answer; enforced for exec probes since 1.20.", "", srcAPIDef},
	{"failureThreshold", "3", "probe", "Failures in a row until the container is killed (liveness, startup) or taken out (readiness).", "", srcAPIDef},
	{"successThreshold", "1", "probe", "Successes in a row until it counts as well again.", "", srcAPIDef},
	{"restartPolicy", "Always", "pod spec", "Always restarts after exit 0 too; OnFailure and Never are for Jobs.", "", srcAPIDef},
	{"imagePullPolicy", "Always for :latest or no tag, else IfNotPresent", "container", "With IfNotPresent a moved tag goes on running the old image.", "", srcAPIDef},
	{"terminationMessagePath", "/dev/termination-log", "container", "Its first 4096 bytes become the terminated message; all containers of a pod share 12 KiB. FallbackToLogsOnError takes the last 2048 bytes or 80 lines of the log.", "", kubelt + "container/runtime.go"},
	{"fsGroupChangePolicy", "Always", "pod securityContext", "Always changes the owner of every file at every start; OnRootMismatch only where the root directory differs.", "", k8s + "pkg/volume/volume_linux.go"},
	{"maximum-dead-containers-per-container", "1", "flag of the kubelet", "How many ended instances are kept: logs --previous reaches back exactly one.", "", kubelt + "kuberuntime/kuberuntime_gc.go"},
	{"containerLogMaxSize", "10Mi", cfgKubelet, "Size at which a container's log is rotated; kubectl logs reads the newest file only.", "", srcCfg},
	{"containerLogMaxFiles", "5", cfgKubelet, "Log files kept of one container.", "", srcCfg},
	{"event-ttl", "1 h", "flag of the API server", "Life time of an event; an update starts it anew. A probe kill older than that leaves no trace.", "", k8s + "pkg/controlplane/apiserver/options/options.go"},
	{"eventRecordQPS", "50, burst 100", cfgKubelet, "Events that one kubelet sends. Besides, each pod has a bucket of 25 with one refill per 5 min: counts are lower bounds.", "", srcCfg + "; client-go v0.36.3 tools/record/events_cache.go"},
	{"registryPullQPS", "5, burst 10", cfgKubelet, "Pulls per second of one node; above it `pull QPS exceeded`.", "", srcCfg},
	{"serializeImagePulls", "true", cfgKubelet, "One pull at a time on a node: a slow one delays all others.", "", srcCfg},
	{"imageGCHighThresholdPercent", "85", cfgKubelet, "Use of the image file system at which unused images are removed, down to imageGCLowThresholdPercent 80.", "", srcCfg},
	{"runtimeRequestTimeout", "2 min", cfgKubelet, "Time for a call to the runtime; creating a sandbox has twice that.", "", srcCfg},
	{"syncFrequency", "1 min", cfgKubelet, "How often every pod is looked at in any case.", "", srcCfg},
	{"maxPods", "110", cfgKubelet, "Pods of one node; above it `Too many pods`.", "", srcCfg},
	{"podPidsLimit", "-1 (no limit of its own)", cfgKubelet, "Process ids of one pod; many distributions set it.", "", srcCfg},
	{"memory.available", "100Mi", cfgKubelet + " evictionHard", "Hard threshold: node capacity less working set. Setting any hard threshold drops all defaults, unless mergeDefaultEvictionSettings is true.", "", srcHard},
	{"nodefs.available", "10 %", cfgKubelet + " evictionHard", "Hard threshold of the kubelet's file system.", "", srcHard},
	{"nodefs.inodesFree", "5 %", cfgKubelet + " evictionHard", "Hard threshold of inodes.", "", srcHard},
	{"imagefs.available", "15 %", cfgKubelet + " evictionHard", "Hard threshold of the runtime's file system.", "", srcHard},
	{"imagefs.inodesFree", "5 %", cfgKubelet + " evictionHard", "Hard threshold of the runtime's inodes.", "", srcHard},
	{"pid.available", "none", cfgKubelet + " evictionHard", "Threshold of free process ids.", "", srcHard},
	{"evictionPressureTransitionPeriod", "5 min", cfgKubelet, "How long a pressure condition stays after the shortage is over.", "", srcCfg},
	{"evictionMaxPodGracePeriod", "0 s", cfgKubelet, "Longest grace of a soft eviction; a hard one gives 1 s, so 137 is normal there.", "", srcEvict},
	{"node-monitor-grace-period", "50 s (40 s up to 1.31)", "flag of the controller manager", "Silence of a kubelet after which its node is Ready Unknown and tainted.", "1.32", ctrl + "nodelifecycle/config/v1alpha1/defaults.go"},
	{"tolerationSeconds", "300 s for not-ready and unreachable", "added to pods by admission", "How long a pod stays on a lost node before it is deleted (then it hangs as Terminating).", "", k8s + "plugin/pkg/admission/defaulttolerationseconds"},
	{"nodeStatusUpdateFrequency", "10 s", cfgKubelet, "How often the kubelet works out its node's status; the lease is 40 s.", "", srcCfg},
	{"terminated-pod-gc-threshold", "12500", "flag of the controller manager", "Ended pods above this number are removed, oldest first.", "", ctrl + "podgc/config/v1alpha1/defaults.go"},
	{"progressDeadlineSeconds", "600 s", "Deployment", "Time without progress until Progressing turns False. Nothing is rolled back.", "", k8s + "pkg/apis/apps/v1/defaults.go"},
	{"maxSurge", "25 %", "Deployment", "Extra pods during a rollout: with a ReadWriteOnce volume the new pod waits for the old one (Multi-Attach).", "", k8s + "pkg/apis/apps/v1/defaults.go"},
	{"revisionHistoryLimit", "10", "Deployment, StatefulSet, DaemonSet", "Old revisions that are kept for a rollback.", "", k8s + "pkg/apis/apps/v1/defaults.go"},
	{"backoffLimit", "6", "Job", "Retries before BackoffLimitExceeded; pods are made anew after 10 s doubling to 10 min.", "", k8s + "pkg/apis/batch/v1/defaults.go; " + srcJob},
	{"startingDeadlineSeconds", "none", "CronJob", "How late a Job may start; without it more than 100 missed times stop the CronJob.", "", srcCron},
	{"concurrencyPolicy", "Allow", "CronJob", "With Forbid a Job that still runs keeps the next one from starting.", "", k8s + "pkg/apis/batch/v1/defaults.go"},
	{"volumeBindTimeout", "10 min", "scheduler, VolumeBinding arguments", "How long the scheduler waits for volumes to be made and bound.", "", sched + "apis/config/v1/defaults.go"},
	{"maxWaitForUnmountDuration", "6 min", "controller manager, fixed", "When a volume is taken by force from an unhealthy node.", "", ctrl + "volume/attachdetach/"},
	{"horizontal-pod-autoscaler-downscale-stabilization", "5 min", "flag of the controller manager", "How long the autoscaler looks back before it removes pods.", "", ctrl + "podautoscaler/config/v1alpha1/defaults.go"},
	{"memorySwap", "NoSwap", cfgKubelet, "Containers get no swap unless LimitedSwap is set.", "", kubelt + "types/"},
	{"singleProcessOOMKill", "false on cgroup v2", cfgKubelet, "False: the whole container dies at an OOM kill (memory.oom.group, since 1.28); true restores single kills.", "1.32", kubelt + "kuberuntime/kuberuntime_container_linux.go"},
	{"/dev/shm", "64 MiB", "the runtime", "Shared memory of a container, unless a memory emptyDir is mounted there.", "", ctrd + "internal/cri/server; runc default mounts"},
	{"ConfigMap size", "1 MiB", "API server, fixed", "Largest ConfigMap or Secret.", "", k8s + "pkg/apis/core/types.go"},
	{"DNS search domains", "32, 2048 characters (6, 256 before)", "kubelet, fixed", "What is beyond is cut off: event DNSConfigForming. Name servers: 3.", "1.26", k8s + "pkg/apis/core/validation"},
}
