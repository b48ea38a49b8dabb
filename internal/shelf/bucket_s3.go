//go:build buckets

package shelf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	_ "gocloud.dev/blob/s3blob" // s3://, and whatever else speaks S3

	"github.com/unloop-dev/unloop/internal/shelf/bucket"
)

func openBucket(ctx context.Context, scheme, url string) (store, error) {
	if scheme != "s3" {
		return nil, fmt.Errorf("%w: %s:// is of no kind that this program knows (file, s3)", ErrPlace, scheme)
	}
	b, err := bucket.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	return &objects{b}, nil
}

// objects is a store in a bucket.
type objects struct{ b *bucket.Bucket }

func (o *objects) put(ctx context.Context, name string, do func(io.Writer) error) error {
	return o.b.Put(ctx, name, do)
}

func (o *objects) open(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	r, n, err := o.b.Get(ctx, name)
	if errors.Is(err, bucket.ErrNotFound) {
		err = ErrNotFound
	}
	return r, n, err
}

func (o *objects) list(ctx context.Context, folder string, do func(object) bool) error {
	if folder != "" {
		folder += "/"
	}
	return o.b.List(ctx, folder, func(name string, bytes int64, written time.Time) bool {
		return do(object{name, bytes, written})
	})
}

func (o *objects) remove(ctx context.Context, name string) error { return o.b.Remove(ctx, name) }

// tidy has nothing to do: a store forgets uploads that were not completed by its own rules.
func (o *objects) tidy(context.Context, time.Time) error { return nil }

func (o *objects) close() error { return o.b.Close() }
