package logsig

import (
	"strings"
	"testing"
)

// healthy are lines that programs write while all is well.
var healthy = strings.Split(strings.TrimSpace(`
10.1.2.3 - - [01/Mar/2024:10:00:00 +0000] "GET /api/v1/rates HTTP/1.1" 200 512 "-" "kube-probe/1.31"
10.1.2.3 - - [01/Mar/2024:10:00:00 +0000] "GET /admin HTTP/1.1" 401 12 "-" "curl/8.5.0"
10.1.2.3 - - [01/Mar/2024:10:00:00 +0000] "GET /error/not-found HTTP/1.1" 404 12 "-" "Mozilla/5.0"
2024-03-01 10:00:00.000  INFO 1 --- [main] o.s.b.w.embedded.tomcat.TomcatWebServer : Tomcat started on port(s): 8080 (http)
2024-03-01 10:00:00.000  INFO 1 --- [main] shop.App : Started App in 4.2 seconds (JVM running for 5.1)
2024-03-01 10:00:00.000  WARN 1 --- [main] shop.Rates : rates.cache is not set, using the default
2024-03-01 10:00:00.000  INFO 1 --- [main] shop.Errors : error handler registered for IllegalStateException
{"level":"info","ts":1709287200.1,"msg":"reconciled","controller":"rates","errors":0}
{"level":"info","msg":"connected to database","host":"ledger-db:5432"}
{"level":"warn","msg":"slow query","took":"1.2s","query":"select * from rates where error is null"}
{"level":"debug","msg":"dial tcp 10.3.0.9:5432: connect: connection refused, trying the next address"}
time="2024-03-01T10:00:00Z" level=info msg="permission check passed" path=/data/rates
I0301 10:00:00.000000       1 leaderelection.go:258] successfully acquired lease shop/ledger
I0301 10:00:00.000000       1 reflector.go:255] Listing and watching *v1.Pod from informers
I0301 10:00:00.000000       1 main.go:31] watching for file changes in /etc/ledger
W0301 10:00:00.000000       1 warnings.go:70] policy/v1beta1 is deprecated
level=info component=gossip msg="Waiting for gossip to settle..." interval=2s
level=info msg="Completed loading of configuration file" filename=/etc/ledger/ledger.yml
[2024-03-01 10:00:00 +0000] [1] [INFO] Listening at: http://0.0.0.0:8000 (1)
[2024-03-01 10:00:00 +0000] [9] [INFO] Booting worker with pid: 9
INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)
WARNING: This is a development server. Do not use it in a production deployment.
npm WARN config production Use --omit=dev instead.
npm notice New minor version of npm available! 9.6.3 -> 9.8.1
(node:1) [DEP0040] DeprecationWarning: The punycode module is deprecated.
Server running at http://0.0.0.0:3000/
2024/03/01 10:00:00 [notice] 1#1: start worker processes
/docker-entrypoint.sh: Configuration complete; ready for start up
2024/03/01 10:00:00 retries: 0, failed: 0, errors: 0
2024/03/01 10:00:00 backup finished, 3 files, 0 errors, exit code 0
ledger: checked 12 certificates, none has expired
ledger: disk usage 41%, no space issues
ledger: table rates created
ledger: killed 3 stale sessions
ledger: usage: 12 MiB of 64 MiB
ledger: loaded configuration from /etc/ledger/ledger.yaml
ledger: health check ok, timeout 30s
ledger: panic button disabled
ledger: 0 connections refused, 0 timed out since the start
ledger: thread pool of 8 threads started
Generating a self-signed certificate for localhost
Starting ledgerd 2.1 (pid 1), listening on 0.0.0.0:8080
Migrations complete: 0 pending
Using existing password file
Accepting connections on /run/ledger.sock
`), "\n")

func TestScan_healthyLines(t *testing.T) {
	for _, line := range healthy {
		for _, h := range Scan(line).Hits {
			if h.Level > Hint {
				t.Errorf("%s %s in %q", h.Sig.Of, show(h), line)
			}
		}
	}
	for _, h := range Scan(strings.Join(healthy, "\n")).Hits {
		if h.Level > Hint {
			t.Errorf("%s in all together", show(h))
		}
	}
}
