package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// shelf is the folder with captures.
type shelf struct {
	dir string
	// keep is how many of one command stay; 0 for all.
	keep int
}

// captureEnd ends the names of captures: a gzip file in members.
const captureEnd = ".scap"

// fileTime is the time in a file's name, UTC, so that names sort as they came.
const fileTime = "20060102T150405.000Z"

// put writes a capture: under a temporary name, to the disk, then under its own, so that
// a file with the name of a capture is a whole one. It returns the file's path.
func (s *shelf) put(name string, pid int, at time.Time, write func(io.Writer) error) (file string, err error) {
	// What a program read and wrote stands in captures: nobody else may look.
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return "", err
	}
	base := fmt.Sprintf("%s-%s-%d", fileName(name), at.UTC().Format(fileTime), pid)
	f, err := os.CreateTemp(s.dir, ".unloop-*.part")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			f.Close()
			_ = os.Remove(f.Name()) // the first error is the one to tell
		}
	}()
	if err := write(f); err != nil {
		return "", err
	}
	if err := f.Sync(); err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	file = filepath.Join(s.dir, base+captureEnd)
	for n := 2; ; n++ {
		// A link fails where the name is taken; a rename would replace what is there.
		err = os.Link(f.Name(), file)
		if !errors.Is(err, os.ErrExist) || n > 1000 {
			break
		}
		file = filepath.Join(s.dir, fmt.Sprintf("%s-%d%s", base, n, captureEnd))
	}
	if err == nil {
		err = os.Remove(f.Name())
	} else if err = os.Rename(f.Name(), file); err != nil {
		return "", err // a file system without links, such as FAT
	}
	if err != nil {
		return "", err
	}
	if d, openErr := os.Open(s.dir); openErr == nil {
		_ = d.Sync() // not every file system can
		d.Close()
	}
	return file, nil
}

// clear removes the oldest captures of a command beyond what is kept, and parts that a
// killed unloop left more than a day ago.
func (s *shelf) clear(name string, now time.Time) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	var mine []string
	for _, e := range entries {
		n := e.Name()
		if strings.HasPrefix(n, ".unloop-") && strings.HasSuffix(n, ".part") {
			if st, err := e.Info(); err == nil && now.Sub(st.ModTime()) > 24*time.Hour {
				_ = os.Remove(filepath.Join(s.dir, n)) // the next run tries again
			}
			continue
		}
		rest, ok := strings.CutPrefix(n, fileName(name)+"-")
		stamp, _, ok2 := strings.Cut(rest, "-")
		if _, err := time.Parse(fileTime, stamp); ok && ok2 && err == nil && strings.HasSuffix(n, captureEnd) && e.Type().IsRegular() {
			mine = append(mine, n)
		}
	}
	slices.Sort(mine)
	for s.keep > 0 && len(mine) > s.keep {
		_ = os.Remove(filepath.Join(s.dir, mine[0])) // somebody else may have done it
		mine = mine[1:]
	}
}

// fileName makes a name fit for a file: letters, digits and a few signs.
func fileName(name string) string {
	out := []byte(name[:min(len(name), 64)])
	for i, c := range out {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' && i > 0
		if !ok {
			out[i] = '_'
		}
	}
	if len(out) == 0 {
		return "command"
	}
	return string(out)
}
