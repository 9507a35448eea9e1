package nsutil

import "fmt"

// CapSet is a set of capabilities, one bit each. See capabilities(7).
type CapSet uint64

// Has tells whether the set has a capability, given by its number: unix.CAP_SYS_ADMIN.
func (s CapSet) Has(capability int) bool {
	return capability >= 0 && capability < 64 && s&(1<<capability) != 0
}

// String returns the set as /proc/PID/status shows it: "000001ffffffffff".
func (s CapSet) String() string {
	return fmt.Sprintf("%016x", uint64(s))
}
