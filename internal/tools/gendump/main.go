// Command gendump writes a made-up cluster in the layout of
// `kubectl cluster-info dump --output-directory`, to measure diagnosis at scale.
//
//	go run ./internal/tools/gendump -pods 10000 -failing 500 -events 40000 -o DIR
//
// The same flags and seed give the same bytes. It must not be used as a source
// of test cases for rules: its failures are shaped for size, not for truth.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/unloop-dev/unloop/internal/tools/gendump/fleet"
)

func main() {
	var o fleet.Options
	dir := flag.String("o", "dump", "folder to write to")
	flag.IntVar(&o.Pods, "pods", 1000, "pods")
	flag.IntVar(&o.Failing, "failing", 50, "pods that fail")
	flag.IntVar(&o.Events, "events", 4000, "events")
	flag.IntVar(&o.Namespaces, "namespaces", 20, "namespaces")
	flag.Uint64Var(&o.Seed, "seed", 1, "seed")
	flag.BoolVar(&o.ManagedFields, "managed-fields", true, "write metadata.managedFields, as kubectl before 1.21 did")
	flag.BoolVar(&o.Logs, "logs", true, "write a logs.txt for each pod")
	flag.StringVar(&o.Format, "format", "json", "json or yaml")
	flag.Parse()
	if err := fleet.Write(*dir, o); err != nil {
		fmt.Fprintln(os.Stderr, "gendump:", err)
		os.Exit(1)
	}
}
