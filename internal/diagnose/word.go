package diagnose

import "strings"

// Word makes a name safe for a command that a person may paste into a shell: the
// name itself where it is a plain word, else the placeholder. Names come from
// input that anybody may have written.
func Word(name, placeholder string) string {
	if name == "" || strings.HasPrefix(name, "-") || strings.Trim(name, wordChars) != "" {
		return placeholder
	}
	return name
}

// wordChars mean nothing to a shell, and are enough for names of objects, images,
// hosts and files.
const wordChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@+%,="
