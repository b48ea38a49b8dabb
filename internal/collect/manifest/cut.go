package manifest

// closeCut closes the brackets of a JSON value that ends in the middle, behind
// the last member or element that is whole.
func closeCut(text []byte) []byte {
	var open []byte
	safe := 0
	key := false
	for i := 0; i < len(text) && len(open) <= maxDepth; {
		switch c := text[i]; c {
		case '{', '[':
			open = append(open, c+2) // the closing bracket is two behind in ASCII
			key = c == '{'
			i++
			safe = i
			continue
		case '}', ']':
			if len(open) == 0 {
				return text[:safe]
			}
			open = open[:len(open)-1]
			i++
			safe = i
			continue
		case ',':
			safe = i
			key = len(open) > 0 && open[len(open)-1] == '}'
		case ':':
			key = false
		case '"':
			end := stringEnd(text, i+1)
			if end < 0 || end > len(text) {
				i = len(text)
				continue
			}
			i = end
			if !key {
				safe = i
			}
			continue
		}
		i++
	}
	out := append([]byte(nil), text[:safe]...)
	for i := len(open) - 1; i >= 0; i-- {
		out = append(out, open[i])
	}
	return out
}
