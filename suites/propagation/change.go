package propagation

import (
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// family returns a mount between one above it, one beside it, and two below it,
// one in the other. All are shared with a copy of the mount namespace.
func family() (x place, below, others []place) {
	above := stage()
	Arrange(above.mount())
	x = above.on()
	for _, dir := range []string{"m/beside", "m/x/x", "m/x/x/x"} {
		mounts.Point(x.s, x.top+"/"+dir)
	}
	Arrange(x.s.Mkdir(x.top + "/m/x/x/x/x"))
	Arrange(x.s.Mkdir(x.top + "/m/beside/x"))
	below = []place{x.on(), x.on().on()}
	others = []place{above, x.at("m/beside")}
	for _, p := range append(append(below, others...), x) {
		p.shared()
	}
	x.copied()
	return x, below, others
}

var _ = Specs("Changing the propagation type", Label("mount"), func() {
	for _, by := range setters {
		for _, kind := range []string{"private", "slave", "unbindable", "shared"} {
			It("to "+kind+" by "+by.name+" changes only that mount, recursively those below it as well", Proves("mount-change-propagation-recursive"), func() {
				by.need()
				flag := typeFlags[kind]
				from := "shared"
				x, below, others := family()
				if kind == "shared" {
					from = "private"
					Arrange(setByMount(others[0], unix.MS_PRIVATE|unix.MS_REC))
				}
				expectTypes := func(want string, all []place) {
					for _, p := range all {
						Expect(p.tags().Type()).To(Equal(want), "%s", p)
					}
				}
				Expect(by.set(x, flag)).To(Succeed())
				expectTypes(kind, []place{x})
				expectTypes(from, append(below, others...))
				lowest := below[1]
				expectType(lowest, from, "two below")
				Expect(by.set(x, flag|unix.MS_REC)).To(Succeed())
				expectTypes(kind, append(below, x))
				expectTypes(from, others)
				expectType(lowest, kind, "two below")
				expectType(others[1], from, "beside")

				copied := x.copied()
				elsewhere := func() (types []string) {
					for _, p := range append(below, x) {
						types = append(types, p.in(copied.s).tags().Type())
					}
					return types
				}
				before := elsewhere()
				Expect(by.set(x, typeFlags[from]|unix.MS_REC)).To(Succeed())
				Expect(elsewhere()).To(Equal(before), "in another mount namespace")
			})
		}
	}

	It("reaches mounts below through others that have the type already, and stacked ones", Proves("mount-change-propagation-recursive"), func() {
		x, below, _ := family()
		x.private()
		below[0].private()
		Arrange(x.s.Mount("none", below[1].dir, "tmpfs", 0, "mode=755"))
		Expect(below[1].tags().Type()).To(Equal("shared"), "what is stacked on a shared mount")
		Expect(setByMount(x, unix.MS_PRIVATE|unix.MS_REC)).To(Succeed())
		for _, p := range append(below, x) {
			Expect(p.tags().Type()).To(Equal("private"), "%s", p)
		}
		Arrange(x.s.Umount(below[1].dir, 0))
		Expect(below[1].tags().Type()).To(Equal("private"), "what was covered")
		expectApart(below[1], below[1].copied(), "what was covered")
	})
})
