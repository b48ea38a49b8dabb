package scap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
	"github.com/unloop-dev/unloop/event"
)

// lz4Frame wraps b in one frame; a block is stored, or is literals only.
func lz4Frame(b []byte, stored bool) []byte {
	out := []byte{0x04, 0x22, 0x4D, 0x18, 0x60, 0x40, 0} // version 1, blocks of 64 KiB, independent
	for len(b) > 0 {
		n := min(len(b), 60000)
		part := b[:n]
		b = b[n:]
		if stored {
			out = binary.LittleEndian.AppendUint32(out, uint32(n)|1<<31)
			out = append(out, part...)
			continue
		}
		block := []byte{0xF0}
		if n < 15 {
			block[0] = byte(n) << 4
		} else {
			for v := n - 15; ; v -= 255 {
				if v < 255 {
					block = append(block, byte(v))
					break
				}
				block = append(block, 255)
			}
		}
		block = append(block, part...)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(block)))
		out = append(out, block...)
	}
	return append(out, 0, 0, 0, 0)
}

// wraps gives a capture in every wrapping.
func wraps(t testing.TB, plain []byte) map[string][]byte {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	half := z.EncodeAll(plain[:len(plain)/2], nil)
	return map[string][]byte{
		"plain":           plain,
		"zstd":            z.EncodeAll(plain, nil),
		"zstd, 2 frames":  z.EncodeAll(plain[len(plain)/2:], half),
		"lz4, stored":     lz4Frame(plain, true),
		"lz4, literals":   lz4Frame(plain, false),
		"lz4, two frames": append(lz4Frame(plain[:100], false), lz4Frame(plain[100:], true)...),
	}
}

func TestWrap_everyWrappingGivesTheSameEvents(t *testing.T) {
	plain := story(t, WriteOptions{}, 3000)
	want, _, err := events(bytes.NewReader(plain), ReadOptions{})
	if err != nil || len(want) != 3000 {
		t.Fatal(err, len(want))
	}
	files := wraps(t, plain)
	for _, member := range []int{500, 5000, 1 << 20} {
		for _, index := range []bool{false, true} {
			files[fmt.Sprintf("gzip %d %v", member, index)] = story(t, WriteOptions{Gzip: true, MemberBytes: member, Index: index}, 3000)
		}
	}
	files["gzip and garbage"] = append(story(t, WriteOptions{Gzip: true}, 3000), "trailing garbage"...)
	for name, b := range files {
		for _, workers := range []int{1, 2, 5} {
			for _, src := range []string{"stream", "file", "one byte"} {
				if src == "one byte" && workers != 2 {
					continue
				}
				var r *Reader
				var err error
				opt := ReadOptions{Workers: workers}
				switch src {
				case "stream":
					r, err = NewReader(bytes.NewReader(b), opt)
				case "file":
					r, err = NewReaderAt(bytes.NewReader(b), int64(len(b)), opt)
				default:
					r, err = NewReader(iotest.OneByteReader(bytes.NewReader(b)), opt)
				}
				if err != nil {
					t.Errorf("%s, %s, %d workers: %v", name, src, workers, err)
					continue
				}
				var ev event.Event
				n := 0
				for r.Next(&ev) == nil {
					if got := fmt.Sprintf("%d %d %d %x", ev.TsNanos, ev.Tid, ev.Type, ev.Data); n < len(want) && got != want[n] {
						t.Errorf("%s, %s: event %d is %s, want %s", name, src, n, got, want[n])
						break
					}
					n++
				}
				s := r.Stats()
				if n != len(want) || s.DamageCount > 0 {
					t.Errorf("%s, %s, %d workers: %d events, %+v %v", name, src, workers, n, s, s.Damage)
				}
				if c, _, _ := strings.Cut(name, " "); strings.TrimSuffix(c, ",") != "plain" && s.Compression != strings.TrimSuffix(c, ",") {
					t.Errorf("%s is called %q", name, s.Compression)
				}
				r.Close()
			}
		}
	}
}

func TestWrap_cutStreamsGiveWhatIsThere(t *testing.T) {
	plain := story(t, WriteOptions{}, 3000)
	for name, b := range wraps(t, plain) {
		if name == "plain" {
			continue
		}
		_, s, err := events(bytes.NewReader(b[:len(b)*2/3]), ReadOptions{})
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && !s.Truncated {
			t.Errorf("%s: the cut was not noticed: %+v", name, s)
		}
	}
}

// What the usual programs write.
func TestWrap_otherProgramsFiles(t *testing.T) {
	plain := story(t, WriteOptions{}, 20000)
	want, _, _ := events(bytes.NewReader(plain), ReadOptions{})
	for _, args := range [][]string{{"lz4", "-c", "-9"}, {"lz4", "-c", "-BD"}, {"zstd", "-c", "-19"}, {"zstd", "-c", "--long=25"}, {"gzip", "-c"}, {"gzip", "-c", "-n", "-9"}} {
		if _, err := exec.LookPath(args[0]); err != nil {
			t.Logf("skipped: %s is not installed", args[0])
			continue
		}
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdin = bytes.NewReader(plain)
		b, err := cmd.Output()
		if err != nil {
			t.Fatal(args, err)
		}
		got, s, err := events(bytes.NewReader(b), ReadOptions{})
		if err != nil || len(got) != len(want) || s.DamageCount > 0 {
			t.Errorf("%v: %d of %d events, %v, %v", args, len(got), len(want), err, s.Damage)
		}
	}
}

// gzip's own tool must take what we write, index and all.
func TestWrap_gzipTakesOurFiles(t *testing.T) {
	if _, err := exec.LookPath("gzip"); err != nil {
		t.Skip("gzip is not installed")
	}
	cmd := exec.Command("gzip", "-dc")
	cmd.Stdin = bytes.NewReader(story(t, WriteOptions{Gzip: true, MemberBytes: 3000, Index: true}, 3000))
	b, err := cmd.Output()
	if err != nil || !bytes.Equal(b, story(t, WriteOptions{}, 3000)) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}
