package logsig

import "testing"

// stories are ends of programs as they are told: the line that names the cause
// stands among lines that only follow from it. Made logs in the programs' formats.
var stories = map[string]struct{ cause, log string }{
	"nginx upstream": {"service-name-wrong", `/docker-entrypoint.sh: Configuration complete; ready for start up
2024/05/02 10:11:12 [emerg] 1#1: host not found in upstream "ledger-api" in /etc/nginx/conf.d/default.conf:14
nginx: [emerg] host not found in upstream "ledger-api" in /etc/nginx/conf.d/default.conf:14
nginx: configuration file /etc/nginx/nginx.conf test failed`},
	"nginx as another user": {"capability-missing", `10-listen-on-ipv6-by-default.sh: info: can not modify /etc/nginx/conf.d/default.conf (read-only file system?)
2024/05/02 10:11:12 [warn] 1#1: the "user" directive makes sense only if the master process runs with super-user privileges, ignored in /etc/nginx/nginx.conf:2
2024/05/02 10:11:12 [emerg] 1#1: mkdir() "/var/cache/nginx/client_temp" failed (13: Permission denied)
nginx: [emerg] mkdir() "/var/cache/nginx/client_temp" failed (13: Permission denied)`},
	"haproxy backend": {"service-name-wrong", `[NOTICE]   (1) : haproxy version is 2.9.7-5742051
[ALERT]    (1) : config : parsing [/usr/local/etc/haproxy/haproxy.cfg:34] : 'server ledger1' : could not resolve address 'ledger'.
[ALERT]    (1) : config : Failed to initialize server(s) addr.
[ALERT]    (1) : config : Fatal errors found in configuration.`},
	"varnish backend": {"service-name-wrong", `Error:
Message from VCC-compiler:
Backend host '"ledger"' could not be resolved to an IP address:
	Name or service not known
(Sorry if that error message is gibberish.)
Running VCC-compiler failed, exited with 2
VCL compilation failed`},
	"postgresql on a mount point": {"app-config-error", `initdb: error: directory "/var/lib/postgresql/data" exists but is not empty
initdb: detail: It contains a lost+found directory, perhaps due to it being a mount point.
initdb: hint: Using a mount point directly as the data directory is not recommended.
Create a subdirectory under the mount point.`},
	"postgresql of another version": {"data-dir-version-mismatch", `PostgreSQL Database directory appears to contain a database; Skipping initialization
2024-05-02 10:11:12.131 UTC [1] FATAL:  database files are incompatible with server
2024-05-02 10:11:12.131 UTC [1] DETAIL:  The data directory was initialized by PostgreSQL version 13, which is not compatible with this version 16.3 (Debian 16.3-1.pgdg120+1).`},
	"postgresql port": {"port-in-use", `2024-05-02 10:11:12.131 UTC [1] LOG:  could not bind IPv4 address "0.0.0.0": Address already in use
2024-05-02 10:11:12.131 UTC [1] HINT:  Is another postmaster already running on port 5432? If not, wait a few seconds and retry.
2024-05-02 10:11:12.131 UTC [1] WARNING:  could not create listen socket for "*"
2024-05-02 10:11:12.131 UTC [1] FATAL:  could not create any TCP/IP sockets
2024-05-02 10:11:12.131 UTC [1] LOG:  database system is shut down`},
	"mysql locked": {"data-dir-locked", `2024-05-02 10:11:12+00:00 [Note] [Entrypoint]: Switching to dedicated user 'mysql'
2024-05-02T10:11:12.131415Z 1 [ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11
2024-05-02T10:11:12.131415Z 1 [ERROR] [MY-012592] [InnoDB] Operating system error number 11 in a file operation.
2024-05-02T10:11:12.131415Z 1 [ERROR] [MY-012930] [InnoDB] Plugin initialization aborted with error Cannot open a file.
2024-05-02T10:11:12.631415Z 1 [ERROR] [MY-010334] [Server] Failed to initialize DD Storage Engine
2024-05-02T10:11:12.631415Z 0 [ERROR] [MY-010020] [Server] Data Dictionary initialization failed.
2024-05-02T10:11:12.631415Z 0 [ERROR] [MY-010119] [Server] Aborting`},
	"mysql password": {"missing-env-var", `2024-05-02 10:11:12+00:00 [Note] [Entrypoint]: Entrypoint script for MySQL Server 8.4.0-1.el9 started.
2024-05-02 10:11:12+00:00 [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified
    You need to specify one of the following as an environment variable:
    - MYSQL_ROOT_PASSWORD
    - MYSQL_ALLOW_EMPTY_PASSWORD
    - MYSQL_RANDOM_ROOT_PASSWORD`},
	"mariadb from mysql": {"data-dir-version-mismatch", `2024-05-02 10:11:12 0 [ERROR] InnoDB: Unsupported redo log format. The redo log was created with MySQL 8.0.36.
2024-05-02 10:11:12 0 [ERROR] InnoDB: Plugin initialization aborted with error Generic error
2024-05-02 10:11:12 0 [ERROR] Plugin 'InnoDB' registration as a STORAGE ENGINE failed.
2024-05-02 10:11:12 0 [ERROR] Unknown/unsupported storage engine: InnoDB
2024-05-02 10:11:12 0 [ERROR] Aborting`},
	"redis master name": {"service-name-wrong", `*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***
Reading the configuration file, at line 3
>>> 'sentinel monitor mymaster cache-0.cache 6379 2'
Can't resolve instance hostname.`},
	"redis dump": {"volume-permission-denied", `1:M 02 May 2024 10:11:12.131 * 1 changes in 3600 seconds. Saving...
21:C 02 May 2024 10:11:12.141 # Failed opening the temp RDB file temp-21.rdb (in server root dir /data) for saving: Permission denied
1:M 02 May 2024 10:11:12.241 # Background saving error
1:M 02 May 2024 10:11:18.131 * 1 changes in 3600 seconds. Saving...
22:C 02 May 2024 10:11:18.141 # Failed opening the temp RDB file temp-22.rdb (in server root dir /data) for saving: Permission denied
1:M 02 May 2024 10:11:18.241 # Background saving error`},
	"mongodb disk": {"volume-full", `{"t":{"$date":"2024-05-02T10:11:12.131+00:00"},"s":"E","c":"WT","id":22435,"ctx":"conn9","msg":"WiredTiger error message","attr":{"error":28,"message":{"ts_sec":1714644672,"error_str":"No space left on device","error_code":28,"msg":"__posix_file_write:614:/data/db/journal/WiredTigerLog.0000000007: handle-write: pwrite: failed to write 128 bytes"}}}
{"t":{"$date":"2024-05-02T10:11:12.141+00:00"},"s":"E","c":"WT","id":22435,"ctx":"conn9","msg":"WiredTiger error message","attr":{"error":-31804,"message":{"error_str":"WT_PANIC: WiredTiger library panic","msg":"__wt_panic:523:the process must exit and restart"}}}
{"t":{"$date":"2024-05-02T10:11:12.141+00:00"},"s":"F","c":"-","id":23089,"ctx":"conn9","msg":"Fatal assertion","attr":{"msgid":50853,"file":"src/mongo/db/storage/wiredtiger/wiredtiger_util.cpp","line":712}}
{"t":{"$date":"2024-05-02T10:11:12.141+00:00"},"s":"F","c":"-","id":23090,"ctx":"conn9","msg":"\n\n***aborting after fassert() failure\n\n"}`},
	"elasticsearch data": {"volume-permission-denied", `ERROR: Elasticsearch did not exit normally - check the logs at /usr/share/elasticsearch/logs/search.log
{"@timestamp":"2024-05-02T10:11:12.131Z","log.level":"ERROR","message":"fatal exception while booting Elasticsearch","error.type":"java.lang.IllegalStateException","error.message":"failed to obtain node locks, tried [/usr/share/elasticsearch/data]; maybe these locations are not writable or multiple nodes were started on the same data path?","error.stack_trace":"java.lang.IllegalStateException: failed to obtain node locks, tried [/usr/share/elasticsearch/data]; maybe these locations are not writable or multiple nodes were started on the same data path?\n\tat org.elasticsearch.server@8.13.2/org.elasticsearch.env.NodeEnvironment.<init>(NodeEnvironment.java:293)\nCaused by: java.nio.file.AccessDeniedException: /usr/share/elasticsearch/data/node.lock\n\tat sun.nio.fs.UnixException.translateToIOException(UnixException.java:90)\n"}`},
	"elasticsearch sysctl": {"node-misconfigured", `[2024-05-02T10:11:12,131][INFO ][o.e.b.BootstrapChecks    ] [search-0] bound or publishing to a non-loopback address, enforcing bootstrap checks
[2024-05-02T10:11:12,131][ERROR][o.e.b.Elasticsearch      ] [search-0] node validation exception
[1] bootstrap checks failed. You must address the points described in the following [1] lines before starting Elasticsearch.
bootstrap check failure [1] of [1]: max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]
[2024-05-02T10:11:12,231][INFO ][o.e.n.Node               ] [search-0] stopping ...
[2024-05-02T10:11:12,331][INFO ][o.e.n.Node               ] [search-0] closed`},
	"kafka mount point": {"app-config-error", `[2024-05-02 10:11:12,131] ERROR There was an error in one of the threads during logs loading: org.apache.kafka.common.KafkaException: Found directory /var/lib/kafka/data/lost+found, 'lost+found' is not in the form of topic-partition or topic-partition.uniqueId-delete (if marked for deletion).
Kafka's log directories (and children) should only contain Kafka topic data. (kafka.log.LogManager)
[2024-05-02 10:11:12,141] ERROR [KafkaServer id=0] Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)
[2024-05-02 10:11:12,151] INFO [KafkaServer id=0] shutting down (kafka.server.KafkaServer)
[2024-05-02 10:11:12,161] INFO [KafkaServer id=0] shut down completed (kafka.server.KafkaServer)
[2024-05-02 10:11:12,171] ERROR Exiting Kafka. (kafka.Kafka$)`},
	"kafka cluster id": {"data-dir-stale", `[2024-05-02 10:11:12,131] INFO Cluster ID = abc (kafka.server.KafkaServer)
[2024-05-02 10:11:12,141] ERROR Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)
kafka.common.InconsistentClusterIdException: The Cluster ID abc doesn't match stored clusterId Some(def) in meta.properties. The broker is trying to join the wrong cluster. Configured zookeeper.connect may be wrong.
	at kafka.server.KafkaServer.startup(KafkaServer.scala:242)
[2024-05-02 10:11:12,161] INFO shutting down (kafka.server.KafkaServer)
[2024-05-02 10:11:12,171] INFO shut down completed (kafka.server.KafkaServer)`},
	"confluent port": {"app-config-error", `===> User
uid=1000(appuser) gid=1000(appuser) groups=1000(appuser)
===> Configuring ...
port is deprecated. Please use KAFKA_ADVERTISED_LISTENERS instead.`},
	"etcd rejoin": {"data-dir-stale", `{"level":"info","ts":"2024-05-02T10:11:12.131Z","caller":"embed/etcd.go:117","msg":"configuring peer listeners"}
{"level":"warn","ts":"2024-05-02T10:11:12.131Z","caller":"etcdserver/v2store.go","msg":"failed to start etcd","error":"member 7a1b9c2d3e4f5061 has already been bootstrapped"}
{"level":"info","ts":"2024-05-02T10:11:12.131Z","caller":"embed/etcd.go:377","msg":"closing etcd server","name":"etcd-0"}
{"level":"fatal","ts":"2024-05-02T10:11:12.131Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"member 7a1b9c2d3e4f5061 has already been bootstrapped","stacktrace":"go.etcd.io/etcd/server/v3/etcdmain.startEtcdOrProxyV2\n\t/src/etcd.go:204"}`},
	"coredns directive": {"app-config-error", `/etc/coredns/Corefile:4 - Error during parsing: Unknown directive 'proxy'`},
	"prometheus volume": {"volume-permission-denied", `ts=2024-05-02T10:11:12.131Z caller=main.go:617 level=info msg="Starting Prometheus Server" mode=server
ts=2024-05-02T10:11:12.131Z caller=query_logger.go:93 level=error component=activeQueryTracker msg="Error opening query log file" file=/prometheus/queries.active err="open /prometheus/queries.active: permission denied"
panic: Unable to create mmap-ed active query log

goroutine 1 [running]:
github.com/prometheus/prometheus/promql.NewActiveQueryTracker({0x7ffd, 0xb}, 0x14, {0x3c, 0xc0})
	/app/promql/query_logger.go:123 +0x411
main.main()
	/app/cmd/prometheus/main.go:645 +0x7812`},
	"loki volume": {"volume-permission-denied", `level=info ts=2024-05-02T10:11:12.131Z caller=main.go:108 msg="Starting Loki"
level=error ts=2024-05-02T10:11:12.131Z caller=log.go:230 msg="error running loki" err="mkdir /loki/rules: permission denied\nerror initialising module: ruler-storage\ngithub.com/grafana/dskit/modules.(*Manager).initModule\n\t/src/loki/vendor/modules.go:138"`},
	"istio-validation": {"cni-misconfigured", `2024-05-02T10:11:12.131415Z	error	Error connecting to 127.0.0.6:15002: dial tcp 127.0.0.1:0->127.0.0.6:15002: connect: connection refused
2024-05-02T10:11:13.131415Z	error	Error connecting to 127.0.0.6:15002: dial tcp 127.0.0.1:0->127.0.0.6:15002: connect: connection refused
2024-05-02T10:11:17.131415Z	error	validation timeout
2024-05-02T10:11:17.131415Z	error	iptables validation failed; workload is not ready for Istio.
When using Istio CNI, this can occur if a pod is scheduled before the node is ready.`},
	"spring and flyway": {"db-schema-mismatch", `2024-05-02T10:11:12.131Z ERROR 1 --- [main] o.s.boot.SpringApplication : Application run failed
org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'flywayInitializer': Validate failed: Migrations have failed validation
	at org.springframework.beans.factory.support.AbstractAutowireCapableBeanFactory.initializeBean(AbstractAutowireCapableBeanFactory.java:1786)
Caused by: org.flywaydb.core.api.exception.FlywayValidateException: Validate failed: Migrations have failed validation
Migration checksum mismatch for migration version 2
-> Applied to database : 100
-> Resolved locally    : 200. Either revert the changes to the migration, or run repair to update the schema history.
	at org.flywaydb.core.Flyway.lambda$migrate$0(Flyway.java:164)
	... 18 more`},
	"vllm": {"app-config-error", `INFO 05-02 10:11:12 model_runner.py:1014] Starting to load model shop/reviewer...
ERROR 05-02 10:11:42 engine.py:366] The model's max seq len (32768) is larger than the maximum number of tokens that can be stored in KV cache (9376). Try increasing gpu_memory_utilization or decreasing max_model_len when initializing the engine.
Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/vllm/worker/worker.py", line 480, in raise_if_cache_size_invalid
    raise ValueError(
ValueError: The model's max seq len (32768) is larger than the maximum number of tokens that can be stored in KV cache (9376). Try increasing gpu_memory_utilization or decreasing max_model_len when initializing the engine.`},
	"vault mlock": {"capability-missing", `Error initializing core: Failed to lock memory: cannot allocate memory

This usually means that the mlock syscall is not available.
Vault uses mlock to prevent memory from being swapped to
disk. This requires root privileges as well as a machine
that supports mlock. Please enable mlock on your system or
disable Vault from using it.`},
	"rabbitmq cookie": {"volume-permission-denied", `[error] Failed to create cookie file '/var/lib/rabbitmq/.erlang.cookie': eacces
{"init terminating in do_boot",{{badmatch,{error,eacces}},[{auth,init_no_setcookie,0,[]}]}}
init terminating in do_boot ({{badmatch,{error,eacces}},[{auth,init_no_setcookie,0,[]}]})
Crash dump is being written to: /var/log/rabbitmq/erl_crash.dump...done`},
}

func TestSoftware_storiesNameTheCause(t *testing.T) {
	for name, s := range stories {
		hits := Scan(s.log).Hits
		if len(hits) == 0 {
			t.Errorf("%s: nothing found", name)
			continue
		}
		if h := hits[0]; h.Sig.Cause != s.cause || !h.Final {
			t.Errorf("%s: want %s, got %s %s (level %d, final %v) in %q", name, s.cause, h.Sig.Of, h.Sig.Cause, h.Level, h.Final, h.Text)
		}
	}
}
