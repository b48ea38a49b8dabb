package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/internal/inspect"
	"github.com/unloop-dev/unloop/internal/report"
	"github.com/unloop-dev/unloop/scap"
)

type inspectOptions struct {
	env *Env
	cmd *cobra.Command

	view      string
	selects   []string
	filter    string
	from, to  string
	sort      string
	limit     int
	offset    int
	listViews bool
	output    string
	events    bool
	format    string
	timeForm  string
	ascii     bool
	hex       bool
	hexASCII  bool
	around    string
	story     bool
	all       bool
	follow    bool
	noIndex   bool
	raw       bool

	// Made by complete.
	path     string
	selected []inspect.Selector
}

var inspectFormats = []string{"table", "json", "csv"}

func newInspect(env *Env) *cobra.Command {
	o := &inspectOptions{env: env}
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Look into a capture of system calls",
		Long: `inspect looks into a .scap capture: of unloop, Sysdig, Falco or Stratoshark,
plain or compressed. "-" reads standard input.

Without flags it gives an overview with time lines. --view shows a table, which
--select, --filter, --from and --to restrict; --story tells how processes ended;
--events prints one line an event, as sysdig -r does.

The first question scans the file once. The index it builds is kept beside a large
file (FILE.unloop-index), or in the user's cache folder where the folder cannot be
written, so that every further question is answered at once.`,
		Example: `  unloop inspect crash.scap                             overview
  unloop inspect crash.scap --story                     the last moments of what died
  unloop inspect crash.scap --view files --select pid=4711
  unloop inspect crash.scap --view errors --from -2s    the last two seconds
  unloop inspect crash.scap --events --filter 'evt.failed=true and container.id!=host'
  unloop inspect crash.scap --around 18010              events around one event
  unloop inspect --list-views`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []string{"scap", "gz"}, cobra.ShellCompDirectiveFilterFileExt
		},
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			return inSteps(cmd.Context(), o, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.view, "view", "", "show the view `NAME`; --list-views lists them")
	f.StringArrayVar(&o.selects, "select", nil, "only what has `KEY=VALUE`, such as pid=12, container=web, port=80, errno=ENOENT; may be repeated")
	f.StringVar(&o.filter, "filter", "", "only events that match `EXPR`, in the language of sysdig and Falco")
	f.StringVar(&o.from, "from", "", "begin at `TIME`: 2.5s from the start, -1s from the end, 15:04:05.2, or with a date")
	f.StringVar(&o.to, "to", "", "end at `TIME`")
	f.StringVar(&o.sort, "sort", "", "sort by `COLUMN`; -COLUMN turns the order round")
	f.IntVar(&o.limit, "limit", 0, "at most `N` rows or events; a table fits a screen by default, and 0 with -o json or csv is all")
	f.IntVar(&o.offset, "offset", 0, "leave out the first `N` rows or events")
	f.BoolVar(&o.listViews, "list-views", false, "list the views")
	f.BoolVar(&o.events, "events", false, "print one line an event")
	f.StringVarP(&o.format, "print", "p", "", "with --events: print `FORMAT`, such as '%evt.time %proc.name %fd.name'")
	f.StringVarP(&o.timeForm, "time", "t", "h", "with --events: show times as `FORM`: h clock, a absolute, r since the first event, d since the call began, D since the line before")
	f.BoolVarP(&o.ascii, "ascii", "A", false, "with --events: data as text with its line ends")
	f.BoolVarP(&o.hex, "hex", "x", false, "with --events: data in hex")
	f.BoolVarP(&o.hexASCII, "hex-ascii", "X", false, "with --events: data in hex and ASCII")
	f.StringVar(&o.around, "around", "", "print the events around the event with the number, or around the time, `EVENT`")
	f.BoolVar(&o.story, "story", false, "tell the last moments of each process that ended badly")
	f.BoolVar(&o.all, "all", false, "with --story: of all processes that ended")
	f.BoolVar(&o.follow, "follow", false, "print events as they come out of a pipe; means --events")
	f.BoolVar(&o.noIndex, "no-index", false, "neither use nor keep an index file")
	addShowCredentials(cmd, &o.raw)
	addOutput(cmd, &o.output, inspectFormats...)
	o.addCompletions(cmd)
	return cmd
}

// complete reads what stands on the command line.
func (o *inspectOptions) complete(args []string) error {
	if len(args) > 1 {
		return bad(o.cmd, "inspect takes one file, got %d", len(args))
	}
	if len(args) == 1 {
		o.path = args[0]
	}
	for _, s := range o.selects {
		key, value, ok := strings.Cut(s, "=")
		if !ok || key == "" {
			return bad(o.cmd, "--select %q: want KEY=VALUE", s)
		}
		o.selected = append(o.selected, inspect.Selector{Key: key, Value: value})
	}
	o.events = o.events || o.follow || o.around != "" || o.format != ""
	return nil
}

// validate checks what cannot go together.
func (o *inspectOptions) validate() error {
	if err := checkOutput(o.cmd, o.output, inspectFormats...); err != nil {
		return err
	}
	modes := 0
	for _, on := range []bool{o.view != "", o.events, o.story} {
		if on {
			modes++
		}
	}
	switch {
	case o.path == "" && !o.listViews:
		return &usageError{"inspect needs a capture file", o.cmd.CommandPath() + " FILE"}
	case modes > 1:
		return bad(o.cmd, "--view, --events and --story exclude each other")
	case !slices.Contains([]string{"h", "a", "r", "d", "D"}, o.timeForm):
		return bad(o.cmd, "-t %q: want h, a, r, d or D", o.timeForm)
	case o.limit < 0 || o.offset < 0:
		return bad(o.cmd, "--limit and --offset count from 0")
	case o.events && o.output == "csv":
		return bad(o.cmd, "events have no csv form; use -p with a format, or -o json")
	case o.events && len(o.selected) > 0:
		return bad(o.cmd, "--select restricts views; restrict events with --filter")
	case o.raw && !o.events:
		return bad(o.cmd, "--show-credentials is for --events")
	case o.follow && o.path != "-":
		return bad(o.cmd, "--follow reads a pipe: give - as the file")
	case o.path == "-" && o.around != "":
		return bad(o.cmd, "--around needs a file that can be read twice")
	}
	if o.view != "" && inspect.ViewByID(o.view) == nil {
		_, err := new(inspect.Index).Run(inspect.Query{View: o.view})
		return o.asUsage(err, "--list-views")
	}
	return nil
}

func (o *inspectOptions) run(ctx context.Context) error {
	if o.listViews {
		return o.printViews()
	}
	if o.path == "-" && o.env.InTerminal {
		return &usageError{"a capture is binary and cannot be typed in", o.cmd.CommandPath() + " FILE"}
	}
	if o.events {
		return o.runEvents(ctx)
	}
	q := inspect.Query{View: o.view, Select: o.selected, Sort: o.sort, Offset: o.offset, Limit: o.limit}
	ix, err := o.indexFor(ctx, &q)
	if err != nil {
		return o.asUsage(err, "--help")
	}
	o.complainAbout(ix)
	switch {
	case o.view != "":
		err = o.printView(ctx, ix, q)
	case o.story:
		err = o.printStory(ix, q)
	default:
		err = o.printOverview(ix, q)
	}
	return o.asUsage(err, "--help")
}

// asUsage turns a question that cannot be asked into an error about the command line.
func (o *inspectOptions) asUsage(err error, otherwise string) error {
	var q *inspect.QueryError
	if !errors.As(err, &q) {
		return err
	}
	hint := o.cmd.CommandPath() + " " + otherwise
	if q.Near != "" {
		return &usageError{q.What + ": did you mean " + q.Near + "?", hint}
	}
	return &usageError{q.What, hint}
}

// indexFor gives the index that answers a query: of the whole capture, or of the part
// of it that the query is about.
func (o *inspectOptions) indexFor(ctx context.Context, q *inspect.Query) (*inspect.Index, error) {
	windowed := o.from != "" || o.to != ""
	match, err := o.matcher()
	if err != nil {
		return nil, err
	}
	if o.filter != "" && windowed && o.path == "-" {
		return nil, bad(o.cmd, "--filter with --from or --to needs a file that can be read twice")
	}
	if o.filter != "" && !windowed {
		return o.index(ctx, match)
	}
	ix, err := o.index(ctx, nil)
	if err != nil {
		return nil, err
	}
	if q.FromNanos, q.ToNanos, err = o.window(ix.Info.FirstNanos, ix.Info.LastNanos); err != nil {
		return nil, err
	}
	if o.path == "-" || o.story {
		return ix, nil
	}
	return ix.Narrow(ctx, o.path, q, match)
}

// index scans the capture, or takes the index that is kept of it.
func (o *inspectOptions) index(ctx context.Context, match inspect.Match) (*inspect.Index, error) {
	p := startProgress(o.env, "reading "+report.Line(o.path))
	defer p.stop()
	opt := inspect.Options{
		Store: !o.noIndex, CacheDir: o.cacheDir(),
		Progress: func(done, size int64) {
			if size > 0 {
				p.say("reading %s: %d%%", report.Line(o.path), 100*done/size)
			} else {
				p.say("reading %s: %d MiB", report.Line(o.path), done>>20)
			}
		},
	}
	opt.Match, opt.Beside = match, beside
	defer tightHeap()()
	if o.path == "-" {
		ix, err := inspect.Read(ctx, o.env.In, opt)
		return ix, o.cannotRead(err)
	}
	ix, err := inspect.Open(ctx, o.path, opt)
	return ix, o.cannotRead(err)
}

// Bounds of the heap while a capture is scanned. Most of what a scan keeps holds no
// pointers, so collecting often is cheap, and memory stays below 256 MiB.
const (
	scanHeapPercent = 25
	scanHeapLimit   = 176 << 20
)

// tightHeap keeps the heap small until the function it returns is called.
func tightHeap() func() {
	percent, limit := debug.SetGCPercent(scanHeapPercent), debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(limit, scanHeapLimit))
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// beside does work in a goroutine; what it returns waits for its end.
func beside(work func()) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	return func() { <-done }
}

// cacheDir follows the XDG rules and their likes through what the environment says.
func (o *inspectOptions) cacheDir() string {
	for _, from := range []struct{ name, below string }{{"XDG_CACHE_HOME", ""}, {"LOCALAPPDATA", ""}, {"HOME", ".cache"}} {
		if dir := o.env.Getenv(from.name); filepath.IsAbs(dir) {
			return filepath.Join(dir, from.below, "unloop", "inspect")
		}
	}
	return ""
}

// cannotRead adds what to do to an error about the file.
func (o *inspectOptions) cannotRead(err error) error {
	var format *scap.FormatError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &format):
		return &failure{what: "cannot read " + o.path, err: format, hint: "file " + o.path}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		path := (*os.PathError)(nil)
		if errors.As(err, &path) {
			err = path.Err
		}
		return &failure{what: "cannot read " + o.path, err: err, hint: "ls -l " + o.path}
	}
	return err
}

// complainAbout says on standard error what is wrong with the capture, one line each.
func (o *inspectOptions) complainAbout(ix *inspect.Index) {
	for _, s := range ix.Incomplete() {
		fmt.Fprintln(o.env.Err, "unloop: "+report.Line(o.path)+": "+report.Line(s))
	}
}
