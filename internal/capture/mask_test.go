package capture

import (
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// maskWord stands for a real masker: it knows one credential and one name.
func maskWord(s string) string {
	s = strings.ReplaceAll(s, "password=hunter2", "password=[redacted]")
	return strings.ReplaceAll(s, "PASSWORD=hunter2", "PASSWORD=[redacted]")
}

func TestMasker_list(t *testing.T) {
	m := &Masker{Mask: maskWord}
	for in, want := range map[string]string{
		"--password\x00hunter2\x00":            "--password\x00[redacted]\x00",
		"--password=hunter2\x00-v\x00":         "--password=[redacted]\x00-v\x00",
		"--password=hunter2\x00/x\x00":         "--password=[redacted]\x00/x\x00",
		"--password\x00-v\x00hunter2\x00":      "--password\x00-v\x00hunter2\x00",
		"HOME=/\x00DB_PASSWORD=hunter2\x00A=1": "HOME=/\x00DB_PASSWORD=[redacted]\x00A=1",
		"":                                     "",
		"\x00\x00":                             "\x00\x00",
	} {
		if got := m.List(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := (*Masker)(nil).List("--password\x00hunter2\x00"); got != "--password\x00hunter2\x00" {
		t.Errorf("without a masker: %q", got)
	}
}

func TestMasker_event(t *testing.T) {
	var b scap.Builder
	var ev event.Event
	if err := b.Build(&ev, 9, 1, 2, 0, 30, []byte("password=hunter2 and the rest."), 3, 30); err != nil {
		t.Fatal(err)
	}
	m := &Masker{Mask: maskWord}
	out := m.Event(&ev)
	data, _ := out.Param(1)
	if string(data) != "password=[redacted] and the re" {
		t.Errorf("data is %q", data)
	}
	if n, _ := out.Int(0); n != 30 || len(data) != 30 {
		t.Errorf("result %d, %d bytes", n, len(data))
	}
	if raw, _ := ev.Param(1); !strings.Contains(string(raw), "hunter2") {
		t.Error("the event itself was changed")
	}
	if err := b.Build(&ev, 9, 1, 2, 0, 4, []byte("none"), 3, 4); err != nil {
		t.Fatal(err)
	}
	if m.Event(&ev) != &ev {
		t.Error("an event without a credential was copied")
	}
	if (*Masker)(nil).Event(&ev) != &ev {
		t.Error("no masker changed an event")
	}
}
