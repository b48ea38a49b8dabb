package inspect

import (
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// look is what the scan sees in a name, once for each.
type look uint8

const (
	lookConfig look = 1 << iota
	lookLog
	lookDev
	lookSyslog
	lookLibrary
)

func lookAt(name string, kind event.FDKind) look {
	var l look
	switch kind {
	case event.FDFile, event.FDFileOld:
		if isConfig(name) {
			l |= lookConfig
		}
		if isLogFile(name) {
			l |= lookLog
		}
		if strings.HasPrefix(name, "/dev/") {
			l |= lookDev
		}
		if isLibrary(name) {
			l |= lookLibrary
		}
	case event.FDUnix:
		if strings.HasSuffix(name, "/dev/log") || strings.HasSuffix(name, "/dev-log") {
			l |= lookSyslog
		}
	}
	return l
}

// configEnds are endings of names that configuration usually has.
var configEnds = [...]string{".conf", ".cfg", ".ini", ".yaml", ".yml", ".json", ".toml", ".properties", ".env", ".xml", ".cnf"}

// isConfig tells files of configuration by their names; those that every program reads
// through the C library are left out.
func isConfig(name string) bool {
	switch name {
	case "/etc/nsswitch.conf", "/etc/host.conf", "/etc/resolv.conf", "/etc/gai.conf", "/etc/ld.so.conf":
		return false
	}
	if hasDir(name, "/proc") || hasDir(name, "/sys") {
		return false
	}
	for _, end := range configEnds {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// isLogFile follows Sysdig Inspect: names that end in .log or _log or lie below /var/log, archives excepted.
func isLogFile(name string) bool {
	if strings.HasSuffix(name, "gz") || strings.HasSuffix(name, ".journal") {
		return false
	}
	return strings.HasSuffix(name, ".log") || strings.HasSuffix(name, "_log") || strings.Contains(name, ".log.") || strings.Contains(name, "/var/log/")
}

// isLibrary tells the files that the dynamic linker and the C library open by
// themselves; they say nothing about why a program ends.
func isLibrary(name string) bool {
	return strings.HasSuffix(name, ".so") || strings.Contains(name, ".so.") || strings.HasPrefix(name, "/usr/lib/locale/")
}
