package paste

import (
	"testing"
	"time"

	"github.com/unloop-dev/unloop/internal/facts"
)

func TestParseAge(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0s": 0, "47s": 47 * time.Second, "4m31s": 271 * time.Second, "2d3h": 51 * time.Hour, "62d": 62 * day, "3y10d": 3*365*day + 10*day,
		"<unknown>": unknownAge, "<invalid>": unknownAge, "...": unknownAge,
	} {
		if got, ok := parseAge(s); !ok || got != want {
			t.Errorf("%s: got %v, %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "5", "m", "5x", "1.5h", "99999999999d", "5m!", "999y", "Error"} {
		if got, ok := parseAge(s); ok {
			t.Errorf("%q is no age, got %v", s, got)
		}
	}
}

func TestParseTime(t *testing.T) {
	want := time.Date(2025, 2, 3, 9, 0, 1, 0, time.UTC)
	for _, s := range []string{"Mon, 03 Feb 2025 10:00:01 +0100", "mon, 03 feb 2025 10:00:01 +0100", "2025-02-03T09:00:01Z", "2025-02-03 10:00:01 +0100 CET"} {
		if got := parseTime(s); !got.Time.Equal(want) {
			t.Errorf("%s: got %v", s, got)
		}
	}
	for _, s := range []string{"", "lun., 03 févr. 2025 10:00:01 +0100", "2025年2月3日 10:00:01", "Mon, 01 Jan 0001 00:00:00 +0000", "soon"} {
		if got := parseTime(s); !got.IsZero() {
			t.Errorf("%s: got %v, want the zero time", s, got)
		}
	}
}

func TestCanon(t *testing.T) {
	for s, want := range map[string]string{
		"crashloopbackoff": "CrashLoopBackOff", "OOMKILLED": "OOMKilled", "failedscheduling": "FailedScheduling", "MyReason": "MyReason", "noexecute": "NoExecute",
	} {
		if got := canon(s); got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
	if got := canonStatus("init:crashloopbackoff"); got != "Init:CrashLoopBackOff" {
		t.Error(got)
	}
	if got := canonMessage("error: imagepullbackoff"); got != "Error: ImagePullBackOff" {
		t.Error(got)
	}
}

func TestIsProse(t *testing.T) {
	for line, want := range map[string]bool{
		"So we looked at the node and found nothing that explains it.": true,
		"实际原因是容器没有前台进程":                                                true,
		"and the pod says":                               true,
		"Thanks for your help!":                          true,
		"Segmentation fault":                             false,
		"no space left on device":                        false,
		"The process failed to open its file.":           false,
		"listening on 0.0.0.0:8080":                      false,
		"exec /entry.sh: exec format error":              false,
		"panic: runtime error":                           false,
		"main.go:12 +0x1d":                               false,
		"2025-02-03 starting the server now please wait": false,
	} {
		if got := isProse(line); got != want {
			t.Errorf("%q: got %v", line, got)
		}
	}
}

func TestStampedOrigin(t *testing.T) {
	for line, want := range map[string]facts.Origin{
		"E0203 10:00:01.123456    1201 kubelet.go:2016] x":                               facts.FromKubelet,
		"E0203 10:00:01.123456       1 reflector.go:147] x":                              notHost,
		"Feb  3 10:00:01 n1 kubelet[12]: E0203 x":                                        facts.FromKubelet,
		"2025-02-03T10:00:01.000001+01:00 n1 kernel: traps: app[7] trap invalid opcode":  facts.FromKernel,
		"Feb 03 10:00:01 n1 kube-proxy[12]: E0203 x":                                     notHost,
		"[12345.678901] Out of memory: Killed process 7 (java)":                          facts.FromKernel,
		"java invoked oom-killer: gfp_mask=0xd0":                                         facts.FromKernel,
		"app[77]: segfault at 0 ip 00 sp 00 error 4 in app":                              facts.FromKernel,
		"the daemon reported a segfault at noon":                                         notHost,
		`time="2025-02-03T10:00:02Z" level=error msg="StartContainer for \"77\" failed"`: facts.FromKubelet,
		`time="2025-02-03T10:00:02Z" level=error msg="cannot connect to database"`:       notHost,
		"[error] upstream timed out":                                                     notHost,
		"INFO: task java:77 blocked for more than 120 seconds.":                          facts.FromKernel,
		"INFO: task finished":                                                            notHost,
	} {
		if got := stampedOrigin(line); got != want {
			t.Errorf("%s: got %d, want %d", line, got, want)
		}
	}
}

func TestUnescapeQuotes(t *testing.T) {
	for s, want := range map[string]string{
		`pull \"a:1\" failed`:           `pull "a:1" failed`,
		`start "a": caused by \"b\"`:    `start "a": caused by \"b\"`,
		`x: \\\"deep\\\" and \"shallow`: `x: \\\"deep\\\" and \"shallow`,
		`plain`:                         `plain`,
	} {
		if got := unescapeQuotes(s); got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
}
