package propagation

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("A peer group's id", Label("mount"), func() {
	It("is no other group's, positive, and may be used again when the group is no more",
		Proves("mount-info-peer-group-ids-positive", "mount-info-shared-tag"), func() {
			m := stage()
			taken := map[int]bool{}
			add := func(name string) place {
				p := m.bound(name).shared()
				id := p.tags().Shared
				Expect(id).To(BeNumerically(">=", 1))
				Expect(taken).NotTo(HaveKey(id), "the groups that there are")
				taken[id] = true
				return p
			}
			first, second, third := add("first"), add("second"), add("third")
			freed := second.tags().Shared
			Arrange(m.s.Umount(second.dir, 0))
			delete(taken, freed)
			fourth := add("fourth")
			if fourth.tags().Shared == freed {
				Note("the id of a peer group that is no more is used again at once")
			}
			for _, p := range []place{first, third, fourth} {
				peers := []place{p.bound("peer"), p.copied()}
				for _, peer := range peers {
					Expect(peer.tags()).To(Equal(p.tags()), "all members have the same")
				}
				Arrange(m.s.Umount(peers[0].dir, 0))
				Arrange(m.s.Rmdir(peers[0].dir))
			}
		})

	It("is a number from 1 on", Proves("mount-info-peer-group-ids-positive"), func() {
		NeedInitial(nsutil.User)
		NeedInitial(nsutil.PID) // to have all processes in sight
		m := stage()
		made := 0
		Eventually(func() map[int]bool {
			made++
			m.bound(fmt.Sprint(made)).shared()
			return groupsInSight()
		}).WithTimeout(Patience()).WithPolling(polling).Should(HaveKey(1), "the peer groups of all processes")
	})
})

// groupsInSight returns the ids of the peer groups of all processes' mounts.
func groupsInSight() map[int]bool {
	all := map[int]bool{}
	for _, path := range Get(filepath.Glob("/proc/[0-9]*/mountinfo")) {
		text, _ := os.ReadFile(path) // of a process that may have ended
		for _, tag := range regexp.MustCompile(`shared:(\d+)`).FindAllSubmatch(text, -1) {
			all[Get(strconv.Atoi(string(tag[1])))] = true
		}
	}
	return all
}
