package logsig

import (
	"regexp"
	"strings"
	"sync"
)

// lineMax is how much of a line is read, in bytes: all of a shorter one, the
// first and the last lineMax of a longer one. A trace in one JSON field has its
// message at the one end or the other.
const lineMax = 8 << 10

// clean takes terminal escapes and NUL bytes out of a text. Line numbers stay.
func clean(text string) string {
	if strings.IndexByte(text, 0x1b) < 0 && strings.IndexByte(text, 0) < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		n := strings.IndexAny(text[i:], "\x1b\x00")
		if n < 0 {
			b.WriteString(text[i:])
			break
		}
		b.WriteString(text[i : i+n])
		i += n + escapeLen(text[i+n:])
	}
	return b.String()
}

// escapeLen is the length of the escape sequence (or NUL byte) that s begins
// with: CSI and OSC sequences as in ECMA-48, else the escape and one byte. It
// never reaches over the end of a line.
func escapeLen(s string) int {
	const oscMax = 256 // titles and links are shorter; else it is no sequence
	if s[0] == 0 || len(s) < 2 || s[1] == '\n' {
		return 1
	}
	switch s[1] {
	case '[':
		i := 2
		for i < len(s) && s[i] >= 0x20 && s[i] <= 0x3f {
			i++
		}
		if i < len(s) && s[i] >= 0x40 && s[i] <= 0x7e {
			i++
		}
		return i
	case ']':
		for i := 2; i < min(len(s), oscMax) && s[i] != '\n'; i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\' {
				return i + 2
			}
		}
	}
	return 2
}

// unescape returns the lines that a written line stands for: itself, or, where
// it holds escaped text, that text unescaped and split. Two rounds, because a
// runtime's JSON around a program's JSON escapes twice.
func unescape(line string) []string {
	for range 2 {
		quoted := strings.Contains(line, `\"`)
		if !quoted && !(strings.IndexByte(line, '\\') >= 0 && strings.IndexByte(line, '"') >= 0) {
			break
		}
		line = unescapeOnce(line)
	}
	if strings.IndexByte(line, '\n') < 0 {
		return []string{line}
	}
	return strings.Split(line, "\n")
}

func unescapeOnce(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		switch i++; s[i] {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
		case '"', '/', '\\':
			b.WriteByte(s[i])
		case 'u':
			// Go's and Java's JSON writers hide <, > and & so.
			if c, ok := hidden[s[i+1:min(i+5, len(s))]]; ok {
				b.WriteByte(c)
				i += 4
				continue
			}
			b.WriteString(`\u`)
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

var hidden = map[string]byte{
	"003c": '<', "003e": '>', "0026": '&', "0027": '\'', "0022": '"', "002F": '/', "002f": '/', "001b": ' ',
	"003C": '<', "003E": '>',
}

// body cuts what a log collector puts before a line: the time stamp of
// `kubectl logs --timestamps`, the CRI's "TIME stdout F ", Docker's
// `{"log":"`, kubectl's "[pod/NAME/CONTAINER] ", Compose's "NAME  | ".
func body(line string) string {
	if rest, ok := strings.CutPrefix(line, `{"log":"`); ok {
		return rest
	}
	if strings.HasPrefix(line, "[pod/") {
		if i := strings.Index(line, "] "); i > 0 {
			line = line[i+2:]
		}
	}
	if i := strings.Index(line[:min(len(line), 48)], " | "); i > 0 && strings.IndexByte(strings.TrimRight(line[:i], " "), ' ') < 0 {
		line = line[i+3:]
	}
	if len(line) > 20 && line[4] == '-' && line[7] == '-' && line[10] == 'T' {
		// 2006-01-02T15:04:05.999999999Z07:00 is at most 35 bytes.
		i := strings.IndexByte(line[:min(len(line), 36)], ' ')
		if i < 20 {
			return line
		}
		rest := line[i+1:]
		for _, stream := range [...]string{"stdout ", "stderr "} {
			if r, ok := strings.CutPrefix(rest, stream); ok && len(r) >= 2 && (r[0] == 'F' || r[0] == 'P') && r[1] == ' ' {
				return r[2:]
			}
		}
		return rest
	}
	return line
}

// tone is what a line says of its own weight.
type tone int

const (
	plain tone = iota
	quiet
	loud
)

var (
	keyLevel = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`"(?:level|severity|lvl|loglevel|log\.level|level_name|levelname|@l|s)"\s*:\s*"?(\w{1,12})\b` +
			`|(?:^|[\s{,])(?:level|lvl|severity|loglevel)=["']?(\w{1,12})\b`)
	})
	// The first word of weight in the head of a line. Small letters count only
	// where punctuation sets them apart from prose.
	headLevel = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([IWEF])\d{4} \d\d:\d\d:\d\d` +
			`|(?:^|[\s\[|(<:,])(TRACE?|DEBUG|DBG|DEBU|INFO|INF|NOTICE|WARN|WARNING|WRN|ERROR|ERR|ERRO|SEVERE|CRITICAL|CRIT|FATAL|FATA|FTL|ALERT|EMERG|PANIC|PNC|Note|Warning)(?:\[\d+\])?(?:[\s\]|:)>/,-]|$)` +
			`|[\[<(](trace|debug|info|notice|warn|warning|error|crit|critical|alert|emerg|fatal)[\])>:]` +
			`|^(trace|dbug|debug|info|warn|warning|notice|error|fail|crit|critical|fatal): ` +
			"|\t(debug|info|warn|error|dpanic|panic|fatal)\t")
	})
)

// headMax is where a level word stands at the latest, in bytes: behind a time
// stamp and a thread name, before the message.
const headMax = 96

func toneOf(line string) tone {
	b := body(line)
	if strings.Contains(line, `":`) || strings.Contains(line, "=") {
		if m := keyLevel().FindStringSubmatch(line); m != nil {
			return tones[strings.ToLower(m[1]+m[2])]
		}
	}
	m := headLevel().FindStringSubmatch(b[:min(len(b), headMax)])
	if m == nil {
		return plain
	}
	return tones[strings.ToLower(strings.Join(m[1:], ""))]
}

// tones maps level words to weight; what stands between is plain. Numbers are
// those of pino and bunyan, letters those of klog, glog and MongoDB.
var tones = map[string]tone{
	"trac": quiet, "trace": quiet, "debug": quiet, "dbg": quiet, "debu": quiet, "dbug": quiet, "info": quiet, "inf": quiet,
	"information": quiet, "notice": quiet, "note": quiet, "warn": quiet, "warning": quiet, "wrn": quiet,
	"i": quiet, "w": quiet, "10": quiet, "20": quiet, "30": quiet, "40": quiet,
	"critical": loud, "crit": loud, "fatal": loud, "fata": loud, "ftl": loud, "alert": loud, "emerg": loud, "emergency": loud,
	"panic": loud, "pnc": loud, "f": loud, "60": loud,
}
