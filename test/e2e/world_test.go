//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// world watches the pods and events of the whole cluster, so that any number of
// scenarios wait on conditions without asking the API server again and again.
type world struct {
	client kubernetes.Interface
	pods   listers.PodLister
	events listers.EventLister

	mu sync.Mutex
	// changed is closed and made anew at every change.
	changed chan struct{}
}

// watch starts a world that lives as long as ctx.
func watch(ctx context.Context, kubeconfig string) (*world, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	f := informers.NewSharedInformerFactory(client, 0)
	w := &world{client: client, pods: f.Core().V1().Pods().Lister(), events: f.Core().V1().Events().Lister(), changed: make(chan struct{})}
	h := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { w.wake() },
		UpdateFunc: func(any, any) { w.wake() },
		DeleteFunc: func(any) { w.wake() },
	}
	for _, i := range []cache.SharedIndexInformer{f.Core().V1().Pods().Informer(), f.Core().V1().Events().Informer()} {
		if _, err := i.AddEventHandler(h); err != nil {
			return nil, err
		}
	}
	f.Start(ctx.Done())
	for kind, ok := range f.WaitForCacheSync(ctx.Done()) {
		if !ok {
			return nil, fmt.Errorf("no list of %v", kind)
		}
	}
	return w, nil
}

func (w *world) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.changed)
	w.changed = make(chan struct{})
}

// waitLimit is generous: a loaded machine is slow, and no figure depends on it.
const waitLimit = 4 * time.Minute

// wait returns when the condition holds in a namespace. Its error says what was
// there instead.
func (w *world) wait(ctx context.Context, namespace string, c condition) error {
	limit := time.NewTimer(waitLimit)
	defer limit.Stop()
	age := time.NewTicker(time.Second) // for conditions that become true while nothing changes
	defer age.Stop()
	for {
		w.mu.Lock()
		changed := w.changed
		w.mu.Unlock()
		pods, err := w.pods.Pods(namespace).List(labels.Everything())
		if err != nil {
			return err
		}
		events, err := w.events.Events(namespace).List(labels.Everything())
		if err != nil {
			return err
		}
		if c.holds(pods, events) {
			return nil
		}
		select {
		case <-changed:
		case <-age.C:
		case <-limit.C:
			return fmt.Errorf("did not come true within %s; there is: %s", waitLimit, describe(pods, events))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// describe is one line about the pods and the reasons of the last events.
func describe(pods []*corev1.Pod, events []*corev1.Event) string {
	var out []string
	for _, p := range pods {
		s := p.Name + " " + string(p.Status.Phase)
		for _, c := range append(p.Status.InitContainerStatuses, p.Status.ContainerStatuses...) {
			switch {
			case c.State.Waiting != nil:
				s += " " + c.Name + " waiting " + c.State.Waiting.Reason
			case c.State.Terminated != nil:
				s += fmt.Sprintf(" %s exited %d", c.Name, c.State.Terminated.ExitCode)
			case c.State.Running != nil:
				s += " " + c.Name + " running"
			}
			s += fmt.Sprintf(" (%d restarts)", c.RestartCount)
		}
		out = append(out, s)
	}
	if len(pods) == 0 {
		out = append(out, "no pod")
	}
	for _, e := range events[max(0, len(events)-5):] {
		out = append(out, "event "+e.InvolvedObject.Kind+"/"+e.InvolvedObject.Name+" "+e.Reason+": "+e.Message)
	}
	return strings.Join(out, "; ")
}
