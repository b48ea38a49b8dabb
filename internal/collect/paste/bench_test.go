package paste

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// BenchmarkParse_describe reads the description of one pod with three containers.
func BenchmarkParse_describe(b *testing.B) {
	text, err := os.ReadFile("testdata/describe-modern.txt")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Parse(text, "x")
	}
}

// BenchmarkParse_log reads a log without any structure, line by line.
func BenchmarkParse_log(b *testing.B) {
	var text strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&text, "2025-02-03T10:00:%02dZ level=info msg=\"request done\" path=/api/v1/items/%d status=200\n", i%60, i)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		Parse([]byte(text.String()), "x")
	}
}
