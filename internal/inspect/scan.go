package inspect

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// Options tune how an index comes to be. The zero value scans and stores nothing.
type Options struct {
	// Progress is called now and then with the bytes of the file that were read, and its size.
	Progress func(done, size int64)
	// Match, where set, takes only the events for which it is true.
	Match Match
	// Private, where set, is called once with what the capture says about itself; nil where
	// it says nothing.
	Private func(*scap.Private)
	// Beside, where set, lets a second processor do a part of the work. The index is the same.
	Beside Beside
	// Store keeps the index beside the file, or in CacheDir where the folder is not
	// writable, and uses one that is there already.
	Store    bool
	CacheDir string
}

// Match says whether an event is wanted. It is asked about every event, after the state
// was applied to it.
type Match func(*event.Event, *state.Tracker) bool

// suffix is what the name of a file's index ends in.
const suffix = ".unloop-index"

// storeFrom is the size of a file from which its index is worth storing: smaller ones
// are scanned in less time than a person notices.
const storeFrom = 8 << 20

// Open gives the index of the capture at path: a stored one where it fits the file,
// otherwise that of a scan.
func Open(ctx context.Context, path string, o Options) (*Index, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	store := o.Store && o.Match == nil && st.Mode().IsRegular() && st.Size() >= storeFrom
	var id Identity
	if store {
		if id, err = identify(path, st); err != nil {
			return nil, err
		}
		for _, at := range places(path, o.CacheDir) {
			if ix := load(at, id); ix != nil {
				return ix, nil
			}
		}
	}
	ix, err := scanFile(ctx, path, o)
	if err != nil || !store {
		return ix, err
	}
	for _, at := range places(path, o.CacheDir) {
		if ix.save(at, id) == nil {
			break
		}
	}
	return ix, nil
}

// places are where the index of a file may lie, the best first.
func places(path, cache string) []string {
	out := []string{path + suffix}
	if cache != "" {
		abs, err := filepath.Abs(path)
		if err != nil {
			abs = path
		}
		out = append(out, filepath.Join(cache, fmt.Sprintf("%x", sha256.Sum256([]byte(abs)))[:24]+suffix))
	}
	return out
}

func load(at string, id Identity) *Index {
	f, err := os.Open(at)
	if err != nil {
		return nil
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return nil
	}
	ix, err := readIndex(f, st.Size(), id)
	if err != nil {
		return nil // a fresh scan is the answer to every kind of misfit
	}
	return ix
}

// save writes the index under a temporary name and renames it.
func (ix *Index) save(at string, id Identity) error {
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(at), ".unloop-index-*")
	if err != nil {
		return err
	}
	err = ix.write(f, id)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), at)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

func identify(path string, st os.FileInfo) (Identity, error) {
	id := Identity{Size: st.Size(), MTimeNanos: st.ModTime().UnixNano()}
	f, err := os.Open(path)
	if err != nil {
		return id, err
	}
	defer f.Close()
	const edge = 64 << 10
	h := sha256.New()
	if _, err := io.CopyN(h, f, min(edge, id.Size)); err != nil {
		return id, err
	}
	if _, err := f.Seek(max(0, id.Size-edge), io.SeekStart); err != nil {
		return id, err
	}
	if _, err := io.CopyN(h, f, min(edge, id.Size)); err != nil {
		return id, err
	}
	h.Sum(id.Hash[:0])
	return id, nil
}

func scanFile(ctx context.Context, path string, o Options) (ix *Index, err error) {
	// A file that is cut while it is mapped faults where its end was.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch x := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // of a fault; see debug.SetPanicOnFault
			ix, err = nil, fmt.Errorf("%s was cut while it was read: %w", path, io.ErrUnexpectedEOF)
		default:
			panic(x)
		}
	}()
	tr := state.New()
	r, err := scap.Open(path, scap.ReadOptions{Meta: tr, Map: true})
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // only read: closing loses nothing
	return scan(ctx, r, tr, o)
}

// Read scans what comes out of a pipe.
func Read(ctx context.Context, in io.Reader, o Options) (*Index, error) {
	tr := state.New()
	r, err := scap.NewReader(in, scap.ReadOptions{Meta: tr})
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // only read: closing loses nothing
	return scan(ctx, r, tr, o)
}

// stepEvents is how many events lie between two looks at the context.
const stepEvents = 1 << 16

func scan(ctx context.Context, r *scap.Reader, tr *state.Tracker, o Options) (*Index, error) {
	b := NewBuilder()
	b.thread, b.lane.beside = tr.Thread, o.Beside
	defer b.join()
	seeks := newSeeker(r, tr)
	var ev event.Event
	for n := 1; ; n++ {
		if n%stepEvents == 0 {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if o.Progress != nil {
				o.Progress(r.Progress())
			}
		}
		if o.Match == nil && seeks.due(n) {
			seeks.mark(b.lastTs)
		}
		if err := r.Next(&ev); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		tr.Apply(&ev)
		seeks.see(&ev)
		if n == 1 {
			b.listen(tr)
		}
		if o.Match != nil && !o.Match(&ev, tr) {
			continue
		}
		b.Add(&ev)
	}
	if o.Private != nil {
		o.Private(r.Private())
	}
	st := r.Stats()
	ix := b.Finish(tr, &st)
	ix.seeks = seeks.points
	return ix, nil
}

// listen counts the sockets that listen when the capture begins.
func (b *Builder) listen(tr *state.Tracker) {
	for _, u := range tr.Users() {
		b.d.texts.id(u.Name) // before the table may be full
	}
	for th := range tr.Threads() {
		if th.Leader != nil && th.Leader != th {
			continue
		}
		th.FDs.Each(func(_ int64, f *event.FD) bool {
			if f.Kind == event.FDIPv4Listen || f.Kind == event.FDIPv6Listen {
				b.listening++
			}
			return true
		})
	}
}
