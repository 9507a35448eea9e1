package cgroup

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("The lines of /proc/PID/cgroup", Label("cgroup"), func() {
	It("have three fields with colons between them", Proves("cgroup-proc-file-line-format", "cgroup-proc-file-v2-line"), func() {
		t := mountTree()
		expectLines(t.keeper, t.keeper, "/.*")
		t.plant("a", "a/with:colon", "a/b")
		for group, seen := range map[string]string{"a": "/", "a/with:colon": "/with:colon", "a/b": "/b", "": "/.."} {
			process := t.member(group)
			for reader, path := range map[*harness.Subject]string{t.keeper: t.path(group), t.inside("a"): seen} {
				expectLines(reader, process, regexp.QuoteMeta(path))
			}
		}
	})
})

// expectLines claims that a process's lines have the three fields, and that the
// version 2 line is the last one, with a path that matches.
func expectLines(reader, process *harness.Subject, path string) {
	text, err := reader.ReadFile(fmt.Sprintf("/proc/%d/cgroup", process.PID()))
	Expect(err).NotTo(HaveOccurred())
	Expect(text).To(MatchRegexp(`\A(\d+:[a-z0-9_,]*(name=[^:]+)?:/.*\n)+\z`))
	Expect(text).To(MatchRegexp(`(?m)^0::`+path+`\n\z`), "the version 2 line")
	Expect(strings.Count("\n"+text, "\n0:")).To(Equal(1))
}

var _ = Specs("A cgroup namespace", Label("cgroup"), func() {
	It("and the cgroup are inherited by children and kept by execve", Proves("cgroup-inherited-by-fork-kept-by-execve"), func() {
		t := plant("a", "a/b")
		parent := t.inside("a")
		Arrange(t.move(t.keeper, parent, "a/b"))
		namespace := Get(parent.NS(nsutil.Cgroup))
		for name, make := range map[string]func() (*harness.Subject, error){
			"fork":                  parent.Fork,
			"clone3":                func() (*harness.Subject, error) { return parent.Clone3(harness.CloneArgs{}) },
			"clone of another kind": func() (*harness.Subject, error) { return parent.Clone(unix.CLONE_NEWUTS) },
		} {
			child, err := make()
			Expect(err).NotTo(HaveOccurred(), name)
			Expect(child.NS(nsutil.Cgroup)).To(Equal(namespace), name)
			Expect(pathOf(t.keeper, child)).To(Equal(t.path("a/b")), name)
			Expect(pathOf(child, child)).To(Equal("/b"), name)
			Arrange(t.move(t.keeper, parent, "a"))
			Expect(pathOf(t.keeper, child)).To(Equal(t.path("a/b")), "the parent moves without the child")
			Arrange(t.move(t.keeper, parent, "a/b"))

			before := Get(os.Readlink(fmt.Sprintf("/proc/%d/exe", child.PID())))
			Arrange(child.Exec(waiting()))
			Eventually(func() (string, error) { return os.Readlink(fmt.Sprintf("/proc/%d/exe", child.PID())) }).
				WithTimeout(Patience()).WithPolling(100*time.Microsecond).ShouldNot(Equal(before), "another program runs")
			Expect(child.NS(nsutil.Cgroup)).To(Equal(namespace), "after execve")
			Expect(pathOf(t.keeper, child)).To(Equal(t.path("a/b")), "after execve")
			Expect(t.members("a/b")).To(ContainElement(fmt.Sprint(child.PID())))
		}
	})
})
