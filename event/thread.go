package event

// Thread is one task and what was known about it when the event was applied.
// Numbers are as the host sees them unless a name says otherwise.
type Thread struct {
	Tid, Pid, Ptid int64
	// Vtid and Vpid are the numbers inside its own pid namespace.
	Vtid, Vpid       int64
	Sid, VPgid, Pgid int64
	// Cwd is that of the main thread; see Dir.
	Comm, Exe, ExePath, Cwd, Root string
	// Args and Env are the strings behind argv[0], and NAME=VALUE, each ended by a NUL, joined.
	Args, Env string
	// Cgroups are "subsystem=path" strings, each ended by a NUL, joined.
	Cgroups string
	// Flags are clone flags in the capture format's own bits.
	Flags                                      uint32
	UID, GID, LoginUID, TTY                    uint32
	FDLimit                                    int64
	VMSizeKiB, VMRSSKiB, VMSwapKiB             uint32
	PFMajor, PFMinor                           uint64
	CapInheritable, CapPermitted, CapEffective uint64
	ExeWritable, ExeUpperLayer, ExeLowerLayer  bool
	ExeFromMemfd                               bool
	ExeIno, ExeCtimeNanos, ExeMtimeNanos       uint64
	PidnsInitStartNanos                        uint64
	// CloneNanos is when the thread was created; 0 when it was there before the capture.
	CloneNanos uint64
	// Leader is the main thread of the process, itself for the main thread; nil
	// where the state never met it.
	Leader *Thread
	// Parent is the thread that created it; nil where unknown or gone.
	Parent *Thread
	// Container is nil outside of containers.
	Container *Container
	// FDs is the table of open descriptors, shared by the threads of a process.
	FDs *FDTable
	// Nchilds counts live threads of the process beside the main one; on the leader.
	Nchilds int
	// ExitedNanos is the time of the procexit event, 0 while the thread lives.
	ExitedNanos uint64
	// ExecNanos is the time of the latest execve, 0 where there was none.
	ExecNanos uint64
	// Unknown says that the capture never introduced the thread: it was made up for its
	// first event, and all that is known are Tid and what later events tell.
	Unknown bool
}

// Clone flags in the capture format's own bits, as far as the state needs them.
const (
	CloneFiles      uint32 = 1 << 0
	CloneFS         uint32 = 1 << 1
	CloneNewPID     uint32 = 1 << 6
	CloneParent     uint32 = 1 << 8
	CloneThread     uint32 = 1 << 13
	CloneInverted   uint32 = 1 << 16
	ThreadRenamed   uint32 = 1 << 17
	ThreadClosed    uint32 = 1 << 18
	ChildInPidNS    uint32 = 1 << 29
	ThreadPipeSrc   uint32 = 1 << 21
	ThreadPipeDst   uint32 = 1 << 22
	ThreadHasActed  uint32 = 1 << 19
	OpenCloseOnExec uint32 = 0x1000
	OpenDirectory   uint32 = 0x400
	OpenCreated     uint32 = 0x4000
)

// Main is the thread that holds what the threads of a process share.
func (t *Thread) Main() *Thread {
	if t == nil || t.Leader == nil {
		return t
	}
	return t.Leader
}

// Dir is the working directory, with a slash at its end as proc.cwd shows it. Threads
// of a process share it.
func (t *Thread) Dir() string {
	if t == nil {
		return ""
	}
	if t.Flags&CloneFS != 0 && t.Leader != nil {
		return t.Leader.Cwd
	}
	return t.Cwd
}

// Environ is the environment, which threads of a process share.
func (t *Thread) Environ() string { return t.Main().Env }

// IsMain reports whether it is the main thread of its process.
func (t *Thread) IsMain() bool { return t.Tid == t.Pid }

// FDKind is what a descriptor stands for: the numbers of the FD list in files.
type FDKind uint8

// The kinds of descriptors, with the numbers of the capture format.
const (
	FDUnknown     FDKind = 0
	FDFileOld     FDKind = 1
	FDDirectory   FDKind = 2
	FDIPv4        FDKind = 3
	FDIPv6        FDKind = 4
	FDIPv4Listen  FDKind = 5
	FDIPv6Listen  FDKind = 6
	FDPipe        FDKind = 7
	FDUnix        FDKind = 8
	FDEvent       FDKind = 9
	FDUnsupported FDKind = 10
	FDSignal      FDKind = 11
	FDEventPoll   FDKind = 12
	FDInotify     FDKind = 13
	FDTimer       FDKind = 14
	FDNetlink     FDKind = 15
	FDFile        FDKind = 16
	FDBPF         FDKind = 17
	FDUserfault   FDKind = 18
	FDIOURing     FDKind = 19
	FDMemfd       FDKind = 20
	FDPid         FDKind = 21
)

// L4 is the transport protocol of a socket, with the numbers of the capture format.
type L4 uint8

// The transport protocols.
const (
	L4Unknown L4 = iota
	L4NA
	L4TCP
	L4UDP
	L4ICMP
	L4Raw
)

// FD is what one descriptor of a process stands for.
type FD struct {
	Kind FDKind
	L4   L4
	// Name is the resolved path, or the name of a pipe or unix socket. Internet sockets
	// leave it empty: String makes their name from the ends.
	Name string
	// Raw is the name as the call gave it, before it was resolved.
	Raw string
	// OpenFlags are in the capture format's own bits.
	OpenFlags uint32
	Dev       uint32
	Ino       uint64
	// ClientIP and ServerIP are the ends by role, 4 or 16 bytes in packet order
	// used by Kind; both zero where there is one end only (listening: server).
	ClientIP, ServerIP     [16]byte
	ClientPort, ServerPort uint16
	// Named says that both ends are known and make the name; a socket that is not bound
	// or connected yet has none.
	Named bool
	// Source and Peer are kernel addresses of a unix socket.
	Source, Peer uint64
	Role         Role
	Conn         ConnState
	// UpperLayer and LowerLayer tell where an overlay file system keeps the file.
	UpperLayer, LowerLayer bool
}

// Role is the role of the process on a connection.
type Role uint8

// The roles.
const (
	RoleUnknown Role = iota
	RoleClient
	RoleServer
)

// ConnState tells how far a connection has come.
type ConnState uint8

// The states of a connection.
const (
	ConnUnknown ConnState = iota
	ConnPending           // connect gave EINPROGRESS
	ConnDone
	ConnFailed
)

// Container is one container met in the capture.
type Container struct {
	// ID is the first 12 digits, FullID all of them.
	ID, FullID string
	// TypeCode is the capture format's number of the engine: 0 docker, 6 cri, 7 containerd ...
	TypeCode                        int
	Name, Image, ImageID, ImageRepo string
	ImageTag, ImageDigest           string
	// PodName, PodNamespace, PodUID and PodContainer come from the labels io.kubernetes.*.
	PodName, PodNamespace, PodUID, PodContainer string
	Labels                                      map[string]string
	Privileged, Sandbox                         bool
	Mounts                                      []Mount
	// JSON is the container's document as the file holds it.
	JSON []byte
}

// Mount is one mount of a container.
type Mount struct {
	Source, Destination, Mode, Propagation string
	RW                                     bool
}

// User and Group are entries of the capture's lists.
type (
	// User is an account.
	User struct {
		UID, GID          uint32
		Name, Home, Shell string
	}
	// Group is a group of accounts.
	Group struct {
		GID  uint32
		Name string
	}
)

// Interface is a network interface of the machine.
type Interface struct {
	Name      string
	Addr      [16]byte
	Netmask   [16]byte
	V6        bool
	LinkSpeed uint64
}

// Machine describes where the capture was made.
type Machine struct {
	CPUs        uint32
	MemoryBytes uint64
	MaxPid      uint64
	Hostname    string
	BootNanos   uint64
}
