package filter

import (
	"math/rand/v2"
	"testing"

	"github.com/unloop-dev/unloop/event"
)

// mix is a stream with the shares of kinds of a busy machine: a third opens and closes,
// a sixth reads, a quarter calls without a kind of their own.
func mix(w *world) []*event.Event {
	r := rand.New(rand.NewPCG(11, 12))
	var evs []*event.Event
	for range 4096 {
		switch n := r.IntN(12); {
		case n < 2:
			evs = append(evs, w.event(typeOpenX, w.nginx, 3, 3, "/etc/nginx/nginx.conf", 4097, 0))
		case n < 4:
			evs = append(evs, w.event(4, w.nginx, 3, 3))
		case n < 5:
			evs = append(evs, w.read())
		case n < 6:
			evs = append(evs, w.event(typeReadE, w.shell, 3, 3, 4096))
		case n < 9:
			evs = append(evs, w.event(event.Type(n&1), w.nginx, -1, 1, 0))
		case n < 10:
			evs = append(evs, w.event(typeProcinfo, w.nginx, -1, 1, 2))
		default:
			evs = append(evs, w.event(typeSwitch6, w.shell, -1, 20, 0, 0, 0, 0, 0))
		}
	}
	evs[17] = w.failedOpen()
	return evs
}

func BenchmarkMatch(b *testing.B) {
	w := newWorld()
	evs := mix(w)
	for _, text := range []string{
		"proc.name=nginx and evt.type=open and evt.failed=true", "proc.name=nginx", "fd.name contains passwd", "evt.buffer contains HTTP", "evt.type in (open, openat) or fd.port = 53", "evt.args contains ENOENT",
	} {
		f, err := Compile(text, w.sess)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				f.Match(evs[i&4095])
				i++
			}
		})
	}
}

func BenchmarkFormat(b *testing.B) {
	w := newWorld()
	evs := mix(w)
	for name, opt := range map[string]FormatOptions{"text": {}, "json": {JSON: true}} {
		f, err := NewFormat(DefaultTemplate, w.sess, opt)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var line []byte
			i := 0
			for b.Loop() {
				line, _ = f.Append(line[:0], evs[i&4095])
				i++
			}
		})
	}
}
