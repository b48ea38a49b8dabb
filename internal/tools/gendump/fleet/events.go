package fleet

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// sickShare is the part of the events that belongs to failing pods, in percent.
const sickShare = 40

// eventsFor writes total events: sickShare of them about the failing pods, the
// rest the ordinary ones of a start.
func (f *fleet) eventsFor(ns *namespace, total int) {
	if len(ns.pods) == 0 {
		return
	}
	for i := range total {
		p := &ns.pods[i%len(ns.pods)]
		if len(ns.sick) > 0 && i%100 < sickShare {
			p = &ns.pods[ns.sick[i%len(ns.sick)]]
		}
		ns.events = append(ns.events, f.event(p, i))
	}
}

func (f *fleet) event(p *corev1.Pod, i int) corev1.Event {
	first := metav1.NewTime(start.Add(-time.Duration(f.rnd.IntN(3500)) * time.Second))
	e := corev1.Event{
		ObjectMeta: f.meta(p.Namespace, fmt.Sprintf("%s.%016x", p.Name, f.rnd.Uint64()), nil, []string{fieldsEvent}),
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: p.Namespace, Name: p.Name, UID: p.UID, APIVersion: "v1",
			ResourceVersion: p.ResourceVersion, FieldPath: "spec.containers{app}"},
		Source: corev1.EventSource{Component: "kubelet", Host: p.Spec.NodeName}, FirstTimestamp: first, LastTimestamp: first, Count: 1,
		Type: "Normal", ReportingController: "kubelet", ReportingInstance: p.Spec.NodeName,
	}
	image := p.Spec.Containers[0].Image
	waiting := ""
	if len(p.Status.ContainerStatuses) > 0 && p.Status.ContainerStatuses[0].State.Waiting != nil {
		waiting = p.Status.ContainerStatuses[0].State.Waiting.Reason
	}
	switch {
	case waiting == "CrashLoopBackOff" && i%2 == 0:
		e.Type, e.Reason, e.Message = "Warning", "BackOff", fmt.Sprintf("Back-off restarting failed container app in pod %s_%s(%s)", p.Name, p.Namespace, p.UID)
		e.Count = int32(1 + f.rnd.IntN(300))
	case waiting == "ImagePullBackOff":
		e.Type, e.Reason, e.Message = "Warning", "Failed", fmt.Sprintf("Failed to pull image %q: rpc error: code = NotFound desc = failed to pull and unpack image %q: failed to resolve reference %q: %s: not found", image, image, image, image)
	case waiting == "CreateContainerConfigError":
		e.Type, e.Reason, e.Message = "Warning", "Failed", `Error: configmap "app-settings" not found`
	case p.Spec.NodeName == "":
		e.Type, e.Reason, e.Message = "Warning", "FailedScheduling", p.Status.Conditions[0].Message
		e.Source, e.ReportingController, e.Count = corev1.EventSource{}, "default-scheduler", 0
		e.EventTime = metav1.NewMicroTime(first.Time)
		e.FirstTimestamp, e.LastTimestamp = metav1.Time{}, metav1.Time{}
		e.Action, e.InvolvedObject.FieldPath = "Scheduling", ""
	case i%3 == 0:
		e.Reason, e.Message = "Pulled", fmt.Sprintf("Container image %q already present on machine", image)
	case i%3 == 1:
		e.Reason, e.Message = "Created", "Created container: app"
	default:
		e.Reason, e.Message = "Started", "Started container app"
	}
	return e
}
