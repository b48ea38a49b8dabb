package diagnose

import (
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"
)

// stage is how far a pod or container has come. An event about an earlier stage
// than the present one is history: a pull that failed before the container ran
// explains nothing now.
type stage int

const (
	unknownStage stage = iota
	scheduling
	preparing // volumes and sandbox
	pulling
	creating // container config and create
	starting // runtime start
	ran
)

// reasonStage gives the stage an event complains about.
func reasonStage(reason, message string) stage {
	switch strings.ToLower(reason) {
	case "failedscheduling":
		return scheduling
	case "failedmount", "failedattachvolume", "failedmapvolume", "failedcreatepodsandbox", "failedcreatepodcontainer", "networknotready", "failedpreparedynamicresources":
		return preparing
	case "inspectfailed", "errimageneverpull", "errimagepull", "imagepullbackoff", "failedtoretrieveimagepullsecret":
		return pulling
	case "backoff":
		if strings.Contains(strings.ToLower(message), "pulling image") {
			return pulling
		}
		return ran
	case "failedsync":
		// Old kubelets put the reason of a failed pull here (kubernetes up to 1.5).
		if strings.Contains(strings.ToLower(message), "errimagepull") {
			return pulling
		}
		return unknownStage
	case "failed":
		m := strings.ToLower(message)
		switch {
		case strings.Contains(m, "pull"):
			return pulling
		case strings.Contains(m, "failed to start container"), strings.Contains(m, "starting container process"), strings.Contains(m, "start failed"), strings.Contains(m, "create failed"):
			return starting
		}
		return creating
	}
	return unknownStage
}

// containerStage gives how far a container has come, as its status tells.
func containerStage(c *facts.Container) stage {
	if c.Running() != nil {
		return ran
	}
	if w := c.Waiting(); w != nil {
		switch w.Reason {
		case "ContainerCreating", "PodInitializing", "":
			if t, _ := c.Exit(); t == nil {
				return preparing
			}
			return unknownStage
		case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed":
			return pulling
		case "CreateContainerConfigError", "CreateContainerError", "PreCreateHookError":
			return creating
		case "RunContainerError", "PreStartHookError":
			return starting
		}
	}
	if t, _ := c.Exit(); t != nil {
		if t.Reason == "StartError" || t.Reason == "ContainerCannotRun" {
			return starting
		}
		return ran
	}
	return unknownStage
}

// passes gives the stage that a good event shows to be over.
func passes(reason string) stage {
	switch strings.ToLower(reason) {
	case "scheduled":
		return scheduling
	case "pulling", "pulled":
		return preparing
	case "created":
		return creating
	case "started":
		return starting
	}
	return unknownStage
}

// createdSince reports whether an event complains that pods could not be created,
// and one was since: this pod, or one that the same owner tells of.
func createdSince(p *Pass, e *facts.Event) bool {
	if e.Reason != "FailedCreate" || e.Last.IsZero() {
		return false
	}
	if p.Pod != nil && p.Pod.Pod != nil && !e.Last.After(p.Pod.CreationTimestamp.Time) {
		return true
	}
	return slices.ContainsFunc(slices.Concat(p.Events, p.OwnerEvents), func(x *facts.Event) bool {
		return x.Reason == "SuccessfulCreate" && x.Object.Name == e.Object.Name && x.Seq > e.Seq && !x.First.Before(e.Last)
	})
}

// stale reports whether the pod has come past what an event complains about: its
// status shows a later stage, or a newer event shows the complaint's stage passed.
func stale(p *Pass, t *Text) bool {
	complains := reasonStage(t.Reason, t.Body)
	if complains == unknownStage || complains == ran {
		return false
	}
	events := p.Events
	if t.Container != nil && len(t.Container.Events) > 0 {
		if now := containerStage(t.Container); now != unknownStage {
			return now > complains
		}
		if complains > preparing {
			events = t.Container.Events
		}
	}
	if passedSince(events, t.Event, complains) {
		return !sandboxLost(p, t.Event)
	}
	if t.Container != nil {
		return false
	}
	// A text about the whole pod is history once every container is past it.
	known := false
	for _, c := range p.Containers {
		if c.Class == facts.Ephemeral {
			continue
		}
		now := containerStage(c)
		if now == unknownStage || now <= complains {
			return false
		}
		known = true
	}
	// The containers of a pod that lost its sandbox keep their last known state.
	return known && !sandboxLost(p, t.Event)
}

// passedSince reports whether a newer event shows that the stage is over. Equal
// ages count by order: the API server lists the older one first.
func passedSince(events []*facts.Event, e *facts.Event, complains stage) bool {
	after := false
	for _, x := range events {
		if x == e {
			after = true
			continue
		}
		if after && passes(x.Reason) >= complains && (x.Age < 0 || e.Age < 0 || x.Age < e.Age) {
			return true
		}
	}
	return false
}

func sandboxLost(p *Pass, e *facts.Event) bool {
	for _, x := range p.Events {
		if strings.EqualFold(x.Reason, "SandboxChanged") && x.Age >= 0 && e.Age >= 0 && e.Age <= x.Age {
			return true
		}
	}
	return false
}
