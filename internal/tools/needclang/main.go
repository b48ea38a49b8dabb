// Command needclang says what is missing to compile the eBPF programs, and how to get it.
package main

import (
	"fmt"
	"os"
	"os/exec"
)

func main() {
	var lacks []string
	for _, tool := range []string{"clang", "llvm-strip"} {
		if _, err := exec.LookPath(tool); err != nil {
			lacks = append(lacks, tool)
		}
	}
	if _, err := os.Stat("/usr/include/bpf/bpf_helpers.h"); err != nil {
		lacks = append(lacks, "the headers of libbpf")
	}
	if len(lacks) == 0 {
		return
	}
	fmt.Fprintf(os.Stderr, "needclang: the eBPF programs cannot be compiled without %v; on Debian: apt-get install clang llvm libbpf-dev\n", lacks)
	os.Exit(1)
}
