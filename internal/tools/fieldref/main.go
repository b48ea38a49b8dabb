// Command fieldref writes the reference of fields from the table in package event.
//
//	go run ./internal/tools/fieldref docs/ref/fields.md
package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: fieldref FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], render(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "fieldref:", err)
		os.Exit(1)
	}
}

const head = `<!-- Generated from event/fields*.go by internal/tools/fieldref; renew with: go generate ./event -->

# Fields

What a filter can ask of an event and what an output template can print. The language is described in [filter.md](filter.md).

**Type** says how a value is compared. A name with ` + "`[...]`" + ` takes an argument, in square brackets or behind a dot;
` + "`[...]?`" + ` may take one. **Marks**: *old* is known to sysdig 0.29.3 only, *current* to falcosecurity/libs of today only, *unloop* to
nobody else; *list* has several values; *filter* cannot be printed, *print* cannot be compared.
`

// render gives the whole page.
func render() []byte {
	var b bytes.Buffer
	b.WriteString(head)
	group := ""
	for _, f := range event.Fields() {
		if f.Group != group {
			group = f.Group
			for _, g := range event.FieldGroups() {
				if g.Name == group {
					fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| field | type | marks | meaning | example |\n|---|---|---|---|---|\n", g.Title, g.Doc)
				}
			}
		}
		row(&b, &f)
	}
	return b.Bytes()
}

func row(b *bytes.Buffer, f *event.Field) {
	name := f.Name
	switch f.Arg {
	case event.RequiredArg:
		name += "[...]"
	case event.OptionalArg:
		name += "[...]?"
	}
	var marks []string
	if m := f.In.String(); m != "" {
		marks = append(marks, m)
	}
	for _, m := range []struct {
		is   bool
		word string
	}{{f.List, "list"}, {f.FilterOnly, "filter"}, {f.PrintOnly, "print"}} {
		if m.is {
			marks = append(marks, m.word)
		}
	}
	doc := f.Doc
	if f.ArgIs != "" {
		doc += " The argument is " + f.ArgIs + "."
	}
	if len(f.Words) > 0 && len(f.Words) <= 12 {
		doc += " One of " + strings.Join(f.Words, ", ") + "."
	}
	example := ""
	if f.Example != "" {
		example = "`" + f.Example + "`"
	}
	fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", name, f.Type, strings.Join(marks, ", "), cell(doc), cell(example))
}

// cell makes a text fit for a cell of a table.
func cell(s string) string {
	if strings.HasPrefix(s, "`") {
		return strings.ReplaceAll(s, "|", `\|`)
	}
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;").Replace(s)
}
