package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Addresses and names. The networks are private to the machine: nothing of the
// cluster is reachable from outside.
const (
	bridge       = "unloop0"
	hostIP       = "10.99.0.1" // of the bridge: control plane and registries
	hostNet      = hostIP + "/24"
	serviceNet   = "10.96.0.0/16"
	apiServiceIP = "10.96.0.1"
	dnsServiceIP = "10.96.0.10"
	podNet       = "10.244.0.0/16"
	apiServer    = "https://" + hostIP + ":6443"
	etcdServer   = "https://" + hostIP + ":2379"

	// registryHost serves pulls without, privateHost with a user and password; both
	// names stand in the hosts file of the nodes only.
	registryHost = "registry.test:5000"
	privateHost  = "private.test:5001"
	// imageHost is the first part of the names of the images that nodes hold from the start.
	imageHost = "unloop.test"

	// cgroupRoot holds the cgroups of all nodes.
	cgroupRoot = "unloop-cluster"
	// dirVariable marks every process of a cluster with its folder.
	dirVariable = "UNLOOP_CLUSTER_DIR"
)

// defaultVersion is the minor built when UNLOOP_KUBERNETES does not name another;
// each has a module in parts/ that pins the patch release.
const defaultVersion = "1.36"

// config is what the environment chooses, and where things are.
type config struct {
	// version is the minor, patch the release of parts/kubernetes-<version>.
	version, patch string
	// nodes is how many, from UNLOOP_NODES.
	nodes int
	// dir holds the running cluster and goes with it; cache holds what was built.
	dir, cache string
	// source is the folder of this module; empty where the program runs as a node.
	source string
}

func newConfig() (*config, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "/root"
	}
	c := &config{
		version: or(os.Getenv("UNLOOP_KUBERNETES"), defaultVersion),
		dir:     or(os.Getenv(dirVariable), filepath.Join(or(os.Getenv("XDG_STATE_HOME"), filepath.Join(home, ".local/state")), "unloop-cluster")),
		cache:   filepath.Join(or(os.Getenv("XDG_CACHE_HOME"), filepath.Join(home, ".cache")), "unloop"),
		source:  or(os.Getenv("UNLOOP_CLUSTER_SOURCE"), "test/cluster"),
	}
	if c.nodes, err = strconv.Atoi(or(os.Getenv("UNLOOP_NODES"), "1")); err != nil || c.nodes < 1 || c.nodes > 9 {
		return nil, fmt.Errorf("UNLOOP_NODES is %q; want 1 to 9", os.Getenv("UNLOOP_NODES"))
	}
	if c.source, err = filepath.Abs(c.source); err != nil {
		return nil, err
	}
	versions, err := filepath.Glob(filepath.Join(c.source, "parts/kubernetes-*"))
	if err != nil || len(versions) == 0 {
		return nil, fmt.Errorf("no parts in %s: run it from the repository's root, or set UNLOOP_CLUSTER_SOURCE to test/cluster", c.source)
	}
	for i, v := range versions {
		versions[i] = filepath.Base(v)[len("kubernetes-"):]
	}
	if !slices.Contains(versions, c.version) {
		return nil, fmt.Errorf("UNLOOP_KUBERNETES is %q; want one of %v", c.version, versions)
	}
	c.patch, err = required(filepath.Join(c.source, "parts/kubernetes-"+c.version, "go.mod"), "k8s.io/kubernetes")
	return c, err
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

func (c *config) path(parts ...string) string {
	return filepath.Join(append([]string{c.dir}, parts...)...)
}
func (c *config) kubeconfig() string       { return c.path("admin.kubeconfig") }
func (c *config) log(name string) string   { return c.path("log", name+".log") }
func (c *config) pid(role string) string   { return c.path(role + ".pid") }
func (c *config) image(name string) string { return filepath.Join(c.cache, "images", name+".tar") }

// bin is the path of a built program.
func (c *config) bin(name string) string {
	if name == "coredns" || name == "unloop" {
		return filepath.Join(c.cache, name, name)
	}
	return filepath.Join(c.cache, "kubernetes-"+c.patch, name)
}

func nodeName(n int) string   { return fmt.Sprintf("worker-%d", n) }
func nodeIP(n int) string     { return fmt.Sprintf("10.99.0.%d", 10+n) }
func nodePods(n int) string   { return fmt.Sprintf("10.244.%d.0/24", n) }
func nodeLink(n int) string   { return fmt.Sprintf("unloop%d", n) }
func nodeCgroup(n int) string { return cgroupRoot + "/" + nodeName(n) }
