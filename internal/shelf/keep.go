package shelf

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/unloop-dev/unloop/internal/catalog"
)

// Keep bounds what stays on a shelf. Zero bounds nothing.
type Keep struct {
	// Age is how old a capture may become, Count how many there may be, Bytes how large they
	// may be together, notes not counted.
	Age   time.Duration
	Count int
	Bytes int64
}

// strayAge is how old what a killed writer left must be before it is removed: no capture
// takes that long to write.
const strayAge = time.Hour

// Trim removes captures of one node that are too old, then the oldest until the other bounds
// hold, which the newest always does, and what killed writers left. It returns how many captures it removed and how many and how
// many bytes of the node there are still. Captures of other nodes are counted by those.
func (s *Shelf) Trim(ctx context.Context, node string, k Keep, now time.Time) (removed, left int, leftBytes int64, err error) {
	var mine []catalog.Entry
	notes := map[string]time.Time{}
	err = s.store.list(ctx, "", func(o object) bool {
		if name, ok := strings.CutSuffix(o.name, catalog.NotesSuffix); ok {
			if _, ok := catalog.Parse(name); ok && catalog.Made(name, node) {
				notes[name] = o.written
			}
			return true
		}
		if e, ok := catalog.Parse(o.name); ok && catalog.Made(o.name, node) {
			e.Bytes = o.bytes
			mine = append(mine, e)
		}
		return true
	})
	if err != nil {
		return 0, 0, 0, err
	}
	catalog.Sort(mine)
	var errs []error
	for i, e := range mine {
		delete(notes, e.Name)
		old := k.Age > 0 && now.Sub(e.Time) > k.Age
		many := k.Count > 0 && left >= k.Count || k.Bytes > 0 && leftBytes+e.Bytes > k.Bytes
		if old || many && i > 0 {
			// The capture goes first: what is listed has its notes.
			if err := errors.Join(s.store.remove(ctx, e.Name), s.store.remove(ctx, e.Name+catalog.NotesSuffix)); err != nil {
				errs = append(errs, err)
				left, leftBytes = left+1, leftBytes+e.Bytes
				continue
			}
			removed++
			continue
		}
		left, leftBytes = left+1, leftBytes+e.Bytes
	}
	for name, written := range notes {
		if now.Sub(written) > strayAge {
			errs = append(errs, s.store.remove(ctx, name+catalog.NotesSuffix))
		}
	}
	errs = append(errs, s.store.tidy(ctx, now.Add(-strayAge)))
	return removed, left, leftBytes, errors.Join(errs...)
}
