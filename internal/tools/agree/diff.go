package main

import (
	"strconv"
	"strings"
)

// reach is how far diff looks for the line where the two outputs meet again.
const reach = 200

// diff calls do for every line that is in one of the outputs only, or that differs.
func diff(ours, theirs []string, do func(our, their string, hasOur, hasTheir bool)) {
	i, k := 0, 0
	for i < len(ours) && k < len(theirs) {
		if ours[i] == theirs[k] {
			i++
			k++
			continue
		}
		if number(ours[i]) == number(theirs[k]) {
			do(ours[i], theirs[k], true, true)
			i++
			k++
			continue
		}
		// Events come in the order of their numbers, so the smaller one is missing on
		// the other side.
		n, err1 := strconv.Atoi(number(ours[i]))
		m, err2 := strconv.Atoi(number(theirs[k]))
		if err1 == nil && err2 == nil {
			if n < m {
				do(ours[i], "", true, false)
				i++
			} else {
				do("", theirs[k], false, true)
				k++
			}
			continue
		}
		di, dk := meet(ours[i:], theirs[k:])
		for range di {
			do(ours[i], "", true, false)
			i++
		}
		for range dk {
			do("", theirs[k], false, true)
			k++
		}
		if di == 0 && dk == 0 {
			do(ours[i], theirs[k], true, true)
			i++
			k++
		}
	}
	for ; i < len(ours); i++ {
		do(ours[i], "", true, false)
	}
	for ; k < len(theirs); k++ {
		do("", theirs[k], false, true)
	}
}

// number is the first word of a line, which is the event's number in most forms, or
// the number in an object.
func number(line string) string {
	if _, rest, ok := strings.Cut(line, `"evt.num":`); ok && line[0] == '{' {
		n, _, _ := strings.Cut(rest, ",")
		return n
	}
	n, _, _ := strings.Cut(line, " ")
	return n
}

// meet tells how many lines to leave out on either side until the first words agree.
func meet(ours, theirs []string) (int, int) {
	for d := 1; d < reach; d++ {
		for a := 0; a <= d; a++ {
			if b := d - a; a < len(ours) && b < len(theirs) && number(ours[a]) == number(theirs[b]) {
				return a, b
			}
		}
	}
	return 0, 0
}
