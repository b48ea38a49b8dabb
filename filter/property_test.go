package filter

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
)

// naive evaluates a tree as the language is described: left to right, nothing left
// out, every comparison by its text.
func naive(t *testing.T, n Node, s *scope) bool {
	switch n := n.(type) {
	case *And:
		for _, x := range n.Terms {
			if !naive(t, x, s) {
				return false
			}
		}
		return true
	case *Or:
		for _, x := range n.Terms {
			if naive(t, x, s) {
				return true
			}
		}
		return false
	case *Not:
		return !naive(t, n.Term, s)
	}
	return naiveCompare(t, n.(*Compare), s)
}

func naiveCompare(t *testing.T, n *Compare, s *scope) bool {
	c := &checker{}
	left, err := c.expr(n.Left)
	if err != nil {
		t.Fatal(err)
	}
	nums, strs, addrs, reals := values(&left.getter, s)
	count := len(nums) + len(strs) + len(addrs) + len(reals)
	if n.Op == OpExists || count == 0 {
		return count > 0
	}
	one := func(i int) bool {
		in := func(l *Literal) bool {
			switch {
			case nums != nil:
				v, err := c.number(l, &left)
				if err != nil {
					t.Fatal(err)
				}
				return nums[i] == v
			case strs != nil:
				return strs[i] == l.Text
			case left.typ == event.Net:
				v, _ := parseNet(l.Text)
				return v.contains(addrs[i])
			case addrs != nil:
				v, _ := parseAddr(l.Text)
				return addrs[i] == v
			}
			return false
		}
		if n.Op == OpIn || n.Op == OpIntersects {
			return slices.ContainsFunc(n.Values, func(l Literal) bool { return in(&l) })
		}
		l := &n.Values[0]
		switch n.Op {
		case OpEqual:
			if nums != nil && left.def.Name == "evt.around" {
				v, _ := c.number(l, &left)
				return nums[i] <= v
			}
			return in(l)
		case OpNotEqual:
			return !in(l)
		case OpContains:
			return strings.Contains(strs[i], l.Text)
		case OpStartsWith:
			return strings.HasPrefix(strs[i], l.Text)
		case OpEndsWith:
			return strings.HasSuffix(strs[i], l.Text)
		}
		var cmp int
		if nums != nil {
			v, _ := c.number(l, &left)
			switch {
			case left.typ == event.Int && int64(nums[i]) < int64(v), left.typ != event.Int && nums[i] < v:
				cmp = -1
			case nums[i] != v:
				cmp = 1
			}
		} else {
			cmp = strings.Compare(strs[i], l.Text)
		}
		switch n.Op {
		case OpLess:
			return cmp < 0
		case OpLessEqual:
			return cmp <= 0
		case OpGreater:
			return cmp > 0
		case OpGreaterEqual:
			return cmp >= 0
		}
		t.Fatalf("naive evaluation of %v", n.Op)
		return false
	}
	all := left.many == eitherEnd && n.Op == OpNotEqual || left.many == list && n.Op == OpIn
	for i := range count {
		if one(i) != all {
			return !all
		}
	}
	return all
}

func values(g *getter, s *scope) (nums []uint64, strs []string, addrs []address, reals []float64) {
	switch {
	case g.num != nil:
		if v, ok := g.num(s); ok {
			nums = []uint64{v}
		}
	case g.str != nil:
		if v, ok := g.str(s); ok {
			strs = []string{v}
		}
	case g.addr != nil:
		if v, ok := g.addr(s); ok {
			addrs = []address{v}
		}
	case g.real != nil:
		if v, ok := g.real(s); ok {
			reals = []float64{v}
		}
	case g.nums != nil:
		nums = g.nums(s, nil)
	case g.strs != nil:
		strs = g.strs(s, nil)
	case g.addrs != nil:
		addrs = g.addrs(s, nil)
	}
	return
}

var propertyTerms = []string{
	"evt.type = open", "evt.type in (open, openat, read, madvise)", "evt.type != read", "evt.type startswith re", "evt.dir = <", "evt.dir = >",
	"evt.failed = true", "evt.failed = false", "evt.rawres < 0", "evt.rawres >= 0", "evt.res = ENOENT", "evt.res != SUCCESS", "evt.is_io = true",
	"evt.is_io_read = false", "evt.io_dir = write", "evt.is_wait = true", "evt.category = net", "evt.category in (file, IPC, process)", "evt.num < 500",
	"evt.cpu = 1", "evt.count = 1", "evt.count.exit exists", "evt.count.error.file exists", "evt.latency > 1000000", "evt.arg.fd contains nginx",
	"evt.arg.res = ENOENT", "evt.arg[0] exists", "evt.rawarg.res < 0", "evt.rawarg.fd = 3", "evt.rawarg.name = x", "evt.args contains x",
	"evt.buffer contains HTTP", "evt.buflen > 1", "evt.is_open_read = true", "evt.type.is[3] = 1", "evt.type.is[3] = 0", "syscall.type exists", "syscall.type = read",
	"fd.num = 3", "fd.num != 3", "fd.name contains nginx", "fd.name exists", "fd.type in (file, ipv4)", "fd.port = 53", "fd.port != 53", "fd.port > 100",
	"fd.ip = 10.0.0.7", "fd.ip != 10.0.0.7", "fd.net = 10.0.0.0/8", "fd.snet != 10.0.0.0/8", "fd.sip = 10.96.0.10", "fd.types in (file)", "fd.types intersects (pipe, ipv4)",
	"fd.directory = /etc/nginx", "proc.name = nginx", "proc.name != nginx", "proc.name in (bash, sh)", "proc.aname = bash", "proc.aname != bash", "proc.apid = 10",
	"proc.aname[1] = bash", "proc.pid > 10", "proc.exit.code = 0", "proc.exit.signal exists", "container.id != host", "k8s.pod.name = web-1", "k8s.container.restart > 3",
	"thread.tid > 0", "user.name = root", "dns.name exists", "evt.signal.name exists", "evt.around[1506127469900617765] = 5000", "fs.path.name startswith /etc",
}

func randomNode(r *rand.Rand, depth int) string {
	if depth == 0 || r.IntN(3) == 0 {
		return propertyTerms[r.IntN(len(propertyTerms))]
	}
	switch r.IntN(3) {
	case 0:
		return "not (" + randomNode(r, depth-1) + ")"
	case 1:
		return "(" + randomNode(r, depth-1) + " and " + randomNode(r, depth-1) + " and " + randomNode(r, depth-1) + ")"
	}
	return "(" + randomNode(r, depth-1) + " or " + randomNode(r, depth-1) + ")"
}

func TestCompiled_equalsNaiveOnRandomEvents(t *testing.T) {
	w := newWorld()
	r := rand.New(rand.NewPCG(1, 2))
	passed, failed := 0, 0
	events := make([]*event.Event, 600)
	for i := range events {
		events[i] = w.random(r)
	}
	for range 400 {
		text := randomNode(r, 3)
		f, err := Compile(text, w.sess)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		s := &scope{Session: w.sess}
		for _, ev := range events {
			s.begin(ev)
			want := naive(t, f.Node(), s)
			if got := f.Match(ev); got != want {
				t.Fatalf("%s is %v on %s (code %d, %d parameters), want %v", text, got, ev.Name(), ev.Type, ev.NParams, want)
			}
			if want && !f.Possible(ev.Type) {
				t.Fatalf("%s calls %s impossible and is true for it", text, ev.Name())
			}
			if want {
				passed++
			} else {
				failed++
			}
		}
	}
	if passed < 10_000 || failed < 10_000 {
		t.Errorf("%d events passed and %d did not: the sample proves too little", passed, failed)
	}
}

// Every field prints and compares on every kind of event without a panic, and prints
// something exactly where it exists.
func TestFields_printWhereTheyExist(t *testing.T) {
	w := newWorld()
	r := rand.New(rand.NewPCG(3, 4))
	type probe struct {
		name   string
		exists *Filter
		format *Format
	}
	var probes []probe
	for _, def := range event.Fields() {
		if def.PrintOnly || def.FilterOnly {
			continue
		}
		name := def.Name
		if def.Arg == event.RequiredArg {
			name += map[string]string{"evt.arg": "[0]", "evt.rawarg": "[fd]", "evt.type.is": "[open]", "thread.cgroup": "[memory]"}[def.Name]
			if name == def.Name {
				name += "[0]"
			}
		}
		f, err := Compile(name+" exists", w.sess)
		if err != nil {
			t.Fatal(err)
		}
		out, err := NewFormat("%"+name, w.sess, FormatOptions{})
		if err != nil {
			t.Fatal(err)
		}
		probes = append(probes, probe{name, f, out})
	}
	seen := map[string]bool{}
	for range 3000 {
		ev := w.random(r)
		w.sess.See(ev)
		for _, p := range probes {
			line, ok := p.format.Append(nil, ev)
			if exists := p.exists.Match(ev); exists != ok {
				t.Fatalf("%s on %s (code %d): exists %v, prints %v (%q)", p.name, ev.Name(), ev.Type, exists, ok, line)
			}
			seen[p.name] = seen[p.name] || ok
		}
	}
	never := 0
	for _, p := range probes {
		if !seen[p.name] {
			never++
			t.Logf("%s was never seen", p.name)
		}
	}
	if never > 40 {
		t.Errorf("%d fields were never seen", never)
	}
}
