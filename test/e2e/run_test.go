//go:build e2e

package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop"
)

var (
	only   = flag.String("scenario", "", "run the scenarios of this pattern only")
	record = flag.Bool("record", false, "write what was seen to recordings/")
	keep   = flag.Bool("keep", false, "use the cluster that runs, and leave it and the namespaces")
	width  = flag.Int("width", 8, "how many scenarios run side by side")
)

// outcome is what one run of a scenario showed.
type outcome struct {
	live, dump   unloop.Diagnosis
	liveProblems []string
	dumpProblems []string
	took         time.Duration
	tries        int
	// before is what was wrong at the try before.
	before []string
	// err: the scenario itself did not come about.
	err error
}

func (o outcome) failed() bool { return len(o.problems()) > 0 }

// problems says what is wrong, in the order it came up.
func (o outcome) problems() (out []string) {
	if o.err != nil {
		out = append(out, "did not come about: "+o.err.Error())
	}
	for _, p := range o.liveProblems {
		out = append(out, "live: "+p)
	}
	for _, p := range o.dumpProblems {
		out = append(out, "from the dump: "+p)
	}
	return out
}

// lastWords are printed when everything is over: which scenario failed, and why.
var lastWords []string

// TestScenarios runs all scenarios side by side, diagnoses each as a user with
// the documented rights does, and prints one table. What fails runs once more,
// alone, before it counts.
func TestScenarios(t *testing.T) {
	all, err := Load("scenarios")
	if err != nil {
		t.Fatal(err)
	}
	if *only != "" {
		all = slices.DeleteFunc(all, func(s *Scenario) bool { ok, _ := path.Match(*only, s.Name); return !ok })
		if len(all) == 0 {
			t.Fatalf("no scenario matches %q: want a name or a pattern such as oom-*", *only)
		}
	}
	l := newLab(t)
	if slices.ContainsFunc(all, func(s *Scenario) bool { return s.Captures != "" }) {
		l.startRecorder(t)
	}
	began := time.Now()
	outcomes := l.runAll(t.Context(), all)
	printTable(all, outcomes)
	fmt.Printf("run time %s\n", time.Since(began).Round(time.Second))
	for _, s := range all {
		t.Run(s.Name, func(t *testing.T) {
			for _, p := range outcomes[s.Name].problems() {
				t.Error(p)
				lastWords = append(lastWords, "failed: "+s.Name+": "+p)
			}
			for _, p := range outcomes[s.Name].before {
				if t.Failed() {
					lastWords = append(lastWords, "failed: "+s.Name+", at the try before: "+p)
				}
			}
		})
	}
}

// runAll runs the ordinary scenarios side by side, then the exclusive ones, then
// once more, alone, what failed.
func (l *lab) runAll(ctx context.Context, all []*Scenario) map[string]outcome {
	var mu sync.Mutex
	out := map[string]outcome{}
	note := func(s *Scenario, o outcome) {
		mu.Lock()
		defer mu.Unlock()
		o.tries, o.before = out[s.Name].tries+1, out[s.Name].problems()
		out[s.Name] = o
		word := "ok"
		if o.failed() {
			word = "failed"
			for _, p := range o.problems() {
				fmt.Printf("    %s\n", p)
			}
		}
		fmt.Printf("%-50s %-6s try %d\n", s.Name, word, o.tries)
	}
	slots := make(chan struct{}, *width)
	var wg sync.WaitGroup
	for _, s := range all {
		if s.Exclusive {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			note(s, l.run(ctx, s))
			<-slots
		})
	}
	wg.Wait()
	for _, s := range all {
		if s.Exclusive {
			note(s, l.run(ctx, s))
		}
	}
	for _, s := range all {
		if out[s.Name].failed() {
			note(s, l.run(ctx, s))
		}
	}
	return out
}

// run plays one scenario in a namespace of its own and diagnoses it twice: live,
// and from a dump.
func (l *lab) run(ctx context.Context, s *Scenario) (o outcome) {
	ns := "e2e-" + s.Name
	dir := filepath.Join(l.dir, s.Name)
	if o.err = writeFiles(dir, s); o.err != nil {
		return o
	}
	if _, o.err = l.kubectl(ctx, dir, "", "delete", "namespace", ns, "--ignore-not-found", "--wait", "--timeout=300s"); o.err != nil {
		return o
	}
	if _, o.err = l.kubectl(ctx, dir, "", "create", "namespace", ns); o.err != nil {
		return o
	}
	defer func() {
		if o.failed() {
			fmt.Printf("    %s: what the cluster showed is kept in %s\n", s.Name, dir)
		}
		for _, step := range s.Steps {
			if step.Verb != "cleanup" || *keep && !s.Exclusive {
				continue // a node is given back even where the rest is kept
			}
			again := Step{Line: step.Line, Verb: step.Args[0], Args: step.Args[1:]}
			if err := l.step(ctx, dir, ns, again); err != nil && o.err == nil {
				o.err = err
			}
		}
		if *keep {
			return
		}
		if _, err := l.kubectl(ctx, dir, "", "delete", "namespace", ns, "--wait=false"); err != nil && o.err == nil {
			o.err = err
		}
	}()
	for _, step := range s.Steps {
		if err := l.step(ctx, dir, ns, step); err != nil {
			o.err = fmt.Errorf("%s: %w", step.Line, err)
			break
		}
	}
	dump := filepath.Join(dir, "dump")
	if o.err != nil {
		if err := l.dump(ctx, ns, dump); err != nil {
			fmt.Printf("    %s: %v\n", s.Name, err)
		}
		return o
	}
	if o.err = l.look(ctx, s, ns, dump, &o); o.err == nil && *record && !o.failed() {
		o.err = writeRecording(s, dump)
	}
	return o
}

// look diagnoses what came about, live and from a dump. A container may end or start once more
// meanwhile, so that what is compared is not of one moment: where something is not as wanted
// then, it looks again.
func (l *lab) look(ctx context.Context, s *Scenario, ns, dump string, o *outcome) error {
	const most = 5
	for again := range most {
		before, err := l.instances(ctx, ns)
		if err != nil {
			return err
		}
		var seen []capture
		if s.Captures == "recorders" {
			if err := l.recorderReady(ctx); err != nil {
				return err
			}
		}
		if s.Captures != "" {
			if seen, err = l.captures(ctx, ns); err != nil {
				return err
			}
		}
		began := time.Now()
		o.live, o.liveProblems = l.diagnose(ctx, s, append([]string{"--kubeconfig", l.reader, "-n", ns}, capturesFrom(s, seen)...)...)
		o.took = time.Since(began)
		if err := l.dump(ctx, ns, dump); err != nil {
			return err
		}
		if err := copyCaptures(ctx, seen, dump); err != nil {
			return err
		}
		o.dump, o.dumpProblems = l.diagnose(ctx, s, "-f", dump)
		if !o.failed() {
			return nil
		}
		if now, err := l.instances(ctx, ns); err != nil || now == before {
			return err
		}
		fmt.Printf("    %s: containers ended or started during look %d\n", s.Name, again+1)
	}
	return nil
}

// instances tells the containers of a namespace's pods from those that take their place.
func (l *lab) instances(ctx context.Context, ns string) (string, error) {
	pods, err := l.world.client.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range pods.Items {
		for _, c := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
			fmt.Fprintln(&b, p.UID, c.Name, c.ContainerID, c.State.Running != nil, c.State.Terminated != nil, c.LastTerminationState.Terminated != nil)
		}
	}
	return b.String(), nil
}

func (l *lab) step(ctx context.Context, dir, ns string, step Step) error {
	switch step.Verb {
	case "kubectl":
		out, err := l.kubectl(ctx, dir, ns, step.Args...)
		if step.Fails && err == nil {
			return fmt.Errorf("it worked and should not have: %s", out)
		}
		if step.Fails {
			return nil
		}
		return err
	case "wait":
		return l.world.wait(ctx, ns, step.Condition)
	case "node":
		return l.cluster(ctx, step.Args[0], "2")
	}
	return nil // cleanup comes at the end
}

// diagnose runs unloop as a user does and compares its answer with the want.
func (l *lab) diagnose(ctx context.Context, s *Scenario, args ...string) (unloop.Diagnosis, []string) {
	list, err := l.unloop(ctx, args...)
	if err != nil {
		return unloop.Diagnosis{}, []string{err.Error()}
	}
	d := s.Choose(list.Items)
	problems := s.Compare(d)
	for _, f := range d.Findings[:min(1, len(d.Findings))] {
		if f.Confidence == unloop.Proven && len(s.Want) > 0 && f.Cause != s.Want[0].Cause {
			problems = append(problems, "a wrong cause is stated as proven: "+f.Cause)
		}
	}
	if len(problems) > 0 && len(list.Skipped) > 0 {
		problems = append(problems, "skipped: "+strings.Join(list.Skipped, "; "))
	}
	return d, problems
}

func writeFiles(dir string, s *Scenario) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, f := range s.Files {
		file := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// printTable prints what was expected and found, and the counts.
func printTable(all []*Scenario, outcomes map[string]outcome) {
	fmt.Println()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\texpected\tfound live\tconfidence\tfound in dump\tms\tdiagnosed\ttries")
	right, wrongProven, sameDump := 0, 0, 0
	for _, s := range all {
		o := outcomes[s.Name]
		want := "none"
		if len(s.Want) > 0 {
			want = s.Want[0].Cause
		}
		live, conf := first(o.live)
		dump, dumpConf := first(o.dump)
		word := "right"
		switch {
		case o.err != nil:
			word, live, dump = "did not come about", "-", "-"
		case live != want:
			word = "WRONG"
			if conf == "proven" {
				wrongProven++
			}
		case o.failed():
			word = "right, details differ"
		}
		if o.err == nil && live == want {
			right++
		}
		if o.err == nil && live == dump && conf == dumpConf {
			sameDump++
		}
		if dump == live && conf == dumpConf {
			dump = "same"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%d\n", s.Name, want, live, conf, dump, o.took.Milliseconds(), word, o.tries)
	}
	w.Flush()
	fmt.Printf("\nfirst cause right: %d of %d (%.1f %%); wrong as proven: %d; dump equal to live: %d of %d\n",
		right, len(all), 100*float64(right)/float64(len(all)), wrongProven, sameDump, len(all))
}

func first(d unloop.Diagnosis) (cause, confidence string) {
	if len(d.Findings) == 0 {
		return "none", ""
	}
	return d.Findings[0].Cause, d.Findings[0].Confidence.String()
}

// TestMain brings up the cluster, unless -keep uses the one that runs.
func TestMain(m *testing.M) {
	flag.Parse()
	ctx := context.Background()
	check := exec.Command(clusterBinary, "check")
	check.Dir = root
	if out, err := check.CombinedOutput(); err != nil {
		fmt.Printf("skipped all end-to-end tests: %s\n", strings.TrimSpace(string(out)))
		fmt.Println("0 passed, 0 failed, 1 skipped")
		if check.ProcessState != nil && check.ProcessState.ExitCode() == exitLacking {
			os.Exit(0)
		}
		os.Exit(1)
	}
	if !*keep {
		if err := interruptBoot(ctx); err != nil {
			fmt.Println("the cluster that was to be killed did not start:", err)
			os.Exit(1)
		}
		up := exec.CommandContext(ctx, clusterBinary, "up")
		up.Dir, up.Stderr = root, os.Stderr
		if err := up.Run(); err != nil {
			fmt.Println("the cluster did not come up:", err)
			os.Exit(1)
		}
	}
	status := m.Run()
	if !*keep {
		down := exec.CommandContext(ctx, clusterBinary, "down")
		down.Dir, down.Stderr = root, os.Stderr
		if err := down.Run(); err != nil {
			fmt.Println("the cluster did not go down:", err)
			status = 1
		}
		if env, err := clusterEnv(ctx); err != nil {
			fmt.Println("asking where the cluster was:", err)
			status = 1
		} else if left := traces(filepath.Dir(env["KUBECONFIG"])); len(left) > 0 {
			fmt.Println("left by the cluster:", strings.Join(left, ", "))
			status = 1
		}
	}
	for _, line := range lastWords {
		fmt.Println(line)
	}
	os.Exit(status)
}
