package know

// Family groups causes by where in a pod's life they strike.
type Family struct {
	// ID is the word used in Causes.
	ID    string `json:"id"`
	Title string `json:"title"`
	// Means says what the causes of the family have in common, and what of a pod
	// is seen meanwhile.
	Means string `json:"means"`
	// Look says which facts decide inside the family, best first.
	Look []string `json:"look"`
}

// Families lists the families in the order in which a pod meets them.
var Families = []Family{
	{
		"control", "Controllers, admission, deletion",
		"The pod is refused before it exists, or an object above it ends, removes or holds it. A refused pod is seen on its owner only: a Deployment of 0 pods.",
		[]string{"events of the ReplicaSet, StatefulSet, DaemonSet or Job (FailedCreate)", "condition DisruptionTarget of the last version of the pod", "metadata.deletionTimestamp and metadata.finalizers", "the audit log for who deleted it"},
	},
	{
		"schedule", "Scheduling",
		"No node is chosen: phase Pending, no spec.nodeName.",
		[]string{"condition PodScheduled (it holds the whole text; the event is cut at 1024 characters)", "taints, labels and allocatable of the nodes", "spec.schedulerName and spec.schedulingGates"},
	},
	{
		"node", "The node",
		"The node itself fails, restarts, or refuses a pod that was already bound to it. Pods of several owners are hit in the same minute.",
		[]string{"node conditions, taints, bootID", "events of the Node object (namespace default)", "kubelet, runtime and kernel log of that node"},
	},
	{
		"volume", "Volumes and the data on them",
		"A claim is not bound, a volume is not attached or mounted, or what lies on it cannot be used. Before the start the pod shows ContainerCreating with PodReadyToStartContainers False.",
		[]string{"events of pod and PVC", "VolumeAttachment objects (attach can hang without any event since 1.28)", "CSI controller and node plugin logs", "the program's log, where the volume mounts but its content is at fault"},
	},
	{
		"sandbox", "Sandbox and pod network",
		"The pod's sandbox (network namespace, pause container) is not made, so no container starts: ContainerCreating with event FailedCreatePodSandBox or NetworkNotReady.",
		[]string{"the text after `plugin type=`", "the network plugin's pod on that node", "the runtime's log"},
	},
	{
		"image", "Image pulls",
		"The image is not on the node and cannot be pulled, or is not the one that was meant: ErrImagePull in turn with ImagePullBackOff, restart count unchanged.",
		[]string{"event Failed with `Failed to pull image` (up to 1.31 the waiting message has no cause)", "the same pull with crictl on that node"},
	},
	{
		"config", "Configuration objects and security context",
		"The kubelet cannot build the container from the spec (CreateContainerConfigError), or the program lacks a right that its security context or account takes away.",
		[]string{"waiting message, or event Failed", "existence and keys of the named ConfigMaps and Secrets", "audit, AppArmor and SELinux lines of the node"},
	},
	{
		"start", "The program cannot be started",
		"The container is made but its command cannot be run: StartError 128 and RunContainerError with containerd, CreateContainerError with CRI-O, ContainerCannotRun with Docker.",
		[]string{"the message of the terminated or waiting state", "for codes 1 and 255: a first log line that begins with `exec`"},
	},
	{
		"init", "Init containers and sidecars",
		"An init container fails or waits, so the pod's containers never start; or a sidecar fails beside a healthy program.",
		[]string{"condition Initialized: True means a sidecar, False an init container", "log of the init container named by the STATUS column"},
	},
	{
		"exit", "The program ends by itself",
		"The program was started and ended: reason Error or Completed with its own code, no Killing event.",
		[]string{"the last lines of the previous log", "exit code and how long it ran", "what changed in the newest revision"},
	},
	{
		"resource", "Memory, CPU, disk and other limits",
		"A limit of container, pod or node is reached: OOMKilled, Evicted, or an error of the program that names the resource.",
		[]string{"terminated reason and pod reason", "kernel OOM line: whose limit (oom_memcg), who died (task_memcg)", "condition DisruptionTarget: present for the node's fault, absent for the pod's own limit"},
	},
	{
		"probe", "Probes and lifecycle hooks",
		"The kubelet kills a container because a liveness or startup probe or a postStart hook failed, or keeps it out of its Services because readiness fails.",
		[]string{"event Killing: it names the probe", "event Unhealthy: it holds the answer", "whether the probe ever succeeded in this instance"},
	},
	{
		"network", "Dependencies and network",
		"The program runs, but what it needs does not answer, refuses, or is not found.",
		[]string{"the log line: refused, time-out, no such host, refused login", "Service and EndpointSlice of the target", "the same connection from another pod and from another node"},
	},
}

// FamilyByID returns the family of that id.
func FamilyByID(id string) (Family, bool) {
	for _, f := range Families {
		if f.ID == id {
			return f, true
		}
	}
	return Family{}, false
}
