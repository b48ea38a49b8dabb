package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Answer is what a probe got.
type Answer int

// The answers, from the kubelet's texts (kubernetes 1.2 to 1.36 pkg/probe).
const (
	NoAnswer Answer = iota // nothing known
	Refused
	TimedOut
	Status4xx
	Status5xx
	// WrongProtocol: something answered that is not what the probe speaks.
	WrongProtocol
	// CommandFailed: the probe's command ran and said no.
	CommandFailed
	// NotRun: the probe itself could not be run ("probe errored").
	NotRun
	// Unserved: gRPC without the health service, or NOT_SERVING.
	Unserved
	// NoRoute: the pod's address could not be reached.
	NoRoute
)

// ProbeFacts is what events and spec tell about one probe of a container.
type ProbeFacts struct {
	// Name is liveness, readiness or startup.
	Name   string
	Answer Answer
	// Output is the first failure's text, without the kubelet's prefix.
	Output string
	// Status is the HTTP status code, 0 without.
	Status int
	// Port is the port asked, 0 unknown; Target words for a sentence.
	Port   int
	Target string
	// Spec is nil where the spec is not known.
	Spec *corev1.Probe
	// Failures are the Unhealthy events of this probe, newest first, but before them the one that
	// Kill followed: what a new start answers at first is another matter.
	Failures []*facts.Event
	// Kill is the Killing event that followed, nil without.
	Kill *Kill
}

// probePrefix is "Liveness probe failed: ", with errored and the names of old
// releases ("Liveness probe warning"); 1.33 and later name the state.
var probePrefix = Re(`^(?P<which>liveness|readiness|startup) probe (?P<how>failed|errored)[^:]*:\s*(?P<output>.*)$`)

// ProbeOf gathers what is known about a probe of the container; nil where no
// failure of it is known and no kill goes back to it.
func ProbeOf(p *Pass, c *facts.Container, which string) *ProbeFacts {
	pr := &ProbeFacts{Name: which, Spec: specProbe(c, which)}
	for i := len(c.Events) - 1; i >= 0; i-- {
		e := c.Events[i]
		if !strings.EqualFold(e.Reason, "Unhealthy") {
			continue
		}
		if names, ok := probePrefix.Find(strings.TrimSpace(e.Message)); ok && strings.EqualFold(names["which"], which) {
			pr.Failures = append(pr.Failures, e)
		}
	}
	if which != "readiness" {
		if k := p.KillOf(c); k != nil && k.By == which {
			pr.Kill = k
			pr.led()
		}
	}
	if len(pr.Failures) > 0 {
		names, _ := probePrefix.Find(strings.TrimSpace(pr.Failures[0].Message))
		pr.Output = strings.TrimSpace(names["output"])
		pr.Answer, pr.Status = classify(pr.Output, strings.EqualFold(names["how"], "errored"), pr.Spec)
	}
	if len(pr.Failures) == 0 && pr.Kill == nil || pr.Kill == nil && endsByItself(c) {
		return nil
	}
	pr.target(c)
	return pr
}

// led puts the failure first that led to the kill: the newest that is not later.
func (pr *ProbeFacts) led() {
	kill := pr.Kill.Event
	later := func(e *facts.Event) bool {
		if !e.Last.IsZero() && !kill.Last.IsZero() {
			return e.Last.After(kill.Last)
		}
		return e.Age >= 0 && e.Age < kill.Age
	}
	if i := slices.IndexFunc(pr.Failures, func(e *facts.Event) bool { return !later(e) }); i > 0 {
		led := pr.Failures[i]
		pr.Failures = slices.Insert(slices.Delete(pr.Failures, i, i+1), 0, led)
	}
}

// endsByItself: a program that ends with a code of its own leaves nobody to answer
// a probe; its failures are consequences.
func endsByItself(c *facts.Container) bool {
	t, _ := c.Exit()
	return t != nil && c.Running() == nil && t.ExitCode != 137 && t.ExitCode != 143 && (t.ExitCode != 0 || c.Waiting() != nil)
}

func specProbe(c *facts.Container, which string) *corev1.Probe {
	if c.Spec == nil {
		return nil
	}
	switch which {
	case "liveness":
		return c.Spec.LivenessProbe
	case "readiness":
		return c.Spec.ReadinessProbe
	case "startup":
		return c.Spec.StartupProbe
	}
	return nil
}

var answers = []struct {
	pat Pattern
	is  Answer
}{
	{Re(`does not implement the grpc health protocol|service unhealthy \(responded with|SERVICE_UNKNOWN`), Unserved},
	{Re(`HTTP response to HTTPS client|malformed HTTP|HTTP/1\.x transport connection broken|first record does not look like a TLS handshake|tls: |stopped after \d+ redirects`), WrongProtocol},
	{Re(`connection refused|actively refused`), Refused},
	{Re(`no route to host|network is unreachable|host is down`), NoRoute},
	{Re(`deadline exceeded|timed? ?out|timeout|request canceled|Client\.Timeout`), TimedOut},
	{Re(`: EOF|connection reset by peer|unexpected EOF|broken pipe`), WrongProtocol},
}

var statusCode = Re(`HTTP probe failed with statuscode: (?P<code>\d+)`)

func classify(output string, errored bool, spec *corev1.Probe) (Answer, int) {
	if m, ok := statusCode.Find(output); ok {
		code, _ := strconv.Atoi(m["code"])
		switch {
		case code >= 500:
			return Status5xx, code
		case code >= 400:
			return Status4xx, code
		}
		return WrongProtocol, code
	}
	exec := spec != nil && spec.Exec != nil
	if errored && Re(`executable file not found|no such file or directory|permission denied|not found`).Match(output) {
		return NotRun, 0
	}
	if !exec {
		for _, a := range answers {
			if a.pat.Match(output) {
				return a.is, 0
			}
		}
	}
	switch {
	case exec && Re(`^(?:command )?"?.*timed out|deadline exceeded`).Match(output):
		return TimedOut, 0
	case errored:
		return NotRun, 0
	case exec || spec == nil && !Re(`^(?:get |dial |http)`).Match(output):
		return CommandFailed, 0
	}
	return NoAnswer, 0
}

var askedPort = Re(`(?:dial tcp |get "?https?://|connect service "?)\[?[^\s\]"]*?\]?:(?P<port>\d{1,5})\b`)

func (pr *ProbeFacts) target(c *facts.Container) {
	if m, ok := askedPort.Find(pr.Output); ok {
		pr.Port, _ = strconv.Atoi(m["port"])
	}
	s := pr.Spec
	switch {
	case s == nil:
	case s.HTTPGet != nil:
		pr.Port = cmp.Or(portNumber(c, s.HTTPGet.Port.String()), pr.Port)
		pr.Target = fmt.Sprintf("port %d, path %s", pr.Port, cmp.Or(s.HTTPGet.Path, "/"))
		if pr.Port == 0 {
			pr.Target = fmt.Sprintf("port %s, path %s", s.HTTPGet.Port.String(), cmp.Or(s.HTTPGet.Path, "/"))
		}
		return
	case s.TCPSocket != nil:
		pr.Port = cmp.Or(portNumber(c, s.TCPSocket.Port.String()), pr.Port)
	case s.GRPC != nil:
		pr.Port = int(s.GRPC.Port)
	case s.Exec != nil:
		pr.Target = fmt.Sprintf("the command %q", s.Exec.Command)
		return
	}
	switch {
	case pr.Port != 0:
		pr.Target = fmt.Sprintf("port %d", pr.Port)
	case pr.Status != 0:
		pr.Target = fmt.Sprintf("an address that answers with status %d", pr.Status)
	default:
		pr.Target = "something"
	}
}

// portNumber resolves a port that may be a name of the container's ports.
func portNumber(c *facts.Container, port string) int {
	if n, err := strconv.Atoi(port); err == nil {
		return n
	}
	for _, p := range c.Spec.Ports {
		if p.Name == port {
			return int(p.ContainerPort)
		}
	}
	return 0
}

// Evidence lists the newest failure, the kill and the probe's definition.
func (pr *ProbeFacts) Evidence(p *Pass) []unloop.Evidence {
	var out []unloop.Evidence
	if len(pr.Failures) > 0 {
		out = append(out, p.EventEvidence(pr.Failures[0]))
	}
	if pr.Kill != nil {
		out = append(out, p.EventEvidence(pr.Kill.Event))
	}
	if pr.Spec != nil {
		out = append(out, p.SpecEvidence(pr.Name+"Probe", "%s; delay %ds, period %ds, timeout %ds, failureThreshold %d",
			pr.Target, pr.Spec.InitialDelaySeconds, orDefault(pr.Spec.PeriodSeconds, 10), orDefault(pr.Spec.TimeoutSeconds, 1), orDefault(pr.Spec.FailureThreshold, 3)))
	}
	return out
}

// orDefault applies the API server's defaults (k8s.io/kubernetes
// pkg/apis/core/v1/defaults.go SetDefaults_Probe).
func orDefault(v, def int32) int32 {
	if v == 0 {
		return def
	}
	return v
}

// Budget is how long after its start a container may take to answer before this
// probe gives it up; 0 where the spec is not known.
func (pr *ProbeFacts) Budget() time.Duration {
	if pr.Spec == nil {
		return 0
	}
	s := pr.Spec
	n := int64(s.InitialDelaySeconds) + int64(orDefault(s.PeriodSeconds, 10))*int64(orDefault(s.FailureThreshold, 3))
	return time.Duration(n) * time.Second
}

// Period is the time between two attempts; 0 where the spec is not known.
func (pr *ProbeFacts) Period() time.Duration {
	if pr.Spec == nil {
		return 0
	}
	return time.Duration(orDefault(pr.Spec.PeriodSeconds, 10)) * time.Second
}

// SucceededBefore reports whether the probe is known to have passed in the
// instance that was killed: it lived much longer than the probe's budget.
func (pr *ProbeFacts) SucceededBefore(p *Pass, c *facts.Container) bool {
	budget := pr.Budget()
	if budget == 0 {
		budget = 60 * time.Second // delay and three periods of usual settings
	}
	if d, ok := Lifetime(c); ok && pr.Kill != nil {
		// The first run comes within a period, and the stop takes at most the grace.
		return d > budget+budget/2+p.Grace(c)
	}
	budget += budget/2 + 15*time.Second // ages in events are rounded
	started, failed := eventAge(c.Events, "Started"), oldestFailure(pr)
	return started >= 0 && failed >= 0 && started-failed > budget
}

// oldestFailure is the age of the first failure known; -1 unknown.
func oldestFailure(pr *ProbeFacts) time.Duration {
	best := time.Duration(-1)
	for _, e := range pr.Failures {
		best = max(best, e.Age, e.FirstAge)
	}
	return best
}

// eventAge is the greatest age of an event of that reason; -1 unknown.
func eventAge(events []*facts.Event, reason string) time.Duration {
	best := time.Duration(-1)
	for _, e := range events {
		if strings.EqualFold(e.Reason, reason) {
			best = max(best, e.Age, e.FirstAge)
		}
	}
	return best
}

// TooEarly reports whether the probe gives up within what many programs need to
// start (a minute), so that a slow start explains the failure as well.
func (pr *ProbeFacts) TooEarly() bool {
	b := pr.Budget()
	return b == 0 || b < time.Minute
}

// Listen is a port that the program says it listens on.
type Listen struct {
	Port      int
	Localhost bool
	Evidence  unloop.Evidence
}

// ListensOn reads from the log where the program listens (signatures of the cause
// listens-on-localhost carry a port and an address).
func ListensOn(p *Pass, c *facts.Container) []Listen {
	var out []Listen
	for _, h := range p.Hits(c, "listens-on-localhost") {
		port, err := strconv.Atoi(h.Names["port"])
		if err != nil || port <= 0 {
			continue
		}
		a := h.Names["addr"] + h.Names["host"]
		local := a == "localhost" || strings.HasPrefix(a, "127.") || strings.Trim(a, "[]") == "::1"
		out = append(out, Listen{port, local, h.Evidence()})
	}
	return out
}

// Listening reports whether one of the listens is on that port.
func Listening(ls []Listen, port int) bool {
	return slices.ContainsFunc(ls, func(l Listen) bool { return l.Port == port })
}

// DeclaresOther reports whether the spec names container ports, and port is not
// among them.
func DeclaresOther(c *facts.Container, port int) bool {
	if c.Spec == nil || len(c.Spec.Ports) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.Spec.Ports, func(p corev1.ContainerPort) bool { return int(p.ContainerPort) == port })
}

// Ports lists the container ports of the spec.
func Ports(c *facts.Container) string {
	var out []string
	for _, p := range c.Spec.Ports {
		out = append(out, strings.TrimSuffix(fmt.Sprintf("%d %s", p.ContainerPort, p.Name), " "))
	}
	return strings.Join(out, ", ")
}

// KilledAtBudget reports, for a container whose events are gone, whether it was
// ended by a signal at the age at which its liveness probe gives up for the first
// time: initial delay, failures times period, and at most the grace period.
func (p *Pass) KilledAtBudget(c *facts.Container) bool {
	t, _ := c.Exit()
	if t == nil || t.Reason == "OOMKilled" || t.ExitCode != 137 && t.ExitCode != 143 || c.Spec == nil || c.Spec.LivenessProbe == nil || p.KillOf(c) != nil {
		return false
	}
	life, ok := Lifetime(c)
	if !ok || c.Restarts() < 2 {
		return false // once may be chance
	}
	pr := &ProbeFacts{Spec: c.Spec.LivenessProbe}
	period := time.Duration(orDefault(c.Spec.LivenessProbe.PeriodSeconds, 10)) * time.Second
	return life >= pr.Budget()-period && life <= pr.Budget()+2*period+p.Grace(c)
}

// defaultPorts are the ports that well-known images listen on unless told
// otherwise: what their own documentation says.
var defaultPorts = map[string]int{
	"nginx": 80, "httpd": 80, "caddy": 80, "traefik": 80, "redis": 6379, "valkey": 6379, "postgres": 5432, "mysql": 3306, "mariadb": 3306,
	"mongo": 27017, "rabbitmq": 5672, "memcached": 11211, "elasticsearch": 9200, "kibana": 5601, "grafana": 3000, "prometheus": 9090,
	"alertmanager": 9093, "jenkins": 8080, "tomcat": 8080, "influxdb": 8086, "vault": 8200, "consul": 8500, "nats": 4222,
}

// DefaultPort returns the port that the container's image listens on by default;
// 0 where the image is not well known.
func DefaultPort(c *facts.Container) int {
	image := ""
	switch {
	case c.Spec != nil:
		image = c.Spec.Image
	case c.Status != nil:
		image = c.Status.Image
	}
	name := image[strings.LastIndexByte(image, '/')+1:]
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	return defaultPorts[name]
}
