package filter

import (
	"strconv"

	"github.com/unloop-dev/unloop/event"
)

func parseUint(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}

// argNames are the names of all parameters in the table, with the type of the first
// one that has the name.
var argNames = func() map[string]event.ParamType {
	m := map[string]event.ParamType{}
	all := event.Kinds()
	for i := range all {
		for j := range all[i].Params {
			p := &all[i].Params[j]
			for _, n := range []string{p.Name, p.Alt} {
				if _, ok := m[n]; !ok && n != "" {
					m[n] = p.Type
				}
			}
		}
	}
	return m
}()

// argIndex is the parameter that an argument names, by kind.
func argIndex(arg string) (*[maxKinds]int16, string) {
	if n, ok := parseUint(arg); ok {
		var t [maxKinds]int16
		all := event.Kinds()
		for i := range t {
			t[i] = -1
			if i < len(all) && n < uint64(len(all[i].Params)) {
				t[i] = int16(n)
			}
		}
		return &t, ""
	}
	if _, ok := argNames[arg]; !ok {
		return nil, "no event has an argument named " + arg
	}
	return indexOf(arg), ""
}

// fieldOfType is how values of a parameter type are compared.
func fieldOfType(t event.ParamType) event.FieldType {
	switch t {
	case event.Int8, event.Int16, event.Int32, event.Int64, event.Errno, event.Fd, event.Pid, event.Fd32, event.Pid32:
		return event.Int
	case event.CharBuf, event.FSPath, event.FSRelPath:
		return event.Text
	case event.ByteBuf, event.SockAddr, event.SockTuple, event.FdList, event.Dyn, event.CharBufArray, event.CharBufPairArray:
		return event.Bytes
	case event.Bool:
		return event.Boolean
	case event.RelTime:
		return event.Span
	case event.AbsTime:
		return event.Time
	case event.Port:
		return event.PortNum
	}
	return event.Uint
}

func signedParam(t event.ParamType) bool {
	switch t {
	case event.Int8, event.Int16, event.Int32, event.Int64, event.Errno, event.Fd, event.Pid, event.Fd32, event.Pid32:
		return true
	}
	return false
}

// rawArg makes the getter of evt.rawarg: numbers as numbers, texts as texts.
func rawArg(arg string, _ bool) (getter, string) {
	if _, ok := parseUint(arg); ok {
		return getter{}, "evt.rawarg takes a name; numbers are for evt.arg"
	}
	idx, why := argIndex(arg)
	if why != "" {
		return getter{}, why
	}
	g := getter{typ: fieldOfType(argNames[arg]), kinds: indexKinds(idx), needs: NeedArgs, cost: 4}
	at := func(s *scope) (*event.Param, []byte, bool) {
		i := int(idx[kindSlot(s.ev.Type)])
		v, ok := s.param(i)
		if !ok {
			return nil, nil, false
		}
		return &s.ev.Kind.Params[i], v, true
	}
	switch g.typ {
	case event.Text:
		g.str = func(s *scope) (string, bool) {
			_, v, ok := at(s)
			return view(event.CString(v)), ok
		}
	case event.Bytes:
		g.str = func(s *scope) (string, bool) {
			_, v, ok := at(s)
			return view(v), ok
		}
		g.put = func(s *scope, b []byte) ([]byte, bool) {
			p, v, ok := at(s)
			if !ok {
				return b, false
			}
			return s.appendRaw(b, p, v), true
		}
	default:
		g.num = func(s *scope) (uint64, bool) {
			p, v, ok := at(s)
			if !ok {
				return 0, false
			}
			if signedParam(p.Type) {
				n, ok := event.Signed(v)
				return uint64(n), ok
			}
			return event.Unsigned(v)
		}
	}
	return g, ""
}

func argText(arg string, _ bool) (getter, string) {
	idx, why := argIndex(arg)
	if why != "" {
		return getter{}, why
	}
	put := func(s *scope, b []byte) ([]byte, bool) {
		i := int(idx[kindSlot(s.ev.Type)])
		v, ok := s.param(i)
		if !ok {
			return b, false
		}
		return s.appendArg(b, &s.ev.Kind.Params[i], v), true
	}
	return getter{
		put: put,
		str: func(s *scope) (string, bool) {
			start := len(s.buf)
			b, ok := put(s, s.buf)
			s.buf = b
			return s.made(start), ok
		},
		kinds: indexKinds(idx), needs: NeedArgs | NeedThread | NeedFDTable, cost: 20,
	}, ""
}

var allArgs = fixed(getter{
	put: func(s *scope, b []byte) ([]byte, bool) { return s.appendArgs(b), true },
	str: func(s *scope) (string, bool) {
		start := len(s.buf)
		s.buf = s.appendArgs(s.buf)
		return s.made(start), true
	},
	needs: NeedArgs | NeedThread | NeedFDTable, cost: 100,
})

// twoPaths are the parameters with the directory and the path of the ...at calls.
// evt.abspath answers with the first, or the second for dst.
type twoPaths struct{ dir, path string }

var atCalls = map[string][2]twoPaths{
	"renameat":   {{"olddirfd", "oldpath"}, {"newdirfd", "newpath"}},
	"renameat2":  {{"olddirfd", "oldpath"}, {"newdirfd", "newpath"}},
	"symlinkat":  {{"linkdirfd", "linkpath"}, {"linkdirfd", "linkpath"}},
	"linkat":     {{"olddir", "oldpath"}, {"newdir", "newpath"}},
	"openat":     {{"dirfd", "name"}, {"dirfd", "name"}},
	"openat2":    {{"dirfd", "name"}, {"dirfd", "name"}},
	"unlinkat":   {{"dirfd", "name"}, {"dirfd", "name"}},
	"mkdirat":    {{"dirfd", "path"}, {"dirfd", "path"}},
	"fchmodat":   {{"dirfd", "filename"}, {"dirfd", "filename"}},
	"fchownat":   {{"dirfd", "pathname"}, {"dirfd", "pathname"}},
	"newfstatat": {{"dirfd", "path"}, {"dirfd", "path"}},
}

func absPath(arg string, hasArg bool) (getter, string) {
	which := 0
	switch {
	case !hasArg, arg == "src":
	case arg == "dst":
		which = 1
	default:
		return getter{}, "the argument of evt.abspath is src or dst"
	}
	var kinds kindSet
	var dirs, paths [maxKinds]int16
	all := event.Kinds()
	for i := range all {
		names, ok := atCalls[all[i].Name]
		if !ok {
			continue
		}
		dirs[i], paths[i] = paramIndex(&all[i], names[which].dir), paramIndex(&all[i], names[which].path)
		if dirs[i] >= 0 && paths[i] >= 0 {
			kinds.add(i)
		}
	}
	return getter{str: func(s *scope) (string, bool) {
		if !kinds.has(s.ev.Type) || s.ev.Thread == nil {
			return "", false
		}
		slot := kindSlot(s.ev.Type)
		dv, ok1 := s.param(int(dirs[slot]))
		pv, ok2 := s.param(int(paths[slot]))
		dir, ok3 := event.Signed(dv)
		if !ok1 || !ok2 || !ok3 {
			return "", false
		}
		start := len(s.buf)
		path := event.CString(pv)
		switch {
		case len(path) > 0 && path[0] == '/':
		case dir == atFDCWD:
			s.buf = s.appendCwd(s.buf)
		default:
			s.buf = s.appendDirFD(s.buf, dir)
		}
		s.buf = clean(append(s.buf, path...), start)
		return s.made(start), true
	}, kinds: &kinds, needs: NeedArgs | NeedThread | NeedFDTable, cost: 30}, ""
}

func paramIndex(k *event.Kind, name string) int16 {
	for i := range k.Params {
		if k.Params[i].Name == name {
			return int16(i)
		}
	}
	return -1
}

var argBuilders = map[string]builder{
	"evt.args":    allArgs,
	"evt.info":    allArgs,
	"evt.arg":     argText,
	"evt.rawarg":  rawArg,
	"evt.abspath": absPath,
}
