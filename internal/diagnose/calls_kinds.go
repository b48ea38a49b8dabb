package diagnose

import (
	"net"
	posix "path"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"
)

// plainFile: a path that a program asks for by name. Left out are searches: the same
// name in several places, libraries (the loader names those), and files that healthy
// programs look for in vain.
func plainFile(d *facts.Death, f *facts.FailedCall) bool {
	base := posix.Base(f.On)
	if !strings.HasPrefix(f.On, "/") || base == "/" || library(base) || f.Error == "ENOENT" && (d.Code == 127 || d.Code == 126) {
		return false
	}
	return needed(d, f) && places(d, f) < 2
}

// needed: not one of the files that runtimes, shells and C libraries read or write where
// they can, and do without.
func needed(_ *facts.Death, f *facts.FailedCall) bool {
	for _, s := range doWithout {
		if strings.Contains(f.On, s) {
			return false
		}
	}
	for _, s := range doWithoutFiles {
		if strings.HasSuffix(f.On, s) {
			return false
		}
	}
	for _, dir := range []string{"/proc/", "/sys/", "/dev/"} {
		if strings.HasPrefix(f.On, dir) {
			return false
		}
	}
	// Settings in a home directory are anybody's choice: ~/.curlrc, ~/.config/x.
	return !strings.HasPrefix(posix.Base(f.On), ".") && !strings.Contains(f.On, "/.config/") && !strings.Contains(f.On, "/.local/") && !strings.Contains(f.On, "/.cache/")
}

// doWithout are parts of such paths: byte code and caches (Python, Node.js, the JVM, fontconfig),
// message catalogues and terminals, resolver and crypto settings with defaults, and
// files that tell of the system.
var doWithout = []string{
	"__pycache__", ".pyc", "pyvenv.cfg", "python3.zip", "/python31", "._pth", "/package.json", "node_modules/", ".node_libraries", ".jsa", "/hsperfdata_", "/fontconfig", "/locale", "/gconv", "/terminfo", "/zoneinfo",
	"/etc/ld.so", "/etc/ld-musl", "/etc/crypto-policies", "/etc/selinux", "/etc/profile.d/", "/etc/bash", "/etc/sysconfig", "/run/systemd", "/nscd/",
}

// doWithoutFiles are how such paths end.
var doWithoutFiles = []string{
	"/etc/localtime", "/etc/timezone", "/etc/gai.conf", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/services", "/etc/protocols", "/etc/krb5.conf", "/openssl.cnf",
	"/etc/inputrc", "/etc/environment", "/etc/mtab", "/etc/os-release", "/etc/machine-id", "/etc/gitconfig", "/etc/profile", "/etc/shadow", "/etc/passwd", "/etc/group",
}

// places counts in how many directories a name was looked for in the same way.
func places(d *facts.Death, f *facts.FailedCall) int {
	var dirs []string
	for i := range d.Failed {
		o := &d.Failed[i]
		if o.Call == f.Call && o.Error == f.Error && posix.Base(o.On) == posix.Base(f.On) && !slices.Contains(dirs, posix.Dir(o.On)) {
			dirs = append(dirs, posix.Dir(o.On))
		}
	}
	return len(dirs)
}

func library(base string) bool {
	return strings.HasSuffix(base, ".so") || strings.Contains(base, ".so.")
}

// loaderGaveUp: the loaders of glibc and musl end with 127 where a library is in none
// of their directories.
func loaderGaveUp(d *facts.Death, f *facts.FailedCall) bool {
	return d.Code == 127 && library(posix.Base(f.On)) && f.After == 0
}

// loaderWords are how the loaders of glibc and musl begin to say so.
var loaderWords = []string{"loading shared librar"}

func libraryName(_ *facts.Death, f *facts.FailedCall, names map[string]string) {
	names["lib"] = posix.Base(f.On)
}

// byShell: a shell forks before it starts a program, and keeps its own name until then.
func byShell(d *facts.Death, _ *facts.FailedCall) bool { return d.Code == 127 && shell(d) }

func shell(d *facts.Death) bool {
	switch d.Name {
	case "sh", "bash", "dash", "ash", "busybox", "zsh", "ksh":
		return true
	}
	return false
}

// commandName: what was searched for is called by its name alone.
func commandName(d *facts.Death, f *facts.FailedCall, names map[string]string) {
	if names["name"] = posix.Base(f.On); places(d, f) < 2 && slices.Contains(execs, f.Call) {
		names["name"] = f.On
	}
}

// byShellPath: shells that look along PATH before they fork.
func byShellPath(d *facts.Death, f *facts.FailedCall) bool { return byShell(d, f) && places(d, f) >= 2 }

// walked: a name was tried in the directories of PATH. What a shell does not find, it
// reports with 127 itself.
func walked(d *facts.Death, f *facts.FailedCall) bool { return places(d, f) >= 2 && !shell(d) }

// pathLooked: a name was looked for in several directories of programs.
func pathLooked(d *facts.Death, f *facts.FailedCall) bool {
	dir := posix.Base(posix.Dir(f.On))
	return (dir == "bin" || dir == "sbin") && walked(d, f)
}

// unseenFile: nobody looked whether the file is there.
func unseenFile(_ *facts.Death, _ *facts.FailedCall, names map[string]string) {
	names["unseen"] = "yes"
}

// overBGP: one of Calico's speakers to the port of BGP (RFC 4271).
func overBGP(d *facts.Death, f *facts.FailedCall) bool {
	if _, port, err := net.SplitHostPort(f.On); err != nil || port != "179" {
		return false
	}
	return strings.HasPrefix(d.Name, "bird") || strings.HasPrefix(d.Name, "calico") || d.Name == "gobgpd"
}

// notSearched: one path was tried, not the directories of PATH.
func notSearched(d *facts.Death, f *facts.FailedCall) bool { return places(d, f) < 2 }

func overInternet(_ *facts.Death, f *facts.FailedCall) bool {
	return strings.HasPrefix(f.OnKind, "ipv")
}

func portName(_ *facts.Death, f *facts.FailedCall, names map[string]string) {
	if _, port, err := net.SplitHostPort(f.On); err == nil && port != "0" {
		names["port"] = port
	}
}
