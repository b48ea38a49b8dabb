package kernelbits

import (
	"os"
	"testing"
	"time"
)

func TestMachine(t *testing.T) {
	m := Machine()
	host, err := os.Hostname()
	boot := time.Unix(0, int64(m.BootNanos))
	if err != nil || m.Hostname != host || m.CPUs == 0 || m.MemoryBytes == 0 || m.MaxPid == 0 || !boot.Before(time.Now()) || boot.Year() < 2000 {
		t.Errorf("%+v, booted %v, %v", m, boot, err)
	}
}

func TestLastOf(t *testing.T) {
	for list, want := range map[string]int{"0": 0, "0-3": 3, "0-3,8-11": 11, "0,2": 2, "": 0} {
		if got := lastOf(list); got != want {
			t.Errorf("%q: %d, want %d", list, got, want)
		}
	}
}
