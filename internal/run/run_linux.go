package run

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// passed are the signals that are passed on to the command.
var passed = []os.Signal{
	syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2,
	syscall.SIGWINCH, syscall.SIGTSTP, syscall.SIGCONT,
}

// Run runs the command of cfg under its rules until they, or a signal to this process, end
// it. It changes nothing of cfg. An error says that the work could not be done; a command
// that cannot be started is a result.
//
// The signals above are taken while it runs. When ctx ends the command is asked to end, and
// made to when its grace is over.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	cfg = cfg.filled()
	if len(cfg.Argv) == 0 {
		return nil, errors.New("no command to run")
	}
	say := cfg.Observer
	signals := make(chan os.Signal, 16)
	for _, sig := range passed {
		if !signal.Ignored(sig) { // nohup and background jobs stay what they are
			signal.Notify(signals, sig)
		}
	}
	defer signal.Stop(signals)
	p, err := newPlace(&cfg, say.Note)
	if err != nil {
		return nil, err
	}

	s := &supervisor{
		cfg: &cfg, machine: p, clock: newCrashClock(cfg.Backoff, cfg.MaxBackoff), signals: signals, say: say,
		known: known{cfg: &cfg, host: hostName()}, hangup: p.term != nil,
	}
	s.diagnose = func(d *Death, wait time.Duration) { d.Diagnosis = s.known.explain(ctx, d, wait, s.clock) }
	err = s.run(ctx)
	return &s.result, errors.Join(err, p.close())
}

// filled gives cfg with its defaults.
func (cfg Config) filled() Config {
	if cfg.Name == "" && len(cfg.Argv) > 0 {
		cfg.Name = strings.TrimSpace(filepath.Base(cfg.Argv[0]))
	}
	if cfg.Restart == "" {
		cfg.Restart = Never
	}
	if cfg.Grace <= 0 {
		cfg.Grace = defaultGrace
	}
	if cfg.Record == "" {
		cfg.Record = RecordAuto
	}
	if cfg.Env == nil {
		cfg.Env = os.Environ()
	}
	if cfg.Observer == nil {
		cfg.Observer = nobody{}
	}
	if cfg.In == nil {
		cfg.In = os.Stdin
	}
	if cfg.Out == nil {
		cfg.Out = os.Stdout
	}
	if cfg.Err == nil {
		cfg.Err = os.Stderr
	}
	probes := make([]Probe, len(cfg.Probes))
	for i, x := range cfg.Probes {
		probes[i] = x.filled()
	}
	cfg.Probes = probes
	return cfg
}

// defaultGrace is terminationGracePeriodSeconds without a value: k8s.io/api core/v1
// DefaultTerminationGracePeriodSeconds.
const defaultGrace = 30 * time.Second

// nobody is an Observer that is not interested.
type nobody struct{}

func (nobody) Note(string)                              {}
func (nobody) Started(Status)                           {}
func (nobody) Changed(Status)                           {}
func (nobody) Died(*Death)                              {}
func (nobody) Waiting(Status, time.Time, time.Duration) {}
