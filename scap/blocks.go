package scap

import "fmt"

// family is what a block is about; one decoder serves each.
type family uint8

const (
	famUnknown family = iota
	famSection
	famMachine
	famProcess
	famFD
	famInterface
	famUser
	famEvent
)

// blockInfo describes one block type.
type blockInfo struct {
	name    string
	family  family
	version uint8
	// flags says that the event is preceded by 32 bits of flags.
	flags bool
	// large says that events in it use 32-bit parameter lengths.
	large bool
	// legacy marks the numbers of 2013 pre-releases.
	legacy bool
}

// Block numbers. The hex digits follow the decimal look: after 0x209 comes 0x210.
// Source: falcosecurity/libs at 48dfd53, userspace/libscap/scap_savefile.h.
const (
	BlockSection   = 0x0A0D0D0A
	BlockMachine   = 0x201
	BlockProcess   = 0x215
	BlockFD        = 0x218
	BlockEvent     = 0x216
	BlockEventF    = 0x217
	BlockInterface = 0x219
	BlockUser      = 0x220
	BlockEventL    = 0x221
	BlockEventFL   = 0x222
)

var blocks = map[uint32]blockInfo{
	BlockSection: {name: "SHB", family: famSection},

	BlockMachine: {name: "MI", family: famMachine, version: 1},
	0x8002ABCD:   {name: "MI", family: famMachine, version: 1, legacy: true},

	0x202:        {name: "PL v1", family: famProcess, version: 1},
	0x207:        {name: "PL v2", family: famProcess, version: 2},
	0x209:        {name: "PL v3", family: famProcess, version: 3},
	0x210:        {name: "PL v4", family: famProcess, version: 4},
	0x211:        {name: "PL v5", family: famProcess, version: 5},
	0x212:        {name: "PL v6", family: famProcess, version: 6},
	0x213:        {name: "PL v7", family: famProcess, version: 7},
	0x214:        {name: "PL v8", family: famProcess, version: 8},
	BlockProcess: {name: "PL v9", family: famProcess, version: 9},
	0x8000ABCD:   {name: "PL v1", family: famProcess, version: 1, legacy: true},
	0x8013ABCD:   {name: "PL v2", family: famProcess, version: 2, legacy: true},
	0x8014ABCD:   {name: "PL v3", family: famProcess, version: 3, legacy: true},

	0x203:      {name: "FDL v1", family: famFD, version: 1},
	BlockFD:    {name: "FDL v2", family: famFD, version: 2},
	0x8001ABCD: {name: "FDL v1", family: famFD, version: 1, legacy: true},

	0x205:          {name: "IL v1", family: famInterface, version: 1},
	BlockInterface: {name: "IL v2", family: famInterface, version: 2},
	0x8011ABCD:     {name: "IL v1", family: famInterface, version: 1, legacy: true},

	0x206:      {name: "UL v1", family: famUser, version: 1},
	BlockUser:  {name: "UL v2", family: famUser, version: 2},
	0x8012ABCD: {name: "UL v1", family: famUser, version: 1, legacy: true},

	0x204:        {name: "EV v1", family: famEvent, version: 1},
	0x208:        {name: "EVF v1", family: famEvent, version: 1, flags: true},
	BlockEvent:   {name: "EV v2", family: famEvent, version: 2},
	BlockEventF:  {name: "EVF v2", family: famEvent, version: 2, flags: true},
	BlockEventL:  {name: "EV v2 large", family: famEvent, version: 2, large: true},
	BlockEventFL: {name: "EVF v2 large", family: famEvent, version: 2, flags: true, large: true},
	0x8010ABCD:   {name: "EV v1", family: famEvent, version: 1, legacy: true},
}

// BlockName gives the short name of a block type, such as "PL v9", or its number.
func BlockName(block uint32) string {
	if b, ok := blocks[block]; ok {
		return b.name
	}
	return fmt.Sprintf("0x%X", block)
}

// BlockPrivate is the number of our own metadata block. No other program uses it and
// all skip it, as long as it stands before the first event.
const BlockPrivate = 0x0BAD5CA9
