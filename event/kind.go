package event

// ParamType is how the bytes of a parameter are read.
type ParamType uint8

// The parameter types of the capture format.
const (
	None ParamType = iota
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Errno // int64; negative errno or a result
	Fd    // int64
	Pid   // int64
	CharBuf
	ByteBuf
	FSPath
	FSRelPath
	SockAddr
	SockTuple
	SockFamily
	FdList
	SyscallID
	SigType
	SigSet
	Port
	IPv4Addr
	IPv4Net
	IPv6Addr
	IPv6Net
	IPAddr
	IPNet
	RelTime
	AbsTime
	Flags8
	Flags16
	Flags32
	EnumFlags8
	EnumFlags16
	EnumFlags32
	Mode
	UID
	GID
	Bool
	Double
	Dyn
	L4Proto
	CharBufArray
	CharBufPairArray
	Fd32  // int32, in snapshots of tasks only
	Pid32 // int32, in snapshots of tasks only
)

// Format is how a number is shown by default.
type Format uint8

// The formats of numbers.
const (
	Dec Format = iota
	Hex
	Oct
	PaddedDec // nine digits, for parts of seconds
)

// Param is one parameter of a kind.
type Param struct {
	Name string
	// Alt is the name that falcosecurity/libs use since 2024 where it differs.
	Alt  string
	Type ParamType
	Fmt  Format
	// Names gives words to values of flags and enumerations.
	Names []FlagName
	// DirFD is, for an FSRelPath, the index of the parameter with the directory; else -1.
	// -1 together with a type of FSRelPath means the working directory.
	DirFD int8
	// Variants are the types that a value of type Dyn can have, chosen by its first byte.
	Variants []Param
}

// FlagName is the word for one value of a flag or enumeration.
type FlagName struct {
	Name  string
	Value uint32
}

// KindFlags are marks of a kind.
type KindFlags uint32

// The marks of kinds, after the capture format's own.
const (
	CreatesFD KindFlags = 1 << iota
	DestroysFD
	UsesFD
	ReadsFrom // I/O that reads
	WritesTo  // I/O that writes
	Waits
	Skipped  // touches no thread's record of its latest event
	Internal // sysdig shows it with -D only
	Old      // replaced by a newer code
	LargePayload
	Unused
	HasExit // a call with enter and exit
)

// Kind is the table's entry for one event code.
type Kind struct {
	Type Type
	// Name is what evt.type shows.
	Name     string
	Category Category
	Flags    KindFlags
	// Params are in the newest order that is known; every older layout is a
	// prefix of them.
	Params []Param
	// Classic is how many of Params the layout of March 2022 has, which is what sysdig
	// 0.29.3 knows; 0 for later codes.
	Classic uint8
	// Portable is how many parameters a writer gives, so that every reader of 2022 and
	// later takes the event.
	Portable uint8
	// Accepted has bit n set where current libs read an event with n parameters; zero
	// where nothing is known against any count.
	Accepted uint64
}

// Category groups kinds the way evt.category shows it, but for the three kinds of
// I/O, whose category is that of the descriptor.
type Category string

// The categories.
const (
	CatUnknown    Category = "unknown"
	CatOther      Category = "other"
	CatFile       Category = "file"
	CatNet        Category = "net"
	CatIPC        Category = "ipc"
	CatMemory     Category = "memory"
	CatProcess    Category = "process"
	CatSleep      Category = "sleep"
	CatSystem     Category = "system"
	CatSignal     Category = "signal"
	CatUser       Category = "user"
	CatTime       Category = "time"
	CatProcessing Category = "processing"
	CatWait       Category = "wait"
	CatScheduler  Category = "scheduler"
	CatInternal   Category = "internal"
	CatIORead     Category = "io_read"
	CatIOWrite    Category = "io_write"
	CatIOOther    Category = "io_other"
)
