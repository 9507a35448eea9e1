package nsfs

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("NS_GET_NSTYPE", Label("nsfs"), func() {
	for _, kind := range nsutil.Kinds() {
		requirement := "nsfs-nstype-is-clone-flag"
		if kind == nsutil.Time {
			requirement = "nsfs-nstype-of-time"
		}
		It("returns the flag that makes a "+string(kind)+" namespace, whoever asks", Label(string(kind)), Proves(requirement), func() {
			outside, root := Spawn(harness.Named("outside")), rootOfNew("root")
			member := isolate(root, kind)
			files := []string{kind.File(member.PID()), kind.File(outside.PID())}
			if kind == nsutil.PID || kind == nsutil.Time {
				files = append(files, files[0]+"_for_children")
			}
			for _, file := range files {
				fd := Get(outside.Open(file, 0))
				Expect(outside.NSType(fd)).To(Equal(cloneFlags[kind]))

				stranger := Get(outside.Fork())
				Arrange(stranger.Unshare(nsutil.User.Flag()))
				Arrange(stranger.DropCapabilities(allCapabilities()...))
				Expect(stranger.NSType(fd)).To(Equal(cloneFlags[kind]), "as somebody without privilege in another user namespace asks")
			}

			fd := open(outside, member, kind)
			Arrange(member.End())
			Expect(outside.NSType(fd)).To(Equal(cloneFlags[kind]), "without members")
		})
	}
})

// cloneFlags are the CLONE_NEW* constants, from include/uapi/linux/sched.h.
var cloneFlags = map[nsutil.Kind]int{
	nsutil.Cgroup: 0x02000000,
	nsutil.IPC:    0x08000000,
	nsutil.Mnt:    0x00020000,
	nsutil.Net:    0x40000000,
	nsutil.PID:    0x20000000,
	nsutil.Time:   0x00000080,
	nsutil.User:   0x10000000,
	nsutil.UTS:    0x04000000,
}
