package cli

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progressAfter is how long work is left alone before a line says what is done.
const progressAfter = time.Second

// progress shows on a terminal what is being done, on one line that is gone
// afterwards. The zero value shows nothing.
type progress struct {
	w     io.Writer
	timer *time.Timer

	mu    sync.Mutex
	text  string
	shown bool
	done  bool
}

// startProgress shows text, and what say gives later, once a second has passed.
// The caller must call stop.
func startProgress(env *Env, text string) *progress {
	p := &progress{text: text}
	if !env.ErrTerminal || env.Getenv("TERM") == "dumb" {
		return p
	}
	p.w = env.Err
	p.timer = time.AfterFunc(progressAfter, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.shown = true
		p.draw()
	})
	return p
}

// say changes the text.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = fmt.Sprintf(format, args...)
	if p.shown {
		p.draw()
	}
}

func (p *progress) draw() {
	if p.w != nil && !p.done {
		fmt.Fprintf(p.w, "\r\x1b[K%s", p.text)
	}
}

// stop removes the line.
func (p *progress) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown && !p.done {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.done = true
}
