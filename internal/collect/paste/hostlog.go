package paste

import (
	"regexp"
	"strings"
	"sync"

	"github.com/unloop-dev/unloop/internal/facts"
)

// kubeletFiles are source files of the kubelet and its libraries that stand in
// klog lines ("E0102 03:04:05.678901    1234 kubelet.go:1900] ..."). Names that
// other components have as well (server.go, reflector.go, manager.go) are left
// out. kubernetes v1.2 to v1.36 pkg/kubelet, pkg/volume, vendor/github.com/google/cadvisor.
const kubeletFiles = ` kubelet.go kubelet_pods.go kubelet_node_status.go kubelet_volumes.go kubelet_getters.go kubelet_network.go
 kubelet_network_linux.go kubelet_resources.go remote_runtime.go remote_image.go cni.go pod_workers.go kuberuntime_manager.go
 kuberuntime_container.go kuberuntime_sandbox.go kuberuntime_image.go kuberuntime_gc.go kuberuntime_logs.go kuberuntime_termination_order.go
 docker_sandbox.go docker_service.go docker_container.go docker_manager.go docker_image.go generic.go nestedpendingoperations.go
 operation_generator.go reconciler.go reconciler_common.go desired_state_of_world_populator.go eviction_manager.go prober.go
 prober_manager.go status_manager.go container_manager_linux.go pod_container_manager_linux.go pod_container_deletor.go
 cgroup_manager_linux.go qos_container_manager_linux.go node_container_manager_linux.go image_gc_manager.go image_manager.go
 oom_watcher_linux.go csi_plugin.go csi_attacher.go csi_mounter.go csi_client.go plugin_watcher.go mount_linux.go volume_manager.go
 cpu_manager.go memory_manager.go topology_manager.go nodeshutdown_manager_linux.go helpers.go handlers.go runonce.go
 certificate_store.go bootstrap.go qos.go logs.go kubelet_server.go summary_sys_containers.go cri_stats_provider.go `

var (
	// klogRule finds process and file of a klog line; severity and date are in front.
	klogRule = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+(\d+) ([a-z0-9_]+\.go):\d+\]`)
	})
	// kernelStamp knows kernel lines by their stamp: seconds since boot, a date (dmesg -T), a priority.
	kernelStamp = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:\[\s*\d+\.\d{6}\]|\[[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ [\d:]+ \d{4}\]|<\d+>) `)
	})
	// runtimeRule knows sentences of kubelet, runtime and CNI that stand alone.
	runtimeRule = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:Error: |FATA\[\d+\] |docker: |ERRO\[\d+\] |error: )?(?:` +
			`(?:OCI runtime|oci runtime error|runc) ?(?:create|exec|start)?(?: failed)?:|container_linux\.go:\d+|process_linux\.go:\d+|` +
			`MountVolume\.|AttachVolume\.|UnmountVolume\.|Multi-Attach error|Unable to (?:attach or )?mount volumes|` +
			`Failed to pull image|failed to pull and unpack image|failed to (?:start|create) (?:container|containerd task|shim task|sandbox)|` +
			`Failed (?:to )?create pod sandbox|failed to set up sandbox container|rpc error: code = |Error response from daemon: |` +
			`network plugin is not ready|NetworkPlugin cni failed|networkPlugin cni failed|CNI failed|failed to setup network for (?:pod|sandbox)|` +
			`Error syncing pod|Back-off (?:restarting failed|pulling image)|\d+/\d+ nodes are available: |` +
			`Pod sandbox changed|(?:Liveness|Readiness|Startup) probe (?:failed|errored)|` +
			`failed to "?(?:StartContainer|CreatePodSandbox|KillPodSandbox)"?|exec failed: |PLEG is not healthy|The node was low on resource|` +
			`(?:secret|configmap) "[^"]+" not found|couldn't find key \S+ in (?:Secret|ConfigMap)|container has runAsNonRoot|` +
			`Container image "[^"]+" is not present|manifest for \S+ not found|pull access denied for|toomanyrequests: |` +
			`error adding (?:container|pod) \S+ to (?:CNI )?network|Multus: \[|\[[\w.-]+/[\w.-]+[:/][\w.-]*\]: error |plugin type="[\w-]+" )`)
	})
	// runtimeMessage knows lines of containerd and dockerd by their message.
	runtimeMessage = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^time="[^"]+" level=\w+ msg="(?:(?:Run|Stop|Remove)PodSandbox|(?:Create|Start|Stop|Remove)Container|PullImage|` +
			`Handler for |stream copy error|starting cri plugin|ImageCreate|failed to load cni|cleaning up after shim|shim disconnected|loading plugin)`)
	})
)

// hostPrograms are the senders in a journal whose lines are the node's.
var hostPrograms = map[string]facts.Origin{"kubelet": facts.FromKubelet, "dockerd": facts.FromKubelet, "docker": facts.FromKubelet,
	"containerd": facts.FromKubelet, "crio": facts.FromKubelet, "cri-o": facts.FromKubelet, "cri-dockerd": facts.FromKubelet,
	"dockerd-current": facts.FromKubelet, "hyperkube": facts.FromKubelet, "k3s": facts.FromKubelet, "rke2": facts.FromKubelet,
	"kubelet.service": facts.FromKubelet, "systemd": facts.FromKubelet, "origin-node": facts.FromKubelet, "kernel": facts.FromKernel}

// kernelStarts are the openings of lines that only the kernel writes.
var kernelStarts = []string{"kernel: ", "Memory cgroup out of memory", "Out of memory: Kill", "oom-kill:constraint=", "oom_reaper: ", "EXT4-fs ",
	"XFS (", "Buffer I/O error", "blk_update_request: ", "nf_conntrack: ", "unregister_netdevice: waiting for", "Task in /", "memory: usage ",
	"traps: ", "BUG: soft lockup", "SLUB: Unable to allocate", "cgroup: fork rejected by pids controller", "TCP: request_sock_"}

func isKernel(t string) bool {
	if t[0] == '[' || t[0] == '<' {
		return kernelStamp().MatchString(t)
	}
	for _, s := range kernelStarts {
		if strings.HasPrefix(t, s) {
			return true
		}
	}
	head, _, ok := strings.Cut(t, "segfault at ")
	if !ok {
		head, _, ok = strings.Cut(t, " invoked oom-killer")
	}
	if ok {
		return len(head) < 64 && !strings.Contains(strings.TrimSpace(head), " ")
	}
	return strings.HasPrefix(t, "INFO: task ") && strings.Contains(t, " blocked for more than ")
}

// journalSender finds the program of a syslog line:
//
//	Feb  3 10:00:01 node-1 kubelet[1201]: text
//	2025-02-03T10:00:01.000000+01:00 node-1 kernel: text
func journalSender(t string) (string, bool) {
	at := 0
	switch {
	case len(t) < 24:
		return "", false
	case isUpper(t[0]) && t[3] == ' ' && strings.IndexByte(t[:16], ':') > 0:
		at = 4
	case isDigit(t[0]) && t[4] == '-' && t[10] == 'T':
		at = 2
	default:
		return "", false
	}
	w := tokens(t[:min(len(t), 200)], at+1)
	if len(w) <= at {
		return "", false
	}
	name, ok := strings.CutSuffix(w[at].text, ":")
	name, _, _ = strings.Cut(name, "[")
	return name, ok && name != ""
}

// notHost is what hostOrigin returns for a line that is not the node's.
const notHost facts.Origin = -1

// hostOrigin tells whether a line is one of the node's own: kubelet, runtime or
// kernel. What a journalctl or dmesg command prints is, whatever it looks like.
func (p *parser) hostOrigin(i int) facts.Origin {
	t := strings.TrimLeft(p.lines[i].text, " \t")
	if t == "" {
		return notHost
	}
	if o := stampedOrigin(t); o != notHost {
		return o
	}
	entry := klog(t)
	// A bare sentence inside a log is that log's.
	n := len(p.stray)
	bare := entry == nil && (n == 0 || p.stray[n-1].to != i) && !isStamped(t)
	switch {
	case entry != nil && p.kubelets[entry[1]], p.cmd.verb == verbHost, bare && runtimeRule().MatchString(t):
		return facts.FromKubelet
	case p.cmd.verb == verbKernel:
		return facts.FromKernel
	}
	return notHost
}

// onlySentences reports whether the text is one or more bare sentences of the
// node and the scheduler: messages that were copied out of their events. A
// program's log may hold such a sentence, and a gRPC error opens many of them.
func (p *parser) onlySentences() bool {
	const most = 40 // whoever copies single messages copies few
	n := 0
	for _, l := range p.lines {
		t := strings.TrimLeft(l.text, " \t")
		if t == "" || isGap(t) || isFence(t) {
			continue
		}
		if n++; n > most || isStamped(t) || strings.HasPrefix(t, "rpc error: ") || !runtimeRule().MatchString(t) {
			return false
		}
	}
	return n > 0
}

// stampedOrigin judges a line by its own stamp or sender.
func stampedOrigin(t string) facts.Origin {
	if sender, ok := journalSender(t); ok {
		if o, ok := hostPrograms[sender]; ok {
			return o
		}
		return notHost
	}
	switch {
	case isKernel(t):
		return facts.FromKernel
	case isKubeletFile(t), strings.HasPrefix(t, `time="`) && runtimeMessage().MatchString(t):
		return facts.FromKubelet
	}
	return notHost
}

func isKubeletFile(t string) bool {
	m := klog(t)
	return m != nil && kubeletFile(m[2])
}

// klog takes a klog line apart into process number and file; nil for another line.
func klog(t string) []string {
	if len(t) < 30 || strings.IndexByte("IWEF", t[0]) < 0 || !isDigit(t[1]) {
		return nil
	}
	return klogRule().FindStringSubmatch(t[:min(len(t), 200)])
}

func kubeletFile(name string) bool {
	return strings.Contains(kubeletFiles, " "+name+" ") || strings.Contains(kubeletFiles, " "+name+"\n")
}

// findKubelets notes the process numbers under which files of the kubelet log, so
// that its other lines are known as well. A container's first process is 1.
func (p *parser) findKubelets() {
	for _, l := range p.lines {
		t := strings.TrimLeft(l.text, " \t")
		if m := klog(t); m != nil && m[1] != "1" && kubeletFile(m[2]) {
			if p.kubelets == nil {
				p.kubelets = map[string]bool{}
			}
			p.kubelets[m[1]] = true
		}
	}
}

// takeHostLog reads lines of the node from the current one on. Lines of no shape
// belong to the entry above: entries are broken by copying.
func (p *parser) takeHostLog() {
	from := p.i
	origin := p.hostOrigin(from)
	to := from + 1
	for p.i++; p.i < len(p.lines); p.i++ {
		t := p.lines[p.i].text
		if t == "" {
			j := p.next(p.i)
			if j == len(p.lines) || p.hostOrigin(j) != origin {
				break
			}
			p.i = j - 1
			continue
		}
		if isFence(t) || p.startsTable(p.i) || p.startsEvents(p.i) || p.startsDescribe(p.i) || p.startsDocumentAt(p.i) {
			break
		}
		if _, ok := parseCommand(t); ok {
			break
		}
		if o := p.hostOrigin(p.i); o != notHost && o != origin || o == notHost && isStamped(t) {
			break
		}
		to = p.i + 1
	}
	if l := p.log(region{from: from, to: to}, origin); l != nil {
		p.out.Logs = append(p.out.Logs, l)
	}
}

// stampRule knows the start of an entry of any log: a date or time, a level, or
// a JSON object.
var stampRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:\[?\d{4}[-/.]\d\d[-/.]\d\d|\[?\d\d:\d\d:\d\d|[IWEF]\d{4} \d\d:|` +
		`[A-Z][a-z]{2}\s+\d{1,2} \d\d:\d\d:\d\d|time="?\d|ts=|level=|\{"|\[?(?:INFO|WARN|WARNING|ERROR|FATAL|DEBUG)\b)`)
})

func isStamped(t string) bool { return stampRule().MatchString(strings.TrimLeft(t, " \t")) }
