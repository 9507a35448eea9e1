package tools

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

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
			r.Account("alice", alice, first, count)
			m := r.memberOf(alice, unshare(row.options...), "")
			for _, file := range []string{"uid_map", "gid_map"} {
				Expect(m.file(file)).To(BeElementOf(row.maps), file)
			}
			Expect(m.ns(nsutil.User)).NotTo(Equal(rooms.NS(r.PID(), nsutil.User)))
		})
	}

	It("maps no ids that are not the caller's", Proves("unshare-tool-map-ranges"), func() {
		NeedUnprivileged()
		NeedOption("unshare", "--map-auto", "2.38")
		r := newRoom()
		r.Account("alice", alice, first, count)
		for _, options := range [][]string{
			{"--map-users=62000,0,10", "--map-groups=61000,0,10"},
			{"--map-users=61000,0,10", "--map-groups=62000,0,10"},
			{"--map-users=61000,0,1001", "--map-groups=61000,0,10"},
		} {
			Expect(r.FailsAs(alice, has(unshare(options...), ":")...)).To(MatchRegexp("new[ug]idmap: "), strings.Join(options, " "))
		}
		r.DoesAs(alice, has(unshare("--map-users=61000,0,10", "--map-groups=61000,0,10"), ":")...)
	})
})
