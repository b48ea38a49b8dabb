package facts

import (
	"cmp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop"
)

// Join turns a snapshot into one Facts per subject: each pod, each workload
// whose pods are missing, and, where there is neither, each node, claim or log
// alone. Order is that of the input. The result shares the snapshot's objects;
// neither may be changed afterwards.
//
// It is linear in the size of the snapshot, so that a dump of 10,000 pods joins
// in well under a second.
func Join(s *Snapshot) []*Facts {
	j := newJoiner(s)
	var out []*Facts
	for _, p := range j.pods {
		out = append(out, j.pod(p))
	}
	out = append(out, j.recorded()...)
	for _, w := range slices.Concat(s.Workloads, j.stubs) {
		if j.workloadIsSubject(w) {
			out = append(out, j.workload(w))
		}
	}
	if len(out) == 0 {
		out = j.lonely()
	} else {
		j.attachLoose(out)
		out = append(out, j.strays...)
	}
	return out
}

type objKey struct{ kind, ns, name string }

type joiner struct {
	s          *Snapshot
	pods       []*Pod
	taken      time.Time
	podsByUID  map[string]*Pod
	podsByKey  map[objKey]*Pod
	podsByNode map[string][]*Pod
	podsByCtl  map[string][]*Pod
	events     map[objKey][]*Event
	loose      []*Event
	orphan     map[objKey][]*Event // events of objects that the snapshot does not hold
	orphanKeys []objKey
	workByKey  map[objKey]*Workload
	children   map[objKey][]*Workload
	nodes      map[string]*NodeFacts
	claims     map[objKey]*Claim
	volumes    map[string]*corev1.PersistentVolume
	logs       map[objKey][]*Log
	looseLogs  []*Log
	hostLogs   []*Log
	hostNames  int // 0 not asked, 1 they name a pod, -1 they do not
	lacks      map[Kind]string
	strays     []*Facts
	stubs      []*Workload // workloads of which only events are known
	deaths     map[*Pod][]*Death
}

func newJoiner(s *Snapshot) *joiner {
	j := &joiner{
		s: s, podsByUID: map[string]*Pod{}, podsByKey: map[objKey]*Pod{}, podsByNode: map[string][]*Pod{},
		podsByCtl: map[string][]*Pod{}, events: map[objKey][]*Event{}, orphan: map[objKey][]*Event{},
		workByKey: map[objKey]*Workload{}, children: map[objKey][]*Workload{}, nodes: map[string]*NodeFacts{},
		claims: map[objKey]*Claim{}, volumes: map[string]*corev1.PersistentVolume{}, logs: map[objKey][]*Log{},
		lacks: map[Kind]string{},
	}
	j.taken = s.Taken
	j.mergePods()
	j.indexDeaths()
	j.indexObjects()
	j.indexEvents()
	j.indexLogs()
	for _, d := range s.Denied {
		if d.Name == "" && j.lacks[d.Kind] == "" {
			j.lacks[d.Kind] = d.Reason
		}
	}
	return j
}

func sortEvents(ev []*Event) []*Event {
	out := slices.Clone(ev)
	slices.SortStableFunc(out, func(a, b *Event) int {
		if !a.Last.IsZero() && !b.Last.IsZero() {
			return a.Last.Compare(b.Last)
		}
		if a.Age >= 0 && b.Age >= 0 {
			return cmp.Compare(b.Age, a.Age)
		}
		return 0
	})
	return out
}

func (j *joiner) base() *Facts {
	return &Facts{Now: j.taken, Lacks: j.lacks, snapshot: j.s, HostLogs: j.hostLogs}
}

// hostLogsFor keeps the node's logs that speak of this pod. Where there is one
// pod only, or they name none of the pods, they are about whichever fails.
func (j *joiner) hostLogsFor(p *Pod) []*Log {
	if len(j.hostLogs) == 0 || len(j.pods) < 2 {
		return j.hostLogs
	}
	var mine []*Log
	for _, l := range j.hostLogs {
		if p.Name != "" && strings.Contains(l.Text, p.Name) || p.UID != "" && strings.Contains(l.Text, string(p.UID)) {
			mine = append(mine, l)
		}
	}
	if mine == nil && !j.hostLogsNamePods() {
		return j.hostLogs
	}
	return mine
}

// hostLogsNamePods reports whether any pod of the input is named in them.
func (j *joiner) hostLogsNamePods() bool {
	if j.hostNames == 0 {
		j.hostNames = -1
		for _, l := range j.hostLogs {
			if slices.ContainsFunc(j.pods, func(p *Pod) bool { return p.Name != "" && strings.Contains(l.Text, p.Name) }) {
				j.hostNames = 1
			}
		}
	}
	return j.hostNames > 0
}

func (j *joiner) pod(p *Pod) *Facts {
	f := j.base()
	f.Pod = p
	f.HostLogs = j.hostLogsFor(p)
	f.Subject = unloop.Subject{Kind: "Pod", Namespace: p.Namespace, Name: p.Name, Node: p.Spec.NodeName}
	if p.Local {
		f.Subject.Kind = "Process"
	}
	f.Events = sortEvents(j.events[objKey{"Pod", p.Namespace, p.Name}])
	f.Logs = j.logs[objKey{"Pod", p.Namespace, p.Name}]
	j.owners(f, p)
	if p.Spec.NodeName != "" {
		f.Node = j.nodes[p.Spec.NodeName]
		f.Neighbours = j.podsByNode[p.Spec.NodeName]
	}
	j.claimsOf(f, p)
	f.Containers = containersOf(p)
	attach(f)
	j.attachDeaths(f)
	j.have(f)
	return f
}

func (j *joiner) have(f *Facts) {
	if p := f.Pod; p != nil {
		if p.HasStatus || p.Row != nil {
			f.Have |= Status
		}
		if p.HasSpec {
			f.Have |= Spec
		}
	}
	if len(f.Events) > 0 || j.s.Complete("Event", f.Subject.Namespace) {
		f.Have |= Events
	}
	if slices.ContainsFunc(f.Logs, (*Log).HasText) {
		f.Have |= Logs
	}
	if f.Node != nil {
		f.Have |= Node
	}
	if len(f.Owners) > 0 || f.Workload != nil || len(f.Revisions) > 0 {
		f.Have |= Owner
	}
	if len(f.Claims) > 0 || j.s.Complete("ConfigMap", f.Subject.Namespace) || j.s.Complete("PersistentVolumeClaim", f.Subject.Namespace) {
		f.Have |= References
	}
	if len(j.s.Services) > 0 || j.s.Complete("Service", f.Subject.Namespace) {
		f.Have |= Services
	}
	if len(f.HostLogs) > 0 {
		f.Have |= Host
	}
}

// owners walks up the controllers, collects their events and revisions, and the
// siblings under the nearest one.
func (j *joiner) owners(f *Facts, p *Pod) {
	o := metav1.GetControllerOf(p)
	if o == nil {
		return
	}
	f.Subject.Workload = o.Kind + "/" + o.Name
	f.Siblings = j.podsByCtl[ownerKey(o.Kind, p.Namespace, o.Name)]
	kind, name := o.Kind, o.Name
	for range 4 { // Pod -> Job -> CronJob is the longest chain of built-in kinds; the bound stops cycles
		k := objKey{kind, p.Namespace, name}
		f.OwnerEvents = append(f.OwnerEvents, j.events[k]...)
		w := j.workByKey[k]
		if w == nil {
			if d := deploymentOf(p, kind, name); d != "" {
				f.Subject.Workload = "Deployment/" + d
			}
			break
		}
		f.Owners = append(f.Owners, w)
		f.Subject.Workload = w.Kind + "/" + w.Name
		if w.OwnerName == "" {
			break
		}
		kind, name = w.OwnerKind, w.OwnerName
		f.Subject.Workload = kind + "/" + name
	}
	f.OwnerEvents = sortEvents(f.OwnerEvents)
	f.Revisions = j.revisions(f, p)
}

// deploymentOf names the Deployment behind a ReplicaSet that is not at hand: the
// Deployment controller names its sets NAME-HASH and labels the pods with the
// hash (kubernetes pkg/controller/deployment/sync.go).
func deploymentOf(p *Pod, kind, name string) string {
	hash := p.Labels["pod-template-hash"]
	if kind != "ReplicaSet" || hash == "" {
		return ""
	}
	d, ok := strings.CutSuffix(name, "-"+hash)
	if !ok {
		return ""
	}
	return d
}

func (j *joiner) revisions(f *Facts, p *Pod) []*Revision {
	var out []*Revision
	add := func(w *Workload, mine bool) {
		if w.Template != nil {
			out = append(out, &Revision{Number: w.Revision, Name: w.Name, Created: w.Created, Template: w.Template, Ready: w.Ready, Existing: w.Existing, Mine: mine})
		}
	}
	for i, w := range f.Owners {
		switch w.Kind {
		case "Deployment":
			for _, rs := range j.children[objKey{"Deployment", w.Namespace, w.Name}] {
				add(rs, i > 0 && f.Owners[i-1] == rs)
			}
		case "StatefulSet", "DaemonSet":
			hash := p.Labels["controller-revision-hash"]
			for _, cr := range j.children[objKey{w.Kind, w.Namespace, w.Name}] {
				if cr.Kind == "ControllerRevision" {
					add(cr, hash != "" && (cr.Name == hash || strings.HasSuffix(cr.Name, "-"+hash)))
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *Revision) int { return cmp.Compare(b.Number, a.Number) })
	return out
}

func (j *joiner) claimsOf(f *Facts, p *Pod) {
	for _, v := range p.Spec.Volumes {
		name := ""
		switch {
		case v.PersistentVolumeClaim != nil:
			name = v.PersistentVolumeClaim.ClaimName
		case v.Ephemeral != nil:
			name = p.Name + "-" + v.Name
		}
		if name == "" {
			continue
		}
		k := objKey{"PersistentVolumeClaim", p.Namespace, name}
		f.OwnerEvents = append(f.OwnerEvents, j.events[k]...)
		if c := j.claims[k]; c != nil {
			f.Claims = append(f.Claims, c)
		}
	}
}

// workloadIsSubject: a workload is a subject of its own where it wants pods that
// are not there, or its own conditions or events speak of a failure.
func (j *joiner) workloadIsSubject(w *Workload) bool {
	if w.Kind == "ControllerRevision" || w.OwnerName != "" && j.workByKey[objKey{w.OwnerKind, w.Namespace, w.OwnerName}] != nil {
		return false
	}
	if len(j.pods) == 0 {
		return w.Revision == 0 || w.Desired != 0 || j.failedCreate(w)
	}
	if j.hasPods(w) && (w.Kind != "CronJob") {
		return j.missingPods(w) && j.failedCreate(w)
	}
	return (w.Desired > 0 && w.Ready < w.Desired) || j.failedCreate(w)
}

func (j *joiner) missingPods(w *Workload) bool { return w.Desired > 0 && w.Ready < w.Desired }

func (j *joiner) hasPods(w *Workload) bool {
	if len(j.podsByCtl[ownerKey(w.Kind, w.Namespace, w.Name)]) > 0 {
		return true
	}
	return slices.ContainsFunc(j.children[objKey{w.Kind, w.Namespace, w.Name}], j.hasPods)
}

func (j *joiner) failedCreate(w *Workload) bool {
	for _, c := range w.Conditions {
		if c.Type == "ReplicaFailure" && c.Status == "True" || c.Type == "Failed" && c.Status == "True" {
			return true
		}
	}
	for _, e := range j.events[objKey{w.Kind, w.Namespace, w.Name}] {
		if e.Type == "Warning" {
			return true
		}
	}
	return slices.ContainsFunc(j.children[objKey{w.Kind, w.Namespace, w.Name}], j.failedCreate)
}

func (j *joiner) workload(w *Workload) *Facts {
	f := j.base()
	f.Workload = w
	f.Subject = unloop.Subject{Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}
	var walk func(w *Workload)
	walk = func(w *Workload) {
		f.Owners = append(f.Owners, w)
		f.Events = append(f.Events, j.events[objKey{w.Kind, w.Namespace, w.Name}]...)
		for _, c := range j.children[objKey{w.Kind, w.Namespace, w.Name}] {
			if c.Kind != "ControllerRevision" {
				walk(c)
			}
		}
	}
	walk(w)
	f.Events = sortEvents(f.Events)
	j.have(f)
	f.Have |= Status
	if w.Template != nil {
		f.Have |= Spec
	}
	return f
}
