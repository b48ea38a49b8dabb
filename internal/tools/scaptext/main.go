// Command scaptext compiles the text form of a capture (internal/captext), and prints it.
//
//	go run ./internal/tools/scaptext FILE.scaptext > FILE.scap
//	go run ./internal/tools/scaptext -print FILE.scap > FILE.scaptext
//
// Printing takes nothing out: unloop capture redact does.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/scap"
)

func main() {
	show := flag.Bool("print", false, "print the text of a capture; a comment at its end says what the form cannot hold")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: scaptext FILE > CAPTURE, or scaptext -print CAPTURE > FILE")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *show); err != nil {
		fmt.Fprintln(os.Stderr, "scaptext:", err)
		os.Exit(1)
	}
}

func run(file string, show bool) error {
	if show {
		_, err := captext.Print(os.Stdout, func(s scap.Sink) (*scap.Reader, error) {
			return scap.Open(file, scap.ReadOptions{Meta: s})
		})
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return captext.Compile(os.Stdout, string(text), scap.WriteOptions{})
}
