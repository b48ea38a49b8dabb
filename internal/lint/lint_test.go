// Package lint holds the repository-wide rules as Go tests: walls between rooms,
// sizes, names, and the completeness of the catalogue. It has no code of its own.
package lint

import (
	"bufio"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/unloop-dev/unloop"
)

// floors gives each room its floor; a package may import lower floors, and on
// floor 1 its equals. The longest prefix decides.
var floors = []struct {
	prefix string
	floor  int
}{
	{"", 0},
	{"event", 0},
	{"internal/dnswire", 0},
	{"internal/spelling", 0},
	{"scap", 1},
	{"filter", 1},
	{"internal/inspect", 1},
	{"internal/captext", 1},
	{"internal/capture", 1},
	{"internal/flight", 1},
	{"internal/kernelbits", 1},
	{"internal/catalog", 1},
	{"internal/facts", 1},
	{"internal/detect", 1},
	{"internal/diagnose", 1},
	{"internal/rules", 1},
	{"internal/report", 1},
	{"internal/kube", 2},
	{"internal/bpf", 2},
	{"internal/ptrace", 2},
	{"internal/node", 2},
	{"internal/shelf", 2},
	{"internal/access", 2},
	{"internal/fleet", 2},
	{"internal/recorder", 3},
	{"internal/run", 3},
	{"internal/collect", 2},
	{"internal/cli", 3},
	{"cmd", 4},
	{"internal/tools", 4},
	{"internal/testkit", 4},
	{"internal/lint", 4},
	{"internal/accuracy", 4},
	{"test/e2e", 4},
}

func floorOf(pkg string) (prefix string, floor int) {
	best := -1
	for _, f := range floors {
		if (f.prefix == "" && pkg == "" || f.prefix != "" && (pkg == f.prefix || strings.HasPrefix(pkg, f.prefix+"/"))) && len(f.prefix) > best {
			best, prefix, floor = len(f.prefix), f.prefix, f.floor
		}
	}
	if best < 0 {
		return pkg, -1
	}
	return prefix, floor
}

// goFiles calls do for each Go file of the module, by path from the root.
func goFiles(t *testing.T, do func(path string)) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || rel == "bin" || rel == "tools" || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(p, "go.mod")); err == nil && rel != "." {
				return filepath.SkipDir // a module of its own
			}
			return nil
		}
		if strings.HasSuffix(rel, ".go") {
			n++
			do(filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil || n < 10 {
		t.Fatalf("walked %d Go files: %v", n, err)
	}
}

func TestWalls(t *testing.T) {
	forbiddenOnFloor1 := []string{"k8s.io/client-go", "k8s.io/cli-runtime", "net/http", "os/exec", "log", "log/slog"}
	goFiles(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		dir := strings.Trim(filepath.ToSlash(filepath.Dir(path)), ".")
		room, floor := floorOf(dir)
		if floor < 0 {
			t.Errorf("%s: its room stands on no floor; add it to floors", path)
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			return
		}
		for _, im := range f.Imports {
			p := strings.Trim(im.Path.Value, `"`)
			if floor == 0 && strings.Contains(p, ".") {
				t.Errorf("%s imports %s: floor 0 takes the standard library only", path, p)
			}
			if floor == 1 && slices.ContainsFunc(forbiddenOnFloor1, func(x string) bool { return p == x || strings.HasPrefix(p, x+"/") }) {
				t.Errorf("%s imports %s: floor 1 is pure", path, p)
			}
			in, ours := strings.CutPrefix(p, module)
			if !ours {
				continue
			}
			other, of := floorOf(strings.TrimPrefix(in, "/"))
			if of > floor || of == floor && floor == 2 && other != room {
				t.Errorf("%s (floor %d) imports %s (floor %d)", path, floor, p, of)
			}
			if room == "internal/rules" && dir != room && other == room {
				t.Errorf("%s imports %s: rules never import each other", path, p)
			}
		}
	})
}

func TestSizeAndNames(t *testing.T) {
	banned := []string{"util", "utils", "common", "helpers", "types", "base", "misc", "manager"}
	generated := regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	goFiles(t, func(path string) {
		if slices.Contains(banned, filepath.Base(filepath.Dir(path))) {
			t.Errorf("%s: no package of that name", path)
		}
		data, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Error(err)
			return
		}
		if lines := strings.Count(string(data), "\n"); lines > 600 && !table(path) && !generated.Match(data) {
			t.Errorf("%s has %d lines: is it still one room? (600 is the limit)", path, lines)
		}
	})
}

// table reports whether a file is a data table, exempt from the line limit.
func table(path string) bool {
	dir, base := filepath.ToSlash(filepath.Dir(path)), filepath.Base(path)
	return dir == "event" && strings.HasPrefix(base, "table_") || dir == "internal/diagnose/know" || dir == "internal/diagnose/logsig" && (strings.HasPrefix(base, "rt_") || strings.HasPrefix(base, "sw_") || base == "any.go")
}

// TestWords: what must never stand in a tracked file.
func TestWords(t *testing.T) {
	out, err := exec.Command("git", "-C", root, "ls-files", "-z").Output()
	if err != nil {
		t.Skipf("skipped: not a git checkout: %v", err)
	}
	bad := regexp.MustCompile(`\bTO` + `DO\b|\bFIX` + `ME\b|\bXX` + `X\b|/wor` + `k/main|\.lib` + `rary/`)
	for _, path := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		if path == "LICENSE" || strings.HasSuffix(path, "go.sum") {
			continue
		}
		f, err := os.Open(filepath.Join(root, path))
		if err != nil {
			continue // deleted, not yet committed
		}
		sc := bufio.NewScanner(f)
		sc.Buffer(nil, 1<<20)
		for n := 1; sc.Scan(); n++ {
			if w := bad.FindString(sc.Text()); w != "" {
				t.Errorf("%s:%d: %q never stands in the repository", path, n, w)
			}
		}
		f.Close()
	}
}
