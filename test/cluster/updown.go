package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// up builds what is missing, removes what an earlier cluster left, and starts a
// new one. It returns when every node is ready and names resolve.
func up(ctx context.Context, c *config) error {
	if err := check(c); err != nil {
		return err
	}
	if err := build(ctx, c); err != nil {
		return err
	}
	if err := down(c); err != nil {
		return err
	}
	began := time.Now()
	if err := start(ctx, c); err != nil {
		return errors.Join(err, fmt.Errorf("the logs are in %s", c.path("log")))
	}
	say("ready after %.1f s: Kubernetes %s, %d node(s)", time.Since(began).Seconds(), c.patch, c.nodes)
	fmt.Printf("export KUBECONFIG=%s\n", c.kubeconfig())
	return nil
}

func start(ctx context.Context, c *config) error {
	for _, d := range []string{"pki", "log", "var"} {
		if err := os.MkdirAll(c.path(d), 0o755); err != nil {
			return err
		}
	}
	if err := makePKI(c); err != nil {
		return err
	}
	if err := writeRegistries(c); err != nil {
		return err
	}
	if err := hostNetwork(ctx); err != nil {
		return err
	}
	if _, err := spawn(c, controlRole, syscall.CLONE_NEWPID|syscall.CLONE_NEWNS); err != nil {
		return err
	}
	for n := 1; n <= c.nodes; n++ {
		if err := startNode(ctx, c, n); err != nil {
			return err
		}
	}
	if err := waitAPI(ctx, c, func(err error) error { return c.alive(controlRole, err) }); err != nil {
		return err
	}
	if err := applyAddons(ctx, c); err != nil {
		return err
	}
	if err := seedRegistries(ctx, c); err != nil {
		return err
	}
	return waitNodes(ctx, c)
}

// startNode starts a node, new or stopped before; its disk is as it was.
func startNode(ctx context.Context, c *config, n int) error {
	if err := os.MkdirAll(c.path(nodeName(n)), 0o755); err != nil {
		return err
	}
	p, err := spawn(c, nodeRole, nodeNamespaces, strconv.Itoa(n))
	if err != nil {
		return err
	}
	return plugNode(ctx, n, p.Pid)
}

// load builds the images whose sources changed and brings them to the running nodes.
func load(ctx context.Context, c *config) error {
	if err := buildProduct(ctx, c); err != nil {
		return err
	}
	if err := buildImages(ctx, c); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for n := 1; n <= c.nodes; n++ {
		pid, err := os.ReadFile(c.pid(nodeRole + "-" + strconv.Itoa(n)))
		if err != nil {
			return fmt.Errorf("node %d does not run: %w", n, err)
		}
		// --all enters the node's root folder too: the working directory is lost.
		if err := command(ctx, "nsenter", "--target", string(pid), "--all", "env", "UNLOOP_CLUSTER_SOURCE="+c.source, self, imagesRole, strconv.Itoa(n)); err != nil {
			return err
		}
	}
	return nil
}

// stopNode ends a node at once, with all its containers and their cgroups, as a
// power cut does. Cgroups that stayed would keep a kubelet that comes back busy for
// seconds each, looking for the tasks of containers that containerd still knows.
func stopNode(c *config, n int) error {
	file := c.pid(nodeRole + "-" + strconv.Itoa(n))
	b, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("node %d does not run: %w", n, err)
	}
	pid, err := strconv.Atoi(string(b))
	if err != nil {
		return err
	}
	if err := kill([]int{pid}); err != nil {
		return err
	}
	if err := removeCgroups(nodeCgroup(n)); err != nil {
		return err
	}
	return os.Remove(file)
}

// waitAPI returns when the API server says it is ready, or when lost gives another
// error for the one that it is told of.
func waitAPI(ctx context.Context, c *config, lost func(error) error) error {
	pem, err := os.ReadFile(c.path("pki/ca.crt"))
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	cert, err := tls.LoadX509KeyPair(c.path("pki/admin.crt"), c.path("pki/admin.key"))
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{cert}}}}
	defer client.CloseIdleConnections()
	return poll(ctx, "the API server", 4*time.Minute, func() error {
		res, err := client.Get(apiServer + "/readyz")
		if err != nil {
			return lost(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz answers %s", res.Status)
		}
		return nil
	})
}

// alive adds to an error that a first process has ended, and its last words.
func (c *config) alive(role string, err error) error {
	b, readErr := os.ReadFile(c.pid(role))
	if readErr != nil {
		return err
	}
	if runs(string(b)) {
		return err
	}
	log, _ := os.ReadFile(c.log(role))
	return fmt.Errorf("%s: %w: %s", role, errEnded, tail(log))
}

// waitNodes returns when every node is ready, holds its images, and CoreDNS answers.
func waitNodes(ctx context.Context, c *config) error {
	for n := 1; n <= c.nodes; n++ {
		err := poll(ctx, nodeName(n), 4*time.Minute, func() error {
			out, err := c.kubectl(ctx, "", "get", "node", nodeName(n), "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
			if err != nil {
				return c.alive(nodeRole+"-"+strconv.Itoa(n), err)
			}
			if strings.TrimSpace(out) != "True" {
				return fmt.Errorf("node is not ready (%q)", out)
			}
			_, err = os.Stat(imageMark(c, n, images[len(images)-1].name))
			return err
		})
		if err != nil {
			return err
		}
	}
	_, err := c.kubectl(ctx, "", "-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=120s")
	return err
}

// kubectl runs the cluster's own kubectl as its administrator.
func (c *config) kubectl(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.bin("kubectl"), append([]string{"--kubeconfig", c.kubeconfig()}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, tail([]byte(errs.String())))
	}
	return out.String(), nil
}

// down removes every trace of a cluster but the cache: one that runs, one that
// was killed half-way, or none.
func down(c *config) error {
	if err := kill(members(c)); err != nil {
		return err
	}
	_ = exec.Command("ip", "link", "del", bridge).Run() // fails where there is none
	for n := 1; n <= 9; n++ {
		_ = exec.Command("ip", "link", "del", nodeLink(n)).Run()
	}
	if err := unmountAll(c); err != nil {
		return err
	}
	if err := removeCgroups(cgroupRoot); err != nil {
		return err
	}
	return os.RemoveAll(c.dir)
}

// kill ends processes and returns when the kernel has taken them away. Where one
// is the first of its namespace, all others there end with it.
func kill(pids []int) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("killing process %d: %w", pid, err)
		}
	}
	return poll(context.Background(), "the end of killed processes", time.Minute, func() error {
		for _, pid := range pids {
			if runs(strconv.Itoa(pid)) {
				name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
				return fmt.Errorf("process %d is still there: %s", pid, strings.TrimSpace(string(name)))
			}
		}
		return nil
	})
}

// unmountAll detaches what is mounted below the cluster's folder on the machine
// itself. Nodes keep their mounts to themselves, so there is rarely any.
func unmountAll(c *config) error {
	b, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return err
	}
	lines := strings.Split(string(b), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if w := strings.Fields(lines[i]); len(w) > 1 && strings.HasPrefix(w[1], c.dir+"/") {
			if err := syscall.Unmount(w[1], syscall.MNT_DETACH); err != nil {
				return fmt.Errorf("unmounting %s: %w", w[1], err)
			}
		}
	}
	return nil
}
