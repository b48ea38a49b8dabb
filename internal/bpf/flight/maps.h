/* What user space decides before the programs are loaded, and the maps. */
#pragma once

#define SHAPES 512

const volatile struct shape shapes[SHAPES]; /* by number of the call */
const volatile u32 mode;       /* 1: control groups of version 2, 2: memory of version 1, 3: pids */
const volatile s32 hierarchy;  /* number of the hierarchy that groups are made in */
const volatile u32 under;      /* how many of tops are set; 0: do without the test */
const volatile u32 ring_shift; /* processor number >> this is the number of its ring */
const volatile u32 life_ring;  /* number of the ring for all that is no call */
const volatile u64 rate_ns;    /* what one record of the rate-limited calls takes; 0: no limit */
const volatile u64 burst_ns;
const volatile u64 dns_ns;     /* how long sockets of port 53 are looked for after one was met */
const volatile u64 signals;    /* signals that are told, one bit each */
const volatile u32 data_len, dns_len, stdio_len;
const volatile u32 nr_clone3;
const volatile u64 probe;      /* a number that nobody else knows */
const volatile u32 page_kib;   /* size of a page */

/* Groups by id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct group);
} groups SEC(".maps");

/* The topmost groups, for the quick test of version 2. */
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} tops SEC(".maps");

/* One ring for some processors each, and one for the life of tasks and groups, so that a
 * flood of calls costs no birth and no death; user space sets number and size. */
struct inner {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct inner);
} rings SEC(".maps");

/* What was lost and belongs to no group. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOST_KINDS);
	__type(key, u32);
	__type(value, u64);
} nobodys SEC(".maps");
