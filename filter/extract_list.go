package filter

import (
	"strconv"

	"github.com/unloop-dev/unloop/event"
)

var fdsIndex = indexOf("fds")

// fdListText joins what part appends for each descriptor of a poll with commas;
// descriptors for which it appends nothing are left out.
func fdListText(part func(b []byte, fd int64, f *event.FD) []byte) builder {
	return fixed(getter{
		str: func(s *scope) (string, bool) {
			v, ok := s.param(int(fdsIndex[kindSlot(s.ev.Type)]))
			if !ok || s.ev.Thread == nil {
				return "", false
			}
			start := len(s.buf)
			eachFD(v, func(fd int64, _ uint16) {
				before := len(s.buf)
				s.buf = part(s.buf, fd, s.ev.Thread.FDs.Get(fd))
				if len(s.buf) > before {
					s.buf = append(s.buf, ',')
				}
			})
			if len(s.buf) == start {
				return "", false
			}
			s.buf = s.buf[:len(s.buf)-1]
			return s.made(start), true
		},
		kinds: indexKinds(fdsIndex), needs: NeedArgs | NeedThread | NeedFDTable, cost: 30,
	})
}

func isConnection(f *event.FD) bool {
	return f != nil && (f.Kind == event.FDIPv4 || f.Kind == event.FDIPv6)
}

var fdListBuilders = map[string]builder{
	"fdlist.nums": fdListText(func(b []byte, fd int64, _ *event.FD) []byte { return strconv.AppendInt(b, fd, 10) }),
	"fdlist.names": fdListText(func(b []byte, _ int64, f *event.FD) []byte {
		start := len(b)
		if f != nil {
			b = appendName(b, f)
		}
		if len(b) == start {
			b = append(b, "<NA>"...)
		}
		return b
	}),
	"fdlist.cips": fdListText(func(b []byte, _ int64, f *event.FD) []byte {
		if isConnection(f) {
			b = event.AppendIP(b, f.ClientIP, f.Kind == event.FDIPv6)
		}
		return b
	}),
	"fdlist.sips": fdListText(func(b []byte, _ int64, f *event.FD) []byte {
		if f != nil && isInet(f.Kind) {
			b = event.AppendIP(b, f.ServerIP, f.Kind == event.FDIPv6 || f.Kind == event.FDIPv6Listen)
		}
		return b
	}),
	"fdlist.cports": fdListText(func(b []byte, _ int64, f *event.FD) []byte {
		if isConnection(f) {
			b = strconv.AppendUint(b, uint64(f.ClientPort), 10)
		}
		return b
	}),
	"fdlist.sports": fdListText(func(b []byte, _ int64, f *event.FD) []byte {
		if isConnection(f) {
			b = strconv.AppendUint(b, uint64(f.ServerPort), 10)
		}
		return b
	}),
}

// pathParams are the paths that a kind names: indexes of its parameters, -1 for none.
// name is the one of calls with one path; source and target those of calls with two.
type pathParams struct{ name, source, target int16 }

var pathIndex = func() *[maxKinds]pathParams {
	var t [maxKinds]pathParams
	for i := range t {
		t[i] = pathParams{-1, -1, -1}
	}
	all := event.Kinds()
	for i := range all {
		k := &all[i]
		var paths []int16
		for j := range k.Params {
			if p := &k.Params[j]; p.Type == event.FSPath || p.Type == event.FSRelPath {
				paths = append(paths, int16(j))
			}
		}
		switch k.Name {
		case "rename", "renameat", "renameat2", "link", "linkat":
			if len(paths) == 2 {
				t[i].source, t[i].target = paths[0], paths[1]
			}
		case "symlink", "symlinkat":
			if len(paths) == 1 {
				t[i].source, t[i].target = paramIndex(k, "target"), paths[0]
			}
		case "execve", "execveat":
			// The last path of an exit is the program found, which is no path that the call names.
			if i&1 == 0 && len(paths) == 1 {
				t[i].name = paths[0]
			}
		default:
			if len(paths) == 1 {
				t[i].name = paths[0]
			}
		}
	}
	return &t
}()

func pathKinds(which func(*pathParams) int16) *kindSet {
	var k kindSet
	for i := range pathIndex {
		if which(&pathIndex[i]) >= 0 {
			k.add(i)
		}
	}
	return &k
}

func pathText(raw bool, which func(*pathParams) int16) builder {
	return fixed(getter{
		str: func(s *scope) (string, bool) {
			i := int(which(&pathIndex[kindSlot(s.ev.Type)]))
			v, ok := s.param(i)
			if !ok || len(v) == 0 {
				return "", false
			}
			path := event.CString(v)
			if raw || s.ev.Thread == nil {
				return view(path), true
			}
			p := &s.ev.Kind.Params[i]
			start := len(s.buf)
			if len(path) == 0 || path[0] == '/' || p.Type == event.CharBuf {
				s.buf = clean(append(s.buf, path...), start)
			} else {
				s.buf = s.appendPath(s.buf, p, path)
			}
			return s.made(start), true
		},
		kinds: pathKinds(which), needs: NeedArgs | NeedThread | NeedFDTable, cost: 20,
	})
}

func onePath(p *pathParams) int16    { return p.name }
func sourcePath(p *pathParams) int16 { return p.source }
func targetPath(p *pathParams) int16 { return p.target }

var pathBuilders = map[string]builder{
	"fs.path.name":      pathText(false, onePath),
	"fs.path.nameraw":   pathText(true, onePath),
	"fs.path.source":    pathText(false, sourcePath),
	"fs.path.sourceraw": pathText(true, sourcePath),
	"fs.path.target":    pathText(false, targetPath),
	"fs.path.targetraw": pathText(true, targetPath),
}
