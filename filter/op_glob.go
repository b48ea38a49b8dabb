package filter

import "strings"

// globMatch reports whether text fits a shell pattern: * is any number of characters,
// slashes included, ? is one, [...] is one of a class ([!...] none of it, a-z a range),
// a backslash takes the meaning off the next character. Bytes are compared, so that ?
// and classes fit ASCII. It takes at most len(pattern) * len(text) steps.
func globMatch(pattern, text string, fold bool) bool {
	p, t := 0, 0
	star, mark := -1, 0
	for t < len(text) {
		if p < len(pattern) {
			if pattern[p] == '*' {
				star, mark = p, t
				p++
				continue
			}
			if n, ok := globOne(pattern[p:], text[t], fold); ok {
				p += n
				t++
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark++
		p, t = star+1, mark
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// globOne matches c with the first element of the pattern and returns its length.
func globOne(pattern string, c byte, fold bool) (int, bool) {
	switch pattern[0] {
	case '?':
		return 1, true
	case '[':
		if n, ok, whole := globClass(pattern, c, fold); whole {
			return n, ok
		}
	case '\\':
		if len(pattern) > 1 {
			return 2, same(pattern[1], c, fold)
		}
	}
	return 1, same(pattern[0], c, fold)
}

// globClass matches c with the class that the pattern begins with; whole is false
// where it is never closed and the bracket stands for itself.
func globClass(pattern string, c byte, fold bool) (n int, ok, whole bool) {
	i := 1
	negate := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negate {
		i++
	}
	found := false
	for first := true; i < len(pattern); first = false {
		lo := pattern[i]
		if lo == ']' && !first {
			return i + 1, found != negate, true
		}
		if lo == '[' && strings.HasPrefix(pattern[i:], "[:") {
			if end := strings.Index(pattern[i:], ":]"); end > 0 {
				found = found || named(pattern[i+2:i+end], c)
				i += end + 2
				continue
			}
		}
		if lo == '\\' && i+1 < len(pattern) {
			i++
			lo = pattern[i]
		}
		hi := lo
		if i+2 < len(pattern) && pattern[i+1] == '-' && pattern[i+2] != ']' {
			hi = pattern[i+2]
			i += 2
		}
		i++
		if lo <= c && c <= hi || fold && (lo <= lower(c) && lower(c) <= hi || lo <= upper(c) && upper(c) <= hi) {
			found = true
		}
	}
	return 0, false, false
}

func named(class string, c byte) bool {
	letter, digit := isLetter(c) && c != '_', isDigit(c)
	switch class {
	case "alpha":
		return letter
	case "digit":
		return digit
	case "alnum":
		return letter || digit
	case "upper":
		return c >= 'A' && c <= 'Z'
	case "lower":
		return c >= 'a' && c <= 'z'
	case "space":
		return isBlank(c)
	case "punct":
		return printable(c) && c != ' ' && !letter && !digit
	case "xdigit":
		_, ok := hexDigit(c)
		return ok
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}

func same(a, b byte, fold bool) bool {
	return a == b || fold && lower(a) == lower(b)
}
