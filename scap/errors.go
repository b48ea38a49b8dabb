package scap

import (
	"errors"
	"fmt"
)

// The classes of what can be wrong with a capture. A FormatError wraps one of them.
var (
	// ErrTruncated: the file ends inside of something.
	ErrTruncated = errors.New("truncated")
	// ErrCorrupt: the bytes contradict the format.
	ErrCorrupt = errors.New("corrupt")
	// ErrUnsupported: the format is known and this package does not read it.
	ErrUnsupported = errors.New("unsupported")
)

// FormatError tells where a capture breaks the format.
type FormatError struct {
	// Offset is the position in the decompressed stream, in bytes.
	Offset int64
	// Block is the number of the block type, 0 outside of blocks.
	Block uint32
	// Field names what was read.
	Field string
	// Err is ErrTruncated, ErrCorrupt or ErrUnsupported, or wraps one of them.
	Err error
}

// Error implements error.
func (e *FormatError) Error() string {
	if e.Block == 0 {
		return fmt.Sprintf("capture: offset %d: %s: %v", e.Offset, e.Field, e.Err)
	}
	return fmt.Sprintf("capture: offset %d: %s block: %s: %v", e.Offset, BlockName(e.Block), e.Field, e.Err)
}

// Unwrap gives the class of the error.
func (e *FormatError) Unwrap() error { return e.Err }
