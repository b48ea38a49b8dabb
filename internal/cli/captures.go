package cli

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/fleet"
	"github.com/unloop-dev/unloop/internal/kube"
	"github.com/unloop-dev/unloop/internal/shelf"
)

// captures is a place that captures come from: a shelf, or the recorders of a cluster.
type captures interface {
	// list returns the captures of a query, the newest first, with their notes; recorders
	// are asked on some nodes, on all for none.
	list(ctx context.Context, q catalog.Query, nodes ...string) (catalog.List, error)
	// get opens a capture; size is -1 where it is not known.
	get(ctx context.Context, e catalog.Entry) (r io.ReadCloser, size int64, err error)
	close()
}

// captureFlags choose where captures come from.
type captureFlags struct {
	cluster *kube.Flags
	// place is a folder or URL, recorders the namespace of the recorders.
	place, recorders string
	// consent: the recorders may be given the user's own token, for who names them or asks
	// for nothing else.
	consent bool
}

func (c *captureFlags) add(f *pflag.FlagSet) {
	f.StringVar(&c.place, "captures", "", "take captures from `PLACE`, a folder or s3://BUCKET, not from the cluster's recorders")
	c.addRecorders(f)
}

func (c *captureFlags) addRecorders(f *pflag.FlagSet) {
	f.StringVar(&c.recorders, "recorders", catalog.RecorderNamespace, "the `NAMESPACE` of the cluster's recorders, which may get your token (docs/record.md)")
	c.consent = true
}

// open opens the place, or finds the recorders.
func (c *captureFlags) open(ctx context.Context) (captures, error) {
	if c.place != "" {
		return openShelf(ctx, c.place)
	}
	return c.openFleet(ctx)
}

func (c *captureFlags) openFleet(ctx context.Context) (*fleetCaptures, error) {
	rc, err := c.cluster.RESTConfig()
	if err != nil {
		return nil, err
	}
	f, err := fleet.Open(ctx, rc, c.recorders, c.consent)
	switch {
	case errors.Is(err, fleet.ErrNone):
		return nil, &failure{what: "captures cannot be asked for", err: err, hint: "kubectl apply -f deploy/recorder.yaml   (or: unloop capture list --captures FOLDER)"}
	case errors.Is(err, fleet.ErrDenied):
		return nil, &failure{what: "the recorders cannot be reached", err: err, hint: "kubectl auth can-i list pods -n " + c.recorders}
	case err != nil:
		return nil, &failure{what: "the recorders cannot be asked for", err: err, hint: "kubectl cluster-info"}
	}
	return &fleetCaptures{f}, nil
}

func openShelf(ctx context.Context, place string) (captures, error) {
	s, err := shelf.Open(ctx, place, false)
	if err != nil {
		return nil, &failure{what: "no captures at " + place, err: err, hint: "unloop capture list --captures FOLDER"}
	}
	return &shelfCaptures{s}, nil
}

type shelfCaptures struct{ s *shelf.Shelf }

func (c *shelfCaptures) list(ctx context.Context, q catalog.Query, _ ...string) (catalog.List, error) {
	all, err := c.s.List(ctx, q)
	if err != nil {
		return catalog.List{}, &failure{what: "the captures at " + c.s.Place(), err: err}
	}
	for i := range all {
		all[i] = c.s.Notes(ctx, all[i])
	}
	return catalog.NewList(all), nil
}

func (c *shelfCaptures) get(ctx context.Context, e catalog.Entry) (io.ReadCloser, int64, error) {
	return c.s.Get(ctx, e.Name)
}

func (c *shelfCaptures) close() { _ = c.s.Close() } // it was only read

type fleetCaptures struct{ f *fleet.Fleet }

func (c *fleetCaptures) list(ctx context.Context, q catalog.Query, nodes ...string) (catalog.List, error) {
	return c.f.List(ctx, q, nodes...)
}

func (c *fleetCaptures) get(ctx context.Context, e catalog.Entry) (io.ReadCloser, int64, error) {
	r, n, err := c.f.Get(ctx, e.Name, e.Node)
	return r, n, remote(err)
}

func (c *fleetCaptures) close() { c.f.Close() }

// remote words what a recorder answered.
func remote(err error) error {
	var said *fleet.RemoteError
	if !errors.As(err, &said) {
		return err
	}
	e := &failure{what: said.Message}
	switch {
	case said.Code == fleet.NoToken:
		e.hint = `unloop capture list --token "$(kubectl create token SERVICE-ACCOUNT)"`
	case said.Status == http.StatusForbidden && strings.Contains(said.Message, "proxy"):
		e.hint = "kubectl auth can-i get pods/proxy -n " + catalog.RecorderNamespace
	case said.Status == http.StatusForbidden:
		_, right, _ := strings.Cut(said.Message, " may not ")
		if right != "" {
			e.hint = "kubectl auth can-i " + right
		}
	case said.Status == http.StatusUnauthorized:
		e.hint = "kubectl auth whoami"
	}
	return e
}

// namespaceOf is that of -n, else that of the context; a folder without -n has all.
func (c *captureFlags) namespaceOf(cmd *cobra.Command, all bool) (string, error) {
	switch {
	case all:
		return "", nil
	case c.place != "" && !cmd.Flags().Changed("namespace"):
		return "", nil
	}
	return c.cluster.Namespace()
}
