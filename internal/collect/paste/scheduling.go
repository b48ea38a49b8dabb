package paste

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// tolerations reads rows of the forms
//
//	key=value:Effect for 300s
//	key:Effect op=Exists for 300s
//	key=:Exists:Effect for 300s    (1.6)
//	op=Exists
func tolerations(f *field) []corev1.Toleration {
	var out []corev1.Toleration
	for _, t := range rows(f) {
		w := strings.Fields(t)
		if len(w) == 0 {
			continue
		}
		tol := corev1.Toleration{Operator: corev1.TolerationOpEqual}
		if w[0] != "op=Exists" && !strings.EqualFold(w[0], "op=exists") {
			head, effect := cutEffect(w[0])
			head, old := strings.CutSuffix(head, "=:Exists")
			key, value, has := strings.Cut(head, "=")
			tol.Key, tol.Value, tol.Effect = key, value, effect
			if old || !has {
				tol.Operator = corev1.TolerationOpExists
			}
		}
		for i, one := range w {
			if strings.EqualFold(one, "op=Exists") {
				tol.Operator = corev1.TolerationOpExists
			}
			if one == "for" && i+1 < len(w) {
				if n, err := strconv.ParseInt(strings.TrimSuffix(w[i+1], "s"), 10, 64); err == nil {
					tol.TolerationSeconds = &n
				}
			}
		}
		out = append(out, tol)
	}
	return out
}

// taints reads rows of the form key=value:Effect.
func taints(f *field) []corev1.Taint {
	var out []corev1.Taint
	for _, t := range rows(f) {
		head, effect := cutEffect(t)
		key, value, _ := strings.Cut(head, "=")
		if effect == "" || strings.ContainsAny(key, " \t") {
			continue
		}
		out = append(out, corev1.Taint{Key: key, Value: value, Effect: effect})
	}
	return out
}

// cutEffect cuts ":NoSchedule" off.
func cutEffect(s string) (string, corev1.TaintEffect) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, ""
	}
	return s[:i], corev1.TaintEffect(canon(s[i+1:]))
}

// spread reads rows of the form
// "topology.kubernetes.io/zone:DoNotSchedule when max skew 1 is exceeded for selector app=web".
func spread(f *field) []corev1.TopologySpreadConstraint {
	var out []corev1.TopologySpreadConstraint
	for _, t := range rows(f) {
		head, rest, _ := strings.Cut(t, " ")
		i := strings.LastIndexByte(head, ':')
		if i < 0 {
			continue
		}
		c := corev1.TopologySpreadConstraint{TopologyKey: head[:i], WhenUnsatisfiable: corev1.UnsatisfiableConstraintAction(head[i+1:])}
		if _, n, ok := strings.Cut(rest, "max skew "); ok {
			n, _, _ = strings.Cut(n, " ")
			if v, err := strconv.ParseInt(n, 10, 32); err == nil {
				c.MaxSkew = int32(v)
			}
		}
		out = append(out, c)
	}
	return out
}
