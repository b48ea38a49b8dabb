// Package filter is the filter language of sysdig and Falco, the extraction of fields
// from events, and the output templates of sysdig.
//
//	sess := &filter.Session{State: tracker}
//	f, err := filter.Compile("proc.name = nginx and evt.failed = true", sess)
//	out, err := filter.NewFormat(filter.DefaultTemplate, sess, filter.FormatOptions{})
//	for err = r.Next(&ev); err == nil; err = r.Next(&ev) {
//		tracker.Apply(&ev)
//		sess.See(&ev)
//		if filter.Visible(&ev) && f.Match(&ev) {
//			line, ok = out.Append(line[:0], &ev)
//		}
//	}
//
// A filter goes through lex, parse (the tree, ast), check (fields, types, values) and
// compile (predicates); print is the way back. Operators live in op_*.go, fields in
// extract_*.go, the printed forms of parameters in render_*.go. What a field is called
// and means stands in the table of package event and nowhere else: a test proves that
// each has an extractor.
//
// The package reads no file, asks no clock and writes no log. Its neighbours are event,
// whose table it answers, and scap/state, whose Tracker is its State.
package filter
