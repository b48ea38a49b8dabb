package manifest

import (
	"encoding/json"
	"strings"
)

// shape names an object that does not say its kind by what it holds: an item of
// a list that lost its head, or a piece that somebody cut out of an object.
type shape struct {
	// has are members that must all be there, by path; lacks one that must not.
	has   []string
	lacks string
	kind  string
	// around, for a piece of an object, is the JSON of the object with %s for the piece.
	around string
}

// shapes are tried in order; the first that fits wins. Lists of typed objects
// leave the kind out, and in YAML it follows the items.
var shapes = []shape{
	{has: []string{"involvedObject"}, kind: "Event"},
	{has: []string{"regarding"}, kind: "Event"},
	{has: []string{"serverVersion"}, kind: versionKind},
	{has: []string{"type", "object.metadata"}, kind: watchKind},
	{has: []string{"spec.containers"}, lacks: "spec.template", kind: "Pod"},
	{has: []string{"status.containerStatuses"}, kind: "Pod"},
	{has: []string{"status.initContainerStatuses"}, kind: "Pod"},
	{has: []string{"status.nodeInfo"}, kind: "Node"},
	{has: []string{"spec.jobTemplate"}, kind: "CronJob"},
	{has: []string{"spec.volumeClaimTemplates"}, kind: "StatefulSet"},
	{has: []string{"spec.template", "spec.serviceName"}, kind: "StatefulSet"},
	{has: []string{"spec.template", "status.desiredNumberScheduled"}, kind: "DaemonSet"},
	{has: []string{"spec.template", "spec.backoffLimit"}, kind: "Job"},
	{has: []string{"spec.template", "spec.completions"}, kind: "Job"},
	{has: []string{"spec.template", "spec.strategy"}, kind: "Deployment"},
	{has: []string{"spec.template", "spec.progressDeadlineSeconds"}, kind: "Deployment"},
	{has: []string{"spec.template", "spec.updateStrategy"}, lacks: "spec.replicas", kind: "DaemonSet"},
	{has: []string{"spec.template", "spec.updateStrategy"}, kind: "StatefulSet"},
	{has: []string{"spec.template", "spec.selector.matchLabels", "metadata.ownerReferences"}, kind: "ReplicaSet"},
	{has: []string{"spec.template", "spec.selector.matchLabels"}, kind: "Deployment"},
	{has: []string{"spec.template", "spec.selector"}, kind: "ReplicationController"},
	{has: []string{"spec.clusterIP"}, kind: "Service"},
	{has: []string{"spec.ports", "spec.selector"}, kind: "Service"},
	{has: []string{"status.unavailableReplicas"}, kind: "Deployment"},
	{has: []string{"status.updatedReplicas"}, kind: "Deployment"},
	{has: []string{"status.fullyLabeledReplicas"}, kind: "ReplicaSet"},
	{has: []string{"status.phase"}, kind: "Pod"},
	{has: []string{"status.qosClass"}, kind: "Pod"},
	// Pieces of a pod.
	{has: []string{"containerStatuses"}, kind: "Pod", around: `{"status":%s}`},
	{has: []string{"initContainerStatuses"}, kind: "Pod", around: `{"status":%s}`},
	{has: []string{"containers"}, kind: "Pod", around: `{"spec":%s}`},
	{has: []string{"lastState"}, kind: "Pod", around: `{"status":{"containerStatuses":[%s]}}`},
	{has: []string{"restartCount"}, kind: "Pod", around: `{"status":{"containerStatuses":[%s]}}`},
	{has: []string{"state", "imageID"}, kind: "Pod", around: `{"status":{"containerStatuses":[%s]}}`},
	{has: []string{"terminated.exitCode"}, kind: "Pod", around: `{"status":{"containerStatuses":[{"lastState":%s}]}}`},
	{has: []string{"exitCode"}, kind: "Pod", around: `{"status":{"containerStatuses":[{"lastState":{"terminated":%s}}]}}`},
}

// watchKind is the name for what a watch prints around each object, which has none.
const watchKind = "watch"

// guess gives an object without a kind one by its shape; it stays "" where none fits.
func (o *object) guess() {
	var top members
	if len(o.raw) <= len("{}") || json.Unmarshal(o.raw, &top) != nil {
		return
	}
	s := top.shape()
	if s == nil {
		return
	}
	o.kind = s.kind
	if s.has[0] == "regarding" {
		o.apiVersion = "events.k8s.io/v1"
	}
	if s.around != "" {
		before, after, _ := strings.Cut(s.around, "%s")
		o.raw = append(append([]byte(before), o.raw...), after...)
	}
}

// fragment wraps a sequence of container statuses into the pod it was cut from;
// nil for any other sequence.
func fragment(text []byte) []byte {
	var list []members
	if json.Unmarshal(text, &list) != nil || len(list) == 0 {
		return nil
	}
	if s := list[0].shape(); s == nil || !strings.Contains(s.around, `"containerStatuses":[%s]`) {
		return nil
	}
	return append(append([]byte(`{"status":{"containerStatuses":`), text...), `}}`...)
}

type members map[string]json.RawMessage

func (m members) shape() *shape {
	levels := map[string]members{}
	for i := range shapes {
		if s := &shapes[i]; m.all(s.has, levels) && (s.lacks == "" || !m.has(s.lacks, levels)) {
			return s
		}
	}
	return nil
}

func (m members) all(paths []string, levels map[string]members) bool {
	for _, p := range paths {
		if !m.has(p, levels) {
			return false
		}
	}
	return true
}

// has looks a dotted path up; levels keeps the objects that were decoded on the way.
func (m members) has(path string, levels map[string]members) bool {
	up, name, nested := cutLast(path)
	if !nested {
		return present(m[name])
	}
	at, ok := levels[up]
	if !ok {
		if m.has(up, levels) {
			raw := m.value(up, levels)
			// A value that is no object has no members.
			_ = json.Unmarshal(raw, &at)
		}
		levels[up] = at
	}
	return present(at[name])
}

func (m members) value(path string, levels map[string]members) json.RawMessage {
	up, name, nested := cutLast(path)
	if !nested {
		return m[name]
	}
	return levels[up][name]
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func cutLast(path string) (up, name string, nested bool) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}
