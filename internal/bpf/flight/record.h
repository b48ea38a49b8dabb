/* What goes through the rings, little-endian, without padding between fields. The Go side
 * (raw.go) reads it by the offsets written here; TestLayout compares both. */
#pragma once
#include "kernel.h"

enum rec_type {
	REC_CALL = 1,  /* a system call returned */
	REC_FORK,      /* a task was made */
	REC_EXEC,      /* a program began */
	REC_EXIT,      /* a thread ends */
	REC_SENT,      /* a signal was sent */
	REC_DELIVERED, /* a signal reached its thread */
	REC_OOM,       /* a victim was chosen */
	REC_JOIN,      /* a process was put into the group */
	REC_MKDIR,     /* a control group was made */
	REC_RMDIR,     /* the group of a container was removed */
	REC_EMPTY,     /* the group of a container has no process any more */
	REC_TASK,      /* a task that is there (snapshot) */
	REC_FILE,      /* a descriptor that is open (snapshot) */
};

#define REC_UNREADABLE 1 /* flags: memory of the process could not be read */
#define REC_SOCK 2       /* flags: struct sockinfo and an address stand before the data */
#define REC_FOREIGN 4    /* flags: a call of another table */
#define REC_INCALL 8     /* flags of REC_EXIT: it died inside of the call */

#define PATH_MAX_LEN 256
#define DATA_LEN 80
#define DNS_LEN 512
#define STDIO_LEN 1024
#define ADDR_LEN 112
#define WALK_LEN 512
#define ARGS_LEN 4096
#define ENV_LEN 8192
#define FDS 12

struct head {
	u32 size;  /* 0: of the record, in bytes */
	u8 type;   /* 4 */
	u8 flags;  /* 5 */
	u16 cpu;   /* 6 */
	u64 ts;    /* 8: boot clock, ns */
	u64 slot;  /* 16 */
	u32 tid;   /* 24 */
	u32 tgid;  /* 28 */
};

struct call {
	struct head h;
	s64 ret;     /* 32 */
	u16 nr;      /* 40 */
	u16 len[2];  /* 42: of the parts of the payload, in bytes */
	u16 extra;   /* 46: number of the message, protocol */
	u64 args[6]; /* 48 */
	             /* 96: payload */
};

struct sockinfo {
	u16 family;  /* 0 */
	u16 type;    /* 2: SOCK_STREAM ... */
	u16 sport;   /* 4: host order */
	u16 dport;   /* 6: host order */
	u8 saddr[16];/* 8: unix: kernel address of the socket */
	u8 daddr[16];/* 24: unix: that of its peer */
	u32 backlog; /* 40 */
	u32 maxlog;  /* 44 */
};

struct task_info {
	u32 tid, pid, ptid, vtid, vpid, level; /* 0 */
	u32 uid, gid, loginuid, tty;           /* 24 */
	u32 sid, vpgid, pgid, pad;             /* 40 */
	u64 cap_inh, cap_perm, cap_eff;        /* 56 */
	u64 fdlimit, maj, min;                 /* 80 */
	u32 vmsize, vmrss, vmswap, mode;       /* 104: KiB */
	u64 ino, ctime, mtime;                 /* 120 */
	u64 start;                             /* 144: boot clock, ns */
	char comm[16];                         /* 152 */
};                                             /* 168 */

struct stdio {
	u64 ino;       /* 0 */
	u32 mode, flags; /* 8 */
	char name[48]; /* 16 */
};                 /* 64 */

struct fork {
	struct head h; /* of the child */
	struct task_info info; /* 32: of the child */
	u64 flags;     /* 200: clone flags */
	u32 nr;        /* 208: the call */
	u32 parent;    /* 212: tid of the thread that forked */
	u16 len[2];    /* 216: of cwd, exe */
	u32 pad;       /* 220 */
	char cwd[WALK_LEN]; /* 224: parts, the last first, each with a NUL */
	char exe[WALK_LEN]; /* 736 */
};                          /* 1248 */

/* The record of a task that comes from outside goes on with what it brings along. */
struct join {
	struct fork f;
	struct stdio fd[FDS]; /* 1248 */
};

struct exec {
	struct head h;
	struct task_info info; /* 32 */
	u16 len[5];    /* 200: of cwd, exe, file name, args, env */
	u16 pad[3];    /* 210 */
	char cwd[WALK_LEN]; /* 216 */
	char exe[WALK_LEN]; /* 728 */
	char filename[PATH_MAX_LEN]; /* 1240 */
	char args[ARGS_LEN]; /* 1496 */
	char env[ENV_LEN]; /* 5592: names and values; the reader keeps names only */
};

struct exit {
	struct head h;
	s32 code;       /* 32: of the thread, as wait gives it */
	s32 group_code; /* 36: of the process */
	u32 live;       /* 40: threads that are left */
	u32 nr;         /* 44: the call it was in */
	u64 args[6];    /* 48 */
	u32 vpid, level;/* 96 */
};                      /* 104 */

struct sig {
	struct head h;      /* of the receiver */
	s32 sig, code;      /* 32 */
	u32 from_tid, from_pid; /* 40: 0: the kernel */
	u64 addr;           /* 48: fault address */
	u64 more;           /* 56: SIGSYS: number of the call */
	u64 ip;             /* 64 */
	u64 handler;        /* 72: 0 default, 1 ignored */
	char comm[16];      /* 80: of the sender; of the victim for REC_OOM */
	u32 vmsize, vmrss;  /* 96: REC_OOM: of the victim, KiB */
};                          /* 104 */

struct group_rec {
	struct head h;
	u64 id, parent;   /* 32 */
	u16 len;          /* 48 */
	u16 kind, pad[2]; /* 50 */
	char path[WALK_LEN]; /* 56 */
};

struct file_rec {
	struct head h;
	u64 ino;          /* 32 */
	s32 fd;           /* 40 */
	u32 mode, flags, dev; /* 44 */
	u16 len, parts;   /* 56: parts: of a path, the last first, each with a NUL */
	u32 pad;
	struct sockinfo sock; /* 64 */
	char path[WALK_LEN];  /* 112 */
};

/* What is known of a control group. */
enum group_kind {
	GROUP_NONE,
	GROUP_CONTAINER, /* a container: slot is its own id */
	GROUP_CHILD,     /* a group below a container: slot is the container's */
	GROUP_PARENT,    /* its children are containers */
	GROUP_TREE,      /* its children are pods, whose children are containers, or trees again */
	GROUP_WAIT,      /* new children are told by name */
};

enum lost_kind { LOST_RING, LOST_RATE, LOST_USER, LOST_FOREIGN, LOST_KINDS };

struct group {
	u64 slot;            /* 0 */
	u32 kind;            /* 8 */
	u32 gone;            /* 12: the group was removed */
	u64 full_at;         /* 16: when the bucket is full again, boot clock */
	u64 dns_until;       /* 24: sockets of port 53 are looked for until then */
	u64 lost[LOST_KINDS];/* 32 */
	u64 empty_at;        /* 64: when its last process had ended, boot clock; 0: it has some, or had none */
	/* The end of a process whose record was lost: the first of the outermost namespace, else the latest. */
	u64 end_at;          /* 72: boot clock, 0: none */
	u32 end_pid;         /* 80 */
	s32 end_code;        /* 84: as wait gives it */
	u32 end_first;       /* 88: level of the namespace that it was the first process of, 0: it was not */
	u32 pad;
};                           /* 96 */

/* What to do with a system call, by its number. */
enum shape_kind {
	SHAPE_NONE,   /* not recorded */
	SHAPE_ARGS,   /* the arguments only */
	SHAPE_PATH,   /* text at args[a] */
	SHAPE_PATHS,  /* texts at args[a] and args[b] */
	SHAPE_OUT,    /* bytes at args[a], as many as the result, or args[b] where it failed */
	SHAPE_IN,     /* bytes at args[a], as many as the result */
	SHAPE_IOVOUT, /* bytes of args[b] buffers listed at args[a] */
	SHAPE_IOVIN,
	SHAPE_TO,     /* sendto */
	SHAPE_FROM,   /* recvfrom */
	SHAPE_MSGOUT, /* sendmsg: message at args[a] */
	SHAPE_MSGIN,
	SHAPE_MMSGOUT,/* sendmmsg: messages at args[a] */
	SHAPE_MMSGIN,
	SHAPE_ADDR,   /* connect, bind: socket, address at args[a] of args[b] bytes */
	SHAPE_ACCEPT, /* the socket that is the result */
	SHAPE_BYTES,  /* b bytes at args[a], at most 32, if it succeeded */
	SHAPE_BYTESIN,/* b bytes at args[a], whether it succeeded or not */
	SHAPE_POLL,   /* args[b] entries of 8 bytes at args[a] */
	SHAPE_MEM,    /* memory of the process */
	SHAPE_FORK,   /* clone, fork: the parent's side */
	SHAPE_OPEN,   /* text at args[a], and device and inode of the result */
};

#define SHAPE_BULK 1   /* flags: reads, writes, polls: rate-limited unless they fail */
#define SHAPE_FAILED 2 /* flags: only where it fails */
#define SHAPE_PROBE 4  /* flags: may be the call that the recorder asks itself with */
#define PROBE_CALL 0x756e6c70

struct shape { u8 kind, a, b, flags; };
