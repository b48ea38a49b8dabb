package facts

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Snapshot is all that the collectors found, before it is joined into Facts.
// Collectors append; Join reads. Not safe for concurrent use: collectors that
// work side by side fill one each and Merge them.
type Snapshot struct {
	// Taken is when the input was true; zero where unknown. Live collectors set it.
	Taken time.Time
	// ServerVersion is the API server's version, or the newest kubelet's where only
	// nodes are known; "" where unknown. It decides version rules ("v1.31.2").
	ServerVersion string

	Pods       []*Pod
	Workloads  []*Workload
	Events     []*Event
	Nodes      []*NodeFacts
	Claims     []*Claim
	Volumes    []*corev1.PersistentVolume
	Services   []*corev1.Service
	Endpoints  []*Endpoints
	ConfigMaps []*KeyedObject
	// Secrets hold names only, never values, and keys only from metadata.
	Secrets []*KeyedObject
	// Objects are other objects whose existence matters (StorageClass,
	// ServiceAccount, RuntimeClass, PriorityClass, NetworkPolicy, ResourceQuota,
	// VolumeAttachment, Namespace).
	Objects []*Object
	Logs    []*Log
	// Deaths are ends of processes from recordings of system calls, oldest first in each.
	Deaths []*Death
	// Recordings are all that were read, those without an end worth telling too.
	Recordings []Recording

	// Listed says which lists are complete; see Complete.
	Listed map[ListKey]bool
	// Denied says which kinds could not be read, and why.
	Denied []Denied
	// Skipped are inputs, or parts of them, that could not be read: one line each.
	Skipped []string
}

// ListKey names one list of objects. Namespace "" is all namespaces, or a
// kind without namespaces.
type ListKey struct{ Kind, Namespace string }

// Denied is one kind of fact that was asked for and refused.
type Denied struct {
	Kind      Kind
	Namespace string
	// Name is the object the refusal is about; "" for the whole kind.
	Name string
	// Reason is short and one line: `forbidden: cannot list events`.
	Reason string
}

// MarkListed records that every object of kind in namespace is in the snapshot,
// so that an absent one does not exist.
func (s *Snapshot) MarkListed(kind, namespace string) {
	if s.Listed == nil {
		s.Listed = map[ListKey]bool{}
	}
	s.Listed[ListKey{kind, namespace}] = true
}

// Complete reports whether absence from the snapshot proves absence from the
// cluster for kind in namespace.
func (s *Snapshot) Complete(kind, namespace string) bool {
	return s.Listed[ListKey{kind, namespace}] || s.Listed[ListKey{kind, ""}]
}

// Skip records an input that could not be read.
func (s *Snapshot) Skip(format string, args ...any) {
	s.Skipped = append(s.Skipped, strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " "))
}

// Merge appends what o holds to s. The newer Taken and the known version win.
func (s *Snapshot) Merge(o *Snapshot) {
	if o.Taken.After(s.Taken) {
		s.Taken = o.Taken
	}
	if s.ServerVersion == "" {
		s.ServerVersion = o.ServerVersion
	}
	s.Pods = append(s.Pods, o.Pods...)
	s.Workloads = append(s.Workloads, o.Workloads...)
	s.Events = append(s.Events, o.Events...)
	s.Nodes = append(s.Nodes, o.Nodes...)
	s.Claims = append(s.Claims, o.Claims...)
	s.Volumes = append(s.Volumes, o.Volumes...)
	s.Services = append(s.Services, o.Services...)
	s.Endpoints = append(s.Endpoints, o.Endpoints...)
	s.ConfigMaps = append(s.ConfigMaps, o.ConfigMaps...)
	s.Secrets = append(s.Secrets, o.Secrets...)
	s.Objects = append(s.Objects, o.Objects...)
	s.Logs = append(s.Logs, o.Logs...)
	s.Deaths = append(s.Deaths, o.Deaths...)
	s.Recordings = append(s.Recordings, o.Recordings...)
	for k := range o.Listed {
		s.MarkListed(k.Kind, k.Namespace)
	}
	s.Denied = append(s.Denied, o.Denied...)
	s.Skipped = append(s.Skipped, o.Skipped...)
}

// Pod is a pod as far as an input showed it.
type Pod struct {
	*corev1.Pod
	// Spec and Status say whether that half was in the input, be it in part.
	HasSpec, HasStatus bool
	// Row is what a `kubectl get pods` table printed; nil without one.
	Row *Row
	// SaidNoEvents: a describe text ended with "Events: <none>" (or an empty table).
	SaidNoEvents bool
	// Recorded: all that is known of it stands in a recording of system calls.
	Recorded bool
	// Local: it is no pod but a command of this machine that is kept under a kubelet's
	// rules; its one container is the command's process.
	Local  bool
	Source Source
}

// Row is one line of `kubectl get pods`. Fields that the table did not have
// are "" or -1.
type Row struct {
	Ready, Total int
	// Status is the STATUS column as printed, such as "Init:CrashLoopBackOff".
	Status   string
	Restarts int
	// LastRestart is the age in "4 (63s ago)"; -1 without.
	LastRestart time.Duration
	// Age is the AGE column; -1 without.
	Age    time.Duration
	Text   string
	Source Source
}

// Workload is a controller object of any kind, reduced to what diagnosis reads.
type Workload struct {
	// Kind is Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob,
	// ReplicationController, ControllerRevision, or a kind this package does not know.
	Kind, Namespace, Name, UID string
	// OwnerKind, OwnerName and OwnerUID name its controller; "" without.
	OwnerKind, OwnerName, OwnerUID string
	Created                        time.Time
	// Desired, Ready, Updated and Existing are replica counts (Job: completions
	// wanted, succeeded, 0, active + failed); -1 where unknown.
	Desired, Ready, Updated, Existing int32
	// Suspended is a Job's or CronJob's suspend; Paused a Deployment's.
	Suspended, Paused bool
	Conditions        []Condition
	Template          *corev1.PodTemplateSpec
	// Revision is deployment.kubernetes.io/revision, or a ControllerRevision's number; 0 unknown.
	Revision int64
	// Strategy is the update strategy's type, "" unknown.
	Strategy string
	Labels   map[string]string
	Source   Source
}

// Condition is a status condition of any object.
type Condition struct {
	Type, Status, Reason, Message string
	Since                         time.Time
}

// Revision is one pod template of a workload's history.
type Revision struct {
	Number   int64
	Name     string
	Created  time.Time
	Template *corev1.PodTemplateSpec
	// Ready and Existing count its pods; -1 where unknown.
	Ready, Existing int32
	// Mine is true for the revision the subject's pod was made from.
	Mine bool
}

// ObjectRef names the object an event is about.
type ObjectRef struct {
	Kind, Namespace, Name, UID, FieldPath string
}

// Event is a Kubernetes event of either shape (core/v1 or events.k8s.io).
type Event struct {
	Object ObjectRef
	// Type is Normal or Warning, "" where the input did not show it.
	Type, Reason, Message string
	// Component reported it ("kubelet"), on Host where known.
	Component, Host string
	// First and Last are absolute times, zero where only ages are known.
	First, Last time.Time
	// Age is the time from Last to when the input was taken; -1 unknown.
	// FirstAge the same for First.
	Age, FirstAge time.Duration
	// Count is at least 1. The client-side spam filter makes it a lower bound.
	Count int
	// Seq is its number in the input, from 1: what evidence calls it.
	Seq    int
	Source Source
}

// NodeFacts is a node as far as an input showed it.
type NodeFacts struct {
	*corev1.Node
	Events []*Event
	Source Source
}

// Claim is a PersistentVolumeClaim with what stands behind it.
type Claim struct {
	*corev1.PersistentVolumeClaim
	// Volume is the bound volume where known.
	Volume *corev1.PersistentVolume
	Events []*Event
	Source Source
}

// Endpoints counts who stands behind one Service.
type Endpoints struct {
	Namespace, Service string
	Ready, NotReady    int
}

// KeyedObject is a ConfigMap or Secret: its name and keys, never its values.
type KeyedObject struct {
	Namespace, Name string
	// Keys is nil where only the name is known.
	Keys []string
	// Created and ResourceVersion come from metadata; Changed is the newest
	// managedFields time, zero unknown.
	Created, Changed time.Time
}

// Object is any other object whose existence or text matters.
type Object struct {
	Kind, Namespace, Name string
	Conditions            []Condition
	// Fields are a few strings that rules look up, named in the collector's table
	// (StorageClass: provisioner, volumeBindingMode; VolumeAttachment: attached, pv, node, error).
	Fields map[string]string
	Source Source
}

// Origin is who wrote a text.
type Origin int

const (
	// FromContainer is a container's output.
	FromContainer Origin = iota
	// FromKubelet is a kubelet or container-runtime log.
	FromKubelet
	// FromKernel is dmesg or journal kernel text.
	FromKernel
	// FromUnknown is loose text of a paste.
	FromUnknown
)

// Log is a text with lines.
type Log struct {
	// Namespace, Pod and Container name the writer; "" where the input did not say.
	Namespace, Pod, Container string
	// Previous: `logs --previous`.
	Previous bool
	Origin   Origin
	// Text is the tail that was kept; FirstLine is the number of its first line
	// in the original, from 1.
	Text      string
	FirstLine int
	// Err says why there is no text although it was asked for ("the kubelet no
	// longer has it"); a text that only says that logs cannot be had becomes Err.
	Err    string
	Source Source
}

// HasText reports whether there is anything to read; a nil Log has none.
func (l *Log) HasText() bool { return l != nil && strings.TrimSpace(l.Text) != "" }
