package userfiles

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// attribute holds a file's capabilities. See capabilities(7), "File capabilities".
const attribute = "security.capability"

// permitted are the capabilities of the specs' attributes.
const permitted = 1<<unix.CAP_NET_RAW | 1<<unix.CAP_SYS_CHROOT | 1<<unix.CAP_CHECKPOINT_RESTORE

// version2 returns the attribute in version 2. The capabilities become effective.
func version2(permitted uint64) []byte { return program.FileCapabilities(true, permitted, 0) }

// version3 returns it in version 3, with the uid of a user namespace's root.
func version3(permitted uint64, root uint32) []byte {
	return program.NamespacedFileCapabilities(permitted, root)
}

var _ = Specs("File capabilities", Label("user"), func() {
	It("that root of a user namespace sets are stored with the uid that is its root outside", Proves(
		"user-filecap-set-inside-stored-as-v3", "user-filecap-v3-records-root-uid", "user-filecap-v2-write-converted-to-v3",
		"user-filecap-v3-read-inside-as-v2", "user-filecap-v3-read-outside-as-v3", "user-filecap-v2-needs-cap-in-file-systems-userns"), func() {
		t := newStage()
		one, other := t.root(subordinate), t.root("0 100003 5")
		nested := below(one, "0 2 4\n4 1 1")
		deeper := below(nested, "0 0 2")
		for n, row := range []struct {
			setter *harness.Subject
			value  []byte
			root   uint32
			inside []*harness.Subject
		}{
			{one, version2(permitted), base, []*harness.Subject{one, nested, deeper}},
			{one, version3(permitted, 0), base, []*harness.Subject{one, nested, deeper}},
			{one, version3(permitted, 2), base + 2, []*harness.Subject{nested, deeper}},
			{other, version2(permitted), base + 3, []*harness.Subject{other}},
			{nested, version2(permitted), base + 2, []*harness.Subject{nested, deeper}},
			{deeper, version2(permitted), base + 2, []*harness.Subject{nested, deeper}},
			{as(one, 4, 4, unix.CAP_SETFCAP), version2(permitted), base, []*harness.Subject{one, nested, deeper}},
		} {
			path := t.file(fmt.Sprint(n), "", base+3, base+3, 0o755)
			Expect(row.setter.Setxattr(path, attribute, row.value)).To(Succeed(), "row %d", n)
			Expect(t.keeper.Getxattr(path, attribute)).To(Equal(version3(permitted, row.root)), "row %d, outside", n)
			for _, reader := range row.inside {
				Expect(reader.Getxattr(path, attribute)).To(Equal(version2(permitted)), "row %d, inside", n)
			}
		}
	})

	It("show their root's uid to the user namespaces above, and nothing to those beside", Proves("user-filecap-v3-read-outside-as-v3", "user-filecap-v3-read-inside-as-v2"), func() {
		t := newStage()
		one := t.root(subordinate)
		nested := below(one, "0 2 4")
		path := t.file("file", "", base+3, base+3, 0o755)
		Arrange(nested.Setxattr(path, attribute, version2(permitted)))
		Expect(one.Getxattr(path, attribute)).To(Equal(version3(permitted, 2)), "from the one above")
		Expect(t.keeper.Getxattr(path, attribute)).To(Equal(version3(permitted, base+2)), "from two above")
		Expect(t.root("0 100020 5\n7 100002 2").Getxattr(path, attribute)).To(Equal(version3(permitted, 7)), "from beside, where the uid is mapped")
		for _, extents := range []string{"0 100003 5", "0 100020 5"} {
			_, err := t.root(extents).Getxattr(path, attribute)
			Expect(err).To(MatchError(unix.EOVERFLOW), "from beside, with %q", extents)
		}
	})

	It("that are set where the file system was mounted are stored as version 2", Proves("user-filecap-set-outside-stored-as-v2"), func() {
		t := newStage()
		path := t.file("file", "", base+3, base+3, 0o755)
		one := t.root(subordinate)
		Expect(t.keeper.Setxattr(path, attribute, version2(permitted))).To(Succeed())
		Expect(t.keeper.Getxattr(path, attribute)).To(Equal(version2(permitted)))
		Expect(one.Getxattr(path, attribute)).To(Equal(version2(permitted)), "from below")
		Arrange(one.Unshare(unix.CLONE_NEWNS))
		mounts.Tmpfs(one, t.dir)
		own := t.path("own")
		Arrange(one.WriteFile(own, "", unix.O_CREAT))
		outside := Get(t.keeper.Fork())
		Arrange(outside.Join(one, "mnt"))
		Expect(one.Setxattr(own, attribute, version2(permitted))).To(Succeed())
		Expect(one.Getxattr(own, attribute)).To(Equal(version2(permitted)))
		Expect(outside.Getxattr(own, attribute)).To(Equal(version3(permitted, base)), "of a file system that was mounted inside, from outside")
	})

	It("can be set with CAP_SETFCAP, on a file whose ids are mapped", Proves("user-filecap-set-inside-needs-setfcap-and-mapping", "user-filecap-v2-needs-cap-in-file-systems-userns"), func() {
		t := newStage()
		root := t.root(subordinate)
		able, unable := as(root, 7, 7, unix.CAP_SETFCAP), as(root, 7, 7, allExcept(root, unix.CAP_SETFCAP)...)
		outside := as(t.keeper, base+7, base+7, allExcept(t.keeper, unix.CAP_SETFCAP)...)
		for _, m := range mappings {
			path := t.file(fmt.Sprint(m.uid, ":", m.gid), "", m.uid, m.gid, 0o777)
			for _, value := range [][]byte{version2(permitted), version3(permitted, 0)} {
				for _, s := range []*harness.Subject{unable, outside} {
					Expect(s.Setxattr(path, attribute, value)).To(MatchError(unix.EPERM), "without the capability, %s", m.what)
				}
				if !m.both {
					Expect(able.Setxattr(path, attribute, value)).To(MatchError(unix.EPERM), m.what)
				}
				_, err := t.keeper.Getxattr(path, attribute)
				Expect(err).To(MatchError(unix.ENODATA), "after the refusals, %s", m.what)
			}
			if m.both {
				Expect(able.Setxattr(path, attribute, version2(permitted))).To(Succeed(), m.what)
				Expect(t.keeper.Getxattr(path, attribute)).To(Equal(version3(permitted, base)), m.what)
			}
		}
	})

	It("cannot name a root that is not mapped", Proves("user-filecap-v3-records-root-uid"), func() {
		t := newStage()
		root := t.root(subordinate)
		path := t.file("file", "", base+3, base+3, 0o755)
		Expect(root.Setxattr(path, attribute, version3(permitted, 10))).To(MatchError(unix.EINVAL))
		_, err := t.keeper.Getxattr(path, attribute)
		Expect(err).To(MatchError(unix.ENODATA))
		Expect(root.Setxattr(path, attribute, version3(permitted, 9))).To(Succeed())
		Expect(t.keeper.Getxattr(path, attribute)).To(Equal(version3(permitted, base+9)))
	})
})

// allExcept are the capabilities that s holds but one.
func allExcept(s *harness.Subject, capability int) (all []int) {
	held := Get(s.Capget())
	for c := range 64 {
		if held.Permitted&(1<<c) != 0 && c != capability {
			all = append(all, c)
		}
	}
	return all
}
