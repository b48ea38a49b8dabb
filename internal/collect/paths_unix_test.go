//go:build unix

package collect

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/tools/txtar"
)

func TestRead_pathsThatAreNone(t *testing.T) {
	dir := lay(t, []txtar.File{{Name: "pod.json", Data: []byte(onePod)}, {Name: "readme.md", Data: []byte("# hi\n")}})
	empty := t.TempDir()
	for _, c := range []struct {
		paths []string
		want  string
	}{
		{[]string{filepath.Join(dir, "nope")}, "no such file or folder"},
		{[]string{empty}, "is a folder without files"},
		{[]string{os.DevNull}, "is neither a file nor a folder"},
		{[]string{filepath.Join(dir, "nope"), empty}, "no such file or folder"},
	} {
		_, err := Read(context.Background(), c.paths, nil, Options{})
		var e *InputError
		if !errors.As(err, &e) || e.Why != c.want {
			t.Errorf("%v: %v, want %q", c.paths, err, c.want)
		}
	}
	notes := lay(t, []txtar.File{{Name: "readme.md", Data: []byte("# hi\n")}})
	if _, err := Read(context.Background(), []string{notes}, nil, Options{}); err == nil ||
		err.Error() != notes+": holds nothing that can be diagnosed (readme.md: is neither a manifest nor a log nor kubectl output)" {
		t.Errorf("error %v", err)
	}
	s, err := Read(context.Background(), []string{filepath.Join(dir, "nope"), dir}, nil, Options{})
	if err != nil || len(s.Pods) != 1 || len(s.Skipped) != 2 || s.Pods[0].Source.Input != filepath.Base(dir)+"/pod.json" {
		t.Errorf("%v %+v", err, s)
	}
}

func TestRead_folderWithTraps(t *testing.T) {
	dir := lay(t, []txtar.File{{Name: "pod.json", Data: []byte(onePod)}, {Name: "sub/x.bin", Data: []byte{0, 1}}, {Name: "empty.log"}, {Name: ".git/pod.json", Data: []byte(onePod)}})
	outside := lay(t, []txtar.File{{Name: "other.json", Data: []byte(strings.ReplaceAll(onePod, "api-1", "outside"))}})
	for name, target := range map[string]string{"loop": dir, "out": outside, "out.json": filepath.Join(outside, "other.json"), "broken": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(dir, dir+"-link"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Read(context.Background(), []string{dir + "-link"}, nil, Options{})
	if err != nil || len(s.Pods) != 1 {
		t.Fatalf("%v %+v", err, s)
	}
	want := "broken, loop, out and 1 more: each is a symbolic link, which is not followed in a folder|pipe: is not a regular file|sub/x.bin: is binary"
	if got := strings.Join(s.Skipped, "|"); got != want {
		t.Errorf("skipped:\n%s\nwant:\n%s", got, want)
	}
}
