package logsig

// signTable are lines that say something went well. Their Cause is isUp or
// isConnected, and they never become hits.
var signTable = []Signature{
	{Cause: isUp, Of: "any", Level: Hint,
		Has:  []string{"listening on", "listening at", "is listening", "now listening", "listening for", "listening :"},
		Not:  reFailed,
		Eg:   []string{"ledger listening on :8080", "Listening at: http://0.0.0.0:8000 (1)", "Server is listening", "Now listening on: http://[::]:8080", "listening for requests", "Listening :8080"},
		Miss: []string{"error: cannot start listening on :8080"}},
	{Cause: isUp, Of: "any", Level: Hint,
		Has: []string{"ready to accept", "ready for connections", "accepting connections", "started successfully", "startup complete", "startup completed", "successfully started", "server started", "server is ready", "is ready to serve", "ready to serve", "started server",
			"initialization complete", "initialization completed", "boot complete", "service started", "waiting for connections", "is up and running", "serving on", "serving http", "server running", "running on http"},
		Not: reFailed + `|not (?:yet )?(?:ready|accepting)|the database system is|isn't|is the server running`,
		Eg: []string{"database system is ready to accept connections", "ledgerd: ready for connections.", "now accepting connections", "ledger started successfully", "Application startup complete.", "startup completed in 3s", "successfully started", "Server started", "server is ready", "ledger is ready to serve traffic", "ready to serve requests",
			"started server on 0.0.0.0:3000", "initialization complete", "initialization completed", "boot complete", "service started", "waiting for connections on port 27017", "ledger is up and running", "serving on :8080", "Serving HTTP on 0.0.0.0", "server running at http://0.0.0.0:3000", "Running on http://0.0.0.0:5000"},
		Miss: []string{"the database system is not yet accepting connections"}},
	{Cause: isUp, Of: "jvm", Level: Hint, Has: []string{"seconds (jvm running for", "seconds (process running for", "started on port"},
		Not: reFailed,
		Eg:  []string{"Started ShopApplication in 7.2 seconds (JVM running for 8.1)", "Started ShopApplication in 7.2 seconds (process running for 8.1)", "Netty started on port 8080"}},
	{Cause: isConnected, Of: "any", Level: Hint,
		Has: []string{"connected to", "connection established", "connection to ", "successfully connected", "connection successful", "reconnected", "connection succeeded", "connected successfully", "established connection", "is available after", "connection restored"},
		Re:  `\b(?:re)?connected (?:to\b|successfully)|successfully connected|connection (?:\S+ )?(?:established|successful|succeeded|restored)|established connection|connection to .* (?:established|succeeded|restored|successful)|is available after`,
		Not: reFailed + `|disconnect|not connected|never|was connected|connected party|\blost\b|closed`,
		Eg: []string{"connected to ledger-db", "connection established", "connection to ledger-db established", "Successfully connected to mq", "connection successful", "reconnected to mq", "connection succeeded", "connected successfully", "established connection with mq", "wait-for-it.sh: ledger-db:5432 is available after 3 seconds",
			"connection restored"},
		Miss: []string{"disconnected: was connected to mq", "failed to get connected to mq"}},
}

// reFailed are words that turn a sign of success into its opposite.
const reFailed = `\b(?:error\w*|fail\w*|cannot|unable|could not|couldn't|already|refused|denied|timed out|timeout|not listening|before|unless|until|no longer|stopped|once|expected|when)\b`
