package manifest

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/unloop-dev/unloop/internal/collect/golden"
)

func TestParse_goldens(t *testing.T) {
	golden.Run(t, "*.txtar", func(t *testing.T, files []txtar.File) string {
		var b strings.Builder
		for _, f := range files {
			s, err := Parse(f.Data, f.Name, 1)
			if err != nil {
				fmt.Fprintf(&b, "error %v\n", err)
				continue
			}
			if text := golden.Text(s); text != "" {
				b.WriteString(text)
			} else {
				fmt.Fprintf(&b, "nothing in %s\n", f.Name)
			}
		}
		return b.String()
	})
}
