package flight

import (
	"encoding/binary"
	"path"
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap/state"
)

// veil takes what was read from and written to files of credentials out of events, before
// they are written. That a file was read, and how much, stays.
type veil struct{ tr *state.Tracker }

// cover follows the event, and empties its payload where its descriptor is such a file's.
// Events come in order of time.
func (v *veil) cover(ev *event.Event) {
	seen := *ev // a tracker fills in what writers do not want
	v.tr.Apply(&seen)
	if ev.Kind == nil || seen.FD == nil || !Secret(seen.FD.Name) {
		return
	}
	for i := range min(len(ev.Kind.Params), ev.NParams) {
		if p := &ev.Kind.Params[i]; p.Type == event.ByteBuf {
			empty(ev, i)
		}
	}
}

// Secret reports whether a file's name says that it holds credentials: environments of
// processes, and what Kubernetes mounts for service accounts and secrets. Sources:
// proc_pid_environ(5); Kubernetes v1.36 plugin/pkg/admission/serviceaccount DefaultAPITokenMountPath;
// pkg/volume/secret and pkg/volume/projected (names of their plugins, by which a mount is seen
// from the node); pkg/volume/util/atomic_writer.go ("..DATE" at the root of such a mount).
func Secret(name string) bool {
	if len(name) == 0 || name[0] != '/' {
		return false
	}
	name = path.Clean(name)
	if path.Base(name) == "environ" && strings.Contains(name, "/proc/") {
		return true
	}
	for _, part := range []string{"/run/secrets/", "/kubernetes.io~secret/", "/kubernetes.io~projected/"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return strings.HasPrefix(name, "/..2")
}

// empty takes the bytes of parameter i out of ev, without changing what they were in.
func empty(ev *event.Event, i int) {
	b, ok := ev.Param(i)
	if !ok || len(b) == 0 {
		return
	}
	wide := 2
	if ev.Large {
		wide = 4
	}
	at := 0
	for k := range i {
		x, _ := ev.Param(k)
		at += len(x)
	}
	lens := append([]byte(nil), ev.Lens...)
	if ev.Large {
		binary.LittleEndian.PutUint32(lens[wide*i:], 0)
	} else {
		binary.LittleEndian.PutUint16(lens[wide*i:], 0)
	}
	ev.Data = append(append(make([]byte, 0, len(ev.Data)), ev.Data[:at]...), ev.Data[at+len(b):]...)
	ev.Lens = lens
}
