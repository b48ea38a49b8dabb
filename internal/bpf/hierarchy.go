//go:build linux && (amd64 || arm64)

package bpf

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// FindHierarchy finds the tree of control groups that tells containers apart: the one
// where memory is controlled, else processes, because container runtimes make a group
// for each container in there. On machines that mix both versions this is a tree of
// version 1. Groups that are made to be recorded belong below its Root.
func FindHierarchy() (Hierarchy, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return Hierarchy{}, fmt.Errorf("control groups: %w", err)
	}
	defer f.Close()
	h, err := parseMounts(f)
	if err != nil {
		return h, err
	}
	if h.Mode == ModeNone {
		return h, fmt.Errorf("%w: no tree of control groups is mounted", ErrUnsupported)
	}
	return h, nil
}

// Dir is the folder of a control group that is given by its path from the root.
func (h Hierarchy) Dir(path string) string { return filepath.Join(h.Root, path) }

// parseMounts reads a mountinfo file. Source of its form: proc_pid_mountinfo(5).
func parseMounts(r io.Reader) (Hierarchy, error) {
	var v2, memory, pids Hierarchy
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		before, after, ok := strings.Cut(sc.Text(), " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 5 || len(right) < 3 {
			continue
		}
		root := unescape(left[4])
		switch right[0] {
		case "cgroup2":
			if v2.Mode == ModeNone {
				v2 = Hierarchy{Mode: ModeV2, Root: root}
			}
		case "cgroup":
			controllers := strings.Split(right[2], ",")
			if slices.Contains(controllers, "memory") && memory.Mode == ModeNone {
				memory = Hierarchy{Mode: ModeV1, Root: root, Controller: "memory"}
			}
			if slices.Contains(controllers, "pids") && pids.Mode == ModeNone {
				pids = Hierarchy{Mode: ModeV1, Root: root, Controller: "pids"}
			}
		}
	}
	for _, h := range []Hierarchy{memory, pids, v2} {
		if h.Mode != ModeNone {
			return h, sc.Err()
		}
	}
	return Hierarchy{}, sc.Err()
}

// unescape undoes the octal escapes of mountinfo.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}
