package paste

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// isPodRow reports whether a line is a row of `kubectl get pods`, also one that
// stands alone.
func isPodRow(t string) bool {
	_, ok := readPodRow(t, nil)
	return ok
}

// takeBareRows reads rows of a pod table without its header.
func (p *parser) takeBareRows() {
	for p.i < len(p.lines) && p.podRow(p.lines[p.i].text, nil) {
		p.i++
	}
}

// podCells is a row of `kubectl get pods`.
type podCells struct {
	namespace, name, node string
	row                   facts.Row
}

// readPodRow reads a row by what stands in it: the word n/m is READY, what is in
// front of it NAME (and NAMESPACE), what follows STATUS, RESTARTS with an age in
// parentheses since 1.22, AGE, and with -o wide IP and NODE.
func readPodRow(t string, h *table) (podCells, bool) {
	var c podCells
	w := tokens(t, 16)
	r := -1
	for i := 1; i < len(w) && i <= 2; i++ {
		if ready, total, ok := fraction(w[i].text); ok {
			r, c.row.Ready, c.row.Total = i, ready, total
			break
		}
	}
	if r < 0 || len(w) < r+3 {
		return c, false
	}
	_, name, slash := strings.Cut(w[r-1].text, "/")
	if !slash {
		name = w[r-1].text
	}
	if r == 2 {
		c.namespace = w[0].text
	}
	c.name = strings.TrimRight(name, "….")
	if !isName(c.name) || r == 2 && !isName(c.namespace) {
		return c, false
	}
	c.row.Status, c.row.Restarts, c.row.LastRestart, c.row.Age = w[r+1].text, -1, unknownAge, unknownAge
	if !isStatus(c.row.Status) {
		return c, false
	}
	i := r + 2
	n, err := strconv.Atoi(w[i].text)
	if err != nil || n < 0 {
		return c, false
	}
	c.row.Restarts = n
	if i++; i+1 < len(w) && strings.HasPrefix(w[i].text, "(") && strings.HasPrefix(w[i+1].text, "ago") {
		c.row.LastRestart, _ = parseAge(w[i].text[1:])
		i += 2
	}
	if i < len(w) {
		c.row.Age, _ = parseAge(w[i].text)
		i++
	} else if h == nil {
		return c, false
	}
	// NODE follows IP, by position: both columns always have a word.
	wide := h == nil || h.index("IP") >= 0 && h.index("NODE") == h.index("IP")+1
	if wide && i+1 < len(w) && !none(w[i+1].text) && (w[i].text == "<none>" || strings.ContainsAny(w[i].text, ".:")) {
		c.node = w[i+1].text
	}
	c.row.Status = canonStatus(c.row.Status)
	c.row.Text = strings.TrimSpace(t)
	return c, true
}

func fraction(s string) (n, of int, ok bool) {
	a, b, ok := strings.Cut(s, "/")
	if !ok || len(a) > 4 || len(b) > 4 {
		return 0, 0, false
	}
	n, err1 := strconv.Atoi(a)
	of, err2 := strconv.Atoi(b)
	return n, of, err1 == nil && err2 == nil && n >= 0 && of >= n
}

// isStatus reports whether s can be a STATUS: letters, with parts such as
// "Init:0/1", "ExitCode:7", "Signal:9".
func isStatus(s string) bool {
	if !isLetter(s[0]) {
		return false
	}
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) && s[i] != ':' && s[i] != '/' && s[i] != ',' {
			return false
		}
	}
	return true
}

// podRow adds a row; of several rows of one pod, as `-w` prints them, the last
// one stays.
func (p *parser) podRow(t string, h *table) bool {
	c, ok := readPodRow(t, h)
	if !ok {
		return false
	}
	if c.namespace == "" {
		c.namespace = p.listedIn()
	}
	c.row.Source = p.source(p.i)
	pod := &facts.Pod{Pod: &corev1.Pod{}, Row: &c.row, Source: c.row.Source}
	pod.Name, pod.Namespace, pod.Spec.NodeName = c.name, c.namespace, c.node
	p.addPod(pod)
	return true
}

// listedIn is the namespace that the get command in front of a table named.
func (p *parser) listedIn() string {
	if p.cmd.verb == verbGet || p.cmd.verb == verbEvents {
		return p.cmd.namespace
	}
	return ""
}

// addRow adds the object of a row of another table.
func (p *parser) addRow(kind, ns, name string, cells map[string]string, src facts.Source) bool {
	switch kind {
	case "Node":
		put(p, &p.out.Nodes, objectKey{kind, "", name}, &facts.NodeFacts{Node: nodeRow(name, cells), Source: src}, false)
	case "PersistentVolumeClaim":
		put(p, &p.out.Claims, objectKey{kind, ns, name}, &facts.Claim{PersistentVolumeClaim: claimRow(ns, name, cells), Source: src}, false)
	case "PersistentVolume":
		v := &corev1.PersistentVolume{}
		v.Name, v.Status.Phase, v.Spec.StorageClassName = name, corev1.PersistentVolumePhase(canon(cells["STATUS"])), cells["STORAGECLASS"]
		if ns, claim, ok := strings.Cut(cells["CLAIM"], "/"); ok {
			v.Spec.ClaimRef = &corev1.ObjectReference{Kind: "PersistentVolumeClaim", Namespace: ns, Name: claim}
		}
		put(p, &p.out.Volumes, objectKey{kind, "", name}, v, false)
	case "Service":
		put(p, &p.out.Services, objectKey{kind, ns, name}, serviceRow(ns, name, cells), false)
	case "Endpoints":
		p.addEndpoints(ns, name, cells["ENDPOINTS"])
	case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicationController":
		if kind == "ReplicaSet" && p.cmd.kind == "ReplicationController" {
			kind = p.cmd.kind
		}
		w := workloadRow(kind, cells)
		w.Namespace, w.Name, w.Source = ns, name, src
		put(p, &p.out.Workloads, objectKey{kind, ns, name}, w, false)
	}
	return true
}

func nodeRow(name string, cells map[string]string) *corev1.Node {
	n := &corev1.Node{}
	n.Name = name
	status, sched, _ := strings.Cut(canonStatus(cells["STATUS"]), ",")
	n.Spec.Unschedulable = strings.Contains(sched, "SchedulingDisabled")
	ready := corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionUnknown}
	switch status {
	case "Ready":
		ready.Status = corev1.ConditionTrue
	case "NotReady":
		// The table shows NotReady for False and for Unknown.
		ready.Status = corev1.ConditionFalse
	}
	n.Status.Conditions = []corev1.NodeCondition{ready}
	i := &n.Status.NodeInfo
	i.KubeletVersion, i.OSImage, i.KernelVersion, i.ContainerRuntimeVersion =
		cells["VERSION"], cells["OS-IMAGE"], cells["KERNEL-VERSION"], cells["CONTAINER-RUNTIME"]
	return n
}

func claimRow(ns, name string, cells map[string]string) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{}
	c.Name, c.Namespace = name, ns
	c.Status.Phase = corev1.PersistentVolumeClaimPhase(canon(cells["STATUS"]))
	c.Spec.VolumeName = cells["VOLUME"]
	if class, ok := cells["STORAGECLASS"]; ok && !none(class) {
		c.Spec.StorageClassName = &class
	}
	c.Spec.AccessModes = accessModes(cells["ACCESS MODES"])
	if q, ok := quantity(cells["CAPACITY"]); ok {
		c.Status.Capacity = corev1.ResourceList{corev1.ResourceStorage: q}
	}
	return c
}

func serviceRow(ns, name string, cells map[string]string) *corev1.Service {
	s := &corev1.Service{}
	s.Name, s.Namespace = name, ns
	s.Spec.Type = corev1.ServiceType(cells["TYPE"])
	s.Spec.ClusterIP = cells["CLUSTER-IP"]
	for one := range strings.SplitSeq(cells["PORT(S)"], ",") {
		// 80:30080/TCP has the node port behind the colon.
		port, proto, _ := strings.Cut(one, "/")
		port, _, _ = strings.Cut(port, ":")
		for _, cp := range ports(port + "/" + proto) {
			s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{Port: cp.ContainerPort, Protocol: cp.Protocol})
		}
	}
	return s
}

// workloadRow reads the counts of a controller's row: READY is n/m for
// Deployments (since 1.14) and StatefulSets, a number for the others.
func workloadRow(kind string, cells map[string]string) *facts.Workload {
	number := func(name string) int32 {
		n, err := strconv.ParseInt(cells[name], 10, 32)
		if err != nil || n < 0 {
			return -1
		}
		return int32(n)
	}
	w := &facts.Workload{Kind: kind, Desired: number("DESIRED"), Ready: number("READY"), Updated: number("UP-TO-DATE"), Existing: number("CURRENT")}
	if n, of, ok := fraction(cells["READY"]); ok {
		w.Ready, w.Desired = int32(n), int32(of)
	}
	if n, of, ok := fraction(cells["COMPLETIONS"]); ok {
		w.Ready, w.Desired, w.Updated = int32(n), int32(of), 0
	}
	if w.Ready < 0 {
		w.Ready = number("AVAILABLE")
	}
	w.Suspended = strings.EqualFold(cells["SUSPEND"], "true")
	return w
}
