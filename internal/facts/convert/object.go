package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// Objects whose existence and a few strings are all that is read. Each function
// names the Fields it sets; a field that the object lacks is not set, lists are
// comma-separated.

func thing(kind string, m *metav1.ObjectMeta, src facts.Source, pairs ...string) *facts.Object {
	o := &facts.Object{Kind: kind, Namespace: m.Namespace, Name: m.Name, Fields: map[string]string{}, Source: src}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			o.Fields[pairs[i]] = pairs[i+1]
		}
	}
	return o
}

func text[T ~string](p *T) string {
	if p == nil {
		return ""
	}
	return string(*p)
}

func flag(p *bool) string {
	if p == nil {
		return ""
	}
	return strconv.FormatBool(*p)
}

// FromStorageClass: provisioner, volumeBindingMode, reclaimPolicy,
// allowVolumeExpansion, default.
func FromStorageClass(s *storagev1.StorageClass, src facts.Source) *facts.Object {
	return thing("StorageClass", &s.ObjectMeta, src,
		"provisioner", s.Provisioner,
		"volumeBindingMode", text(s.VolumeBindingMode),
		"reclaimPolicy", text(s.ReclaimPolicy),
		"allowVolumeExpansion", flag(s.AllowVolumeExpansion),
		"default", either(s.Annotations["storageclass.kubernetes.io/is-default-class"], s.Annotations["storageclass.beta.kubernetes.io/is-default-class"]))
}

// FromVolumeAttachment: attacher, attached, pv, node, error (of attaching, else
// of detaching).
func FromVolumeAttachment(v *storagev1.VolumeAttachment, src facts.Source) *facts.Object {
	o := thing("VolumeAttachment", &v.ObjectMeta, src,
		"attacher", v.Spec.Attacher,
		"attached", strconv.FormatBool(v.Status.Attached),
		"pv", text(v.Spec.Source.PersistentVolumeName),
		"node", v.Spec.NodeName)
	for _, e := range []*storagev1.VolumeError{v.Status.DetachError, v.Status.AttachError} {
		if e != nil && e.Message != "" {
			o.Fields["error"] = e.Message
		}
	}
	return o
}

// FromServiceAccount: imagePullSecrets, secrets, automount.
func FromServiceAccount(s *corev1.ServiceAccount, src facts.Source) *facts.Object {
	var pull, secrets []string
	for _, r := range s.ImagePullSecrets {
		pull = append(pull, r.Name)
	}
	for _, r := range s.Secrets {
		secrets = append(secrets, r.Name)
	}
	return thing("ServiceAccount", &s.ObjectMeta, src,
		"imagePullSecrets", strings.Join(pull, ","),
		"secrets", strings.Join(secrets, ","),
		"automount", flag(s.AutomountServiceAccountToken))
}

// FromNamespace: phase.
func FromNamespace(n *corev1.Namespace, src facts.Source) *facts.Object {
	o := thing("Namespace", &n.ObjectMeta, src, "phase", string(n.Status.Phase))
	for _, c := range n.Status.Conditions {
		o.Conditions = append(o.Conditions, condition(c.Type, c.Status, c.Reason, c.Message, c.LastTransitionTime))
	}
	return o
}

// FromResourceQuota: hard.RESOURCE and used.RESOURCE, such as hard.limits.cpu;
// scopes.
func FromResourceQuota(q *corev1.ResourceQuota, src facts.Source) *facts.Object {
	o := thing("ResourceQuota", &q.ObjectMeta, src)
	hard := q.Status.Hard
	if len(hard) == 0 {
		hard = q.Spec.Hard
	}
	quantities(o, "hard.", hard)
	quantities(o, "used.", q.Status.Used)
	var scopes []string
	for _, s := range q.Spec.Scopes {
		scopes = append(scopes, string(s))
	}
	if len(scopes) > 0 {
		o.Fields["scopes"] = strings.Join(scopes, ",")
	}
	return o
}

// FromLimitRange: TYPE.max.RESOURCE, TYPE.min.RESOURCE, TYPE.default.RESOURCE,
// TYPE.defaultRequest.RESOURCE and TYPE.maxLimitRequestRatio.RESOURCE, such as
// Container.default.memory.
func FromLimitRange(l *corev1.LimitRange, src facts.Source) *facts.Object {
	o := thing("LimitRange", &l.ObjectMeta, src)
	for i := range l.Spec.Limits {
		item := &l.Spec.Limits[i]
		prefix := string(item.Type) + "."
		quantities(o, prefix+"max.", item.Max)
		quantities(o, prefix+"min.", item.Min)
		quantities(o, prefix+"default.", item.Default)
		quantities(o, prefix+"defaultRequest.", item.DefaultRequest)
		quantities(o, prefix+"maxLimitRequestRatio.", item.MaxLimitRequestRatio)
	}
	return o
}

func quantities(o *facts.Object, prefix string, list corev1.ResourceList) {
	for name, q := range list {
		o.Fields[prefix+string(name)] = q.String()
	}
}

// FromPriorityClass: value, globalDefault, preemptionPolicy.
func FromPriorityClass(p *schedulingv1.PriorityClass, src facts.Source) *facts.Object {
	return thing("PriorityClass", &p.ObjectMeta, src,
		"value", strconv.Itoa(int(p.Value)),
		"globalDefault", strconv.FormatBool(p.GlobalDefault),
		"preemptionPolicy", text(p.PreemptionPolicy))
}

// FromRuntimeClass: handler.
func FromRuntimeClass(r *nodev1.RuntimeClass, src facts.Source) *facts.Object {
	return thing("RuntimeClass", &r.ObjectMeta, src, "handler", r.Handler)
}

// FromNetworkPolicy: policyTypes, podSelector (as `kubectl -l` writes it),
// ingressRules, egressRules (their numbers).
func FromNetworkPolicy(n *networkingv1.NetworkPolicy, src facts.Source) *facts.Object {
	var kinds []string
	for _, t := range n.Spec.PolicyTypes {
		kinds = append(kinds, string(t))
	}
	return thing("NetworkPolicy", &n.ObjectMeta, src,
		"policyTypes", strings.Join(kinds, ","),
		"podSelector", selector(&n.Spec.PodSelector),
		"ingressRules", strconv.Itoa(len(n.Spec.Ingress)),
		"egressRules", strconv.Itoa(len(n.Spec.Egress)))
}

func selector(s *metav1.LabelSelector) string {
	var parts []string
	for k, v := range s.MatchLabels {
		parts = append(parts, k+"="+v)
	}
	for _, r := range s.MatchExpressions {
		switch r.Operator {
		case metav1.LabelSelectorOpExists:
			parts = append(parts, r.Key)
		case metav1.LabelSelectorOpDoesNotExist:
			parts = append(parts, "!"+r.Key)
		default:
			parts = append(parts, fmt.Sprintf("%s %s (%s)", r.Key, strings.ToLower(string(r.Operator)), strings.Join(r.Values, ",")))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// FromHPA: target (Kind/name), minReplicas, maxReplicas, currentReplicas,
// desiredReplicas.
func FromHPA(h *autoscalingv2.HorizontalPodAutoscaler, src facts.Source) *facts.Object {
	o := thing("HorizontalPodAutoscaler", &h.ObjectMeta, src,
		"target", h.Spec.ScaleTargetRef.Kind+"/"+h.Spec.ScaleTargetRef.Name,
		"maxReplicas", strconv.Itoa(int(h.Spec.MaxReplicas)),
		"currentReplicas", strconv.Itoa(int(h.Status.CurrentReplicas)),
		"desiredReplicas", strconv.Itoa(int(h.Status.DesiredReplicas)))
	if h.Spec.MinReplicas != nil {
		o.Fields["minReplicas"] = strconv.Itoa(int(*h.Spec.MinReplicas))
	}
	for _, c := range h.Status.Conditions {
		o.Conditions = append(o.Conditions, condition(c.Type, c.Status, c.Reason, c.Message, c.LastTransitionTime))
	}
	return o
}
