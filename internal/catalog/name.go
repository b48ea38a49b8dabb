package catalog

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// Names are
//
//	NAMESPACE/TIME_POD_CONTAINER_TRIGGER_NODE-RANDOM.scap.gz
//
// with TIME in UTC down to the nanosecond, so that they sort. Names of Kubernetes have no
// underscore (RFC 1123 labels and subdomains), so that none needs escaping. "-" stands for
// what is not known, the folder NoNamespace for what belongs to no pod. NODE is a hash:
// recorders that share a bucket know their own files by it.
const (
	// Suffix ends the name of every capture, NotesSuffix that of the file beside it.
	Suffix      = ".scap.gz"
	NotesSuffix = ".json"
	// NoNamespace is the folder of captures that belong to no pod.
	NoNamespace = "_node"

	stamp = "20060102T150405.000000000Z"
	// maxPart keeps names within the 255 bytes that file systems take: 26 for the time, two
	// parts of 80, 20 for the trigger, the tag, marks.
	maxPart    = 80
	maxTrigger = 20
	// tagBytes is 6 digits of the node's hash, a dash and 6 random ones.
	tagBytes = 13
)

// Tag is the part of a name by which a node knows its own captures.
func Tag(node string) string {
	h := fnv.New32a()
	h.Write([]byte(node))
	return fmt.Sprintf("%08x", h.Sum32())[:6]
}

// File makes the name of a capture from what is known of it. random is six digits and
// small letters that tell captures of one moment apart.
func (e Entry) File(node, random string) string {
	ns := NoNamespace
	if e.Namespace != "" {
		ns = clean(e.Namespace)
	}
	trigger := clean(e.Trigger)
	return ns + "/" + e.Time.UTC().Format(stamp) + "_" + clean(e.Pod) + "_" + clean(e.Container) + "_" +
		trigger[:min(len(trigger), maxTrigger)] + "_" + Tag(node) + "-" + random + Suffix
}

// clean makes a part of a name: small letters, digits, dots and dashes.
func clean(s string) string {
	b := []byte(strings.ToLower(s))
	for i, c := range b {
		if !nameByte(c) {
			b[i] = '-'
		}
	}
	b = b[:min(len(b), maxPart)]
	if len(b) == 0 || strings.Trim(string(b), ".") == "" {
		return "-"
	}
	return string(b)
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-'
}

// Parse reads what a name tells. ok is false for everything that File does not make: no
// other file of a shelf is ever opened, listed or removed.
func Parse(name string) (e Entry, ok bool) {
	ns, file, ok := strings.Cut(name, "/")
	if !ok || ns != NoNamespace && clean(ns) != ns {
		return e, false
	}
	file, ok = strings.CutSuffix(file, Suffix)
	if !ok {
		return e, false
	}
	parts := strings.Split(file, "_")
	if len(parts) != 5 {
		return e, false
	}
	at, err := time.Parse(stamp, parts[0])
	if err != nil || at.Format(stamp) != parts[0] {
		return e, false
	}
	for _, p := range parts[1:] {
		if clean(p) != p {
			return e, false
		}
	}
	if tag := parts[4]; len(tag) != tagBytes || tag[6] != '-' || len(parts[3]) > maxTrigger {
		return e, false
	}
	known := func(p string) string {
		if p == "-" {
			return ""
		}
		return p
	}
	e = Entry{Name: name, Time: at, Pod: known(parts[1]), Container: known(parts[2]), Trigger: known(parts[3])}
	if ns != NoNamespace {
		e.Namespace = ns
	}
	return e, true
}

// Made reports whether a capture of this name was made by a node.
func Made(name, node string) bool {
	i := strings.LastIndexByte(name, '_')
	return i >= 0 && strings.HasPrefix(name[i+1:], Tag(node)+"-")
}
