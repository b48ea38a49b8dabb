package logsig

import (
	"fmt"
	"strings"
	"testing"
)

func frames(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+"\n", i)
	}
	return b.String()
}

// The start of the last burst is given by the text of its first line.
func TestFindBurst(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"short text", "a\nb\n", "a"},
		{"forty lines", frames(100, "line %d"), "line 60"},
		{"empty lines do not count", frames(100, "line %d\n"), "line 60"},
		{"trace to the end", frames(100, "line %d") + "panic: x\n\ngoroutine 1 [running]:\n" + frames(90, "main.f%d(0x1)\n\t/srv/main.go:9"), "line 80"},
		{"dump of many goroutines", frames(100, "line %d") + "panic: x\n\n" + frames(90, "goroutine %d [select]:\nmain.run(...)\n\t/srv/main.go:9\ncreated by main.main\n\t/srv/main.go:3\n"), "line 80"},
		{"register dump", frames(100, "line %d") + "SIGSEGV: segmentation violation\n" + frames(60, "rax    0x%d"), "line 80"},
		{"trace with lines after it", frames(100, "line %d") + "Exception in thread \"main\" a.B: x\n" + frames(90, "\tat a.b(C.java:%d)") + frames(9, "stopped %d"), "line 80"},
		{"head of the trace within the tail", frames(100, "line %d") + "Traceback (most recent call last):\n" + frames(30, "    f%d()") + "E: x\n", "line 80"},
		{"only the last trace", frames(100, "line %d") + "first: x\n" + frames(90, "\tat a.b(C.java:%d)") + "second: y\n" + frames(90, "\tat a.b(C.java:%d)"), "\tat a.b(C.java:70)"},
		{"chained traces", frames(100, "line %d") + "Traceback (most recent call last):\n" + frames(60, "    f%d()") + "E: x\nmore of x\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n" + frames(60, "    f%d()") + "E: y\n", "line 79"},
		{"time stamps before a trace", frames(100, "2024-03-01T10:00:00.1Z line %d") + "2024-03-01T10:00:00.1Z a.B: x\n" + frames(90, "2024-03-01T10:00:00.1Z \tat a.b(C.java:%d)"), "2024-03-01T10:00:00.1Z line 80"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := strings.Split(strings.TrimSuffix(tt.text, "\n"), "\n")
			b := findBurst(tt.text, len(all))
			if b.start < 1 || b.start > len(all) {
				t.Fatalf("starts at line %d of %d", b.start, len(all))
			}
			if got := all[b.start-1]; got != tt.want {
				t.Errorf("starts with %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBurst_near(t *testing.T) {
	text := "one\ntwo\nthree\nfour\nfive\n\tat a\n\tat b\n\nsix\n"
	b := findBurst(text, 9)
	for _, tt := range []struct {
		x, y int
		want bool
	}{{1, 1, true}, {1, 4, true}, {1, 5, false}, {4, 9, true}, {9, 4, true}, {3, 9, true}, {2, 9, false}, {0, 9, false}, {5, 10, false}} {
		if got := b.near(tt.x, tt.y); got != tt.want {
			t.Errorf("near(%d, %d) = %v", tt.x, tt.y, got)
		}
	}
	if got := b.left(5); got != 1 {
		t.Errorf("%d lines left after the fifth", got)
	}
}
