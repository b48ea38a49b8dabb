package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// wholeScreen reports whether a program uses the terminal as a whole: it turned line
// editing off, as editors, pagers and shells do.
func wholeScreen(tty *os.File) bool {
	t, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	return err != nil || t.Lflag&unix.ICANON == 0
}
