package report

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/unloop-dev/unloop"
)

var (
	sampleNow = time.Date(2026, 3, 14, 3, 12, 0, 0, time.UTC)
	sampleEnd = sampleNow.Add(-4 * time.Minute)
)

func msgs(texts ...string) []unloop.Message {
	var out []unloop.Message
	for _, s := range texts {
		out = append(out, unloop.Msg("%s", s))
	}
	return out
}

// rich is one pod with everything a diagnosis can hold.
func rich() unloop.Diagnosis {
	due := sampleNow.Add(62 * time.Second)
	return unloop.Diagnosis{
		Subject: unloop.Subject{Kind: "Pod", Namespace: "shop", Name: "web-7d9c5b8f6c-x2x9k", Workload: "Deployment/web", Node: "worker-2"},
		Status:  "CrashLoopBackOff",
		Containers: []unloop.Container{
			{Name: "nginx", Restarts: 12, LastExit: &unloop.Exit{Code: 1, Reason: "Error", Meaning: "general failure, chosen by the program", FinishedAt: &sampleEnd},
				NextRestart: &unloop.NextRestart{At: &due, BackoffSeconds: 300, Step: 6, CapSeconds: 300, Exact: true, Text: "back-off 5m (step 6, longest 5m), due in 1m2s"}},
			{Name: "metrics"},
		},
		Findings: []unloop.Finding{
			{
				Cause: "service-name-wrong", Confidence: unloop.Likely, Container: "nginx",
				Title:   "A host name the program needs does not exist",
				Summary: unloop.Msg("there is no Service %q in namespace %s; there is one in namespace %s", "ledger", "shop", "payments"),
				Chain: msgs("CrashLoopBackOff", "container nginx: exit 1", `nginx cannot resolve "ledger"`, `the name "ledger" does not exist in DNS`,
					`there is no Service "ledger" in namespace shop; there is one in namespace payments`),
				Evidence: []unloop.Evidence{
					{Kind: "log", Ref: "logs/nginx/previous:12", Text: `2026/03/14 03:07:58 [emerg] 1#1: host not found in upstream "ledger" in /etc/nginx/conf.d/default.conf:3`, Source: "live"},
					{Kind: "status", Ref: "containers/nginx.lastState.terminated", Text: "exit code 1, reason Error, after 1s", Source: "live"},
					{Kind: "object", Ref: "services/shop", Text: `no Service "ledger" among the Services of the namespace`},
					{Kind: "event", Ref: "events:7 BackOff", Text: "Back-off restarting failed container nginx in pod web-7d9c5b8f6c-x2x9k_shop(5b0f0a3e-6a51-4a7e-9f4e-2f6f3c1c5a11) (x51)", Source: "live"},
					{Kind: "row", Ref: "pods/web-7d9c5b8f6c-x2x9k", Text: "web-7d9c5b8f6c-x2x9k 1/2 CrashLoopBackOff 12 (4m ago) 41m"},
					{Kind: "spec", Ref: "containers[0].image", Text: "registry.example/shop/web:1.5"},
				},
				Fixes: []unloop.Fix{
					{Title: unloop.Msg("write the name as ledger.payments"), Risk: unloop.RiskRestart, Command: "kubectl edit -n shop deployment/web"},
					{Title: unloop.Msg("create a Service %q in namespace %s in front of the pods that serve it", "ledger", "shop"), Risk: unloop.RiskNone, Command: "kubectl expose deployment ledger -n shop --port PORT"},
					{Title: unloop.Msg("roll back to the revision before"), Risk: unloop.RiskRestart, Patch: json.RawMessage(`{"spec":{"template":{"spec":{"containers":[{"name":"nginx","image":"registry.example/shop/web:1.4"}]}}}}`), Target: "Deployment/web"},
					{Title: unloop.Msg("ask the owner of namespace payments for a name that other namespaces may use"), Risk: unloop.RiskCluster},
				},
				Docs:    "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/",
				Changed: []string{"container nginx: image registry.example/shop/web:1.4 -> registry.example/shop/web:1.5", "ConfigMap web-conf: changed 2 minutes before the first crash"},
			},
			{
				Cause: "readiness-never", Confidence: unloop.Proven, Container: "nginx", Title: "The container never became ready",
				Summary:  unloop.Msg("the readiness probe of container %q has never succeeded", "nginx"),
				Chain:    msgs("CrashLoopBackOff", "the readiness probe never succeeded"),
				Evidence: []unloop.Evidence{{Kind: "event", Ref: "events:9 Unhealthy", Text: "Readiness probe failed: dial tcp 10.1.2.3:8080: connect: connection refused", Source: "live"}},
				Fixes:    []unloop.Fix{{Title: unloop.Msg("look at the container's log"), Risk: unloop.RiskNone, Command: "kubectl logs -n shop web-7d9c5b8f6c-x2x9k -c nginx"}},
			},
		},
		NotEvaluated: []unloop.NotEvaluated{
			{Needs: "node", Reason: "forbidden: cannot get nodes", Causes: []string{"node-not-ready", "node-memory-pressure"}},
			{Needs: "logs", Reason: "not in the input", Causes: []string{"port-in-use"}},
			{Needs: "host log", Reason: "not in the input", Causes: []string{"illegal-instruction"}},
		},
	}
}

func healthyPod(name string) unloop.Diagnosis {
	return unloop.Diagnosis{Subject: unloop.Subject{Kind: "Pod", Namespace: "shop", Name: name, Workload: "Deployment/api"}, Status: "Running", Healthy: true}
}

// many is a namespace on a bad night.
func many() unloop.DiagnosisList {
	var items []unloop.Diagnosis
	for i := range 12 {
		d := rich()
		d.Subject.Name = fmt.Sprintf("web-7d9c5b8f6c-%05d", i)
		if i == 3 {
			d.Status = "Error"
		}
		items = append(items, d)
	}
	items = append(items,
		unloop.Diagnosis{
			Subject: unloop.Subject{Kind: "Pod", Namespace: "payments", Name: "ledger-migrations-with-a-rather-long-name-28411590-qv7fz", Workload: "CronJob/ledger-migrations-with-a-rather-long-name", Node: "worker-1"},
			Status:  "Init:CreateContainerConfigError",
			Findings: []unloop.Finding{{
				Cause: "secret-missing", Confidence: unloop.Proven, Container: "migrate", Title: "A Secret that the pod names does not exist",
				Summary: unloop.Msg("there is no Secret %q in namespace %s", "ledger-db", "payments"), Chain: msgs("Init:CreateContainerConfigError", `there is no Secret "ledger-db" in namespace payments`),
				Evidence: []unloop.Evidence{{Kind: "status", Ref: "containers/migrate.state.waiting", Text: `CreateContainerConfigError: secret "ledger-db" not found`, Source: "dump/payments/pods.json"}},
				Fixes:    []unloop.Fix{{Title: unloop.Msg("create the Secret"), Risk: unloop.RiskNone, Command: "kubectl create secret generic ledger-db -n payments --from-literal=password=PASSWORD"}},
			}},
		},
		unloop.Diagnosis{
			Subject:  unloop.Subject{Kind: "StatefulSet", Namespace: "payments", Name: "ledger-db"},
			Status:   "0/3 ready",
			Findings: []unloop.Finding{{Cause: "quota-exceeded", Confidence: unloop.Proven, Title: "A quota refuses the pod", Summary: unloop.Msg("quota %q allows 4 CPUs, 6 are wanted", "team"), Chain: msgs("0/3 ready", `quota "team" allows 4 CPUs, 6 are wanted`)}},
		},
		unloop.Diagnosis{
			Subject: unloop.Subject{Kind: "Pod", Namespace: "shop", Name: "batch-0", Node: "worker-3"}, Status: "Unknown",
			NotEvaluated: []unloop.NotEvaluated{{Needs: "node", Reason: "not in the input", Causes: []string{"node-not-ready", "node-rebooted"}}},
		},
	)
	for i := range 30 {
		items = append(items, healthyPod(fmt.Sprintf("api-%d", i)))
	}
	return unloop.DiagnosisList{Items: items, Skipped: []string{"dump/shop/broken.json: unexpected end of JSON input"}}
}

// hostile holds what an attacker would write into names, logs and events.
func hostile() unloop.DiagnosisList {
	const evil = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m \u202egnp.exe\u202c \x9b31m\u009b1mx\r\nnext\tline \x00\x08\x7f\u200b\ufeff"
	d := unloop.Diagnosis{
		Subject: unloop.Subject{Kind: "Pod", Namespace: "sh\x1b[2Jop", Name: "web\nroot:~# rm -rf", Workload: "Deployment/w|eb`x`", Node: "n\u202e1"},
		Status:  "Error\x1b[8m",
		Containers: []unloop.Container{{Name: "a\x1b[1mb", Restarts: 1, LastExit: &unloop.Exit{Code: 1, Reason: "Er\aror", Meaning: "m"},
			NextRestart: &unloop.NextRestart{Text: "soon\x1b[5m"}}},
		Findings: []unloop.Finding{{
			Cause: "app-error-exit", Confidence: unloop.Possible, Container: "a\x1b[1mb", Title: "T\x1b[0m",
			Summary: unloop.Msg("it said %s", evil),
			Chain:   append(msgs("Error", "# heading @everyone see #12 and <img src=x onerror=alert(1)> [a](http://evil.example) **b** `c` | d"), unloop.Msg("100%% of %s", "DB_PASSWORD=hunter2")),
			Evidence: []unloop.Evidence{
				{Kind: "log", Ref: "logs/a/previous:1", Text: "connect postgres://shop:hunter2@db/shop: Authorization: Bearer abc.def", Source: "a\x1b]8;;http://evil.example\x1b\\b.txt"},
				{Kind: "log", Ref: "logs/a/previous:2", Text: "```\n## not a heading\n```", Source: ""},
				{Kind: "event", Ref: "events:1", Text: "wide 起動に失敗しました combining e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"},
			},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("set it"), Risk: unloop.RiskRestart, Command: "kubectl set env deployment/web API_TOKEN=abc123\nrm -rf /\x1b[A"},
				{Title: unloop.Msg("patch it"), Risk: unloop.RiskData, Target: "Deployment/web", Patch: json.RawMessage(`{"spec":{"env":[{"name":"DB_PASSWORD","value":"hunter2"},{"name":"A","value":"it's\u001b[2J"}]}}`)},
				{Title: unloop.Msg("broken patch"), Risk: unloop.RiskNone, Target: "Deployment/web", Patch: json.RawMessage(`{"spec`)},
			},
			Docs: "https://x.example/\x1b[1m", Changed: []string{"env DB_PASSWORD: hunter2 -> hunter2b -> \x1b[1mx"},
		}},
		NotEvaluated: []unloop.NotEvaluated{{Needs: "logs", Reason: "forbidden: \x1b[1mno", Causes: []string{"x"}}},
	}
	return unloop.DiagnosisList{Items: []unloop.Diagnosis{d}, Skipped: []string{"a\x1b[1m.txt: bad\nline"}}
}
