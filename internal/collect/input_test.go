package collect

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"golang.org/x/tools/txtar"
)

const onePod = `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"api-1","namespace":"shop"},"spec":{"containers":[{"name":"app"}]}}`

func zip(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func wide(text string, order string) string {
	b := []byte{0xff, 0xfe}
	if order == "big" {
		b = []byte{0xfe, 0xff}
	}
	for _, u := range utf16.Encode([]rune(text)) {
		if order == "big" {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func TestRead_recognises(t *testing.T) {
	const pod, log = "pod shop/api-1", "| hello"
	for name, c := range map[string]struct{ in, want string }{
		"json":               {onePod, pod},
		"json, indented":     {"\n\n   " + onePod + "\n", pod},
		"yaml":               {"apiVersion: v1\nkind: Pod\nmetadata: {name: api-1, namespace: shop}\n", pod},
		"yaml behind a dash": {"# comment\n---\nkind: Pod\nmetadata:\n  name: api-1\n  namespace: shop\n", pod},
		"gzip":               {zip(t, onePod), pod},
		"gzip twice":         {zip(t, zip(t, onePod)), pod},
		"byte order mark":    {"\xef\xbb\xbf" + onePod, pod},
		"utf-16 little":      {wide(onePod+"\r\n", "little"), pod},
		"utf-16 big":         {wide(onePod, "big"), pod},
		"gzip of utf-16":     {zip(t, wide(onePod, "little")), pod},
		"prose around yaml":  {"See here:\n\n$ kubectl get pod api-1 -o yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: api-1\n  namespace: shop\n\n$ kubectl logs api-1\nhello\n", pod},
		"yaml, then prose":   {"apiVersion: v1\nkind: Pod\nmetadata:\n  name: api-1\n  namespace: shop\n$ kubectl logs api-1\nhello\n", log},
		"a piece":            {"lastState:\n  terminated:\n    exitCode: 3\n    reason: Error\n", "last terminated 3"},
		"table":              {"NAME    READY   STATUS             RESTARTS   AGE\napi-1   0/1     CrashLoopBackOff   4          5m\n", "row api-1"},
		"log":                {"2026-02-01 10:00:00 hello\n", "| 2026-02-01 10:00:00 hello"},
		"framed log":         {"==== START logs for container app of pod shop/api-1 ====\nhello\n==== END logs for container app of pod shop/api-1 ====\n", log},
		"a word":             {"hello\n", log},
		"log of json":        {"{\"level\":\"error\",\"msg\":\"hello\"}\n{\"level\":\"error\",\"msg\":\"again\"}\n", `| {"level":"error","msg":"hello"}`},
		"log with metadata":  {"{\"metadata\":{},\"msg\":\"hello\"}\n{\"metadata\":{}}\n", "hello"},
		"docker's log":       {"{\"log\":\"hello\\n\",\"stream\":\"stdout\",\"time\":\"2026-02-01T10:00:00Z\"}\n", log},
		"coloured log":       {"\x1b[32mhello\x1b[0m\n", "hello"},
		"empty list":         {`{"kind":"List","apiVersion":"v1","items":[]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, c.in)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("got:\n%s\nwant %q in it", got, c.want)
			}
		})
	}
}

func TestRead_refuses(t *testing.T) {
	scap := "\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a\x01\x00\x02\x00" + strings.Repeat("\xff", 8) + "\x1c\x00\x00\x00"
	for name, c := range map[string]struct{ in, why, hint string }{
		"nothing":         {"", "is empty", ""},
		"white space":     {" \n\t\n", "is empty", ""},
		"two marks":       {"\xff\xfe\xff\xfe", "is empty", ""},
		"binary":          {"\x01\x02\x03\x00\x05", "is binary", ""},
		"noise":           {strings.Repeat("\x80\x9f\x02\x11", 100), "is binary", ""},
		"capture":         {scap + "\x01\x02\x00\x00", "is a system-call capture without events", ""},
		"zipped capture":  {zip(t, scap+"\x15\x02\x00\x00"), "is a system-call capture without events", ""},
		"network capture": {scap + "\x01\x00\x00\x00", "is a network capture", ""},
		"archive":         {"PK\x03\x04....", "is a zip archive", "unpack it and give the folder"},
		"tar":             {zip(t, "name"+strings.Repeat("\x00", 253)+"ustar\x0000"), "is a tar archive", "unpack it and give the folder"},
		"zstd":            {"\x28\xb5\x2f\xfd123", "is compressed with zstd", "unpack it first: zstd -d FILE"},
		"packed too deep": {zip(t, zip(t, zip(t, onePod))), "is packed too often", ""},
		"bad gzip":        {"\x1f\x8b\xff\xff", "is damaged: unexpected EOF", ""},
		"one long line":   {strings.Repeat("x", 1<<20), "is a line longer than 256 KiB: no log, manifest or kubectl output", ""},
		"template":        {"apiVersion: v1\nkind: Pod\nmetadata:\n{{- if .Values.x }}\n  name: a\n{{- end }}\n", "is a template and no manifest yet: render it first", "helm template CHART | unloop diagnose -f -"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, c.in)
			if err == nil {
				t.Fatalf("no error, but:\n%s", got)
			}
			if err.Input != "stdin" || !strings.HasPrefix(err.Why, c.why) || err.Hint != c.hint {
				t.Errorf("got %+v, want %q, hint %q", err, c.why, c.hint)
			}
		})
	}
}

func TestRead_limits(t *testing.T) {
	dir := lay(t, []txtar.File{
		{Name: "a.json", Data: []byte(`{"kind":"List","items":[` + onePod + "," + strings.Repeat(" ", 5000) + onePod + "]}")},
		{Name: "b.txt", Data: []byte("NAME   READY   STATUS    RESTARTS   AGE\n" + strings.Repeat("web-0   1/1   Running   0   1h\n", 300))},
		{Name: "c.json", Data: []byte(onePod)},
		{Name: "d.json", Data: []byte(onePod)},
	})
	s, err := Read(context.Background(), []string{dir}, nil, Options{MaxBytes: 4096, MaxTextBytes: 1024, MaxFiles: 3})
	if err != nil {
		t.Fatal(err)
	}
	want := "a.json:1: the input ends inside a list|a.json: is larger than 1 MiB: the rest was not read|b.txt: is larger than 1 MiB: the rest was not read|d.json: is beyond the limit on the number of files"
	if got := strings.Join(s.Skipped, "|"); got != want || len(s.Pods) != 2 {
		t.Errorf("%d pods, skipped:\n%s\nwant:\n%s", len(s.Pods), got, want)
	}
}

func TestRead_cutGzip(t *testing.T) {
	items := ""
	for i := range 2000 {
		items += strings.ReplaceAll(onePod, "api-1", fmt.Sprint("api-", i)) + ",\n"
	}
	packed := zip(t, `{"kind":"List","items":[`+items+"]}")
	got, err := read(t, packed[:len(packed)/2])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "pod shop/api-100 ") || !strings.Contains(got, "skipped stdin: is cut short or damaged: it was read up to there") {
		t.Errorf("got:\n%.300s\n...\n%s", got, got[len(got)-300:])
	}
}

func TestRead_brokenReader(t *testing.T) {
	_, err := Read(context.Background(), []string{"-"}, iotest.ErrReader(errors.New("pipe is gone")), Options{})
	if err == nil || err.Error() != "stdin: pipe is gone" {
		t.Errorf("error %v", err)
	}
}

func TestRead_contextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r := io.MultiReader(strings.NewReader(`{"kind":"List","items":[`), cancelling{cancel, strings.NewReader(strings.Repeat(onePod+",", 100000))})
	if _, err := Read(ctx, []string{"-"}, r, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
}

// cancelling ends the context when it is read.
type cancelling struct {
	cancel func()
	r      io.Reader
}

func (c cancelling) Read(b []byte) (int, error) {
	c.cancel()
	return c.r.Read(b)
}

func TestRead_progress(t *testing.T) {
	dir := lay(t, []txtar.File{{Name: "a.json", Data: []byte(onePod)}, {Name: "b.log", Data: []byte("2026-02-01 hello\n")}, {Name: "big.json", Data: []byte(`{"kind":"List","items":[` + strings.Repeat(" ", 3*progressBytes) + "]}")}})
	var last Progress
	calls := 0
	_, err := Read(context.Background(), []string{dir}, nil, Options{Progress: func(p Progress) {
		if p.Bytes < last.Bytes || p.Files < last.Files || p.Input == "" {
			t.Errorf("%+v after %+v", p, last)
		}
		last, calls = p, calls+1
	}})
	if err != nil || last.Files != 3 || last.Bytes < 3*progressBytes || calls < 5 {
		t.Errorf("%v, %d calls, last %+v", err, calls, last)
	}
}

// garbage is an endless text without structure.
type garbage struct{ line string }

func (g garbage) Read(b []byte) (int, error) {
	n := 0
	for n+len(g.line) <= len(b) {
		n += copy(b[n:], g.line)
	}
	return max(n, 1), nil
}

func TestRead_hugeGarbage(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"lines":        {"the quick brown fox\n", ""},
		"braces":       {"{", "is a line longer than 256 KiB: no log, manifest or kubectl output"},
		"open objects": {"{\"kind\":[\n", "an object larger than 16 MiB was left out"},
		"open lists":   {"{\"items\":[\n", "the input ends inside a list"},
		"zeroes":       {"\x00", "is binary"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Read(context.Background(), []string{"-"}, io.LimitReader(garbage{c.line}, 40<<20), Options{})
			if c.want == "" {
				if err != nil || len(s.Logs) != 1 || len(s.Logs[0].Text) > maxTail+maxHead+maxGapLines {
					t.Errorf("%v %+v", err, s)
				}
				return
			}
			if err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestRead_dumpOnOneStream(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"kind":"NodeList","apiVersion":"v1","items":[{"metadata":{"name":"node-a"}}]}` + "\n")
	for _, ns := range []string{"shop", "empty"} {
		for _, kind := range []string{"Event", "ReplicationController", "Service", "DaemonSet", "Deployment", "ReplicaSet"} {
			fmt.Fprintf(&b, "{\n \"kind\": \"%sList\",\n \"metadata\": {},\n \"items\": []\n}\n", kind)
		}
		items := ""
		if ns == "shop" {
			items = onePod
		}
		fmt.Fprintf(&b, "{\n \"kind\": \"PodList\",\n \"metadata\": {},\n \"items\": [%s]\n}\n", items)
		if ns == "shop" {
			b.WriteString("==== START logs for container app of pod shop/api-1 ====\nfirst\n{\"kind\": \"Pod\"}\nno end==== END logs for container app of pod shop/api-1 ====\n")
		}
	}
	b.WriteString("Cluster info dumped to standard output\n")
	got, err := read(t, b.String())
	if err != nil {
		t.Fatal(err)
	}
	want := "log shop/api-1/app previous=false origin=container from line 1 err=\"\" @stdin:38\n  | first\n  | {\"kind\": \"Pod\"}\n  | no end\n" +
		"complete DaemonSet/shop Deployment/shop Event/shop Node/ Pod/shop ReplicaSet/shop ReplicationController/shop Service/shop\n"
	if !strings.HasSuffix(got, want) {
		t.Errorf("got:\n%s\nwant at its end:\n%s", got, want)
	}
}
