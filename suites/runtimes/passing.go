package runtimes

import (
	"path/filepath"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// points makes two folders to mount on.
func points(s *harness.Subject, dir string) {
	for _, name := range []string{"inside", "outside"} {
		Arrange(s.Mkdir(filepath.Join(dir, name)))
	}
}

var _ = each(func(rt runtime) {
	ItOf(nsutil.Mnt, "no mount passes between the container's root and the outside", Proves("oci-namespace-mount", "oci-rootfs-propagation-private"), func() {
		rt.need()
		r := newRoom()
		Arrange(r.Mount("none", r.Dir, "", unix.MS_SHARED, "")) // would pass to a plain copy
		c := rt.start(r, listing(nsutil.Mnt))
		inside := c.entered()
		points(inside, "/below")
		Arrange(inside.Mount("none", "/below/inside", "tmpfs", 0, ""))
		below := filepath.Join(c.rootfs(), "below")
		Expect(mounts.Below(c.entered(), "/below")).To(Equal([]string{"inside"}), "by another process in the container")
		Expect(mounts.Below(r.Subject, below)).To(BeEmpty(), "outside")
		Arrange(r.Mount("none", below+"/outside", "tmpfs", 0, ""))
		Expect(mounts.Below(r.Subject, below)).To(Equal([]string{"outside"}), "outside")
		Expect(mounts.Below(inside, "/below")).To(Equal([]string{"inside"}), "inside")
	})

	ItOf(nsutil.Mnt, "container and outside have each other's mounts where config.json lists no such namespace", Proves("oci-namespace-inherited"), func() {
		rt.need()
		r := newRoom()
		c := rt.start(r, without(nsutil.Mnt))
		c.expectMember()
		inside := c.entered()
		points(inside, "/below")
		below := filepath.Join(c.rootfs(), "below")
		Arrange(inside.Mount("none", "/below/inside", "tmpfs", 0, ""))
		Expect(mounts.Below(r.Subject, below)).To(Equal([]string{"inside"}), "outside")
		Arrange(r.Mount("none", below+"/outside", "tmpfs", 0, ""))
		Expect(mounts.Below(inside, "/below")).To(Equal([]string{"inside", "outside"}), "inside")
	})

	for _, row := range []struct {
		option string
		seen   []string // inside
	}{
		{"rprivate", []string{"inside"}},
		{"rslave", []string{"inside", "outside"}},
		{"rshared", []string{"inside", "outside"}},
	} {
		ItOf(nsutil.Mnt, "mounts pass through a volume as "+row.option+" says", Proves("oci-mount-option-propagation"), func() {
			rt.need()
			r := newRoom()
			volume := volume{r.Path("volume"), "/volume", row.option}
			mounts.Point(r.Subject, volume.source)
			Arrange(r.Mount("none", volume.source, "", unix.MS_SHARED, ""))
			points(r.Subject, volume.source)
			config := listing(nsutil.Mnt)
			config.propagation = "slave" // of all below; private would leave nothing to pass
			if row.option == "rshared" {
				config.propagation = "shared"
			}
			config.volumes = append(config.volumes, volume)
			inside := rt.start(r, config).entered()
			Arrange(inside.Mount("none", "/volume/inside", "tmpfs", 0, ""))
			seen := []string{"outside"}
			if row.option == "rshared" {
				seen = []string{"inside", "outside"}
			}
			Arrange(r.Mount("none", volume.source+"/outside", "tmpfs", 0, ""))
			Expect(mounts.Below(r.Subject, volume.source)).To(Equal(seen), "outside")
			Expect(mounts.Below(inside, "/volume")).To(Equal(row.seen), "inside")
		})
	}
})
