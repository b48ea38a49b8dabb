package paste

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// readStray reads the fields of a state whose heading the text has not, at the
// start of a fragment.
func (q *part) readStray(st *corev1.ContainerStatus) {
	if len(q.fields) == 0 || !inState(q.fields[0].key) {
		return
	}
	s := state("", q.fields)
	switch {
	case s.Waiting != nil || q.get("Last State") != nil:
		st.State = s
	case s.Terminated != nil && (st.RestartCount > 0 || st.Ready):
		st.LastTerminationState = s
	case s.Terminated != nil:
		st.State = s
	}
}

func inState(key string) bool {
	switch key {
	case "Reason", "Message", "Exit Code", "Signal", "Started", "Finished":
		return true
	}
	return false
}

// state reads the fields below State or Last State.
func state(word string, fields []*field) corev1.ContainerState {
	var t corev1.ContainerStateTerminated
	exited, coded := strings.EqualFold(word, "Terminated"), false
	for _, f := range fields {
		if !inState(f.key) {
			break
		}
		switch f.key {
		case "Reason":
			// Graphical tools append the code: "OOMKilled - exit code: 137".
			word, code, ok := strings.Cut(f.value, " - exit code: ")
			if n, err := strconv.ParseInt(code, 10, 32); ok && err == nil {
				t.ExitCode, exited, coded = int32(n), true, true
			}
			t.Reason = canon(word)
		case "Message":
			t.Message = message(f)
		case "Exit Code":
			if n, err := strconv.ParseInt(f.value, 10, 32); err == nil {
				t.ExitCode, exited, coded = int32(n), true, true
			}
		case "Signal":
			if n, err := strconv.ParseInt(f.value, 10, 32); err == nil {
				t.Signal = int32(n)
			}
		case "Started":
			t.StartedAt = parseTime(f.value)
		case "Finished":
			t.FinishedAt = parseTime(f.value)
		}
	}
	switch {
	case strings.EqualFold(word, "Running"):
		return corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: t.StartedAt}}
	case exited:
		if !coded {
			t.ExitCode = impliedCode(t.Reason)
		}
		return corev1.ContainerState{Terminated: &t}
	case strings.EqualFold(word, "Waiting") || t.Reason != "":
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: t.Reason, Message: t.Message}}
	}
	return corev1.ContainerState{}
}

// unknownCode is the exit code of a state whose code the text does not show. No
// process can end with it.
const unknownCode = -1

// impliedCode is the exit code that goes with a reason, where there is only one:
// 128 is what runtimes report for a process that never started, 137 is SIGKILL.
func impliedCode(reason string) int32 {
	switch reason {
	case "Completed":
		return 0
	case "OOMKilled":
		return 137
	case "StartError", "ContainerCannotRun":
		return 128
	}
	return unknownCode
}
