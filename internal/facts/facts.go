// Package facts owns the one input of diagnosis: everything known about one
// subject, each fact with where it was read, each kind possibly absent.
//
// Collectors (internal/collect, internal/kube) fill a Snapshot with objects,
// events and texts; Join turns a Snapshot into one Facts per subject. Rules see
// Facts only and never learn which collector spoke. The package decides
// nothing about health or causes.
package facts

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop"
)

// Kind is a set of kinds of facts.
type Kind uint16

// The kinds a rule may need. Order is the order they are named in messages.
const (
	// Status is the pod's status: phase, conditions, container states.
	Status Kind = 1 << iota
	// Spec is the pod's spec.
	Spec
	// Events are the events of the pod (or of the workload, for a subject without pods).
	Events
	// Logs are lines that a container of the subject wrote.
	Logs
	// Node is the node's status and events.
	Node
	// Owner is the chain of owners with their conditions, and their older templates.
	Owner
	// References are the objects the spec names: ConfigMaps, Secrets (names only),
	// claims, service accounts.
	References
	// Services are the Services of the namespace and who stands behind them.
	Services
	// Host is text from the node: kubelet, runtime or kernel log.
	Host
	// Capture is a recording of system calls.
	Capture
)

var kindNames = []string{"status", "spec", "events", "logs", "node", "owner", "references", "services", "host log", "capture"}

// String names the kinds of the set, comma-separated.
func (k Kind) String() string {
	var out []string
	for _, one := range k.Each() {
		out = append(out, kindNames[bit(one)])
	}
	return strings.Join(out, ", ")
}

// Each splits the set into its single kinds, in order.
func (k Kind) Each() []Kind {
	var out []Kind
	for i := range kindNames {
		if one := Kind(1 << i); k&one != 0 {
			out = append(out, one)
		}
	}
	return out
}

func bit(k Kind) int {
	n := 0
	for k > 1 {
		k >>= 1
		n++
	}
	return n
}

// Source says where a fact was read.
type Source struct {
	// Input is the file name, "stdin", or "live".
	Input string
	// Line is the first line of the fact there, from 1; 0 where lines mean nothing.
	Line int
}

// Facts is everything known about one subject. It is read-only for rules and
// shares its objects with the Snapshot and with other subjects.
type Facts struct {
	Subject unloop.Subject
	// Now is when the facts were true; zero where the input does not tell.
	Now time.Time
	// Have is the set of kinds at hand for this subject.
	Have Kind
	// Lacks says why a kind is not at hand ("forbidden: ..."); a kind that was
	// simply not in the input has no entry.
	Lacks map[Kind]string

	// Pod is nil for a workload whose pods never exist, for a log alone and for
	// events alone.
	Pod *Pod
	// Workload is set where the subject is a workload itself.
	Workload *Workload
	// Containers are the pod's containers: init and sidecars in spec order, then
	// the regular ones, then ephemeral ones.
	Containers []*Container
	// Events are those of the subject, oldest first.
	Events []*Event
	// OwnerEvents are those of the owners, claims and volumes, oldest first.
	OwnerEvents []*Event
	// Node is the node the pod is bound to.
	Node *NodeFacts
	// Owners is the chain of owners, nearest first.
	Owners []*Workload
	// Revisions are the pod templates of the nearest owner with a history,
	// newest first, the subject's own among them.
	Revisions []*Revision
	// Claims are the PersistentVolumeClaims the pod names, in volume order.
	Claims []*Claim
	// Logs are the texts of the subject's containers; also reachable through Container.
	Logs []*Log
	// HostLogs are kubelet, runtime and kernel lines that stand in the input.
	HostLogs []*Log
	// Siblings are the other pods of the same owner.
	Siblings []*Pod
	// Neighbours are the other pods of the same node.
	Neighbours []*Pod

	snapshot *Snapshot
}

// Container is one container of the pod: what the spec says, what the status
// says, and the events and logs that belong to it. Any part may be nil.
type Container struct {
	Name  string
	Class Class
	// Index is the position in its list of the spec or status, from 0.
	Index  int
	Spec   *corev1.Container
	Status *corev1.ContainerStatus
	// Events are the pod's events about this container, oldest first. In a pod
	// with one container, that is all events that name no other.
	Events []*Event
	// Current is the log of the instance that runs or ended last; Previous that
	// of the one before it.
	Current, Previous *Log
	// Death is the recorded end of an instance of it, nil without a recording. DeathSure
	// says that it is the end that Exit returns; Recorded, that nothing but a recording
	// tells of the container.
	Death               *Death
	DeathSure, Recorded bool
	// Local: it is a command of this machine, in no container.
	Local bool
}

// Class is what a container is for.
type Class int

// The classes of containers.
const (
	App Class = iota
	Init
	// Sidecar is an init container with restartPolicy Always (since 1.28).
	Sidecar
	Ephemeral
)

// String returns the word for messages.
func (c Class) String() string {
	return [...]string{"container", "init container", "sidecar", "ephemeral container"}[c]
}

// Waiting returns the waiting state, or nil.
func (c *Container) Waiting() *corev1.ContainerStateWaiting {
	if c.Status == nil {
		return nil
	}
	return c.Status.State.Waiting
}

// Running returns the running state, or nil.
func (c *Container) Running() *corev1.ContainerStateRunning {
	if c.Status == nil {
		return nil
	}
	return c.Status.State.Running
}

// Exit returns the newest known end of the container: state.terminated, else
// lastState.terminated, else nil. Where says which.
func (c *Container) Exit() (t *corev1.ContainerStateTerminated, where string) {
	switch {
	case c.Status == nil:
		return nil, ""
	case c.Status.State.Terminated != nil:
		return c.Status.State.Terminated, "state.terminated"
	case c.Status.LastTerminationState.Terminated != nil:
		return c.Status.LastTerminationState.Terminated, "lastState.terminated"
	}
	return nil, ""
}

// Restarts returns the restart count, 0 where unknown.
func (c *Container) Restarts() int32 {
	if c.Status == nil {
		return 0
	}
	return c.Status.RestartCount
}

// DeadLog returns the log of the instance whose end Exit returns: the current
// log where the container is not running again, else the previous one. Where
// only one log is at hand that one is returned, with sure false.
func (c *Container) DeadLog() (l *Log, sure bool) {
	exit, where := c.Exit()
	if exit != nil && where == "lastState.terminated" && c.Previous.HasText() {
		return c.Previous, true
	}
	if c.Running() == nil && c.Current.HasText() {
		// While a container waits, the "current" log is that of its last instance.
		return c.Current, true
	}
	if c.Previous.HasText() {
		return c.Previous, exit != nil
	}
	if c.Current.HasText() {
		return c.Current, false
	}
	return nil, false
}

// Container returns the container of that name, or nil.
func (f *Facts) Container(name string) *Container {
	for _, c := range f.Containers {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Has reports whether all kinds of the set are at hand.
func (f *Facts) Has(k Kind) bool { return f.Have&k == k }

// NoEvents reports whether it is known that the subject has no events: they were
// asked for, or the text said so.
func (f *Facts) NoEvents() bool {
	return len(f.Events) == 0 && (f.snapshot.Complete("Event", f.Subject.Namespace) || f.Pod != nil && f.Pod.SaidNoEvents)
}
