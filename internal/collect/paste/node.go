package paste

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// node reads a described node. The pods on it are left out: their rows say
// nothing about health.
func node(b *block) *corev1.Node {
	n := &corev1.Node{}
	for _, f := range b.top.fields {
		switch f.key {
		case "Labels":
			n.Labels = pairs(f)
		case "Annotations":
			n.Annotations = pairs(f)
		case "CreationTimestamp":
			n.CreationTimestamp = parseTime(f.value)
		case "Taints":
			n.Spec.Taints = taints(f)
		case "Unschedulable":
			n.Spec.Unschedulable = strings.EqualFold(f.value, "true")
		case "PodCIDR":
			n.Spec.PodCIDR = f.value
		case "ProviderID":
			n.Spec.ProviderID = f.value
		case "Capacity":
			n.Status.Capacity = quantities(f)
		case "Allocatable":
			n.Status.Allocatable = quantities(f)
		case "Addresses":
			n.Status.Addresses = addresses(f)
		case "System Info":
			n.Status.NodeInfo = systemInfo(f)
		}
	}
	for _, l := range b.top.conditions {
		if c, ok := nodeCondition(l.text); ok {
			n.Status.Conditions = append(n.Status.Conditions, c)
		}
	}
	return n
}

// addresses reads rows "InternalIP:  10.0.0.1"; releases up to 1.6 printed one
// row "10.0.0.1,node-1".
func addresses(f *field) []corev1.NodeAddress {
	var out []corev1.NodeAddress
	for _, t := range rows(f) {
		kind, value, ok := strings.Cut(t, ":")
		if value = strings.TrimSpace(value); ok && value != "" {
			out = append(out, corev1.NodeAddress{Type: corev1.NodeAddressType(strings.TrimSpace(kind)), Address: value})
		}
	}
	return out
}

func systemInfo(f *field) corev1.NodeSystemInfo {
	var i corev1.NodeSystemInfo
	for _, t := range rows(f) {
		name, value, _ := strings.Cut(t, ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(name) {
		case "Machine ID":
			i.MachineID = value
		case "System UUID":
			i.SystemUUID = value
		case "Boot ID":
			i.BootID = value
		case "Kernel Version":
			i.KernelVersion = value
		case "OS Image":
			i.OSImage = value
		case "Operating System":
			i.OperatingSystem = value
		case "Architecture":
			i.Architecture = value
		case "Container Runtime Version":
			i.ContainerRuntimeVersion = value
		case "Kubelet Version":
			i.KubeletVersion = value
		}
	}
	return i
}

// nodeCondition reads a row of the columns Type, Status, LastHeartbeatTime,
// LastTransitionTime, Reason, Message. Where blanks were lost between columns the
// dates are known by their numbers of words.
func nodeCondition(t string) (corev1.NodeCondition, bool) {
	col := cells(t)
	w := tokens(t, 2)
	if len(w) < 2 {
		return corev1.NodeCondition{}, false
	}
	c := corev1.NodeCondition{Type: corev1.NodeConditionType(canon(w[0].text)), Status: corev1.ConditionStatus(canon(w[1].text))}
	if len(col) >= 5 && col[0].text == w[0].text && col[1].text == w[1].text {
		c.LastHeartbeatTime, c.LastTransitionTime = parseTime(col[2].text), parseTime(col[3].text)
		c.Reason, c.Message = canon(col[4].text), strings.TrimSpace(t[col[4].to:])
		return c, true
	}
	const dateWords = 6 // Mon, 02 Jan 2006 15:04:05 -0700
	all := tokens(t, 3+2*dateWords)
	if len(all) == 3+2*dateWords && isCamel(all[14].text) {
		c.LastHeartbeatTime = parseTime(t[all[2].from:all[7].to])
		c.LastTransitionTime = parseTime(t[all[8].from:all[13].to])
		c.Reason, c.Message = canon(all[14].text), strings.TrimSpace(t[all[14].to:])
		return c, true
	}
	if rest := tokens(t[w[1].to:], 1); len(rest) == 1 && isCamel(rest[0].text) {
		c.Reason, c.Message = canon(rest[0].text), strings.TrimSpace(t[w[1].to+rest[0].to:])
	}
	return c, true
}
