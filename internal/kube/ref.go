package kube

import (
	"fmt"
	"strings"
)

// Ref names an object that was asked for.
type Ref struct {
	// Kind is Pod or a kind of workload.
	Kind, Name string
}

// String is how kubectl takes it back: "web-1", "deployment/web".
func (r Ref) String() string {
	if r.Kind == "Pod" {
		return r.Name
	}
	return strings.ToLower(r.Kind) + "/" + r.Name
}

// refTypes maps the names a type goes by to its kind: kubectl's plural, singular
// and short names (kubernetes v1.36 pkg/registry, ShortNames of each REST storage).
var refTypes = map[string]string{
	"po": "Pod", "pod": "Pod", "pods": "Pod",
	"deploy": "Deployment", "deployment": "Deployment", "deployments": "Deployment",
	"rs": "ReplicaSet", "replicaset": "ReplicaSet", "replicasets": "ReplicaSet",
	"sts": "StatefulSet", "statefulset": "StatefulSet", "statefulsets": "StatefulSet",
	"ds": "DaemonSet", "daemonset": "DaemonSet", "daemonsets": "DaemonSet",
	"job": "Job", "jobs": "Job",
	"cj": "CronJob", "cronjob": "CronJob", "cronjobs": "CronJob",
	"rc": "ReplicationController", "replicationcontroller": "ReplicationController", "replicationcontrollers": "ReplicationController",
}

// ParseRef reads POD or TYPE/NAME. The type may carry its API group, as in
// deployments.apps/web.
func ParseRef(s string) (Ref, error) {
	typ, name, ok := strings.Cut(s, "/")
	if !ok {
		typ, name = "pod", s
	}
	if name == "" || strings.ContainsAny(name, "/ ") {
		return Ref{}, fmt.Errorf("%q is neither POD nor TYPE/NAME", s)
	}
	kind, ok := TypeKind(typ)
	if !ok {
		return Ref{}, fmt.Errorf("%q: unknown type %q: want pod, deployment, replicaset, statefulset, daemonset, job, cronjob or replicationcontroller", s, typ)
	}
	return Ref{kind, name}, nil
}

// TypeKind returns the kind that a type name stands for, so that a command line
// can tell TYPE NAME from two pods.
func TypeKind(typ string) (kind string, ok bool) {
	typ, _, _ = strings.Cut(strings.ToLower(typ), ".")
	kind, ok = refTypes[typ]
	return kind, ok
}
