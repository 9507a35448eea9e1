package mount

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

const (
	maxFile    = "/proc/sys/fs/mount-max"
	defaultMax = 100000
)

// setMax sets fs.mount-max, which is the whole machine's.
func setMax(max int) {
	Arrange(os.WriteFile(maxFile, []byte(strconv.Itoa(max)), 0))
}

// crowd returns a process in a mount namespace that has so many more mounts than
// others that a limit of these is none to them. It puts the machine's limit back
// when the spec ends.
func crowd() (s *harness.Subject, dir string) {
	NeedInitial(nsutil.User)
	before := Get(os.ReadFile(maxFile))
	DeferCleanup(func() { Arrange(os.WriteFile(maxFile, before, 0)) })
	s, dir = mounts.Stage()
	Arrange(s.Mkdir(dir + "/point"))
	Arrange(s.Mkdir(dir + "/many"))
	mounts.Tmpfs(s, dir+"/many")
	for _, half := range []string{"0", "1", "2", "3", "4", "5", "6"} {
		Arrange(s.Mkdir(dir + "/many/" + half))
		Arrange(s.Mount(dir+"/many", dir+"/many/"+half, "", recursive, ""))
	}
	return s, dir
}

// count returns the number of mounts that s sees.
func count(s *harness.Subject) int {
	return len(Get(mounts.Table(s)))
}

// fill has s mount at dir/point until it is refused, and returns how many there
// was room for.
func fill(s *harness.Subject, dir string) int {
	const tooMany = 64
	for n := range tooMany {
		before := table(s)
		err := s.Mount("none", dir+"/point", "tmpfs", 0, "")
		if err != nil {
			Expect(err).To(MatchError(unix.ENOSPC))
			Expect(table(s)).To(Equal(before), "a refused call changed the mounts")
			return n
		}
	}
	Fail(fmt.Sprintf("more than %d mounts are not refused", tooMany))
	return 0
}

var _ = Specs("fs.mount-max", Label("mount"), func() {
	It("is 100000 by default", Proves("mount-max-enospc"), func() {
		init, err := os.Stat("/proc/1/exe")
		self, errSelf := os.Stat("/proc/self/exe")
		value := strings.TrimSpace(string(Get(os.ReadFile(maxFile))))
		if err != nil || errSelf != nil || !os.SameFile(init, self) {
			Note("somebody else than the suite has begun this machine, on which fs.mount-max is %s", value)
			return
		}
		Expect(value).To(Equal(strconv.Itoa(defaultMax)))
	})

	It("is the number of mounts that a mount namespace can have", Serial, Proves("mount-max-enospc"), func() {
		s, dir := crowd()
		visible := count(s)
		const room = 5
		setMax(visible + room)
		got := fill(s, dir)
		if atNamespaceRoot(s) {
			Expect(got).To(Equal(room))
		}
		Expect(got).To(BeNumerically("<=", room))
		for _, more := range []int{1, 3} {
			before := count(s)
			setMax(visible + room + more)
			Expect(fill(s, dir)).To(Equal(more-(before-visible-got)), "with a limit %d higher", more)
		}
		Expect(s.Umount(dir+"/point", 0)).To(Succeed())
		Expect(fill(s, dir)).To(Equal(1), "after one unmount")
		setMax(visible)
		Expect(s.Umount(dir+"/point", 0)).To(Succeed())
		Expect(fill(s, dir)).To(Equal(0), "above the limit")
		setMax(defaultMax)
		Expect(s.Mount("none", dir+"/point", "tmpfs", 0, "")).To(Succeed())
	})

	It("refuses every call that makes a mount, and no other", Serial, Proves("mount-max-enospc"), func() {
		s, dir := crowd()
		place(s, dir+"/tree", "tree")
		place(s, dir+"/tree/below", "below")
		Arrange(s.Mkdir(dir + "/to"))
		beside := mounts.Beside(s)
		visible := count(s)
		setMax(visible)
		for _, mounter := range []*harness.Subject{s, beside} {
			for _, call := range []func() error{
				func() error { return mounter.Mount("none", dir+"/to", "tmpfs", 0, "") },
				func() error { return mounter.Bind(dir+"/tree", dir+"/to") },
				func() error { return mounter.Mount(dir+"/tree", dir+"/to", "", recursive, "") },
				func() error {
					return mounter.MoveMount(Get(mounter.OpenTree(dir+"/tree", unix.OPEN_TREE_CLONE)), dir+"/to")
				},
			} {
				expectRefused(mounter, unix.ENOSPC, call)
			}
		}
		Expect(s.Mount(dir+"/tree", dir+"/to", "", unix.MS_MOVE, "")).To(Succeed(), "a move")
		Expect(s.Mount("none", dir+"/to", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")).To(Succeed(), "a remount")
		Expect(s.Umount(dir+"/to/below", 0)).To(Succeed())
		nested := Get(s.Clone(unix.CLONE_NEWNS))
		Expect(layout(nested)).To(Equal(layout(s)), "a copy of all")
	})

	It("refuses a subtree for which there is not enough room as a whole", Serial, Proves("mount-max-enospc"), func() {
		s, dir := crowd()
		place(s, dir+"/tree", "tree")
		place(s, dir+"/tree/a", "a")
		place(s, dir+"/tree/a/b", "b")
		Arrange(s.Mkdir(dir + "/to"))
		visible := count(s)
		setMax(visible + 4)
		Expect(fill(s, dir)).To(BeNumerically(">=", 2))
		Arrange(s.Umount(dir+"/point", 0))
		Arrange(s.Umount(dir+"/point", 0)) // room for two
		bind := func() error { return s.Mount(dir+"/tree", dir+"/to", "", recursive, "") }
		expectRefused(s, unix.ENOSPC, bind, "three mounts where there is room for two")
		Expect(fill(s, dir)).To(Equal(2), "the refused call has taken no room")
		setMax(visible + 5)
		Arrange(s.Umount(dir+"/point", 0))
		Arrange(s.Umount(dir+"/point", 0)) // room for three
		Expect(bind()).To(Succeed())
		Expect(mounts.Below(s, dir+"/to")).To(Equal([]string{"a", "a/b"}))
		Expect(fill(s, dir)).To(Equal(0))
		Expect(s.Umount(dir+"/to", unix.MNT_DETACH)).To(Succeed())
		Expect(fill(s, dir)).To(Equal(3), "what is detached as a whole gives back all")
	})

	It("refuses what would propagate to where there is no room", Serial, Proves("mount-max-enospc"), func() {
		s, dir := crowd()
		Arrange(s.Mkdir(dir + "/shared"))
		mounts.Tmpfs(s, dir+"/shared")
		Arrange(s.Mount("none", dir+"/shared", "", unix.MS_SHARED, ""))
		Arrange(s.Mkdir(dir + "/shared/to"))
		receiver := mounts.Beside(s)
		visible := count(s)
		setMax(visible + 3)
		filled := fill(receiver, dir)
		before := table(receiver)
		mount := func() error { return s.Mount("none", dir+"/shared/to", "tmpfs", 0, "") }
		expectRefused(s, unix.ENOSPC, mount, "the peer is full")
		Expect(table(receiver)).To(Equal(before))
		Expect(receiver.Mount("none", dir+"/shared", "", unix.MS_SLAVE, "")).To(Succeed())
		expectRefused(s, unix.ENOSPC, mount, "the slave is full")
		Expect(s.Mount("none", dir+"/point", "tmpfs", 0, "")).To(Succeed(), "what does not propagate")
		Expect(s.Umount(dir+"/point", 0)).To(Succeed())
		Expect(receiver.Umount(dir+"/point", 0)).To(Succeed())
		Expect(mount()).To(Succeed(), "the receiver has room for one")
		Expect(mounts.Below(receiver, dir+"/shared")).To(Equal([]string{"to"}))

		Arrange(receiver.End())
		Arrange(s.Umount(dir+"/shared/to", 0))
		Arrange(s.Mkdir(dir + "/peer"))
		Arrange(s.Bind(dir+"/shared", dir+"/peer"))
		Expect(fill(s, dir)).To(Equal(filled-1), "the bind mount has taken one")
		Arrange(s.Umount(dir+"/point", 0)) // room for one
		expectRefused(s, unix.ENOSPC, mount, "two in the same namespace")
		setMax(visible + 4)
		Expect(mount()).To(Succeed())
	})
})
