package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

func init() {
	commands["total"] = total
	commands["lookup"] = lookup
	commands["cache"] = cache
	commands["tail"] = tailFiles
}

// total adds up the second column of lines such as "rent 1200"; it trusts that
// there is one.
//
//	total LINE...
func total(args []string) error {
	sum := 0
	for _, line := range args {
		n, err := strconv.Atoi(strings.Fields(line)[1])
		if err != nil {
			return err
		}
		sum += n
	}
	log.Printf("total %d", sum)
	return stay()
}

// lookup reads from a page that it may not read, as a native library with a stale
// pointer does: the signal has its default action, no runtime catches it.
//
//	lookup
func lookup([]string) error {
	log.Print("loading the index")
	page, err := syscall.Mmap(-1, 0, os.Getpagesize(), syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return err
	}
	// A struct sigaction of the kernel, all zero: SIG_DFL, no flags, no mask.
	var action [4]uint64
	if _, _, e := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGSEGV), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0); e != 0 {
		return e
	}
	log.Printf("the first entry is %d", page[0])
	return stay()
}

// cache fills memory with so many MiB and stays.
//
//	cache MIB
func cache(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: cache MIB")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	log.Printf("caching %d MiB", n)
	var held [][]byte
	for range n {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 512 {
			b[i] = byte(i)
		}
		held = append(held, b)
	}
	log.Printf("cached %d MiB", len(held))
	return stay()
}

// tailFiles opens a file so many times at once, as a log shipper does with many
// files, and stays.
//
//	tail FILE COUNT
func tailFiles(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: tail FILE COUNT")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	for range n {
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
	}
	log.Printf("following %d files", n)
	return stay()
}
