//go:build linux && (amd64 || arm64)

package bpf

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// older are this kernel's types with the helpers of 5.10 only.
func older(t *testing.T) *btf.Spec {
	need(t)
	k := kernelTypes(t)
	oldHelpers(t, k)
	return k
}

// What kernels of 5.10 get does the same on this one as what this one gets.
func TestSource_olderKernel(t *testing.T) {
	t.Run("story", func(t *testing.T) { story(t, Options{kernel: older(t)}) })
	t.Run("killed", func(t *testing.T) { killed(t, Options{kernel: older(t)}) })
	t.Run("already", func(t *testing.T) { already(t, Options{kernel: older(t)}) })
	t.Run("same", func(t *testing.T) {
		const script = `cat /etc/hostname missing; read x < /etc/passwd; /nonexistent/prog; exit 5`
		numbers := regexp.MustCompile(`\b[0-9A-F]*\d[0-9A-F]*\b|\d+`)
		seen := func(name string, opt Options) (out []string) {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, opt)
				lines, _ := w.run("/bin/sh", "-c", script)
				for _, l := range lines {
					// Flags of a birth and the last call are in the registers, which 5.15 brings.
					if strings.Contains(l, "> exit") || strings.Contains(l, "clone") || strings.Contains(l, "fork") {
						continue
					}
					out = append(out, numbers.ReplaceAllString(strings.ReplaceAll(l, w.parent, "/parent"), "N"))
				}
			})
			slices.Sort(out) // parent and child run side by side
			return out
		}
		today, then := seen("today", Options{}), seen("then", Options{kernel: older(t)})
		if !slices.Equal(today, then) || len(today) == 0 {
			t.Errorf("with the helpers of today\n%s\nwith those of 5.10\n%s", strings.Join(today, "\n"), strings.Join(then, "\n"))
		}
	})
	t.Run("numbers", func(t *testing.T) {
		w := newWorld(t, Options{kernel: older(t)})
		path, s := w.container()
		cmd := w.start(path, "/usr/bin/env", "-i", "/bin/cat", "/etc/hostname")
		_ = cmd.Wait()
		w.tape.until(t, "death", func() bool { return len(w.tape.died[s]) > 0 })
		pid := cmd.Process.Pid
		lines := w.lines(s)
		inOrder(t, lines,
			fmt.Sprintf(`< execve res=0 exe=/bin/cat args=/etc/hostname\. tid=%d\S* pid=%d\S* ptid=\d+ .*cgroups=\w+=%s\. .*uid=0`, pid, pid, path),
			`< openat fd=(\d+)\S* dirfd=-100\(AT_FDCWD\) name=/etc/hostname .*dev=\w+ ino=[1-9]`,
			`< write res=\d+ data=.* fd=1\(`,
		)
		// The parent is one of our threads.
		parent := regexp.MustCompile(`ptid=(\d+)`).FindStringSubmatch(strings.Join(lines, "\n"))
		if _, err := os.Stat("/proc/self/task/" + parent[1]); err != nil {
			t.Error(err)
		}
		if d := w.tape.now().died[s]; len(d) != 1 || d[0].Pid != int64(pid) {
			t.Errorf("died %+v, want pid %d", d, pid)
		}
	})
}

// Before 5.11 the line says which right raises the limit.
func TestExplain_locked(t *testing.T) {
	var err error = unix.EPERM
	if got := (&Source{}).explain(err).Error(); strings.Contains(got, "SYS_RESOURCE") {
		t.Error(got)
	}
	got := (&Source{locked: unix.EPERM}).explain(err)
	if !errors.Is(got, ErrUnsupported) || !strings.Contains(got.Error(), "SYS_RESOURCE") || strings.Contains(got.Error(), "\n") {
		t.Error(got)
	}
}

// Before 5.11 the two capabilities are not enough, and one line says what is.
func TestSupported_locked(t *testing.T) {
	need(t)
	if has(kernelTypes(t), "get_current_task_btf") {
		t.Skip("skipped: memory of maps is not locked memory since 5.11")
	}
	cmd := asNobody(t, "nobody", "/")
	cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_BPF, unix.CAP_PERFMON}
	out, err := cmd.Output()
	if err == nil || !strings.Contains(string(out), "SYS_RESOURCE or no limit of locked memory") || strings.Count(string(out), "\n") != 1 {
		t.Errorf("%v: %s", err, out)
	}
}

// The limit of locked memory is what it was when the source runs.
func TestUnlock(t *testing.T) {
	limit := func() (l unix.Rlimit) {
		if err := unix.Prlimit(0, unix.RLIMIT_MEMLOCK, nil, &l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	was := limit()
	restore, err := unlock()
	if now := limit(); err == nil && now.Cur != unix.RLIM_INFINITY || now.Cur < was.Cur {
		t.Errorf("raised to %+v: %v", now, err)
	}
	restore()
	if now := limit(); now != was {
		t.Errorf("set back to %+v, it was %+v", now, was)
	}
}

func TestCurrent(t *testing.T) {
	for release, want := range map[string]bool{
		"6.18.44-fc-v782": true, "5.17.0": true, "10.0.1": true, "5.16.20-generic": false, "5.10.0-28-amd64": false, "4.18.0-553.el8": false, "": false, "next": false,
	} {
		if current(release) != want {
			t.Errorf("current(%q) is %v", release, !want)
		}
	}
}
