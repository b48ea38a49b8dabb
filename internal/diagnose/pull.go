package diagnose

import (
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Pull is a text about a failed image pull, or about an image that the kubelet
// will not or cannot use.
type Pull struct {
	Match
	// Cause is the cause whose words the text holds; "" where it gives no reason
	// ("Back-off pulling image ...").
	Cause string
	// Image is the reference as the pod wrote it.
	Image string
}

// Pulls returns the texts about pulls of the subject's images, newest first.
// Pulls of the sandbox image are not among them, and neither are those of
// containers that have come past the pull.
func (p *Pass) Pulls() []Pull {
	if p.pulls != nil {
		return p.pulls
	}
	p.pulls = []Pull{}
	for _, t := range p.texts {
		if t.Where&AboutStart == 0 || t.Stale || !aboutPull(t) {
			continue
		}
		m := Match{t, map[string]string{}}
		if t.Container == nil {
			m.Text = withContainer(p, t)
		}
		if c := m.Container; c != nil && t.Where == HostText && containerStage(c) > pulling {
			continue
		}
		pl := Pull{Match: m}
		if cause, names := causeOfPull(t.Body); cause != "" {
			pl.Cause, pl.Names = cause, names
		}
		pl.Image = imageOfPull(p, pl.Match)
		p.pulls = append(p.pulls, pl)
	}
	return p.pulls
}

// ReportPulls reports the running rule for the pulls that failed for a cause,
// newest first, as ReportTexts does for texts. Where a newer text gives another
// cause for the same container, the older one is possible at most.
func (p *Pass) ReportPulls(cause string, say func(pl Pull) Finding) {
	var matches []Match
	byText := map[*Text]Pull{}
	for _, pl := range p.Pulls() {
		if pl.Cause == cause {
			matches = append(matches, pl.Match)
			byText[pl.Text] = pl
		}
	}
	p.reportMatches(matches, func(m Match) Finding {
		f := say(byText[m.Text])
		if p.newestPull(m.Container) != cause {
			f.Confidence = unloop.Possible
		}
		return f
	})
}

// newestPull returns the cause that the newest text with a reason gives for a
// container's pull.
func (p *Pass) newestPull(c *facts.Container) string {
	for _, pl := range p.Pulls() {
		if pl.Cause != "" && pl.Container == c {
			return pl.Cause
		}
	}
	return ""
}

// UnexplainedPulls lists who waits for an image while nothing at hand says why it
// cannot be pulled: old kubelets say no more than "Back-off pulling image", and the
// event that did is gone.
func (p *Pass) UnexplainedPulls() []Wait {
	var out []Wait
	for _, w := range p.Waits("ErrImagePull", "ImagePullBackOff", "PullImageError") {
		if p.unexplained(w.Container) {
			out = append(out, w)
		}
	}
	return out
}

// unexplained reports whether no text about a pull of the container gives a
// reason.
func (p *Pass) unexplained(c *facts.Container) bool {
	for _, pl := range p.Pulls() {
		if pl.Cause != "" && (pl.Container == c || pl.Container == nil || c == nil) {
			return false
		}
	}
	return true
}

// NamedImage names an image for a sentence: `the image "x"`, or "an image of the
// pod" where its reference is not known.
func NamedImage(image string) string {
	if image == "" {
		return "an image of the pod"
	}
	return "the image " + strconv.Quote(image)
}

// asked finds the host that a runtime asked.
var asked = Re(`https?://(?P<host>[^/"\\\s]+)/`)

// Registry returns the host of the image's registry, else the one that the text
// names, else HOST.
func (pl Pull) Registry() string {
	if pl.Image != "" {
		return RegistryOf(pl.Image)
	}
	if names, ok := asked.Find(pl.Body); ok {
		return names["host"]
	}
	return "HOST"
}

// Hidden reports whether the words of a refusal fit a repository that does not
// exist as well: Docker Hub and others answer both alike, so as not to tell
// which private repositories there are.
func (pl Pull) Hidden() bool {
	return hidden.Match(pl.Body) && !openRefusal.Match(pl.Body)
}

var (
	hidden      = Re(`does not exist or |insufficient_scope|requested access to the resource is denied|repository (?:name )?\S* ?not found`)
	openRefusal = Re(`no basic auth|incorrect username|invalid username|\b401 unauth|token has expired|access token|caller does not have permission`)
)

// aboutPull keeps out the same words of schedulers, mounts, sandboxes and probes.
func aboutPull(t *Text) bool {
	switch strings.ToLower(t.Reason) {
	case "errimagepull", "imagepullbackoff", "errimageneverpull", "invalidimagename", "imageinspecterror", "inspectfailed",
		"registryunavailable", "signaturevalidationfailed", "pullimageerror":
		return true
	case "failed", "failedsync", "backoff", "":
	default:
		return false
	}
	line := strings.ToLower(t.Body)
	if t.Where == HostText {
		line, _, _ = strings.Cut(line, "\n")
	}
	return (strings.Contains(line, "pull") || strings.Contains(line, "inspect image") || strings.Contains(line, "apply default image tag")) &&
		!strings.Contains(line, "sandbox") && !strings.Contains(line, "unable to retrieve")
}

// imageTexts are the places of a pull text that name the image: kubernetes 1.2
// to 1.36 pkg/kubelet/images/image_manager.go, containerd 1.2 to 2.3 core/remotes
// and internal/cri, cri-o 1.36 server/image_pull.go.
var imageTexts = Re(`(?:(?:failed to pull|pulling|failed to inspect|container|pull and unpack|default image tag|resolve) (?:image|reference)?|image=) ?\\*"(?P<image>[^"\\]+)|image pull failed for (?P<image2>[^\s,]+)`)

func imageOfPull(p *Pass, m Match) string {
	if image := ImageOf(m, imageTexts); image != "of the pod" {
		return image
	}
	if names, ok := imageTexts.Find(m.Body); ok {
		return names["image2"]
	}
	return ""
}

// startedFor is how the kubelet's log and its FailedSync events name the
// container: `failed to "StartContainer" for "app" with ErrImagePull`.
var startedFor = Re(`StartContainer\\*" for \\*"(?P<name>[a-z0-9.-]+)`)

// withContainer gives a text without a container the one it names, or the only
// one it can be about.
func withContainer(p *Pass, t *Text) *Text {
	var c *facts.Container
	if names, ok := startedFor.Find(t.Body); ok {
		c = p.Container(names["name"])
	} else if t.Where != PodEvent && len(p.Containers) == 1 {
		c = p.Containers[0]
	}
	if c == nil {
		return t
	}
	t2 := *t
	t2.Container = c
	return &t2
}

// ImageName returns the image reference that a wait is about, "" where unknown.
func ImageName(c *facts.Container) string {
	switch {
	case c == nil:
		return ""
	case c.Spec != nil:
		return c.Spec.Image
	case c.Status != nil:
		return c.Status.Image
	}
	return ""
}

// PullSecrets returns the names of the pull secrets that the pod's spec lists.
func PullSecrets(f *facts.Facts) []string {
	if f.Pod == nil {
		return nil
	}
	var out []string
	for _, s := range f.Pod.Spec.ImagePullSecrets {
		out = append(out, s.Name)
	}
	return out
}

// lostSecrets is the kubelet's text about pull secrets it could not read:
// kubernetes 1.20 to 1.36 pkg/kubelet/kubelet_pods.go getPullSecretsForPod (event
// and log); before that a log line per secret.
var lostSecrets = Re(`unable to retrieve (?:some image )?pull secrets? (?:\((?P<names>[^)]*)\)|\S*?/?(?P<name>[\w.-]+) for )`)

// LostPullSecrets returns the pull secrets that the kubelet could not read, and
// where it says so. The text alone is noise: it is written also where the pull
// works without them.
func (p *Pass) LostPullSecrets() (names string, at *Text) {
	for _, m := range p.Find(PodEvent|HostText, lostSecrets) {
		return m.Names["names"] + m.Names["name"], m.Text
	}
	return "", nil
}

// RegistryOf returns the registry host of an image reference; references
// without one mean Docker Hub (distribution/reference normalize.go).
func RegistryOf(image string) string {
	first, _, ok := strings.Cut(image, "/")
	if ok && (strings.ContainsAny(first, ".:") || first == "localhost") {
		return first
	}
	return "docker.io"
}

// OfficialImage reports whether a reference means a repository without an owner
// on Docker Hub. Those are all public.
func OfficialImage(image string) bool {
	image = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(image, "index."), "docker.io/"), "library/")
	return image != "" && !strings.Contains(image, "/")
}

// DiskShort returns the fact, if there is one, which says that the node is short
// of disk space or throws images away to get some.
func (p *Pass) DiskShort() []unloop.Evidence {
	for _, t := range p.FindReason(NodeText|PodEvent|HostText, "KubeletHasDiskPressure", "NodeHasDiskPressure", "FreeDiskSpaceFailed", "ImageGCFailed") {
		return []unloop.Evidence{t.Evidence()}
	}
	return nil
}
