/* What is known of a task. */
#pragma once

/* numbers gives what a process is called in its own namespace, and how deep that is. */
static __always_inline void numbers(struct task_struct *t, u32 *vpid, u32 *level, struct task_struct *of)
{
	struct pid *p = READ(of, thread_pid);
	*level = *vpid = 0;
	if (!p)
		return;
	u32 l = READ(p, level);
	*level = l;
	void *at = (void *)p + bpf_core_field_offset(struct pid, numbers) + (l & 31) * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(vpid, 4, at + bpf_core_field_offset(struct upid, nr));
}

/* nr_in gives the number of a pid in the namespace of level l. */
static __always_inline u32 nr_in(struct pid *p, u32 l)
{
	u32 n = 0;
	if (p)
		bpf_probe_read_kernel(&n, 4, (void *)p + bpf_core_field_offset(struct pid, numbers) +
			(l & 31) * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, nr));
	return n;
}

static __always_inline u64 rss(struct mm_struct *mm, u32 i)
{
	s64 n = 0;
	if (bpf_core_field_exists(struct mm_struct___old, rss_stat.count))
		bpf_probe_read_kernel(&n, 8, (void *)mm + bpf_core_field_offset(struct mm_struct___old, rss_stat.count) + i * 8);
	else
		bpf_probe_read_kernel(&n, 8, (void *)mm + bpf_core_field_offset(struct mm_struct, rss_stat) +
			i * bpf_core_type_size(struct percpu_counter) + bpf_core_field_offset(struct percpu_counter, count));
	return n < 0 ? 0 : n;
}

/* mm_sizes gives the memory of a process in KiB. Counters of the current processor that
 * are not summed up yet are left out, as in /proc/PID/statm. The order of the counters is
 * file, anonymous, swap, shared: include/linux/mm_types_task.h. */
static __always_inline void mm_sizes(struct task_struct *t, u32 *size, u32 *res, u32 *swap)
{
	struct mm_struct *mm = READ(t, mm);
	*size = *res = *swap = 0;
	if (!mm)
		return;
	*size = READ(mm, total_vm) * page_kib;
	*res = (rss(mm, 0) + rss(mm, 1) + rss(mm, 3)) * page_kib;
	*swap = rss(mm, 2) * page_kib;
}

/* caps reads a set of capabilities: two words of 32 bits, since 6.3 one of 64. */
static __always_inline u64 caps(const struct cred *c, u32 off)
{
	u64 set = 0;
	bpf_probe_read_kernel(&set, 8, (void *)c + off);
	return set;
}

static __always_inline void task_info(struct task_info *i, struct task_struct *t)
{
	i->tid = t->pid;
	i->pid = t->tgid;
	i->ptid = READ(t, real_parent, pid);
	numbers(t, &i->vtid, &i->level, t);
	u32 level;
	numbers(t, &i->vpid, &level, READ(t, group_leader));
	struct signal_struct *s = READ(t, signal);
	struct pid *pgrp = READ(s, pids[2]); /* PIDTYPE_PGID */
	i->pgid = nr_in(pgrp, 0);
	i->vpgid = nr_in(pgrp, i->level);
	i->sid = nr_in(READ(s, pids[3]), 0); /* PIDTYPE_SID */
	struct tty_struct *tty = READ(s, tty);
	i->tty = tty ? READ(tty, index) + 1 : 0;
	i->fdlimit = READ(s, rlim[7].rlim_cur); /* RLIMIT_NOFILE */
	const struct cred *c = READ(t, cred);
	i->uid = READ(c, euid.val);
	i->gid = READ(c, egid.val);
	i->loginuid = bpf_core_field_exists(struct task_struct, loginuid) ? READ(t, loginuid.val) : 0xffffffff;
	i->cap_inh = caps(c, bpf_core_field_offset(struct cred, cap_inheritable));
	i->cap_perm = caps(c, bpf_core_field_offset(struct cred, cap_permitted));
	i->cap_eff = caps(c, bpf_core_field_offset(struct cred, cap_effective));
	i->maj = READ(t, maj_flt);
	i->min = READ(t, min_flt);
	mm_sizes(t, &i->vmsize, &i->vmrss, &i->vmswap);
	i->mode = 0;
	i->ino = i->ctime = i->mtime = 0;
	struct mm_struct *mm = READ(t, mm);
	struct file *exe = mm ? READ(mm, exe_file) : NULL;
	if (exe) {
		struct inode *n = READ(exe, f_inode);
		i->mode = READ(n, i_mode) | (READ(n, i_nlink) == 0 ? 0x10000 : 0);
		i->ino = READ(n, i_ino);
		if (bpf_core_field_exists(struct inode, i_ctime_sec)) {
			i->ctime = READ(n, i_ctime_sec) * 1000000000ull + READ(n, i_ctime_nsec);
			i->mtime = READ(n, i_mtime_sec) * 1000000000ull + READ(n, i_mtime_nsec);
		}
	}
	i->start = t->start_boottime;
	i->pad = 0;
	bpf_probe_read_kernel(i->comm, sizeof(i->comm), t->comm);
}

/* A way up from a file to the root of the process, or of everything. */
struct way {
	struct dentry *d, *root;
	struct mount *m;
	char *out;
	u32 off;
};

/* step writes one part of a path; 1 ends the way. */
static long step(u32 i, struct way *w)
{
	struct dentry *d = w->d;
	struct mount *m = w->m;
	u32 off = w->off;
	if (!d || d == w->root || off > WALK_LEN - 64)
		return 1;
	struct dentry *top = READ(m, mnt.mnt_root), *up = READ(d, d_parent);
	if (d == top || d == up) {
		struct mount *over = READ(m, mnt_parent);
		if (over == m)
			return 1;
		w->d = READ(m, mnt_mountpoint);
		w->m = over;
		return 0;
	}
	s64 n = bpf_probe_read_kernel_str(w->out + off, 64, READ(d, d_name.name));
	if (n <= 0)
		return 1;
	w->off = off + (n & 127);
	w->d = up;
	return 0;
}

#define STEPS 20

/* walk writes the parts of a path, the last one first, each with a NUL. It returns how many
 * bytes. With bpf_loop (5.17) the verifier looks at a step once and not at every way through
 * all of them, which was most of the time that loading takes. */
static __noinline int walk(struct dentry *d, struct vfsmount *vfs, struct dentry *root, char *out)
{
	struct way w = {.d = d, .root = root, .m = (void *)vfs - bpf_core_field_offset(struct mount, mnt), .out = out};
	if (HAVE(loop)) {
		bpf_loop(STEPS, step, &w, 0);
		return w.off;
	}
	for (u32 i = 0; i < STEPS; i++)
		if (step(i, &w))
			break;
	return w.off;
}

static __always_inline void where(char *cwd, char *exe, u16 *len, struct task_struct *t)
{
	struct fs_struct *fs = READ(t, fs);
	struct mm_struct *mm = READ(t, mm);
	struct file *f = mm ? READ(mm, exe_file) : NULL;
	struct dentry *root = fs ? READ(fs, root.dentry) : NULL;
	len[0] = fs ? walk(READ(fs, pwd.dentry), READ(fs, pwd.mnt), root, cwd) : 0;
	len[1] = f ? walk(READ(f, f_path.dentry), READ(f, f_path.mnt), root, exe) : 0;
}

static __always_inline struct file *file_of(struct task_struct *t, u32 fd)
{
	struct fdtable *tab = READ(t, files, fdt);
	struct file *f = NULL;
	if (tab && fd < READ(tab, max_fds))
		bpf_probe_read_kernel(&f, 8, READ(tab, fd) + fd);
	return f;
}

/* stdio tells of the first descriptors, which a container gets from outside. */
static __always_inline void stdio(struct stdio *out, struct task_struct *t)
{
	for (int i = 0; i < FDS; i++) {
		struct file *f = file_of(t, i);
		out[i].mode = 0;
		if (!f)
			continue;
		struct inode *n = READ(f, f_inode);
		out[i].mode = READ(n, i_mode);
		out[i].ino = READ(n, i_ino);
		out[i].flags = READ(f, f_flags);
		bpf_probe_read_kernel_str(out[i].name, sizeof(out[i].name), READ(f, f_path.dentry, d_name.name));
	}
}

/* span copies what lies between two addresses of the process, as far as there is room. */
static __always_inline u16 span(char *to, u32 max, u64 from, u64 end, bool *bad)
{
	u64 n = end - from;
	if (end <= from)
		return 0;
	if (n > max)
		n = max;
	asm volatile("" : "+r"(n));
	if (n > max)
		return 0;
	if (bpf_probe_read_user(to, n, (void *)from)) {
		*bad = true;
		return 0;
	}
	return n;
}

static __always_inline void sig_info(struct sig *r, int sig, struct kernel_siginfo *info)
{
	r->sig = sig;
	r->code = 0;
	r->addr = r->more = 0;
	if ((u64)info <= 1)
		return;
	bpf_probe_read_kernel(&r->code, 4, (void *)info + bpf_core_field_offset(struct kernel_siginfo, si_code));
	/* The fault address comes first in its part of the union, and so does the address of
	 * the refused call, with its number behind it. */
	u64 both[2] = {};
	bpf_probe_read_kernel(both, 16, (void *)info + bpf_core_field_offset(struct kernel_siginfo, _sifields));
	r->addr = both[0];
	r->more = both[1] & 0xffffffff;
}
