package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// engine runs this repository's reader, filter and format with the options of sysdig.
func engine(path string, j job) ([]string, error) {
	template, opt, err := options(j.args)
	if err != nil {
		return nil, err
	}
	tr := state.New()
	sess := &filter.Session{State: tr, Old: true, OldNumbers: true}
	f, err := filter.Compile(j.filter, sess)
	if err != nil {
		return nil, err
	}
	out, err := filter.NewFormat(template, sess, opt)
	if err != nil {
		return nil, err
	}
	r, err := scap.Open(path, scap.ReadOptions{Meta: tr, Workers: 1})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var buf []byte
	var ev event.Event
	for {
		if err := r.Next(&ev); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		tr.Apply(&ev)
		sess.See(&ev)
		if !filter.VisibleOld(&ev) || !f.Match(&ev) {
			continue
		}
		var ok bool
		if buf, ok = out.Append(buf, &ev); ok {
			buf = append(buf, '\n')
		}
	}
	return lines(buf), nil
}

// options translates the options of sysdig that formats.txt uses.
func options(args []string) (template string, opt filter.FormatOptions, err error) {
	template = filter.DefaultTemplate
	for i := 0; i < len(args); i++ {
		switch a := args[i]; a {
		case "-p", "-t":
			if i++; i == len(args) {
				return "", opt, fmt.Errorf("option %s needs a value", a)
			}
			if a == "-p" {
				template = args[i]
			} else {
				opt.Time = filter.TimeForm(args[i][0])
			}
		case "-pc":
			template = filter.ContainerTemplate
		case "-pk":
			template = filter.KubernetesTemplate
		case "-j":
			opt.JSON = true
		case "-A":
			opt.Buffer = filter.ASCII
		case "-x":
			opt.Buffer = filter.HexDump
		case "-X":
			opt.Buffer = filter.HexASCII
		case "-b":
			opt.Buffer = filter.Base64
		default:
			return "", opt, fmt.Errorf("unknown option %s", a)
		}
	}
	return template, opt, nil
}
