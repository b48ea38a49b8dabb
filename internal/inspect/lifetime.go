package inspect

// DeathOf tells when the process that has the number pid at a time ends, in nanoseconds
// since the Unix epoch; false where the capture does not hold its end. It is what
// filter.Session.Death wants.
func (ix *Index) DeathOf(pid int64, atNanos uint64) (uint64, bool) {
	ix.lives.Do(func() {
		ix.ends = map[int64][]uint64{}
		for i := range ix.dead {
			p := ix.d.procs[ix.dead[i].proc].pid
			ix.ends[p] = append(ix.ends[p], ix.dead[i].ts)
		}
	})
	for _, ts := range ix.ends[pid] { // in the order of the file, so of time
		if ts >= atNanos {
			return ts, true
		}
	}
	return 0, false
}
