package run

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/diagnose/know"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/rules"
)

// explain diagnoses an end, with its capture where there is one.
func (k *known) explain(ctx context.Context, d *Death, wait time.Duration, clock *crashClock) unloop.Diagnosis {
	var deaths []*facts.Death
	if d.unkept != "" {
		defer func() { _ = os.Remove(d.unkept) }() // what is left there the system clears
	}
	if file := cmp.Or(d.Capture, d.unkept); file != "" {
		// Where the capture says nothing of the end the rest does.
		if snap, err := collect.Read(ctx, []string{file}, nil, collect.Options{MainPid: int64(d.Pid)}); err == nil {
			for _, x := range snap.Deaths {
				if x.Main {
					deaths = append(deaths, x)
				}
			}
		}
	}
	list := facts.Join(k.snapshot(d, wait, deaths))
	i := slices.IndexFunc(list, func(f *facts.Facts) bool { return f.Pod != nil && f.Pod.Local })
	if i < 0 {
		return unloop.Diagnosis{} // there is always the command
	}
	out := diagnose.Run(list[i], rules.All())
	k.local(&out, d, wait, clock)
	return out
}

// local makes an answer about a pod one about a command: no cluster to ask, no kubelet,
// remedies that this program can carry out.
func (k *known) local(out *unloop.Diagnosis, d *Death, wait time.Duration, clock *crashClock) {
	for i := range out.Findings {
		f := &out.Findings[i]
		f.Title, f.Summary = words.Replace(f.Title), plainly(f.Summary)
		f.Fixes = slices.DeleteFunc(f.Fixes, func(x unloop.Fix) bool { return strings.Contains(x.Title.Format, "a copy of the") }) // kubectl debug
		for j := range f.Chain {
			f.Chain[j] = plainly(f.Chain[j])
		}
		for j := range f.Fixes {
			x := &f.Fixes[j]
			x.Title, x.Patch, x.Target = plainly(x.Title), nil, ""
			if x.Risk != unloop.RiskData {
				x.Risk = unloop.RiskNone // there are no pods to replace
			}
			if strings.HasPrefix(x.Command, "kubectl ") {
				x.Command = ""
			}
			if x.Command == "" && j == 0 {
				x.Command = k.remedy(f.Cause)
			}
		}
		for j := range f.Evidence {
			e := &f.Evidence[j]
			e.Ref = strings.TrimPrefix(e.Ref, "pod/")
			if e.Source == d.unkept {
				e.Source = "" // the file is gone
			}
		}
	}
	// What a cluster would tell is not missing here.
	out.NotEvaluated = slices.DeleteFunc(out.NotEvaluated, func(n unloop.NotEvaluated) bool { return n.Needs != "capture" && n.Needs != "logs" })
	for i := range out.NotEvaluated {
		if n := &out.NotEvaluated[i]; d.NoCapture != "" {
			n.Reason = d.NoCapture
		}
	}
	for i := range out.Containers {
		c := &out.Containers[i]
		c.NextRestart = nil
		if d.Again {
			at := d.Ended.Add(wait).UTC()
			c.NextRestart = &unloop.NextRestart{
				At: &at, BackoffSeconds: int64(math.Ceil(wait.Seconds())), Step: clock.Step(wait), CapSeconds: int64(math.Ceil(clock.Max.Seconds())),
				Exact: true, Text: "at once",
			}
			if wait > 0 {
				c.NextRestart.Text = fmt.Sprintf("back-off %s (step %d, longest %s)", wait, clock.Step(wait), clock.Max)
			}
		}
	}
}

// words of a cluster, and what they are here. Of two that fit the first counts.
var words = strings.NewReplacer(
	"The kubelet", "unloop", "the kubelet", "unloop",
	"mount what holds", "make", "in the container", "on this machine", "inside the container", "on this machine",
	"the container of the pod", "the command", "The container", "The command", "the container", "the command", "the pod", "the command",
	"in the manifest", "in the flags or the manifest",
	"the image has no", "this machine has no", "is not in the image", "is not on this machine", " and build the image again", "", " in the image's build", "",
	"use an image that holds", "install what holds", "use an image that has", "install", "that the image has", "that this machine has",
	"inside the image", "on this machine", "in the image", "on this machine",
)

func plainly(m unloop.Message) unloop.Message {
	m.Format = words.Replace(m.Format)
	return m
}

// remedy is a command of this program that removes a cause, "" where there is none.
func (k *known) remedy(cause string) string {
	switch cause {
	case "oom-container-limit", "memory-limit-too-small", "oom-child-process", "oom-tmpfs", "oom-at-start":
		if n := k.cfg.Limits.MemoryBytes; n > 0 && n < 1<<50 {
			return k.again("--memory", bytesWord(2*n))
		}
	case "pid-limit":
		if n := k.cfg.Limits.Pids; n > 0 {
			return k.again("--pids", fmt.Sprint(2*n))
		}
	case "cpu-throttled":
		if n := k.cfg.Limits.MilliCPU; n > 0 {
			return k.again("--cpu", fmt.Sprintf("%dm", 2*n))
		}
	}
	return ""
}

// again is the command line for another try with one setting changed.
func (k *known) again(flag, value string) string {
	line := cmp.Or(k.cfg.Program, "unloop") + " run " + flag + " " + value + " --"
	for _, a := range k.cfg.Argv {
		line += " " + quote(a)
	}
	return line
}

// quote writes a word for a shell.
func quote(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// bytesWord writes a size as flags and manifests take it.
func bytesWord(n int64) string {
	for i, unit := range []string{"Gi", "Mi", "Ki"} {
		if size := int64(1) << (30 - 10*i); n >= size && n%size == 0 {
			return fmt.Sprintf("%d%s", n/size, unit)
		}
	}
	return fmt.Sprint(n)
}

// endWord is an end in two words: "exit 1", "SIGKILL".
func endWord(d *Death) string {
	if d.Signal != 0 {
		if s, ok := know.Signal(fmt.Sprint(d.Signal)); ok {
			return s.Name
		}
		return fmt.Sprintf("signal %d", d.Signal)
	}
	return fmt.Sprintf("exit %d", d.Code)
}
