package filter

import (
	"github.com/unloop-dev/unloop/event"
)

// maxAncestors bounds walks towards the first process. A damaged capture can hold
// threads that are their own ancestors.
const maxAncestors = 64

// ancestor returns the n-th ancestor of the event's process, itself for 0.
func (s *scope) ancestor(n uint64) *event.Thread {
	t := s.ev.Thread
	if t == nil {
		return nil
	}
	t = main(t)
	for ; n > 0 && t != nil; n-- {
		t = s.up(t)
	}
	return t
}

// up is the next ancestor: the main thread of the parent's process.
func (s *scope) up(t *event.Thread) *event.Thread {
	p := s.parent(t)
	if p == nil || p == t {
		return nil
	}
	return p
}

func (s *scope) eachAncestor(do func(t *event.Thread)) {
	t := s.ancestor(0)
	for range maxAncestors {
		if t == nil {
			return
		}
		if t = s.up(t); t != nil {
			do(t)
		}
	}
}

const ancestorArg = "the argument counts ancestors: 0 for the process itself, 1 for its parent, up to 64"

func ancestorText(get func(s *scope, t *event.Thread) string) builder {
	return func(arg string, hasArg bool) (getter, string) {
		if !hasArg {
			return getter{many: anyOfThem, strs: func(s *scope, to []string) []string {
				s.eachAncestor(func(t *event.Thread) { to = append(to, get(s, t)) })
				return to
			}, needs: NeedThread | NeedParents, cost: 50}, ""
		}
		n, ok := parseUint(arg)
		if !ok || n > maxAncestors {
			return getter{}, ancestorArg
		}
		return getter{str: func(s *scope) (string, bool) {
			if t := s.ancestor(n); t != nil {
				return get(s, t), true
			}
			return "", false
		}, needs: NeedThread | NeedParents, cost: 10}, ""
	}
}

func ancestorNum(arg string, hasArg bool) (getter, string) {
	if !hasArg {
		return getter{many: anyOfThem, nums: func(s *scope, to []uint64) []uint64 {
			s.eachAncestor(func(t *event.Thread) { to = append(to, uint64(t.Pid)) })
			return to
		}, needs: NeedThread | NeedParents, cost: 50}, ""
	}
	n, ok := parseUint(arg)
	if !ok || n > maxAncestors {
		return getter{}, ancestorArg
	}
	return getter{num: func(s *scope) (uint64, bool) {
		if t := s.ancestor(n); t != nil {
			return uint64(t.Pid), true
		}
		return 0, false
	}, needs: NeedThread | NeedParents, cost: 10}, ""
}

func isShell(name string) bool {
	n := len(name)
	return n >= 2 && name[n-2:] == "sh"
}

var ancestorBuilders = map[string]builder{
	"proc.apid":     ancestorNum,
	"proc.aname":    ancestorText(func(_ *scope, t *event.Thread) string { return t.Comm }),
	"proc.aexe":     ancestorText(func(_ *scope, t *event.Thread) string { return t.Exe }),
	"proc.aexepath": ancestorText(func(_ *scope, t *event.Thread) string { return t.ExePath }),
	"proc.aargs":    ancestorText(func(s *scope, t *event.Thread) string { return s.words(t.Args) }),
	"proc.acmdline": ancestorText(func(s *scope, t *event.Thread) string { return s.cmdline(t) }),
	"proc.aenv":     ancestorText(func(s *scope, t *event.Thread) string { return s.words(t.Environ()) }),
	"proc.loginshellid": onProc(func(s *scope, t *event.Thread) (uint64, bool) {
		pid, found := uint64(0), false
		if isShell(t.Comm) {
			pid, found = uint64(t.Pid), true
		}
		s.eachAncestor(func(t *event.Thread) {
			if isShell(t.Comm) {
				pid, found = uint64(t.Pid), true
			}
		})
		return pid, found
	}),
	"proc.is_container_healthcheck":     probe(probeHealth),
	"proc.is_container_liveness_probe":  probe(probeLiveness),
	"proc.is_container_readiness_probe": probe(probeReadiness),
}
