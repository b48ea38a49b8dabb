package paste

import "testing"

func TestParseCommand_prompts(t *testing.T) {
	for _, c := range []struct {
		line string
		want command
	}{
		{"$ kubectl describe pod api-0", command{verb: verbDescribe, kube: true, kind: "Pod", name: "api-0"}},
		{"# kubectl describe po/api-0 -nshop", command{verb: verbDescribe, kube: true, kind: "Pod", name: "api-0", namespace: "shop"}},
		{"kubectl -n shop describe deploy api | tail -20", command{verb: verbDescribe, kube: true, kind: "Deployment", name: "api", namespace: "shop"}},
		{"[root@cp-1 ~]# k describe pods api-0|tail", command{verb: verbDescribe, kube: true, kind: "Pod", name: "api-0"}},
		{"user@host:~/x$ sudo kubectl get po,svc -n=shop -o wide", command{verb: verbGet, kube: true, namespace: "shop"}},
		{"➜  ~ git:(main) ✗ kubectl get pods -A", command{verb: verbGet, kube: true, kind: "Pod"}},
		{"PS C:\\work> kubectl get ev", command{verb: verbEvents, kube: true, kind: "Event"}},
		{"(prod) host:~ me$ oc logs -f dc/portal -c web", command{verb: verbLogs, kube: true, name: "portal", container: "web"}},
		{"$ kubectl logs api-0 -c api -n shop --previous", command{verb: verbLogs, kube: true, name: "api-0", container: "api", namespace: "shop", previous: true}},
		{"$ kubectl logs -fp --tail 50 api-0 proxy", command{verb: verbLogs, kube: true, name: "api-0", container: "proxy", previous: true}},
		{"$ kubectl logs -l app=api -n shop", command{verb: verbLogs, kube: true, namespace: "shop"}},
		{"$ kubectl logs $POD", command{verb: verbLogs, kube: true}},
		{"$ kubectl logs <pod-name> -n <ns>", command{verb: verbLogs, kube: true}},
		{"$ kubectl get pod api-0 -o yaml -n shop", command{verb: verbManifest, kube: true, kind: "Pod", name: "api-0", namespace: "shop"}},
		{"$ kubectl get pod api-0 -ojson", command{verb: verbManifest, kube: true, kind: "Pod", name: "api-0"}},
		{"$ kubectl get pod api-0 -o jsonpath='{.status}'", command{verb: verbManifest, kube: true, kind: "Pod", name: "api-0"}},
		{"$ minikube kubectl -- describe node n1", command{verb: verbDescribe, kube: true, kind: "Node", name: "n1"}},
		{"$ ./cluster/kubectl.sh describe rc web", command{verb: verbDescribe, kube: true, kind: "ReplicationController", name: "web"}},
		{"$ KUBECONFIG=x kubectl describe pods a b", command{verb: verbDescribe, kube: true, kind: "Pod"}},
		{"$ docker logs k8s_api_api-0_shop_0a1b_2", command{verb: verbLogs, name: "api-0", namespace: "shop", container: "api"}},
		{"$ docker logs 1f0c", command{verb: verbLogs}},
		{"# journalctl -u kubelet -f", command{verb: verbHost}},
		{"$ dmesg -T | tail", command{verb: verbKernel}},
		{"$ cat /var/log/pods/shop_api-0_0a1b/api/2.log", command{verb: verbLogs, name: "api-0", namespace: "shop", container: "api"}},
		{"$ curl http://api.shop/", command{verb: verbOther}},
		{"$ kubectl describe pod api-0 name: api-0 namespace: shop", command{verb: verbDescribe, kube: true, kind: "Pod", name: "api-0", output: "name: api-0 namespace: shop"}},
	} {
		got, ok := parseCommand(c.line)
		if !ok || got != c.want {
			t.Errorf("%s\ngot  %+v (%v)\nwant %+v", c.line, got, ok, c.want)
		}
	}
}

func TestParseCommand_noCommand(t *testing.T) {
	for _, line := range []string{
		"", "Node:  <none>", "# a heading", "> a quotation", "% of requests failed", "$VAR is empty", "kubectl is slow today", "k is a letter",
		"2025-02-03T10:00:00Z user@host > connected", "  Warning  Failed  3s  kubelet  Error: x", "From: someone@example.org", "docker is down", "{\"a\": \"$b\"}",
	} {
		if c, ok := parseCommand(line); ok {
			t.Errorf("%q was taken for %+v", line, c)
		}
	}
}
