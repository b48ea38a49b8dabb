package inspect

import (
	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/dnswire"
)

// views is the table of views. Ids are those of Sysdig where it has the view.
var views = []*View{
	{
		ID: "deaths", Name: "Deaths", About: "processes that ended, those that failed first", Next: "errors", SelectKey: "proc.pid", Story: true,
		classes: []noteClass{noteDeath}, Sort: 2,
		Columns: []Column{colNum, colTime,
			noteVal("BAD", "1 for a signal or an exit status other than 0", Plain, func(n *note) Value { return number(b2i(endOf(n).bad())) }),
			noteVal("HOW", "exit status, or signal and whether it left a core dump", Plain, func(n *note) Value { return text(endOf(n).String()) }),
			{Name: "NTH", About: "which end of its container it is, in this capture", note: func(ix *Index, n *note) Value { return someNumber(int64(ix.nth[n.num])) }, If: "containers"},
			colPid, colVpid, colContainer, {Name: "POD", About: "pod", attr: "k8s.pod.name", If: "pods"}, colCommand},
	},
	{
		ID: "procs", Name: "Processes", About: "processes", Key: "proc", SelectKey: "proc.pid", Next: "threads", Sort: 3,
		Columns: []Column{colPid, {Name: "PPID", About: "parent", attr: "proc.ppid"}, colVpid, colCPU, colUser,
			{Name: "TH", About: "largest number of threads seen at once", gauge: gaugeOf(func(p *process) int64 { return int64(p.threads) })},
			colVirt, colRes, colFile, colNet, colContainer, colCommand},
	},
	{
		ID: "procs_cpu", Name: "Processes CPU", About: "processes by processor time", Key: "proc", SelectKey: "proc.pid", Next: "threads", Sort: 2,
		Columns: []Column{colPid, colVpid,
			{Name: "TOT", About: "processor time, in percent of one processor", Format: Percent, measure: "cpu", per: "s", If: "cpu"},
			{Name: "USER", About: "in user mode", Format: Percent, measure: "cpu.user", per: "s", If: "procinfo"},
			{Name: "SYS", About: "in the kernel", Format: Percent, measure: "cpu.sys", per: "s", If: "procinfo"},
			{Name: "SYSCALLS", About: "calls per second", Format: PerSec, measure: "calls", per: "s"}, colContainer, colCommand},
	},
	{
		ID: "procs_errors", Name: "Processes Errors", About: "processes by failed calls", Key: "proc", SelectKey: "proc.pid", Next: "errors", Sort: 0,
		base: []term{{all: tError}},
		Columns: []Column{
			{Name: "FILE", About: "failed calls on files", measure: "errors.file"}, {Name: "NET", About: "on sockets", measure: "errors.net"},
			{Name: "MEMORY", About: "on memory", measure: "errors.memory"}, {Name: "OTHER", About: "all others", measure: "errors.other"},
			colPid, colContainer, colCommand},
	},
	{
		ID: "procs_fd_usage", Name: "Processes FD Usage", About: "processes by open descriptors", Key: "proc", SelectKey: "proc.pid", Next: "io_by_type", Sort: 4,
		Columns: []Column{colPid, colVpid,
			{Name: "OPEN", About: "largest number of open descriptors", gauge: gaugeOf(func(p *process) int64 { return int64(p.fds) })},
			{Name: "MAX", About: "limit of open descriptors", gauge: gaugeOf(func(p *process) int64 { return p.fdLimit })},
			{Name: "PCT", About: "open of the limit, in percent", Format: Percent, gauge: fdShare}, colContainer, colCommand},
	},
	{
		ID: "threads", Name: "Threads", About: "threads", Key: "thread.tid", Next: "files", Sort: 4,
		Columns: []Column{colPid, {Name: "TID", About: "thread", attr: "thread.tid"}, colVpid,
			{Name: "VTID", About: "thread as numbered inside its container", attr: "thread.vtid", If: "containers"}, colCPU, colFile, colNet,
			{Name: "CALLS", About: "calls", measure: "calls"}, colContainer, colCommand},
	},
	{
		ID: "containers", Name: "Containers", About: "containers", Key: "container.name", Next: "procs", Sort: 0,
		base: []term{{who: kContainer}},
		Columns: []Column{colCPU, {Name: "PROCS", About: "processes", unique: "procs"}, {Name: "THREADS", About: "threads", unique: "threads"},
			summed(colVirt), summed(colRes), colFile, colNet, {Name: "ENGINE", About: "container engine", attr: "container.type"},
			{Name: "IMAGE", About: "image", attr: "container.image"}, {Name: "ID", About: "container", attr: "container.id"}, {Name: "NAME", About: "its name", attr: "container.name"}},
	},
	{
		ID: "containers_errors", Name: "Containers Errors", About: "containers by failed calls", Key: "container.name", Next: "procs_errors", Sort: 0,
		base: []term{{all: tError, who: kContainer}},
		Columns: []Column{{Name: "FILE", About: "failed calls on files", measure: "errors.file"}, {Name: "NET", About: "on sockets", measure: "errors.net"},
			{Name: "MEMORY", About: "on memory", measure: "errors.memory"}, {Name: "OTHER", About: "all others", measure: "errors.other"},
			{Name: "IMAGE", About: "image", attr: "container.image"}, {Name: "ID", About: "container", attr: "container.id"}, {Name: "NAME", About: "its name", attr: "container.name"}},
	},
	{
		ID: "kubernetes_pods", Name: "Pods", About: "pods of Kubernetes", Key: "k8s.pod.name", Next: "containers", Sort: 0,
		Columns: kubeColumns(Column{Name: "NAME", About: "pod", attr: "k8s.pod.name"}, Column{Name: "NAMESPACE", About: "its namespace", attr: "k8s.ns.name"}),
	},
	{
		ID: "kubernetes_namespaces", Name: "Namespaces", About: "namespaces of Kubernetes", Key: "k8s.ns.name", Next: "kubernetes_pods", Sort: 0,
		Columns: kubeColumns(Column{Name: "NAME", About: "namespace", attr: "k8s.ns.name"}),
	},
	{
		ID: "files", Name: "Files", About: "files and directories", Key: "fd.name", Next: "procs", Sort: 2,
		base:    []term{{name: nFiles}},
		Columns: []Column{colBytesIn, colBytesOut, colOps, colOpens, colErrors, colContainer, {Name: "FILENAME", About: "path", attr: "fd.name"}},
	},
	{
		ID: "directories", Name: "Directories", About: "directories of files", Key: "fd.directory", Next: "files", Sort: 2,
		base:    []term{{name: nFiles}},
		Columns: []Column{colBytesIn, colBytesOut, colOps, colOpens, colErrors, colContainer, {Name: "DIRNAME", About: "path", attr: "fd.directory"}},
	},
	{
		ID: "io_by_type", Name: "I/O by Type", About: "kinds of descriptors", Key: "fd.type", Next: "procs", Sort: 2,
		Columns: []Column{
			{Name: "BPS IN", About: "bytes read per second", Format: BytesSec, measure: "bytes.in", per: "s"},
			{Name: "BPS OUT", About: "bytes written per second", Format: BytesSec, measure: "bytes.out", per: "s"},
			{Name: "IOPS", About: "reads and writes per second", Format: PerSec, measure: "io", per: "s"},
			{Name: "TIME", About: "time spent in reads and writes", Format: Nanos, measure: "io.time", If: "enters"}, {Name: "I/O TYPE", About: "kind", attr: "fd.type"}},
	},
	{
		ID: "connections", Name: "Connections", About: "connections", Key: "fd.name", Next: "incoming_connections", Sort: 5,
		base: []term{{name: nNet}},
		Columns: []Column{{Name: "L4", About: "transport", attr: "fd.l4proto"}, {Name: "CLIENT", About: "address of the client", attr: "fd.cip"}, {Name: "CPORT", About: "its port", attr: "fd.cport"},
			{Name: "SERVER", About: "address of the server", attr: "fd.sip"}, {Name: "SPORT", About: "its port", attr: "fd.sport"},
			{Name: "BPS IN", About: "bytes received per second", Format: BytesSec, measure: "bytes.in", per: "s"},
			{Name: "BPS OUT", About: "bytes sent per second", Format: BytesSec, measure: "bytes.out", per: "s"},
			{Name: "IOPS", About: "events per second", Format: PerSec, measure: "ops", per: "s"}, colErrors, colContainer, colCommand},
	},
	{
		ID: "sports", Name: "Server Ports", About: "server ports", Key: "fd.sport", SelectKey: "fd.port", Next: "connections", Sort: 1,
		base: []term{{name: nNet}},
		Columns: []Column{{Name: "SPORT", About: "server port", attr: "fd.sport"}, {Name: "BPS IN", About: "bytes received per second", Format: BytesSec, measure: "bytes.in", per: "s"},
			{Name: "BPS OUT", About: "bytes sent per second", Format: BytesSec, measure: "bytes.out", per: "s"}, {Name: "IO CALLS", About: "reads and writes", measure: "io"}, colErrors},
	},
	{
		ID: "backlog", Name: "Socket Queues", About: "server ports by accept queues", Key: "fd.sport", SelectKey: "fd.port", Next: "connections", Sort: 3,
		base: []term{{all: tAccept}},
		Columns: []Column{colPid, {Name: "PORT", About: "server port", attr: "fd.sport"}, {Name: "ACCEPTS", About: "accepted connections", measure: "accepts"},
			{Name: "BACKLOG", About: "connections that waited behind the accepted one, on average", measure: "backlog", per: "accepts"},
			{Name: "PCT", About: "the same, in percent of the most that may wait", Format: Percent, measure: "backlog", per: "accepts", queue: true},
			{Name: "MAX", About: "how many connections may wait", queue: true},
			{Name: "PROC", About: "program", attr: "proc.name"}},
	},
	{
		ID: "errors", Name: "Errors", About: "error numbers", Key: "evt.res", Next: "procs_errors", Sort: 0,
		base:    []term{{all: tError}},
		Columns: []Column{{Name: "COUNT", About: "calls that failed with it", measure: "errors"}, {Name: "ERROR", About: "its name", attr: "evt.res"}},
	},
	{
		ID: "syscalls", Name: "System Calls", About: "system calls", Key: "evt.type", Next: "syscall_procs", Sort: 0,
		base: []term{{all: tCall}},
		Columns: []Column{{Name: "CALLS/S", About: "calls per second", Format: PerSec, measure: "calls", per: "s"}, {Name: "CALLS", About: "calls", measure: "calls"},
			{Name: "TOT TIME", About: "time spent in it", Format: Nanos, measure: "time", If: "enters"},
			{Name: "AVG TIME", About: "time of one call", Format: Nanos, measure: "time", per: "calls", If: "enters"}, colErrors, {Name: "SYSCALL", About: "its name", attr: "evt.type"}},
	},
	{
		ID: "syscall_procs", Name: "System Call Callers", About: "processes by calls", Key: "proc", SelectKey: "proc.pid", Next: "threads", Sort: 0,
		base: []term{{all: tCall}},
		Columns: []Column{{Name: "CALLS/S", About: "calls per second", Format: PerSec, measure: "calls", per: "s"}, {Name: "CALLS", About: "calls", measure: "calls"},
			{Name: "TOT TIME", About: "time spent in calls", Format: Nanos, measure: "time", If: "enters"}, {Name: "AVG TIME", About: "time of one call", Format: Nanos, measure: "time", per: "calls", If: "enters"},
			colPid, colContainer, colCommand},
	},
	{
		ID: "page_faults", Name: "Page Faults", About: "processes by page faults", Key: "proc", SelectKey: "proc.pid", Next: "errors", Sort: 0,
		Columns: []Column{{Name: "MAJOR", About: "faults that read from disk, since the process began", gauge: gaugeOf(func(p *process) int64 { return int64(p.pfMajor) })},
			{Name: "MINOR", About: "all others", gauge: gaugeOf(func(p *process) int64 { return int64(p.pfMinor) })}, colPid, colVpid, colContainer, colCommand},
	},
	{
		ID: "http", Name: "HTTP Responses", About: "classes of HTTP status", Key: "http.class", Next: "http_messages", Sort: 1,
		base: []term{{all: tHTTP}},
		Columns: []Column{{Name: "CLASS", About: "class of the status", attr: "http.class"}, {Name: "RESPONSES", About: "responses, counted where they were sent and where they were received", measure: "ops"},
			{Name: "BYTES", About: "bytes of their first part", Format: Bytes, measure: "bytes"}},
	},
	{
		ID: "cores", Name: "Processors", About: "processors, over the whole capture", cores: true, Sort: 0,
		Columns: []Column{
			{Name: "CORE", About: "number of the processor", core: func(_ *Index, c *Core) Value { return number(int64(c.CPU)) }},
			{Name: "CPU", About: "time that threads ran, in percent", Format: Percent, core: coreShare},
			{Name: "TH", About: "different threads that ran on it", core: func(_ *Index, c *Core) Value { return number(int64(c.Threads)) }},
			{Name: "EVENTS", About: "events that came from it", core: func(_ *Index, c *Core) Value { return number(int64(c.Events)) }}},
	},
	events("http_messages", "HTTP Messages", "HTTP/1 requests and responses", noteHTTP, 0,
		noteVal("STATUS", "status of a response", Plain, func(n *note) Value { return someNumber(n.val) }), noteText("FIRST LINE", "first line of the message"), noteAttr("CONNECTION", "connection", "fd.name"), colContainer, colPid, colCommand),
	events("dns", "DNS", "DNS questions and answers", noteDNS, 0,
		Column{Name: "DIR", About: "question or answer", note: func(ix *Index, n *note) Value { return text(dnsDir(ix, n)) }},
		noteVal("CODE", "response code", Plain, func(n *note) Value { return text(dnswire.RcodeName(int(n.val))) }), noteText("MESSAGE", "type, name and addresses"), noteAttr("SERVER", "name server", "fd.sip"), colContainer, colPid, colCommand),
	events("slow_io", "Slow File I/O", "reads and writes on files that took over 1 ms", noteSlow, 2,
		noteVal("LATENCY", "how long it took", Nanos, val), noteAttr("FILENAME", "path", "fd.name"), colContainer, colPid, colCommand),
	{
		ID: "file_opens", Name: "File Opens", About: "opened files, and those that could not be", Sort: 1, classes: []noteClass{noteOpen, noteError},
		keep: func(ix *Index, n *note) bool { return unpack(ix.d.what.list[n.what]).traits()&tOpen != 0 },
		Columns: []Column{colNum, colTime, noteVal("RES", "descriptor, or error", Plain, func(n *note) Value {
			if n.val < 0 {
				return text(errnoName(uint16(-n.val)))
			}
			return number(n.val)
		}), noteAttr("FILE", "path", "fd.name"), colContainer, colCommand},
	},
	events("failed_calls", "Failed Calls", "calls that failed", noteError, 0,
		noteAttr("ERROR", "error", "evt.res"), noteAttr("CALL", "call", "evt.type"), noteAttr("ON", "what it worked on", "fd.name"), colContainer, colPid, colCommand),
	events("incoming_connections", "New Connections", "accepted connections", noteAccept, 0,
		noteAttr("CONNECTION", "its ends", "fd.name"), colContainer, colCommand),
	events("outgoing_connections", "Outgoing Connections", "connects, failed ones too", noteConnect, 0,
		noteAttr("RESULT", "outcome", "evt.res"), noteAttr("CONNECTION", "its ends", "fd.name"), colContainer, colPid, colCommand),
	{
		ID: "port_bindings", Name: "Port Bindings", About: "binds, and closes of listening sockets", Sort: 1, classes: []noteClass{noteBind, noteUnlisten},
		Columns: []Column{colNum, colTime, {Name: "OPERATION", About: "bind or close", attr: "evt.type"}, noteAttr("RESULT", "outcome", "evt.res"),
			noteAttr("PORT", "port", "fd.sport"), noteAttr("ADDRESS", "address and port", "fd.name"), colContainer, colCommand},
	},
	{
		ID: "spy_users_wsysdig", Name: "Spy Users", About: "commands that were run, and directory changes of shells", Sort: 1, classes: []noteClass{noteExec, noteChdir}, Next: "threads", SelectKey: "proc.pid",
		keep: func(ix *Index, n *note) bool {
			return unpack(ix.d.what.list[n.what]).traits()&tExec != 0 || n.val >= 0 && isShell(ix.d.texts.get(ix.d.tasks[n.task].comm))
		},
		Columns: []Column{colNum, colTime, colUser, {Name: "SHELL", About: "parent process", attr: "proc.ppid"}, colContainer, {Name: "OPERATION", About: "execve or chdir", attr: "evt.type"}, noteText("COMMAND", "command line or directory")},
	},
	events("signals", "Signals", "signals that were delivered", noteSignal, 0,
		noteVal("SIGNAL", "its name", Plain, func(n *note) Value { return text(signalName(uint8(n.val))) }), noteVal("SENDER", "process that sent it; 0 is the kernel", Plain, func(n *note) Value { return number(n.val >> 8) }),
		noteText("SENT BY", "program that sent it"), colContainer, colPid, colCommand),
	events("forks", "Forks", "new processes and threads", noteFork, 0, noteVal("CHILD", "its number", Plain, val), colContainer, colPid, colCommand),
	events("output", "Output", "writes to standard output and standard error", noteOutput, 0,
		noteVal("FD", "1 standard output, 2 standard error", Plain, val), colContainer, colPid, noteAttr("PROC", "program", "proc.name"), noteText("TEXT", "first line that was written")),
	events("spy_logs", "Logs", "writes to log files", noteLog, 0, colContainer, noteAttr("PROC", "program", "proc.name"), noteAttr("FILE", "path", "fd.name"), noteText("TEXT", "first line that was written")),
	events("spy_syslog", "Syslog", "messages for syslog", noteSyslog, 0,
		noteVal("FACILITY", "number of the facility", Plain, func(n *note) Value { return number(n.val >> 3) }), noteVal("SEVERITY", "0 emergency to 7 debug", Plain, func(n *note) Value { return number(n.val & 7) }),
		colContainer, colPid, noteAttr("PROC", "program", "proc.name"), noteText("MESSAGE", "the message")),
	events("symlinks", "New Symlinks", "symbolic links that were made", noteSymlink, 0, noteAttr("RESULT", "outcome", "evt.res"), noteText("PATH", "target or path"), colContainer, colCommand),
	events("deleted_files", "Deleted Files", "files that were removed", noteUnlink, 0, noteAttr("RESULT", "outcome", "evt.res"), noteText("PATH", "path"), colContainer, colCommand),
	events("setns", "Setns", "threads that entered another namespace", noteSetns, 0, noteAttr("RESULT", "outcome", "evt.res"), colContainer, colPid, colCommand),
	events("docker_events", "Container Engine Events", "events of the container engine", noteInfra, 0, noteHalf("TYPE", "name of the event", false), noteHalf("DESCRIPTION", "what the engine says: id, image and name of the container", true)),
	events("notifications", "Notifications", "notifications that an agent put into the capture", noteNotification, 0, noteHalf("ID", "its number", false), colContainer, noteHalf("DESCRIPTION", "what it says", true)),
	events("drops", "Drops", "marks of the recorder that events are missing", noteDrop, 0, noteAttr("TYPE", "event", "evt.type")),
}

func kubeColumns(last ...Column) []Column {
	return append([]Column{colCPU, {Name: "PROCS", About: "processes", unique: "procs"}, summed(colVirt), summed(colRes), colFile, colNet, colErrors}, last...)
}

// events makes a view whose rows are the single events of a class; sort counts the
// columns after the two that all have.
func events(id, name, about string, class noteClass, sort int, cols ...Column) *View {
	if sort == 0 {
		sort = 1
	}
	return &View{ID: id, Name: name, About: about, classes: []noteClass{class}, Sort: sort, Columns: append([]Column{colNum, colTime}, cols...)}
}

func coreShare(ix *Index, c *Core) Value {
	span := ix.Info.LastNanos - ix.Info.FirstNanos
	if c.BusyNanos == 0 || span == 0 {
		return Value{}
	}
	return real(100 * float64(c.BusyNanos) / float64(span))
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func someNumber(n int64) Value {
	if n == 0 {
		return Value{}
	}
	return number(n)
}

func fdShare(p *process) (float64, bool) {
	if p.fdLimit <= 0 {
		return 0, false
	}
	return 100 * float64(p.fds) / float64(p.fdLimit), true
}

func dnsDir(ix *Index, n *note) string {
	if unpack(ix.d.what.list[n.what]).mark == markDNSQuestion {
		return "question"
	}
	return "answer"
}

func isShell(comm string) bool {
	switch comm {
	case "sh", "bash", "dash", "ash", "zsh", "ksh", "fish":
		return true
	}
	return false
}

func signalName(sig uint8) string {
	if s := event.SignalName(int64(sig)); s != "" {
		return s
	}
	return "SIG" + Value{Num: float64(sig), exact: int64(sig), Kind: Number}.String()
}
