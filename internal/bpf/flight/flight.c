//go:build ignore

/* The programs of the flight recorder: hooks, filter, one record per call. What each needs
 * and costs is in README.md. */
#include "record.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

#include "maps.h"
#include "filter.h"
#include "task.h"
#include "payload.h"

char _license[] SEC("license") = "GPL";

/* on_exit sees each system call of the machine when it returns. */
SEC("tp_btf/sys_exit")
int BPF_PROG(on_return, struct pt_regs *regs, long ret)
{
	u64 nr = NR(regs);
	if (nr >= SHAPES)
		return 0;
	const volatile struct shape *sh = &shapes[nr];
	if (sh->kind == SHAPE_NONE || (sh->flags & SHAPE_FAILED && ret >= 0))
		return 0;
	if (sh->flags & SHAPE_PROBE && ARG1(regs) == probe && ARG0(regs) == PROBE_CALL)
		return probed(regs, ret);
	struct task_struct *t = current_task();
	if (under && !bpf_current_task_under_cgroup(&tops, 0) && (under < 2 || !bpf_current_task_under_cgroup(&tops, 1)))
		return 0;
	struct group *g = my_group(t);
	if (!g)
		return 0;
	u64 now = bpf_ktime_get_boot_ns();
	if (foreign(t)) {
		count(g, LOST_FOREIGN);
		return 0;
	}
	if (sh->flags & SHAPE_BULK && (ret >= 0 || ret == -11) && rate_ns) {
		bool stdio = (sh->kind == SHAPE_OUT || sh->kind == SHAPE_IOVOUT) && (u64)ARG0(regs) - 1 < 2;
		if (!stdio) {
			u64 full = g->full_at;
			if (full < now)
				full = now;
			if (full + rate_ns > now + burst_ns) {
				count(g, LOST_RATE);
				return 0;
			}
			g->full_at = full + rate_ns;
		}
	}
	void *ring = my_ring();
	if (!ring)
		return 0;
	struct what w = {.regs = regs, .ret = ret, .now = now, .g = g, .ring = ring, .t = t, .nr = nr, .a = sh->a, .b = sh->b};
	switch (sh->kind) {
	case SHAPE_ARGS:
		return plain(&w);
	case SHAPE_FORK:
		/* The child is told of by on_fork, on every architecture. */
		return ret == 0 ? 0 : plain(&w);
	case SHAPE_PATH:
		return one_path(&w);
	case SHAPE_OPEN:
		return open_path(&w);
	case SHAPE_PATHS:
		return two_paths(&w);
	case SHAPE_OUT:
	case SHAPE_IN:
		return buffer(&w, sh->kind == SHAPE_OUT);
	case SHAPE_IOVOUT:
	case SHAPE_IOVIN:
		return vector(&w, sh->kind == SHAPE_IOVOUT);
	case SHAPE_TO:
	case SHAPE_FROM:
		return datagram(&w, sh->kind == SHAPE_TO);
	case SHAPE_MSGOUT:
	case SHAPE_MSGIN:
		return message(&w, sh->kind == SHAPE_MSGOUT);
	case SHAPE_MMSGOUT:
	case SHAPE_MMSGIN:
		return messages(&w, sh->kind == SHAPE_MMSGOUT);
	case SHAPE_ADDR:
		return address(&w);
	case SHAPE_ACCEPT:
		return accepted(&w);
	case SHAPE_BYTES:
	case SHAPE_BYTESIN:
		return bytes(&w, sh->kind == SHAPE_BYTESIN);
	case SHAPE_POLL:
		return polled(&w);
	case SHAPE_MEM:
		return memory(&w);
	}
	return 0;
}

/* task fills in the record of a new task. regs are those of the call that made it. */
static __always_inline void new_task(struct fork *r, u8 type, u32 size, struct group *g, struct task_struct *t,
				     struct task_struct *parent)
{
	head(&r->h, type, size, g, bpf_ktime_get_boot_ns(), t->pid, t->tgid);
	task_info(&r->info, t);
	r->parent = parent ? parent->pid : 0;
	r->nr = 0xffffffff;
	r->flags = 0;
	r->pad = 0;
	struct pt_regs *regs = parent ? regs_of(parent) : NULL;
	if (regs) {
		r->nr = NR(regs);
		r->flags = ARG0(regs);
		if (r->nr == nr_clone3 && bpf_probe_read_user(&r->flags, 8, (void *)ARG0(regs)))
			r->flags = 0;
	}
	where(r->cwd, r->exe, r->len, t);
}

static __always_inline int joined(struct group *g, struct task_struct *t)
{
	struct join *r = reserve(g, sizeof(*r));
	if (!r)
		return 0;
	new_task(&r->f, REC_JOIN, sizeof(*r), g, t, NULL);
	stdio(r->fd, t);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct group *g = group_of(child);
	if (!g)
		return 0;
	if (group_of(parent) != g)
		return joined(g, child); /* clone3 put it into the group */
	struct fork *r = reserve(g, sizeof(*r));
	if (!r)
		return 0;
	new_task(r, REC_FORK, sizeof(*r), g, child, parent);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}

/* on_join sees a process that is put into a group by another, as container runtimes do. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_join, struct cgroup *to, const char *path, struct task_struct *t, bool threadgroup)
{
	if (to->root->hierarchy_id != hierarchy)
		return 0;
	struct group *g = container(to->kn->id);
	return g ? joined(g, t) : 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *t, u32 old, struct linux_binprm *bprm)
{
	struct group *g = group_of(t);
	if (!g)
		return 0;
	struct exec *r = reserve(g, sizeof(*r));
	if (!r)
		return 0;
	head(&r->h, REC_EXEC, sizeof(*r), g, bpf_ktime_get_boot_ns(), t->pid, t->tgid);
	task_info(&r->info, t);
	where(r->cwd, r->exe, r->len, t);
	s64 n = bpf_probe_read_kernel_str(r->filename, sizeof(r->filename), bprm->filename);
	r->len[2] = n < 0 ? 0 : n;
	bool bad = false;
	r->len[3] = span(r->args, ARGS_LEN, t->mm->arg_start, t->mm->arg_end, &bad);
	r->len[4] = span(r->env, ENV_LEN, t->mm->env_start, t->mm->env_end, &bad);
	if (bad) {
		r->h.flags |= REC_UNREADABLE;
		count(g, LOST_USER);
	}
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}

/* process_code is what a process ended with, the way wait_task_zombie of kernel/exit.c
 * decides it. */
static __always_inline s32 process_code(struct task_struct *t)
{
	return t->signal->flags & 4 /* SIGNAL_GROUP_EXIT */ ? t->signal->group_exit_code : t->group_leader->exit_code;
}

/* untold keeps the end of a process that there is no room to tell of. */
static __always_inline int untold(struct group *g, struct task_struct *t)
{
	if (t->signal->live.counter)
		return 0;
	u32 vpid, level;
	numbers(t, &vpid, &level, t->group_leader);
	u32 first = vpid == 1 ? level : 0;
	if (g->end_first && (!first || first > g->end_first))
		return 0;
	g->end_pid = t->tgid;
	g->end_code = process_code(t);
	g->end_first = first;
	g->end_at = bpf_ktime_get_boot_ns();
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *t)
{
	struct group *g = group_of(t);
	if (!g)
		return 0;
	struct exit *r = reserve(g, sizeof(*r));
	if (!r)
		return untold(g, t);
	head(&r->h, REC_EXIT, sizeof(*r), g, bpf_ktime_get_boot_ns(), t->pid, t->tgid);
	r->code = t->exit_code;
	r->live = t->signal->live.counter;
	r->group_code = process_code(t);
	r->nr = 0xffffffff;
	struct pt_regs *regs = regs_of(t);
	if (regs) {
		r->nr = NR(regs);
		args(r->args, regs);
		if (in_call(regs))
			r->h.flags |= REC_INCALL;
	} else {
		__builtin_memset(r->args, 0, sizeof(r->args));
	}
	numbers(t, &r->vpid, &r->level, t->group_leader);
	bpf_ringbuf_submit(r, r->live ? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP);
	return 0;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(on_sent, int sig, struct kernel_siginfo *info, struct task_struct *t)
{
	if (!(signals >> (sig & 63) & 1))
		return 0;
	struct group *g = group_of(t);
	if (!g)
		return 0;
	struct sig *r = reserve(g, sizeof(*r));
	if (!r)
		return 0;
	head(&r->h, REC_SENT, sizeof(*r), g, bpf_ktime_get_boot_ns(), t->pid, t->tgid);
	sig_info(r, sig, info);
	/* Two values stand for a sender without siginfo: the current task, the kernel. */
	if ((u64)info == 1 || r->code > 0) {
		r->from_tid = r->from_pid = 0;
		r->comm[0] = 0;
	} else {
		u64 me = bpf_get_current_pid_tgid();
		r->from_tid = me;
		r->from_pid = me >> 32;
		bpf_get_current_comm(r->comm, sizeof(r->comm));
	}
	r->ip = r->handler = 0;
	r->vmsize = r->vmrss = 0;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(on_delivered, int sig, struct kernel_siginfo *info, struct k_sigaction *ka)
{
	if (!(signals >> (sig & 63) & 1))
		return 0;
	struct task_struct *t = current_task();
	struct group *g = my_group(t);
	if (!g)
		return 0;
	struct sig *r = reserve(g, sizeof(*r));
	if (!r)
		return 0;
	u64 id = bpf_get_current_pid_tgid();
	head(&r->h, REC_DELIVERED, sizeof(*r), g, bpf_ktime_get_boot_ns(), id, id >> 32);
	sig_info(r, sig, info);
	r->from_tid = r->from_pid = 0;
	r->comm[0] = 0;
	r->vmsize = r->vmrss = 0;
	r->handler = 0;
	bpf_probe_read_kernel(&r->handler, 8, &ka->sa.sa_handler);
	struct pt_regs *regs = regs_of(t);
	r->ip = regs ? IP(regs) : 0;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tp_btf/mark_victim")
int on_oom(u64 *ctx)
{
	/* Without the task only its number is known, and user space finds the container. */
	if (!bpf_core_field_exists(struct trace_event_raw_mark_victim, uid)) {
		struct sig *r = reserve(NULL, sizeof(*r));
		if (!r)
			return 0;
		u32 pid = ctx[0];
		head(&r->h, REC_OOM, sizeof(*r), NULL, bpf_ktime_get_boot_ns(), pid, pid);
		__builtin_memset(&r->sig, 0, sizeof(*r) - sizeof(r->h));
		bpf_ringbuf_submit(r, BPF_RB_FORCE_WAKEUP);
		return 0;
	}
	struct task_struct *t = (struct task_struct *)ctx[0];
	struct group *g = group_of(t);
	if (!g)
		return 0;
	struct sig *r = reserve(g, sizeof(*r));
	if (!r)
		return 0;
	head(&r->h, REC_OOM, sizeof(*r), g, bpf_ktime_get_boot_ns(), t->pid, t->tgid);
	__builtin_memset(&r->sig, 0, sizeof(*r) - sizeof(r->h));
	bpf_probe_read_kernel(r->comm, sizeof(r->comm), t->comm);
	u32 swap;
	mm_sizes(t, &r->vmsize, &r->vmrss, &swap);
	bpf_ringbuf_submit(r, BPF_RB_FORCE_WAKEUP);
	return 0;
}

#include "groups.h"
#include "snapshot.h"
