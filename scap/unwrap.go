package scap

import (
	"io"
)

// Unwrap reads what is inside of a capture's wrapping, gzip, zstd or lz4, or the file
// itself where it has none, with the name of the wrapping. It is for tools that look at
// the blocks themselves; a cut stream ends with io.ErrUnexpectedEOF.
func Unwrap(r io.Reader) (io.ReadCloser, string, error) {
	src, name, err := openSource(r, nil, 0, 1)
	if err != nil {
		return nil, "", err
	}
	return &unwrapped{src}, name, nil
}

type unwrapped struct{ src source }

func (u *unwrapped) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return u.src.read(p)
}

func (u *unwrapped) Close() error {
	u.src.close()
	return nil
}
