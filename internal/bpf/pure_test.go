//go:build linux && (amd64 || arm64)

package bpf

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	prog "github.com/unloop-dev/unloop/internal/bpf/flight"

	"github.com/unloop-dev/unloop/internal/kernelbits"
)

// The offsets that raw.go reads are those that record.h says, and the sizes those of the
// compiler.
func TestLayout(t *testing.T) {
	for name, c := range map[string]struct{ want, got uintptr }{
		"file":  {fileBytes, unsafe.Sizeof(prog.FlightFileRec{})},
		"task":  {taskBytes, unsafe.Sizeof(prog.FlightSnapTask{})},
		"group": {96, unsafe.Sizeof(prog.FlightGroup{})},
		"path":  {112, unsafe.Offsetof(prog.FlightFileRec{}.Path)},
		"cwd":   {208, unsafe.Offsetof(prog.FlightSnapTask{}.Cwd)},
		"info":  {headBytes, unsafe.Offsetof(prog.FlightSnapTask{}.Info)},
	} {
		if c.want != c.got {
			t.Errorf("%s: %d, the compiler says %d", name, c.want, c.got)
		}
	}
	b, err := os.ReadFile("flight/record.h")
	if err != nil {
		t.Fatal(err)
	}
	// Constants that both sides have.
	defined := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^#define (\w+) (0x[0-9a-f]+|\d+)`).FindAllStringSubmatch(string(b), -1) {
		n, err := strconv.ParseInt(m[2], 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		defined[m[1]] = int(n)
	}
	for name, want := range map[string]int{
		"PATH_MAX_LEN": pathMax, "WALK_LEN": walkBytes, "ARGS_LEN": execArgs, "ENV_LEN": execEnv, "FDS": joinFDs,
		"REC_UNREADABLE": flagUnreadable, "REC_SOCK": flagSock, "REC_INCALL": flagInCall,
		"SHAPE_BULK": bulk, "SHAPE_FAILED": failed, "SHAPE_PROBE": probe, "PROBE_CALL": probeCall,
	} {
		if defined[name] != want {
			t.Errorf("%s is %d in record.h, %d here", name, defined[name], want)
		}
	}
	// The orders of enumerations.
	for first, want := range map[string][2]int{
		"SHAPE_NONE": {int(shapeOpen) + 1, int(shapeNone)}, "REC_CALL": {int(recFile), int(recCall)}, "GROUP_NONE": {groupWait + 1, 0},
	} {
		_, rest, ok := strings.Cut(string(b), first)
		body, _, _ := strings.Cut(rest, "};")
		n := len(regexp.MustCompile(`(?m)^\t[A-Z]\w+,`).FindAllString(body, -1)) + 1
		if !ok || n != want[0] {
			t.Errorf("the list from %s has %d entries, %d here", first, n, want[0])
		}
	}
}

func TestEnvNames(t *testing.T) {
	for in, want := range map[string]string{
		"A=1\x00B=\x00C=x=y\x00": "A=\x00B=\x00C=\x00",
		"A=1\x00SECR":            "A=\x00", // cut in the name
		"A=1\x00SECRET=hun":      "A=\x00SECRET=\x00",
		"NOVALUE\x00A=1\x00":     "NOVALUE=\x00A=\x00",
		"":                       "",
	} {
		if got := string(envNames([]byte(in), false)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := envNames([]byte(strings.Repeat("NAME=value\x00", 2000)), false); len(got) > 4096 || strings.Contains(string(got), "value") {
		t.Errorf("%d bytes", len(got))
	}
}

func TestPath(t *testing.T) {
	for in, want := range map[string]string{
		"c\x00bb\x00a\x00": "/a/bb/c", "": "/", "x\x00": "/x", "\x00\x00": "/",
	} {
		if got := path([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestSplitArgs(t *testing.T) {
	for in, want := range map[string][2]string{
		"sh\x00-c\x00x\x00": {"sh", "-c\x00x\x00"}, "sh\x00": {"sh", ""}, "sh": {"sh", ""}, "sh\x00cu": {"sh", "cu\x00"},
	} {
		if exe, args := splitArgs([]byte(in)); exe != want[0] || args != want[1] {
			t.Errorf("%q: %q %q", in, exe, args)
		}
	}
}

func TestParseMounts(t *testing.T) {
	const v2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	const hybrid = "33 30 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n" +
		"34 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
	const memory = "35 30 0:31 / /sys/fs/cgroup/my\\040memory rw - cgroup cgroup rw,memory\n"
	for in, want := range map[string]Hierarchy{
		v2:              {ModeV2, "/sys/fs/cgroup", ""},
		hybrid:          {ModeV1, "/sys/fs/cgroup/pids", "pids"},
		hybrid + memory: {ModeV1, "/sys/fs/cgroup/my memory", "memory"},
		"":              {},
	} {
		if got, err := parseMounts(strings.NewReader(in)); err != nil || got != want {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
}

func TestRingLayout(t *testing.T) {
	for _, c := range []struct{ cpus, total, count, each int }{
		{2, 0, 1, 8 << 20}, {1, 0, 1, 8 << 20}, {8, 0, 4, 8 << 20}, {64, 0, 32, 2 << 20}, {256, 0, 32, 2 << 20},
		{2, 1, 1, 64 << 10}, {4, 3 << 20, 2, 1 << 20},
	} {
		count, each, shift := ringLayout(c.cpus, c.total)
		if count != c.count || each != c.each || (c.cpus-1)>>shift >= count {
			t.Errorf("%d processors, %d bytes: %d rings of %d, shift %d", c.cpus, c.total, count, each, shift)
		}
	}
}

func TestFlags(t *testing.T) {
	if got := kernelbits.Open(0o100 | 1 | 0o2000000); got != 4|2|0x1000 {
		t.Errorf("open %#x", got)
	}
	if got := kernelbits.Open(0); got != 1 {
		t.Errorf("reading is %#x", got)
	}
	if got := kernelbits.Clone.Of(0x10f00); got != 0x8000|1|2|0x800|0x2000 {
		t.Errorf("clone of a thread %#x", got)
	}
	if got := pollBits(0x2011); got != 1|0x20|8 {
		t.Errorf("poll %#x", got)
	}
}

func TestQuality(t *testing.T) {
	for name, want := range map[string]bool{
		"burstable": true, "besteffort": true, "kubepods-burstable.slice": true, "kubelet-kubepods-besteffort.slice": true,
		"pod1234": false, "kubepods-burstable-pod12.slice": false, "kubepods-pod12.slice": false, "": false,
	} {
		if quality(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

// Each recorded call has a number on this machine, or another one in its place.
func TestCalls_numbers(t *testing.T) {
	n := 0
	for _, c := range byNumber {
		if c != nil {
			n++
		}
	}
	if n < 90 {
		t.Errorf("%d calls have numbers", n)
	}
	var names []string
	for _, c := range calls {
		names = append(names, c.name)
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != len(calls) {
		t.Error("a call stands twice in the table")
	}
}
