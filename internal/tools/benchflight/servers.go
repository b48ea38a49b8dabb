//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/bpf"
	"github.com/unloop-dev/unloop/internal/flight"
)

// server is a program that is kept busy by a client.
type server struct {
	name string
	// start starts it in a folder at a port; client makes n requests.
	start    func(dir string, port int) (*exec.Cmd, error)
	client   func(port, n int) *exec.Cmd
	requests int
}

var servers = []server{
	{
		"redis",
		func(dir string, port int) (*exec.Cmd, error) {
			return exec.Command("redis-server", "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir), nil
		},
		func(port, n int) *exec.Cmd {
			return exec.Command("redis-benchmark", "-p", strconv.Itoa(port), "-t", "get", "-n", strconv.Itoa(n), "-c", "50", "-q")
		},
		200_000,
	},
	{
		"nginx",
		func(dir string, port int) (*exec.Cmd, error) {
			conf := fmt.Sprintf("daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error;\nevents {}\n"+
				"http { access_log off; keepalive_requests 1000000; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; "+
				"uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s; server { listen 127.0.0.1:%[2]d; root %[1]s; } }\n", dir, port)
			err := errors.Join(os.WriteFile(dir+"/conf", []byte(conf), 0o644), os.WriteFile(dir+"/index.html", []byte("<p>It works.</p>\n"), 0o644), os.Chmod(dir, 0o755))
			return exec.Command("nginx", "-c", dir+"/conf"), err
		},
		func(port, n int) *exec.Cmd {
			return exec.Command("ab", "-q", "-k", "-n", strconv.Itoa(n), "-c", "20", fmt.Sprintf("http://127.0.0.1:%d/", port))
		},
		100_000,
	},
}

// observer watches a server for a while.
type observer struct {
	name string
	// share is by what the number of requests is divided: some are very slow.
	share int
	// watch begins; what it returns ends it, and gives the processor time it took in
	// nanoseconds.
	watch func(b *bench) (func() (int64, error), error)
}

// bench is a server that runs.
type bench struct {
	h      bpf.Hierarchy
	parent string
	pids   []int
}

var observers = []observer{
	{"nothing", 1, func(*bench) (func() (int64, error), error) { return func() (int64, error) { return 0, nil }, nil }},
	{"empty hook", 1, emptyHook},
	{"landmarks", 1, func(b *bench) (func() (int64, error), error) { return b.record(bpf.Options{Rate: 1, Burst: 1}) }},
	{"recorder", 1, func(b *bench) (func() (int64, error), error) { return b.record(bpf.Options{}) }},
	{"recorder, no cap", 1, func(b *bench) (func() (int64, error), error) { return b.record(bpf.Options{Rate: -1}) }},
	{"perf record --overwrite", 1, func(b *bench) (func() (int64, error), error) {
		return b.tool("perf", "record", "--overwrite", "-e", "raw_syscalls:*", "-a", "-o", "/dev/null")
	}},
	{"perf trace", 10, func(b *bench) (func() (int64, error), error) {
		return b.tool("perf", "trace", "-o", "/dev/null", "-p", b.list())
	}},
	{"strace -f", 10, func(b *bench) (func() (int64, error), error) {
		return b.tool("strace", "-f", "-o", "/dev/null", "-p", b.list())
	}},
}

func (b *bench) list() string {
	var s []string
	for _, p := range b.pids {
		s = append(s, strconv.Itoa(p))
	}
	return strings.Join(s, ",")
}

// emptyHook attaches a program that does nothing to the end of every call.
func emptyHook(*bench) (func() (int64, error), error) {
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.Tracing, AttachType: ebpf.AttachTraceRawTp, AttachTo: "sys_exit", License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		return nil, err
	}
	l, err := link.AttachTracing(link.TracingOptions{Program: p})
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return func() (int64, error) { return 0, errors.Join(l.Close(), p.Close()) }, nil
}

// keeper records as the recorder of a node does.
type keeper struct {
	mu  sync.Mutex
	rec *flight.Recorder
	n   uint64
}

func (k *keeper) Open(s flight.Slot, o flight.Opening) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rec.Open(s, o)
}

func (k *keeper) Event(s flight.Slot, ev *event.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.n++
	k.rec.Event(s, ev)
}

func (k *keeper) Call(s flight.Slot, c *flight.Call) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.rec.Call(s, c) {
		return false
	}
	k.n += 2
	return true
}

func (k *keeper) Lost(s flight.Slot, cause flight.LossCause, n uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rec.Lost(s, cause, n)
}

func (k *keeper) Died(s flight.Slot, d flight.Death) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rec.Died(s, d)
}

func (k *keeper) Gone(s flight.Slot) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rec.Gone(s)
}

// record records the server in a control group of its own.
func (b *bench) record(opt bpf.Options) (func() (int64, error), error) {
	opt.Parents, opt.Hierarchy = []string{b.parent}, b.h
	src, err := bpf.New(opt)
	if err != nil {
		return nil, err
	}
	group := b.h.Dir(b.parent + "/c")
	move := func(dir string) error {
		for _, p := range b.pids {
			if err := os.WriteFile(dir+"/cgroup.procs", []byte(strconv.Itoa(p)), 0); err != nil {
				return err
			}
		}
		return nil
	}
	if err := os.Mkdir(group, 0o755); err != nil {
		return nil, errors.Join(err, src.Close())
	}
	k := &keeper{rec: flight.New(flight.Options{})}
	stop := start(src, k)
	before := ownNanos()
	if err := errors.Join(src.Ready(), move(group)); err != nil {
		return nil, errors.Join(err, stop())
	}
	return func() (int64, error) {
		err := src.Caught(time.Minute)
		spent := ownNanos() - before
		if k.n == 0 {
			err = errors.Join(err, errors.New("nothing was recorded"))
		}
		return spent, errors.Join(err, move(b.h.Dir("/")), stop(), os.Remove(group))
	}, nil
}

// tool runs a program that traces.
func (b *bench) tool(argv ...string) (func() (int64, error), error) {
	if _, err := exec.LookPath(argv[0]); err != nil {
		return nil, errSkip
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	time.Sleep(time.Second) // nothing tells when it has begun
	return func() (int64, error) {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait() // an interrupt is no success for all of them
		return int64(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()), nil
	}, nil
}

var errSkip = errors.New("not installed")

// measureServers gives the processor time per request of server and observer together, as
// a ratio to that of the server alone.
func measureServers(rounds int, h bpf.Hierarchy, parent string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintf(w, "processor time per request, medians of %d\tserver\twith observer\n", rounds)
	for _, s := range servers {
		if err := s.measure(w, rounds, h, parent); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (s *server) measure(w *tabwriter.Writer, rounds int, h bpf.Hierarchy, parent string) error {
	dir, err := os.MkdirTemp("/tmp", "benchflight")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	port, err := freePort()
	if err != nil {
		return err
	}
	cmd, err := s.start(dir, port)
	if err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}()
	if err := answers(port); err != nil {
		return err
	}
	b := &bench{h: h, parent: parent, pids: groupOf(cmd.Process.Pid)}
	alone, both := map[string][]float64{}, map[string][]float64{}
	for range rounds {
		for _, i := range rand.Perm(len(observers)) {
			o := &observers[i]
			own, all, err := s.once(b, o, port)
			if errors.Is(err, errSkip) {
				continue
			} else if err != nil {
				return fmt.Errorf("%s: %w", o.name, err)
			}
			alone[o.name], both[o.name] = append(alone[o.name], own), append(both[o.name], all)
		}
	}
	base := median(slices.Clone(alone["nothing"]))
	for _, o := range observers {
		if len(alone[o.name]) == 0 {
			fmt.Fprintf(w, "%s, %s\tnot installed\t\n", s.name, o.name)
			continue
		}
		if o.name == "nothing" {
			fmt.Fprintf(w, "%s, %s\t%.2f us\t\n", s.name, o.name, base/1000)
			continue
		}
		fmt.Fprintf(w, "%s, %s\tx%.2f\tx%.2f\n", s.name, o.name, median(alone[o.name])/base, median(both[o.name])/base)
	}
	return nil
}

// once measures one observer once: nanoseconds per request.
func (s *server) once(b *bench, o *observer, port int) (alone, both float64, err error) {
	end, err := o.watch(b)
	if err != nil {
		return 0, 0, err
	}
	n := s.requests / o.share
	before := spentBy(b.pids)
	out, cerr := s.client(port, n).CombinedOutput()
	spent := spentBy(b.pids) - before
	more, err := end()
	if cerr != nil {
		return 0, 0, fmt.Errorf("client: %w: %s", cerr, out)
	}
	return float64(spent) / float64(n), float64(spent+more) / float64(n), err
}

// spentBy is the processor time of processes, in nanoseconds: the first number of
// /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats.rst).
func spentBy(pids []int) int64 {
	var sum int64
	for _, p := range pids {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p))
		for _, f := range files {
			b, _ := os.ReadFile(f)
			first, _, _ := strings.Cut(string(b), " ")
			n, _ := strconv.ParseInt(first, 10, 64)
			sum += n
		}
	}
	return sum
}

// groupOf lists the processes of a process group.
func groupOf(pgid int) []int {
	var out []int
	files, _ := filepath.Glob("/proc/[0-9]*")
	for _, f := range files {
		pid, _ := strconv.Atoi(filepath.Base(f))
		if g, err := syscall.Getpgid(pid); err == nil && g == pgid {
			out = append(out, pid)
		}
	}
	return out
}

func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// answers waits until a server listens.
func answers(port int) error {
	for end := time.Now().Add(30 * time.Second); ; {
		c, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return c.Close()
		}
		if time.Now().After(end) {
			return fmt.Errorf("it does not listen: %w", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
