package inspect

import "github.com/unloop-dev/unloop/event"

// mark says what a payload, or the descriptor it went through, makes of a call.
type mark uint8

const (
	markNone mark = iota
	markHTTPRequest
	markHTTP1 // a response of class 1xx, and so on
	markHTTP2
	markHTTP3
	markHTTP4
	markHTTP5
	markDNSQuestion
	markDNSAnswer
	markDNSFailure
	markOut // a write to descriptor 1, not a file
	markErr // a write to descriptor 2, not a file
	markLog
	markLogWarning
	markLogError
	markSyslog
	markSyslogWarning
	markSyslogError
	markUnlisten // the close of a listening socket
	markChild    // the return of a fork in the new process
	marks        // how many there are; at most 64
)

// outcome is what came of an event: the coordinate of a cell that is neither who nor what to.
type outcome struct {
	typ event.Type
	// errno is the positive number of a failed call; 0 for all others. For the generic
	// "syscall" event, which has no result, it is the number of the call.
	errno uint16
	mark  mark
	// slow grades the latency of I/O on files: 1 for above 1 ms, 2 above 10 ms, 3 above 100 ms.
	slow uint8
}

// anyEnter stands for the enters of all calls: what they are is counted at their exits.
const anyEnter event.Type = 0

// genericExit is the code of the exit of a call that has no event of its own.
const genericExit event.Type = 1

// pack lays the outcome out in 32 bits: 10 for the code, 12 for the errno, 6 for the mark, 2 for slow.
func (o outcome) pack() uint32 {
	return uint32(o.typ&0x3ff) | uint32(o.errno&0xfff)<<10 | uint32(o.mark&0x3f)<<22 | uint32(o.slow&3)<<28
}

// unpack reads what pack made. An index file may hold anything: a mark that does not exist
// is none.
func unpack(p uint32) outcome {
	o := outcome{typ: event.Type(p & 0x3ff), errno: uint16(p >> 10 & 0xfff), mark: mark(p >> 22 & 0x3f), slow: uint8(p >> 28 & 3)}
	if o.mark >= marks {
		o.mark = markNone
	}
	return o
}

// outcomes numbers the outcomes met.
type outcomes struct {
	list   []uint32
	plain  [1 << 10]uint32 // by code, for outcomes with nothing special; number+1
	others map[uint32]uint32
	recent [1 << 8]struct{ packed, id uint32 } // of others, the latest that were asked for
	lost   uint64
}

func newOutcomes() *outcomes { return &outcomes{others: map[uint32]uint32{}} }

func (w *outcomes) id(o outcome) uint32 {
	p := o.pack()
	if p < uint32(len(w.plain)) {
		if w.plain[p] == 0 {
			w.list = append(w.list, p)
			w.plain[p] = uint32(len(w.list))
		}
		return w.plain[p] - 1
	}
	r := &w.recent[p*0x9E3779B1>>24]
	if r.packed == p {
		return r.id
	}
	if id, ok := w.others[p]; ok {
		r.packed, r.id = p, id
		return id
	}
	if len(w.list) >= maxOutcomes {
		w.lost++
		return w.id(outcome{typ: o.typ})
	}
	w.list = append(w.list, p)
	w.others[p] = uint32(len(w.list) - 1)
	return uint32(len(w.list) - 1)
}

// trait is a property of an outcome that measures, tiles and views ask for.
type trait uint64

const (
	tEnter trait = 1 << iota
	tExit        // the exit of a call, or an event that stands alone
	tCall        // the exit of a system call
	tRead        // read bytes
	tWrite       // wrote bytes
	tError
	tOpen
	tClose
	tConnect
	tAccept
	tBind
	tExec
	tFork
	tDeath
	tSignal
	tSwitch
	tProcinfo
	tPageFault
	tSymlink
	tUnlink
	tSetns
	tDrop
	tNotification
	tInfra
	tHTTP // a response
	tHTTPRequest
	tHTTPError // a response of class 4xx or 5xx
	tHTTP3
	tHTTP4
	tHTTP5
	tDNS // a question
	tDNSAnswer
	tDNSFailure
	tOutput
	tStderr
	tLog
	tLogWarning
	tLogError
	tSyslog
	tSyslogWarning
	tSyslogError
	tSlow1
	tSlow10
	tSlow100
	tFileError
	tNetError
	tMemoryError
	tOtherError
	tIOError    // of a call whose category is that of its descriptor
	tInProgress // EINPROGRESS, which is no failure yet
	tPassing    // EAGAIN, EINTR and the like: no failure of the program
	tUnlisten
	tChild
	tIO // reads or writes through a descriptor, whatever came of it
)

var markTraits = [marks]trait{
	markHTTPRequest: tHTTPRequest,
	markHTTP1:       tHTTP, markHTTP2: tHTTP, markHTTP3: tHTTP | tHTTP3,
	markHTTP4: tHTTP | tHTTPError | tHTTP4, markHTTP5: tHTTP | tHTTPError | tHTTP5,
	markDNSQuestion: tDNS, markDNSAnswer: tDNSAnswer, markDNSFailure: tDNSAnswer | tDNSFailure,
	markOut: tOutput, markErr: tOutput | tStderr,
	markLog: tLog, markLogWarning: tLog | tLogWarning, markLogError: tLog | tLogError,
	markSyslog: tSyslog, markSyslogWarning: tSyslog | tSyslogWarning, markSyslogError: tSyslog | tSyslogError,
	markUnlisten: tUnlisten, markChild: tChild,
}

// Error numbers of Linux that the package knows by number (include/uapi/asm-generic/errno-base.h and errno.h).
const (
	eNOENT      = 2
	eINTR       = 4
	eAGAIN      = 11
	eNOMEM      = 12
	eACCES      = 13
	eNOTDIR     = 20
	eNFILE      = 23
	eMFILE      = 24
	eNOSPC      = 28
	eALREADY    = 114
	eINPROGRESS = 115
	eRESTARTSYS = 512
	eTIMEDOUT   = 110
	eREFUSED    = 111
)

// traits tells what an outcome is.
func (o outcome) traits() trait {
	c := classOf(o.typ)
	return o.traits0(&c)
}

func (o outcome) traits0(c *class) trait {
	t := c.traits | markTraits[o.mark]
	if o.typ == genericExit {
		return t // the number of the call stands where others have the error
	}
	if o.errno != 0 {
		// A call that failed did not do what its name says; what it tried stays.
		t = t&^(tRead|tWrite|tFork|tClose) | tError
		switch o.errno {
		case eINPROGRESS:
			t |= tInProgress
		case eAGAIN, eINTR, eALREADY, eRESTARTSYS, eRESTARTSYS + 1, eRESTARTSYS + 2, eRESTARTSYS + 4:
			t |= tPassing
		}
		t |= c.fails
	}
	switch o.slow {
	case 1:
		t |= tSlow1
	case 2:
		t |= tSlow1 | tSlow10
	case 3:
		t |= tSlow1 | tSlow10 | tSlow100
	}
	return t
}
