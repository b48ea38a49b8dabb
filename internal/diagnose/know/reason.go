package know

import (
	"encoding/json"
	"strings"
	"sync"
)

// Place is a set of places where a reason is written.
type Place uint16

// The places.
const (
	// Waiting is state.waiting.reason of a container.
	Waiting Place = 1 << iota
	// Terminated is state.terminated.reason or lastState.terminated.reason.
	Terminated
	// PodReason is status.reason of a pod, with phase Failed where not said otherwise.
	PodReason
	// Phase is status.phase of a pod.
	Phase
	// Rejection is status.reason of a pod that the kubelet refused after it was
	// bound, and the event of the same name.
	Rejection
	// StatusWord is what `kubectl get pods` prints in STATUS.
	StatusWord
	// Event is the reason of an event.
	Event
	// PodCondition is a condition of a pod, its type or its reason.
	PodCondition
	// WorkloadCondition is a condition of a workload, its type or its reason.
	WorkloadCondition
	// NodeCondition is a condition of a node, its type or its reason.
	NodeCondition
	// SyncError is a name seen only in kubelet logs and metrics.
	SyncError
	// Inside is a word inside another message.
	Inside
)

var placeNames = [...]string{
	"waiting reason", "terminated reason", "pod reason", "pod phase", "rejection by the kubelet", "STATUS word",
	"event", "pod condition", "workload condition", "node condition", "kubelet sync error", "part of a message",
}

// Names lists the places of the set in words.
func (p Place) Names() []string {
	var out []string
	for i, n := range placeNames {
		if p&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// String joins the names.
func (p Place) String() string { return strings.Join(p.Names(), ", ") }

// MarshalJSON writes the list of names.
func (p Place) MarshalJSON() ([]byte, error) { return json.Marshal(p.Names()) }

// Role says how much of an answer a reason is.
type Role string

const (
	// Root names a cause, or leaves only its own variants open.
	Root Role = "cause"
	// Symptom follows from a cause that must be looked for elsewhere.
	Symptom Role = "symptom"
	// Noise belongs to the normal course, or is harmless; it explains no failure.
	Noise Role = "noise"
)

// Reason is one word that Kubernetes writes for what happened.
type Reason struct {
	// Name is the spelling of Kubernetes. A part in angle brackets stands for
	// anything: "OutOf<resource>".
	Name string `json:"name"`
	In   Place  `json:"in"`
	// On is the kind of object; "" means the pod.
	On string `json:"on,omitempty"`
	// By is who sets it.
	By string `json:"by"`
	// Type is Normal or Warning, for events.
	Type  string `json:"type,omitempty"`
	Role  Role   `json:"role"`
	Means string `json:"means"`
	// Since and Until are the first and last Kubernetes releases; "" means that
	// it was there in the oldest release read, and is there in 1.36.3.
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`
	// Now says what stands in its place, for what is gone.
	Now string `json:"now,omitempty"`
	// Formats are the messages that go with it, with Go verbs; "(≥1.26)" and the
	// like are remarks.
	Formats []string `json:"formats,omitempty"`
	Causes  []Hint   `json:"causes,omitempty"`
	// Next are commands and looks that lead on.
	Next   []string `json:"next,omitempty"`
	Source string   `json:"source"`
}

// reasonTables are the tables in the order in which entries of one name are
// given: what a container or pod shows first, history last.
var reasonTables = [...]*[]Reason{
	&waitingReasons, &terminatedReasons, &statusWords, &podReasons, &rejections, &podConditions,
	&kubeletEvents, &volumeEvents, &nodeEvents, &nodeConditions, &schedulerEvents,
	&workloadEvents, &storageEvents, &clusterEvents, &detectorEvents, &oldReasons,
}

// Reasons returns every known reason, table by table. The slice is the
// caller's, the entries' slices are not.
func Reasons() []Reason {
	var out []Reason
	for _, t := range reasonTables {
		out = append(out, *t...)
	}
	return out
}

// reasonIndex finds entries by lower-case name.
var reasonIndex = sync.OnceValue(func() map[string][]*Reason {
	m := map[string][]*Reason{}
	for _, t := range reasonTables {
		for i := range *t {
			r := &(*t)[i]
			key := strings.ToLower(r.Name)
			m[key] = append(m[key], r)
		}
	}
	return m
})

// LookupReason returns the entries of a name, in any case. The forms with a
// variable part are understood: Init:Error, Init:1/3, Init:ExitCode:7,
// OutOfnvidia.com/gpu, ExitCode:7, Signal:9.
func LookupReason(name string) []Reason {
	name = strings.TrimSpace(name)
	if len(name) > maxName {
		return nil
	}
	low := strings.ToLower(name)
	index := reasonIndex()
	var out []Reason
	add := func(key string) {
		for _, r := range index[key] {
			out = append(out, *r)
		}
	}
	add(low)
	if len(out) > 0 {
		return out
	}
	if rest, ok := strings.CutPrefix(low, "init:"); ok && isWord(rest) {
		switch {
		case isFraction(rest):
			add("init:<n>/<m>")
		default:
			add("init:<reason>")
			if !strings.HasPrefix(rest, "init:") {
				out = append(out, LookupReason(name[len("init:"):])...)
			}
		}
		return out
	}
	for _, f := range variableForms {
		if rest, ok := strings.CutPrefix(low, f.prefix); ok && f.fits(rest) {
			add(f.key)
			return out
		}
	}
	return nil
}

// maxName bounds names that are looked up; the longest of Kubernetes has 42 characters.
const maxName = 128

var variableForms = [...]struct {
	prefix, key string
	fits        func(string) bool
}{
	{"outof", "outof<resource>", isResource},
	{"exitcode:", "exitcode:<n>", isNumber},
	{"signal:", "signal:<n>", isNumber},
	{"deploymentrollback", "deploymentrollback<what>", isResource},
}

// isNumber accepts an optional minus sign and digits.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// isFraction accepts "1/3".
func isFraction(s string) bool {
	a, b, ok := strings.Cut(s, "/")
	return ok && a != "" && b != "" && strings.Trim(a+b, "0123456789") == ""
}

// isWord accepts what can stand behind "Init:", in lower case.
func isWord(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789./_-: ") == ""
}

// isResource accepts a resource name in lower case, such as nvidia.com/gpu.
func isResource(s string) bool {
	return s != "" && len(s) <= maxName && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789./_-") == ""
}
