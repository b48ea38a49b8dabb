package manifest

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// encoder writes YAML nodes as JSON. Aliases are expanded within limit.
type encoder struct {
	out   []byte
	limit int
	// hide: the scalars of the mapping at depth 2 are values to blank.
	hide bool
	// merges counts mappings merged by `<<`.
	merges int
}

// maxMerges bounds them: a mapping may merge itself.
const maxMerges = 1000

// node writes one node; depth counts the open JSON objects and arrays.
func (e *encoder) node(n *yaml.Node, depth int) error {
	if depth > maxDepth {
		return errDeep
	}
	if len(e.out) > e.limit {
		return errAliases
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return e.node(n.Content[0], depth)
	case yaml.AliasNode:
		if n.Alias == nil {
			return errAliases
		}
		// An anchor that contains its own alias ends at the depth bound.
		return e.node(n.Alias, depth)
	case yaml.SequenceNode:
		e.out = append(e.out, '[')
		for i, c := range n.Content {
			if i > 0 {
				e.out = append(e.out, ',')
			}
			if err := e.node(c, depth+1); err != nil {
				return err
			}
		}
		e.out = append(e.out, ']')
	case yaml.MappingNode:
		e.out = append(e.out, '{')
		first := true
		if err := e.members(n, depth+1, &first); err != nil {
			return err
		}
		e.out = append(e.out, '}')
	default:
		e.scalar(n, depth)
	}
	return nil
}

// members writes the members of a mapping, those merged by `<<` before its own,
// which therefore win.
func (e *encoder) members(n *yaml.Node, depth int, first *bool) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			if err := e.merge(n.Content[i+1], depth, first); err != nil {
				return err
			}
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Tag == "!!merge" || key.Kind != yaml.ScalarNode {
			continue
		}
		if !*first {
			e.out = append(e.out, ',')
		}
		*first = false
		e.quote(key.Value)
		e.out = append(e.out, ':')
		if depth == 1 {
			e.hide = slices.Contains(hidden, key.Value)
		}
		if err := e.node(n.Content[i+1], depth); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) merge(n *yaml.Node, depth int, first *bool) error {
	if e.merges++; e.merges > maxMerges || len(e.out) > e.limit {
		return errAliases
	}
	switch {
	case n.Kind == yaml.AliasNode && n.Alias != nil:
		return e.merge(n.Alias, depth, first)
	case n.Kind == yaml.MappingNode:
		return e.members(n, depth, first)
	case n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			if err := e.merge(c, depth, first); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *encoder) scalar(n *yaml.Node, depth int) {
	if depth == 2 && e.hide {
		e.out = append(e.out, `""`...)
		return
	}
	switch n.ShortTag() {
	case "!!null":
		e.out = append(e.out, "null"...)
		return
	case "!!bool":
		e.out = strconv.AppendBool(e.out, strings.EqualFold(n.Value, "true"))
		return
	case "!!int":
		if v, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64); err == nil {
			e.out = strconv.AppendInt(e.out, v, 10)
			return
		}
	case "!!float":
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) {
			e.out = strconv.AppendFloat(e.out, v, 'g', -1, 64)
			return
		}
	}
	e.quote(n.Value)
}

const hexDigits = "0123456789abcdef"

// quote writes a JSON string.
func (e *encoder) quote(s string) {
	e.out = append(e.out, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		e.out = append(e.out, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			e.out = append(e.out, '\\', c)
		case '\n':
			e.out = append(e.out, '\\', 'n')
		default:
			e.out = append(e.out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	e.out = append(e.out, s[from:]...)
	e.out = append(e.out, '"')
}
