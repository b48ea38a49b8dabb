// Command cluster is a real Kubernetes on one Linux machine: control plane,
// kubelet, kube-proxy, etcd and CoreDNS built from Go modules, containerd, runc,
// CNI plugins and a registry from the distribution's packages.
//
//	cluster up       build what is missing, start, wait until ready
//	cluster down     stop it and remove every trace but the cache
//	cluster check    say which requirement this machine lacks
//	cluster build    build the parts and images only
//	cluster load     build changed images and bring them to the running nodes
//	cluster stop N   kill node N as a power cut would; its disk stays
//	cluster start N  start node N again
//	cluster env      print the settings as shell assignments
//
// Every node is a set of namespaces (pid, mount, network, uts, ipc) whose first
// process is this program, so killing that one process ends all of the node: its
// containers, mounts, interfaces and firewall rules. The control plane is a pid
// namespace of the same kind. What remains on the machine is one bridge,
// cgroups and a folder, which `down` and the next `up` remove.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		var lacking *requirementError
		if errors.As(err, &lacking) {
			os.Exit(exitLacking)
		}
		os.Exit(1)
	}
}

// exitLacking is the exit status of a machine that cannot run a cluster, so that
// a caller can tell "skip" from "broken".
const exitLacking = 4

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: cluster up|down|check|build|load|env|stop N|start N")
	}
	c, err := newConfig()
	if err != nil {
		return err
	}
	switch args[0] {
	case "up":
		return up(ctx, c)
	case "down":
		return down(c)
	case "check":
		return check(c)
	case "build":
		return build(ctx, c)
	case "env":
		fmt.Printf("KUBECONFIG=%s\nUNLOOP_KUBECTL=%s\nUNLOOP_REGISTRY=%s\n", c.kubeconfig(), c.bin("kubectl"), registryHost)
		return nil
	case "load":
		return load(ctx, c)
	case "stop", "start":
		n, err := nodeArg(c, args)
		if err != nil {
			return err
		}
		if args[0] == "stop" {
			return stopNode(c, n)
		}
		if b, err := os.ReadFile(c.pid(nodeRole + "-" + strconv.Itoa(n))); err == nil {
			if runs(string(b)) {
				say("%s runs already", nodeName(n))
				return nil
			}
		}
		return startNode(ctx, c, n)
	case controlRole: // from here on: first process of a pid namespace
		return controlInit(ctx, c)
	case nodeRole:
		n, err := nodeArg(c, args)
		if err != nil {
			return err
		}
		return nodeInit(ctx, c, n)
	case imagesRole:
		n, err := nodeArg(c, args)
		if err != nil {
			return err
		}
		return loadImages(ctx, c, n)
	}
	return fmt.Errorf("unknown command %q; want up, down, check, build, load, env, stop or start", args[0])
}

func nodeArg(c *config, args []string) (int, error) {
	if len(args) == 2 {
		if n, err := strconv.Atoi(args[1]); err == nil && n >= 1 && n <= c.nodes {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%s: want the number of a node, 1 to %d", args[0], c.nodes)
}
