package flight

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// What is read from files of credentials never stands in a capture, however the descriptor
// came about; what is read from others does.
func TestWrite_secrets(t *testing.T) {
	const secret, plain = "S3CRET=hunter2", "listen: 8080"
	var in bytes.Buffer
	err := captext.Compile(&in, strings.NewReplacer("SECRET", secret, "PLAIN", plain).Replace(`machine node-7
process 100 server cwd=/run
process 101 old cwd=/
fd 101 5 file /var/lib/kubelet/pods/x/volumes/kubernetes.io~projected/kube-api-access-1/..2026_01_02/token
fd 101 6 file /etc/app.yaml
+0 100 openat 3 name=/proc/self/environ
+0 100 read 14 fd=3 data="SECRET"
+0 100 close 0 fd=3
+0 100 openat 3 name=/etc/app.yaml
+0 100 read 12 fd=3 data="PLAIN"
+0 100 openat 4 name=/proc/1/task/7/environ
+0 100 dup 7 fd=4 oldfd=4
+0 100 read 14 fd=7 data="SECRET"
+0 100 openat 8 name=secrets/kubernetes.io/serviceaccount/token
+0 100 fork 102
+0 102 read 14 fd=8 data="SECRET"
+0 100 openat 9 name=/var/run/secrets/db/password
+0 100 pread 14 fd=9 data="SECRET"
+0 100 openat 10 name=/host/proc/4321/environ
+0 100 readv 14 fd=10 data="SECRET"
+0 101 read 14 fd=5 data="SECRET"
+0 101 read 12 fd=6 data="PLAIN"
+0 101 write 14 fd=5 data="SECRET"
`), scap.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	before := state.New()
	src, err := scap.NewReader(bytes.NewReader(in.Bytes()), scap.ReadOptions{Meta: before})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	r := New(Options{})
	want := 0
	for opened := false; ; {
		var ev event.Event
		err := src.Next(&ev)
		if !opened {
			opened = true
			r.Open(1, Opening{Before: before, Whole: true})
		}
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(ev.Data, []byte(secret)) {
			want++
		}
		r.Event(1, &ev)
	}
	file, _ := snapshot(t, r, 1, Mark{})
	got, _ := shown(t, file)
	emptied, kept := 0, 0
	for i := range got {
		ev := &got[i]
		if bytes.Contains(ev.Data, []byte(secret)) {
			t.Errorf("event %d (%s) has the secret", i, ev.Name())
		}
		data, ok := ev.Named("data")
		res, _ := ev.Result()
		if ok && res == int64(len(secret)) && len(data) == 0 {
			emptied++
		}
		if string(data) == plain {
			kept++
		}
	}
	if want != 7 || emptied != want || kept != 2 {
		t.Errorf("%d secrets, %d emptied with their size left, %d others kept of 2", want, emptied, kept)
	}
}

func TestSecret(t *testing.T) {
	for name, want := range map[string]bool{
		"/proc/self/environ": true, "/proc/12/task/13/environ": true, "/proc/self/../12/environ": true,
		"/run/secrets/x": true, "/var/run/secrets/kubernetes.io/serviceaccount/..data/token": true, "/proc/1/root/run/secrets/x": true,
		"/..2026_03_02_09_00_00.1/token": true,
		"":                               false, "environ": false, "/srv/environ": false, "/proc/self/environment": false, "/run/secrets": false, "/etc/secrets.yaml": false, "/proc/self/status": false,
	} {
		if got := Secret(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
