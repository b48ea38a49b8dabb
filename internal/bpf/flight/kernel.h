/* The kernel's types, as far as the programs read them. Only names matter: where the
 * fields lie is found out at load time from the type information of the running kernel
 * (CO-RE), so that the order and completeness here mean nothing. Names as in Linux 6.18;
 * what was called otherwise before stands beside it as name___suffix. */
#pragma once

typedef unsigned char u8;
typedef signed short s16;
typedef unsigned short u16;
typedef signed int s32;
typedef unsigned int u32;
typedef signed long long s64;
typedef unsigned long long u64;
typedef u8 __u8;
typedef s16 __s16;
typedef u16 __u16;
typedef s32 __s32;
typedef u32 __u32;
typedef s64 __s64;
typedef u64 __u64;
typedef u16 __be16;
typedef u32 __be32;
typedef u64 __be64;
typedef u32 __wsum;
typedef _Bool bool;
#define NULL ((void *)0)
#define true 1
#define false 0

enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_NOEXIST = 1,
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
};

/* The numbers of helpers that not every supported kernel has; their presence is asked of
 * the kernel's own enumeration. */
enum bpf_func_id___here {
	BPF_FUNC_get_current_task_btf___here = 158,
	BPF_FUNC_for_each_map_elem___here = 164,
	BPF_FUNC_task_pt_regs___here = 175,
	BPF_FUNC_loop___here = 181,
};
#define HAVE(helper) bpf_core_enum_value_exists(enum bpf_func_id___here, BPF_FUNC_##helper##___here)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r10, r9, r8, dx, si, di, ax, orig_ax, ip, sp;
};
#else
struct pt_regs {
	u64 regs[31];
	u64 sp, pc, pstate;
	u64 orig_x0;
	s32 syscallno;
};
#endif

struct thread_info {
	unsigned long flags;
	u32 status;
};

typedef struct { int counter; } atomic_t;
typedef struct { u32 val; } kuid_t;
typedef struct { u32 val; } kgid_t;
typedef struct { u64 val; } kernel_cap_t; /* only its place is used */

struct kernfs_node { const char *name; u64 id; };
struct cgroup;
struct cgroup_root { int hierarchy_id; };
struct cgroup_subsys_state { struct cgroup *cgroup; struct cgroup_subsys_state *parent; };
struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};
struct css_set { struct cgroup_subsys_state *subsys[14]; struct cgroup *dfl_cgrp; };

struct qstr { const unsigned char *name; };
struct dentry { struct dentry *d_parent; struct qstr d_name; };
struct super_block { u32 s_dev; };
struct vfsmount { struct dentry *mnt_root; };
struct mount { struct mount *mnt_parent; struct dentry *mnt_mountpoint; struct vfsmount mnt; };
struct path { struct vfsmount *mnt; struct dentry *dentry; };
struct inode {
	u16 i_mode;
	unsigned long i_ino;
	u32 i_nlink;
	struct super_block *i_sb;
	s64 i_ctime_sec, i_mtime_sec;
	u32 i_ctime_nsec, i_mtime_nsec;
};
struct file { struct path f_path; struct inode *f_inode; void *private_data; unsigned int f_flags; };
struct fdtable { unsigned int max_fds; struct file **fd; };
struct files_struct { struct fdtable *fdt; };
struct fs_struct { struct path root, pwd; };

struct percpu_counter { s64 count; };
struct mm_struct {
	unsigned long total_vm, arg_start, arg_end, env_start, env_end;
	struct percpu_counter rss_stat[4];
	struct file *exe_file;
};
/* Until 6.2 the counters were plain numbers. */
typedef struct { s64 counter; } atomic_long_t;
struct mm_rss_stat___old { atomic_long_t count[4]; };
struct mm_struct___old { struct mm_rss_stat___old rss_stat; };

struct cred {
	kuid_t uid, euid;
	kgid_t gid, egid;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective;
};
struct pid_namespace { unsigned int level; };
struct upid { int nr; struct pid_namespace *ns; };
struct pid { unsigned int level; struct upid numbers[1]; };
struct rlimit { unsigned long rlim_cur, rlim_max; };
struct tty_struct { int index; };
struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
	struct pid *pids[4];
	struct tty_struct *tty;
	struct rlimit rlim[16];
};
struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	struct mm_struct *mm;
	int exit_code;
	int pid, tgid;
	struct task_struct *real_parent, *group_leader;
	struct pid *thread_pid;
	u64 start_boottime;
	unsigned long min_flt, maj_flt;
	const struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct signal_struct *signal;
	kuid_t loginuid;
	struct css_set *cgroups;
};
struct linux_binprm { const char *filename; struct file *file; };
struct sifields___any {};
struct kernel_siginfo { int si_signo, si_errno, si_code; struct sifields___any _sifields; };
struct sigaction { void *sa_handler; };
struct k_sigaction { struct sigaction sa; };

struct in6_addr {};
struct sock_common {
	struct { u32 skc_daddr, skc_rcv_saddr; };
	struct { u16 skc_dport, skc_num; };
	u16 skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};
struct sock { struct sock_common __sk_common; u16 sk_type, sk_protocol; u32 sk_ack_backlog, sk_max_ack_backlog; };
struct unix_address { int len; };
struct unix_sock { struct unix_address *addr; struct sock *peer; };
struct socket { s16 type; struct sock *sk; };

/* mark_victim gives the task since 6.8, where its record has a uid; before that the
 * process number. */
struct trace_event_raw_mark_victim { u32 uid; };

struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; u64 session_id, seq_num; };
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; };
struct bpf_iter__task_file { struct bpf_iter_meta *meta; struct task_struct *task; u32 fd; struct file *file; };

#pragma clang attribute pop

enum cgroup_subsys_id { memory_cgrp_id = 4, pids_cgrp_id = 11 };
