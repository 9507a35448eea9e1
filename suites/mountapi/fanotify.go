package mountapi

import (
	"encoding/binary"
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// What happens to a mount; a move is both.
const (
	attached = unix.FAN_MNT_ATTACH
	detached = unix.FAN_MNT_DETACH
)

// event is what fanotify reports of a mount with a unique id.
type event struct {
	what, mount uint64
}

// group returns s's descriptor of a new fanotify group.
func group(s *harness.Subject, flags int) (int, error) {
	fd, err := s.Syscall("fanotify_init", unix.SYS_FANOTIFY_INIT, harness.Hex(unix.FAN_CLOEXEC|unix.FAN_NONBLOCK|flags), unix.O_RDONLY)
	return int(fd), err
}

// mark has s change what its group reports.
func mark(s *harness.Subject, group, flags int, mask uint64, path string) error {
	_, err := s.Syscall("fanotify_mark", unix.SYS_FANOTIFY_MARK, group, harness.Hex(flags), harness.Hex(mask), unix.AT_FDCWD, path)
	return err
}

// nsFile returns the path of a file of member's namespace.
func nsFile(member *harness.Subject, kind nsutil.Kind) string {
	return fmt.Sprintf("/proc/%d/ns/%s", member.PID(), kind)
}

// observe returns s's descriptor of a group that reports what happens to mounts in
// member's mount namespace.
func observe(s, member *harness.Subject, mask uint64) int {
	fd, err := group(s, unix.FAN_REPORT_MNT)
	Expect(err).NotTo(HaveOccurred())
	Expect(mark(s, fd, markNS, mask, nsFile(member, nsutil.Mnt))).To(Succeed())
	return fd
}

// reported returns what the group has reported since it was last asked.
func reported(s *harness.Subject, group int) []event {
	all := []event{}
	text, err := s.Read(group, 4096)
	if err != nil {
		Expect(err).To(MatchError(unix.EAGAIN))
		return all
	}
	for len(text) >= unix.FAN_EVENT_METADATA_LEN {
		length := binary.NativeEndian.Uint32(text)
		Expect(length).To(BeEquivalentTo(unix.FAN_EVENT_METADATA_LEN + 16))
		one, info := text[:length], text[unix.FAN_EVENT_METADATA_LEN:length]
		Expect(int32(binary.NativeEndian.Uint32(one[16:]))).To(BeEquivalentTo(unix.FAN_NOFD))
		Expect(info[0]).To(BeEquivalentTo(unix.FAN_EVENT_INFO_TYPE_MNT))
		all = append(all, event{binary.NativeEndian.Uint64(one[8:]), binary.NativeEndian.Uint64(info[8:])})
		text = text[length:]
	}
	return all
}

var _ = Specs("fanotify", Label("mount"), func() {
	It("reports the mounts that are attached to a mount namespace, detached from it and moved in it", Proves("mount-fanotify-attach-and-detach"), func() {
		s, dir := mounts.Stage()
		outside := Spawn(harness.Named("outside"))
		for _, name := range []string{"/one", "/two", "/three"} {
			Arrange(s.Mkdir(dir + name))
		}
		ours, theirs := observe(s, s, attached|detached), observe(outside, s, attached|detached)
		expect := func(what string, expected ...event) {
			Expect(reported(s, ours)).To(ConsistOf(expected), what)
			Expect(reported(outside, theirs)).To(ConsistOf(expected), "%s, to one outside", what)
		}
		at := func(name string) uint64 {
			return Get(s.UniqueMountID(dir + name))
		}
		expect("nothing")
		Arrange(s.Mount("none", dir+"/one", "tmpfs", 0, ""))
		first := at("/one")
		expect("a mount", event{attached, first})
		Arrange(s.Bind(dir+"/one", dir+"/two"))
		second := at("/two")
		expect("a bind mount", event{attached, second})
		Arrange(shift(s, dir+"/two", dir+"/three", 0))
		expect("a move", event{attached | detached, second})
		Arrange(s.Mount(dir+"/three", dir+"/two", "", unix.MS_MOVE, ""))
		expect("a move by mount", event{attached | detached, second})
		Arrange(s.Umount(dir+"/two", 0))
		expect("an unmount", event{detached, second})

		Arrange(s.Mkdir(dir + "/one/sub"))
		Arrange(s.Mount("none", dir+"/one/sub", "tmpfs", 0, ""))
		sub := at("/one/sub")
		expect("a mount on that mount", event{attached, sub})
		fd := Get(s.OpenTree(dir+"/one", whole))
		expect("a copy that is mounted nowhere")
		Arrange(attach(s, fd, dir+"/two", 0))
		copied, copiedSub := at("/two"), at("/two/sub")
		expect("a copy that gets mounted", event{attached, copied}, event{attached, copiedSub})
		Arrange(s.Umount(dir+"/two", unix.MNT_DETACH))
		expect("a lazy unmount of a tree", event{detached, copied}, event{detached, copiedSub})
		Arrange(s.Mount("none", dir+"/one", "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""))
		Arrange(s.Mount("none", dir+"/one", "", unix.MS_SHARED, ""))
		expect("other changes")
	})

	It("reports what happens in the mount namespace of the file alone", Proves("mount-fanotify-attach-and-detach"), func() {
		s, dir := mounts.Stage()
		other := mounts.Beside(s)
		Arrange(s.Mkdir(dir + "/point"))
		ours, theirs := observe(s, s, attached|detached), observe(s, other, attached|detached)
		both := observe(s, s, attached|detached)
		Arrange(mark(s, both, markNS, attached|detached, nsFile(other, nsutil.Mnt)))
		for _, row := range []struct {
			actor        *harness.Subject
			group, quiet int
		}{{s, ours, theirs}, {other, theirs, ours}} {
			Arrange(row.actor.Mount("none", dir+"/point", "tmpfs", 0, ""))
			mount := Get(row.actor.UniqueMountID(dir + "/point"))
			Arrange(row.actor.Umount(dir+"/point", 0))
			happened := []event{{attached, mount}, {detached, mount}}
			Expect(reported(s, row.group)).To(Equal(happened))
			Expect(reported(s, row.quiet)).To(BeEmpty(), "of the other mount namespace")
			Expect(reported(s, both)).To(Equal(happened), "by a group with marks on both")
		}
		fresh := mounts.Beside(s)
		Arrange(fresh.Mount("none", dir+"/point", "tmpfs", 0, ""))
		Arrange(fresh.End())
		visitor := Get(s.Fork())
		Arrange(visitor.Join(other, nsutil.Mnt))
		for _, fd := range []int{ours, theirs, both} {
			Expect(reported(s, fd)).To(BeEmpty(), "of a copy, its end, and who comes and goes")
		}
	})

	It("reports what comes and goes by propagation, where it does", Proves("mount-fanotify-attach-and-detach"), func() {
		s, dir := mounts.Stage()
		mounts.Point(s, dir+"/parent")
		shape(s, dir+"/parent", "shared", "")
		Arrange(s.Mkdir(dir + "/parent/point"))
		peer := mounts.Beside(s)
		ours, theirs := observe(s, s, attached|detached), observe(s, peer, attached|detached)
		Arrange(s.Mount("none", dir+"/parent/point", "tmpfs", 0, ""))
		own, received := Get(s.UniqueMountID(dir+"/parent/point")), Get(peer.UniqueMountID(dir+"/parent/point"))
		Expect(own).NotTo(Equal(received))
		Expect(reported(s, ours)).To(Equal([]event{{attached, own}}))
		Expect(reported(s, theirs)).To(Equal([]event{{attached, received}}))
		Arrange(peer.Umount(dir+"/parent/point", 0))
		Expect(reported(s, ours)).To(Equal([]event{{detached, own}}))
		Expect(reported(s, theirs)).To(Equal([]event{{detached, received}}))
	})

	It("reports what the mask asks for, until the mark is removed", Proves("mount-fanotify-attach-and-detach"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/point"))
		groups := map[uint64]int{attached: observe(s, s, attached), detached: observe(s, s, detached), attached | detached: observe(s, s, attached|detached)}
		do := func() (mount uint64) {
			Arrange(s.Mount("none", dir+"/point", "tmpfs", 0, ""))
			mount = Get(s.UniqueMountID(dir + "/point"))
			Arrange(s.Umount(dir+"/point", 0))
			return mount
		}
		mount := do()
		for mask, fd := range groups {
			expected := []event{}
			for _, what := range []uint64{attached, detached} {
				if mask&what != 0 {
					expected = append(expected, event{what, mount})
				}
			}
			Expect(reported(s, fd)).To(Equal(expected), "%#x", mask)
			Expect(mark(s, fd, unix.FAN_MARK_REMOVE|unix.FAN_MARK_MNTNS, mask, nsFile(s, nsutil.Mnt))).To(Succeed())
		}
		do()
		for mask, fd := range groups {
			Expect(reported(s, fd)).To(BeEmpty(), "%#x, removed", mask)
		}
	})
})
