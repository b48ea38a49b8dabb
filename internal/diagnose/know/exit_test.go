package know

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestExit_everyCode(t *testing.T) {
	for code := range int32(256) {
		checkExit(t, Exit(code, ExitOptions{}))
	}
	for _, code := range []int32{-1, -2, -255, -256, 256, 512, 1067, 32512, 35584, math.MaxInt32, math.MinInt32, -1073741819, -532462766} {
		checkExit(t, Exit(code, ExitOptions{}))
	}
	for _, r := range reasonRows {
		for _, code := range r.codes {
			checkExit(t, Exit(code, ExitOptions{Reason: r.reason}))
		}
	}
}

func checkExit(t *testing.T, e ExitInfo) {
	t.Helper()
	if e.Meaning == "" || strings.HasSuffix(e.Meaning, ".") || strings.Contains(e.Meaning, "{") || e.SetBy == "" || len(e.Check) == 0 || len(e.Causes) == 0 || len(e.Sources) == 0 || e.Sources[0] == "" {
		t.Errorf("exit %d: meaning %q, set by %q, %d checks, %d causes, sources %q", e.Code, e.Meaning, e.SetBy, len(e.Check), len(e.Causes), e.Sources)
	}
	if (e.Hex != "") != (e.Code < 0 || e.Code > 255) {
		t.Errorf("exit %d: hex %q", e.Code, e.Hex)
	}
	for _, r := range e.Readings {
		if r.By == "" || r.Source == "" || r.Code != e.Code || !strings.HasSuffix(r.Means, ".") {
			t.Errorf("exit %d: reading %+v", e.Code, r)
		}
	}
}

func TestExit_meaning(t *testing.T) {
	cases := []struct {
		code         int32
		name, signal string
		says         string
		cause        string
	}{
		{0, "success", "", "success", "clean-exit-restarted"},
		{1, "general failure", "", "general failure", "app-config-error"},
		{2, "misuse or panic", "", "Go panic", "unhandled-exception"},
		{3, "", "", "program's own code", "app-error-exit"},
		{42, "", "", "program's own code", "app-error-exit"},
		{64, "EX_USAGE", "", "command line", "bad-arguments"},
		{78, "EX_CONFIG", "", "configuration", "app-config-error"},
		{124, "timed out", "", "timeout", "init-waiting"},
		{126, "cannot execute", "", "cannot be executed", "command-not-executable"},
		{127, "command not found", "", "not found", "shell-command-not-found"},
		{128, "start failed", "", "could not be started", "command-not-in-path"},
		{129, "SIGHUP", "SIGHUP", "signal 1", "app-error-exit"},
		{130, "SIGINT", "SIGINT", "signal 2", "deleted-by-user"},
		{132, "SIGILL", "SIGILL", "signal 4", "illegal-instruction"},
		{133, "SIGTRAP", "SIGTRAP", "signal 5", "native-crash"},
		{134, "SIGABRT", "SIGABRT", "signal 6", "runtime-heap-exhausted"},
		{135, "SIGBUS", "SIGBUS", "signal 7", "shm-too-small"},
		{136, "SIGFPE", "SIGFPE", "signal 8", "native-crash"},
		{137, "SIGKILL", "SIGKILL", "signal 9", "oom-container-limit"},
		{139, "SIGSEGV", "SIGSEGV", "signal 11", "native-crash"},
		{141, "SIGPIPE", "SIGPIPE", "signal 13", "app-error-exit"},
		{143, "SIGTERM", "SIGTERM", "signal 15", "liveness-wrong-target"},
		{145, "", "", "not a death by signal 17", "app-error-exit"},
		{159, "SIGSYS", "SIGSYS", "signal 31", "seccomp-denied"},
		{165, "SIGRTMIN+3", "SIGRTMIN+3", "signal 37", "killed-from-inside"},
		{193, "", "", "program's own code", "app-error-exit"},
		{255, "out of range or unknown", "", "exit(-1)", "node-reboot"},
		{-1, "not known", "", "CRI-O", "runtime-restart"},
		{-2, "", "", "ends with 254", "app-error-exit"},
		{256, "", "", "ends with 0", "app-error-exit"},
		{1000, "", "", "ends with 232", "app-error-exit"},
		{-1073741819, "STATUS_ACCESS_VIOLATION", "", "access violation", "native-crash"},
		{-1073741510, "STATUS_CONTROL_C_EXIT", "", "ordinary stop", "scaled-down"},
		{-1073741502, "STATUS_DLL_INIT_FAILED", "", "DLL", "app-error-exit"},
		{-532462766, "CLR exception", "", ".NET", "unhandled-exception"},
		{-1073741000, "", "", "severity error", "native-crash"},
	}
	for _, c := range cases {
		e := Exit(c.code, ExitOptions{})
		if e.Name != c.name || e.Signal != c.signal || !strings.Contains(e.Meaning, c.says) || e.Causes[0].Cause != c.cause {
			t.Errorf("Exit(%d) = %q, signal %q, %q, first cause %s; want %q, %q, …%s…, %s", c.code, e.Name, e.Signal, e.Meaning, e.Causes[0].Cause, c.name, c.signal, c.says, c.cause)
		}
	}
}

// TestExit_wraps: a process that asks for n ends with n & 0xFF; exit(-1) is 255.
func TestExit_wraps(t *testing.T) {
	for asked, low := range map[int32]string{-2: "254", -255: "1", -257: "255", 257: "1", 511: "255", 65535: "255"} {
		if e := Exit(asked, ExitOptions{}); !strings.Contains(e.Meaning, "ends with "+low+":") {
			t.Errorf("Exit(%d) says %q, want %s", asked, e.Meaning, low)
		}
	}
	if e := Exit(35584, ExitOptions{}); len(e.Apart) == 0 || !strings.Contains(e.Apart[0], "exit code 139") {
		t.Errorf("35584 = 139 << 8 is not taken for a wait status: %q", e.Apart)
	}
}

func TestExit_reasonDecides(t *testing.T) {
	cases := []struct {
		code     int32
		reason   string
		invented bool
		signal   string
		says     string
		cause    string
	}{
		{137, "ContainerStatusUnknown", true, "", "137 is a constant", "node-reboot"},
		{137, "containerstatusunknown", true, "", "137 is a constant", "node-reboot"},
		{137, "RestartingAllContainers", true, "", "in-place restart", "restart-all-rule"},
		{128, "StartError", true, "", "nothing of the program ran", "command-not-in-path"},
		{255, "Unknown", true, "", "containerd lost", "node-reboot"},
		{3, "Unknown", false, "", "program's own code", "app-error-exit"},
		{127, "ContainerCannotRun", true, "", "Docker", "command-not-in-path"},
		{137, "OOMKilled", false, "SIGKILL", "killed for memory", "oom-container-limit"},
		{0, "OOMKilled", false, "", "0 is how process 1 ended", "oom-container-limit"},
		{137, "Error", false, "SIGKILL", "signal 9", "oom-container-limit"},
	}
	for _, c := range cases {
		e := Exit(c.code, ExitOptions{Reason: c.reason})
		if e.Invented != c.invented || e.Signal != c.signal || !strings.Contains(e.Meaning, c.says) || e.Causes[0].Cause != c.cause {
			t.Errorf("Exit(%d, %s) = invented %v, signal %q, %q, %s", c.code, c.reason, e.Invented, e.Signal, e.Meaning, e.Causes[0].Cause)
		}
	}
}

func TestExit_programComesFirst(t *testing.T) {
	cases := []struct {
		code    int32
		program string
		by      string
		name    string
		says    string
	}{
		{9, "node", "Node.js", "InvalidCommandLineArgument", "Node.js: unknown option"},
		{13, "docker.io/library/node:22-alpine", "Node.js", "UnsettledTopLevelAwait", "top-level await"},
		{120, "/usr/bin/python3.12", "Python", "", "Python: standard output"},
		{101, "rust", "Rust", "", "Rust: panic"},
		{150, "mcr.example/dotnet/aspnet:8.0", ".NET", "FrameworkMissingFailure", ".NET: no framework"},
		{127, "elasticsearch@sha256:00ff", "Elasticsearch and OpenSearch", "OutOfMemoryError", "Java heap"},
		{62, "mongo:7", "MongoDB", "needDowngrade", "do not fit this version"},
		{3, "java", "the JVM", "ExitOnOutOfMemoryError", "heap or metaspace"},
		{255, "php", "PHP", "", "PHP: fatal error"},
		{6, "curl", "curl", "", "cannot be resolved"},
		{3, "gunicorn", "gunicorn", "WORKER_BOOT_ERROR", "worker failed to boot"},
		{203, "systemd", "systemd", "EXIT_EXEC", "could not be started"},
	}
	for _, c := range cases {
		e := Exit(c.code, ExitOptions{Program: c.program})
		if len(e.Readings) == 0 || e.Readings[0].By != c.by || !strings.Contains(e.Meaning, c.says) || c.name != "" && e.Name != c.name {
			t.Errorf("Exit(%d, %s) = %q, %q, readings %+v", c.code, c.program, e.Name, e.Meaning, e.Readings)
		}
	}
	// A death by signal stays one, whatever else the software uses the number for.
	if e := Exit(137, ExitOptions{Program: "dotnet"}); e.Signal != "SIGKILL" || !strings.Contains(e.Meaning, "signal 9") || e.Readings[0].By != ".NET" {
		t.Errorf("Exit(137, dotnet) = %q, %+v", e.Meaning, e.Readings[0])
	}
	// The reason decides before the program.
	if e := Exit(128, ExitOptions{Program: "elasticsearch", Reason: "StartError"}); !e.Invented || strings.Contains(e.Meaning, "Elasticsearch") {
		t.Errorf("Exit(128, elasticsearch, StartError) = %q", e.Meaning)
	}
}

func TestExit_errno(t *testing.T) {
	e := Exit(98, ExitOptions{})
	last := e.Readings[len(e.Readings)-1]
	if last.Name != "EADDRINUSE" || last.Causes[0].Cause != "port-in-use" {
		t.Errorf("98 = %+v", last)
	}
	for _, r := range Exit(64, ExitOptions{}).Readings {
		if strings.Contains(r.By, "errno") {
			t.Error("a code with a general meaning is also read as errno")
		}
	}
}

func TestExit_tablesAreOrdered(t *testing.T) {
	for name, rows := range map[string][]exitRow{"exitRows": exitRows, "windowsRows": windowsRows} {
		seen := map[int32]bool{}
		for _, r := range rows {
			if seen[r.code] {
				t.Errorf("%s: %d twice", name, r.code)
			}
			seen[r.code] = true
			if _, ok := signalOfCode(r.code); ok {
				t.Errorf("%s: %d hides a signal", name, r.code)
			}
		}
	}
	names := map[string]bool{}
	aliases := map[string]string{}
	eachProgram(func(p *program) bool {
		if names[p.name] || p.source == "" || len(p.aliases) == 0 || len(p.codes) == 0 {
			t.Errorf("%s: twice, or without source, alias or code", p.name)
		}
		names[p.name] = true
		for _, a := range p.aliases {
			if a == "" || strings.ToLower(a) != a || strings.ContainsAny(a, "/:@ ") {
				t.Errorf("%s: alias %q can never match", p.name, a)
			}
			if other := aliases[a]; other != "" && a != "coredns" {
				t.Errorf("alias %q is of %s and %s", a, other, p.name)
			}
			aliases[a] = p.name
		}
		seen := map[int32]bool{}
		for _, c := range p.codes {
			if seen[c.code] {
				t.Errorf("%s: %d twice", p.name, c.code)
			}
			seen[c.code] = true
		}
		return true
	})
	var last int32
	for _, e := range errnos {
		if e.n <= last {
			t.Errorf("errno %d comes after %d", e.n, last)
		}
		last = e.n
	}
}

func TestSignal_table(t *testing.T) {
	for i, s := range signals {
		if s.Number != i+1 || !strings.HasPrefix(s.Name, "SIG") || s.Text == "" || s.Action == "" || s.Sender == "" || s.Source == "" || !strings.HasSuffix(s.Means, ".") {
			t.Errorf("signal %d: %+v", i+1, s)
		}
		code, ends := s.ExitCode()
		if ends && (code != 128+int32(s.Number) || len(s.Causes) == 0 || len(s.Check) == 0) {
			t.Errorf("%s: exit code %d, %d causes, %d checks", s.Name, code, len(s.Causes), len(s.Check))
		}
		if s.Catchable == (s.Number == 9 || s.Number == 19) {
			t.Errorf("%s: catchable %v", s.Name, s.Catchable)
		}
	}
}

func TestSignal_lookup(t *testing.T) {
	cases := map[string]int{
		"SIGTERM": 15, "term": 15, " sigterm ": 15, "15": 15, "9": 9, "SIGIOT": 6, "poll": 29, "SIGRTMIN": 34, "SIGRTMIN+3": 37, "rtmax-2": 62, "64": 64, "32": 32,
		"0": 0, "65": 0, "-1": 0, "SIGNOPE": 0, "": 0, "SIGRTMIN+99": 0, "SIGRTMIN+x": 0, "SIGRTMAX+1": 0, "99999999999999999999": 0,
	}
	for q, want := range cases {
		s, ok := Signal(q)
		if ok != (want != 0) || s.Number != want {
			t.Errorf("Signal(%q) = %d, %v; want %d", q, s.Number, ok, want)
		}
	}
}

func ExampleExit() {
	e := Exit(139, ExitOptions{})
	fmt.Println(e.Signal, "-", e.Meaning)
	e = Exit(137, ExitOptions{Reason: "ContainerStatusUnknown"})
	fmt.Println(e.Invented, "-", e.Meaning)
	// Output:
	// SIGSEGV - killed by signal 11, SIGSEGV (segmentation fault)
	// true - the runtime no longer knew the container; 137 is a constant of the kubelet and says nothing
}
