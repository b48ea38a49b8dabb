package collect

import (
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/scap"
)

// owner is the container that a recording is of, where the recorder or the caller says
// so. The names of the facts are those that internal/flight and internal/run write.
type owner struct {
	namespace, pod, container, node string
	containerID, containerName      string
	image                           string
	// mainPid is the number of the main process on the host; 0 unknown.
	mainPid int64
	// run is the name of the command that the recording is of, "" where it is of a container;
	// restarts is how often it had been restarted.
	run      string
	restarts int32
	// oom: the kernel killed a process of the container for memory.
	oom bool
}

// whose reads what a capture says about itself. mainPid, where not 0, is known better.
func whose(own *scap.Private, mainPid int64) owner {
	o := owner{
		namespace: own.Get("namespace"), pod: own.Get("pod"), container: own.Get("container"), node: own.Get("node"),
		containerID: own.Get("container.id"), containerName: own.Get("container.name"), image: own.Get("image"),
		oom: own.Get("death.oom") == "true", mainPid: mainPid,
	}
	if o.run = own.Get("run.name"); o.run != "" {
		n, _ := strconv.ParseInt(own.Get("run.restarts"), 10, 32) // 0 where it is not said
		o.restarts = int32(max(n, 0))
	}
	for _, fact := range []string{"run.pid", "death.pid"} {
		if o.mainPid == 0 {
			o.mainPid, _ = strconv.ParseInt(own.Get(fact), 10, 64) // 0 where it is not said
		}
	}
	return o
}

// claim fills in what the events do not tell of the container of a process.
func (o *owner) claim(d *facts.Death) {
	if o.mainPid != 0 {
		d.Main = d.Pid == o.mainPid
	}
	if o.node != "" {
		d.Host = o.node // the name that the cluster knows, not the machine's own
	}
	if d.ContainerID != "" && o.containerID != "" && !strings.HasPrefix(o.containerID, d.ContainerID) && !strings.HasPrefix(d.ContainerID, o.containerID) {
		return // a neighbour
	}
	d.OOM = o.oom && d.Main
	if o.run != "" && d.Main {
		d.Local, d.ContainerName, d.Restarts = true, o.run, o.restarts
		return
	}
	if d.Pod != "" || o.pod == "" && o.containerID == "" {
		return
	}
	d.Namespace, d.Pod, d.Container = o.namespace, o.pod, o.container
	for _, x := range []struct {
		to    *string
		value string
	}{{&d.ContainerID, o.containerID}, {&d.ContainerName, o.containerName}, {&d.Image, o.image}} {
		if *x.to == "" {
			*x.to = x.value
		}
	}
}
