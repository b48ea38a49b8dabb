package scap

import (
	"bufio"
	"errors"
	"io"
	"runtime"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// openSource recognises the wrapping by its first bytes, never by a name.
func openSource(s io.Reader, at io.ReaderAt, size int64, workers int) (source, string, error) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var magic [4]byte
	if at != nil {
		n, err := at.ReadAt(magic[:], 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, "", err
		}
		switch wrapping(magic[:n]) {
		case "gzip":
			return newGzipFile(at, size, workers), "gzip", nil
		case "":
			return &plainSource{r: s}, "", nil
		}
	}
	c := &counter{r: s}
	br := bufio.NewReaderSize(c, 64<<10)
	head, err := br.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	name := wrapping(head)
	switch name {
	case "gzip":
		return readAhead(newGzipStream(br), c, workers), name, nil
	case "zstd":
		z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(workers),
			zstd.WithDecoderMaxWindow(64<<20), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, "", err
		}
		return &decoderSource{r: z, c: c, stop: z.Close}, name, nil
	case "lz4":
		return readAhead(newLZ4(br), c, workers), name, nil
	}
	return &plainSource{r: br, c: c}, "", nil
}

// wrapping names the compression that begins with b.
func wrapping(b []byte) string {
	switch {
	case len(b) >= 2 && b[0] == 0x1F && b[1] == 0x8B:
		return "gzip"
	case len(b) >= 4 && b[0] == 0x28 && b[1] == 0xB5 && b[2] == 0x2F && b[3] == 0xFD:
		return "zstd"
	case len(b) >= 4 && b[0] == 0x04 && b[1] == 0x22 && b[2] == 0x4D && b[3] == 0x18:
		return "lz4"
	}
	return ""
}

// counter counts bytes read. Decoders may read in goroutines of their own.
type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// plainSource is an uncompressed stream.
type plainSource struct {
	r io.Reader
	c *counter
}

func (s *plainSource) read(p []byte) (int, error) { return readSome(s.r, p) }
func (s *plainSource) members() int               { return 0 }
func (s *plainSource) consumed() int64 {
	if s.c == nil {
		return 0
	}
	return s.c.n.Load()
}
func (s *plainSource) close() {}

// readSome is Read without the case of 0, nil, which a broken reader may repeat for ever.
func readSome(r io.Reader, p []byte) (int, error) {
	for range 100 {
		if n, err := r.Read(p); n > 0 || err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

// decoderSource is a stream behind a decoder that reads ahead by itself.
type decoderSource struct {
	r    io.Reader
	c    *counter
	stop func()
	any  bool
}

func (s *decoderSource) read(p []byte) (int, error) {
	n, err := readSome(s.r, p)
	s.any = s.any || n > 0
	if err != nil && err != io.EOF {
		err = decodeError(err)
	}
	return n, err
}

// decodeError maps what a decoder says to the two cases that matter here: the stream is
// cut, or nothing more can be had from it for another reason.
func decodeError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return io.ErrUnexpectedEOF
	}
	var corrupt interface{ Timeout() bool }
	if errors.As(err, &corrupt) {
		return err // of the network or the file, not of the decoder
	}
	return errors.Join(io.ErrUnexpectedEOF, err)
}

func (s *decoderSource) members() int    { return 1 }
func (s *decoderSource) consumed() int64 { return s.c.n.Load() }
func (s *decoderSource) close()          { s.stop() }
