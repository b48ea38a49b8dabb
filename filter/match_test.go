package filter

import (
	"fmt"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
)

func TestMatch_truth(t *testing.T) {
	w := newWorld()
	open, read, kill := w.failedOpen(), w.read(), w.exit(9)
	cases := []struct {
		ev     *event.Event
		true_  []string
		false_ []string
	}{
		{open, []string{
			"evt.type = open", "evt.dir = <", "evt.failed = true", "evt.res = ENOENT", "evt.rawres = -2", "evt.rawres < 0", "proc.name = nginx",
			"evt.arg.name = /etc/nginx/conf.d/x.conf", "evt.rawarg.name = conf.d/x.conf", "evt.arg.flags contains O_RDONLY", "evt.arg.fd = ENOENT",
			"fd.name = /etc/nginx/conf.d/x.conf", "fs.path.name = /etc/nginx/conf.d/x.conf", "fs.path.nameraw = conf.d/x.conf", "fd.num = -1",
			"not fd.type = file", "evt.count.error.file = 1", "evt.is_open_read = true", "evt.is_open_write = false", "evt.category = file",
			"evt.args contains \"fd=-2(ENOENT) name=conf.d/x.conf(/etc/nginx/conf.d/x.conf) flags=4097(O_RDONLY|O_CLOEXEC)\"",
			"proc.cmdline = \"nginx -g daemon off;\"", "proc.pname = bash", "proc.aname = bash", "proc.aname[1] = bash", "proc.apid = 10", "proc.ppid = 10",
			"proc.env[LOG] = debug", "proc.env contains PATH", "thread.cgroup.memory = /kubepods/y", "thread.cgroups = \"cpu=/kubepods/x memory=/kubepods/y\"",
			"container.name = web", "container.id = 0123456789ab", "container.type = containerd", "container.image.tag = 1.27", "container.privileged = false",
			"container.mount[0] = /data:/var/data:rw:true:rprivate", "container.mount.dest[/da*] = /var/data", "container.label[app] = web",
			"container.healthcheck = \"/bin/sh -c curl -f localhost\"", "container.liveness_probe = NONE", "container.ip = 10.0.0.7",
			"k8s.pod.name = web-1", "k8s.ns.name = shop", "k8s.pod.label[app] = web", "k8s.pod.labels = app:web", "k8s.container.restart = 4", "k8s.container.name = app",
			"user.name = root", "user.homedir = /root", "group.name = staff", "proc.cwd = /etc/nginx/", "proc.vmrss = 4096", "proc.fdopencount = 3",
			"proc.fdusage > 0.2", "proc.fdusage < 0.3", "proc.vpid = 1", "proc.is_vpgid_leader = false", "evt.hostname = node-1", "thread.ismain = true",
			"proc.loginshellid = 10", "proc.sname = bash", "evt.time = 00:44:29.900617765", "evt.datetime = \"2017-09-23 00:44:29.900617765\"",
			"evt.time.iso8601 = 2017-09-23T00:44:29.900617765+0000", "evt.around[1506127469900617765] = 1", "evt.latency = 0",
			"tolower(container.image) = nginx:1.27", "toupper(proc.name) = NGINX", "basename(proc.exepath) = nginx", "len(proc.name) = 5",
			"concat(proc.name, \"-\", proc.pname) = nginx-bash", "join(\",\", proc.aname) = bash", "getopt(proc.args, \"g\") = daemon",
			"proc.name = val(proc.exe)", "proc.pid > val(proc.ppid)", "proc.exepath endswith val(proc.name)", "proc.name = tolower(proc.exe)",
			"proc.name glob n*x", "proc.name iglob NG*", "proc.name regex n.*x", "proc.name icontains GIN", "proc.name startswith anyof (a, ng)",
			"proc.name contains allof (n, x)", "proc.name contains oneof (ng, zz)", "proc.name in (a, b, nginx)", "fd.name pmatch (/etc/nginx, /usr)",
			"proc.name < o", "evt.num = 0x7", "evt.type.is[open] = 1", "evt.type.is[close] = 0", "proc.exeline startswith nginx",
		}, []string{
			"evt.type = close", "evt.dir = >", "fd.type = file", "fd.type != file", "fd.port = 80", "fd.port != 80", "fd.num = 3", "evt.buffer contains a", "evt.buflen >= 0",
			"proc.name regex gin", "proc.name contains allof (n, z)", "proc.name contains oneof (n, x)", "proc.exit.code exists", "dns.name exists", "evt.signal.name exists",
			"not evt.type = open", "proc.aname = nginx", "fd.name pmatch (/etc/ngin)", "proc.name in ()", "proc.death.in exists", "proc.name != val(proc.exe)",
		}},
		{read, []string{
			"evt.is_io_read = true", "evt.io_dir = read", "fd.name = /etc/nginx/nginx.conf", "fd.directory = /etc/nginx", "fd.filename = nginx.conf", "fd.typechar = f", "fd.num = 3",
			"evt.buffer contains worker", "evt.buffer bcontains 001b", "evt.buffer bstartswith 776f", "evt.buflen = 9", "evt.buflen.file.in = 9", "evt.latency = 1234567", "evt.latency.human = 1.23ms",
			"evt.latency > 1ms", "fd.uid = 203", "fd.containername = 0123456789ab:/etc/nginx/nginx.conf", "fd.types in (file)", "fd.types intersects (pipe, file)", "fd.types = file", "fd.dev.major = 8", "fd.ino = 7",
			"evt.category = file", "evt.res = SUCCESS", "evt.failed = false",
		}, []string{"evt.is_io_write = true", "fd.ip = 10.0.0.7", "fd.types in (pipe)", "evt.buflen.out exists", "evt.buflen.net exists", "evt.count.error exists"}},
		{kill, []string{"proc.exit.signal = SIGKILL", "proc.exit.status = 137", "proc.exit.core = false", "evt.type = procexit"}, []string{"proc.exit.code exists", "fd.num exists"}},
		{w.exit(0x0200), []string{"proc.exit.code = 2", "proc.exit.status = 2"}, []string{"proc.exit.signal exists"}},
		{w.exit(0x8b), []string{"proc.exit.signal = SIGSEGV", "proc.exit.core = true", "proc.exit.status = 139"}, nil},
		{w.dns(false), []string{"dns.name = redis.shop", "dns.type = A", "dns.is_response = false", "fd.port = 53", "fd.ip = 10.96.0.10", "fd.ip = 10.0.0.7", "fd.lip = 10.0.0.7", "fd.rport = 53",
			"fd.net = 10.96.0.0/16", "fd.snet = 10.96.0.0/16", "fd.sip != 10.0.0.7", "fd.l4proto = udp", "fd.name = 10.0.0.7:40000->10.96.0.10:53", "fd.connected = true", "fd.sockfamily = ip"},
			[]string{"dns.rcode exists", "dns.answer exists", "fd.ip != 10.0.0.7", "fd.port != 53"}},
		{w.dns(true), []string{"dns.is_response = true", "dns.rcode = NOERROR", "dns.answers = 1", "dns.answer in (10.96.0.1)", "dns.answer intersects (1.1.1.1, 10.96.0.1)"}, nil},
		{w.event(typeSignal, w.nginx, -1, 10, 20, 15), []string{"evt.signal.name = SIGTERM", "evt.signal.sender.pid = 10", "evt.signal.sender.name = bash", "evt.signal.target.pid = 20"}, nil},
		{w.event(typeRenameX, w.nginx, -1, 0, "a", "/b/../c"), []string{"fs.path.source = /etc/nginx/a", "fs.path.target = /c", "fs.path.targetraw = /b/../c"}, []string{"fs.path.name exists"}},
		{w.event(typeOpenX, nil, -1, 3, "/x", 1, 0), []string{"not proc.name = nginx", "thread.tid = -1", "evt.failed = false"}, []string{"proc.name = nginx", "proc.name != nginx", "fd.name exists", "container.id exists"}},
	}
	for _, c := range cases {
		for i, list := range [][]string{c.true_, c.false_} {
			for _, text := range list {
				f, err := Compile(text, w.sess)
				if err != nil {
					t.Errorf("%s: %v", text, err)
				} else if f.Match(c.ev) != (i == 0) {
					t.Errorf("%s is %v on %s", text, i != 0, c.ev.Name())
				}
			}
		}
	}
}

func TestMatch_emptyFilterPassesEverything(t *testing.T) {
	f, err := Compile("  ", nil)
	if err != nil || !f.Match(newWorld().read()) || f.Needs() != 0 {
		t.Errorf("err %v, needs %b", err, f.Needs())
	}
}

func TestFilter_knowsPossibleKinds(t *testing.T) {
	for text, want := range map[string]string{
		"proc.name = nginx and evt.type = procexit":          "procexit",
		"evt.failed = true and evt.type in (open, procexit)": "open",
		"evt.type = open and evt.dir = <":                    "open",
		"not (evt.type != kill or evt.dir = >)":              "kill",
		"proc.exit.code != 0":                                "procexit",
		"evt.type = tkill or evt.signal.name exists":         "kill signaldeliver tgkill tkill",
		"evt.arg.retcode exists or evt.arg.queuelen >= 0":    "accept accept4",
		"evt.type = open and not evt.type = open":            "",
	} {
		f, err := Compile(text, nil)
		if err != nil {
			if strings.Contains(text, "retcode") {
				continue
			}
			t.Fatal(err)
		}
		names := map[string]bool{}
		var got []string
		for _, k := range event.Kinds() {
			if f.Possible(k.Type) && k.Type > 1 && !names[k.Name] {
				names[k.Name] = true
			}
		}
		for _, n := range strings.Fields(want) {
			if !names[n] {
				t.Errorf("%s: %s is called impossible", text, n)
			}
			delete(names, n)
		}
		for n := range names {
			got = append(got, n)
		}
		if len(got) > 0 {
			t.Errorf("%s: %v are called possible", text, got)
		}
	}
}

func TestFilter_needs(t *testing.T) {
	for text, want := range map[string]Needs{
		"evt.type = open":                      0,
		"evt.failed = true":                    NeedArgs,
		"proc.name = a":                        NeedThread,
		"fd.name = a":                          NeedThread | NeedFD | NeedArgs | NeedEnter,
		"container.id = a or evt.latency > 1":  NeedThread | NeedContainer | NeedEnter,
		"evt.reltime > 1":                      NeedSession,
		"tolower(proc.pname) = val(user.name)": NeedThread | NeedParents | NeedUsers,
	} {
		f, err := Compile(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if f.Needs() != want {
			t.Errorf("%s needs %b, want %b", text, f.Needs(), want)
		}
	}
}

func TestMatch_allocatesNothing(t *testing.T) {
	w := newWorld()
	for _, text := range []string{
		"proc.name = nginx and evt.type = open and evt.failed = true", "fd.port = 53 or fd.ip = 10.0.0.7", "proc.aname = bash", "evt.args contains ENOENT",
		"fd.name contains nginx", "evt.arg.name startswith /etc", "proc.cmdline contains daemon", "evt.time startswith 00:", "dns.name endswith shop", "k8s.pod.label[app] = web",
		"fd.types intersects (file)", "concat(proc.name, proc.exe) = x", "len(proc.args) > 3",
	} {
		f, err := Compile(text, w.sess)
		if err != nil {
			t.Fatal(err)
		}
		evs := []*event.Event{w.failedOpen(), w.read(), w.dns(true)}
		run := func() {
			for _, ev := range evs {
				f.Match(ev)
			}
		}
		run()
		if n := testing.AllocsPerRun(50, run); n > 0 {
			t.Errorf("%s allocates %v times", text, n)
		}
	}
}

func TestFork_isAnotherFilter(t *testing.T) {
	w := newWorld()
	f, _ := Compile("evt.hostname = node-1", nil)
	if f.Match(w.read()) {
		t.Error("a filter without a session knows the host")
	}
	if g := f.Fork(w.sess); !g.Match(w.read()) || f.Match(w.read()) {
		t.Error("Fork does not take the session, or changes the filter")
	}
}

func TestSession_countsFromTheFirstEvent(t *testing.T) {
	w := newWorld()
	f, _ := Compile("evt.reltime = 5", w.sess)
	first := w.read()
	later := w.read()
	later.TsNanos = first.TsNanos + 5
	container := w.event(typeContainer2, nil, -1, "{}")
	container.TsNanos = 0
	for _, ev := range []*event.Event{container, first, later} {
		w.sess.See(ev)
		if got := f.Match(ev); got != (ev == later) {
			t.Errorf("%d: %v", ev.TsNanos, got)
		}
	}
}

func TestComplete(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "evt.num",
		"proc.na":                     "proc.name",
		"evt.type = op":               "open",
		"evt.type in (open, clo":      "close",
		"evt.type = open and fd.na":   "fd.name",
		"proc.name star":              "startswith",
		"proc.name = nginx a":         "and",
		"(proc.name = nginx ":         ")",
		"evt.failed = ":               "true",
		"evt.res = ENOE":              "ENOENT",
		"proc.exit.signal = SIGK":     "SIGKILL",
		"fd.type in (":                "ipv4",
		"tolow":                       "tolower(",
		"evt.ar":                      "evt.arg[",
		"tolower(proc.name) =":        "",
		"proc.name in":                "in",
		"fd.l4proto in (tcp, ":        "udp",
		"evt.arg.na":                  "name",
		"evt.arg[fla":                 "flags]",
		"evt.num = 1 or evt.abspath[": "src]",
		"not fd.sp":                   "fd.sport",
		"evt.type = open or not (pr":  "proc.pid",
	} {
		c := Complete(text, len(text))
		found := want == "" && len(c.Candidates) == 0
		for _, x := range c.Candidates {
			found = found || x.Text == want
		}
		if !found {
			t.Errorf("%q: %q is not among %v", text, want, texts(c))
		}
		if c.From < 0 || c.From > len(text) {
			t.Errorf("%q: replaces from %d", text, c.From)
		}
	}
	c := Complete("proc.name = nginx and proc.xx", 4)
	if c.From != 0 || c.To != 9 {
		t.Errorf("inside of a word: replaces %d..%d, want 0..9", c.From, c.To)
	}
	for _, x := range Complete("proc.pid ", 9).Candidates {
		if x.Text == "contains" {
			t.Error("contains is offered for a number")
		}
	}
}

func texts(c Completion) string {
	var b strings.Builder
	for i, x := range c.Candidates {
		if i == 8 {
			break
		}
		fmt.Fprintf(&b, "%s ", x.Text)
	}
	return b.String()
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a*b*c", "aXbYc", true}, {"a*b*c", "aXbY", false}, {"*/x", "/a/b/x", true}, {"?", "", false},
		{"[a-c]x", "bx", true}, {"[!a-c]x", "bx", false}, {"[^a]x", "bx", true}, {"[]]", "]", true}, {"[a", "[a", true}, {`\*`, "*", true}, {`\*`, "x", false},
		{"[[:digit:]]*", "7x", true}, {"+(a|b)", "a", false}, {"[a-]", "-", true}, {"*a*a*a*a*b", strings.Repeat("a", 300), false},
	} {
		if got := globMatch(c.pattern, c.text, false); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.text, got)
		}
	}
	if !globMatch("AB*", "abc", true) || globMatch("AB*", "abc", false) || !globMatch("[A-C]", "b", true) {
		t.Error("capitals")
	}
}
