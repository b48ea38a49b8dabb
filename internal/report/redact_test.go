package report

import (
	"strings"
	"testing"
	"time"
)

// All credentials here are made up for the test. The long ones are put together
// from halves, so that scanners of repositories do not stop at them.
func TestRedact_credentials(t *testing.T) {
	jwt := "eyJhbGciOiJSUzI1NiJ9" + ".eyJzdWIiOiJzaG9wIn0" + ".c2lnbmF0dXJl"
	for _, tc := range []struct{ name, in, want string }{
		{"env", "DB_PASSWORD=hunter2 PORT=80", "DB_PASSWORD=[redacted] PORT=80"},
		{"env numbered", "DB_PASSWORD_2=hunter2", "DB_PASSWORD_2=[redacted]"},
		{"env pg", "PGPASSWORD=hunter2", "PGPASSWORD=[redacted]"},
		{"env short", "REDIS_PASS=hunter2", "REDIS_PASS=[redacted]"},
		{"yaml", "password: hunter2", "password: [redacted]"},
		{"yaml with more behind", "user: shop password: correcthorse host: db", "user: shop password: [redacted] host: db"},
		{"json", `{"user":"shop","password":"hun ter,2","port":1}`, `{"user":"shop","password":"[redacted]","port":1}`},
		{"json in a string", `msg="{\"password\":\"hunter2\",\"port\":1}"`, `msg="{\"password\":\"[redacted]\",\"port\":1}"`},
		{"json cut", `{"clientSecret": "abc def`, `{"clientSecret": "[redacted]`},
		{"python", "{'api_key': 'abc123'}", "{'api_key': '[redacted]'}"},
		{"ruby", `:password=>"hunter2"`, `:password=>"[redacted]"`},
		{"go", `Config{Password:hunter2}`, `Config{Password:[redacted]}`},
		{"properties", "spring.datasource.password = hunter2", "spring.datasource.password = [redacted]"},
		{"flag with equals", "app --token=abc --port=1", "app --token=[redacted] --port=1"},
		{"flag with blank", "app --db-password hunter2 --port 1", "app --db-password [redacted] --port 1"},
		{"flag quoted", `app --password "a b" x`, `app --password "[redacted]" x`},
		{"query", "GET /login?user=a&access_token=abc&x=1", "GET /login?user=a&access_token=[redacted]&x=1"},
		{"dsn words", "host=db user=shop password=hunter2 dbname=shop", "host=db user=shop password=[redacted] dbname=shop"},
		{"connection string", "Server=db;Password=hunter2;Database=shop", "Server=db;Password=[redacted];Database=shop"},
		{"azure", "AccountName=shop;AccountKey=QUJDREVGR0g=;EndpointSuffix=x", "AccountName=shop;AccountKey=[redacted];EndpointSuffix=x"},
		{"env object", "name: DB_PASSWORD value: hunter2", "name: DB_PASSWORD value: [redacted]"},
		{"env json object", `{"name":"API_TOKEN", "value":"abc"}`, `{"name":"API_TOKEN", "value":"[redacted]"}`},
		{"url", "dial postgres://shop:hunter2@db:5432/shop failed", "dial postgres://shop:[redacted]@db:5432/shop failed"},
		{"url no user", "redis://:hunter2@cache:6379", "redis://:[redacted]@cache:6379"},
		{"url odd password", `parse "postgres://shop:p/w@2@db/shop": invalid port`, `parse "postgres://shop:[redacted]@db/shop": invalid port`},
		{"url token", "https://abcdefghij0123456789@git.example/x.git", "https://[redacted]@git.example/x.git"},
		{"mysql dsn", "shop:hunter2@tcp(db:3306)/shop", "shop:[redacted]@tcp(db:3306)/shop"},
		{"authorization", "Authorization: Bearer abc", "Authorization: Bearer [redacted]"},
		{"authorization basic", `-H "Authorization: Basic c2hvcDpodW50ZXIy" x`, `-H "Authorization: Basic [redacted]" x`},
		{"authorization raw", "authorization=QWxhZGRpbjpvcGVuc2VzYW1l1", "authorization=[redacted]"},
		{"bearer", "sent bearer abcDEF123456 to server", "sent bearer [redacted] to server"},
		{"cookie", `Set-Cookie: sid=1; path=/`, `Set-Cookie: [redacted]`},
		{"curl", "curl -s -u shop:hunter2 http://x", "curl -s -u shop:[redacted] http://x"},
		{"sql", "CREATE USER shop IDENTIFIED BY 'hunter2'", "CREATE USER shop IDENTIFIED BY '[redacted]'"},
		{"jwt", "got " + jwt + " here", "got [redacted] here"},
		{"aws", "key AKIA" + "ABCDEFGHIJKLMNOP used", "key [redacted] used"},
		{"aws secret", "AWS_SECRET_ACCESS_KEY=/Abc+def/GHI", "AWS_SECRET_ACCESS_KEY=[redacted]"},
		{"github", "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789", "[redacted]"},
		{"slack hook", "https://hooks.slack.com/services/" + "T000/B000/abc", "https://hooks.slack.com/services/[redacted]"},
		{"private key", "a -----BEGIN RSA " + "PRIVATE KEY----- MIIE abc -----END RSA PRIVATE KEY----- b", "a -----BEGIN RSA PRIVATE KEY-----[redacted]-----END RSA PRIVATE KEY----- b"},
		{"private key cut", "a -----BEGIN " + "PRIVATE KEY----- MIIE abc", "a -----BEGIN PRIVATE KEY-----[redacted]"},
		{"token that looks like one", "token: abcdef0123456789", "token: [redacted]"},
		{"sas", "https://x.example/b?sv=2020&sig=aBc123dEf456%3D", "https://x.example/b?sv=2020&sig=[redacted]"},
		{"docker config", `{"auths":{"r.example":{"auth":"c2hvcDpodW50ZXIy"}}}`, `{"auths":{"r.example":{"auth":"[redacted]"}}}`},
		{"change", "env DB_PASSWORD: hunter2 -> hunter3 -> x", "env DB_PASSWORD: [redacted] -> [redacted] -> x"},
		{"change quoted", `env DB_PASSWORD: "hunter2" -> "hunter3"`, `env DB_PASSWORD: "[redacted]" -> "[redacted]"`},
		{"create secret", "kubectl create secret docker-registry r --docker-password=hunter2", "kubectl create secret docker-registry r --docker-password=[redacted]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Redact(tc.in)
			if got != tc.want {
				t.Errorf("Redact(%q)\n got: %s\nwant: %s", tc.in, got, tc.want)
			}
			if again := Redact(got); again != got {
				t.Errorf("twice: %q became %q", got, again)
			}
		})
	}
}

// What a diagnosis says all day must stay readable.
func TestRedact_harmless(t *testing.T) {
	for _, in := range []string{
		`secret "db-creds" not found`,
		`couldn't find key DB_PASSWORD in Secret shop/db-creds`,
		`DB_PASSWORD: <set to the key 'password' in secret 'db-creds'>`,
		`secretName: db-creds`, `imagePullSecrets: regcred-2`, `secret: db-creds-v2`,
		`FATAL: password authentication failed for user "shop"`,
		`error: password: must not be empty`, `invalid password: authentication failed`,
		`unexpected token: '}' at line 3`, `syntax error near unexpected token ')'`, `SyntaxError: Unexpected token: name`,
		`flag --token is required`, `unknown flag: --password`, `missing required variable: API_TOKEN`,
		`docker-pullable://app:1.2@sha256:0123456789abcdef`, `docker-pullable://registry.example:5000/shop/app@sha256:0123`,
		`http://api:8080/users/a@b.example`, `Get "https://registry.example/v2/": dial tcp 10.0.0.1:443: i/o timeout`,
		`Bearer realm="https://auth.example/token",service="registry.example"`, `bearer authentication required`,
		`tokenExpirationSeconds: 3607`, `automountServiceAccountToken: false`, `PWD=/srv/app`,
		`std::token::parse failed`, `pass: 12 fail: 3`, `--docker-password=PASSWORD`, `--docker-password="$PASSWORD"`,
		`tokenFile: /var/run/secrets/token`, `password=/run/secrets/db`, `password_file=/run/secrets/db`,
		`rpc error: code = Unavailable desc = connection refused`, `exec: "python3.12": executable file not found in $PATH`,
		`key: value`, `bypass=true`, `monkey: banana`, `exit code 1, reason Error, after 1s`,
	} {
		if got := Redact(in); got != in {
			t.Errorf("Redact(%q)\n got: %s", in, got)
		}
	}
}

// Hostile lines must not take more than linear time. The bound is wide: quadratic
// work on these takes minutes.
func TestRedact_linear(t *testing.T) {
	const usual = 1 << 18
	for _, part := range []string{`password="`, `password=/a`, `token:/a:`, "--token ", `\"`, "x://a:", "name: token value", "-----BEGIN PRIVATE KEY-----", "eyJ", "a.", "=", ":", `secret: "`} {
		n := usual
		if strings.Contains(part, "://") {
			n *= 16 // what is looked for behind it is found so fast that less hides a square
		}
		in := strings.Repeat(part, n/len(part))
		start := time.Now()
		Redact(in)
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%q repeated to %d bytes took %v", part, n, d)
		}
	}
}
