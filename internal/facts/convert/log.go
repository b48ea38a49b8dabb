package convert

import (
	"regexp"
	"strings"
	"sync"
)

// maxRefusalBytes bounds a text that can be an answer instead of a log.
const maxRefusalBytes = 2 << 10

// refusals are the answers to a request for logs that take the place of a log:
// kubernetes v1.36 pkg/kubelet/kubelet_pods.go validateContainerLogStatus,
// pkg/kubelet/kuberuntime/kuberuntime_container.go GetContainerLogs (that one
// with status 200), pkg/registry/core/pod/strategy.go LogLocation, and what
// kubectl v1.36 pkg/cmd/clusterinfo/clusterinfo_dump.go writes around them.
var refusals = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:(?:Create log request|Request log) error: .+` +
		`|(?:Error from server(?: \([A-Za-z]+\))?: .+)` +
		`|(?:failed to try resolving symlinks in path|unable to retrieve container logs for) .+` +
		`|(?:previous terminated )?container "?[^" ]+"? in pod "?[^" ]+"? (?:is waiting to start|is terminated|is not available|not found).*` +
		`|a container name must be specified for pod .+` +
		`|the server is currently unable to handle the request.*)$`)
})

// LogRefusal returns the reason, on one line, where a text that was read as a
// log only says that the log cannot be had, and "" where it is a log.
func LogRefusal(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxRefusalBytes {
		return ""
	}
	line, rest, _ := strings.Cut(text, "\n")
	if strings.TrimSpace(rest) != "" || !refusals().MatchString(strings.TrimSpace(line)) {
		return ""
	}
	line = strings.TrimSpace(line)
	for _, prefix := range []string{"Create log request error: ", "Request log error: "} {
		line = strings.TrimPrefix(line, prefix)
	}
	return line
}
