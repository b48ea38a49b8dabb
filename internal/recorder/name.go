package recorder

import (
	"context"
	"errors"
	"time"

	"github.com/unloop-dev/unloop/internal/node"
)

// wakeNamer tells the namer that there is a new container.
func (r *Recorder) wakeNamer() {
	select {
	case r.writer.opened <- struct{}{}:
	default: // it was told already
	}
}

// name looks for the names of new containers, at once and then every second while they are
// not sure, so that rings of one workload are kept together and captures need not wait.
func (r *Recorder) name(ctx context.Context) {
	tick := time.NewTicker(namingPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.writer.opened:
		case <-tick.C:
		}
		for _, s := range r.unnamed() {
			r.resolve(s)
		}
	}
}

// A container that has no name after firstTries belongs to no pod of the kubelet's, or to
// one whose folder cannot be read; then it is looked for every laterPause only.
const (
	firstTries = 10
	laterPause = 30 * time.Second
)

// unnamed are the containers that live and whose name is not sure.
func (r *Recorder) unnamed() []*slot {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*slot
	for _, s := range r.slots {
		if !s.gone && !s.named() && !s.pause && !s.group.Monitor && (s.tries < firstTries || time.Since(s.tried) > laterPause) {
			out = append(out, s)
		}
	}
	return out
}

// resolve looks for the name of a container and tells it to the rings. It may read folders
// and is called without mu.
func (r *Recorder) resolve(s *slot) {
	if r.cfg.Names == nil {
		return
	}
	r.mu.Lock()
	group, had := s.group, s.name
	r.mu.Unlock()
	if group.PodUID == "" || had.Sure {
		return
	}
	name, err := r.cfg.Names.Find(group)
	r.mu.Lock()
	defer r.mu.Unlock()
	s.tried = time.Now()
	s.tries++
	switch {
	case err == nil && name != s.name:
		s.name = name
		r.kept.Name(s.id, s.container())
	case err != nil && !errors.Is(err, node.ErrUnknown):
		r.meters.nameErrors.Inc()
		r.once("names", "names cannot be looked up: %v", err)
	}
}

// image asks for the image of a container once its pod is known.
func (r *Recorder) image(ctx context.Context, s *slot) {
	r.mu.Lock()
	name, id, had := s.name, s.group.Container, s.image
	r.mu.Unlock()
	if r.cfg.Image == nil || name.Pod == "" || had != "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	image, err := r.cfg.Image(ctx, name, id)
	if err != nil {
		r.once("image", "images cannot be looked up: %v", err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.image = image
	r.kept.Name(s.id, s.container())
}
