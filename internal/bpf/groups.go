//go:build linux && (amd64 || arm64)

package bpf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	pathpkg "path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/cilium/ebpf"

	prog "github.com/unloop-dev/unloop/internal/bpf/flight"
)

// Kinds of control groups: flight/record.h.
const (
	groupContainer = 1 + iota
	groupChild
	groupParent
	groupTree
	groupWait
)

// Causes of lost records: flight/record.h.
const (
	lostRing = iota
	lostRate
	lostUser
	lostForeign
	lostKinds
)

// groups keeps the kernel's map of control groups.
type groups struct {
	m *ebpf.Map
	h Hierarchy
	// wanted are the groups of the options that do not exist yet, by path.
	wanted map[string]uint32
	// found are containers that were there already when they were looked for.
	found []foundGroup
}

type foundGroup struct {
	id   uint64
	path string
}

// id gives the number of the group in a folder: that of its inode. Source:
// kernfs_ino of include/linux/kernfs.h, for machines of 64 bits.
func (g *groups) id(path string) (uint64, error) {
	info, err := os.Stat(g.h.Dir(path))
	if err != nil {
		return 0, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	return st.Ino, nil
}

func (g *groups) put(id uint64, v prog.FlightGroup) (fresh bool, err error) {
	err = g.m.Update(id, v, ebpf.UpdateNoExist)
	if errors.Is(err, ebpf.ErrKeyExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("control group: %w", err)
	}
	return true, nil
}

// tops opens the wanted groups for the kernel's test whether a task is below one, which
// refuses processes outside for a third of what a look into the map costs. There is such a
// test in version 2 only, and it serves where there are at most two groups and all exist.
func (g *groups) tops() []*os.File {
	if g.h.Mode != ModeV2 || len(g.wanted) > 2 {
		return nil
	}
	var out []*os.File
	for path := range g.wanted {
		f, err := os.Open(g.h.Dir(path))
		if err != nil {
			closeAll(out)
			return nil
		}
		out = append(out, f)
	}
	return out
}

// watch puts the wanted groups that exist into the map, with all below them, and for the
// others the deepest one above that exists, so that the kernel tells of what is made in it.
func (g *groups) watch() error {
	for path, kind := range g.wanted {
		id, err := g.id(path)
		if errors.Is(err, fs.ErrNotExist) {
			if err := g.wait(path); err != nil {
				return err
			}
			// It may have been made in between.
			if id, err = g.id(path); err != nil {
				continue
			}
		} else if err != nil {
			return fmt.Errorf("control group %s: %w", path, err)
		}
		delete(g.wanted, path)
		if err := g.enter(id, path, kind); err != nil {
			return err
		}
	}
	return nil
}

// wait watches the deepest group above a path that exists.
func (g *groups) wait(path string) error {
	for up := pathpkg.Dir(path); ; up = pathpkg.Dir(up) {
		id, err := g.id(up)
		if err == nil {
			_, err = g.put(id, prog.FlightGroup{Kind: groupWait})
			return err
		}
		if up == "/" || up == "." {
			return fmt.Errorf("control groups below %s: %w", g.h.Root, err)
		}
	}
}

// enter puts a group and all below it into the map.
func (g *groups) enter(id uint64, path string, kind uint32) error {
	v := prog.FlightGroup{Kind: kind}
	if err := g.m.Put(id, v); err != nil {
		return fmt.Errorf("control group %s: %w", path, err)
	}
	return g.below(path, kind, 0)
}

// below puts the groups under one into the map, those that the kernel has not put there.
func (g *groups) below(path string, kind uint32, slot uint64) error {
	entries, err := os.ReadDir(g.h.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // gone meanwhile
	}
	if err != nil {
		return fmt.Errorf("control group %s: %w", path, err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		child := pathpkg.Join(path, e.Name())
		id, err := g.id(child)
		if err != nil {
			continue
		}
		v := prog.FlightGroup{}
		switch kind {
		case groupTree:
			v.Kind = groupParent
			if quality(e.Name()) {
				v.Kind = groupTree
			}
		case groupParent:
			v.Kind, v.Slot = groupContainer, id
		default:
			v.Kind, v.Slot = groupChild, slot
		}
		fresh, err := g.put(id, v)
		if err != nil {
			return err
		}
		if fresh && v.Kind == groupContainer {
			g.found = append(g.found, foundGroup{id, child})
		}
		if err := g.below(child, v.Kind, v.Slot); err != nil {
			return err
		}
	}
	return nil
}

// quality says that a group is one of a class of pods, by the names that both drivers of
// the kubelet give them; quality in flight/groups.h does the same.
func quality(name string) bool {
	name = strings.TrimSuffix(name, ".slice")
	return strings.HasSuffix(name, "burstable") || strings.HasSuffix(name, "besteffort")
}

// pathOf looks for the path of a group, for containers whose making was not seen.
func (g *groups) pathOf(id uint64) string {
	found := ""
	_ = filepath.WalkDir(g.h.Root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil //nolint:nilerr // what cannot be read is passed over
		}
		info, err := d.Info()
		if err != nil {
			return nil //nolint:nilerr // gone meanwhile
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Ino == id {
			found = strings.TrimPrefix(p, g.h.Root)
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// hierarchyID is the kernel's number of a tree of groups: 0 for version 2.
func hierarchyID(h Hierarchy) (int32, error) {
	if h.Mode == ModeV2 {
		return 0, nil
	}
	b, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		id, rest, _ := strings.Cut(line, ":")
		names, _, _ := strings.Cut(rest, ":")
		for name := range strings.SplitSeq(names, ",") {
			if name == h.Controller {
				n := int32(0)
				_, err := fmt.Sscan(id, &n)
				return n, err
			}
		}
	}
	return 0, fmt.Errorf("no control groups of %s", h.Controller)
}

// cgroupsOf is a group the way captures list those of a process.
func cgroupsOf(h Hierarchy, path string) []byte {
	name := h.Controller
	if name == "" {
		name = "memory"
	}
	return append([]byte(name+"="+path), 0)
}
