package uts

import (
	"math"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// longest is a name of the greatest length: __NEW_UTS_LEN, include/uapi/linux/utsname.h.
var longest = strings.Repeat("n", 64)

var _ = Specs("UTS namespaces:", Label("uts"), func() {
	for _, name := range names {
		Describe(name.call, func() {
			var inside, witness *harness.Subject
			BeforeEach(func() {
				inside = Spawn(harness.Cloned(nsutil.UTS), harness.Named("inside"))
				witness = Get(inside.Fork())
				Expect(name.set(inside, "unchanged")).To(Succeed())
			})

			It("refuses a negative length and one above 64, and accepts 64", Proves("uts-"+name.call+"-length-einval"), func() {
				for _, length := range []int{-1, math.MinInt32, 65, 66, 4096, math.MaxInt32} {
					Expect(name.setBytes(inside, strings.Repeat("x", 4096), length)).To(MatchError(unix.EINVAL), "with length %d", length)
					Expect(name.get(witness)).To(Equal("unchanged"), "after length %d", length)
				}
				Expect(name.setBytes(inside, longest, 64)).To(Succeed())
				Expect(name.get(witness)).To(Equal(longest))
			})

			It("refuses a pointer to nothing", Proves("uts-"+name.call+"-efault"), func() {
				page := unmapped(inside)
				for _, pointer := range []any{nil, harness.Hex(1), harness.Hex(math.MaxUint64 - 4095), page, page - 4} {
					Expect(name.setBytes(inside, pointer, 8)).To(MatchError(unix.EFAULT), "with pointer %v", pointer)
					Expect(name.get(witness)).To(Equal("unchanged"))
				}
			})
		})
	}

	It("sethostname takes as many bytes as it is told, and no more", Proves("uts-sethostname-needs-no-nul"), func() {
		inside := Spawn(harness.Cloned(nsutil.UTS))
		witness := Get(inside.Fork())
		for length := range len(longest) + 1 {
			Expect(names[0].setBytes(inside, harness.In([]byte(longest+"after the end")), length)).To(Succeed())
			Expect(witness.Hostname()).To(Equal(longest[:length]))
			Expect(witness.ReadFile("/proc/sys/kernel/hostname")).To(Equal(longest[:length] + "\n"))
		}
		for first := 1; first < 256; first += 64 {
			name := make([]byte, min(64, 256-first))
			for i := range name {
				name[i] = byte(first + i)
			}
			Expect(names[0].setBytes(inside, harness.In(name), len(name))).To(Succeed())
			Expect(witness.Hostname()).To(BeEquivalentTo(name), "a byte may have any value")
		}
		for _, shorter := range []string{longest, "ab"} {
			Expect(names[0].setBytes(inside, harness.In([]byte(shorter)), len(shorter))).To(Succeed())
			Expect(witness.Hostname()).To(Equal(shorter), "nothing of a longer name before it remains")
		}
	})
})

// unmapped returns an address at which the subject has just unmapped a page,
// behind one that has something in it.
func unmapped(s *harness.Subject) harness.Hex {
	size := unix.Getpagesize()
	addr := Get(s.Syscall("mmap", unix.SYS_MMAP, nil, 2*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, -1, 0))
	end := harness.Hex(addr + uintptr(size))
	Arrange(s.Poke(uintptr(end)-4, []byte("half")))
	Get(s.Syscall("munmap", unix.SYS_MUNMAP, end, size))
	return end
}
