package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/internal/capture"
	"github.com/unloop-dev/unloop/scap"
)

// openCapture is a source of the file, "-" being standard input, which can be read once.
func openCapture(env *Env, path string) capture.Source {
	return func(sink scap.Sink) (*scap.Reader, error) {
		opt := scap.ReadOptions{Meta: sink}
		if path == "-" {
			r, err := scap.NewReader(env.In, opt)
			return r, notCapture("standard input", err)
		}
		r, err := scap.Open(path, opt)
		return r, notCapture(path, err)
	}
}

// notCapture says in words why a file cannot be read as a capture.
func notCapture(path string, err error) error {
	var format *scap.FormatError
	var file *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &format):
		return &failure{what: fmt.Sprintf("%s is no capture that can be read", path), err: err}
	case errors.As(err, &file):
		return &failure{what: path, err: file.Err}
	}
	return &failure{what: path, err: err}
}

// outFile is a file that appears under its name when it is complete.
type outFile struct {
	path  string
	force bool
	gzip  bool
	tmp   *os.File
}

// add adds the flags of commands that write a capture.
func (o *outFile) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.path, "write", "w", "", "write the capture to `FILE`; packed with gzip where the name ends in .gz")
	f.BoolVar(&o.force, "force", false, "replace a file that is there")
	f.BoolVar(&o.gzip, "gzip", false, "pack with gzip, whatever the name")
}

// validate checks the name, so that no work is done in vain.
func (o *outFile) validate(cmd *cobra.Command) error {
	switch {
	case o.path == "":
		return bad(cmd, "-w FILE is missing: where to write")
	case o.path == "-":
		return bad(cmd, "a capture is written to a file, not to standard output")
	}
	if _, err := os.Lstat(o.path); err == nil && !o.force {
		return &usageError{fmt.Sprintf("%s exists", o.path), cmd.CommandPath() + " ... -w " + o.path + " --force"}
	}
	return nil
}

// create makes the temporary file beside the place, with the rights that the user's
// umask gives a new file.
func (o *outFile) create() (io.Writer, error) {
	var err error
	for range 16 {
		name := filepath.Join(filepath.Dir(o.path), "."+filepath.Base(o.path)+"."+rand.Text()[:8])
		if o.tmp, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	var file *fs.PathError
	if errors.As(err, &file) {
		return nil, &failure{what: "cannot write beside " + o.path, err: file.Err}
	}
	return o.tmp, err
}

// target makes the writer of a capture.
func (o *outFile) target() capture.Target {
	return func(p *scap.Private) (*scap.Writer, error) {
		w, err := o.create()
		if err != nil {
			return nil, err
		}
		packed := o.gzip || strings.HasSuffix(o.path, ".gz")
		return scap.NewWriter(w, scap.WriteOptions{Gzip: packed, Index: packed, Private: p})
	}
}

// finish puts the file in its place, or takes away what was written where err is set.
func (o *outFile) finish(err error) error {
	if o.tmp == nil {
		return err
	}
	name := o.tmp.Name()
	if err == nil {
		err = errors.Join(o.tmp.Sync(), o.tmp.Close())
	} else {
		_ = o.tmp.Close() // the error in hand is the one to tell
	}
	if err == nil {
		err = os.Rename(name, o.path)
	}
	if err != nil {
		_ = os.Remove(name) // as above
	}
	o.tmp = nil
	return err
}

// emptyPart turns "no event" into words.
func emptyPart(err error, what string) error {
	if errors.Is(err, scap.ErrEmpty) {
		return &failure{what: what}
	}
	return err
}
