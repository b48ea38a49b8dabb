package catalog

import (
	"strings"
	"testing"
	"time"
)

var at = time.Date(2026, 3, 14, 3, 8, 0, 120, time.UTC)

func TestFile_roundTrip(t *testing.T) {
	for _, e := range []Entry{
		{Time: at, Namespace: "shop", Pod: "web-7d9c5b8f6c-x2x9k", Container: "nginx", Trigger: "death"},
		{Time: at, Namespace: "kube-system", Pod: "etcd-node.example.internal", Container: "etcd", Trigger: "oom"},
		{Time: at, Namespace: "shop", Pod: "web-0", Trigger: "kubernetes-event"},
		{Time: at, Container: "9f2c1a7be04d", Trigger: "hand"},
	} {
		name := e.File("worker-1", "0a1b2c")
		got, ok := Parse(name)
		e.Name = name
		if !ok || got.Name != e.Name || !got.Time.Equal(e.Time) || got.Namespace != e.Namespace || got.Pod != e.Pod || got.Container != e.Container || got.Trigger != e.Trigger {
			t.Errorf("Parse(%q) = %+v, %v\nwant %+v", name, got, ok, e)
		}
		if !Made(name, "worker-1") || Made(name, "worker-2") {
			t.Errorf("%q does not tell its node", name)
		}
	}
}

func TestFile_longAndHostile(t *testing.T) {
	long := strings.Repeat("very-long-", 25) + "pod"
	e := Entry{Time: at, Namespace: "shop", Pod: long, Container: "../../etc/passwd\x00_", Trigger: strings.Repeat("x", 300)}
	name := e.File("n", "0a1b2c")
	_, file, _ := strings.Cut(name, "/")
	if len(file)+len(NotesSuffix) > 255 || strings.Count(name, "/") != 1 || strings.ContainsAny(name, "\x00") {
		t.Errorf("%q is no good name of a file", name)
	}
	got, ok := Parse(name)
	if !ok {
		t.Fatalf("%q is not read back", name)
	}
	if !(Query{Pod: long}).Takes(got) || (Query{Pod: "other-" + long}).Takes(got) {
		t.Errorf("a cut name is compared as far as it goes")
	}
}

func TestParse_others(t *testing.T) {
	good := Entry{Time: at, Namespace: "shop", Pod: "web", Container: "app", Trigger: "death"}.File("n", "0a1b2c")
	if _, ok := Parse(good); !ok {
		t.Fatalf("%q is not read", good)
	}
	for _, name := range []string{
		"", "x", "shop/x.scap.gz", strings.TrimPrefix(good, "shop/"), "../" + good, "shop/../" + good, "./" + good[5:], "../" + good[5:], "Shop/" + good[5:],
		good + ".json", strings.TrimSuffix(good, ".gz"), strings.Replace(good, "_app_", "_", 1), strings.Replace(good, "2026", "2O26", 1),
		strings.Replace(good, "_app_", "_a/b_", 1), "shop/." + good[5:], strings.Replace(good, "-0a1b2c", "-0a", 1),
	} {
		if e, ok := Parse(name); ok {
			t.Errorf("Parse(%q) = %+v, want nothing", name, e)
		}
	}
}

func TestSort_newestFirst(t *testing.T) {
	list := []Entry{{Name: "a", Time: at}, {Name: "b", Time: at.Add(time.Second)}, {Name: "c", Time: at.Add(-time.Second)}}
	Sort(list)
	if list[0].Name != "b" || list[2].Name != "c" {
		t.Errorf("order %v", list)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Entry{Time: at, Namespace: "shop", Pod: "web", Container: "app", Trigger: "death"}.File("n", "0a1b2c"))
	f.Add("_node/20260314T030800.000000120Z_-_-_hand_0a1b2c-0a1b2c.scap.gz")
	f.Fuzz(func(t *testing.T, name string) {
		e, ok := Parse(name)
		if !ok {
			return
		}
		if strings.Count(name, "/") != 1 || strings.HasPrefix(name, ".") || strings.Contains(name, "/.") || strings.Contains(name, "\\") {
			t.Fatalf("%q leaves its folder", name)
		}
		i := strings.LastIndexByte(name, '-')
		random := strings.TrimSuffix(name[i+1:], Suffix)
		again := e.File("", random)
		cut := strings.LastIndexByte(name, '_') + 1
		if again[:cut] != name[:cut] {
			t.Fatalf("%q is written as %q", name, again)
		}
	})
}
