package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Both recorders prove which file was missing, and the capture is kept.
func TestRun_recorded(t *testing.T) {
	for _, m := range []Method{RecordEBPF, RecordPtrace} {
		t.Run(string(m), func(t *testing.T) {
			if err := m.supported(); err != nil {
				t.Skipf("skipped: %v", err)
			}
			cfg, _, out := shell(t, "")
			cfg.Argv = []string{"cat", "/etc/unloop-no-such.conf"}
			cfg.Record, cfg.Captures = m, filepath.Join(t.TempDir(), "captures")
			cfg.Restart, cfg.MaxRestarts = OnFailure, 1
			res := mustRun(t, cfg)
			if res.ExitStatus != 1 || len(res.Deaths) != 2 {
				t.Fatalf("status %d after %d ends\n%s", res.ExitStatus, len(res.Deaths), out())
			}
			for _, d := range res.Deaths {
				if got := root(d.Diagnosis); !strings.HasPrefix(got, `file-missing proven: cat needs "/etc/unloop-no-such.conf"`) {
					t.Errorf("restart %d: %s (capture %q, %s)", d.Restarts, got, d.Capture, d.NoCapture)
				}
				st, err := os.Stat(d.Capture)
				if err != nil || st.Mode().Perm() != 0o600 {
					t.Errorf("capture: %v, %v", st, err)
				}
			}
			noGroups(t)
		})
	}
}

// Without a folder for captures the calls explain the end all the same, and nothing stays.
func TestRun_recordedForTheDiagnosis(t *testing.T) {
	if err := RecordPtrace.supported(); err != nil {
		t.Skipf("skipped: %v", err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	cfg, _, out := shell(t, "")
	cfg.Argv = []string{"cat", "/etc/unloop-no-such.conf"}
	cfg.Record, cfg.Captures = RecordPtrace, ""
	res := mustRun(t, cfg)
	if len(res.Deaths) != 1 {
		t.Fatalf("%d ends\n%s", len(res.Deaths), out())
	}
	d := res.Deaths[0]
	if got := root(d.Diagnosis); !strings.HasPrefix(got, `file-missing proven: cat needs "/etc/unloop-no-such.conf"`) {
		t.Errorf("%s (%s)", got, d.NoCapture)
	}
	if d.Capture != "" || d.NoCapture != "captures are turned off" {
		t.Errorf("capture %q, %q", d.Capture, d.NoCapture)
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// Which file system of the machine is full is not known, so no disk is blamed.
func TestRun_noSpace(t *testing.T) {
	if err := RecordPtrace.supported(); err != nil {
		t.Skipf("skipped: %v", err)
	}
	cfg, _, out := shell(t, "echo more > /dev/full")
	cfg.Record = RecordPtrace
	res := mustRun(t, cfg)
	if len(res.Deaths) != 1 {
		t.Fatalf("%d ends\n%s", len(res.Deaths), out())
	}
	if got := root(res.Deaths[0].Diagnosis); !strings.HasPrefix(got, "volume-full ") {
		t.Errorf("%s", got)
	}
}
