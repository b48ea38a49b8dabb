package event

var containerTypeWords = []string{"host", "docker", "lxc", "libvirt-lxc", "cri", "containerd", "cri-o", "bpm", "static", "podman"}

var containerFields = []Field{
	{Name: "container.id", Type: Text, Group: "container", Doc: "First 12 digits of the id; host outside of containers.", Example: "container.id != host"},
	{Name: "container.full_id", Type: Text, In: CurOnly, Group: "container", Doc: "All digits of the id.", Example: "container.full_id startswith 3ad7b26ded6d"},
	{Name: "container.name", Type: Text, Group: "container", Doc: "Name; host outside of containers.", Example: "container.name = web"},
	{Name: "container.image", Type: Text, Group: "container", Doc: "Image with its tag.", Example: "container.image startswith nginx:"},
	{Name: "container.image.id", Type: Text, Group: "container", Doc: "Id of the image.", Example: "container.image.id = 6f7e2741b66b"},
	{Name: "container.image.repository", Type: Text, Group: "container", Doc: "Image without tag.", Example: "container.image.repository endswith /api"},
	{Name: "container.image.tag", Type: Text, Group: "container", Doc: "Tag of the image.", Example: "container.image.tag = latest"},
	{Name: "container.image.digest", Type: Text, Group: "container", Doc: "Digest of the image.", Example: "container.image.digest exists"},
	{Name: "container.type", Type: Text, Group: "container", Doc: "What runs the container; host outside of containers.", Example: "container.type = containerd", Words: containerTypeWords},
	{Name: "container.privileged", Type: Boolean, Group: "container", Doc: "True for a privileged container.", Example: "container.privileged = true"},
	{Name: "container.mounts", Type: Text, Group: "container", Doc: "All mounts as source:destination:mode:writable:propagation, joined with commas.", Example: "container.mounts contains /var/run/docker.sock"},
	{Name: "container.mount", Type: Text, Arg: RequiredArg, ArgIs: "a number or a pattern for the source", Group: "container", Doc: "One mount, in the same form.", Example: "container.mount[0] exists"},
	{Name: "container.mount.source", Type: Text, Arg: RequiredArg, ArgIs: "a number or a pattern for the destination", Group: "container", Doc: "Source of a mount.", Example: "container.mount.source[/etc/config] exists"},
	{Name: "container.mount.dest", Type: Text, Arg: RequiredArg, ArgIs: "a number or a pattern for the source", Group: "container", Doc: "Destination of a mount.", Example: "container.mount.dest[0] = /data"},
	{Name: "container.mount.mode", Type: Text, Arg: RequiredArg, ArgIs: "a number or a pattern for the source", Group: "container", Doc: "Mode of a mount.", Example: "container.mount.mode[0] = ro"},
	{Name: "container.mount.rdwr", Type: Text, Arg: RequiredArg, ArgIs: "a number or a pattern for the source", Group: "container", Doc: "true where the mount can be written to.", Example: "container.mount.rdwr[0] = true", Words: []string{"true", "false"}},
	{Name: "container.mount.propagation", Type: Text, Arg: RequiredArg, ArgIs: "a number or a pattern for the source", Group: "container", Doc: "Propagation of a mount.", Example: "container.mount.propagation[0] = rprivate"},
	{Name: "container.healthcheck", Type: Text, Group: "container", Doc: "Command of the health check; NONE where there is none.", Example: "container.healthcheck != NONE"},
	{Name: "container.liveness_probe", Type: Text, Group: "container", Doc: "Command of the exec liveness probe; NONE where there is none.", Example: "container.liveness_probe != NONE"},
	{Name: "container.readiness_probe", Type: Text, Group: "container", Doc: "Command of the exec readiness probe; NONE where there is none.", Example: "container.readiness_probe != NONE"},
	{Name: "container.start_ts", Type: Time, In: CurOnly, Group: "container", Doc: "When the container was created, from its document.", Example: "container.start_ts > 0"},
	{Name: "container.duration", Type: Span, In: CurOnly, Group: "container", Doc: "Nanoseconds since the container was created.", Example: "container.duration < 10000000000"},
	{Name: "container.ip", Type: Text, In: CurOnly, Group: "container", Doc: "Address of the container, from its document.", Example: "container.ip exists"},
	{Name: "container.label", Type: Text, Arg: RequiredArg, ArgIs: "a label", In: CurOnly, Group: "container", Doc: "Value of a label.", Example: "container.label[app] = web"},
	{Name: "container.labels", Type: Text, In: CurOnly, Group: "container", Doc: "All labels as name:value, joined with commas.", Example: "container.labels contains app:web"},
}

var k8sFields = []Field{
	{Name: "k8s.pod.name", Type: Text, Group: "k8s", Doc: "Name of the pod.", Example: "k8s.pod.name startswith web-"},
	{Name: "k8s.pod.id", Type: Text, Group: "k8s", Doc: "UID of the pod.", Example: "k8s.pod.id exists"},
	{Name: "k8s.pod.uid", Type: Text, In: CurOnly, Group: "k8s", Doc: "UID of the pod.", Example: "k8s.pod.uid exists"},
	{Name: "k8s.pod.sandbox_id", Type: Text, In: CurOnly, Group: "k8s", Doc: "First 12 digits of the id of the pod's sandbox.", Example: "k8s.pod.sandbox_id exists"},
	{Name: "k8s.pod.full_sandbox_id", Type: Text, In: CurOnly, Group: "k8s", Doc: "Id of the pod's sandbox.", Example: "k8s.pod.full_sandbox_id exists"},
	{Name: "k8s.pod.ip", Type: Text, In: CurOnly, Group: "k8s", Doc: "Address of the pod, from the document of its container.", Example: "k8s.pod.ip exists"},
	{Name: "k8s.pod.label", Type: Text, Arg: RequiredArg, ArgIs: "a label", Group: "k8s", Doc: "Value of a label of the pod.", Example: "k8s.pod.label[app] = web"},
	{Name: "k8s.pod.labels", Type: Text, Group: "k8s", Doc: "All labels of the pod as name:value, joined with commas.", Example: "k8s.pod.labels contains app:web"},
	{Name: "k8s.ns.name", Type: Text, Group: "k8s", Doc: "Namespace of the pod.", Example: "k8s.ns.name = shop"},
	{Name: "k8s.container.name", Type: Text, In: Ours, Group: "k8s", Doc: "Name of the container in the pod's specification.", Example: "k8s.container.name = app"},
	{Name: "k8s.container.restart", Type: Int, In: Ours, Group: "k8s", Doc: "How often the kubelet had restarted the container when this instance was created. Missing where the document does not say.", Example: "k8s.container.restart > 3"},
}
