package collect

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"
)

// maxFolderDepth is how deep a folder is walked; a must-gather is 10 deep.
const maxFolderDepth = 32

// file is one file to read.
type file struct {
	// path opens it, name is what messages and sources call it.
	path, name string
	// inFolder: it was found by walking, not named by the user.
	inFolder bool
	// previous: its place says that it is the log of the instance before.
	previous bool
}

// path reads what the user named.
func (c *collector) path(p string, stdin io.Reader) error {
	if p == "-" {
		if stdin == nil {
			stdin = strings.NewReader("")
		}
		return c.input(file{name: stdinName}, stdin, false)
	}
	info, err := os.Stat(p)
	switch f := (file{path: p, name: p}); {
	case err != nil:
		c.fail(f, reason(err), "")
	case info.IsDir():
		return c.folder(p)
	case info.Mode().IsRegular(), info.Mode()&fs.ModeNamedPipe != 0:
		return c.file(f, false)
	default:
		c.fail(f, "is neither a file nor a folder", "")
	}
	return nil
}

// reason says a file error without the path, which stands in front already.
func reason(err error) string {
	if pe := new(fs.PathError); errors.As(err, &pe) {
		err = pe.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or folder"
	case errors.Is(err, fs.ErrPermission):
		return "no permission to read it"
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}

// folder reads the files below root in the order of their names. Symbolic links
// are left out: what they point to inside the folder is read there, and what is
// outside is nobody's dump.
func (c *collector) folder(root string) error {
	resolved, err := filepath.EvalSymlinks(root) // the user may name a link
	if err != nil {
		c.fail(file{name: root}, reason(err), "")
		return nil
	}
	root = resolved
	before := c.files
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if ctxErr := c.ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		f := file{path: p, name: c.nameIn(root, p), inFolder: true}
		switch {
		case err != nil:
			c.fail(f, reason(err), "")
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			if p != root && (d.Name() == ".git" || depth(f.name) > maxFolderDepth) {
				return fs.SkipDir
			}
			return nil
		case c.files >= c.opts.MaxFiles:
			c.left.add(f.name, "is beyond the limit on the number of files")
			return fs.SkipAll
		case d.Type()&fs.ModeSymlink != 0:
			c.left.add(f.name, "is a symbolic link, which is not followed in a folder")
			return nil
		case !d.Type().IsRegular():
			c.left.add(f.name, "is not a regular file")
			return nil
		}
		c.files++
		c.dirs.see(f.name)
		if namedAsLog(f.name) {
			c.later = append(c.later, f)
			return nil
		}
		return c.file(f, false)
	})
	if err == nil && c.files == before && c.failed == nil {
		c.fail(file{name: root}, "is a folder without files", "")
	}
	return err
}

func depth(name string) int { return strings.Count(name, "/") }

// nameIn is the name of a folder's file: its path below the folder, with slashes.
func (c *collector) nameIn(root, p string) string {
	rel, err := filepath.Rel(root, p)
	if err != nil {
		return p
	}
	if c.prefix {
		rel = filepath.Join(filepath.Base(root), rel)
	}
	return filepath.ToSlash(rel)
}

// file opens and reads one file. last: it is read now, even if it is a log.
func (c *collector) file(f file, last bool) error {
	if last && c.pods.wellLog(f.name) {
		// The log of a pod without a story is not read; in a large dump these are most.
		c.step(f)
		return nil
	}
	r, err := os.Open(f.path)
	if err != nil {
		c.fail(f, reason(err), "")
		return nil
	}
	defer r.Close()
	return c.input(f, r, last)
}

// step reports that a file is done.
func (c *collector) step(f file) {
	c.done.Files++
	c.progress(f.name)
}

func (c *collector) progress(name string) {
	c.done.Input = name
	if c.opts.Progress != nil {
		c.opts.Progress(c.done)
	}
}

// leftOut collects the files of folders that were not read, so that a folder
// with a thousand pictures costs one line.
type leftOut struct {
	order []string
	names map[string][]string
}

func (l *leftOut) add(name, why string) {
	if l.names == nil {
		l.names = map[string][]string{}
	}
	if _, ok := l.names[why]; !ok {
		l.order = append(l.order, why)
	}
	l.names[why] = append(l.names[why], name)
}

// maxNamed is how many files of one kind are named.
const maxNamed = 3

// report writes the lines.
func (l *leftOut) report(s *facts.Snapshot) {
	for _, why := range l.order {
		names := l.names[why]
		if len(names) <= maxNamed {
			for _, n := range names {
				s.Skip("%s: %s", n, why)
			}
			continue
		}
		s.Skip("%s and %d more: each %s", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed, why)
	}
}
