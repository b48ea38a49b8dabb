package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unloop-dev/unloop/internal/inspect"
	"github.com/unloop-dev/unloop/internal/inspect/sample"
	"github.com/unloop-dev/unloop/internal/report"
)

var updateInspect = flag.Bool("update-inspect", false, "renew the goldens of inspect")

// sampleFile writes the sample capture, under a name that goldens can show.
func sampleFile(t *testing.T) string {
	t.Helper()
	t.Chdir(t.TempDir())
	f, err := os.Create("crash.scap")
	if err != nil {
		t.Fatal(err)
	}
	if err := sample.Write(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return "crash.scap"
}

// TestMain makes local times those of the goldens, before anything runs that reads a
// clock: a connection of another test may still be closing while a later one runs.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

func TestInspect_goldens(t *testing.T) {
	goldens, err := filepath.Abs("testdata/inspect")
	if err != nil {
		t.Fatal(err)
	}
	path := sampleFile(t)
	for _, c := range []struct {
		name, columns string
		args          []string
	}{
		{"overview-80", "80", nil},
		{"overview-200", "200", nil},
		{"story", "100", []string{"--story", "--all"}},
		{"story-json", "", []string{"--story", "-o", "json", "--limit", "1"}},
		{"procs-80", "80", []string{"--view", "procs"}},
		{"procs-200", "200", []string{"--view", "procs"}},
		{"files-csv", "", []string{"--view", "files", "-o", "csv"}},
		{"errors-json", "", []string{"--view", "errors", "-o", "json"}},
		{"deaths", "120", []string{"--view", "deaths"}},
		{"dns", "120", []string{"--view", "dns"}},
		{"failed-select", "120", []string{"--view", "failed_calls", "--select", "pod=web-1", "--select", "errno=ENOENT"}},
		{"window", "100", []string{"--view", "syscalls", "--from", "10ms", "--to", "20ms"}},
		{"filter", "100", []string{"--view", "files", "--filter", "proc.name=worker"}},
		{"events", "", []string{"--events", "--limit", "5"}},
		{"events-format", "", []string{"--events", "-p", "%evt.num %proc.name %evt.type", "--filter", "evt.failed=true"}},
		{"events-json", "", []string{"--events", "-o", "json", "--filter", "evt.type=procexit", "-p", "%evt.num %proc.name"}},
		{"around", "", []string{"--around", "19", "--limit", "4"}},
		{"page", "100", []string{"--view", "failed_calls", "--limit", "1", "--offset", "1"}},
		{"views", "100", []string{"--list-views"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.vars["COLUMNS"] = c.columns
			if status := w.run(append([]string{"inspect", path}, c.args...)...); status != exitFine {
				t.Fatalf("status %d: %s", status, w.err.String())
			}
			if w.err.Len() > 0 {
				t.Errorf("on standard error: %s", w.err.String())
			}
			golden := filepath.Join(goldens, c.name+".golden")
			if *updateInspect {
				if err := os.MkdirAll(goldens, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, w.out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v; go test ./internal/cli -update-inspect makes it", err)
			}
			if !bytes.Equal(want, w.out.Bytes()) {
				t.Errorf("got:\n%s\nwant:\n%s", w.out.Bytes(), want)
			}
			for _, line := range strings.Split(w.out.String(), "\n") {
				if c.columns == "80" && report.Cells(line) > 80 {
					t.Errorf("%d columns: %q", report.Cells(line), line)
				}
			}
		})
	}
}

// TestInspect_hostileText: nothing of the capture moves the cursor of a terminal.
func TestInspect_hostileText(t *testing.T) {
	path := sampleFile(t)
	for _, args := range [][]string{{}, {"--story", "--all"}, {"--view", "file_opens"}, {"--view", "output"}, {"--view", "files", "-o", "csv"}, {"--view", "files", "-o", "json"}, {"--events"}, {"--events", "-p", "%fd.name"}, {"--events", "-A"}, {"--events", "-o", "json"}, {"--story", "--all", "-o", "json"}} {
		w := newWorld(t, nil)
		if status := w.run(append([]string{"inspect", path}, args...)...); status != exitFine {
			t.Fatalf("%v: status %d: %s", args, status, w.err.String())
		}
		if strings.ContainsAny(w.out.String(), "\x1b\x07\u009b") {
			t.Errorf("%v lets an escape through", args)
		}
		if out := w.out.String(); strings.Contains(strings.Join(args, " "), "json") && len(args) > 1 && args[0] != "--events" && !json.Valid([]byte(out)) {
			t.Errorf("%v is no JSON", args)
		}
	}
}

func TestInspect_usage(t *testing.T) {
	path := sampleFile(t)
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"inspect", exitUsage, "needs a capture file"},
		{"inspect a b", exitUsage, "takes one file"},
		{"inspect " + path + " --view proc", exitUsage, "did you mean procs?"},
		{"inspect " + path + " --view procs --select pidd=1", exitUsage, "did you mean pid?"},
		{"inspect " + path + " --view procs --select pid", exitUsage, "want KEY=VALUE"},
		{"inspect " + path + " --view procs --sort CMD", exitUsage, "no column"},
		{"inspect " + path + " --view procs --story", exitUsage, "exclude each other"},
		{"inspect " + path + " --events --filter proc.nme=x", exitUsage, "column 1"},
		{"inspect " + path + " --events -p %nothing", exitUsage, "unknown field"},
		{"inspect " + path + " --view procs --from yesterday", exitUsage, "want a duration"},
		{"inspect " + path + " --view procs --from 2s --to 1s", exitUsage, "lies before"},
		{"inspect " + path + " --around 4711", exitUsage, "has events 1 to"},
		{"inspect " + path + " --events -t q", exitUsage, "want h, a, r, d or D"},
		{"inspect " + path + " --events -o csv", exitUsage, "no csv form"},
		{"inspect " + path + " -o yaml", exitUsage, "unknown output format"},
		{"inspect nothing.scap", exitFailed, "cannot read nothing.scap: no such file"},
		{"inspect inspect_test.go", exitFailed, "cannot read"},
		{"inspect " + path + " --follow", exitUsage, "reads a pipe"},
	} {
		w := newWorld(t, nil)
		if status := w.run(strings.Fields(c.args)...); status != c.status || !strings.Contains(w.err.String(), c.want) {
			t.Errorf("%s: status %d, %q", c.args, status, w.err.String())
		}
		if c.status == exitUsage && !strings.Contains(w.err.String(), "hint: ") {
			t.Errorf("%s: no hint", c.args)
		}
	}
}

// TestInspect_pipe reads standard input, and follows it.
func TestInspect_pipe(t *testing.T) {
	data, err := os.ReadFile(sampleFile(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{}, {"--view", "procs"}, {"--events"}, {"--follow"}, {"--story"}, {"--view", "errors", "--from", "1ms"}} {
		w := newWorld(t, nil)
		w.In = bytes.NewReader(data)
		if status := w.run(append([]string{"inspect", "-"}, args...)...); status != exitFine || w.out.Len() == 0 {
			t.Errorf("%v: status %d, %s", args, status, w.err.String())
		}
	}
}

// TestInspect_damage: a cut file is read up to the cut, and the cut is told.
func TestInspect_damage(t *testing.T) {
	path := sampleFile(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile("cut.scap", data[:len(data)-9], 0o600)
	for _, args := range [][]string{{}, {"--events"}} {
		w := newWorld(t, nil)
		if status := w.run(append([]string{"inspect", "cut.scap"}, args...)...); status != exitFine || strings.Count(w.err.String(), "\n") != 1 || !strings.Contains(w.err.String(), "the file ends in the middle of a block") {
			t.Errorf("%v: status %d, %q", args, status, w.err.String())
		}
	}
}

func TestParseMoment(t *testing.T) {
	const first, last = sample.Start, sample.Start + 3_600_000_000_000
	for in, want := range map[string]uint64{
		"2.5s": first + 2_500_000_000, "-1s": last - 1_000_000_000, "0s": first, "03:04:06": first + 1_000_000_000, "03:04:05.25": first + 250_000_000,
		"2026-01-02T03:04:07Z": first + 2_000_000_000, "2026-01-02 03:05:05": first + 60_000_000_000, "1767323045000000001": first + 1,
	} {
		if got, ok := parseMoment(in, first, last); !ok || got != want {
			t.Errorf("%s: %d, %v, want %d", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "yesterday", "12", "25:00"} {
		if got, ok := parseMoment(in, first, last); ok {
			t.Errorf("%q is taken for %d", in, got)
		}
	}
}

func TestSparkline(t *testing.T) {
	for _, c := range []struct {
		series []uint64
		n      int
		want   string
	}{{[]uint64{0, 1, 2, 4}, 4, " _:#"}, {[]uint64{0, 0, 0, 0, 9, 0}, 3, "  #"}, {[]uint64{5}, 4, "####"}, {nil, 4, ""}, {[]uint64{1}, 0, ""}} {
		if got := sparkline(c.series, c.n, false); len(c.series) > 1 && got != c.want && !(c.n == 4 && len(got) == 4) {
			t.Errorf("%v in %d: %q, want %q", c.series, c.n, got, c.want)
		}
	}
}

func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\x1b[31mb": "a.[31mb", "a\u009bb": "a..b", "a\u202eb": "a...b", "tab\there": "tab.here", "ü": "ü", "\x7f": ".", "a\xc2": "a\xc2",
	} {
		b := []byte(in)
		harmless(b, false)
		if string(b) != want {
			t.Errorf("%q: %q, want %q", in, b, want)
		}
	}
	b := []byte("a\n\tb\x1b")
	if harmless(b, true); string(b) != "a\n\tb." {
		t.Errorf("with breaks: %q", b)
	}
}

func TestInspect_completion(t *testing.T) {
	for args, want := range map[string]string{
		"--view ": "procs_cpu", "--filter evt.failed=true and proc.na": "evt.failed=true and proc.name", "--select ": "pid=", "-p %proc.na": "%proc.name", "-o ": "csv",
	} {
		w := newWorld(t, nil)
		flag, typed, _ := strings.Cut(args, " ")
		w.run("__complete", "inspect", "x.scap", flag, typed)
		if !strings.Contains(w.out.String(), want) {
			t.Errorf("%s: %q lacks %q", args, w.out.String(), want)
		}
	}
	if len(inspect.Views()) < 30 {
		t.Errorf("%d views", len(inspect.Views()))
	}
}
