package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"runtime"
)

// members compresses what is written in independent gzip members, side by side, and
// keeps their order.
type members struct {
	w     io.Writer
	level int
	size  int
	part  []byte
	queue chan chan []byte
	done  chan error
}

func newMembers(w io.Writer, level, size int) *members {
	m := &members{w: w, level: level, size: size, queue: make(chan chan []byte, runtime.GOMAXPROCS(0)), done: make(chan error, 1)}
	go func() {
		var err error
		for packed := range m.queue {
			b := <-packed
			if err == nil {
				_, err = m.w.Write(b)
			}
		}
		m.done <- err
	}()
	return m
}

func (m *members) Write(b []byte) (int, error) {
	m.part = append(m.part, b...)
	if len(m.part) >= m.size {
		m.pack()
	}
	return len(b), nil
}

func (m *members) pack() {
	part := m.part
	m.part = make([]byte, 0, m.size+flushAt)
	packed := make(chan []byte, 1)
	m.queue <- packed
	go func() {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, m.level) // the level was checked
		_, _ = z.Write(part)                     // a buffer takes everything
		_ = z.Close()
		packed <- b.Bytes()
	}()
}

func (m *members) Close() error {
	if len(m.part) > 0 {
		m.pack()
	}
	close(m.queue)
	return <-m.done
}
