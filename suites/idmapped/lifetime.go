package idmapped

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("An idmapped mount", labels(), func() {
	It("leaves other mounts of the same file system as they are", Proves("idmap-other-mounts-unaffected"), func() {
		s, plain := stage()
		file(s, plain+"/file", 1, 2)
		before, source, later := plain+"-before", plain+"-source", plain+"-later"
		Arrange(s.Mkdir(before))
		Arrange(s.Bind(plain, before))
		attach(s, detached(s, plain, 0), source)
		fd := Get(s.Open(plain+"/file", unix.O_RDONLY|unix.O_CLOEXEC))
		beside := mounts.Beside(s)
		userns, _ := mapping(s, uids, gids)
		other, _ := mapping(s, "0 100500 10", "0 200500 10")
		mapped, another := plain+"-mapped", plain+"-another"
		idmap(s, source, mapped, userns)
		idmap(s, plain, another, other)
		attach(s, detached(s, plain, 0), later)

		expectOwner(s, mapped+"/file", uid0+1, gid0+2)
		expectOwner(s, another+"/file", 100501, 200502, "idmapped otherwise")
		for _, path := range []string{plain, before, source, later} {
			expectOwner(s, path+"/file", 1, 2)
			made := fmt.Sprintf("%s/%d", path, len(path))
			Expect(s.WriteFile(made, "", unix.O_CREAT)).To(Succeed(), path)
			expectOwner(s, made, 0, 0)
			Expect(s.Chown(made, 5, 6)).To(Succeed(), path)
			expectOwner(s, fmt.Sprintf("%s/%d", mapped, len(path)), uid0+5, gid0+6)
			Arrange(s.Unlink(made))
		}
		for _, path := range []string{plain, before, source} {
			expectOwner(beside, path+"/file", 1, 2, "%s in another mount namespace", path)
		}
		st, err := s.Fstat(fd)
		Expect(err).NotTo(HaveOccurred())
		Expect(owner{int(st.Uid), int(st.Gid)}).To(Equal(owner{1, 2}), "a descriptor from before")
	})

	It("has the translation end with it", Proves("idmap-ends-with-mount"), func() {
		s, plain := stage()
		userns, _ := mapping(s, uids, gids)
		mapped := plain + "-mapped"
		attach(s, detached(s, plain, 0), mapped)
		Arrange(s.Chmod(plain, 0o777))
		file(s, plain+"/file", 1, 2)
		for _, flags := range []int{0, unix.MNT_DETACH} {
			mount := detached(s, plain, 0)
			Expect(setattr(s, mount, by(userns))).To(Succeed())
			Arrange(s.MoveMount(mount, mapped))
			Arrange(s.Close(mount))
			expectOwner(s, mapped+"/file", uid0+1, gid0+2)
			made := fmt.Sprintf("/%d", flags)
			Expect(as(s, uid0+3, gid0+4).WriteFile(mapped+made, "", unix.O_CREAT)).To(Succeed())
			Expect(s.Umount(mapped, flags)).To(Succeed())

			expectOwner(s, mapped+"/file", 1, 2, "of what was mounted there before")
			expectOwner(s, mapped+made, 3, 4, "what was made")
			expectOwner(s, plain+made, 3, 4, "what was made")
			fresh := detached(s, plain, 0)
			expectOwner(s, at(fresh, "file"), 1, 2, "of a new copy")
			Arrange(s.Close(fresh))
		}
		mount := detached(s, plain, 0)
		Expect(setattr(s, mount, by(userns))).To(Succeed())
		Arrange(s.Close(mount)) // it was never attached
		expectOwner(s, plain+"/file", 1, 2)
	})

	It("has copies that are idmapped, too, and go on without it", Proves("idmap-ends-with-mount"), func() {
		s, plain, mapped := stageMapped()
		file(s, plain+"/file", 1, 2)
		bound, moved := plain+"-bound", plain+"-moved"
		Arrange(s.Mkdir(bound))
		Arrange(s.Bind(mapped, bound))
		copied := detached(s, mapped, 0)
		beside := mounts.Beside(s)
		Arrange(s.Umount(mapped, 0))
		Arrange(s.Mkdir(moved))
		Arrange(s.Mount(bound, moved, "", unix.MS_MOVE, ""))
		expectOwner(s, moved+"/file", uid0+1, gid0+2)
		expectOwner(s, at(copied, "file"), uid0+1, gid0+2, "a copy by open_tree")
		expectOwner(beside, mapped+"/file", uid0+1, gid0+2, "in a copy of the mount namespace")
		expectOwner(beside, bound+"/file", uid0+1, gid0+2, "in a copy of the mount namespace")
		expectOwner(s, plain+"/file", 1, 2)
	})

	It("keeps working when the processes of its user namespace have ended and the descriptor is closed", Proves("idmap-outlives-userns-processes"), func() {
		s, plain := stage()
		Arrange(s.Chmod(plain, 0o777))
		userns, owner := mapping(s, uids, gids)
		member := Get(owner.Fork())
		child := below(owner, "0 10 10", "0 20 10")
		nested := Get(s.OpenNS(child, nsutil.User))
		mapped, mappedNested, mappedLater := plain+"-mapped", plain+"-nested", plain+"-later"
		idmap(s, plain, mapped, userns)
		idmap(s, plain, mappedNested, nested)
		works := func(mapped string, uid, gid int) {
			Expect(as(s, uid+5, gid+6).WriteFile(mapped+"/file", "", unix.O_CREAT|unix.O_EXCL)).To(Succeed())
			expectOwner(s, mapped+"/file", uid+5, gid+6)
			expectOwner(s, plain+"/file", 5, 6)
			Expect(s.Unlink(plain + "/file")).To(Succeed())
			Expect(s.WriteFile(mapped+"/file", "", unix.O_CREAT)).To(MatchError(unix.EOVERFLOW))
		}
		for _, s := range []*harness.Subject{member, child, owner} {
			Arrange(s.End())
		}
		works(mapped, uid0, gid0)
		idmap(s, plain, mappedLater, userns)
		Arrange(s.Close(userns))
		Arrange(s.Close(nested))
		for range 3 { // others take their places
			mapping(s, "0 100500 10", "0 200500 10")
		}
		works(mapped, uid0, gid0)
		works(mappedNested, uid0+10, gid0+20)
		works(mappedLater, uid0, gid0)
	})
})
