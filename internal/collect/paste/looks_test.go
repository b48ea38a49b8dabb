package paste

import (
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/internal/facts"
)

func TestLooks(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"prompt":        {"$ kubectl logs api-0\nhello\n", true},
		"describe":      {"Last State:  Terminated\n  Exit Code:  1\n", true},
		"table":         {"x\nNAME   READY   STATUS   RESTARTS   AGE\n", true},
		"row":           {"api-0   0/1   Error   3   5m\n", true},
		"event":         {"  Warning  BackOff  3s (x4 over 1m)  kubelet  Back-off restarting failed container\n", true},
		"one line":      {"name: api-0 namespace: shop state: waiting reason: crashloopbackoff last state: terminated exit code: 137 ready: false\n", true},
		"status piece":  {"lastState:\n  terminated:\n    exitCode: 137\n", true},
		"manifest":      {"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nstatus:\n  containerStatuses:\n  - restartCount: 1\n    lastState: {}\n", false},
		"json manifest": {"{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"metadata\": {\"name\": \"a\"}\n}\n", false},
		"log":           {"2025-02-03T10:00:00Z INFO start\nName: x\nERROR Status: 500, Reason: none\n{\"level\":\"error\",\"status\":1}\n", false},
		"klog":          {"E0203 10:00:01.123456       1 main.go:12] failed\n", false},
		"stack":         {"panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:7 +0x1d\n", false},
		"message":       {"0/3 nodes are available: 3 Insufficient cpu.\n", true},
		"messages":      {"Failed to pull image \"shop:1\": x509: unknown\n\nError: failed to start container \"api\": oci\n", true},
		"among a log":   {"starting\nError response from daemon: no such image\n", false},
		"grpc":          {"rpc error: code = Unavailable desc = ledger:9000 refused\n", false},
		"nothing":       {"", false},
	} {
		if got := Looks([]byte(c.text)); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestParse_bounds(t *testing.T) {
	if lines, whole := clean([]byte(strings.Repeat("a\n", maxLines+10))); whole || len(lines) != maxLines {
		t.Errorf("%d lines were made, want %d", len(lines), maxLines)
	}
	entry := "2025-02-03T10:00:00Z " + strings.Repeat("x", 1000) + "\n"
	s := Parse([]byte("$ kubectl logs api-0\n"+strings.Repeat(entry, 2*maxLog/len(entry))), "big.txt")
	if len(s.Logs) != 1 || len(s.Logs[0].Text) > maxLog || s.Logs[0].FirstLine < maxLog/len(entry) {
		t.Errorf("%d logs; a log keeps its last %d bytes and says where they begin", len(s.Logs), maxLog)
	}
}

func TestParse_secretsStayOut(t *testing.T) {
	const value = "c3VwZXJzZWNyZXQ="
	for name, text := range map[string]string{
		"described": "Name:  db\nNamespace:  shop\nLabels:  <none>\n\nType:  Opaque\n\nData\n====\npassword:  16 bytes\ntoken:  " + value + "\n",
		"manifest":  "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: " + value + "\n",
		"piece":     "$ kubectl get secret db -o yaml | head -4\napiVersion: v1\ndata:\n  password: " + value + "\nkind: Secret\n",
		"decoded":   "$ kubectl get secret db -o jsonpath='{.data.password}' | base64 -d\n" + value + "\n",
		"flush":     "apiVersion: v1\ndata:\npassword: " + value + "\nkind: Secret\nmetadata:\nname: db\n",
	} {
		if got := dump(Parse([]byte(text), "x")); strings.Contains(got, value) {
			t.Errorf("%s: the value of a Secret got out\n%s", name, got)
		}
	}
}

func TestParse_joinsWithFacts(t *testing.T) {
	text := "$ kubectl get pods -n shop\nNAME READY STATUS RESTARTS AGE\napi-0 0/1 CrashLoopBackOff 4 3m\n" +
		"$ kubectl describe pod api-0 -n shop | grep -A3 'Last State'\n    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n" +
		"$ kubectl logs api-0 -n shop -p\nloading\n"
	all := facts.Join(Parse([]byte(text), "stdin"))
	if len(all) != 1 {
		t.Fatalf("%d subjects, want 1", len(all))
	}
	f := all[0]
	if !f.Has(facts.Status|facts.Logs) || f.Subject.Name != "api-0" || f.Subject.Namespace != "shop" || f.Pod.Row == nil {
		t.Errorf("subject %+v has %v", f.Subject, f.Have)
	}
	if c := f.Containers[0]; c.Previous == nil || !strings.Contains(c.Previous.Text, "loading") {
		t.Errorf("container %+v lacks the previous log", c)
	}
}
