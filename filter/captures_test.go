package filter_test

import (
	"path/filepath"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// each calls do for every event of a capture that sysdig shows.
func each(t *testing.T, path string, sess *filter.Session, do func(*event.Event)) {
	t.Helper()
	tr := state.New()
	sess.State = tr
	r, err := scap.Open(path, scap.ReadOptions{Meta: tr})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var ev event.Event
	for r.Next(&ev) == nil {
		tr.Apply(&ev)
		sess.See(&ev)
		if filter.Visible(&ev) {
			do(&ev)
		}
	}
}

// The counts are those of sysdig 0.29.3.
func TestCapture_countsLikeSysdig(t *testing.T) {
	path := filepath.Join(captures.Folder(t), "sysdig-inspect__502Error.scap")
	want := map[string]int{
		"":                                9478,
		"evt.type=open":                   444,
		"proc.name in (curl, haproxy)":    6667,
		"evt.failed=true":                 280,
		`evt.buffer contains "HTTP/"`:     322,
		"evt.res=ENOENT":                  111,
		"container.name=example2_lb_1":    3002,
		"not evt.type = open":             9034,
		"evt.type = open and evt.dir = <": 222,
	}
	sess := &filter.Session{}
	got := map[string]int{}
	var filters []*filter.Filter
	var names []string
	for text := range want {
		f, err := filter.Compile(text, sess)
		if err != nil {
			t.Fatal(err)
		}
		filters, names = append(filters, f), append(names, text)
	}
	each(t, path, sess, func(ev *event.Event) {
		for i, f := range filters {
			if f.Match(ev) {
				got[names[i]]++
			}
		}
	})
	for text, n := range want {
		if got[text] != n {
			t.Errorf("%q passes %d events, want %d", text, got[text], n)
		}
	}
}

// Every template prints every event of every capture.
func TestCaptures_print(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(captures.Folder(t), "*.scap"))
	if err != nil || len(files) == 0 {
		t.Fatal("no captures in the folder")
	}
	lines := 0
	for _, path := range files {
		sess := &filter.Session{}
		f, err := filter.NewFormat(filter.KubernetesTemplate+" %fd.name %proc.cmdline %dns.name %fs.path.name", sess, filter.FormatOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var buf []byte
		each(t, path, sess, func(ev *event.Event) {
			var ok bool
			if buf, ok = f.Append(buf[:0], ev); ok {
				lines++
			}
		})
	}
	if lines < 1000 {
		t.Errorf("%d lines", lines)
	}
}
