package logsig

// anyHint are lines that are no fault: where a program listens, what it waits
// for, that it is still starting. Rules use them beside other facts.
var anyHint = []Signature{
	// All places to listen at have this cause: which of them are on localhost, the
	// host tells.
	{Cause: "listens-on-localhost", Of: "any", Level: Hint, AnyLevel: true,
		Has: []string{"127.0.0.1:", "localhost:", "[::1]:"},
		Re:  `(?:listen\w*|running|serving|started|starting|bound|server|ready|available|local)\b.*?(?P<host>127\.0\.0\.1|localhost|\[::1\]):(?P<port>\d{2,5})\b`,
		Not: `connect|dial|refused|forward|upstream|proxy|fail|error|redis://|postgres|mysql|amqp|database|retry|waiting`,
		Eg: []string{"ledger listening on 127.0.0.1:8080", " * Running on http://127.0.0.1:5000", "INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)", "Starting development server at http://127.0.0.1:8000/", "Now listening on: http://localhost:5000", "  Local:   http://localhost:5173/",
			"serving on [::1]:8080"},
		Miss: []string{"connecting to redis on 127.0.0.1:6379", "proxy started, upstream 127.0.0.1:8080"}},
	{Cause: "listens-on-localhost", Of: "any", Level: Hint, AnyLevel: true,
		Has: []string{"listening", "started on port", "serving on", "running on", "running at", "started server on", "listen on", "bound to", "serving http", "server started", "serving at"},
		Re:  `(?:now )?(?:listening|serving|running|started|listen|bound)(?: (?:server|http|https|grpc|requests|connections|secure\w*|insecure\w*|metrics|for \w+))*:? ?(?:on|at|to|for)?:?(?: (?:all interfaces|address|addr|interface|tcp))?(?: ports?(?:\(s\))?:?)? ?["'\[(]*(?:\w+://)?(?:(?P<host>\[?[0-9a-f:.*]+\]?|[\w-]+(?:\.[\w-]+)*)(?::| port )|:)?(?P<port>\d{2,5})\b|server started.* port:? ?(?P<port2>\d{2,5})\b`,
		Not: `127\.0\.0\.1|localhost|\[?::1\]?:|connect|refused|fail|error|kernel|node\.js v|python|java `,
		Eg: []string{"ledger listening on :8080", "Server is listening on port 3000", "Tomcat started on port(s): 8080 (http) with context path ''", "Listening at: http://0.0.0.0:8000 (1)", "Now listening on: http://[::]:8080", "ready - started server on 0.0.0.0:3000, url: http://ledger:3000", "Serving HTTP on 0.0.0.0 port 8000 (http://0.0.0.0:8000/)",
			"serving on 0.0.0.0:9000", "Running on http://0.0.0.0:5000", "Netty started on port 8080", "server running at http://0.0.0.0:3000", "bound to 0.0.0.0:7000", "server started, port: 7000", "serving at port 7000", "will listen on 0.0.0.0:7000"}},
	{Cause: "init-waiting", Of: "any", Level: Hint, AnyLevel: true,
		Has: []string{"waiting for", "waiting on", "is unavailable - sleeping", "wait-for-it", "still waiting", "not ready yet", "sleeping", "no response", "waiting until", "is not ready", "is not available yet", "not yet ready", "waiting "},
		// A word alone is a name only where more says so: a port, a dot or dash, what
		// kind of thing it is, that it is to become ready, or that nothing follows.
		Re: `wait(?:ing)?(?: \d+ seconds)? (?:for|on|until):? (?:(?:the )?(?:service|host|database|db|server|port|tcp://|https?://|redis://|amqp://)\b ?)?["']?` +
			`(?:(?P<host>[\w-]+(?:[.-][\w-]+)*):(?P<port>\d{1,5})|(?P<host2>[a-z][\w]*(?:[.-]\w+)+)|(?P<host3>[\w-]+)["']?(?: to (?:be|become|come|start|accept|respond)\b|(?: service| server| database| host)?[ .…]*$))|` +
			`(?:waiting|wait) (?:for|on) (?:the )?(?:service|host|database|server) ["']?(?P<host4>[\w.-]+)|` +
			`(?:waiting|wait) for (?:the )?["']?(?P<path>/[\w./-]+)|` +
			`(?P<host5>[\w.-]+?)(?::(?P<port2>\d{1,5}))? (?:is unavailable - sleeping|- no response|is not (?:ready|available)(?: yet)?|not (?:yet ready|ready yet))|sleeping (?:for )?\d+ ?s`,
		Not: `waiting for (?:connections?|requests?|client|work|job|input|debugger|signal|events?|messages?|tasks?|incoming|in-flight|inflight|shutdown|graceful|all|pending|active|background|worker|process|children|child|caches?|leader|next|data|stop|termination|completion|more|new|gossip|sync\w*|cluster|quorum|peers?|lock|election|node|volumes?|pods?|replicas?|external|cache|response|reply|initial|first|it|this|that|user|approval|file|condition|deployment|rollout|a (?:connection|client|debugger)|informer)\b|waiting for the condition`,
		Eg: []string{"waiting for ledger-db", "waiting for ledger-db:5432...", "wait-for-it.sh: waiting 15 seconds for ledger-db:5432", "Waiting for: tcp://ledger-db:5432", "Postgres is unavailable - sleeping", "ledger-db:5432 - no response", "still waiting for database ledger", "ledger-db is not ready yet", "ledger-db is not ready",
			"ledger-db not yet ready", "the rates store is not available yet: ledger-db is not available yet", "waiting on ledger-db", "waiting until ledger-db:5432 is up", "connection failed, sleeping 1s", "waiting for rates to become ready", "waiting for /shared/rates.csv"},
		Miss: []string{"waiting for connections on port 27017", "timed out waiting for the condition", "Waiting for gossip to settle..."}},
	{Cause: "dependency-unreachable", Of: "any", Level: Error,
		Has: []string{"timeout occurred after waiting", "timeout after", "timed out waiting for", "timed out after", "gave up waiting", "giving up waiting"},
		Re:  `(?:timeout occurred after waiting|timeout after|timed out after) \d+ ?\w* (?:for|waiting for|waiting on|connecting to):? \[?(?:tcp://)?` + reHostPort + `|(?:timed out|gave up|giving up) waiting (?:for|on):? (?:tcp://)?(?P<host2>[\w.-]+):(?P<port2>\d+)|timeout after \d+\w* waiting on dependencies`,
		Eg:  []string{"wait-for-it.sh: timeout occurred after waiting 15 seconds for ledger-db:5432", "timed out waiting for ledger-db:5432", "gave up waiting for ledger-db:5432", "giving up waiting for ledger-db:5432", "Timeout after 10s waiting on dependencies to become available: [tcp://ledger-db:5432]", "timed out after 30 seconds waiting for ledger-db:5432"}},
	{Cause: "startup-too-slow", Of: "any", Level: Hint, AnyLevel: true,
		Has: []string{"still starting", "starting up", "warming up", "loading model", "still loading", "running migrations", "applying migration", "rebuilding index", "replaying wal", "recovery in progress", "initializing database", "loading checkpoint", "startup in progress"},
		Eg:  []string{"ledger is still starting", "starting up", "warming up caches", "Loading model weights", "still loading rates", "Running migrations:", "applying migration 0007", "rebuilding index rates", "replaying WAL segment 9", "recovery in progress", "initializing database ...", "Loading checkpoint shards: 33%", "application startup in progress"}},
}
