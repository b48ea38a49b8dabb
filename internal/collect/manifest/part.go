package manifest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/facts/convert"
)

// item is one object's text in a batch.
type item struct {
	start, end int
	// line is the number of its first line in the input.
	line int
	yaml bool
	// cut: the input ended inside the object.
	cut bool
}

// batch is a run of items for one worker.
type batch struct {
	*part
	work  *sync.WaitGroup
	input string
	// kind and apiVersion are those of the items, where a typed list says so
	// before it begins.
	kind, apiVersion string
	// listed: the items are those of a list.
	listed bool
	list   []item
	buf    []byte
}

// part is what one batch gave. It belongs to the splitter until the batch is
// handed over, then to the worker, then to the Result.
type part struct {
	snap   facts.Snapshot
	slices []*facts.Endpoints
	// items counts all objects, known those of a kind that is read; unknown are the
	// kinds of the others.
	items, known int
	unknown      []string
	// space is the namespace of the items, mixed that there are several.
	space string
	mixed bool
	// why is the newest reason for skipping, without the place.
	why string
}

// skip records a document or line that could not be read.
func (p *part) skip(input string, line int, format string, args ...any) {
	p.why = strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ")
	p.snap.Skip("%s:%d: %s", input, line, p.why)
}

// in notes the namespace of an object.
func (p *part) in(namespace string) {
	if namespace == "" {
		return
	}
	p.mixed = p.mixed || p.space != "" && p.space != namespace
	p.space = namespace
}

// addSlices joins the slices of each Service. They count more than an Endpoints
// object of the same Service, which is a copy of them that may be cut at 1,000
// addresses (kubernetes v1.36 pkg/controller/endpoint maxCapacity).
func addSlices(s *facts.Snapshot, slices []*facts.Endpoints) {
	if len(slices) == 0 {
		return
	}
	slices = convert.SumEndpoints(slices)
	type key struct{ namespace, service string }
	have := map[key]bool{}
	for _, e := range slices {
		have[key{e.Namespace, e.Service}] = true
	}
	for _, e := range s.Endpoints {
		if !have[key{e.Namespace, e.Service}] {
			slices = append(slices, e)
		}
	}
	s.Endpoints = slices
}

// newestKubelet returns the highest kubelet version of the nodes, "" without.
func newestKubelet(nodes []*facts.NodeFacts) string {
	best, text := [3]int{}, ""
	for _, n := range nodes {
		v := n.Status.NodeInfo.KubeletVersion
		var now [3]int
		if k, _ := fmt.Sscanf(v, "v%d.%d.%d", &now[0], &now[1], &now[2]); k < 2 {
			continue
		}
		if text == "" || now[0] > best[0] || now[0] == best[0] && (now[1] > best[1] || now[1] == best[1] && now[2] > best[2]) {
			best, text = now, v
		}
	}
	return text
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
