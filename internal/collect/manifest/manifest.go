// Package manifest reads Kubernetes objects out of JSON and YAML text: whole
// manifests, `kubectl get -o json|yaml`, lists of any length, streams of
// documents, and pieces that people cut out of them.
//
// It owns the syntax: where a document begins and ends in a stream, what is an
// object and what is prose, and how much a damaged document still says. Which
// parts of an object are kept is decided by internal/facts/convert. It opens no
// files (internal/collect does) and reads no tables or describe texts
// (internal/collect/paste does).
//
// A list is decoded item by item while it is read, so that memory grows with
// what is kept and not with the input. Values of Secrets and ConfigMaps are
// replaced by empty strings before anything decodes them.
package manifest

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"sync"

	"github.com/unloop-dev/unloop/internal/facts"
)

// Parse reads all objects of data, which is JSON, YAML or a stream of both;
// prose between documents is passed over. input names the text for messages and
// sources, and line is the number of its first line there, from 1.
//
// What could not be read is listed in the snapshot's Skipped. The error is not
// nil where there was no object at all.
func Parse(data []byte, input string, line int) (*facts.Snapshot, error) {
	res := (*Pool)(nil).Open(Input{Name: input, Line: line})
	if err := res.Read(context.Background(), bytes.NewReader(data)); err != nil {
		return nil, err
	}
	if err := res.Empty(); err != nil {
		return nil, err
	}
	return res.Snapshot(), nil
}

// Looks reports whether a text begins with a YAML manifest, of which head is the
// start. JSON is for the caller to see.
func Looks(head []byte) bool {
	for len(head) > 0 {
		line, rest, _ := bytes.Cut(head, newline)
		c := classify(line)
		if c == member || c == entry {
			return rootKey().Match(line) && named().Match(head)
		}
		if c != boundary && len(bytes.TrimSpace(line)) > 0 && line[0] != '#' && line[0] != '%' {
			return false
		}
		head = rest
	}
	return false
}

// Piece reports whether the whole of text is one sound document that is, or was
// cut out of, an object.
func Piece(text []byte) bool {
	if len(text) > maxPieceBytes {
		return false
	}
	first := bytes.TrimLeft(text, " \t\r\n")
	if len(first) == 0 || first[0] != '{' && first[0] != '[' && !yamlKey().Match(first) && first[0] != '-' {
		return false
	}
	raw, mended, err := fromYAML(nil, text)
	if err != nil || len(mended) > 0 {
		return false
	}
	if raw[0] == '[' {
		return fragment(raw) != nil
	}
	var top members
	return json.Unmarshal(raw, &top) == nil && (present(top["kind"]) && present(top["apiVersion"]) || top.shape() != nil)
}

// maxPieceBytes bounds what Piece parses: it is asked about every short text.
const maxPieceBytes = 64 << 10

var (
	// rootKey are the members that an object or a large part of one begins with.
	rootKey = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:- )?"?(?:apiVersion|kind|items|metadata|spec|status|data|type)"?:`)
	})
	// named finds the kind of an object, at the margin or in an item of a list.
	named = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^(?:- |  )?"?(?:apiVersion|kind)"?: *["']?[A-Za-z]`)
	})
)

// Input says what is read.
type Input struct {
	// Name is used in messages and sources.
	Name string
	// Line is the number of the first line, from 1; 0 is 1.
	Line int
	// Text is called for each line, with its newline, that belongs to no document,
	// in input order. A line beyond 1 MiB comes in pieces. The bytes are valid
	// during the call only. Nil passes the text over.
	Text func(line []byte, number int) error
}

// List is one list object of the input.
type List struct {
	// Kind is that of its items, such as Pod; "" for a list of any kinds.
	Kind string
	// Partial: the API server cut the list (metadata.continue), or the input ended in it.
	Partial bool
	// Namespace is that of all its items; "" where they have none or several.
	Namespace string
	Items     int

	apiVersion string
	parts      []*part
}
