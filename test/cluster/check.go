package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// requirementError is something the machine lacks for a cluster.
type requirementError struct{ what, why string }

func (e *requirementError) Error() string {
	return fmt.Sprintf("this machine cannot run a cluster: needs %s (%s)", e.what, e.why)
}

// check returns the first requirement that the machine does not meet.
func check(c *config) error {
	if runtime.GOOS != "linux" {
		return &requirementError{"Linux", "this is " + runtime.GOOS}
	}
	if os.Geteuid() != 0 {
		return &requirementError{"root", fmt.Sprintf("the user is %d", os.Geteuid())}
	}
	for _, p := range []string{"dpkg-query", "apt-get", "go"} {
		if _, err := exec.LookPath(p); err != nil {
			return &requirementError{"the program " + p, err.Error()}
		}
	}
	if err := checkCgroups(); err != nil {
		return err
	}
	if b, err := os.ReadFile("/proc/filesystems"); err != nil || !strings.Contains(string(b), "\toverlay\n") {
		return &requirementError{"the overlay file system", "/proc/filesystems does not list it"}
	}
	cmd := exec.Command("true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: nodeNamespaces}
	if err := cmd.Run(); err != nil {
		return &requirementError{"namespaces (pid, mount, network, uts, ipc)", err.Error()}
	}
	const gib = 1 << 30
	var fs syscall.Statfs_t
	if err := os.MkdirAll(c.cache, 0o755); err != nil {
		return &requirementError{"a writable cache folder", err.Error()}
	}
	if err := syscall.Statfs(c.cache, &fs); err == nil && fs.Bavail*uint64(fs.Bsize) < 12*gib {
		return &requirementError{"12 GiB of free disk", fmt.Sprintf("%s has %d GiB", c.cache, fs.Bavail*uint64(fs.Bsize)/gib)}
	}
	return nil
}

// neededControllers are those the kubelet refuses to start without
// (k8s.io/kubernetes pkg/kubelet/cm/container_manager_linux.go).
var neededControllers = []string{"cpu", "cpuacct", "cpuset", "memory"}

func checkCgroups() error {
	if v2, err := os.ReadFile(filepath.Join(cgroupMount, "cgroup.controllers")); err == nil {
		for _, ctl := range []string{"cpu", "cpuset", "memory", "pids"} {
			if !strings.Contains(" "+strings.TrimSpace(string(v2))+" ", " "+ctl+" ") {
				return &requirementError{"the cgroup controller " + ctl, "it is not in " + cgroupMount + "/cgroup.controllers"}
			}
		}
		return nil
	}
	for _, ctl := range neededControllers {
		if _, err := os.Stat(filepath.Join(cgroupMount, ctl, "cgroup.procs")); err != nil {
			return &requirementError{"the cgroup controller " + ctl, err.Error()}
		}
	}
	return nil
}
