package know

// tools lists what entrypoint scripts, init containers, probes and Jobs call:
// such a script mostly ends with the code of its last tool.
var tools = []program{
	{
		"curl", []string{"curl"}, "curl 8.15 EXIT CODES",
		[]programCode{
			{1, "", "Protocol not supported.", []Hint{{"bad-arguments", ""}}},
			{2, "", "Could not initialise, or wrong option.", []Hint{{"bad-arguments", ""}}},
			{3, "", "URL malformed.", []Hint{{"bad-arguments", ""}, {"missing-env-var", "an empty variable in the URL"}}},
			{5, "", "The proxy's name cannot be resolved.", []Hint{{"service-name-wrong", "HTTP_PROXY"}}},
			{6, "", "The host's name cannot be resolved.", []Hint{{"service-name-wrong", "one name"}, {"dns-failure", "every name"}}},
			{7, "", "Could not connect.", []Hint{{"dependency-refused", "refused at once"}, {"dependency-unreachable", "after a wait"}}},
			{22, "", "HTTP status 400 or above, with --fail.", []Hint{{"dependency-auth", "401, 403"}, {"app-unhealthy", "as a probe"}, {"app-error-exit", ""}}},
			{23, "", "The answer could not be written.", []Hint{{"readonly-rootfs", ""}, {"volume-full", ""}}},
			{26, "", "A local file could not be read.", []Hint{{"file-missing", ""}}},
			{28, "", "Timed out.", []Hint{{"dependency-unreachable", ""}, {"network-policy-block", "a policy selects the pod"}, {"liveness-timeout", "as a probe"}}},
			{35, "", "TLS handshake failed.", []Hint{{"dependency-tls", ""}}},
			{47, "", "Too many redirects.", []Hint{{"app-config-error", ""}}},
			{51, "", "The certificate does not fit the name (old releases; now 60).", []Hint{{"dependency-tls", ""}}},
			{52, "", "The server answered nothing.", []Hint{{"dependency-refused", "closed at once; often a sidecar"}, {"probe-scheme-mismatch", "HTTP on a TLS port"}}},
			{55, "", "Sending failed.", []Hint{{"dependency-unreachable", ""}}},
			{56, "", "Receiving failed: connection reset, or the proxy refused.", []Hint{{"dependency-refused", ""}}},
			{58, "", "The local client certificate cannot be used.", []Hint{{"app-config-error", ""}, {"certificate-expired", ""}}},
			{60, "", "The server's certificate cannot be verified.", []Hint{{"dependency-tls", ""}}},
			{67, "", "Login refused.", []Hint{{"dependency-auth", ""}}},
			{77, "", "The CA file cannot be read.", []Hint{{"file-missing", ""}, {"volume-permission-denied", ""}}},
			{92, "", "HTTP/2 stream error.", []Hint{{"dependency-refused", "the peer gave up"}}},
		},
	},
	{
		"GNU wget", []string{"wget"}, "GNU wget 1.25 EXIT STATUS (BusyBox wget has 1 only)",
		[]programCode{
			{1, "", "General error.", []Hint{{"app-error-exit", ""}}},
			{2, "", "Wrong options.", []Hint{{"bad-arguments", ""}}},
			{3, "", "File could not be written.", []Hint{{"readonly-rootfs", ""}, {"volume-full", ""}}},
			{4, "", "Network failure.", []Hint{{"dependency-refused", ""}, {"dependency-unreachable", ""}, {"dns-failure", ""}}},
			{5, "", "TLS verification failed.", []Hint{{"dependency-tls", ""}}},
			{6, "", "Login failed.", []Hint{{"dependency-auth", ""}}},
			{7, "", "Protocol error.", []Hint{{"app-error-exit", ""}}},
			{8, "", "The server answered with an error status.", []Hint{{"app-error-exit", ""}}},
		},
	},
	{
		"git", []string{"git", "git-sync"}, "git 2.50 usage.c",
		[]programCode{
			{128, "", "Fatal error: the line `fatal:` is the reason.", []Hint{{"dependency-auth", "`Authentication failed`, `Permission denied (publickey)`"}, {"service-name-wrong", "`Could not resolve host`"}, {"volume-permission-denied", "`Permission denied`, `dubious ownership`"}, {"dependency-tls", "`SSL certificate problem`"}}},
			{129, "", "Wrong usage.", []Hint{{"bad-arguments", ""}}},
		},
	},
	{
		"ssh, scp and sftp", []string{"ssh", "scp", "sftp", "sshd", "autossh"}, "OpenSSH 10 ssh(1)",
		[]programCode{{255, "", "The connection failed; any other code is the remote command's.", []Hint{{"dependency-auth", "`Permission denied (publickey)`"}, {"dependency-unreachable", "`Connection timed out`"}, {"volume-permission-denied", "`UNPROTECTED PRIVATE KEY FILE`: mode of the mounted key"}}}},
	},
	{
		"rsync", []string{"rsync"}, "rsync 3.4 EXIT VALUES",
		[]programCode{
			{1, "", "Wrong usage.", []Hint{{"bad-arguments", ""}}},
			{2, "", "Protocol versions do not fit.", []Hint{{"app-config-error", ""}}},
			{3, "", "Files or directories could not be selected.", []Hint{{"file-missing", ""}}},
			{5, "", "The client-server protocol could not be started.", []Hint{{"dependency-auth", ""}}},
			{10, "", "Socket error.", []Hint{{"dependency-refused", ""}}},
			{11, "", "File error: often a full disk.", []Hint{{"volume-full", ""}, {"volume-permission-denied", ""}}},
			{12, "", "The data stream broke: the other side ended.", []Hint{{"dependency-refused", ""}, {"shell-command-not-found", "rsync is missing on the other side"}}},
			{20, "", "Ended by SIGUSR1 or SIGINT.", nil},
			{23, "", "Some files were not transferred.", []Hint{{"volume-permission-denied", "chown or chgrp refused"}}},
			{24, "", "Some source files vanished meanwhile: mostly harmless.", nil},
			{30, "", "Timed out.", []Hint{{"dependency-unreachable", ""}}},
			{35, "", "Timed out while connecting.", []Hint{{"dependency-unreachable", ""}}},
		},
	},
	{
		"GNU timeout", []string{"timeout"}, "GNU coreutils 9.7 timeout(1)",
		[]programCode{
			{124, "", "The command ran too long and was sent the signal.", []Hint{{"init-waiting", "a wait-for script"}, {"dependency-unreachable", ""}}},
			{125, "", "timeout itself failed.", []Hint{{"bad-arguments", ""}}},
			{137, "", "The command had to be killed (--kill-after or -s KILL).", []Hint{{"dependency-unreachable", "it hung"}}},
		},
	},
	{
		"xargs", []string{"xargs"}, "GNU findutils 4.10 xargs(1)",
		[]programCode{
			{123, "", "A command ended with 1 to 125.", []Hint{{"app-error-exit", ""}}},
			{124, "", "A command ended with 255.", []Hint{{"app-error-exit", ""}}},
			{125, "", "A command was killed by a signal.", []Hint{{"app-error-exit", ""}}},
		},
	},
	{
		"mount", []string{"mount"}, "util-linux 2.41 mount(8), EXIT STATUS",
		[]programCode{
			{1, "", "Wrong invocation or missing rights.", []Hint{{"capability-missing", "in a container"}}},
			{2, "", "System error: out of memory, fork failed.", nil},
			{32, "", "The mount failed; in FailedMount the output after it is the reason.", []Hint{{"nfs-mount-failed", "the server's answer"}, {"storage-unreachable", "`Connection timed out`"}, {"storage-access-denied", "`access denied by server`"}, {"mount-helper-missing", "`you might need a /sbin/mount.<type> helper program`"}, {"mount-options-invalid", "`bad option`"}, {"filesystem-damaged", "`bad superblock`"}}},
		},
	},
	{
		"iptables", []string{"iptables", "ip-tables", "istio-iptables"}, "iptables 1.8 xtables (enum xtables_exittype)",
		[]programCode{
			{3, "VERSION_PROBLEM", "Kernel and tool do not fit, or a module is missing.", []Hint{{"kernel-module-missing", ""}, {"capability-missing", ""}}},
			{4, "RESOURCE_PROBLEM", "The lock is held by another, or not permitted.", []Hint{{"capability-missing", "NET_ADMIN"}, {"app-error-exit", "`Another app is currently holding the xtables lock`"}}},
		},
	},
	{
		"grep", []string{"grep"}, "GNU grep 3.12 EXIT STATUS",
		[]programCode{
			{1, "", "No line matched: with `set -e` that ends the script without a word.", []Hint{{"app-error-exit", ""}}},
			{2, "", "File missing or not readable.", []Hint{{"file-missing", ""}}},
		},
	},
	{
		"make", []string{"make"}, "GNU make 4.4",
		[]programCode{{2, "", "A recipe failed: the line above `***` says which.", []Hint{{"app-error-exit", ""}}}},
	},
	{
		"terraform and OpenTofu", []string{"terraform", "tofu", "opentofu"}, "Terraform 1.13 plan -detailed-exitcode",
		[]programCode{
			{1, "", "Error.", []Hint{{"app-error-exit", ""}}},
			{2, "", "Success with changes to make, only with -detailed-exitcode: no failure, but a Job counts it as one.", []Hint{{"app-error-exit", "the Job should take 2 for success"}}},
		},
	},
	{
		"helm diff", []string{"helm"}, "helm-diff 3 --detailed-exitcode",
		[]programCode{{2, "", "There are changes, only with --detailed-exitcode: no failure.", []Hint{{"app-error-exit", "the Job should take 2 for success"}}}},
	},
	{
		"kubectl", []string{"kubectl"}, "kubectl 1.36 diff, wait",
		[]programCode{{1, "", "Error; kubectl diff: there are differences; kubectl wait: timed out.", []Hint{{"rbac-forbidden", "`is forbidden`"}, {"api-unreachable", "dial fails"}, {"init-waiting", "kubectl wait"}}}},
	},
	{
		"Ansible", []string{"ansible", "ansible-playbook", "ansible-runner"}, "ansible-core 2.19 executor/task_queue_manager.py, cli",
		[]programCode{
			{1, "", "Error.", []Hint{{"app-config-error", ""}}},
			{2, "", "A task failed on a host.", []Hint{{"app-error-exit", ""}}},
			{4, "", "A host was unreachable, or a playbook cannot be parsed.", []Hint{{"dependency-unreachable", ""}, {"app-config-error", ""}}},
			{5, "", "Wrong options.", []Hint{{"bad-arguments", ""}}},
			{99, "", "Interrupted.", nil},
			{250, "", "Unexpected error.", []Hint{{"unhandled-exception", ""}}},
		},
	},
	{
		"the AWS command line", []string{"aws", "aws-cli", "awscli"}, "AWS CLI 2 return codes",
		[]programCode{
			{252, "", "Wrong command line.", []Hint{{"bad-arguments", ""}}},
			{253, "", "Configuration or credentials are missing.", []Hint{{"dependency-auth", ""}, {"missing-env-var", ""}}},
			{254, "", "The service answered with an error.", []Hint{{"dependency-auth", "`AccessDenied`"}, {"app-error-exit", ""}}},
			{255, "", "General error.", []Hint{{"app-error-exit", ""}}},
		},
	},
	{
		"restic", []string{"restic"}, "restic 0.18 exit codes",
		[]programCode{
			{3, "", "Some source files could not be read.", []Hint{{"volume-permission-denied", ""}}},
			{10, "", "The repository does not exist.", []Hint{{"app-config-error", ""}}},
			{11, "", "The repository is locked.", []Hint{{"data-dir-locked", ""}}},
			{12, "", "Wrong password.", []Hint{{"dependency-auth", ""}}},
		},
	},
	{
		"pytest", []string{"pytest"}, "pytest 8 ExitCode",
		[]programCode{
			{1, "TESTS_FAILED", "Tests failed.", []Hint{{"app-error-exit", ""}}},
			{2, "INTERRUPTED", "Interrupted, or errors while collecting.", []Hint{{"module-missing", "while collecting"}}},
			{3, "INTERNAL_ERROR", "Internal error.", []Hint{{"unhandled-exception", ""}}},
			{4, "USAGE_ERROR", "Wrong usage, or the path is not there.", []Hint{{"bad-arguments", ""}, {"file-missing", ""}}},
			{5, "NO_TESTS_COLLECTED", "No tests found.", []Hint{{"file-missing", ""}}},
		},
	},
	{
		"k6", []string{"k6"}, "k6 errext/exitcodes/codes.go",
		[]programCode{
			{99, "ThresholdsHaveFailed", "The thresholds were not met: the test did its work.", []Hint{{"app-error-exit", ""}}},
			{100, "SetupTimeout", "Setup took too long.", []Hint{{"dependency-unreachable", ""}}},
			{103, "GenericEngine", "Error of the engine.", []Hint{{"app-error-exit", ""}}},
			{104, "InvalidConfig", "Wrong configuration.", []Hint{{"app-config-error", ""}}},
			{105, "ExternalAbort", "Stopped from outside.", nil},
			{106, "CannotStartRESTAPI", "Its port is taken.", []Hint{{"port-in-use", ""}}},
			{107, "ScriptException", "Exception in the script.", []Hint{{"unhandled-exception", ""}}},
			{108, "ScriptAborted", "The script aborted the test.", []Hint{{"app-error-exit", ""}}},
		},
	},
}
