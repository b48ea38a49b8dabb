package know

const (
	inSandbox = "event FailedCreatePodSandBox"
	srcCNI    = ctrd + "internal/cri/server/sandbox_run.go; " + crio + "server/sandbox_network.go"
)

// sandboxMessages are the texts of sandboxes and network plugins.
var sandboxMessages = []Message{
	{Pattern: "failed to setup network for sandbox", Lead: true, Where: inSandbox, Means: "containerd's prefix: `plugin type=` names the network plugin, its own error follows `failed (add):`.", Causes: sandboxHints, Reasons: []string{"FailedCreatePodSandBox"}, Source: srcCNI},
	{Pattern: "failed to create pod network sandbox", Lead: true, Where: inSandbox, Means: "CRI-O's prefix: the network plugin's error follows.", Causes: sandboxHints, Reasons: []string{"FailedCreatePodSandBox"}, Source: srcCNI},
	{Pattern: "cni plugin not initialized", Where: inSandbox + ", NetworkNotReady; node condition Ready", Means: "No network configuration is on the node yet.", Causes: []Hint{{"cni-not-ready", ""}}, Reasons: []string{"NetworkNotReady", "KubeletNotReady"}, Source: ctrd + "vendored go-cni errors.go (≥1.6)"},
	{Pattern: "cni config uninitialized", Where: inSandbox + ", NetworkNotReady", Means: "No network configuration is on the node yet (old wording).", Causes: []Hint{{"cni-not-ready", ""}}, Until: "containerd 1.5", Source: "dockershim; containerd ≤1.5"},
	{Pattern: "Has your network provider started?", Where: "event NetworkNotReady; node condition Ready", Means: "CRI-O: no network configuration is on the node yet.", Causes: []Hint{{"cni-not-ready", ""}}, Reasons: []string{"NetworkNotReady"}, Source: crio + "vendored ocicni"},
	{Pattern: "network is not ready", Where: "event NetworkNotReady", Means: "The node's network plugin is not ready.", Causes: []Hint{{"cni-not-ready", ""}, {"cni-agent-down", "it was ready before"}}, Reasons: []string{"NetworkNotReady"}, Source: srcEvents},
	{Pattern: "failed to find plugin", Where: inSandbox, Means: "The plugin's program is not in the directory where the runtime looks.", Causes: []Hint{{"cni-binary-missing", ""}}, Source: "containernetworking libcni"},
	{Pattern: "no IP addresses available in range set", Where: inSandbox, Means: "host-local: the node's pod range is used up, often by leaked entries in /var/lib/cni/networks.", Causes: []Hint{{"ip-exhausted", ""}}, Source: "containernetworking host-local"},
	{Pattern: "No IPs available in pools", Where: inSandbox, Means: "Calico: no address is left in its pools.", Causes: []Hint{{"ip-exhausted", ""}}, Source: "projectcalico/calico master (87c15906f2) libcalico-go/lib/ipam"},
	{Pattern: "failed to request IPv4 addresses", Where: inSandbox, Means: "Calico: no address could be had.", Causes: []Hint{{"ip-exhausted", ""}, {"cni-agent-down", ""}}, Source: "projectcalico/calico master (87c15906f2) cni-plugin/"},
	{Pattern: "failed to assign an IP address to container", Where: inSandbox, Means: "AWS VPC plugin: no address of the subnet or interface is left.", Causes: []Hint{{"ip-exhausted", ""}}, Source: "amazon-vpc-cni-k8s"},
	{Pattern: "/var/lib/calico/nodename: no such file or directory", Where: inSandbox, Means: "calico-node does not run on this node.", Causes: []Hint{{"cni-agent-down", ""}}, Source: "projectcalico/calico master (87c15906f2) cni-plugin/"},
	{Pattern: "error getting ClusterInformation: connection is unauthorized", Where: inSandbox, Means: "Calico: the plugin's token is no longer accepted.", Causes: []Hint{{"cni-unauthorized", ""}}, Source: "projectcalico/calico master (87c15906f2) cni-plugin/"},
	{Pattern: "unable to connect to Cilium daemon", Where: inSandbox, Means: "Cilium's agent does not run on this node.", Causes: []Hint{{"cni-agent-down", ""}}, Source: "cilium-cni"},
	{Pattern: "already has an IP address different from", Where: inSandbox, Means: "The bridge on the node has the address of an earlier network: stale configuration.", Causes: []Hint{{"cni-misconfigured", ""}}, Source: "containernetworking bridge"},
	{Pattern: "cannot find a network-attachment-definition", Where: inSandbox, Means: "Multus: the additional network is not defined in the pod's namespace.", Causes: []Hint{{"network-attachment-missing", ""}}, Source: "Multus"},
	{Pattern: "failed to get sandbox image", Where: inSandbox, Means: "The pause image cannot be pulled: air-gapped node, wrong mirror or tag in the runtime's configuration.", Causes: []Hint{{"pause-image-missing", ""}}, Source: ctrd + "internal/cri/server/podsandbox/sandbox_run.go"},
	{Pattern: "no runtime for * is configured", Where: inSandbox, Means: "The runtime on this node has no handler of that name.", Causes: []Hint{{"runtimeclass-missing", ""}}, Source: ctrd + "internal/cri/config/config.go"},
	{Pattern: `runtimeclass.node.k8s.io "*" not found`, Where: inSandbox, Means: "The RuntimeClass does not exist.", Causes: []Hint{{"runtimeclass-missing", ""}}, Source: kubelt + "runtimeclass/"},
	{Pattern: "failed to reserve sandbox name", Where: inSandbox, Means: "An earlier RunPodSandbox timed out (4 min) and still runs. A consequence: find what it hangs on.", Causes: []Hint{{"sandbox-timeout", ""}}, Reasons: []string{"FailedCreatePodSandBox"}, Source: srcCNI},
	{Pattern: "pod sandbox with name * already exists", Where: inSandbox, Means: "CRI-O: an earlier RunPodSandbox still runs. A consequence.", Causes: []Hint{{"sandbox-timeout", ""}}, Source: srcCNI},
	{Pattern: "is reserved for", Where: inSandbox + "; waiting CreateContainerError", Means: "An earlier call of the same name timed out and still runs. A consequence, not the cause: find what it hangs on.", Causes: []Hint{{"sandbox-timeout", "sandbox name"}, {"node-io-stall", "container name"}}, Source: ctrd + "internal/cri/server/"},
	{Pattern: "/run/systemd/resolve/resolv.conf: no such file or directory", Where: inSandbox, Means: "The kubelet's resolvConf names a file that this node does not have.", Causes: []Hint{{"node-misconfigured", ""}}, Source: kubelt + "network/dns/dns.go"},
	{Pattern: "unable to ensure pod container exists", Where: "event FailedCreatePodContainer", Means: "The pod's cgroup could not be made.", Causes: []Hint{{"kernel-cgroup-leak", "`cannot allocate memory`, `no space left on device` with an old kernel"}, {"runtime-broken", "`systemd`, `dbus`"}}, Reasons: []string{"FailedCreatePodContainer"}, Source: kubelt + "cm/pod_container_manager_linux.go"},
	{Pattern: "Pod sandbox changed, it will be killed and re-created", Where: "event SandboxChanged (Normal)", Means: "The sandbox was lost; init containers run again. A consequence.", Causes: []Hint{{"node-reboot", ""}, {"runtime-restart", ""}, {"cni-agent-down", "it repeats"}}, Reasons: []string{"SandboxChanged"}, Source: kubelt + "kuberuntime/util/util.go"},
	{Pattern: "error killing pod", Where: "event FailedKillPod", Means: "The pod cannot be taken down: the network plugin's delete fails, or a process waits for storage.", Causes: []Hint{{"stuck-runtime", ""}, {"cni-agent-down", "KillPodSandbox"}}, Reasons: []string{"FailedKillPod"}, Source: srcEvents},
}
