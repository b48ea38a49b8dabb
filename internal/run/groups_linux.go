package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// groups are the control groups of one run: in each tree a folder of its own, in which
// each life has one. On machines that mix versions 1 and 2 several trees are used.
type groups struct {
	name string
	// dirs are the run's folders by what they are for: the controllers "memory", "cpu" and
	// "pids", and "" for the unified tree. Controllers of one tree share a folder.
	dirs map[string]string
	// v2 names those of the controllers that are the unified tree's.
	v2 []string
	// lacks says by controller why it cannot be used.
	lacks map[string]error
}

var controllers = []string{"memory", "cpu", "pids"}

// groupPrefix begins the names of folders; the number of the process and the time of its
// start follow, so that those of processes that are gone can be told.
const groupPrefix = "unloop-run-"

// openGroups removes what dead runs left and makes the folders of this one. want are the
// controllers that limits need; the others are taken where they come for free. What is not
// possible stands in lacks; it is no error.
func openGroups(ts []tree, want []string) *groups {
	g := &groups{name: groupName(os.Getpid()), dirs: map[string]string{}, lacks: map[string]error{}}
	made := map[string]error{}
	for _, c := range controllers {
		i := slices.IndexFunc(ts, func(t tree) bool { return !t.v2 && slices.Contains(t.controllers, c) })
		if i < 0 {
			continue
		}
		dir := filepath.Join(ts[i].own, g.name)
		err, done := made[dir]
		if !done {
			sweep(ts[i].own)
			err = os.Mkdir(dir, 0o755)
			made[dir] = err
		}
		if err != nil {
			g.lacks[c] = err
		} else {
			g.dirs[c] = dir
		}
	}
	if i := slices.IndexFunc(ts, func(t tree) bool { return t.v2 }); i >= 0 {
		g.unified(ts[i], want)
	}
	for _, c := range controllers {
		if g.dirs[c] == "" && g.lacks[c] == nil {
			g.lacks[c] = errors.New("no control group tree of this machine has it")
		}
	}
	return g
}

// unified makes the folder in the unified tree: beside this process's own group or
// further up, because a group that holds processes hands no controllers down
// (Documentation/admin-guide/cgroup-v2.rst, "No Internal Process Constraint").
func (g *groups) unified(t tree, want []string) {
	var need []string
	for _, c := range want {
		if g.dirs[c] == "" {
			need = append(need, c)
		}
	}
	var first error
	place := func(base string, need []string) bool {
		sweep(base)
		dir := filepath.Join(base, g.name)
		err := handDown(base, need)
		if err == nil {
			err = os.Mkdir(dir, 0o755)
		}
		if err == nil {
			if err = handDown(dir, need); err != nil {
				_ = os.Remove(dir) // it is empty
			}
		}
		if err != nil {
			if first == nil {
				first = err
			}
			return false
		}
		g.dirs[""] = dir
		for _, c := range controllers {
			if g.dirs[c] == "" && (slices.Contains(need, c) || handDown(dir, []string{c}) == nil) {
				g.dirs[c] = dir
				g.v2 = append(g.v2, c)
				delete(g.lacks, c)
			}
		}
		return true
	}
	for base := t.own; ; base = filepath.Dir(base) {
		if place(base, need) {
			return
		}
		if base == t.mount || !strings.HasPrefix(base, t.mount) {
			break
		}
	}
	for _, c := range need {
		g.lacks[c] = first
	}
	if len(need) > 0 {
		place(t.own, nil) // a group without limits still tells whose processes they are
	}
}

// handDown lets the children of a group have controllers.
func handDown(dir string, need []string) error {
	name := filepath.Join(dir, "cgroup.subtree_control")
	for _, c := range need {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if slices.Contains(strings.Fields(string(b)), c) {
			continue
		}
		if err := os.WriteFile(name, []byte("+"+c), 0); err != nil {
			return err
		}
	}
	return nil
}

// all lists the run's folders, each once.
func (g *groups) all() []string {
	var out []string
	for _, dir := range g.dirs {
		if !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	slices.Sort(out)
	return out
}

// close removes the run's folders.
func (g *groups) close() error {
	var errs []error
	for _, dir := range g.all() {
		if err := removeGroup(dir); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func groupName(pid int) string {
	start, _ := startTicks(pid)
	return fmt.Sprintf("%s%d-%d", groupPrefix, pid, start)
}

// startTicks is when a process started, in clock ticks since boot: field 22 of
// proc_pid_stat(5). With it a number that was given out again is told from the first.
func startTicks(pid int) (uint64, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	_, rest, ok := strings.Cut(string(b), ") ") // the name may hold anything but this
	for strings.Contains(rest, ") ") {
		_, rest, _ = strings.Cut(rest, ") ")
	}
	f := strings.Fields(rest)
	if !ok || len(f) < 20 {
		return 0, false
	}
	n, err := strconv.ParseUint(f[19], 10, 64)
	return n, err == nil
}

// sweep removes the groups of runs whose unloop is gone, with the processes in them.
func sweep(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), groupPrefix)
		if !ok || !e.IsDir() {
			continue
		}
		p, s, _ := strings.Cut(rest, "-")
		pid, err1 := strconv.Atoi(p)
		start, err2 := strconv.ParseUint(s, 10, 64)
		if err1 != nil || err2 != nil {
			continue
		}
		if now, alive := startTicks(pid); alive && now == start {
			continue
		}
		_ = removeGroup(filepath.Join(base, e.Name())) // the next run tries again
	}
}

// removeGroup kills what is in a group and below, and removes it.
func removeGroup(dir string) error {
	const patience = 5 * time.Second // a process in an uninterruptible call takes its time
	end := time.Now().Add(patience)
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		err := removeTree(dir)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if !errors.Is(err, syscall.EBUSY) || time.Now().After(end) {
			return err
		}
		killGroup(dir)
		time.Sleep(wait)
	}
}

// removeTree removes empty groups, the deepest first.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return os.Remove(dir)
}

// killGroup sends SIGKILL to all processes in a group and below; it reports whether
// there were any.
func killGroup(dir string) bool {
	some := false
	if entries, err := os.ReadDir(dir); err == nil {
		for _, e := range entries {
			if e.IsDir() && killGroup(filepath.Join(dir, e.Name())) {
				some = true
			}
		}
	}
	for _, pid := range members(dir) {
		if pid != os.Getpid() {
			some = true
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone by now
		}
	}
	return some
}

// members are the processes in a group.
func members(dir string) []int {
	b, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return nil
	}
	var out []int
	for word := range strings.FieldsSeq(string(b)) {
		if pid, err := strconv.Atoi(word); err == nil && pid > 0 {
			out = append(out, pid)
		}
	}
	return out
}
