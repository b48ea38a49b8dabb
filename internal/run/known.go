package run

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/unloop-dev/unloop/internal/facts"
)

// known is what this run, as the kubelet of the command, knows about it: the rules it
// is kept under, and what happened. Texts of events are the kubelet's, because the rules of
// the diagnosis know them.
type known struct {
	cfg    *Config
	host   string
	events []*facts.Event
	// last is the end before the newest.
	last *Death
}

// keepEvents bounds the events; of those alike the newest stays.
const keepEvents = 64

// happened notes an event.
func (k *known) happened(at time.Time, typ, reason, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	for i, e := range k.events {
		if e.Reason == reason && e.Message == message {
			e.Last = at
			e.Count++
			k.events = append(slices.Delete(k.events, i, i+1), e)
			return
		}
	}
	if len(k.events) == keepEvents {
		k.events = slices.Delete(k.events, 0, 1)
	}
	k.events = append(k.events, &facts.Event{
		Object: facts.ObjectRef{Kind: "Pod", Name: k.cfg.Name, FieldPath: fmt.Sprintf("spec.containers{%s}", k.cfg.Name)},
		Type:   typ, Reason: reason, Message: message, Component: "unloop", Host: k.host,
		First: at, Last: at, Age: -1, FirstAge: -1, Count: 1,
	})
}

// snapshot states what is known at an end. wait is the whole back-off that follows, 0 for
// none. deaths are what the capture tells.
func (k *known) snapshot(d *Death, wait time.Duration, deaths []*facts.Death) *facts.Snapshot {
	uid := fmt.Sprintf("unloop-run-%d", d.Pid)
	p := &facts.Pod{Pod: &corev1.Pod{}, HasSpec: true, HasStatus: true, Local: true}
	p.Name, p.UID = k.cfg.Name, types.UID(uid)
	p.CreationTimestamp = metav1.NewTime(d.Since)
	p.Spec = k.spec()
	status := corev1.ContainerStatus{Name: k.cfg.Name, RestartCount: int32(min(d.Restarts, math.MaxInt32))}
	term := k.terminated(d, uid)
	switch {
	case d.Again && wait > 0:
		status.State.Waiting = &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: backoffText(k.cfg.Name, wait)}
		status.LastTerminationState.Terminated = term
	default:
		status.State.Terminated = term
		if k.last != nil {
			status.LastTerminationState.Terminated = k.terminated(k.last, "")
		}
		p.Status.Phase = corev1.PodRunning
		if !d.Again {
			p.Status.Phase = corev1.PodFailed
			if !d.Failed() && d.Probe == "" {
				p.Status.Phase = corev1.PodSucceeded
			}
		}
	}
	p.Status.ContainerStatuses = []corev1.ContainerStatus{status}
	s := &facts.Snapshot{Taken: d.Ended.UTC(), ServerVersion: "v1.36.0", Pods: []*facts.Pod{p}}
	for i, e := range k.events {
		e := *e
		e.Seq = i + 1
		e.Age, e.FirstAge = max(d.Ended.Sub(e.Last), 0), max(d.Ended.Sub(e.First), 0)
		s.Events = append(s.Events, &e)
	}
	for _, x := range deaths {
		if x.Main {
			x.PodUID, x.Pod, x.Container, x.ContainerID = uid, k.cfg.Name, k.cfg.Name, uid
		}
		s.Deaths = append(s.Deaths, x)
	}
	if text := d.Fault.log(); text != "" {
		s.Logs = append(s.Logs, &facts.Log{Pod: k.cfg.Name, Container: k.cfg.Name, Text: text, FirstLine: 1})
	}
	// All there is to know is here: no events but these.
	s.MarkListed("Event", "")
	return s
}

// backoffText is the kubelet's: pkg/kubelet/kuberuntime/kuberuntime_manager.go doBackOff.
func backoffText(name string, wait time.Duration) string {
	return fmt.Sprintf("back-off %s restarting failed container=%s pod=%s", wait, name, name)
}

func (k *known) terminated(d *Death, uid string) *corev1.ContainerStateTerminated {
	t := &corev1.ContainerStateTerminated{
		ExitCode: int32(d.ExitStatus()), Signal: int32(d.Signal), Reason: "Error",
		StartedAt: metav1.NewTime(d.Since), FinishedAt: metav1.NewTime(d.Ended),
	}
	switch {
	case d.Fault != nil && d.Fault.message() != "":
		t.Reason, t.Message, t.ExitCode = "StartError", d.Fault.message(), 128
	case d.OOM:
		t.Reason = "OOMKilled"
	case d.ExitStatus() == 0:
		t.Reason = "Completed"
	}
	if uid != "" {
		t.ContainerID = "unloop://" + uid
	}
	return t
}

// spec is the pod that the command would be.
func (k *known) spec() corev1.PodSpec {
	c := corev1.Container{
		Name: k.cfg.Name, Command: k.cfg.Argv[:1], Args: k.cfg.Argv[1:], WorkingDir: k.cfg.Dir,
		TerminationMessagePath: "/dev/termination-log", // tells the rules that the spec is whole
	}
	limits := corev1.ResourceList{}
	if n := k.cfg.Limits.MemoryBytes; n > 0 {
		limits[corev1.ResourceMemory] = *resource.NewQuantity(n, resource.BinarySI)
	}
	if n := k.cfg.Limits.MilliCPU; n > 0 {
		limits[corev1.ResourceCPU] = *resource.NewMilliQuantity(n, resource.DecimalSI)
	}
	if len(limits) > 0 {
		c.Resources.Limits = limits
	}
	for i := range k.cfg.Probes {
		p := &k.cfg.Probes[i]
		switch p.Kind {
		case Liveness:
			c.LivenessProbe = p.spec()
		case Readiness:
			c.ReadinessProbe = p.spec()
		case Startup:
			c.StartupProbe = p.spec()
		}
	}
	grace := seconds(k.cfg.Grace)
	s := corev1.PodSpec{
		NodeName: k.host, RestartPolicy: corev1.RestartPolicy(k.cfg.Restart), Containers: []corev1.Container{c},
	}
	if grace > 0 {
		wide := int64(grace)
		s.TerminationGracePeriodSeconds = &wide
	}
	return s
}

// spec is the probe as a pod has it; times are whole seconds there.
func (p *Probe) spec() *corev1.Probe {
	s := &corev1.Probe{
		InitialDelaySeconds: seconds(p.Delay), PeriodSeconds: seconds(p.Period), TimeoutSeconds: seconds(p.Timeout),
		FailureThreshold: int32(p.Failures), SuccessThreshold: int32(p.Successes),
	}
	switch {
	case p.HTTP != nil:
		u := p.HTTP.URL
		s.HTTPGet = &corev1.HTTPGetAction{Path: cmp.Or(u.RequestURI(), "/"), Port: intstr.Parse(u.Port()), Scheme: corev1.URIScheme(strings.ToUpper(u.Scheme))}
	case p.TCP != "":
		s.TCPSocket = &corev1.TCPSocketAction{Port: intstr.Parse(p.TCP[strings.LastIndexByte(p.TCP, ':')+1:])}
	case p.GRPC != nil:
		n := intstr.Parse(p.GRPC.Addr[strings.LastIndexByte(p.GRPC.Addr, ':')+1:])
		s.GRPC = &corev1.GRPCAction{Port: n.IntVal, Service: &p.GRPC.Service}
	default:
		s.Exec = &corev1.ExecAction{Command: p.Exec}
	}
	if p.Grace != nil {
		n := int64(seconds(*p.Grace))
		s.TerminationGracePeriodSeconds = &n
	}
	return s
}

// seconds rounds up: the spec of a pod has no part of a second.
func seconds(d time.Duration) int32 {
	return int32(min((d+time.Second-1)/time.Second, math.MaxInt32))
}
