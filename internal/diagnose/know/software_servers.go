package know

// servers lists databases, brokers, proxies and engines.
var servers = []program{
	{
		"PostgreSQL", []string{"postgres", "postgresql", "timescaledb", "postgis", "initdb"}, "PostgreSQL 17 documentation; docker-library entrypoint",
		[]programCode{
			{1, "", "FATAL during start or initialisation: the FATAL line and its HINT are the reason.", []Hint{{"data-dir-version-mismatch", "`database files are incompatible with server`"}, {"data-dir-locked", "`lock file \"postmaster.pid\" already exists`"}, {"volume-permission-denied", "`could not change permissions`, `has wrong ownership`, `has invalid permissions`"}, {"missing-env-var", "`superuser password is not specified`"}, {"data-dir-stale", "`directory … exists but is not empty` (lost+found of a fresh volume: use a sub-directory)"}, {"data-corrupt", "`could not locate a valid checkpoint record`"}}},
			{2, "", "A backend was told to quit at once because another one crashed.", []Hint{{"native-crash", "the first backend that died, in the log above"}, {"oom-child-process", "`was terminated by signal 9`"}}},
		},
	},
	{
		"psql", []string{"psql"}, "PostgreSQL 17 psql EXIT STATUS",
		[]programCode{
			{1, "", "Error of psql itself: out of memory, file not found.", []Hint{{"file-missing", ""}}},
			{2, "", "The connection to the server went bad in a session that is not interactive.", []Hint{{"dependency-refused", ""}, {"dependency-auth", "`password authentication failed`"}, {"service-name-wrong", "`could not translate host name`"}}},
			{3, "", "A statement failed and ON_ERROR_STOP is set.", []Hint{{"db-schema-mismatch", ""}, {"app-error-exit", ""}}},
		},
	},
	{
		"pg_isready", []string{"pg_isready"}, "PostgreSQL 17 pg_isready EXIT STATUS",
		[]programCode{
			{1, "", "The server rejects connections: it is starting or recovering.", []Hint{{"startup-too-slow", "as a probe"}}},
			{2, "", "No answer from the server.", []Hint{{"dependency-refused", ""}, {"dependency-unreachable", ""}}},
			{3, "", "No attempt was made: wrong parameters.", []Hint{{"bad-arguments", ""}}},
		},
	},
	{
		"MySQL and MariaDB", []string{"mysql", "mysqld", "mariadb", "mariadbd", "percona", "percona-server", "mysql-server"}, "MySQL 8.4 sql/mysqld.cc, sql/sql_const.h",
		[]programCode{
			{1, "MYSQLD_ABORT_EXIT", "Start aborted: the lines with [ERROR] are the reason.", []Hint{{"data-dir-locked", "`Unable to lock ./ibdata1`, `another mysqld process`"}, {"data-dir-version-mismatch", "`Cannot upgrade`, `is not compatible`, downgrade"}, {"data-corrupt", "InnoDB page or log errors"}, {"missing-env-var", "`You need to specify one of … MYSQL_ROOT_PASSWORD`"}, {"app-config-error", "`unknown variable`"}, {"volume-permission-denied", "`Can't create/write to file`"}}},
			{2, "MYSQLD_FAILURE_EXIT", "Failure after the start.", []Hint{{"app-error-exit", ""}, {"data-corrupt", ""}}},
			{16, "MYSQLD_RESTART_EXIT", "A RESTART statement: the server wants to be started again.", []Hint{{"clean-exit-restarted", ""}}},
		},
	},
	{
		"MongoDB", []string{"mongo", "mongod", "mongos", "mongodb", "mongodb-community-server", "percona-server-mongodb"}, "MongoDB 8.0 manual, exit codes; src/mongo/util/exit_code.h",
		[]programCode{
			{1, "", "General failure.", []Hint{{"app-error-exit", ""}}},
			{2, "badOptions", "Options are wrong or do not fit together.", []Hint{{"bad-arguments", ""}, {"app-config-error", "mongod.conf"}}},
			{3, "replicationError", "Host name on the command line and in the replication configuration differ.", []Hint{{"app-config-error", ""}}},
			{4, "needUpgrade", "The data files are of another version.", []Hint{{"data-dir-version-mismatch", ""}}},
			{5, "shardingError", "mongos could not initialise: config servers not reachable or wrong.", []Hint{{"dependency-refused", ""}, {"dependency-unreachable", ""}, {"app-config-error", ""}}},
			{14, "abrupt", "Unrecoverable error or uncaught signal, without a clean shutdown; typical for storage engine panics and missing rights on the data directory.", []Hint{{"data-corrupt", "`WiredTiger error`, `WT_PANIC`"}, {"volume-permission-denied", "`Permission denied`"}, {"volume-full", "`No space left on device`"}, {"native-crash", ""}}},
			{45, "fs", "File system error.", []Hint{{"volume-permission-denied", ""}, {"filesystem-unsupported", ""}}},
			{48, "netError", "Could not listen for connections.", []Hint{{"port-in-use", "`Address already in use`"}}},
			{50, "", "Fork failed while starting.", []Hint{{"pid-limit", ""}}},
			{60, "possibleCorruption", "Possible corruption was found.", []Hint{{"data-corrupt", ""}}},
			{61, "watchdog", "The storage watchdog ended it: the data's file system does not answer.", []Hint{{"node-io-stall", ""}, {"storage-unreachable", ""}}},
			{62, "needDowngrade", "The data files (or featureCompatibilityVersion) do not fit this version.", []Hint{{"data-dir-version-mismatch", ""}}},
			{87, "", "The health manager ended it.", []Hint{{"app-error-exit", ""}}},
			{100, "uncaught", "Uncaught exception, also during start: data directory missing, locked or not readable.", []Hint{{"data-dir-locked", "`DBPathInUse`, mongod.lock"}, {"file-missing", "`NonExistentPath`: dbPath not there"}, {"data-corrupt", ""}, {"unhandled-exception", ""}}},
		},
	},
	{
		"Redis", []string{"redis", "redis-server", "valkey", "valkey-server", "keydb"}, "Redis 7.4 src/server.c, src/rdb.c",
		[]programCode{
			{1, "", "Configuration, listening, or loading of its data failed.", []Hint{{"app-config-error", "`FATAL CONFIG FILE ERROR`, `Bad directive`"}, {"data-dir-version-mismatch", "`Can't handle RDB format version`"}, {"data-corrupt", "`Bad file format reading the append only file`, `Short read`"}, {"port-in-use", "`Address already in use`"}, {"volume-permission-denied", "`Permission denied`"}}},
		},
	},
	{
		"Elasticsearch and OpenSearch", []string{"elasticsearch", "opensearch"}, "Elasticsearch 8 ElasticsearchUncaughtExceptionHandler.java, ExitCodes.java",
		[]programCode{
			{1, "", "Start failed: `ERROR` or `fatal exception while booting`.", []Hint{{"app-config-error", ""}, {"volume-permission-denied", "`AccessDeniedException` on the data path"}, {"data-dir-locked", "`failed to obtain node locks`"}}},
			{78, "CONFIG", "Bootstrap checks failed, or wrong configuration; most often vm.max_map_count of the node.", []Hint{{"node-misconfigured", "`max virtual memory areas vm.max_map_count [65530] is too low`"}, {"fd-limit", "`max file descriptors`"}, {"app-config-error", "`the default discovery settings are unsuitable`"}}},
			{124, "IOError", "Halted by an I/O error.", []Hint{{"disk-failing", ""}, {"volume-full", ""}}},
			{125, "UnknownError", "Halted by an unknown error of the JVM.", []Hint{{"unhandled-exception", ""}}},
			{126, "StackOverflowError", "Halted by a stack overflow, mostly an extreme query.", []Hint{{"unhandled-exception", ""}}},
			{127, "OutOfMemoryError", "Halted by an OutOfMemoryError of the Java heap: no missing command here.", []Hint{{"runtime-heap-exhausted", ""}}},
			{128, "InternalError", "Halted by an internal error of the JVM: no failed start here.", []Hint{{"data-corrupt", "a mapped file was truncated"}, {"disk-failing", ""}}},
		},
	},
	{
		"ZooKeeper", []string{"zookeeper", "zkserver.sh"}, "Apache ZooKeeper 3.9 ExitCode.java",
		[]programCode{
			{1, "UNEXPECTED_ERROR", "Unexpected error, mostly I/O.", []Hint{{"app-error-exit", ""}, {"volume-full", ""}}},
			{2, "INVALID_INVOCATION", "Wrong arguments or configuration (myid missing).", []Hint{{"bad-arguments", ""}, {"app-config-error", "`Invalid config`, myid"}}},
			{3, "UNABLE_TO_ACCESS_DATADIR", "The data directory cannot be used.", []Hint{{"volume-permission-denied", ""}, {"file-missing", ""}}},
			{4, "ERROR_STARTING_ADMIN_SERVER", "The admin server (port 8080) did not start.", []Hint{{"port-in-use", "port 8080"}}},
			{10, "TXNLOG_ERROR_TAKING_SNAPSHOT", "Severe error while writing a snapshot or the log.", []Hint{{"volume-full", ""}, {"disk-failing", ""}}},
			{12, "UNMATCHED_TXN_COMMIT", "Commit without its transaction.", []Hint{{"data-corrupt", ""}}},
			{13, "QUORUM_PACKET_ERROR", "Unexpected packet from the leader, or the log could not be truncated.", []Hint{{"data-corrupt", ""}}},
			{14, "UNABLE_TO_BIND_QUORUM_PORT", "The election port could not be bound.", []Hint{{"port-in-use", ""}, {"service-name-wrong", "its own host name does not resolve yet"}}},
		},
	},
	{
		"Kafka", []string{"kafka", "cp-kafka", "kafka-server-start.sh", "strimzi-kafka"}, "Apache Kafka 4 Exit.java",
		[]programCode{
			{1, "", "Fatal error during start or operation.", []Hint{{"data-dir-stale", "`InconsistentClusterIdException`"}, {"dependency-refused", "ZooKeeper or controller not reachable"}, {"data-dir-locked", "`Failed to acquire lock on file .lock`"}, {"app-config-error", "`ConfigException`"}, {"volume-full", "`No space left on device`"}}},
		},
	},
	{
		"etcd", []string{"etcd"}, "etcd 3.6 server/etcdmain",
		[]programCode{
			{1, "", "Start failed.", []Hint{{"data-dir-stale", "`member … has already been bootstrapped`, cluster ID mismatch"}, {"data-dir-locked", "file lock of the back end"}, {"certificate-expired", ""}, {"port-in-use", ""}}},
			{2, "", "Panic, mostly of the storage.", []Hint{{"data-corrupt", "`failed to recover v3 backend`, checksum, `freepages`"}, {"unhandled-exception", ""}}},
		},
	},
	{
		"CockroachDB", []string{"cockroach", "cockroachdb"}, "CockroachDB 24 pkg/cli/exit/codes.go",
		[]programCode{
			{3, "Interrupted", "Interrupted by SIGINT.", nil},
			{4, "CommandLineFlagError", "Wrong command line.", []Hint{{"bad-arguments", ""}}},
			{5, "LoggingStderrUnavailable", "Logging to standard error failed.", []Hint{{"app-error-exit", ""}}},
			{6, "LoggingFileUnavailable", "Logging to a file failed.", []Hint{{"volume-full", ""}, {"volume-permission-denied", ""}}},
			{7, "FatalError", "A logical error forced it down: the line that begins with F is the reason.", []Hint{{"clock-skew", "`clock synchronization error`"}, {"data-corrupt", ""}, {"disk-failing", "`disk stall detected`"}}},
			{8, "TimeoutAfterFatalError", "As 7, and the log was blocked too.", []Hint{{"node-io-stall", ""}}},
			{10, "DiskFull", "The store's disk is full.", []Hint{{"volume-full", ""}}},
		},
	},
	{
		"ClickHouse", []string{"clickhouse", "clickhouse-server"}, "ClickHouse 25 src/Common/ErrorCodes.cpp (low 8 bits)",
		[]programCode{
			{36, "BAD_ARGUMENTS", "Wrong arguments or configuration.", []Hint{{"app-config-error", ""}}},
			{70, "CANNOT_CONVERT_TYPE", "A setting or value cannot be converted.", []Hint{{"app-config-error", ""}}},
			{76, "CANNOT_OPEN_FILE", "A file cannot be opened.", []Hint{{"volume-permission-denied", ""}, {"file-missing", ""}, {"data-dir-locked", "status file is locked"}}},
			{107, "FILE_DOESNT_EXIST", "A file is not there.", []Hint{{"file-missing", ""}}},
			{210, "NETWORK_ERROR", "Network error.", []Hint{{"dependency-refused", ""}, {"port-in-use", ""}}},
			{232, "POCO_EXCEPTION", "Exception of the Poco library (1000), often in the configuration or a socket.", []Hint{{"app-config-error", ""}, {"port-in-use", ""}}},
			{233, "STD_EXCEPTION", "Exception of the C++ library (1001).", []Hint{{"unhandled-exception", ""}}},
			{241, "MEMORY_LIMIT_EXCEEDED", "Its own memory limit.", []Hint{{"runtime-heap-exhausted", ""}}},
			{243, "NOT_ENOUGH_SPACE", "Not enough space on the disk.", []Hint{{"volume-full", ""}}},
		},
	},
	{
		"RabbitMQ's command line tools", []string{"rabbitmqctl", "rabbitmq-diagnostics", "rabbitmq-plugins"}, "RabbitMQ 3.13 RabbitMQ.CLI.Core.ExitCodes",
		[]programCode{
			{64, "usage", "Wrong command line.", []Hint{{"bad-arguments", ""}}},
			{65, "dataerr", "A named object (virtual host, node) does not exist or is wrong.", []Hint{{"bad-arguments", ""}}},
			{69, "unavailable", "The node does not run or cannot be reached; common in exec probes while it boots.", []Hint{{"startup-too-slow", "as a probe"}, {"dependency-auth", "Erlang cookie differs"}}},
			{75, "tempfail", "Time-out.", []Hint{{"liveness-timeout", "as a probe"}}},
		},
	},
	{
		"Prometheus", []string{"prometheus", "thanos", "alertmanager"}, "Prometheus 3 cmd/prometheus",
		[]programCode{
			{1, "", "Start failed.", []Hint{{"app-config-error", "`error loading config`"}, {"data-dir-locked", "`lock DB directory`"}, {"data-corrupt", "`corruption`, WAL or block errors"}, {"volume-permission-denied", "`permission denied` on the data path"}}},
			{2, "", "Wrong flags, or a panic (`permission denied` on queries.active is one).", []Hint{{"bad-arguments", ""}, {"volume-permission-denied", "`queries.active: permission denied`"}}},
		},
	},
	{
		"CoreDNS", []string{"coredns"}, "CoreDNS 1.12 coremain",
		[]programCode{{1, "", "Start failed, or the loop plugin stopped it.", []Hint{{"coredns-loop", "`Loop (…) detected`"}, {"app-config-error", "Corefile error"}, {"port-in-use", "port 53"}}}},
	},
	{
		"HAProxy", []string{"haproxy"}, "HAProxy 3 haproxy.c",
		[]programCode{{1, "", "Configuration error or a socket that cannot be bound: lines with [ALERT].", []Hint{{"app-config-error", ""}, {"service-name-wrong", "`could not resolve address`"}, {"port-in-use", ""}}}},
	},
	{
		"Envoy and Istio's proxy", []string{"envoy", "proxyv", "istio-proxy", "pilot-agent"}, "Envoy 1.34 main_common.cc; Istio 1.26 pilot-agent",
		[]programCode{
			{1, "", "Configuration rejected, or the control plane could not be reached in time.", []Hint{{"app-config-error", "`error initializing configuration`"}, {"dependency-unreachable", "its control plane"}, {"dependency-tls", "x509 towards its control plane"}}},
			{255, "", "pilot-agent ended with an error, or could not set the traffic rules up (istio-init).", []Hint{{"capability-missing", "iptables: NET_ADMIN"}, {"kernel-module-missing", "iptables table"}}},
		},
	},
	{
		"Spark", []string{"spark", "spark-py", "spark-submit"}, "Apache Spark 4 SparkExitCode.scala, ExecutorExitCode.scala",
		[]programCode{
			{50, "UNCAUGHT_EXCEPTION", "Uncaught exception in an executor.", []Hint{{"unhandled-exception", ""}}},
			{51, "UNCAUGHT_EXCEPTION_TWICE", "Uncaught exception, and logging it failed as well.", []Hint{{"unhandled-exception", ""}}},
			{52, "OOM", "OutOfMemoryError of the Java heap in an executor.", []Hint{{"runtime-heap-exhausted", ""}}},
			{53, "DISK_STORE_FAILED_TO_CREATE_DIR", "The local directory could not be made.", []Hint{{"volume-permission-denied", ""}, {"readonly-rootfs", ""}, {"volume-full", ""}}},
			{56, "HEARTBEAT_FAILURE", "The executor could not reach the driver.", []Hint{{"dependency-unreachable", ""}, {"node-cpu-starved", "long garbage collection or no CPU"}}},
			{57, "KILLED_BY_TASK_REAPER", "A task that would not end was killed.", []Hint{{"app-error-exit", ""}}},
			{58, "BLOCK_MANAGER_REREGISTRATION_FAILED", "The executor was given up by the driver.", []Hint{{"dependency-unreachable", ""}}},
			{101, "", "spark-submit: main class not found.", []Hint{{"module-missing", ""}}},
		},
	},
	{
		"Flink", []string{"flink"}, "Apache Flink 2 ApplicationStatus.java, FatalExitExceptionHandler.java (low 8 bits)",
		[]programCode{
			{2, "", "Fatal error while the job manager ran.", []Hint{{"unhandled-exception", ""}}},
			{163, "FAILED", "The application failed (1443): the job's exception is in the log.", []Hint{{"unhandled-exception", ""}}},
			{165, "UNKNOWN", "The application's outcome is not known (1445).", []Hint{{"app-error-exit", ""}}},
			{239, "", "Fatal error of a thread or of the shutdown (-17).", []Hint{{"unhandled-exception", ""}, {"runtime-heap-exhausted", "`OutOfMemoryError`"}}},
		},
	},
}
