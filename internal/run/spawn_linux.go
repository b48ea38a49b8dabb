package run

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/internal/ptrace"
)

// stubName is argv[0] of the process that becomes the command.
const stubName = "unloop-run-stub"

// The stub's descriptors: a byte on the first lets it go on, the second takes an errno.
const stubGo, stubErr = 3, 4

// Stub becomes the command, and does not return, where this process was started to be one;
// else it returns at once. Main calls it first. A command has to be in its control group
// and have the terminal before it does anything, so it is started as a copy of this program
// that waits for both.
func Stub() {
	ptrace.Stub()
	if len(os.Args) < 3 || os.Args[0] != stubName {
		return
	}
	// The command must not outlive who started it. The setting belongs to a thread, and the
	// one that calls Exec passes its own on.
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0); err != nil {
		os.Exit(1)
	}
	unix.CloseOnExec(stubGo)
	unix.CloseOnExec(stubErr)
	var b [1]byte
	for {
		n, err := syscall.Read(stubGo, b[:])
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if n != 1 {
			os.Exit(1) // who started it is gone
		}
		break
	}
	err := syscall.Exec(os.Args[1], os.Args[2:], os.Environ())
	errno, _ := err.(syscall.Errno) //nolint:errorlint // Exec gives the number itself
	_, _ = syscall.Write(stubErr, binary.LittleEndian.AppendUint32(nil, uint32(errno)))
	os.Exit(126)
}

// spawned is a process that became a command.
type spawned struct {
	pid     int
	changes chan change
}

// change is what became of a process.
type change struct {
	// stopped is the signal that stopped it, 0 for none; continued that it goes on. Else
	// it has ended.
	stopped   syscall.Signal
	continued bool
	status    syscall.WaitStatus
	// fault says why it never ran; nil where it did.
	fault *StartError
	usage syscall.Rusage
}

func (c *change) ended() bool { return c.stopped == 0 && !c.continued }

// job is a command to start.
type job struct {
	// path is the file, argv what the program sees.
	path string
	argv []string
	dir  string
	env  []string
	// files become its descriptors 0, 1 and 2.
	files [3]*os.File
	// ready is called when the process is there and has not become the command yet.
	ready func(pid int) error
}

// spawn starts a job in a process group of its own. It dies with this process. The caller
// must read changes until it is closed, after the end.
func spawn(j job) (*spawned, error) {
	type result struct {
		s   *spawned
		err error
	}
	made := make(chan result, 1)
	go func() {
		// The kernel ends the child with the thread that made it (PR_SET_PDEATHSIG).
		runtime.LockOSThread()
		s, err := j.start()
		made <- result{s, err}
		if err == nil {
			s.wait()
		}
	}()
	r := <-made
	return r.s, r.err
}

func (j *job) start() (*spawned, error) {
	goR, goW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer goR.Close()
	defer goW.Close()
	errR, errW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer errR.Close()
	defer errW.Close()
	p, err := os.StartProcess("/proc/self/exe", append([]string{stubName, j.path}, j.argv...), &os.ProcAttr{
		Dir: j.dir, Env: j.env, Files: []*os.File{j.files[0], j.files[1], j.files[2], goR, errW},
		Sys: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		var pe *os.PathError
		if errors.As(err, &pe) && pe.Op == "chdir" {
			return nil, &StartError{Program: j.argv[0], Path: j.path, Code: 126, Err: fmt.Errorf("chdir to %s: %w", j.dir, pe.Err)}
		}
		return nil, err
	}
	pid := p.Pid
	_ = p.Release() // waited for by number, to see stops as well
	errW.Close()
	abort := func() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
		_, _ = wait4(pid, 0, nil)
	}
	if j.ready != nil {
		if err := j.ready(pid); err != nil {
			abort()
			return nil, err
		}
	}
	if _, err := goW.Write([]byte{1}); err != nil {
		abort()
		return nil, fmt.Errorf("starting %s: %w", j.argv[0], err)
	}
	var errno [4]byte
	if _, err := io.ReadFull(errR, errno[:]); err == nil {
		abort()
		return nil, execError(j, syscall.Errno(binary.LittleEndian.Uint32(errno[:])))
	}
	return &spawned{pid: pid, changes: make(chan change, 8)}, nil
}

// execError says why a program that is there could not be executed. Shells end with 127
// where something is not found, 126 for all else.
func execError(j *job, errno syscall.Errno) error {
	code := 126
	if errno == syscall.ENOENT || errno == syscall.ENOTDIR {
		code = 127
	}
	return &StartError{Program: j.argv[0], Path: j.path, Code: code, Err: errno}
}

// wait tells what becomes of the process until it has ended.
func (s *spawned) wait() {
	defer close(s.changes)
	for {
		var c change
		status, err := wait4(s.pid, syscall.WUNTRACED|syscall.WCONTINUED, &c.usage)
		if err != nil {
			return // nobody else waits for it, so this does not happen
		}
		c.status = status
		switch {
		case status.Stopped():
			c.stopped = status.StopSignal()
		case status.Continued():
			c.continued = true
		}
		s.changes <- c
		if c.ended() {
			return
		}
	}
}

func wait4(pid, options int, usage *syscall.Rusage) (syscall.WaitStatus, error) {
	for {
		var ws syscall.WaitStatus
		_, err := syscall.Wait4(pid, &ws, options, usage)
		if !errors.Is(err, syscall.EINTR) {
			return ws, err
		}
	}
}

// find looks a program up as execvp does, along the PATH of an environment. dir is where
// relative names begin.
func find(name, dir string, env []string) (string, error) {
	search := "/usr/local/bin:/usr/bin:/bin"
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "PATH="); ok {
			search = v
		}
	}
	if strings.Contains(name, "/") {
		at := name
		if dir != "" && !filepath.IsAbs(at) {
			at = filepath.Join(dir, at)
		}
		if err := executable(at); err != nil {
			return "", &StartError{Program: name, Code: codeOf(err), Err: fmt.Errorf("stat %s: %w", name, err)}
		}
		return filepath.Abs(at)
	}
	var denied error
	for _, d := range filepath.SplitList(search) {
		if d == "" {
			d = "."
		}
		at := filepath.Join(d, name)
		if dir != "" && !filepath.IsAbs(at) {
			at = filepath.Join(dir, at)
		}
		err := executable(at)
		if err == nil {
			return filepath.Abs(at)
		}
		if errors.Is(err, syscall.EACCES) {
			denied = err
		}
	}
	if denied != nil {
		return "", &StartError{Program: name, Code: 126, Err: denied}
	}
	return "", &StartError{Program: name, Code: 127, Err: errNotFound}
}

func codeOf(err error) int {
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) {
		return 127
	}
	return 126
}

// executable says why a file cannot be executed; nil where it can. The error is an errno.
func executable(name string) error {
	st, err := os.Stat(name)
	var pe *os.PathError
	switch {
	case errors.As(err, &pe):
		return pe.Err
	case err != nil:
		return err
	case st.IsDir():
		return syscall.EISDIR
	case !st.Mode().IsRegular():
		return syscall.EACCES
	}
	return unix.Access(name, unix.X_OK)
}
