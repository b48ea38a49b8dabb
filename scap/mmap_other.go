//go:build !unix

package scap

import "os"

// mapping does not exist here.
type mapping struct{}

func mapFile(*os.File, int64, int) *mapping { return nil }
func (m *mapping) extend(*window)           {}
func (m *mapping) close()                   {}
