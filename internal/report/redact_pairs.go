package report

import "strings"

// grade says what a key makes of its value.
type grade int

const (
	harmless grade = iota
	// doubtful: the word is also used in prose and for names of objects; its value
	// is a credential only where it looks like one, or follows an equals sign.
	doubtful
	// random: the value is a credential only where it looks like one.
	random
	// certain: the value is a credential, unless it is plainly a word of a sentence.
	certain
)

// keyWords grades keys by how they end, compared in lower case without
// separators, so that PGPASSWORD, db-password and spring.datasource.password are
// one. Endings with whole count only as a word of their own: db_pass, not bypass.
var keyWords = []struct {
	word  string
	grade grade
	whole bool
}{
	{"password", certain, false}, {"passwords", certain, false}, {"passwd", certain, false}, {"passphrase", certain, false},
	{"pwd", certain, false}, {"pass", certain, true}, {"requirepass", certain, false}, {"masterauth", certain, false},
	{"apikey", certain, false}, {"secretkey", certain, false}, {"secretkeybase", certain, false}, {"accesskey", certain, false},
	{"accesskeysecret", certain, false}, {"privatekey", certain, false}, {"signingkey", certain, false}, {"encryptionkey", certain, false},
	{"masterkey", certain, false}, {"authkey", certain, false}, {"accountkey", certain, false}, {"sharedkey", certain, false},
	{"storagekey", certain, false}, {"licensekey", certain, false}, {"clientsecret", certain, false}, {"appsecret", certain, false},
	{"apisecret", certain, false}, {"accesstoken", certain, false}, {"refreshtoken", certain, false}, {"authtoken", certain, false},
	{"apitoken", certain, false}, {"sessiontoken", certain, false}, {"securitytoken", certain, false}, {"bottoken", certain, false},
	{"secret", doubtful, false}, {"token", doubtful, false}, {"credential", doubtful, false}, {"credentials", doubtful, false}, {"jwt", doubtful, false},
	{"authorization", random, false}, {"auth", random, true}, {"key", random, true}, {"sig", random, true}, {"signature", random, false},
	{"sessionid", random, false}, {"dockerconfigjson", random, false},
}

const (
	maxKey = 64 // longer words are no keys
	maxGap = 3  // blanks between a key, its separator and the value
)

// lastTwo are the pairs of letters that words of keyWords end with.
var lastTwo = func() (t [26 * 26]bool) {
	for _, w := range keyWords {
		n := len(w.word)
		t[int(w.word[n-2]-'a')*26+int(w.word[n-1]-'a')] = true
	}
	return t
}()

// mayGrade rules most keys out by their last two letters.
func mayGrade(key string) bool {
	last := -1
	for i := len(key) - 1; i >= 0; i-- {
		c := key[i] | 0x20
		switch {
		case c < 'a' || c > 'z':
			if last >= 0 && key[i] >= '0' && key[i] <= '9' {
				return false
			}
		case last < 0:
			last = int(c - 'a')
		default:
			return lastTwo[int(c-'a')*26+last]
		}
	}
	return false
}

// mayEnd is mayGrade for a key of which the last two bytes are known, where these say enough.
func mayEnd(a, b byte) bool {
	a, b = a|0x20, b|0x20
	if a < 'a' || a > 'z' || b < 'a' || b > 'z' {
		return true
	}
	return lastTwo[int(a-'a')*26+int(b-'a')]
}

// keyGrade grades a key.
func keyGrade(key string) grade {
	if !mayGrade(key) {
		return harmless
	}
	flat := make([]byte, 0, maxKey)
	starts := make([]bool, 0, maxKey) // whether a word begins at that byte of flat
	begin := true
	for i := range len(key) {
		c := key[i]
		if !isKeyByte(c) || c == '_' || c == '-' || c == '.' {
			begin = true
			continue
		}
		upper := c >= 'A' && c <= 'Z'
		if upper {
			begin = begin || key[i-1] >= 'a' && key[i-1] <= 'z'
			c += 'a' - 'A'
		}
		flat, starts, begin = append(flat, c), append(starts, begin), false
	}
	// DB_PASSWORD_2 and password1 are passwords too.
	flat = []byte(strings.TrimRight(string(flat), "0123456789"))
	best := harmless
	for _, w := range keyWords {
		at := len(flat) - len(w.word)
		if at < 0 || string(flat[at:]) != w.word || w.whole && !starts[at] {
			continue
		}
		if w.word == "pass" && at == 0 {
			best = max(best, random) // "pass: 3" is a test's result
			continue
		}
		best = max(best, w.grade)
	}
	return best
}

func isKeyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
}

// credentialOf reports whether value, standing in a field or variable of that
// name, is a credential.
func credentialOf(key, value string) bool {
	return len(key) <= maxKey && secretValue(keyGrade(key), true, value)
}

// separates are the bytes that may stand between a key and its value, or begin a flag.
var separates = [256]bool{'=': true, ':': true, '-': true}

// redactPairs replaces the values of KEY=VALUE, KEY: VALUE, "KEY": "VALUE",
// --flag=VALUE and --flag VALUE where the key says that they are credentials.
func redactPairs(s string) string {
	var b strings.Builder
	from := 0
	for i := 0; i < len(s); i++ {
		if !separates[s[i]] {
			continue
		}
		var g grade
		var equals bool
		at := i
		switch {
		case s[i] != '-':
			if i > from+1 && !mayEnd(s[i-2], s[i-1]) {
				continue
			}
			if g = keyGrade(keyBefore(s[from:i])); g != harmless {
				at, equals = separatorEnd(s, i)
			}
		case strings.HasPrefix(s[i:], "--"):
			g, at = flagGrade(s, i)
			equals = true
		}
		if g == harmless || at <= i {
			continue
		}
		start, end, ok := valueAt(s, at, g, equals)
		if !ok {
			continue
		}
		b.WriteString(s[from:start])
		b.WriteString(redacted)
		from = end
		if start, end, ok := becomes(s, end); ok {
			b.WriteString(s[from:start])
			b.WriteString(redacted)
			from = end
		}
		i = from - 1
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

// keyBefore returns the key that ends before a separator: maybe quoted, maybe
// with blanks between.
func keyBefore(s string) string {
	end := len(s)
	for n := 0; n < maxGap && end > 0 && s[end-1] == ' '; n++ {
		end--
	}
	for n := 0; n < maxGap+1 && end > 0 && (s[end-1] == '"' || s[end-1] == '\'' || s[end-1] == '\\' || s[end-1] == ']'); n++ {
		end--
	}
	start := end
	for start > 0 && isKeyByte(s[start-1]) {
		if start--; end-start > maxKey {
			return ""
		}
	}
	return s[start:end]
}

// separatorEnd returns where the separator at i and the blanks after it end, and
// whether it is an assignment; 0 where it is none, as in :: and ://.
func separatorEnd(s string, i int) (end int, equals bool) {
	if strings.HasPrefix(s[i:], "::") || strings.HasPrefix(s[i:], "://") || i > 0 && s[i-1] == ':' && s[i] == ':' {
		return 0, false
	}
	end = i
	for end < len(s) && end < i+maxGap && strings.IndexByte("=:>", s[end]) >= 0 {
		equals = equals || s[end] == '='
		end++
	}
	return skipBlanks(s, end), equals
}

func skipBlanks(s string, i int) int {
	for n := 0; n < maxGap && i < len(s) && (s[i] == ' ' || s[i] == '\n'); n++ {
		i++
	}
	return i
}

// flagGrade grades the flag at i where its value follows after a blank.
func flagGrade(s string, i int) (g grade, value int) {
	end := i + 2
	for end < len(s) && end < i+maxKey && isKeyByte(s[end]) {
		end++
	}
	if end >= len(s) || s[end] != ' ' {
		return harmless, 0
	}
	value = skipBlanks(s, end)
	if value >= len(s) || s[value] == '-' {
		return harmless, 0
	}
	return keyGrade(s[i+2 : end]), value
}

// valueAt finds the value at i and reports whether it is a credential. It looks
// at a bounded part of a value that it keeps, so that the whole stays linear.
func valueAt(s string, i int, g grade, equals bool) (start, end int, ok bool) {
	start = i
	for start < len(s) && s[start] == '\\' {
		start++
	}
	closing := ""
	if start < len(s) && (s[start] == '"' || s[start] == '\'') {
		closing = s[i : start+1] // an escaped quote is closed by an escaped quote
		start++
	}
	window := s[start:min(len(s), start+2*maxKey)]
	if scheme := authScheme(window); scheme > 0 {
		start += scheme
		window = s[start:min(len(s), start+2*maxKey)]
		g = certain
	}
	if !secretValue(g, equals, window[:valueLen(window, closing)]) {
		return 0, 0, false
	}
	return start, start + valueLen(s[start:], closing), true
}

// becomes finds the new value in "KEY: OLD -> NEW", behind the old one.
func becomes(s string, i int) (start, end int, ok bool) {
	for i < len(s) && (s[i] == '"' || s[i] == '\'' || s[i] == '\\') {
		i++
	}
	if !strings.HasPrefix(s[i:], " -> ") {
		return 0, 0, false
	}
	return valueAt(s, i+len(" -> "), certain, true)
}

// authScheme returns the length of an HTTP authentication scheme at the start of
// s, with its blank (IANA registry of HTTP authentication schemes).
func authScheme(s string) int {
	word, _, ok := strings.Cut(s, " ")
	if !ok {
		return 0
	}
	switch strings.ToLower(word) {
	case "basic", "bearer", "token", "digest", "negotiate", "apikey", "hmac", "aws4-hmac-sha256":
		return len(word) + 1
	}
	return 0
}

func valueLen(s, closing string) int {
	if closing != "" {
		if n := strings.Index(s, closing); n >= 0 {
			return n
		}
		return len(s)
	}
	n := strings.IndexAny(s, " \n,;&\"'\\")
	if n < 0 {
		n = len(s)
	}
	return len(strings.TrimRight(s[:n], ")}]"))
}

// secretValue reports whether a value behind a key of that grade is a credential.
func secretValue(g grade, equals bool, v string) bool {
	if v == "" || g == harmless {
		return false
	}
	switch v[0] {
	case '<', '$', '{', '[', '*', '%':
		return false // a placeholder, an object, or hidden already
	}
	if g == random || g == doubtful && !equals {
		return looksSecret(v)
	}
	return !notSecret[strings.ToLower(strings.TrimRight(v, ".:!?)"))] && !isPath(v)
}

// isPath: a file that holds a password is no secret. Random base64 has capitals.
func isPath(v string) bool {
	return len(v) > 1 && (v[0] == '/' || strings.HasPrefix(v, "./")) && strings.Trim(v, "abcdefghijklmnopqrstuvwxyz0123456789._/-") == ""
}

// notSecret are words that follow "password:" in sentences, values that say that
// there is none, and what stands for one in commands to fill in.
var notSecret = wordSet(`
	a access an and are authentication authorization because but can can't cannot could denied disabled empty enabled eof error
	expired failed failure file for from has if in incorrect invalid is it key length missing must nil no none not null
	optional or permission required rejected should string syntax that the this too true false unable unauthorized undefined
	unexpected unknown unset unsupported user value was when with wrong yes you
	password pass passwd pwd token secret credentials your-password your-token changeme`)

func wordSet(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}
