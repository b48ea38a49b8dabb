package logsig

import (
	"fmt"
	"strings"
	"testing"
)

const tenMiB = 10 << 20

// repeat makes about 10 MiB of text from numbered lines.
func repeat(line func(i int) string) string {
	var b strings.Builder
	for i := 0; b.Len() < tenMiB; i++ {
		b.WriteString(line(i))
		b.WriteByte('\n')
	}
	return b.String()
}

var benchLogs = []struct {
	name string
	line func(i int) string
}{
	{"quiet", func(i int) string {
		return fmt.Sprintf(`10.1.2.%d - - [01/Mar/2024:10:%02d:%02d +0000] "GET /api/carts/%d HTTP/1.1" 200 %d "-" "shop-client/2.1"`, i%250, i/60%60, i%60, i, i%9000)
	}},
	{"json", func(i int) string {
		return fmt.Sprintf(`{"level":"info","ts":"2024-03-01T10:%02d:%02d.%03dZ","logger":"cart","msg":"order placed","order":%d,"items":%d}`, i/60%60, i%60, i%1000, i, i%7)
	}},
	{"retry", func(i int) string {
		return fmt.Sprintf(`2024-03-01T10:%02d:%02d.000Z ERROR ledger attempt %d: dial tcp 10.3.0.9:5432: connect: connection refused`, i/60%60, i%60, i)
	}},
	{"traces", func(i int) string {
		if i%40 == 0 {
			return fmt.Sprintf("2024-03-01 10:00:00.000 ERROR 1 --- [exec-%d] o.shop.Rates : request %d failed\njava.lang.IllegalStateException: no rate for %d", i%9, i, i)
		}
		return fmt.Sprintf("\tat org.shop.rates.Table$%d.lookup(Table.java:%d) ~[rates-2.1.jar!/:2.1]", i%40, i%900)
	}},
	{"hostile", func(i int) string { return strings.Repeat("connection refused no such file permission denied: ", 160) }},
}

func BenchmarkScan(b *testing.B) {
	ready()
	for _, l := range benchLogs {
		text := repeat(l.line)
		b.Run(l.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Scan(text)
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newEngine(softwareTables, runtimeTables)
	}
}
