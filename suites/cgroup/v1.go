package cgroup

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("Version 1 hierarchies", Label("cgroup"), func() {
	It("have lines in /proc/PID/cgroup with their numbers and controllers", Serial, Proves("cgroup-proc-file-v1-lines"), func() {
		first, second := mountV1(Spawn(), "none,name=nsconform"), (*v1)(nil)
		Expect(first.line(first.keeper)).To(HaveField("Controllers", []string{"name=nsconform"}))
		Expect(first.line(first.keeper)).To(HaveField("Path", "/"))
		if free := unused(); len(free) > 1 {
			second = mountV1(first.keeper, strings.Join(free[:2], ","))
			entry, err := second.line(first.keeper)
			Expect(err).NotTo(HaveOccurred())
			Expect(entry.Controllers).To(ConsistOf(free[:2]))
			for _, controller := range free[:2] {
				Expect(hierarchyOf(controller)).To(Equal(entry.Hierarchy), "as /proc/cgroups says of %s", controller)
			}
			Expect(entry.Hierarchy).NotTo(Equal(Get(first.line(first.keeper)).Hierarchy))
		}
	})

	It("give a cgroup namespace the creator's cgroups as roots, too", Serial, Proves("cgroup-creators-v1-cgroups-become-roots"), func() {
		all := []*v1{mountV1(Spawn(), "none,name=nsconform")}
		for _, controller := range unused()[:min(1, len(unused()))] {
			all = append(all, mountV1(Spawn(), controller))
		}
		for _, h := range all {
			for _, group := range []string{"/sub", "/sub/below", "/sibling"} {
				h.grow(group)
			}
		}
		for i := range len(all) * len(harness.Ways()) {
			h, way := all[i%len(all)], harness.Ways()[i/len(all)]
			creator, process := h.child(h.keeper), h.child(h.keeper)
			h.put(creator, "/sub")
			Expect(h.pathOf(creator, creator)).To(Equal("/sub"), "before")
			inside := h.knows(creator.Isolate(way, nsutil.Cgroup))
			for group, seen := range map[string]string{"/sub": "/", "/sub/below": "/below", "/sibling": "/../sibling", "/": "/.."} {
				h.put(process, group)
				Expect(h.pathOf(inside, process)).To(Equal(seen))
				Expect(h.pathOf(h.keeper, process)).To(Equal(group))
			}
			Expect(rootField(inside, inside, h.mount)).To(Equal("/.."))
			h.put(inside, "/")
			Expect(h.pathOf(inside, inside)).To(Equal("/.."), "the root stays when a process moves")
		}
	})
})

// controllers returns the rows of /proc/cgroups.
func controllers() [][]string {
	var rows [][]string
	for line := range strings.Lines(string(Get(os.ReadFile("/proc/cgroups")))) {
		if fields := strings.Fields(line); fields[0][0] != '#' {
			rows = append(rows, fields)
		}
	}
	return rows
}

// hierarchyOf returns the number that /proc/cgroups shows for a controller.
func hierarchyOf(controller string) (int, error) {
	for _, row := range controllers() {
		if row[0] == controller {
			return strconv.Atoi(row[1])
		}
	}
	return 0, fmt.Errorf("find %s in /proc/cgroups: it is not there", controller)
}

// unused returns the controllers without a version 1 hierarchy whose state is
// harmless to move: those that only classify.
func unused() []string {
	var free []string
	for _, row := range controllers() {
		switch row[0] {
		case "net_cls", "net_prio", "perf_event":
			if row[1] == "0" && row[3] == "1" {
				free = append(free, row[0])
			}
		}
	}
	return free
}
