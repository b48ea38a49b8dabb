// Package bucket is the part of internal/shelf that speaks to object stores. It is a
// package of its own because their clients are larger than the rest of the program: only a
// build with the tag "buckets" holds them.
package bucket

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// Bucket writes, reads and lists objects.
type Bucket struct{ b *blob.Bucket }

// ErrNotFound: there is no such object.
var ErrNotFound = errors.New("no such object")

// Open opens a bucket by its URL, of the kinds whose drivers are linked.
func Open(ctx context.Context, url string) (*Bucket, error) {
	b, err := blob.OpenBucket(ctx, url)
	if err != nil {
		return nil, err
	}
	return &Bucket{b}, nil
}

// Put writes an object. It appears whole when do has returned nil, or not at all: stores
// show an object when its upload has been completed.
func (b *Bucket) Put(ctx context.Context, name string, do func(io.Writer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := b.b.NewWriter(ctx, name, nil)
	if err != nil {
		return err
	}
	if err := do(w); err != nil {
		cancel() // Close now gives up the upload
		_ = w.Close()
		return err
	}
	return w.Close()
}

// Get opens an object and tells its size.
func (b *Bucket) Get(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	r, err := b.b.NewReader(ctx, name, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, 0, ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	return r, r.Size(), nil
}

// List calls do for the objects whose names begin with prefix until it returns false.
func (b *Bucket) List(ctx context.Context, prefix string, do func(name string, bytes int64, written time.Time) bool) error {
	it := b.b.List(&blob.ListOptions{Prefix: prefix})
	for {
		o, err := it.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !o.IsDir && !strings.HasSuffix(o.Key, "/") && !do(o.Key, o.Size, o.ModTime) {
			return nil
		}
	}
}

// Remove takes away an object; one that is not there is no error.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	if err := b.b.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return err
	}
	return nil
}

// Close ends the use of the bucket.
func (b *Bucket) Close() error { return b.b.Close() }
