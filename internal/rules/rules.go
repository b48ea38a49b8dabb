// Package rules is the catalogue: one package per cause, listed in all.go.
//
// A rule states what is true of its cause, not what one sample says; its
// testdata holds hits and near misses. Rules import diagnose, know and logsig,
// never each other.
package rules

//go:generate go run ../tools/new list
