/* What is there already: run once through all tasks and all their descriptors. */
#pragma once

struct snap_task {
	struct head h;
	struct task_info info; /* 32 */
	u16 len[4];            /* 200: of cwd, exe, args, env */
	char cwd[WALK_LEN];    /* 208 */
	char exe[WALK_LEN];    /* 720 */
};

/* Room for one record; a snapshot is read by one reader at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct snap_task);
} task_room SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct file_rec);
} file_room SEC(".maps");

SEC("iter/task")
int each_task(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;
	if (!t)
		return 0;
	struct group *g = group_of(t);
	if (!g)
		return 0;
	u32 zero = 0;
	struct snap_task *r = bpf_map_lookup_elem(&task_room, &zero);
	if (!r)
		return 0;
	head(&r->h, REC_TASK, sizeof(*r), g, bpf_ktime_get_boot_ns(), t->pid, t->tgid);
	task_info(&r->info, t);
	where(r->cwd, r->exe, r->len, t);
	bpf_seq_write(ctx->meta->seq, r, sizeof(*r));
	return 0;
}

SEC("iter/task_file")
int each_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *t = ctx->task;
	struct file *f = ctx->file;
	if (!t || !f || t->pid != t->tgid)
		return 0;
	struct group *g = group_of(t);
	if (!g)
		return 0;
	u32 zero = 0;
	struct file_rec *r = bpf_map_lookup_elem(&file_room, &zero);
	if (!r)
		return 0;
	head(&r->h, REC_FILE, sizeof(*r), g, 0, t->pid, t->tgid);
	struct inode *n = READ(f, f_inode);
	r->ino = READ(n, i_ino);
	r->dev = READ(n, i_sb, s_dev);
	r->mode = READ(n, i_mode);
	r->flags = READ(f, f_flags);
	r->fd = ctx->fd;
	sock_info(&r->sock, (r->mode & 0170000) == 0140000 ? READ(f, private_data) : NULL);
	/* Iterators may call it since 5.12, where no helper tells it from 5.10. What lies in no tree has a
	 * name only. */
	if (HAVE(for_each_map_elem)) {
		s64 len = bpf_d_path(&f->f_path, r->path, sizeof(r->path));
		r->len = len < 0 ? 0 : len;
		r->parts = 0;
	} else {
		struct dentry *d = READ(f, f_path.dentry), *root = READ(t, fs, root.dentry);
		r->len = walk(d, READ(f, f_path.mnt), root, r->path);
		r->parts = r->len > 0;
		if (!r->len) {
			s64 len = bpf_probe_read_kernel_str(r->path, sizeof(r->path), READ(d, d_name.name));
			r->len = len < 0 ? 0 : len;
		}
	}
	bpf_seq_write(ctx->meta->seq, r, sizeof(*r));
	return 0;
}
