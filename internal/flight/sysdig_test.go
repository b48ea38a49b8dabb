package flight

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/scap"
)

// sysdigFields are what the reference reader must show of a snapshot as it does of the full
// capture. Its proc.pname is left out: it looks the parent up among the living.
const sysdigFields = "*%evt.rawtime %thread.tid %evt.type %evt.dir|%proc.name|%proc.pid|%proc.exe|%proc.args|%proc.cwd|%fd.num|%fd.name|%fd.type|%user.uid|%container.id"

// sysdigLines gives its lines by time, thread and type.
func sysdigLines(t *testing.T, file []byte) map[string]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.scap")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sysdig", "-r", path, "-p", sysdigFields)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sysdig refuses the capture: %v: %s", err, stderr.String())
	}
	lines := map[string]string{}
	sc := bufio.NewScanner(bytes.NewReader(out))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		key, line, _ := strings.Cut(sc.Text(), "|")
		lines[key] = line
	}
	return lines
}

// TestSnapshot_sysdigAgrees gives sysdig 0.29.3 a story as a whole and as a snapshot with a
// gap: each event of the snapshot must look the same in both.
func TestSnapshot_sysdigAgrees(t *testing.T) {
	if _, err := exec.LookPath("sysdig"); err != nil {
		t.Skip("sysdig is not installed: it is the reader to agree with")
	}
	for seed := uint64(1); seed <= 3; seed++ {
		var full bytes.Buffer
		w, err := scap.NewWriter(&full, scap.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteState(machine{}); err != nil {
			t.Fatal(err)
		}
		rec := New(tiny)
		rec.Open(1, Opening{Before: machine{}, Whole: true})
		s := newStory(seed)
		s.old = true
		for _, x := range s.tell(1500) {
			ev := x.ev
			if err := w.WriteEvent(&ev); err != nil {
				t.Fatal(err)
			}
			rec.Event(1, &ev)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var snap bytes.Buffer
		info, err := rec.Snapshot(1, &snap, Mark{})
		if err != nil {
			t.Fatal(err)
		}
		want, got := sysdigLines(t, full.Bytes()), sysdigLines(t, snap.Bytes())
		if !info.Gap || len(got) < 1000 {
			t.Fatalf("gap %v, %d lines", info.Gap, len(got))
		}
		bad, shown := 0, 0
		for key, line := range got {
			if want[key] == line {
				continue
			}
			if bad++; shown < 10 {
				shown++
				t.Logf("%s\n  snapshot %s\n  full     %s", key, line, want[key])
			}
		}
		if bad > 0 {
			t.Errorf("seed %d: sysdig tells %d of %d events otherwise", seed, bad, len(got))
		}
	}
}
