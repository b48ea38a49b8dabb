package run

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// message is what a container runtime would say of a program that could not be started
// before it was executed; "" for one that the kernel refused. Texts: runc 1.2 and later,
// libcontainer/init_linux.go, and exec.LookPath, which it uses.
func (e *StartError) message() string {
	const prefix = "failed to create task: OCI runtime create failed: unable to start container process: error during container init: "
	if e == nil {
		return ""
	}
	text := e.Err.Error()
	switch {
	case e.Path != "" && !strings.HasPrefix(text, "chdir"):
		return ""
	case strings.HasPrefix(text, "chdir"):
		dir, why, _ := strings.Cut(strings.TrimPrefix(text, "chdir to "), ": ")
		return fmt.Sprintf("%schdir to cwd (%q) set in config.json failed: %s", prefix, dir, why)
	}
	return fmt.Sprintf("%sexec: %q: %v", prefix, e.Program, e.Err)
}

// log is the line that runc writes into the log of a container whose program the kernel
// refuses to execute: standard_init_linux.go.
func (e *StartError) log() string {
	if e == nil || e.Path == "" || e.message() != "" {
		return ""
	}
	return fmt.Sprintf("exec %s: %v", e.Path, e.Err)
}

// Plain says it as a shell would.
func (e *StartError) Plain() string {
	switch {
	case errors.Is(e.Err, errNotFound):
		return e.Program + ": command not found"
	case errors.Is(e.Err, syscall.ENOEXEC):
		return e.Program + ": not a program for this machine, and no script with a #! line"
	case e.Path != "" && errors.Is(e.Err, syscall.ENOENT):
		return e.Program + ": the interpreter or loader that it names does not exist"
	}
	return e.Error()
}

// errNotFound is the text of runc and exec.LookPath, which the rules know.
var errNotFound = errors.New("executable file not found in $PATH")
