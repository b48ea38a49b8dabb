// Package scap reads and writes .scap capture files: the files of sysdig, Falco and
// unloop's own recorder.
//
// It owns the bytes: wrapping, blocks, layouts, damage. What events mean to threads and
// descriptors is scap/state's, what their parameters are called is event's. It opens
// files, starts goroutines to decompress and to touch mapped files ahead, and does nothing else.
//
// # The stream
//
// A capture is a chain of blocks, plain or as a whole in gzip, zstd or lz4; the first
// bytes tell. Everything is little-endian and packed. Sources: falcosecurity/libs at
// 48dfd53 and e5c53d6, userspace/libscap/scap_savefile.h, and the captures of six
// releases.
//
//	+--------+--------+------------------+---------+--------+
//	| type   | total  | body             | 0..3    | total  |
//	| u32    | u32    | total-12 at most | zeros   | u32    |
//	+--------+--------+------------------+---------+--------+
//
// total counts all of it. Metadata blocks come first, then events to the end; a section
// header after events begins a new capture in the same file.
//
//	SHB  u32 1A2B3C4D  u16 major 1  u16 minor 2  u64 -1  [options]
//	MI   u32 cpus  u64 memory  u64 highest pid  128 bytes host name  u64 boot ns  3 x u64
//	IL   entries: u32 length of what follows  u16 kind 1|2  u16 name length
//	     address, netmask, broadcast (4 or 16 bytes each)  u64 speed  name
//	UL   entries: u32 length, itself counted  u8 0  u32 uid  u32 gid  name, home, shell
//	                                      or  u8 1  u32 gid  name
//	PL   entries: u32 length, itself counted  3 x u64 tid, pid, ptid  u64 sid  u64 vpgid
//	     comm  exe  exepath  args  cwd  u64 limit  u32 flags  u32 uid  u32 gid
//	     3 x u32 memory  2 x u64 faults  env  2 x i64 vtid, vpid  cgroups  root  tail
//	FDL  u64 tid, entries: u32 length, itself counted  i64 fd  u64 inode  u8 kind  ...
//
// Names are u16 length and bytes. Older versions lack the entry's length and, in PL,
// the fields that came later: memory v2, env v3, vtid, vpid and cgroups v4, root v5, sid
// v6, exepath v7, vpgid v8. The tail of v9 has two layouts; see tail.
//
// # Events
//
//	EV   u16 cpu
//	EVF  u16 cpu  u32 flags
//
// and then
//
//	+---------+---------+-------+--------+---------+-----------+--------------------+
//	| time ns | tid     | len   | code   | nparams | lengths   | parameters         |
//	| u64     | u64     | u32   | u16    | u32     | u16 each  | without padding    |
//	+---------+---------+-------+--------+---------+-----------+--------------------+
//
// len counts from time to the end. Lengths are u32 for the four codes with large
// payloads, whatever the block. Version 1 has no nparams: it is the highest count for
// which lengths and bytes fill the event.
//
// # Reading
//
// Lengths are believed only as far as bytes arrive: memory is bounded by what a block
// may be, not by what it says. An event whose inside is wrong is skipped and counted.
// Where the chain of blocks is broken, the next block that proves itself is looked for:
// known type, both lengths equal, an inside that adds up. Stats tells all of it. The end
// of a damaged file is io.EOF like any other.
//
// # Writing
//
// A Writer makes what sysdig 0.29.3, libs from 0.21 on and tshark read: format 1.2
// without options, the short tail of PL, descriptor kinds up to 16, every exit with all
// parameters of its portable layout (event.Kind.Portable), strings with one NUL. In gzip
// files each member of about 1 MiB is independent and ends where an event ends, so that
// the file is a valid capture after each. An index of members sits in the headers of empty
// members at the end, and what the capture says about itself (Private) in a metadata
// block of its own number, which others skip.
package scap
