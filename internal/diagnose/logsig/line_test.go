package logsig

import (
	"slices"
	"testing"
)

func TestClean(t *testing.T) {
	tests := []struct{ in, want string }{
		{"plain\ntext\n", "plain\ntext\n"},
		{"\x1b[1;31mred\x1b[0m", "red"},
		{"\x1b[38:5:9mred\x1b[m\x1b[K", "red"},
		{"\x1b]0;title\x07text", "text"},
		{"\x1b]8;;http://rates\x1b\\link\x1b]8;;\x1b\\", "link"},
		{"\x1b]never ended\nnext", "never ended\nnext"},
		{"\x1b(Btext", "Btext"},
		{"end\x1b", "end"},
		{"end\x1b\nnext", "end\nnext"},
		{"cut\x1b[", "cut"},
		{"cut\x1b[3\nnext", "cut\nnext"},
		{"n\x00u\x00l", "nul"},
	}
	for _, tt := range tests {
		if got := clean(tt.in); got != tt.want {
			t.Errorf("clean(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestUnescape(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{`no escapes "at all"`, []string{`no escapes "at all"`}},
		{`C:\new\table`, []string{`C:\new\table`}},
		{`{"err":"open \"x\"\nat y"}`, []string{`{"err":"open "x"`, `at y"}`}},
		{`{"log":"{\"err\":\"a\\\"b\"}\n"}`, []string{`{"log":"{"err":"a"b"}`, `"}`}},
		{`{"url":"http:\/\/rates"}`, []string{`{"url":"http://rates"}`}},
		{`{"m":"\u003cnil\u003e \u2026 \u00"}`, []string{`{"m":"<nil> \u2026 \u00"}`}},
		{`{"m":"\ta\r\n"`, []string{"{\"m\":\"\ta", `"`}},
		{`"ends in \`, []string{`"ends in \`}},
	}
	for _, tt := range tests {
		if got := unescape(tt.in); !slices.Equal(got, tt.want) {
			t.Errorf("unescape(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestBody(t *testing.T) {
	for in, want := range map[string]string{
		"text":                      "text",
		"2024-03-01T10:00:00Z text": "text",
		"2024-03-01T10:00:00.123456789Z \tat a.b":              "\tat a.b",
		"2024-03-01T10:00:00.123456789+02:00 stdout F text":    "text",
		"2024-03-01T10:00:00.1Z stderr P half":                 "half",
		"2024-03-01T10:00:00.1Z stderr":                        "stderr",
		"[pod/shop-1/ledger] text":                             "text",
		"[pod/shop-1/ledger] 2024-03-01T10:00:00.123456Z text": "text",
		"ledger_1  | text":                                     "text",
		"a | b in a sentence | c":                              "b in a sentence | c",
		`{"log":"\tat a.b\n"}`:                                 `\tat a.b\n"}`,
		"2024-03-01T10:00:00.123456789-this-is-one-word":       "2024-03-01T10:00:00.123456789-this-is-one-word",
		"": "",
	} {
		if got := body(in); got != want {
			t.Errorf("body(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestToneOf(t *testing.T) {
	for line, want := range map[string]tone{
		"no level at all":                                                 plain,
		`{"level":"info","msg":"x"}`:                                      quiet,
		`{"msg":"x","severity":"WARNING"}`:                                quiet,
		`{"level":30,"msg":"x"}`:                                          quiet,
		`{"level":50,"msg":"x"}`:                                          plain,
		`{"level":60,"msg":"x"}`:                                          loud,
		`{"t":"x","s":"I","c":"NETWORK"}`:                                 quiet,
		`{"log.level":"error","message":"INFO"}`:                          plain,
		"time=x level=warning msg=y":                                      quiet,
		"time=x level=fatal msg=y":                                        loud,
		"time=x sublevel=info msg=y":                                      plain,
		"I0301 10:00:00.000000       1 main.go:9] x":                      quiet,
		"W0301 10:00:00.000000       1 main.go:9] x":                      quiet,
		"E0301 10:00:00.000000       1 main.go:9] x":                      plain,
		"F0301 10:00:00.000000       1 main.go:9] x":                      loud,
		"2024-03-01T10:00:00Z stderr F I0301 10:00:00.000000 1 a.go:1] x": quiet,
		"2024-03-01 10:00:00.000  INFO 1 --- [main] shop : x":             quiet,
		"2024-03-01 10:00:00,000 [http-1] WARN  shop - x":                 quiet,
		"2024-03-01 10:00:00.000 ERROR 1 --- [main] shop : INFO x":        plain,
		"2024-03-01 10:00:00.000 UTC [7] FATAL:  x":                       loud,
		"INFO:root:x":                                quiet,
		"INFO[0003] x":                               quiet,
		"FATA[0003] x":                               loud,
		"10:00AM WRN x":                              quiet,
		"[10:00:00 INF] x":                           quiet,
		"2024/03/01 10:00:00 [notice] 1#1: x":        quiet,
		"2024/03/01 10:00:00 [emerg] 1#1: x":         loud,
		"2024-03-01T10:00:00.000Z\tinfo\tmain.go\tx": quiet,
		"info: Shop.Host[14]":                        quiet,
		"warning: x":                                 quiet,
		"no info: x":                                 plain,
		"2024-03-01 [Note] x":                        quiet,
		"<Information> shop: x":                      plain,
	} {
		if got := toneOf(line); got != want {
			t.Errorf("toneOf(%q) = %d, want %d", line, got, want)
		}
	}
}
