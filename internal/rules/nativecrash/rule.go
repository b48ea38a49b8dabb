// Package nativecrash recognises a program that crashed in native code.
package nativecrash

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause native-crash.
var Rule = &diagnose.Rule{
	ID: "native-crash", Family: diagnose.Exit, Since: "0.1",
	Title: "The program crashed in native code",
	Doc: diagnose.Doc{
		Means: "The processor or the C library stopped the program: it touched memory that is not its own (segmentation fault, 139), gave up by itself (abort, 134), used a file mapping whose file is gone (bus error, 135) or divided by zero (136). A language runtime cannot turn such an end into an exception.",
		Why: []string{
			"A bug in the program or in a native library it loads.",
			"A binary built for another C library (glibc against musl) or another library version than the image has.",
			"The stack is too small: deep recursion, or threads with musl's small default.",
			"Damaged memory found by the allocator (double free, corrupted heap), which then aborts.",
			"An image of another architecture that runs under emulation.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.containerStatuses[*].lastState.terminated.exitCode}'",
			"dmesg on the node: NAME[PID]: segfault at ...",
			"the core file, where /proc/sys/kernel/core_pattern of the node puts it",
		},
		Remedy: []string{
			"Go back to the image that worked.",
			"Rebuild native modules inside the image that runs them (same base image, same C library).",
			"Find the function from the core file or the kernel's line, and correct or update the library.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "illegal-instruction", Apart: "132: the processor lacks an instruction"},
			{ID: "shm-too-small", Apart: "135 while /dev/shm is full"},
			{ID: "unhandled-exception", Apart: "134 after terminate called: a C++ exception, named above it"},
			{ID: "runtime-heap-exhausted", Apart: "134 after \"heap out of memory\": V8 gives up"},
			{ID: "oom-container-limit", Apart: "137: killed, not crashed"},
			{ID: "seccomp-denied", Apart: "159: a forbidden system call"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/"},
	},
	Explains: []string{"app-error-exit", "init-failing", "oom-undetected"},
	Run:      run,
}

// ends are the codes of a native crash and how much the number alone says. A
// segmentation fault or a division by zero has no other reading; an abort and a
// bus error have. 128 + signal (signal(7)); Windows: NTSTATUS of an access
// violation, a stack overflow, a damaged heap, a stack overrun.
var ends = map[int32]struct {
	what string
	conf unloop.Confidence
}{
	139:         {"a segmentation fault", unloop.Proven},
	136:         {"an arithmetic error, such as a division by zero", unloop.Proven},
	135:         {"a bus error", unloop.Likely},
	134:         {"an abort", unloop.Likely},
	133:         {"a trap", unloop.Possible},
	-1073741819: {"an access violation", unloop.Proven},
	-1073741571: {"a stack overflow", unloop.Proven},
	-1073740940: {"a damaged heap", unloop.Proven},
	-1073740791: {"a stack buffer overrun or fail-fast exception", unloop.Likely},
}

// kernelLine is x86 and arm64 kernels' report of an unhandled fault
// (arch/x86/mm/fault.c, arch/x86/kernel/traps.c, arch/arm64/kernel/traps.c).
var kernelLine = diagnose.Re(`\b(?P<name>[\w.:/-]{1,64})\[\d+\]:? (?:segfault at|general protection|trap (?:divide error|int3|stack segment)|unhandled level \d|unhandled exception)`)

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := finding(p, h.Container)
		f.Summary = unloop.Msg("%s crashed in native code", h.Program())
		if t, _ := h.Container.Exit(); t != nil {
			if e, ok := ends[t.ExitCode]; ok {
				f.Summary = unloop.Msg("%s crashed in native code with %s", h.Program(), e.what)
			}
		}
		return f
	})
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || !p.OwnEnd(c) || says(p, c) {
			continue
		}
		e, ok := ends[t.ExitCode]
		if !ok {
			continue
		}
		f := finding(p, c)
		f.Container, f.Confidence = c, e.conf
		f.Summary = unloop.Msg("the program of %s crashed in native code with %s", diagnose.ContainerOf(c), e.what)
		f.Evidence = []unloop.Evidence{p.ExitEvidence(c, t, where)}
		for _, m := range p.Find(diagnose.HostText|diagnose.NodeText, kernelLine) {
			f.Evidence = append(f.Evidence, m.Evidence())
			break
		}
		p.Report(f)
	}
}

// says reports whether the log gives the end another name: a C++ exception, a
// full heap and a full /dev/shm end with an abort or a bus error, too.
func says(p *diagnose.Pass, c *facts.Container) bool {
	for _, cause := range []string{"unhandled-exception", "runtime-heap-exhausted", "shm-too-small", "illegal-instruction", "native-crash"} {
		for _, h := range p.Hits(c, cause) {
			if h.Final {
				return true
			}
		}
	}
	return false
}

func finding(p *diagnose.Pass, c *facts.Container) diagnose.Finding {
	return diagnose.Finding{Fixes: append(p.UndoFix(),
		unloop.Fix{Title: unloop.Msg("use an image whose native libraries are built for its own C library and versions"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(c)},
		unloop.Fix{Title: unloop.Msg("look at the log of the instance that crashed, and at the core file on the node"), Risk: unloop.RiskNone, Command: p.LogsCommand(c, true)},
	)}
}
