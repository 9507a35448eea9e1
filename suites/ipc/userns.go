package ipc

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("IPC namespaces:", Label("ipc"), func() {
	for _, way := range harness.Ways() {
		for _, o := range objects() {
			It("what is made in one that is made with a user namespace by the same "+string(way)+" is its members' alone: "+o.what, Proves(
				"ipc-"+o.word+"-unreachable-elsewhere", "ipc-new-namespace-empty", "ipc-objects-visible-to-all-members"), func() {
				NeedKconfig(o.option)
				creator := Spawn(harness.Cloned(nsutil.IPC), harness.Named("creator"))
				key := freeKey()
				outer, err := o.open(creator, key, create)
				Expect(err).NotTo(HaveOccurred())
				Expect(o.write(creator, outer, 7)).To(Succeed())

				inside := isolateWithUser(creator, way)
				below := Get(inside.Fork())
				Arrange(below.Unshare(unix.CLONE_NEWUSER))
				above := Spawn(harness.Joined(inside, nsutil.IPC), harness.Named("above"))
				members := []*harness.Subject{inside, below, above}
				for _, member := range members {
					_, err := o.open(member, key, 0)
					Expect(err).To(MatchError(unix.ENOENT), "the creator's, from %s", member.Name())
				}

				inner, err := o.open(inside, key, create)
				Expect(err).NotTo(HaveOccurred())
				for i, member := range members {
					found, err := o.open(member, key, 0)
					Expect(err).NotTo(HaveOccurred(), "from %s", member.Name())
					Expect(o.write(inside, inner, 10+i)).To(Succeed())
					Expect(o.read(member, found)).To(Equal(10+i), "from %s", member.Name())
				}
				Expect(o.read(creator, outer)).To(Equal(7), "the creator's")
				Expect(o.remove(inside, key, inner)).To(Succeed())
			})
		}

		It("one that is made with a user namespace by the same "+string(way)+" has the default message queue limits", Proves("ipc-mqueue-default-limits"), func() {
			NeedSysctl("fs/mqueue/msg_max")
			defaults := map[string]string{"msg_max": "10", "msgsize_max": "8192", "queues_max": "256"}
			creator := Spawn(harness.Cloned(nsutil.IPC), harness.Named("creator"))
			for file := range defaults {
				Arrange(creator.WriteFile("/proc/sys/fs/mqueue/"+file, "200", 0))
			}
			inside := isolateWithUser(creator, way)
			for file, value := range defaults {
				Expect(inside.ReadFile("/proc/sys/fs/mqueue/"+file)).To(Equal(value+"\n"), file)
			}
			Expect(mqOpen(&harness.MqAttr{MaxMsg: 11, MsgSize: 1}, 0, "")(inside)).To(MatchError(unix.EINVAL))
			Expect(mqOpen(&harness.MqAttr{MaxMsg: 1, MsgSize: 8193}, 0, "")(inside)).To(MatchError(unix.EINVAL))
			Expect(mqOpen(&harness.MqAttr{MaxMsg: 10, MsgSize: 8192}, 0, "")(inside)).To(Succeed())
		})
	}
})

// isolateWithUser makes root of a new user namespace in a new IPC namespace that
// this owns.
func isolateWithUser(creator *harness.Subject, way harness.Way) *harness.Subject {
	NeedKconfig("CONFIG_USER_NS")
	child, err := creator.Isolate(way, nsutil.User, nsutil.IPC)
	Expect(err).NotTo(HaveOccurred(), "making a user and an IPC namespace by %s", way)
	Arrange(child.MapIDs(subordinate, subordinate))
	Arrange(child.Setresgid(0, 0, 0))
	Arrange(child.Setresuid(0, 0, 0))
	return child
}
