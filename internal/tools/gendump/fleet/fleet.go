// Package fleet makes up the objects of a cluster of any size, reproducibly from
// a seed, and writes them as `kubectl cluster-info dump` would.
//
// It owns the shapes and sizes of the made-up objects: they follow what an API
// server sends (managedFields, last-applied annotations, projected token
// volumes), so that reading them costs what reading a real dump costs. It is
// used by cmd gendump and by benchmarks only.
package fleet

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// Options say how large the cluster is. Zero counts mean none.
type Options struct {
	Pods, Failing, Events, Namespaces int
	Seed                              uint64
	// ManagedFields adds metadata.managedFields to each object.
	ManagedFields bool
	// Logs writes a logs.txt per pod.
	Logs bool
	// Format is json (default) or yaml.
	Format string
}

// podsPerNode is near the 110 that a kubelet admits by default.
const podsPerNode = 60

// start is the time of the made-up cluster's dump.
var start = time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)

type fleet struct {
	Options
	rnd    *rand.Rand
	serial int
}

// namespace is one namespace's objects.
type namespace struct {
	name        string
	pods        []corev1.Pod
	sick        []int
	events      []corev1.Event
	services    []corev1.Service
	deployments []appsv1.Deployment
	replicasets []appsv1.ReplicaSet
}

// Write makes the cluster and writes it to dir, which it creates.
func Write(dir string, o Options) error {
	f := &fleet{Options: o, rnd: rand.New(rand.NewPCG(o.Seed, 0x756e6c6f6f70))}
	f.Namespaces = max(1, f.Namespaces)
	nodes := make([]corev1.Node, f.Pods/podsPerNode+1)
	for i := range nodes {
		nodes[i] = f.node(i)
	}
	if err := f.list(dir, "nodes", "NodeList", "v1", nodes); err != nil {
		return err
	}
	for i := range f.Namespaces {
		ns := f.namespace(fmt.Sprintf("team-%02d", i), share(f.Pods, i, f.Namespaces), share(f.Failing, i, f.Namespaces), share(f.Events, i, f.Namespaces), len(nodes))
		if err := f.writeNamespace(filepath.Join(dir, ns.name), ns); err != nil {
			return err
		}
	}
	return nil
}

// share is the i-th of n nearly equal parts of total.
func share(total, i, n int) int { return total*(i+1)/n - total*i/n }

func (f *fleet) writeNamespace(dir string, ns *namespace) error {
	for _, l := range []struct {
		file, kind, version string
		items               any
	}{
		{"events", "EventList", "v1", ns.events},
		{"replication-controllers", "ReplicationControllerList", "v1", []corev1.ReplicationController{}},
		{"services", "ServiceList", "v1", ns.services},
		{"daemonsets", "DaemonSetList", "apps/v1", []appsv1.DaemonSet{}},
		{"deployments", "DeploymentList", "apps/v1", ns.deployments},
		{"replicasets", "ReplicaSetList", "apps/v1", ns.replicasets},
		{"pods", "PodList", "v1", ns.pods},
	} {
		if err := f.list(dir, l.file, l.kind, l.version, l.items); err != nil {
			return err
		}
	}
	if !f.Logs {
		return nil
	}
	for i := range ns.pods {
		if err := f.logs(dir, &ns.pods[i]); err != nil {
			return err
		}
	}
	return nil
}

// list writes one typed list as kubectl's printers do: four spaces in JSON.
func (f *fleet) list(dir, name, kind, version string, items any) error {
	doc := struct {
		Kind       string            `json:"kind"`
		APIVersion string            `json:"apiVersion"`
		Metadata   map[string]string `json:"metadata"`
		Items      any               `json:"items"`
	}{kind, version, map[string]string{"resourceVersion": "88120011"}, items}
	data, err := json.MarshalIndent(doc, "", "    ")
	if err != nil {
		return err
	}
	ext := ".json"
	if f.Format == "yaml" {
		ext = ".yaml"
		var tree any
		if err := yaml.Unmarshal(data, &tree); err != nil {
			return err
		}
		if data, err = yaml.Marshal(tree); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+ext), append(data, '\n'), 0o644)
}

// logs writes POD/logs.txt with the frames of cluster-info dump.
func (f *fleet) logs(dir string, p *corev1.Pod) (err error) {
	dir = filepath.Join(dir, p.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(dir, "logs.txt"))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	for _, c := range p.Spec.Containers {
		fmt.Fprintf(w, "==== START logs for container %s of pod %s/%s ====\n", c.Name, p.Namespace, p.Name)
		for i := range 20 + f.rnd.IntN(40) {
			at := start.Add(-time.Hour + time.Duration(i)*time.Second)
			fmt.Fprintf(w, "%s INFO request id=%08x path=/v1/%s status=200 took=%dms\n", at.Format(time.RFC3339), f.rnd.Uint32(), apps[f.rnd.IntN(len(apps))], f.rnd.IntN(90))
		}
		if last := p.Annotations[lastLine]; last != "" {
			fmt.Fprintln(w, last)
		}
		fmt.Fprintf(w, "==== END logs for container %s of pod %s/%s ====\n", c.Name, p.Namespace, p.Name)
	}
	if err := w.Flush(); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
