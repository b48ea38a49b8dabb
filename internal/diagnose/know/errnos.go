package know

type errnoRow struct {
	n    int32
	name string
	text string
	// cause is the id of the cause that this error most often has in a container, or "".
	cause string
}

// errnos holds the error numbers that programs pass on as exit codes, with the
// numbers of x86-64 and arm64 (errno(3), Linux 6).
var errnos = []errnoRow{
	{3, "ESRCH", "no such process", ""},
	{4, "EINTR", "interrupted system call", ""},
	{5, "EIO", "input/output error", "disk-failing"},
	{6, "ENXIO", "no such device or address", ""},
	{7, "E2BIG", "argument list too long", ""},
	{8, "ENOEXEC", "exec format error", "exec-format-error"},
	{9, "EBADF", "bad file descriptor", ""},
	{10, "ECHILD", "no child processes", ""},
	{11, "EAGAIN", "resource temporarily unavailable", "pid-limit"},
	{12, "ENOMEM", "cannot allocate memory", "oom-container-limit"},
	{13, "EACCES", "permission denied", "volume-permission-denied"},
	{14, "EFAULT", "bad address", ""},
	{16, "EBUSY", "device or resource busy", ""},
	{17, "EEXIST", "file exists", ""},
	{18, "EXDEV", "invalid cross-device link", ""},
	{19, "ENODEV", "no such device", ""},
	{20, "ENOTDIR", "not a directory", ""},
	{21, "EISDIR", "is a directory", ""},
	{22, "EINVAL", "invalid argument", ""},
	{23, "ENFILE", "too many open files in system", "fd-limit"},
	{24, "EMFILE", "too many open files", "fd-limit"},
	{25, "ENOTTY", "inappropriate ioctl for device", ""},
	{26, "ETXTBSY", "text file busy", ""},
	{27, "EFBIG", "file too large", ""},
	{28, "ENOSPC", "no space left on device", "volume-full"},
	{29, "ESPIPE", "illegal seek", ""},
	{30, "EROFS", "read-only file system", "readonly-rootfs"},
	{31, "EMLINK", "too many links", ""},
	{32, "EPIPE", "broken pipe", ""},
	{36, "ENAMETOOLONG", "file name too long", ""},
	{38, "ENOSYS", "function not implemented", ""},
	{39, "ENOTEMPTY", "directory not empty", ""},
	{40, "ELOOP", "too many levels of symbolic links", ""},
	{61, "ENODATA", "no data available", ""},
	{62, "ETIME", "timer expired", ""},
	{95, "EOPNOTSUPP", "operation not supported", ""},
	{97, "EAFNOSUPPORT", "address family not supported by protocol", ""},
	{98, "EADDRINUSE", "address already in use", "port-in-use"},
	{99, "EADDRNOTAVAIL", "cannot assign requested address", ""},
	{100, "ENETDOWN", "network is down", ""},
	{101, "ENETUNREACH", "network is unreachable", "dependency-unreachable"},
	{103, "ECONNABORTED", "software caused connection abort", ""},
	{104, "ECONNRESET", "connection reset by peer", ""},
	{105, "ENOBUFS", "no buffer space available", ""},
	{107, "ENOTCONN", "transport endpoint is not connected", ""},
	{110, "ETIMEDOUT", "connection timed out", "dependency-unreachable"},
	{111, "ECONNREFUSED", "connection refused", "dependency-refused"},
	{112, "EHOSTDOWN", "host is down", "dependency-unreachable"},
	{113, "EHOSTUNREACH", "no route to host", "dependency-unreachable"},
	{116, "ESTALE", "stale file handle", "storage-unreachable"},
	{117, "EUCLEAN", "structure needs cleaning", "filesystem-damaged"},
	{121, "EREMOTEIO", "remote I/O error", ""},
	{122, "EDQUOT", "disk quota exceeded", "volume-full"},
}
