// Package know owns the offline knowledge about how pods fail: exit codes,
// signals, the reasons and messages that Kubernetes writes, its default
// settings, the catalogue of causes, and the list of consequences. Rules,
// report and `unloop explain` share it.
//
// It holds tables and looks things up in them. It must not judge a pod: it sees
// no facts, only a number, a name or a text. It knows causes as ids; what a
// cause means in full is the Doc of its rule. Its neighbours are
// internal/rules, which read the tables, and internal/report, which prints a
// Topic.
//
// Every row names its source. Where no other release is named, "kubernetes" is
// v1.36.3, and a release range means the releases that were read: Until 1.24
// and Since 1.26 leave 1.25 open. The tables are plain composite literals, so
// that the package costs nothing at start-up; indexes are made at first use.
package know

// Hint is one cause that fits an entry, and what tells it from its neighbours.
type Hint struct {
	// Cause is an id of Causes.
	Cause string `json:"cause"`
	// When says what must be seen for this cause; "" where the entry states it.
	When string `json:"when,omitempty"`
}

// Prefixes of sources, so that a row needs to give the path only.
const (
	k8s    = "kubernetes v1.36.3 "
	kubelt = "kubernetes v1.36.3 pkg/kubelet/"
	ctrl   = "kubernetes v1.36.3 pkg/controller/"
	sched  = "kubernetes v1.36.3 pkg/scheduler/"
	runc   = "opencontainers/runc main (76d9cf5da) "
	ctrd   = "containerd release/2.3 (7ee989555) "
	crio   = "cri-o release-1.36 (9a9de9c51f) "
	npd    = "node-problem-detector master (6632ca67) "
)

// Commands that many rows give as the next thing to look at. POD, CONTAINER,
// NODE and NS stand for names.
const (
	cmdDescribe  = "kubectl describe pod POD -n NS"
	cmdPrevious  = "kubectl logs POD -n NS -c CONTAINER --previous"
	cmdLogs      = "kubectl logs POD -n NS -c CONTAINER"
	cmdEvents    = "kubectl get events -n NS --field-selector involvedObject.name=POD --sort-by=.lastTimestamp"
	cmdStatus    = "kubectl get pod POD -n NS -o jsonpath='{.status}'"
	cmdOwner     = "kubectl describe rs,sts,ds,job -n NS"
	cmdNode      = "kubectl describe node NODE"
	cmdNodes     = "kubectl get nodes -o wide"
	cmdKubelet   = "journalctl -u kubelet --since '15 min ago'   (on the node)"
	cmdRuntime   = "journalctl -u containerd -u crio --since '15 min ago'   (on the node)"
	cmdKernel    = "dmesg -T | tail -n 200   (on the node)"
	cmdPVC       = "kubectl describe pvc -n NS"
	cmdAttach    = "kubectl get volumeattachments"
	cmdCSI       = "kubectl get csinodes,csidrivers"
	cmdWebhook   = "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
	cmdHPA       = "kubectl describe hpa -n NS"
	cmdEndpoints = "kubectl get endpointslices -n NS"
)
