package collect

import (
	"path"
	"strings"

	"github.com/unloop-dev/unloop/internal/collect/manifest"
	"github.com/unloop-dev/unloop/internal/facts"
)

// A list proves that an object does not exist only where it is complete.
// `kubectl cluster-info dump` lists without a selector, so its lists are; what
// somebody saved with `kubectl get` may be part of one.

// dumpKinds are the lists that cluster-info dump writes for each namespace, by
// the name of their file (kubernetes v1.36
// staging/src/k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go).
var dumpKinds = map[string]string{
	"events":                  "Event",
	"replication-controllers": "ReplicationController",
	"services":                "Service",
	"daemonsets":              "DaemonSet",
	"deployments":             "Deployment",
	"replicasets":             "ReplicaSet",
	"pods":                    "Pod",
}

// enoughOfDump is how many of them make a folder a dump's: one may be missing
// or damaged.
const enoughOfDump = 5

// dumpDirs finds the folders of a dump among the files that were walked over.
type dumpDirs struct {
	files map[string]map[string]bool // by folder, the names of dumpKinds seen
	whole map[string][]string        // by folder, the names whose list is whole
	nodes map[string]bool            // folders with a whole list of nodes
}

// see notes a file's name.
func (d *dumpDirs) see(name string) {
	dir, base := path.Split(name)
	base = strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), path.Ext(strings.TrimSuffix(base, ".gz")))
	if dumpKinds[base] == "" {
		return
	}
	if d.files == nil {
		d.files, d.whole, d.nodes = map[string]map[string]bool{}, map[string][]string{}, map[string]bool{}
	}
	if d.files[dir] == nil {
		d.files[dir] = map[string]bool{}
	}
	d.files[dir][base] = true
}

// lists notes the lists of a file that was read.
func (d *dumpDirs) lists(name string, lists []*manifest.List) {
	if len(lists) != 1 || lists[0].Partial || d.files == nil {
		return
	}
	dir, base := path.Split(name)
	base, _, _ = strings.Cut(base, ".")
	if base == "nodes" && (lists[0].Kind == "Node" || lists[0].Kind == "") {
		d.nodes[dir] = true
	}
	l := lists[0]
	kind := dumpKinds[base]
	if kind == "" || l.Kind != "" && l.Kind != kind || l.Namespace != "" && l.Namespace != path.Base(dir) {
		return
	}
	d.whole[dir] = append(d.whole[dir], base)
}

// mark tells the snapshot which lists are complete.
func (d *dumpDirs) mark(s *facts.Snapshot) {
	for dir, names := range d.whole {
		if len(d.files[dir]) < enoughOfDump {
			continue
		}
		for _, n := range names {
			s.MarkListed(dumpKinds[n], path.Base(dir))
		}
		if up, _ := path.Split(strings.TrimSuffix(dir, "/")); d.nodes[up] {
			s.MarkListed("Node", "")
		}
	}
}

// markStream does the same for a dump on one stream: there the lists of one
// namespace follow each other, and the pods come last.
func markStream(s *facts.Snapshot, lists []*manifest.List) {
	var run []*manifest.List
	nodes := false
	for _, l := range lists {
		if l.Kind == "Node" && !l.Partial {
			nodes = true
			continue
		}
		run = append(run, l)
		if l.Kind != "Pod" {
			continue
		}
		if space := spaceOf(run); space != "" {
			for _, l := range run {
				s.MarkListed(l.Kind, space)
			}
			if nodes {
				s.MarkListed("Node", "")
			}
		}
		run = nil
	}
}

// spaceOf returns the namespace that a run of lists is of, "" where it is not
// what a dump writes for one.
func spaceOf(run []*manifest.List) string {
	space, seen := "", map[string]bool{}
	for _, l := range run {
		known := false
		for _, k := range dumpKinds {
			known = known || k == l.Kind
		}
		if !known || seen[l.Kind] || l.Partial || l.Namespace != "" && space != "" && l.Namespace != space {
			return ""
		}
		seen[l.Kind] = true
		if l.Namespace != "" {
			space = l.Namespace
		} else if l.Items > 0 {
			return ""
		}
	}
	if len(seen) < enoughOfDump {
		return ""
	}
	return space
}
