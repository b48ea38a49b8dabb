/* Records of calls, one function for each shape. The user's memory is copied straight into
 * the ring, once where possible: a copy costs the same for 1 as for 1,024 bytes. */
#pragma once

struct what {
	struct pt_regs *regs;
	s64 ret;
	u64 now;
	struct group *g;
	void *ring;
	struct task_struct *t;
	u64 nr;
	u32 a, b;
};

#define PLAIN(N) struct { struct call c; char data[N]; }
#define ROOM_SOCK 80 /* struct sockinfo, then 32 bytes of address, in front of data */

/* BEGIN reserves a record with room for N bytes and fills in what all have. */
#define BEGIN(r, w, N)                                                        \
	PLAIN(N) *r = bpf_ringbuf_reserve((w)->ring, sizeof(*r), 0);          \
	if (!r) {                                                             \
		count((w)->g, LOST_RING);                                     \
		return 0;                                                     \
	}                                                                     \
	begin(&r->c, w, sizeof(*r))

static __always_inline void begin(struct call *c, struct what *w, u32 size)
{
	u64 id = bpf_get_current_pid_tgid();
	head(&c->h, REC_CALL, size, w->g, w->now, id, id >> 32);
	c->ret = w->ret;
	c->nr = w->nr;
	*(u32 *)c->len = 0;
	c->extra = 0;
	args(c->args, w->regs);
}

#define END(r) bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP)

static __always_inline void unreadable(struct call *c, struct what *w)
{
	c->h.flags |= REC_UNREADABLE;
	count(w->g, LOST_USER);
}

static __always_inline int plain(struct what *w)
{
	struct call *c = bpf_ringbuf_reserve(w->ring, sizeof(*c), 0);
	if (!c) {
		count(w->g, LOST_RING);
		return 0;
	}
	begin(c, w, sizeof(*c));
	END(c);
	return 0;
}

/* probed answers the recorder's own call, which belongs to no container. */
static __noinline int probed(struct pt_regs *regs, s64 ret)
{
	struct what w = {.regs = regs, .ret = ret, .now = bpf_ktime_get_boot_ns(), .ring = my_ring(), .nr = NR(regs)};
	return w.ring ? plain(&w) : 0;
}

static __always_inline void text(struct call *c, struct what *w, u32 part, char *to, u64 from)
{
	if (!from)
		return;
	s64 n = bpf_probe_read_user_str(to, PATH_MAX_LEN, (void *)from);
	if (n < 0)
		unreadable(c, w);
	else
		c->len[part] = n;
}

static __noinline int one_path(struct what *w)
{
	BEGIN(r, w, PATH_MAX_LEN);
	text(&r->c, w, 0, r->data, arg(w->regs, w->a));
	END(r);
	return 0;
}

/* open_path adds device and inode of what was opened, behind the text. */
static __noinline int open_path(struct what *w)
{
	BEGIN(r, w, PATH_MAX_LEN + 16);
	text(&r->c, w, 0, r->data, arg(w->regs, w->a));
	if (w->ret >= 0) {
		struct file *f = file_of(w->t, w->ret);
		if (f) {
			struct inode *n = READ(f, f_inode);
			u64 *more = (u64 *)(r->data + PATH_MAX_LEN);
			more[0] = READ(n, i_sb, s_dev);
			more[1] = READ(n, i_ino);
			r->c.len[1] = 16;
		}
	}
	END(r);
	return 0;
}

static __noinline int two_paths(struct what *w)
{
	BEGIN(r, w, 2 * PATH_MAX_LEN);
	text(&r->c, w, 0, r->data, arg(w->regs, w->a));
	text(&r->c, w, 1, r->data + PATH_MAX_LEN, arg(w->regs, w->b));
	END(r);
	return 0;
}

/* copy reads n bytes, at most max. */
static __always_inline void copy(struct call *c, struct what *w, char *to, u64 from, u64 n, u32 max)
{
	if (!from || n == 0)
		return;
	if (n > max)
		n = max;
	asm volatile("" : "+r"(n));
	if (n > max)
		return;
	if (bpf_probe_read_user(to, n, (void *)from))
		unreadable(c, w);
	else
		c->len[0] = n;
}

/* sock_of finds the socket behind a descriptor. */
static __always_inline struct socket *sock_of(struct task_struct *t, u32 fd)
{
	struct file *f = file_of(t, fd);
	if (!f || (READ(f, f_inode, i_mode) & 0170000) != 0140000)
		return NULL;
	return READ(f, private_data);
}

static __always_inline void sock_info(struct sockinfo *i, struct socket *so)
{
	__builtin_memset(i, 0, sizeof(*i));
	struct sock *sk = so ? READ(so, sk) : NULL;
	if (!sk)
		return;
	i->family = READ(sk, __sk_common.skc_family);
	i->type = READ(sk, sk_type);
	i->backlog = READ(sk, sk_ack_backlog);
	i->maxlog = READ(sk, sk_max_ack_backlog);
	i->sport = READ(sk, __sk_common.skc_num);
	i->dport = bpf_ntohs(READ(sk, __sk_common.skc_dport));
	if (i->family == 2) {
		*(u32 *)i->saddr = READ(sk, __sk_common.skc_rcv_saddr);
		*(u32 *)i->daddr = READ(sk, __sk_common.skc_daddr);
	} else if (i->family == 10) {
		if (bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
			bpf_probe_read_kernel(i->saddr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
			bpf_probe_read_kernel(i->daddr, 16, &sk->__sk_common.skc_v6_daddr);
		}
	} else {
		*(u64 *)i->saddr = (u64)sk;
		*(u64 *)i->daddr = i->family == 1 ? (u64)READ((struct unix_sock *)sk, peer) : 0;
		i->sport = i->dport = 0;
	}
}

/* dns_socket says that a descriptor is a socket to or from port 53. It is asked for only
 * where the container has met one lately. */
static __always_inline bool dns_socket(struct what *w, u32 fd)
{
	if (w->g->dns_until < w->now)
		return false;
	struct socket *so = sock_of(w->t, fd);
	struct sock *sk = so ? READ(so, sk) : NULL;
	if (!sk)
		return false;
	u16 family = READ(sk, __sk_common.skc_family);
	if (family != 2 && family != 10)
		return false;
	return READ(sk, __sk_common.skc_dport) == bpf_htons(53) || READ(sk, __sk_common.skc_num) == 53;
}

/* wanted says how much of a buffer of read or write is kept. */
static __always_inline u32 wanted(struct what *w, bool out)
{
	u64 fd = ARG0(w->regs);
	if (out && fd - 1 < 2)
		return stdio_len;
	if (dns_socket(w, fd))
		return dns_len;
	return data_len;
}

/* sizes: what passed, or for a failed write what should have. */
static __always_inline u64 passed(struct what *w, bool out, u64 asked)
{
	if (w->ret >= 0)
		return w->ret;
	return out ? asked : 0;
}

static __noinline int buffer_small(struct what *w, bool out)
{
	BEGIN(r, w, DATA_LEN);
	copy(&r->c, w, r->data, arg(w->regs, w->a), passed(w, out, arg(w->regs, w->b)), DATA_LEN);
	END(r);
	return 0;
}

static __noinline int buffer_large(struct what *w, bool out, u32 max)
{
	u64 n = passed(w, out, arg(w->regs, w->b));
	if (n > max)
		n = max;
	if (n <= DNS_LEN) {
		BEGIN(r, w, DNS_LEN);
		copy(&r->c, w, r->data, arg(w->regs, w->a), n, DNS_LEN);
		END(r);
		return 0;
	}
	BEGIN(r, w, STDIO_LEN);
	copy(&r->c, w, r->data, arg(w->regs, w->a), n, STDIO_LEN);
	END(r);
	return 0;
}

static __always_inline int buffer(struct what *w, bool out)
{
	u32 max = wanted(w, out);
	if (max == 0)
		return plain(w);
	if (max > DATA_LEN)
		return buffer_large(w, out, max);
	return buffer_small(w, out);
}

struct iov { u64 base, len; };

/* gather reads from up to four buffers, until max or left bytes are there. */
static __always_inline void gather(struct call *c, struct what *w, char *to, u64 vec, u64 count, u64 left, u32 max)
{
	struct iov v[4];
	u32 off = 0;
	if (!vec || left == 0 || count == 0)
		return;
	if (count > 4)
		count = 4;
	asm volatile("" : "+r"(count));
	if (count > 4 || bpf_probe_read_user(v, count * sizeof(v[0]), (void *)vec)) {
		unreadable(c, w);
		return;
	}
	for (u32 i = 0; i < 4; i++) {
		if (i >= count || off >= max || left == 0)
			break;
		u64 n = v[i].len;
		if (n > left)
			n = left;
		if (n > max - off)
			n = max - off;
		if (n == 0)
			continue;
		asm volatile("" : "+r"(n), "+r"(off));
		if (n > STDIO_LEN || off > STDIO_LEN || n > max || off > max || off + n > max)
			break;
		if (bpf_probe_read_user(to + off, n, (void *)v[i].base)) {
			unreadable(c, w);
			break;
		}
		off += n;
		left -= n;
	}
	c->len[0] = off;
}

static __noinline int vector_small(struct what *w, bool out)
{
	BEGIN(r, w, 2 * DATA_LEN);
	gather(&r->c, w, r->data, arg(w->regs, w->a), arg(w->regs, w->b), passed(w, out, 1 << 20), DATA_LEN);
	END(r);
	return 0;
}

static __noinline int vector_large(struct what *w, bool out)
{
	BEGIN(r, w, 2 * STDIO_LEN);
	gather(&r->c, w, r->data, arg(w->regs, w->a), arg(w->regs, w->b), passed(w, out, 1 << 20), STDIO_LEN);
	END(r);
	return 0;
}

static __always_inline int vector(struct what *w, bool out)
{
	u32 max = wanted(w, out);
	if (max == 0)
		return plain(w);
	return max > DATA_LEN ? vector_large(w, out) : vector_small(w, out);
}

/* peer reads the address that a call was given or gave, and says whether it is port 53. */
static __always_inline bool peer(struct call *c, struct what *w, char *to, u64 from, u32 len)
{
	if (!from || len < 2)
		return false;
	u64 n = len > 28 ? 28 : len;
	asm volatile("" : "+r"(n));
	if (n > 28 || bpf_probe_read_user(to, n, (void *)from))
		return false;
	c->len[1] = n;
	u16 family = *(u16 *)to;
	return (family == 2 || family == 10) && *(u16 *)(to + 2) == bpf_htons(53);
}

/* Calls on sockets have room for DNS_LEN bytes behind socket and address; how much of it
 * is used depends on the port. */
static __always_inline void with_socket(struct call *c, struct what *w, char *data, u64 addr, u32 len, u32 *max)
{
	c->h.flags |= REC_SOCK;
	struct sockinfo *si = (struct sockinfo *)data;
	bool dns = false;
	/* Who has given or asked for an address, or has met port 53 lately, may mean port 53. */
	if (addr || w->g->dns_until >= w->now) {
		sock_info(si, sock_of(w->t, ARG0(w->regs)));
		dns = (si->family == 2 || si->family == 10) && (si->dport == 53 || si->sport == 53);
	} else {
		__builtin_memset(si, 0, sizeof(*si));
	}
	if (peer(c, w, data + sizeof(*si), addr, len))
		dns = true;
	*max = data_len;
	if (dns) {
		*max = dns_len;
		w->g->dns_until = w->now + dns_ns;
	}
}

static __noinline int datagram(struct what *w, bool out)
{
	struct pt_regs *regs = w->regs;
	if (!ARG4(regs) && w->g->dns_until < w->now) {
		/* A stream, nearly always. */
		w->a = 1;
		w->b = 2;
		return data_len ? buffer_small(w, out) : plain(w);
	}
	BEGIN(r, w, ROOM_SOCK + DNS_LEN);
	u32 len = ARG5(regs), max;
	if (!out) {
		/* The length is where the kernel has put it. */
		u64 at = ARG5(regs);
		len = 0;
		if (at && w->ret >= 0)
			bpf_probe_read_user(&len, 4, (void *)at);
	}
	with_socket(&r->c, w, r->data, ARG4(regs), len, &max);
	u64 n = passed(w, out, ARG2(regs));
	if (n > max)
		n = max;
	copy(&r->c, w, r->data + ROOM_SOCK, ARG1(regs), n, DNS_LEN);
	END(r);
	return 0;
}

struct user_msg { u64 name; u32 namelen, pad; u64 iov, iovlen, control, controllen; u32 flags, pad2; };
struct user_mmsg { struct user_msg m; u32 len, pad; };

static __always_inline int one_message(struct what *w, bool out, struct user_msg *m, u64 n, u32 index)
{
	BEGIN(r, w, ROOM_SOCK + 2 * DNS_LEN);
	u32 max;
	r->c.extra = index;
	with_socket(&r->c, w, r->data, m->name, m->namelen, &max);
	if (max > DNS_LEN)
		max = DNS_LEN;
	if (n > max)
		n = max;
	gather(&r->c, w, r->data + ROOM_SOCK, m->iov, m->iovlen, n, DNS_LEN);
	END(r);
	return 0;
}

static __noinline int message(struct what *w, bool out)
{
	struct user_msg m = {};
	u64 at = arg(w->regs, w->a);
	if (bpf_probe_read_user(&m, sizeof(m), (void *)at)) {
		count(w->g, LOST_USER);
		return plain(w);
	}
	return one_message(w, out, &m, passed(w, out, 1 << 20), 0);
}

/* messages makes a record for each of the first two messages: resolvers send both of
 * their questions with one call. The result is the number of messages. */
static __noinline int messages(struct what *w, bool out)
{
	u64 at = arg(w->regs, w->a);
	s64 n = w->ret;
	if (n <= 0) {
		if (!out || ARG2(w->regs) == 0)
			return plain(w);
		n = 1; /* what could not be sent */
	}
	for (u32 i = 0; i < 2; i++) {
		struct user_mmsg m = {};
		if (i >= n)
			break;
		if (bpf_probe_read_user(&m, sizeof(m), (void *)(at + i * sizeof(m)))) {
			count(w->g, LOST_USER);
			return plain(w);
		}
		one_message(w, out, &m.m, w->ret > 0 ? m.len : 1 << 20, i);
	}
	return 0;
}

static __noinline int address(struct what *w)
{
	BEGIN(r, w, sizeof(struct sockinfo) + ADDR_LEN);
	struct sockinfo *si = (struct sockinfo *)r->data;
	char *to = r->data + sizeof(*si);
	r->c.h.flags |= REC_SOCK;
	sock_info(si, sock_of(w->t, ARG0(w->regs)));
	u64 n = arg(w->regs, w->b);
	n &= 0xffffffff;
	if (n > ADDR_LEN)
		n = ADDR_LEN;
	asm volatile("" : "+r"(n));
	if (n <= ADDR_LEN && n > 0) {
		if (bpf_probe_read_user(to, n, (void *)arg(w->regs, w->a)))
			unreadable(&r->c, w);
		else
			r->c.len[0] = n;
	}
	if (r->c.len[0] >= 8) {
		u16 family = *(u16 *)to;
		if ((family == 2 || family == 10) && *(u16 *)(to + 2) == bpf_htons(53))
			w->g->dns_until = w->now + dns_ns;
	}
	END(r);
	return 0;
}

static __noinline int accepted(struct what *w)
{
	BEGIN(r, w, sizeof(struct sockinfo));
	r->c.h.flags |= REC_SOCK;
	struct sockinfo *si = (struct sockinfo *)r->data;
	sock_info(si, w->ret >= 0 ? sock_of(w->t, w->ret) : NULL);
	/* The queue is that of the socket that listens. */
	struct socket *so = sock_of(w->t, ARG0(w->regs));
	struct sock *sk = so ? READ(so, sk) : NULL;
	if (sk) {
		si->backlog = READ(sk, sk_ack_backlog);
		si->maxlog = READ(sk, sk_max_ack_backlog);
	}
	END(r);
	return 0;
}

static __noinline int bytes(struct what *w, bool always)
{
	BEGIN(r, w, 32);
	if (always || w->ret >= 0)
		copy(&r->c, w, r->data, arg(w->regs, w->a), w->b, 32);
	/* Two descriptors: what makes their name, the inode of a pipe, the addresses of sockets. */
	if (w->b == 8 && r->c.len[0] == 8) {
		u64 *more = (u64 *)(r->data + 8);
		struct file *one = file_of(w->t, *(u32 *)r->data), *two = file_of(w->t, *(u32 *)(r->data + 4));
		more[0] = more[1] = 0;
		if (one && two) {
			if ((READ(one, f_inode, i_mode) & 0170000) == 0140000) {
				struct socket *a = READ(one, private_data), *b = READ(two, private_data);
				more[0] = (u64)READ(a, sk);
				more[1] = (u64)READ(b, sk);
			} else {
				more[0] = READ(one, f_inode, i_ino);
			}
			r->c.len[0] = 24;
		}
	}
	END(r);
	return 0;
}

static __noinline int polled(struct what *w)
{
	BEGIN(r, w, 128);
	u64 n = arg(w->regs, w->b);
	if (n > 16)
		n = 16;
	copy(&r->c, w, r->data, arg(w->regs, w->a), n * 8, 128);
	END(r);
	return 0;
}

static __noinline int memory(struct what *w)
{
	BEGIN(r, w, 16);
	u32 *n = (u32 *)r->data;
	mm_sizes(w->t, &n[0], &n[1], &n[2]);
	n[3] = 0;
	r->c.len[0] = 12;
	END(r);
	return 0;
}
