//go:build linux

package run

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// helper is set in the environment of a process that is to run a command until it is killed.
const helper = "UNLOOP_RUN_TEST_HELPER"

// The test binary becomes the commands that it starts.
func TestMain(m *testing.M) {
	Stub()
	if os.Getenv(helper) != "" {
		cfg := Config{Argv: []string{"sh", "-c", "echo $$ >pid; while :; do sleep 600; done"}, Record: RecordOff}
		_, err := Run(context.Background(), cfg)
		fmt.Fprintln(os.Stderr, "ended:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
