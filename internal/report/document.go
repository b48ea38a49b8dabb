package report

import (
	"encoding/json"
	"io"

	"sigs.k8s.io/yaml"

	"github.com/unloop-dev/unloop"
)

// JSON writes the document of docs/diagnosis-json.md: every subject that was asked
// for, the healthy ones too.
func JSON(w io.Writer, list unloop.DiagnosisList) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(clean(list).DiagnosisList)
}

// YAML writes the same document as JSON, keys in order of the alphabet.
func YAML(w io.Writer, list unloop.DiagnosisList) error {
	b, err := yaml.Marshal(clean(list).DiagnosisList)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
