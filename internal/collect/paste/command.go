package paste

import (
	"path"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/unloop-dev/unloop/internal/facts"
)

// verb is what a command prints, as far as reading it differs.
type verb int

const (
	verbNone verb = iota
	verbDescribe
	verbGet
	verbLogs
	verbEvents
	// verbManifest: get -o yaml or json.
	verbManifest
	// verbHost: journalctl and the like; verbKernel: dmesg.
	verbHost
	verbKernel
	// verbOther prints something that only its shape can tell.
	verbOther
)

// command is what is known about the command whose output follows.
type command struct {
	verb verb
	// kube: it is kubectl, oc or a wrapper.
	kube bool
	// kind is the canonical kind of get and describe, "" for several or none.
	kind string
	// name is the one object named, "" where there is none, several, or a variable.
	name, namespace, container string
	previous                   bool
	line                       int
	// output is text on the same line that is not part of the command: the paste
	// lost its line ends.
	output string
}

// object is what a describe command is about.
func (c command) object() facts.ObjectRef {
	if c.verb != verbDescribe {
		return facts.ObjectRef{}
	}
	return facts.ObjectRef{Kind: c.kind, Namespace: c.namespace, Name: c.name}
}

// kinds maps what kubectl takes as a resource to the kind.
var kinds = map[string]string{
	"po": "Pod", "pod": "Pod", "pods": "Pod",
	"no": "Node", "node": "Node", "nodes": "Node",
	"deploy": "Deployment", "deployment": "Deployment", "deployments": "Deployment", "dc": "DeploymentConfig", "deploymentconfig": "DeploymentConfig",
	"rs": "ReplicaSet", "replicaset": "ReplicaSet", "replicasets": "ReplicaSet",
	"rc": "ReplicationController", "replicationcontroller": "ReplicationController", "replicationcontrollers": "ReplicationController",
	"sts": "StatefulSet", "statefulset": "StatefulSet", "statefulsets": "StatefulSet",
	"ds": "DaemonSet", "daemonset": "DaemonSet", "daemonsets": "DaemonSet",
	"job": "Job", "jobs": "Job", "cj": "CronJob", "cronjob": "CronJob", "cronjobs": "CronJob",
	"pvc": "PersistentVolumeClaim", "persistentvolumeclaim": "PersistentVolumeClaim", "persistentvolumeclaims": "PersistentVolumeClaim",
	"pv": "PersistentVolume", "persistentvolume": "PersistentVolume", "persistentvolumes": "PersistentVolume",
	"svc": "Service", "service": "Service", "services": "Service", "ep": "Endpoints", "endpoints": "Endpoints",
	"cm": "ConfigMap", "configmap": "ConfigMap", "configmaps": "ConfigMap", "secret": "Secret", "secrets": "Secret",
	"ev": "Event", "event": "Event", "events": "Event", "ns": "Namespace", "namespace": "Namespace", "namespaces": "Namespace",
	"sa": "ServiceAccount", "serviceaccount": "ServiceAccount", "sc": "StorageClass", "storageclass": "StorageClass",
	"hpa": "HorizontalPodAutoscaler", "horizontalpodautoscaler": "HorizontalPodAutoscaler", "ing": "Ingress", "ingress": "Ingress",
	"all": "", "quota": "ResourceQuota", "resourcequota": "ResourceQuota",
}

// kindOf reads a resource argument such as "pods", "deployment.apps".
func kindOf(s string) (string, bool) {
	s, _, _ = strings.Cut(strings.ToLower(s), ".")
	k, ok := kinds[s]
	return k, ok
}

// promptRule finds a prompt before a command; what follows it is the first group.
//
//	$ kubectl, # kubectl, ~# ls, bash-4.4$ ls, user@host:~$ ls, [root@host ~]# ls,
//	➜  ~ git:(main) ✗ kubectl, PS C:\> kubectl, (venv) host:~ user$ ls
var promptRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(?:` +
		`(?:\(\S+\)\s*)?\[?[\w.-]+@[\w.-]+[^$#%>]{0,80}?\]?[$#%>]+(?:\s|$)` +
		`|(?:ba|z|k)?sh-[\d.]+[$#]\s` +
		`|(?:PS )?[A-Za-z]:\\[^>]{0,80}>` +
		`|[~/][\w./~-]{0,60}\s?[$#%>]\s` +
		`|[\w.-]+:[~/]\S{0,60}\s\w+[$#]\s` +
		`|[➜❯λ»→][^$#%]{0,60}?[✗✔$#%]\s` +
		`|[$#%>➜❯λ»→]+(?:\s|$)` +
		`)\s*(.*)$`)
})

// kubeRule finds a kubectl command behind a prompt of an unusual form.
var kubeRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^.{0,80}?[$#%>➜❯✗»λ)\]]\s*((?:sudo\s+)?(?:kubectl|oc|k)\s+(?:-\S+\s+(?:[\w-]+\s+)?)?(?:get|describe|logs?|events)\s.*)$`)
})

// programs are commands that, behind a prompt sign, end a log; other words there
// may be the log's own (a package manager echoes the script it starts).
var programs = map[string]bool{
	"kubectl": true, "oc": true, "k": true, "docker": true, "podman": true, "nerdctl": true, "crictl": true, "ctr": true,
	"journalctl": true, "dmesg": true, "systemctl": true, "service": true, "helm": true, "cat": true, "ls": true, "curl": true,
	"wget": true, "ssh": true, "sudo": true, "grep": true, "tail": true, "head": true, "less": true, "export": true, "cd": true,
	"echo": true, "vi": true, "vim": true, "nano": true, "minikube": true, "kind": true, "k3s": true, "microk8s": true, "az": true,
	"aws": true, "gcloud": true, "eksctl": true, "free": true, "df": true, "ps": true, "top": true, "lscpu": true, "mount": true,
	"ip": true, "ping": true, "nslookup": true, "dig": true, "watch": true, "kubens": true, "kubectx": true, "stern": true,
	"kubelet": true, "iptables": true, "lsblk": true, "lsmod": true, "uname": true, "exit": true, "clear": true,
}

// takeCommand reads a line with a command and makes it the current one.
func (p *parser) takeCommand() bool {
	t := p.lines[p.i].text
	c, ok := parseCommand(t)
	if !ok {
		return false
	}
	inLog := p.cmd.verb == verbLogs && p.used
	if inLog && !c.kube && !endsLog(t) {
		return false
	}
	c.line = p.lines[p.i].no
	p.cmd, p.used = c, false
	if c.output != "" {
		p.lines[p.i].text = c.output
		p.cmd.line = 0
		return p.takeSqueezed()
	}
	p.i++
	return true
}

// takeSqueezed reads the output that stands on the line of its command.
func (p *parser) takeSqueezed() bool {
	switch {
	case p.cmd.verb == verbLogs:
		p.takeLog()
	case p.startsFlat(p.i):
		p.takeFlat()
	default:
		p.i++
	}
	return true
}

// endsLog reports whether a prompt inside a log is a new command: it names a
// user or a well-known program.
func endsLog(t string) bool {
	m := promptRule().FindStringSubmatch(t)
	if m == nil {
		return true
	}
	if sign := strings.TrimSpace(strings.TrimSuffix(t, m[1])); strings.ContainsAny(sign, "@\\") || len(sign) > 4 {
		return true
	}
	word, _, _ := strings.Cut(m[1], " ")
	return programs[path.Base(word)]
}

// parseCommand reads a line that holds a command, with or without a prompt.
func parseCommand(t string) (command, bool) {
	t = strings.TrimLeft(t, " \t")
	if t == "" {
		return command{}, false
	}
	if startsKube(t) {
		return readCommand(t), true
	}
	if !promptAhead(t) {
		return command{}, false
	}
	if m := kubeRule().FindStringSubmatch(t); m != nil {
		return readCommand(m[1]), true
	}
	m := promptRule().FindStringSubmatch(t)
	if m == nil {
		return command{}, false
	}
	first, _ := utf8.DecodeRuneInString(t)
	if strings.ContainsRune("#>%λ»→", first) || strings.HasPrefix(m[1], "#") {
		// A comment, a heading, a quotation, or root's prompt: believe known programs only.
		rest := strings.TrimLeft(m[1], "# ")
		word, _, _ := strings.Cut(rest, " ")
		if !programs[path.Base(word)] && !startsKube(rest) {
			return command{}, false
		}
		return readCommand(rest), true
	}
	return readCommand(m[1]), true
}

// promptAhead reports whether the rules for prompts need a look at a line.
func promptAhead(t string) bool {
	if t[0] >= utf8.RuneSelf {
		return true
	}
	head := t[:min(len(t), 160)]
	sign := strings.IndexAny(head, "$#%>")
	switch {
	case sign < 0:
		return strings.HasPrefix(t, "(") && strings.Contains(head, "kubectl ")
	case strings.IndexByte("$#%>[(~/", t[0]) >= 0, strings.HasPrefix(t, "PS "), len(t) > 2 && t[1] == ':' && t[2] == '\\':
		return true
	}
	return strings.Contains(head, "$ ") || strings.Contains(head, "# ") || strings.IndexByte(head, '@') >= 0 || strings.Contains(head, "kubectl ")
}

// startsKube reports whether a text without prompt starts with a kubectl command.
func startsKube(t string) bool {
	word, rest, ok := strings.Cut(t, " ")
	if !ok {
		return false
	}
	switch path.Base(word) {
	case "sudo", "watch", "time":
		return startsKube(strings.TrimLeft(rest, " "))
	case "minikube", "microk8s", "k3s", "microk8s.kubectl":
		return strings.HasPrefix(strings.TrimLeft(rest, " "), "kubectl")
	case "kubectl", "kubectl.sh", "kubectl.exe", "oc":
		for f := range strings.FieldsSeq(rest) {
			if kubeVerbs[f] {
				return true
			}
		}
	case "k":
		f, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
		return kubeVerbs[f] || strings.HasPrefix(f, "-n")
	case "docker", "podman", "nerdctl", "crictl":
		return strings.HasPrefix(strings.TrimLeft(rest, " "), "logs ")
	case "journalctl":
		return strings.HasPrefix(strings.TrimLeft(rest, " "), "-")
	}
	return false
}

var kubeVerbs = map[string]bool{"get": true, "describe": true, "log": true, "logs": true, "events": true, "apply": true, "create": true,
	"delete": true, "run": true, "exec": true, "edit": true, "rollout": true, "scale": true, "top": true, "explain": true, "patch": true,
	"label": true, "annotate": true, "replace": true, "expose": true, "cordon": true, "drain": true, "uncordon": true, "taint": true,
	"debug": true, "set": true, "config": true, "version": true, "wait": true, "attach": true, "cp": true, "port-forward": true, "adm": true,
	"project": true, "new-app": true, "auth": true, "proxy": true, "cluster-info": true, "api-resources": true}

// readCommand reads the words of a command; what stands behind a pipe does not
// count.
func readCommand(t string) command {
	words := tokens(t, 64)
	i := 0
	at := func() string {
		if i < len(words) {
			return words[i].text
		}
		return ""
	}
	for i < len(words) {
		flag := strings.HasPrefix(at(), "-")
		if assignment := strings.Contains(at(), "=") && !flag; !assignment && !wrappers[path.Base(at())] && !(i > 0 && flag && at() != "-") {
			break
		}
		i++
	}
	program := path.Base(at())
	i++
	switch program {
	case "kubectl", "kubectl.sh", "kubectl.exe", "microk8s.kubectl", "oc", "k":
		return readKube(t, words[min(i, len(words)):])
	case "docker", "podman", "nerdctl", "crictl":
		if at() == "logs" {
			return readDockerLogs(words[i+1:])
		}
	case "journalctl":
		if strings.Contains(t, "-k") && !strings.Contains(t, "kube") {
			return command{verb: verbKernel}
		}
		return command{verb: verbHost}
	case "dmesg":
		return command{verb: verbKernel}
	case "cat", "tail", "less", "head", "zcat":
		return readFileLog(words[min(i, len(words)):])
	}
	return command{verb: verbOther}
}

// wrappers stand in front of the program that runs.
var wrappers = map[string]bool{"sudo": true, "watch": true, "time": true, "minikube": true, "microk8s": true, "k3s": true, "exec": true, "--": true}

// readDockerLogs reads `docker logs NAME`; the names that dockershim gave
// containers are k8s_CONTAINER_POD_NAMESPACE_UID_N.
func readDockerLogs(words []token) command {
	c := command{verb: verbLogs}
	for _, w := range words {
		if f := strings.Split(w.text, "_"); f[0] == "k8s" && len(f) >= 5 {
			c.container, c.name, c.namespace = f[1], f[2], f[3]
		}
		if w.text == "|" {
			break
		}
	}
	return c
}

// podLogPath is the kubelet's directory of container logs
// (kubernetes v1.36.3 pkg/kubelet/kuberuntime/helpers.go).
var podLogPath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`/var/log/pods/([^_/]+)_([^_/]+)_[^/]+/([^/]+)/`)
})

func readFileLog(words []token) command {
	for _, w := range words {
		if m := podLogPath().FindStringSubmatch(w.text); m != nil {
			return command{verb: verbLogs, namespace: m[1], name: m[2], container: m[3]}
		}
		switch base := path.Base(w.text); {
		case strings.HasPrefix(base, "kubelet") && strings.HasSuffix(base, ".log"), base == "syslog", base == "messages":
			return command{verb: verbHost}
		case base == "kern.log":
			return command{verb: verbKernel}
		}
	}
	return command{verb: verbOther}
}
