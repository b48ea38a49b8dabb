package capture

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"path"
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// RedactOptions say what is taken out.
type RedactOptions struct {
	// KeepEnv, KeepPayloads and KeepSecrets leave environments, the bytes that were read
	// and written, and credentials in command lines where they are.
	KeepEnv, KeepPayloads, KeepSecrets bool
	// Args takes out all arguments of programs, Paths the names in paths that are not the
	// system's own.
	Args, Paths bool
	// Mask finds credentials in a text; nil stands for none.
	Mask func(string) string
	// Salt makes the words that stand for names; without knowing it nobody can test a guess.
	Salt []byte
}

// RedactResult tells what was taken out.
type RedactResult struct {
	Events uint64 `json:"events"`
	// Env, Payloads, Args, Secrets and Paths count the values that were changed.
	Env      uint64 `json:"env"`
	Payloads uint64 `json:"payloads"`
	Args     uint64 `json:"args"`
	Secrets  uint64 `json:"secrets"`
	Paths    uint64 `json:"paths"`
	// Dropped counts events that were left out whole, because nothing is known of what
	// they hold.
	Dropped uint64 `json:"dropped"`
}

// Redact copies a capture without what must not be shared. Events keep their order,
// times and results.
func Redact(ctx context.Context, src Source, dst Target, o RedactOptions) (*RedactResult, error) {
	x := &redactor{o: o}
	tr := state.New()
	r, err := src(tr)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // only read: closing loses nothing
	var ev event.Event
	var w *scap.Writer
	for n := 1; ; n++ {
		if n%(1<<16) == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		err := r.Next(&ev)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if w == nil {
			if w, err = dst(facts(r.Private())); err != nil {
				return nil, err
			}
			if err := w.WriteState(&redactedState{tr, x}); err != nil {
				return nil, err
			}
		}
		out, ok := x.event(&ev)
		if !ok {
			x.res.Dropped++
			continue
		}
		if err := w.WriteEvent(out); isEventError(err) {
			x.res.Dropped++
		} else if err != nil {
			return nil, err
		} else {
			x.res.Events++
		}
	}
	if w == nil {
		return nil, scap.ErrEmpty
	}
	return &x.res, w.Close()
}

// facts are what a capture says about itself and may be shared: which process the end was
// that it was made for, in numbers. The rest is free text.
func facts(p *scap.Private) *scap.Private {
	var out scap.Private
	for _, name := range []string{"death.time", "death.pid", "death.code", "death.signal", "death.oom"} {
		if v := p.Get(name); v != "" {
			out.Facts = append(out.Facts, scap.Fact{Name: name, Value: v})
		}
	}
	if len(out.Facts) == 0 {
		return nil
	}
	return &out
}

type redactor struct {
	o    RedactOptions
	res  RedactResult
	lens []byte
	data []byte
}

// event copies ev without what is taken out; false where nobody knows what it holds.
func (x *redactor) event(ev *event.Event) (*event.Event, bool) {
	k := ev.Kind
	if k == nil || ev.NParams > len(k.Params) {
		return nil, false
	}
	x.lens, x.data = x.lens[:0], x.data[:0]
	for i := range ev.NParams {
		b, _ := ev.Param(i)
		at := len(x.data)
		x.data = x.param(x.data, k, &k.Params[i], b)
		n := len(x.data) - at
		x.lens = append(x.lens, byte(n), byte(n>>8))
		if ev.Large {
			x.lens = append(x.lens, byte(n>>16), byte(n>>24))
		} else if n > 65480 {
			return nil, false
		}
	}
	out := *ev
	out.Lens, out.Data = x.lens, x.data
	return &out, true
}

// freeText are parameters with text of any content, such as what a recorder or a plugin
// wrote.
var freeText = map[string]bool{"json": true, "desc": true, "data": true, "event_data": true, "tags": true, "args": false, "arg2_str": false}

func (x *redactor) param(to []byte, k *event.Kind, p *event.Param, b []byte) []byte {
	if len(b) == 0 {
		return to
	}
	switch {
	case p.Name == "env" && p.Type == event.ByteBuf:
		if x.o.KeepEnv {
			return append(to, b...)
		}
		x.res.Env++
		return to
	case p.Name == "args" && p.Type == event.ByteBuf:
		return append(to, x.args(string(b))...)
	case p.Name == "cgroups":
		return append(to, b...)
	case k.Name == "container" && p.Name == "json":
		return append(append(to, x.document(event.CString(b))...), 0)
	case p.Type == event.ByteBuf, p.Type == event.Dyn && b[0] == 0, freeText[p.Name], p.Type == event.CharBufArray, p.Type == event.CharBufPairArray:
		if x.o.KeepPayloads {
			return append(to, b...)
		}
		x.res.Payloads++
		return to
	case p.Type == event.FSPath, p.Type == event.FSRelPath, p.Type == event.CharBuf && (p.Name == "path" || p.Name == "cwd" || p.Name == "name" || p.Name == "exe"):
		return append(append(to, x.path(string(event.CString(b)))...), 0)
	case p.Type == event.SockAddr && b[0] == 1:
		return append(append(append(to, 1), x.path(string(event.CString(b[1:])))...), 0)
	case p.Type == event.SockTuple && b[0] == 1 && len(b) > 17:
		return append(append(append(to, b[:17]...), x.path(string(event.CString(b[17:])))...), 0)
	case p.Type == event.CharBuf:
		return append(append(to, x.secret(string(event.CString(b)))...), 0)
	}
	return append(to, b...)
}

func (x *redactor) secret(s string) string {
	if x.o.KeepSecrets || x.o.Mask == nil || s == "" {
		return s
	}
	m := strings.ReplaceAll(x.o.Mask(s), "\x00", "")
	if m != s {
		x.res.Secrets++
	}
	return m
}

// args works on strings that each end in a NUL. A credential may stand behind its flag,
// in an argument of its own, so that all are looked at as one line first.
func (x *redactor) args(s string) string {
	if x.o.Args {
		x.res.Args++
		return ""
	}
	if !x.o.KeepSecrets {
		m := Masker{Mask: x.o.Mask}
		masked := m.List(s)
		if masked != s {
			x.res.Secrets++
		}
		s = masked
	}
	list := strings.Split(strings.TrimSuffix(s, "\x00"), "\x00")
	for i := range list {
		list[i] = x.path(list[i])
	}
	return strings.Join(list, "\x00") + "\x00"
}

// systemDirs are directories whose content is the same everywhere and tells how a
// program came to its end: libraries, programs, the kernel's own files.
var systemDirs = []string{"/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/proc/", "/sys/", "/dev/", "/etc/ld.so", "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/localtime"}

// path replaces the names in a path, but for the first directory and the ending.
func (x *redactor) path(s string) string {
	if !x.o.Paths || !strings.Contains(s, "/") {
		return s
	}
	for _, d := range systemDirs {
		if strings.HasPrefix(s, d) {
			return s
		}
	}
	parts := strings.Split(s, "/")
	for i, name := range parts {
		if name == "" || name == "." || name == ".." || i == 1 && parts[0] == "" && len(parts) > 2 {
			continue
		}
		ext := ""
		if i == len(parts)-1 {
			if ext = path.Ext(name); len(ext) > 6 || ext == name {
				ext = ""
			}
		}
		parts[i] = x.word(name) + ext
	}
	x.res.Paths++
	return strings.Join(parts, "/")
}

// word stands for a name: the same name always has the same word within one file.
func (x *redactor) word(name string) string {
	h := hmac.New(sha256.New, x.o.Salt)
	h.Write([]byte(name)) // a hash takes everything
	return "x" + hex.EncodeToString(h.Sum(nil)[:5])
}

// document takes environments, credentials and mount sources out of a container's
// description. One that is no JSON is left out.
func (x *redactor) document(b []byte) []byte {
	var doc map[string]any
	if json.Unmarshal(b, &doc) != nil {
		x.res.Payloads++
		return nil
	}
	for _, v := range doc {
		if c, ok := v.(map[string]any); ok {
			if !x.o.KeepEnv && c["env"] != nil {
				c["env"] = []any{}
				x.res.Env++
			}
			delete(c, "cni_json")
		}
	}
	out, err := json.Marshal(x.strings(doc, 0))
	if err != nil {
		return nil
	}
	return out
}

func (x *redactor) strings(v any, depth int) any {
	const deep = 32
	switch v := v.(type) {
	case string:
		return x.path(x.secret(v))
	case []any:
		for i := range v {
			v[i] = x.strings(v[i], depth+1)
		}
	case map[string]any:
		if depth > deep {
			return nil
		}
		for k := range v {
			v[k] = x.strings(v[k], depth+1)
		}
	}
	return v
}

// redactedState is the state without what is taken out.
type redactedState struct {
	tr *state.Tracker
	x  *redactor
}

// Replay is part of scap.State.
func (s *redactedState) Replay(to scap.Sink) { s.tr.Replay(&redactedSink{to, s.x}) }

type redactedSink struct {
	scap.Sink
	x *redactor
}

func (s *redactedSink) AddThread(t event.Thread) {
	if !s.x.o.KeepEnv && t.Env != "" {
		t.Env = ""
		s.x.res.Env++
	}
	if t.Args != "" {
		t.Args = s.x.args(t.Args)
	}
	for _, p := range []*string{&t.Exe, &t.ExePath, &t.Cwd, &t.Root} {
		*p = s.x.path(s.x.secret(*p))
	}
	s.Sink.AddThread(t)
}

func (s *redactedSink) AddFD(tid, fd int64, f event.FD) {
	f.Name = s.x.path(f.Name)
	f.Raw = ""
	s.Sink.AddFD(tid, fd, f)
}

func (s *redactedSink) AddUser(u event.User) {
	u.Home = s.x.path(u.Home)
	s.Sink.AddUser(u)
}
