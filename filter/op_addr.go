package filter

import (
	"net/netip"
	"slices"
)

type addrTest func(address) bool

// parseAddr reads an address as descriptors hold it.
func parseAddr(s string) (address, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return address{}, false
	}
	var out address
	if a.Is4() {
		v4 := a.As4()
		copy(out.ip[:], v4[:])
		return out, true
	}
	return address{ip: a.As16(), v6: true}, true
}

// network is an address and how many of its first bits count.
type network struct {
	address
	bits int
}

// parseNet reads a network in CIDR form; an address alone is the network of it.
func parseNet(s string) (network, bool) {
	if a, ok := parseAddr(s); ok {
		if a.v6 {
			return network{a, 128}, true
		}
		return network{a, 32}, true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return network{}, false
	}
	a, ok := parseAddr(p.Addr().String())
	return network{a, p.Bits()}, ok
}

func (n *network) contains(a address) bool {
	if a.v6 != n.v6 {
		return false
	}
	whole := n.bits / 8
	for i := range whole {
		if a.ip[i] != n.ip[i] {
			return false
		}
	}
	if rest := n.bits % 8; rest != 0 {
		mask := byte(0xff) << (8 - rest)
		return a.ip[whole]&mask == n.ip[whole]&mask
	}
	return true
}

func newAddrSet(vals []address) addrTest {
	return func(a address) bool { return slices.Contains(vals, a) }
}

func newNetSet(vals []network) addrTest {
	return func(a address) bool {
		for i := range vals {
			if vals[i].contains(a) {
				return true
			}
		}
		return false
	}
}
