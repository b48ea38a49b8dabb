// Package spelling measures how far apart two words are, so that a typing error gets a
// suggestion. It knows no words of its own.
package spelling

// MaxWord is the length in bytes from which on words are not compared: work is in
// proportion to the product of both lengths.
const MaxWord = 128

// Distance counts the letters to insert, remove, change or swap with their neighbour to
// make b of a; limit+1 stands for more than limit, and for words longer than MaxWord.
func Distance(a, b string, limit int) int {
	if limit < 0 || len(a) > MaxWord || len(b) > MaxWord || len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	var rows [3][MaxWord + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			d := 1
			if a[i-1] == b[j-1] {
				d = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+d)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit+1)
}

// Nearest returns the candidate that is closest to word, the first of several, or ""
// where more than limit letters differ from each.
func Nearest(word string, limit int, candidates func(yield func(string) bool)) string {
	best := ""
	for c := range candidates {
		if d := Distance(word, c, limit); d <= limit {
			if best, limit = c, d-1; d == 0 {
				break
			}
		}
	}
	return best
}
