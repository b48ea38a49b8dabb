package shelf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unloop-dev/unloop/internal/catalog"
)

var (
	ctx = context.Background()
	at  = time.Date(2026, 3, 14, 3, 8, 0, 0, time.UTC)
)

func open(t *testing.T) (*Shelf, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "captures")
	s, err := Open(ctx, dir, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir
}

func put(t *testing.T, s *Shelf, e catalog.Entry, text string) catalog.Entry {
	t.Helper()
	if e.Trigger == "" {
		e.Trigger = "death"
	}
	got, err := s.Put(ctx, e, func(w io.Writer, e *catalog.Entry) error {
		e.Events = 7
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestShelf_putListGet(t *testing.T) {
	s, _ := open(t)
	code := 1
	one := put(t, s, catalog.Entry{Time: at, Namespace: "shop", Pod: "web-0", Container: "app", Node: "n1", Image: "shop/web:2", ExitCode: &code}, "one")
	put(t, s, catalog.Entry{Time: at.Add(time.Second), Namespace: "shop", Pod: "web-1", Container: "app", Node: "n1"}, "two")
	put(t, s, catalog.Entry{Time: at.Add(-time.Second), Namespace: "infra", Pod: "dns-0", Container: "dns", Node: "n1"}, "three")
	put(t, s, catalog.Entry{Time: at, Container: "9f2c1a7be04d", Node: "n1"}, "four")

	for _, c := range []struct {
		q    catalog.Query
		pods string
	}{
		{catalog.Query{}, "web-1 web-0  dns-0"},
		{catalog.Query{Namespace: "shop"}, "web-1 web-0"},
		{catalog.Query{Namespace: "shop", Pod: "web-0"}, "web-0"},
		{catalog.Query{Container: "dns"}, "dns-0"},
		{catalog.Query{Namespace: "none"}, ""},
		{catalog.Query{Namespace: "../shop"}, ""},
	} {
		list, err := s.List(ctx, c.q)
		var pods []string
		for _, e := range list {
			pods = append(pods, e.Pod)
		}
		got := strings.Fields(strings.Join(pods, " "))
		if want := strings.Fields(c.pods); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("List(%+v) = %v, %v, want %v", c.q, got, err, want)
		}
	}
	list, err := s.List(ctx, catalog.Query{Pod: "web-0"})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if full := s.Notes(ctx, list[0]); full.Image != "shop/web:2" || full.Events != 7 || full.ExitCode == nil || *full.ExitCode != 1 || full.Bytes != 3 {
		t.Errorf("notes %+v", full)
	}
	r, n, err := s.Get(ctx, one.Name)
	if err != nil || n != 3 {
		t.Fatalf("Get: %d bytes, %v", n, err)
	}
	defer r.Close()
	if text, err := io.ReadAll(r); string(text) != "one" || err != nil {
		t.Errorf("read %q, %v", text, err)
	}
}

func TestShelf_getOnlyCaptures(t *testing.T) {
	s, dir := open(t)
	e := put(t, s, catalog.Entry{Time: at, Namespace: "shop", Pod: "web-0", Node: "n1"}, "one")
	if err := os.WriteFile(filepath.Join(dir, "shop", "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "shop/secret", "../captures/" + e.Name, e.Name + catalog.NotesSuffix, "/etc/passwd", strings.Replace(e.Name, "shop/", "infra/", 1)} {
		if r, _, err := s.Get(ctx, name); !errors.Is(err, ErrNotFound) {
			t.Errorf("Get(%q) = %v, %v, want ErrNotFound", name, r, err)
		}
	}
}

func TestShelf_failedPutLeavesNothing(t *testing.T) {
	s, dir := open(t)
	broken := errors.New("broken")
	_, err := s.Put(ctx, catalog.Entry{Time: at, Namespace: "shop", Trigger: "death"}, func(w io.Writer, _ *catalog.Entry) error {
		io.WriteString(w, "half")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("Put = %v, want the writer's error", err)
	}
	off, cancel := context.WithCancel(ctx)
	_, err = s.Put(off, catalog.Entry{Time: at, Namespace: "shop", Trigger: "death"}, func(io.Writer, *catalog.Entry) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Put = %v, want the context's error", err)
	}
	files, err := os.ReadDir(filepath.Join(dir, "shop"))
	if err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

// TestMain serves TestShelf_killedWriter, too: called with a folder, the program writes
// half a capture and waits to be killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("SHELF_HALF")
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Open(ctx, dir, true)
	if err != nil {
		panic(err)
	}
	_, err = s.Put(ctx, catalog.Entry{Time: at, Namespace: "shop", Pod: "web-0", Trigger: "death", Node: "n1"}, func(w io.Writer, _ *catalog.Entry) error {
		io.WriteString(w, "half")
		fmt.Println("half")
		select {}
	})
	panic(err)
}

func TestShelf_killedWriter(t *testing.T) {
	s, dir := open(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SHELF_HALF="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	half, err := filepath.Glob(filepath.Join(dir, "shop", tempPrefix+"*"))
	if err != nil || len(half) != 1 {
		t.Fatalf("the killed writer left %v, %v: the test does not show what it is for", half, err)
	}
	if list, err := s.List(ctx, catalog.Query{}); err != nil || len(list) != 0 {
		t.Errorf("listed %v, %v, want nothing of a killed writer", list, err)
	}
	now := time.Now()
	trim := func(now time.Time) int {
		t.Helper()
		if _, _, _, err := s.Trim(ctx, "n1", Keep{}, now); err != nil {
			t.Fatal(err)
		}
		left, _ := filepath.Glob(filepath.Join(dir, "shop", tempPrefix+"*"))
		return len(left)
	}
	if trim(now) != 1 {
		t.Errorf("a file that may still be written was removed")
	}
	if trim(now.Add(2*strayAge)) != 0 {
		t.Errorf("what a killed writer left was not removed")
	}
}

func TestTrim_bounds(t *testing.T) {
	hours := func(n int) time.Time { return at.Add(time.Duration(n) * time.Hour) }
	for _, c := range []struct {
		what string
		keep Keep
		want string
	}{
		{"none", Keep{}, "5 4 3 2 1"},
		{"age", Keep{Age: 150 * time.Minute}, "5 4 3"},
		{"count", Keep{Count: 2}, "5 4"},
		{"bytes", Keep{Bytes: 350}, "5 4 3"},
		{"bytes, the newest is larger", Keep{Bytes: 50}, "5"},
		{"age of all", Keep{Age: time.Nanosecond}, ""},
		{"all three", Keep{Age: 200 * time.Minute, Count: 3, Bytes: 250}, "5 4"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s, dir := open(t)
			for i := 1; i <= 5; i++ {
				put(t, s, catalog.Entry{Time: hours(i), Namespace: "shop", Pod: fmt.Sprint("web-", i), Node: "n1"}, strings.Repeat("x", 100))
			}
			put(t, s, catalog.Entry{Time: hours(-100), Namespace: "shop", Pod: "web-9", Node: "n2"}, "another node's")
			if err := os.WriteFile(filepath.Join(dir, "shop", "notes.txt"), []byte("somebody's"), 0o600); err != nil {
				t.Fatal(err)
			}
			now := hours(5).Add(time.Minute)
			removed, left, bytes, err := s.Trim(ctx, "n1", c.keep, now)
			if err != nil {
				t.Fatal(err)
			}
			list, err := s.List(ctx, catalog.Query{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			other := false
			for _, e := range list {
				n := strings.TrimPrefix(e.Pod, "web-")
				if other = other || n == "9"; n != "9" {
					got = append(got, n)
				}
			}
			if strings.Join(got, " ") != c.want || left != len(got) || removed != 5-left || bytes != int64(100*left) {
				t.Errorf("left %v (%d, %d bytes, %d removed), want %s", got, left, bytes, removed, c.want)
			}
			if !other {
				t.Error("another node's capture was removed")
			}
			notes, _ := filepath.Glob(filepath.Join(dir, "shop", "*"+catalog.NotesSuffix))
			if len(notes) != left+1 {
				t.Errorf("%d notes for %d captures", len(notes), left+1)
			}
			if _, err := os.Stat(filepath.Join(dir, "shop", "notes.txt")); err != nil {
				t.Errorf("a file that is no capture: %v", err)
			}
		})
	}
}

func TestTrim_notesWithoutCapture(t *testing.T) {
	s, dir := open(t)
	e := put(t, s, catalog.Entry{Time: at, Namespace: "shop", Pod: "web-0", Node: "n1"}, "x")
	if err := os.Remove(filepath.Join(dir, e.Name)); err != nil {
		t.Fatal(err)
	}
	notes := filepath.Join(dir, e.Name+catalog.NotesSuffix)
	for _, c := range []struct {
		after time.Duration
		there bool
	}{{0, true}, {2 * strayAge, false}} {
		if _, _, _, err := s.Trim(ctx, "n1", Keep{}, time.Now().Add(c.after)); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(notes); (err == nil) != c.there {
			t.Errorf("after %v: %v, want it there: %v", c.after, err, c.there)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "shop")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of a namespace without captures: %v, want it gone", err)
	}
}

func TestOpen_places(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		place string
		want  error
	}{
		{"", ErrPlace}, {file, ErrPlace}, {"ftp://x", ErrPlace}, {filepath.Join(file, "below"), nil}, {filepath.Join(t.TempDir(), "none"), os.ErrNotExist},
	} {
		s, err := Open(ctx, c.place, false)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("Open(%q) = %v, %v, want an error like %v", c.place, s, err, c.want)
		}
	}
	dir := t.TempDir()
	s, err := Open(ctx, "file://"+dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := (&Shelf{place: "s3://key:secret@bucket/x?token=1"}).Place(); got != "s3://bucket/x" {
		t.Errorf("Place shows %q", got)
	}
}
