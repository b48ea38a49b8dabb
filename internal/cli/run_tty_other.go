//go:build !linux

package cli

import "os"

// wholeScreen is true where that is not known: no bar is better than one in a picture.
func wholeScreen(*os.File) bool { return true }
