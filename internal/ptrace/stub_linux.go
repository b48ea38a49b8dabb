//go:build linux && (amd64 || arm64)

package ptrace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What stub and tracer say to each other over a socket, a message each. The stub: hello
// with its thread, failed with the reason, exec with the errno where the command cannot be
// executed. The tracer: seized.
const (
	sayHello  = "hello "
	saySeized = "seized"
	sayFailed = "failed "
	sayExec   = "exec "
)

// readyCall is a call that the filter stops and that does nothing: the stub makes it when
// its filter is in place, and is held there until the command shall run.
const readyCall = unix.SYS_FCHDIR

// Stub becomes the command and does not return where this process was started as a stub;
// else it returns at once. It must be called before anything else of main.
func Stub() {
	if len(os.Args) < 3 || os.Args[0] != StubName {
		return
	}
	fd, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "unloop: this name is for its own use")
		os.Exit(2)
	}
	runtime.LockOSThread() // the filter is the thread's, and so is being traced
	unix.CloseOnExec(fd)
	s := stub{fd}
	if err := s.prepare(); err != nil {
		s.say(sayFailed + err.Error())
		os.Exit(126)
	}
	err = run(os.Args[2:])
	var errno syscall.Errno
	errors.As(err, &errno)
	s.say(sayExec + strconv.Itoa(int(errno)))
	os.Exit((&ExecError{Err: errno}).Code())
}

type stub struct{ fd int }

func (s stub) say(text string) { _, _ = unix.Write(s.fd, []byte(text)) }

// hear waits for a word of the tracer. Where it is gone there is nothing to become.
func (s stub) hear(want string) error {
	var b [64]byte
	for {
		n, err := unix.Read(s.fd, b[:])
		if err == unix.EINTR {
			continue
		}
		if err == nil && string(b[:n]) != want {
			err = errors.New("the tracer is gone")
		}
		return err
	}
}

func (s stub) prepare() error {
	s.say(sayHello + strconv.Itoa(unix.Gettid()))
	if err := s.hear(saySeized); err != nil {
		return err
	}
	// The name that the process has until it is another program.
	name := [16]byte{'u', 'n', 'l', 'o', 'o', 'p'}
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
	if err := loadFilter(); err != nil {
		return err
	}
	_, _, _ = unix.Syscall(readyCall, ^uintptr(0), 0, 0) // no such descriptor
	return nil
}

// run executes the command, searched along PATH where it has no slash, and returns why
// it cannot. A shell looks first and executes what it has found; where it finds
// nothing, the tries are made all the same, so that they are on record.
func run(args []string) error {
	env := os.Environ()
	if strings.Contains(args[0], "/") || args[0] == "" {
		return syscall.Exec(args[0], args, env)
	}
	path, ok := os.LookupEnv("PATH")
	if !ok {
		path = "/usr/local/bin:/bin:/usr/bin"
	}
	var all []string
	for _, dir := range filepath.SplitList(path) {
		if dir == "" {
			dir = "."
		}
		all = append(all, dir+"/"+args[0])
	}
	for _, file := range all {
		var st unix.Stat_t
		if unix.Stat(file, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && unix.Access(file, unix.X_OK) == nil {
			return syscall.Exec(file, args, env)
		}
	}
	result := error(syscall.ENOENT)
	for _, file := range all {
		if err := syscall.Exec(file, args, env); err != syscall.ENOENT && err != syscall.ENOTDIR {
			result = err
		}
	}
	return result
}
