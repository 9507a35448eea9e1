package tools

import (
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// propagation is what becomes of a shared mount in the mount namespace that unshare makes.
type propagation struct {
	options []string
	becomes string // in the words of mounts.Propagation
	in, out bool   // whether what is mounted on it goes in there, and comes out
}

var propagations = []propagation{
	{nil, "private", false, false},
	{[]string{"--propagation", "private"}, "private", false, false},
	{[]string{"--propagation", "slave"}, "slave", true, false},
	{[]string{"--propagation", "shared"}, "shared", true, true},
	{[]string{"--propagation", "unchanged"}, "shared", true, true},
}

// expect has the room and a visitor of the mount namespace mount something below a
// folder, and claims that the other sees it or does not.
func (p propagation) expect(r *room, m *member, dir string) {
	visitor := r.visitor("/proc/"+m.number()+"/ns/mnt", nsutil.Mnt)
	Arrange(r.Mount("none", dir+"/outside", "tmpfs", 0, ""))
	Arrange(visitor.Mount("none", dir+"/inside", "tmpfs", 0, ""))
	see := map[bool][]string{true: {"inside", "outside"}}
	see[false] = []string{"inside"}
	Expect(mounts.Below(visitor, dir)).To(Equal(see[p.in]), "inside")
	see[false] = []string{"outside"}
	Expect(mounts.Below(r.Subject, dir)).To(Equal(see[p.out]), "outside")
}

var _ = Specs("unshare(1) --mount", Label("tools"), func() {
	for _, p := range propagations {
		text := "by default"
		if p.options != nil {
			text = "with --propagation " + p.options[1]
		}
		It("leaves a shared mount "+p.becomes+" "+text, Proves("unshare-tool-mounts-private-by-default"), func() {
			r := newRoom()
			dir := r.Path("shared")
			mounts.Point(r.Subject, dir)
			Arrange(r.Mount("none", dir, "", unix.MS_SHARED, ""))
			Arrange(r.Mkdir(dir + "/inside"))
			Arrange(r.Mkdir(dir + "/outside"))
			m := r.member(unshare(append([]string{"--mount"}, p.options...)...), "")
			Expect(m.ns(nsutil.Mnt)).NotTo(Equal(rooms.NS(r.PID(), nsutil.Mnt)))
			there, err := mounts.PropagationAt(m.tool, dir)
			Expect(err).NotTo(HaveOccurred())
			Expect(there.Type()).To(Equal(p.becomes))
			here, err := mounts.PropagationAt(r.Subject, dir)
			Expect(err).NotTo(HaveOccurred())
			Expect(here.Type()).To(Equal("shared"), "outside")
			p.expect(r, m, dir)
		})
	}
})

var _ = Specs("unshare(1) --mount-binfmt", Label("tools", "binfmt_misc"), func() {
	It("mounts the binary formats of a new user namespace", Proves("unshare-tool-mount-binfmt"), func() {
		NeedOption("unshare", "--mount-binfmt", "2.41")
		NeedModule("binfmt_misc", "CONFIG_BINFMT_MISC")
		const place = "/proc/sys/fs/binfmt_misc"
		r := newRoom()
		// It mounts a procfs first, which takes a PID namespace of the user namespace's.
		m := r.member(unshare("--map-root-user", "--fork", "--pid", "--mount-binfmt"), "echo "+place+"/*; echo :format:M::nsconform::/nonexistent: >"+place+"/register")
		Expect(m.said).To(Equal(place+"/register "+place+"/status"), "at first")
		Expect(m.ns(nsutil.User)).NotTo(Equal(rooms.NS(r.PID(), nsutil.User)), "implied")
		Expect(m.ns(nsutil.Mnt)).NotTo(Equal(rooms.NS(r.PID(), nsutil.Mnt)), "implied")
		visitor := r.visitor("/proc/"+m.number()+"/ns/mnt", nsutil.Mnt)
		Expect(visitor.ReadDir(place)).To(ContainElement("format"))
		Arrange(r.Mkdir(r.Path("outside")))
		Arrange(r.Mount("none", r.Path("outside"), "binfmt_misc", 0, ""))
		Expect(r.ReadDir(r.Path("outside"))).NotTo(ContainElement("format"), "outside")
	})
})
