package engines

import (
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = each(func(e engine) {
	ItOf(nsutil.Mnt, "no mount passes between the container and a host that shares all of its own", Proves("engine-mnt-own"), func() {
		r := e.host()
		Arrange(r.Mount("none", "/", "", unix.MS_REC|unix.MS_SHARED, "")) // as systemd does
		c := r.run(options{})
		inside := c.entered()
		outside := Get(mounts.Lines(r.Subject))
		Arrange(inside.Mount("none", "/below", "tmpfs", 0, ""))
		Expect(inside.Mkdir("/below/inside")).To(Succeed())
		Expect(c.entered().ReadDir("/below")).To(ContainElement("inside"), "by another process in the container")
		Expect(mounts.Lines(r.Subject)).To(Equal(outside), "the host's mounts")
		before := Get(mounts.Lines(inside))
		mounts.Point(r.Subject, r.Path("outside"))
		Expect(mounts.Lines(r.Subject)).NotTo(Equal(outside))
		Expect(mounts.Lines(inside)).To(Equal(before), "the container's mounts")
	})

	for _, row := range []struct {
		option          string
		inside, outside []string // that are seen there
	}{
		{"rprivate", []string{"inside"}, []string{"outside"}},
		{"rslave", []string{"inside", "outside"}, []string{"outside"}},
		{"rshared", []string{"inside", "outside"}, []string{"inside", "outside"}},
	} {
		ItOf(nsutil.Mnt, "mounts pass through a volume as "+row.option+" says", Proves("engine-volume-propagation"), func() {
			r := e.host()
			shared := volume{r.Path("volume"), "/volume", row.option}
			mounts.Point(r.Subject, shared.source)
			Arrange(r.Mount("none", shared.source, "", unix.MS_SHARED, ""))
			for _, name := range []string{"inside", "outside"} {
				Arrange(r.Mkdir(shared.source + "/" + name))
			}
			inside := r.run(options{volumes: []volume{shared}}).entered()
			Arrange(inside.Mount("none", "/volume/inside", "tmpfs", 0, ""))
			Arrange(r.Mount("none", shared.source+"/outside", "tmpfs", 0, ""))
			Expect(mounts.Below(r.Subject, shared.source)).To(Equal(row.outside), "on the host")
			Expect(mounts.Below(inside, "/volume")).To(Equal(row.inside), "in the container")
		})
	}
})
