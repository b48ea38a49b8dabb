package cli

import (
	"bytes"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// screen is a terminal that the test and the progress line's timer share.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b screen
		env := &Env{Err: &b, ErrTerminal: true, Getenv: func(string) string { return "" }}
		p := startProgress(env, "reading a")
		p.say("reading %d", 1)
		time.Sleep(progressAfter / 2)
		synctest.Wait()
		if b.String() != "" {
			t.Errorf("too early: %q", b.String())
		}
		time.Sleep(progressAfter)
		synctest.Wait()
		p.say("reading %d", 2)
		p.stop()
		p.say("after the end")
		if got, want := b.String(), "\r\x1b[Kreading 1\r\x1b[Kreading 2\r\x1b[K"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestProgress_quick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b screen
		p := startProgress(&Env{Err: &b, ErrTerminal: true, Getenv: func(string) string { return "" }}, "x")
		p.stop()
		time.Sleep(2 * progressAfter)
		synctest.Wait()
		if b.String() != "" {
			t.Errorf("got %q", b.String())
		}
	})
}

func TestProgress_noTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b screen
		p := startProgress(&Env{Err: &b, Getenv: func(string) string { return "" }}, "x")
		time.Sleep(2 * progressAfter)
		synctest.Wait()
		p.stop()
		if b.String() != "" {
			t.Errorf("got %q", b.String())
		}
	})
}
