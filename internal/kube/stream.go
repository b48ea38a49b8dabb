package kube

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// A list in protobuf is, from the outside in (k8s.io/apimachinery v0.37
// pkg/runtime/serializer/protobuf, pkg/runtime/generated.proto, and every List
// message of k8s.io/api):
//
//	"k8s\0"
//	Unknown { 1: TypeMeta, 2: raw, ... }     raw is the list
//	XList   { 1: ListMeta, 2: X, 2: X, ... }
//
// Reading it item by item keeps one object in memory instead of a page in three
// copies.

// protobufPrefix begins every answer in protobuf.
var protobufPrefix = []byte("k8s\x00")

const (
	// maxItemBytes bounds one object: etcd takes 1.5 MiB (its --max-request-bytes), the
	// API server 3 MiB.
	maxItemBytes = 16 << 20
	// maxMetaBytes bounds what stands beside the objects.
	maxMetaBytes = 1 << 20

	lengthDelimited = 2 // the wire type of messages, strings and bytes
)

// errNoProtobuf: the answer is in another form.
var errNoProtobuf = errors.New("not protobuf")

// readList hands over the items of a list one after the other. The bytes are
// good during the call only. It reads nothing of a list of another kind.
func readList(body *bufio.Reader, kind string, item func([]byte) error) (metav1.ListMeta, error) {
	var m metav1.ListMeta
	prefix, err := body.Peek(len(protobufPrefix))
	if !bytes.Equal(prefix, protobufPrefix) {
		return m, errors.Join(errNoProtobuf, err)
	}
	if _, err := body.Discard(len(protobufPrefix)); err != nil {
		return m, err
	}
	outer := section{r: body, left: math.MaxInt64, open: true}
	var typ runtime.TypeMeta
	for {
		field, size, err := outer.next()
		if err == io.EOF {
			return m, fmt.Errorf("answer without %s", kind)
		}
		if err != nil {
			return m, err
		}
		switch field {
		case 1:
			raw, err := outer.bytes(size, maxMetaBytes)
			if err != nil {
				return m, err
			}
			if err := typ.Unmarshal(raw); err != nil {
				return m, err
			}
		case 2:
			if typ.Kind != kind {
				return m, fmt.Errorf("asked for %s, got %s", kind, typ.Kind)
			}
			err := readItems(section{r: body, left: size}, &m, item)
			return m, err
		default:
			if err := outer.skip(size); err != nil {
				return m, err
			}
		}
	}
}

func readItems(list section, m *metav1.ListMeta, item func([]byte) error) error {
	for {
		field, size, err := list.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch field {
		case 1:
			raw, err := list.bytes(size, maxMetaBytes)
			if err != nil {
				return err
			}
			if err := m.Unmarshal(raw); err != nil {
				return err
			}
		case 2:
			raw, err := list.bytes(size, maxItemBytes)
			if err != nil {
				return err
			}
			if err := item(raw); err != nil {
				return err
			}
		default:
			if err := list.skip(size); err != nil {
				return err
			}
		}
	}
}

// section is a message that is being read, of which left bytes remain; an open
// one ends with the stream.
type section struct {
	r    *bufio.Reader
	left int64
	open bool
	buf  []byte
}

// ReadByte lets encoding/binary read numbers.
func (s *section) ReadByte() (byte, error) {
	if s.left <= 0 {
		return 0, io.EOF
	}
	s.left--
	b, err := s.r.ReadByte()
	if err == io.EOF && !s.open {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// next reads the head of a field. io.EOF is the end of the message.
func (s *section) next() (field, size int64, err error) {
	tag, err := binary.ReadUvarint(s)
	if err != nil {
		return 0, 0, err
	}
	n, err := binary.ReadUvarint(s)
	switch {
	case err == io.EOF:
		return 0, 0, io.ErrUnexpectedEOF
	case err != nil:
		return 0, 0, err
	case tag&7 != lengthDelimited || n > uint64(s.left):
		return 0, 0, fmt.Errorf("malformed list")
	}
	return int64(tag >> 3), int64(n), nil
}

// bytes reads a field's value; it is good until the next call.
func (s *section) bytes(size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, fmt.Errorf("an object of %d MiB is larger than any API server takes", size>>20)
	}
	if int64(cap(s.buf)) < size {
		s.buf = make([]byte, size, size+size/2)
	}
	s.left -= size
	_, err := io.ReadFull(s.r, s.buf[:size])
	if err == io.EOF && size > 0 {
		err = io.ErrUnexpectedEOF
	}
	return s.buf[:size], err
}

func (s *section) skip(size int64) error {
	s.left -= size
	_, err := io.CopyN(io.Discard, s.r, size)
	return err
}

// without appends a message to dst, leaving out the field that path leads to. A
// malformed message is appended as it is: decoding says what is wrong with it.
func without(dst, message []byte, path ...uint64) []byte {
	start, rest := len(dst), message
	for len(rest) > 0 {
		tag, head, size := nextField(rest)
		if size < 0 {
			return append(dst[:start], message...)
		}
		switch {
		case tag != path[0]<<3|lengthDelimited:
			dst = append(dst, rest[:head+size]...)
		case len(path) > 1:
			inner := without(nil, rest[head:head+size], path[1:]...)
			dst = binary.AppendUvarint(dst, tag)
			dst = binary.AppendUvarint(dst, uint64(len(inner)))
			dst = append(dst, inner...)
		}
		rest = rest[head+size:]
	}
	return dst
}

// nextField measures the first field of a message: its head and its value. A
// size below 0 means a malformed message.
func nextField(b []byte) (tag uint64, head, size int) {
	tag, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, 0, -1
	}
	head, size = n, -1
	switch tag & 7 {
	case 0:
		if _, n := binary.Uvarint(b[head:]); n > 0 {
			size = n
		}
	case 1:
		size = 8
	case lengthDelimited:
		if l, n := binary.Uvarint(b[head:]); n > 0 && l <= maxItemBytes {
			head, size = head+n, int(l)
		}
	case 5:
		size = 4
	}
	if head+size > len(b) {
		size = -1
	}
	return tag, head, size
}
