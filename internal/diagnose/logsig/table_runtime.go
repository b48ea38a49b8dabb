package logsig

// runtimeTables are the signatures of language runtimes, of the shell and the
// container runtime, and of texts that every program writes alike. Narrow
// tables stand before wide ones: the order decides between rows that match the
// same line.
var runtimeTables = [][]Signature{
	rtOCI, rtGo, rtJVM, rtPython, rtNode, rtRuby, rtPHP, rtDotnet, rtRust, rtNative, rtShell,
	anyKube, anyObject, anyDNS, anyTLS, anyAuth, anyListen, anyLimit, anyPermission, anyRefused, anyTimeout,
	anySchema, anyData, anyStale, anyDaemon, anyArgs, anyEnv, anyFile, anyConfig, anyEnd, anyHint,
}

// Parts of expressions that many rows share.
const (
	// reHostPort is "name:80", "10.0.0.1:80" or "[::1]:80".
	reHostPort = `(?P<host>\[[0-9a-f:.]+\]|[\w-][\w.-]*):(?P<port>\d{1,5})\b`
	// reHost is a name or an address without a port.
	reHost = `(?P<host>[\w-][\w.-]*[\w-]|\w)`
	// rePath is an absolute path.
	rePath = "(?P<path>/[^\\s\"'`:,;)\\]}>]*[^\\s\"'`:,;.)\\]}>])"
	// reVar is the name of an environment variable as people write them.
	reVar = `(?P<var>(?-i:[A-Z][A-Z0-9_]{2,}))`
	// reAPI is how the Kubernetes API is addressed from within a pod: its Service's
	// name, the first address of a private range at 443, or a path of the API.
	reAPI = `https?://[^\s"/]+/(?:apis?/|apis?\b|version\b|healthz\b|livez\b|readyz\b|openapi/)|kubernetes\.default|KUBERNETES_(?:SERVICE|PORT)|` +
		`\b(?:10\.\d+|172\.(?:1[6-9]|2\d|3[01])|192\.168)\.\d+\.1\]?(?::443\b|'?, port=?443\b|/\S*:443\b)|apiserver|api server|api-server|-kube-apiserver|:6443\b`
	// reProbe marks a text that the kubelet wrote about a probe; who is asked there
	// is the pod itself.
	reProbe = `(?:liveness|readiness|startup) probe|probe (?:failed|errored)`
	// reLookup marks the step of name resolution.
	reLookup = `\blookup [\w.-]+|:53\b|getaddrinfo|name resolution|resolv`
)
