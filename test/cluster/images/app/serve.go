package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func init() { commands["serve"] = serve }

// serve is a web server with /healthz, /readyz and /.
//
//	serve [-listen ADDRESS] [-warmup DURATION] [-backend HOST:PORT] [-workers N] [-rates N] [-query DURATION]
func serve(args []string) error {
	f := flag.NewFlagSet("serve", flag.ExitOnError)
	listen := f.String("listen", ":8080", "the `address` to listen on")
	warmup := f.Duration("warmup", 0, "how long the cache is filled before anything is served")
	backend := f.String("backend", "", "a `host:port` without which /healthz fails")
	workers := f.Int("workers", 4, "how many requests run at once; with none every request fails")
	rates := f.Int("rates", 1, "how many rates the table holds")
	query := f.Duration("query", 0, "how long the query takes that /healthz runs")
	f.Parse(args)
	if *rates == 0 {
		return errors.New("giving up: the rate table is empty")
	}
	if *warmup > 0 {
		log.Printf("warming up the cache, this takes %s", *warmup)
		time.Sleep(*warmup)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintln(w, "hello")
	})
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(*query)
		if err := health(*backend, *workers); err != nil {
			log.Printf("GET /healthz: %v", err)
			code := http.StatusInternalServerError
			if *backend != "" {
				code = http.StatusServiceUnavailable
			}
			http.Error(w, err.Error(), code)
		}
	})
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	log.Printf("listening on %s", l.Addr())
	go func() {
		if err := http.Serve(l, mux); err != nil {
			log.Print(err)
			os.Exit(1)
		}
	}()
	return stay()
}

// health is what /healthz looks at.
func health(backend string, workers int) error {
	if workers == 0 {
		return errors.New("no worker is alive")
	}
	if backend == "" {
		return nil
	}
	c, err := net.DialTimeout("tcp", backend, time.Second)
	if err != nil {
		return fmt.Errorf("backend: %w", err)
	}
	return c.Close()
}
