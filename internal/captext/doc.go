// Package captext compiles a capture from text, so that tests can say in a few lines
// what a process did before it died, and prints the text of a capture, so that a recording
// can become such a test. It owns the text form; the file is written by scap.Writer in the
// layout that every reader takes.
//
// # The form
//
// One statement a line; a # begins a comment. Values with blanks stand in double
// quotes, with Go's escapes. What there was when the capture began:
//
//	machine NAME
//	container KEY [pod=NAMESPACE/NAME] [uid=UID] [name=CONTAINER] [image=IMAGE] [id=HEX]
//	process PID NAME [in=KEY] [vpid=N] [parent=PID] [exe=PATH] [args="a b c"] [cwd=DIR] [uid=N] [fdlimit=N] [rss=KIB] [of=PID]
//	fd PID NUMBER file|pipe|unix NAME
//	fd PID NUMBER tcp|udp CLIENT->SERVER
//	fd PID NUMBER listen ADDRESS
//
// of=PID makes it a thread of a process. args are split at blanks, or at their NULs
// where they hold any.
//
// What happened, each line after a delay from the one before:
//
//	+DELAY TID CALL [RESULT] [PARAMETER=VALUE]...
//
// CALL is the name of a system call in event.Kinds; enter and exit are written. RESULT
// is a number or the name of an error; without one it is the length of data, else 0. A ?
// stands for a call that never returned.
// Parameters have the names of the table. Text is text, flags are numbers or names with |
// between them, addresses are 10.0.0.1:80, [fd00::1]:80 or a path. connect and accept take
// to=ADDRESS and from=ADDRESS. data takes text, or a message of a name server:
// "dns? A db.shop" is a question, "dns! A db.shop NXDOMAIN" and "dns! A db.shop
// 10.96.0.7" are answers.
//
// Some lines are more than one event, or are about a process:
//
//	+DELAY TID fork CHILD [in=KEY] [vpid=N]    the child's events may follow
//	+DELAY TID thread CHILD
//	+DELAY TID exec PATH [ERROR] [args="a b"]
//	+DELAY TID signal NAME [from=PID]          0, the default, is the kernel
//	+DELAY TID exit CODE|SIGNAL [core]
package captext
