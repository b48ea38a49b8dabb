package scap

// ReadOptions tune a Reader. The zero value is good.
type ReadOptions struct {
	// Meta takes the metadata blocks; nil ignores them.
	Meta Sink
	// Workers bounds how many gzip members are inflated side by side; 0 is one per
	// processor, 1 does everything in the caller's goroutine.
	Workers int
	// Map reads plain files that Open opens through a mapping, where the system has them,
	// which saves a fifth of the time. The file must not be cut meanwhile: the system
	// kills the program for it. Events must not be looked at after Close.
	Map bool
	// Strict ends the reading with the first damage as an error, where otherwise
	// damage is skipped, counted and listed in Stats.
	Strict bool
}

// Stats counts what a Reader met so far.
type Stats struct {
	// Compression is "", "gzip", "zstd" or "lz4".
	Compression string
	// Members counts compressed members begun; 0 for plain files.
	Members int
	// Bytes counts decompressed bytes consumed.
	Bytes int64
	// Sections counts section headers; Major and Minor are those of the latest.
	Sections     int
	Major, Minor uint16
	// Events counts event blocks, the hidden and the bad ones included: the Num of the last.
	Events uint64
	// Hidden counts events whose block says that they only update the state.
	Hidden uint64
	// BadEvents counts event blocks that were skipped because their inside is wrong.
	BadEvents uint64
	// UnknownTypes counts events whose code is beyond the table; they are delivered with a nil Kind.
	UnknownTypes uint64
	// UnknownBlocks counts skipped blocks of unknown type.
	UnknownBlocks uint64
	// BadMeta counts entries of metadata blocks that were skipped.
	BadMeta uint64
	// Blocks counts blocks by type number.
	Blocks map[uint32]uint64
	// Resyncs counts how often the chain of blocks was lost and found again;
	// SkippedBytes is what lay between, in decompressed bytes.
	Resyncs      int
	SkippedBytes int64
	// Truncated says that the file ends inside of a block or a compressed member.
	Truncated bool
	// Damage lists what was wrong, the first 64.
	Damage []*FormatError
	// DamageCount counts all of it.
	DamageCount uint64
}
