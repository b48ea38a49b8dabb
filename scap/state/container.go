package state

import (
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// containerOf returns the container that the cgroups belong to, nil for the host. One
// that no event has introduced yet is known by its id only.
func (t *Tracker) containerOf(cgroups string) *event.Container {
	if cgroups == "" {
		return nil
	}
	if cgroups == t.cgroups {
		return t.ofCgroups
	}
	id := containerID(cgroups)
	var c *event.Container
	if id != "" {
		c = t.container(id)
	}
	t.cgroups, t.ofCgroups = cgroups, c
	return c
}

// container returns the entry of an id, making one.
func (t *Tracker) container(id string) *event.Container {
	if len(id) > maxID {
		t.stats.Refused++
		return nil
	}
	short := id
	if len(id) == fullID {
		short = id[:12]
	}
	c := t.containers[short]
	if c == nil {
		if len(t.containers) >= maxContainers {
			t.stats.Refused++
			return nil
		}
		c = &event.Container{ID: short}
		t.containers[short] = c
	}
	if len(id) == fullID && c.FullID == "" {
		c.FullID = id
	}
	return c
}

// maxID bounds ids, which LXC lets people choose.
const maxID = 256

// fullID is how many hexadecimal digits a container's id has.
const fullID = 64

// containerID finds the id in "subsystem=path" strings. Runtimes wrap it in the last
// component: plain, "docker-ID.scope", "cri-containerd-ID.scope", "crio-ID.scope",
// "libpod-ID.scope", "x:cri-containerd:ID"; LXC has names instead of ids.
func containerID(cgroups string) string {
	for entry := range strings.SplitSeq(cgroups, "\x00") {
		_, path, ok := strings.Cut(entry, "=")
		if !ok || len(path) < 2 {
			continue
		}
		path = strings.TrimSuffix(path, "/container")
		last := path[strings.LastIndexByte(path, '/')+1:]
		last = strings.TrimSuffix(last, ".scope")
		if n := len(last) - fullID; n >= 0 && isHex(last[n:]) && (n == 0 || last[n-1] == '-' || last[n-1] == ':') {
			return last[n:]
		}
		for _, prefix := range []string{"/lxc/", "/lxc.payload/", "/lxc.payload."} {
			if name, ok := strings.CutPrefix(path, prefix); ok && name != "" {
				name, _, _ = strings.Cut(name, "/")
				return name
			}
		}
	}
	return ""
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// containerJSON takes a container event with a document.
func containerJSON(t *Tracker, _ *thread, ev *event.Event) {
	if b, ok := ev.Text(0); ok {
		t.show(ev, t.takeDocument(b))
	}
}

// asyncEvent takes the containers that current tools announce this way.
func asyncEvent(t *Tracker, _ *thread, ev *event.Event) {
	name, ok := ev.Text(1)
	if !ok || string(name) != "container" {
		return // container_removed changes nothing: threads that are left still show it
	}
	if b, ok := ev.Text(2); ok {
		t.show(ev, t.takeDocument(b))
	}
}

// maxDocuments bounds the bytes of documents that are kept, and with them what is made
// of them.
const maxDocuments = 64 << 20

// show puts the container on its event, by way of a thread that stands for it.
func (t *Tracker) show(ev *event.Event, c *event.Container) {
	if c == nil || ev.Hidden() {
		return
	}
	t.about = event.Thread{
		Pid: -1, Ptid: -1, Vpid: -1, Vtid: -1, Sid: -1, VPgid: -1, Pgid: -1, FDLimit: -1,
		Comm: "container:" + c.ID, Container: c,
	}
	ev.Thread = &t.about
}

// takeDocument takes what a document says; nil where it says nothing.
func (t *Tracker) takeDocument(b []byte) *event.Container {
	if len(b) > maxDocuments {
		t.stats.Refused++
		return nil
	}
	in, err := event.ParseContainer(b)
	if err != nil {
		t.stats.BadParams++
		return nil
	}
	c := t.container(in.ID)
	if c == nil {
		return nil
	}
	if t.documents += len(b) - len(c.JSON); t.documents > maxDocuments {
		t.documents -= len(b) - len(c.JSON)
		t.stats.Refused++
		return c
	}
	in.ID = c.ID
	if in.FullID == "" {
		in.FullID = c.FullID
	}
	*c = in
	return c
}

// containerOld takes the container event of 2015: id, type, name, image.
func containerOld(t *Tracker, _ *thread, ev *event.Event) {
	p := all(ev)
	id := string(p.text())
	if id == "" {
		return
	}
	c := t.container(id)
	if c == nil {
		return
	}
	c.TypeCode = int(p.u32())
	c.Name, c.Image = string(p.text()), string(p.text())
}
