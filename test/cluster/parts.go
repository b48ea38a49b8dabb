package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// kubernetesPrograms are the main packages of parts/kubernetes-*; the program's
// name is the last element, but for etcd, whose is "server".
var kubernetesPrograms = []string{
	"k8s.io/kubernetes/cmd/kube-apiserver",
	"k8s.io/kubernetes/cmd/kube-controller-manager",
	"k8s.io/kubernetes/cmd/kube-scheduler",
	"k8s.io/kubernetes/cmd/kube-proxy",
	"k8s.io/kubernetes/cmd/kubelet",
	"k8s.io/kubernetes/cmd/kubectl",
	"go.etcd.io/etcd/server/v3",
}

// debianPackages are installed on the machine: what nodes run beside the parts.
var debianPackages = []string{"containerd", "runc", "containernetworking-plugins", "docker-registry", "iptables", "iproute2"}

// build makes what the cache lacks: programs, packages, images.
func build(ctx context.Context, c *config) error {
	if err := installPackages(ctx); err != nil {
		return err
	}
	if err := buildPart(ctx, c, "kubernetes-"+c.version, filepath.Dir(c.bin("kubelet")), c.versionFlags(), kubernetesPrograms...); err != nil {
		return err
	}
	if err := buildPart(ctx, c, "coredns", filepath.Dir(c.bin("coredns")), "", "."); err != nil {
		return err
	}
	if err := buildProduct(ctx, c); err != nil {
		return err
	}
	return buildImages(ctx, c)
}

// buildProduct builds unloop itself from the checkout, as its image holds it: without
// anything of the machine's C library.
func buildProduct(ctx context.Context, c *config) error {
	if err := os.MkdirAll(filepath.Dir(c.bin("unloop")), 0o755); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join(c.source, "../.."), "-buildvcs=false", "-ldflags", "-s -w", "-o", c.bin("unloop"), "./cmd/unloop")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building unloop: %w\n%s", err, tail(out))
	}
	return nil
}

// versionFlags make the programs report their release; without it the server
// says v0.0.0-master and clients refuse to compare.
func (c *config) versionFlags() string {
	const pkg = "k8s.io/component-base/version."
	major, minor, _ := strings.Cut(c.version, ".")
	return fmt.Sprintf(" -X %sgitVersion=%s -X %sgitMajor=%s -X %sgitMinor=%s", pkg, c.patch, pkg, major, pkg, minor)
}

// buildPart builds programs of the module parts/<part> into a folder. A stamp
// beside them holds the module's sums, so that only a change builds again.
func buildPart(ctx context.Context, c *config, part, into, ldflags string, programs ...string) error {
	dir := filepath.Join(c.source, "parts", part)
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	stamp := filepath.Join(into, "stamp")
	want := string(mod) + ldflags + strings.Join(programs, " ")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		return nil
	}
	say("building %s: some minutes where nothing is cached", part)
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	args := append([]string{"build", "-C", dir, "-trimpath", "-ldflags", "-s -w" + ldflags, "-o", into + "/"}, programs...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", part, err, tail(out))
	}
	return os.WriteFile(stamp, []byte(want), 0o644)
}

// installPackages installs what is missing, without starting any service.
func installPackages(ctx context.Context) error {
	var missing []string
	for _, p := range debianPackages {
		out, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${db:Status-Status}", p).Output()
		if err != nil || string(out) != "installed" {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	say("installing %s", strings.Join(missing, " "))
	if err := aptUpdate(ctx); err != nil {
		return err
	}
	// Debian asks this program before it starts a service; 101 forbids it.
	const policy, forbid = "/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n"
	if have, err := os.ReadFile(policy); os.IsNotExist(err) || string(have) == forbid { // ours, left by one that was killed
		if err := os.WriteFile(policy, []byte(forbid), 0o755); err != nil {
			return err
		}
		defer os.Remove(policy)
	}
	// An installation that was killed half-way is finished first; one that runs, waited for.
	if err := poll(ctx, "dpkg --configure -a", 5*time.Minute, func() error { return command(ctx, "dpkg", "--configure", "-a") }); err != nil {
		return err
	}
	return command(ctx, append([]string{"apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"}, missing...)...)
}

func aptUpdate(ctx context.Context) error {
	return poll(ctx, "apt-get update", 2*time.Minute, func() error { return command(ctx, "apt-get", "update", "-q") })
}

// command runs a program to its end; its output is shown only where it fails.
func command(ctx context.Context, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, tail(out))
	}
	return nil
}

// tail is the end of an output, where programs say why they failed.
func tail(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// required returns the version that a go.mod requires of a module.
func required(file, module string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if w := strings.Fields(strings.TrimPrefix(s.Text(), "require ")); len(w) >= 2 && w[0] == module {
			return w[1], nil
		}
	}
	return "", fmt.Errorf("%s requires no %s", file, module)
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "cluster: "+format+"\n", args...) }
