package know

const srcPrinter = k8s + "pkg/printers/internalversion/printers.go printPod (the API server prints, so its version counts)"

// statusWords are what only the STATUS column of `kubectl get pods` shows, and
// the phases.
var statusWords = []Reason{
	{
		Name: "Init:<reason>", In: StatusWord, By: "the API server's printer", Role: Symptom,
		Means:  "The first init container that is not done waits or ended with that reason. With condition Initialized True it is a native sidecar that fails while the program runs.",
		Causes: []Hint{{"init-failing", "condition Initialized False"}, {"sidecar-crash", "condition Initialized True, READY n-1/n"}, {"init-oom", "OOMKilled"}},
		Next:   []string{"kubectl get pod POD -n NS -o jsonpath='{.status.initContainerStatuses}'", "kubectl logs POD -n NS -c INIT-CONTAINER --previous"},
		Source: srcPrinter,
	},
	{
		Name: "Init:<n>/<m>", In: StatusWord, By: "the API server's printer", Role: Symptom,
		Means:  "n of m init containers are done (sidecars counted); the next one runs, or its sidecar has not passed its startup probe.",
		Causes: []Hint{{"init-waiting", "its log waits for something"}, {"image-pull-slow", "event Pulling without Pulled"}, {"startup-too-slow", "a sidecar's startup probe"}},
		Next:   []string{"kubectl logs POD -n NS -c INIT-CONTAINER", cmdDescribe},
		Source: srcPrinter,
	},
	{
		Name: "Init:CrashLoopBackOff", In: StatusWord, By: "the API server's printer", Role: Symptom,
		Means:  "An init container, or with condition Initialized True a native sidecar, ended and waits for its next start.",
		Causes: []Hint{{"init-failing", "condition Initialized False"}, {"sidecar-crash", "condition Initialized True: the program runs"}, {"init-oom", "lastState OOMKilled"}},
		Next:   []string{"kubectl logs POD -n NS -c INIT-CONTAINER --previous", "kubectl get pod POD -n NS -o jsonpath='{.status.conditions}'"},
		Source: srcPrinter,
	},
	{
		Name: "Init:Error", In: StatusWord, By: "the API server's printer", Role: Symptom,
		Means:  "An init container ended with a code other than 0 and is about to be started again, or, under policy Never, has failed the pod.",
		Causes: []Hint{{"init-failing", ""}, {"sidecar-crash", "condition Initialized True"}},
		Next:   []string{"kubectl logs POD -n NS -c INIT-CONTAINER --previous"},
		Source: srcPrinter,
	},
	{
		Name: "Init:OOMKilled", In: StatusWord, By: "the API server's printer", Role: Root,
		Means:  "An init container was killed for memory. With exit code 0 the column shows PodInitializing instead.",
		Causes: []Hint{{"init-oom", ""}, {"oom-node", "usage far below the limit"}},
		Next:   []string{cmdKernel, "resources.limits.memory of the init container"},
		Source: srcPrinter,
	},
	{
		Name: "ExitCode:<n>", In: StatusWord, By: "the API server's printer", Role: Symptom,
		Means:  "A container ended and its terminated state has no reason: the number is its exit code.",
		Causes: []Hint{{"app-error-exit", ""}},
		Next:   []string{"unloop explain CODE", cmdPrevious},
		Source: srcPrinter,
	},
	{
		Name: "Signal:<n>", In: StatusWord, By: "the API server's printer", Role: Symptom,
		Means:  "The number of the signal that ended a container without a reason. No CRI runtime leads to it, for the kubelet never fills terminated.signal: signals show as exit code 128 + n.",
		Now:    "the exit code 128 + n",
		Causes: []Hint{{"native-crash", "4, 6, 7, 8, 11"}, {"oom-container-limit", "9"}},
		Next:   []string{"unloop explain SIGNAL"},
		Source: srcPrinter,
	},
	{
		Name: "NotReady", In: StatusWord, By: "the API server's printer", Role: Symptom,
		Means:  "A container has completed, another still runs, and the pod is not ready: typical for a Job whose proxy sidecar goes on. On a node, NotReady is the Ready condition.",
		Causes: []Hint{{"sidecar-blocks-job", "a Job: main Completed, proxy running"}, {"readiness-never", "the running container is not ready"}, {"node-lost", "said of a node"}, {"cni-not-ready", "said of a node"}},
		Next:   []string{cmdStatus, cmdNodes},
		Source: srcPrinter,
	},
	{
		Name: "Terminating", In: StatusWord, By: "the API server's printer", Role: Symptom,
		Means:  "deletionTimestamp is set and the pod still exists. Longer than its grace period: node, runtime or a finalizer holds it.",
		Causes: []Hint{{"stuck-finalizer", "metadata.finalizers, containers gone"}, {"stuck-node-lost", "node Ready Unknown"}, {"stuck-runtime", "FailedKillPod, process in state D"}, {"prestop-hang", "within the grace period"}, {"scaled-down", "ordinary"}, {"drained", "DisruptionTarget EvictionByEvictionAPI"}},
		Next:   []string{"kubectl get pod POD -n NS -o jsonpath='{.metadata.finalizers} {.metadata.deletionTimestamp}'", cmdNodes, cmdEvents},
		Source: srcPrinter,
	},
	{
		Name: "Pending", In: StatusWord | Phase, By: "the kubelet; before it the API server", Role: Symptom,
		Means:  "Not scheduled, or an init container is not finished, or a container waits and never ran.",
		Causes: []Hint{{"insufficient-resources", "PodScheduled False `Insufficient`"}, {"no-scheduler", "no PodScheduled condition, no event"}, {"pvc-unbound", "`unbound immediate PersistentVolumeClaims`"}, {"taint-untolerated", "`untolerated taint`"}, {"image-tag-missing", "scheduled, ErrImagePull"}},
		Next:   []string{"kubectl get pod POD -n NS -o jsonpath='{.status.conditions}'", cmdDescribe},
		Source: kubelt + "kubelet_pods.go getPhase",
	},
	{
		Name: "Running", In: StatusWord | Phase, By: "the kubelet", Role: Noise,
		Means:  "At least one container runs, or a stopped one will be started again: a pod in CrashLoopBackOff has phase Running. READY 0/1 without restarts means readiness or startup probe.",
		Causes: []Hint{{"readiness-never", "READY 0/1, Unhealthy `Readiness probe failed`"}, {"exec-probe-broken", "`probe errored`"}, {"readiness-gate", "ReadinessGatesNotReady"}, {"startup-too-slow", "started: false"}},
		Next:   []string{cmdDescribe, cmdLogs},
		Source: kubelt + "kubelet_pods.go getPhase",
	},
	{
		Name: "Succeeded", In: StatusWord | Phase, By: "the kubelet", Role: Noise,
		Means:  "All containers ended with 0 and none will be started again.",
		Causes: []Hint{{"healthy", ""}},
		Next:   []string{cmdLogs},
		Source: kubelt + "kubelet_pods.go getPhase",
	},
	{
		Name: "Failed", In: StatusWord | Phase, By: "the kubelet", Role: Symptom,
		Means:  "All containers ended, at least one of them badly, and none will be started again; or the pod was rejected, evicted, past its deadline, or its node shut down. status.reason decides.",
		Causes: []Hint{{"app-error-exit", "no status.reason: its own exit code"}, {"evicted-memory", "Evicted"}, {"ephemeral-limit", "Evicted, no DisruptionTarget"}, {"pod-deadline", "DeadlineExceeded"}, {"node-shutdown", "Terminated"}},
		Next:   []string{"kubectl get pod POD -n NS -o jsonpath='{.status.reason}: {.status.message}'", cmdPrevious},
		Source: kubelt + "kubelet_pods.go getPhase",
	},
	{
		Name: "Unknown", In: Phase | StatusWord, By: "nobody in a current release", Role: Symptom,
		Means:  "As phase: the node's kubelet could not be asked; no current kubelet sets it. As STATUS of a deleted pod: status.reason NodeLost.",
		Now:    "phase stays at its last value and condition Ready turns False (node lost)",
		Causes: []Hint{{"node-lost", ""}, {"stuck-node-lost", "with deletionTimestamp"}},
		Next:   []string{cmdNodes}, Source: srcPrinter,
	},
}
