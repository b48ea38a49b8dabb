package run

import (
	"bytes"
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

// group is the control group of one life. It is a Usage.
type group struct {
	of *groups
	n  int
}

// life makes the group of life n, with limits. What is not possible is left out; groups
// says why. The error names a limit that the kernel did not take.
func (g *groups) life(n int, l Limits) (*group, error) {
	c := &group{g, n}
	for _, dir := range g.all() {
		if err := os.Mkdir(filepath.Join(dir, c.child()), 0o755); err != nil {
			return c, err
		}
	}
	var errs []error
	set := func(what, controller, file, value string, optional bool) {
		dir := c.dir(controller)
		if dir == "" {
			return
		}
		name := filepath.Join(dir, file)
		if _, err := os.Stat(name); err != nil && optional {
			return
		}
		// A control file is written, never made.
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString(value)
			err = errors.Join(err, f.Close())
		}
		if err != nil && !optional {
			errs = append(errs, fmt.Errorf("%s limit: %w", what, err))
		}
	}
	number := func(v int64) string { return strconv.FormatInt(v, 10) }
	if l.MemoryBytes > 0 {
		if c.unified("memory") {
			set("memory", "memory", "memory.max", number(l.MemoryBytes), false)
			// As the kubelet has it: no swap, and all processes die together (1.28 and later,
			// pkg/kubelet/kuberuntime/kuberuntime_container_linux.go).
			set("memory", "memory", "memory.swap.max", "0", true)
			set("memory", "memory", "memory.oom.group", "1", true)
		} else {
			set("memory", "memory", "memory.limit_in_bytes", number(l.MemoryBytes), false)
			set("memory", "memory", "memory.memsw.limit_in_bytes", number(l.MemoryBytes), true)
		}
	}
	if l.MilliCPU > 0 {
		// The kubelet's period of 100 ms, and its least quota of 1 ms:
		// pkg/kubelet/cm/helpers_linux.go QuotaPeriod, MinQuotaPeriod, MilliCPUToQuota.
		const period, least = 100_000, 1000
		quota := number(max(l.MilliCPU*period/1000, least))
		if c.unified("cpu") {
			set("cpu", "cpu", "cpu.max", quota+" "+number(period), false)
		} else {
			set("cpu", "cpu", "cpu.cfs_period_us", number(period), false)
			set("cpu", "cpu", "cpu.cfs_quota_us", quota, false)
		}
	}
	if l.Pids > 0 {
		set("pids", "pids", "pids.max", number(l.Pids), false)
	}
	return c, errors.Join(errs...)
}

func (c *group) child() string { return strconv.Itoa(c.n) }

// dir is the life's folder for a controller, "" without.
func (c *group) dir(controller string) string {
	if dir := c.of.dirs[controller]; dir != "" {
		return filepath.Join(dir, c.child())
	}
	return ""
}

func (c *group) unified(controller string) bool { return slices.Contains(c.of.v2, controller) }

// add moves a process, with all its threads, into the group.
func (c *group) add(pid int) error {
	for _, dir := range c.of.all() {
		if err := os.WriteFile(filepath.Join(dir, c.child(), "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return err
		}
	}
	return nil
}

// any is some folder of the group, in which all its processes are; "" without.
func (c *group) any() string {
	if all := c.of.all(); len(all) > 0 {
		return filepath.Join(all[0], c.child())
	}
	return ""
}

// kill sends SIGKILL to all that is in it.
func (c *group) kill() {
	if dir := c.any(); dir != "" {
		killGroup(dir)
	}
}

// remove kills what is in it and removes it.
func (c *group) remove() error {
	var errs []error
	for _, dir := range c.of.all() {
		if err := removeGroup(filepath.Join(dir, c.child())); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// oomKills counts the processes that the kernel killed for memory; ok is false where it
// does not tell.
func (c *group) oomKills() (n int64, ok bool) {
	if dir := c.dir("memory"); dir != "" {
		if c.unified("memory") {
			return keyed(filepath.Join(dir, "memory.events"), "oom_kill")
		}
		return keyed(filepath.Join(dir, "memory.oom_control"), "oom_kill")
	}
	return 0, false
}

// peakBytes is the most memory it used; 0 unknown (version 2 tells since Linux 5.19).
func (c *group) peakBytes() int64 {
	file := "memory.max_usage_in_bytes"
	if c.unified("memory") {
		file = "memory.peak"
	}
	n, _ := c.number("memory", file)
	return n
}

// MemoryBytes is part of Usage.
func (c *group) MemoryBytes() (int64, bool) {
	if c.unified("memory") {
		return c.number("memory", "memory.current")
	}
	return c.number("memory", "memory.usage_in_bytes")
}

// CPU is part of Usage.
func (c *group) CPU() (time.Duration, bool) {
	dir := c.dir("")
	if c.unified("cpu") {
		dir = c.dir("cpu")
	}
	if dir == "" {
		return 0, false
	}
	n, ok := keyed(filepath.Join(dir, "cpu.stat"), "usage_usec") // there without the controller too
	return time.Duration(n) * time.Microsecond, ok
}

func (c *group) number(controller, file string) (int64, bool) {
	dir := c.dir(controller)
	if dir == "" {
		return 0, false
	}
	b, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64)
	return n, err == nil
}

// keyed reads a number from a file of lines "key number".
func keyed(name, key string) (int64, bool) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), " "); ok && k == key {
			n, err := strconv.ParseInt(v, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// why says in a word what stands in the way of a limit.
func why(err error) string {
	switch {
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EROFS):
		return "needs root, or a control group that is delegated to the user"
	case errors.Is(err, syscall.EBUSY), errors.Is(err, syscall.ENOTSUP):
		return "the control group of this shell holds processes and cannot be divided; try systemd-run --user --scope"
	}
	return err.Error()
}
