package tools

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("nsenter(1) --user", Label("tools"), func() {
	for _, row := range []struct {
		options  []string
		uid, gid int // outside
	}{
		{nil, first, first},
		{[]string{"-S", "5", "-G", "6"}, first + 5, first + 6},
		{[]string{"-S", "5"}, first + 5, first},
		{[]string{"--preserve-credentials"}, 0, 0},
	} {
		It(strings.TrimSpace(fmt.Sprintf("sets the ids to %d and %d outside %s", row.uid, row.gid, strings.Join(row.options, " "))), Proves("nsenter-user-sets-ids-to-zero"), func() {
			r := newRoom()
			target, id := r.resident(unix.CLONE_NEWUSER)
			mapped(target, mapping)
			m := r.member(nsenter(id, append([]string{"--user"}, row.options...)...), ids)
			inside := func(outside int) int {
				if outside == 0 {
					return 65534
				}
				return outside - first
			}
			Expect(m.ns(nsutil.User)).To(Equal(Get(target.NS(nsutil.User))))
			Expect(m.said).To(Equal(same(inside(row.uid), inside(row.gid))), "inside")
			status := rooms.Status(m.pid)
			Expect(status["Uid"]).To(HavePrefix("%d ", row.uid), "outside")
			Expect(status["Gid"]).To(HavePrefix("%d ", row.gid), "outside")
		})
	}

	It("enters the parent user namespace with --user-parent", Proves("nsenter-user-parent"), func() {
		NeedOption("nsenter", "--user-parent", "2.40")
		r := newRoom()
		parent, _ := r.resident(unix.CLONE_NEWUSER)
		mapped(parent, mapping)
		target := Get(parent.Clone(unix.CLONE_NEWUSER))
		id := r.idOf(target)
		for _, file := range []string{"uid_map", "gid_map"} {
			Arrange(parent.WriteFile(fmt.Sprintf("/proc/%v/%s", id, file), "0 0 10", 0))
		}
		m := r.member(nsenter(id, "--user"), "")
		Expect(m.ns(nsutil.User)).To(Equal(Get(target.NS(nsutil.User))), "without")
		m = r.member(nsenter(id, "--user", "--user-parent"), "")
		Expect(m.ns(nsutil.User)).To(Equal(Get(parent.NS(nsutil.User))))
	})
})
