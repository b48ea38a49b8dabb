package cli

import (
	"slices"
	"testing"
	"time"

	"github.com/unloop-dev/unloop/internal/catalog"
)

func TestChooseCaptures(t *testing.T) {
	at := time.Date(2026, 3, 14, 3, 8, 0, 0, time.UTC)
	entry := func(name, pod, uid, container string, minute int) catalog.Entry {
		return catalog.Entry{Name: name, Namespace: "shop", Pod: pod, PodUID: uid, Container: container, Trigger: "death", Time: at.Add(time.Duration(minute) * time.Minute), Bytes: 1}
	}
	large := entry("large", "db-0", "u2", "side", 9)
	large.Bytes = capturesMaxSize + 1
	probed := entry("probed", "db-0", "u2", "db", 10) // newer than the ends, and tells of none
	probed.Trigger = "event"
	list := catalog.NewList([]catalog.Entry{
		probed,
		large,
		entry("third", "db-0", "u2", "db", 8),
		entry("second", "db-0", "u2", "db", 7),
		entry("first", "db-0", "u2", "db", 6), // two of a container are enough
		entry("unknown", "db-0", "", "side", 5),
		entry("predecessor", "db-0", "u1", "init", 4), // the pod that had the name before
		entry("neighbour", "web-0", "u3", "web", 3),
	})
	for _, c := range []struct {
		pods []sick
		want []string
	}{
		{[]sick{{"shop", "db-0", "u2", ""}}, []string{"unknown", "second", "third"}},
		{[]sick{{"shop", "db-0", "", ""}}, []string{"predecessor", "unknown", "second", "third"}},
		{[]sick{{"shop", "db-0", "u2", ""}, {"shop", "web-0", "u3", ""}}, []string{"neighbour", "unknown", "second", "third"}},
		{[]sick{{"other", "db-0", "u2", ""}}, nil},
	} {
		var got []string
		for _, e := range chooseCaptures(list, c.pods) {
			got = append(got, e.Name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, want %q", c.pods, got, c.want)
		}
	}
}
