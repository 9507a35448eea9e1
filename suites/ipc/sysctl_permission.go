package ipc

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// families are the sysctls of IPC namespaces by the option that brings them.
var families = []struct {
	what, option string
	limits       []limit
}{
	{"System V sysctls", "CONFIG_SYSVIPC_SYSCTL", sysvLimits},
	{"POSIX message queue sysctls", "CONFIG_POSIX_MQUEUE_SYSCTL", queueLimits},
}

var _ = Specs("IPC namespaces:", Label("ipc"), func() {
	for _, family := range families {
		It("the "+family.what+" cannot be changed by one without privilege over the IPC namespace", Proves("ipc-sysctl-unprivileged-write-refused"), func() {
			NeedKconfig(family.option)
			NeedSysctl(family.limits[0].file)
			root := Spawn(harness.Cloned(nsutil.IPC), harness.Named("root"))
			below := newRoot(root, nobody)
			Arrange(below.MapIDs("0 65534 1", "0 65534 1"))
			strangers := map[string]*harness.Subject{
				"a user without capabilities":                                  holding(root, nobody),
				"the root of a user namespace that does not own the namespace": below,
			}
			for _, limit := range onePerFile(family.limits) {
				before, err := limit.value(root)
				Expect(err).NotTo(HaveOccurred())
				for who, s := range strangers {
					_, err := s.Open(limit.path(), unix.O_RDWR)
					Expect(err).To(MatchError(unix.EACCES), "%s opened for reading and writing by %s", limit.file, who)
					Expect(limit.set(s, limit.low)).To(MatchError(unix.EACCES), "%s written by %s", limit.file, who)
					Expect(limit.value(root)).To(Equal(before), "%s after a refusal", limit.file)
				}
				Expect(limit.set(root, limit.low)).To(Succeed(), "%s written by root", limit.file)
				for who, s := range strangers {
					Expect(limit.value(s)).To(Equal(limit.low), "%s as %s reads it", limit.file, who)
					Expect(limit.set(s, before)).To(MatchError(unix.EACCES), "%s written by %s", limit.file, who)
					Expect(limit.value(root)).To(Equal(limit.low), "%s after a refusal", limit.file)
				}
				Arrange(limit.set(root, before))
			}
		})

		It("the "+family.what+" can be changed by the root of the user namespace that owns the IPC namespace", Proves("ipc-sysctl-owner-root-writable"), func() {
			NeedKconfig(family.option)
			outside := Spawn(harness.Named("outside"))
			root := Spawn(harness.Cloned(nsutil.User, nsutil.IPC), harness.Mapped(subordinate), harness.Named("root of the owner"))
			other := holding(root, 5)
			below := newRoot(root, 6)
			beside := Spawn(harness.Cloned(nsutil.User, nsutil.IPC), harness.Mapped("0 200000 1000"), harness.Named("root of another"))
			for _, limit := range onePerFile(family.limits) {
				host, inside := Get(limit.value(outside)), Get(limit.value(root))
				for _, s := range []*harness.Subject{other, below} {
					Expect(limit.set(s, limit.low)).To(MatchError(unix.EACCES), "%s written by %s", limit.file, s.Name())
					Expect(limit.value(root)).To(Equal(inside), "%s after a refusal", limit.file)
				}
				Expect(limit.exceed(root)).To(Succeed(), "before %s is lowered", limit.file)
				Expect(limit.set(root, limit.low)).To(Succeed(), "%s", limit.file)
				Expect(limit.value(other)).To(Equal(limit.low), "%s", limit.file)
				Expect(limit.exceed(root)).To(MatchError(limit.errno), "when %s is lowered", limit.file)
				Expect(limit.value(outside)).To(Equal(host), "%s outside", limit.file)
				Expect(limit.value(beside)).To(Equal(inside), "%s of another namespace", limit.file)
				Expect(limit.set(root, inside)).To(Succeed(), "%s", limit.file)
			}
		})
	}
})

// onePerFile returns the first limit of each file.
func onePerFile(limits []limit) []limit {
	var all []limit
	seen := map[string]bool{}
	for _, l := range limits {
		if !seen[l.file] {
			all, seen[l.file] = append(all, l), true
		}
	}
	return all
}
