package logsig

import "testing"

// healthyLogs are what programs print when they start and run well, with the
// warnings, retries and notices that look like faults. Made lines in the
// programs' formats.
var healthyLogs = map[string]string{
	"nginx": `/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration
10-listen-on-ipv6-by-default.sh: info: can not modify /etc/nginx/conf.d/default.conf (read-only file system?)
/docker-entrypoint.sh: Configuration complete; ready for start up
2024/05/02 10:11:12 [warn] 1#1: the "user" directive makes sense only if the master process runs with super-user privileges, ignored in /etc/nginx/nginx.conf:2
2024/05/02 10:11:12 [warn] 1#1: conflicting server name "shop.example" on 0.0.0.0:80, ignored
2024/05/02 10:11:12 [notice] 1#1: using the "epoll" event method
2024/05/02 10:11:12 [notice] 1#1: start worker processes
2024/05/02 10:11:20 [error] 31#31: *1 open() "/usr/share/nginx/html/favicon.ico" failed (2: No such file or directory), client: 10.1.0.9, server: localhost, request: "GET /favicon.ico HTTP/1.1"
10.1.0.9 - - [02/May/2024:10:11:20 +0000] "GET / HTTP/1.1" 200 615 "-" "kube-probe/1.30" "-"`,
	"httpd": `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using 10.1.0.9. Set the 'ServerName' directive globally to suppress this message
[Thu May 02 10:11:12.131415 2024] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache/2.4.59 (Unix) configured -- resuming normal operations
[Thu May 02 10:11:12.131415 2024] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'`,
	"haproxy": `[NOTICE]   (1) : New worker (8) forked
[WARNING]  (1) : config : parsing [/usr/local/etc/haproxy/haproxy.cfg:12] : 'option httplog' not usable with proxy 'db' (needs 'mode http'). Falling back to 'option tcplog'.
[NOTICE]   (1) : Loading success.`,
	"istio-proxy": "2024-05-02T10:11:12.131415Z\tinfo\tFLAG: --concurrency=\"0\"\n" +
		"2024-05-02T10:11:12.231415Z\twarn\tEnvoy proxy is NOT ready: config not received from XDS server (is Istiod running?): cds updates: 0 successful, 0 rejected; lds updates: 0 successful, 0 rejected\n" +
		"2024-05-02T10:11:13.131415Z\tinfo\tsds\tService account token provisioned\n" +
		"2024-05-02T10:41:13.131415Z\twarning\tenvoy config external/envoy/source/common/config/grpc_stream.h:193\tStreamAggregatedResources gRPC config stream closed: 13, \n" +
		"2024-05-02T10:11:13.431415Z\tinfo\tReadiness succeeded in 1.2s\n",
	"linkerd-proxy": `[     0.001s]  INFO ThreadId(01) linkerd2_proxy: release 2.210.0
[     0.002s]  WARN ThreadId(01) linkerd_app::env: LINKERD2_PROXY_DESTINATION_CONTEXT is unset
[     0.054s]  INFO ThreadId(02) daemon:identity: linkerd_app: Certified identity id=default.shop.serviceaccount.identity.linkerd.cluster.local`,
	"postgresql": `The files belonging to this database system will be owned by user "postgres".
initdb: warning: enabling "trust" authentication for local connections
2024-05-02 10:11:12.131 UTC [1] LOG:  starting PostgreSQL 16.3 (Debian 16.3-1.pgdg120+1) on x86_64-pc-linux-gnu
2024-05-02 10:11:12.131 UTC [1] LOG:  listening on IPv4 address "0.0.0.0", port 5432
2024-05-02 10:11:12.141 UTC [29] LOG:  database system was interrupted; last known up at 2024-05-02 10:00:00 UTC
2024-05-02 10:11:12.151 UTC [30] FATAL:  the database system is starting up
2024-05-02 10:11:12.161 UTC [29] LOG:  database system was not properly shut down; automatic recovery in progress
2024-05-02 10:11:12.161 UTC [29] LOG:  invalid record length at 0/1A2B3C8: expected at least 24, got 0
2024-05-02 10:11:12.171 UTC [1] LOG:  database system is ready to accept connections
2024-05-02 10:12:12.171 UTC [77] FATAL:  password authentication failed for user "ledger"
2024-05-02 10:12:12.171 UTC [77] DETAIL:  Connection matched file "/var/lib/postgresql/data/pg_hba.conf" line 128: "host all all all scram-sha-256"
2024-05-02 10:12:13.171 UTC [78] ERROR:  relation "orders" does not exist at character 15
2024-05-02 10:12:14.171 UTC [79] FATAL:  database "ledgr" does not exist
2024-05-02 10:12:15.171 UTC [80] FATAL:  terminating connection due to administrator command`,
	"mysql": `2024-05-02 10:11:12+00:00 [Note] [Entrypoint]: Entrypoint script for MySQL Server 8.4.0-1.el9 started.
2024-05-02T10:11:12.131415Z 0 [Warning] [MY-010918] [Server] 'default_authentication_plugin' is deprecated and will be removed in a future release.
2024-05-02T10:11:12.131415Z 1 [System] [MY-013576] [InnoDB] InnoDB initialization has started.
2024-05-02T10:11:12.131415Z 0 [Warning] [MY-010068] [Server] CA certificate ca.pem is self signed.
2024-05-02T10:11:12.131415Z 0 [Warning] [MY-011810] [Server] Insecure configuration for --pid-file: Location '/var/run/mysqld' in the path is accessible to all OS users. Consider choosing a different directory.
2024-05-02T10:11:13.131415Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '8.4.0'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.
2024-05-02T10:12:13.131415Z 9 [Note] [MY-010926] [Server] Access denied for user 'root'@'10.1.0.9' (using password: YES)`,
	"mariadb": `2024-05-02 10:11:12 0 [Note] InnoDB: Opened 3 undo tablespaces
2024-05-02 10:11:12 0 [Warning] You need to use --log-bin to make --expire-logs-days or --binlog-expire-logs-seconds work.
2024-05-02 10:11:12 0 [Warning] 'user' entry 'root@ledger-db-0' ignored in --skip-name-resolve mode.
2024-05-02 10:11:12 0 [Note] mariadbd: ready for connections.
2024-05-02 10:11:20 3 [Warning] Aborted connection 3 to db: 'unconnected' user: 'unauthenticated' host: '10.1.0.1' (This connection closed normally without authentication)`,
	"redis": `1:C 02 May 2024 10:11:12.131 # WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition.
1:C 02 May 2024 10:11:12.131 # Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf
1:M 02 May 2024 10:11:12.131 # Warning: Could not create server TCP listening socket ::1:6379: bind: Cannot assign requested address
1:M 02 May 2024 10:11:12.131 # WARNING: The TCP backlog setting of 511 cannot be enforced because /proc/sys/net/core/somaxconn is set to the lower value of 128.
1:M 02 May 2024 10:11:12.131 * Ready to accept connections tcp`,
	"mongodb": `{"t":{"$date":"2024-05-02T10:11:12.131+00:00"},"s":"I","c":"CONTROL","id":23285,"ctx":"main","msg":"Automatically disabling TLS 1.0, to force-enable TLS 1.0 specify --sslDisabledProtocols 'none'"}
{"t":{"$date":"2024-05-02T10:11:12.131+00:00"},"s":"W","c":"CONTROL","id":22120,"ctx":"initandlisten","msg":"Access control is not enabled for the database. Read and write access to data and configuration is unrestricted","tags":["startupWarnings"]}
{"t":{"$date":"2024-05-02T10:11:12.131+00:00"},"s":"W","c":"CONTROL","id":22178,"ctx":"initandlisten","msg":"/sys/kernel/mm/transparent_hugepage/enabled is 'always'. We suggest setting it to 'never'","tags":["startupWarnings"]}
{"t":{"$date":"2024-05-02T10:11:12.131+00:00"},"s":"I","c":"NETWORK","id":23016,"ctx":"listener","msg":"Waiting for connections","attr":{"port":27017,"ssl":"off"}}
{"t":{"$date":"2024-05-02T10:11:22.131+00:00"},"s":"I","c":"ACCESS","id":20249,"ctx":"conn7","msg":"Authentication failed","attr":{"mechanism":"SCRAM-SHA-256","principalName":"ledger","error":"UserNotFound: Could not find user"}}`,
	"elasticsearch": `{"@timestamp":"2024-05-02T10:11:12.131Z","log.level":"WARN","message":"max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]","service.name":"ES_ECS","log.logger":"org.elasticsearch.bootstrap.BootstrapChecks"}
{"@timestamp":"2024-05-02T10:11:13.131Z","log.level":"WARN","message":"failed to resolve host [search-headless]","log.logger":"org.elasticsearch.discovery.SeedHostsResolver"}
{"@timestamp":"2024-05-02T10:11:14.131Z","log.level":"INFO","message":"started {search-0}{abc}","log.logger":"org.elasticsearch.node.Node"}
{"@timestamp":"2024-05-02T10:11:15.131Z","log.level":"ERROR","message":"exception during geoip databases update","log.logger":"org.elasticsearch.ingest.geoip.GeoIpDownloader"}
{"@timestamp":"2024-05-02T10:11:16.131Z","log.level":"INFO","message":"Node [{search-0}{abc}] is selected as the current health node."}`,
	"kafka": `[2024-05-02 10:11:12,131] WARN No meta.properties file under dir /var/lib/kafka/data/meta.properties (kafka.server.BrokerMetadataCheckpoint)
[2024-05-02 10:11:12,131] INFO [SocketServer listenerType=ZK_BROKER, nodeId=0] Created data-plane acceptor and processors for endpoint : ListenerName(PLAINTEXT) (kafka.network.SocketServer)
[2024-05-02 10:11:13,131] INFO [KafkaServer id=0] started (kafka.server.KafkaServer)`,
	"zookeeper": `2024-05-02 10:11:12,131 [myid:1] - WARN  [QuorumConnectionThread-[myid=1]-3:QuorumCnxManager@401] - Cannot open channel to 2 at election address zk-1.zk/10.1.0.7:3888
2024-05-02 10:11:13,131 [myid:1] - INFO  [QuorumPeer[myid=1](plain=0.0.0.0:2181):Leader@510] - LEADING - LEADER ELECTION TOOK - 211 MS`,
	"rabbitmq": `2024-05-02 10:11:12.131415+00:00 [warning] <0.273.0> Error while waiting for Mnesia tables: {timeout_waiting_for_tables,['rabbit@mq-0'],[rabbit_user,rabbit_vhost]}
2024-05-02 10:11:12.131415+00:00 [info] <0.273.0> Waiting for Mnesia tables for 30000 ms, 8 retries left
2024-05-02 10:11:13.131415+00:00 [notice] <0.86.0> alarm_handler: {set,{system_memory_high_watermark,[]}}
2024-05-02 10:11:14.131415+00:00 [info] <0.9.0> Server startup complete; 4 plugins started.
2024-05-02 10:11:20.131415+00:00 [error] <0.811.0> PLAIN login refused: user 'shop' - invalid credentials`,
	"etcd": `{"level":"warn","ts":"2024-05-02T10:11:12.131Z","caller":"embed/config.go:689","msg":"Running http and grpc server on single port. This is not recommended for production."}
{"level":"info","ts":"2024-05-02T10:11:12.131Z","caller":"etcdserver/server.go:2062","msg":"published local member to cluster through raft","local-member-id":"7a1b9c2d3e4f5061"}
{"level":"warn","ts":"2024-05-02T10:12:12.131Z","caller":"etcdserver/util.go:170","msg":"apply request took too long","took":"212ms","expected-duration":"100ms"}
{"level":"warn","ts":"2024-05-02T10:12:13.131Z","caller":"embed/config_logging.go:170","msg":"rejected connection on client endpoint","remote-addr":"10.0.0.5:44110","server-name":"","error":"EOF"}
{"level":"warn","ts":"2024-05-02T10:12:14.131Z","caller":"rafthttp/probing_status.go:68","msg":"prober detected unhealthy status","round-tripper-name":"ROUND_TRIPPER_SNAPSHOT","remote-peer-id":"7a1","rtt":"0s","error":"dial tcp 10.1.0.5:2380: connect: connection refused"}`,
	"vault": `2024-05-02T10:11:12.131Z [INFO]  core: security barrier not initialized
2024-05-02T10:11:13.131Z [INFO]  core: seal configuration missing, not initialized
2024-05-02T10:12:12.131Z [INFO]  core: post-unseal setup complete
2024-05-02T10:12:12.131Z [INFO]  core: vault is unsealed`,
	"coredns": `[INFO] plugin/ready: Still waiting on: "kubernetes"
[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API
.:53
[INFO] plugin/reload: Running configuration SHA512 = 1a2b
CoreDNS-1.11.1
linux/amd64, go1.20.7, ae2bbc2
[INFO] 127.0.0.1:53211 - 61102 "HINFO IN 1203948571203948571.5647382910564738291. udp 57 false 512" NXDOMAIN qr,rd,ra 132 0.004s`,
	"kube-proxy": `I0502 10:11:12.131415       1 server_linux.go:69] "Using iptables proxy"
E0502 10:11:12.131415       1 server.go:558] "Failed to retrieve node info" err="nodes \"worker-1\" not found"
I0502 10:11:13.131415       1 server.go:1062] "Successfully retrieved node IP(s)" IPs=["10.0.0.5"]
I0502 10:11:13.131415       1 server_linux.go:165] "Using iptables Proxier"`,
	"calico": `2024-05-02 10:11:12.131 [INFO][9] startup/startup.go 425: Early log level set to info
2024-05-02 10:11:13.131 [INFO][9] startup/startup.go 584: FELIX_IPV6SUPPORT is false through environment variable
2024-05-02 10:11:13.131 [WARNING][65] felix/int_dataplane.go 812: kernel/ipvs check: no route
bird: Mesh_10_0_0_6: State changed to up`,
	"cilium": `level=info msg="Initializing daemon" subsys=daemon
level=info msg="Linux kernel version 5.15 detected" subsys=probes
level=warning msg="Unable to restore endpoint, ignoring" error="endpoint does not exist"
level=info msg="Cilium API: serving" subsys=daemon`,
	"prometheus": `ts=2024-05-02T10:11:12.131Z caller=main.go:617 level=info msg="Starting Prometheus Server" mode=server version="(version=2.51.2)"
ts=2024-05-02T10:11:12.131Z caller=dir_locker.go:77 level=warn component=tsdb msg="A lockfile from a previous execution already existed. It was replaced" file=/prometheus/lock
ts=2024-05-02T10:11:13.131Z caller=main.go:1372 level=info msg="Completed loading of configuration file" filename=/etc/prometheus/prometheus.yml
ts=2024-05-02T10:11:13.131Z caller=main.go:1153 level=info msg="Server is ready to receive web requests."`,
	"alertmanager": `ts=2024-05-02T10:11:12.131Z caller=cluster.go:186 level=info component=cluster msg="setting advertise address explicitly" addr=10.1.0.9 port=9094
ts=2024-05-02T10:11:12.141Z caller=cluster.go:269 level=warn component=cluster msg="failed to join cluster" err="1 error occurred:\n\t* Failed to resolve alertmanager-1.alertmanager:9094: lookup alertmanager-1.alertmanager on 10.96.0.10:53: no such host\n\n"
ts=2024-05-02T10:11:14.131Z caller=cluster.go:706 level=info component=cluster msg="gossip settled; proceeding" elapsed=10.0s`,
	"grafana": `logger=settings t=2024-05-02T10:11:12.131Z level=warn msg="falling back to legacy setting of 'min_interval_seconds'; please use the configuration option in the 'unified_alerting' section"
logger=plugin.manager t=2024-05-02T10:11:12.131Z level=error msg="Could not find plugin definition for app" app=shop-app
logger=provisioning.datasources t=2024-05-02T10:11:12.131Z level=error msg="can't read datasource provisioning files from directory" path=/etc/grafana/provisioning/datasources error="open /etc/grafana/provisioning/datasources: no such file or directory"
logger=http.server t=2024-05-02T10:11:13.131Z level=info msg="HTTP Server Listen" address=[::]:3000 protocol=http`,
	"loki": `level=warn ts=2024-05-02T10:11:12.131Z caller=experimental.go:19 msg="experimental feature in use" feature="In-memory (FIFO) cache"
level=error ts=2024-05-02T10:11:12.131Z caller=ratestore.go:109 msg="error getting ingester clients" err="empty ring"
level=warn ts=2024-05-02T10:11:12.131Z caller=scheduler_processor.go:98 msg="error contacting scheduler" err="rpc error: code = Unavailable desc = connection error"
level=info ts=2024-05-02T10:11:13.131Z caller=loki.go:503 msg="Loki started"`,
	"jenkins": `Running from: /usr/share/jenkins/jenkins.war
WARNING: An illegal reflective access operation has occurred
2024-05-02 10:11:12.131+0000 [id=1]	INFO	winstone.Logger#logInternal: Beginning extraction from war file
2024-05-02 10:11:13.131+0000 [id=23]	INFO	hudson.lifecycle.Lifecycle#onReady: Jenkins is fully up and running`,
	"keycloak": `Changes detected in configuration. Updating the server image.
2024-05-02 10:11:12,131 WARN  [org.keycloak.services] (main) KC-SERVICES0050: Environment variable KEYCLOAK_ADMIN is deprecated
2024-05-02 10:11:13,131 INFO  [io.quarkus] (main) Keycloak 24.0.3 on JVM (powered by Quarkus 3.8.4) started in 9.1s. Listening on: http://0.0.0.0:8080`,
	"airflow": `DB: postgresql+psycopg2://airflow:***@ledger-db/airflow
[2024-05-02T10:11:12.131+0000] {migration.py:213} INFO - Context impl PostgresqlImpl.
Database migrating done!`,
	"tensorflow": `2024-05-02 10:11:12.131415: W tensorflow/stream_executor/platform/default/dso_loader.cc:64] Could not load dynamic library 'libcudart.so.11.0'; dlerror: libcudart.so.11.0: cannot open shared object file: No such file or directory
2024-05-02 10:11:12.131415: E external/local_xla/xla/stream_executor/cuda/cuda_driver.cc:266] failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected
2024-05-02 10:11:12.131415: I tensorflow/core/platform/cpu_feature_guard.cc:182] This TensorFlow binary is optimized to use available CPU instructions in performance-critical operations.`,
	"ollama": `time=2024-05-02T10:11:12.131Z level=INFO source=routes.go:1064 msg="Listening on [::]:11434 (version 0.1.33)"
time=2024-05-02T10:11:12.131Z level=INFO source=gpu.go:122 msg="no compatible GPUs were discovered"`,
	"minio": `WARNING: Detected default credentials 'minioadmin:minioadmin', we recommend that you change these values with 'MINIO_ROOT_USER' and 'MINIO_ROOT_PASSWORD' environment variables
Waiting for a minimum of 2 drives to come online (elapsed 1s)
MinIO Object Storage Server
Status:         4 Online, 0 Offline.`,
	"metrics-server": `I0502 10:11:12.131415       1 serving.go:374] Generated self-signed cert (/tmp/apiserver.crt, /tmp/apiserver.key)
I0502 10:11:13.131415       1 server.go:191] "Failed probe" probe="metric-storage-ready" err="no metrics to serve"
I0502 10:11:14.131415       1 secure_serving.go:266] Serving securely on [::]:10250`,
	"csi": `W0502 10:11:12.131415       1 connection.go:234] Still connecting to unix:///csi/csi.sock
I0502 10:11:22.131415       1 common.go:138] Probing CSI driver for readiness
I0502 10:11:22.131415       1 main.go:90] Received NotifyRegistrationStatus call: &RegistrationStatus{PluginRegistered:true,Error:,}`,
	"django": `You have 3 unapplied migration(s). Your project may not work properly until you apply the migrations for app(s): orders.
System check identified no issues (0 silenced).
Starting development server at http://0.0.0.0:8000/`,
	"nextcloud": `Initializing nextcloud 28.0.4.1 ...
Another process is initializing Nextcloud. Waiting 10 seconds...
New nextcloud instance
AH00558: apache2: Could not reliably determine the server's fully qualified domain name, using 10.1.0.9.`,
}

func TestSoftware_healthyLogsGiveNothing(t *testing.T) {
	software := map[*Signature]bool{}
	for _, table := range softwareTables {
		for i := range table {
			software[&table[i]] = true
		}
	}
	for name, text := range healthyLogs {
		for _, h := range Scan(text).Hits {
			// An error from which the program recovered, or which stands far from the
			// end, decides nothing.
			if software[h.Sig] && h.Level > Hint && h.Final {
				t.Errorf("%s: %s %s in %q", name, h.Sig.Of, h.Sig.Cause, h.Text)
			}
		}
	}
}
