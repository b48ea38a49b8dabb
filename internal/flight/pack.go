package flight

import (
	"fmt"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// packer compresses segments and reads them back. It keeps its tables, so that there is
// one for a Recorder and one for each Moment that is written.
type packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
	buf []byte
}

// fastNanos is how quickly a segment must have filled to be compressed by s2 rather than
// zstd. Measured on made-up calls of a mixed node (4.8 and 3.6 to 1), zstd takes three times
// as long, which is worth its longer history where calls are few.
const fastNanos = 250_000_000

// packFast is pack for what comes quickly.
func (p *packer) packFast(b []byte) []byte {
	if n := s2.MaxEncodedLen(len(b)); cap(p.buf) < n {
		p.buf = make([]byte, n)
	}
	out := s2.Encode(p.buf[:cap(p.buf)], b)
	if len(out) >= len(b) {
		return nil
	}
	return append(make([]byte, 0, len(out)), out...)
}

// unpackFast gives what packFast was given, in memory of its own.
func (p *packer) unpackFast(b []byte, raw int) ([]byte, error) {
	n, err := s2.DecodedLen(b)
	if err != nil {
		return nil, fmt.Errorf("a packed segment: %w", err)
	}
	if n != raw {
		return nil, fmt.Errorf("a packed segment has %d bytes instead of %d", n, raw)
	}
	return s2.Decode(make([]byte, raw), b)
}

// pack returns b compressed, in memory of exactly the size; nil where it would not become
// smaller.
func (p *packer) pack(b []byte) []byte {
	if p.enc == nil {
		// One worker and no stream: EncodeAll runs in the caller's goroutine. The options are
		// constant, so that there is no error.
		p.enc, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(packWindow), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
	}
	p.buf = p.enc.EncodeAll(b, p.buf[:0])
	if len(p.buf) >= len(b) {
		return nil
	}
	return append(make([]byte, 0, len(p.buf)), p.buf...)
}

// packWindow is how far back matches reach: all of a segment of the usual size.
const packWindow = 64 << 10

// unpack gives what pack was given, in memory of its own.
func (p *packer) unpack(b []byte, raw int) ([]byte, error) {
	if p.dec == nil {
		var err error
		p.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, err
		}
	}
	out, err := p.dec.DecodeAll(b, make([]byte, 0, raw))
	if err == nil && len(out) != raw {
		err = fmt.Errorf("%d bytes instead of %d", len(out), raw)
	}
	return out, err
}

// close ends what the packer uses.
func (p *packer) close() {
	if p.dec != nil {
		p.dec.Close()
		p.dec = nil
	}
}
