package main

import (
	"context"
	_ "embed"
	"strings"
	"time"
)

// addons.yaml holds what every cluster has beside the control plane: CoreDNS and
// the rights of kube-proxy come with Kubernetes' own bootstrap roles.
//
//go:embed addons.yaml
var addons string

func applyAddons(ctx context.Context, c *config) error {
	text := strings.NewReplacer("IMAGE_HOST", imageHost, "DNS_SERVICE_IP", dnsServiceIP).Replace(addons)
	// The default service account appears a moment after the namespace.
	return poll(ctx, "the add-ons", time.Minute, func() error {
		_, err := c.kubectl(ctx, text, "apply", "-f", "-")
		return err
	})
}
