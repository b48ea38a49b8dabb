package kube

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/facts/convert"
)

// WatchEvents calls do, for one event at a time, for every event about a pod of the cluster
// that has one of the reasons and is written, or counted again, from now on. It returns when
// ctx ends, with its cause, or at the first failure; the caller may begin again. It needs the
// rights to list and to watch events. No goroutine of it outlives it.
func WatchEvents(ctx context.Context, cfg *rest.Config, reasons []string, do func(*facts.Event)) error {
	ctx = klog.NewContext(ctx, klog.Logger{})
	r, err := newReader(cfg)
	if err != nil {
		return err
	}
	defer r.close()
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, reason := range reasons {
		wg.Go(func() {
			stop(r.watchEvents(inner, reason, func(e *facts.Event) {
				mu.Lock()
				defer mu.Unlock()
				do(e)
			}))
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := context.Cause(inner); apierrors.IsForbidden(err) {
		return fmt.Errorf("events may not be watched: %s", oneLine(err))
	} else if err != nil {
		return explain(err, r.host)
	}
	return nil
}

// watchPause lies between two watches, for servers that end each at once.
const watchPause = 200 * time.Millisecond

// watchEvents follows one reason until ctx ends or something fails. The server ends each
// watch after some minutes, and forgets old versions: then it begins from now.
func (r *reader) watchEvents(ctx context.Context, reason string, do func(*facts.Event)) error {
	opts := metav1.ListOptions{FieldSelector: fields.AndSelectors(
		fields.OneTermEqualSelector("involvedObject.kind", "Pod"), fields.OneTermEqualSelector("reason", reason)).String()}
	for {
		if opts.ResourceVersion == "" {
			now := opts
			now.Limit = 1 // only the version is wanted
			var list corev1.EventList
			if err := r.rest.Get().AbsPath(events.path("")).SpecificallyVersionedParams(&now, parameters, corev1.SchemeGroupVersion).Do(ctx).Into(&list); err != nil {
				return err
			}
			opts.ResourceVersion = list.ResourceVersion
		}
		more := opts
		more.Watch, more.AllowWatchBookmarks = true, true
		w, err := r.rest.Get().AbsPath(events.path("")).SpecificallyVersionedParams(&more, parameters, corev1.SchemeGroupVersion).Watch(ctx)
		if err == nil {
			opts.ResourceVersion, err = follow(w, opts.ResourceVersion, do)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(watchPause):
		}
		switch {
		case apierrors.IsResourceExpired(err), apierrors.IsGone(err):
			opts.ResourceVersion = ""
		case err != nil:
			return err
		}
	}
}

// errNotEvent: what was watched is no event.
var errNotEvent = errors.New("the API server sent something else than events")

// follow hands on what one watch brings, and returns the version that it came to.
func follow(w watch.Interface, version string, do func(*facts.Event)) (string, error) {
	defer w.Stop()
	for got := range w.ResultChan() {
		if got.Type == watch.Error {
			return version, apierrors.FromObject(got.Object)
		}
		e, ok := got.Object.(*corev1.Event)
		if !ok {
			return version, errNotEvent
		}
		version = e.ResourceVersion
		if got.Type == watch.Added || got.Type == watch.Modified {
			do(convert.FromEvent(e, facts.Source{}))
		}
	}
	return version, nil
}
