package diagnose

import "strings"

// pullRow gives the cause that words of a failed pull mean.
type pullRow struct {
	cause string
	pat   Pattern
}

// pullRows are tried in order: a text often holds the words of several rows
// (a platform that is missing is reported as "not found" as well), and what is
// narrower stands first. Sources: kubernetes 1.2 to 1.36 pkg/kubelet/images and
// pkg/kubelet/dockershim; containerd 1.2 to 2.3 core/remotes/docker,
// core/images, core/unpack; cri-o 1.36 with containers/image; Docker 1.6 to 28
// registry and distribution; the registries' own error texts as those pass them
// on; Go net, net/http, crypto/x509.
var pullRows = []pullRow{
	{"pull-qps", Re(`pull qps exceeded`)},
	{"image-never-pull", Re(`is not present with pull policy of never`)},
	{"registry-rate-limit", Re(`too ?many ?requests|pull rate limit|rate ?limit(?:ed)? exceeded|rate exceeded|data limit exceeded|status(?: code)?:? 429\b|\b429 too many|quota exceeded for quota`)},
	{"image-signature-rejected", Re(`signature ?validation ?failed|source image rejected|is rejected by policy|signature was required|no valid trust data|trust data does not exist|registry \S+ is blocked in|image (?:signature )?verification failed|failed to verify (?:image|signature)|no matching signatures`)},
	{"image-format-unsupported", Re(`no longer supported since containerd|schema ?(?:version )?(?:v)?1\b|unsupported schema|unsupported manifest|unsupported (?:image )?media ?type|unsupported mime ?type|encountered unknown type|unknown type application/|rejecting \d+ byte manifest|media ?type in manifest should be|missing signature key|(?:unsupported|unknown) compression|docker image format v1`)},
	{"image-wrong-platform", Re(`no match(?:ing manifest)? for (?:platform in manifest|(?P<platform>[\w/.-]+) )|no matching manifest|no image found in (?:manifest list|image index) for architecture \\*"?(?P<arch>\w+)|no (?:child|manifest) (?:with|found for) platform|cannot be used on this platform|operating system (?:of the container )?does not match|does not match the (?:specified|expected|host) (?:platform|operating system)`)},
	{"image-pull-disk-full", Re(`no space left on device|not enough space on the disk|disk quota exceeded`)},
	{"registry-plain-http", Re(`server gave http response to https client|oversized record received|first record does not look like a tls handshake|http request to an? https server|supports only http or https with an unknown|malformed http response`)},
	{"registry-tls", Re(`x509:|tls handshake timeout|tls: |certificate (?:signed by unknown|is valid for|has expired|verify failed)|unable to verify the first certificate|remote error: bad certificate`)},
	{"registry-unreachable", Re(`proxyconnect (?P<proxy>tcp)|(?P<proxy2>proxy authentication required)`)},
	{"registry-dns", Re(`lookup (?P<host>[\w.-]+)(?: on (?P<server>[^\s:]+|\[[^\]]*\])(?::\d+)?)?: |no such host|temporary failure in name resolution|could not resolve host:? ?(?P<host2>[\w.-]*)|name or service not known|server misbehaving`)},
	{"image-corrupt", Re(`unexpected commit (?:digest|size)|layer verification failed|content digest sha256:\w+: not found|failed to get reader from content store|parent snapshot \S+ does not exist|invalid tar header|gzip: invalid|mismatched image rootfs|layers from manifest don.t match|unexpected end of json|short read: expected|layer not known|readlink /var/lib|structure needs cleaning|input/output error|failed to inspect image[^\n]*(?:no such file|invalid (?:argument|character)|layer|corrupt|file does not exist)`)},
	{"image-pull-denied", Re(`pull access denied|access (?:to the resource )?(?:is )?(?:denied|forbidden)|unauthorized|authentication required|no basic auth credentials|(?:incorrect|invalid) username|authorization failed|insufficient_scope|not authorized|permission '?"?[\w./]*'?"? ?denied|does not have permission|\b40[13] (?:unauthorized|forbidden)|(?:status|http|response|code|error)[ :=(]*40[13]\b|\bdenied: |login attempt|authorization token has expired|token (?:is|has) expired|may not login|repository \S* ?not found: does not exist or no pull access|could not fetch credentials|failed to fetch (?:oauth|anonymous) token: unexpected status[^\n]*\b40\d`)},
	{"image-tag-missing", Re(`manifest[ _]unknown|manifest (?:for )?(?P<image>\S*) ?(?:tagged by \S+ )?(?:is )?not found|failed to resolve (?:reference|image) \\*"(?P<ref>[^"\\]+)\\*": (?:no available registry endpoint: )?\S+ not found|` +
		`tag (?P<tag>\S+) not found|image (?P<image2>[\w./:@-]+) not found|name[ _]unknown|repository (?:name )?(?:\S+ )?(?:not found|does not exist|not known)|artifact \S+ not found|not known to (?:the )?registry|` +
		`\b404 not found|(?:status|http|response|code|error)[ :=(]*404\b|blob[ _]unknown|could not fetch content descriptor|requested image not found|code = notfound desc = failed to (?:pull|resolve)|unknown: not found`)},
	{"image-name-invalid", Re(`invalid reference format|couldn.t parse image|could not parse image|must be lowercase|invalid repository name|is not a valid repository/tag|invalid tag format|invalid image name|(?P<short>short-name)|unqualified-search`)},
	{"registry-unreachable", Re(`(?P<why>connection refused|i/o timeout|no route to host|network is (?:unreachable|down)|host is down|connection reset by peer|(?:connection|operation|network) timed out|actively refused|did not properly respond|awaiting headers|waiting for connection|registry is unavailable|ping attempt failed|unable to ping registry|\b50[0234] (?:internal|bad|service|gateway)[ \w-]*|(?:status|http|code)[ :=(]*50[0-4]\b|: EOF\b)`)},
	{"image-pull-stalled", Re(`context cancell?ed|context deadline exceeded|code = (?:deadlineexceeded|cancell?ed)|no progress|request cancell?ed|while reading body|unexpected eof|stream error|connection timed out`)},
}

// causeOfPull returns the cause that the words of a failed pull mean, with the
// names in it; "" where they give no reason. The kubelet joins the answers to
// several credentials into one text ("[rpc error: ..., rpc error: ...]", kubernetes
// 1.13 to 1.36 pkg/kubelet/kuberuntime/kuberuntime_image.go PullImage): the try
// without the right credentials is refused whatever the cause is, so that another
// answer weighs more.
func causeOfPull(body string) (cause string, names map[string]string) {
	for part := range strings.SplitSeq(body, ", rpc error: ") {
		c, n := causeOfAnswer(part)
		if cause == "" || cause == "image-pull-denied" && c != "" {
			cause, names = c, n
		}
	}
	return cause, names
}

func causeOfAnswer(body string) (cause string, names map[string]string) {
	low := strings.ToLower(body)
	for _, row := range pullRows {
		if names, ok := row.pat.find(body, low); ok {
			return row.cause, names
		}
	}
	return "", nil
}
