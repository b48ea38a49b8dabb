package shelf

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// folder is a store in a folder of this machine: one folder below it for each namespace.
type folder struct{ root string }

// tempPrefix begins the names of files that are not yet whole.
const tempPrefix = ".unloop-"

// Rights of what is written: captures hold what programs read and wrote.
const (
	folderMode = 0o750
	fileMode   = 0o640
)

func openFolder(root string, make bool) (store, error) {
	if make {
		if err := os.MkdirAll(root, folderMode); err != nil {
			return nil, fmt.Errorf("the folder for captures cannot be made: %w", err)
		}
	}
	st, err := os.Stat(root)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return nil, fmt.Errorf("%w: %s is a file, not a folder", ErrPlace, root)
	}
	return &folder{root}, nil
}

func (f *folder) path(name string) string { return filepath.Join(f.root, filepath.FromSlash(name)) }

// put writes beside the place, syncs the file, renames it and syncs the folder, so that
// after a power cut the capture is there whole or not at all.
func (f *folder) put(ctx context.Context, name string, do func(io.Writer) error) (err error) {
	path := f.path(name)
	dir := filepath.Dir(path)
	made := false
	tmp := filepath.Join(dir, tempPrefix+rand.Text())
	w, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	for range 3 { // an empty folder may be tidied away before it is used
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err := os.Mkdir(dir, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		made = true
		w, err = os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			w.Close()
			_ = os.Remove(tmp) // the error in hand is the one to tell
		}
	}()
	if err := do(w); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if err := errors.Join(w.Sync(), w.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	if made {
		if err := syncFolder(f.root); err != nil {
			return err
		}
	}
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be opened for that there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (f *folder) open(_ context.Context, name string) (io.ReadCloser, int64, error) {
	r, err := os.Open(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	st, err := r.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = ErrNotFound
	}
	if err != nil {
		r.Close()
		return nil, 0, err
	}
	return r, st.Size(), nil
}

func (f *folder) list(ctx context.Context, in string, do func(object) bool) error {
	if in != "" {
		_, err := f.listFolder(ctx, in, do)
		return err
	}
	dirs, err := os.ReadDir(f.root)
	if err != nil {
		return err
	}
	for _, d := range dirs {
		if !d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			continue
		}
		if more, err := f.listFolder(ctx, d.Name(), do); !more || err != nil {
			return err
		}
	}
	return nil
}

func (f *folder) listFolder(ctx context.Context, dir string, do func(object) bool) (more bool, err error) {
	if strings.ContainsAny(dir, `/\`) || strings.HasPrefix(dir, ".") {
		return true, nil
	}
	d, err := os.Open(filepath.Join(f.root, dir))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer d.Close()
	for {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		files, err := d.ReadDir(512)
		for _, e := range files {
			if strings.HasPrefix(e.Name(), ".") || !e.Type().IsRegular() {
				continue
			}
			st, err := e.Info()
			if err != nil {
				continue // removed meanwhile
			}
			if !do(object{dir + "/" + e.Name(), st.Size(), st.ModTime()}) {
				return false, nil
			}
		}
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

func (f *folder) remove(_ context.Context, name string) error {
	err := os.Remove(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// tidy also removes the folders of namespaces that have held nothing for as long.
func (f *folder) tidy(_ context.Context, before time.Time) error {
	dirs, err := os.ReadDir(f.root)
	if err != nil {
		return err
	}
	var errs []error
	for _, d := range dirs {
		if !d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			continue
		}
		dir := filepath.Join(f.root, d.Name())
		files, err := os.ReadDir(dir)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, e := range files {
			st, err := e.Info()
			if err == nil && strings.HasPrefix(e.Name(), tempPrefix) && e.Type().IsRegular() && st.ModTime().Before(before) {
				errs = append(errs, os.Remove(filepath.Join(dir, e.Name())))
			}
		}
		if st, err := os.Stat(dir); err == nil && len(files) == 0 && st.ModTime().Before(before) {
			_ = os.Remove(dir) // not empty any more, or gone: both are fine
		}
	}
	return errors.Join(errs...)
}

func (f *folder) close() error { return nil }
