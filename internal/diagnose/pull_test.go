package diagnose

import (
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// The texts are those of the runtimes and registries named, with made names.
var pullTexts = []struct{ from, text, cause string }{
	{"kubelet", `pull QPS exceeded`, "pull-qps"},
	{"kubelet, policy", `Container image "shop/api:dev" is not present with pull policy of Never`, "image-never-pull"},

	{"Docker Hub", `toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading`, "registry-rate-limit"},
	{"containerd", `failed to resolve reference "docker.io/library/redis:7": unexpected status from HEAD request to https://registry-1.docker.io/v2/library/redis/manifests/7: 429 Too Many Requests`, "registry-rate-limit"},
	{"ECR public", `reading manifest 1.2 in public.ecr.aws/shop/api: toomanyrequests: Rate exceeded`, "registry-rate-limit"},
	{"Google", `unexpected status code https://gcr.io/v2/shop/api/manifests/1: 429 Too Many Requests: Quota exceeded for quota metric 'Requests per project per user'`, "registry-rate-limit"},
	{"cri-o", `too many requests to registry`, "registry-rate-limit"},

	{"cri-o policy", `SignatureValidationFailed: image pull failed for quay.io/shop/api:1 because the signature validation failed: Source image rejected: A signature was required, but no signature exists`, "image-signature-rejected"},
	{"containers/image", `Running image docker://quay.io/shop/api:1 is rejected by policy.`, "image-signature-rejected"},
	{"registries.conf", `registry quay.io is blocked in /etc/containers/registries.conf or /etc/containers/registries.conf.d`, "image-signature-rejected"},

	{"containerd 2.1", `media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd v2.1, please rebuild the image as "application/vnd.oci.image.manifest.v1+json"`, "image-format-unsupported"},
	{"cri-o", `unsupported schema version 1`, "image-format-unsupported"},
	{"Docker 1.9", `missing signature key`, "image-format-unsupported"},
	{"containerd", `encountered unknown type application/vnd.cncf.helm.config.v1+json; children may not be fetched`, "image-format-unsupported"},

	{"containerd", `failed to pull and unpack image "docker.io/shop/api:1": no match for platform in manifest: not found`, "image-wrong-platform"},
	{"containerd, digest", `failed to pull and unpack image "docker.io/shop/api:1": no match for platform in manifest sha256:12ab: not found`, "image-wrong-platform"},
	{"Docker", `no matching manifest for linux/arm64/v8 in the manifest list entries`, "image-wrong-platform"},
	{"Docker on Windows", `no matching manifest for windows/amd64 10.0.17763 in the manifest list entries`, "image-wrong-platform"},
	{"cri-o", `choosing image instance: no image found in manifest list for architecture "arm64", variant "v8", OS "linux"`, "image-wrong-platform"},
	{"Docker", `image operating system "windows" cannot be used on this platform`, "image-wrong-platform"},

	{"containerd", `failed to extract layer sha256:12ab: write /var/lib/containerd/x: no space left on device: unknown`, "image-pull-disk-full"},
	{"Docker", `failed to register layer: Error processing tar file(exit status 1): write /usr/lib/x: no space left on device`, "image-pull-disk-full"},

	{"Go", `failed to do request: Head "https://10.20.0.9:5000/v2/shop/api/manifests/1": http: server gave HTTP response to HTTPS client`, "registry-plain-http"},
	{"Docker 1.6", `unable to ping registry endpoint https://10.20.0.9:5000/v0/ v2 ping attempt failed with error: Get https://10.20.0.9:5000/v2/: tls: oversized record received with length 20527`, "registry-plain-http"},

	{"Go 1.20", `failed to do request: Head "https://registry.example.com/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority`, "registry-tls"},
	{"Go 1.10", `Get https://registry.example.com/v2/: x509: cannot validate certificate for 10.20.0.9 because it doesn't contain any IP SANs`, "registry-tls"},
	{"Go", `Get "https://registry.example.com/v2/": net/http: TLS handshake timeout`, "registry-tls"},
	{"Go", `Get "https://registry.example.com/v2/": remote error: tls: handshake failure`, "registry-tls"},

	{"containerd", `failed to do request: Head "https://registry.example.com/v2/": proxyconnect tcp: dial tcp: lookup proxy.example.com: no such host`, "registry-unreachable"},
	{"proxy", `failed to do request: Head "https://registry.example.com/v2/": Proxy Authentication Required`, "registry-unreachable"},
	{"containerd", `failed to do request: Head "https://registry.example.com/v2/": dial tcp: lookup registry.example.com on 10.20.0.2:53: no such host`, "registry-dns"},
	{"containerd", `failed to do request: Head "https://registry.example.com/v2/": dial tcp: lookup registry.example.com on 10.20.0.2:53: read udp 10.20.0.7:4141->10.20.0.2:53: i/o timeout`, "registry-dns"},
	{"Docker", `Get "https://registry.example.com/v2/": dial tcp: lookup registry.example.com on [::1]:53: server misbehaving`, "registry-dns"},
	{"token server", `failed to authorize: failed to fetch anonymous token: Get "https://auth.docker.io/token?scope=repository%3Ashop%2Fapi%3Apull": dial tcp: lookup auth.docker.io: Temporary failure in name resolution`, "registry-dns"},

	{"containerd 1.2", `failed commit on ref "layer-sha256:12ab": unexpected commit digest sha256:34cd, expected sha256:12ab: failed precondition`, "image-corrupt"},
	{"containerd", `failed to extract layer sha256:12ab: failed to get reader from content store: content digest sha256:34cd: not found`, "image-corrupt"},
	{"Docker", `Failed to inspect image "shop/api:1": rpc error: code = Unknown desc = Error response from daemon: readlink /var/lib/docker/overlay2/l: invalid argument`, "image-corrupt"},
	{"Docker", `filesystem layer verification failed for digest sha256:12ab`, "image-corrupt"},

	{"containerd, hidden", `failed to resolve reference "docker.io/shop/api:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`, "image-pull-denied"},
	{"Docker, hidden", `pull access denied for shop/api, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`, "image-pull-denied"},
	{"Docker 1.12", `repository docker.io/shop/api not found: does not exist or no pull access`, "image-pull-denied"},
	{"containerd", `failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://registry.example.com/token: 401 Unauthorized`, "image-pull-denied"},
	{"ECR", `Get https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/shop/api/manifests/1: no basic auth credentials`, "image-pull-denied"},
	{"ECR", `pulling from host 123456789012.dkr.ecr.eu-west-1.amazonaws.com failed with status code [manifests 1]: 403 Forbidden`, "image-pull-denied"},
	{"ECR", `denied: Your authorization token has expired. Reauthenticate and try again.`, "image-pull-denied"},
	{"cri-o", `reading manifest 1 in registry.example.com/shop/api: unauthorized: access to the requested resource is not authorized`, "image-pull-denied"},
	{"Docker", `unauthorized: incorrect username or password`, "image-pull-denied"},
	{"GitLab", `denied: access forbidden`, "image-pull-denied"},
	{"Artifact Registry", `denied: Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "projects/shop"`, "image-pull-denied"},
	{"kubelet 1.2", `image pull failed for gcr.io/shop/api:1, this may be because there are no credentials on this request.  details: (Error: Status 403 trying to pull repository shop/api: "Unable to access the repository: shop/api; please verify that it exists and you have permission to access it (no credentials found).")`, "image-pull-denied"},

	{"containerd", `failed to pull and unpack image "docker.io/shop/api:2": failed to resolve reference "docker.io/shop/api:2": docker.io/shop/api:2: not found`, "image-tag-missing"},
	{"containerd 1.2", `failed to resolve image "docker.io/shop/api:2": no available registry endpoint: docker.io/shop/api:2 not found`, "image-tag-missing"},
	{"cri-o", `initializing source docker://quay.io/shop/api:2: reading manifest 2 in quay.io/shop/api: manifest unknown`, "image-tag-missing"},
	{"Docker", `manifest for shop/api:2 not found: manifest unknown: manifest unknown`, "image-tag-missing"},
	{"Docker 17", `manifest for shop/api:2 not found`, "image-tag-missing"},
	{"Docker 1.9", `Tag 2 not found in repository docker.io/shop/api`, "image-tag-missing"},
	{"Docker 1.8", `Error: image shop/api:2 not found`, "image-tag-missing"},
	{"ECR", `name unknown: The repository with name 'shop/api' does not exist in the registry with id '123456789012'`, "image-tag-missing"},
	{"Harbor", `unknown: artifact shop/api:2 not found`, "image-tag-missing"},
	{"ACR", `manifest unknown: manifest tagged by "2" is not found`, "image-tag-missing"},
	{"Artifact Registry", `name unknown: Repository "shop" not found`, "image-tag-missing"},
	{"containerd", `unexpected status from HEAD request to https://registry.example.com/v2/shop/api/manifests/2: 404 Not Found`, "image-tag-missing"},
	{"kubelet 1.2", `image pull failed for shop/api:2, this may be because there are no credentials on this request.  details: (Error: image shop/api:2 not found)`, "image-tag-missing"},

	{"kubelet", `Failed to apply default image tag "Shop/Api:1": couldn't parse image name "Shop/Api:1": invalid reference format: repository name must be lowercase`, "image-name-invalid"},
	{"cri-o", `short-name "api:1" did not resolve to an alias and no unqualified-search registries are defined in "/etc/containers/registries.conf"`, "image-name-invalid"},

	{"containerd", `failed to do request: Head "https://gcr.io/v2/": dial tcp 142.250.0.82:443: connect: connection refused`, "registry-unreachable"},
	{"containerd", `failed to do request: Head "https://gcr.io/v2/": dial tcp 142.250.0.82:443: i/o timeout`, "registry-unreachable"},
	{"Docker", `Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`, "registry-unreachable"},
	{"Docker 1.8", `Network timed out while trying to connect to https://index.docker.io/v1/repositories/shop/api/images. You may want to check your internet connection or if you are behind a proxy.`, "registry-unreachable"},
	{"registry", `unexpected status from HEAD request to https://registry.example.com/v2/shop/api/manifests/1: 503 Service Unavailable`, "registry-unreachable"},
	{"registry", `received unexpected HTTP status: 502 Bad Gateway`, "registry-unreachable"},
	{"Windows", `dial tcp 10.9.8.7:443: connectex: No connection could be made because the target machine actively refused it.`, "registry-unreachable"},
	{"closed", `Get "https://registry.example.com/v2/": EOF`, "registry-unreachable"},

	{"containerd", `rpc error: code = Canceled desc = failed to pull and unpack image "docker.io/shop/api:1": context canceled`, "image-pull-stalled"},
	{"CRI", `rpc error: code = DeadlineExceeded desc = context deadline exceeded`, "image-pull-stalled"},
	{"containerd", `failed to copy: read tcp 10.20.0.7:51234->142.250.0.82:443: unexpected EOF`, "image-pull-stalled"},

	{"two credentials", `[rpc error: code = Unknown desc = failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://registry.example.com/token: 401 Unauthorized, rpc error: code = NotFound desc = failed to resolve reference "registry.example.com/shop/api:2": registry.example.com/shop/api:2: not found]`, "image-tag-missing"},
	{"two credentials", `[rpc error: code = Unknown desc = pulling from host registry.example.com failed with status code [manifests 2]: 403 Forbidden, rpc error: code = Unknown desc = failed to authorize: 401 Unauthorized]`, "image-pull-denied"},

	{"kubelet", `Back-off pulling image "shop/api:1"`, ""},
	{"kubelet", `Error: ImagePullBackOff`, ""},
	{"numbers in names", `Failed to pull image "registry.example.com/shop/api:v1.401.404-503"`, ""},
}

func TestCauseOfPull(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range pullTexts {
		for _, text := range []string{c.text, strings.ToLower(c.text), `Failed to pull image "x": rpc error: code = Unknown desc = ` + strings.ReplaceAll(c.text, `"`, `\"`)} {
			got, _ := causeOfPull(text)
			if got != c.cause {
				t.Errorf("%s: got %q, want %q\n%s", c.from, got, c.cause, text)
			}
		}
		seen[c.cause] = true
	}
	for _, row := range pullRows {
		if !seen[row.cause] {
			t.Errorf("no text for %s", row.cause)
		}
	}
}

func TestRegistryOf(t *testing.T) {
	for image, want := range map[string]string{
		"nginx": "docker.io", "shop/api:1": "docker.io", "registry.example.com/shop/api:1": "registry.example.com",
		"10.20.0.9:5000/api": "10.20.0.9:5000", "localhost/api": "localhost", "docker.io/shop/api": "docker.io", "": "docker.io",
	} {
		if got := RegistryOf(image); got != want {
			t.Errorf("%q: got %q, want %q", image, got, want)
		}
	}
}

func TestOfficialImage(t *testing.T) {
	for image, want := range map[string]bool{
		"nginx": true, "nginx:1.27": true, "docker.io/library/nginx:1": true, "index.docker.io/nginx": true,
		"shop/api": false, "docker.io/shop/api": false, "quay.io/nginx": false, "": false,
	} {
		if got := OfficialImage(image); got != want {
			t.Errorf("%q: got %v, want %v", image, got, want)
		}
	}
}

func TestAboutPull_others(t *testing.T) {
	for _, c := range []struct {
		reason, body string
		want         bool
	}{
		{"Failed", `Failed to pull image "x": not found`, true},
		{"", `E0314 kuberuntime_image.go] PullImage "x" failed`, true},
		{"FailedCreatePodSandBox", `failed to get sandbox image: failed to pull image "pause"`, false},
		{"Failed", `failed to get sandbox image "pause": failed to pull image`, false},
		{"FailedMount", `secret "pull" not found`, false},
		{"FailedScheduling", `node not found`, false},
		{"FailedToRetrieveImagePullSecret", `Unable to retrieve some image pull secrets (regcred)`, false},
		{"Failed", `Error: secret "x" not found`, false},
	} {
		if got := aboutPull(&Text{Reason: c.reason, Body: c.body}); got != c.want {
			t.Errorf("%s %q: got %v", c.reason, c.body, got)
		}
	}
}

func TestHidden(t *testing.T) {
	for text, want := range map[string]bool{
		`pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`: true,
		`denied: requested access to the resource is denied`:                                         true,
		`no basic auth credentials`:                                                                  false,
		`unexpected status from GET request to https://registry.example.com/token: 401 Unauthorized`: false,
	} {
		if got := (Pull{Match: Match{Text: &Text{Body: text}}}).Hidden(); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func TestPullSecrets(t *testing.T) {
	f := &facts.Facts{Pod: &facts.Pod{Pod: &corev1.Pod{Spec: corev1.PodSpec{ImagePullSecrets: []corev1.LocalObjectReference{{Name: "regcred"}}}}}}
	if got := PullSecrets(f); len(got) != 1 || got[0] != "regcred" {
		t.Errorf("got %q", got)
	}
	if got := PullSecrets(&facts.Facts{}); got != nil {
		t.Errorf("without a pod: %q", got)
	}
}
