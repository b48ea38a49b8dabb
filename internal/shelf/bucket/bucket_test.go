package bucket

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	_ "gocloud.dev/blob/memblob"
)

func TestBucket_wholeOrNotAtAll(t *testing.T) {
	ctx := context.Background()
	b, err := Open(ctx, "mem://")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	broken := errors.New("broken")
	if err := b.Put(ctx, "shop/half", func(w io.Writer) error {
		io.WriteString(w, "half")
		return broken
	}); !errors.Is(err, broken) {
		t.Errorf("Put = %v, want the writer's error", err)
	}
	for _, name := range []string{"shop/one", "other/two"} {
		if err := b.Put(ctx, name, func(w io.Writer) error {
			_, err := io.WriteString(w, name)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	list := func(prefix string) {
		t.Helper()
		names = nil
		if err := b.List(ctx, prefix, func(name string, n int64, at time.Time) bool {
			names = append(names, name)
			if n != int64(len(name)) || at.IsZero() {
				t.Errorf("%s: %d bytes, written %v", name, n, at)
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	if list(""); len(names) != 2 {
		t.Errorf("listed %v, want the two that were completed", names)
	}
	if list("shop/"); len(names) != 1 || names[0] != "shop/one" {
		t.Errorf("listed %v, want shop/one", names)
	}
	r, n, err := b.Get(ctx, "shop/one")
	if err != nil || n != 8 {
		t.Fatalf("Get: %d bytes, %v", n, err)
	}
	defer r.Close()
	if text, err := io.ReadAll(r); string(text) != "shop/one" || err != nil {
		t.Errorf("read %q, %v", text, err)
	}
	if err := errors.Join(b.Remove(ctx, "shop/one"), b.Remove(ctx, "shop/one")); err != nil {
		t.Errorf("Remove twice: %v", err)
	}
	if _, _, err := b.Get(ctx, "shop/one"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Get of what is not there: %v", err)
	}
}
