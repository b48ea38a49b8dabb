//go:build linux && (amd64 || arm64)

package bpf

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cilium/ebpf/link"
)

// snapshot takes the containers that were found to be there already, with processes and
// open files. Those that the kernel has put into the map itself are none of them: records
// tell of all that they do.
func (s *Source) snapshot() (map[uint64]*before, error) {
	found := map[uint64]*before{}
	for _, f := range s.groups.found {
		if s.slots[f.id] == nil {
			s.meet(f.id, f.path, false)
			found[f.id] = &before{machine: s.machine, interfaces: s.interfaces}
		}
	}
	s.groups.found = nil
	if len(found) == 0 {
		return nil, nil
	}
	err := s.iterate("each_task", taskBytes, func(r record) { s.snapTask(found, r) })
	if err == nil {
		err = s.iterate("each_file", fileBytes, func(r record) { snapFile(found, r) })
	}
	if err != nil {
		return nil, fmt.Errorf("flight recorder: the processes that are there: %w", err)
	}
	return found, nil
}

// introduce tells the handler of the containers of a snapshot that have processes; others
// are told of with their first one.
func (s *Source) introduce(found map[uint64]*before) {
	for id, b := range found {
		if sl := s.slots[id]; sl != nil && !sl.opened && len(b.threads) > 0 {
			s.opening(sl, b)
		}
	}
}

// iterate runs a program over all of a kind and gives its records.
func (s *Source) iterate(name string, size int, do func(record)) error {
	it, err := link.AttachIter(link.IterOptions{Program: s.coll.Programs[name]})
	if err != nil {
		return err
	}
	defer func() { _ = it.Close() }()
	r, err := it.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	buf := make([]byte, size)
	for {
		if _, err := io.ReadFull(r, buf); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if rec := record(buf); rec.whole() {
			do(rec)
		}
	}
}

// snapTask takes a task into the state of its container.
func (s *Source) snapTask(states map[uint64]*before, r record) {
	b, sl := states[r.slot()], s.slots[r.slot()]
	if b == nil || sl == nil {
		return
	}
	info := taskInfo(r[headBytes : headBytes+infoBytes])
	p := newProc(info)
	p.cwd = path(r.piece(208, r.u16(200), walkBytes))
	p.exePath = path(r.piece(720, r.u16(202), walkBytes))
	p.exe, p.args = p.exePath, ""
	sl.add(p)
	// The main process is the first of its namespace, else the oldest.
	if p.tid == p.pid && (sl.main == nil || p.level > sl.main.level || p.level == sl.main.level && p.vpid < sl.main.vpid) {
		sl.main = p
	}
	b.threads = append(b.threads, thread(info, p, sl.cgroups, p.comm, &sl.clock))
}

// snapFile takes an open file into the state of its container.
func snapFile(states map[uint64]*before, r record) {
	b := states[r.slot()]
	if b == nil {
		return
	}
	text := r.piece(112, r.u16(56), walkBytes)
	name := string(cut(text))
	if r.u16(58) != 0 { // before 5.12
		name = path(text)
	}
	name = strings.TrimSuffix(name, " (deleted)")
	f := fileOf(r.u32(44), r.u64(32), r.u32(48), name, sockInfo(r[64:112]))
	f.Dev = r.u32(52)
	b.files = append(b.files, openFile{r.tgid(), int64(int32(r.u32(40))), f})
}
