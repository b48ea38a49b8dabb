package main

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

// seeded is the one repository that both registries hold, with the tag "1": the
// shell image.
const seeded = "shop/web"

// seedRegistries pushes the shell image to the open and to the private registry
// (OCI distribution, "Pushing Blobs" and "Pushing Manifests").
func seedRegistries(ctx context.Context, c *config) error {
	config, layer, err := readArchive(c.image("shell"))
	if err != nil {
		return err
	}
	// Another configuration makes it another image. With the same one, a pull with
	// credentials would make the kubelet ask for credentials where the preloaded
	// image is used as well (KubeletEnsureSecretPulledImages).
	var fields map[string]any
	if err := json.Unmarshal(config, &fields); err != nil {
		return err
	}
	fields["author"] = seeded
	if config, err = json.Marshal(fields); err != nil {
		return err
	}
	for _, port := range []string{"5000", "5001"} {
		r := registry{base: "http://" + hostIP + ":" + port + "/v2/" + seeded}
		err := poll(ctx, "the registry on port "+port, time.Minute, func() error { return r.push(ctx, config, layer) })
		if err != nil {
			return err
		}
	}
	return nil
}

// readArchive returns the configuration and the layer of a docker archive with one layer.
func readArchive(file string) (config, layer []byte, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	for t := tar.NewReader(f); ; {
		h, err := t.Next()
		if err == io.EOF {
			return config, layer, nil
		}
		if err != nil {
			return nil, nil, err
		}
		b, err := io.ReadAll(t)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case h.Name == "manifest.json":
		case bytes.HasSuffix([]byte(h.Name), []byte(".json")):
			config = b
		default:
			layer = b
		}
	}
}

type registry struct{ base string }

func (r registry) push(ctx context.Context, config, layer []byte) error {
	type blob struct {
		MediaType string `json:"mediaType"`
		Size      int    `json:"size"`
		Digest    string `json:"digest"`
	}
	var blobs [2]blob
	for i, b := range [][]byte{config, layer} {
		sum := sha256.Sum256(b)
		blobs[i] = blob{"application/vnd.docker.container.image.v1+json", len(b), "sha256:" + hex.EncodeToString(sum[:])}
		location, err := r.do(ctx, http.MethodPost, r.base+"/blobs/uploads/", "", nil)
		if err != nil {
			return err
		}
		u, err := url.Parse(location)
		if err != nil {
			return err
		}
		q := u.Query()
		q.Set("digest", blobs[i].Digest)
		u.RawQuery = q.Encode()
		if _, err := r.do(ctx, http.MethodPut, u.String(), "application/octet-stream", b); err != nil {
			return err
		}
	}
	blobs[1].MediaType = "application/vnd.docker.image.rootfs.diff.tar"
	const manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	m, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": manifestType, "config": blobs[0], "layers": blobs[1:]})
	if err != nil {
		return err
	}
	_, err = r.do(ctx, http.MethodPut, r.base+"/manifests/1", manifestType, m)
	return err
}

// do sends one request and returns the Location of the answer.
func (r registry) do(ctx context.Context, method, to, kind string, body []byte) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.SetBasicAuth(registryUser, registryPassword)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		b, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return "", fmt.Errorf("%s %s: %s: %s", method, to, res.Status, b)
	}
	return res.Header.Get("Location"), nil
}
