package convert

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// FromConfigMap takes a ConfigMap's name and keys.
func FromConfigMap(c *corev1.ConfigMap) *facts.KeyedObject {
	keys := keysOf(c.Data)
	for k := range c.BinaryData {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return FromKeys(&c.ObjectMeta, keys)
}

// FromSecretMeta takes the name of a Secret that was listed as metadata only,
// which is the only way a live collector may list Secrets.
func FromSecretMeta(m *metav1.ObjectMeta) *facts.KeyedObject { return FromKeys(m, nil) }

// FromKeys takes the metadata and the keys of a ConfigMap or Secret; nil keys
// are unknown ones.
func FromKeys(m *metav1.ObjectMeta, keys []string) *facts.KeyedObject {
	out := &facts.KeyedObject{Namespace: m.Namespace, Name: m.Name, Keys: keys, Created: utc(m.CreationTimestamp)}
	for i := range m.ManagedFields {
		if t := m.ManagedFields[i].Time; t != nil && t.After(out.Changed) {
			out.Changed = t.UTC()
		}
	}
	return out
}

func keysOf[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}
