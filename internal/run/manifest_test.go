package run

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

const deployment = `# a comment
apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 5
      initContainers:
      - {name: setup, image: busybox, command: [sh, -c, "true"]}
      containers:
      - name: app
        image: registry.example/web:1
        command: [/bin/server]
        args: ["--port=$(PORT)", "--price=$$(PORT)", "--x=$(NOPE)"]
        workingDir: /srv
        env:
        - {name: PORT, value: "8080"}
        - {name: URL, value: "http://localhost:$(PORT)"}
        - {name: TOKEN, valueFrom: {secretKeyRef: {name: s, key: t}}}
        envFrom: [{configMapRef: {name: settings}}]
        ports: [{name: http, containerPort: 8080}]
        resources: {limits: {memory: 64Mi, cpu: 500m, nvidia.com/gpu: 1}}
        volumeMounts: [{name: data, mountPath: /data}]
        livenessProbe: {httpGet: {path: healthz, port: http}, periodSeconds: 2, failureThreshold: 4}
        readinessProbe: {tcpSocket: {port: 8080}}
        startupProbe: {exec: {command: [test, -e, /tmp/up]}}
`

func TestReadManifest(t *testing.T) {
	m, err := ReadManifest([]byte(deployment), "")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"/bin/server", "--port=8080", "--price=$(PORT)", "--x=$(NOPE)"}; !reflect.DeepEqual(m.Argv, want) {
		t.Errorf("argv %q, want %q", m.Argv, want)
	}
	if want := []string{"PORT=8080", "URL=http://localhost:8080"}; !reflect.DeepEqual(m.Env, want) {
		t.Errorf("env %q, want %q", m.Env, want)
	}
	if m.Dir != "/srv" || m.Restart != Always || m.Grace != 5*time.Second || m.Limits != (Limits{64 << 20, 500, 0}) {
		t.Errorf("got %+v", m)
	}
	var targets []string
	for _, p := range m.Probes {
		targets = append(targets, string(p.Kind)+" "+p.target())
	}
	if want := []string{`startup ["test" "-e" "/tmp/up"]`, "liveness http://127.0.0.1:8080/healthz", "readiness tcp 127.0.0.1:8080"}; !reflect.DeepEqual(targets, want) {
		t.Errorf("probes %q, want %q", targets, want)
	}
	if got, want := strings.Join(m.Left, "; "), "container setup; env TOKEN (valueFrom); envFrom ConfigMap settings; image registry.example/web:1; limit of nvidia.com/gpu; volume data at /data"; got != want {
		t.Errorf("left\n%s, want\n%s", got, want)
	}
}

func TestReadManifest_refuses(t *testing.T) {
	two := "kind: Pod\nspec: {containers: [{name: a, command: [x]}, {name: b, command: [server]}]}"
	for text, want := range map[string]string{
		"":                    "is no manifest",
		"kind: Service":       "holds no pod and no workload with a template, but Service",
		"kind: Pod\nspec: {}": "has no containers",
		"kind: Pod\nspec: {restartPolicy: Perhaps, containers: [{name: a}]}":                  `restartPolicy "Perhaps"`,
		"kind: Pod\nspec: {containers: [{name: a, livenessProbe: {}}]}":                       "livenessProbe: asks nothing",
		"kind: Pod\nspec: {containers: [{name: a, livenessProbe: {tcpSocket: {port: web}}}]}": `"web" is no port`,
		two:         "choose one with -c: a, b",
		"kind: [a]": "cannot unmarshal",
		"a: b: c":   "mapping values are not allowed",
	} {
		if _, err := ReadManifest([]byte(text), ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if m, err := ReadManifest([]byte(two), "b"); err != nil || m.Argv[0] != "server" {
		t.Errorf("container b: %+v %v", m, err)
	}
	if _, err := ReadManifest([]byte(two), "c"); err == nil || !strings.Contains(err.Error(), `no container "c"`) {
		t.Errorf("container c: %v", err)
	}
}

func FuzzReadManifest(f *testing.F) {
	f.Add([]byte(deployment), "")
	f.Add([]byte("kind: Pod\nspec: {containers: [{name: a, args: ['$(', '$$', '$(A']}]}"), "a")
	f.Fuzz(func(_ *testing.T, data []byte, name string) {
		_, _ = ReadManifest(data, name) // it must come back
	})
}
