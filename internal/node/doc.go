// Package node knows how a Kubernetes node names its containers: which container a
// control group belongs to, and which pod that is.
//
// It reads paths of control groups and the kubelet's two folders of log files, which
// need no right beyond reading them. It asks neither the container runtime nor the API
// server: a runtime's socket is as much as root on the node. Nothing is watched; the
// callers ask again where a name may be known later. Who records is internal/recorder's
// business.
package node
