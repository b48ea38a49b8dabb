package logsig

// anyDaemon are what programs and service scripts say when the process that was
// started hands its work to a process in the background: catalina.sh, pg_ctl,
// mongod --fork, PM2, zkServer.sh, Hadoop and Spark daemon scripts, Debian's
// lsb-base and start-stop-daemon, nohup.
var anyDaemon = []Signature{
	{Cause: "daemonized-process", Of: "any", Level: Error, AnyLevel: true,
		Has: []string{"daemoni", "in background", "to background", "the background", "forked process: ", "parent exiting", "tomcat started.", "spawning pm2 daemon", "...done.", "... started", ", logging to /", "nohup: "},
		Re:  `\bdaemoni[sz](?:ing|ed)\b|(?:start|fork|run|go|launch|continu|detach)\w*\b.* (?:in|into|to) (?:the )?background|^forked process: \d+|child process started successfully, parent exiting|^tomcat started\.\s*$|spawning pm2 daemon|starting [\w ./@-]*\.\.\.done\.|starting zookeeper \.\.\. started|^\S*: ?starting \w+, logging to /|^starting [\w.]+, logging to /|nohup: (?:ignoring input|appending output)`,
		Not: `\bnot\b|job|task|thread|compaction|warm|cache|index|save`,
		Eg: []string{"ledgerd: daemonizing", "starting ledgerd in the background", "ledgerd is now running in background", "forking into background", "forked to background, child pid 31", "ledgerd: running in background", "forked process: 12", "child process started successfully, parent exiting", "Tomcat started.", "[PM2] Spawning PM2 daemon with pm2_home=/root/.pm2",
			" * Starting nginx nginx ...done.", "Starting zookeeper ... STARTED", "starting namenode, logging to /opt/hadoop/logs/namenode.out", "starting org.apache.spark.deploy.master.Master, logging to /opt/spark/logs/master.out", "nohup: ignoring input"},
		Miss: []string{"background job runner started", "not daemonizing: running in the foreground", "Background saving started by pid 21"}},
}
