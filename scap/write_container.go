package scap

import "github.com/unloop-dev/unloop/event"

// codeContainer is the event with a container's document that every reader since 2021
// takes.
const codeContainer = 324

// WriteContainer announces a container. Its document is kept where there is one, else made from
// the fields; of a container known by its id only nothing is written. Pod, namespace
// and container name are its labels io.kubernetes.*.
func (w *Writer) WriteContainer(ts uint64, c *event.Container) error {
	doc := c.JSON
	if len(doc) == 0 {
		if c.Name == "" && c.Image == "" && len(c.Labels) == 0 && c.PodName == "" {
			return w.err
		}
		var err error
		if doc, err = c.Document(); err != nil {
			return err
		}
	}
	var b Builder
	return w.Write(&b, codeContainer, ts, -1, 0, doc)
}
