// Package catalog owns what captures are called and what is known of each: the words
// between those who keep captures (internal/shelf), those who hand them out over the
// network (internal/recorder, internal/fleet) and those who ask for them.
//
// It is pure: it opens nothing and asks no clock.
package catalog

import (
	"cmp"
	"slices"
	"time"
)

// Entry is one capture, as lists, the file beside it and the network show it.
type Entry struct {
	// Name tells the capture from all others of its shelf: NAMESPACE/FILE, see Entry.File.
	Name string `json:"name"`
	// Time is when what caused it happened.
	Time time.Time `json:"time"`
	// Namespace, Pod and Container say whose it is. Namespace and Pod are "" outside of
	// pods; Container is then the runtime's id.
	Namespace string `json:"namespace,omitempty"`
	Pod       string `json:"pod,omitempty"`
	Container string `json:"container,omitempty"`
	// Trigger is what caused it: death, oom, filter, hand ...
	Trigger string `json:"trigger"`
	// Bytes is the size of the file.
	Bytes int64 `json:"bytes"`

	// What follows is known where the file beside the capture was read.

	// PodUID, ContainerID and Image are those of the instance that was recorded.
	PodUID      string `json:"podUID,omitempty"`
	ContainerID string `json:"containerID,omitempty"`
	Image       string `json:"image,omitempty"`
	Node        string `json:"node,omitempty"`
	// Restart is how often the container had been restarted before; nil where unknown.
	Restart *int `json:"restart,omitempty"`
	// Text says in words why the capture was made.
	Text string `json:"text,omitempty"`
	// ExitCode, Signal and OOM are the end that caused it; ExitCode is nil for others.
	ExitCode *int `json:"exitCode,omitempty"`
	Signal   int  `json:"signal,omitempty"`
	OOM      bool `json:"oom,omitempty"`
	// Events is how many it shows, from FirstTime to LastTime.
	Events    uint64    `json:"events,omitempty"`
	FirstTime time.Time `json:"firstTime,omitzero"`
	LastTime  time.Time `json:"lastTime,omitzero"`
	// Lost is how many records are missing, by cause.
	Lost map[string]uint64 `json:"lost,omitempty"`
}

// OfEnd reports whether the end of a container caused it (internal/flight/trigger has the
// names), so that it shows how that came about.
func (e Entry) OfEnd() bool {
	switch e.Trigger {
	case "death", "oom", "exit", "restarts":
		return true
	}
	return false
}

// The list as a document.
const (
	APIVersion = "unloop.dev/v1alpha1"
	ListKind   = "CaptureList"
)

// List is a list of captures as a document.
type List struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Items are never nil.
	Items []Entry `json:"items"`
	// Incomplete says in one line each what could not be listed.
	Incomplete []string `json:"incomplete,omitempty"`
}

// NewList makes the document.
func NewList(items []Entry) List {
	if items == nil {
		items = []Entry{}
	}
	return List{APIVersion: APIVersion, Kind: ListKind, Items: items}
}

// StartRequest asks a recorder for a capture of a container that runs.
type StartRequest struct {
	Namespace string `json:"namespace"`
	Pod       string `json:"pod"`
	// Container may be left out where the pod has one.
	Container string `json:"container,omitempty"`
	// For is a duration such as 30s, at most MaxDuring.
	For string `json:"for"`
}

// MaxDuring is the longest recording on demand.
const MaxDuring = 10 * time.Minute

// Problem is what a recorder answers instead.
type Problem struct {
	// Code is one word: unauthenticated, forbidden, not-found, ambiguous, busy ...
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Where the recorders of a cluster are, unless told otherwise.
const (
	// RecorderNamespace is their namespace, RecorderSelector finds their pods in it.
	RecorderNamespace = "unloop"
	RecorderSelector  = "app.kubernetes.io/name=unloop,app.kubernetes.io/component=recorder"
	// RecorderPort serves captures, over TLS, to who has the rights; RecorderOpenPort health
	// and metrics to anybody.
	RecorderPort     = 9645
	RecorderOpenPort = 9644
)

// A token for captures is one of the service account TokenAccount of their namespace, made
// for TokenAudience: the API server takes it for nobody, a recorder for one who may read the
// captures of that namespace.
const (
	TokenAudience = "unloop.dev/captures"
	TokenAccount  = "default"
)

// Query narrows a list. Empty fields take everything.
type Query struct {
	Namespace, Pod, Container string
}

// Takes reports whether an entry is asked for. A name that was cut to fit into a file's is
// compared as far as it goes.
func (q Query) Takes(e Entry) bool {
	return (q.Namespace == "" || q.Namespace == e.Namespace) && (q.Pod == "" || same(q.Pod, e.Pod)) &&
		(q.Container == "" || same(q.Container, e.Container))
}

func same(whole, part string) bool {
	return whole == part || len(part) == maxPart && len(whole) > maxPart && clean(whole) == part
}

// Sort orders entries by time, the newest first.
func Sort(list []Entry) {
	slices.SortFunc(list, func(a, b Entry) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.Name, a.Name))
	})
}
