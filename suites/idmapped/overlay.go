package idmapped

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// layers returns what [stage] does, directories "lower" and "upper" there, the
// latter for the upper layer and its work directory, and one for an overlay.
func layers() (s *harness.Subject, plain, overlay string) {
	if known := Get(os.ReadFile("/proc/filesystems")); !strings.Contains(string(known), "\toverlay\n") {
		NeedModule("overlay", "CONFIG_OVERLAY_FS")
	}
	s, plain = stage()
	for _, dir := range []string{"/lower", "/upper", "/upper/upper", "/upper/work"} {
		Arrange(s.Mkdir(plain + dir))
		Arrange(s.Chmod(plain+dir, 0o777))
	}
	overlay = plain + "-overlay"
	Arrange(s.Mkdir(overlay))
	return s, plain, overlay
}

// overlaid has s mount an overlay of the layers.
func overlaid(s *harness.Subject, overlay, lower, upper string) error {
	data := "lowerdir=" + lower
	if upper != "" {
		data += fmt.Sprintf(",upperdir=%s/upper,workdir=%s/work", upper, upper)
	}
	return s.Mount("none", overlay, "overlay", 0, data)
}

var _ = Specs("overlayfs", labels("overlay"), func() {
	It("accepts idmapped lower layers, whose ids it shows translated", Proves("idmap-on-overlayfs-layers"), func() {
		s, plain, overlay := layers()
		Arrange(s.Mkdir(plain + "/lowest"))
		file(s, plain+"/lower/file", 1, 2)
		file(s, plain+"/lower/covered", 1, 2)
		file(s, plain+"/lowest/covered", 1, 2)
		file(s, plain+"/lowest/other", 3, 4)
		file(s, plain+"/upper/upper/own", 5, 6)
		first, _ := mapping(s, uids, gids)
		second, _ := mapping(s, "0 100500 10", "0 200500 10")
		lower, lowest := plain+"-lower", plain+"-lowest"
		idmap(s, plain+"/lower", lower, first)
		idmap(s, plain+"/lowest", lowest, second)
		Expect(overlaid(s, overlay, lower+":"+lowest, plain+"/upper")).To(Succeed())
		expectOwner(s, overlay+"/file", uid0+1, gid0+2)
		expectOwner(s, overlay+"/covered", uid0+1, gid0+2)
		expectOwner(s, overlay+"/other", 100503, 200504)
		expectOwner(s, overlay+"/own", 5, 6, "of the upper layer, which is not idmapped")

		Arrange(s.Chmod(plain+"/lower/file", 0o600))
		Expect(as(s, uid0+1, stranger).ReadFile(overlay + "/file")).To(BeEmpty())
		_, err := as(s, 1, stranger).ReadFile(overlay + "/file")
		Expect(err).To(MatchError(unix.EACCES))
		Expect(s.WriteFile(overlay+"/file", "text", 0)).To(Succeed())
		expectOwner(s, plain+"/upper/upper/file", uid0+1, gid0+2, "copied up")
		expectOwner(s, plain+"/lower/file", 1, 2, "below the copy")
	})

	It("accepts an idmapped upper layer, where it stores ids mapped back", Proves("idmap-on-overlayfs-layers"), func() {
		s, plain, overlay := layers()
		file(s, plain+"/lower/file", uid0+1, gid0+2)
		file(s, plain+"/upper/upper/own", 5, 6)
		userns, _ := mapping(s, uids, gids)
		upper := plain + "-upper"
		Arrange(s.Chown(plain+"/upper", 0, 0))
		idmap(s, plain+"/upper", upper, userns)
		root := withIDs(s, uid0, gid0) // whose ids the overlay's work directory is made with
		Expect(overlaid(root, overlay, plain+"/lower", upper)).To(Succeed())
		expectOwner(s, overlay+"/own", uid0+5, gid0+6)
		expectOwner(s, overlay+"/file", uid0+1, gid0+2, "of the lower layer, which is not idmapped")

		Expect(s.WriteFile(overlay+"/file", "text", 0)).To(Succeed())
		expectOwner(s, plain+"/upper/upper/file", 1, 2, "copied up")
		expectOwner(s, overlay+"/file", uid0+1, gid0+2, "copied up")
		Expect(s.Chown(overlay+"/file", uid0+7, gid0+8)).To(Succeed())
		expectOwner(s, plain+"/upper/upper/file", 7, 8)
		creator := as(s, uid0+3, gid0+4)
		for i, c := range creations[:5] {
			name := fmt.Sprintf("/%d", i)
			Expect(c.create(creator, overlay+name)).To(Succeed(), c.name)
			expectOwner(s, overlay+name, uid0+3, gid0+4, c.name)
			expectOwner(s, plain+"/upper/upper"+name, 3, 4, c.name)
		}
	})

	It("accepts layers idmapped alike", Proves("idmap-on-overlayfs-layers"), func() {
		s, plain, overlay := layers()
		file(s, plain+"/lower/file", 1, 2)
		userns, _ := mapping(s, uids, gids)
		mapped := plain + "-mapped"
		idmap(s, plain, mapped, userns)
		Expect(overlaid(withIDs(s, uid0, gid0), overlay, mapped+"/lower", mapped+"/upper")).To(Succeed())
		expectOwner(s, overlay+"/file", uid0+1, gid0+2)
		Expect(as(s, uid0+1, gid0+2).WriteFile(overlay+"/file", "text", 0)).To(Succeed())
		expectOwner(s, overlay+"/file", uid0+1, gid0+2, "copied up")
		expectOwner(s, plain+"/upper/upper/file", 1, 2, "copied up")
		expectOwner(s, plain+"/lower/file", 1, 2, "below the copy")
		Expect(s.Chown(overlay+"/file", uid0+3, gid0+4)).To(Succeed())
		expectOwner(s, plain+"/upper/upper/file", 3, 4)
	})
})
