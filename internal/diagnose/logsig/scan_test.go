package logsig

import (
	"fmt"
	"strings"
	"testing"
)

// lines makes a text of n numbered harmless lines.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "2024-03-01T10:00:00Z order %d placed\n", i)
	}
	return b.String()
}

// cause renders a hit as "cause level final xCount name=value".
func show(h *Hit) string {
	s := h.Sig.Cause + " " + [...]string{"", "hint", "error", "fatal"}[h.Level]
	if h.Final {
		s += " final"
	}
	if h.Count > 1 {
		s += fmt.Sprintf(" x%d", h.Count)
	}
	for _, n := range names {
		if v := h.Names[n]; v != "" {
			s += " " + n + "=" + v
		}
	}
	return s
}

func TestScan(t *testing.T) {
	javaTrace := "Exception in thread \"main\" org.shop.WiringException: cannot make rates\n" +
		strings.Repeat("\tat org.shop.Wiring.make(Wiring.java:9)\n", 60) +
		"Caused by: org.shop.StoreException: no store\n" + strings.Repeat("\tat org.shop.Store.open(Store.java:4)\n", 30) + "\t... 12 more\n" +
		"Caused by: java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.connect(Net.java:3)\n\t... 30 more\n"
	tests := []struct {
		name, text string
		// want is what the first hit is; "" for none.
		want string
	}{
		{"empty text", "", ""},
		{"nothing known", lines(50), ""},
		{"one line without end", "panic: no rates", "unhandled-exception fatal final message=no rates"},
		{"CRLF", "starting\r\npanic: no rates\r\n", "unhandled-exception fatal final message=no rates"},
		{"blank lines at the end", "panic: no rates\n\n\n\n", "unhandled-exception fatal final message=no rates"},
		{"terminal colours", "\x1b[31merror\x1b[0m: \x1b[1munknown\x1b[0m flag: --retrys\n", "bad-arguments fatal final arg=--retrys"},
		{"NUL bytes", "panic: no\x00 rates\n", "unhandled-exception fatal final message=no rates"},
		{"bad UTF-8", "panic: no \xff\xfe rates\n", "unhandled-exception fatal final message=no \xff\xfe rates"},
		{"CRI prefix", "2024-03-01T10:00:00.000000000Z stderr F exec /srv/ledger: exec format error\n", "exec-format-error fatal final path=/srv/ledger"},
		{"docker record", `{"log":"panic: no rates\n","stream":"stderr","time":"2024-03-01T10:00:00.1Z"}`, "unhandled-exception fatal final message=no rates"},
		{"quotes in a JSON record", `{"level":"error","err":"relation \"rates\" does not exist"}`, "db-schema-mismatch error final table=rates"},
		{"slashes in a JSON record", `{"level":"error","err":"open \/etc\/ledger\/rates.yaml: no such file or directory"}`, "file-missing error final path=/etc/ledger/rates.yaml"},
		{"JSON in a docker record", `{"log":"{\"level\":\"error\",\"err\":\"relation \\\"rates\\\" does not exist\"}\n","stream":"stdout"}`, "db-schema-mismatch error final table=rates"},
		{"trace in a JSON record", `{"level":"ERROR","message":"stopped","stack_trace":"org.shop.StoreException: no store\n\tat org.shop.Store.open(Store.java:4)\nCaused by: java.net.UnknownHostException: ledger-db\n\t... 3 more\n"}`,
			"service-name-wrong fatal final host=ledger-db"},
		{"logfmt", `time="2024-03-01T10:00:00Z" level=error msg="open \"x\"" err="dial tcp: lookup ledger-db on 10.96.0.10:53: no such host"`, "service-name-wrong error final host=ledger-db"},
		{"klog", "E0301 10:00:00.000000       1 main.go:10] \"Failed\" err=\"open /etc/ledger/x: permission denied\"\n", "volume-permission-denied error final path=/etc/ledger/x"},

		{"info lowers", "level=info msg=\"dial tcp 10.3.0.9:5432: connect: connection refused\"\n", "dependency-refused hint final host=10.3.0.9 port=5432"},
		{"warning lowers", "2024-03-01 10:00:00 WARN  [main] shop: dial tcp 10.3.0.9:5432: i/o timeout\n", "dependency-unreachable hint final host=10.3.0.9 port=5432"},
		{"info of a library's words does not lower", "error: no info on rates: dial tcp 10.3.0.9:5432: i/o timeout\n", "dependency-unreachable error final host=10.3.0.9 port=5432"},
		{"fatal raises", "time=x level=fatal msg=\"dial tcp 10.3.0.9:5432: i/o timeout\"\n", "dependency-unreachable fatal final host=10.3.0.9 port=5432"},
		{"any level", "W0301 10:00:00.000000 1 r.go:1] pods is forbidden: User \"system:serviceaccount:shop:ledger\" cannot list resource \"pods\" in API group \"\" in the namespace \"shop\"",
			"rbac-forbidden error final user=ledger ns=shop resource=pods verb=list"},

		{"level after a message of several lines", `{"message":"stopped\ndial tcp 10.3.0.9:5432: i/o timeout\n","level":"warn"}`, "dependency-unreachable hint final host=10.3.0.9 port=5432"},

		{"early error", "dial tcp 10.3.0.9:5432: i/o timeout\n" + lines(60), "dependency-unreachable error host=10.3.0.9 port=5432"},
		{"within the last forty", "dial tcp 10.3.0.9:5432: i/o timeout\n" + lines(39), "dependency-unreachable error final host=10.3.0.9 port=5432"},
		{"end said early", "panic: no rates\n" + lines(300), "unhandled-exception fatal final message=no rates"},
		{"end said far too early", "panic: no rates\n" + lines(500), "unhandled-exception fatal message=no rates"},
		{"retry to the end", strings.Repeat("dial tcp 10.3.0.9:5432: i/o timeout\n"+lines(70), 5), "dependency-unreachable error final x5 host=10.3.0.9 port=5432"},
		{"retry that stopped", strings.Repeat("dial tcp 10.3.0.9:5432: i/o timeout\n", 5) + lines(90), "dependency-unreachable error x5 host=10.3.0.9 port=5432"},
		{"late before early", "open /etc/a.conf: no such file or directory\nopen /etc/b.conf: no such file or directory\n", "file-missing error final path=/etc/b.conf"},

		{"recovered connection", "dial tcp 10.3.0.9:5432: connect: connection refused\nconnected to ledger-db\norder 1 placed\n", "dependency-refused error host=10.3.0.9 port=5432"},
		{"a connection is no recovery of a file", "open /etc/ledger/x: no such file or directory\nconnected to ledger-db\n", "file-missing error final path=/etc/ledger/x"},
		{"up is a recovery of all", "open /etc/ledger/x: no such file or directory\nstartup complete\n", "file-missing error path=/etc/ledger/x"},
		{"failed again after the recovery", "dial tcp 10.3.0.9:5432: connect: connection refused\nconnected to ledger-db\ndial tcp 10.3.0.9:5432: connect: connection refused\n",
			"dependency-refused error final x2 host=10.3.0.9 port=5432"},
		{"what is fatal stays", "panic: no rates\nlistening on :8080\n", "unhandled-exception fatal final message=no rates"},

		{"root of a Java trace", lines(50) + javaTrace, "dependency-refused fatal final"},
		{"the last Caused by", "Exception in thread \"main\" org.shop.A: x\n\tat a.B.c(B.java:1)\nCaused by: org.shop.StoreException: outer\n\tat a.B.c(B.java:1)\nCaused by: org.shop.RateException: inner\n\tat a.B.c(B.java:1)\n",
			"unhandled-exception fatal final name=org.shop.RateException message=inner"},
		{"root of a Go panic", "panic: dial tcp 10.3.0.9:5432: connect: connection refused\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/main.go:9 +0x1d\nexit status 2\n",
			"dependency-refused fatal final host=10.3.0.9 port=5432"},
		{"root of a chain of Python exceptions", "Traceback (most recent call last):\n  File \"/srv/db.py\", line 3, in connect\n    sock.connect(sa)\nConnectionRefusedError: [Errno 111] Connection refused\n\n" +
			"During handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n" + strings.Repeat("  File \"/srv/app.py\", line 9, in main\n    run()\n", 30) + "shop.errors.StartError: no store\n",
			"dependency-refused fatal final"},
		{"an exception at the very end", lines(3) + "Traceback (most recent call last):\n  File \"/srv/app.py\", line 9, in main\n    run()\nshop.errors.RateFault: none\n", "unhandled-exception fatal final"},
		{"an exception that was caught", "Traceback (most recent call last):\n  File \"/srv/app.py\", line 9, in main\n    run()\nshop.errors.RateFault: none\n" + lines(9), "unhandled-exception error final"},
		{"the line above a dump", "open /data/ledger: permission denied\npanic: no store\n\n" + strings.Repeat("goroutine 7 [select]:\nmain.(*pump).run(0xc000, 0x1)\n\t/srv/pump.go:31 +0x1a\n\n", 50),
			"volume-permission-denied fatal final path=/data/ledger"},
		{"an unrelated error before a panic", "dial tcp 10.3.0.9:5432: i/o timeout\n" + lines(9) + "panic: no rates\n", "unhandled-exception fatal final message=no rates"},
		{"missing environment variable", "Traceback (most recent call last):\n  File \"/srv/app.py\", line 9, in <module>\n    url = os.environ[\"LEDGER_DB_URL\"]\n  File \"/usr/lib/python3.11/os.py\", line 679, in __getitem__\n    raise KeyError(key) from None\nKeyError: 'LEDGER_DB_URL'\n",
			"missing-env-var fatal final var=LEDGER_DB_URL"},
		{"the name stands elsewhere in the trace", "Traceback (most recent call last):\n  File \"/srv/db.py\", line 3, in connect\n    return libpq(dsn)\nlibpq.OperationalError: could not connect to server: Connection refused\n\tIs the server running on host \"ledger-db\" (10.3.0.9) and accepting\n\tTCP/IP connections on port 5432?\n",
			"dependency-refused fatal final host=ledger-db"},
		{"npm's own end", "sh: 1: nodemon: not found\nnpm ERR! code ELIFECYCLE\nnpm ERR! errno 127\n", "shell-command-not-found fatal final name=nodemon"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			hits, got := Scan(tt.text).Hits, ""
			if len(hits) > 0 {
				got = show(hits[0])
			}
			if got != tt.want {
				t.Errorf("first hit is %q, want %q", got, tt.want)
				for _, h := range hits {
					t.Logf("  %d: %s (%s)", h.Line, show(h), h.Sig.Of)
				}
			}
		})
	}
}

func TestScan_lineAndText(t *testing.T) {
	r := Scan("one\n\x1b[31mpanic: a\x1b[0m\r\nthree\npanic: b\nfive\n")
	if r.Lines != 5 || len(r.Hits) != 2 {
		t.Fatalf("%d lines, %d hits", r.Lines, len(r.Hits))
	}
	if h := r.Hits[0]; h.Line != 4 || h.Text != "panic: b" {
		t.Errorf("first: line %d, text %q", h.Line, h.Text)
	}
	if h := r.Hits[1]; h.Line != 2 || h.Text != "panic: a" {
		t.Errorf("second: line %d, text %q", h.Line, h.Text)
	}
}

func TestScan_longLines(t *testing.T) {
	pad := strings.Repeat("x ", 20_000)
	for _, text := range []string{"panic: no rates " + pad, pad + " panic: no rates"} {
		if r := Scan(text); len(r.Hits) != 1 || len(r.Hits[0].Text) > lineMax || r.Hits[0].Count != 1 {
			t.Errorf("%d hits in a line of %d bytes", len(r.Hits), len(text))
		}
	}
	// What a line holds beyond its two ends is not read.
	if r := Scan(pad + "panic: no rates " + pad); len(r.Hits) != 0 {
		t.Errorf("%d hits in the middle", len(r.Hits))
	}
}

func TestScan_bounds(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "open /data/%d: permission denied\nlookup host-%d: no such host\n", i, i)
	}
	r := Scan(b.String())
	if len(r.Hits) != 2*maxSame {
		t.Fatalf("%d hits", len(r.Hits))
	}
	if got := r.Hits[0].Names["host"]; got != "host-4999" {
		t.Errorf("first hit is %q, not the last line", got)
	}
	r = Scan(strings.Repeat("dial tcp 10.3.0.9:80: i/o timeout\n", 5000))
	if len(r.Hits) != 1 || r.Hits[0].Count != maxPlaces || r.Hits[0].Line != 5000 {
		t.Errorf("%d hits, first %+v", len(r.Hits), r.Hits[0])
	}
}

// The budget leaves out old lines first.
func TestScan_budget(t *testing.T) {
	long := "exec /srv/old: exec format error\n" + strings.Repeat(strings.Repeat("connection refused no such file permission denied ", 160)+"\n", 2000) + "exec /srv/new: exec format error\n"
	r := Scan(long)
	if len(r.Hits) == 0 || r.Hits[0].Names["path"] != "/srv/new" {
		t.Fatalf("the last line is not the first of %d hits", len(r.Hits))
	}
	for _, h := range r.Hits {
		if h.Names["path"] == "/srv/old" {
			t.Error("nothing was left out: the budget is not reached")
		}
	}
}

func TestIsRuntime(t *testing.T) {
	for of, want := range map[string]bool{"go": true, "any": true, "oci": true, "nginx": false, "": false} {
		if IsRuntime(of) != want {
			t.Errorf("IsRuntime(%q) = %v", of, !want)
		}
	}
}

func FuzzScan(f *testing.F) {
	eachRuntimeRow(func(_ int, s *Signature) { f.Add(s.Eg[0]) })
	f.Add("{\"log\":\"\\tat a.b\\n\\\\\"}\n[pod/\n2024-03-01T10:00:00Z stderr F \n\x1b]0;t\x07\x1b[")
	f.Add("panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/main.go:9\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := Scan(text)
		if len(r.Hits) > maxHits {
			t.Fatalf("%d hits", len(r.Hits))
		}
		for i, h := range r.Hits {
			if h.Line < 1 || h.Line > r.Lines || h.first < 1 || h.first > h.Line || h.Count < 1 || h.Level < Hint || h.Level > Fatal || len(h.Text) > lineMax {
				t.Fatalf("hit %+v of %d lines", h, r.Lines)
			}
			if i > 0 && telling(r.Hits[i-1], h) > 0 {
				t.Fatal("hits are not in order")
			}
		}
	})
}

// One line tells of one fault, however many rows match it.
func TestScan_oneMeaning(t *testing.T) {
	for line, want := range map[string]string{
		"exec /srv/run.sh: no such file or directory":              "interpreter-missing",
		"mkdir /var/lib/containerd/x: no space left on device":     "node-disk-full",
		"bash: line 1: /srv/bin/ledger: Permission denied":         "command-not-executable",
		"panic: dial tcp 10.3.0.9:80: connect: connection refused": "dependency-refused unhandled-exception",
		"failed to load config: open /x.yaml: permission denied":   "volume-permission-denied",
		"cannot connect to ledger-db:5432: i/o timeout, giving up": "dependency-unreachable app-error-exit",
	} {
		var got []string
		for _, h := range Scan(line).Hits {
			got = append(got, h.Sig.Cause)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %s", line, got, want)
		}
	}
}
