package kernelbits

import (
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
)

// Machine reads what captures say of the machine. What cannot be read stays zero.
func Machine() event.Machine {
	m := event.Machine{CPUs: uint32(Processors())}
	m.Hostname, _ = os.Hostname()
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		m.MemoryBytes = info.Totalram * uint64(info.Unit)
	}
	if b, err := os.ReadFile("/proc/sys/kernel/pid_max"); err == nil {
		_, _ = fmt.Sscan(strings.TrimSpace(string(b)), &m.MaxPid)
	}
	var now, up unix.Timespec
	if unix.ClockGettime(unix.CLOCK_REALTIME, &now) == nil && unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) == nil {
		m.BootNanos = uint64(now.Nano() - up.Nano())
	}
	return m
}

// Interfaces reads the addresses of the machine; none where that is forbidden.
func Interfaces() []event.Interface {
	var out []event.Interface
	faces, _ := net.Interfaces()
	for _, f := range faces {
		addrs, _ := f.Addrs()
		for _, a := range addrs {
			n, ok := a.(*net.IPNet)
			if !ok {
				continue
			}
			i := event.Interface{Name: f.Name}
			if v4 := n.IP.To4(); v4 != nil {
				copy(i.Addr[:], v4)
				copy(i.Netmask[:], n.Mask[max(0, len(n.Mask)-len(v4)):])
			} else {
				i.V6 = true
				copy(i.Addr[:], n.IP.To16())
				copy(i.Netmask[:], n.Mask)
			}
			out = append(out, i)
		}
	}
	return out
}

// Processors is how many processors the machine may have: the highest number in the list
// of possible ones, and one more.
func Processors() int {
	b, err := os.ReadFile("/sys/devices/system/cpu/possible")
	if err != nil {
		return 1
	}
	return lastOf(strings.TrimSpace(string(b))) + 1
}

// lastOf gives the last number of a list such as "0-3,8-11".
func lastOf(list string) int {
	n := 0
	at := strings.LastIndexAny(list, "-,")
	_, _ = fmt.Sscan(list[at+1:], &n)
	return n
}
