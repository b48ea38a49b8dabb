package paste

import (
	"regexp"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
)

// keyRef reads what describe prints for a variable that comes from an object;
// releases up to 1.5 had no "Optional". The preposition is "in secret" and "of
// config map".
var keyRef = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^<set to the key '([^']*)' (?:in|of) (secret|config map) '([^']*)'>(?:\s+Optional: (true|false))?`)
})

// fieldRef reads "value (v1:status.podIP)" and "value (limits.cpu)".
var fieldRef = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(.*?)\s*\((?:(v1):([\w.\[\]'/-]+)|((?:limits|requests)\.[\w./-]+))\)$`)
})

// environment reads rows of the form "NAME:  value"; a row of another form goes
// on the value above.
func environment(f *field) []corev1.EnvVar {
	var out []corev1.EnvVar
	column := -1
	for _, l := range f.more {
		t := strings.TrimSpace(l.text)
		name, value, ok := strings.Cut(t, ":")
		if column < 0 {
			column = indentOf(l.text)
		}
		if n := len(out); n > 0 && (!ok || !isEnvName(name) || indentOf(l.text) > column || value != "" && !isBlank(value[0])) {
			out[n-1].Value = grow(out[n-1].Value, "\n", t)
			continue
		}
		if !ok || !isEnvName(name) {
			continue
		}
		out = append(out, variableOf(name, strings.TrimSpace(value)))
	}
	return out
}

func variableOf(name, value string) corev1.EnvVar {
	v := corev1.EnvVar{Name: name, Value: value}
	if m := keyRef().FindStringSubmatch(plainQuotes(value)); m != nil {
		optional := m[4] == "true"
		v.Value = ""
		if m[2] == "secret" {
			v.ValueFrom = &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: m[3]}, Key: m[1], Optional: &optional}}
		} else {
			v.ValueFrom = &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: m[3]}, Key: m[1], Optional: &optional}}
		}
		return v
	}
	if !strings.HasSuffix(value, ")") {
		return v
	}
	if m := fieldRef().FindStringSubmatch(value); m != nil {
		v.Value = ""
		if m[2] != "" {
			v.ValueFrom = &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: m[2], FieldPath: m[3]}}
		} else {
			v.ValueFrom = &corev1.EnvVarSource{ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: m[4]}}
		}
	}
	return v
}

// environmentFrom reads rows of the form "name  ConfigMap with prefix 'X_'  Optional: false".
func environmentFrom(f *field) []corev1.EnvFromSource {
	var out []corev1.EnvFromSource
	for _, t := range rows(f) {
		w := strings.Fields(t)
		if len(w) < 2 {
			continue
		}
		optional := strings.HasSuffix(t, "Optional: true")
		from := corev1.EnvFromSource{}
		if _, rest, ok := strings.Cut(plainQuotes(t), "with prefix '"); ok {
			from.Prefix, _, _ = strings.Cut(rest, "'")
		}
		switch strings.ToLower(w[1]) {
		case "configmap":
			from.ConfigMapRef = &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: w[0]}, Optional: &optional}
		case "secret":
			from.SecretRef = &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: w[0]}, Optional: &optional}
		default:
			continue
		}
		out = append(out, from)
	}
	return out
}

// mounts reads rows of the form `/data from data (rw,path="sub")`.
func mounts(f *field) []corev1.VolumeMount {
	var out []corev1.VolumeMount
	for _, t := range rows(f) {
		path, rest, ok := strings.Cut(t, " from ")
		if !ok {
			continue
		}
		name, flags, _ := strings.Cut(rest, " (")
		m := corev1.VolumeMount{MountPath: strings.TrimSpace(path), Name: strings.TrimSpace(name)}
		flags = strings.TrimSuffix(strings.TrimSpace(flags), ")")
		m.ReadOnly = flags == "ro" || strings.HasPrefix(flags, "ro,")
		if _, sub, ok := strings.Cut(plainQuotes(flags), `path="`); ok {
			m.SubPath, _, _ = strings.Cut(sub, `"`)
		}
		out = append(out, m)
	}
	return out
}
