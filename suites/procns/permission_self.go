package procns

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("The links of another process's /proc/PID/ns", Label("procns"), func() {
	It("of the same user need CAP_SYS_PTRACE when it is not dumpable", Proves("procns-deref-non-dumpable-eacces"), func() {
		target := Spawn(harness.As(alice, alice), harness.Named("target"))
		same, holder := Spawn(harness.As(alice, alice), harness.Named("same ids")), only(Spawn(harness.Named("holder of CAP_SYS_PTRACE")), unix.CAP_SYS_PTRACE)
		without, below := Spawn(harness.Named("root without CAP_SYS_PTRACE")), rootOf(alice)
		Arrange(without.DropCapabilities(unix.CAP_SYS_PTRACE))
		Arrange(without.Setfsgid(alice))
		Arrange(without.Setfsuid(alice))
		for _, s := range []*harness.Subject{same, holder, without} {
			expectAllowed(s, target)
		}

		Get(target.Prctl(unix.PR_SET_DUMPABLE, 0))
		for _, s := range []*harness.Subject{same, without, below} {
			expectRefused(s, target)
		}
		expectAllowed(holder, target)

		Get(target.Prctl(unix.PR_SET_DUMPABLE, 1))
		expectAllowed(same, target)
	})

	It("need CAP_SYS_PTRACE in the user namespace of its last execve when it is not dumpable", Proves("procns-deref-non-dumpable-eacces"), func() {
		root := insideOf(0, 100000)
		executed := execute(root, func(s *harness.Subject) {
			Arrange(s.Setresgid(1, 1, 1))
			Arrange(s.Setresuid(1, 1, 1))
		})
		same, tracer := holder(root, 1), holder(root, 2, unix.CAP_SYS_PTRACE)
		for _, s := range []*harness.Subject{root, same, tracer} {
			expectAllowed(s, executed.Subject)
		}
		executed.setDumpable(0)
		expectAllowed(root, executed.Subject)
		expectAllowed(tracer, executed.Subject)
		expectRefused(same, executed.Subject)
		expectRefused(insideOf(0, 100000), executed.Subject)

		forked := Get(root.Fork())
		expectAllowed(root, forked)
		Get(forked.Prctl(unix.PR_SET_DUMPABLE, 0))
		expectRefused(root, forked)
		expectAllowed(only(Spawn(harness.Named("holder of CAP_SYS_PTRACE outside")), unix.CAP_SYS_PTRACE), forked)
	})

	It("may always be read and opened when it is oneself", Proves("procns-deref-own-always"), func() {
		nobody := Spawn(harness.As(alice, alice), harness.Named("nobody"))
		hidden := Spawn(harness.As(alice, alice), harness.Named("nobody, not dumpable"))
		Get(hidden.Prctl(unix.PR_SET_DUMPABLE, 0))
		bare := only(Spawn(harness.Named("root without capabilities")))
		unmapped := Spawn(harness.Cloned(nsutil.User), harness.Named("without mapping"))
		for _, s := range []*harness.Subject{nobody, hidden, bare, only(unmapped)} {
			caps := Get(s.Capget())
			Expect(caps.Effective|caps.Permitted).To(BeZero(), "capabilities of %s", s.Name())
			for _, reader := range []*harness.Subject{s, Get(s.Thread())} {
				expectAllowed(reader, s)
				for _, e := range expected() {
					Expect(reader.Readlink(e.own())).To(HavePrefix(string(e.kind)+":["), "%s of %s", e.name, reader.Name())
					Expect(reader.Open(e.own(), unix.O_RDONLY|unix.O_CLOEXEC)).Error().NotTo(HaveOccurred(), "%s of %s", e.name, reader.Name())
				}
			}
		}
	})
})
