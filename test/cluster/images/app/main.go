// Command app is the program of the scenarios: real servers and real ways to
// die, one a subcommand. Each file beside this one registers its own.
package main

import (
	"log"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// commands run with the arguments behind their name. An error ends the program
// with status 1.
var commands = map[string]func(args []string) error{}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		log.Printf("usage: app COMMAND [ARGS]; commands: %v", slices.Sorted(maps.Keys(commands)))
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}

// stay waits for the signal to stop.
func stay() error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	log.Printf("stopping: %v", <-stop)
	return nil
}
