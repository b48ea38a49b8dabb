package main

import (
	"bytes"
	"os"
	"testing"
)

func TestReference_isFresh(t *testing.T) {
	have, err := os.ReadFile("../../../docs/ref/fields.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, render()) {
		t.Error("docs/ref/fields.md is stale; renew it with: go generate ./event")
	}
}
