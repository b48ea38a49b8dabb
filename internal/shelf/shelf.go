// Package shelf keeps captures in a folder or in a bucket of an object store: it puts
// them there whole or not at all, lists them, gives them out and removes old ones.
//
// What captures are called and what is known of them is internal/catalog's. Beside each
// capture lies a small file of notes, the entry as JSON, so that a list needs not open
// captures. The notes come first: a capture that is listed has them, and notes without a
// capture are removed with the next trim. Nothing that does not carry a name of the catalog
// is ever read or removed.
package shelf

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/unloop-dev/unloop/internal/catalog"
)

// The errors of a shelf.
var (
	// ErrNotFound: there is no capture of that name, or no longer.
	ErrNotFound = errors.New("no such capture")
	// ErrPlace: the place is no folder and no URL of a kind that this program knows.
	ErrPlace = errors.New("no place for captures")
)

// object is one file of a store.
type object struct {
	name  string
	bytes int64
	// written is when it came there.
	written time.Time
}

// store is a folder or a bucket. Names are NAMESPACE/FILE with a slash on every system.
type store interface {
	// put writes an object that appears whole when do has returned nil, or never.
	put(ctx context.Context, name string, do func(io.Writer) error) error
	// open returns ErrNotFound for what is not there.
	open(ctx context.Context, name string) (io.ReadCloser, int64, error)
	// list calls do for the objects in a folder, all of them for "", until it is false. Those that
	// are not yet whole are left out.
	list(ctx context.Context, folder string, do func(object) bool) error
	// remove takes away an object; one that is not there is no error.
	remove(ctx context.Context, name string) error
	// tidy removes what killed writers have left before a time.
	tidy(ctx context.Context, before time.Time) error
	close() error
}

// Shelf is a place for captures. It is safe for concurrent use.
type Shelf struct {
	place string
	store store
}

// Open opens a place: the path of a folder, or a URL such as s3://BUCKET?region=... A folder
// is made where it does not exist if make is set. The error wraps ErrPlace where the place is
// of no kind that is known.
func Open(ctx context.Context, place string, make bool) (*Shelf, error) {
	scheme, _, isURL := strings.Cut(place, "://")
	var s store
	var err error
	switch {
	case place == "":
		return nil, fmt.Errorf("%w: an empty name", ErrPlace)
	case isURL && scheme == "file":
		s, err = openFolder(strings.TrimPrefix(place, "file://"), make)
	case isURL:
		s, err = openBucket(ctx, scheme, place)
	default:
		s, err = openFolder(place, make)
	}
	if err != nil {
		return nil, err
	}
	return &Shelf{place, s}, nil
}

// Place is what Open was given, without what may be a credential.
func (s *Shelf) Place() string {
	place, _, _ := strings.Cut(s.place, "?")
	if scheme, rest, ok := strings.Cut(place, "://"); ok {
		if i := strings.LastIndexByte(rest, '@'); i >= 0 {
			return scheme + "://" + rest[i+1:]
		}
	}
	return place
}

// Close ends the use of the place.
func (s *Shelf) Close() error { return s.store.close() }

// Put writes a capture and gives its entry back with name and size. write is called once; it
// may add to the entry what it learns from writing. Where it, the place or ctx fails,
// nothing is listed.
func (s *Shelf) Put(ctx context.Context, e catalog.Entry, write func(io.Writer, *catalog.Entry) error) (catalog.Entry, error) {
	e.Name = e.File(e.Node, strings.ToLower(rand.Text()[:6]))
	var notes string
	err := s.store.put(ctx, e.Name, func(w io.Writer) error {
		n := &counter{w: w}
		if err := write(n, &e); err != nil {
			return err
		}
		e.Bytes = n.n
		text, err := json.MarshalIndent(e, "", "  ")
		if err != nil {
			return err
		}
		name := e.Name + catalog.NotesSuffix
		err = s.store.put(ctx, name, func(w io.Writer) error {
			_, err := w.Write(append(text, '\n'))
			return err
		})
		if err == nil {
			notes = name
		}
		return err
	})
	if err != nil {
		if notes != "" {
			// The error in hand is the one to tell; what stays is removed by a later trim.
			_ = s.store.remove(context.WithoutCancel(ctx), notes)
		}
		return catalog.Entry{}, err
	}
	return e, nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// MaxList bounds a list; older captures than that are not shown.
const MaxList = 10000

// List returns the captures that a query takes, the newest first, by their names alone.
func (s *Shelf) List(ctx context.Context, q catalog.Query) ([]catalog.Entry, error) {
	var list []catalog.Entry
	err := s.store.list(ctx, q.Namespace, func(o object) bool {
		if e, ok := catalog.Parse(o.name); ok && q.Takes(e) {
			e.Bytes = o.bytes
			list = append(list, e)
		}
		if len(list) >= 2*MaxList {
			catalog.Sort(list)
			list = list[:MaxList]
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	catalog.Sort(list)
	return list[:min(len(list), MaxList)], nil
}

// maxNotes bounds what is read of notes.
const maxNotes = 64 << 10

// Notes adds to an entry of List what lies beside the capture. Where that is missing or
// damaged the entry is returned as it was: the capture itself is what counts.
func (s *Shelf) Notes(ctx context.Context, e catalog.Entry) catalog.Entry {
	r, _, err := s.store.open(ctx, e.Name+catalog.NotesSuffix)
	if err != nil {
		return e
	}
	defer r.Close()
	var full catalog.Entry
	if json.NewDecoder(io.LimitReader(r, maxNotes)).Decode(&full) != nil || full.Name != e.Name {
		return e
	}
	// The name is what access is decided by; notes must not say otherwise.
	if e.Namespace != "" {
		full.Namespace = e.Namespace
	}
	full.Name, full.Bytes = e.Name, e.Bytes
	return full
}

// Get opens a capture and tells its size. The error is ErrNotFound for what is no name of a
// capture, too.
func (s *Shelf) Get(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	if _, ok := catalog.Parse(name); !ok {
		return nil, 0, ErrNotFound
	}
	return s.store.open(ctx, name)
}
