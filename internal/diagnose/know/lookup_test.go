package know

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestLookup(t *testing.T) {
	cases := []struct {
		query string
		want  string // kind/start of title of each topic, in order, separated by |
	}{
		{"137", "exit code/exit code 137: SIGKILL"},
		{"exit 137", "exit code/exit code 137"},
		{"Exit Code: 137", "exit code/exit code 137"},
		{"exitcode:137", "exit code/exit code 137|reason/exitcode:137"},
		{"exit status 1", "exit code/exit code 1"},
		{"rc=2", "exit code/exit code 2"},
		{"-1", "exit code/exit code -1 (0xFFFFFFFF)"},
		{"0xC0000005", "exit code/exit code -1073741819 (0xC0000005): STATUS_ACCESS_VIOLATION"},
		{"3221225786", "exit code/exit code -1073741510 (0xC000013A): STATUS_CONTROL_C_EXIT"},
		{"15", "exit code/exit code 15|signal/SIGTERM (signal 15)"},
		{"SIGTERM", "signal/SIGTERM"},
		{"term", "signal/SIGTERM"},
		{"signal 9", "signal/SIGKILL"},
		{"signal: killed", "signal/SIGKILL"},
		{"kill -9", "signal/SIGKILL"},
		{"Segmentation fault", "signal/SIGSEGV"},
		{"Segmentation fault (core dumped)", "signal/SIGSEGV"},
		{"Terminated", "signal/SIGTERM|reason/Terminated (pod reason"},
		{"CrashLoopBackOff", "reason/CrashLoopBackOff (waiting reason"},
		{"crash loop back off", "reason/CrashLoopBackOff"},
		{"oom killed", "reason/OOMKilled"},
		{"BackOff", "reason/BackOff (event, Warning)|reason/BackOff (event, Normal)"},
		{"Init:0/2", "reason/Init:0/2 (STATUS word)"},
		{"Init:Error", "reason/Init:Error (STATUS word)"},
		{"Init:ErrImagePull", "reason/Init:ErrImagePull|reason/ErrImagePull"},
		{"Init:ExitCode:7", "reason/Init:ExitCode:7|exit code/exit code 7"},
		{"Signal:9", "signal/SIGKILL|reason/Signal:9"},
		{"OutOfnvidia.com/gpu", "reason/OutOfnvidia.com/gpu (pod reason"},
		{"'Evicted'", "reason/Evicted"},
		{"terminationGracePeriodSeconds", "default/terminationGracePeriodSeconds = 30 s"},
		{"--event-ttl", "default/event-ttl = 1 h"},
		{"volume", "cause family/Volumes and the data on them"},
		{"back-off 5m0s restarting failed container", "message/back-off … restarting failed container"},
		{"back-off 2m40s restarting failed container=ledger pod=ledger-0_shop(0a1b)", "message/back-off … restarting failed container"},
		{"restarting failed container", "message/Back-off restarting failed container"},
		{`exec: "serve": executable file not found in $PATH: unknown`, "message/executable file not found in $PATH"},
		{"no space left on device", "message/"},
		{"unbound immediate PersistentVolumeClaims", "message/pod has unbound immediate PersistentVolumeClaims"},
		{"Last State: Terminated Reason: OOMKilled Exit Code: 137", "reason/OOMKilled"},
		{"nothing of the kind", ""},
		{"", ""},
		{"   ", ""},
		{"1e3", ""},
		{"99999999999", ""},
		{"0xFFFFFFFFF", ""},
	}
	for _, c := range cases {
		topics := Lookup(c.query)
		var want []string
		if c.want != "" {
			want = strings.Split(c.want, "|")
		}
		if len(topics) < len(want) || len(want) == 0 && len(topics) != 0 {
			t.Errorf("Lookup(%q) = %s, want %s", c.query, titles(topics), c.want)
			continue
		}
		for i, w := range want {
			// A pasted text leads to several messages; what is wanted must be among the first.
			if !strings.HasPrefix(titles(topics[i:i+1]), w) && !(strings.ContainsAny(c.query, " ") && strings.Contains(titles(topics), w)) {
				t.Errorf("Lookup(%q) = %s, want %s", c.query, titles(topics), c.want)
				break
			}
		}
	}
}

func titles(ts []Topic) string {
	var out []string
	for _, t := range ts {
		out = append(out, string(t.Kind)+"/"+t.Title)
	}
	return strings.Join(out, "|")
}

// TestMatchMessages_firstCause: texts as they look in a cluster lead to the
// cause that they state.
func TestMatchMessages_firstCause(t *testing.T) {
	cases := map[string]string{
		`failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "ledgerd": executable file not found in $PATH: unknown`: "command-not-in-path",
		`exec: "/srv/ledger": stat /srv/ledger: no such file or directory: unknown`:             "command-file-missing",
		`exec /srv/run.sh: exec format error`:                                                   "exec-format-error",
		`Error: configmap "shop-settings" not found`:                                            "configmap-missing",
		`MountVolume.SetUp failed for volume "tls" : secret "shop-tls" not found`:               "secret-missing",
		`couldn't find key PASSWORD in Secret shop/db`:                                          "config-key-missing",
		`container has runAsNonRoot and image will run as root (pod: "a_b(c)", container: api)`: "runasnonroot-root-image",
		`Failed to pull image "shop/api:9": rpc error: code = NotFound desc = failed to pull and unpack image "r/shop/api:9": failed to resolve reference "r/shop/api:9": r/shop/api:9: not found`: "image-tag-missing",
		`pull access denied, repository does not exist or may require authorization`:                                                                                                               "image-pull-denied",
		`429 Too Many Requests - Server message: toomanyrequests`:                                                                                                                                  "registry-rate-limit",
		`no match for platform in manifest: not found`:                                                                                                                                             "image-wrong-platform",
		`0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.`:                                                        "insufficient-resources",
		`3 node(s) had volume node affinity conflict`:                                                                                                                                              "pv-wrong-zone",
		`1 node(s) had untolerated taint(s)`:                                                                                                                                                       "taint-untolerated",
		`The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 200Mi.`:                                                                                              "evicted-disk",
		`Usage of EmptyDir volume "cache" exceeds the limit "1Gi". `:                                                                                                                               "emptydir-limit",
		`Pod was rejected: Node didn't have enough resource: cpu, requested: 500, used: 3900, capacity: 4000`:                                                                                      "admission-outof",
		`Readiness probe errored and resulted in unknown state: rpc error`:                                                                                                                         "exec-probe-broken",
		`Container api failed startup probe, will be restarted`:                                                                                                                                    "startup-probe-exhausted",
		`Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) ledger-0`:                                                                                                          "multi-attach",
		`mount.nfs: access denied by server while mounting nas:/export`:                                                                                                                            "storage-access-denied",
		`driver name ebs.csi.aws.com not found in the list of registered CSI drivers`:                                                                                                              "csi-missing",
		`no persistent volumes available for this claim and no storage class is set`:                                                                                                               "pvc-no-class",
		`plugin type="host-local" failed (add): no IP addresses available in range set: 10.1.0.1-10.1.0.254`:                                                                                       "ip-exhausted",
		`Error creating: pods "api-1" is forbidden: exceeded quota: compute, requested: limits.cpu=2, used: limits.cpu=8, limited: limits.cpu=8`:                                                   "quota-exceeded",
		`Internal error occurred: failed calling webhook "v.policy.example": failed to call webhook: Post "https://p.svc": connect: connection refused`:                                            "webhook-down",
		`nf_conntrack: nf_conntrack: table full, dropping packet`:                                                                                                                                  "conntrack-full",
		`Memory cgroup out of memory: Killed process 4242 (ledgerd) total-vm:1kB, anon-rss:1kB`:                                                                                                    "oom-container-limit",
		`PLEG is not healthy: pleg was last seen active 3m7s ago; threshold is 3m0s`:                                                                                                               "pleg-unhealthy",
		`Get "http://10.1.2.3:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`:                                                                           "liveness-timeout",
	}
	for text, want := range cases {
		got := MatchMessages(text, 1)
		if len(got) == 0 || len(got[0].Causes) == 0 || got[0].Causes[0].Cause != want {
			t.Errorf("%q leads to %+v, want %s", text, got, want)
		}
		// Pastes from chats and pages lose their case.
		if low := MatchMessages(strings.ToLower(text), 1); len(low) == 0 || len(got) == 0 || low[0].Pattern != got[0].Pattern {
			t.Errorf("in lower case %q leads elsewhere", text)
		}
	}
}

func TestSuggest(t *testing.T) {
	cases := map[string]string{
		"CrashLoopBackof": "CrashLoopBackOff", "crashlopbackoff": "CrashLoopBackOff", "OOMKiled": "OOMKilled", "ImagePullBackof": "ImagePullBackOff",
		"oom-contaner-limit": "oom-container-limit", "SIGTREM": "SIGTERM", "FailedSchedulling": "FailedScheduling", "terminationGracePeriod": "terminationGracePeriodSeconds",
		"volme": "volume",
	}
	for q, want := range cases {
		if got := Suggest(q); len(got) == 0 || got[0] != want {
			t.Errorf("Suggest(%q) = %v, want %s first", q, got, want)
		}
	}
	for _, q := range []string{"", "x", "zzzzzzzzzz", strings.Repeat("a", 10_000)} {
		if got := Suggest(q); got != nil {
			t.Errorf("Suggest(%.20q) = %v, want none", q, got)
		}
	}
	if got := Suggest("failed"); len(got) != maxSuggestions {
		t.Errorf("Suggest(failed) = %v, want %d", got, maxSuggestions)
	}
}

// TestDefaults_agreeWithConstants: the table that is shown and the constants that
// the rules reckon with are the same numbers.
func TestDefaults_agreeWithConstants(t *testing.T) {
	seconds := func(d time.Duration) string { return strings.TrimSuffix(time.Duration.String(d), "s") + " s" }
	cases := []struct{ name, want string }{
		{"maxContainerRestartPeriod", "300 s"}, {"terminationGracePeriodSeconds", seconds(TerminationGrace)}, {"periodSeconds", seconds(ProbePeriod)},
		{"timeoutSeconds", seconds(ProbeTimeout)}, {"progressDeadlineSeconds", "600 s"},
	}
	for _, c := range cases {
		if d, ok := DefaultByName(c.name); !ok || d.Value != c.want {
			t.Errorf("%s = %q, want %q", c.name, d.Value, c.want)
		}
	}
	if BackoffMax != 300*time.Second || ProgressDeadline != 600*time.Second || BackoffReset != 2*BackoffMax || NodeGraceOld != 40*time.Second || NodeGrace != 50*time.Second {
		t.Error("a constant moved away from its documented value")
	}
	// 10 s doubling to the cap gives the waits that the CrashLoopBackOff text lists.
	wait, waits := BackoffInitial, []string{"0"}
	for wait < BackoffMax {
		waits = append(waits, strings.TrimSuffix(seconds(wait), " s"))
		wait *= BackoffFactor
	}
	d, _ := DefaultByName("maxContainerRestartPeriod")
	if got := strings.Join([]string{"0", "10", "20", "40", "80", "160", "300", "300 … s"}, ", "); !strings.Contains(d.Means, got) || len(waits) != 6 {
		t.Errorf("the waits %v are not those of %q", waits, d.Means)
	}
	seen := map[string]bool{}
	for _, d := range Defaults {
		if seen[strings.ToLower(d.Name)] || d.Value == "" || d.Where == "" || d.Source == "" || !strings.HasSuffix(d.Means, ".") {
			t.Errorf("%s: twice or not complete", d.Name)
		}
		seen[strings.ToLower(d.Name)] = true
	}
}

func FuzzLookup(f *testing.F) {
	for _, s := range []string{
		"137", "exit 137", "0xC0000005", "-1", "SIGTERM", "signal 15", "Init:0/3", "OutOfnvidia.com/gpu", "ExitCode:7", "Signal:9", "Init:Init:Init:x", "Init:\x01",
		"back-off 5m0s restarting failed container", "\x1b[31mCrashLoopBackOff\x1b[0m", "exit code", "sig", "kill -", strings.Repeat("Ab ", 5000), "\xff\xfe", "OutOf\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, q string) {
		topics := Lookup(q)
		if len(topics) > maxTopics {
			t.Fatalf("%d topics", len(topics))
		}
		for _, topic := range topics {
			if topic.Title == "" || topic.Kind == "" || len(topic.Means) == 0 || len(topic.Sources) == 0 {
				t.Fatalf("incomplete topic %+v", topic)
			}
			if !utf8.ValidString(topic.Title) || strings.ContainsFunc(topic.Title, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Fatalf("title %q carries input that is not clean", topic.Title)
			}
		}
		if got := Suggest(q); len(got) > maxSuggestions {
			t.Fatalf("%d suggestions", len(got))
		}
		ConsequencesOf(q, q)
	})
}

func FuzzExit(f *testing.F) {
	f.Add(int32(137), "ContainerStatusUnknown", "node:22")
	f.Add(int32(-1), "", "")
	f.Add(int32(-1073741819), "Error", "/bin/sh")
	f.Fuzz(func(t *testing.T, code int32, reason, program string) {
		e := Exit(code, ExitOptions{Reason: reason, Program: program})
		if e.Code != code || e.Meaning == "" || e.SetBy == "" || len(e.Sources) == 0 || len(e.Causes) == 0 {
			t.Fatalf("Exit(%d, %q, %q) = %+v", code, reason, program, e)
		}
	})
}

func BenchmarkLookup_message(b *testing.B) {
	for b.Loop() {
		Lookup("back-off 5m0s restarting failed container")
	}
}

func BenchmarkLookup_largestPaste(b *testing.B) {
	paste := strings.Repeat("Warning Failed x kubelet ", 1<<12)
	for b.Loop() {
		Lookup(paste)
	}
}

func BenchmarkSuggest(b *testing.B) {
	for b.Loop() {
		Suggest("crashlopbackof")
	}
}
