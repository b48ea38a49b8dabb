/* Control groups that come and go. */
#pragma once

#define HALF(a, b) ((u16)((a) | (b) << 8))
#define WORD(a, b, c, d) ((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)

/* quality says that the group of a tree is one of a class of pods, whose children are
 * pods, and not a pod itself: "burstable", "kubepods-besteffort.slice". Both drivers of the
 * kubelet: pkg/kubelet/cm/cgroup_manager_linux.go, qos_container_manager_linux.go. */
static __always_inline bool quality(struct kernfs_node *kn)
{
	const char *at = READ(kn, name);
	char name[128];
	union {
		char c[12];
		u16 h[6];
		u32 w[3];
	} end = {};
	s64 len = bpf_probe_read_kernel_str(name, sizeof(name), at) - 1;
	if (len < 9)
		return false;
	at += len;
	/* Words are compared, not letters: a loop over them takes the verifier 40 ms. */
	bpf_probe_read_kernel(end.c, 6, at - 6);
	if (end.w[0] == WORD('.', 's', 'l', 'i') && end.h[2] == HALF('c', 'e')) {
		at -= 6;
		len -= 6;
	}
	if (len >= 10)
		bpf_probe_read_kernel(end.c, 10, at - 10);
	else if (len == 9)
		bpf_probe_read_kernel(end.c + 1, 9, at - 9);
	else
		return false;
	if (end.c[1] == 'b')
		return end.h[1] == HALF('u', 'r') && end.w[1] == WORD('s', 't', 'a', 'b') && end.h[4] == HALF('l', 'e');
	return len >= 10 && end.w[0] == WORD('b', 'e', 's', 't') && end.w[1] == WORD('e', 'f', 'f', 'o') && end.h[4] == HALF('r', 't');
}

static __always_inline int tell_group(u8 type, struct group *g, u64 slot, u64 id, u64 parent, u16 kind, const char *path, u64 wake)
{
	struct group_rec *r = reserve(g, sizeof(*r));
	if (!r)
		return 0;
	head(&r->h, type, sizeof(*r), g, bpf_ktime_get_boot_ns(), 0, 0);
	r->h.slot = slot;
	r->id = id;
	r->parent = parent;
	r->kind = kind;
	s64 n = path ? bpf_probe_read_kernel_str(r->path, sizeof(r->path), path) : 0;
	r->len = n < 0 ? 0 : n;
	bpf_ringbuf_submit(r, wake);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_mkdir, struct cgroup *c, const char *path)
{
	if (c->root->hierarchy_id != hierarchy)
		return 0;
	u64 id = c->kn->id, up = READ(c, self.parent, cgroup, kn, id);
	struct group *p = bpf_map_lookup_elem(&groups, &up);
	if (!p)
		return 0;
	struct group fresh = {};
	switch (p->kind) {
	case GROUP_CONTAINER:
	case GROUP_CHILD:
		fresh.slot = p->slot;
		fresh.kind = GROUP_CHILD;
		break;
	case GROUP_PARENT:
		fresh.slot = id;
		fresh.kind = GROUP_CONTAINER;
		break;
	case GROUP_TREE:
		fresh.kind = quality(c->kn) ? GROUP_TREE : GROUP_PARENT;
		break;
	case GROUP_WAIT:
		return tell_group(REC_MKDIR, NULL, 0, id, up, GROUP_WAIT, path, BPF_RB_FORCE_WAKEUP);
	default:
		return 0;
	}
	if (bpf_map_update_elem(&groups, &id, &fresh, BPF_NOEXIST))
		return 0;
	if (fresh.kind == GROUP_CONTAINER)
		return tell_group(REC_MKDIR, NULL, id, id, up, GROUP_CONTAINER, path, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(on_rmdir, struct cgroup *c, const char *path)
{
	if (c->root->hierarchy_id != hierarchy)
		return 0;
	u64 id = c->kn->id;
	struct group *g = bpf_map_lookup_elem(&groups, &id);
	if (!g)
		return 0;
	if (g->kind != GROUP_CONTAINER) {
		bpf_map_delete_elem(&groups, &id);
		return 0;
	}
	/* User space takes its counters and removes it; it finds it in the map too, should
	 * the record be lost. */
	g->gone = 1;
	return tell_group(REC_RMDIR, g, id, id, 0, GROUP_CONTAINER, NULL, BPF_RB_FORCE_WAKEUP);
}

SEC("tp_btf/cgroup_notify_populated")
int BPF_PROG(on_populated, struct cgroup *c, const char *path, int val)
{
	if (c->root->hierarchy_id != hierarchy)
		return 0;
	u64 id = c->kn->id;
	struct group *g = bpf_map_lookup_elem(&groups, &id);
	if (!g || g->kind != GROUP_CONTAINER)
		return 0;
	/* User space looks here, should the record be lost, or that of the end before it. */
	g->empty_at = val ? 0 : bpf_ktime_get_boot_ns();
	if (val)
		return 0;
	return tell_group(REC_EMPTY, g, id, id, 0, GROUP_CONTAINER, NULL, BPF_RB_FORCE_WAKEUP);
}
