package filter

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/unloop-dev/unloop/event"
)

// FuzzCompile: no filter panics; what parses is printed and parsed to the same tree,
// errors lie inside of the text, and what compiles runs on random events.
func FuzzCompile(f *testing.F) {
	for _, t := range propertyTerms {
		f.Add(t)
	}
	for _, c := range wrongFilters {
		f.Add(c.text)
	}
	f.Add(`not (tolower(proc.name) startswith oneof ("a\x41", b) or fd.name = val(proc.exe))`)
	w := newWorld()
	r := rand.New(rand.NewPCG(7, 8))
	events := make([]*event.Event, 50)
	for i := range events {
		events[i] = w.random(r)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse(text)
		if err == nil {
			again, err := Parse(Print(n))
			if err != nil || !reflect.DeepEqual(bare(n), bare(again)) {
				t.Fatalf("%q is printed as %q: %v", text, Print(n), err)
			}
		}
		flt, err := Compile(text, w.sess)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Pos < 0 || e.Pos > e.End || e.End > len(text) {
				t.Fatalf("%q: error %#v", text, err)
			}
			e.Render()
		} else {
			for _, ev := range events {
				flt.Match(ev)
			}
		}
		for _, pos := range []int{0, len(text) / 2, len(text)} {
			if c := Complete(text, pos); c.From < 0 || c.From > pos || c.To < pos || c.To > len(text) {
				t.Fatalf("%q at %d: replaces %d..%d", text, pos, c.From, c.To)
			}
		}
	})
}

// FuzzFormat: no template and no event panics, and objects are JSON.
func FuzzFormat(f *testing.F) {
	f.Add(DefaultTemplate, uint64(1))
	f.Add(`*%12evt.num %evt.arg.fd.%tolower(proc.name)\n%proc.env[A]`, uint64(2))
	f.Add("%container.mount[/a*] %evt.type.is.3", uint64(3))
	w := newWorld()
	f.Fuzz(func(t *testing.T, template string, seed uint64) {
		out, err := NewFormat(template, w.sess, FormatOptions{Buffer: BufferForm(seed % 5)})
		obj, err2 := NewFormat(template, w.sess, FormatOptions{JSON: true})
		if (err == nil) != (err2 == nil) {
			t.Fatal("text and JSON do not agree on the template")
		}
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Pos < 0 || e.Pos > e.End || e.End > len(template) {
				t.Fatalf("%q: error %#v", template, err)
			}
			e.Render()
			return
		}
		r := rand.New(rand.NewPCG(seed, 9))
		for range 20 {
			ev := w.random(r)
			out.Append(nil, ev)
			if b, ok := obj.Append(nil, ev); ok && !json.Valid(b) {
				t.Fatalf("no JSON: %s", b)
			}
		}
	})
}

// FuzzRender: parameters of any bytes are shown without a panic, and paths are
// cleaned in place.
func FuzzRender(f *testing.F) {
	f.Add(uint16(3), []byte("\x02\x00\x00\x00\x00\x00\x00\x00x"), uint8(3))
	f.Add(uint16(45), []byte{1, 2, 3}, uint8(1))
	w := newWorld()
	out, err := NewFormat("*%evt.args|%fd.name|%evt.abspath|%fs.path.name|%dns.answer|%syslog.message|%evt.res", w.sess, FormatOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, code uint16, data []byte, pieces uint8) {
		kind := event.KindOf(event.Type(code))
		if kind == nil || len(data) > 60_000 {
			return
		}
		params := make([]any, 0, 8)
		n := min(int(pieces), len(kind.Params))
		for i := range n {
			params = append(params, data[i*len(data)/n:(i+1)*len(data)/n])
		}
		for _, th := range []*event.Thread{w.nginx, nil} {
			for _, fd := range []int64{-1, 3, 4} {
				out.Append(nil, w.event(event.Type(code), th, fd, params...))
			}
		}
		clean(append([]byte(nil), data...), 0)
	})
}
