package main

import (
	"strings"
)

// someBytes is text that files hold; reads take parts of it.
var someBytes = strings.Repeat("server { listen 80; server_name _; location / { proxy_pass http://api:8000; } } # generated, not a real file\n", 10)

var (
	methods = []string{"GET", "GET", "GET", "GET", "POST", "PUT", "DELETE"}
	paths   = []string{"/", "/api/orders", "/api/orders/17", "/healthz", "/static/app.js", "/static/site.css", "/login", "/api/users?page=2", "/metrics", "/missing"}
	// statuses in about the shares of a web shop on a bad day.
	statuses = []string{"200 OK", "200 OK", "200 OK", "200 OK", "200 OK", "200 OK", "304 Not Modified", "301 Moved Permanently", "404 Not Found", "403 Forbidden", "500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"}
	names    = []string{"api.shop.svc.cluster.local", "redis.shop.svc.cluster.local", "db.shop.svc.cluster.local", "pay.example.com", "basket.shop.svc.cluster.local"}
	levels   = []string{"INFO", "INFO", "INFO", "INFO", "WARN", "ERROR", "DEBUG"}
)

func pick[T any](g *gen, list []T) T { return list[g.rnd.IntN(len(list))] }

func (g *gen) request() string {
	return pick(g, methods) + " " + pick(g, paths) + " HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: load/1.0\r\nAccept: */*\r\n\r\n"
}

func (g *gen) response() string {
	return "HTTP/1.1 " + pick(g, statuses) + "\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 612\r\n\r\n"
}

func (g *gen) logLine() string {
	return "2026-01-02T03:04:05.678Z " + pick(g, levels) + " request " + itoa(int64(g.rnd.IntN(100000))) + " took " + itoa(int64(g.rnd.IntN(900))) + " ms path=" + pick(g, paths) + "\n"
}

// dnsQuestion is a DNS message that asks for the address of a name.
func (g *gen) dnsQuestion(id uint16, name string) []byte {
	b := []byte{byte(id >> 8), byte(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for part := range strings.SplitSeq(name, ".") {
		b = append(append(b, byte(len(part))), part...)
	}
	return append(b, 0, 0, 1, 0, 1)
}

// dnsAnswer answers it, with an address or with an error code.
func (g *gen) dnsAnswer(q []byte, code byte) []byte {
	b := append([]byte(nil), q...)
	b[2], b[3] = 0x81, 0x80|code
	if code == 0 {
		b[7] = 1
		b = append(b, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 10, 96, byte(g.rnd.IntN(255)), byte(g.rnd.IntN(255)))
	}
	return b
}
