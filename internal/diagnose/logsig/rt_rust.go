package logsig

// rtRust are texts of Rust's standard library (1.0 to 1.90: library/std/src/
// panicking.rs, io/error/repr) and of its usual argument parser, clap 2 to 4
// (see also anyArgs).
var rtRust = []Signature{
	{Cause: "missing-env-var", Of: "rust", Level: Error, Has: []string{"value: notpresent", "environment variable not found", "missing value for field"},
		Re:  "value: NotPresent|environment variable not found|missing value for field `?(?P<var>\\w+)",
		Eg:  []string{"called `Result::unwrap()` on an `Err` value: NotPresent", "Error: environment variable not found", "Error: missing value for field ledger_db_url"},
		Not: `environment variable not found:`},
	{Cause: "file-missing", Of: "rust", Level: Error, Has: []string{"kind: notfound"},
		Re:  `kind: NotFound, message: "no such file`,
		Eg:  []string{"thread 'main' panicked at 'called `Result::unwrap()` on an `Err` value: Os { code: 2, kind: NotFound, message: \"No such file or directory\" }', src/main.rs:9:42"},
		Not: `/(?:[\w.-]+/)*[\w.-]+\.(?:ya?ml|toml|json|conf|pem|crt|key)`},
	{Cause: "volume-permission-denied", Of: "rust", Level: Error, Has: []string{"kind: permissiondenied"},
		Re: `kind: PermissionDenied, message: "permission denied`,
		Eg: []string{"Error: Os { code: 13, kind: PermissionDenied, message: \"Permission denied\" }"}},
	{Cause: "port-in-use", Of: "rust", Level: Error, Has: []string{"kind: addrinuse"},
		Eg: []string{"Error: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }"}},
	{Cause: "dependency-refused", Of: "rust", Level: Error, Has: []string{"kind: connectionrefused"},
		Eg: []string{"Error: Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }"}},
	{Cause: "pid-limit", Of: "rust", Level: Error, Has: []string{"kind: wouldblock"},
		Re: `spawn.*kind: WouldBlock, message: "resource temporarily unavailable`,
		Eg: []string{"failed to spawn thread: Os { code: 11, kind: WouldBlock, message: \"Resource temporarily unavailable\" }"}},
	{Cause: "runtime-heap-exhausted", Of: "rust", Level: Fatal, Has: []string{"memory allocation of "},
		Re: `memory allocation of (?P<name>\d+) bytes failed`,
		Eg: []string{"memory allocation of 8589934592 bytes failed"}},
	{Cause: "unhandled-exception", Of: "rust", Level: Fatal, Has: []string{"thread 'main'", "fatal runtime error"},
		Re: `thread 'main' (?:\(\d+\) )?(?:panicked at (?:'(?P<message>.+)', )?(?P<file>[\w./@-]+):(?P<line>\d+)|has overflowed its stack)|fatal runtime error: (?P<message2>.+)`,
		Eg: []string{"thread 'main' panicked at 'no rates', src/main.rs:9:5", "thread 'main' panicked at src/main.rs:9:5:", "thread 'main' (7) panicked at src/main.rs:9:5:",
			"thread 'main' has overflowed its stack", "fatal runtime error: stack overflow"}},
	{Cause: "unhandled-exception", Of: "rust", Level: Error, Has: []string{" panicked at "},
		Re: `thread '?(?P<name>[^']*?)'? (?:\(\d+\) )?panicked at (?:'(?P<message>.+)', )?(?P<file>[\w./@-]+):(?P<line>\d+)`,
		Eg: []string{"thread 'tokio-runtime-worker' panicked at 'no rates', src/rates.rs:9:5", "thread '<unnamed>' panicked at src/rates.rs:9:5:", "thread 'io' (9) panicked at src/rates.rs:9:5:"}},
}
