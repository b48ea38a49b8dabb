package capture

import (
	"encoding/base64"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/unloop-dev/unloop/event"
)

// Line is one event of the JSON form. Fields that are not known are left out; fields
// are only ever added.
type Line struct {
	// Num is the number of the event in the capture, of its blocks from 1.
	Num  uint64 `json:"num"`
	Time string `json:"time"`
	// Nanos is the same time since the Unix epoch.
	Nanos uint64 `json:"nanos"`
	CPU   uint16 `json:"cpu"`
	Type  string `json:"type"`
	// Dir is enter or exit; events that stand alone are enters.
	Dir  string `json:"dir"`
	Tid  int64  `json:"tid"`
	Pid  int64  `json:"pid,omitempty"`
	Vpid int64  `json:"vpid,omitempty"`
	// Process is the short name of the program.
	Process   string         `json:"process,omitempty"`
	Container *LineContainer `json:"container,omitempty"`
	// Result is what the call gave back, Error the name of its error.
	Result *int64 `json:"result,omitempty"`
	Error  string `json:"error,omitempty"`
	// LatencyNanos is the time from the enter to the exit.
	LatencyNanos uint64  `json:"latencyNanos,omitempty"`
	FD           *LineFD `json:"fd,omitempty"`
	// Args are the parameters by name: numbers, texts, texts of flags and addresses.
	// Bytes that are no text stand in {"base64": ...}.
	Args map[string]any `json:"args,omitempty"`
}

// LineContainer is the container of a line.
type LineContainer struct {
	ID        string `json:"id"`
	Name      string `json:"name,omitempty"`
	Image     string `json:"image,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Pod       string `json:"pod,omitempty"`
}

// LineFD is the descriptor of a line.
type LineFD struct {
	Num  int64  `json:"num"`
	Name string `json:"name,omitempty"`
}

func appendJSON(b []byte, ev *event.Event, m *Masker) []byte {
	l := Line{
		Num: ev.Num, Time: time.Unix(0, int64(ev.TsNanos)).UTC().Format(time.RFC3339Nano), Nanos: ev.TsNanos, CPU: ev.CPU,
		Type: ev.Name(), Dir: direction(ev), Tid: ev.Tid,
	}
	if t := ev.Thread; t != nil {
		l.Pid, l.Process = t.Pid, t.Comm
		if t.Vpid != t.Pid {
			l.Vpid = t.Vpid
		}
		if c := t.Container; c != nil {
			l.Container = &LineContainer{c.ID, c.Name, c.Image, c.PodNamespace, c.PodName}
		}
	}
	if res, ok := ev.Result(); ok {
		l.Result = &res
		if ev.Failed() {
			l.Error = event.ErrnoName(-res)
		}
	}
	if ev.EnterTsNanos != 0 && ev.TsNanos > ev.EnterTsNanos {
		l.LatencyNanos = ev.TsNanos - ev.EnterTsNanos
	}
	if ev.FDNum >= 0 && ev.FD != nil {
		l.FD = &LineFD{ev.FDNum, m.Text(ev.FD.String())}
	}
	for i := range ev.NParams {
		if ev.Kind == nil || i >= len(ev.Kind.Params) {
			break
		}
		if p, ok := ev.Param(i); ok && len(p) > 0 {
			if l.Args == nil {
				l.Args = map[string]any{}
			}
			l.Args[ev.Kind.Params[i].Name] = jsonValue(&ev.Kind.Params[i], p)
		}
	}
	out, err := json.Marshal(l) // of the types above and of jsonValue, which all have a form
	if err != nil {
		return b
	}
	return append(b, out...)
}

func jsonValue(p *event.Param, b []byte) any {
	switch p.Type {
	case event.CharBuf, event.FSPath, event.FSRelPath:
		return textOrBytes(event.CString(b))
	case event.ByteBuf:
		return textOrBytes(b)
	case event.Errno, event.Fd, event.Pid, event.Int8, event.Int16, event.Int32, event.Int64, event.Fd32, event.Pid32:
		if n, ok := event.Signed(b); ok {
			return n
		}
	case event.Uint8, event.Uint16, event.Uint32, event.Uint64, event.UID, event.GID, event.RelTime, event.AbsTime, event.Port, event.Mode:
		if n, ok := event.Unsigned(b); ok {
			return n
		}
	}
	return Text(p, b, 0)
}

func textOrBytes(b []byte) any {
	if utf8.Valid(b) {
		return string(b)
	}
	return map[string]string{"base64": base64.StdEncoding.EncodeToString(b)}
}
