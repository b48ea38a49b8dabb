package manifest

import (
	"runtime"
	"sync"
)

const (
	// batchBytes is how much text is decoded in one go: enough that handing it over
	// costs nothing, little enough that workers share a list evenly.
	batchBytes = 256 << 10
	// maxWorkers: decoding beyond this waits for the one goroutine that splits.
	maxWorkers = 4
)

// Pool decodes the objects of several inputs on a few goroutines. A nil Pool
// decodes on the caller's.
type Pool struct {
	jobs    chan *batch
	free    chan []byte
	workers sync.WaitGroup
	// window is the memory of the last Read, for the next.
	window []byte
}

// NewPool starts the workers; Close ends them.
func NewPool() *Pool {
	n := min(runtime.GOMAXPROCS(0), maxWorkers)
	p := &Pool{jobs: make(chan *batch, n), free: make(chan []byte, 2*n+1)}
	for range n {
		p.workers.Go(func() {
			w := new(worker)
			for b := range p.jobs {
				w.decode(b)
				p.recycle(b)
				b.work.Done()
			}
		})
	}
	return p
}

// Close waits for the workers to finish what was handed to them. No Read may
// run or follow.
func (p *Pool) Close() {
	close(p.jobs)
	p.workers.Wait()
}

// Open prepares for one input. One Result reads at a time.
func (p *Pool) Open(in Input) *Result { return &Result{input: in, pool: p} }

func (p *Pool) buffer() []byte {
	if p != nil {
		select {
		case b := <-p.free:
			return b
		default:
		}
	}
	return nil
}

func (p *Pool) recycle(b *batch) {
	if cap(b.buf) > 4*batchBytes {
		return
	}
	select {
	case p.free <- b.buf[:0]:
	default:
	}
}
