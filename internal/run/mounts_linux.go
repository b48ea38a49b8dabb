package run

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tree is one hierarchy of control groups and this process's place in it.
type tree struct {
	// v2 tells the unified hierarchy; controllers are those of a version 1 tree.
	v2          bool
	controllers []string
	// mount is the folder where the tree begins, own the folder of this process's group.
	mount, own string
}

// trees finds the mounted hierarchies. The files' forms: proc_pid_mountinfo(5), cgroups(7).
func trees(mountinfo, cgroup string) ([]tree, error) {
	paths, err := ownPaths(cgroup)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(mountinfo)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []tree
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		before, after, ok := strings.Cut(sc.Text(), " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 5 || len(right) < 3 || right[0] != "cgroup" && right[0] != "cgroup2" {
			continue
		}
		t := tree{v2: right[0] == "cgroup2", mount: unescape(left[4])}
		key := ""
		if !t.v2 {
			t.controllers = strings.Split(right[2], ",")
			for _, c := range t.controllers {
				if _, ok := paths[c]; ok {
					key = c
					break
				}
			}
			if key == "" {
				continue
			}
		}
		path, ok := paths[key]
		if !ok || slices.ContainsFunc(out, func(o tree) bool { return o.v2 && t.v2 || o.mount == t.mount }) {
			continue
		}
		// A mount may show a part of the tree only, and the path may lie outside of it.
		rel, err := filepath.Rel(unescape(left[3]), path)
		if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
			rel = "."
		}
		t.own = filepath.Join(t.mount, rel)
		out = append(out, t)
	}
	return out, sc.Err()
}

// ownPaths reads /proc/self/cgroup: the path by controller, "" for the unified tree.
func ownPaths(name string) (map[string]string, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 {
			return nil, fmt.Errorf("%s: %q is no line of it", name, line)
		}
		for c := range strings.SplitSeq(part[1], ",") {
			out[c] = part[2]
		}
	}
	return out, nil
}

// unescape undoes the octal escapes of mountinfo.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}
