package kube

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// transport learns the server's clock and bounds answers.
type transport struct {
	next  http.RoundTripper
	clock *clock
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	t.clock.learn(resp.Header.Get("Date"))
	resp.Body = &bounded{resp.Body, maxAnswerBytes}
	return resp, nil
}

type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("answer is larger than %d MiB", maxAnswerBytes>>20)
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}

// clock tells the server's time: statuses and events carry it, and this machine's
// own may be wrong.
type clock struct {
	mu    sync.Mutex
	known bool
	skew  time.Duration
}

// minSkew is the smallest difference that is believed: a Date header has whole
// seconds and is as old as the way back.
const minSkew = 2 * time.Second

func (c *clock) learn(date string) {
	t, err := http.ParseTime(date)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if skew := time.Until(t).Round(time.Second); !c.known {
		c.known = true
		if skew.Abs() >= minSkew {
			c.skew = skew
		}
	}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.skew).UTC()
}

// connections keeps the connections of one reading, to end them with it: HTTP/2
// gives up only those that it knows to be idle at that moment.
type connections struct {
	// dial is the configuration's own way, where it has one.
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu   sync.Mutex
	all  []net.Conn
	done bool
}

// dialTimeout is how long a server may take to accept a connection.
const dialTimeout = 10 * time.Second

func (c *connections) open(ctx context.Context, network, address string) (net.Conn, error) {
	dial := c.dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done {
		conn.Close()
		return nil, net.ErrClosed
	}
	c.all = append(c.all, conn)
	return conn, nil
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = true
	for _, conn := range c.all {
		conn.Close()
	}
}
