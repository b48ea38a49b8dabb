package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/fleet"
)

// Bounds of the captures that one diagnosis reads: the newest of each container.
const (
	capturesEach    = 2
	capturesAll     = 64
	capturesMaxSize = 256 << 20
)

// Bounds of what is done without being asked for. Who names the recorders waits as long as
// it takes; a look for recorders takes a few milliseconds where the cluster is well.
const (
	findTime  = 2 * time.Second
	askTime   = 5 * time.Second // for the lists of all namespaces together
	fetchTime = 30 * time.Second
	// joinNamespaces is how many namespaces are asked for, each with a token of its own.
	joinNamespaces = 8
)

// sick is a pod that is not well. Captures of another pod that had the same name, known by
// its uid, are not of this one; uid is "" where it is not known, node where no node is.
type sick struct{ namespace, pod, uid, node string }

// joins reports whether captures are joined: those of a place that was named, or of the
// recorders of the cluster. Files are of any cluster, and have those of one that was named.
func (o *diagnoseOptions) joins() bool {
	return o.from.place != "" || o.from.recorders != "" && (o.from.consent || len(o.files) == 0)
}

// unasked reports whether nobody said where captures are: that there are none is no failure.
func (o *diagnoseOptions) unasked() bool { return o.from.place == "" && !o.from.consent }

// within bounds what is done unasked.
func (o *diagnoseOptions) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if !o.unasked() {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, d, fmt.Errorf("no answer within %s", d))
}

// opened is the place that captures come from, or why there is none.
type opened struct {
	src captures
	err error
}

// openCaptures opens the place once.
func (o *diagnoseOptions) openCaptures(ctx context.Context) (captures, error) {
	if o.opened == nil {
		ctx, cancel := o.within(ctx, findTime)
		defer cancel()
		src, err := o.from.open(ctx)
		o.opened = &opened{src, err}
	}
	return o.opened.src, o.opened.err
}

func (o *diagnoseOptions) closeCaptures() {
	if o.opened != nil && o.opened.err == nil {
		o.opened.src.close()
	}
}

// expects reports whether there will be captures to join: recorders that nobody named have
// to be there.
func (o *diagnoseOptions) expects(ctx context.Context) bool {
	if !o.unasked() {
		return true
	}
	_, err := o.openCaptures(ctx)
	return err == nil
}

// joinCaptures adds what the recorder's captures tell of the pods that are not well.
func (o *diagnoseOptions) joinCaptures(ctx context.Context, snap *facts.Snapshot) error {
	if !o.joins() {
		return nil
	}
	pods := sickPods(snap)
	if o.unasked() { // of a pod that came to no node there is no capture
		pods = slices.DeleteFunc(pods, func(p sick) bool { return p.node == "" })
	}
	if len(pods) == 0 {
		return nil
	}
	src, err := o.openCaptures(ctx)
	switch {
	case err == nil:
	case !o.unasked() || ctx.Err() != nil:
		return err
	case errors.Is(err, fleet.ErrNone), errors.Is(err, fleet.ErrDenied):
		return nil
	default:
		snap.Skip("captures: %v", err)
		return nil
	}
	list, err := o.listCaptures(ctx, src, pods, snap)
	if err != nil {
		return err
	}
	if chosen := chooseCaptures(list, pods); len(chosen) > 0 {
		return o.readCaptures(ctx, src, chosen, snap)
	}
	return nil
}

// readCaptures fetches captures and adds what they tell.
func (o *diagnoseOptions) readCaptures(ctx context.Context, src captures, chosen []catalog.Entry, snap *facts.Snapshot) error {
	p := startProgress(o.env, "reading "+plural(len(chosen), "capture"))
	defer p.stop()
	dir, err := os.MkdirTemp("", "unloop-captures-")
	if err != nil {
		return &failure{what: "captures cannot be kept for reading", err: err}
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder; the system removes what stays
	fetch, cancel := o.within(ctx, fetchTime)
	defer cancel()
	var paths []string
	called := map[string]string{}
	for i, e := range chosen {
		if fetch.Err() != nil && ctx.Err() == nil {
			snap.Skip("captures: %d of %d were not fetched within %s: name the recorders to wait, as --recorders %s", len(chosen)-i, len(chosen), fetchTime, o.from.recorders)
			break
		}
		out := &outFile{path: filepath.Join(dir, fmt.Sprintf("%03d%s", i, catalog.Suffix))}
		if _, err := save(fetch, src, e, out); err != nil {
			if ctx.Err() != nil {
				return err
			}
			snap.Skip("capture %s: %v", e.Name, err)
			continue
		}
		paths = append(paths, out.path)
		called[out.path] = "captures/" + e.Name
	}
	if len(paths) == 0 {
		return nil
	}
	more, err := o.env.Read(ctx, paths, nil, collect.Options{})
	if err != nil {
		return err
	}
	rename(more, called)
	snap.Merge(more)
	return nil
}

// question asks for one list, from the recorders of some nodes, of all for none.
type question struct {
	catalog.Query
	nodes []string
}

// questions are the lists to ask for, one of each namespace, because rights are of namespaces;
// left are the namespaces that are too many. A shelf, and recorders that see whose token they
// get, tell of all namespaces at once.
func (o *diagnoseOptions) questions(pods []sick) (out []question, left []string) {
	var spaces []string
	for _, p := range pods {
		if !slices.Contains(spaces, p.namespace) {
			spaces = append(spaces, p.namespace)
		}
	}
	switch many := len(spaces) > joinNamespaces; {
	case o.from.place != "" && len(spaces) > 1, many && o.from.consent:
		spaces = []string{""}
	case many:
		spaces, left = spaces[:joinNamespaces], spaces[joinNamespaces:]
	}
	for _, ns := range spaces {
		q := question{Query: catalog.Query{Namespace: ns}}
		var of []sick
		for _, p := range pods {
			if ns == "" || p.namespace == ns {
				of = append(of, p)
				q.nodes = append(q.nodes, p.node)
			}
		}
		if slices.Sort(q.nodes); q.nodes[0] == "" { // it may have been any
			q.nodes = nil
		}
		q.nodes = slices.Compact(q.nodes)
		if len(of) == 1 {
			q.Pod = of[0].pod
		}
		out = append(out, q)
	}
	return out, left
}

// listCaptures lists those of the pods' namespaces, side by side. What could not be listed is
// noted; the error is for a place that was named and did not answer at all.
func (o *diagnoseOptions) listCaptures(ctx context.Context, src captures, pods []sick, snap *facts.Snapshot) (catalog.List, error) {
	p := startProgress(o.env, "looking for captures")
	defer p.stop()
	ask, left := o.questions(pods)
	within, cancel := o.within(ctx, askTime)
	defer cancel()
	lists, errs := make([]catalog.List, len(ask)), make([]error, len(ask))
	var wg sync.WaitGroup
	for i, q := range ask {
		wg.Go(func() { lists[i], errs[i] = src.list(within, q.Query, q.nodes...) })
	}
	wg.Wait()
	if ctx.Err() != nil {
		return catalog.List{}, context.Cause(ctx)
	}
	all := catalog.NewList(nil)
	failed := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil })
	if len(failed) == len(ask) && !o.unasked() {
		return all, remote(failed[0])
	}
	for i := range ask {
		if errs[i] == nil {
			all.Items = append(all.Items, lists[i].Items...)
			all.Incomplete = append(all.Incomplete, lists[i].Incomplete...)
		}
	}
	catalog.Sort(all.Items)
	slices.Sort(all.Incomplete)
	for _, why := range slices.Compact(all.Incomplete) {
		snap.Skip("captures: %s", why)
	}
	if len(failed) > 0 {
		snap.Skip("captures: %s", o.unreached(failed))
	}
	if len(left) > 0 {
		snap.Skip("captures: those of %s were not asked for: see them with -n: %s", plural(len(left), "more namespace"), strings.Join(left, " "))
	}
	return all, nil
}

// unreached says in one line why recorders that are there were not asked or did not answer.
func (o *diagnoseOptions) unreached(errs []error) string {
	var lack, why []string
	for _, err := range errs {
		var none *fleet.TokenError
		var said *fleet.RemoteError
		forbidden := errors.As(err, &said) && said.Status == http.StatusForbidden
		switch {
		case forbidden && errors.As(err, &none):
			lack = append(lack, "-n "+none.Namespace)
		case forbidden && strings.Contains(said.Message, "pods/proxy"):
			why = append(why, "needs get pods/proxy -n "+o.from.recorders)
		default:
			why = append(why, err.Error())
		}
	}
	if len(lack) > 0 {
		slices.Sort(lack)
		why = append(why, fmt.Sprintf("needs create serviceaccounts/token %s, or --recorders %s with your own token", strings.Join(lack, " "), o.from.recorders))
	}
	slices.Sort(why)
	return strings.Join(slices.Compact(why), "; ")
}

// sickPods are the pods whose state asks for an explanation.
func sickPods(snap *facts.Snapshot) []sick {
	var out []sick
	for _, f := range facts.Join(snap) {
		if f.Pod == nil || f.Pod.Name == "" || f.Pod.Recorded || detect.Judge(f).Healthy {
			continue
		}
		p := sick{f.Pod.Namespace, f.Pod.Name, string(f.Pod.UID), f.Pod.Spec.NodeName}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// chooseCaptures takes the newest captures of each container of the pods, those of an end
// before those that something else caused.
func chooseCaptures(list catalog.List, pods []sick) []catalog.Entry {
	each := map[string]int{}
	var out []catalog.Entry
	take := func(e catalog.Entry) {
		mine := slices.ContainsFunc(pods, func(p sick) bool {
			same := p.uid == "" || e.PodUID == "" || p.uid == e.PodUID
			return same && e.Bytes <= capturesMaxSize && catalog.Query{Namespace: p.namespace, Pod: p.pod}.Takes(e)
		})
		key := strings.Join([]string{e.Namespace, e.Pod, e.Container}, "/")
		if !mine || each[key] >= capturesEach || len(out) >= capturesAll {
			return
		}
		each[key]++
		out = append(out, e)
	}
	for _, ofEnd := range []bool{true, false} {
		for _, e := range list.Items { // the newest first
			if e.OfEnd() == ofEnd {
				take(e)
			}
		}
	}
	slices.SortFunc(out, func(a, b catalog.Entry) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Name, b.Name)) })
	return out
}

// rename gives what was read from temporary files the names of the captures.
func rename(snap *facts.Snapshot, called map[string]string) {
	for _, d := range snap.Deaths {
		if name := called[d.Source.Input]; name != "" {
			d.Source.Input = name
		}
	}
	for i := range snap.Recordings {
		if name := called[snap.Recordings[i].Source.Input]; name != "" {
			snap.Recordings[i].Source.Input = name
		}
	}
	for i, s := range snap.Skipped {
		for path, name := range called {
			s = strings.ReplaceAll(s, path, name)
		}
		snap.Skipped[i] = s
	}
}
