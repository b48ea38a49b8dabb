package logsig

// Spark 2-4: core/src/main/scala/org/apache/spark; Flink 1.9-2: flink-runtime, flink-dist bash-java-utils;
// Trino and Presto: airlift bootstrap; Hive metastore 2-4; Hadoop HDFS 2-3: hdfs/server.
var swBigData = []Signature{
	{Cause: "app-config-error", Of: "spark", Level: Fatal, Has: []string{"please increase heap size using"},
		Re: `(System|Executor) memory (?P<message>\d+) must be at least \d+`,
		Eg: []string{`java.lang.IllegalArgumentException: System memory 268435456 must be at least 471859200. Please increase heap size using the --driver-memory option or spark.driver.memory in Spark configuration.`}},
	{Cause: "app-config-error", Of: "spark", Level: Fatal, Has: []string{"could not parse master url", "a master url must be set in your configuration", "cluster deploy mode is not"},
		Re: `(Could not parse Master URL: '(?P<url>[^']+)'|A master URL must be set in your configuration|[Cc]luster deploy mode is not (applicable|supported))`,
		Eg: []string{
			`org.apache.spark.SparkException: Could not parse Master URL: 'kubernetes'`,
			`org.apache.spark.SparkException: A master URL must be set in your configuration`,
			`Error: Cluster deploy mode is not applicable to Spark shells.`,
		}},
	{Cause: "insufficient-resources", Of: "spark", Level: Hint, Has: []string{"initial job has not accepted any resources"},
		Re: `Initial job has not accepted any resources`,
		Eg: []string{`WARN TaskSchedulerImpl: Initial job has not accepted any resources; check your cluster UI to ensure that workers are registered and have sufficient resources`}},
	{Cause: "oom-container-limit", Of: "spark", Level: Hint, Has: []string{"exit code: 137", "exit code 137"},
		Re: `(ExecutorLostFailure|[Ee]xecutor (lost|\d+ exited)|exited with).*(exit code:? 137|exit status: 137|OOMKilled)`,
		Eg: []string{
			`ERROR TaskSchedulerImpl: Lost executor 2: The executor with id 2 exited with exit code 137(SIGKILL, possible container OOM).`,
			`ExecutorLostFailure (executor 2 exited caused by one of the running tasks) Reason: exit code: 137`,
		}},
	{Cause: "app-config-error", Of: "flink", Level: Fatal, Has: []string{"illegalconfigurationexception"},
		Re: `org\.apache\.flink\.configuration\.IllegalConfigurationException: (?P<message>.*?)["}\s]*$`,
		Eg: []string{`org.apache.flink.configuration.IllegalConfigurationException: Sum of configured Framework Heap Memory (128.000mb) exceed configured Total Flink Memory (100.000mb).`}},
	{Cause: "dependency-unreachable", Of: "flink", Level: Error, AnyLevel: true, Has: []string{"could not resolve resourcemanager address", "could not register at the resourcemanager within"},
		Re: `([Cc]ould not resolve ResourceManager address (?P<url>\S+?),|[Cc]ould not register at the ResourceManager within)`,
		Eg: []string{
			`INFO  TaskExecutor - Could not resolve ResourceManager address akka.tcp://flink@ledger-jm:6123/user/rpc/resourcemanager_*, retrying in 10000 ms`,
			`RegistrationTimeoutException: Could not register at the ResourceManager within the specified maximum registration duration PT5M.`,
		}},
	{Cause: "app-config-error", Of: "trino", Level: Fatal,
		Has: []string{"error: configuration property '", "error: defunct property '", "error: invalid configuration property", "configuration is invalid"},
		Re:  `(Error: (Configuration property|Defunct property|Invalid configuration property) '?(?P<key>[\w.-]+)|bootstrap.*Configuration is invalid|Server.*Configuration is invalid)`,
		Eg: []string{
			`1) Error: Configuration property 'query.max-memory-per-nod' was not used`,
			`2) Error: Defunct property 'discovery-server.enabled' (class [class io.trino.server.ServerConfig]) cannot be configured.`,
			`3) Error: Invalid configuration property node.environment: may not be null`,
			`ERROR	main	io.trino.server.Server	Configuration is invalid`,
		}},
	{Cause: "db-schema-mismatch", Of: "hive", Level: Fatal, Has: []string{"version information not found in metastore", "does not match metastore's schema version"},
		Re: `(Version information not found in metastore|Hive Schema version (?P<version>[\d.]+) does not match metastore's schema version)`,
		Eg: []string{
			`MetaException(message:Version information not found in metastore.)`,
			`MetaException(message:Hive Schema version 3.1.0 does not match metastore's schema version 2.3.0 Metastore is not upgraded or corrupt)`,
		}},
	{Cause: "data-dir-stale", Of: "hdfs", Level: Fatal, Has: []string{"incompatible clusterids in", "incompatible namespaceids in"},
		Re: `Incompatible (clusterIDs|namespaceIDs) in (?P<path>[^\s:]+)`,
		Eg: []string{
			`java.io.IOException: Incompatible clusterIDs in /hadoop/dfs/data: namenode clusterID = CID-a; datanode clusterID = CID-b`,
			`Incompatible namespaceIDs in /hadoop/dfs/data: namenode namespaceID = 1; datanode namespaceID = 2`,
		}},
	{Cause: "app-config-error", Of: "hdfs", Level: Fatal, Has: []string{"namenode is not formatted"},
		Re: `NameNode is not formatted`,
		Eg: []string{`java.io.IOException: NameNode is not formatted.`}},
	{Cause: "data-dir-locked", Of: "hdfs", Level: Fatal, Has: []string{"cannot lock storage"},
		Re: `Cannot lock storage (?P<path>\S+?)\. The directory is already locked`,
		Eg: []string{`java.io.IOException: Cannot lock storage /hadoop/dfs/name. The directory is already locked`}},
}
