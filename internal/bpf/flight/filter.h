/* Who is recorded. */
#pragma once

#define READ(src, ...) BPF_CORE_READ(src, __VA_ARGS__)

/* Before 5.11 the verifier does not know that the current task is one. */
#define TYPED HAVE(get_current_task_btf)

static __always_inline struct task_struct *current_task(void)
{
	return TYPED ? bpf_get_current_task_btf() : (void *)bpf_get_current_task();
}

/* OF reads what a task has: straight where the verifier knows the type, else by probes. */
#define OF(typed, t, ...) ((typed) ? ___arrow(t, __VA_ARGS__) : READ(t, __VA_ARGS__))

static __always_inline void count(struct group *g, u32 why)
{
	if (g) {
		__sync_fetch_and_add(&g->lost[why], 1);
		return;
	}
	u64 *n = bpf_map_lookup_elem(&nobodys, &why);
	if (n)
		__sync_fetch_and_add(n, 1);
}

/* container finds the container that a group belongs to. */
static __always_inline struct group *container(u64 id)
{
	struct group *g = bpf_map_lookup_elem(&groups, &id);
	if (!g || g->kind > GROUP_CHILD)
		return NULL;
	if (g->kind == GROUP_CHILD) {
		u64 slot = g->slot;
		g = bpf_map_lookup_elem(&groups, &slot);
		if (!g || g->kind != GROUP_CONTAINER)
			return NULL;
	}
	return g;
}

static __always_inline u64 group_id(struct task_struct *t, bool typed)
{
	if (mode == 1)
		return OF(typed, t, cgroups, dfl_cgrp, kn, id);
	if (mode == 2)
		return OF(typed, t, cgroups, subsys[memory_cgrp_id], cgroup, kn, id);
	return OF(typed, t, cgroups, subsys[pids_cgrp_id], cgroup, kn, id);
}

static __always_inline struct group *group_of(struct task_struct *t) { return container(group_id(t, true)); }

/* my_group is group_of for the current task. */
static __always_inline struct group *my_group(struct task_struct *me) { return container(group_id(me, TYPED)); }

static __always_inline void *my_ring(void)
{
	u32 i = bpf_get_smp_processor_id() >> ring_shift;
	return bpf_map_lookup_elem(&rings, &i);
}

/* The registers of a system call. Its first argument and number are kept apart on arm64,
 * where the result overwrites it. */
#if defined(__TARGET_ARCH_x86)
#define NR(r) ((r)->orig_ax)
#define ARG0(r) ((r)->di)
#define ARG1(r) ((r)->si)
#define ARG2(r) ((r)->dx)
#define ARG3(r) ((r)->r10)
#define ARG4(r) ((r)->r8)
#define ARG5(r) ((r)->r9)
#define IP(r) ((r)->ip)
#else
#define NR(r) ((u64)(u32)(r)->syscallno) /* -1 is none; the verifier of 5.10 loses the bounds of a signed one */
#define ARG0(r) ((r)->orig_x0)
#define ARG1(r) ((r)->regs[1])
#define ARG2(r) ((r)->regs[2])
#define ARG3(r) ((r)->regs[3])
#define ARG4(r) ((r)->regs[4])
#define ARG5(r) ((r)->regs[5])
#define IP(r) ((r)->pc)
#endif

static __always_inline void args(u64 *to, struct pt_regs *regs)
{
	to[0] = ARG0(regs);
	to[1] = ARG1(regs);
	to[2] = ARG2(regs);
	to[3] = ARG3(regs);
	to[4] = ARG4(regs);
	to[5] = ARG5(regs);
}

static __always_inline u64 arg(struct pt_regs *regs, u32 i)
{
	switch (i) {
	case 0: return ARG0(regs);
	case 1: return ARG1(regs);
	case 2: return ARG2(regs);
	case 3: return ARG3(regs);
	case 4: return ARG4(regs);
	}
	return ARG5(regs);
}

/* foreign says that the current task's call is one of another table than the machine's own.
 * TS_COMPAT: arch/x86/include/asm/thread_info.h; TIF_32BIT: arch/arm64/include/asm/thread_info.h. */
static __always_inline bool foreign(struct task_struct *me)
{
#if defined(__TARGET_ARCH_x86)
	return OF(TYPED, me, thread_info.status) & 2;
#else
	return OF(TYPED, me, thread_info.flags) >> 22 & 1;
#endif
}

/* in_call says that the task has entered a system call that has no result yet: x86 sets
 * the result to -ENOSYS until then. On arm64 nothing tells. */
static __always_inline bool in_call(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return (s64)regs->orig_ax >= 0 && (s64)regs->ax == -38;
#else
	return false;
#endif
}

/* regs_of gives the registers that a task entered the kernel with, where the kernel has
 * the helper (5.15). */
static __always_inline struct pt_regs *regs_of(struct task_struct *t)
{
	if (!HAVE(task_pt_regs))
		return NULL;
	return (struct pt_regs *)bpf_task_pt_regs(t);
}

/* reserve makes room for a record of something else than a call. */
static __always_inline void *reserve(struct group *g, u64 size)
{
	u32 i = life_ring;
	void *ring = bpf_map_lookup_elem(&rings, &i);
	void *r = ring ? bpf_ringbuf_reserve(ring, size, 0) : NULL;
	if (!r)
		count(g, LOST_RING);
	return r;
}

static __always_inline void head(struct head *h, u8 type, u32 size, struct group *g, u64 now, u32 tid, u32 tgid)
{
	h->size = size;
	h->type = type;
	h->flags = 0;
	h->cpu = bpf_get_smp_processor_id();
	h->ts = now;
	h->slot = g ? g->slot : 0;
	h->tid = tid;
	h->tgid = tgid;
}
