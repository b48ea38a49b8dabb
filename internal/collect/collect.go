// Package collect reads files, folders and streams into one facts.Snapshot.
//
// It owns recognising what an input is, from its content and never from its
// ending, and walking over folders: a `kubectl cluster-info dump`, a tree of
// logs, or any mix. What stands in a document is read by its neighbours
// internal/collect/manifest (objects in JSON and YAML) and
// internal/collect/paste (what kubectl prints for people). Captures of system calls are
// scanned by internal/inspect, while a trail (trail.go) follows what each process did
// after a call that failed. It talks to no
// cluster (internal/kube does) and judges nothing.
//
// All input is taken for hostile: memory is bounded whatever the size, no
// symbolic link of a folder is followed, and each input that cannot be read
// costs one line in Snapshot.Skipped, not the others.
package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/internal/collect/manifest"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Options bound the work. Zero values stand for the defaults.
type Options struct {
	// MaxBytes is the largest manifest, dump stream or log that is read, unpacked;
	// 1 GiB by default.
	MaxBytes int64
	// MaxTextBytes is the largest text of kubectl output; 64 MiB by default. It is
	// read as a whole.
	MaxTextBytes int64
	// MaxFiles is how many files of all folders are looked at; 200,000 by default.
	MaxFiles int
	// MainPid, if set, is the process that captures are about: its end is that of a container,
	// and others are not told of.
	MainPid int64
	// Progress, if set, is called on the caller's goroutine after each file and
	// every few megabytes.
	Progress func(Progress)
}

// Progress says how far Read is.
type Progress struct {
	// Files were read to their end; Bytes were read in all, as stored.
	Files int
	Bytes int64
	// Input is what is being read.
	Input string
}

func (o Options) withDefaults() Options {
	o.MaxBytes = cmp.Or(o.MaxBytes, 1<<30)
	o.MaxTextBytes = cmp.Or(o.MaxTextBytes, 64<<20)
	o.MaxFiles = cmp.Or(o.MaxFiles, 200_000)
	return o
}

// InputError says why one input could not be read.
type InputError struct {
	// Input is the path as given, or "stdin".
	Input string
	// Why is one line without the input's name: "is empty".
	Why string
	// Hint is a command or step that helps; "" without.
	Hint string
}

func (e *InputError) Error() string { return e.Input + ": " + e.Why }

// Read reads all paths: files, folders, and "-" for stdin. What could not be
// read is listed in the snapshot's Skipped, one line each; where nothing could
// be read the error is an *InputError, that of the first one. An input that was
// read and holds no pods, such as an empty list, is no error. The other errors
// are those of ctx.
func Read(ctx context.Context, paths []string, stdin io.Reader, opts Options) (*facts.Snapshot, error) {
	c := &collector{ctx: ctx, opts: opts.withDefaults(), pool: manifest.NewPool(), budget: newBudget()}
	defer c.pool.Close()
	c.prefix = len(paths) > 1
	for _, p := range paths {
		if err := c.path(p, stdin); err != nil {
			return nil, err
		}
	}
	c.join()
	for _, f := range c.laterFiles() {
		if err := c.file(f, true); err != nil {
			return nil, err
		}
	}
	c.join()
	c.left.report(c.out)
	c.budget.report(c.out)
	if c.read > 0 {
		return c.out, nil
	}
	if c.failed == nil {
		c.failed = &InputError{Input: strings.Join(names(paths), ", "), Why: "holds nothing that can be diagnosed"}
		if len(c.out.Skipped) > 0 {
			c.failed.Why += " (" + c.out.Skipped[0] + ")"
		}
	}
	return nil, c.failed
}

// names are the paths as messages call them.
func names(paths []string) []string {
	out := slices.Clone(paths)
	for i, p := range out {
		if p == "-" {
			out[i] = stdinName
		}
	}
	return out
}

const stdinName = "stdin"

// collector is one Read.
type collector struct {
	ctx    context.Context
	opts   Options
	pool   *manifest.Pool
	out    *facts.Snapshot
	prefix bool // names of a folder's files begin with the folder's
	// pieces are what was read and is not in out yet, in input order.
	pieces []piece
	dirs   dumpDirs
	// later are files to read when the pods are known.
	later  []file
	pods   podIndex
	budget *budget
	left   leftOut
	files  int // looked at in folders
	done   Progress
	// read counts inputs that gave something, failed is the first that did not.
	read   int
	failed *InputError
	unpack unpacker
}

// piece is what one input gave: objects, or a snapshot made of text, or both.
type piece struct {
	file file
	res  *manifest.Result
	snap *facts.Snapshot
}

// fail records an input that could not be read.
func (c *collector) fail(f file, why, hint string) {
	e := &InputError{Input: f.name, Why: why, Hint: hint}
	if c.failed == nil {
		c.failed = e
	}
	if f.inFolder {
		c.left.add(f.name, why)
		return
	}
	c.pieces = append(c.pieces, piece{file: f, snap: &facts.Snapshot{Skipped: []string{e.Error()}}})
}

// join moves the pieces into the snapshot and indexes its pods.
func (c *collector) join() {
	if c.out == nil {
		c.out = &facts.Snapshot{}
	}
	for _, p := range c.pieces {
		if p.res != nil {
			c.joinManifest(p)
		}
		if p.snap != nil {
			c.out.Merge(p.snap)
		}
	}
	c.pieces = nil
	c.dirs.mark(c.out)
	c.pods.add(c.out.Pods)
	c.budget.expect(c.pods.sick)
}

func (c *collector) joinManifest(p piece) {
	if err := p.res.Empty(); err != nil {
		if p.snap == nil {
			why := err.Error()
			if e := new(manifest.NotManifestError); errors.As(err, &e) {
				why = e.Why
			}
			c.failNow(p.file, why)
		}
		return
	}
	c.read++
	if kinds, known := p.res.Unknown(); !known && len(kinds) > 0 {
		c.left.add(p.file.name, fmt.Sprintf("holds no kind of object that diagnosis reads (%s)", kinds[0]))
	}
	lists := p.res.Lists()
	c.out.Merge(p.res.Snapshot())
	if p.file.inFolder {
		c.dirs.lists(p.file.name, lists)
	} else {
		markStream(c.out, lists)
	}
}

// failNow is fail for an input whose turn in the snapshot is now.
func (c *collector) failNow(f file, why string) {
	if c.failed == nil {
		c.failed = &InputError{Input: f.name, Why: why}
	}
	if f.inFolder {
		c.left.add(f.name, why)
		return
	}
	c.out.Skip("%s: %s", f.name, why)
}
