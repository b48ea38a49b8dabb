package inspect

import "testing"

func TestHTTPMark(t *testing.T) {
	for in, want := range map[string]mark{
		"HTTP/1.1 200 OK\r\n": markHTTP2, "HTTP/1.0 301 Moved": markHTTP3, "HTTP/1.1 404 Not Found": markHTTP4, "HTTP/1.0 502 Bad Gateway": markHTTP5,
		"HTTP/1.1 100 Continue": markHTTP1, "GET / HTTP/1.1\r\n": markHTTPRequest, "DELETE /x": markHTTPRequest,
		"HTTP/1.1 999 x": markNone, "HTTP/": markNone, "GETTING x": markNone, "": markNone, "HTTP/1.1 ": markNone,
	} {
		if got := httpMark([]byte(in)); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}

func TestSyslogAndLogMarks(t *testing.T) {
	for in, want := range map[string]mark{"<11>x": markSyslogError, "<12>x": markSyslogWarning, "<14>x": markSyslog, "<999>x": markNone, "hello": markNone, "<>": markNone} {
		if got, _ := syslogMark([]byte(in)); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
	for in, want := range map[string]mark{"an ERROR": markLogError, "Warning: x": markLogWarning, "fine": markLog, "": markLog} {
		if got := logMark([]byte(in)); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}
