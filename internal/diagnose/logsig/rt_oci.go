package logsig

// rtOCI are lines that the container runtime leaves in the container's log when
// the exec of the program fails: runc v1.0 to v1.4 (libcontainer/init_linux.go,
// standard_init_linux.go) and crun (src/libcrun/container.c).
var rtOCI = []Signature{
	{Cause: "exec-format-error", Of: "oci", Level: Fatal, Has: []string{"exec format error"},
		Re: "\\bexec(?: container process)? [`'\"]?(?P<path>/?[\\w./+@-]+)[`'\"]?: exec format error",
		Eg: []string{"exec /app/ledger: exec format error", "exec container process `/app/ledger`: Exec format error",
			"2024-03-01T10:00:00.000000000Z stderr F exec ./run.sh: exec format error"},
		Miss: []string{"exec /app/ledger: no such file or directory"}},
	{Cause: "exec-format-error", Of: "oci", Level: Fatal, Has: []string{"exec format error"},
		Re: `exec user process caused:? "?exec format error|(?P<path>[\w./+@-]+): (?:cannot execute binary file: |cannot execute: )?exec format error|` +
			`(?:exec|spawn|run|start)\w* .*exec format error|exec format error \(os error 8\)|\[errno 8\] exec format error`,
		Eg: []string{"standard_init_linux.go:228: exec user process caused: exec format error",
			`standard_init_linux.go:178: exec user process caused "exec format error"`,
			"/bin/sh: 1: /app/ledger: cannot execute binary file: Exec format error",
			"fork/exec /plugins/rates: exec format error", "/bin/sh: 1: /app/ledger: Exec format error", "OSError: [Errno 8] Exec format error: '/app/tool'"}},
	{Cause: "exec-format-error", Of: "oci", Level: Error, Has: []string{"invalid elf header", "wrong elf class"},
		Re: `(?P<lib>[\w./+@-]+(?:\.so[\w.]*|\.node)): (?:cannot open shared object file: )?(?:invalid elf header|wrong elf class)`,
		Eg: []string{"Error: /srv/node_modules/crypt/build/Release/crypt.node: invalid ELF header",
			"ImportError: /app/lib/_fast.so: wrong ELF class: ELFCLASS32"}},
	{Cause: "interpreter-missing", Of: "oci", Level: Fatal, Has: []string{"exec /", "exec ./", "exec container process", "exec user process"},
		Re: "\\bexec(?: container process)?(?: \\(missing dynamic library\\?\\))? [`'\"]?(?P<path>\\.{0,2}/[\\w./+@-]+)[`'\"]?: no such file or directory|" +
			`exec user process caused:? "?no such file or directory`,
		Not: `fork/exec`,
		Eg: []string{"exec /entrypoint.sh: no such file or directory", "exec ./run.sh: no such file or directory",
			"exec container process (missing dynamic library?) `/app/ledger`: No such file or directory",
			"standard_init_linux.go:228: exec user process caused: no such file or directory",
			`standard_init_linux.go:190: exec user process caused "no such file or directory"`},
		Miss: []string{`exec: "/app/ledger": stat /app/ledger: no such file or directory`}},
	{Cause: "command-not-executable", Of: "oci", Level: Fatal, Has: []string{"exec /", "exec ./", "exec container process", "exec user process"},
		Re: "\\bexec(?: container process)? [`'\"]?(?P<path>\\.{0,2}/[\\w./+@-]+)[`'\"]?: (?:permission denied|operation not permitted)|" +
			`exec user process caused:? "?(?:permission denied|operation not permitted)`,
		Not: `fork/exec`,
		Eg: []string{"exec /entrypoint.sh: permission denied", "exec ./run.sh: permission denied", "exec container process `/app/run`: Permission denied",
			`standard_init_linux.go:211: exec user process caused "permission denied"`, "exec /usr/bin/ping: operation not permitted"},
		Miss: []string{"fork/exec /plugins/rates: permission denied"}},
	{Cause: "command-not-executable", Of: "oci", Level: Error, Has: []string{"fork/exec"},
		Re:   `fork/exec (?P<path>\S+): permission denied`,
		Eg:   []string{"fork/exec /plugins/rates: permission denied"},
		Miss: []string{"fork/exec /plugins/rates: no such file or directory"}},
	{Cause: "shell-command-not-found", Of: "oci", Level: Error, Has: []string{"executable file not found in $path"},
		Re: `exec: "(?P<name>[^"]+)": executable file not found in \$path`,
		// With these words around it, the container itself did not start.
		Not: `oci runtime|runc|container process|failed to start container`,
		Eg:  []string{`error: exec: "pg_dump": executable file not found in $PATH`, `{"level":"error","msg":"exec: \"git\": executable file not found in $PATH"}`},
		Miss: []string{`OCI runtime create failed: runc create failed: unable to start container process: exec: "ledgr": ` +
			`executable file not found in $PATH: unknown`}},
}
