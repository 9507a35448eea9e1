package engines

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// alice is an ordinary user, with an engine of her own.
const alice = 60001

var _ = each(func(e engine) {
	if e.has(nsutil.User, own) {
		ItOf(nsutil.User, "root inside is the mapped user outside, and its files are that user's", Proves("engine-user-own", "engine-user-host", "engine-exec-enters"), func() {
			kinds.Need(nsutil.User)
			r := e.mappingHost()
			for id, options := range map[uint32]options{containers.First: with(nsutil.User, own), 0: with(nsutil.User, host)} {
				c := r.run(options)
				c.expectMember()
				inside := c.entered()
				Expect(inside.Getuid()).To(Equal(0))
				Arrange(inside.WriteFile("/file", "", unix.O_CREAT))
				Expect(owner(c, "/file")).To(Equal(id), "of the file, outside")
				for _, pid := range []int{c.pid, c.exec()} {
					Expect(rooms.Status(pid)["Uid"]).To(HavePrefix(fmt.Sprint(id, " ")), "outside")
				}
				if id != 0 {
					c.expectMaps(containers.Mapped)
				}
			}
		})
	}

	if e.has(nsutil.User, unlike) {
		ItOf(nsutil.User, "containers that are told so have ids that no other has", Proves("engine-user-auto"), func() {
			kinds.Need(nsutil.User)
			r := e.host()
			r.Account("containers", alice, containers.First, containers.Count)
			for i := range 2 {
				c := r.run(with(nsutil.User, unlike))
				c.expectMember()
				c.expectMaps(fmt.Sprintf("0 %d %d", containers.First+i*containers.Count/4, containers.Count/4))
				Expect(rooms.Status(c.pid)["Uid"]).To(HavePrefix(fmt.Sprint(containers.First+i*containers.Count/4, " ")), "outside")
			}
		})
	}

	if e.rootless && e.has(nsutil.User, kept) {
		ItOf(nsutil.User, "an ordinary user who keeps the ids has the same inside, and root is a subordinate one", Proves("engine-user-kept"), func() {
			kinds.Need(nsutil.User)
			NeedUnprivileged()
			c := e.ordinary().hostOf(alice, e.open).run(with(nsutil.User, kept))
			c.expectMember()
			Expect(rooms.Status(c.pid)["Uid"]).To(HavePrefix(fmt.Sprint(alice, " ")), "outside")
			inside := c.entered()
			Expect(inside.ReadFile("/proc/1/status")).To(ContainSubstring(fmt.Sprintf("\nUid:\t%d\t", alice)), "inside")
			Expect(inside.Getuid()).To(Equal(0))
			Expect(rooms.Status(inside.PID())["Uid"]).To(HavePrefix(fmt.Sprint(containers.First, " ")), "of root, outside")
		})
	}

	if e.rootless {
		ItOf(nsutil.User, "an ordinary user is root inside, and all others are the user's subordinate ids", Proves("engine-rootless", "engine-exec-enters"), func() {
			kinds.Need(nsutil.User)
			NeedUnprivileged()
			r := e.ordinary().hostOf(alice, e.open)
			its, other := r.run(options{}), r.run(options{})
			for _, c := range []*container{its, other} {
				c.expectMember()
				c.expectMaps(fmt.Sprintf("0 %d 1 1 %d %d", alice, containers.First, containers.Count))
			}
			other.expectShared(its, nsutil.User)
			its.expectBeside(its.exec())
			inside := its.entered()
			Arrange(inside.Chmod("/tmp", 0o777))
			for id, outside := range map[int]uint32{0: alice, 5: containers.First + 4} {
				name := fmt.Sprintf("/tmp/file-%d", id)
				member := Get(inside.Fork())
				Arrange(member.Setresuid(id, id, id))
				Arrange(member.WriteFile(name, "", unix.O_CREAT))
				Expect(owner(its, name)).To(Equal(outside), "of the file, outside")
			}
		})
	}
})

// ordinary returns the engine as it is to an ordinary user, whose containers are all in
// one user namespace.
func (e engine) ordinary() engine {
	e.own = append(slices.Clone(e.own), nsutil.User)
	return e
}

// expectMaps claims that the container's uids and gids are mapped so.
func (c *container) expectMaps(ids string) {
	for _, file := range []string{"uid_map", "gid_map"} {
		Expect(containers.MapOf(c.pid, file)).To(Equal(ids), file)
	}
}

// owner returns whose a file of the container's is, as the suite has it.
func owner(c *container, path string) uint32 {
	var st unix.Stat_t
	Arrange(unix.Stat(fmt.Sprintf("/proc/%d/root%s", c.pid, path), &st))
	return st.Uid
}
