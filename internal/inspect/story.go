package inspect

import (
	"cmp"
	"slices"
)

// Story gives the ends of processes, those worth reading first: containers before other
// processes, failed ends before fine ones, later before earlier. all asks for the fine
// ends as well; a process that a signal of its own parent ended on purpose is failed too.
func (ix *Index) Story(q Query, all bool) ([]End, error) {
	sel, err := ix.selection(q.Select)
	if err != nil {
		return nil, err
	}
	var out []End
	for i := range ix.dead {
		r := &ix.dead[i]
		if r.ts < q.FromNanos || q.ToNanos != 0 && r.ts > q.ToNanos || sel.task != nil && !sel.task[r.task] {
			continue
		}
		if !all && r.code <= 0 && r.sig == 0 {
			continue
		}
		out = append(out, ix.end(r))
	}
	slices.SortStableFunc(out, func(a, b End) int {
		return cmp.Or(-cmp.Compare(b2i(a.Main), b2i(b.Main)), -cmp.Compare(b2i(a.FailedEnd()), b2i(b.FailedEnd())), -cmp.Compare(a.TimeNanos, b.TimeNanos))
	})
	return out, nil
}

// How is the end in words: "exit 1", "SIGKILL", "SIGSEGV (core dumped)".
func (e *End) How() string {
	h := howEnded{-1, uint8(e.Signal), e.Core}
	if e.Code != nil {
		h.code = int32(*e.Code)
	}
	return h.String()
}
