//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// bootTime is about how long a boot takes, in which it is interrupted.
const bootTime = 25 * time.Second

// interruptBoot begins to start a cluster and kills the program that does, and about
// every second process of the cluster, at a moment that differs from run to run. The
// next start has to come up over what is left.
func interruptBoot(ctx context.Context) error {
	build := exec.CommandContext(ctx, clusterBinary, "build")
	build.Dir, build.Stderr = root, os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	up := exec.CommandContext(ctx, clusterBinary, "up")
	up.Dir = root
	if err := up.Start(); err != nil {
		return err
	}
	after := time.Duration(rand.Int64N(int64(bootTime)))
	ended := make(chan error, 1)
	go func() { ended <- up.Wait() }()
	select {
	case err := <-ended:
		return err // up already, or it said why not
	case <-time.After(after):
	}
	_ = up.Process.Kill()
	<-ended
	killed := 0
	for _, pid := range clusterProcesses() {
		if rand.IntN(2) == 0 && syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	fmt.Printf("a start was killed after %.1f s, with %d processes of its cluster\n", after.Seconds(), killed)
	return nil
}

// clusterProcesses are the processes that carry the mark of any cluster.
func clusterProcesses() []int {
	var out []int
	list, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, p := range list {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(p)))
		own, err1 := os.Readlink("/proc/self/ns/pid")
		other, err2 := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
		b, err := os.ReadFile(p)
		if err != nil || err1 != nil || err2 != nil || own == other || !strings.Contains(string(b), "UNLOOP_CLUSTER_DIR=") {
			continue
		}
		out = append(out, pid)
	}
	return out
}

// traces lists what is left of a cluster: processes, network devices, routes, cgroups,
// mounts, files.
func traces(dir string) []string {
	var out []string
	for _, pid := range clusterProcesses() {
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		out = append(out, fmt.Sprintf("process %d %s", pid, strings.TrimSpace(string(name))))
	}
	links, _ := filepath.Glob("/sys/class/net/unloop*")
	cgroups, _ := filepath.Glob("/sys/fs/cgroup/unloop-cluster")
	v1, _ := filepath.Glob("/sys/fs/cgroup/*/unloop-cluster")
	out = append(append(append(out, links...), cgroups...), v1...)
	if b, err := os.ReadFile("/proc/self/mounts"); err == nil && strings.Contains(string(b), " "+dir+"/") {
		out = append(out, "mounts in "+dir)
	}
	if _, err := os.Stat(dir); err == nil {
		out = append(out, dir)
	}
	return out
}
