package state

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/unloop-dev/unloop/event"
)

// Thread returns the thread, or nil where the capture never introduced it.
func (t *Tracker) Thread(tid int64) *event.Thread {
	if t.unlinked != nil {
		t.link()
	}
	if th := t.find(tid); th != nil {
		return &th.Thread
	}
	return nil
}

// Threads gives all threads in no particular order. The state must not change meanwhile.
func (t *Tracker) Threads() iter.Seq[*event.Thread] {
	if t.unlinked != nil {
		t.link()
	}
	return func(yield func(*event.Thread) bool) {
		for _, th := range t.threads.vals {
			if th != nil && !yield(&th.Thread) {
				return
			}
		}
	}
}

// User returns the account, or nil where the capture does not name it.
func (t *Tracker) User(uid uint32) *event.User { return t.users[uid] }

// Group returns the group, or nil where the capture does not name it.
func (t *Tracker) Group(gid uint32) *event.Group { return t.groups[gid] }

// Users gives all accounts by number.
func (t *Tracker) Users() []*event.User {
	return slices.SortedFunc(maps.Values(t.users), func(a, b *event.User) int { return cmp.Compare(a.UID, b.UID) })
}

// Groups gives all groups by number.
func (t *Tracker) Groups() []*event.Group {
	return slices.SortedFunc(maps.Values(t.groups), func(a, b *event.Group) int { return cmp.Compare(a.GID, b.GID) })
}

// Interfaces gives the network interfaces in the order of the file. The slice is the
// tracker's.
func (t *Tracker) Interfaces() []event.Interface { return t.interfaces }

// IsLocalIP reports whether the address, as FD holds it, belongs to the machine.
func (t *Tracker) IsLocalIP(ip [16]byte, v6 bool) bool {
	for i := range t.interfaces {
		if n := &t.interfaces[i]; n.V6 == v6 && n.Addr == ip {
			return true
		}
	}
	return false
}

// Machine tells where the capture was made; zero where the file does not say.
func (t *Tracker) Machine() event.Machine { return t.machine }

// Container returns the container by its 12-digit id, or nil.
func (t *Tracker) Container(id string) *event.Container { return t.containers[id] }

// Containers gives all containers met so far, ordered by id.
func (t *Tracker) Containers() []*event.Container {
	return slices.SortedFunc(maps.Values(t.containers), func(a, b *event.Container) int { return cmp.Compare(a.ID, b.ID) })
}

// Stats counts what the tracker had to put up with.
func (t *Tracker) Stats() Stats {
	s := t.stats
	s.Threads, s.FDs = t.threads.n, t.fds
	return s
}

// ordered gives the threads by number.
func (t *Tracker) ordered() []*thread {
	out := make([]*thread, 0, t.threads.n)
	for _, th := range t.threads.vals {
		if th != nil {
			out = append(out, th)
		}
	}
	slices.SortFunc(out, func(a, b *thread) int { return cmp.Compare(a.Tid, b.Tid) })
	return out
}
