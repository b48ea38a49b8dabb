package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const cgroupMount = "/sys/fs/cgroup"

// hierarchies returns the roots of the cgroup trees: one for version 2, one per
// controller for version 1.
func hierarchies() []string {
	if _, err := os.Stat(filepath.Join(cgroupMount, "cgroup.controllers")); err == nil {
		return []string{cgroupMount}
	}
	entries, _ := os.ReadDir(cgroupMount)
	var out []string
	for _, e := range entries {
		// "cpu,cpuacct" appears beside links of the single names.
		if e.IsDir() && e.Name() != "unified" {
			out = append(out, filepath.Join(cgroupMount, e.Name()))
		}
	}
	return out
}

// makeCgroups creates the cgroup of a node in every tree.
func makeCgroups(n int) error {
	for _, root := range hierarchies() {
		dir := root
		for part := range strings.SplitSeq(nodeCgroup(n), "/") {
			delegate(dir)
			dir = filepath.Join(dir, part)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			// A new cpuset (version 1) is empty and takes no process until it is filled.
			for _, f := range []string{"cpuset.cpus", "cpuset.mems"} {
				if have, err := os.ReadFile(filepath.Join(dir, f)); err == nil && strings.TrimSpace(string(have)) == "" {
					if above, err := os.ReadFile(filepath.Join(filepath.Dir(dir), f)); err == nil {
						_ = os.WriteFile(filepath.Join(dir, f), above, 0o644)
					}
				}
			}
		}
		delegate(dir)
	}
	return nil
}

// delegate hands all controllers of a version 2 cgroup down to its children;
// there is no such file in version 1.
func delegate(dir string) {
	b, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return
	}
	for ctl := range strings.FieldsSeq(string(b)) {
		_ = os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+ctl), 0o644)
	}
}

// removeCgroups waits until the processes of a cgroup and those below it have left,
// and removes them.
func removeCgroups(name string) error {
	return poll(context.Background(), "cgroups of "+name, 30*time.Second, func() error {
		if left := sweepCgroups(name); len(left) > 0 {
			return fmt.Errorf("%d are in use, such as %s", len(left), left[0])
		}
		return nil
	})
}

// sweepCgroups removes a cgroup and those below it from every tree, deepest first, and
// returns those that are still in use.
func sweepCgroups(name string) (left []string) {
	// runc leaves cgroups in the unified tree beside version 1 as well.
	for _, root := range append(hierarchies(), filepath.Join(cgroupMount, "unified")) {
		top := filepath.Join(root, name)
		var dirs []string
		_ = filepath.WalkDir(top, func(p string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, p)
			}
			return nil
		})
		for i := len(dirs) - 1; i >= 0; i-- {
			if err := os.Remove(dirs[i]); err != nil && !os.IsNotExist(err) {
				left = append(left, dirs[i])
			}
		}
	}
	return left
}
