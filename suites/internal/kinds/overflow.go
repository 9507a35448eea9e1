package kinds

import (
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/spec"
)

// Overflow is the label of specs that go by the overflow ids: one sets them.
const Overflow = "overflow"

// OverflowIDs returns the ids that stand for all that are not mapped, as s reads
// them; see proc_sys_kernel(5). A spec that asks has the label [Overflow].
func OverflowIDs(s *harness.Subject) (uid, gid uint32) {
	read := func(file string) uint32 {
		text := strings.TrimSpace(spec.Get(s.ReadFile("/proc/sys/kernel/" + file)))
		return uint32(spec.Get(strconv.ParseUint(text, 10, 32)))
	}
	return read("overflowuid"), read("overflowgid")
}
