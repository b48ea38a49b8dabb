package collect

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"regexp"
	"sync"
	"unicode/utf8"

	"github.com/unloop-dev/unloop/internal/collect/manifest"
	"github.com/unloop-dev/unloop/internal/collect/paste"
	"github.com/unloop-dev/unloop/scap"
)

// format is what an input is.
type format int

const (
	isEmpty format = iota
	isOther        // nothing that can be read; why says what
	isGzip
	isUTF16
	isManifest
	isFramed // logs in the frames of cluster-info dump
	isPaste
	isLog
	isText // text that is nothing else: a log only if somebody says so
)

// headBytes is how much of an input is looked at to recognise it.
const headBytes = 256 << 10

// magics are the first bytes of formats that cannot be read here, and of the
// compressed ones what to do.
var magics = []struct {
	at    int
	bytes string
	why   string
	hint  string
}{
	{0, "PK\x03\x04", "is a zip archive", "unpack it and give the folder"},
	{257, "ustar", "is a tar archive", "unpack it and give the folder"},
	{0, "\x28\xb5\x2f\xfd", "is compressed with zstd", "unpack it first: zstd -d FILE"},
	{0, "\xfd7zXZ\x00", "is compressed with xz", "unpack it first: xz -d FILE"},
	{0, "BZh", "is compressed with bzip2", "unpack it first: bzip2 -d FILE"},
	{0, "7z\xbc\xaf\x27\x1c", "is a 7z archive", "unpack it and give the folder"},
	{0, "%PDF-", "is a PDF", ""},
	{0, "\x7fELF", "is a program", ""},
}

// byteOrder is the mark that some editors write before UTF-8.
const byteOrder = "\xef\xbb\xbf"

// sniff recognises an input by its first bytes; whole says that there are no
// more. For isOther, why and hint say what it is.
func sniff(head []byte, whole bool) (f format, why, hint string) {
	head = bytes.TrimPrefix(head, []byte(byteOrder))
	if len(bytes.TrimSpace(head)) == 0 {
		if whole {
			return isEmpty, "is empty", ""
		}
		return isOther, "begins with more than 256 KiB of white space", ""
	}
	switch {
	case len(head) > 2 && head[0] == 0x1f && head[1] == 0x8b:
		return isGzip, "", ""
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return isUTF16, "", ""
	case len(head) >= 12 && binary.LittleEndian.Uint32(head) == sectionHeader && binary.LittleEndian.Uint32(head[8:]) == byteOrderMagic:
		if isScap(head) {
			return isOther, "is a system-call capture that is packed twice", "unpack it once and give the file"
		}
		return isOther, "is a network capture", ""
	}
	for _, m := range magics {
		if len(head) > m.at && bytes.HasPrefix(head[m.at:], []byte(m.bytes)) {
			return isOther, m.why, m.hint
		}
	}
	if isBinary(head) {
		return isOther, "is binary", ""
	}
	switch {
	case looksManifest(head, whole):
		return isManifest, "", ""
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte(manifest.FrameStart)):
		return isFramed, "", ""
	case bytes.Contains(head, []byte("\n"+manifest.FrameStart)):
		return isManifest, "", ""
	case whole && manifest.Piece(head):
		return isManifest, "", ""
	case paste.Looks(head):
		return isPaste, "", ""
	case !whole && bytes.IndexByte(head, '\n') < 0:
		return isOther, "is a line longer than 256 KiB: no log, manifest or kubectl output", ""
	case looksLog(head):
		return isLog, "", ""
	}
	return isText, "", ""
}

// The section header that opens a .scap file, and the types of the blocks that
// follow it (falcosecurity/libs 0.25 userspace/libscap/scap_savefile.h); pcapng,
// whose frame it shares, numbers its blocks from 1.
const (
	sectionHeader  = 0x0a0d0d0a
	byteOrderMagic = 0x1a2b3c4d
	firstScapBlock = 0x201
	lastScapBlock  = 0x2ff
)

func isScap(head []byte) bool {
	next := binary.LittleEndian.Uint32(head[4:])
	if uint64(next)+4 > uint64(len(head)) {
		return true
	}
	block := binary.LittleEndian.Uint32(head[next:])
	return block >= firstScapBlock && block <= lastScapBlock || block == scap.BlockPrivate
}

// isBinary reports whether the bytes are no text: a zero byte early on, or many
// that are neither UTF-8 nor white space. Terminal escapes are text.
func isBinary(head []byte) bool {
	head = head[:min(len(head), 8<<10)]
	if bytes.IndexByte(head, 0) >= 0 {
		return true
	}
	odd := 0
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n == 1 && len(head)-i >= utf8.UTFMax || r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != 0x1b && r != '\b' && r != '\f' {
			odd++
		}
		i += n
	}
	return odd*10 > len(head)
}

// looksManifest reports whether objects stand at the head of a text.
func looksManifest(head []byte, whole bool) bool {
	first := bytes.TrimLeft(head, " \t\r\n")
	if first[0] != '{' && first[0] != '[' {
		return manifest.Looks(head)
	}
	if isDockerLine(first) {
		return false
	}
	// A log of JSON objects: the first is whole and none of Kubernetes.
	line, _, more := bytes.Cut(first, []byte("\n"))
	var top map[string]json.RawMessage
	if (more || whole) && json.Unmarshal(line, &top) == nil {
		return top["apiVersion"] != nil || top["items"] != nil || top["kind"] != nil && top["metadata"] != nil || manifest.Piece(line)
	}
	return jsonStart().Match(first[:min(len(first), 4<<10)]) &&
		(bytes.Contains(head, []byte(`"metadata"`)) || bytes.Contains(head, []byte(`"items"`)) || bytes.Contains(head, []byte(`"kind"`)))
}

// jsonStart knows the beginning of a JSON text that can be an object.
var jsonStart = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:\[\s*)?\{\s*(?:["}]|$)`)
})

func isDockerLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte(`{"log":"`))
}

// stamped knows the start of a log's line: a date, a time, a level, or the JSON
// object of a logging library.
var stamped = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:\x1b\[[0-9;]*m)?(?:\[?\d{4}[-/.]\d\d[-/.]\d\d|\[?\d\d:\d\d:\d\d|\d\d[-/]\w{2,3}[-/]\d{2,4}[ :T]|[IWEF]\d{4} \d\d:|[A-Z][a-z]{2}\s+\d{1,2} \d\d:\d\d:\d\d` +
		`|time=|ts=|level=|\{.{0,150}"(?:msg|message|level|lvl|severity|time|ts|timestamp|@timestamp|log)" ?:|\[\s*\d+\.\d+\]|\[?(?:INFO|WARN|WARNING|ERROR|FATAL|DEBUG|TRACE|error|info|warn)\b|\[pod/|Traceback \(|panic: |goroutine \d|Exception in thread|\d+(?:\.\d+){3} - )`)
})

// looksLog reports whether enough of the first lines begin as a log's do.
func looksLog(head []byte) bool {
	lines, hits := 0, 0
	for len(head) > 0 && lines < 60 {
		line, rest, _ := bytes.Cut(head, []byte("\n"))
		head = rest
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		lines++
		if stamped().Match(line[:min(len(line), 200)]) {
			hits++
		}
	}
	return hits > 0 && hits*5 >= lines
}
