package know

// setByWindows: the loader or the exception dispatcher ends the process.
const (
	setByWindows = "Windows, for the process (the API shows the unsigned value as a negative number)"
	ntstatus     = "NTSTATUS values, [MS-ERREF] 2.3.1"
	two32        = 1 << 32 // turns an unsigned 32-bit code into the int32 of the API
)

// windowsRows holds codes outside 0 to 255: NTSTATUS and HRESULT values of
// Windows containers, and CRI-O's -1.
var windowsRows = []exitRow{
	{
		code: -1, name: "not known", means: "CRI-O: the exit code is not known; a Windows process that called exit(-1); asked for on Linux, -1 arrives as 255", setBy: "CRI-O, or a Windows process",
		causes: []Hint{{"runtime-restart", "CRI-O lost the container's end"}, {"node-reboot", "new bootID"}, {"app-error-exit", "a Windows program that ends with -1"}},
		check:  []string{cmdStatus, cmdNode, cmdRuntime}, source: crio + "server/container_status.go; exit(3)",
	},
	{
		code: 0xC0000005 - two32, name: "STATUS_ACCESS_VIOLATION", means: "access violation: the Windows form of a segmentation fault", setBy: setByWindows,
		causes: []Hint{{"native-crash", ""}}, check: []string{cmdPrevious, "Get-WinEvent Application log of the container"}, source: ntstatus,
	},
	{
		code: 0xC0000006 - two32, name: "STATUS_IN_PAGE_ERROR", means: "a mapped page could not be read: disk or network share", setBy: setByWindows,
		causes: []Hint{{"disk-failing", ""}, {"storage-unreachable", "image or file on a share"}}, check: []string{cmdNode}, source: ntstatus,
	},
	{
		code: 0xC0000017 - two32, name: "STATUS_NO_MEMORY", means: "not enough memory or page file", setBy: setByWindows,
		causes: []Hint{{"oom-container-limit", "job object limit of the container"}, {"oom-node", "commit limit of the node"}}, check: []string{cmdNode, "resources.limits.memory"}, source: ntstatus,
	},
	{
		code: 0xC000001D - two32, name: "STATUS_ILLEGAL_INSTRUCTION", means: "illegal instruction", setBy: setByWindows,
		causes: []Hint{{"illegal-instruction", "only on some nodes"}, {"native-crash", ""}}, check: []string{cmdPrevious}, source: ntstatus,
	},
	{
		code: 0xC0000022 - two32, name: "STATUS_ACCESS_DENIED", means: "access denied while the process was started", setBy: setByWindows,
		causes: []Hint{{"command-not-executable", ""}, {"volume-permission-denied", "a mounted path"}}, check: []string{cmdPrevious}, source: ntstatus,
	},
	{
		code: 0xC000007B - two32, name: "STATUS_INVALID_IMAGE_FORMAT", means: "wrong kind of executable or library: 32 and 64 bit mixed, or other architecture", setBy: setByWindows,
		causes: []Hint{{"exec-format-error", ""}, {"missing-shared-library", "a library of the wrong bitness"}}, check: []string{cmdPrevious, cmdNodes}, source: ntstatus,
	},
	{
		code: 0xC0000094 - two32, name: "STATUS_INTEGER_DIVIDE_BY_ZERO", means: "integer division by zero", setBy: setByWindows,
		causes: []Hint{{"native-crash", ""}}, check: []string{cmdPrevious}, source: ntstatus,
	},
	{
		code: 0xC00000FD - two32, name: "STATUS_STACK_OVERFLOW", means: "stack overflow", setBy: setByWindows,
		causes: []Hint{{"native-crash", "endless or deep recursion"}}, check: []string{cmdPrevious}, source: ntstatus,
	},
	{
		code: 0xC000012D - two32, name: "STATUS_COMMITMENT_LIMIT", means: "the commit limit (memory and page file) is reached", setBy: setByWindows,
		causes: []Hint{{"oom-node", ""}, {"oom-container-limit", "job object limit of the container"}}, check: []string{cmdNode}, source: ntstatus,
	},
	{
		code: 0xC0000135 - two32, name: "STATUS_DLL_NOT_FOUND", means: "a DLL is not in the image; often the Visual C++ runtime on nanoserver", setBy: setByWindows,
		causes: []Hint{{"missing-shared-library", ""}}, check: []string{"base image: nanoserver lacks much of servercore"}, source: ntstatus,
	},
	{
		code: 0xC0000139 - two32, name: "STATUS_ENTRYPOINT_NOT_FOUND", means: "a DLL lacks a function that the program needs: wrong version of the DLL or of Windows", setBy: setByWindows,
		causes: []Hint{{"missing-shared-library", ""}, {"image-wrong-platform", "image built for another Windows version"}}, check: []string{cmdNodes}, source: ntstatus,
	},
	{
		code: 0xC000013A - two32, name: "STATUS_CONTROL_C_EXIT", means: "ended by Ctrl-C or by the shutdown of the container: an ordinary stop", setBy: "the runtime's stop of a Windows container",
		causes: []Hint{{"scaled-down", "owner's events"}, {"liveness-timeout", "event Killing `failed liveness probe`"}, {"node-shutdown", ""}, {"deleted-by-user", ""}},
		apart:  apartTerm[:1], check: []string{cmdEvents}, source: ntstatus,
	},
	{
		code: 0xC0000142 - two32, name: "STATUS_DLL_INIT_FAILED", means: "a DLL failed to initialise: the desktop heap is used up, or the process was started during a shutdown", setBy: setByWindows,
		causes: []Hint{{"app-error-exit", ""}, {"node-misconfigured", "many containers on one node: desktop heap"}, {"node-shutdown", "started while the node shuts down"}}, check: []string{cmdNode, cmdPrevious}, source: ntstatus,
	},
	{
		code: 0xC0000374 - two32, name: "STATUS_HEAP_CORRUPTION", means: "heap corruption", setBy: setByWindows,
		causes: []Hint{{"native-crash", ""}}, check: []string{cmdPrevious}, source: ntstatus,
	},
	{
		code: 0xC0000409 - two32, name: "STATUS_STACK_BUFFER_OVERRUN", means: "fail-fast: the C runtime's abort(), a Rust or C++ abort, or a detected buffer overrun", setBy: setByWindows,
		causes: []Hint{{"unhandled-exception", "log shows an exception or abort"}, {"native-crash", ""}}, check: []string{cmdPrevious}, source: ntstatus,
	},
	{
		code: 0xC0000602 - two32, name: "STATUS_FAIL_FAST_EXCEPTION", means: "the program ended itself by RaiseFailFastException", setBy: setByWindows,
		causes: []Hint{{"unhandled-exception", ""}}, check: []string{cmdPrevious}, source: ntstatus,
	},
	{
		code: 0xE0434352 - two32, name: "CLR exception", means: "an unhandled .NET exception (the bytes after E0 spell CCR)", setBy: "the .NET runtime on Windows; on Linux the same ends with SIGABRT, 134",
		causes: []Hint{{"unhandled-exception", ""}}, check: []string{cmdPrevious}, source: "dotnet/runtime src/coreclr/inc/corexcep.h EXCEPTION_COMPLUS",
	},
	{
		code: 0xE06D7363 - two32, name: "C++ exception", means: "an unhandled C++ exception (the bytes after E0 spell msc)", setBy: "the Visual C++ runtime",
		causes: []Hint{{"unhandled-exception", ""}}, check: []string{cmdPrevious}, source: "Visual C++ runtime, EH_EXCEPTION_NUMBER",
	},
	{
		code: 0x80000003 - two32, name: "STATUS_BREAKPOINT", means: "a breakpoint or deliberate trap", setBy: setByWindows,
		causes: []Hint{{"native-crash", "an assertion of the program"}}, check: []string{cmdPrevious}, source: ntstatus,
	},
	{
		code: 0x80131506 - two32, name: "COR_E_EXECUTIONENGINE", means: "fatal error inside the .NET runtime, mostly memory that native code damaged", setBy: "the .NET runtime",
		causes: []Hint{{"native-crash", ""}}, check: []string{cmdPrevious}, source: "dotnet/runtime docs HResults",
	},
	{
		code: 0x80131623 - two32, name: "COR_E_FAILFAST", means: "the program called Environment.FailFast", setBy: "the .NET runtime",
		causes: []Hint{{"unhandled-exception", ""}}, check: []string{cmdPrevious}, source: "dotnet/runtime docs HResults",
	},
}
