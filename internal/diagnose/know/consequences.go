package know

import "strings"

// Consequence is something Kubernetes says that must never be given as the
// cause: it follows from one.
type Consequence struct {
	// Reason is the reason, condition or event reason it is known by; "" where
	// only the text tells.
	Reason string `json:"reason,omitempty"`
	// Text is a part of the message, as Message.Pattern; "" where the reason is enough.
	Text string `json:"text,omitempty"`
	// Only limits it: "" means always a consequence, else it is one only then.
	Only string `json:"only,omitempty"`
	// LookFor says where the cause is.
	LookFor string `json:"lookFor"`
}

// ConsequencesOf returns the entries that match a reason and its message.
// Entries with Only set are for the caller to check against the facts.
func ConsequencesOf(reason, message string) []Consequence {
	var out []Consequence
	low := fold(message)
	for _, c := range Consequences {
		if c.Reason != "" && !strings.EqualFold(c.Reason, reason) {
			continue
		}
		if c.Text != "" && !matchPattern(fold(c.Text), low) {
			continue
		}
		out = append(out, c)
	}
	return out
}

// Consequences lists what is never the cause.
var Consequences = []Consequence{
	{Reason: "CrashLoopBackOff", LookFor: "the end of the last instance: lastState.terminated, its log, the Killing event before it"},
	{Reason: "Init:CrashLoopBackOff", LookFor: "the end of the init container or sidecar that the STATUS column is about"},
	{Reason: "BackOff", Text: "restarting failed container", LookFor: "the end of the last instance of that container"},
	{Reason: "BackOff", Text: "Back-off pulling image", LookFor: "event Failed with `Failed to pull image`; since 1.32 the same message ends with the cause"},
	{Reason: "ImagePullBackOff", Only: "the message has no error after the image name (up to 1.31)", LookFor: "event Failed with `Failed to pull image`"},
	{Reason: "Failed", Text: "Error: ImagePullBackOff", LookFor: "the other Failed event of the same pull"},
	{Reason: "Failed", Text: "Error: ErrImagePull", LookFor: "the other Failed event of the same pull"},
	{Reason: "ProgressDeadlineExceeded", LookFor: "the pods of the newest ReplicaSet, or its FailedCreate events"},
	{Reason: "BackoffLimitExceeded", LookFor: "how the Job's last pods ended"},
	{Reason: "ContainersNotReady", LookFor: "the containers that the message lists"},
	{Reason: "MinimumReplicasUnavailable", LookFor: "the pods of the Deployment"},
	{Reason: "NodeNotReady", Only: "on a pod (`Node is not ready`)", LookFor: "the Ready condition of the node"},
	{Reason: "TaintManagerEviction", LookFor: "why the node got its NoExecute taint"},
	{Reason: "SandboxChanged", LookFor: "what took the sandbox away: reboot, runtime restart, network plugin"},
	{Text: "is reserved for", LookFor: "what the earlier create call hangs on: disk, snapshotter, network plugin"},
	{Text: "pod sandbox with name * already exists", LookFor: "what the earlier sandbox call hangs on: network plugin or disk"},
	{Text: "an operation with the given Volume ID * already exists", LookFor: "the first error of that CSI call, and the CSI driver's log"},
	{Reason: "FailedKillPod", Only: "after a storage or runtime hang", LookFor: "what the process waits for (state D), or the network plugin's delete"},
	{Reason: "WaitForFirstConsumer", LookFor: "why the pod that uses the claim is not scheduled, if there is one"},
	{Reason: "Unhealthy", Only: "while the pod or container is being stopped: probes go on to the end", LookFor: "why it is stopped"},
	{Reason: "Unhealthy", Text: "Readiness probe", Only: "in the first seconds of a slow start", LookFor: "nothing, if it becomes ready"},
	{Reason: "FailedToRetrieveImagePullSecret", Only: "the pull itself works", LookFor: "nothing: a secret that is named but not needed"},
	{Reason: "DNSConfigForming", Only: "names resolve", LookFor: "nothing: the node's resolv.conf has more entries than are used"},
	{Reason: "InvalidDiskCapacity", Only: "once, when the kubelet starts", LookFor: "nothing"},
	{Reason: "Created", LookFor: "nothing: counts of Created and Started are not failures"},
	{Reason: "Started", LookFor: "nothing: counts of Created and Started are not failures"},
}
