// Command scale measures the live collector against a large cluster.
//
// Server and collector are two processes, so that memory is the collector's own:
//
//	scale serve -kubeconfig FILE                     holds the cluster, until its standard input ends
//	/usr/bin/time -v scale collect -kubeconfig FILE  reads it once
//
// Any other client of the same kubeconfig can be measured in the same way, such
// as `unloop diagnose -A --kubeconfig FILE`. The budget of that is 3 s and
// 200 MiB for 5,100 pods of which 100 fail.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/unloop-dev/unloop/internal/kube"
	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("want serve or collect")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "the file that serve writes and collect reads")
	var size size
	flags.IntVar(&size.pods, "pods", 5100, "pods in all")
	flags.IntVar(&size.failing, "failing", 100, "pods that crash")
	flags.IntVar(&size.events, "events", 20000, "events")
	flags.IntVar(&size.nodes, "nodes", 120, "nodes")
	secure := flags.Bool("tls", true, "serve HTTPS with HTTP/2")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "serve":
		return serve(size, *kubeconfig, *secure)
	case "collect":
		return collect(*kubeconfig)
	}
	return fmt.Errorf("%q: want serve or collect", args[0])
}

func serve(size size, kubeconfig string, secure bool) error {
	s := fakeapi.New()
	size.fill(s)
	defer s.Listen(secure)()
	cfg := s.RESTConfig()
	if err := os.WriteFile(kubeconfig, fakeapi.Kubeconfig(cfg.Host, cfg.CAData, "default"), 0o600); err != nil {
		return err
	}
	fmt.Println("serving", cfg.Host)
	_, err := io.Copy(io.Discard, os.Stdin)
	requests := map[string]int{}
	for _, r := range s.Requests() {
		requests[r.Verb+" "+r.FullResource()]++
	}
	fmt.Println("requests:", requests)
	return err
}

func collect(kubeconfig string) error {
	cfg, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	start := time.Now()
	snap, err := kube.Collect(context.Background(), kube.Config{RESTConfig: cfg, AllNamespaces: true})
	if err != nil {
		return err
	}
	took := time.Since(start)
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	fmt.Printf("pods %d, workloads %d, events %d, logs %d, denied %d, skipped %d\n",
		len(snap.Pods), len(snap.Workloads), len(snap.Events), len(snap.Logs), len(snap.Denied), len(snap.Skipped))
	fmt.Printf("took %s, allocated %d MiB in %d collections, heap %d MiB\n",
		took.Round(time.Millisecond), heap.TotalAlloc>>20, heap.NumGC, heap.HeapAlloc>>20)
	return nil
}
