package tools

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
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
			made := r.path("made")
			m := r.memberOf(alice, unshare(row.option), ids+"; : >"+made)
			Expect(m.said).To(Equal(same(row.inside, row.inside)), "inside")
			Expect(m.ns(nsutil.User)).NotTo(Equal(ns(r.PID(), nsutil.User)))
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
		closed := r.file("closed") // to all but who has CAP_DAC_OVERRIDE
		Arrange(r.Chown(closed, alice, alice))
		Arrange(r.Chmod(closed, 0))
		text := "(: <" + closed + ") && echo opened"
		tool := unshare("--user", "--map-current-user")
		without := r.memberOf(alice, tool, text)
		Expect(statusOf(without.pid)["CapEff"]).To(MatchRegexp("^0+$"), "without")
		Expect(without.said).NotTo(ContainSubstring("opened"), "without")

		m := r.memberOf(alice, append(tool, "--keep-caps"), text)
		Expect(m.said).To(Equal("opened"))
		Expect(statusOf(m.pid)["CapEff"]).To(Equal(statusOf(r.PID())["CapBnd"]))
		Expect(statusOf(m.pid)["Uid"]).To(HavePrefix(fmt.Sprint(alice)))
		Expect(m.ns(nsutil.User)).NotTo(Equal(ns(r.PID(), nsutil.User)))
	})

	for _, policy := range []string{"allow", "deny"} {
		It("writes "+policy+" to setgroups, on which it depends whether the gid map can be written without privileges", Proves("unshare-tool-setgroups"), func() {
			NeedUnprivileged()
			r := newRoom()
			m := r.memberOf(alice, unshare("--user", "--setgroups", policy), "")
			Expect(m.file("setgroups")).To(Equal(policy))
			other := r.citizen(alice)
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
			r.citizen(owner) // if there can be one
			m := r.member(unshare("--user", fmt.Sprintf("--owner=%d:%[1]d", owner)), "")
			for _, user := range []int{alice, bob} {
				// Opened by root, whom the file's permissions do not stop.
				fd := Get(r.Open("/proc/"+m.number()+"/ns/user", unix.O_RDONLY))
				Expect(r.NSOwnerUID(fd)).To(BeEquivalentTo(owner))
				err := r.citizen(user).Setns(fd, unix.CLONE_NEWUSER)
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

// subordinate gives alice, in the room only, a name, and those ids to map.
func subordinate(r *room) {
	GinkgoHelper()
	NeedInitial(nsutil.User) // elsewhere newuidmap's set-user-ID bit is of a user who is not there
	for name, text := range map[string]string{
		"passwd": fmt.Sprintf("root:x:0:0:root:/:/bin/sh\nalice:x:%d:%[1]d::/:/bin/sh\n", alice),
		"group":  fmt.Sprintf("root:x:0:\nalice:x:%d:\n", alice),
		"subuid": fmt.Sprintf("alice:%d:%d\n", first, count),
		"subgid": fmt.Sprintf("alice:%d:%d\n", first, count),
	} {
		if unix.Access("/etc/"+name, unix.F_OK) != nil {
			SkipFor(reports.SkipResource, "there is no /etc/%s to put another over", name)
		}
		Arrange(r.WriteFile(r.file(name), text, 0))
		Arrange(r.Chmod(r.path(name), 0o644))
		Arrange(r.Bind(r.path(name), "/etc/"+name))
	}
}

var _ = Specs("unshare(1) with subordinate ids", Label("tools"), func() {
	for _, row := range []struct {
		what    string
		options []string
		maps    []string // any of them
	}{
		{"all of them", []string{"--map-auto"}, []string{mapping}},
		{"a range", []string{"--map-users=61010,0,500", "--map-groups=61010,0,500"}, []string{"0 61010 500"}},
		// Before util-linux 2.39 the caller, whose place is the first one's, costs the last.
		{"all of them and the caller", []string{"--map-auto", "--map-root-user"}, []string{
			fmt.Sprintf("0 %d 1 1 %d %d", alice, first, count), fmt.Sprintf("0 %d 1 1 %d %d", alice, first, count-1),
		}},
	} {
		It("maps "+row.what+" by newuidmap and newgidmap", Proves("unshare-tool-map-ranges"), func() {
			NeedUnprivileged()
			NeedOption("unshare", "--map-auto", "2.38")
			r := newRoom()
			subordinate(r)
			m := r.memberOf(alice, unshare(row.options...), "")
			for _, file := range []string{"uid_map", "gid_map"} {
				Expect(m.file(file)).To(BeElementOf(row.maps), file)
			}
			Expect(m.ns(nsutil.User)).NotTo(Equal(ns(r.PID(), nsutil.User)))
		})
	}

	It("maps no ids that are not the caller's", Proves("unshare-tool-map-ranges"), func() {
		NeedUnprivileged()
		NeedOption("unshare", "--map-auto", "2.38")
		r := newRoom()
		subordinate(r)
		for _, options := range [][]string{
			{"--map-users=62000,0,10", "--map-groups=61000,0,10"},
			{"--map-users=61000,0,10", "--map-groups=62000,0,10"},
			{"--map-users=61000,0,1001", "--map-groups=61000,0,10"},
		} {
			Expect(r.failsAs(alice, has(unshare(options...), ":")...)).To(MatchRegexp("new[ug]idmap: "), strings.Join(options, " "))
		}
		r.doesAs(alice, has(unshare("--map-users=61000,0,10", "--map-groups=61000,0,10"), ":")...)
	})
})

var _ = Specs("unshare(1) --time", Label("tools"), func() {
	It("sets the offsets of the clocks", Proves("unshare-tool-time-offsets"), func() {
		r := newRoom()
		const uptime = "read -r up rest </proc/uptime; echo ${up%.*}"
		for _, row := range []struct {
			options             []string
			monotonic, boottime int
		}{
			{[]string{"--monotonic", "100000", "--boottime", "200000"}, 100000, 200000},
			{[]string{"--boottime", "300000"}, 0, 300000},
			{nil, 0, 0},
		} {
			before := uptimeOf(r, uptime)
			m := r.member(unshare(append([]string{"--time", "--fork"}, row.options...)...), uptime)
			after := uptimeOf(r, uptime)
			Expect(m.file("timens_offsets")).To(Equal(fmt.Sprintf("monotonic %d 0 boottime %d 0", row.monotonic, row.boottime)))
			Expect(m.ns(nsutil.Time)).NotTo(Equal(ns(r.PID(), nsutil.Time)))
			Expect(seconds(m.said)).To(And(BeNumerically(">=", before+row.boottime), BeNumerically("<=", after+row.boottime)), "the time since boot inside")

			visitor := r.visitor("/proc/"+m.number()+"/ns/time", nsutil.Time)
			inside, outside := Get(visitor.Fork()), Get(r.Fork())
			first := Get(clock(outside))
			there := Get(clock(inside))
			last := Get(clock(outside))
			Expect(there).To(And(BeNumerically(">=", first+row.monotonic), BeNumerically("<=", last+row.monotonic)), "CLOCK_MONOTONIC inside")
		}
	})
})

// clock returns the seconds of CLOCK_MONOTONIC.
func clock(s *harness.Subject) (int, error) {
	var t unix.Timespec
	_, err := s.Syscall("clock_gettime", unix.SYS_CLOCK_GETTIME, unix.CLOCK_MONOTONIC, harness.Struct(&t))
	return int(t.Sec), err
}

func uptimeOf(r *room, text string) int {
	GinkgoHelper()
	return seconds(r.does(shell, "-c", text))
}

func seconds(text string) int {
	GinkgoHelper()
	return Get(strconv.Atoi(text))
}
