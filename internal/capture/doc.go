// Package capture works on capture files as wholes: it dumps their blocks, checks
// them, cuts parts out of them that are captures themselves, merges several, converts
// them to text and takes out what must not be shared.
//
// It reads through scap and scap/state and writes through scap.Writer. Where output
// goes, and how it is put in its place, is the command's business (internal/cli). Texts
// in its output come from captures: whoever prints them cleans them. Memory is bounded
// by the state of the capture and, for Cut with a filter, by a bit for each event.
package capture
