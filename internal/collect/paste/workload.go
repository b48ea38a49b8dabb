package paste

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// workload reads a described controller.
func (p *parser) workload(b *block, kind string) *facts.Workload {
	w := &facts.Workload{Kind: kind, Desired: -1, Ready: -1, Updated: -1, Existing: -1, Template: p.podTemplate(b.template)}
	for _, f := range b.top.fields {
		switch f.key {
		case "Labels":
			w.Labels = pairs(f)
		case "Annotations":
			if n, err := strconv.ParseInt(pairs(f)["deployment.kubernetes.io/revision"], 10, 64); err == nil {
				w.Revision = n
			}
		case "CreationTimestamp":
			w.Created = parseTime(f.value).Time
		case "Controlled By":
			if o := owner(f.value); o != nil {
				w.OwnerKind, w.OwnerName = o.Kind, o.Name
			}
		case "StrategyType", "Update Strategy", "Strategy":
			w.Strategy = f.value
		case "Suspend":
			w.Suspended = strings.EqualFold(f.value, "true")
		case "Parallelism", "Completions":
			if n, err := strconv.ParseInt(f.value, 10, 32); err == nil {
				w.Desired = int32(n)
			}
		}
		counts(w, f)
	}
	if kind == "Job" && w.Ready >= 0 {
		w.Updated = 0
	}
	for _, l := range b.top.conditions {
		word := tokens(l.text, 3)
		c := facts.Condition{Type: canon(word[0].text), Status: canon(word[1].text)}
		if len(word) == 3 {
			c.Reason = canon(word[2].text)
		}
		w.Conditions = append(w.Conditions, c)
	}
	return w
}

// countRule reads "3 desired" and "2 Running".
var countRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(\d{1,9}) (?i:(\w+))`) })

// counts reads the replica counts out of the fields of the kinds:
//
//	Replicas:       3 desired | 2 updated | 4 total | 1 available | 3 unavailable
//	Replicas:       2 current / 3 desired
//	Pods Status:    1 Running / 2 Waiting / 0 Succeeded / 0 Failed
//	Pods Statuses:  1 Active (0 Ready) / 2 Succeeded / 3 Failed
//	Desired Number of Nodes Scheduled: 3
func counts(w *facts.Workload, f *field) {
	number := func() int32 {
		n, err := strconv.ParseInt(f.value, 10, 32)
		if err != nil {
			return -1
		}
		return int32(n)
	}
	switch f.key {
	case "Desired Number of Nodes Scheduled":
		w.Desired = number()
		return
	case "Current Number of Nodes Scheduled":
		w.Existing = number()
		return
	case "Number of Nodes Scheduled with Up-to-date Pods":
		w.Updated = number()
		return
	case "Number of Nodes Scheduled with Available Pods":
		w.Ready = number()
		return
	case "Replicas", "Pods Status", "Pods Statuses":
	default:
		return
	}
	if n := number(); n >= 0 {
		// spec.replicas of a manifest that lost its lines.
		w.Desired = n
	}
	active, failed := int32(-1), int32(-1)
	for _, m := range countRule().FindAllStringSubmatch(f.value, 8) {
		v, err := strconv.ParseInt(m[1], 10, 32)
		if err != nil {
			continue
		}
		n := int32(v)
		switch strings.ToLower(m[2]) {
		case "desired":
			w.Desired = n
		case "updated":
			w.Updated = n
		case "total", "current":
			w.Existing = n
		case "available":
			w.Ready = n
		case "succeeded":
			if w.Kind == "Job" {
				w.Ready = n
			}
		case "active":
			active = n
		case "failed":
			failed = n
		}
	}
	if w.Kind == "Job" && active >= 0 && failed >= 0 {
		w.Existing = active + failed
	}
}

// claim reads a described PersistentVolumeClaim.
func claim(b *block) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{}
	phase, deleting := strings.CutPrefix(b.top.value("Status"), "Terminating")
	if deleting {
		zero := parseTime("")
		c.DeletionTimestamp = &zero
	} else {
		c.Status.Phase = corev1.PersistentVolumeClaimPhase(canon(phase))
	}
	if class := b.top.value("StorageClass"); class != "" {
		c.Spec.StorageClassName = &class
	}
	c.Spec.VolumeName = b.top.value("Volume")
	c.Spec.AccessModes = accessModes(b.top.value("Access Modes"))
	if q, ok := quantity(b.top.value("Capacity")); ok {
		c.Status.Capacity = corev1.ResourceList{corev1.ResourceStorage: q}
	}
	if m := corev1.PersistentVolumeMode(b.top.value("VolumeMode")); m != "" {
		c.Spec.VolumeMode = &m
	}
	for _, f := range b.top.fields {
		switch f.key {
		case "Labels":
			c.Labels = pairs(f)
		case "Annotations":
			c.Annotations = pairs(f)
		case "Finalizers":
			c.Finalizers = strings.Fields(strings.Trim(f.value, "[]"))
		}
	}
	for _, l := range b.top.conditions {
		w := tokens(l.text, 2)
		c.Status.Conditions = append(c.Status.Conditions, corev1.PersistentVolumeClaimCondition{
			Type: corev1.PersistentVolumeClaimConditionType(w[0].text), Status: corev1.ConditionStatus(canon(w[1].text))})
	}
	return c
}

// volume reads a described PersistentVolume.
func volume(b *block) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{}
	v.Status.Phase = corev1.PersistentVolumePhase(canon(b.top.value("Status")))
	v.Status.Message = b.top.value("Message")
	v.Spec.StorageClassName = b.top.value("StorageClass")
	v.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimPolicy(b.top.value("Reclaim Policy"))
	v.Spec.AccessModes = accessModes(b.top.value("Access Modes"))
	if q, ok := quantity(b.top.value("Capacity")); ok {
		v.Spec.Capacity = corev1.ResourceList{corev1.ResourceStorage: q}
	}
	if ns, name, ok := strings.Cut(b.top.value("Claim"), "/"); ok {
		v.Spec.ClaimRef = &corev1.ObjectReference{Kind: "PersistentVolumeClaim", Namespace: ns, Name: name}
	}
	return v
}

// accessModes reads "RWO,ROX" and "[ReadWriteOnce]".
func accessModes(s string) []corev1.PersistentVolumeAccessMode {
	var out []corev1.PersistentVolumeAccessMode
	for _, m := range strings.FieldsFunc(strings.Trim(s, "[]"), func(r rune) bool { return r == ',' || r == ' ' }) {
		switch strings.ToUpper(m) {
		case "RWO":
			m = string(corev1.ReadWriteOnce)
		case "ROX":
			m = string(corev1.ReadOnlyMany)
		case "RWX":
			m = string(corev1.ReadWriteMany)
		case "RWOP":
			m = string(corev1.ReadWriteOncePod)
		}
		out = append(out, corev1.PersistentVolumeAccessMode(m))
	}
	return out
}
