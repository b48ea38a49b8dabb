package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/facts/convert"
)

const (
	// logsAtOnce: each log is one stream through the API server to a kubelet.
	logsAtOnce = 16
	// siblingLogs is how many pods of one controller with one failure are read: the
	// second and third tell a common cause from a single one's.
	siblingLogs = 3
	// logTimeout is how long one kubelet may take. A node that is gone costs it once.
	logTimeout = 10 * time.Second
	// allLogBytes bounds the logs of one reading together.
	allLogBytes = 64 << 20
	// maxLineBytes is how long one line of a log file is at most (containerd
	// max_container_log_line_size). The kubelet cuts a log that is longer than was
	// asked for at its end (k8s.io/cri-client v0.36 pkg/logs/logs.go), where the reason
	// stands, so as much is asked for as the lines can hold.
	maxLineBytes = 16 << 10
)

// podLogs is how logs are called where they are refused.
var podLogs = &kind{name: "Log", resource: "pods/log", fact: facts.Logs}

// readLogs reads the logs of containers with something to explain, those that
// failed last first, into the snapshot.
func (c *collector) readLogs(ctx context.Context, s *facts.Snapshot, sick []subject) error {
	plan, skipped := planLogs(sick, c.cfg.LogPods)
	for _, why := range skipped {
		s.Skip("%s", why)
	}
	if len(plan) == 0 {
		return ctx.Err()
	}
	keep := min(c.cfg.LogBytes, allLogBytes/int64(len(plan)))
	var mu sync.Mutex // guards what follows
	refused := map[string]error{}
	silent := map[string]bool{}
	done := 0

	slots := make(chan struct{}, logsAtOnce)
	var wg sync.WaitGroup
	for _, l := range plan {
		if l.Err != "" {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			mu.Lock()
			forbidden, gone := refused[l.Namespace] != nil, silent[l.node]
			mu.Unlock()
			var err error
			switch {
			case forbidden || ctx.Err() != nil:
			case gone:
				l.Err = fmt.Sprintf("node %s did not answer", l.node)
			default:
				err = c.readLog(ctx, l, keep)
			}
			mu.Lock()
			defer mu.Unlock()
			if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) {
				refused[l.Namespace] = err
			}
			silent[l.node] = silent[l.node] || isSilence(err)
			done++
			c.tell(Progress{Reading: "logs", Done: done, Total: len(plan)})
		})
	}
	wg.Wait()
	for _, l := range plan {
		if err := refused[l.Namespace]; err != nil && l.Text == "" {
			s.Merge(refusal(podLogs, "get", l.Namespace, "", err))
			continue
		}
		s.Logs = append(s.Logs, &l.Log)
	}
	return ctx.Err()
}

// wantedLog is a log to be read.
type wantedLog struct {
	facts.Log
	node string
	// at is when the container failed.
	at time.Time
}

// planLogs chooses the logs worth reading, newest failure first, and says what it
// leaves out.
func planLogs(sick []subject, maxPods int) (plan []*wantedLog, skipped []string) {
	type podPlan struct {
		at     time.Time
		group  string
		unread []*wantedLog
	}
	var all []podPlan
	for _, f := range sick {
		if f.Pod == nil || f.Pod.UID == "" {
			continue
		}
		p := podPlan{group: failureOf(f)}
		for _, container := range failing(f) {
			for _, l := range logsOf(f, container) {
				p.unread = append(p.unread, l)
				if l.at.After(p.at) {
					p.at = l.at
				}
			}
		}
		if len(p.unread) > 0 {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b podPlan) int { return b.at.Compare(a.at) })
	alike := map[string]int{}
	pods, over := 0, 0
	for _, p := range all {
		alike[p.group]++
		switch {
		case p.group != "" && alike[p.group] > siblingLogs:
			for _, l := range p.unread {
				l.Err = fmt.Sprintf("not read: %d other pods of the same controller fail alike, and theirs were", siblingLogs)
			}
		case pods == maxPods:
			over++
			continue
		default:
			pods++
		}
		plan = append(plan, p.unread...)
	}
	if over > 0 {
		skipped = append(skipped, fmt.Sprintf("logs of %d more failing pods were not read: the %d that failed last were", over, maxPods))
	}
	return plan, skipped
}

// failing returns the containers whose logs may say why.
func failing(f subject) []*facts.Container {
	out := f.state.Troubled()
	if len(out) == 0 && (f.state.Has(detect.Removed) || f.state.Has(detect.Stuck)) {
		for _, c := range f.Containers {
			if t, _ := c.Exit(); t != nil && t.ExitCode != 0 {
				out = append(out, c)
			}
		}
	}
	return out
}

// logsOf says which logs a container has: that of the instance that died, and
// that of the one that runs again.
func logsOf(f subject, c *facts.Container) []*wantedLog {
	exit, ended := c.Exit()
	if c.Status == nil || exit == nil && c.Running() == nil {
		return nil // never ran
	}
	at := f.Pod.CreationTimestamp.Time
	if exit != nil {
		at = exit.FinishedAt.Time
	} else if !c.Running().StartedAt.IsZero() {
		at = c.Running().StartedAt.Time
	}
	log := func(previous bool) *wantedLog {
		return &wantedLog{node: f.Pod.Spec.NodeName, at: at, Log: facts.Log{
			Namespace: f.Pod.Namespace, Pod: f.Pod.Name, Container: c.Name, Previous: previous,
			Origin: facts.FromContainer, FirstLine: 1, Source: live,
		}}
	}
	switch {
	case ended == "state.terminated":
		return []*wantedLog{log(false)}
	case c.Running() == nil:
		// Of a container that waits, both logs are that of its last instance.
		return []*wantedLog{log(true)}
	case exit != nil || c.Restarts() > 0:
		return []*wantedLog{log(true), log(false)}
	}
	return []*wantedLog{log(false)}
}

// failureOf names what pods of one controller have in common when they fail
// alike; "" for a pod without a controller.
func failureOf(f subject) string {
	o := metav1.GetControllerOfNoCopy(f.Pod)
	if o == nil {
		return ""
	}
	parts := []string{f.Pod.Namespace, o.Kind, o.Name, f.Pod.Labels["controller-revision-hash"]}
	for _, c := range failing(f) {
		parts = append(parts, c.Name)
		if t, _ := c.Exit(); t != nil {
			parts = append(parts, t.Reason, strconv.Itoa(int(t.ExitCode)))
		}
	}
	return strings.Join(parts, "\x00")
}

// readLog fills in the text, or why there is none. The error is for what others
// can learn from it.
func (c *collector) readLog(ctx context.Context, l *wantedLog, keep int64) error {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	req := c.rest.Get().AbsPath(pods.path(l.Namespace), l.Pod, "log").
		Param("container", l.Container).
		Param("tailLines", strconv.FormatInt(c.cfg.LogLines, 10)).
		Param("limitBytes", strconv.FormatInt(min(c.cfg.LogLines*maxLineBytes, allLogBytes), 10))
	if l.Previous {
		req.Param("previous", "true")
	}
	body, err := req.Stream(ctx)
	if err == nil {
		defer body.Close()
		var text []byte
		text, err = tail(body, int(keep))
		l.Text = string(text)
	}
	if why := convert.LogRefusal(l.Text); why != "" {
		l.Text, l.Err = "", why
	}
	if err != nil && l.Text == "" {
		l.Err = logError(err)
	}
	return err
}

// logError gives the words of the server or kubelet.
func logError(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Message != "" {
		return strings.Join(strings.Fields(status.Status().Message), " ")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("the node did not send it within %s", logTimeout)
	}
	return oneLine(err)
}

// isSilence reports whether the kubelet could not be reached. The API server
// passes the kubelet's own errors on with a reason, and its failure to reach the
// kubelet as 500 without one (k8s.io/apiserver v0.36
// pkg/endpoints/handlers/responsewriters/status.go ErrorToAPIStatus).
func isSilence(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return errors.Is(err, context.DeadlineExceeded)
	}
	switch status.Status().Code {
	case http.StatusInternalServerError:
		return status.Status().Reason == metav1.StatusReasonUnknown
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// tail returns the last bytes of a stream, from the start of a line. It holds at
// most twice as many.
func tail(r io.Reader, keep int) ([]byte, error) {
	buf := make([]byte, 0, min(2*keep, 64<<10))
	cut := false
	for {
		if len(buf) == cap(buf) {
			if cap(buf) < 2*keep {
				buf = slices.Grow(buf, min(cap(buf), 2*keep-cap(buf)))
			} else {
				buf = append(buf[:0], buf[len(buf)-keep:]...)
				cut = true
			}
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == nil {
			continue
		}
		if len(buf) > keep {
			buf, cut = buf[len(buf)-keep:], true
		}
		if i := bytes.IndexByte(buf, '\n'); cut && i >= 0 && i+1 < len(buf) {
			buf = buf[i+1:]
		}
		if err == io.EOF {
			err = nil
		}
		return buf, err
	}
}
