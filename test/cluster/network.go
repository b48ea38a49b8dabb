package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// hostNetwork makes the bridge that the control plane listens on.
func hostNetwork(ctx context.Context) error {
	for _, args := range []string{
		"link add " + bridge + " type bridge",
		"addr add " + hostNet + " dev " + bridge,
		"link set " + bridge + " up",
	} {
		if err := ip(ctx, args); err != nil {
			return err
		}
	}
	return nil
}

// plugNode connects the network namespace of a node's first process to the bridge.
func plugNode(ctx context.Context, n, pid int) error {
	for _, args := range []string{
		fmt.Sprintf("link add %s type veth peer name eth0 netns %d", nodeLink(n), pid),
		fmt.Sprintf("link set %s master %s up", nodeLink(n), bridge),
		fmt.Sprintf("route replace %s via %s", nodePods(n), nodeIP(n)),
	} {
		if err := ip(ctx, args); err != nil {
			return err
		}
	}
	return nil
}

// nodeNetwork, inside the node, waits for the cable and configures its end.
func nodeNetwork(ctx context.Context, c *config, n int) error {
	if err := poll(ctx, "eth0 of "+nodeName(n), time.Minute, func() error { return ip(ctx, "link show eth0") }); err != nil {
		return err
	}
	setup := []string{
		"link set lo up",
		"addr add " + nodeIP(n) + "/24 dev eth0",
		"link set eth0 up",
		"route add default via " + hostIP,
	}
	for other := 1; other <= c.nodes; other++ {
		if other != n {
			setup = append(setup, fmt.Sprintf("route add %s via %s", nodePods(other), nodeIP(other)))
		}
	}
	for _, args := range setup {
		if err := ip(ctx, args); err != nil {
			return err
		}
	}
	for file, value := range map[string]string{
		"/proc/sys/net/ipv4/ip_forward": "1",
		// Service addresses between pods of one bridge go through iptables only with this.
		"/proc/sys/net/bridge/bridge-nf-call-iptables": "1",
	} {
		if err := os.WriteFile(file, []byte(value), 0o644); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

func cniConfig(n int) string {
	return fmt.Sprintf(`{"cniVersion": "0.4.0", "name": "bridge", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}
]}
`, nodePods(n))
}

func ip(ctx context.Context, args string) error {
	return command(ctx, append([]string{"ip"}, strings.Fields(args)...)...)
}
