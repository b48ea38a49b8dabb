package filter

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParse_printsCanonically(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		" \n\t ":                        "",
		"evt.type=open":                 "evt.type = open",
		"evt.type==open":                "evt.type = open",
		"proc.name!='a b'":              `proc.name != "a b"`,
		"evt.dir=>":                     "evt.dir = >",
		"evt.dir=< and fd.num>=3":       "evt.dir = < and fd.num >= 3",
		"a.b exists":                    "a.b exists",
		"evt.arg.fd contains x":         "evt.arg[fd] contains x",
		"evt.arg[0] = 1":                "evt.arg[0] = 1",
		"evt.abspath.src exists":        "evt.abspath[src] exists",
		"evt.type.is.3 = 1":             "evt.type.is[3] = 1",
		"thread.cgroup.memory = x":      "thread.cgroup[memory] = x",
		"k8s.pod.label.a.io/b-c exists": "k8s.pod.label[a.io/b-c] exists",
		`k8s.pod.label["a]b"] exists`:   `k8s.pod.label["a]b"] exists`,
		"proc.env[PATH] = x":            "proc.env[PATH] = x",
		"evt.num = 1 or evt.num = 2 and evt.num = 3":   "evt.num = 1 or evt.num = 2 and evt.num = 3",
		"(evt.num = 1 or evt.num = 2) and evt.num = 3": "(evt.num = 1 or evt.num = 2) and evt.num = 3",
		"evt.num = 1 and (evt.num = 2 and evt.num=3)":  "evt.num = 1 and (evt.num = 2 and evt.num = 3)",
		"not(evt.num = 1)":                             "not evt.num = 1",
		"not not evt.num = 1":                          "not not evt.num = 1",
		"not (evt.num = 1 or evt.num=2)":               "not (evt.num = 1 or evt.num = 2)",
		"proc.name in(a,'b c',\"d\")":                  `proc.name in (a, "b c", d)`,
		"proc.name in ()":                              "proc.name in ()",
		"fd.name pmatch (/a, /b)":                      "fd.name pmatch (/a, /b)",
		"tolower(proc.name) = x":                       "tolower(proc.name) = x",
		"proc.name = val(proc.pname)":                  "proc.name = val(proc.pname)",
		"proc.name = tolower(proc.pname)":              "proc.name = tolower(proc.pname)",
		`join(",", proc.aname) contains a`:             `join(",", proc.aname) contains a`,
		"proc.name startswith oneof (a, b)":            "proc.name startswith oneof (a, b)",
		"proc.name contains allof(a,b)":                "proc.name contains allof (a, b)",
		"proc.name = anyof":                            "proc.name = anyof",
		`fd.name = "\x41\t\"\\\/"`:                     `fd.name = "A\t\"\\/"`,
		`fd.name = ""`:                                 `fd.name = ""`,
		"fd.cip=::1":                                   "fd.cip = ::1",
		"evt.buffer bcontains 00ff":                    "evt.buffer bcontains 00ff",
		"andy.x exists":                                "andy.x exists",
		"notes.x exists":                               "notes.x exists",
		"evt.type.is[open] = 1 and not evt.num=1":      "evt.type.is[open] = 1 and not evt.num = 1",
	} {
		n, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := Print(n)
		if got != want {
			t.Errorf("%s is printed as %s, want %s", text, got, want)
		}
		again, err := Parse(got)
		if err != nil || !reflect.DeepEqual(bare(n), bare(again)) {
			t.Errorf("%s: printing and parsing gives another tree (%v)", text, err)
		}
	}
}

// bare takes the positions off a tree.
func bare(n Node) Node {
	switch n := n.(type) {
	case *And:
		return &And{bareAll(n.Terms)}
	case *Or:
		return &Or{bareAll(n.Terms)}
	case *Not:
		return &Not{bare(n.Term)}
	case *Compare:
		c := *n
		c.OpPos, c.OpEnd = 0, 0
		c.Left, c.Right = bareExpr(n.Left), bareExpr(n.Right)
		c.Values = nil
		for _, v := range n.Values {
			c.Values = append(c.Values, Literal{Text: v.Text})
		}
		return &c
	}
	return nil
}

func bareAll(nodes []Node) []Node {
	var out []Node
	for _, n := range nodes {
		out = append(out, bare(n))
	}
	return out
}

func bareExpr(x Expr) Expr {
	switch x := x.(type) {
	case *Field:
		return &Field{Name: x.Name, Arg: x.Arg, HasArg: x.HasArg, Val: x.Val}
	case *Call:
		c := &Call{Name: x.Name}
		for _, a := range x.Args {
			c.Args = append(c.Args, bareExpr(a))
		}
		return c
	case *Literal:
		return &Literal{Text: x.Text}
	}
	return nil
}

// Each error is the filter, carets under the word, the message and the hint.
var wrongFilters = []struct{ text, want string }{
	{"evt.tpye = open", "^^^^^^^^\nunknown field evt.tpye\ndid you mean evt.type?"},
	{"pod.name = x", "^^^^^^^^\nunknown field pod.name\ndid you mean k8s.pod.name?"},
	{"k8s.svc.name = x", "^^^^^^^^^^^^\nk8s.svc.name comes from an API server, which a capture does not have"},
	{"proc.name == nginx and fd.nmae = x", "                       ^^^^^^^\nunknown field fd.nmae\ndid you mean fd.name?"},
	{"proc.name startwith x", "          ^^^^^^^^^\nunknown operator startwith\ndid you mean startswith?"},
	{"proc.name =~ x", "          ^^\nunknown operator =~\ndid you mean regex?"},
	{"proc.name ~ x", "          ^\nexpected an operator here\ndid you mean regex?"},
	{"spawned_process", "^^^^^^^^^^^^^^^\nspawned_process stands alone: a condition compares a field with a value\nwrite spawned_process exists"},
	{"evt.type = opn", "           ^^^\nthere is no event named opn\ndid you mean open?"},
	{"evt.arg.nme = x", "^^^^^^^^^^^\nno event has an argument named nme\ndid you mean evt.arg.name?"},
	{"evt.failed = yes", "             ^^^\nevt.failed is true or false\nwrite true"},
	{"fd.num = 0x10", "         ^^^^\nfd.num is a number\nwrite it in decimal: 16"},
	{"fd.sport = 70000", "           ^^^^^\nfd.sport is a port, 0 to 65535"},
	{"fd.ip = 10.0.0.0/8", "        ^^^^^^^^^^\nfd.ip is compared with an address\nfor networks use fd.net"},
	{"fd.ip > 10.0.0.1", "      ^\n> does not apply to fd.ip, which is an address\nwrite = or in; for networks use fd.net"},
	{"evt.buffer icontains a", "           ^^^^^^^^^\nicontains does not apply to evt.buffer, which is a row of bytes\nwrite contains"},
	{"proc.pid contains 1", "         ^^^^^^^^\ncontains does not apply to proc.pid, which is a number\nwrite ="},
	{"evt.arg = 1", "^^^^^^^\nevt.arg needs an argument: a name or number\nfor example: evt.arg.res = ENOENT"},
	{"proc.pid[1] = 1", "^^^^^^^^^^^\nproc.pid takes no argument\nwrite proc.pid"},
	{"(evt.num = 1", "^\nthis bracket is never closed\nadd )"},
	{"evt.num = 1)", "           ^\nthere is no ( for this )"},
	{"evt.num = 1 AND evt.num = 2", "            ^^^\nexpected and, or, ) or the end here\nwrite and: keywords are lower case"},
	{"evt.num = 1 && evt.num = 2", "            ^^\nexpected and, or, ) or the end here\nwrite and"},
	{"evt.num = 1 and", "               ^\nexpected a condition at the end"},
	{"proc.name in a, b", "             ^\nexpected ( and a list of values here\nwrite in (a)"},
	{"proc.name in (a b)", "                ^\nexpected , or ) here\nput values with blanks in quotes"},
	{"proc.name = 'a", "            ^\nthis quote is never closed"},
	{`proc.name = "\q"`, "             ^^\nunknown escape \\q\nwrite \\\\ for a backslash"},
	{"proc.name regex 'a('", "                ^^^^\ninvalid regular expression: missing closing ): a("},
	{"proc.name regex '(x{1,1000}){1,1000}'", "                ^^^^^^^^^^^^^^^^^^^^^\ninvalid regular expression: invalid repeat count: {1,1000}"},
	{"evt.outputtime = 1", "^^^^^^^^^^^^^^\nevt.outputtime can be printed, not compared"},
	{"evt.buffer bcontains xyz", "                     ^^^\nthe value is a row of hex digits, two for each byte"},
	{"lower(proc.name) = x", "^^^^^\nunknown transformer lower\ndid you mean tolower?"},
	{"fd.types contains x", "         ^^^^^^^^\nfd.types is a list: contains does not apply to it\nwrite intersects ( ... ) or in ( ... )"},
	{"evt.latency > fast", "              ^^^^\nevt.latency is a time in nanoseconds\nwrite a number, or one with a unit such as 10ms"},
	{"%proc.name = x", "^\nexpected a field here\nwrite the field without %"},
	{"! proc.name = x", "^\nexpected a field here\nwrite not"},
	{"proc.pid = val(proc.name)", "               ^^^^^^^^^\nproc.pid is a number, val(proc.name) is text"},
	{"proc.exit.signal = val(tolower(proc.name))", "                       ^^^^^^^^^^^^^^^^^^\nval( ) holds a field\nwrite the transformer without val"},
}

func TestCompile_pointsAtTheWord(t *testing.T) {
	for _, c := range wrongFilters {
		_, err := Compile(c.text, nil)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: no error", c.text)
			continue
		}
		got := strings.TrimPrefix(e.Render(), c.text+"\n")
		if got != c.want {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", c.text, got, c.want)
		}
	}
}

func TestError_renderCutsLongLinesAndEscapes(t *testing.T) {
	text := strings.Repeat("evt.num = 1 and ", 100) + "evt.nmu = 1 and " + strings.Repeat("evt.num = 1 and ", 100) + "evt.num = \x1b"
	_, err := Compile(text, nil)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatal("no error")
	}
	lines := strings.Split(e.Render(), "\n")
	if len(lines[0]) > 200 || strings.Contains(lines[0], "\x1b") {
		t.Errorf("line: %q", lines[0])
	}
	at := strings.Index(lines[1], "^")
	if !strings.HasPrefix(lines[0][at:], "evt.nmu") {
		t.Errorf("the carets stand under %q", lines[0][at:])
	}
}

func TestParse_bounds(t *testing.T) {
	for name, text := range map[string]string{
		"brackets":     strings.Repeat("(", 200) + "evt.num = 1" + strings.Repeat(")", 200),
		"not":          strings.Repeat("not ", 5000) + "evt.num = 1",
		"transformers": strings.Repeat("tolower(", 300) + "proc.name" + strings.Repeat(")", 300) + " = x",
		"values":       "proc.name in (" + strings.Repeat("a,", 20000) + "a)",
		"length":       strings.Repeat(" ", 70000),
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Compile("proc.name glob "+strings.Repeat("*a", 2000), nil); err == nil {
		t.Error("a pattern of 4000 bytes was accepted")
	}
	if _, err := Compile(strings.Repeat("(", 90)+"evt.num = 1"+strings.Repeat(")", 90), nil); err != nil {
		t.Errorf("90 brackets: %v", err)
	}
}
