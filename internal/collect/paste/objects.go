package paste

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// evidence names the fields that tell the kind of a described object, the most
// telling first. "Replicas" is judged by its value.
var evidence = []struct{ kind, keys string }{
	{"Node", "Non-terminated Pods,Allocatable,Unschedulable,Taints,System Info,Roles,ExternalID,Allocated resources,PodCIDR"},
	{"Deployment", "StrategyType,NewReplicaSet,OldReplicaSets,RollingUpdateStrategy"},
	{"StatefulSet", "Update Strategy,Volume Claims"},
	{"DaemonSet", "Desired Number of Nodes Scheduled,Current Number of Nodes Scheduled,Number of Nodes Misscheduled"},
	{"CronJob", "Schedule,Concurrency Policy,Last Schedule Time,Active Jobs"},
	{"Job", "Completions,Parallelism,Pods Statuses,Completion Mode,Backoff Limit,Completed At"},
	{"PersistentVolume", "Reclaim Policy,Claim"},
	{"StorageClass", "Provisioner,IsDefaultClass,VolumeBindingMode"},
	{"PersistentVolumeClaim", "Access Modes,StorageClass,Used By"},
	{"DeploymentConfig", "Latest Version,Triggers"},
	{"Service", "Session Affinity,TargetPort,IP Families,Endpoints"},
	{"Endpoints", "Subsets"},
	{"ServiceAccount", "Mountable secrets,Tokens"},
	{"HorizontalPodAutoscaler", "Metrics,Min replicas,Reference"},
}

var podKeys = []string{"Node", "QoS Class", "IP", "Start Time", "Status", "Tolerations", "Controlled By", "Service Account", "Priority"}

// kind tells what was described, by the fields that were seen, then by the
// command; "" where neither says it.
func (b *block) kind(cmd command) string {
	if b.known != "" {
		return b.known
	}
	for _, e := range evidence {
		for k := range strings.SplitSeq(e.keys, ",") {
			if b.top.get(k) != nil {
				return e.kind
			}
		}
	}
	if f := b.top.get("Replicas"); f != nil {
		switch {
		case strings.Contains(f.value, "updated"):
			return "Deployment"
		case strings.Contains(f.value, "desired |"):
			return "StatefulSet"
		case cmd.kind == "ReplicationController":
			return cmd.kind
		}
		return "ReplicaSet"
	}
	if f := b.top.get("Pods Status"); f != nil && (cmd.kind == "" || cmd.kind == "Pod") {
		return "ReplicaSet"
	}
	if cmd.verb == verbDescribe && cmd.kind != "" {
		return cmd.kind
	}
	if len(b.top.containers)+len(b.top.volumes) > 0 {
		return "Pod"
	}
	for _, k := range podKeys {
		if b.top.get(k) != nil {
			return "Pod"
		}
	}
	for _, l := range b.top.conditions {
		if w := tokens(l.text, 1); len(w) == 1 && (w[0].text == "PodScheduled" || w[0].text == "ContainersReady" || w[0].text == "Initialized") {
			return "Pod"
		}
	}
	return ""
}

// object names what the block describes. A command names it where the text does not.
func (b *block) object(cmd command) facts.ObjectRef {
	ref := facts.ObjectRef{Kind: b.kind(cmd), Name: b.top.value("Name"), Namespace: b.top.value("Namespace")}
	if ref.Name == "" && (cmd.verb == verbDescribe || cmd.verb == verbGet) && (cmd.kind == ref.Kind || ref.Kind == "") {
		ref.Kind, ref.Name = cmd.kind, cmd.name
	}
	if ref.Namespace == "" && ref.Kind != "Node" && ref.Kind != "PersistentVolume" {
		ref.Namespace = cmd.namespace
	}
	return ref
}

// addBlock adds the object of a block; events are those that stood in it.
func (p *parser) addBlock(b *block, events []*facts.Event) {
	ref := b.object(p.cmd)
	if ref.Kind == "" {
		ref.Kind = kindOfEvents(events)
		for _, e := range events {
			e.Object.Kind = ref.Kind
		}
	}
	if ref.Name == "" && len(events) > 0 && events[0].Object.Kind == ref.Kind {
		ref.Name, ref.Namespace = events[0].Object.Name, events[0].Object.Namespace
	}
	src := facts.Source{Input: p.input, Line: b.line}
	switch ref.Kind {
	case "Pod":
		pod := p.pod(b)
		pod.Name, pod.Namespace = ref.Name, ref.Namespace
		if pod.HasSpec || pod.HasStatus || b.top.get("Name") != nil {
			p.addPod(pod)
		}
	case "Node":
		n := node(b)
		n.Name = ref.Name
		if n.Name != "" {
			put(p, &p.out.Nodes, objectKey{"Node", "", n.Name}, &facts.NodeFacts{Node: n, Source: src}, true)
		}
	case "PersistentVolumeClaim":
		c := claim(b)
		c.Name, c.Namespace = ref.Name, ref.Namespace
		put(p, &p.out.Claims, objectKey{ref.Kind, c.Namespace, c.Name}, &facts.Claim{PersistentVolumeClaim: c, Source: src}, true)
	case "PersistentVolume":
		v := volume(b)
		v.Name = ref.Name
		put(p, &p.out.Volumes, objectKey{ref.Kind, "", v.Name}, v, true)
	case "Service":
		s := service(b)
		s.Name, s.Namespace = ref.Name, ref.Namespace
		put(p, &p.out.Services, objectKey{ref.Kind, s.Namespace, s.Name}, s, true)
		if f := b.top.get("Endpoints"); f != nil {
			p.addEndpoints(s.Namespace, s.Name, f.value)
		}
	case "ConfigMap":
		p.out.ConfigMaps = append(p.out.ConfigMaps, &facts.KeyedObject{Namespace: ref.Namespace, Name: ref.Name, Keys: b.keys})
	case "Secret":
		p.out.Secrets = append(p.out.Secrets, &facts.KeyedObject{Namespace: ref.Namespace, Name: ref.Name, Keys: b.keys})
	case "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "CronJob", "DeploymentConfig":
		if ref.Name != "" || b.template != nil || len(b.top.fields) > 0 {
			w := p.workload(b, ref.Kind)
			w.Name, w.Namespace, w.Source = ref.Name, ref.Namespace, src
			put(p, &p.out.Workloads, objectKey{w.Kind, w.Namespace, w.Name}, w, true)
		}
	case "StorageClass", "ServiceAccount":
		if ref.Name != "" {
			p.out.Objects = append(p.out.Objects, &facts.Object{Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name, Fields: objectFields(b), Source: src})
		}
	}
}

func (p *parser) addEndpoints(ns, name, list string) {
	put(p, &p.out.Endpoints, objectKey{"Endpoints", ns, name}, &facts.Endpoints{Namespace: ns, Service: name, Ready: countAddresses(list)}, false)
}

// objectKey finds an object other than a pod.
type objectKey struct{ kind, space, name string }

// placed says where in its list an object is and whether a description, not only
// a row, was seen of it.
type placed struct {
	at   int
	rich bool
}

// put adds an object to its list. Of several places that show one object the
// later stays, but a description is not replaced by a row.
func put[T any](p *parser, list *[]T, k objectKey, v T, rich bool) {
	if p.objects == nil {
		p.objects = map[objectKey]placed{}
	}
	old, ok := p.objects[k]
	switch {
	case !ok || k.name == "":
		p.objects[k] = placed{len(*list), rich}
		*list = append(*list, v)
	case rich || !old.rich:
		p.objects[k] = placed{old.at, rich}
		(*list)[old.at] = v
	}
}

// controllers tells the kind of object from the component that reports on it
// (kubernetes v1.36.3 pkg/controller, the EventSource of each recorder).
var controllers = map[string]string{
	"replicaset-controller": "ReplicaSet", "replication-controller": "ReplicationController", "deployment-controller": "Deployment",
	"statefulset-controller": "StatefulSet", "statefulset": "StatefulSet", "daemonset-controller": "DaemonSet", "daemon-set": "DaemonSet",
	"job-controller": "Job", "cronjob-controller": "CronJob", "persistentvolume-controller": "PersistentVolumeClaim",
	"default-scheduler": "Pod", "horizontal-pod-autoscaler": "HorizontalPodAutoscaler", "kernel-monitor": "Node",
}

// kindOfEvents tells an object's kind from its events.
func kindOfEvents(events []*facts.Event) string {
	for _, e := range events {
		if k := controllers[e.Component]; k != "" {
			return k
		}
		if strings.HasPrefix(e.Reason, "Node") && e.Reason != "NodeNotReady" || e.Reason == "Rebooted" {
			return "Node"
		}
		if e.Component == "kubelet" {
			return "Pod"
		}
	}
	return ""
}

func objectFields(b *block) map[string]string {
	m := map[string]string{}
	for key, name := range map[string]string{"Provisioner": "provisioner", "VolumeBindingMode": "volumeBindingMode"} {
		if v := b.top.value(key); v != "" {
			m[name] = v
		}
	}
	return m
}

// service reads a described Service.
func service(b *block) *corev1.Service {
	s := &corev1.Service{}
	s.Spec.Type = corev1.ServiceType(b.top.value("Type"))
	s.Spec.ClusterIP = b.top.value("IP")
	s.Spec.ExternalName = b.top.value("External Name")
	if f := b.top.get("Selector"); f != nil {
		s.Spec.Selector = pairs(f)
	}
	for _, f := range b.top.fields {
		if f.key == "Labels" {
			s.Labels = pairs(f)
		}
		n := len(s.Spec.Ports)
		switch {
		case f.key == "Port":
			w := strings.Fields(f.value)
			if len(w) == 0 {
				continue
			}
			for _, port := range ports(w[len(w)-1]) {
				sp := corev1.ServicePort{Port: port.ContainerPort, Protocol: port.Protocol}
				if len(w) > 1 && !none(w[0]) {
					sp.Name = w[0]
				}
				s.Spec.Ports = append(s.Spec.Ports, sp)
			}
		case f.key == "TargetPort" && n > 0:
			target, _, _ := strings.Cut(f.value, "/")
			_, s.Spec.Ports[n-1].TargetPort = hostPort(":" + target)
		}
	}
	return s
}

// countAddresses counts a list such as "10.1.0.4:80,10.1.0.5:80 + 3 more...".
func countAddresses(s string) int {
	if none(s) {
		return 0
	}
	list, more, ok := strings.Cut(s, " + ")
	n := strings.Count(list, ",") + 1
	if ok {
		for i := 0; i < len(more) && isDigit(more[i]) && n < 1e6; i++ {
			n += int(more[i] - '0')
		}
	}
	return n
}
