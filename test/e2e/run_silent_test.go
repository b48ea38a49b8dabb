//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"

	"github.com/unloop-dev/unloop"
)

const python = "/usr/bin/python3"

// silentRun is a program that fails without a word, under `unloop run` instead of in a pod.
type silentRun struct {
	name string
	argv []string
	// flags stand before the command; they are of root only.
	flags []string
	// drop: the command is to run as another user than root.
	drop bool
	// causes may come first, ebpf and ptrace say how sure it is ("" for "not found out":
	// ptrace sees the calls that tell most, and no reads).
	causes       []string
	ebpf, ptrace string
}

// The least shares of the programs whose cause comes first.
const (
	leastEBPF   = 18
	leastPtrace = 13
)

// TestRunSilent runs the programs of the silent scenarios under `unloop run`, as root with
// eBPF and as nobody with ptrace, and prints a table.
func TestRunSilent(t *testing.T) {
	if _, err := os.Stat(python); err != nil {
		t.Skipf("skipped: the programs need %v", err)
	}
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && len(d) > 1; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "test/cluster/images/silent"))); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "unloop")
	copyFile(t, unloopBinary, bin, 0o755, nil)
	for _, mode := range []string{"ebpf", "ptrace"} {
		into := filepath.Join(dir, "captures-"+mode)
		if err := errors.Join(os.Mkdir(into, 0o755), os.Chmod(into, 0o777)); err != nil {
			t.Fatal(err)
		}
	}
	runs := silentRuns(t, dir)

	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nprogram\teBPF as root\t\tptrace as nobody\t")
	right := map[string]int{}
	tried := map[string]int{}
	for _, r := range runs {
		fmt.Fprint(w, r.name)
		for _, mode := range []string{"ebpf", "ptrace"} {
			if mode == "ptrace" && len(r.flags) > 0 {
				fmt.Fprint(w, "\tneeds root\t")
				continue
			}
			d, err := r.run(bin, dir, mode)
			_ = os.Remove(filepath.Join(dir, "small/journal")) // which one of them has made
			if err != nil {
				t.Errorf("%s, %s: %v", r.name, mode, err)
				continue
			}
			tried[mode]++
			cause, confidence := first(d)
			fmt.Fprintf(w, "\t%s\t%s", cause, confidence)
			want := r.ebpf
			if mode == "ptrace" {
				want = r.ptrace
			}
			switch {
			case slices.Contains(r.causes, cause):
				right[mode]++
				if !slices.Contains(strings.Split(want, "|"), confidence) {
					t.Errorf("%s, %s: %s is %s, want %q", r.name, mode, cause, confidence, want)
				}
				if mode == "ebpf" && (len(d.Findings[0].Evidence) == 0 || cause != "app-error-exit" && d.Findings[0].Evidence[0].Kind != "capture") {
					t.Errorf("%s, %s: the evidence of %s begins with no call: %v", r.name, mode, cause, d.Findings[0].Evidence)
				}
			case want != "":
				t.Errorf("%s, %s: %s %s, want %v", r.name, mode, cause, confidence, r.causes)
			case confidence == "proven":
				t.Errorf("%s, %s: a wrong cause is stated as proven: %s", r.name, mode, cause)
			}
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	for mode, least := range map[string]int{"ebpf": leastEBPF, "ptrace": leastPtrace} {
		fmt.Printf("unloop run, %s: first cause right %d of %d\n", mode, right[mode], tried[mode])
		if right[mode] < least {
			t.Errorf("%s: %d right, want at least %d", mode, right[mode], least)
		}
	}
}

// run returns the diagnosis of the command's end.
func (r *silentRun) run(bin, dir, mode string) (unloop.Diagnosis, error) {
	const nobody = 65534
	argv := r.argv
	if r.drop && mode == "ebpf" {
		argv = append([]string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}, argv...)
	}
	cmd := exec.Command(bin, slices.Concat([]string{"run", "-o", "json", "--record", mode, "--captures", filepath.Join(dir, "captures-"+mode)}, r.flags, []string{"--"}, argv)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "PATH=/usr/local/bin:/usr/bin:/bin")
	if mode == "ptrace" {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return unloop.Diagnosis{}, err
	}
	var list unloop.DiagnosisList
	if err := json.Unmarshal(out.Bytes(), &list); err != nil || len(list.Items) != 1 {
		return unloop.Diagnosis{}, fmt.Errorf("%d diagnoses, %v; it said: %s", len(list.Items), err, errs.String())
	}
	return list.Items[0], nil
}

// silentRuns lists the programs, and makes what they fail on.
func silentRuns(t *testing.T, dir string) []silentRun {
	t.Helper()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	settings := write("ledger.conf", "rounding=sideways\n", 0o644)
	secret := write("secret.csv", "rent,1200\n", 0o600)
	script := write("close", "#!/opt/ledger/bin/perl\n", 0o755)
	small, fixed := filepath.Join(dir, "small"), filepath.Join(dir, "fixed")
	tmpfs(t, small, "size=64k,mode=1777", 0)
	tmpfs(t, fixed, "mode=1777", syscall.MS_RDONLY)
	// The program wants a library of a name that no machine has.
	broken := filepath.Join(dir, "broken")
	copyFile(t, python, broken, 0o755, func(b []byte) []byte {
		return bytes.ReplaceAll(b, []byte("\x00libz.so.1\x00"), []byte("\x00libq.so.1\x00"))
	})
	taken := server(t, "", nil)
	cut := server(t, "127.0.0.1", func(c net.Conn) {
		_, _ = c.Read(make([]byte, 2048)) // the greeting; how it looks does not matter
		c.Close()
	})
	free := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}()
	_, takenPort, _ := net.SplitHostPort(taken)
	py := func(args ...string) []string { return append([]string{python}, args...) }
	sh := func(script string) []string { return []string{"sh", "-c", script} }
	return []silentRun{
		{name: "file not found", argv: py("rates.py", "/etc/ledger/rates.csv"), causes: []string{"file-missing"}, ebpf: "proven", ptrace: "proven"},
		{name: "permission denied", argv: py("rates.py", secret), drop: true, causes: []string{"volume-permission-denied"}, ebpf: "likely|proven", ptrace: "likely|proven"},
		{name: "read-only file system", argv: py("journal.py", fixed+"/journal"), causes: []string{"readonly-rootfs", "filesystem-readonly"}, ebpf: "possible|likely", ptrace: "possible|likely"},
		{name: "no space", argv: py("journal.py", small+"/journal"), causes: []string{"volume-full", "node-disk-full"}, ebpf: "likely|proven"},
		{name: "too many open files", argv: sh("ulimit -n 40; exec " + python + " follow.py"), causes: []string{"fd-limit"}, ebpf: "proven", ptrace: "proven"},
		{name: "process limit", argv: sh("ulimit -p 8; exec " + python + " workers.py 40"), drop: true, causes: []string{"pid-limit"}, ebpf: "proven", ptrace: "proven"},
		{name: "name does not resolve", argv: py("resolve.py", "ledger.invalid"), causes: []string{"service-name-wrong"}, ebpf: "proven", ptrace: "proven|likely"},
		{name: "server refused", argv: py("connect.py", free, "10"), causes: []string{"dependency-refused"}, ebpf: "proven", ptrace: "proven"},
		{name: "no answer in time", argv: py("connect.py", deaf(t), "0.5"), causes: []string{"dependency-unreachable"}, ebpf: "likely", ptrace: "likely"},
		{name: "address in use", argv: py("listen.py", takenPort), causes: []string{"port-in-use"}, ebpf: "proven", ptrace: "proven"},
		{name: "TLS handshake cut", argv: py("secure.py", cut), causes: []string{"dependency-tls"}, ebpf: "likely"},
		{name: "killed by another process", argv: py("watchdog.py", "0.2"), causes: []string{"killed-from-inside"}, ebpf: "proven|likely", ptrace: "proven|likely"},
		{name: "OOM of a child", argv: py("supervise.py", "grow.py", "256"), flags: []string{"--memory", "48Mi"}, causes: []string{"oom-child-process"}, ebpf: "proven|likely"},
		{name: "settings read last", argv: py("settings.py", settings), causes: []string{"app-config-error"}, ebpf: "possible"},
		{name: "program missing at exec", argv: py("launch.py", "/opt/ledger/bin/ledgerd"), causes: []string{"command-file-missing"}, ebpf: "likely", ptrace: "likely"},
		{name: "command missing in a script", argv: sh("exec 2>/dev/null; ledgerd --listen :8080"), causes: []string{"shell-command-not-found"}, ebpf: "proven|likely", ptrace: "proven|likely"},
		{name: "interpreter of a script missing", argv: sh("exec 2>/dev/null; test -x " + script + " && exec " + script), causes: []string{"interpreter-missing"}, ebpf: "proven"},
		{name: "library missing", argv: sh("exec " + broken + " quiet.py 2>/dev/null"), causes: []string{"missing-shared-library"}, ebpf: "proven", ptrace: "proven"},
		{name: "exit without a reason", argv: py("quiet.py"), causes: []string{"app-error-exit"}, ebpf: "likely", ptrace: "likely"},
	}
}

func tmpfs(t *testing.T, dir, options string, flags uintptr) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

func copyFile(t *testing.T, from, to string, mode os.FileMode, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		changed := change(b)
		if bytes.Equal(b, changed) {
			t.Fatalf("%s has nothing to change", from)
		}
		b = changed
	}
	if err := os.WriteFile(to, b, mode); err != nil {
		t.Fatal(err)
	}
}

// server listens and hands each connection over.
func server(t *testing.T, host string, do func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if do == nil {
				do = func(c net.Conn) { _, _ = io.Copy(io.Discard, c) } // until the peer leaves
			}
			go do(c)
		}
	}()
	return l.Addr().String()
}

// deaf is an address whose queue of connections is full: nobody there answers.
func deaf(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	c, err := net.Dial("tcp", address) // the one that the queue holds
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return address
}
