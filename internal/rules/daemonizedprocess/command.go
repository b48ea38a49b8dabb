package daemonizedprocess

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// way is how a command line leads into the background.
type way struct {
	// what is the part of the command line that does it; "" for none.
	what string
	// told: an option or operator says so, it is not the program's habit.
	told bool
}

// options are what tells a program to become a daemon, and habits what does so
// without being told, from the programs' own manual pages.
var (
	options = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)--daemoni[sz]e(?:[= ](?:yes|true|1))?(?:\s|$)|--daemon(?:\s|$)|--fork(?:\s|$)|--detach(?:ed)?(?:\s|$)|--background(?:\s|$)|\s-daemon(?:\s|$)|\s-detached(?:\s|$)|\bdaemon on;`)
	})
	habits = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:\S*/)?(?:service\s+\S+\s+(?:re)?start|systemctl\s+(?:re)?start\s+\S+|rc-service\s+\S+\s+start|\S*/init\.d/\S+\s+(?:re)?start|init\.d/\S+\s+start|(?:apachectl|apache2ctl|httpd)\s+(?:-k\s+)?(?:re)?start|catalina\.sh\s+start|startup\.sh|pg_ctl\s+(?:.*\s)?start|pg_ctlcluster\s.*\sstart|pm2\s+start|forever\s+start|supervisorctl\s+start|zkServer\.sh\s+start|start-(?:all|dfs|yarn|master|worker|slave)\.sh|hbase-daemon\.sh\s+start|celery\s+multi\s+start|nohup\s+.*&|sshd|vsftpd|crond?|rsyslogd|httpd|apache2|dnsmasq|postfix\s+start|nginx(?:\s+-[cpeg]\s+[^-\s]\S*(?:\s+[^-\s]\S*)*)*|php-fpm[\d.]*(?:\s+(?:-[cpy]|--fpm-config|--prefix)[\s=]\S+)*)$`)
	})
)

// background says how a command line leads into the background.
func background(argv []string) way {
	if len(argv) == 0 {
		return way{}
	}
	last, script := lastCommand(argv)
	if script && (strings.HasSuffix(last, "&") && !strings.HasSuffix(last, "&&")) {
		return way{last, true}
	}
	if strings.Contains(last, "daemon off") || strings.Contains(last, "nodaemon") {
		return way{}
	}
	if m := options().FindString(" " + last); m != "" {
		return way{strings.TrimSpace(m), true}
	}
	if m := habits().FindString(last); m != "" {
		return way{m, false}
	}
	return way{}
}

// lastCommand returns the command that decides how long the container lives: the
// last one of a script given to a shell, else the command line itself.
func lastCommand(argv []string) (cmd string, script bool) {
	i := slices.IndexFunc(argv, func(a string) bool { return len(a) > 1 && a[0] == '-' && a[1] != '-' && strings.HasSuffix(a, "c") })
	if i < 1 || i+1 >= len(argv) || !isShell(argv[0]) {
		return strings.Join(argv, " "), false
	}
	s := strings.TrimRight(argv[i+1], " \t\n;")
	for _, sep := range []string{"\n", ";", "&&", "||"} {
		if at := strings.LastIndex(s, sep); at >= 0 && !strings.ContainsAny(s[at:], `"'`) {
			s = s[at+len(sep):]
		}
	}
	return strings.TrimPrefix(strings.TrimSpace(s), "exec "), true
}

func isShell(name string) bool {
	switch path.Base(name) {
	case "sh", "bash", "ash", "dash", "zsh", "ksh":
		return true
	}
	return false
}

// foreground names the way to keep a program in the foreground, from its manual.
func foreground(argv []string) string {
	last, _ := lastCommand(argv)
	for _, x := range []struct{ word, way string }{
		{"nginx", "nginx -g 'daemon off;'"},
		{"apache", "apachectl -D FOREGROUND"},
		{"httpd", "httpd -D FOREGROUND"},
		{"catalina", "catalina.sh run"},
		{"startup.sh", "catalina.sh run"},
		{"redis", "redis-server --daemonize no"},
		{"mongod", "mongod without --fork"},
		{"pm2", "pm2-runtime start"},
		{"pg_ctl", "postgres -D DIRECTORY"},
		{"zkServer", "zkServer.sh start-foreground"},
		{"sshd", "sshd -D -e"},
		{"cron", "crond -f"},
		{"php-fpm", "php-fpm -F"},
		{"mysql", "mysqld"},
		{"supervisor", "supervisord -n"},
	} {
		if strings.Contains(last, x.word) {
			return x.way
		}
	}
	return ""
}
