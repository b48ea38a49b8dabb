package know

import (
	"fmt"
	"strconv"
	"strings"
)

// Action is what a signal does to a process that has no handler for it.
type Action string

// The actions of signal(7).
const (
	Terminate Action = "terminate"
	// Core terminates and writes a core dump where limits and core_pattern allow.
	Core     Action = "terminate, core dump"
	Ignore   Action = "ignore"
	Stop     Action = "stop"
	Continue Action = "continue"
)

// SignalInfo is one Linux signal with its number on x86-64 and arm64 (the
// numbers differ on MIPS, Alpha, SPARC and PA-RISC).
type SignalInfo struct {
	Number  int      `json:"number"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
	// Text is what strsignal(3) and a shell print.
	Text   string `json:"text"`
	Action Action `json:"action"`
	// Catchable is false for the two that no program can handle, block or ignore.
	Catchable bool   `json:"catchable"`
	Means     string `json:"means"`
	// Sender says who usually sends it to a container.
	Sender string   `json:"sender"`
	Causes []Hint   `json:"causes,omitempty"`
	Apart  []string `json:"apart,omitempty"`
	Check  []string `json:"check,omitempty"`
	Source string   `json:"source"`
}

// ExitCode returns the code of a process that the signal ended, 128 + number;
// ok is false for a signal that does not end a process.
func (s *SignalInfo) ExitCode() (code int32, ok bool) {
	if s.Action != Terminate && s.Action != Core {
		return 0, false
	}
	return signalBase + int32(s.Number), true // signal numbers are 1 to 64
}

const (
	// signalBase is what runtimes and shells add to a signal's number
	// (containerd, CRI-O, POSIX sh since 128 + n became common practice).
	signalBase = 128
	// firstRealtime and lastRealtime bound the real-time signals; 32 and 33 are
	// the C library's own (signal(7), nptl(7)).
	firstRealtime, minRealtime, lastRealtime = 32, 34, 64
)

// Signal looks a signal up by name ("SIGTERM", "term", "SIGRTMIN+3") or number
// ("15"). ok is false where there is no such signal.
func Signal(nameOrNumber string) (SignalInfo, bool) {
	s := strings.ToUpper(strings.TrimSpace(nameOrNumber))
	if len(s) > len("SIGRTMIN+30") {
		return SignalInfo{}, false
	}
	if n, err := strconv.Atoi(s); err == nil {
		return signalByNumber(n)
	}
	s = "SIG" + strings.TrimPrefix(s, "SIG")
	if rest, ok := strings.CutPrefix(s, "SIGRTMIN"); ok {
		return realtime(minRealtime, rest)
	}
	if rest, ok := strings.CutPrefix(s, "SIGRTMAX"); ok {
		return realtime(lastRealtime, rest)
	}
	for i := range signals {
		if signals[i].Name == s {
			return signals[i], true
		}
		for _, a := range signals[i].Aliases {
			if a == s {
				return signals[i], true
			}
		}
	}
	return SignalInfo{}, false
}

func signalByNumber(n int) (SignalInfo, bool) {
	if n >= 1 && n <= len(signals) {
		return signals[n-1], true
	}
	if n < firstRealtime || n > lastRealtime {
		return SignalInfo{}, false
	}
	info := realtimeSignal
	info.Number = n
	info.Name = fmt.Sprintf("SIGRTMIN+%d", n-minRealtime)
	info.Text = fmt.Sprintf("Real-time signal %d", n-minRealtime)
	switch {
	case n < minRealtime:
		info.Name, info.Text = "SIG"+strconv.Itoa(n), fmt.Sprintf("Unknown signal %d", n)
		info.Means = "A real-time signal that the C library keeps for itself (thread cancellation, setuid in all threads)."
	case n == minRealtime:
		info.Name = "SIGRTMIN"
	case n == lastRealtime:
		info.Name = "SIGRTMAX"
	}
	return info, true
}

func realtime(base int, offset string) (SignalInfo, bool) {
	n := 0
	if offset != "" {
		var err error
		if n, err = strconv.Atoi(offset); err != nil {
			return SignalInfo{}, false
		}
	}
	if n+base < minRealtime || n+base > lastRealtime {
		return SignalInfo{}, false
	}
	return signalByNumber(base + n)
}

// signalOfCode returns the signal an exit code above 128 stands for, as far as
// that signal ends processes.
func signalOfCode(code int32) (SignalInfo, bool) {
	if code <= signalBase || code > signalBase+lastRealtime {
		return SignalInfo{}, false
	}
	s, ok := signalByNumber(int(code - signalBase))
	if _, ends := s.ExitCode(); !ok || !ends {
		return s, false
	}
	return s, true
}
