package report

import (
	"io"
	"testing"

	"github.com/unloop-dev/unloop"
)

// fleet is a dump of 10,000 pods, 500 of them unwell.
func fleet() unloop.DiagnosisList {
	var list unloop.DiagnosisList
	for range 500 {
		list.Items = append(list.Items, rich())
	}
	for range 9500 {
		list.Items = append(list.Items, healthyPod("api"))
	}
	return list
}

func BenchmarkClean_fleet(b *testing.B) {
	list := fleet()
	for b.Loop() {
		clean(list)
	}
}

func BenchmarkText_fleet(b *testing.B) {
	list := fleet()
	for b.Loop() {
		if err := Text(io.Discard, list, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
