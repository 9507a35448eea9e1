package pivotroot

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// types are the propagation types, with the MS_* flags that give each to a private
// mount; follow has it follow another one first.
var types = []struct {
	text   string
	follow bool
	flag   int
	shared bool
}{
	{"private", false, unix.MS_PRIVATE, false},
	{"unbindable", false, unix.MS_UNBINDABLE, false},
	{"slave", true, unix.MS_SLAVE, false},
	{"shared", false, unix.MS_SHARED, true},
	{"slave and shared", true, unix.MS_SHARED, true},
}

// sharing is a scene of pivot_root with the mount of which a rule is about the
// propagation type.
type sharing struct {
	caller          *harness.Subject
	mounter         *harness.Subject // sets the type
	point           string           // of the mount, for mounter
	newRoot, putOld string
	old             string // where the old root is then
}

// expectRefusedWhenShared claims that the call is refused when the mount is shared,
// and only then.
func expectRefusedWhenShared(scene func() sharing) {
	for _, t := range types {
		r := scene()
		if t.follow {
			Arrange(r.mounter.Mount("none", r.point, "", unix.MS_SHARED, ""))
			mounts.Beside(r.mounter)
			Arrange(r.mounter.Mount("none", r.point, "", unix.MS_SLAVE, ""))
		}
		Arrange(r.mounter.Mount("none", r.point, "", t.flag, ""))
		Expect(mounts.PropagationAt(r.mounter, r.point)).To(HaveField("Type()", t.text))
		if t.shared {
			expectRefused(r.caller, r.newRoot, r.putOld, unix.EINVAL, t.text)
			Arrange(r.mounter.Mount("none", r.point, "", unix.MS_PRIVATE, ""))
		}
		expectPivot(r.caller, r.newRoot, r.putOld, r.old, t.text)
	}
}

var _ = Specs("pivot_root is refused when, and only when,", Label("mount"), func() {
	It("the mount that new_root is mounted on is shared", Proves("mount-pivot-root-shared-parent-of-new-einval"), func() {
		expectRefusedWhenShared(func() sharing {
			s := house()
			place(s, "/mid", "mid")
			place(s, "/mid/new", "new")
			return sharing{s, s, "/mid", "/mid/new", "/mid/new/old", "/old"}
		})
	})

	It("the current root, on which new_root is mounted, is shared", Proves("mount-pivot-root-shared-parent-of-new-einval"), func() {
		expectRefusedWhenShared(func() sharing {
			s := house()
			return sharing{s, s, "/", "/new", "/new/old", "/old"}
		})
	})

	It("the mount that the current root is mounted on is shared", Proves("mount-pivot-root-shared-parent-of-root-einval"), func() {
		expectRefusedWhenShared(func() sharing {
			outside, dir := mounts.Stage(harness.Named("outside"))
			place(outside, dir+"/root", "old")
			place(outside, dir+"/root/new", "new")
			s := Get(outside.Fork())
			Arrange(s.Chroot(dir + "/root"))
			Arrange(s.Chdir("/"))
			return sharing{s, outside, dir, "/new", "/new/old", "/old"}
		})
	})

	It("what is mounted at put_old is shared", Proves("mount-pivot-root-shared-put-old-einval"), func() {
		expectRefusedWhenShared(func() sharing {
			s := house()
			mounts.Tmpfs(s, "/new/old")
			return sharing{s, s, "/new/old", "/new", "/new/old", "/old"}
		})
	})

	It("new_root is shared and put_old is a directory of it", Proves("mount-pivot-root-shared-new-root-einval"), func() {
		expectRefusedWhenShared(func() sharing {
			s := house()
			return sharing{s, s, "/new", "/new", "/new/old", "/old"}
		})
	})

	It("new_root is shared and is put_old as well", Proves("mount-pivot-root-shared-new-root-einval"), func() {
		s := house()
		Arrange(s.Mount("none", "/new", "", unix.MS_SHARED, ""))
		expectRefused(s, "/new", "/new", unix.EINVAL)
		Arrange(s.Mount("none", "/new", "", unix.MS_PRIVATE, ""))
		Expect(s.PivotRoot("/new", "/new")).To(Succeed())
		Expect(s.ReadFile("/is")).To(Equal("new"))
	})
})

var _ = Specs("pivot_root succeeds", Label("mount"), func() {
	It("with a shared new_root when put_old is in a private mount below it", Proves("mount-pivot-root-shared-new-root-einval"), func() {
		for _, putOld := range []string{"/inner", "/inner/old"} {
			s := house()
			place(s, "/new/inner", "inner")
			Arrange(s.Mount("none", "/new", "", unix.MS_SHARED, ""))
			expectRefused(s, "/new", "/new/old", unix.EINVAL)
			expectPivot(s, "/new", "/new"+putOld, putOld)
		}
	})

	It("with a shared root that new_root is not mounted on", Proves("mount-pivot-root-shared-parent-of-root-einval"), func() {
		s := house()
		place(s, "/mid", "mid")
		place(s, "/mid/new", "new")
		Arrange(s.Mount("none", "/", "", unix.MS_SHARED, ""))
		expectPivot(s, "/mid/new", "/mid/new/old", "/old")
	})
})
