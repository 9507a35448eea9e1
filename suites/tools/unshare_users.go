package tools

import (
	"fmt"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// ids has a shell say its user and group ids as it sees them itself.
const ids = `while read -r line; do case $line in Uid:*|Gid:*) echo $line;; esac; done </proc/self/status`

// same returns what ids says of someone with these ids.
func same(uid, gid int) string {
	return fmt.Sprintf("Uid: %d %[1]d %[1]d %[1]d\nGid: %[2]d %[2]d %[2]d %[2]d", uid, gid)
}

var _ = Specs("unshare(1) --user", Label("tools"), func() {
	for _, row := range []struct {
		option, promise string
		inside          int
	}{
		{"--map-root-user", "unshare-tool-map-root-user", 0},
		{"--map-current-user", "unshare-tool-map-current-user", alice},
	} {
		It(fmt.Sprintf("maps who calls to %d with %s", row.inside, row.option), Proves(row.promise), func() {
			NeedUnprivileged()
			r := newRoom()
			made := r.Path("made")
			m := r.memberOf(alice, unshare(row.option), ids+"; : >"+made)
			Expect(m.said).To(Equal(same(row.inside, row.inside)), "inside")
			Expect(m.ns(nsutil.User)).NotTo(Equal(rooms.NS(r.PID(), nsutil.User)))
			for _, file := range []string{"uid_map", "gid_map"} {
				Expect(m.file(file)).To(Equal(fmt.Sprintf("%d %d 1", row.inside, alice)), file)
			}
			Expect(m.file("setgroups")).To(Equal("deny"))
			file := Get(r.Stat(made))
			Expect([]uint32{file.Uid, file.Gid}).To(Equal([]uint32{alice, alice}), "outside")
		})
	}

	It("keeps the gained capabilities across execve with --keep-caps only", Proves("unshare-tool-keep-caps"), func() {
		NeedUnprivileged()
		r := newRoom()
		closed := r.File("closed") // to all but who has CAP_DAC_OVERRIDE
		Arrange(r.Chown(closed, alice, alice))
		Arrange(r.Chmod(closed, 0))
		text := "(: <" + closed + ") && echo opened"
		tool := unshare("--user", "--map-current-user")
		without := r.memberOf(alice, tool, text)
		Expect(rooms.Status(without.pid)["CapEff"]).To(MatchRegexp("^0+$"), "without")
		Expect(without.said).NotTo(ContainSubstring("opened"), "without")

		m := r.memberOf(alice, append(tool, "--keep-caps"), text)
		Expect(m.said).To(Equal("opened"))
		all := rooms.Status(without.pid)["CapBnd"] // of who has made a user namespace, whatever he had before
		Expect(rooms.Status(m.pid)["CapEff"]).To(Equal(all))
		Expect(rooms.Status(m.pid)["Uid"]).To(HavePrefix(fmt.Sprint(alice)))
		Expect(m.ns(nsutil.User)).NotTo(Equal(rooms.NS(r.PID(), nsutil.User)))
	})

	for _, policy := range []string{"allow", "deny"} {
		It("writes "+policy+" to setgroups, on which it depends whether the gid map can be written without privileges", Proves("unshare-tool-setgroups"), func() {
			NeedUnprivileged()
			r := newRoom()
			m := r.memberOf(alice, unshare("--user", "--setgroups", policy), "")
			Expect(m.file("setgroups")).To(Equal(policy))
			other := r.Citizen(alice)
			Arrange(other.WriteFile("/proc/"+m.number()+"/uid_map", fmt.Sprintf("0 %d 1", alice), 0))
			err := other.WriteFile("/proc/"+m.number()+"/gid_map", fmt.Sprintf("0 %d 1", alice), 0)
			if policy == "deny" {
				Expect(err).NotTo(HaveOccurred())
				Expect(m.file("gid_map")).To(Equal(fmt.Sprintf("0 %d 1", alice)))
			} else {
				Expect(err).To(MatchError(unix.EPERM))
				Expect(m.file("gid_map")).To(BeEmpty())
			}
		})
	}

	It("is owned by the user that --owner names, who can join it then", Proves("unshare-tool-owner"), func() {
		NeedOption("unshare", "--owner", "2.42")
		r := newRoom()
		for _, owner := range []int{alice, bob} {
			r.Citizen(owner) // if there can be one
			m := r.member(unshare("--user", fmt.Sprintf("--owner=%d:%[1]d", owner)), "")
			for _, user := range []int{alice, bob} {
				// Opened by root, whom the file's permissions do not stop.
				fd := Get(r.Open("/proc/"+m.number()+"/ns/user", unix.O_RDONLY))
				Expect(r.NSOwnerUID(fd)).To(BeEquivalentTo(owner))
				err := r.Citizen(user).Setns(fd, unix.CLONE_NEWUSER)
				if user == owner {
					Expect(err).NotTo(HaveOccurred())
				} else {
					Expect(err).To(MatchError(unix.EPERM))
				}
				Arrange(r.Close(fd))
			}
		}
	})
})
