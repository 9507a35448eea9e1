package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// nsenter returns the command line of nsenter(1) with a target.
func nsenter(target fmt.Stringer, options ...string) []string {
	return append([]string{NeedProgram("nsenter").Path, "--target", target.String()}, options...)
}

// inRoom is a process id as the room has it.
type inRoom int

// String returns the number.
func (id inRoom) String() string { return fmt.Sprint(int(id)) }

// resident returns a process of the room in new namespaces of its own.
func (r *room) resident(flags int) (*harness.Subject, inRoom) {
	GinkgoHelper()
	s := Get(r.Clone(flags))
	return s, inRoom(s.NSPID())
}

// mapped has who is outside map the ids of a user namespace's first process, and that
// one become its root.
func mapped(s *harness.Subject, extents string) *harness.Subject {
	GinkgoHelper()
	Arrange(s.MapIDs(extents, extents))
	Arrange(s.Setgroups())
	Arrange(s.Setresgid(0, 0, 0))
	Arrange(s.Setresuid(0, 0, 0))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1)) // its children's maps are to be its own files
	return s
}

var _ = Specs("nsenter(1) --pid", Label("tools"), func() {
	It("forks, so that the program is a member", Proves("nsenter-pid-forks"), func() {
		r := newRoom()
		target, id := r.resident(unix.CLONE_NEWPID)
		m := r.member(nsenter(id, "--pid"), "echo $$")
		Expect(m.pid).NotTo(Equal(m.tool.PID()), "the program is a child of nsenter's")
		Expect(m.ns(nsutil.PID)).To(Equal(Get(target.NS(nsutil.PID))))
		Expect(ns(m.tool.PID(), nsutil.PID)).To(Equal(ns(r.PID(), nsutil.PID)), "nsenter itself")
		Expect(m.said).To(Equal("2"), "its number is of the target's namespace")
	})

	It("leaves the program itself where it was with --no-fork", Proves("nsenter-no-fork-stays"), func() {
		r := newRoom()
		target, id := r.resident(unix.CLONE_NEWPID)
		m := r.member(nsenter(id, "--pid", "--no-fork"), "echo $$")
		Expect(m.pid).To(Equal(m.tool.PID()), "the program takes nsenter's place")
		Expect(m.ns(nsutil.PID)).To(Equal(ns(r.PID(), nsutil.PID)))
		Expect(m.said).To(Equal(m.number()))
		Expect(m.ns("pid_for_children")).To(Equal(Get(target.NS(nsutil.PID))), "its children will be members")
	})
})

var _ = Specs("nsenter(1) --all", Label("tools"), func() {
	all := func() (entered []nsutil.Kind, flags int) {
		for _, kind := range kinds.Built() {
			if kind != nsutil.User && kind != nsutil.Time { // clone(2) has no flag for the last
				entered, flags = append(entered, kind), flags|kind.Flag()
			}
		}
		return entered, flags
	}

	It("enters every namespace of the target, and skips a user namespace that is the caller's", Proves("nsenter-all"), func() {
		r := newRoom()
		entered, flags := all()
		target, id := r.resident(flags)
		m := r.member(nsenter(id, "--all"), "")
		for _, kind := range entered {
			Expect(m.ns(kind)).To(Equal(Get(target.NS(kind))), "%s", kind)
			Expect(m.ns(kind)).NotTo(Equal(ns(r.PID(), kind)), "%s", kind)
		}
		Expect(m.ns(nsutil.User)).To(Equal(ns(r.PID(), nsutil.User)))
	})

	It("enters a time namespace of the target, too", Proves("nsenter-all"), func() {
		kinds.Need(nsutil.Time)
		r := newRoom()
		parent := Get(r.Fork())
		Arrange(parent.Unshare(unix.CLONE_NEWTIME))
		target := Get(parent.Clone(unix.CLONE_NEWUTS))
		found := r.idOf(target)
		m := r.member(nsenter(found, "--all"), "")
		for _, kind := range []nsutil.Kind{nsutil.Time, nsutil.UTS} {
			Expect(m.ns(kind)).To(Equal(Get(target.NS(kind))), "%s", kind)
			Expect(m.ns(kind)).NotTo(Equal(ns(r.PID(), kind)), "%s", kind)
		}
	})

	It("enters a user namespace of the target that is another", Proves("nsenter-all"), func() {
		r := newRoom()
		entered, flags := all()
		target, id := r.resident(flags | unix.CLONE_NEWUSER)
		mapped(target, mapping)
		m := r.member(nsenter(id, "--all"), "")
		for _, kind := range append(slices.Clone(entered), nsutil.User) {
			Expect(m.ns(kind)).To(Equal(Get(target.NS(kind))), "%s", kind)
		}
	})
})

// idOf returns the number of a process that is not the room's own child.
func (r *room) idOf(s *harness.Subject) inRoom {
	GinkgoHelper()
	m := &member{pid: s.PID(), room: r}
	return inRoom(seconds(m.number()))
}

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
			status := statusOf(m.pid)
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

var _ = Specs("nsenter(1)", Label("tools"), func() {
	It("enters the network namespace of a socket", Proves("nsenter-net-socket"), func() {
		NeedOption("nsenter", "--net-socket", "2.41")
		r := newRoom()
		target, id := r.resident(unix.CLONE_NEWNET)
		namespace := Get(target.NS(nsutil.Net))
		socket := int(Get(target.Syscall("socket", unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM, 0)))
		home := Get(target.Open(fmt.Sprintf("/proc/%d/ns/net", 1), unix.O_RDONLY))
		Arrange(target.Setns(home, unix.CLONE_NEWNET))
		Arrange(target.Close(home))
		Expect(target.NS(nsutil.Net)).NotTo(Equal(namespace))
		m := r.member(nsenter(id, "--net-socket", fmt.Sprint(socket)), "")
		Expect(m.ns(nsutil.Net)).To(Equal(namespace))
		m = r.member(nsenter(id, "--net"), "")
		Expect(m.ns(nsutil.Net)).To(Equal(ns(r.PID(), nsutil.Net)), "the target's own")
	})

	It("enters namespaces by their ids", Proves("nsenter-by-namespace-id"), func() {
		NeedOption("nsenter", "<nsid>", "2.42")
		for _, kind := range []nsutil.Kind{nsutil.User, nsutil.PID} {
			NeedInitial(kind) // who is elsewhere has to be a member of what he opens by its id
		}
		r := openRoom()
		for _, kind := range []nsutil.Kind{nsutil.UTS, nsutil.IPC, nsutil.Net, nsutil.Cgroup} {
			target, _ := r.resident(kind.Flag())
			fd := Get(target.Open("/proc/thread-self/ns/"+string(kind), unix.O_RDONLY))
			id := Get(target.NSID(fd))
			m := r.member([]string{NeedProgram("nsenter").Path, fmt.Sprintf("%s=:%d", option(kind), id)}, "")
			Expect(m.ns(kind)).To(Equal(Get(target.NS(kind))), "%s", kind)
			Expect(m.ns(kind)).NotTo(Equal(ns(r.PID(), kind)), "%s", kind)
		}
		r.fails(has([]string{NeedProgram("nsenter").Path, "--uts=:1"}, ":")...) // ids begin above those of the initial ones
	})

	It("opens --wd and --root before it enters the namespaces, and --wdns after", Proves("nsenter-directories-opened-before-and-after"), func() {
		NeedOption("nsenter", "--wdns", "2.38")
		r := newRoom()
		Arrange(r.Mkdir(r.path("place")))
		Arrange(r.Chmod(r.path("place"), 0o755))
		Arrange(r.WriteFile(r.path("place/outside"), "", unix.O_CREAT))
		target, id := r.resident(unix.CLONE_NEWNS)
		Arrange(target.Mount("none", r.path("place"), "tmpfs", 0, ""))
		Arrange(target.WriteFile(r.path("place/inside"), "", unix.O_CREAT))
		place := r.path("place")
		list := func(options ...string) string {
			GinkgoHelper()
			m := r.member(nsenter(id, append([]string{"--mount"}, options...)...), "echo *; echo "+place+"/*")
			Expect(m.ns(nsutil.Mnt)).To(Equal(Get(target.NS(nsutil.Mnt))))
			return m.said
		}
		Expect(list("--wd="+place)).To(Equal("outside\n"+place+"/inside"), "--wd")
		Expect(list("--wdns="+place)).To(Equal("inside\n"+place+"/inside"), "--wdns")
		Expect(list("--root=/", "--wd="+place)).To(Equal("outside\n"+place+"/outside"), "--root and --wd")
		Expect(list("--root=/", "--wdns="+place)).To(Equal("outside\n"+place+"/outside"), "--root and --wdns, which is opened below it")
	})

	It("moves the program into the target's cgroup with --join-cgroup", Proves("nsenter-join-cgroup"), func() {
		NeedOption("nsenter", "--join-cgroup", "2.40")
		root := kinds.UnifiedRoot()
		if root != "/sys/fs/cgroup" {
			SkipFor(reports.SkipResource, "nsenter looks for the version 2 cgroup hierarchy at /sys/fs/cgroup, here it is %s", root)
		}
		r := newRoom()
		target, id := r.resident(0)
		group := root + "/" + harness.Mark()
		kinds.MakeCgroup(group)
		Arrange(r.WriteFile(group+"/cgroup.procs", id.String(), 0))
		before := (&member{pid: r.PID()}).file("cgroup")
		joined := (&member{pid: target.PID()}).file("cgroup")
		Expect(joined).NotTo(Equal(before))
		m := r.member(nsenter(id, "--uts", "--join-cgroup"), "")
		Expect(m.file("cgroup")).To(Equal(joined))
		m = r.member(nsenter(id, "--uts"), "")
		Expect(m.file("cgroup")).To(Equal(before), "without")
	})
})
