package inspect

import (
	"fmt"
	"strconv"
	"strings"
)

// Tile is one number of the overview with its time line.
type Tile struct {
	ID, Category, Title string
	// Total is the value for the whole window.
	Total uint64
	// Format says how Total is meant to be shown.
	Format Format
	// Series has one value for each slot of the window.
	Series []uint64
	// Quiet tiles are hidden when Total is zero.
	Quiet bool
	// Bad tiles tell of something wrong when Total is not zero.
	Bad bool
	// View and Sort lead to what was counted, Sort is "" for the view's own order; Filter
	// selects its events in the filter language.
	View, Sort, Filter string
}

// tileSpec is a tile as data.
type tileSpec struct {
	id, category, title string
	field               field
	terms               []term
	// distinct counts different things in place of a sum: "proc", "container", "name".
	distinct string
	format   Format
	loud     bool // shown when zero as well
	bad      bool
	view     string
	sort     string
	filter   string
}

// Parts of filters.
const (
	ioFilter   = "evt.is_io=true and evt.rawres>=0"
	slowFilter = "evt.is_io=true and evt.rawres>0 and fd.type=file and not fd.name startswith /dev/ and evt.latency>"
	logFilter  = "evt.is_io_write=true and evt.rawres>0 and fd.type=file and (fd.name endswith .log or fd.name endswith _log or fd.name contains .log. or fd.name contains /var/log/) and not fd.name endswith gz and not fd.name endswith .journal"
)

const syslogFilter = "evt.is_io_write=true and evt.rawres>0 and (evt.is_syslog=true or fd.sport=514) and evt.buffer startswith <"

// logWordFilter selects the lines that logMark grades so, in the three usual spellings of its words.
func logWordFilter(m mark) string {
	var parts []string
	for _, w := range logWords {
		if w.mark == m {
			for _, word := range []string{w.word, strings.ToUpper(w.word[:1]) + w.word[1:], strings.ToUpper(w.word)} {
				parts = append(parts, "evt.buffer contains "+word)
			}
		}
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

// httpRequestFilter selects the first parts of requests.
var httpRequestFilter = func() string {
	var parts []string
	for _, m := range httpMethods {
		parts = append(parts, fmt.Sprintf("evt.buffer startswith %q", m))
	}
	return "evt.is_io=true and (" + strings.Join(parts, " or ") + ")"
}()

// httpFilter selects the first parts of responses whose status begins with a digit.
func httpFilter(digit string) string {
	if digit == "" {
		return `evt.is_io=true and evt.buffer startswith "HTTP/1."`
	}
	return fmt.Sprintf(`evt.is_io=true and (evt.buffer startswith "HTTP/1.1%s" or evt.buffer startswith "HTTP/1.0%s")`, digit, digit)
}

func joined(ports []uint16) string {
	var out []string
	for _, p := range ports {
		out = append(out, strconv.Itoa(int(p)))
	}
	return strings.Join(out, ", ")
}

// tileSpecs lists the tiles: those of Sysdig Inspect, corrected, and ours.
var tileSpecs = func() []tileSpec {
	list := []tileSpec{
		{id: "died", category: "what died", title: "Failed Ends", bad: true, loud: true, view: "deaths", filter: "evt.type=procexit and evt.arg.status!=0"},
		{id: "ends", category: "what died", title: "Ended Threads", terms: []term{{all: tDeath}}, view: "deaths", filter: "evt.type=procexit"},
		{id: "signals", category: "what died", title: "Received Signals", terms: []term{{all: tSignal}}, view: "signals", filter: "evt.type=signaldeliver"},
		{id: "segv", category: "what died", title: "Segmentation Faults", bad: true, view: "signals", filter: "evt.type=signaldeliver and evt.arg.sig=SIGSEGV"},
		{id: "drops", category: "what died", title: "Drop Marks", bad: true, terms: []term{{all: tDrop}}, view: "drops", filter: "evt.type=drop"},

		{id: "procs", category: "general", title: "Running Processes", terms: []term{{any: tEnter | tExit}}, distinct: "proc", loud: true, view: "procs"},
		{id: "containers", category: "general", title: "Running Containers", terms: []term{{any: tEnter | tExit, who: kContainer}}, distinct: "container", view: "containers", filter: "container.id!=host"},
		{id: "events", category: "general", title: "System Call Events", terms: []term{{any: tEnter | tExit}}, loud: true, view: "syscalls"},
		{id: "forks", category: "general", title: "Forks", terms: []term{{all: tFork, none: tError | tChild}}, view: "forks", filter: "evt.type in (clone, clone3, fork, vfork) and evt.dir=< and evt.rawres>0"},

		{id: "file.bytes", category: "file", title: "File Bytes In+Out", field: fieldAmount, format: Bytes, terms: []term{{any: anyIO, name: nFile}}, loud: true, view: "files", filter: ioFilter + " and fd.type=file"},
		{id: "file.in", category: "file", title: "File Bytes In", field: fieldAmount, format: Bytes, terms: []term{{all: tRead, name: nFile}}, view: "files", sort: "BYTES IN", filter: "evt.is_io_read=true and evt.rawres>=0 and fd.type=file"},
		{id: "file.out", category: "file", title: "File Bytes Out", field: fieldAmount, format: Bytes, terms: []term{{all: tWrite, name: nFile}}, view: "files", sort: "BYTES OUT", filter: "evt.is_io_write=true and evt.rawres>=0 and fd.type=file"},
		{id: "file.read", category: "file", title: "Accessed Files", terms: []term{{all: tRead, name: nFile}}, distinct: "name", view: "files", filter: "evt.is_io_read=true and fd.type=file"},
		{id: "file.written", category: "file", title: "Modified Files", terms: []term{{all: tWrite, name: nFile}}, distinct: "name", view: "files", filter: "evt.is_io_write=true and fd.type=file"},
		{id: "file.openerrors", category: "file", title: "File Open Errors", bad: true, terms: []term{{all: tOpen | tError}}, view: "failed_calls", filter: "evt.type in (open, openat, openat2, creat) and evt.failed=true"},
		{id: "file.deleted", category: "file", title: "Deleted Files", terms: []term{{all: tUnlink, none: tError}}, view: "deleted_files", filter: "evt.type in (unlink, unlinkat) and evt.dir=< and evt.failed=false"},

		{id: "net.bytes", category: "network", title: "Net Bytes In+Out", field: fieldAmount, format: Bytes, terms: []term{{any: anyIO, name: nNet}}, loud: true, view: "sports", filter: ioFilter + " and fd.type in (ipv4, ipv6)"},
		{id: "net.in", category: "network", title: "Net Bytes In", field: fieldAmount, format: Bytes, terms: []term{{all: tRead, name: nNet}}, view: "sports", filter: "evt.is_io_read=true and evt.rawres>=0 and fd.type in (ipv4, ipv6)"},
		{id: "net.out", category: "network", title: "Net Bytes Out", field: fieldAmount, format: Bytes, terms: []term{{all: tWrite, name: nNet}}, view: "sports", sort: "BPS OUT", filter: "evt.is_io_write=true and evt.rawres>=0 and fd.type in (ipv4, ipv6)"},
		{id: "net.conns", category: "network", title: "Active Connections", terms: []term{{any: anyIO, name: nNet}}, distinct: "name", view: "connections", filter: "evt.is_io=true and fd.type in (ipv4, ipv6)"},
		{id: "net.listening", category: "network", title: "Listening Ports", view: "port_bindings"},
		{id: "net.binds", category: "network", title: "New Listening Ports", terms: []term{{all: tBind, none: tError, name: nPort}}, view: "port_bindings", filter: "evt.type=bind and evt.dir=< and evt.failed=false and fd.sport exists"},
		{id: "net.connects", category: "network", title: "New Outbound Connections", terms: []term{{all: tConnect, name: nPort}}, view: "outgoing_connections", filter: "evt.type=connect and evt.dir=< and fd.type in (ipv4, ipv6)"},
		{id: "net.accepts", category: "network", title: "New Inbound Connections", terms: []term{{all: tAccept, none: tError, name: nPort}}, view: "incoming_connections", filter: "evt.type in (accept, accept4) and evt.dir=< and fd.sport exists"},
		{id: "net.failed", category: "network", title: "Failed Connection Attempts", bad: true, terms: []term{{all: tConnect | tError, none: tInProgress | tPassing, name: nNet}}, view: "outgoing_connections", filter: "evt.type=connect and evt.failed=true and evt.res!=EINPROGRESS and fd.type in (ipv4, ipv6)"},
		{id: "dns.questions", category: "network", title: "DNS Questions", terms: []term{{all: tDNS}}, view: "dns", filter: "fd.sport=53"},
		{id: "dns.answers", category: "network", title: "DNS Answers", terms: []term{{all: tDNSAnswer}}, view: "dns", filter: "fd.sport=53"},
		{id: "dns.failures", category: "network", title: "DNS Failures", bad: true, terms: []term{{all: tDNSFailure}}, view: "dns", filter: "fd.sport=53"},

		{id: "sec.exec", category: "security", title: "Executed Commands", terms: []term{{all: tExec, none: tError}}, view: "spy_users_wsysdig", filter: "evt.type in (execve, execveat) and evt.dir=< and evt.failed=false"},
		{id: "sec.shell", category: "security", title: "Executed Interactive Commands", terms: []term{{all: tExec, none: tError, who: kShellChild}}, view: "spy_users_wsysdig", filter: "evt.type=execve and evt.dir=< and evt.failed=false and proc.pname contains bash"},
		{id: "sec.symlinks", category: "security", title: "New Symlinks", terms: []term{{all: tSymlink, none: tError}}, view: "symlinks", filter: "evt.type in (symlink, symlinkat) and evt.dir=< and evt.failed=false"},
		{id: "sec.system", category: "security", title: "Modified System Files", terms: []term{{all: tWrite, name: nSystem}}, distinct: "name", view: "files", filter: "evt.is_io_write=true and fd.name pmatch (/bin, /sbin, /boot, /etc, /lib, /usr/bin, /usr/sbin, /usr/share, /usr/lib)"},
		{id: "sec.sudo", category: "security", title: "Sudo Invocations", terms: []term{{all: tExec, none: tError, who: kSudo}}, view: "spy_users_wsysdig", filter: "evt.type=execve and evt.dir=< and proc.name=sudo"},
		{id: "sec.setns", category: "security", title: "Setns Invocations", terms: []term{{all: tSetns}}, view: "setns", filter: "evt.type=setns and evt.dir=<"},
		{id: "sec.ssh", category: "security", title: "New SSH Connections", terms: []term{{any: tConnect | tAccept, name: nSSH}}, view: "connections", filter: "evt.type in (connect, accept, accept4) and evt.dir=< and fd.sport=22"},

		{id: "http.requests", category: "performance", title: "HTTP Requests", terms: []term{{all: tHTTPRequest}}, view: "http_messages", filter: httpRequestFilter},
		{id: "http.responses", category: "performance", title: "HTTP Responses", terms: []term{{all: tHTTP}}, view: "http", filter: httpFilter("")},
		{id: "http.3xx", category: "performance", title: "HTTP Redirects", terms: []term{{all: tHTTP3}}, view: "http_messages", filter: httpFilter(" 3")},
		{id: "http.4xx", category: "performance", title: "HTTP Client Errors (4xx)", bad: true, terms: []term{{all: tHTTP4}}, view: "http_messages", filter: httpFilter(" 4")},
		{id: "http.5xx", category: "performance", title: "HTTP Server Errors (5xx)", bad: true, terms: []term{{all: tHTTP5}}, view: "http_messages", filter: httpFilter(" 5")},
		{id: "errors", category: "performance", title: "Failed Calls", terms: []term{{all: tError, none: tPassing | tInProgress}}, view: "errors", filter: "evt.failed=true"},
		{id: "slow1", category: "performance", title: "Slow File I/O, 1 ms and more", terms: []term{{all: tSlow1}}, view: "slow_io", filter: slowFilter + "1000000"},
		{id: "slow10", category: "performance", title: "Slow File I/O, 10 ms and more", terms: []term{{all: tSlow10}}, view: "slow_io", filter: slowFilter + "10000000"},
		{id: "slow100", category: "performance", title: "Slow File I/O, 100 ms and more", bad: true, terms: []term{{all: tSlow100}}, view: "slow_io", filter: slowFilter + "100000000"},

		{id: "out", category: "logs", title: "Writes to Standard Output and Error", terms: []term{{all: tOutput}}, view: "output", filter: "evt.is_io_write=true and fd.num in (1, 2)"},
		{id: "err", category: "logs", title: "Writes to Standard Error", terms: []term{{all: tStderr}}, view: "output", filter: "evt.is_io_write=true and fd.num=2"},
		{id: "logs", category: "logs", title: "App Log Messages", terms: []term{{all: tLog}}, view: "spy_logs", filter: logFilter},
		{id: "logs.warn", category: "logs", title: "App Log Warnings", terms: []term{{all: tLogWarning}}, view: "spy_logs", filter: logFilter + " and " + logWordFilter(markLogWarning) + " and not " + logWordFilter(markLogError)},
		{id: "logs.err", category: "logs", title: "App Log Errors", bad: true, terms: []term{{all: tLogError}}, view: "spy_logs", filter: logFilter + " and " + logWordFilter(markLogError)},
		{id: "syslog", category: "logs", title: "Syslog Messages", terms: []term{{all: tSyslog}}, view: "spy_syslog", filter: syslogFilter},
		{id: "syslog.warn", category: "logs", title: "Syslog Warnings", terms: []term{{all: tSyslogWarning}}, view: "spy_syslog", filter: syslogFilter + " and (fd.sport=514 or syslog.severity=4)"},
		{id: "syslog.err", category: "logs", title: "Syslog Errors", bad: true, terms: []term{{all: tSyslogError}}, view: "spy_syslog", filter: syslogFilter + " and (fd.sport=514 or syslog.severity<4)"},

		{id: "infra", category: "infrastructure", title: "Container Engine Events", terms: []term{{all: tInfra}}, view: "docker_events", filter: "evt.type=infra"},
		{id: "notifications", category: "infrastructure", title: "Notifications", terms: []term{{all: tNotification}}, view: "notifications", filter: "evt.type=notification"},
	}
	for _, p := range protocols {
		list = append(list, tileSpec{
			id: "app." + strings.ToLower(p.name), category: "applications", title: p.name + " Bytes", field: fieldAmount, format: Bytes,
			terms: []term{{any: anyIO, name: nPort, ports: p.ports}}, view: "connections", filter: ioFilter + " and fd.sport in (" + joined(p.ports) + ")",
		})
	}
	return list
}()

// protocols are applications by their well-known server ports.
var protocols = []struct {
	name  string
	ports []uint16
}{
	{"HTTP", []uint16{80, 8080}}, {"HTTPS", []uint16{443, 8443, 6443}}, {"SSH", []uint16{22}}, {"DNS", []uint16{53}}, {"etcd", []uint16{2379, 2380}},
	{"MySQL", []uint16{3306}}, {"PostgreSQL", []uint16{5432}}, {"Redis", []uint16{6379}}, {"memcached", []uint16{11211}},
	{"MongoDB", []uint16{27017, 27018, 27019}}, {"RabbitMQ", []uint16{5672}}, {"Kafka", []uint16{9092, 2181}}, {"Elasticsearch", []uint16{9200, 9300, 9400}},
	{"Kubelet", []uint16{10250}}, {"Cassandra", []uint16{9042}}, {"NATS", []uint16{4222}},
}

// Overview computes all tiles for a window and a selection. Tiles that are quiet and
// zero are left out.
func (ix *Index) Overview(q Query) ([]Tile, error) {
	sel, err := ix.selection(q.Select)
	if err != nil {
		return nil, err
	}
	w := ix.window(q.FromNanos, q.ToNanos)
	c := ix.newTiles(w)
	for s := w.first; s <= w.last && s < len(ix.slots); s++ {
		c.slot(s-w.first, ix.slots[s], sel)
	}
	c.special(q, sel, w)
	var out []Tile
	for i := range c.tiles {
		if c.tiles[i].Total > 0 || !c.tiles[i].Quiet {
			out = append(out, c.tiles[i])
		}
	}
	return out, nil
}

// tiles are the tiles while they are counted.
type tiles struct {
	ix    *Index
	tiles []Tile
	parts []*tilePart
}

// tilePart holds up to 64 terms.
type tilePart struct {
	plan  *plan
	owner []int // of the bits
	dist  map[int]*distinctTile
}

// distinctTile counts different things: in the slot and in all.
type distinctTile struct {
	of    string
	inNow []uint32 // by id: slot+1 that saw it last
	total uint64
}

func (ix *Index) newTiles(w window) *tiles {
	c := &tiles{ix: ix}
	slots := max(0, min(w.last, len(ix.slots)-1)-w.first+1)
	var p *tilePart
	for i := range tileSpecs {
		s := &tileSpecs[i]
		c.tiles = append(c.tiles, Tile{
			ID: s.id, Category: s.category, Title: s.title, Format: s.format, Quiet: !s.loud, Bad: s.bad, View: s.view, Sort: s.sort, Filter: s.filter, Series: make([]uint64, slots),
		})
		if p == nil || p.plan.n+len(s.terms) > 64 {
			p = &tilePart{plan: ix.newPlan(), dist: map[int]*distinctTile{}}
			c.parts = append(c.parts, p)
		}
		for k := range s.terms {
			t := s.terms[k]
			t.byName = s.distinct == "name" || len(t.ports) > 0
			p.plan.add(ix, &t)
			p.owner = append(p.owner, i)
		}
		n := map[string]int{"proc": len(ix.d.procs), "container": len(ix.d.containers), "name": len(ix.d.names)}[s.distinct]
		if s.distinct != "" {
			p.dist[i] = &distinctTile{of: s.distinct, inNow: make([]uint32, n)}
		}
	}
	return c
}

func (c *tiles) slot(s int, cells []cell, sel *selection) {
	for i := range cells {
		e := &cells[i]
		if !sel.has(e.task, e.name, e.what) {
			continue
		}
		for _, p := range c.parts {
			for bits := p.plan.in(e); bits != 0; bits &= bits - 1 {
				at := p.owner[trailing(bits)]
				if d := p.dist[at]; d != nil {
					if d.see(c.ix, e, uint32(s+1)) {
						c.tiles[at].Series[s]++
						c.tiles[at].Total = d.total
					}
					continue
				}
				v := e.value(tileSpecs[at].field)
				c.tiles[at].Total += v
				c.tiles[at].Series[s] += v
			}
		}
	}
}

// see reports whether the thing is new in the slot.
func (d *distinctTile) see(ix *Index, e *cell, slot uint32) bool {
	id := e.name
	switch d.of {
	case "proc":
		id = ix.d.tasks[e.task].proc
	case "container":
		id = ix.d.procs[ix.d.tasks[e.task].proc].container
	}
	if d.inNow[id] == slot {
		return false
	}
	if d.inNow[id] == 0 {
		d.total++
	}
	d.inNow[id] = slot
	return true
}

// special fills the tiles that come from notes.
func (c *tiles) special(q Query, sel *selection, w window) {
	in := &c.ix.Info
	place := func(id string) *Tile {
		for i := range c.tiles {
			if c.tiles[i].ID == id {
				return &c.tiles[i]
			}
		}
		return nil
	}
	each := func(class noteClass, do func(slot int, n *note)) {
		kept, _ := c.ix.notes[class].all()
		for i := range kept {
			n := &kept[i]
			if !c.ix.validNote(n) || n.ts < q.FromNanos || q.ToNanos != 0 && n.ts > q.ToNanos || !sel.has(n.task, n.name, n.what) {
				continue
			}
			slot := 0
			if n.ts > in.FirstNanos && in.SlotNanos > 0 {
				slot = int(min((n.ts-in.FirstNanos)/in.SlotNanos, maxSlots)) - w.first
			}
			do(slot, n)
		}
	}
	count := func(t *Tile, slot int) {
		t.Total++
		if slot >= 0 && slot < len(t.Series) {
			t.Series[slot]++
		}
	}
	died, segv, listening := place("died"), place("segv"), place("net.listening")
	each(noteDeath, func(slot int, n *note) {
		if endOf(n).bad() {
			count(died, slot)
		}
	})
	each(noteSignal, func(slot int, n *note) {
		if n.val&0xff == 11 {
			count(segv, slot)
		}
	})
	if len(q.Select) == 0 {
		c.listening(listening, each)
	}
}

// listening starts from the sockets that the capture's list of descriptors holds, and
// follows binds and closes.
func (c *tiles) listening(t *Tile, each func(noteClass, func(int, *note))) {
	steps := make([]int, len(t.Series)+1)
	add := func(slot, by int) {
		if slot >= 0 && slot < len(t.Series) {
			steps[slot] += by
		}
	}
	each(noteBind, func(slot int, n *note) {
		if n.val >= 0 && c.ix.nameTraits[n.name]&nPort != 0 {
			add(slot, 1)
		}
	})
	each(noteUnlisten, func(slot int, _ *note) { add(slot, -1) })
	now := int(c.ix.Info.Listening)
	for s := range t.Series {
		now = max(now+steps[s], 0)
		t.Series[s] = uint64(now)
		t.Total = max(t.Total, uint64(now))
	}
}
