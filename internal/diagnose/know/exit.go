package know

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ExitOptions is what is known beside the number. Every field may be zero.
type ExitOptions struct {
	// Reason is the terminated state's reason: it decides what the number means
	// where kubelet or runtime invented it.
	Reason string
	// Program names what ran: a command, a path or an image reference
	// ("nginx", "/usr/bin/python3.12", "docker.io/library/mongo:7.0").
	Program string
}

// Reading is what one kind of software means by an exit code.
type Reading struct {
	// By is the software.
	By   string `json:"by"`
	Code int32  `json:"code"`
	// Name is the software's own name of the code, "" where it has none.
	Name   string `json:"name,omitempty"`
	Means  string `json:"means"`
	Causes []Hint `json:"causes,omitempty"`
	Source string `json:"source"`
}

// ExitInfo explains one exit code.
type ExitInfo struct {
	Code int32 `json:"code"`
	// Hex is the code as Windows writes it ("0xC0000005"), "" for 0 to 255.
	Hex string `json:"hex,omitempty"`
	// Name is the code's name: a signal's, a sysexits or status name; "" without.
	Name string `json:"name,omitempty"`
	// Meaning is one line, without a full stop at its end.
	Meaning string `json:"meaning"`
	// SetBy says who chooses the number.
	SetBy string `json:"setBy"`
	// Invented is true where the number says nothing about the process.
	Invented bool `json:"invented,omitempty"`
	// Signal is the name of the signal that the code stands for, "" for none.
	Signal string `json:"signal,omitempty"`
	// CoreDump is a note where the signal also writes a core dump, else "".
	CoreDump string   `json:"coreDump,omitempty"`
	Causes   []Hint   `json:"causes,omitempty"`
	Apart    []string `json:"apart,omitempty"`
	Check    []string `json:"check,omitempty"`
	// Readings is what particular software means by it; that of
	// ExitOptions.Program comes first.
	Readings []Reading `json:"readings,omitempty"`
	Sources  []string  `json:"sources"`
}

// exitRow is one entry of the general tables of codes.
type exitRow struct {
	code   int32
	name   string
	means  string
	setBy  string
	causes []Hint
	apart  []string
	check  []string
	source string
}

// reasonRow is an entry for a terminated reason that changes what codes mean.
type reasonRow struct {
	reason string
	// codes are those it usually comes with; strict limits it to them.
	codes    []int32
	strict   bool
	means    string
	setBy    string
	invented bool
	causes   []Hint
	check    []string
	source   string
}

const (
	setByProgram = "the program itself"
	coreNote     = "a core file is written where the node's /proc/sys/kernel/core_pattern says and RLIMIT_CORE allows; the code is the same with and without it"
)

// Exit explains any exit code. It never fails: a code that nothing defines is
// the program's own.
func Exit(code int32, opts ExitOptions) ExitInfo {
	info := ExitInfo{Code: code}
	switch {
	case code < 0 || code > 255:
		wideExit(&info)
	default:
		byteExit(&info)
	}
	byReason(&info, opts.Reason)
	info.Readings = readingsFor(code, opts.Program)
	// A death by signal stays the likelier meaning, whatever else the program
	// uses the number for; a reason has spoken before.
	if len(info.Readings) > 0 && info.Signal == "" && !info.Invented {
		if r := &info.Readings[0]; programOf(opts.Program) == r.By {
			preferReading(&info, r)
		}
	}
	return info
}

// byteExit fills in a code that a Linux process can really end with.
func byteExit(info *ExitInfo) {
	if row := findExit(exitRows, info.Code); row != nil {
		fillExit(info, row)
		return
	}
	if s, ok := signalOfCode(info.Code); ok {
		info.Name, info.Signal = s.Name, s.Name
		info.Meaning = fmt.Sprintf("killed by signal %d, %s (%s)", s.Number, s.Name, strings.ToLower(s.Text))
		info.SetBy = "the runtime, as 128 + signal of process 1; a shell as process 1 reports the death of its child in the same way, and a program may choose the number itself"
		info.Causes, info.Apart, info.Check = s.Causes, s.Apart, s.Check
		info.Sources = []string{s.Source}
		if s.Action == Core {
			info.CoreDump = coreNote
		}
		return
	}
	info.SetBy = setByProgram
	info.Causes = []Hint{{"app-error-exit", "where its log names nothing narrower"}}
	info.Check = []string{cmdPrevious, "the program's documentation or source: Kubernetes and Linux give this number no meaning"}
	info.Sources = []string{"exit(3): 0 to 255 are the program's; only 126 and above have meanings outside of it"}
	switch s, known := signalOfCode(info.Code); {
	case known:
	case s.Name != "":
		info.Meaning = fmt.Sprintf("the program's own code; it is not a death by signal %d, for %s does not end a process", s.Number, s.Name)
	default:
		info.Meaning = "the program's own code, without a general meaning"
	}
}

// wideExit fills in a code outside 0 to 255: Windows, CRI-O's -1, or a number
// that was wrapped on its way.
func wideExit(info *ExitInfo) {
	info.Hex = fmt.Sprintf("0x%08X", uint32(info.Code)) // two's complement is what is meant
	if row := findExit(windowsRows, info.Code); row != nil {
		fillExit(info, row)
		return
	}
	low := int32(uint8(info.Code)) // exit(2) keeps the low 8 bits
	info.SetBy = "a Windows process; a Linux process cannot end with it"
	info.Meaning = fmt.Sprintf("a Linux process that asks for it ends with %d: only the low 8 bits arrive", low)
	info.Check = []string{cmdPrevious, "operating system of the node: kubernetes.io/os", fmt.Sprintf("unloop explain %d", low)}
	info.Causes = []Hint{{"app-error-exit", "where the log names nothing narrower"}}
	info.Sources = []string{"exit(3): status & 0xFF; containerd and CRI-O pass Windows' 32 bits on unchanged, the API shows them as int32"}
	if info.Code > 0 && info.Code%256 == 0 && info.Code>>8 <= 255 {
		info.Apart = []string{fmt.Sprintf("if it was read as a raw wait status (wait(2)): %d = %d << 8, exit code %d", info.Code, info.Code>>8, info.Code>>8)}
	}
	if uint32(info.Code)>>28 == 0xC { // NTSTATUS: severity error, defined by Microsoft
		info.Meaning = "a Windows status with severity error; it is not in unloop's table"
		info.Causes = []Hint{{"native-crash", "the process was ended by an exception"}, {"app-error-exit", ""}}
	}
}

// byReason lets a terminated reason override what the number alone says.
func byReason(info *ExitInfo, reason string) {
	for i := range reasonRows {
		r := &reasonRows[i]
		if !strings.EqualFold(r.reason, reason) || r.strict && !slices.Contains(r.codes, info.Code) {
			continue
		}
		if r.invented {
			info.Name, info.Signal, info.CoreDump, info.Apart = "", "", "", nil
		}
		info.Meaning = r.say(info.Code)
		info.SetBy, info.Invented = r.setBy, r.invented
		info.Causes, info.Check = r.causes, r.check
		info.Sources = []string{r.source}
		return
	}
}

// say fills the code into the row's text.
func (r *reasonRow) say(code int32) string {
	return strings.ReplaceAll(r.means, "{code}", strconv.Itoa(int(code)))
}

func fillExit(info *ExitInfo, row *exitRow) {
	info.Name, info.Meaning, info.SetBy = row.name, row.means, row.setBy
	info.Causes, info.Apart, info.Check = row.causes, row.apart, row.check
	info.Sources = []string{row.source}
}

func findExit(rows []exitRow, code int32) *exitRow {
	for i := range rows {
		if rows[i].code == code {
			return &rows[i]
		}
	}
	return nil
}

// preferReading puts the meaning of the software that is known to have run first.
func preferReading(info *ExitInfo, r *Reading) {
	info.Meaning = r.By + ": " + lowerFirst(strings.TrimSuffix(r.Means, "."))
	if r.Name != "" {
		info.Name = r.Name
	}
	causes := slices.Clone(r.Causes)
	for _, h := range info.Causes {
		if !slices.ContainsFunc(causes, func(o Hint) bool { return o.Cause == h.Cause }) {
			causes = append(causes, h)
		}
	}
	info.Causes = causes
	info.Sources = append([]string{r.Source}, info.Sources...)
}

// readingsFor collects what software means by a code, that of what ran first.
func readingsFor(code int32, ran string) []Reading {
	var out []Reading
	mine := programOf(ran)
	eachProgram(func(p *program) bool {
		for _, c := range p.codes {
			if c.code != code {
				continue
			}
			r := Reading{By: p.name, Code: code, Name: c.name, Means: c.means, Causes: c.causes, Source: p.source}
			if p.name == mine {
				out = slices.Insert(out, 0, r)
			} else {
				out = append(out, r)
			}
		}
		return true
	})
	if e := findErrno(code); e != nil && findExit(exitRows, code) == nil {
		r := Reading{
			By: "a program that passes errno on (Perl's die does)", Code: code, Name: e.name,
			Means: "Its last system call failed: " + e.text + ".", Source: "errno(3), numbers of x86-64 and arm64",
		}
		if e.cause != "" {
			r.Causes = []Hint{{Cause: e.cause}}
		}
		out = append(out, r)
	}
	return out
}

// programOf finds the software that a command, path or image reference names,
// "" for none.
func programOf(s string) string {
	base := s
	if len(base) > 512 {
		return ""
	}
	if i := strings.IndexByte(base, '@'); i >= 0 {
		base = base[:i]
	}
	if i := strings.LastIndexByte(base, '/'); i >= 0 {
		base = base[i+1:]
	}
	if i := strings.IndexByte(base, ':'); i >= 0 {
		base = base[:i]
	}
	base = strings.ToLower(strings.TrimSpace(base))
	if name := byAlias(base); name != "" {
		return name
	}
	return byAlias(strings.TrimRight(base, "0123456789.-_"))
}

func byAlias(alias string) string {
	name := ""
	eachProgram(func(p *program) bool {
		if slices.Contains(p.aliases, alias) {
			name = p.name
		}
		return name == ""
	})
	return name
}

func findErrno(n int32) *errnoRow {
	for i := range errnos {
		if errnos[i].n == n {
			return &errnos[i]
		}
	}
	return nil
}

func lowerFirst(s string) string {
	if len(s) < 2 || s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
