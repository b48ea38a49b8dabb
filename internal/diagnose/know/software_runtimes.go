package know

// runtimes lists languages, their runtimes and application servers, and shells.
// Codes that say no more than the general table are left out, here and in the
// other lists.
var runtimes = []program{
	{
		"the Go runtime", []string{"go", "golang"}, "Go 1.26 runtime/panic.go, flag package",
		[]programCode{
			{1, "", "log.Fatal, or os.Exit(1) of the program.", []Hint{{"app-error-exit", "its last line says why"}}},
			{2, "", "Unrecovered panic, fatal error (concurrent map writes, all goroutines asleep, out of memory), SIGQUIT, or wrong flags.", []Hint{{"unhandled-exception", "`panic:` or `fatal error:` with goroutines"}, {"bad-arguments", "`flag provided but not defined`"}}},
		},
	},
	{
		"klog and glog (Kubernetes components and operators)", []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "coredns", "operator", "controller", "manager"}, "k8s.io/klog/v2 v2.140.0 klog.go",
		[]programCode{
			{1, "", "klog.Exit, or an orderly end such as a lost leader lease.", []Hint{{"leader-election-lost", "`leaderelection lost`"}, {"rbac-forbidden", "`is forbidden`"}, {"api-unreachable", "dial to the service address of the API fails"}}},
			{255, "", "klog.Fatal: the line that begins with F is the reason, the goroutines after it are not.", []Hint{{"leader-election-lost", "`leaderelection lost`"}, {"unhandled-exception", ""}, {"app-config-error", ""}}},
		},
	},
	{
		"the JVM", []string{"java", "jre", "jdk", "openjdk", "temurin", "eclipse-temurin", "corretto", "amazoncorretto", "zulu-openjdk", "tomcat", "jetty", "wildfly", "keycloak", "spring-boot"}, "OpenJDK 21 java(1); HotSpot os::abort",
		[]programCode{
			{1, "", "The JVM could not start (wrong option, class not found), an exception left main, or System.exit(1).", []Hint{{"unhandled-exception", "`Exception in thread \"main\"`"}, {"bad-arguments", "`Unrecognized VM option`, `Could not create the Java Virtual Machine`"}, {"module-missing", "`Could not find or load main class`"}, {"app-config-error", "Spring: `Failed to bind properties`"}}},
			{3, "ExitOnOutOfMemoryError", "Java heap or metaspace exhausted with -XX:+ExitOnOutOfMemoryError.", []Hint{{"runtime-heap-exhausted", ""}}},
			{130, "", "Ended by SIGINT: shutdown hooks ran.", nil},
			{134, "", "Fatal error: hs_err_pid*.log was written; also -XX:+CrashOnOutOfMemoryError.", []Hint{{"native-crash", "`SIGSEGV (0xb)` in native code"}, {"runtime-heap-exhausted", "`OutOfMemoryError`"}, {"pid-limit", "`unable to create native thread`"}}},
			{143, "", "Ended by SIGTERM after its shutdown hooks ran: the ordinary end of a stopped JVM, not a failure.", nil},
		},
	},
	{
		"Node.js", []string{"node", "nodejs", "npm", "npx", "yarn", "pnpm", "next", "nuxt", "nest", "ts-node"}, "Node.js 24 src/node_exit_code.h and process documentation",
		[]programCode{
			{1, "GenericUserError", "Uncaught exception or unhandled rejection (the default since Node 15), or process.exit(1).", []Hint{{"unhandled-exception", "stack trace"}, {"module-missing", "`Cannot find module`"}, {"file-missing", "npm: `ENOENT … package.json`"}}},
			{3, "InternalJSParseError", "Node's own start-up script could not be parsed; unused by present releases.", []Hint{{"unhandled-exception", ""}}},
			{4, "InternalJSEvaluationFailure", "Node's own start-up script failed; unused by present releases.", []Hint{{"unhandled-exception", ""}}},
			{5, "V8FatalError", "Fatal error in V8; present releases end with 133 or 134 instead.", []Hint{{"runtime-heap-exhausted", "`heap out of memory`"}}},
			{6, "InvalidFatalExceptionMonkeyPatching", "An exception was uncaught and the internal handler had been replaced by something that is no function.", []Hint{{"unhandled-exception", ""}}},
			{7, "ExceptionInFatalExceptionHandler", "An uncaughtException handler threw itself.", []Hint{{"unhandled-exception", ""}}},
			{9, "InvalidCommandLineArgument", "Unknown option, or an option without its value (also in NODE_OPTIONS).", []Hint{{"bad-arguments", ""}}},
			{10, "BootstrapFailure", "Node's start-up failed.", []Hint{{"unhandled-exception", ""}}},
			{12, "InvalidCommandLineArgument2", "Wrong or taken port for --inspect.", []Hint{{"bad-arguments", ""}, {"port-in-use", "the inspector's port"}}},
			{13, "UnsettledTopLevelAwait", "Top-level await on a promise that nothing will ever settle.", []Hint{{"unhandled-exception", ""}}},
			{14, "StartupSnapshotFailure", "A start-up snapshot could not be built.", []Hint{{"app-error-exit", ""}}},
			{133, "", "V8 fatal error (SIGTRAP).", []Hint{{"runtime-heap-exhausted", "`heap out of memory`"}, {"native-crash", ""}}},
			{134, "", "V8 out of memory, or a fatal error of a native module (SIGABRT).", []Hint{{"runtime-heap-exhausted", "`JavaScript heap out of memory`: the heap limit of Node, not the container's"}, {"native-crash", ""}}},
		},
	},
	{
		"Python", []string{"python", "pip", "uvicorn", "celery", "django", "flask", "fastapi", "airflow", "jupyter"}, "Python 3.13 documentation: sys.exit, Py_FinalizeEx; argparse",
		[]programCode{
			{1, "", "Unhandled exception (traceback), or sys.exit with a text.", []Hint{{"unhandled-exception", "`Traceback (most recent call last)`: its last line is the reason"}, {"module-missing", "`ModuleNotFoundError`"}, {"missing-env-var", "`KeyError` on os.environ"}, {"dependency-refused", "`ConnectionRefusedError`"}}},
			{2, "", "Wrong command line of the interpreter or of argparse, or a script that does not exist.", []Hint{{"bad-arguments", "`unrecognized arguments`"}, {"file-missing", "`can't open file`"}}},
			{120, "", "Standard output could not be flushed at the end: broken pipe or full disk.", []Hint{{"volume-full", ""}, {"app-error-exit", ""}}},
		},
	},
	{
		"gunicorn", []string{"gunicorn"}, "gunicorn 23 arbiter.py WORKER_BOOT_ERROR, APP_LOAD_ERROR",
		[]programCode{
			{1, "", "Configuration error, or the address could not be bound.", []Hint{{"port-in-use", "`Connection in use`"}, {"app-config-error", ""}}},
			{3, "WORKER_BOOT_ERROR", "A worker failed to boot (`Worker failed to boot.`): the traceback above is the reason.", []Hint{{"unhandled-exception", ""}, {"module-missing", "`ModuleNotFoundError`"}, {"dependency-refused", "the application connects while it is imported"}}},
			{4, "APP_LOAD_ERROR", "The application could not be loaded (`App failed to load.`): wrong module:callable, or an error while importing.", []Hint{{"module-missing", ""}, {"bad-arguments", "wrong module:callable"}}},
		},
	},
	{
		"uWSGI", []string{"uwsgi", "uwsgi-nginx"}, "uWSGI 2.0 uwsgi.h",
		[]programCode{
			{1, "", "Configuration, socket or plugin error.", []Hint{{"app-config-error", ""}, {"port-in-use", "`bind(): Address already in use`"}}},
			{22, "UWSGI_FAILED_APP_CODE", "No application could be loaded and need-app is set.", []Hint{{"module-missing", "`ModuleNotFoundError`"}, {"unhandled-exception", "traceback while importing"}}},
			{30, "UWSGI_END_CODE", "A worker was told to end; as code of the container only if workers run without a master.", nil},
		},
	},
	{
		".NET", []string{"dotnet", "aspnet", "dotnet-aspnet", "dotnet-runtime"}, "dotnet/runtime docs/design/features/host-error-codes.md (low 8 bits of 0x800080xx)",
		[]programCode{
			{129, "InvalidArgFailure", "The host got a wrong argument (0x80008081).", []Hint{{"bad-arguments", ""}}},
			{130, "CoreHostLibLoadFailure", "hostfxr or hostpolicy could not be loaded (0x80008082): a library it needs is missing.", []Hint{{"missing-shared-library", ""}}},
			{131, "CoreHostLibMissingFailure", "hostfxr or hostpolicy is not there (0x80008083): no .NET runtime in the image.", []Hint{{"module-missing", ""}}},
			{132, "CoreHostEntryPointFailure", "A host component lacks an entry point (0x80008084): mixed versions.", []Hint{{"module-missing", ""}}},
			{133, "CurrentHostFindFailure", "The host cannot find its own installation (0x80008085).", []Hint{{"module-missing", ""}}},
			{134, "", "Unhandled exception (SIGABRT) or Environment.FailFast.", []Hint{{"unhandled-exception", "`Unhandled exception.`"}}},
			{135, "CoreClrResolveFailure", "libcoreclr was not found (0x80008087).", []Hint{{"module-missing", ""}}},
			{136, "CoreClrBindFailure", "libcoreclr could not be loaded (0x80008088).", []Hint{{"missing-shared-library", "often libicu or glibc against musl"}}},
			{137, "CoreClrInitFailure", "The runtime could not be initialised (0x80008089), printed as `Failed to create CoreCLR` or `Failed to initialize CoreCLR`: no SIGKILL here.", []Hint{{"oom-container-limit", "GC heap cannot be reserved"}, {"readonly-rootfs", "no writable /tmp: DOTNET_EnableDiagnostics=0"}}},
			{138, "CoreClrExeFailure", "The runtime could not execute the assembly (0x8000808a).", []Hint{{"module-missing", ""}}},
			{139, "ResolverInitFailure", "A .deps.json is missing or wrong (0x8000808b), named in the log: no SIGSEGV here.", []Hint{{"module-missing", ""}}},
			{140, "ResolverResolveFailure", "An assembly of .deps.json was not found (0x8000808c).", []Hint{{"module-missing", ""}}},
			{142, "LibHostInitFailure", "hostpolicy does not fit hostfxr (0x8000808e): mixed installation.", []Hint{{"module-missing", ""}}},
			{145, "LibHostSdkFindFailure", "A command of the SDK was asked for, but the image holds the runtime only (0x80008091).", []Hint{{"module-missing", "wrong base image, or `dotnet app.dll` misspelt so that it is taken for an SDK command"}}},
			{147, "InvalidConfigFile", "The .runtimeconfig.json is wrong (0x80008093).", []Hint{{"app-config-error", ""}}},
			{149, "AppHostExeNotBoundFailure", "The executable does not know which application to run (0x80008095).", []Hint{{"app-config-error", ""}}},
			{150, "FrameworkMissingFailure", "No framework of the wanted version in the image (0x80008096): `You must install or update .NET`.", []Hint{{"module-missing", "base image older than the application's target"}}},
			{154, "AppPathFindFailure", "The executable is there, its .dll is not (0x8000809a).", []Hint{{"file-missing", ""}, {"volume-hides-files", "a mount lies over the directory"}}},
			{155, "SdkResolveFailure", "No SDK of the version that global.json asks for (0x8000809b).", []Hint{{"module-missing", ""}}},
			{156, "FrameworkCompatFailure", "Two references to one framework do not fit (0x8000809c).", []Hint{{"module-missing", ""}}},
			{159, "BundleExtractionFailure", "The single-file bundle cannot be unpacked (0x8000809f).", []Hint{{"readonly-rootfs", "DOTNET_BUNDLE_EXTRACT_BASE_DIR is not writable"}, {"image-corrupt", ""}}},
			{160, "BundleExtractionIOError", "Reading or writing failed while the single-file bundle was unpacked (0x800080a0).", []Hint{{"readonly-rootfs", ""}, {"volume-full", ""}}},
			{82, "", "An unhandled exception of .NET on Windows, 0xE0434352, cut to 8 bits by a shell.", []Hint{{"unhandled-exception", ""}}},
		},
	},
	{
		"PHP", []string{"php", "composer", "artisan"}, "PHP 8.4 main/main.c (EG(exit_status) = 255)",
		[]programCode{
			{255, "", "Fatal error: uncaught exception, parse error, memory_limit, or a missing extension's function.", []Hint{{"unhandled-exception", "`PHP Fatal error:  Uncaught`"}, {"runtime-heap-exhausted", "`Allowed memory size of … exhausted`"}, {"script-syntax-error", "`Parse error`"}, {"module-missing", "`Call to undefined function`"}}},
		},
	},
	{
		"php-fpm", []string{"php-fpm", "fpm"}, "PHP 8.4 sapi/fpm/fpm/fpm.h",
		[]programCode{
			{64, "FPM_EXIT_USAGE", "Wrong command line.", []Hint{{"bad-arguments", ""}}},
			{70, "FPM_EXIT_SOFTWARE", "Internal error.", []Hint{{"unhandled-exception", ""}}},
			{78, "FPM_EXIT_CONFIG", "Configuration error, no pool defined, or a socket or log file that cannot be opened.", []Hint{{"app-config-error", ""}, {"port-in-use", "`unable to bind listening socket`"}, {"file-missing", "a log directory that is not there"}}},
		},
	},
	{
		"nginx", []string{"nginx", "nginx-unprivileged", "openresty", "angie", "nginx-ingress-controller"}, "nginx 1.28 src/core/nginx.c",
		[]programCode{
			{1, "", "Configuration test failed or a socket could not be opened: the line with [emerg] is the reason.", []Hint{{"service-name-wrong", "`host not found in upstream`"}, {"app-config-error", "`unknown directive`, `unexpected`"}, {"port-in-use", "`Address already in use`"}, {"privileged-port-denied", "`bind() to 0.0.0.0:80 failed (13: Permission denied)`"}, {"readonly-rootfs", "`mkdir() … failed (30: Read-only file system)`"}, {"file-missing", "`cannot load certificate`"}}},
		},
	},
	{
		"Ruby", []string{"ruby", "bundle", "rails", "puma", "sidekiq", "rake", "unicorn"}, "Ruby 3.4 Kernel#exit, Kernel#abort",
		[]programCode{
			{1, "", "Unhandled exception, abort, or exit(1).", []Hint{{"unhandled-exception", ""}, {"module-missing", "`cannot load such file`"}, {"data-dir-locked", "Rails: `A server is already running` (stale pid file)"}}},
			{7, "Bundler::GemNotFound", "Bundler: a gem is not installed.", []Hint{{"module-missing", ""}}},
			{10, "Bundler::GemfileNotFound", "Bundler: no Gemfile here.", []Hint{{"file-missing", ""}, {"workdir-missing", "wrong working directory"}}},
		},
	},
	{
		"Perl", []string{"perl"}, "perldoc -f die",
		[]programCode{{255, "", "die without an errno and without a failed child.", []Hint{{"unhandled-exception", ""}}}},
	},
	{
		"Rust", []string{"rust", "cargo"}, "Rust 1.90 std::rt (101); std::process::abort",
		[]programCode{
			{1, "", "main returned Err.", []Hint{{"app-error-exit", "`Error:` line"}}},
			{101, "", "Panic in the main thread: `thread 'main' panicked at`.", []Hint{{"unhandled-exception", ""}}},
			{134, "", "Panic with panic=abort, a panic while panicking, or an allocation failure.", []Hint{{"unhandled-exception", ""}, {"oom-container-limit", "`memory allocation of … bytes failed`"}}},
		},
	},
	{
		"Erlang and Elixir", []string{"erl", "beam.smp", "elixir", "iex", "mix", "rabbitmq", "rabbitmq-server", "emqx", "couchdb", "ejabberd"}, "Erlang/OTP 27 erl_init, erts erl_exit",
		[]programCode{
			{1, "", "The node ended during boot (`Kernel pid terminated`, `init terminating`), or wrote erl_crash.dump.", []Hint{{"app-config-error", "the tuple after `init terminating in do_boot` names it"}, {"data-dir-locked", ""}, {"app-error-exit", ""}}},
			{134, "", "The emulator aborted, mostly because it could not allocate memory.", []Hint{{"oom-container-limit", "`Cannot allocate … bytes`"}, {"native-crash", ""}}},
		},
	},
	{
		"Dart", []string{"dart"}, "dart-lang/sdk 3.12 runtime/bin/error_exit.h",
		[]programCode{
			{253, "", "Error of the embedding API.", []Hint{{"unhandled-exception", ""}}},
			{254, "", "Compilation error.", []Hint{{"script-syntax-error", ""}}},
			{255, "", "Unhandled exception.", []Hint{{"unhandled-exception", ""}}},
		},
	},
	{
		"Haskell (GHC)", []string{"ghc", "haskell"}, "GHC 9.12 rts/include/Rts.h",
		[]programCode{
			{250, "EXIT_KILLED", "The runtime was told to kill the program.", nil},
			{251, "EXIT_HEAPOVERFLOW", "The heap limit (+RTS -M) is reached.", []Hint{{"runtime-heap-exhausted", ""}}},
			{252, "EXIT_INTERRUPTED", "Interrupted twice.", nil},
			{253, "EXIT_DEADLOCK", "All threads wait for each other.", []Hint{{"unhandled-exception", ""}}},
			{254, "EXIT_INTERNAL_ERROR", "Internal error of the runtime.", []Hint{{"native-crash", ""}}},
		},
	},
	{
		"OCaml", []string{"ocaml", "opam"}, "OCaml 5 Printexc",
		[]programCode{{2, "", "Uncaught exception: `Fatal error: exception`.", []Hint{{"unhandled-exception", ""}}}},
	},
	{
		"a shell", []string{"sh", "bash", "ash", "dash", "zsh", "ksh", "busybox", "alpine"}, "bash(1) EXIT STATUS; POSIX.1-2017 sh",
		[]programCode{
			{1, "", "The last command failed, or `set -e` / `set -u` ended the script.", []Hint{{"missing-env-var", "`unbound variable`, `parameter not set`"}, {"app-error-exit", "the last command's own message"}}},
			{2, "", "Syntax error, wrong use of a builtin, or the script cannot be opened.", []Hint{{"script-syntax-error", "`syntax error`, `unexpected`"}, {"file-missing", "`can't open`, `No such file`"}, {"bad-arguments", "`Illegal option`"}}},
			{126, "", "Found, but not executable.", []Hint{{"command-not-executable", ""}}},
			{127, "", "Not found.", []Hint{{"shell-command-not-found", ""}}},
			{128, "", "exit was given something that is no number.", []Hint{{"script-syntax-error", ""}}},
		},
	},
}
