package scriptsyntaxerror

import (
	"strings"
	"testing"
)

func TestFault_right(t *testing.T) {
	for _, s := range []string{
		"", "true", "exec ledgerd --port 80", "if [ -f /x ]; then echo a; else echo b; fi", "while true; do sleep 1; done", "while :\ndo\n echo x\n sleep 1\ndone",
		"for i in 1 2 3; do echo $i; done; exit 1", "case $1 in\n a|b) echo x ;;\n *) echo y;;\nesac", "case \"$X\" in if) echo if;; done|fi) :;; esac",
		"until nslookup ledger-db; do echo waiting; sleep 2; done", "(cd /srv && ./run) || exit 1", "{ echo a; echo b; } > /tmp/x", "f() { echo a; }; f", "f () {\n echo a\n}\nf",
		"echo 'it''s' \"a $(echo \"b\") c\"", "echo if then fi", "sleep 3 & wait", "a && b || c\n", "ledgerd 2>&1 | tee /tmp/x", "ledgerd >&2", "ledgerd &> /tmp/x", "x=$((1 + (2 * 3))); echo $x",
		"echo ${A:-b}; echo ${#A}", "# don't\necho a", "echo a # if", "echo \\\"", "if ! grep -q x /y; then exit 1; fi", "cat <<EOF\nif\nEOF", "[ \"$(id -u)\" = 0 ] && echo root",
		"if a; then b; elif c; then d; fi", "trap 'exit 0' TERM; while true; do sleep 1 & wait $!; done", "a=(1 2 3); echo ${a[0]}", "[[ $x =~ ^(a|b)$ ]] && echo y", "a;\nb;", "a &\nb &\nwait",
		"for i in *; do if [ $i ]; then echo; fi; done", "echo }", "echo done", "select x in a b; do echo $x; break; done", "if true; then (exit 1); fi", "echo $", "x=`date`; echo $x",
		"a &&\n b", "a |\n b", "if (true); then (false); fi",
		"if a; then for f in *; do case $f in *.sh) echo;; esac; done; fi", "$(LEDGER) --x", "while read l; do echo $l; done < /x", "{\"a\":1}",
	} {
		if f := Fault(s); f != "" {
			t.Errorf("%q: %s", s, f)
		}
	}
}

func TestFault_wrong(t *testing.T) {
	for s, want := range map[string]string{
		"if [ -f /x ]; then echo a":             `"if" is not ended`,
		"if [ -f /x ] then echo a; fi":          `no "then"`,
		"while true; do sleep 1":                `"while" is not ended`,
		"while true do sleep 1; done":           `no "do"`,
		"for i in 1 2; echo $i; done":           `no "do"`,
		"echo a; fi":                            "ends nothing",
		"echo a; done":                          "ends nothing",
		"then echo":                             "outside",
		"echo 'a":                               "single quote",
		"echo \"a":                              "double quote",
		"echo \"$(date\"":                       "",
		"(echo a":                               "( is not closed",
		"echo a)":                               "no (",
		"echo a &&":                             "ends with",
		"echo a & ; echo b":                     "where a command must follow",
		"while true; do; sleep 1; done":         "where a command must follow",
		"case x in a) echo;; ":                  `"case" is not ended`,
		"echo a;; echo b":                       "outside of case",
		"f() { echo a":                          `"{" is not ended`,
		"while true; do echo a; done; }":        "no {",
		"if a; then b; done":                    "ends nothing",
		"x=`date":                               "backquote",
		"for i in 1 2 3; do echo hi; sleep 1;;": "outside of case",
	} {
		if f := Fault(s); want != "" && !strings.Contains(f, want) {
			t.Errorf("%q: got %q, want %q", s, f, want)
		}
	}
}

func FuzzFault(f *testing.F) {
	for _, s := range []string{"if a; then b; fi", "case x in a) ;; esac", "echo \"$(a)\" '", "$((", "${", "\\", "((", "a & ; b", "$'", "f(){"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, b := Fault(s), Fault(s); a != b {
			t.Errorf("%q: %q and %q", s, a, b)
		}
	})
}
