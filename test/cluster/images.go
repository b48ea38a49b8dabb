package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// image is one image that every node holds from the start, as
// unloop.test/<name>:1. It is made of the distribution's packages, of programs of
// this module and of the checkout; no registry is asked.
type image struct {
	name string
	// debs are packages, unpacked with all they depend on.
	debs []string
	// programs are packages of this module (images/<program>) built into /bin,
	// for arch where it is not the machine's.
	programs []string
	arch     string
	// built are files of the cache, by path in the image.
	built map[string]func(*config) string
	// scripts are folders images/<scripts> whose files go to /app.
	scripts []string
	// dirs and links are made in addition.
	dirs  []string
	links map[string]string
	// shell adds busybox with all its applets as links.
	shell      bool
	user       string
	entrypoint []string
	cmd        []string
}

// images are imported in this order.
var images = []image{
	{name: "pause", programs: []string{"pause"}, entrypoint: []string{"/bin/pause"}},
	{name: "coredns", built: map[string]func(*config) string{"bin/coredns": func(c *config) string { return c.bin("coredns") }}, entrypoint: []string{"/bin/coredns"}},
	{name: "shell", shell: true, cmd: []string{"/bin/sh"}},
	{name: "app", shell: true, programs: []string{"app"}, entrypoint: []string{"/bin/app"}},
	{name: "app-nonroot", programs: []string{"app"}, user: "1000", entrypoint: []string{"/bin/app"}},
	{name: "app-named-user", shell: true, programs: []string{"app"}, user: "app", entrypoint: []string{"/bin/app"}},
	{name: "app-arm64", programs: []string{"app"}, arch: "arm64", entrypoint: []string{"/bin/app"}},
	{name: "nginx", shell: true, debs: []string{"nginx-light"}, dirs: []string{"var/log/nginx", "var/lib/nginx", "etc/nginx/conf.d", "run"},
		entrypoint: []string{"/usr/sbin/nginx", "-g", "daemon off; error_log /dev/stderr;"}},
	{name: "python", shell: true, debs: []string{"python3-minimal"}, scripts: []string{"silent"}, entrypoint: []string{"/usr/bin/python3"}},
	{name: "node", shell: true, debs: []string{"nodejs"}, entrypoint: []string{"/usr/bin/node"}},
	{name: "redis", shell: true, debs: []string{"redis-server"}, dirs: []string{"data"}, entrypoint: []string{"/usr/bin/redis-server"}},
	{name: "postgres", shell: true, debs: []string{"postgresql-15"}, dirs: []string{"data", "run/postgresql", "var/run/postgresql"}, user: "999",
		links: map[string]string{"usr/local/bin/postgres": "/usr/lib/postgresql/15/bin/postgres", "usr/local/bin/initdb": "/usr/lib/postgresql/15/bin/initdb", "usr/local/bin/psql": "/usr/lib/postgresql/15/bin/psql"},
		cmd:   []string{"/usr/lib/postgresql/15/bin/postgres", "-D", "/data"}},
	{name: "unloop", built: map[string]func(*config) string{"bin/unloop": func(c *config) string { return c.bin("unloop") }}, entrypoint: []string{"/bin/unloop"}},
}

// accounts stand in every image's passwd and group files.
const (
	passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\napp:x:1000:1000:app:/:/bin/sh\npostgres:x:999:999:postgres:/data:/bin/sh\nredis:x:998:998:redis:/data:/bin/sh\n"
	group  = "root:x:0:\nnogroup:x:65534:\nwww-data:x:33:\napp:x:1000:\npostgres:x:999:\nredis:x:998:\nadm:x:4:\n"
)

// buildImages writes the images that the cache lacks as docker archives.
func buildImages(ctx context.Context, c *config) error {
	if err := os.MkdirAll(filepath.Join(c.cache, "images"), 0o755); err != nil {
		return err
	}
	updated := false
	for _, im := range images {
		sum, err := im.sum(c)
		if err != nil {
			return err
		}
		stamp := c.image(im.name) + ".sum"
		if have, err := os.ReadFile(stamp); err == nil && string(have) == sum {
			continue
		}
		if len(im.debs) > 0 && !updated {
			if err := aptUpdate(ctx); err != nil {
				return err
			}
			updated = true
		}
		say("making image %s", im.name)
		if err := im.build(ctx, c); err != nil {
			return fmt.Errorf("image %s: %w", im.name, err)
		}
		if err := os.WriteFile(stamp, []byte(sum), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sum changes when the image would: its entry here, the sources of its programs,
// the built files.
func (im image) sum(c *config) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q\n", []any{im.name, im.debs, im.programs, im.arch, im.dirs, im.shell, im.user, im.entrypoint, im.cmd}, passwd+group)
	keys := make([]string, 0, len(im.links))
	for k := range im.links {
		keys = append(keys, k+" "+im.links[k])
	}
	sort.Strings(keys)
	fmt.Fprintln(h, keys)
	var files []string
	for _, p := range im.programs {
		more, err := filepath.Glob(filepath.Join(c.source, "images", p, "*.go"))
		if err != nil || len(more) == 0 {
			return "", fmt.Errorf("image %s: no program images/%s", im.name, p)
		}
		files = append(files, more...)
	}
	for _, dir := range im.scripts {
		more, err := filepath.Glob(filepath.Join(c.source, "images", dir, "*"))
		if err != nil || len(more) == 0 {
			return "", fmt.Errorf("image %s: no files in images/%s", im.name, dir)
		}
		files = append(files, more...)
	}
	for _, built := range im.built {
		files = append(files, built(c))
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// build makes the image's root file system in a folder and packs it.
func (im image) build(ctx context.Context, c *config) error {
	root, err := os.MkdirTemp(filepath.Join(c.cache, "images"), im.name+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	if err := os.Chmod(root, 0o755); err != nil {
		return err
	}
	if err := unpackDebs(ctx, c, root, im.debs); err != nil {
		return err
	}
	for _, d := range append([]string{"bin", "etc", "root"}, im.dirs...) {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(root, "tmp"), 0o777); err != nil {
		return err
	}
	for name, text := range map[string]string{"etc/passwd": passwd, "etc/group": group, "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if im.shell {
		if err := addShell(ctx, c, root); err != nil {
			return err
		}
	}
	for _, p := range im.programs {
		cmd := exec.CommandContext(ctx, "go", "build", "-C", c.source, "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(root, "bin", p), "./images/"+p)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOARCH="+or(im.arch, goarch))
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", p, err, tail(out))
		}
	}
	for _, dir := range im.scripts {
		if err := os.CopyFS(filepath.Join(root, "app"), os.DirFS(filepath.Join(c.source, "images", dir))); err != nil {
			return err
		}
	}
	for path, built := range im.built {
		b, err := os.ReadFile(built(c))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(root, path), b, 0o755); err != nil {
			return err
		}
	}
	for path, target := range im.links {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o755); err != nil {
			return err
		}
		if err := os.Symlink(target, filepath.Join(root, path)); err != nil {
			return err
		}
	}
	return im.pack(root, c.image(im.name))
}

// unpackDebs unpacks packages with everything they depend on, down to libc, into
// root. Their scripts do not run; nothing is installed on the machine.
func unpackDebs(ctx context.Context, c *config, root string, debs []string) error {
	if len(debs) == 0 {
		return nil
	}
	archives := filepath.Join(c.cache, "debs")
	if err := os.MkdirAll(filepath.Join(archives, "partial"), 0o755); err != nil {
		return err
	}
	// An empty list of installed packages makes apt fetch the whole closure.
	empty := filepath.Join(archives, "nothing-installed")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		return err
	}
	apt := append([]string{"apt-get", "install", "-y", "-q", "--no-install-recommends",
		"-o", "Dir::State::status=" + empty, "-o", "Dir::Cache::archives=" + archives, "-o", "APT::Sandbox::User=root"}, debs...)
	if err := command(ctx, append(apt, "--download-only")...); err != nil {
		return err
	}
	list, err := exec.CommandContext(ctx, apt[0], append(apt[1:], "--simulate")...).Output()
	if err != nil {
		return fmt.Errorf("listing what %s depends on: %w", debs, err)
	}
	for line := range strings.Lines(string(list)) {
		w := strings.Fields(line) // Inst NAME (VERSION DISTRIBUTION [ARCH])
		if len(w) < 3 || w[0] != "Inst" {
			continue
		}
		version := strings.ReplaceAll(strings.TrimPrefix(w[2], "("), ":", "%3a")
		found, _ := filepath.Glob(filepath.Join(archives, w[1]+"_"+version+"_*.deb"))
		if len(found) != 1 {
			return fmt.Errorf("package %s %s was not fetched to %s", w[1], version, archives)
		}
		if err := command(ctx, "dpkg-deb", "-x", found[0], root); err != nil {
			return err
		}
	}
	for _, d := range []string{"doc", "man", "locale", "lintian", "info", "bug"} {
		if err := os.RemoveAll(filepath.Join(root, "usr/share", d)); err != nil {
			return err
		}
	}
	return nil
}

// addShell puts busybox and links for its applets into /bin, where the packages
// brought none of that name.
func addShell(ctx context.Context, c *config, root string) error {
	dir := filepath.Join(root, ".busybox")
	defer os.RemoveAll(dir)
	if err := unpackDebs(ctx, c, dir, []string{"busybox-static"}); err != nil {
		return err
	}
	found, _ := filepath.Glob(filepath.Join(dir, "*bin/busybox"))
	if usr, _ := filepath.Glob(filepath.Join(dir, "usr/bin/busybox")); len(found) == 0 {
		found = usr
	}
	if len(found) == 0 {
		return fmt.Errorf("the package busybox-static holds no busybox")
	}
	bin := filepath.Join(root, "bin")
	if err := os.Rename(found[0], filepath.Join(bin, "busybox")); err != nil {
		return err
	}
	applets, err := exec.CommandContext(ctx, filepath.Join(bin, "busybox"), "--list").Output()
	if err != nil {
		return err
	}
	for name := range strings.FieldsSeq(string(applets)) {
		if err := os.Symlink("busybox", filepath.Join(bin, name)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}
