// Package oomtmpfs recognises files in memory that used up the memory limit.
package oomtmpfs

import (
	"strconv"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause oom-tmpfs.
var Rule = &diagnose.Rule{
	ID: "oom-tmpfs", Family: diagnose.Resource, Since: "0.1",
	Title: "Files in memory (tmpfs, /dev/shm) used up the memory limit",
	Doc: diagnose.Doc{
		Means: "Files on a memory-backed emptyDir or /dev/shm count as memory of the container that wrote them. They, not the heap, filled the limit.",
		Why: []string{
			"A cache or temporary directory on emptyDir with medium Memory.",
			"Shared memory of a database or browser in /dev/shm.",
		},
		Confirm: []string{
			"dmesg: shmem-rss near the limit",
			"df -h inside the container",
		},
		Remedy: []string{
			"Give the volume a sizeLimit below the memory limit.",
			"Use a disk-backed emptyDir.",
			"Raise the limit by the size of the files.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-container-limit", Apart: "anon-rss is large: the heap"},
			{ID: "emptydir-limit", Apart: "the volume's own size limit: evicted"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"app-error-exit", "app-unhealthy", "liveness-timeout", "readiness-never", "init-failing", "oom-undetected", "killed-from-inside", "oom-container-limit", "job-backoff-limit", "rollout-stuck", "clean-exit-restarted", "native-crash", "oom-pod-limit"},
	Run:      run,
}

// Source: kernel mm/oom_kill.c: the killed process' shmem-rss.
var pattern = diagnose.Re(`killed process \d+ \([^)]*\)[^\n]*?anon-rss:(?P<anon>\d+)kB[^\n]*?shmem-rss:(?P<shmem>\d+)kB`)

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.Reason != "OOMKilled" && t.ExitCode != 137 {
			continue
		}
		f := diagnose.Finding{
			Container: c, Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where)},
			Summary: unloop.Msg("files in memory filled the memory limit of %s", diagnose.ContainerOf(c)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("give the memory-backed volume a sizeLimit below the memory limit, or use the disk"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		for _, m := range p.Find(diagnose.NodeText|diagnose.HostText, pattern) {
			shmem, _ := strconv.Atoi(m.Names["shmem"])
			anon, _ := strconv.Atoi(m.Names["anon"])
			if shmem > anon && shmem > 0 {
				f.Confidence = unloop.Likely
				f.Evidence = append(f.Evidence, m.Evidence())
				break
			}
		}
		if f.Confidence != 0 {
			if v := memoryVolume(p, c); v != "" {
				f.Evidence = append(f.Evidence, p.SpecEvidence("volumes/"+v, "emptyDir, medium Memory"))
				f.Confidence = unloop.Proven
			}
			p.Report(f)
		}
	}
}

func memoryVolume(p *diagnose.Pass, c *facts.Container) string {
	for _, m := range diagnose.Mounts(p.Facts, c) {
		if m.Volume != nil && m.Volume.EmptyDir != nil && m.Volume.EmptyDir.Medium == "Memory" {
			return m.Volume.Name
		}
	}
	return ""
}
